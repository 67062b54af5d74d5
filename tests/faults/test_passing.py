"""Without faults the proxy isn't there: both sides see, byte for byte, what they would see without it."""

from __future__ import annotations

import http.client
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest

from minio_sdk.faults import FaultProxy
from tests.scripted import (
    Exchange,
    ScriptedServer,
    Step,
    dribble,
    drop_after,
    hang_up,
    raw,
    reply,
    reply_before_body,
)

PATIENCE = 10.0


@contextmanager
def through(*steps: Step) -> Iterator[tuple[ScriptedServer, FaultProxy]]:
    with ScriptedServer(steps) as server, FaultProxy(server.url) as faults:
        yield server, faults


@contextmanager
def connected(faults: FaultProxy) -> Iterator[socket.socket]:
    port = urlsplit(faults.url).port or 0
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        yield client


@contextmanager
def asking(faults: FaultProxy) -> Iterator[http.client.HTTPConnection]:
    netloc = urlsplit(faults.url).netloc
    with closing(http.client.HTTPConnection(netloc, timeout=PATIENCE)) as connection:
        yield connection


def to_the_end(client: socket.socket) -> bytes:
    data = b""
    while more := client.recv(65536):
        data += more
    return data


def until(client: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        more = client.recv(1)
        assert more, data
        data += more
    return data


ANSWER = (
    b"HTTP/1.1 200 Fine by me\r\nx-Odd-CASE:  two  blanks\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
    b"Content-Length: 3\r\nConnection: close\r\n\r\n\0\xff\n"
)


def test_both_get_the_bytes_that_the_other_has_sent() -> None:
    with through(raw(ANSWER, close=True)) as (server, faults), connected(faults) as client:
        client.sendall(
            b"PUT /b/a%2Fb//..?x=%20&y HTTP/1.1\r\nhOsT: elsewhere:1\r\nX-A: 1\r\nX-A:2\r\n"
            b"Content-Length: 4\r\n\r\n\r\n\0\xff"
        )
        assert to_the_end(client) == ANSWER
    (request,) = server.requests
    assert request.line == b"PUT /b/a%2Fb//..?x=%20&y HTTP/1.1"
    assert request.headers == [
        ("hOsT", "elsewhere:1"), ("X-A", "1"), ("X-A", "2"), ("Content-Length", "4"),
    ]  # fmt: skip
    assert request.body == b"\r\n\0\xff"
    (seen,) = faults.requests
    assert (seen.operation, seen.received, seen.sent) == ("PutObject", 4, 3)
    assert (seen.server_status, seen.status, seen.faults, seen.note) == (200, 200, (), "")


def test_one_connection_of_the_client_is_one_to_the_server() -> None:
    with through(*[reply(200, b"x" * n) for n in range(6)]) as (server, faults):
        with asking(faults) as one, asking(faults) as two:
            for number, connection in enumerate([one, two, one, one, two, one]):
                connection.request("GET", f"/b/{number}")
                assert len(connection.getresponse().read()) == number
    assert server.connections == 2
    assert [seen.connection for seen in faults.requests] == [1, 2, 1, 1, 2, 1]
    assert [seen.number for seen in faults.requests] == [1, 2, 3, 4, 5, 6]


def test_chunks_and_trailers_go_through_both_ways() -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 9\r\n\r\n"
    )
    with through(raw(answer, close=True)) as (server, faults), connected(faults) as client:
        client.sendall(
            b"PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\nab\r\n0A\r\n0123456789\r\n0\r\nx-amz-trailer-signature: s\r\n\r\n"
        )
        answered = to_the_end(client)
    assert server.requests[0].body == b"ab0123456789"
    assert server.requests[0].trailers == [("x-amz-trailer-signature", "s")]
    assert answered.endswith(b"3\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 9\r\n\r\n")
    assert faults.requests[0].sent == 4


@pytest.mark.parametrize(
    "method, status", [("HEAD", 200), ("GET", 204), ("GET", 304)], ids=["head", "204", "304"]
)
def test_answers_without_a_body_are_at_their_end(method: str, status: int) -> None:
    with through(reply(status, content_length=100), reply(200, b"next")) as (server, faults):
        with asking(faults) as connection:
            connection.request(method, "/b/k")
            connection.getresponse().read()
            connection.request("GET", "/b/k")
            assert connection.getresponse().read() == b"next"
    assert server.connections == 1


def test_a_body_of_no_stated_length_ends_with_the_connection() -> None:
    with through(reply(200, b"all of it", content_length=None)) as (_, faults):
        with asking(faults) as connection:
            connection.request("GET", "/b/k")
            assert connection.getresponse().read() == b"all of it"


def test_answers_may_come_byte_by_byte() -> None:
    steps = [dribble(reply(200, b"a" * 50)), dribble(reply(200, b"b" * 50, chunked=True))]
    with through(*steps) as (_, faults), asking(faults) as connection:
        for letter in (b"a", b"b"):
            connection.request("GET", "/b/k")
            assert connection.getresponse().read() == letter * 50


def test_what_the_server_breaks_off_is_broken_off() -> None:
    with through(drop_after(reply(200, b"x" * 100), bytes=40)) as (_, faults):
        with asking(faults) as connection:
            connection.request("GET", "/b/k")
            with pytest.raises(http.client.IncompleteRead) as caught:
                connection.getresponse().read()
    assert len(caught.value.partial) == 40
    assert "middle of a body" in faults.requests[0].note


