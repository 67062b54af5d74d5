"""What replaces the standard parser reads what that reads, in whatever pieces an answer comes.

Three readers are compared: the standard one, ours line by line ("cold"), and ours by the pattern of answers
that came before ("warm"). Where answers are known to have been used for smuggling, all refuse them alike.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util.wait import select_wait_for_socket

from minio_sdk import MinIOConnectionError, MinIOError, ValidationError
from minio_sdk.transport.connections import WholeHead
from minio_sdk.wire import heads
from minio_sdk.wire.heads import head_of, plain
from tests.scripted import Exchange, ScriptedServer, Step, dribble, hang_up, raw, reply
from tests.transport.test_direct import (
    Outcome,
    answers,
    by_direct,
    by_http_client,
    connect,
    counted,
    cut,
)

__all__ = ["counted"]


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(heads, "_WORTH", 2)
    forget()
    yield
    forget()


def forget() -> None:
    heads._shapes.clear()
    heads._latest.clear()


def warmed(data: bytes, method: str) -> None:
    """Let answers of this form have come often."""
    for _ in range(heads._WORTH):
        plain(data, method)


S3 = b'ETag: "e"\r\nServer: s\r\nX-Amz-Request-Id: 1\r\n'
OK = b"HTTP/1.1 200 OK\r\n" + S3
WHOLE = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# What is read: method, answer, body, whether another may follow on the connection.
READ: dict[str, tuple[str, bytes, bytes, bool]] = {
    "content-length": ("GET", WHOLE, b"hello", True),
    "empty": ("GET", OK + b"Content-Length: 0\r\n\r\n", b"", True),
    "no reason": ("GET", b"HTTP/1.1 200\r\n" + WHOLE[17:], b"hello", True),
    "error": ("GET", WHOLE.replace(b"200 OK", b"404 Not Found"), b"hello", True),
    "chunked": ("GET", CHUNKED + b"2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n", b"hello", True),
    "trailers": ("GET", CHUNKED + b"5\r\nhello\r\n0\r\nX-A: 1\r\nB: 2\r\n\r\n", b"hello", True),
    "chunks in capitals": ("GET", CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789", True),
    "close-delimited": ("GET", OK + b"\r\nhello", b"hello", False),
    "connection: close": ("GET", OK + b"Connection: close\r\n" + WHOLE[len(OK):], b"hello", False),
    "http/1.0": ("GET", WHOLE.replace(b"1.1", b"1.0"), b"hello", False),
    "100": ("PUT", CONTINUE + WHOLE, b"hello", True),
    "103": ("GET", EARLY + WHOLE, b"hello", True),
    "100, 103, 103": ("PUT", CONTINUE + EARLY + EARLY + WHOLE, b"hello", True),
    "head": ("HEAD", OK + b"Content-Length: 5\r\n\r\n", b"", True),
    "head of chunks": ("HEAD", CHUNKED, b"", True),
    "204": ("DELETE", b"HTTP/1.1 204 No Content\r\n" + S3 + b"\r\n", b"", True),
    "204 with a length": ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b"", True),
    "204 in chunks": ("GET", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", b"", True),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b"", True),
    "length twice": ("GET", OK + b"Content-Length: 5\r\n" + WHOLE[len(OK):], b"hello", True),
    "folded": ("GET", WHOLE.replace(b": s\r\n", b": s\r\n  t\r\n"), b"hello", True),
    "blanks": ("GET", WHOLE.replace(b": s\r\n", b":\t s \t\r\n"), b"hello", True),
    "bytes behind it": ("GET", WHOLE + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b"hello", False),
    "behind the last chunk": ("GET", CHUNKED + b"5\r\nhello\r\n0\r\n\r\nevil", b"hello", False),
    "behind 204": ("GET", b"HTTP/1.1 204 No Content\r\n\r\nevil", b"", False),
    "behind head": ("HEAD", OK + b"Content-Length: 4\r\n\r\nevil", b"", False),
}  # fmt: skip

# What is no answer: two readers on its way could end it at different places, or it is none at all.
REFUSED: dict[str, bytes] = {
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 4\r\n\r\nhello",
    "two lengths in one": OK + b"Content-Length: 5, 4\r\n\r\nhello",
    "one length in two ways": OK + b"Content-Length: 5\r\nContent-Length: 05\r\n\r\nhello",
    "length with a sign": OK + b"Content-Length: +5\r\n\r\nhello",
    "negative length": OK + b"Content-Length: -5\r\n\r\nhello",
    "length of Python": OK + b"Content-Length: 0_5\r\n\r\nhello",
    "hexadecimal length": OK + b"Content-Length: 0x5\r\n\r\nhello",
    "length of nothing": OK + b"Content-Length:\r\n\r\nhello",
    "folded length": OK + b"Content-Length: 5\r\n 0\r\n\r\nhello",
    "length and chunks": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n0\r\n\r\n",
    "length and identity": OK + b"Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\nhello",
    "unknown coding": OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "gzip, chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two codings": CHUNKED[:-2] + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunk without a size": CHUNKED + b"\r\nhello\r\n0\r\n\r\n",
    "chunk of no number": CHUNKED + b"xyz\r\nhello\r\n0\r\n\r\n",
    "chunks that break off": CHUNKED + b"5\r\nhel",
    "body that breaks off": WHOLE[:-1],
    "head that breaks off": WHOLE[:40],
    "too many headers": OK + b"A: b\r\n" * 101 + b"Content-Length: 0\r\n\r\n",
    "a line too long": OK + b"A: " + b"x" * 66000 + b"\r\nContent-Length: 0\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    "103 for ever": EARLY * 1000,
    "103 without end": b"HTTP/1.1 103 Early Hints\r\n" + b"A: b\r\n" * 1000,
    "nothing but 100": CONTINUE,
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "status of four": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
}  # fmt: skip


def pieces_of(data: bytes) -> Iterator[list[bytes]]:
    """Whole, byte by byte, and in two at every place."""
    yield [data]
    yield [data[at : at + 1] for at in range(len(data))]
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("name", READ)
def test_it_is_read_in_every_split(name: str, warm: bool) -> None:
    method, data, body, again = READ[name]
    want, _ = by_http_client(data, method)
    assert want is not None
    assert want.body == body
    if warm:
        warmed(data, method)
    for pieces in pieces_of(data):
        found, connection = by_direct(pieces, method)
        assert found == want, pieces
        assert connection.back == 1
        # What hasn't been read is still to come: see the tests of stale connections.
        assert connection.closed != again or connection.sock.pieces, pieces


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_every_split(name: str, warm: bool) -> None:
    data = REFUSED[name]
    assert by_http_client(data)[0] is None
    if warm:
        warmed(WHOLE, "GET")
    for pieces in list(pieces_of(data))[:400] if len(data) < 2000 else [[data], cut(data, [9, 99])]:
        found, connection = by_direct(pieces)
        assert found is None, pieces
        assert (connection.closed, connection.back) == (True, 1)


values = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=12)
fields = st.lists(
    st.tuples(st.sampled_from(["ETag", "Date", "x-amz-meta-a", "Server", "B"]), values),
    max_size=4,
    unique_by=lambda pair: pair[0],
)


@given(fields, fields, st.binary(max_size=9), st.sampled_from(["GET", "HEAD"]))
def test_a_pattern_reads_what_the_lines_say(
    usual: list[tuple[str, str]], other: list[tuple[str, str]], body: bytes, method: str
) -> None:
    """Answers of the same form, with any values; and of another form than the pattern's."""

    def answer(pairs: list[tuple[str, str]]) -> bytes:
        lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in pairs)]
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    names = [name for name, _ in usual]
    alike = list(zip(names, [value for _, value in [*other, *usual]], strict=False))
    for data in (answer(alike), answer(other)):
        forget()
        cold = plain(data, method)
        want, _ = by_http_client(data, method)
        warmed(answer([(name, "x") for name in names]), method)
        assert heads._latest
        assert plain(data, method) == cold
        if cold is not None:
            status, headers, length, start = cold
            assert Outcome(status, headers, data[start : start + length]) == want


