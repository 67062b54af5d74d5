"""A crawler that stores the pages of a site, each as it comes.

    python examples/async_crawler/crawler.py https://example.com/ --pages 100

A page's body goes from the site into the store piece by piece and is never in memory as a whole. What breaks
off, is too large or takes too long isn't stored, and a copy that was there stays as it was. The store is the
crawler's only memory: a second run asks for what has changed since (a page that hasn't costs no upload), and
one that goes on after an end in the middle asks nothing for what was fetched within the hour.
"""

from __future__ import annotations

import argparse
import asyncio
import codecs
import contextlib
import hashlib
import json
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from urllib.robotparser import RobotFileParser

import aiohttp
from yarl import URL

from minio_sdk import AsyncMinIOClient, Config, MinIOError, ObjectMetadata, ObjectNotFoundError

AGENT = "minio-sdk-example-crawler/1.0"
PIECE = 64 * 1024
MAX_URL = 1000  # characters; metadata has room for 2 KiB
MAX_ROBOTS = 512 * 1024
WAIT_AT_MOST = 60.0  # seconds that a site may ask us to wait before the next try


class Refused(Exception):
    """A page that isn't stored; the text says why."""


class Busy(Exception):
    """The site asks to come back later."""

    def __init__(self, status: int, seconds: float) -> None:
        super().__init__(f"HTTP {status}")
        self.seconds = seconds


@dataclass(frozen=True)
class Limits:
    """How far, how much, and how politely."""

    pages: int = 100
    depth: int = 5
    workers: int = 8
    per_host: int = 2  # requests at once
    max_bytes: int = 10 << 20  # of a page
    link_bytes: int = 2 << 20  # of a page that are looked through for links
    silence: float = 20.0  # seconds without a byte
    timeout: float = 120.0  # for a whole page
    pause: float = 0.5  # seconds between the beginnings of two requests to one host
    tries: int = 3
    fresh: float = 3600.0  # seconds for which a stored page isn't asked for again


@dataclass(frozen=True)
class Visit:
    """A line of the report: what became of an address."""

    url: str
    result: str  # stored, unchanged, fresh, redirected, refused, failed
    key: str | None = None
    size: int | None = None
    why: str | None = None


class Links(HTMLParser):
    """The links of a page, found while it passes."""

    def __init__(self, base: URL, charset: str | None, limit: int) -> None:
        super().__init__()
        self.found: dict[URL, None] = {}
        self._base = base
        self._room = limit  # the parser works in the event loop, and keeps what has no end yet
        try:
            decoder = codecs.getincrementaldecoder(charset or "utf-8")
        except LookupError:
            decoder = codecs.getincrementaldecoder("utf-8")
        self._decoder = decoder("replace")

    def pass_by(self, data: bytes) -> None:
        """Look at the next bytes."""
        data, self._room = data[: self._room], max(self._room - len(data), 0)
        try:
            self.feed(self._decoder.decode(data))
        except AssertionError:  # how it takes some of what no page should have
            self.reset()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs).get("href")
        if not given or tag not in ("a", "base"):
            return
        with contextlib.suppress(ValueError):  # what is no address is no link
            url = self._base.join(URL(given)).with_fragment(None)
            if tag == "base":
                self._base = url
            elif tag == "a":
                self.found[url] = None


@dataclass
class Host:
    """What is due to one site: few requests at once, pauses between them, and its rules."""

    slots: asyncio.Semaphore
    pause: float
    rules: RobotFileParser | None = None
    next_at: float = 0.0
    turns: asyncio.Lock = field(default_factory=asyncio.Lock)


