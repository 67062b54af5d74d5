"""The short way of a request: it reads what `http.client` reads, and gives no answer to the wrong request."""

from __future__ import annotations

import functools
import http.client
import io
import logging
import select
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import requests
import responses
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import Config, MinIOClient, MinIOConnectionError, MinIOTimeoutError
from minio_sdk.transport import direct
from minio_sdk.transport.connections import WholeHead, _Idle
from minio_sdk.transport.direct import exchange
from minio_sdk.transport.observing import written
from minio_sdk.transport.stopping import Team, Worker, _here, at_work
from minio_sdk.wire.heads import head_of
from minio_sdk.wire.message import Reply, Room
from tests.scripted import (
    ScriptedServer,
    Step,
    drop_after,
    drop_before_reply,
    hang,
    hang_up,
    raw,
    reply,
    reply_before_body,
)


class Socket:
    """Gives what a server sent in pieces of its own choice."""

    def __init__(self, pieces: list[bytes], send: Exception | None = None) -> None:
        self.pieces = [piece for piece in pieces if piece]
        self.sent = b""
        self.seconds = 30.0
        self._send = send

    def gettimeout(self) -> float:
        return self.seconds

    def settimeout(self, seconds: float) -> None:
        self.seconds = seconds

    def sendall(self, data: Any) -> None:
        if self._send is not None:
            raise self._send
        self.sent += bytes(data)

    def recv(self, most: int) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if len(piece) > most:
            self.pieces.insert(0, piece[most:])
        return piece[:most]

    def recv_into(self, buffer: Any) -> int:
        data = self.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Connection:
    """What a pool lends."""

    def __init__(self, sock: Socket) -> None:
        self.sock = sock
        self.closed = False
        self.back = 0

    def close(self) -> None:
        self.closed = True

    def give_back(self, connection: object) -> None:
        assert connection is self
        self.back += 1


