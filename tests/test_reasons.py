"""Why there was no usable answer, in one line, the same on both clients; and no secret in any of it."""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import socket
import ssl
import threading
import traceback
from collections.abc import Iterator

import pytest

from minio_sdk import Credentials, MinIOConnectionError, MinIOError, MinIOTimeoutError
from minio_sdk.reasons import chain, explain, unreached
from minio_sdk.wire.url import parse_endpoint
from tests.both import ACCESS_KEY, SECRET_KEY, TOKEN, Connect, both, stored
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    ScriptedServer,
    Step,
    drop_after,
    drop_before_reply,
    hang,
    raw,
    redirect,
    reply,
    s3_error,
)


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nothing listens, and on which nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """A port that says one of these to each who sends anything at all, then closes."""

    def serve() -> None:
        for answer in answers:
            with listener.accept()[0] as connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def failure(
    connect: Connect, url: str | ScriptedServer, clock: FakeClock | None = None, **fields: object
) -> MinIOConnectionError:
    """The error of one call."""
    with connect(url, clock=clock, **fields) as client:
        with pytest.raises(MinIOConnectionError) as caught:
            client.get_object("docs", "a")
    error = caught.value
    assert "\n" not in str(error)
    assert error.operation == "GetObject"
    return error


# --- what, where, why, what to try ---------------------------------------------------------------


@both
def test_nothing_listens(connect: Connect) -> None:
    with closed_port() as port:
        error = failure(connect, f"http://127.0.0.1:{port}", clock := FakeClock())
    assert str(error) == (
        f"GetObject 'docs/a' failed at http://127.0.0.1:{port}: nothing listens on 127.0.0.1:{port} "
        "[tenant 'acme', 4 attempts]. "
        "Try: is the server started? check host and port of base_url"
    )
    assert clock.slept == [1, 2, 4]  # it may be starting up


@both
def test_a_host_name_that_nobody_knows(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(connect, "http://minoi.example:9000", max_retries=0)
    assert "the host name 'minoi.example' can't be resolved" in str(error)
    assert "Try: check base_url's spelling and this computer's DNS" in str(error)


@both
@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"]
)
def test_https_to_a_port_without_tls_is_not_tried_again(connect: Connect, answer: bytes) -> None:
    with answering(answer) as port:
        error = failure(connect, f"https://127.0.0.1:{port}", clock := FakeClock())
    assert "the server doesn't speak TLS on this port" in str(error)
    assert f"Try: http://127.0.0.1:{port}" in str(error)
    assert (clock.slept, error.attempts) == ([], 1)


@both
def test_http_to_a_port_with_tls(connect: Connect) -> None:
    with ScriptedServer(tls=True) as server:
        error = failure(connect, server.url.replace("https", "http"), max_retries=1)
    assert "https:// in place of http://" in str(error)


@both
def test_http_to_a_port_with_tls_that_answers_with_an_alert(connect: Connect) -> None:
    with answering(b"\x15\x03\x01\x00\x02\x02\x46") as port:
        error = failure(connect, f"http://127.0.0.1:{port}", max_retries=0)
    assert "what came back is not HTTP" in str(error)
    assert "https:// in place of http:// if the server speaks TLS" in str(error)


@both
def test_a_certificate_that_nobody_trusts_is_not_tried_again(connect: Connect) -> None:
    with ScriptedServer(tls=True) as server:
        error = failure(connect, server.url, clock := FakeClock())
    assert "the server's TLS certificate is not trusted: " in str(error)
    assert "Try: verify='/path/to/ca.pem' with the authority that signed it" in str(error)
    assert (clock.slept, error.attempts, error.permanent) == ([], 1, True)


@both
def test_a_certificate_for_another_name_is_not_tried_again(connect: Connect) -> None:
    with ScriptedServer(tls=True, tls_names=("elsewhere.example",)) as server:
        error = failure(connect, server, clock := FakeClock())
    assert "the server's TLS certificate is not trusted: " in str(error)
    assert re.search(r"127\.0\.0\.1|IP address mismatch", str(error))
    assert clock.slept == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@both
@pytest.mark.parametrize("verify", ["ca", False])
def test_a_trusted_certificate_and_none_asked_for(connect: Connect, verify: str | bool) -> None:
    with ScriptedServer([stored(b"safe")], tls=True) as server:
        fields = {"verify": server.ca_file if verify else False}
        with connect(server.url, **fields) as client:
            assert client.get_object("docs", "a") == b"safe"


@both
@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9.6\r\n", b"220 ftp ready\r\n", b"\0" * 100, b"HTTP/1.1 abc\r\n\r\n"],
)
def test_something_else_than_http(connect: Connect, answer: bytes) -> None:
    with ScriptedServer([raw(answer, close=True)]) as server:
        error = failure(connect, server, max_retries=0)
    assert "what came back is not HTTP" in str(error)
    assert "check the port" in str(error)


@both
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_ends_before_the_answer(connect: Connect, reset: bool) -> None:
    with ScriptedServer([drop_before_reply(reset=reset)]) as server:
        error = failure(connect, server, max_retries=0)
    assert re.search("dropped the connection|closed the connection before its answer", str(error))


@both
@pytest.mark.parametrize("bytes_sent", [0, 100])
def test_a_connection_that_ends_within_the_answer(connect: Connect, bytes_sent: int) -> None:
    with ScriptedServer([drop_after(stored(b"x" * 1000), bytes=bytes_sent)]) as server:
        error = failure(connect, server, max_retries=0)
    assert "the server closed the connection before its answer was whole" in str(error)


