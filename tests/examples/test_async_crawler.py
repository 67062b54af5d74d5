"""The crawler: whole pages or nothing, politely, and nothing twice that hasn't changed."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from minio_sdk import AsyncMinIOClient, Config
from tests.examples import load, run

BUCKET = "crawl"

pytestmark = pytest.mark.asyncio


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    return load("async_crawler", "crawler", monkeypatch)


@pytest_asyncio.fixture
async def client(url: str) -> AsyncIterator[AsyncMinIOClient]:
    async with AsyncMinIOClient(Config(url, f"t{uuid.uuid4().hex[:12]}")) as client:
        await client.create_bucket(BUCKET)
        yield client


class Site:
    """Pages that a test writes, and what was asked of it.

    A page is its text, or a function of the request.
    """

    def __init__(self, **pages: Any) -> None:
        self.pages: dict[str, Any] = pages
        self.asked: list[web.BaseRequest] = []
        self.url = ""

    @property
    def paths(self) -> list[str]:
        """What was asked for, but for the rules."""
        return [request.path for request in self.asked if request.path != "/robots.txt"]

    async def __aenter__(self) -> Site:
        self._server = web.ServerRunner(web.Server(self._answer, handler_cancellation=True))
        await self._server.setup()
        await web.TCPSite(self._server, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._server.addresses[0][1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        page = self.pages.get(request.path.strip("/").replace(".", "_") or "index")
        if page is None:
            return web.Response(status=404)
        if not isinstance(page, str):
            answer: web.StreamResponse = await page(request)
            return answer
        return web.Response(text=page, content_type="text/html")


class Time:
    """Passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def crawl(
    program: Any, client: AsyncMinIOClient, site: Site, time: Time | None = None, **limits: Any
) -> dict[str, list[str]]:
    """What became of which paths."""
    limits = {"pause": 0.0, "fresh": 0.0, **limits}
    time = time or Time()
    async with aiohttp.ClientSession() as session:
        crawler = program.Crawler(
            client, session, BUCKET, program.Limits(**limits), clock=time.clock, sleep=time.sleep
        )
        await asyncio.wait_for(crawler.run([site.url]), 60)
    found: dict[str, list[str]] = {}
    for visit in crawler.visits:
        found.setdefault(visit.result, []).append(visit.url.removeprefix(site.url))
    return {result: sorted(paths) for result, paths in found.items()}


def links(*names: str) -> str:
    return "".join(f'<a href="/{name}">' for name in names)


async def stored(client: AsyncMinIOClient) -> dict[str, bytes]:
    """The pages, by their addresses."""
    found = {}
    for item in await client.list_objects(BUCKET, "pages/"):
        about = await client.get_object_metadata(BUCKET, item.key)
        found[about.metadata["url"]] = await client.get_object(BUCKET, item.key)
    return found


async def test_a_site_with_all_that_goes_wrong(client: AsyncMinIOClient, url: str) -> None:
    """As README.md has it: twice, and the second time nothing has changed."""
    assert client.config.tenant_id
    told = run("async_crawler/demo.py", MINIO_ENDPOINT=url, MINIO_TENANT_ID=client.config.tenant_id)
    _, first, second = told.split("-- the ")
    assert "\n2 failed, 3 redirected, 4 refused, 3 stored\n" in first
    assert "\n2 failed, 3 redirected, 4 refused, 1 stored, 2 unchanged\n" in second
    pages = await stored(client)
    paths = sorted(page.split("/", 3)[3] for page in pages)
    assert paths == ["", "notes.txt?v=2", "ring"]  # and nothing of what was cut, slow or too much
    assert not await client.abort_incomplete_uploads(BUCKET, older_than=0)
    one, two = await client.list_objects(BUCKET, "reports/")
    for report in (one, two):
        text = await client.get_object(BUCKET, report.key)
        lines = [json.loads(line) for line in text.splitlines()]
        assert len(lines) == 12
        why = {line["url"].split("/", 3)[3]: line.get("why") for line in lines}
        assert why["slow"] == "took too long"
        assert why["gone"] == "HTTP 404"
        assert why["private/x"] == "robots.txt"
        assert why["huge"] == "says that it has 200,000 bytes"
        assert why["unsaid"] == "has more than 100,000 bytes"
        assert why["cut"].startswith("ClientPayloadError")