class Outcome(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


BROKEN = (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException)


def by_direct(
    pieces: list[bytes], method: str = "GET", body: bytes = b"", send: Exception | None = None
) -> tuple[Outcome | None, Connection]:
    """What it makes of an answer, None for an error; and whether the connection may be used again."""
    connection = Connection(Socket(pieces, send))
    head = head_of(method, "/b/k", {"host": "h"})
    try:
        found = exchange(connection, connection, method, head, body, direct.SMALL, lambda: 30.0)
        if not isinstance(found, Reply):
            content = found.read(decode_content=False)
            found.release_conn()
            names = {name.lower(): value.strip(" \t") for name, value in found.headers.items()}
            return Outcome(found.status, names, content), connection
    except BROKEN:
        return None, connection
    return Outcome(found.status, dict(found.headers), found.body), connection


class _File:
    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def makefile(self, mode: str) -> io.BytesIO:
        return self.data


def by_http_client(data: bytes, method: str = "GET") -> tuple[Outcome | None, bool]:
    """What `http.client` makes of it; and whether another answer may follow on the connection."""
    file = _File(data)
    answer = WholeHead(file, method=method)  # type: ignore[arg-type]
    try:
        answer.begin()
        length = urllib3.HTTPResponse(
            answer,
            headers=urllib3.HTTPHeaderDict(answer.msg.items()),
            preload_content=False,
            original_response=answer,
            request_method=method,
            status=answer.status,
        )
        body = length.read(decode_content=False)
        left = False if file.data.closed else bool(file.data.read())
    except BROKEN:
        return None, False
    names = {name.lower(): value.strip(" \t") for name, value in answer.msg.items()}
    return Outcome(answer.status, names, body), not answer.will_close and not left


NAMES = [
    "ETag",
    "x-amz-meta-a",
    "Date",
    "Server",
    "content-type",
    "X-Amz-Request-Id",
    "a b",
    "",
    " x",
]
texts = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=8)
fields = st.tuples(st.sampled_from(NAMES), texts).map(lambda pair: f"{pair[0]}: {pair[1]}")
odd_fields = st.sampled_from(
    [
        "no colon",
        " folded",
        "\tfolded",
        "Connection: close",
        "Connection: keep-alive",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Content-Length: 3",
        "Content-Length: 0x3",
        "Content-Length: +3",
        "Content-Length: 3, 3",
        "Content-Length: \u00b2",
        "Content-Length : 3",
        "Content-Length:",
        "a: b\rc",
        "a: b\nc: d",
        "a: \0",
    ]
)
bodies = st.binary(max_size=40)
starts = st.sampled_from(
    ["HTTP/1.1 200 OK"] * 6
    + ["HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1 404 Not Found"]
    + ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.0 200 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 20 OK"]
    + ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", "HTTP/2 200 OK", "ICY 200 OK", "<html>"]
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    body = draw(bodies)
    lines = [draw(starts), *draw(st.lists(fields, max_size=3))]
    framing = draw(
        st.sampled_from(["length", "length", "length", "short", "long", "none", "chunked"])
    )
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    elif framing != "none":
        shift = {"length": 0, "short": -1, "long": 1}[framing]
        lines.append(f"Content-Length: {max(0, len(body) + shift)}")
    lines += draw(st.lists(odd_fields, max_size=2))
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted(place % (len(data) + 1) for place in places)
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


@given(
    answers(), st.lists(st.integers(0, 400), max_size=4), st.sampled_from(["GET", "HEAD", "PUT"])
)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", [], "GET")
@example(
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    [],
    "GET",
)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\r\n c\r\n\r\nx", [], "GET")
def test_it_reads_what_http_client_reads(data: bytes, places: list[int], method: str) -> None:
    want, again = by_http_client(data, method)
    found, connection = by_direct(cut(data, places), method)
    assert found == want
    assert connection.back == 1 or want is None
    if not again:
        assert connection.closed


@given(answers())
def test_in_whatever_pieces_it_comes(data: bytes) -> None:
    whole, first = by_direct([data])
    dribbled, second = by_direct([bytes([byte]) for byte in data])
    assert dribbled == whole
    assert first.closed or not second.closed


PLAIN = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 5\r\n\r\nhello'


def test_a_connection_is_used_again_after_a_whole_answer() -> None:
    for data in (
        PLAIN,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ):
        found, connection = by_direct([data])
        assert found is not None
        assert (connection.closed, connection.back) == (False, 1)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 204 No Content\r\n\r\n" + PLAIN,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + PLAIN,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"",
    ],
    ids=["two answers", "body after 204", "after the last chunk", "close", "short", "nothing"],
)
def test_a_connection_with_anything_left_on_it_is_closed(data: bytes) -> None:
    _, connection = by_direct([data])
    assert (connection.closed, connection.back) == (True, 1)


def test_a_head_without_an_end_is_not_read_for_ever() -> None:
    endless = [b"HTTP/1.1 200 OK\r\n", *[b"a: " + b"x" * 1000 + b"\r\n"] * 200]
    found, connection = by_direct(endless)
    assert found is None
    assert connection.closed
    assert connection.sock.pieces  # most of it was not even read


def test_an_answer_that_came_before_the_body_was_sent_counts() -> None:
    found, connection = by_direct([PLAIN], "PUT", b"x" * 10, send=BrokenPipeError())
    assert found is not None
    assert found.body == b"hello"
    assert connection.closed
    found, connection = by_direct([], "PUT", b"x" * 10, send=ConnectionResetError())
    assert found is None
    assert connection.closed


def test_an_interrupt_leaves_no_half_read_connection() -> None:
    class Interrupted(Socket):
        def recv(self, most: int) -> bytes:
            raise KeyboardInterrupt

    connection = Connection(Interrupted([]))
    with pytest.raises(KeyboardInterrupt):
        exchange(connection, connection, "GET", b"", b"", 10, lambda: 30.0)
    assert (connection.closed, connection.back) == (True, 1)


