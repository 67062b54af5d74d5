"""A service that keeps a thumbnail of every picture of a bucket.

    python examples/thumbnailer/thumbnailer.py              live: MinIO tells of changes as they happen
    python examples/thumbnailer/thumbnailer.py --poll 5     any server: look every five seconds
    python examples/thumbnailer/thumbnailer.py --once       what there is to do now, for cron

Pictures below `in/` have their thumbnails below `thumbs/`. What can't have one has a note below `failed/`
that says why, and isn't tried again until the picture is another one or the note is removed.

An event is no order to do something; it is a reason to look at a picture, as is a listing. What is done then
follows from what is there: so events may be lost, come twice or in any order, the service may be killed
and may run several times at once, and still each picture has one thumbnail, which is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pictures import BadPicture, Studio

from minio_sdk import (
    AsyncMinIOClient,
    Config,
    EventGap,
    MinIOError,
    NotSupportedError,
    ObjectMetadata,
    ObjectNotFoundError,
    PreconditionFailedError,
)

log = logging.getLogger("thumbnailer")

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
MAX_KEY = 1024  # bytes, as S3 has it
RETRY = 30.0  # seconds until a failure that may pass is looked at again
POLL = 10.0  # seconds between two looks where the server tells nothing
# Where it does: servers drop events for a listener who is too slow, and don't say so.
SWEEP = 3600.0
GRACE = 30.0  # seconds for what is under way when the service is asked to end
LOOKS = 5  # at a picture that changes each time


@dataclass(frozen=True)
class Settings:
    """What is done, where, and how much of it at once."""

    bucket: str = "pictures"
    source: str = "in/"
    target: str = "thumbs/"
    failed: str = "failed/"
    side: int = 256
    max_bytes: int = 20 << 20  # of a picture; `workers` of them are in memory at once
    workers: int = 4
    waiting: int = 1000  # keys in the queue

    def __post_init__(self) -> None:
        if not 1 <= self.workers <= self.waiting:
            raise ValueError("workers must be 1 or more, and have room in the queue")
        prefixes = (self.source, self.target, self.failed)
        for one in prefixes:
            # Else thumbnails would have thumbnails.
            if sum(other.startswith(one) for other in prefixes) > 1:
                raise ValueError(f"the prefixes {', '.join(prefixes)} must not be in one another")

    def is_picture(self, key: str) -> bool:
        """Whether this service is for it."""
        fits = len(self.thumbnail(key).encode()) <= MAX_KEY >= len(self.note(key).encode())
        return key.startswith(self.source) and key.lower().endswith(SUFFIXES) and fits

    def thumbnail(self, key: str) -> str:
        """Where a picture's thumbnail is; `a.png` and `a.jpg` have one each."""
        return f"{self.target}{key[len(self.source) :]}.jpg"

    def note(self, key: str) -> str:
        """Where it says why a picture has none."""
        return f"{self.failed}{key[len(self.source) :]}.json"

    def picture(self, key: str) -> str:
        """Whose thumbnail or note this is."""
        if key.startswith(self.target):
            return self.source + key[len(self.target) :].removesuffix(".jpg")
        return self.source + key[len(self.failed) :].removesuffix(".json")


def _has(found: ObjectMetadata | None, mark: Mapping[str, str]) -> bool:
    return found is not None and mark.items() <= found.metadata.items()