@given(answers(), answers())
def test_one_answer_says_nothing_of_the_next(first: bytes, second: bytes) -> None:
    forget()
    want, _ = by_http_client(second)
    warmed(first, "GET")
    assert by_direct([second])[0] == want


def test_patterns_are_few() -> None:
    for number in range(1200):
        warmed(b"HTTP/1.1 200 OK\r\nx-amz-meta-%d: 1\r\nContent-Length: 0\r\n\r\n" % number, "GET")
    assert len(heads._shapes) <= heads._MOST
    assert len(heads._names) <= 1000


@pytest.mark.parametrize(
    "value", ["a\r\nb: c", "a\nb: c", "a\rb", "a\0b", "a\r\n\r\nGET / HTTP/1.1"]
)
def test_a_value_never_ends_its_line_by_the_pattern(value: str) -> None:
    warmed(WHOLE, "GET")
    data = WHOLE.replace(b": s\r\n", f": {value}\r\n".encode())
    found = plain(data, "GET")
    forget()
    assert found == plain(data, "GET")
    assert found is None or value not in found[1].values()


# --- requests ------------------------------------------------------------------------------------

anything = st.text(st.characters(max_codepoint=255), max_size=12)


@given(anything, st.dictionaries(anything, anything, max_size=3))
def test_a_head_of_ours_is_one_request(target: str, headers: dict[str, str]) -> None:
    """Whatever is asked for, what goes out is one line of request and one line a header."""
    try:
        head = head_of("GET", f"/{target}", headers)
    except ValueError:
        return
    line, *rest = head.split(b"\r\n")
    assert line.split(b" ") == [b"GET", f"/{target}".encode(), b"HTTP/1.1"]
    assert rest == [f"{n}: {v}".encode("latin-1") for n, v in headers.items()] + [b"", b""]
    assert not {b"\r", b"\n", b"\0"} & set(head.replace(b"\r\n", b"").split())


