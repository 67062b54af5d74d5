"""Answers that a task reads while they come, each over a connection of its own.

They go through aiohttp, beside the connections that other requests share: who listens for days must not keep
a place that others wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from yarl import URL

from minio_sdk.clock import SYSTEM_CLOCK
from minio_sdk.errors import MinIOError
from minio_sdk.forks import leave_to_parent
from minio_sdk.reasons import explain, root
from minio_sdk.retry import deadline_over
from minio_sdk.transport.bodies import over
from minio_sdk.transport.odd import read_body
from minio_sdk.transport.proxies import check_unchanged_by
from minio_sdk.wire.heads import is_sized
from minio_sdk.wire.message import Reply, Request

if TYPE_CHECKING:
    from minio_sdk.transport.http_aiohttp import AiohttpTransport, AsyncConnections

R = TypeVar("R")


class TaskFeed:
    """See `minio_sdk.protocols.Feed`."""

    def __init__(self, transport: AiohttpTransport) -> None:
        self._transport = transport
        self._response: aiohttp.ClientResponse | None = None
        self._deadline: float | None = None
        self._place: AsyncConnections = (
            transport.connections
        )  # those to the one that was asked last
        self._over: asyncio.Future[None] | None = None
        self.closed = False
        transport.connections.feeds.add(self)

    async def open(self, request: Request, deadline: float | None, patience: float) -> Reply:
        """Ask, after retries; the head."""
        self.drop()
        self._deadline = deadline

        async def attempt(way: AiohttpTransport) -> Reply:
            self._place = place = way.connections
            check_unchanged_by(place.proxy, place.endpoint, request)
            keys = way.provider.ask() if request.signed else None
            if isinstance(keys, Future):
                keys = await way.come(keys, deadline)
            left = patience
            if deadline is not None:
                left = min(left, deadline - way.clock.monotonic())
                if left <= 0:
                    raise deadline_over(way.config.deadline)
            return await self._explained(self._ask(way, request, keys, left))

        return await self._unless_closed(self._transport.roam(attempt, request, deadline))

    async def _ask(
        self, transport: AiohttpTransport, request: Request, keys: Any, silence: float
    ) -> Reply:
        place = transport.connections
        headers = transport.signing.headers(request, keys)
        body: Any = request.body if is_sized(request) else None
        options: dict[str, Any] = {} if place.proxy is None else {"proxy": place.proxy}
        response = await place.feeding().request(
            request.method,
            URL(transport.signing.url(request), encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=transport.config.connect_timeout, sock_read=silence
            ),
            **options,
        )
        named = {name.lower(): value for name, value in response.headers.items()}
        if response.status < 400:
            self._response = response
            return Reply(response.status, named)
        try:
            found, _ = await read_body(
                response.status, response.method, response.content_length, response.content, None
            )
        finally:
            response.close()
        return Reply(response.status, named, found)

    async def read(self) -> bytes:
        """Some of what comes next; empty at the end."""
        block = await self._unless_closed(self._explained(self._some()))
        if not block:
            self.drop()
        return block

    async def _some(self) -> bytes:
        response, clock = self._response, self._transport.clock
        if response is None:
            return b""
        if self._deadline is not None and self._deadline <= clock.monotonic():
            raise deadline_over(self._transport.config.deadline)
        return await response.content.readany()

    async def pause(self, failures: int, least: float) -> None:
        """Wait, unless it is closed."""
        transport = self._transport
        seconds = max(transport.policy.backoff(failures), least)
        if transport.clock is not SYSTEM_CLOCK:
            await transport.clock.asleep(seconds)
        elif not self.closed:
            await asyncio.wait([self._end()], timeout=seconds)

    def drop(self) -> None:
        """Close the connection."""
        response, self._response = self._response, None
        if response is not None:
            response.close()

    def close(self) -> None:
        """Close it for good."""
        self.closed = True
        if self._over is not None and not self._over.done():
            self._over.set_result(None)
        self.drop()

    def close_here(self) -> None:
        """Close it, unless another loop has it."""
        if self._over is None or self._over.get_loop() is asyncio.get_running_loop():
            self.close()

    def forget(self) -> None:
        """In a forked child: leave the connection to the parent."""
        leave_to_parent(self._response, self._over)
        self._response, self._over, self.closed = None, None, True

    def _end(self) -> asyncio.Future[None]:
        """What is done when this is closed; for the loop that runs now."""
        loop = asyncio.get_running_loop()
        if self._over is None or self._over.get_loop() is not loop:
            self._over = loop.create_future()
        return self._over

    async def _unless_closed(self, work: Coroutine[Any, Any, R]) -> R:
        """The result of `work`, which is cancelled when this is closed; a failure leaves nothing open."""
        if self.closed:
            work.close()
            raise over()
        working = asyncio.ensure_future(work)
        came = False
        try:
            ends: list[asyncio.Future[Any]] = [working, self._end()]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self.closed:
                raise over()
            result = working.result()
            came = True
            return result
        finally:
            if not came:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                self.drop()

    async def _explained(self, work: Awaitable[R]) -> R:
        try:
            return await work
        except MinIOError:  # a timeout of ours is an OSError as well
            raise
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            place = self._place
            timed_out = isinstance(error, asyncio.TimeoutError)
            found = explain(error, place.endpoint, timed_out=timed_out, proxy=place.proxy)
            found.endpoint = place.endpoint.origin
            raise found from root(error)
