"""Proxies of the environment and of the configuration, with a real one that writes down what it sees."""

from __future__ import annotations

import contextlib
import gc
import logging
import re
import socket
import sys
import threading
import traceback
from base64 import b64encode
from collections.abc import Iterator

import pytest

from minio_sdk import Config, MinIOConnectionError, NotSupportedError, ValidationError
from minio_sdk.transport.proxies import check_unchanged_by, find_proxy
from minio_sdk.wire.message import Request
from minio_sdk.wire.url import parse_endpoint
from tests.both import Connect, both, stored
from tests.clock import FakeClock
from tests.scripted import Exchange, ScriptedServer, Step, drop_before_reply, reply

# http.client of Python 3.10 forgets to close the answer of a proxy that refuses a tunnel.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:unclosed <socket\.socket \[closed\]:ResourceWarning"
)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """What only the collector closes is collected here, and not in somebody else's test."""
    yield
    gc.collect()


FAR = "http://minio.example:9000"
FAR_TLS = "https://minio.example:9000"


def found(url: str, proxies: dict[str, str] | None = None) -> str | None:
    return find_proxy(Config(url, None, proxies=proxies), parse_endpoint(url))


# --- which proxy ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_the_environment_names_a_proxy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://proxy:3128")
    assert found(FAR) == "http://proxy:3128"
    assert found(FAR_TLS) == ("http://proxy:3128" if "all" in name.lower() else None)


def test_the_environment_may_leave_out_the_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    assert found(FAR_TLS) == "http://proxy:3128"


@pytest.mark.parametrize(
    "url", ["http://localhost:9000", "http://127.0.0.1", "https://127.8.9.1", "http://[::1]:9000"]
)
def test_a_loopback_server_is_never_behind_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy:3128")
    assert found(url) is None


