"""The blocking transport, and `TenantAdapter` on a session of somebody's own."""

from __future__ import annotations

import _thread
import gc
import hashlib
import hmac
import io
import json
import pickle
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import pytest
import requests
import responses

from minio_sdk import (
    MinIOClient,
    MinIOTimeoutError,
    ObjectNotFoundError,
    TenantAdapter,
)
from minio_sdk.blocking import run
from minio_sdk.transport.connections import _HTTPConnection, timeouts
from minio_sdk.transport.http_requests import RequestsTransport
from tests.both import SECRET_KEY, TOKEN, Connect, blocking, both, config_for, stored
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    Request,
    ScriptedServer,
    Step,
    drop_after,
    drop_before_reply,
    hang,
    redirect,
    reply,
    s3_error,
)
from tests.stored import Stored

FAILED = reply(503)


def verified(request: Request) -> bool:
    """Whether a server that knows the secret accepts the signature, by what really came."""
    fields = dict(
        part.split("=", 1)
        for part in (request.header("Authorization") or "").partition(" ")[2].split(", ")
    )
    names = fields["SignedHeaders"].split(";")
    query = sorted(
        (quote(name, safe="~"), quote(value, safe="~"))
        for name, value in parse_qsl(request.query, keep_blank_values=True)
    )
    canonical = "\n".join(
        [
            request.method,
            quote(unquote(request.path), safe="/~"),
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{' '.join((request.header(name) or '').split())}" for name in names),
            "",
            fields["SignedHeaders"],
            request.header("x-amz-content-sha256") or "",
        ]
    )
    scope = fields["Credential"].split("/", 1)[1]
    key = f"AWS4{SECRET_KEY}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{request.header('x-amz-date')}\n{scope}\n{digest}"
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, fields["Signature"])


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


def mounted(
    session: requests.Session, server: ScriptedServer, clock: FakeClock | None = None, **fields: Any
) -> requests.Session:
    """The user's session with our adapter on the server's URL."""
    adapter = TenantAdapter(config_for(server, **fields), clock=clock or FakeClock())
    session.mount(server.url, adapter)
    return session


# --- a session of one's own ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/acme-docs/a.txt",
        "/acme-docs/a b+c!(x)*'",
        "/acme-docs/ü/日本",
        "/acme-docs/a%2Fb%20c%25",
        "/acme-docs//a//",
        "/acme-docs/?list-type=2&prefix=a%20b%2Fc&x",
        "/?b=2&a=1&a=0&c=x+y",
        "",
    ],
)
def test_requests_are_signed_as_they_are_and_have_the_tenant(
    session: requests.Session, path: str
) -> None:
    with ScriptedServer([stored(b"x")]) as server:
        answer = mounted(session, server).get(server.url + path)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (200, b"x", '"e1"')
    request = server.requests[0]
    assert request.header("X-Tenant-ID") == "acme"
    assert "x-tenant-id" in (request.header("Authorization") or "")
    assert verified(request)


def test_parameters_headers_and_auth_of_the_session_do_not_break_the_signature(
    session: requests.Session,
) -> None:
    session.headers["X-Amz-Meta-Color"] = "very   red "
    session.auth = ("somebody", "else")
    session.cookies.set("a", "1", domain="127.0.0.1")
    session.params = {"versions": "", "prefix": "a b/ü&=+"}
    with ScriptedServer([stored()]) as server:
        mounted(session, server).get(server.url + "/acme-docs", headers={"Range": "bytes=0-1"})
    request = server.requests[0]
    signed = request.header("Authorization") or ""
    assert "range;x-amz-content-sha256;x-amz-date;x-amz-meta-color;x-tenant-id" in signed
    assert verified(request)


def test_each_try_is_signed_afresh(session: requests.Session) -> None:
    clock = FakeClock()
    with ScriptedServer([FAILED, drop_before_reply(), stored(b"x")]) as server:
        answer = mounted(session, server, clock).put(server.url + "/acme-docs/a", data=b"body")
    assert answer.content == b"x"
    assert clock.slept == [1, 2]
    assert [request.body for request in server.requests] == [b"body"] * 3
    assert all(verified(request) for request in server.requests)
    assert len({request.header("Authorization") for request in server.requests}) == 3