class Crawler:
    """Fetches pages and stores them.

    Args:
        client: the store.
        session: fetches.
        bucket: where to; pages are `pages/HOST/...`, reports `reports/...`.
        limits: how far, how much, how politely.
        clock, sleep: for tests.
    """

    def __init__(
        self,
        client: AsyncMinIOClient,
        session: aiohttp.ClientSession,
        bucket: str,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.visits: list[Visit] = []
        self._client = client
        self._session = session
        self._bucket = bucket
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._hosts: dict[str, Host] = {}
        self._seen: set[URL] = set()
        self._queue: asyncio.Queue[tuple[URL, int]] = asyncio.Queue()
        self._timeout = aiohttp.ClientTimeout(limits.timeout, sock_read=limits.silence)

    async def run(self, starts: list[str], stop: asyncio.Event | None = None) -> str:
        """Crawl from these addresses on, within their hosts, and store a report.

        Args:
            starts: `http` or `https`.
            stop: ends it early; the report says what was done until then.

        Returns:
            The report's key. `visits` has its lines.
        """
        began = datetime.now(timezone.utc)
        urls = [URL(start).with_fragment(None) for start in starts]
        for url in urls:
            if url.scheme not in ("http", "https") or not url.host:
                raise ValueError(f"{url} is no address of a page")
            host = Host(asyncio.Semaphore(self._limits.per_host), self._limits.pause)
            self._hosts.setdefault(str(url.origin()), host)
            self._meet(url, 0)
        workers = [asyncio.create_task(self._work()) for _ in range(self._limits.workers)]
        all_done = asyncio.create_task(self._queue.join())
        stopping = asyncio.create_task((stop or asyncio.Event()).wait())
        tasks = {all_done, stopping, *workers}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()  # an upload that is cancelled leaves nothing behind
            await asyncio.wait(tasks)
        for task in done:
            task.result()
        return await self._report(began)

    async def _report(self, began: datetime) -> str:
        """It appears when all of it is written."""
        key = f"reports/{began:%Y-%m-%dT%H-%M-%S.%fZ}.jsonl"
        async with self._client.open(
            self._bucket, key, "wb", content_type="application/x-ndjson"
        ) as file:
            for visit in self.visits:
                line = {name: value for name, value in asdict(visit).items() if value is not None}
                await file.write(json.dumps(line).encode() + b"\n")
        return key

    def _meet(self, url: URL, depth: int) -> None:
        """Put an address on the list, unless it is there, not ours, or one too many."""
        allowed = url.scheme in ("http", "https") and str(url.origin()) in self._hosts
        if (
            allowed
            and not url.user  # no site needs to know what others put there
            and depth <= self._limits.depth
            and len(self._seen) < self._limits.pages
            and len(str(url)) <= MAX_URL
            and url not in self._seen
        ):
            self._seen.add(url)
            self._queue.put_nowait((url, depth))

    async def _work(self) -> None:
        while True:
            url, depth = await self._queue.get()
            try:
                visit, links = await self._visit(url)
                self.visits.append(visit)
                for link in links:
                    self._meet(link, depth + 1)
            finally:
                self._queue.task_done()

    async def _visit(self, url: URL) -> tuple[Visit, list[URL]]:
        """One address, with what the site and the store may do meanwhile."""
        key, limits = key_of(url), self._limits
        try:
            for left in reversed(range(limits.tries)):
                try:
                    return await self._try(url, key)
                except Busy as error:
                    if not left or error.seconds > WAIT_AT_MOST:
                        return Visit(str(url), "failed", why=str(error)), []
                    await self._sleep(error.seconds)
        except Refused as error:
            return Visit(str(url), "refused", why=str(error)), []
        except asyncio.TimeoutError:
            return Visit(str(url), "failed", why="took too long"), []
        # ValueError: an address, a type or a header that can't be kept.
        except (aiohttp.ClientError, ValueError) as error:
            return Visit(str(url), "failed", why=f"{type(error).__name__}: {error}"), []
        raise AssertionError("the last try has a result")

    async def _try(self, url: URL, key: str) -> tuple[Visit, list[URL]]:
        stored = await self._stored(key)
        if stored is not None and self._is_fresh(stored):
            return Visit(str(url), "fresh", key), await self._links_of(url, stored)
        async with self._hosts[str(url.origin())].slots:
            await self._turn(url)
            return await self._fetch(url, key, stored)

    async def _fetch(
        self, url: URL, key: str, stored: ObjectMetadata | None
    ) -> tuple[Visit, list[URL]]:
        async with self._session.get(
            url,
            headers={"User-Agent": AGENT, **conditions(stored)},
            allow_redirects=False,  # else one leads to where we mustn't go, or round and round
            timeout=self._timeout,
        ) as answer:
            if answer.status == 304 and stored is not None:
                return Visit(str(url), "unchanged", key), await self._links_of(url, stored)
            if answer.status in (301, 302, 303, 307, 308):
                to = url.join(URL(answer.headers.get("Location", ""))).with_fragment(None)
                return Visit(str(url), "redirected", why=str(to)), [to]
            if answer.status in (429, 502, 503, 504):
                raise Busy(answer.status, retry_after(answer.headers.get("Retry-After")))
            if answer.status != 200:
                raise Refused(f"HTTP {answer.status}")
            return await self._store(url, key, answer)

    async def _store(
        self, url: URL, key: str, answer: aiohttp.ClientResponse
    ) -> tuple[Visit, list[URL]]:
        if (answer.content_length or 0) > self._limits.max_bytes:
            raise Refused(f"says that it has {answer.content_length:,} bytes")
        links = Links(url, answer.charset, self._limits.link_bytes)
        is_html = answer.content_type == "text/html"
        metadata = {"url": str(url), "fetched-at": datetime.now(timezone.utc).isoformat()}
        for name in ("ETag", "Last-Modified"):
            value = answer.headers.get(name, "")
            if value and value.isascii() and value.isprintable() and len(value) <= 200:
                metadata[f"page-{name.lower()}"] = value
        # An error in the iterator, such as a connection that is cut, ends the upload, and stores nothing.
        result = await self._client.upload_object(
            self._bucket,
            key,
            self._pieces(answer, links if is_html else None),
            content_type=answer.headers.get("Content-Type", "application/octet-stream"),
            metadata=metadata,
            tags={"kind": answer.content_type},  # for rules of the bucket's lifecycle
        )
        return Visit(str(url), "stored", key, result.size), list(links.found)

    async def _pieces(
        self, answer: aiohttp.ClientResponse, links: Links | None
    ) -> AsyncIterator[bytes]:
        """The body, unpacked, which can be much more than its length."""
        size = 0
        async for piece in answer.content.iter_chunked(PIECE):
            size += len(piece)
            if size > self._limits.max_bytes:
                raise Refused(f"has more than {self._limits.max_bytes:,} bytes")
            if links is not None:
                links.pass_by(piece)
            yield piece

    # -- what is stored already -----------------------------------------------------------------

    async def _stored(self, key: str) -> ObjectMetadata | None:
        try:
            return await self._client.get_object_metadata(self._bucket, key)
        except ObjectNotFoundError:
            return None

    def _is_fresh(self, stored: ObjectMetadata) -> bool:
        with contextlib.suppress(KeyError, ValueError, TypeError):
            age = datetime.now(timezone.utc) - datetime.fromisoformat(stored.metadata["fetched-at"])
            return age < timedelta(seconds=self._limits.fresh)
        return False

    async def _links_of(self, url: URL, stored: ObjectMetadata) -> list[URL]:
        """Read from the copy in the store, so that the site needn't send it again."""
        kind, _, more = (stored.content_type or "").partition(";")
        if kind.strip() != "text/html":
            return []
        charset = re.search(r"charset=\"?([\w.:-]+)", more)
        links = Links(url, charset[1] if charset else None, self._limits.link_bytes)
        async for piece in self._client.download_stream(
            self._bucket, stored.key, if_match=stored.etag
        ):
            for start in range(0, len(piece), PIECE):
                links.pass_by(piece[start : start + PIECE])
                await asyncio.sleep(0)  # others have their turn
        return list(links.found)

    # -- manners --------------------------------------------------------------------------------

    async def _turn(self, url: URL) -> None:
        """Wait until the host may be asked again.

        Raises:
            Refused: its `robots.txt` doesn't want this page to be asked for.
        """
        host = self._hosts[str(url.origin())]
        async with host.turns:
            if host.rules is None:
                host.rules = await self._robots(url)
                host.pause = max(host.pause, float(host.rules.crawl_delay(AGENT) or 0))
            if not host.rules.can_fetch(AGENT, str(url)):
                raise Refused("robots.txt")
            wait = host.next_at - self._clock()
            if wait > 0:
                await self._sleep(wait)
            host.next_at = self._clock() + host.pause

    async def _robots(self, url: URL) -> RobotFileParser:
        rules = RobotFileParser()
        async with self._session.get(
            url.origin() / "robots.txt", headers={"User-Agent": AGENT}, timeout=self._timeout
        ) as answer:
            if answer.status >= 500:
                raise Refused("robots.txt can't be read")  # RFC 9309: then nothing is allowed
            text = b""
            if answer.status == 200:
                async for piece in answer.content.iter_chunked(PIECE):
                    text += piece
                    if len(text) > MAX_ROBOTS:
                        break
        rules.parse(text.decode("utf-8", "replace").splitlines())
        return rules


def key_of(url: URL) -> str:
    """Where a page is stored: readable, and different for each address.

    An address can hold what keys had better not: dots, slashes in a row, a name below a name.
    """
    path = re.sub(r"[^A-Za-z0-9._-]+", "_", url.path_qs.strip("/")).strip("._")[:80]
    digest = hashlib.sha256(str(url).encode()).hexdigest()[:16]
    return f"pages/{url.host}/{path or 'index'}-{digest}"


def conditions(stored: ObjectMetadata | None) -> dict[str, str]:
    """The headers by which a site needn't send what we have."""
    if stored is None:
        return {}
    names = {"page-etag": "If-None-Match", "page-last-modified": "If-Modified-Since"}
    return {
        header: stored.metadata[name] for name, header in names.items() if name in stored.metadata
    }


def retry_after(value: str | None) -> float:
    """Seconds; dates, which are rare, count as the pause that we would make anyway."""
    return float(value) if value is not None and value.isascii() and value.isdigit() else 1.0


async def crawl(starts: list[str], bucket: str, limits: Limits) -> int:
    """Run until all is done, SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # on Windows
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with (
            AsyncMinIOClient(Config.from_env()) as client,
            aiohttp.ClientSession() as session,
        ):
            if not await client.bucket_exists(bucket):
                await client.create_bucket(bucket)
            crawler = Crawler(client, session, bucket, limits)
            key = await crawler.run(starts, stop)
    except (MinIOError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    for visit in crawler.visits:
        print(f"{visit.result:<10} {visit.url}{f': {visit.why}' if visit.why else ''}")
    counts = Counter(visit.result for visit in crawler.visits)
    print(", ".join(f"{number} {what}" for what, number in sorted(counts.items())) or "nothing")
    print(f"report: {bucket}/{key}")
    return 130 if stop.is_set() else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Store the pages of a site.")
    parser.add_argument("url", nargs="+")
    parser.add_argument("--bucket", default="crawl")
    parser.add_argument("--pages", type=int, default=Limits.pages)
    parser.add_argument("--pause", type=float, default=Limits.pause, help="seconds")
    parser.add_argument("--fresh", type=float, default=Limits.fresh, help="seconds")
    given = parser.parse_args()
    limits = Limits(pages=given.pages, pause=given.pause, fresh=given.fresh)
    return asyncio.run(crawl(given.url, given.bucket, limits))


if __name__ == "__main__":
    sys.exit(main())
