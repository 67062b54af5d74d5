"""One request and its answer on a connection that is open already, in one send and mostly one read.

Why it is here: for an answer of 1 KiB, four fifths of the time of the usual way go into making and
parsing headers over several layers, which for nearly every answer of an S3 server comes to splitting
twelve lines. So this file understands the plainest answers only: HTTP/1.1, a head that came whole, one
Content-Length, a body of moderate size. Anything else is handed, with the bytes that were read, to the
parser of `http.client` and to urllib3's response, whose word it is; `tests/transport/test_framing.py`
holds that both read the same, and what both refuse.

It is used where nobody could tell the difference: not while `Session.send`, `HTTPAdapter.send` or what
is below them is instrumented or mocked, nor with hooks, proxies, or urllib3's debug messages on.
"""

from __future__ import annotations

import http.client
import io
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import requests
import requests.adapters
import requests.sessions
import urllib3
import urllib3.connectionpool
import urllib3.exceptions

from minio_sdk.transport.bodies import BodyFailed
from minio_sdk.transport.connections import READ, WholeHead
from minio_sdk.transport.observing import written
from minio_sdk.transport.pace import Pace, Paced
from minio_sdk.transport.stopping import on_connection
from minio_sdk.wire.heads import Head, closes, plain
from minio_sdk.wire.message import Reply, Room

SMALL = 256 * 1024
"""Bytes of an answer's body up to which it is read here."""

GULP = 64 * 1024  # an answer of a small object comes in one read of this
_JOINED = 64 * 1024  # a body up to this goes out in one piece with its head

# What instrumentation and mocks replace, and the modules that wrote what they replace.
_REPLACED: tuple[tuple[type, str, ModuleType], ...] = (
    (requests.Session, "send", requests.sessions),
    (requests.adapters.HTTPAdapter, "send", requests.adapters),
    (urllib3.HTTPConnectionPool, "urlopen", urllib3.connectionpool),
    (http.client.HTTPConnection, "putrequest", http.client),
    (http.client.HTTPConnection, "getresponse", http.client),
)


_WRITTEN = [written(*place) for place in _REPLACED]
_ALL_THERE = None not in _WRITTEN  # else this is another version's, or was wrapped before we came
_urllib3_log = logging.getLogger("urllib3.connectionpool")


def unobserved() -> bool:
    """Whether nothing looks at, or stands in for, what the usual way would call."""
    send, adapter_send, urlopen, putrequest, getresponse = _WRITTEN
    return (
        _ALL_THERE
        and requests.Session.send is send
        and requests.adapters.HTTPAdapter.send is adapter_send
        and urllib3.HTTPConnectionPool.urlopen is urlopen
        and http.client.HTTPConnection.putrequest is putrequest
        and http.client.HTTPConnection.getresponse is getresponse
        and not http.client.HTTPConnection.debuglevel
        and not _urllib3_log.isEnabledFor(logging.DEBUG)
    )


def exchange(
    pool: Any,
    connection: Any,
    method: str,
    head: bytes,
    body: Any,
    most: int,
    timeout: Callable[[], float],
    room: Room | None = None,
    late: Callable[[Any, float], Reply | None] | None = None,
    pace: Pace | None = None,
) -> Reply | urllib3.HTTPResponse:
    """Send, and read the answer.

    Args:
        pool: where `connection` was taken from, and goes back to.
        connection: urllib3's, open.
        method: the method of `head`.
        head: the request's head, up to its empty line.
        body: what follows it, bytes-like.
        most: bytes of a body that are read here.
        timeout: seconds to wait from now on for each block that is sent or read; may raise.
        room: where the part that was asked for may be put, if it has exactly this size.
        late: waits for the answer to begin, and may have another one by then.
        pace: how fast bodies have to be.

    Returns:
        The reply; or urllib3's response with its body unread, when that is better at it. Then the
        connection goes back when the body has been read.

    Raises:
        OSError, urllib3.exceptions.HTTPError, http.client.HTTPException: as the usual way's.
    """
    sock = connection.sock if pace is None else Paced(connection.sock, pace)
    try:
        on_connection(connection)  # which raises where this is no longer wanted
        _wait_at_most(sock, timeout())
        failed = None
        try:
            if not body:
                sock.sendall(head)
            elif len(body) <= _JOINED and isinstance(body, bytes):
                sock.sendall(head + body)
            else:
                _send(sock, head, memoryview(body).cast("B"), timeout)
        except (BrokenPipeError, ConnectionResetError) as error:
            failed = error  # the server may have answered, and closed, before it had all
        _wait_at_most(sock, timeout())
        if late is not None:
            other = late(connection, timeout())
            if other is not None:
                connection.close()
                pool.give_back(connection)
                return other
        data = _receive(sock, failed)
        found = plain(data, method)
        if found is None:
            return usual(pool, connection, method, data, timeout, sock)
        status, headers, length, start = found
        content = data[start:]
        simple = failed is None and room is None and "connection" not in headers
        if not (simple and len(content) == length <= most):
            fits = room is not None and _fits(found, room, len(data))
            if length > most and not fits:
                return usual(pool, connection, method, data, timeout, sock)
            if room is not None and fits:
                _fill(sock, room, content, timeout)
                content = cast("bytes", room.body)
            elif len(content) < length:
                content = _rest(sock, content, length, timeout)
            if failed is not None or len(content) != length or closes(headers):
                # Bytes behind the body belong to no request; half of ours may be on its way still.
                connection.close()
                if len(content) > length:  # never a room, which may have nothing but a length
                    content = content[:length]
    except BaseException:  # an interrupt as well: what comes next on it would be this answer
        connection.close()
        pool.give_back(connection)
        raise
    pool.give_back(connection)
    return Reply(status, headers, content)