@pytest.mark.parametrize(
    "arguments, body",
    [
        ({"data": b"x" * 100_000}, b"x" * 100_000),
        ({"data": "text ü"}, "text ü".encode()),
        ({"data": {"a": "1 2"}}, b"a=1+2"),
        ({"json": {"a": [1]}}, json.dumps({"a": [1]}).encode()),
        ({"data": bytearray(b"abc")}, b"abc"),
    ],
    ids=["bytes", "text", "form", "json", "bytearray"],
)
def test_bodies_in_memory_are_sent_again(
    session: requests.Session, arguments: dict[str, Any], body: bytes
) -> None:
    with ScriptedServer([FAILED, stored()]) as server:
        mounted(session, server).post(server.url + "/acme-docs/a", **arguments)
    for request in server.requests:
        assert request.body.replace(b'": ', b'":') == body.replace(b'": ', b'":')
        assert request.header("x-amz-content-sha256") == hashlib.sha256(request.body).hexdigest()
        assert verified(request)


@pytest.mark.parametrize("kind", ["file", "generator"])
def test_bodies_that_are_streams_are_sent_once(session: requests.Session, kind: str) -> None:
    data: Any = io.BytesIO(b"abc") if kind == "file" else (part for part in (b"ab", b"c"))
    with ScriptedServer([FAILED]) as server:
        answer = mounted(session, server).put(server.url + "/acme-docs/a", data=data)
    assert answer.status_code == 503
    request = server.requests[0]
    assert request.body == b"abc"
    assert request.header("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"
    assert verified(request)


def test_a_bad_status_is_a_response_as_requests_users_expect(session: requests.Session) -> None:
    refusal = s3_error(404, "NoSuchKey")
    with ScriptedServer([*[FAILED] * 3, reply(503, b"why"), refusal]) as server:
        mounted(session, server)
        answer = session.get(server.url + "/acme-docs/a")
        assert (answer.status_code, answer.content, answer.text) == (503, b"why", "why")
        answer = session.get(server.url + "/acme-docs/a", stream=True)
        with pytest.raises(requests.HTTPError, match="404"):
            answer.raise_for_status()
    assert answer.content == refusal.body
    assert b"".join(answer.iter_content(10)) == refusal.body


def test_failures_are_exceptions_of_requests(session: requests.Session) -> None:
    clock = FakeClock()
    with ScriptedServer([drop_before_reply(), drop_before_reply(), hang()]) as server:
        mounted(session, server, clock, max_retries=1)
        with pytest.raises(requests.ConnectionError):
            session.get(server.url + "/acme-docs/a")
        assert clock.slept == [1]
        session.get_adapter(server.url).policy.max_retries = 0  # type: ignore[attr-defined]
        with pytest.raises(requests.ReadTimeout):
            session.get(server.url + "/acme-docs/a", timeout=0.05)


def test_a_certificate_that_is_not_trusted_is_an_ssl_error_at_once(
    session: requests.Session,
) -> None:
    clock = FakeClock()
    with ScriptedServer(tls=True) as server:
        mounted(session, server, clock, verify=True)
        with pytest.raises(requests.exceptions.SSLError):
            session.get(server.url + "/acme-docs/a")
    assert clock.slept == []


def test_a_stream_is_left_to_its_reader(session: requests.Session) -> None:
    body = b"x" * 100_000
    script: list[Step] = [FAILED, stored(body), drop_after(stored(body), bytes=50_000)]
    with ScriptedServer(script) as server:
        mounted(session, server)
        with session.get(server.url + "/acme-docs/a", stream=True) as answer:
            assert answer.raw.tell() == 0
            assert b"".join(answer.iter_content(999)) == body
        with session.get(server.url + "/acme-docs/a", stream=True) as answer:
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                answer.content  # noqa: B018 (a property that reads)
    assert len(server.requests) == 3


def test_an_error_without_end_does_not_hang_a_stream(session: requests.Session) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not exchange.stopping.is_set():
            exchange.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")

    with ScriptedServer([endless]) as server:
        answer = mounted(session, server).get(server.url + "/acme-docs/a", stream=True)
        assert answer.status_code == 403
        assert set(answer.content) == {ord("x")}


@pytest.mark.parametrize("here", [True, False])
def test_a_redirect_takes_no_signature_along(session: requests.Session, here: bool) -> None:
    """`requests` follows them; elsewhere nothing of ours goes with it, here it is a request of its own."""
    with ScriptedServer([reply(200)] if not here else []) as other:
        url = "/acme-docs/b" if here else f"{other.url}/b"
        with ScriptedServer([redirect(url), *([stored()] if here else [])]) as server:
            mounted(session, server, session_token=TOKEN).get(server.url + "/acme-docs/a")
    if here:
        assert [request.path for request in server.requests] == ["/acme-docs/a", "/acme-docs/b"]
        assert all(verified(request) for request in server.requests)
        return
    names = {name.lower() for name, _ in other.requests[0].headers}
    assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_an_adapter_serves_only_its_own_server(session: requests.Session) -> None:
    adapter = TenantAdapter(config_for("http://127.0.0.1:9"))
    session.mount("http://", adapter)
    for url in (
        "http://127.0.0.1/",
        "http://127.0.0.1:90/",
        "http://127.0.0.1:9.evil.example/",
        "http://127.0.0.1:9@evil.example/",
        "http://evil.example/?http://127.0.0.1:9/",
    ):
        with pytest.raises(requests.exceptions.InvalidURL):
            session.get(url)
    session.mount("http://", TenantAdapter(config_for("http://127.0.0.1:9/base")))
    with pytest.raises(requests.exceptions.InvalidURL, match="http://127.0.0.1:9/base; mount it"):
        session.get("http://127.0.0.1:9/based/a")


def test_the_schemes_own_port_may_be_written_out(session: requests.Session) -> None:
    with responses.RequestsMock() as mock:
        mock.get("http://minio.example:80/acme-docs/a", body=b"x")
        session.mount("http://minio.example", TenantAdapter(config_for("http://minio.example")))
        assert session.get("http://minio.example:80/acme-docs/a").content == b"x"


def test_a_base_path_is_signed_once(session: requests.Session) -> None:
    with ScriptedServer([stored()]) as server:
        session.mount(server.url, TenantAdapter(config_for(server.url + "/s3")))
        session.get(server.url + "/s3/acme-docs/a")
    assert verified(server.requests[0])


def test_netrc_and_the_environment_do_not_replace_the_signature(
    session: requests.Session, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with ScriptedServer([stored()]) as server:
        mounted(session, server).get(server.url + "/acme-docs/a")
    assert verified(server.requests[0])


def test_a_session_with_the_adapter_pickles_and_works(session: requests.Session) -> None:
    with ScriptedServer([stored()]) as server:
        with pickle.loads(pickle.dumps(mounted(session, server))) as twin:
            twin.get(server.url + "/acme-docs/a")
    assert verified(server.requests[0])


def test_hooks_of_the_users_session_run_once_a_call(session: requests.Session) -> None:
    seen: list[int] = []
    session.hooks["response"].append(lambda r, *_, **__: seen.append(r.status_code))
    with ScriptedServer([FAILED, stored()]) as server:
        mounted(session, server).get(server.url + "/acme-docs/a")
    assert seen == [200]


# --- the client's own session --------------------------------------------------------------------


def transport_of(client: MinIOClient) -> RequestsTransport:
    found = client._engine.transport
    assert isinstance(found, RequestsTransport)
    return found


def test_hooks_on_the_clients_session_see_each_call() -> None:
    seen: list[tuple[int, str, str | None]] = []

    def look(answer: requests.Response, *_: object, **__: object) -> None:
        tenant = answer.request.headers.get("X-Tenant-ID")
        seen.append((answer.status_code, answer.text, tenant))

    with ScriptedServer([FAILED, stored(b"x"), s3_error(404, "NoSuchKey")]) as server:
        with blocking(server) as client:
            transport_of(client).session.hooks["response"].append(look)
            client.get_object("docs", "a")
            with pytest.raises(ObjectNotFoundError):
                client.get_object("docs", "a")
    assert [(status, tenant) for status, _, tenant in seen] == [(200, "acme"), (404, "acme")]
    assert seen[0][1] == "x"


def test_who_looks_on_finds_the_bytes_of_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", 4)
    seen: list[bytes] = []
    with ScriptedServer(handler=Stored(b"0123456789")) as server:
        with MinIOClient(config_for(server)) as client:
            transport = transport_of(client)
            transport.session.hooks["response"].append(lambda r, *_, **__: seen.append(r.content))
            client.download_file("docs", "a", tmp_path / "a")
            client.download_into("docs", "a", buffer := bytearray(10))
    assert (tmp_path / "a").read_bytes() == buffer == b"0123456789"
    assert sorted(seen) == sorted([b"0123", b"4567", b"89"] * 2)
    assert {type(content) for content in seen} == {bytes}


@responses.activate
def test_the_responses_library_mocks_a_client() -> None:
    url = "http://minio.example:9000/acme-docs"
    responses.get(f"{url}/a%20b", body=b"hello", headers={"ETag": '"e"'})
    responses.get(f"{url}/none", status=404, body=b"<Error><Code>NoSuchKey</Code></Error>")
    responses.put(f"{url}/a", headers={"ETag": '"e"'})
    responses.get(f"{url}", body=b"<ListBucketResult></ListBucketResult>")
    responses.head(f"{url}/a", headers={"ETag": '"e"', "Content-Length": "7"})
    responses.delete(f"{url}/a", status=204)
    with blocking("http://minio.example:9000") as client:
        assert client.get_object("docs", "a b") == b"hello"
        with pytest.raises(ObjectNotFoundError):
            client.get_object("docs", "none")
        assert client.put_object("docs", "a", b"xyz").etag == "e"
        assert client.list_objects("docs") == []
        assert client.get_object_metadata("docs", "a").size == 7
        client.delete_object("docs", "a")
    calls = list(responses.calls)
    assert len(calls) == 6
    assert calls[2].request.body == b"xyz"
    assert all(call.request.headers["X-Tenant-ID"] == "acme" for call in calls)


@responses.activate
def test_the_responses_library_sees_retries() -> None:
    url = "http://minio.example:9000/acme-docs/a"
    clock = FakeClock()
    responses.get(url, status=503)
    responses.get(url, body=requests.ConnectionError("gone"))
    responses.get(url, body=b"hello", headers={"ETag": '"e"'})
    with blocking("http://minio.example:9000", clock=clock) as client:
        assert client.get_object("docs", "a") == b"hello"
    assert clock.slept == [1, 2]
    dates = [call.request.headers["x-amz-date"] for call in responses.calls]
    assert dates == ["20231114T221320Z", "20231114T221321Z", "20231114T221323Z"]


@responses.activate
def test_the_responses_library_mocks_a_users_session(session: requests.Session) -> None:
    url = "http://minio.example:9000"
    clock = FakeClock()
    responses.get(f"{url}/acme-docs/a", status=503)
    responses.get(f"{url}/acme-docs/a", json={"a": 1})
    session.mount(url, TenantAdapter(config_for(url), clock=clock))
    answer = session.get(f"{url}/acme-docs/a")
    assert answer.json() == {"a": 1}
    assert clock.slept == [1]
    authorization = {call.request.headers["Authorization"] for call in responses.calls}
    assert len(authorization) == 2


@both
def test_a_slow_line_may_take_longer_for_a_body_than_for_a_connection(connect: Connect) -> None:
    """`connect_timeout` is for the connection; a body that moves is not timed as a whole."""
    body = b"x" * (8 << 20)

    def reads_late(exchange: Exchange) -> None:
        exchange.stopping.wait(0.3)
        reply(200, headers={"ETag": '"e"'})(exchange)

    with ScriptedServer([reads_late]) as server:
        with connect(server, connect_timeout=0.1, max_retries=0) as client:
            client.put_object("docs", "a", body)
    assert server.requests[0].body == body


def test_each_block_of_a_body_has_the_whole_timeout() -> None:
    """A socket's own `sendall` counts the time of all that it is given."""
    sent: list[tuple[float | None, int]] = []

    class Recorder(socket.socket):
        def sendall(self, data: Any, *_: Any) -> None:
            sent.append((self.gettimeout(), len(data)))

    connection = _HTTPConnection("127.0.0.1", 9, timeout=timeouts(0.5, 7.0)[0])
    with Recorder() as recorder:
        connection.sock = recorder
        recorder.settimeout(0.5)  # as urllib3 leaves it on a new connection
        connection.send(b"head")
        connection.send(memoryview(bytes(2_500_000)))
    assert sent == [(7.0, 4), (7.0, 1 << 20), (7.0, 1 << 20), (7.0, 2_500_000 - (2 << 20))]


@both
def test_a_server_that_takes_no_more_of_a_body_is_a_timeout(connect: Connect) -> None:
    def takes_nothing(exchange: Exchange) -> None:
        exchange.stopping.wait()

    with ScriptedServer([takes_nothing]) as server:
        with connect(server, timeout=0.2, max_retries=0) as client:
            with pytest.raises(MinIOTimeoutError):
                client.put_object("docs", "a", b"x" * (15 << 20))


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs a signal that nobody else uses")
@pytest.mark.parametrize("moment", ["head", "body"])
def test_an_interrupt_leaves_no_connection_in_doubt(moment: str) -> None:
    """Ctrl-C while an answer is awaited, or is half read: the next call begins on a fresh one."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def strike(exchange: Exchange) -> None:
        if moment == "body":
            exchange.send(stored(b"x" * 100).head(exchange.request) + b"x" * 10)
        signal.pthread_kill(main, signal.SIGUSR1)
        hang()(exchange)

    main = _thread.get_ident()
    assert main == threading.main_thread().ident
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with ScriptedServer([strike, stored(b"whole")]) as server, blocking(server) as client:
            with pytest.raises(KeyboardInterrupt):
                client.get_object("docs", "a")
            assert client.get_object("docs", "a") == b"whole"
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert [request.connection for request in server.requests] == [1, 2]


def test_a_client_that_nobody_closes_goes_quietly() -> None:
    with ScriptedServer([stored(), stored()]) as server:
        client = MinIOClient(config_for(server))
        client.get_object("docs", "a")
        client.with_(timeout=3).get_object("docs", "a")
        del client
        gc.collect()


# --- map -----------------------------------------------------------------------------------------


def transport() -> RequestsTransport:
    return RequestsTransport(config_for("http://127.0.0.1:9"), FakeClock())


def test_map_keeps_the_order_and_takes_no_more_than_it_can_work_on() -> None:
    taken: list[int] = []
    most = 0
    working = 0
    ended = 0
    lock = threading.Lock()

    def items() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    async def double(number: int) -> int:
        nonlocal most, working, ended
        with lock:
            working += 1
            most = max(most, working)
            assert len(taken) <= ended + 4
        with lock:
            working -= 1
            ended += 1
        return number * 2

    assert run(transport().map(double, items(), 4)) == [number * 2 for number in range(50)]
    assert most <= 4


def test_map_ends_with_the_first_error_and_leaves_no_thread() -> None:
    begun: list[int] = []

    async def fail(number: int) -> None:
        begun.append(number)
        if number == 3:
            raise LookupError("three")

    with pytest.raises(LookupError, match="three"):
        run(transport().map(fail, iter(range(1000)), 2))
    assert len(begun) < 100
    assert not [t for t in threading.enumerate() if t.name.startswith("minio-sdk")]


def test_map_tells_of_each_result_on_the_caller_s_thread_until_one_is_refused() -> None:
    told: list[int] = []
    threads: set[int] = set()

    async def double(number: int) -> int:
        return number * 2

    def done(result: int) -> None:
        told.append(result)
        threads.add(threading.get_ident())
        if len(told) == 13:
            raise KeyError("enough")

    assert run(transport().map(double, range(10), 4, done)) == list(range(0, 20, 2))
    assert sorted(told) == list(range(0, 20, 2))
    with pytest.raises(KeyError, match="enough"):
        run(transport().map(double, range(50), 4, done))
    assert len(told) == 13
    assert threads == {threading.get_ident()}


def test_map_of_nothing_is_nothing() -> None:
    async def never(_: int) -> int:
        raise AssertionError

    assert run(transport().map(never, [], 4)) == []
