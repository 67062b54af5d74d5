"""The async transport for several endpoints of one store, and for hedged reads.

As `minio_sdk.transport.routed`, with a task for each request of a hedged read.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import Config
from minio_sdk.credentials import find_credentials
from minio_sdk.retry import RetryPolicy
from minio_sdk.transport.budgets import AsyncByteBudget
from minio_sdk.transport.endpoints import Endpoints
from minio_sdk.transport.hedging import Hedger
from minio_sdk.transport.http_aiohttp import AiohttpTransport, AsyncConnections
from minio_sdk.transport.routes import (
    Roaming,
    Route,
    Routes,
    is_good,
    kind_of,
    learn_skew,
    question,
)
from minio_sdk.wire.message import Reply, Request

if TYPE_CHECKING:
    from minio_sdk.transport.feeds_async import TaskFeed


class RoutedAsyncConnections(Endpoints):
    """Those of the async transport."""

    def __init__(self, config: Config) -> None:
        self.each = tuple(AsyncConnections(config.with_(base_url=url)) for url in config.endpoints)
        super().__init__(config, self.each, AsyncByteBudget(config.memory_budget))

    @property
    def feeds(self) -> weakref.WeakSet[TaskFeed]:
        """What is read while it comes, from whichever endpoint, and ends with all that is here."""
        return self.each[0].feeds

    async def close(self) -> None:
        """Close what this loop has."""
        for each in self.each:
            await each.close()


class RoutedAsync(AiohttpTransport):
    """See the module.

    Args:
        config: the settings.
        clock: the time source.
        connections: those of another transport of the same endpoints; None opens some.

    Attributes:
        ways: for each endpoint what sends to it.
    """

    connections: Any  # RoutedAsyncConnections, which has what is asked of one endpoint's

    def __init__(
        self,
        config: Config,
        clock: Clock = SYSTEM_CLOCK,
        connections: RoutedAsyncConnections | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self._shared = connections is not None
        self.connections = shared = connections or RoutedAsyncConnections(config)
        self.memory = shared.memory
        self.provider = find_credentials(config)
        self.ways = tuple(
            AiohttpTransport(config.with_(base_url=url), clock, lines, self.provider)
            for url, lines in zip(config.endpoints, shared.each, strict=True)
        )
        if len(config.endpoints) > 1:
            for way, route in zip(self.ways, shared.routes.all, strict=True):
                way.route = route
        first = self.ways[0]
        self.signing = first.signing
        self.policy = RetryPolicy(
            config,
            clock,
            shared.budget,
            learn_skew,
            shared.skew,
            better_keys=first.signing.may_have_better,
        )

    async def send(self, request: Request, deadline: float | None) -> Reply:
        """The answer to a request, after retries."""
        call = _Call(self, request, deadline)
        return await self.policy.asend(
            call.attempt, request, deadline, elsewhere=call.roaming.elsewhere
        )

    async def roam(
        self,
        attempt: Callable[[AiohttpTransport], Awaitable[Reply]],
        request: Request,
        deadline: float | None,
    ) -> Reply:
        """The answer that attempts come to, after retries, each at the endpoint that is chosen for it."""
        call = _Call(self, request, deadline)
        return await self.policy.asend(
            partial(call.by, attempt), request, deadline, elsewhere=call.roaming.elsewhere
        )


class _Call:
    """The attempts of one call."""

    __slots__ = ("_request", "_transport", "roaming")

    def __init__(self, transport: RoutedAsync, request: Request, deadline: float | None) -> None:
        self._transport = transport
        self._request = request
        self.roaming = Roaming(
            transport.connections.routes, transport.clock.monotonic, transport.ways, deadline
        )

    async def attempt(self, number: int) -> Reply:
        """Send once, or twice where the answer is late; the answer."""
        route = await self._open()
        hedger: Hedger | None = self._transport.connections.hedger
        kind = None if hedger is None else kind_of(self._request)
        if hedger is None or kind is None:
            return await self._once(self._request, route)
        after, since = hedger.begin(kind), time.monotonic()
        try:
            if after is None:
                return await self._once(self._request, route)
            return await self._raced(hedger, route, after)
        finally:
            hedger.tell(kind, time.monotonic() - since)

    async def by(self, attempt: Callable[[AiohttpTransport], Awaitable[Reply]], _: int) -> Reply:
        """Have an attempt of somebody else's made at an endpoint, once; the answer."""
        route = await self._open()
        return await self._told(route, attempt)

    async def _open(self) -> Route:
        """The endpoint to ask; one that has failed before answers a question first."""
        roaming, transport = self.roaming, self._transport
        while True:
            route, doubted = roaming.choose()
            if not doubted:
                return route
            end = roaming.end_of_trial(transport.config.connect_timeout)
            try:
                if roaming.tried(route, await transport.ways[route.index].once(question(), end)):
                    return route
            except BaseException as error:
                roaming.tried(route, error)
                if not isinstance(error, Exception):
                    raise

    async def _raced(self, hedger: Hedger, route: Route, after: float) -> Reply:
        first = asyncio.ensure_future(self._once(self._request, route))
        tasks = [first]
        try:
            await asyncio.wait(tasks, timeout=after)
            routes: Routes = self._transport.connections.routes
            other = routes.beside(route)
            # Where all connections are taken, it would only wait behind others.
            room = self._transport.ways[other.index].has_room
            if not first.done() and room and hedger.take():
                # Without the room, which is the first one's.
                request = replace(self._request, room=None)
                tasks.append(asyncio.ensure_future(self._once(request, other)))
            left = set(tasks)
            while left:
                done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
                for task in (task for task in tasks if task in done):
                    if task.exception() is None and is_good(task.result()):
                        return task.result()
            return first.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _once(self, request: Request, route: Route) -> Reply:
        return await self._told(route, lambda way: way.once(request, self.roaming.deadline))

    async def _told(
        self, route: Route, send: Callable[[AiohttpTransport], Awaitable[Reply]]
    ) -> Reply:
        """What comes of an attempt, which says how the endpoint does."""
        roaming, way = self.roaming, self._transport.ways[route.index]
        offset = way.connections.skew.seconds
        try:
            reply = await send(way)
        except BaseException as error:
            roaming.raised(route, error)
            raise
        return roaming.answered(route, reply, offset)