@pytest.mark.parametrize("size", [5, direct.SMALL + 1], ids=["short", "usual"])
def test_an_interrupt_gives_no_connection_back_twice(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = [WARM, reply(200, b"x" * size, headers={"ETag": '"e"'}), GOOD]
    put = _Idle.put
    lent: list[Any] = []

    def interrupted(idle: _Idle, item: Any, block: bool = False) -> None:
        put(idle, item, block)
        monkeypatch.undo()
        # Another thread takes it before this one comes to clean up.
        thread = threading.Thread(target=lambda: lent.append(pool.take_open()))
        thread.start()
        thread.join()
        raise KeyboardInterrupt

    with ScriptedServer(script) as server, connect(server) as client:
        client.get_object("docs", "a")
        transport: Any = client._engine.transport
        pool = transport.connections.pool()
        monkeypatch.setattr(_Idle, "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.get_object("docs", "a")
        everywhere = [item for item in [*lent, *pool.pool._items] if item is not None]
        assert len(everywhere) == len(set(everywhere)) == 1
        assert client.get_object("docs", "a") == b"good"
        for connection in everywhere:
            connection.close()


def test_work_that_is_stopped_keeps_no_connection() -> None:
    class Unwanted(Connection):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "used_by":
                raise KeyboardInterrupt
            super().__setattr__(name, value)

    connection = Unwanted(Socket([PLAIN]))
    at_work(Worker(Team()))
    try:
        with pytest.raises(KeyboardInterrupt):
            exchange(connection, connection, "GET", b"", b"", 10, lambda: 30.0)
    finally:
        _here.set(None)
    assert (connection.closed, connection.back) == (True, 1)


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3 * 1024 * 1024])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bodies_go_out_as_they_are(size: int, kind: Callable[[bytes], Any]) -> None:
    body = bytes(size)
    connection = Connection(Socket([PLAIN]))
    exchange(connection, connection, "PUT", b"HEAD", kind(body), 10, lambda: 30.0)
    assert connection.sock.sent == b"HEAD" + body


PART = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("step", [1, 7, 60, 1000])
def test_a_part_is_put_where_there_is_room_for_it(step: int) -> None:
    connection = Connection(Socket([PART[: -5 + step % 5], *cut(PART[-5 + step % 5 :], [step])]))
    view = memoryview(bytearray(5))
    found = exchange(connection, connection, "GET", b"", b"", 2, lambda: 30.0, Room(view))
    assert isinstance(found, Reply)
    assert found.body is view
    assert bytes(view) == b"hello"
    assert (connection.closed, connection.back) == (False, 1)


@pytest.mark.parametrize(
    "data",
    [
        PART.replace(b"206", b"200"),
        PART.replace(b": 5", b": 4")[:-1],
        PART.replace(b": 5", b": 6") + b"!",
        PART.replace(b"Content-Length: 5\r\n", b"") + b"",
        PART.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked")[:-5] + b"0\r\n\r\n",
        PART + b"more",
    ],
    ids=["all of it", "shorter", "longer", "no length", "chunked", "bytes behind it"],
)
def test_nothing_else_is_put_there(data: bytes) -> None:
    connection = Connection(Socket([data]))
    view = memoryview(bytearray(5))
    found = exchange(connection, connection, "GET", b"", b"", 100, lambda: 30.0, Room(view))
    if not isinstance(found, Reply):
        found.read(decode_content=False)
        found.release_conn()
    else:
        assert found.body is not view
    assert view == bytes(5)


def test_a_part_that_breaks_off_is_an_error() -> None:
    connection = Connection(Socket([PART[:-2]]))
    view = memoryview(bytearray(5))
    with pytest.raises(urllib3.exceptions.ProtocolError, match="IncompleteRead"):
        exchange(connection, connection, "GET", b"", b"", 100, lambda: 30.0, Room(view))
    assert (connection.closed, connection.back) == (True, 1)


