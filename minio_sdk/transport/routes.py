"""Several endpoints of one store: which is asked, and which has failed too often. No I/O.

Rule of this file: the first endpoint that is believed to answer is asked, in the order in which they were
given. One that fails is left out for a time (its circuit is open), then tried with one request; time is an
argument.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from minio_sdk.errors import MinIOConnectionError, MinIOTimeoutError
from minio_sdk.wire.message import MAX_DOCUMENT, Reply, Request

FAILURES = 3
"""Failures one after the other that open a circuit; one is enough where there was no connection to be had,
or no answer in time."""

FIRST_REST = 2.0
"""Seconds until an endpoint whose circuit is open is tried again; twice as many each time that fails."""

LONGEST_REST = 60.0

_OF_THE_ENDPOINT = frozenset({500, 502, 503, 504})


class Route:
    """One endpoint, and how it does.

    Attributes:
        index: its number.
        origin: what errors call it.
        failures: those since its last answer.
        until: when it may be tried again, on the monotonic clock; None while its circuit is closed.
        rest: seconds that it was left out for.
        probing: whether a request is on its way that decides about it.
    """

    __slots__ = ("failures", "index", "origin", "probing", "rest", "until")

    def __init__(self, index: int, origin: str) -> None:
        self.index = index
        self.origin = origin
        self.failures = 0
        self.until: float | None = None
        self.rest = 0.0
        self.probing = False


class Routes:
    """The endpoints of one store, shared by all views, threads and tasks."""

    def __init__(self, origins: list[str]) -> None:
        self.all = [Route(index, origin) for index, origin in enumerate(origins)]
        self._lock = threading.Lock()
        self._calm = True  # nothing has failed of late, and the first is the one to ask

    def renew_lock(self) -> None:
        """After fork: who tried an endpoint, or held the lock, isn't in this process."""
        self._lock = threading.Lock()
        for route in self.all:
            route.probing = False

    def choose(self, now: float, failed: list[Route]) -> tuple[Route, bool]:
        """The endpoint to ask next, and whether it has to be tried first with a question of no account.

        Args:
            now: the time on the monotonic clock.
            failed: those that have failed in this call, the last one at the end.
        """
        if self._calm and not failed:
            return self.all[0], False
        with self._lock:
            found = self._next(now, failed)
            if (
                found is None
            ):  # all have failed: those that still count as well, else who rests shortest
                last = failed[-1] if failed else None
                others = [route for route in self.all if route is not last] or self.all
                return min(others, key=lambda route: route.until or 0.0), False
            found.probing = found.until is not None
            return found, found.probing

    def closed(self, now: float) -> Route | None:
        """The endpoint to ask; None where one has to be tried first, or none is believed to answer."""
        if self._calm:
            return self.all[0]
        found = self._next(now, [])
        return None if found is None or found.until is not None else found

    def _next(self, now: float, but: list[Route]) -> Route | None:
        for route in self.all:
            if route not in but and (
                route.until is None or (now >= route.until and not route.probing)
            ):
                return route
        return None

    def is_elsewhere(self, now: float, failed: list[Route]) -> bool:
        """Whether there is an endpoint that may do, and hasn't been asked in this call."""
        return len(self.all) > 1 and self._next(now, failed) is not None

    def beside(self, route: Route) -> Route:
        """The endpoint for a second request beside one to `route`: another that answers, if there is one."""
        return next((r for r in self.all if r is not route and r.until is None), route)

    def failed(self, route: Route, now: float, *, at_once: bool) -> None:
        """It gave no answer, or an error of its own.

        Args:
            route: the endpoint.
            now: the time on the monotonic clock.
            at_once: whether this alone opens its circuit.
        """
        with self._lock:
            self._calm = False
            route.failures += 1
            if route.until is None:
                if at_once or route.failures >= FAILURES:
                    route.rest = FIRST_REST
                    route.until = now + route.rest
            elif now >= route.until:  # it was tried; what was on its way before tells nothing new
                route.rest = min(route.rest * 2, LONGEST_REST)
                route.until = now + route.rest
            route.probing = False

    def answered(self, route: Route) -> None:
        """It answers."""
        if self._calm or not (route.failures or route.until is not None):
            return
        with self._lock:
            route.failures, route.until, route.probing = 0, None, False
            self._calm = not any(r.failures or r.until is not None for r in self.all)

    def given_up(self, route: Route) -> None:
        """Nobody knows: the request was interrupted."""
        route.probing = False