class Thumbnailer:
    """Looks at pictures, and does what each needs.

    Attributes:
        counts: what was done: `made`, `refused`, `removed`, `kept`; `heard` of events, and `errors`.
    """

    def __init__(self, client: AsyncMinIOClient, studio: Studio, settings: Settings) -> None:
        self.counts: Counter[str] = Counter()
        self._client = client
        self._studio = studio
        self._settings = settings
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(settings.waiting)
        self._waiting: set[str] = set()  # what is in the queue
        self._busy: set[str] = set()  # what a worker looks at
        self._again: set[str] = set()  # of those, what has changed meanwhile
        self._known: dict[str, str | None] = {}  # pictures that need nothing, by their ETag
        self._look = asyncio.Event()  # a listing is due
        self._every = SWEEP

    # -- what to look at ------------------------------------------------------------------------

    def hear(self, key: str) -> None:
        """Look at a picture soon. Never waits: a listener who is slow is sent no more."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._waiting:
            try:
                self._queue.put_nowait(key)
                self._waiting.add(key)
            except asyncio.QueueFull:
                self._look.set()  # a listing finds it, and waits until there is room

    async def sweep(self) -> None:
        """Look at every picture that isn't known to need nothing, and at what is left of those gone.

        The names of all pictures are in memory meanwhile. Later sweeps cost three listings, and requests
        only for what has changed.
        """
        settings = self._settings
        there = {
            item.key: item.etag
            async for item in self._client.iter_objects(settings.bucket, settings.source)
            if settings.is_picture(item.key)
        }
        made = {
            settings.picture(item.key)
            for prefix in (settings.target, settings.failed)
            async for item in self._client.iter_objects(settings.bucket, prefix)
        }
        self._known = {
            key: etag
            for key, etag in self._known.items()
            if key in made and there.get(key, "") == etag
        }
        for key in (*there, *(made - there.keys())):
            if key in self._busy:
                self._again.add(key)
            elif key not in self._known and key not in self._waiting:
                self._waiting.add(key)
                await self._queue.put(key)

    async def _sweeps(self) -> None:
        loop = asyncio.get_running_loop()
        first = True
        while True:
            self._look.clear()
            try:
                await self.sweep()
                first = False
            except MinIOError as error:
                if first:  # a wrong address, key or bucket: somebody has to do something
                    raise
                log.warning("could not look: %s", error)
                self.counts["errors"] += 1
            timer = loop.call_later(self._every, self._look.set)
            await self._look.wait()
            timer.cancel()

    async def _listen(self) -> None:
        settings = self._settings

        def missed(gap: EventGap) -> None:
            log.warning("nobody listened from %s to %s: %s", gap.since, gap.until, gap.reason)
            self._look.set()

        try:
            async with self._client.listen_bucket(
                settings.bucket,
                settings.source,
                events=EVENTS,
                reconnect_for=None,
                on_reconnect=missed,
            ) as events:
                log.info("listening to %s/%s", settings.bucket, settings.source)
                self._look.set()  # what came between the first listing and now
                async for event in events:
                    if settings.is_picture(event.key):
                        self.counts["heard"] += 1
                        self.hear(event.key)
        except NotSupportedError as error:
            log.warning("looking every %.0f seconds instead: %s", POLL, error)
            self._every = POLL
            self._look.set()

    # -- what is done ---------------------------------------------------------------------------

    async def _work(self) -> None:
        while (key := await self._queue.get()) is not None:
            self._waiting.discard(key)
            self._busy.add(key)
            try:
                await self.settle(key)
            except MinIOError as error:
                log.warning("later: %s", error)
                self.counts["errors"] += 1
                asyncio.get_running_loop().call_later(RETRY, self._look.set)
            finally:
                self._busy.discard(key)
                if key in self._again:
                    self._again.discard(key)
                    self.hear(key)
                self._queue.task_done()
        self._queue.task_done()

    async def settle(self, key: str) -> None:
        """See that what is there for a picture is as it should be.

        Raises:
            MinIOError: it failed; what is there is of use all the same.
        """
        for _ in range(LOOKS):
            try:
                if await self._settled(key):
                    return
            except (PreconditionFailedError, ObjectNotFoundError):
                pass  # the picture, or what is made of it, has changed since we looked
        self._again.add(key)

    async def _settled(self, key: str) -> bool:
        """Look, and do one thing. Whether that was the last."""
        settings = self._settings
        thumbnail, note = settings.thumbnail(key), settings.note(key)
        source, made, noted = await asyncio.gather(*map(self._find, (key, thumbnail, note)))
        if source is None:
            self._known.pop(key, None)
            if not made and not noted:
                return True
            await self._client.delete_objects(settings.bucket, [thumbnail, note])
            self.counts["removed"] += 1
            return False  # had it come back before that, its thumbnail is gone now
        mark = {"source-etag": source.etag or "", "side": str(settings.side)}
        if (_has(made, mark) and not noted) or (_has(noted, mark) and not made):
            self._known[key] = source.etag
            self.counts["kept"] += 1
            return True
        if _has(made, mark):  # and a note of what was there before
            await self._client.delete_object(settings.bucket, note)
            return False
        try:
            small = await self._draw(source)
        except BadPicture as error:
            said = json.dumps({"picture": key, "etag": source.etag, "why": str(error)}).encode()
            await self._store(note, said, "application/json", mark, noted)
            if made:  # of what was there before
                await self._client.delete_object(settings.bucket, thumbnail)
            log.warning("refused %s: %s", key, error)
            self.counts["refused"] += 1
        else:
            await self._store(thumbnail, small, "image/jpeg", mark, made)
            if noted:
                await self._client.delete_object(settings.bucket, note)
            log.info("made %s, %d bytes of %d", thumbnail, len(small), source.size)
            self.counts["made"] += 1
        self._known[key] = source.etag
        return True

    async def _find(self, key: str) -> ObjectMetadata | None:
        try:
            return await self._client.get_object_metadata(self._settings.bucket, key)
        except ObjectNotFoundError:
            return None

    async def _draw(self, source: ObjectMetadata) -> bytes:
        settings = self._settings
        if source.size > settings.max_bytes:  # before a byte of it is asked for
            raise BadPicture(f"has {source.size:,} bytes, more than {settings.max_bytes:,}")
        data = await self._client.get_object(settings.bucket, source.key, if_match=source.etag)
        return await self._studio.draw(data, settings.side)

    async def _store(
        self,
        key: str,
        data: bytes,
        content_type: str,
        mark: Mapping[str, str],
        replaces: ObjectMetadata | None,
    ) -> None:
        """Store it unless somebody else was quicker, who may know a newer picture."""
        await self._client.put_object(
            self._settings.bucket,
            key,
            data,
            content_type=content_type,
            metadata=mark,
            if_match=replaces.etag if replaces else None,
            if_none_match=None if replaces else "*",
        )

    # -- beginning and end ----------------------------------------------------------------------

    async def run(
        self, stop: asyncio.Event, *, poll: float | None = None, once: bool = False
    ) -> None:
        """Work until `stop` is set, and end what is under way.

        Args:
            stop: what ends it; a picture that is still in the queue is found by the next start.
            poll: seconds between two looks; None listens.
            once: do what there is to do now.

        Raises:
            MinIOError: it can't begin, or can't go on.
        """
        workers = [asyncio.create_task(self._work()) for _ in range(self._settings.workers)]
        feeding = asyncio.ensure_future(self._feed(poll, once))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            tasks = {feeding, stopping, *workers}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
        finally:
            feeding.cancel()
            stopping.cancel()
            await asyncio.wait({feeding, stopping})
            await self._end(workers)

    async def _feed(self, poll: float | None, once: bool) -> None:
        if once:
            await self.sweep()
            await self._queue.join()
        elif poll is not None:
            self._every = poll
            await self._sweeps()
        else:
            both = [asyncio.create_task(self._sweeps()), asyncio.create_task(self._listen())]
            try:
                await asyncio.gather(*both)
            finally:
                for task in both:
                    task.cancel()
                await asyncio.wait(both)

    async def _end(self, workers: list[asyncio.Task[None]]) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
            self._queue.task_done()
        self._waiting.clear()
        for _ in workers:
            self._queue.put_nowait(None)
        _, late = await asyncio.wait(workers, timeout=GRACE)
        for task in late:
            task.cancel()


async def serve(settings: Settings, poll: float | None, once: bool) -> int:
    """Run until SIGTERM or Ctrl-C; a second one is taken at its word."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(number: int) -> None:
        log.info("ending: a moment for what is under way")
        stop.set()
        loop.remove_signal_handler(number)

    with contextlib.suppress(NotImplementedError):  # on Windows, where Ctrl-C is an exception
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end, number)
    studio = Studio(settings.workers)
    try:
        async with AsyncMinIOClient(Config.from_env()) as client:
            if not await client.bucket_exists(settings.bucket):
                await client.create_bucket(settings.bucket)
            service = Thumbnailer(client, studio, settings)
            await service.run(stop, poll=poll, once=once)
    except MinIOError as error:
        log.error("%s", error)
        return 1
    finally:
        studio.close()
    log.info(", ".join(f"{number} {what}" for what, number in sorted(service.counts.items())))
    return 1 if once and service.counts["errors"] else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Keep a thumbnail of every picture of a bucket.")
    parser.add_argument("--bucket", default=Settings.bucket)
    parser.add_argument("--side", type=int, default=Settings.side, help="pixels")
    parser.add_argument("--max-bytes", type=int, default=Settings.max_bytes, help="of a picture")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 8))
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--poll", type=float, metavar="SECONDS", help="list, and don't listen")
    how.add_argument("--once", action="store_true", help="do what there is to do, and end")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    settings = Settings(
        bucket=given.bucket, side=given.side, max_bytes=given.max_bytes, workers=given.workers
    )
    return asyncio.run(serve(settings, given.poll, given.once))


if __name__ == "__main__":
    sys.exit(main())
