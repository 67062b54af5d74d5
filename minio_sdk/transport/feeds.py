"""Answers that a thread reads while they come, each over a connection of its own.

They go through `requests`, in the way on which anybody may look. Whoever waits, for a server or in a pause,
is ended by `close` from any thread, as the work of a `Team` is.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import requests
import urllib3

from minio_sdk.clock import SYSTEM_CLOCK
from minio_sdk.errors import MinIOError
from minio_sdk.forks import leave_to_parent
from minio_sdk.reasons import explain, root
from minio_sdk.retry import deadline_over
from minio_sdk.transport.attempts import Call, Prepared, close_raw, headers_of
from minio_sdk.transport.bodies import over
from minio_sdk.transport.connections import READ, Connections, timeouts
from minio_sdk.transport.proxies import check_unchanged_by
from minio_sdk.transport.stopping import Stopped, Team, Worker, working_as
from minio_sdk.wire.message import Reply, Request

if TYPE_CHECKING:
    from minio_sdk.transport.http_requests import RequestsTransport

_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
)


class _Reader(Worker):
    """Remembers the socket itself: urllib3 takes it from a connection that ends with its answer."""

    sock: Any = None

    def take(self, connection: Any) -> None:
        if connection is not None:
            self.sock = connection.sock
        super().take(connection)

    def cut(self) -> None:
        sock = self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # it is closed already
                pass


class _Opening(Call):
    """The attempts to get a head, of which the last one leaves the body unread."""

    __slots__ = ("_silence", "raw")

    def __init__(self, adapter: Any, prepared: Prepared, silence: float) -> None:
        super().__init__(adapter, prepared, stream=True, timeout=None)
        self._silence = silence
        self.raw: Any = None

    def _timeouts(self) -> Any:
        connect, read = self._adapter.timeouts[0], self._silence
        if self.deadline is not None:
            left = self._left(self.deadline)
            connect, read = min(connect, left), min(read, left)
        return timeouts(connect, read)

    def _answer(self, response: requests.Response) -> Reply:
        if response.status_code >= 400:
            return super()._answer(response)
        self.raw = response.raw
        return Reply(response.status_code, headers_of(self.raw))


class ThreadFeed:
    """See `minio_sdk.protocols.Feed`."""

    def __init__(self, transport: RequestsTransport) -> None:
        self._transport = transport
        self._team = Team()
        self._reader = _Reader(self._team)
        self._team.join(self._reader)
        self._raw: Any = None
        self._place: Connections = (
            transport.connections
        )  # those to the endpoint that was asked last
        self._deadline: float | None = None
        self._busy = False
        transport.connections.keep(self)

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._team.stopped.is_set()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Whatever goes wrong meanwhile, nothing is left open; after `close` it is but the end."""
        self._busy = True
        try:
            if self.closed:
                raise over()
            with working_as(self._reader):
                yield
        except Stopped:
            self.drop()
            raise over() from None
        except MinIOError:
            self.drop()
            if self.closed:
                raise over() from None
            raise
        except BaseException:
            self.drop()
            raise
        finally:
            self._busy = False
            if self.closed:
                self.drop()

    async def open(self, request: Request, deadline: float | None, patience: float) -> Reply:
        """Ask, after retries; the head."""
        self.drop()
        self._deadline = deadline

        def attempt(way: RequestsTransport, number: int) -> Reply:
            self._place = place = way.connections
            check_unchanged_by(place.proxy, place.endpoint, request)
            prepared = Prepared(request, way.adapter.signing.url(request), deadline)
            opening = _Opening(way.adapter, prepared, patience)
            try:
                return opening.attempt(number)
            finally:
                self._raw = opening.raw

        with self._working():
            return self._transport.roam(attempt, request, deadline)

    async def read(self) -> bytes:
        """Some of what comes next; empty at the end."""
        with self._working():
            block = self._some()
        if not block:
            self.drop()
        return block

    def _some(self) -> bytes:
        raw, transport = self._raw, self._transport
        if raw is None:
            return b""
        if self._deadline is not None and self._deadline <= transport.clock.monotonic():
            raise deadline_over(transport.config.deadline)
        try:
            block: bytes = raw.read1(READ, decode_content=False)
            return block
        except _FAILURES as error:
            place = self._place
            timed_out = isinstance(error, urllib3.exceptions.TimeoutError)
            found = explain(error, place.endpoint, timed_out=timed_out, proxy=place.proxy)
            found.endpoint = place.endpoint.origin
            raise found from root(error)

    async def pause(self, failures: int, least: float) -> None:
        """Wait, unless it is closed."""
        transport = self._transport
        seconds = max(transport.policy.backoff(failures), least)
        if transport.clock is SYSTEM_CLOCK:
            self._team.stopped.wait(seconds)
        else:
            transport.clock.sleep(seconds)

    def drop(self) -> None:
        """Close the connection."""
        raw, self._raw = self._raw, None
        self._reader.sock = None
        if raw is not None:
            close_raw(raw)

    def close(self) -> None:
        """Close it for good."""
        if self.closed:
            return
        self._team.stop()
        self._team.end(failed=False)
        if (
            not self._busy
        ):  # else whoever is at it closes it, on finding that nothing comes any more
            self.drop()

    def forget(self) -> None:
        """In a forked child: leave the connection to the parent."""
        leave_to_parent(self._raw, self._reader)
        self._raw, self._team = None, Team()
        self._reader = _Reader(self._team)
        self._team.stopped.set()