class Via:
    """Who has given an answer, and what the request's signature took for that clock's offset."""

    __slots__ = ("_learn", "offset", "origin")

    def __init__(
        self, origin: str, offset: float, learn: Callable[[Reply, str | None, float], bool]
    ) -> None:
        self.origin = origin
        self.offset = offset
        self._learn = learn

    def learn_skew(self, reply: Reply, code: str | None) -> bool:
        """Whether the clock of the endpoint is known better now, and another attempt worth it."""
        return self._learn(reply, code, self.offset)


def question() -> Request:
    """What an endpoint is asked to see whether it answers; whatever it says will do."""
    return Request("GET", "/", signed=False, retry=False, max_body=MAX_DOCUMENT)


def learn_skew(reply: Reply, code: str | None, _: float) -> bool:
    """As `Signing.learn_skew`, of the endpoint that has answered."""
    via: Any = reply.via
    return via is not None and bool(via.learn_skew(reply, code))


class Roaming:
    """One call's way from endpoint to endpoint.

    Args:
        routes: the endpoints.
        now: the monotonic clock.
        ways: for each endpoint what sends, of which `signing` is asked here.
        deadline: the end of the call.
    """

    __slots__ = ("_failed", "_has_failed", "_now", "_routes", "_ways", "deadline")

    def __init__(
        self,
        routes: Routes,
        now: Callable[[], float],
        ways: tuple[Any, ...],
        deadline: float | None,
    ) -> None:
        self._routes = routes
        self._now = now
        self._ways = ways
        self._failed: list[Route] = []
        self._has_failed = False
        self.deadline = deadline

    def choose(self) -> tuple[Route, bool]:
        """The endpoint of the next attempt, and whether it has to be tried first."""
        self._has_failed = False
        failed = self._failed
        if len(failed) >= len(self._routes.all):
            del failed[:-1]
        return self._routes.choose(self._now(), failed)

    def end_of_trial(self, seconds: float) -> float:
        """When trying an endpoint ends, which may take so long and no longer than the call."""
        end = self._now() + seconds
        return end if self.deadline is None else min(end, self.deadline)

    def tried(self, route: Route, outcome: Reply | BaseException) -> bool:
        """Whether an endpoint that was tried answers, and may have the real request."""
        if isinstance(outcome, Reply) and outcome.status not in _OF_THE_ENDPOINT:
            self._routes.answered(route)
            return True
        if isinstance(outcome, (Reply, MinIOConnectionError)):
            self._routes.failed(route, self._now(), at_once=True)
        else:
            self._routes.given_up(route)
        return False

    def elsewhere(self) -> bool:
        """Whether the endpoint has failed, and another may do, so that there is nothing to wait for."""
        return self._has_failed and self._routes.is_elsewhere(self._now(), self._failed)

    def answered(self, route: Route, reply: Reply, offset: float) -> Reply:
        """The reply, which may be a failure of the endpoint, with who has given it."""
        if reply.via is None:  # else it is another endpoint's, to a second request
            signing = self._ways[route.index].signing
            reply.via = Via(route.origin, offset, signing.learn_skew)
            if reply.status in _OF_THE_ENDPOINT:
                self._fails(route, at_once=False)
            else:
                self._routes.answered(route)
        return reply

    def raised(self, route: Route, error: BaseException) -> None:
        """Note that there is no reply."""
        if not isinstance(error, MinIOConnectionError):
            return
        timed_out = isinstance(error, MinIOTimeoutError)
        ended = self.deadline is not None and self._now() >= self.deadline
        # With a short deadline many calls are late through no fault of the endpoint's.
        self._fails(route, at_once=error.permanent or error.unreached or (timed_out and not ended))
        error.endpoint = error.endpoint or route.origin
        if error.permanent and self.elsewhere():
            error.permanent = False

    def _fails(self, route: Route, *, at_once: bool) -> None:
        self._routes.failed(route, self._now(), at_once=at_once)
        self._has_failed = True
        if route in self._failed:
            self._failed.remove(route)
        self._failed.append(route)


def is_good(outcome: object) -> bool:
    """Whether it is an answer, and not one that may be another the next time."""
    return (
        isinstance(outcome, Reply)
        and outcome.status not in _OF_THE_ENDPOINT
        and outcome.status not in (408, 429)
    )


def kind_of(request: Request) -> str | None:
    """The kind of read that a request is, if it may be asked a second time beside the first; else None."""
    if not request.retry or request.body:
        return None
    if request.method == "HEAD":
        return "HEAD"
    if request.method != "GET" or request.path.startswith("/minio/"):
        return None
    query = request.query
    if not query or query.startswith(("partNumber=", "versionId=")):
        return "GET"
    if "list-type=2" in query:
        return "LIST"
    return "VERSIONS" if query.endswith("versions=") or "&versions=" in query else None
