"""The blocking transport for several endpoints of one store, and for hedged reads.

A call's attempts may each go to another endpoint. Every endpoint has a transport of its own, with its
connections and its clock, which is asked for one attempt at a time; there is one retry policy above them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import Config
from minio_sdk.credentials import find_credentials
from minio_sdk.retry import RetryPolicy
from minio_sdk.transport.begun import Begun, Resumed
from minio_sdk.transport.budgets import ByteBudget
from minio_sdk.transport.connections import Connections
from minio_sdk.transport.endpoints import Endpoints
from minio_sdk.transport.hedging import Hedger
from minio_sdk.transport.http_requests import RequestsTransport, new_session
from minio_sdk.transport.racing import Race
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
    from minio_sdk.transport.feeds import ThreadFeed


class RoutedConnections(Endpoints):
    """Those of the blocking transport."""

    def __init__(self, config: Config) -> None:
        self.each = tuple(Connections(config.with_(base_url=url)) for url in config.endpoints)
        super().__init__(config, self.each, ByteBudget(config.memory_budget))

    def pool(self) -> Any:
        """The pool to the first endpoint."""
        return self.each[0].pool()

    def keep(self, feed: ThreadFeed) -> None:
        """Close a feed with all that is here."""
        self.each[0].keep(feed)

    def close(self) -> None:
        """Close feeds and idle connections."""
        for each in self.each:
            each.close()


class _Once:
    """What stands for the retry policy of a single endpoint's adapter: one attempt is all."""

    @staticmethod
    def send(attempt: Callable[[int], Reply], *_: object) -> Reply:
        return attempt(1)


class Routed(RequestsTransport):
    """See the module.

    Args:
        config: the settings.
        clock: the time source.
        connections: those of another transport of the same endpoints; None opens some.

    Attributes:
        ways: for each endpoint what sends to it.
    """

    connections: Any  # RoutedConnections, which has what is asked of one endpoint's

    def __init__(
        self,
        config: Config,
        clock: Clock = SYSTEM_CLOCK,
        connections: RoutedConnections | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self._shared = connections is not None
        self.connections = shared = connections or RoutedConnections(config)
        self.memory = shared.memory
        self.provider = find_credentials(config)
        self.ways = tuple(
            RequestsTransport(config.with_(base_url=url), clock, pool, self.provider)
            for url, pool in zip(config.endpoints, shared.each, strict=True)
        )
        first = self.ways[0]
        self.adapter, self.signing = first.adapter, first.signing
        self.session = new_session(first.adapter)
        once: Any = _Once()
        pause = first.adapter.policy.pause
        self.policy = RetryPolicy(
            config,
            clock,
            shared.budget,
            learn_skew,
            shared.skew,
            sleep=pause,
            better_keys=first.signing.may_have_better,
        )
        for way in self.ways:
            way.adapter.policy = once
            way.session = self.session
            self.session.mount(way.connections.endpoint.url, way.adapter)

    async def send(self, request: Request, deadline: float | None) -> Reply:
        """The answer to a request, after retries."""
        return self._send(_Call(self, request, deadline), None)

    def _send(self, call: _Call, offset: float | None) -> Reply:
        return self.policy.send(
            call.attempt, call.request, call.roaming.deadline, offset, call.roaming.elsewhere
        )

    def roam(
        self,
        attempt: Callable[[RequestsTransport, int], Reply],
        request: Request,
        deadline: float | None,
    ) -> Reply:
        """The answer that attempts come to, after retries, each at the endpoint that is chosen for it."""
        call = _Call(self, request, deadline)
        by = partial(call.by, attempt)
        return self.policy.send(by, request, deadline, None, call.roaming.elsewhere)

    def resume(self, request: Request, deadline: float | None, begun: Begun) -> Reply:
        """The answer to a request whose first attempt has begun."""
        return self._send(_Call(self, request, deadline, begun), begun.offset)

    def way(self) -> RequestsTransport | None:
        """Where requests go now that nothing may be tried out for; None where there is none."""
        route = self.connections.routes.closed(self.clock.monotonic())
        return None if route is None else self.ways[route.index]

    def has_answered(self, way: RequestsTransport) -> None:
        """A request that went around this has its answer."""
        routes: Routes = self.connections.routes
        routes.answered(routes.all[self.ways.index(way)])


class _Call:
    """The attempts of one call."""

    __slots__ = ("_begun", "_transport", "request", "roaming")

    def __init__(
        self,
        transport: Routed,
        request: Request,
        deadline: float | None,
        begun: Begun | None = None,
    ) -> None:
        self._transport = transport
        self.request = request
        self._begun = begun
        self.roaming = Roaming(
            transport.connections.routes, transport.clock.monotonic, transport.ways, deadline
        )

    def attempt(self, number: int) -> Reply:
        """Send once, or twice where the answer is late; the answer."""
        begun, self._begun = self._begun, None
        routes: Routes = self._transport.connections.routes
        if begun is not None:
            route = routes.all[self._transport.ways.index(begun.way)]
        else:
            route = self._open()
        hedger: Hedger | None = self._transport.connections.hedger
        kind = None if hedger is None else kind_of(self.request)
        if hedger is None or kind is None:
            return self._once(self.request, route, None, begun)
        if begun is None:
            after, since = hedger.begin(kind), None
        elif begun.late:
            after, since = 0.0, begun.since
        else:
            return self._once(self.request, route, None, begun)
        race = Race(after, partial(self._second, hedger, route), partial(hedger.tell, kind), since)
        try:
            try:
                reply = self._once(self.request, route, race, begun)
            except Exception:
                other = race.rescue()
                if other is None:
                    raise
                return other
            return reply if is_good(reply) else race.rescue() or reply
        finally:
            race.end()

    def by(self, attempt: Callable[[RequestsTransport, int], Reply], number: int) -> Reply:
        """Have an attempt of somebody else's made at an endpoint, once; the answer."""
        route = self._open()
        way = self._transport.ways[route.index]
        return self._told(route, partial(attempt, way, number), way.connections.skew.seconds)

    def _open(self) -> Route:
        """The endpoint to ask; one that has failed before answers a question first."""
        roaming, transport = self.roaming, self._transport
        while True:
            route, doubted = roaming.choose()
            if not doubted:
                return route
            end = roaming.end_of_trial(transport.config.connect_timeout)
            try:
                if roaming.tried(route, transport.ways[route.index].once(question(), end)):
                    return route
            except BaseException as error:
                roaming.tried(route, error)
                if not isinstance(error, Exception):
                    raise

    def _second(self, hedger: Hedger, first: Route) -> Callable[[], Reply] | None:
        """What sends the second request, if there may be one."""
        if not hedger.take():
            return None
        # Without the room, which is the first one's.
        request = replace(self.request, room=None)
        route = self._transport.connections.routes.beside(first)
        return partial(self._once, request, route, None, None)

    def _once(
        self, request: Request, route: Route, race: Race | None, begun: Begun | None
    ) -> Reply:
        deadline, way = self.roaming.deadline, self._transport.ways[route.index]
        if begun is None:
            send = partial(way.once, request, deadline, race)
            return self._told(route, send, way.connections.skew.seconds)
        resumed = Resumed(way, request, deadline, begun, race)
        return self._told(route, partial(resumed.attempt, 1), begun.offset)

    def _told(self, route: Route, send: Callable[[], Reply], offset: float) -> Reply:
        """What comes of an attempt, which says how the endpoint does."""
        try:
            reply = send()
        except BaseException as error:
            self.roaming.raised(route, error)
            raise
        return self.roaming.answered(route, reply, offset)
