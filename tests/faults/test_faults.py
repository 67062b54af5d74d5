"""What each fault does, to which requests, and what is remembered of it."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import botocore.config
import pytest

from minio_sdk import (
    Config,
    LocalServer,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    ObjectChangedError,
    RateLimitError,
    ServerError,
    ValidationError,
)
from minio_sdk.clock import SystemClock
from minio_sdk.faults import Asked, Fault, FaultProxy
from tests.both import Connect, both
from tests.faults.test_passing import asking, connected, through, to_the_end
from tests.processes import eventually
from tests.scripted import Request, ScriptedServer, reply


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def faults(server: LocalServer) -> Iterator[FaultProxy]:
    with FaultProxy(server.config(None)) as faults:
        yield faults


KEYS: dict[str, Any] = {"access_key": "minioadmin", "secret_key": "minioadmin", "base_delay": 0.0}


def ask(faults: FaultProxy, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
    with asking(faults) as connection:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


# -- on a real server, by real clients -------------------------------------------------------------


@both
def test_a_client_gets_over_what_it_should(
    connect: Connect, faults: FaultProxy, tmp_path: Path
) -> None:
    """Each fault once, one after the other: all are told, none is seen by the caller."""
    with connect(faults.url, clock=SystemClock(), **KEYS) as client:
        client.upload_object("docs", "a", b"")  # so that there is a bucket
        faults.drop_reply("PutObject", times=1)
        faults.drop_request("PutObject", times=1, reset=True)
        faults.cut("PutObject", 2, side="request", times=1)
        client.put_object("docs", "a", b"12345")
        assert [s.status for s in faults.requests][-4:] == [None, None, None, 200]
        faults.fail("GetObject", 503, times=1)
        faults.cut("GetObject", 3, times=1)
        faults.delay("GetObject", 0.01)
        faults.slow("GetObject", 100_000)
        assert client.get_object("docs", "a") == b"12345"
        faults.clear()
        with faults.skew_clock(-7200):
            assert client.get_object("docs", "a") == b"12345"
        with faults.error_in_200("CopyObject", times=1):
            client.copy_object("docs", "b", "docs", "a")
        assert client.get_object("docs", "b") == b"12345"
    told = faults.report()
    for words in (
        "PutObject docs/a, 5 bytes -> server 200, client nothing  [drop_reply]",
        "PutObject docs/a, 5 bytes -> server not asked, client nothing  [drop_request]",
        "GetObject docs/a -> server not asked, client 503, ",
        "GetObject docs/a -> server 200, client 200, 3 bytes",
        "server not asked, client 403, 180 bytes  [skew -7200 s]",
        "CopyObject docs/b -> server not asked, client 200",
    ):
        assert words in told, told


@both
def test_an_object_that_is_replaced_between_two_ranges_is_told(
    connect: Connect, faults: FaultProxy, tmp_path: Path
) -> None:
    size = 17 * 1024 * 1024
    with connect(faults.url, clock=SystemClock(), **KEYS) as client:
        client.upload_object("docs", "swapped", b"a" * size)
        fault = faults.swap(b"b" * size, key="swapped")
        with pytest.raises(ObjectChangedError):
            client.download_file("docs", "swapped", tmp_path / "copy")
        assert fault.happened == 1
        assert client.get_object("docs", "swapped", range=(0, 0)) == b"b"
    assert list(tmp_path.iterdir()) == []


def test_boto3_goes_through_it(faults: FaultProxy) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=faults.url,
        aws_access_key_id="minioadmin",
        aws_secret_access_key="minioadmin",
        region_name="us-east-1",
        config=botocore.config.Config(retries={"mode": "standard", "max_attempts": 2}),
    )
    try:
        s3.create_bucket(Bucket="boto")
        faults.drop_reply("PutObject", bucket="boto", times=1)
        s3.put_object(Bucket="boto", Key="k", Body=b"x" * 300_000)  # with Expect: 100-continue
        faults.cut("GetObject", 1000, nth=2)
        assert len(s3.get_object(Bucket="boto", Key="k")["Body"].read()) == 300_000
        with pytest.raises(Exception, match="(?i)incomplete|broken"):
            s3.get_object(Bucket="boto", Key="k")["Body"].read()
    finally:
        s3.close()
    assert [s.status for s in faults.requests if s.operation == "PutObject"] == [None, 200]


# -- one by one ------------------------------------------------------------------------------------


def stored(request: Request) -> Any:
    return reply(200, b"0123456789", headers={"Date": "Sun, 22 Nov 2026 12:00:00 GMT"})


@pytest.fixture
def plain() -> Iterator[FaultProxy]:
    """In front of a server that has everything."""
    with ScriptedServer(handler=stored) as server, FaultProxy(server.url) as faults:
        yield faults


def test_an_error_is_what_s3_says(plain: FaultProxy) -> None:
    plain.fail("GetObject", 503, retry_after=1.5)
    with asking(plain) as connection:
        for _ in range(2):  # on one connection
            connection.request("GET", "/b/k")
            answer = connection.getresponse()
            document = ElementTree.fromstring(answer.read())
            assert (answer.status, document.findtext("Code")) == (503, "SlowDown")
            assert answer.headers["Retry-After"] == "1.5"
            told = parsedate_to_datetime(answer.headers["Date"])
            assert abs((told - datetime.now(timezone.utc)).total_seconds()) < 60
    assert [seen.server_status for seen in plain.requests] == [None, None]


def test_an_error_to_head_has_no_body(plain: FaultProxy) -> None:
    plain.fail("HeadObject", 404)
    assert ask(plain, "HEAD", "/b/k") == (404, b"")
    assert ask(plain, "GET", "/b/k")[0] == 200


def test_an_error_in_a_200_comes_before_or_after_the_commit(plain: FaultProxy) -> None:
    plain.error_in_200("CopyObject", times=1)
    plain.error_in_200("CopyObject", code="SlowDown", after_commit=True)
    with asking(plain) as connection:
        for code in ("InternalError", "SlowDown"):
            connection.request("PUT", "/b/k", headers={"x-amz-copy-source": "b/j"})
            answer = connection.getresponse()
            assert answer.status == 200
            assert f"<Code>{code}</Code>" in answer.read().decode()
    assert [seen.server_status for seen in plain.requests] == [None, 200]


def test_any_answer_can_be_given(plain: FaultProxy) -> None:
    plain.answer(None, 418, b"teapot", headers={"X-A": "1"}, method="PATCH")
    assert ask(plain, "PATCH", "/") == (418, b"teapot")


def test_what_the_server_refuses_was_not_committed() -> None:
    with through(reply(404), reply(200), reply(404), reply(200)) as (_, faults):
        dropped = faults.drop_reply("PutObject", times=1)
        assert ask(faults, "PUT", "/b/k")[0] == 404
        assert dropped.happened == 0
        with pytest.raises(http.client.RemoteDisconnected):
            ask(faults, "PUT", "/b/k")
        faults.fail("GetObject", 500, after_commit=True, times=1)
        assert [ask(faults, "GET", "/b/k")[0] for _ in range(2)] == [404, 500]
    assert [seen.faults for seen in faults.requests] == [
        (), ("drop_reply",), (), ("fail 500 InternalError",),
    ]  # fmt: skip


@pytest.mark.parametrize("after, whole", [(4, 4), (10, 9), (1000, 9)])
def test_a_body_is_cut_and_never_whole(plain: FaultProxy, after: int, whole: int) -> None:
    plain.cut("GetObject", after)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(plain, "GET", "/b/k")
    assert len(caught.value.partial) == whole


def test_an_answer_without_a_body_is_cut_in_its_head(plain: FaultProxy) -> None:
    plain.cut("HeadObject", 5)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(plain, "HEAD", "/b/k")


def test_a_request_is_cut_for_the_server() -> None:
    with ScriptedServer(handler=stored, strict=False) as server:
        with FaultProxy(server.url) as faults, connected(faults) as client:
            faults.cut("PutObject", 3, side="request")
            client.sendall(b"PUT /b/k HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345")
            assert to_the_end(client) == b""
        assert eventually(lambda: [request.body for request in server.requests] == [b"123"])


def test_a_reset_is_a_reset(plain: FaultProxy) -> None:
    plain.drop_request(reset=True)
    with pytest.raises(ConnectionResetError):
        ask(plain, "GET", "/b/k")


@pytest.mark.parametrize("chunked", [False, True])
def test_bytes_are_changed_where_the_test_says(chunked: bool) -> None:
    body = bytes(200_000)
    with through(reply(200, body, chunked=chunked), reply(200)) as (server, faults):
        faults.flip_bytes("GetObject", 100_000, count=2)
        _, got = ask(faults, "GET", "/b/k")
        faults.flip_bytes("PutObject", 1, side="request")
        ask(faults, "PUT", "/b/k", b"\0\0\0")
    assert [place for place, byte in enumerate(got) if byte] == [100_000, 100_001]
    assert len(got) == len(body)
    assert server.requests[1].body == b"\0\xff\0"


def test_a_byte_that_is_not_there_is_not_changed_and_that_is_told(plain: FaultProxy) -> None:
    plain.flip_bytes("GetObject", 10)
    assert ask(plain, "GET", "/b/k") == (200, b"0123456789")
    assert "no byte 10" in str(plain.requests[0])


@pytest.mark.parametrize("side", ["reply", "request"])
def test_a_body_takes_its_time(plain: FaultProxy, side: Any) -> None:
    plain.slow(None, 100, side=side)
    begun = time.monotonic()
    assert ask(plain, "PUT", "/b/k", b"0123456789")[0] == 200
    assert time.monotonic() - begun >= 0.09


def test_a_delay_is_before_the_server(plain: FaultProxy) -> None:
    plain.delay("GetObject", 0.05)
    begun = time.monotonic()
    ask(plain, "GET", "/b/k")
    assert time.monotonic() - begun >= 0.05


@pytest.mark.parametrize("seconds", [-90_000, 7200])
def test_the_date_is_that_of_another_clock(plain: FaultProxy, seconds: float) -> None:
    plain.skew_clock(seconds)
    with asking(plain) as connection:
        connection.request("GET", "/b/k")
        answer = connection.getresponse()
        answer.read()
    told = parsedate_to_datetime(answer.headers["Date"])
    assert told.timestamp() - datetime(2026, 11, 22, 12, tzinfo=timezone.utc).timestamp() == seconds


def test_a_function_is_called_before_the_server(plain: FaultProxy) -> None:
    called: list[Asked] = []
    plain.before("GetObject", called.append, nth=2, times=1)
    for _ in range(3):
        ask(plain, "GET", "/b/k")
    assert [(what.bucket, what.key) for what in called] == [("b", "k")]


def test_what_a_function_raises_is_raised_at_the_end() -> None:
    with ScriptedServer(handler=stored) as server:
        faults = FaultProxy(server.url).start()
        faults.before("GetObject", lambda _: 1 / 0)
        with pytest.raises(http.client.RemoteDisconnected):
            ask(faults, "GET", "/b/k")
        with pytest.raises(ZeroDivisionError):
            faults.stop()
        faults.stop()


def test_refused_connections_come_back_on_the_same_port(plain: FaultProxy) -> None:
    with asking(plain) as connection:
        connection.request("GET", "/b/k")
        connection.getresponse().read()
        with plain.refuse_connections():
            assert connection.sock is not None
            assert connection.sock.recv(1) == b""  # what was open is at its end
            for _ in range(3):
                with pytest.raises(ConnectionRefusedError):
                    ask(plain, "GET", "/b/k")
        assert ask(plain, "GET", "/b/k")[0] == 200


# -- which requests ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation, where, hit",
    [
        ("GetObject", {}, "acd"),
        ("Get*", {}, "acd"),
        (None, {"method": "PUT"}, "b"),
        (None, {"bucket": "docs"}, "abc"),
        (None, {"bucket": "d*", "key": "*.txt"}, "ac"),
        (None, {"key": "x.bin"}, "bd"),
        ("getobject", {}, ""),
        ("GetObject", {"nth": 2}, "cd"),
        ("GetObject", {"nth": 2, "times": 1}, "c"),
        (None, {"times": 2}, "ab"),
    ],
)
def test_a_fault_is_for_some_requests(
    plain: FaultProxy, operation: str | None, where: dict[str, Any], hit: str
) -> None:
    plain.fail(operation, 400, **where)
    asked = {
        "a": ("GET", "/docs/a.txt"),
        "b": ("PUT", "/docs/x.bin"),
        "c": ("GET", "/docs/f%2Fc.txt"),
        "d": ("GET", "/other/x.bin"),
    }
    assert "".join(name for name, what in asked.items() if ask(plain, *what)[0] == 400) == hit


def test_of_those_that_end_a_request_the_first_one_does(plain: FaultProxy) -> None:
    plain.fail("GetObject", 500, times=1)
    plain.fail("GetObject", 503, times=1)
    plain.delay("GetObject", 0, times=1)
    assert [ask(plain, "GET", "/b/k")[0] for _ in range(3)] == [500, 503, 200]
    assert [seen.faults for seen in plain.requests] == [
        ("fail 500 InternalError", "delay 0 s"), ("fail 503 SlowDown",), (),
    ]  # fmt: skip


def test_a_fault_ends_with_its_block_or_when_it_is_told_to(plain: FaultProxy) -> None:
    with plain.fail() as fault:
        assert ask(plain, "GET", "/b/k")[0] == 503
    other = plain.fail(None, 500)
    other.cancel()
    assert ask(plain, "GET", "/b/k")[0] == 200
    assert (fault.happened, fault.matched, other.happened) == (1, 1, 0)
    assert plain.never_happened() == [other]
    plain.clear()
    assert plain.never_happened() == []


def test_a_fault_says_what_it_is(plain: FaultProxy) -> None:
    fault = plain.drop_reply("Put*", key="a", nth=2, times=3)
    assert repr(fault) == (
        "<drop_reply(operation='Put*', key='a', nth=2, times=3) happened 0 times>"
    )


def test_many_threads_at_once_get_no_more_than_they_should(plain: FaultProxy) -> None:
    fault = plain.fail("GetObject", 503, times=10)
    statuses: list[int] = []

    def work() -> None:
        statuses.extend(ask(plain, "GET", "/b/k")[0] for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 30 + [503] * 10
    assert (fault.happened, fault.matched) == (10, 40)
    assert sorted(seen.number for seen in plain.requests) == list(range(1, 41))


# -- its life ----------------------------------------------------------------------------------------


def test_its_end_does_not_wait_for_what_is_slow(plain: FaultProxy) -> None:
    plain.delay("GetObject", 600)
    plain.slow("PutObject", 0.01)
    with connected(plain) as delayed, connected(plain) as slow:
        delayed.sendall(b"GET /b/k HTTP/1.1\r\n\r\n")
        slow.sendall(b"PUT /b/k HTTP/1.1\r\nContent-Length: 1\r\n\r\n1")
        while plain.count() < 2:
            time.sleep(0.001)
        begun = time.monotonic()
        plain.stop()
        assert time.monotonic() - begun < 5
        assert not [t for t in threading.enumerate() if t.name.startswith("minio-faults")]


def test_it_starts_and_stops_again_and_again() -> None:
    with ScriptedServer(handler=stored) as server:
        faults = FaultProxy(server.url)
        for _ in range(3):
            with faults, faults:
                assert ask(faults.start(), "GET", "/b/k")[0] == 200
            with pytest.raises(MinIOError, match="isn't started"):
                faults.url  # noqa: B018
        assert faults.count() == faults.count("Get*") == 3


def test_the_record_is_bounded(plain: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import deque

    monkeypatch.setattr(plain, "_seen", deque(maxlen=2))
    for _ in range(3):
        ask(plain, "GET", "/b/k")
    assert [seen.number for seen in plain.requests] == [2, 3]
    assert plain.report().startswith("      1 more before these\n")


def test_it_shows_no_secret(server: LocalServer) -> None:
    with FaultProxy(server.base_url, access_key="AK", secret_key="hush") as faults:
        with MinIOClient(faults.config("acme", max_retries=0)) as client:
            url = client.get_presigned_url("docs", "a")
            with pytest.raises(MinIOError):
                client.download("a")
        with asking(faults) as connection:
            connection.request("GET", url.removeprefix(faults.url))
            connection.getresponse().read()
        told = faults.report() + repr(faults) + repr(faults.requests)
        signature = url.partition("X-Amz-Signature=")[2].partition("&")[0]
        assert "hush" not in told
        assert signature not in told


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda f: f.fail("GetObject", 99), "status=99: "),
        (lambda f: f.fail(3), "operation=3: "),
        (lambda f: f.fail("GetObject", nth=0), "nth=0: "),
        (lambda f: f.fail("GetObject", times=0), "times=0: "),
        (lambda f: f.fail("GetObject", key=""), "key='': "),
        (lambda f: f.cut("GetObject", -1), "after=-1: "),
        (lambda f: f.cut("GetObject", side="both"), "side='both': "),
        (lambda f: f.slow("GetObject", 0), "bytes_per_second=0: "),
        (lambda f: f.delay("GetObject", -1), "seconds=-1: "),
        (lambda f: f.flip_bytes("GetObject", True), "at=True: "),
    ],
)
def test_a_bad_argument_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        call(FaultProxy("http://localhost:1"))


def test_a_word_that_no_fault_knows_is_an_error() -> None:
    with pytest.raises(
        TypeError, match=r"fail: .* 'keys'; .* method, bucket, key, nth, times"
    ) as caught:
        FaultProxy("http://localhost:9000").fail("GetObject", keys="a.txt")  # type: ignore[call-arg]
    assert "Fault.__init__" not in str(caught.value)
    with pytest.raises(TypeError, match="time"):
        FaultProxy("http://localhost:1").fail("GetObject", time=1)  # type: ignore[call-arg]


def test_a_server_below_a_path_is_refused() -> None:
    with pytest.raises(ValidationError, match="without a path"):
        FaultProxy(Config("http://localhost:1/s3", None))


def test_faults_that_a_client_can_not_get_over_are_its_errors(faults: FaultProxy) -> None:
    with MinIOClient(faults.config("acme", base_delay=0.0, max_retries=1)) as client:
        client.upload("a", b"1")
        for fault, error in (
            (faults.fail("GetObject", 503), RateLimitError),
            (faults.fail("GetObject", 500), ServerError),
            (faults.drop_reply("GetObject"), MinIOConnectionError),
        ):
            assert isinstance(fault, Fault)
            with pytest.raises(error):
                client.download("a")
            fault.cancel()
        with faults.refuse_connections(), pytest.raises(MinIOConnectionError):
            client.download("a")
        assert client.download("a") == b"1"