async def test_what_is_kept_with_a_page(client: AsyncMinIOClient, program: Any) -> None:
    async def index(_: web.BaseRequest) -> web.Response:
        text = "<base href='/deep/'><a href='../é?q=1#top'><a href='http://['>grün"
        return web.Response(
            body=text.encode("latin-1"),
            headers={"Content-Type": "text/html; charset=latin-1", "ETag": 'W/"7"'},
        )

    async with Site(index=index) as site:
        found = await crawl(program, client, site)
    assert found == {"stored": [""], "refused": ["%C3%A9?q=1"]}
    (item,) = await client.list_objects(BUCKET, "pages/")
    about = await client.get_object_metadata(BUCKET, item.key)
    assert about.content_type == "text/html; charset=latin-1"
    assert about.metadata["url"] == site.url
    assert about.metadata["page-etag"] == 'W/"7"'
    assert await client.get_object_tags(BUCKET, item.key) == {"kind": "text/html"}


async def test_only_what_has_changed_is_sent_again(client: AsyncMinIOClient, program: Any) -> None:
    """By ETag or date; the links of a page that wasn't sent come from the store."""
    tag = "1"

    async def index(request: web.BaseRequest) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"' and tag == "1":
            return web.Response(status=304)
        return web.Response(
            text=links("dated", "new" if tag == "2" else "old"),
            content_type="text/html",
            headers={"ETag": f'"{tag}"'},
        )

    async def dated(request: web.BaseRequest) -> web.Response:
        date = "Sun, 01 Nov 2026 10:00:00 GMT"
        if request.headers.get("If-Modified-Since") == date:
            return web.Response(status=304)
        return web.Response(text="dated", headers={"Last-Modified": date})

    async with Site(index=index, dated=dated, old="old", new="new") as site:
        assert await crawl(program, client, site) == {"stored": ["", "dated", "old"]}
        before = {
            item.key: item.last_modified for item in await client.list_objects(BUCKET, "pages/")
        }
        again = {"unchanged": ["", "dated"], "stored": ["old"]}
        assert await crawl(program, client, site) == again
        after = {
            item.key: item.last_modified for item in await client.list_objects(BUCKET, "pages/")
        }
        assert before.keys() == after.keys()
        tag = "2"
        assert await crawl(program, client, site) == {"unchanged": ["dated"], "stored": ["", "new"]}


