"""Requests and their answers on one open connection of an event loop, without an HTTP library in between.

Why it is here: aiohttp makes a request, a response, a timer, a stream reader and two multi-dicts for each
call, which for a small object is most of what a call costs. So this file understands the plainest
answers only (`minio_sdk.wire.heads.plain`), with bodies of any size. Anything else is handed, with the
bytes that came, to aiohttp's own parser (`minio_sdk.transport.odd`), on the same connection: nothing is
sent twice because its answer was odd.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import aiohttp
import aiohttp.client
import aiohttp.client_reqrep
import aiohttp.connector
from aiohttp.http_exceptions import HttpProcessingError

from minio_sdk.errors import MinIOTimeoutError
from minio_sdk.transport.bodies import MAX_ERROR, TRUSTED, too_large
from minio_sdk.transport.observing import written
from minio_sdk.transport.odd import BLOCK, Odd, read_body
from minio_sdk.transport.pace import Meter, Pace
from minio_sdk.transport.watching import watch
from minio_sdk.wire.heads import behind_announcements, closes, plain
from minio_sdk.wire.message import Reply, Request, Room

_LOST = "server disconnected"

# What instrumentation and mocks replace, and the modules that wrote what they replace.
_REPLACED: tuple[tuple[type, str, ModuleType], ...] = (
    (aiohttp.ClientSession, "__init__", aiohttp.client),
    (aiohttp.ClientSession, "_request", aiohttp.client),
    (aiohttp.BaseConnector, "connect", aiohttp.connector),
    (aiohttp.TCPConnector, "_resolve_host", aiohttp.connector),
    (aiohttp.ClientRequest, "send", aiohttp.client_reqrep),
)
_WRITTEN = [written(*place) for place in _REPLACED]
_ALL_THERE = None not in _WRITTEN  # else this is another version's, or was wrapped before we came


def unobserved() -> bool:
    """Whether nothing looks at, or stands in for, what the usual way would call."""
    init, request, connect, resolve, send = _WRITTEN
    session = aiohttp.ClientSession
    return (
        _ALL_THERE
        and session.__init__ is init
        and session._request is request
        and aiohttp.BaseConnector.connect is connect
        and vars(aiohttp.TCPConnector).get("_resolve_host") is resolve
        and aiohttp.ClientRequest.send is send
    )


class Line(asyncio.Protocol):
    """One connection to the server: a request, its answer, the next request.

    Args:
        loop: the loop that it belongs to.
        gone: told when nothing is left of it.
        host: where it leads to.

    Attributes:
        transport: what sends; None until it is connected.
        closed: whether it is good for nothing more.
        since: when it was last given back, by the loop's clock.
    """

    __slots__ = (
        "_answer",
        "_at",
        "_due",
        "_file",
        "_gone",
        "_handed",
        "_keep",
        "_left",
        "_loop",
        "_meter",
        "_paused",
        "_reply",
        "_request",
        "_rings",
        "_room",
        "_seconds",
        "_timer",
        "_unsent",
        "_wake",
        "_watch",
        "closed",
        "host",
        "since",
        "transport",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, gone: Callable[[Line], object], host: str = ""
    ) -> None:
        self._loop = loop
        self.host = host
        self._gone = gone
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self.since = 0.0
        # The answer that is waited for, and to what.
        self._answer: asyncio.Future[Reply | Odd] | None = None
        self._request: Request | None = None
        # What is there of it: the reply without its body, and the body that is still coming.
        self._reply: Reply | None = None
        self._left = 0
        self._keep = False
        self._room: Room | None = None
        self._at = 0
        self._file: io.BytesIO | None = None
        # What is on its way out.
        self._unsent = False
        self._paused = False
        self._wake: asyncio.Future[None] | None = None
        # One timer for many answers: it looks whether the time is really over, and else waits on.
        self._seconds = 0.0
        self._due = 0.0
        self._rings = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._watch: Callable[[float], Any] | None = None
        # How fast the body is, where that matters.
        self._meter: Meter | None = None
        self._handed = 0

    @property
    def is_silent(self) -> bool:
        """Whether nothing came since the last answer, nor its end, that the loop has not told of yet."""
        return self._watch is None or not self._watch(0)

    def ask(
        self, data: bytes, request: Request, seconds: float, pace: Pace | None = None
    ) -> asyncio.Future[Reply | Odd]:
        """Send; what `answer` is to be given. It never raises, since `data` holds the signature.

        Args:
            data: the head, and a small body.
            request: what they were made from.
            seconds: the longest time for each block that is sent or comes.
            pace: how fast a body has to be.
        """
        self._answer = answer = self._loop.create_future()
        transport = self.transport
        if transport is None or self.closed:
            self._fail(ConnectionError(_LOST))
            return answer
        now = self._loop.time()
        self._request = request
        self._seconds = seconds
        self._meter = None if pace is None else Meter(pace)
        self._due = now + seconds
        if self._timer is None or self._due < self._rings:
            self._set_timer(now)
        transport.write(data)
        return answer

    async def answer(
        self, asked: asyncio.Future[Reply | Odd], request: Request, body: Any = None
    ) -> Reply:
        """The answer to what was asked; a failure or a cancellation closes the connection.

        Args:
            asked: what `ask` has returned.
            request: what was asked.
            body: what is still to be sent, bytes-like.

        Raises:
            OSError, aiohttp.ClientError, asyncio.TimeoutError: there is no whole answer.
            ServerError: it is larger than it can be.
        """
        try:
            if body is not None:
                await self._send(body, asked)
            found = await asked
            return found if isinstance(found, Reply) else await self._read(found, request)
        except BaseException:  # what comes on it next would be this answer
            asked.cancel()
            self.close()
            if not asked.cancelled():
                asked.exception()  # else the loop would tell of one that nobody has asked for
            raise

    async def _send(self, body: Any, asked: asyncio.Future[Reply | Odd]) -> None:
        """Send in blocks, each when the one before has left; an answer ends it."""
        transport = self.transport
        assert transport is not None  # it has sent the head
        self._unsent = True
        view = memoryview(body).cast("B")
        for start in range(0, len(view), BLOCK):
            if asked.done():
                return
            transport.write(view[start : start + BLOCK])
            self._handed += min(BLOCK, len(view) - start)
            if self._meter is not None and not start:
                self._meter.restart()
                self._set_timer(self._loop.time())
            while self._paused and not asked.done():
                self._wake = self._loop.create_future()
                await self._wake
            self._due = self._loop.time() + self._seconds
        self._unsent = False
        self._handed = 0

    def _go_on(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def close(self) -> None:
        """Close it; who waits for an answer gets none."""
        self._fail(ConnectionError(_LOST))

    def _shut(self) -> None:
        if not self.closed:
            self.closed = True
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self.transport is not None:
                # Not `close`: that would wait until the server takes what is buffered, or a farewell.
                self.transport.abort()

    # --- time ------------------------------------------------------------------------------------

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = self._due
        if self._meter is not None and (self._handed or self._reply is not None):
            self._rings = min(self._due, now + self._meter.left + 0.001)
        self._timer = self._loop.call_later(self._rings - now, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._answer is None:
            return
        now = self._loop.time()
        if self._is_too_slow():
            return
        if now < self._due:
            self._set_timer(now)
        else:
            self._fail(asyncio.TimeoutError())

    def _is_too_slow(self, came: int = 0) -> bool:
        """Whether the body is, which ends it."""
        meter, transport = self._meter, self.transport
        if meter is None or transport is None or not (self._handed or self._reply is not None):
            return False
        if self._reply is None:
            left = self._handed - transport.get_write_buffer_size()
            came, self._handed = left, self._handed - left
        try:
            meter.add(came)
        except MinIOTimeoutError as error:
            self._fail(error)
            return True
        return False

    # --- what the loop tells ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection, which may not be wanted any more."""
        self.transport = cast("asyncio.Transport", transport)
        if self.closed:
            self.transport.abort()
            return
        sock = transport.get_extra_info("socket")
        self._watch = None if sock is None else watch(sock)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        request = self._request
        if request is None:  # they belong to no request
            self.close()
            return
        if self._reply is not None:
            self._due = self._loop.time() + self._seconds
            if not self._is_too_slow(len(data)):
                self._add(data)
            return
        if self._unsent:  # an announcement is no answer yet, so the body goes on
            data = behind_announcements(data)
            if not data:
                return
        found = plain(data, request.method)
        # aiohttp reads more than ASCII in a head as UTF-8, `plain` as Latin-1.
        if found is None or not data[: found[3]].isascii():
            self._hand_over(data, request)
            return
        status, headers, length, start = found
        most = request.max_body if status < 400 else MAX_ERROR
        self._keep = not closes(headers)
        if most is not None and length > most:
            if status < 400:
                self._fail(too_large(most, length))
                return
            length = most
            self._keep = False
        have = len(data) - start
        if have < length:
            self._begin(Reply(status, headers), length, request.room)
            self._due = self._loop.time() + self._seconds
            if have:
                self._add(memoryview(data)[start:])
            return
        if have > length:
            self._keep = False
            data = data[: start + length]
        self._finish(Reply(status, headers, data[start:]))

    def pause_writing(self) -> None:
        """Enough is on its way."""
        self._paused = True

    def resume_writing(self) -> None:
        """Most of it has left."""
        self._paused = False
        self._go_on()

    def eof_received(self) -> None:
        """The server sends nothing more."""
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._fail(exc or ConnectionError(_LOST))
        self._gone(self)

    # --- the answer ------------------------------------------------------------------------------

    def _begin(self, reply: Reply, length: int, room: Room | None) -> None:
        self._reply = reply
        self._left = length
        self._at = 0
        fits = room is not None and not room.waits and reply.status == 206
        if fits and room is not None and room.takes(length):
            self._room = room
        else:
            self._file = io.BytesIO(bytes(length if length <= TRUSTED else 0))
        if self._meter is not None:
            self._meter.restart()
            self._set_timer(self._loop.time())

    def _add(self, data: bytes | memoryview) -> None:
        count = len(data)
        if count > self._left:  # bytes behind the body belong to no request
            self._keep = False
            count = self._left
            data = data[:count]
        self._left -= count
        if self._file is not None:
            self._file.write(data)
        else:
            assert self._room is not None
            self._room.space(self._at)[:count] = data
            self._room.filled(self._at, count)
            self._at += count
        if not self._left:
            reply = self._reply
            assert reply is not None
            room = self._room
            reply.body = room.body if room is not None else cast("Any", self._file).getvalue()
            self._finish(reply)

    def _finish(self, found: Reply | Odd) -> None:
        answer = self._answer
        self._forget()
        transport = self.transport
        # Half of the request may be on its way still.
        self._unsent = self._unsent or bool(transport and transport.get_write_buffer_size())
        if isinstance(found, Reply) and (self._unsent or not self._keep):
            self._shut()
        if answer is not None and not answer.done():
            answer.set_result(found)
        self._go_on()

    def _fail(self, error: Exception) -> None:
        answer = self._answer
        self._forget()
        self._shut()
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self._go_on()

    def _forget(self) -> None:
        self._answer = self._request = self._reply = self._room = self._file = None

    # --- an answer that isn't plain --------------------------------------------------------------

    def _hand_over(self, data: bytes, request: Request) -> None:
        transport = self.transport
        assert transport is not None
        odd = Odd(self._loop, self, data)
        odd.connection_made(transport)
        if self._paused:
            odd.pause_writing()
        odd.set_response_params(
            skip_payload=request.method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=self._seconds,
            read_bufsize=BLOCK,
        )
        transport.set_protocol(odd)
        self._finish(odd)
        odd.data_received(data)

    async def _read(self, odd: Odd, request: Request) -> Reply:
        """The answer as aiohttp reads it."""
        try:
            message, content = await odd.read()
            while 100 <= message.code < 200 and message.code != 101:
                message, content = await odd.read()
            odd.expect(content)
            headers = {name.lower(): value for name, value in message.headers.items()}
            told = headers.get("content-length", "")
            length = int(told) if told.isascii() and told.isdigit() else None
            status, method = message.code, request.method
            body, whole = await read_body(
                status, method, length, content, request.max_body, self._meter
            )
        except HttpProcessingError as error:
            raise aiohttp.ClientError(error.message) from error
        transport = self.transport
        assert transport is not None  # it has sent the request
        ended = whole and odd.is_over(message, method) and transport.is_reading()
        if ended and not self._unsent and not self.closed:
            transport.set_protocol(self)
        else:
            self.close()
        return Reply(status, headers, body)