@pytest.mark.parametrize("bad", ["a\r\nx-evil: 1", "a\nx: 1", "a\rb", "a\0b"])
def test_no_header_begins_another(bad: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        head_of("GET", "/", {"x": bad})
    with pytest.raises(ValueError, match="line end"):
        head_of("GET", "/", {bad: "x"})


@pytest.mark.parametrize("bad", ["/a b", "/\u00e9", "/\x7f", ""])
def test_no_target_is_sent_that_others_read_otherwise(bad: str) -> None:
    with pytest.raises(ValueError, match="query"):
        head_of("GET", bad or "/ HTTP/1.1", {})


@pytest.mark.parametrize("cut", range(len(PLAIN) - 5))
def test_a_head_that_breaks_off_is_no_answer(cut: int) -> None:
    found, connection = by_direct([PLAIN[:cut]])
    assert found is None
    assert connection.closed


# --- in the client ---------------------------------------------------------------------------------


def connect(server: ScriptedServer, **settings: Any) -> MinIOClient:
    trusted = server.ca_file if server.url.startswith("https") else True
    settings = {"verify": trusted, "jitter": 0, "base_delay": 0.0, **settings}
    config = Config(server.url, None, access_key="AK", secret_key="s", api="s3", **settings)
    return MinIOClient(config)


WARM = reply(200, b"warm", headers={"ETag": '"e"'})
GOOD = reply(200, b"good", headers={"ETag": '"e"'})


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went the short way."""
    calls: list[str] = []

    def counting(pool: Any, connection: Any, method: str, *rest: Any) -> Any:
        calls.append(method)
        return exchange(pool, connection, method, *rest)

    monkeypatch.setattr("minio_sdk.transport.attempts.exchange", counting)
    return calls


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_from_the_second_request_on(tls: bool, counted: list[str]) -> None:
    with ScriptedServer([WARM, GOOD, GOOD], tls=tls) as server, connect(server) as client:
        assert client.get_object("docs", "a") == b"warm"
        assert counted == []
        assert client.get_object("docs", "a") == b"good"
        assert client.get_object("docs", "a") == b"good"
    assert counted == ["GET", "GET"]
    assert [request.connection for request in server.requests] == [1, 1, 1]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    "fault",
    [
        drop_before_reply(),
        drop_after(reply(200, b"x" * 1000, headers={"ETag": '"e"'}), bytes=500),
        raw(b"HTTP/1.1 200 OK\r\nContent-Le", close=True),
        raw(b"garbage\r\n\r\n"),
        reply(503, b"busy"),
        reply(200, b"x" * 10, headers={"Content-Length": "10, 11"}, content_length=None),
    ],
    ids=["no reply", "cut body", "cut head", "no HTTP", "503", "two lengths"],
)
def test_a_failed_answer_is_asked_for_again(fault: Step, tls: bool) -> None:
    script: list[Step] = [WARM, fault, GOOD]
    with ScriptedServer(script, tls=tls) as server, connect(server) as client:
        assert client.get_object("docs", "a") == b"warm"
        assert client.get_object("docs", "a") == b"good"
    assert len(server.requests) == 3


def test_the_first_answer_on_a_connection_has_a_whole_head_as_well() -> None:
    broken = raw(b'HTTP/1.1 200 OK\r\nETag: "e"\r\n', close=True)
    with ScriptedServer([broken, GOOD]) as server, connect(server) as client:
        assert client.get_object("docs", "a") == b"good"


def test_a_failure_is_explained() -> None:
    with ScriptedServer([WARM, drop_before_reply()]) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            with pytest.raises(MinIOConnectionError, match="dropped the connection") as caught:
                client.get_object("docs", "a")
    assert caught.value.attempts == 1
    assert caught.value.key == "a"


def test_a_server_that_hangs_is_a_timeout() -> None:
    release = threading.Event()
    with ScriptedServer([WARM, hang(until=release)]) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            with pytest.raises(MinIOTimeoutError):
                client.with_(timeout=0.05).get_object("docs", "a")
        release.set()


def test_a_connection_closed_meanwhile_is_not_used() -> None:
    with ScriptedServer([hang_up(WARM), GOOD]) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            idle = client._engine.transport.connections.pool().take_open()  # type: ignore[attr-defined]
            if idle is not None:  # else its end has arrived already
                assert select.select([idle.sock], [], [], 10.0)[0]
                client._engine.transport.connections.pool().give_back(idle)  # type: ignore[attr-defined]
            assert client.get_object("docs", "a") == b"good"
    assert [request.connection for request in server.requests] == [1, 2]


def test_an_answer_before_the_body_is_the_answer() -> None:
    refused = reply(403, b"<Error><Code>AccessDenied</Code></Error>", close=True)
    with ScriptedServer([WARM, reply_before_body(refused)]) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            with pytest.raises(Exception, match="AccessDenied"):
                client.put_object("docs", "a", bytes(200_000))


def test_chunked_answers_leave_the_connection_open(counted: list[str]) -> None:
    chunked = reply(200, b"x" * 3000, headers={"ETag": '"e"'}, chunked=True)
    with ScriptedServer([WARM, chunked, GOOD]) as server, connect(server) as client:
        client.get_object("docs", "a")
        assert client.get_object("docs", "a") == b"x" * 3000
        assert client.get_object("docs", "a") == b"good"
    assert [request.connection for request in server.requests] == [1, 1, 1]
    assert counted == ["GET", "GET"]


# --- those who look on -----------------------------------------------------------------------------


def test_instrumentation_of_requests_sees_every_call(
    monkeypatch: pytest.MonkeyPatch, counted: list[str]
) -> None:
    send = requests.Session.send
    seen: list[str] = []

    @functools.wraps(send)
    def instrumented(session: Any, request: Any, **options: Any) -> Any:
        seen.append(request.method)
        return send(session, request, **options)

    with ScriptedServer([WARM, GOOD, GOOD]) as server, connect(server) as client:
        client.get_object("docs", "a")
        with monkeypatch.context() as patched:
            patched.setattr(requests.Session, "send", instrumented)
            client.get_object("docs", "a")
        assert (seen, counted) == (["GET"], [])
        client.get_object("docs", "a")
    assert (seen, counted) == (["GET"], ["GET"])


def test_mocks_answer_in_place_of_the_server(counted: list[str]) -> None:
    with ScriptedServer([WARM]) as server, connect(server) as client:
        client.get_object("docs", "a")
        with responses.RequestsMock() as mock:
            mock.get(f"{server.url}/docs/a", body=b"mocked", headers={"ETag": '"e"'})
            assert client.get_object("docs", "a") == b"mocked"
    assert counted == []


@pytest.mark.parametrize("place", ["putrequest", "getresponse"])
def test_instrumentation_of_http_client_sees_every_call(
    monkeypatch: pytest.MonkeyPatch, counted: list[str], place: str
) -> None:
    original = getattr(http.client.HTTPConnection, place)
    seen: list[str] = []

    def instrumented(self: Any, *given: Any, **options: Any) -> Any:
        seen.append(place)
        return original(self, *given, **options)

    with ScriptedServer([WARM, GOOD]) as server, connect(server) as client:
        client.get_object("docs", "a")
        monkeypatch.setattr(http.client.HTTPConnection, place, instrumented)
        client.get_object("docs", "a")
    assert (seen, counted) == ([place], [])


def test_debug_messages_of_urllib3_are_there(
    caplog: pytest.LogCaptureFixture, counted: list[str]
) -> None:
    with ScriptedServer([WARM, GOOD]) as server, connect(server) as client:
        client.get_object("docs", "a")
        with caplog.at_level(logging.DEBUG, logger="urllib3.connectionpool"):
            client.get_object("docs", "a")
    assert any('"GET /docs/a HTTP/1.1" 200' in line for line in caplog.messages)
    assert counted == []


def test_a_session_that_was_wrapped_before_us_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(*given: Any, **options: Any) -> None: ...

    monkeypatch.setattr(requests.Session, "send", other)
    assert written(requests.Session, "send", requests.sessions) is None