def test_an_idle_connection_that_the_server_closes_is_closed() -> None:
    with through(hang_up(reply(200, b"x"))) as (_, faults), connected(faults) as client:
        client.sendall(b"GET /b/k HTTP/1.1\r\n\r\n")
        assert to_the_end(client).endswith(b"\r\n\r\nx")


# -- Expect: 100-continue ------------------------------------------------------------------------

EXPECTING = b"PUT /b/k HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"


def test_the_server_invites_the_body() -> None:
    with through(reply(200), reply(201)) as (server, faults), connected(faults) as client:
        for status in (b"200 OK", b"201 Created"):
            client.sendall(EXPECTING)
            assert until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"body")
            assert until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 " + status)
    assert [request.body for request in server.requests] == [b"body", b"body"]


def test_a_server_that_refuses_gets_no_body() -> None:
    def refuse(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        exchange.close()

    with through(refuse) as (server, faults), connected(faults) as client:
        client.sendall(EXPECTING)
        assert to_the_end(client).endswith(b"\r\n\r\nno")
    assert server.requests[0].body == b""
    assert faults.requests[0].received == 0


def test_a_client_need_not_wait_for_the_invitation() -> None:
    with through(reply(200, b"ok"), reply(200, b"2")) as (server, faults):
        with connected(faults) as client:
            client.sendall(EXPECTING + b"body")
            said = until(client, b"ok")
            client.sendall(b"GET /b/k HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert to_the_end(client).endswith(b"\r\n\r\n2")
    assert said.count(b"HTTP/1.1 200 OK") == 1
    assert server.requests[0].body == b"body"


def test_an_answer_of_the_proxy_itself_invites_nobody() -> None:
    with through() as (_, faults), connected(faults) as client:
        faults.fail("PutObject", 503)
        client.sendall(EXPECTING)
        assert to_the_end(client).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")


def test_an_answer_before_the_body_s_end_comes_through() -> None:
    """As servers refuse what is too large: the client may be in the middle of sending."""
    step = reply_before_body(reply(413, b"too large", close=True), drain=True)
    with through(step) as (_, faults), connected(faults) as client:
        client.sendall(b"PUT /b/k HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        assert until(client, b"too large").startswith(b"HTTP/1.1 413 ")
    assert faults.requests[0].status == 413


# -- what isn't HTTP -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"GET /b/k HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
        b"GET /b/k HTTP/1.1\r\nno colon\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["length", "header", "chunk"],
)
def test_what_is_no_http_ends_the_connection(data: bytes) -> None:
    with ScriptedServer(handler=lambda _: reply(200), strict=False) as server:
        with FaultProxy(server.url) as faults, connected(faults) as client:
            client.sendall(data)
            assert to_the_end(client) == b""


def test_a_server_that_speaks_something_else_ends_the_connection() -> None:
    with through(raw(b"220 smtp ready\r\n\r\n", close=True)) as (_, faults):
        with connected(faults) as client:
            client.sendall(b"GET /b/k HTTP/1.1\r\n\r\n")
            assert to_the_end(client) == b""
    assert "isn't HTTP" in faults.requests[0].note


def test_a_server_that_is_down_ends_the_connection() -> None:
    with ScriptedServer() as server:
        url = server.url
    with FaultProxy(url) as faults, connected(faults) as client:
        client.sendall(b"GET /b/k HTTP/1.1\r\n\r\n")
        assert to_the_end(client) == b""
        assert "refused" in faults.requests[0].note.lower()


# -- memory ----------------------------------------------------------------------------------------


def test_a_body_is_never_held_as_a_whole() -> None:
    block, count = bytes(65536), 256

    def endless(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(block) * count))
        for _ in range(count):
            exchange.send(block)
        exchange.close()

    with through(endless) as (_, faults), asking(faults) as connection:
        connection.request("GET", "/b/k")
        answer = connection.getresponse()
        tracemalloc.start()
        try:
            space, left = bytearray(65536), len(block) * count
            while left:
                left -= answer.readinto(space)
            assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
        finally:
            tracemalloc.stop()


def test_no_thread_outlives_it() -> None:
    with through(reply(200, b"x")) as (_, faults), asking(faults) as connection:
        connection.request("GET", "/b/k")
        connection.getresponse().read()
        faults.stop()
        assert not [t for t in threading.enumerate() if t.name.startswith("minio-faults")]


# -- TLS ---------------------------------------------------------------------------------------------


def test_a_server_may_speak_tls() -> None:
    with ScriptedServer([reply(200, b"x" * 200_000)] * 2, tls=True) as server:
        for verify in (server.ca_file, False):
            with FaultProxy(server.url, verify=verify) as faults, asking(faults) as connection:
                connection.request("GET", "/b/k")
                assert len(connection.getresponse().read()) == 200_000


def test_a_server_whose_certificate_nobody_knows_gets_nothing() -> None:
    with ScriptedServer(tls=True) as server, FaultProxy(server.url) as faults:
        with connected(faults) as client:
            client.sendall(b"GET /b/k HTTP/1.1\r\n\r\n")
            assert to_the_end(client) == b""
    assert "certificate" in faults.requests[0].note
    assert server.requests == []