async def test_a_copy_stays_when_the_page_breaks(client: AsyncMinIOClient, program: Any) -> None:
    async def cut(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.content_length = 100
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return answer

    async with Site(index="whole") as site:
        assert await crawl(program, client, site) == {"stored": [""]}
        site.pages["index"] = cut
        assert await crawl(program, client, site) == {"failed": [""]}
    assert await stored(client) == {site.url: b"whole"}


async def test_going_on_after_an_end_in_the_middle(client: AsyncMinIOClient, program: Any) -> None:
    """What was fetched before it is asked for no more; a page that was on its way isn't there."""
    stop = asyncio.Event()

    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(bytes(1000))
        stop.set()
        await asyncio.Event().wait()
        return answer

    async with Site(index=links("a", "b"), a=links("c"), b=endless, c="c") as site:
        async with aiohttp.ClientSession() as session:
            limits = program.Limits(pause=0.0, workers=1)
            crawler = program.Crawler(client, session, BUCKET, limits)
            report = await asyncio.wait_for(crawler.run([site.url], stop), 60)
        assert [visit.result for visit in crawler.visits] == ["stored", "stored"]
        assert (await client.get_object(BUCKET, report)).count(b"\n") == 2
        assert set(await stored(client)) == {site.url, f"{site.url}a"}
        assert site.paths == ["/", "/a", "/b"]

        site.pages["b"] = "b"
        found = await crawl(program, client, site, fresh=3600.0)
        assert found == {"fresh": ["", "a"], "stored": ["b", "c"]}
        assert sorted(site.paths[3:]) == ["/b", "/c"]


async def test_manners(client: AsyncMinIOClient, program: Any) -> None:
    """A pause between two requests, a name, few at once, and patience with those who are busy."""
    busy = [web.Response(status=503, headers={"Retry-After": "7"}), web.Response(status=429)]
    at_once: list[int] = []
    now = 0

    async def rules(_: web.BaseRequest) -> web.Response:
        return web.Response(text="User-agent: *\nCrawl-delay: 3\nDisallow: /no\n")

    async def loaded(_: web.BaseRequest) -> web.Response:
        return busy.pop(0) if busy else web.Response(text="at last")

    async def down(_: web.BaseRequest) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "100000"})

    async def counted(_: web.BaseRequest) -> web.Response:
        nonlocal now
        now += 1
        at_once.append(now)
        for _turn in range(20):  # time enough for others to begin
            await asyncio.sleep(0)
        now -= 1
        return web.Response(text="x")

    pages = {f"p{number}": counted for number in range(6)}
    index = links("loaded", "down", "no", *pages)
    time = Time()
    async with Site(index=index, robots_txt=rules, loaded=loaded, down=down, **pages) as site:
        found = await crawl(program, client, site, time, pause=1.0)
    assert found == {"stored": ["", "loaded", *pages], "failed": ["down"], "refused": ["no"]}
    assert max(at_once) <= 2
    assert 7.0 in time.slept
    assert time.now >= 3.0 * (len(site.paths) - 1)  # its own wish is more than our pause
    assert {request.headers["User-Agent"] for request in site.asked} == {program.AGENT}
    assert "/no" not in site.paths


async def test_how_far_it_goes(client: AsyncMinIOClient, program: Any) -> None:
    """A site without an end has one; nobody else's site is asked for anything."""

    async def index(request: web.BaseRequest) -> web.Response:
        text = links("index", "a") + "<a href='//127.0.0.1:1/'><a href='http://me:pw@127.0.0.1/'>"
        return web.Response(text=text, content_type="text/html")

    async def more(request: web.BaseRequest) -> web.Response:
        raise web.HTTPFound(f"/a?n={int(request.query.get('n', 0)) + 1}")

    async with Site(index=index, a=more) as site:
        found = await crawl(program, client, site, depth=4)
        assert found["redirected"] == ["a", "a?n=1", "a?n=2", "a?n=3"]
        site.asked.clear()
        await crawl(program, client, site, pages=3)
        assert len(site.paths) == 3


async def test_names_of_pages(program: Any) -> None:
    url = program.URL
    odd = [
        "http://h/", "http://h//", "http://h/a/", "http://h/a", "http://h/a/b", "http://h/a_b",
        "http://h/..%2f..%2fx", "http://h/a?b=1", "https://h/a", "http://h:81/a", f"http://h/{'x' * 900}",
    ]  # fmt: skip
    keys = [program.key_of(url(address, encoded=True)) for address in odd]
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert key.startswith("pages/h/")
        assert key.count("/") == 2
        assert len(key) < 120
    with pytest.raises(ValueError, match="no address of a page"):
        await program.Crawler(None, None, BUCKET, program.Limits()).run(["ftp://h/"])


async def test_a_store_that_fails_ends_it(program: Any) -> None:
    """Rather than fetch page after page for nothing."""
    async with Site(index=links("a", "b"), a="a", b="b") as site:
        closed = AsyncMinIOClient(Config("http://127.0.0.1:1", None, max_retries=0))
        async with closed, aiohttp.ClientSession() as session:
            crawler = program.Crawler(closed, session, BUCKET, program.Limits(pause=0.0))
            with pytest.raises(program.MinIOError):
                await asyncio.wait_for(crawler.run([site.url]), 60)
    assert site.paths == []
