"""How one request is sent once, and read: over an open connection, or as `requests` does it.

Rule of this file: what goes wrong on a connection is explained here, so that the retry policy, and those
above it, see none of an HTTP library's exceptions.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from minio_sdk.errors import MinIOConnectionError, MinIOError
from minio_sdk.reasons import explain, root
from minio_sdk.retry import deadline_over
from minio_sdk.transport.bodies import MAX_ERROR, TRUSTED, BodyFailed, too_large
from minio_sdk.transport.connections import READ, LendingPool, timeouts
from minio_sdk.transport.direct import SMALL, exchange, put_into
from minio_sdk.transport.pace import Meter
from minio_sdk.transport.stopping import check_running, on_connection
from minio_sdk.wire.failure import unmasked
from minio_sdk.wire.heads import add_length
from minio_sdk.wire.message import Reply, Request, Room, StreamBody
from minio_sdk.wire.url import query_string, quote_path

if TYPE_CHECKING:
    from minio_sdk.transport.http_requests import TenantAdapter
    from minio_sdk.transport.racing import Race

_BLOCK = 4 * 1024 * 1024


class Prepared(requests.PreparedRequest):
    """A request prepared by hand, and what it was made from.

    Its `headers` hold what hooks and instrumentation add; each attempt puts its own beside them.
    """

    def __init__(self, request: Request, url: str, deadline: float | None) -> None:
        super().__init__()
        self.wire = request
        self.deadline = deadline
        self.reply: Reply | None = None
        self.method = request.method
        self.url = url
        self.headers = CaseInsensitiveDict()
        body = request.body
        self.body = None if isinstance(body, StreamBody) else cast("bytes", body) or None

    def copy(self) -> Prepared:
        """A copy for those who change requests in hooks."""
        twin = Prepared(self.wire, self.url or "", self.deadline)
        twin.headers = self.headers.copy()
        twin.hooks = self.hooks
        return twin


class _Attempts:
    """The attempts of one call, and what they have in common."""

    __slots__ = ("_adapter", "deadline", "wire")

    def __init__(self, adapter: TenantAdapter, wire: Request, deadline: float | None) -> None:
        self._adapter = adapter
        self.wire = wire
        self.deadline = deadline

    def _left(self, deadline: float) -> float:
        left = deadline - self._adapter.clock.monotonic()
        if left <= 0:
            raise deadline_over(self._adapter.config.deadline)
        return left

    def _patience(self) -> float | None:
        """How long an attempt waits for keys: only as long as the call may take."""
        return None if self.deadline is None else self._left(self.deadline)

    def _explained(self, error: Exception) -> MinIOConnectionError:
        timed_out = isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError))
        place = self._adapter.signing.place(self.wire)
        return explain(error, place, timed_out=timed_out, proxy=self._adapter.connections.proxy)

    def _read(self, raw: urllib3.BaseHTTPResponse) -> Reply:
        """The reply with its body, read within the attempt so that a drop is tried again."""
        timed = self.deadline is not None or self._adapter.pace is not None
        read = self._read_in_time(raw) if timed else raw.read
        try:
            room = self.wire.room
            if room is not None and raw.status == 206 and room.takes(raw.length_remaining):
                body = _read_into(room, read)
            else:
                body = _read_body(raw, self.wire.max_body, read)
        except BaseException:  # an interrupt as well: a half-read connection is good for nothing
            close_raw(raw)
            raise
        return Reply(raw.status, headers_of(raw), body)

    def _read_in_time(self, raw: Any) -> Callable[..., bytes]:
        """`raw.read` for a call with a deadline or a pace, which no single read would notice."""
        pace, deadline = self._adapter.pace, self.deadline
        meter = None if pace is None else Meter(pace)

        def read(amount: int | None = None, *, decode_content: bool) -> bytes:
            found = io.BytesIO()
            left = READ if amount is None else amount
            while left and (deadline is None or self._left(deadline)):
                block = raw.read1(min(left, READ), decode_content=decode_content)
                if not block:
                    break
                if meter is not None:
                    meter.add(len(block))
                found.write(block)
                left -= 0 if amount is None else len(block)
            return found.getvalue()

        return read


class Direct(_Attempts):
    """Attempts over a connection that is open already; where none is, the usual way opens one."""

    __slots__ = ("_usual",)
    late: Callable[[Any, float], Reply | None] | None = None
    """Asked once the request is sent: an answer to have in place of its own."""

    def __init__(self, adapter: TenantAdapter, wire: Request, deadline: float | None) -> None:
        self._adapter = adapter  # not by super().__init__, as one is made for each small request
        self.wire = wire
        self.deadline = deadline
        self._usual: Call | None = None

    def attempt(self, number: int) -> Reply:
        """Send once; the answer."""
        check_running()
        adapter = self._adapter
        pool = adapter.connections.pool(adapter.signing.place(self.wire))
        # Should another urllib3 make its pools in another way, then all goes the usual one.
        if isinstance(pool, LendingPool) and not isinstance(self.wire.body, StreamBody):
            connection = pool.take_open()
            if connection is not None:
                reply = self._exchange(pool, connection)
                return unmasked(reply) if self.wire.error_in_ok else reply
        if self._usual is None:
            prepared = Prepared(self.wire, adapter.signing.url(self.wire), self.deadline)
            self._usual = Call(adapter, prepared, stream=True, timeout=None)
        return self._usually(self._usual, number)

    def _usually(self, call: Call, number: int) -> Reply:
        return call.attempt(number)

    def _exchange(self, pool: LendingPool, connection: Any) -> Reply:
        wire = self.wire
        try:
            try:
                head = self._adapter.signing.head(wire, patience=self._patience())
            except BaseException:
                pool.give_back(connection)
                raise
            most = SMALL if wire.max_body is None else min(SMALL, wire.max_body)
            seconds = self._seconds
            found = exchange(
                pool,
                connection,
                wire.method,
                head,
                wire.body,
                most,
                seconds,
                wire.room,
                self.late,
                self._adapter.pace,
            )
            return found if isinstance(found, Reply) else self._read(found)
        except MinIOError:  # a timeout of ours is an OSError as well
            raise
        except BodyFailed as failed:
            raise failed.error from None
        except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            check_running()
            raise self._explained(error) from root(error)
        finally:
            on_connection(None)

    def _seconds(self) -> float:
        seconds = self._adapter.timeouts[1]
        return seconds if self.deadline is None else min(seconds, self._left(self.deadline))


class Raced(Direct):
    """An attempt that another request may overtake."""

    __slots__ = ("_race", "late")

    def __init__(
        self, adapter: TenantAdapter, wire: Request, deadline: float | None, race: Race
    ) -> None:
        super().__init__(adapter, wire, deadline)
        self._race = race
        self.late = race.late

    def _usually(self, call: Call, number: int) -> Reply:
        self.wire.room = None  # which could be written to when this is over
        return self._race.beside(lambda: call.attempt(number))


class Call(_Attempts):
    """Attempts through `HTTPAdapter.send`."""

    __slots__ = ("_extra", "_foreign", "_prepared", "_stream", "_timeout", "response")

    def __init__(
        self, adapter: TenantAdapter, request: requests.PreparedRequest, stream: bool, timeout: Any
    ) -> None:
        self._prepared = request
        self._stream = stream
        self._timeout = timeout
        self.response: requests.Response | None = None
        self._extra: dict[str, str] = {}
        if isinstance(request, Prepared):
            self._foreign = False
            if request.headers:
                self._extra = {name.lower(): value for name, value in request.headers.items()}
            super().__init__(adapter, request.wire, request.deadline)
        else:
            self._foreign = True
            super().__init__(adapter, _wire_of(adapter, request), None)

    def attempt(self, number: int) -> Reply:
        """Send once; the answer."""
        check_running()
        adapter = self._adapter
        if self.response is not None:  # of the attempt before
            self.response.close()
        # Each try is a request of its own, for those who look at them afterwards. The user's own stays
        # unsigned: `requests` makes its redirects, to anywhere, from it.
        prepared = self._prepared
        if self._foreign or number > 1:
            prepared = prepared.copy()
        wire = self.wire
        headers = adapter.signing.headers(wire, patience=self._patience())
        if self._foreign:
            for name in ("host", "user-agent", "accept-encoding"):
                headers.pop(name, None)
            prepared.headers.update(headers)
        else:
            add_length(headers, wire)
            if self._extra:
                headers = {**self._extra, **headers}
            prepared.headers = _lower_case(headers)
            if isinstance(wire.body, StreamBody):
                prepared.body = cast("Any", _Blocks(wire.body))
        try:
            response = adapter.send_once(prepared, self._stream, self._timeouts())
            self.response = response
            return self._answer(response)
        except MinIOError:  # a timeout of ours is an OSError as well
            raise
        except BodyFailed as failed:
            raise failed.error from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            check_running()
            raise self._explained(error) from (error if self._foreign else root(error))
        finally:
            on_connection(None)

    def _timeouts(self) -> Any:
        if self._foreign and self._timeout is not None:
            return self._timeout
        connect, read = self._adapter.timeouts
        if self.deadline is None:
            return connect, read
        left = self._left(self.deadline)
        return timeouts(min(connect, left), min(read, left))

    def _answer(self, response: requests.Response) -> Reply:
        if self._foreign:
            # A stream is the caller's to read; an error's body is needed to judge it.
            body = _read_error(response) if response.status_code >= 400 else b""
            return Reply(response.status_code, headers_of(response.raw), body)
        reply = self._read(response.raw)
        response._content = reply.body
        response._content_consumed = True  # type: ignore[attr-defined]
        # Where the session would look for cookies, which nothing here has a use for.
        response.raw._original_response = None
        return unmasked(reply) if self.wire.error_in_ok else reply


def target_of(request: requests.PreparedRequest) -> str:
    """Path and query as they are sent."""
    url = request.url or ""
    # Not urlsplit: what follows the origin goes out as it is, doubled slashes and dots included.
    start = url.find("/", url.find("://") + 3)
    return url[start:] if start >= 0 else "/"


def _lower_case(headers: dict[str, str]) -> CaseInsensitiveDict[str]:
    """Headers whose names are in lower case already, without the work of making them so again."""
    made: CaseInsensitiveDict[str] = object.__new__(CaseInsensitiveDict)
    made.__dict__["_store"] = {name: (name, value) for name, value in headers.items()}
    return made


def headers_of(raw: urllib3.BaseHTTPResponse) -> dict[str, str]:
    """The headers of an answer, names in lower case."""
    return {name.lower(): value for name, value in raw.headers.items()}


def close_raw(raw: urllib3.BaseHTTPResponse) -> None:
    """Close an answer with its connection, of which something may not be read yet."""
    raw.close()
    raw.release_conn()


def _read_into(room: Room, read: Callable[..., bytes]) -> bytes:
    at = 0
    while at < room.size:
        block = read(min(READ, room.size - at), decode_content=False)
        if not block:
            raise HTTPException(f"{room.size - at} bytes are missing")
        at = put_into(room, at, block)
        del block  # or two of them are in memory while the next is read
    return cast("bytes", room.body)


def _read_body(
    raw: urllib3.BaseHTTPResponse, most: int | None, read: Callable[..., bytes]
) -> bytes:
    # What is left to read: 0 after HEAD, whatever its Content-Length says; None when only the end tells.
    length: int | None = raw.length_remaining
    ok = raw.status < 400
    limit = most if ok else MAX_ERROR
    if limit is None:
        if length is not None and length <= TRUSTED:
            return read(decode_content=False)
        # The length, of a body or of a chunk, may be a lie: one read would ask for all its memory. What
        # comes is not kept in blocks, since joining them takes the memory for it twice.
        found = io.BytesIO()
        while block := read(_BLOCK, decode_content=False):
            found.write(block)
            del block  # or two of them are in memory while the next is read
        return found.getvalue()
    if ok and length is not None and length > limit:
        raise too_large(limit, length)
    data = read(limit + 1, decode_content=False)
    if len(data) > limit:
        if ok:
            raise too_large(limit)
        close_raw(raw)
        return data[:limit]
    if raw.closed or not data:
        return data
    return data + read(limit + 1 - len(data), decode_content=False)


def _read_error(response: requests.Response) -> bytes:
    """The body of an error for a user's own session, which finds it in the response; at most 1 MiB."""
    body: bytes = response.raw.read(READ, decode_content=True)
    if len(body) < READ and not response.raw.closed:
        body += response.raw.read(READ - len(body), decode_content=True)
    response._content = body
    response._content_consumed = True  # type: ignore[attr-defined]
    if len(body) == READ:
        response.raw.close()
    return body


