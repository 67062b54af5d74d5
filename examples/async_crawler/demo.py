"""Crawl a small site that has all that goes wrong, twice: the second time nothing has changed.

python examples/async_crawler/demo.py
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web
from crawler import Limits, crawl

HUGE = 200_000
NAMES = (
    "ring", "moved", "away", "slow", "huge", "unsaid", "cut", "gone", "private/x",
    "http://example.com/", "mailto:me",
)  # fmt: skip
LIMITS = Limits(pause=0.0, fresh=0.0, silence=2.0, max_bytes=100_000, pages=50)


async def index(request: web.Request) -> web.Response:
    """Where everything begins."""
    links = "".join(f'<a href="{name}">{name}</a> ' for name in NAMES)
    return page(request, f"<title>A site</title>{links}<![odd[")


async def ring(request: web.Request) -> web.Response:
    """Leads to itself, and back."""
    links = '<a href="ring#top">here</a> <a href="/">home</a> <a href="notes.txt?v=2">notes</a>'
    return page(request, links)


def page(request: web.Request, text: str) -> web.Response:
    """With an ETag, so that it needn't be sent twice."""
    tag = str(len(text))
    if any(known.value == tag for known in request.if_none_match or ()):
        return web.Response(status=304)
    answer = web.Response(text=text, content_type="text/html")
    answer.enable_compression()
    answer.etag = tag
    return answer


async def notes(_: web.Request) -> web.Response:
    """Without an ETag."""
    return web.Response(text="notes")


async def moved(_: web.Request) -> web.Response:
    """Redirects to a redirect that leads back."""
    raise web.HTTPFound("/moved-on")


async def moved_on(_: web.Request) -> web.Response:
    """The other half of it."""
    raise web.HTTPFound("/moved")


async def away(_: web.Request) -> web.Response:
    """Redirects to somebody else's site."""
    raise web.HTTPFound("http://192.0.2.1/")


async def slow(request: web.Request) -> web.StreamResponse:
    """Begins, and never goes on."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"a moment")
    await asyncio.Event().wait()
    return answer


async def huge(_: web.Request) -> web.Response:
    """Says how large it is."""
    return web.Response(body=bytes(HUGE))


async def unsaid(request: web.Request) -> web.StreamResponse:
    """Doesn't say how large it is."""
    answer = web.StreamResponse()
    answer.enable_chunked_encoding()
    await answer.prepare(request)
    for _ in range(20):
        await answer.write(bytes(HUGE // 20))
    return answer


async def cut(request: web.Request) -> web.StreamResponse:
    """Breaks off in the middle."""
    answer = web.StreamResponse()
    answer.content_length = 10_000
    await answer.prepare(request)
    await answer.write(bytes(5_000))
    assert request.transport is not None
    request.transport.close()
    return answer


async def robots(_: web.Request) -> web.Response:
    """What isn't to be asked for."""
    return web.Response(text="User-agent: *\nDisallow: /private/\n")


def site() -> web.Application:
    """All of it."""
    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_get("/notes.txt", notes)
    app.router.add_get("/moved-on", moved_on)
    app.router.add_get("/robots.txt", robots)
    for each in (ring, moved, away, slow, huge, unsaid, cut):
        app.router.add_get(f"/{each.__name__}", each)
    return app


async def main() -> int:
    """Twice."""
    runner = web.AppRunner(site(), handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        for time in ("first", "second"):
            print(f"-- the {time} time")
            status = await crawl([f"http://{host}:{port}/"], "crawl", LIMITS)
            if status:
                return status
    finally:
        await runner.cleanup()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