@pytest.mark.parametrize(
    "bad", ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "a\r\n\r\nGET /x HTTP/1.1"]
)
def test_a_user_s_text_never_becomes_a_header(bad: str) -> None:
    with ScriptedServer([GOOD] * 2) as server, connect(server) as client:
        client.get_object("docs", "a")
        for call in (
            lambda: client.put_object("docs", "a", b"", content_type=f"text/{bad}"),
            lambda: client.put_object("docs", "a", b"", cache_control=bad),
            lambda: client.get_object("docs", "a", if_match=bad),
        ):
            with pytest.raises(ValidationError):
                call()
        client.put_object("docs", f"k{bad}", b"", metadata={"a": bad}, tags={"t": "x y"})
    put = server.requests[1]
    assert put.header("x-evil") is None
    assert put.target.isprintable()
    assert (put.header("x-amz-meta-a") or "").startswith("=?UTF-8?B?")


# --- on real sockets -----------------------------------------------------------------------------

GOOD = reply(200, b"good", headers={"ETag": '"e"'})
WARM = reply(200, b"warm", headers={"ETag": '"e"'})
schemes = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


@schemes
@pytest.mark.parametrize("name", [name for name, (method, *_) in READ.items() if method == "GET"])
def test_it_is_read_from_a_server(name: str, tls: bool, counted: list[str]) -> None:
    _, data, body, again = READ[name]
    data = data.replace(b"404 Not Found", b"200 OK")
    step = raw(data, close=not again)
    with ScriptedServer([WARM, step, GOOD], tls=tls) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            try:
                assert client.get_object("docs", "b") == body
            except MinIOError as error:
                assert error.status in (204, 304)
            # The next answer is that to the next request, on whichever connection.
            assert client.get_object("docs", "c") == b"good"
    assert counted[0] == "GET"
    if again:
        assert {request.connection for request in server.requests} == {1}


@schemes
@pytest.mark.parametrize(
    "name",
    ["two lengths", "length and chunks", "gzip, chunked", "101", "no http", "length with a sign"],
)
@pytest.mark.parametrize("fresh", [True, False], ids=["first", "later"])
def test_it_is_refused_from_a_server(name: str, tls: bool, fresh: bool) -> None:
    script: list[Step] = [raw(REFUSED[name], close=True), GOOD]
    with ScriptedServer(script if fresh else [WARM, *script], tls=tls) as server:
        with connect(server, max_retries=0) as client:
            if not fresh:
                client.get_object("docs", "a")
            with pytest.raises(MinIOConnectionError):
                client.get_object("docs", "a")
            assert client.get_object("docs", "a") == b"good"
    assert server.requests[-1].connection == 2


@schemes
@pytest.mark.parametrize("chunked", [False, True])
def test_a_dribbled_answer(tls: bool, chunked: bool) -> None:
    slow = dribble(reply(200, b"slowly", headers={"ETag": '"e"'}, chunked=chunked))
    with ScriptedServer([WARM, slow, GOOD], tls=tls) as server, connect(server) as client:
        client.get_object("docs", "a")
        assert client.get_object("docs", "a") == b"slowly"
        assert client.get_object("docs", "a") == b"good"
    assert {request.connection for request in server.requests} == {1}