@both
def test_no_answer_in_time(connect: Connect) -> None:
    with ScriptedServer([hang()]) as server:
        error = failure(connect, server, max_retries=0, timeout=0.1)
    assert isinstance(error, MinIOTimeoutError)
    assert isinstance(error, TimeoutError)
    assert "no answer in time" in str(error)
    assert "Try: a larger timeout" in str(error)


@both
def test_no_rest_of_an_answer_in_time(connect: Connect) -> None:
    def stop_midway(exchange: Exchange) -> None:
        exchange.send(stored(b"x" * 1000).head(exchange.request) + b"x" * 100)
        hang()(exchange)

    with ScriptedServer([stop_midway]) as server:
        error = failure(connect, server, max_retries=0, timeout=0.1)
    assert isinstance(error, MinIOTimeoutError)


@both
def test_no_connection_in_time(connect: Connect) -> None:
    """A server whose queue of connections is full answers to nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(address)
            error = failure(
                connect, f"http://127.0.0.1:{address[1]}", max_retries=0, connect_timeout=0.1
            )
    assert isinstance(error, MinIOTimeoutError)


@both
def test_an_exception_that_the_caller_is_handling_explains_nothing(connect: Connect) -> None:
    """Python links it as context to whatever is raised meanwhile, and it may be anything at all."""
    with ScriptedServer([hang(), drop_before_reply()]) as server:
        for theirs in (ConnectionRefusedError("redis"), ssl.SSLCertVerificationError("theirs")):
            try:
                raise theirs
            except OSError:
                error = failure(connect, server, max_retries=0, timeout=0.1)
            assert not error.permanent
            assert re.search("no answer in time|(dropped|closed) the connection", str(error))


def test_a_chain_of_causes_may_be_a_circle() -> None:
    first, second = ValueError("1"), KeyError("2")
    first.__cause__, second.__cause__ = second, first
    assert list(chain(first)) == [first, second]


@pytest.mark.parametrize(
    "error, words",
    [
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "the network has no way there"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "the network has no way there"),
        (ConnectionResetError(104, "reset"), "the server dropped the connection"),
        (BrokenPipeError(32, "Broken pipe"), "the server dropped the connection"),
        (ssl.SSLError(1, "[SSL] tlsv1 alert unknown ca"), "TLS failed"),
        (RuntimeError("something new"), "RuntimeError: something new"),
    ],
)
def test_other_reasons(error: Exception, words: str) -> None:
    found = explain(error, parse_endpoint("http://server:9000"), timed_out=False)
    assert words in str(found)
    assert not found.permanent


def test_nobody_is_told_to_ask_for_keys_in_plain_text() -> None:
    """What is sent for them is a password, or a token: all that is signed for `base_url` is less."""
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    found = unreached(error, parse_endpoint("https://sts:9000"), called="the endpoint")
    assert found is not None
    assert found.hint == "check scheme, host and port of the endpoint"


# --- secrets -------------------------------------------------------------------------------------

TROUBLE: list[Step] = [
    *(drop_before_reply(), drop_after(bytes=10), raw(b"what?\r\n\r\n", close=True), reply(503)),
    *(s3_error(403, "SignatureDoesNotMatch"), s3_error(400, "InvalidArgument"), hang()),
    *(redirect("http://elsewhere.example/"), reply(200, b"<html>"), raw(b"HTTP/1.1 200\r\n\r\n")),
]


@both
def test_no_secret_in_any_error_traceback_or_log(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Also not in what urllib3, requests, aiohttp and asyncio log at their most talkative."""
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    keys = Credentials(ACCESS_KEY, SECRET_KEY, TOKEN)
    with ScriptedServer(TROUBLE * 2, strict=False) as server:
        with connect(server, credentials=keys, max_retries=0, timeout=0.2) as client:
            texts.append(repr(client.config))
            for _ in range(2 * len(TROUBLE)):
                with pytest.raises(MinIOError) as caught:
                    client.put_object("docs", "a", b"x", content_type="text/plain")
                error = caught.value
                texts += [str(error), repr(error), repr(error.__dict__)]
                texts += traceback.format_exception(error)
                texts += [repr(cause.args) for cause in chain(error)]
        sent = " ".join(request.header("Authorization") or "" for request in server.requests)
    signatures = re.findall(r"Signature=([0-9a-f]+)", sent)
    assert len(signatures) == 2 * len(TROUBLE)
    everything = "\n".join([*texts, caplog.text, *(str(record.args) for record in caplog.records)])
    for secret in (SECRET_KEY, TOKEN, *signatures):
        assert secret not in everything
    assert len(everything) > 10_000  # something was looked at


@both
@pytest.mark.parametrize("fault", ["nobody there", "while sending"])
def test_no_secret_in_a_traceback_that_shows_local_variables(
    connect: Connect, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As error trackers make them: the `repr` of every local variable of every frame."""

    def fail(*_: object) -> None:
        raise OSError(errno.ECONNABORTED, "Software caused connection abort")

    keys = Credentials(ACCESS_KEY, SECRET_KEY, TOKEN)
    with closed_port() as port:
        if fault == "while sending":
            # http.client has the whole head, as bytes, in the frame from which it sends.
            monkeypatch.setattr("minio_sdk.transport.connections._SendsInBlocks.send", fail)
        with connect(f"http://127.0.0.1:{port}", credentials=keys, max_retries=1) as client:
            with pytest.raises(MinIOConnectionError) as caught:
                client.get_object("docs", "a")
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(trace.format())
    assert "attempt" in text
    for secret in (SECRET_KEY, TOKEN, "Signature="):
        assert [line for line in text.splitlines() if secret in line] == []
