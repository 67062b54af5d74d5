"""Mirror: make a folder or a prefix what another one is, by transferring only what differs.

Rule of this file: nothing is deleted unless the whole source has been seen, and nothing outside of the
target; what could not be looked at in the source protects its name at the target.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from minio_sdk.clock import Clock
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    BucketNotFoundError,
    IntegrityError,
    MinIOError,
    ValidationError,
    invalid,
)
from minio_sdk.flows import buckets, bulk, copies, downloads, found, local_files, moments, uploads
from minio_sdk.flows.bulk_items import settled
from minio_sdk.flows.found import Question
from minio_sdk.flows.local_files import USUAL_PARTS, Links
from minio_sdk.flows.mirror_sides import Entry, Filter, Folder, Names, Remote, side
from minio_sdk.flows.parts import DEFAULT_PART
from minio_sdk.flows.progress import Meter, OnProgress, Share
from minio_sdk.models.bulk import MirrorResult
from minio_sdk.models.moments import Moment, moment_of
from minio_sdk.models.names import check_flag
from minio_sdk.models.results import ObjectInfo
from minio_sdk.operations.multipart import MAX_PARTS


@dataclass(frozen=True, slots=True)
class Wish:
    """The arguments of `mirror`.

    Raises:
        ValidationError: one of them is of the wrong kind.
    """

    source: Any
    target: Any
    delete: bool
    dry_run: bool
    include: Any
    exclude: Any
    checksum: bool
    follow_symlinks: bool
    concurrency: int | None
    progress: OnProgress | bool | None
    at: Moment | None = None

    def __post_init__(self) -> None:
        for name in ("delete", "dry_run", "checksum", "follow_symlinks"):
            check_flag(name, getattr(self, name))
        if self.at is not None:
            moment_of(self.at)


async def mirror(engine: Engine, wish: Wish) -> MirrorResult:
    """Make the target what the source is."""
    source, target = side(wish.source, "source"), side(wish.target, "target")
    for each in (source, target):
        if isinstance(each, Remote):
            engine.place(each.bucket).prefix_out(each.prefix)
    if wish.at is not None and not isinstance(source, Remote):
        raise invalid("at", wish.at, "goes with a remote source")
    if isinstance(source, Folder) and isinstance(target, Folder):
        raise invalid(
            "target", wish.target, "one of the two must be remote: 'minio://bucket/prefix'"
        )
    if isinstance(source, Remote) and isinstance(target, Remote) and _overlap(source, target):
        raise invalid("target", wish.target, "overlaps with the source")
    with engine.job("mirror") as told:
        result = await _mirror(engine, wish, source, target)
        told(result)
        return result


async def _mirror(
    engine: Engine, wish: Wish, source: Folder | Remote, target: Folder | Remote
) -> MirrorResult:
    limit = bulk.Job(concurrency=wish.concurrency).limit(engine, "mirror")
    meter = Meter(engine.transport.clock, wish.progress)
    job = _Mirror(engine.share(bulk.AT_ONCE // limit or 1), wish, source, target, meter)
    try:
        await job.look()
        async with aclosing(job.plan()) as plan:
            await engine.transport.map(job.settle, plan, limit, job.add, relay=job.relay)
        await job.clear()
    finally:
        meter.close()
    return job.result()


def _overlap(source: Remote, target: Remote) -> bool:
    if source.bucket != target.bucket:
        return False
    return source.prefix.startswith(target.prefix) or target.prefix.startswith(source.prefix)


@dataclass(slots=True)
class _Task:
    """A name whose two sides may differ."""

    entry: Entry
    other: Entry | None
    unsure: bool


Settled = tuple[str, int | MinIOError | None]
"""A name, and the bytes transferred for it, None where there was no need to, or why it failed."""


class _Mirror:
    """One call of `mirror`."""

    def __init__(
        self,
        engine: Engine,
        wish: Wish,
        source: Folder | Remote,
        target: Folder | Remote,
        meter: Meter,
    ) -> None:
        self._engine = engine
        self._wish = wish
        self._source = source
        self._target = target
        self._meter = meter
        self.relay = engine.transport.relay(meter.came) if meter.heard else None
        self._filter = Filter(wish.include, wish.exclude)
        self._clock: Clock = engine.transport.clock
        self._begun = self._clock.monotonic()
        self._there: dict[str, Entry] = {}
        self._names: Names | None = None
        self._protected: set[str] = set()
        self._copied: list[str] = []
        self._skipped: list[str] = []
        self._deleted: list[str] = []
        self._failed: dict[str, MinIOError] = {}
        self._bytes = 0

    def result(self) -> MirrorResult:
        """What was done."""
        seconds = self._clock.monotonic() - self._begun
        return MirrorResult(
            copied=tuple(sorted(self._copied)),
            skipped=tuple(sorted(self._skipped)),
            deleted=tuple(sorted(self._deleted)),
            failed=dict(sorted(self._failed.items())),
            bytes=self._bytes,
            seconds=seconds,
            rate=self._bytes / seconds if seconds > 0 else 0.0,
            dry_run=self._wish.dry_run,
        )

    # --- looking ---------------------------------------------------------------------------------

    async def look(self) -> None:
        """Make sure that there is a source, and see what the target has."""
        source, target, call = self._source, self._target, self._engine.transport.call
        if isinstance(source, Folder) and not await call(source.path.is_dir):
            raise invalid("source", str(source.path), "is no folder that is there")
        if isinstance(target, Folder):
            if await call(target.path.exists) and not await call(target.path.is_dir):
                raise invalid("target", str(target.path), "is there, and is no folder")
            self._names = Names(await call(local_files.folds_case, target.path))
            if not await call(target.path.is_dir):
                return
            links: Links = "follow" if self._wish.follow_symlinks else "ignore"
            entries = self._files(target.path, links, source=False)
        else:
            entries = self._objects(target)
        try:
            async with aclosing(entries):
                async for entry in entries:
                    self._there[self._folded(entry.name)] = entry
        except BucketNotFoundError:
            return  # an upload makes it

    def _folded(self, name: str) -> str:
        return name if self._names is None else self._names.folded(name)

    async def _files(
        self, root: Path, links: Links, *, source: bool
    ) -> AsyncGenerator[Entry, None]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                files, folders, problems = await self._engine.transport.call(
                    local_files.scan, root, folder, links
                )
            except OSError as error:
                if not folder:
                    raise invalid(
                        "source" if source else "target", str(root), str(error)
                    ) from error
                self._fail(folder.rstrip("/"), error)
                self._protected.add(folder.rstrip("/"))
                continue
            waiting += reversed(folders)
            for name, problem in problems:
                self._protected.add(name)
                if self._filter.wants(name):
                    self._fail(name, problem)
            for entry in files:
                if self._filter.wants(entry.name):
                    yield entry

    async def _objects(
        self, remote: Remote, at: Moment | None = None
    ) -> AsyncGenerator[Entry, None]:
        question = Question(remote.bucket, remote.prefix, "", True, False, None, None, at=at)
        between_remotes = isinstance(self._source, Remote) and isinstance(self._target, Remote)
        async with aclosing(found.items(self._engine, question)) as items:
            async for item in items:
                if item.key.endswith("/") and item.size == 0 and not between_remotes:
                    continue  # what consoles make to show a folder
                entry = _entry(item, remote)
                if entry.name and self._filter.wants(entry.name):
                    yield entry

    # --- transferring ----------------------------------------------------------------------------

    async def plan(self) -> AsyncGenerator[_Task, None]:
        """What has to be transferred, or looked at closely to know."""
        source = self._source
        if isinstance(source, Folder):
            links: Links = "follow" if self._wish.follow_symlinks else "inside"
            entries = self._files(source.path, links, source=True)
        else:
            entries = self._objects(source, self._wish.at)
        count = 0
        async with aclosing(entries):
            async for entry in entries:
                count += 1
                try:
                    if self._names is not None:
                        self._names.take(entry.name)
                except ValidationError as error:
                    self._fail(entry.name, error)
                    self._protected.add(entry.name)
                    continue
                other = self._there.pop(self._folded(entry.name), None)
                answer = self._differs(entry, other)
                if answer is False:
                    self._skipped.append(entry.name)
                else:
                    yield _Task(entry, other, answer is None)
        if not count and self._wish.delete and isinstance(source, Remote) and source.prefix:
            await self._check_prefix(source)

    async def _check_prefix(self, source: Remote) -> None:
        """A prefix without objects can't be told from one that was mistyped."""
        question = Question(
            source.bucket, source.prefix, "", True, False, 1, None, at=self._wish.at
        )
        if not await found.listed(self._engine, question):
            raise invalid(
                "source",
                self._wish.source,
                "has no objects; with delete=True all of the target would go",
            )

    def _differs(self, entry: Entry, other: Entry | None) -> bool | None:
        """Whether the sides differ; None when only their bytes can tell."""
        if other is None or entry.size != other.size:
            return True
        if self._wish.checksum or entry.modified is None or other.modified is None:
            return None
        ours, theirs = int(entry.modified), int(other.modified)
        if self._wish.at is not None:  # what it was then is older than what replaced it
            return None if isinstance(self._target, Remote) else ours != theirs
        if ours == theirs and isinstance(self._target, Remote):
            return None  # listings know no more than the second in which an object was stored
        return ours > theirs

    async def settle(self, task: _Task) -> Settled:
        """Transfer one, unless its sides are the same after all."""
        entry = task.entry
        engine = self._engine.begin()
        try:
            if task.unsure and task.other is not None and await self._same(entry, task.other):
                return entry.name, None
            if not self._wish.dry_run:
                await self._transfer(engine, entry)
            return entry.name, entry.size
        except Exception as error:
            remote = self._source if isinstance(self._source, Remote) else self._target
            assert isinstance(remote, Remote)  # one of the two is
            return entry.name, settled(error, remote.bucket, remote.prefix + entry.name)

    async def _same(self, entry: Entry, other: Entry) -> bool:
        if isinstance(self._source, Remote) and isinstance(self._target, Remote):
            return entry.etag is not None and entry.etag == other.etag
        folder = self._source if isinstance(self._source, Folder) else self._target
        assert isinstance(folder, Folder)  # the other one is remote
        etag = (entry.etag or other.etag or "").lower()
        own = self._engine.config.part_size or DEFAULT_PART
        parts = {own, max(own, -(-entry.size // MAX_PARTS)), *USUAL_PARTS}
        name = entry.name if folder is self._source else other.name
        return await self._engine.transport.call(
            local_files.has_etag, folder.path / name, etag, entry.size, parts
        )

    async def _transfer(self, engine: Engine, entry: Entry) -> None:
        source, target = self._source, self._target
        if isinstance(source, Folder) and isinstance(target, Remote):
            await self._upload(engine, source.path / entry.name, target, entry)
        elif isinstance(source, Remote) and isinstance(target, Folder):
            await self._download(engine, source, target.path, entry)
        elif isinstance(source, Remote) and isinstance(target, Remote):
            await self._copy(engine, source, target, entry)

    def _version(self, entry: Entry) -> tuple[str | None, Moment | None]:
        """What to read of an object: a version that stays, or what it was at the moment."""
        if self._wish.at is None or entry.version_id in (None, moments.NULL):
            return None, self._wish.at
        return entry.version_id, None

    def _share(self, entry: Entry) -> Share | None:
        return Share(self.relay, entry.name) if self.relay is not None else None

    async def _upload(self, engine: Engine, path: Path, target: Remote, entry: Entry) -> None:
        key = target.prefix + entry.name
        headers = uploads.object_headers(key, None, None)
        place = engine.place(target.bucket)
        await uploads.put_file(engine, place, key, path, headers, progress=self._share(entry))
        if await engine.transport.call(local_files.stamp, path) != (entry.size, entry.stamp):
            raise IntegrityError(
                "the file was changed while it was uploaded, so that the object may be a mixture",
                hint="mirror it again",
            )

    async def _download(self, engine: Engine, source: Remote, root: Path, entry: Entry) -> None:
        call = engine.transport.call
        path = await call(local_files.ready, root, entry.name, self._wish.follow_symlinks)
        key, share = source.prefix + entry.name, self._share(entry)
        version, at = self._version(entry)
        await downloads.to_file(engine, source.bucket, key, path, version, share, at=at)
        if entry.modified is not None:
            # That of the listing: if it was replaced since, it is newer and comes again.
            await call(local_files.set_time, path, entry.modified)

    async def _copy(self, engine: Engine, source: Remote, target: Remote, entry: Entry) -> None:
        dest, key = engine.place(target.bucket), target.prefix + entry.name
        place, source_key = engine.place(source.bucket), source.prefix + entry.name
        version, at = self._version(entry)
        copy = partial(
            copies.copy, engine, dest, key, place, source_key, source_version_id=version, at=at
        )
        try:
            await copy()
        except BucketNotFoundError as error:
            if error.bucket != target.bucket:
                raise
            await buckets.create_missing(engine, target.bucket)
            await buckets.when_known(engine, copy)

    def add(self, found: Settled) -> None:
        """Take down what became of a name."""
        name, outcome = found
        if outcome is None:
            self._skipped.append(name)
        elif isinstance(outcome, MinIOError):
            self._failed[name] = outcome
            self._meter.lost(name)
        else:
            self._copied.append(name)
            self._bytes += 0 if self._wish.dry_run else outcome
            if not self._wish.dry_run:
                self._meter.arrived(name, outcome)

    def _fail(self, name: str, error: Exception) -> None:
        self._failed[name] = settled(error, None, None)

    # --- deleting --------------------------------------------------------------------------------

    async def clear(self) -> None:
        """Remove what only the target has; the whole source has been seen."""
        if not self._wish.delete:
            return
        protected = {self._folded(name) for name in self._protected}
        extra = [
            entry.name for folded, entry in self._there.items() if not _below(folded, protected)
        ]
        if self._wish.dry_run:
            self._deleted += extra
        elif isinstance(self._target, Folder):
            for name in extra:
                try:
                    await self._engine.transport.call((self._target.path / name).unlink)
                    self._deleted.append(name)
                except OSError as error:
                    self._fail(name, error)
        else:
            keys = [self._target.prefix + name for name in extra]
            job = bulk.Job(bucket=self._target.bucket)
            done = await bulk.perform(self._engine, "delete", keys, job)
            for name, outcome in zip(extra, done, strict=True):
                if isinstance(outcome, MinIOError):
                    self._failed[name] = outcome
                else:
                    self._deleted.append(name)


def _entry(item: ObjectInfo, remote: Remote) -> Entry:
    modified = item.last_modified.timestamp() if item.last_modified is not None else None
    name = item.key[len(remote.prefix) :]
    return Entry(name, item.size, modified, item.etag, version_id=item.version_id)


def _below(name: str, names: set[str]) -> bool:
    """Whether the name or a folder above it is one of `names`."""
    parts = name.split("/")
    return any("/".join(parts[: n + 1]) in names for n in range(len(parts)))
