"""The scripted server does what its steps say, and fails the test where the test was wrong."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import urllib3
from urllib3.exceptions import ProtocolError

from tests.scripted import (
    Exchange,
    Request,
    ScriptedServer,
    dribble,
    drop_after,
    drop_before_body,
    drop_before_reply,
    hang,
    hang_up,
    raw,
    redirect,
    reply,
    reply_before_body,
    s3_error,
    stay_open,
)


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    """A client that retries and follows nothing, one connection kept alive."""
    with urllib3.PoolManager(retries=False, maxsize=1, timeout=10) as manager:
        yield manager


def talk(server: ScriptedServer, *pieces: bytes) -> bytes:
    """Send bytes as they are and read to the end."""
    with socket.create_connection((server.host, server.port), timeout=10) as client:
        for piece in pieces:
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_answers_in_order_and_writes_every_request_down_as_it_came() -> None:
    with ScriptedServer([reply(503, headers={"Retry-After": "2"}), reply(200, b"hello")]) as server:
        answer = talk(
            server,
            b"PUT /a%2Fb/../c?x=%20&y HTTP/1.1\r\nHOST: h\r\nx-B: 1\r\nX-b:  2 \r\n"
            b"Content-Length: 4\r\n\r\nbodyGET /2 HTTP/1.1\r\n\r\n",
        )
    assert answer == (
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    )
    first, second = server.requests
    assert first.line == b"PUT /a%2Fb/../c?x=%20&y HTTP/1.1"
    assert (first.method, first.target) == ("PUT", "/a%2Fb/../c?x=%20&y")
    assert (first.path, first.query) == ("/a%2Fb/../c", "x=%20&y")
    assert first.headers == [("HOST", "h"), ("x-B", "1"), ("X-b", "2"), ("Content-Length", "4")]
    assert (first.header("host"), first.header_all("X-B")) == ("h", ["1", "2"])
    assert (first.body, first.complete) == (b"body", True)
    assert (second.path, second.query, second.header("host")) == ("/2", "", None)
    assert (first.connection, second.connection, server.connections) == (1, 1, 1)


def test_asking_for_the_one_value_of_a_repeated_header_fails() -> None:
    request = Request(1, b"GET / HTTP/1.1", [("A", "1"), ("a", "2")])
    with pytest.raises(AssertionError, match="sent 2 times"):
        request.header("a")


def test_reads_chunked_bodies_and_their_trailers() -> None:
    with ScriptedServer([reply(204)]) as server:
        talk(
            server,
            b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n",
            b"x-sum: 1\r\n\r\n",
        )
    assert server.requests[0].body == b"abcde"
    assert server.requests[0].trailers == [("x-sum", "1")]


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 9\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]
)
def test_a_body_that_the_client_broke_off_is_kept_and_marked(framing: bytes) -> None:
    with ScriptedServer([reply(200)]) as server:
        assert talk(server, b"PUT / HTTP/1.1\r\n" + framing) == b""
    assert (server.requests[0].body, server.requests[0].complete) == (b"abc", False)


def test_a_function_can_answer_instead_of_a_script(http: urllib3.PoolManager) -> None:
    with ScriptedServer(handler=lambda request: reply(200, request.body[::-1])) as server:
        for _ in range(3):
            assert http.request("POST", server.url, body=b"abc").data == b"cba"
    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_any_function_of_an_exchange_is_a_step(http: urllib3.PoolManager) -> None:
    def shout(exchange: Exchange) -> None:
        reply(200, exchange.read_body().upper(), close=True)(exchange)

    with ScriptedServer([shout]) as server:
        assert http.request("PUT", server.url, body=b"abc").data == b"ABC"


@pytest.mark.parametrize("status", [204, 304])
def test_answers_that_have_no_body_have_none(http: urllib3.PoolManager, status: int) -> None:
    with ScriptedServer([reply(status, b"no"), reply(200, b"12345")]) as server:
        assert http.request("GET", server.url).data == b""
        answer = http.request("HEAD", server.url)
    assert (answer.headers["Content-Length"], answer.data) == ("5", b"")


def test_chunked_replies_and_repeated_headers(http: urllib3.PoolManager) -> None:
    headers = [("X-A", "1"), ("X-A", "2")]
    with ScriptedServer([reply(200, b"abc", headers=headers, chunked=True)]) as server:
        answer = http.request("GET", server.url)
    assert (answer.data, answer.headers.getlist("x-a")) == (b"abc", ["1", "2"])


def test_a_reply_without_a_length_ends_with_its_connection(http: urllib3.PoolManager) -> None:
    with ScriptedServer([reply(200, b"abc", content_length=None), reply(200)]) as server:
        assert http.request("GET", server.url).data == b"abc"
        http.request("GET", server.url)
    assert server.connections == 2


def test_a_reply_can_promise_more_than_it_sends(http: urllib3.PoolManager) -> None:
    with (
        ScriptedServer([reply(200, b"abc", content_length=999)]) as server,
        pytest.raises(ProtocolError, match=r"3 bytes read, 996 more expected"),
    ):
        http.request("GET", server.url)


def test_odd_statuses_and_reasons() -> None:
    with ScriptedServer([reply(599), reply(200, reason="Fine")]) as server:
        answer = talk(server, b"GET / HTTP/1.1\r\n\r\n" * 2)
    assert answer.startswith(b"HTTP/1.1 599 Unknown\r\n")
    assert b"HTTP/1.1 200 Fine\r\n" in answer


def test_redirects_and_s3_errors(http: urllib3.PoolManager) -> None:
    with ScriptedServer([redirect("http://elsewhere/"), s3_error(404, "NoSuchKey")]) as server:
        answer = http.request("GET", server.url, redirect=False)
        assert (answer.status, answer.headers["Location"]) == (307, "http://elsewhere/")
        answer = http.request("GET", server.url)
    assert answer.headers["Content-Type"] == "application/xml"
    assert b"<Code>NoSuchKey</Code>" in answer.data


def test_raw_bytes_are_sent_as_they_are() -> None:
    with ScriptedServer([raw(b"nonsense"), raw(b"!", close=True)]) as server:
        assert talk(server, b"GET / HTTP/1.1\r\n\r\n" * 3) == b"nonsense!"


def test_hang_up_leaves_the_client_with_a_stale_connection() -> None:
    with ScriptedServer([hang_up(reply(200, b"abc"))]) as server:
        answer = talk(server, b"GET / HTTP/1.1\r\n\r\n")
    assert answer.endswith(b"abc")
    assert b"close" not in answer


@pytest.mark.parametrize("reset", [False, True])
def test_drop_before_reply_takes_the_request_first(http: urllib3.PoolManager, reset: bool) -> None:
    with ScriptedServer([drop_before_reply(reset=reset)]) as server:
        with pytest.raises(ProtocolError, match="reset by peer" if reset else "without response"):
            http.request("PUT", server.url, body=b"abc")
    assert server.requests[0].body == b"abc"


def test_drop_before_body_takes_the_head_only(http: urllib3.PoolManager) -> None:
    with ScriptedServer([drop_before_body()]) as server, pytest.raises(ProtocolError):
        http.request("PUT", server.url, body=b"x" * 10_000_000)
    assert server.requests[0].complete is False


def test_drop_after_sends_so_many_bytes_of_the_body(http: urllib3.PoolManager) -> None:
    with ScriptedServer([drop_after(bytes=100)]) as server:
        with pytest.raises(ProtocolError, match=r"100 bytes read"):
            http.request("GET", server.url)


def test_dribbled_replies_are_whole(http: urllib3.PoolManager) -> None:
    with ScriptedServer([dribble(reply(200, b"abc", close=True)), dribble(reply(200))]) as server:
        assert http.request("GET", server.url).data == b"abc"
        assert http.request("GET", server.url).data == b""


def test_a_reply_before_the_body_leaves_the_connection_good(http: urllib3.PoolManager) -> None:
    with ScriptedServer([reply_before_body(reply(403, b"no")), reply(200)]) as server:
        assert http.request("PUT", server.url, body=b"x" * 1_000_000).status == 403
        assert http.request("GET", server.url).status == 200
    assert [request.connection for request in server.requests] == [1, 1]
    assert len(server.requests[0].body) == 1_000_000


def test_a_reply_before_the_body_can_close_the_connection() -> None:
    with ScriptedServer([reply_before_body(reply(403), drain=False)]) as server:
        answer = talk(server, b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert server.requests[0].complete is False


def test_a_body_that_waits_for_an_invitation_is_invited() -> None:
    head = b"PUT / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with ScriptedServer([reply(200), reply_before_body(reply(403))]) as server:
        answer = talk(server, head, b"abc", head, b"abc")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answer.count(b"100 Continue") == 1


def test_hang_waits_for_its_event(http: urllib3.PoolManager) -> None:
    event = threading.Event()

    def release() -> None:
        server.wait_for(1)
        event.set()

    with ScriptedServer([hang(until=event, then=reply(200, b"late"))]) as server:
        threading.Thread(target=release).start()
        assert http.request("GET", server.url).data == b"late"


def test_hang_ends_with_the_test() -> None:
    with ScriptedServer([hang()]) as server:
        client = socket.create_connection((server.host, server.port), timeout=10)
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        server.wait_for(1)
    with client:
        assert client.recv(1) == b""


def test_what_stays_open_ends_with_the_test() -> None:
    with ScriptedServer([stay_open(reply(200, b"first", content_length=None))]) as server:
        client = socket.create_connection((server.host, server.port), timeout=10)
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        found = b""
        while not found.endswith(b"\r\n\r\nfirst"):
            found += client.recv(100)
    with client:
        assert client.recv(1) == b""


def test_tls_with_a_certificate_that_only_its_own_authority_vouches_for() -> None:
    with ScriptedServer([reply(200, b"safe")], tls=True) as server:
        assert server.url.startswith("https://")
        with urllib3.PoolManager(ca_certs=server.ca_file, retries=False) as http:
            assert http.request("GET", server.url).data == b"safe"
        with urllib3.PoolManager(retries=False) as http:
            with pytest.raises(urllib3.exceptions.SSLError):
                http.request("GET", server.url)
        # Neither silence nor plain text on a TLS port keeps the server from ending.
        silent = socket.create_connection((server.host, server.port))
        with contextlib.suppress(OSError):
            talk(server, b"GET / HTTP/1.1\r\n\r\n")
    silent.close()


def test_tls_for_another_host_name() -> None:
    with ScriptedServer(tls=True, tls_names=("elsewhere.example",)) as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        with socket.create_connection((server.host, server.port)) as client:
            with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
                context.wrap_socket(client, server_hostname=server.host)


def test_a_request_too_many_is_answered_500_and_fails_the_test(http: urllib3.PoolManager) -> None:
    with pytest.raises(AssertionError, match="script was over.*GET /extra HTTP"):
        with ScriptedServer() as server:
            answer = http.request("GET", server.url + "/extra")
            assert answer.status == 500
            assert b"The script is over" in answer.data


def test_a_step_too_many_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="last 2 of the steps"), ScriptedServer([reply()] * 2):
        pass


def test_a_server_that_is_not_strict_takes_both(http: urllib3.PoolManager) -> None:
    with ScriptedServer(strict=False) as server:
        assert http.request("GET", server.url).status == 500
    with ScriptedServer([reply()], strict=False):
        pass


def test_a_mistake_in_a_step_fails_the_test(http: urllib3.PoolManager) -> None:
    def wrong(exchange: Exchange) -> None:
        raise KeyError("oops")

    with pytest.raises(AssertionError, match="scripted server itself") as failure:
        with ScriptedServer([wrong]) as server, contextlib.suppress(ProtocolError):
            http.request("GET", server.url)
    assert isinstance(failure.value.__cause__, KeyError)


def test_the_failure_of_a_test_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), ScriptedServer([reply()]):
        raise ZeroDivisionError