@schemes
def test_what_comes_unasked_is_never_an_answer(tls: bool) -> None:
    """Bytes that come when the answer was read already, and the connection is back in the pool."""

    def unasked(exchange: Exchange) -> None:
        GOOD(exchange)
        exchange.send(b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 4\r\n\r\nevil")

    with ScriptedServer([WARM, unasked, GOOD], tls=tls) as server, connect(server) as client:
        client.get_object("docs", "a")
        assert client.get_object("docs", "a") == b"good"
        until_told(client)
        assert client.get_object("docs", "b") == b"good"
    assert [request.connection for request in server.requests] == [1, 1, 2]


def until_told(client: Any) -> None:
    """Wait until the idle connection has brought something: bytes, or its end."""
    pool = client._engine.transport.connections.pool()
    for connection in pool.pool._items:
        sock = None if connection is None else connection.sock
        if sock is not None and not (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            assert select.select([sock], [], [], 10.0)[0]


def test_bytes_that_tls_has_deciphered_already_count() -> None:
    """They are on no socket, so that nothing but TLS can tell of them."""

    def unasked(exchange: Exchange) -> None:
        answer = reply(200, b"x" * 70_000, headers={"ETag": '"e"'})
        data = answer.head(exchange.request) + answer.payload(exchange.request)
        evil = b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 4\r\n\r\nevil"
        exchange.send(data[:-5])
        exchange.send(data[-5:] + evil)  # in one record

    with ScriptedServer([WARM, unasked, GOOD], tls=True) as server, connect(server) as client:
        client.get_object("docs", "a")
        assert client.get_object("docs", "a") == b"x" * 70_000
        assert client.get_object("docs", "b") == b"good"
    assert [request.connection for request in server.requests] == [1, 1, 2]


@schemes
@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
def test_a_stale_connection_is_found_before_it_is_used(tls: bool, reset: bool) -> None:
    def leave(exchange: Exchange) -> None:
        GOOD(exchange)
        exchange.close(reset=reset)

    with ScriptedServer([leave, GOOD], tls=tls) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            until_told(client)
            assert client.get_object("docs", "a") == b"good"
    assert len(server.requests) == 2


@schemes
def test_a_connection_that_ends_as_it_is_used_is_tried_again(tls: bool) -> None:
    def end(exchange: Exchange) -> None:
        exchange.close()

    script: list[Step] = [WARM, end, GOOD]
    with ScriptedServer(script, tls=tls) as server, connect(server) as client:
        client.get_object("docs", "a")
        assert client.get_object("docs", "a") == b"good"
    assert [request.connection for request in server.requests] == [1, 1, 2]


def test_a_half_closed_socket_still_brings_its_answer() -> None:
    """The server ends its side behind the answer, and reads on: the answer counts, the socket no more."""

    def half(exchange: Exchange) -> None:
        GOOD(exchange)
        exchange._connection.socket.shutdown(socket.SHUT_WR)

    with ScriptedServer([WARM, half, GOOD]) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            assert client.get_object("docs", "a") == b"good"
            until_told(client)
            assert client.get_object("docs", "a") == b"good"
    assert [request.connection for request in server.requests] == [1, 1, 2]


def test_a_server_that_ends_its_side_before_the_answer_gives_none() -> None:
    def half(exchange: Exchange) -> None:
        exchange.read_body()
        exchange._connection.socket.shutdown(socket.SHUT_WR)

    with ScriptedServer([WARM, half, GOOD]) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            with pytest.raises(MinIOConnectionError, match="dropped the connection"):
                client.get_object("docs", "a")
            assert client.get_object("docs", "a") == b"good"


@schemes
def test_an_early_answer_is_no_answer(tls: bool) -> None:
    """103, and the answer only later: nobody may take that for the answer to the next request."""

    def early(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(EARLY)
        GOOD(exchange)

    script: list[Step] = [early, early, WARM]
    with ScriptedServer(script, tls=tls) as server, connect(server, max_retries=0) as client:
        assert client.get_object("docs", "a") == b"good"
        assert client.get_object("docs", "b") == b"good"
        assert client.get_object("docs", "c") == b"warm"
    assert {request.connection for request in server.requests} == {1}


def test_an_answer_before_the_body_was_sent() -> None:
    def at_once(exchange: Exchange) -> None:
        exchange.send(
            reply(403, b"<Error><Code>AccessDenied</Code></Error>").head(exchange.request)
        )
        exchange.send(b"<Error><Code>AccessDenied</Code></Error>")
        exchange.close()

    with ScriptedServer([WARM, at_once, GOOD]) as server, connect(server, max_retries=0) as client:
        client.get_object("docs", "a")
        with pytest.raises(MinIOError):  # the refusal, or the reset that may overtake it
            client.put_object("docs", "a", bytes(4 << 20))
        assert client.get_object("docs", "a") == b"good"
    assert server.requests[-1].connection == 2


def test_stale_connections_are_told_without_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where urllib3 has chosen another way as well."""
    monkeypatch.delattr("select.poll", raising=False)
    monkeypatch.setattr("urllib3.util.wait.wait_for_socket", select_wait_for_socket)
    with ScriptedServer([hang_up(WARM), GOOD, GOOD]) as server:
        with connect(server, max_retries=0) as client:
            client.get_object("docs", "a")
            until_told(client)
            assert client.get_object("docs", "a") == b"good"
            assert client.get_object("docs", "a") == b"good"
    assert [request.connection for request in server.requests] == [1, 2, 2]


def test_only_a_whole_head_is_one() -> None:
    assert issubclass(WholeHead, http.client.HTTPResponse)
    for at in range(len(WHOLE) - 5):
        assert plain(WHOLE[:at], "GET") is None