class _Blocks:
    """A stream as an iterable that `requests` sends block by block."""

    __slots__ = ("_body",)

    def __init__(self, body: StreamBody) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        try:
            for block in self._body.blocks():
                yield bytes(block)
        except Exception as error:
            raise BodyFailed(error) from error


def _wire_of(adapter: TenantAdapter, request: requests.PreparedRequest) -> Request:
    """A request of somebody's own session as one of ours."""
    url = request.url or ""
    endpoint = adapter.connections.endpoint
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    path, _, query = target_of(request).partition("?")
    if (parts.scheme, parts.hostname, port) != (
        endpoint.scheme,
        endpoint.host,
        endpoint.port,
    ) or not f"{path}/".startswith(f"{endpoint.path}/"):
        raise requests.exceptions.InvalidURL(
            f"this adapter is for {endpoint.url}; mount it there only"
        )
    body: Any = request.body if request.body is not None else b""
    if isinstance(body, str):
        body = request.body = body.encode()
    data = body
    if not isinstance(body, (bytes, bytearray, memoryview)):
        data = StreamBody(blocks=lambda: body, length=None, replayable=False)
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    headers.pop("accept-encoding", None)
    # What `requests` leaves bare, such as "!" and "(", stands encoded in the canonical form.
    path = quote_path(unquote(path.removeprefix(endpoint.path))) or "/"
    pairs = parse_qsl(query, keep_blank_values=True)
    return Request(request.method or "GET", path, query_string(pairs), headers, data)