@pytest.mark.parametrize(
    "no_proxy, direct",
    [
        ("minio.example", True),
        ("example", True),
        (".example", True),
        ("other.example, minio.example", True),
        ("minio.example:9000", True),
        ("minio.example:9001", False),
        ("inio.example", False),
        ("minio.example.org", False),
        ("*", True),
        ("", False),
        ("10.0.0.0/8", False),
    ],
)
def test_no_proxy_takes_names_out(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, direct: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert found(FAR) == (None if direct else "http://proxy:3128")


@pytest.mark.parametrize(
    "no_proxy, direct",
    [
        ("10.1.2.3", True),
        ("10.0.0.0/8", True),
        ("a, 10.1.2.0/24 ,b", True),
        ("10.1.3.0/24", False),
        ("fd00::/8", False),
        ("10.0.0.0/99", False),
    ],
)
def test_no_proxy_takes_addresses_out(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, direct: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert found("http://10.1.2.3:9000") == (None if direct else "http://proxy:3128")


def test_the_configuration_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://theirs:1")
    monkeypatch.setenv("NO_PROXY", "*")
    assert found(FAR, {"http": "http://ours:2"}) == "http://ours:2"
    assert found(FAR, {"http://minio.example": "http://ours:3", "http": "http://ours:2"}) == (
        "http://ours:3"
    )
    assert found(FAR, {"all": "http://ours:4"}) == "http://ours:4"
    assert found(FAR, {"https": "http://ours:5"}) is None
    assert found(FAR, {}) is None
    assert found("http://localhost:9000", {"http": "http://ours:2"}) == "http://ours:2"


@pytest.mark.parametrize("path", ["/b/../c", "/b/.", "/./b", "/b/..", "/b//../c"])
def test_dots_are_refused_over_a_proxy_that_reads_the_url(path: str) -> None:
    request = Request("GET", path)
    with pytest.raises(ValidationError, match="which an HTTP proxy may resolve"):
        check_unchanged_by("http://proxy:3128", parse_endpoint(FAR), request)
    for proxy, url in ((None, FAR), ("http://proxy:3128", FAR_TLS), ("socks5://proxy:1080", FAR)):
        check_unchanged_by(proxy, parse_endpoint(url), request)


@pytest.mark.parametrize("path", ["/b/..a", "/b/a..", "/b/...", "/b/%2e%2e", "//", "/b/a.b"])
def test_what_only_looks_like_dots_may_pass(path: str) -> None:
    check_unchanged_by("http://proxy:3128", parse_endpoint(FAR), Request("GET", path))


# --- through one ---------------------------------------------------------------------------------


@both
def test_a_plain_proxy_sees_the_whole_url_byte_for_byte(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer([stored(b"1"), stored()]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with connect(FAR) as client:
            assert client.get_object("docs", "a b+c%2F/ü?#") == b"1"
            client.put_object("docs", "a", b"x" * 100_000)
            with pytest.raises(ValidationError, match="has a '.' or '..' between slashes"):
                client.get_object("docs", "../other-docs/a")
    get, put = proxy.requests
    assert get.target == f"{FAR}/acme-docs/a%20b%2Bc%252F/%C3%BC%3F%23"
    assert put.target == f"{FAR}/acme-docs/a"
    assert put.body == b"x" * 100_000
    for request in proxy.requests:
        assert request.header("Host") == "minio.example:9000"
        assert (request.header("Authorization") or "").startswith("AWS4-HMAC-SHA256 ")
        assert request.header("X-Tenant-ID") == "acme"


@both
def test_a_loopback_server_is_reached_directly(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer() as proxy, ScriptedServer([stored(b"x")]) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with connect(server) as client:
            assert client.get_object("docs", "a") == b"x"


@both
def test_a_proxy_by_configuration_serves_a_loopback_server_too(connect: Connect) -> None:
    with ScriptedServer([stored(b"x")]) as proxy:
        with connect("http://127.0.0.1:9", proxies={"http": proxy.url}) as client:
            assert client.get_object("docs", "a") == b"x"
    assert proxy.requests[0].target == "http://127.0.0.1:9/acme-docs/a"


@both
def test_failures_behind_a_proxy_are_tried_again_once_each(connect: Connect) -> None:
    clock = FakeClock()
    script: list[Step] = [reply(502), drop_before_reply(), stored(b"x")]
    with ScriptedServer(script) as proxy:
        with connect(FAR, clock=clock, proxies={"http": proxy.url}) as client:
            assert client.get_object("docs", "a") == b"x"
    assert clock.slept == [1, 2]


def tunnel(to: ScriptedServer) -> Step:
    """A step that answers CONNECT and passes bytes on, both ways."""

    def step(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        client = exchange._connection.socket
        with socket.create_connection((to.host, to.port), timeout=10) as server:

            def back() -> None:
                with contextlib.suppress(OSError):
                    while data := server.recv(65536):
                        client.sendall(data)
                    client.shutdown(socket.SHUT_WR)

            thread = threading.Thread(target=back)
            thread.start()
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    server.sendall(data)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(10)
        exchange.close()

    return step


@both
def test_https_goes_through_a_tunnel_in_which_the_proxy_reads_nothing(connect: Connect) -> None:
    with ScriptedServer(
        [stored(b"1"), stored(b"2")], tls=True, tls_names=("minio.example",)
    ) as far:
        with ScriptedServer([tunnel(far)]) as proxy:
            proxies = {"https": proxy.url.replace("://", "://us%40er:pa%3Ass@")}
            with connect(FAR_TLS, proxies=proxies, verify=far.ca_file) as client:
                assert client.get_object("docs", "a") == b"1"
                assert client.get_object("docs", "../b") == b"2"
    (connected,) = proxy.requests
    assert connected.line.startswith(b"CONNECT minio.example:9000 HTTP/1.")
    names = {name.lower() for name, _ in connected.headers}
    assert not names & {"authorization", "x-tenant-id", "x-amz-date"}
    secret = b64encode(b"us@er:pa:ss").decode()
    assert connected.header("Proxy-Authorization") == f"Basic {secret}"
    assert [request.target for request in far.requests] == ["/acme-docs/a", "/acme-docs/../b"]
    assert [request.header("Proxy-Authorization") for request in far.requests] == [None, None]


@both
def test_a_proxys_password_goes_to_the_proxy_and_into_no_error_or_log(
    connect: Connect, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    basic = b64encode(b"user:the-password").decode()
    script: list[Step] = [stored(), drop_before_reply(), reply(407), reply(407, close=True)]
    with ScriptedServer(script) as proxy:
        address = proxy.url.replace("://", "://user:the-password@")
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("HTTPS_PROXY", address)
        with connect(FAR, max_retries=0) as client, connect(FAR_TLS, max_retries=0) as secure:
            texts += [repr(client), repr(secure), repr(client.config)]
            client.get_object("docs", "a")
            for caller in (client, client, secure):
                with pytest.raises(Exception) as caught:  # noqa: PT011 (three kinds; the text counts)
                    caller.get_object("docs", "a")
                texts += [*traceback.format_exception(caught.value), repr(caught.value)]
    assert proxy.requests[0].header("Proxy-Authorization") == f"Basic {basic}"
    everything = "\n".join([*texts, caplog.text])
    assert "the-password" not in everything
    assert basic not in everything


# --- errors that name the culprit ----------------------------------------------------------------


@both
@pytest.mark.parametrize("url", [FAR, FAR_TLS])
def test_a_proxy_that_is_not_there_is_named_and_not_the_server(connect: Connect, url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        proxies = {"all": f"http://user:pw@127.0.0.1:{port}"}
        with connect(url, proxies=proxies, max_retries=0) as client:
            with pytest.raises(MinIOConnectionError) as caught:
                client.get_object("docs", "a")
    assert f"nothing listens on the proxy 127.0.0.1:{port}" in str(caught.value)
    assert "Try: check proxies, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY" in str(caught.value)


@both
def test_a_proxy_whose_name_nobody_knows(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with connect(FAR, proxies={"http": "http://prxy.example:3128"}, max_retries=0) as client:
        with pytest.raises(MinIOConnectionError, match=r"proxy's host name 'prxy\.example' can't"):
            client.get_object("docs", "a")


@both
def test_a_proxy_that_refuses_a_tunnel(connect: Connect) -> None:
    with ScriptedServer([reply(407, close=True)]) as proxy:
        with connect(FAR_TLS, proxies={"https": proxy.url}, max_retries=0) as client:
            with pytest.raises(MinIOConnectionError) as caught:
                client.get_object("docs", "a")
    words = "the proxy refused: (407 )?Proxy Authentication Required"
    assert re.fullmatch(words, caught.value.message)


@both
def test_a_socks_proxy_without_what_it_needs_is_refused_in_words(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    with connect(FAR, proxies={"all": "socks5://127.0.0.1:1"}) as client:
        with pytest.raises(NotSupportedError, match="SOCKS proxy") as caught:
            client.get_object("docs", "a")
    assert "proxies={}" in str(caught.value)
