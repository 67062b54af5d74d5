"""The connections of one event loop to one server and its buckets' hosts: how many, who is next, how long
they are kept.

Rule of this file: whoever sends has a place, of which there are `Config.pool_size`; places are had in the
order in which they were asked for. A connection is opened only when none to that host is idle, and one
to another host closed for it where that would be one too many: there are never more of them than places.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import Any

import aiohappyeyeballs

from minio_sdk.transport.direct_async import Line
from minio_sdk.transport.tasks import within
from minio_sdk.wire.url import Endpoint

KEPT = 15.0
"""Seconds that a connection is kept while nobody uses it, as aiohttp keeps them."""

_ADDRESSES_KEPT = 60.0
_NAMES_KEPT = 256
_NEXT_ADDRESS = 0.25  # seconds until the server's next address is tried beside the first
_FAREWELL = 5.0


class _Name:
    """A host's name, and the addresses that it stands for."""

    __slots__ = ("addresses", "resolving", "until")

    def __init__(self) -> None:
        self.addresses: list[Any] = []
        self.until = 0.0
        self.resolving = asyncio.Lock()


class Lines:
    """Open connections, and places for those who use them.

    Args:
        endpoint: the server.
        limit: the most connections.
        tls: the TLS context; None for plain HTTP.

    Attributes:
        closed: whether nothing more is to begin here.
        at_work: how many have a place.
    """

    def __init__(self, endpoint: Endpoint, limit: int, tls: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._endpoint = endpoint
        self._limit = limit
        self._tls = tls
        self.closed = False
        self.at_work = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: list[Line] = []  # the last used at the end
        self._all: set[Line] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._names: dict[str, _Name] = {}
        self._over: asyncio.Future[None] | None = None

    # --- places ----------------------------------------------------------------------------------

    @property
    def has_room(self) -> bool:
        """Whether there is a place."""
        return self.at_work < self._limit

    def enter(self) -> bool:
        """Take a place; False when there is none."""
        if self.at_work >= self._limit:
            return False
        self.at_work += 1
        return True

    async def wait(self) -> None:
        """Take a place when it is one's turn."""
        turn = self._loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.leave()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    def leave(self) -> None:
        """Give the place to the next who waits for one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.at_work -= 1

    # --- connections, for those who have a place -------------------------------------------------

    def take(self, place: Endpoint | None = None) -> Line | None:
        """An idle connection; None when there is none.

        Args:
            place: the host of a bucket; None for the server itself.
        """
        idle = self._idle
        host = (place or self._endpoint).host
        while idle:
            line = idle.pop() if idle[-1].host == host else self._elsewhere(host)
            if line is None:
                return None
            if not line.closed:
                if line.since + KEPT > self._loop.time() and line.is_silent:
                    return line
                line.close()
        return None

    def _elsewhere(self, host: str) -> Line | None:
        for at in range(len(self._idle) - 1, -1, -1):
            if self._idle[at].host == host:
                return self._idle.pop(at)
        return None

    def put(self, line: Line) -> None:
        """Take it back."""
        if line.closed or self.closed:
            line.close()
            return
        line.since = now = self._loop.time()
        self._idle.append(line)
        if self._sweeping is None:
            self._sweeping = self._loop.call_at(now + KEPT, self._sweep)

    def make_room(self) -> None:
        """Close a connection where one more of somebody else's would be too many."""
        while self._idle and self.at_work + len(self._idle) > self._limit:
            self._idle.pop(0).close()

    async def open(self, seconds: float, place: Endpoint | None = None) -> Line:
        """A new connection.

        Args:
            seconds: how long connecting may take, once the server's address is known.
            place: the host of a bucket; None for the server itself.

        Raises:
            OSError, asyncio.TimeoutError: there is none to be had.
        """
        place = place or self._endpoint
        name = self._name(place.host)
        found = await self._resolve(name, place)
        self.make_room()
        line = Line(self._loop, self._gone, place.host)
        self._all.add(line)
        try:
            await within(seconds, self._connect(line, found, place))
            if self.closed:
                raise ConnectionError("server disconnected")
        except BaseException:
            name.until = 0.0
            line.close()
            if line.transport is None:
                self._gone(line)
            else:  # uvloop doesn't tell the end of what was cancelled while it began; asyncio does now
                self._loop.call_soon(self._gone, line)
            raise
        return line

    def _name(self, host: str) -> _Name:
        found = self._names.get(host)
        if found is None:
            if len(self._names) >= _NAMES_KEPT:
                self._names.pop(next(iter(self._names)))
            found = self._names[host] = _Name()
        return found

    async def _resolve(self, name: _Name, place: Endpoint) -> list[Any]:
        async with name.resolving:
            if self._loop.time() >= name.until:
                name.addresses = _literal(place) or await self._loop.getaddrinfo(
                    place.host, place.port, type=socket.SOCK_STREAM
                )
                name.until = self._loop.time() + _ADDRESSES_KEPT
            return name.addresses

    async def _connect(self, line: Line, addresses: list[Any], place: Endpoint) -> None:
        sock = await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=_NEXT_ADDRESS, interleave=1, loop=self._loop
        )
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            name = place.host.rstrip(".") if self._tls is not None else None
            await self._loop.create_connection(
                lambda: line, sock=sock, ssl=self._tls, server_hostname=name
            )
        except BaseException:
            sock.close()
            raise

    # --- ends ------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Close what nobody has used for long."""
        self._sweeping = None
        now = self._loop.time()
        idle = self._idle = [line for line in self._idle if not line.closed]
        while idle and idle[0].since + KEPT <= now:
            idle.pop(0).close()
        if idle:
            self._sweeping = self._loop.call_at(idle[0].since + KEPT, self._sweep)

    def _gone(self, line: Line) -> None:
        self._all.discard(line)
        if self._over is not None and not self._all and not self._over.done():
            self._over.set_result(None)

    async def close(self) -> None:
        """Close all of them; who waits for an answer, or for a place, has to go elsewhere."""
        self.closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._idle.clear()
        for line in list(self._all):
            line.close()
            if line.transport is None:  # whoever opens it, ends it
                self._all.discard(line)
        if self._all:
            # The loop does it in its next rounds, and would warn of what is open when it ends.
            self._over = self._loop.create_future()
            await asyncio.wait([self._over], timeout=_FAREWELL)


def _literal(place: Endpoint) -> list[Any]:
    """The address that the host's name is already; empty for a name that has to be looked up."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        socket.inet_pton(family, place.host)
    except OSError:
        return []
    where = (place.host, place.port, 0, 0) if ":" in place.host else (place.host, place.port)
    return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where)]