def _send(sock: Any, head: bytes, body: memoryview, timeout: Callable[[], float]) -> None:
    size = len(body)
    if size <= _JOINED:
        sock.sendall(head + body)
        return
    sock.sendall(head)
    for start in range(0, size, READ):
        _wait_at_most(sock, timeout())
        sock.sendall(body[start : start + READ])


def _wait_at_most(sock: Any, seconds: float) -> None:
    if sock.gettimeout() != seconds:
        sock.settimeout(seconds)


def _receive(sock: Any, failed: OSError | None = None) -> bytes:
    try:
        data: bytes = sock.recv(GULP)
    except ConnectionError as error:
        raise failed or error from None
    if not data:
        raise failed or http.client.RemoteDisconnected(
            "Remote end closed connection without response"
        )
    return data


def _rest(sock: Any, begun: bytes, length: int, timeout: Callable[[], float]) -> bytes:
    """The whole body."""
    parts = [begun]
    left = length - len(begun)
    while left > 0:
        _wait_at_most(sock, timeout())
        block = sock.recv(min(left, GULP))
        if not block:
            raise _broken_off(left)
        parts.append(block)
        left -= len(block)
    return b"".join(parts)


def _broken_off(missing: int) -> urllib3.exceptions.ProtocolError:
    """What urllib3 says of a body that ends too early."""
    broken = http.client.IncompleteRead(b"", missing)
    return urllib3.exceptions.ProtocolError(f"Connection broken: {broken!r}", broken)


def _fits(found: Head, room: Room, have: int) -> bool:
    status, _, length, start = found
    return status == 206 and have - start <= length and room.takes(length)


def _fill(sock: Any, room: Room, begun: bytes, timeout: Callable[[], float]) -> None:
    """The whole body, without a copy of what hasn't come yet."""
    at = put_into(room, 0, begun)
    while at < room.size:
        _wait_at_most(sock, timeout())
        count = sock.recv_into(room.space(at)[:READ])
        if not count:
            raise _broken_off(room.size - at)
        keep_in(room, at, count)
        at += count


def put_into(room: Room, at: int, data: bytes) -> int:
    """Put what has come into a room; where it ends."""
    left = memoryview(data)
    while left:
        space = room.space(at)[: len(left)]
        count = len(space)
        space[:] = left[:count]
        keep_in(room, at, count)
        at, left = at + count, left[count:]
    return at


def keep_in(room: Room, at: int, count: int) -> None:
    """Tell a room of what is in it now."""
    try:
        room.filled(at, count)
    except OSError as error:  # such as a full disk, and none of the connection's
        raise BodyFailed(error) from error


class _Resumed(io.RawIOBase):
    """A socket from which `data` was read already, as far as `http.client` needs one."""

    def __init__(self, data: bytes, sock: Any, timeout: Callable[[], float]) -> None:
        self._data = memoryview(data)
        self._sock = sock
        self._timeout = timeout
        self.ended = False  # from here on it gives nothing that it doesn't have already
        self.unread = False

    def makefile(self, mode: str) -> io.BufferedReader:
        return _Reader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._data:
            size = min(len(buffer), len(self._data))
            buffer[:size] = self._data[:size]
            self._data = self._data[size:]
            return size
        if self.ended:
            return 0
        _wait_at_most(self._sock, self._timeout())
        count: int = self._sock.recv_into(buffer)
        return count


class _Reader(io.BufferedReader):
    """What `http.client` reads from, and closes at the end of the body."""

    def __init__(self, resumed: _Resumed) -> None:
        super().__init__(resumed)
        self._resumed = resumed

    def close(self) -> None:
        if not self.closed:
            self._resumed.ended = True
            self._resumed.unread = bool(self.read(1))
        super().close()


class _Pool:
    """Where urllib3 gives the connection back when a body has been read."""

    def __init__(self, pool: Any, answer: http.client.HTTPResponse, resumed: _Resumed) -> None:
        self._pool = pool
        self._answer = answer
        self._resumed = resumed

    def _put_conn(self, connection: Any) -> None:
        if self._answer.will_close or self._resumed.unread:
            connection.close()
        self._pool.give_back(connection)


def usual(
    pool: Any,
    connection: Any,
    method: str,
    data: bytes,
    timeout: Callable[[], float],
    sock: Any = None,
) -> urllib3.HTTPResponse:
    """The answer as `http.client` and urllib3 read it, beginning with the bytes that are here."""
    resumed: Any = _Resumed(data, sock or connection.sock, timeout)
    answer = WholeHead(resumed, method=method)
    answer.begin()
    release: Any = _Pool(pool, answer, resumed)
    return urllib3.HTTPResponse(
        body=answer,
        headers=urllib3.HTTPHeaderDict(answer.msg.items()),
        status=answer.status,
        version=answer.version,
        reason=answer.reason,
        preload_content=False,
        decode_content=False,
        original_response=answer,
        enforce_content_length=True,
        request_method=method,
        pool=release,
        connection=connection,
    )
