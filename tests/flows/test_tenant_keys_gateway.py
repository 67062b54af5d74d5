"""The tenant's own keys on the Enterprise gateway, which a small one in this file plays; both clients."""

from __future__ import annotations

import io
import json
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import parse_qs

import pytest

from minio_sdk import (
    IntegrityError,
    MinIOConnectionError,
    MinIOError,
    ObjectNotFoundError,
    QuotaExceededError,
    ServerError,
    ValidationError,
)
from tests.both import Connect, both, stored
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    Request,
    ScriptedServer,
    Step,
    drop_before_body,
    drop_before_reply,
    reply,
    s3_error,
)


class Gateway:
    """What the Enterprise gateway answers: objects by tenant, JSON, and trouble first if there is any."""

    def __init__(self, *trouble: Step) -> None:
        self.objects: dict[str | None, dict[str, bytes]] = defaultdict(dict)
        self.trouble = list(trouble)
        self.quota = 1 << 40

    def __call__(self, request: Request) -> Step:
        if self.trouble:
            return self.trouble.pop(0)
        objects = self.objects[request.header("X-Tenant-ID")]
        query = {k: v[0] for k, v in parse_qs(request.query, keep_blank_values=True).items()}
        key = query.get("key", "")
        match request.method, request.path:
            case "GET", "/":
                return as_json({"status": "ok", "version": "3.0", "performance": {"cache": "fast"}})
            case "GET", "/minio/health/live":
                return reply(200, b"OK")
            case "PUT", "/upload":
                if len(request.body) > self.quota:
                    return as_json({"error": "quota exceeded"}, 403)
                objects[key] = request.body
                return as_json({"status": "uploaded", "key": key, "size": len(request.body)})
            case "GET", "/download" if key in objects:
                return reply(200, objects[key])
            case "DELETE", "/delete" if key in objects:
                del objects[key]
                return as_json({"status": "deleted"})
            case "GET", "/list":
                prefix = query.get("prefix", "")
                return as_json({"keys": sorted(k for k in objects if k.startswith(prefix))})
        return as_json({"error": f"no {request.path} {key}"}, 404)


def as_json(document: Any, status: int = 200) -> Step:
    return reply(status, json.dumps(document).encode())


# --- the five calls ------------------------------------------------------------------------------

KEYS = ["a.txt", "ü/日本", "a b+c%2F&key=x#?", "../other", "//", "x" * 1024]


@both
def test_what_goes_up_comes_back(connect: Connect) -> None:
    gateway = Gateway()
    with ScriptedServer(handler=gateway) as server, connect(server, api="enterprise") as client:
        for key in KEYS:
            response = client.upload(key, key.encode())
            assert (response.status, response.key) == ("uploaded", key)
            assert response.size == len(key.encode())
        assert client.list() == sorted(KEYS)
        assert client.list("a") == ["a b+c%2F&key=x#?", "a.txt"]
        for key in KEYS:
            assert client.download(key) == key.encode()
            client.delete(key)
            client.delete(key)  # a missing key is no error
        assert client.list() == []
        with pytest.raises(ObjectNotFoundError, match="no /download a.txt"):
            client.download("a.txt")
    assert {request.header("X-Tenant-ID") for request in server.requests} == {"acme"}
    assert set(gateway.objects) == {"acme"}


@both
def test_the_tenant_is_in_the_header_and_two_tenants_share_nothing(connect: Connect) -> None:
    with ScriptedServer(handler=Gateway()) as server, connect(server, api="enterprise") as client:
        client.upload("a", b"1")
        other = client.with_(tenant_id="other")
        assert other.list() == []
        other.upload("a", b"2")
        assert (client.download("a"), other.download("a")) == (b"1", b"2")


@both
def test_calls_are_signed_with_keys_that_were_given_and_else_not(connect: Connect) -> None:
    with ScriptedServer(handler=Gateway()) as server:
        with connect(server, api="enterprise") as client:
            client.list()
        with connect(server, api="enterprise", access_key=None, secret_key=None) as client:
            client.list()  # the development pair of a loopback server is only a guess
    signed, unsigned = server.requests
    assert "x-tenant-id" in (signed.header("Authorization") or "")
    assert unsigned.header("Authorization") is None
    assert unsigned.header("X-Tenant-ID") == "acme"


@both
def test_server_info_and_health(connect: Connect) -> None:
    with ScriptedServer(handler=Gateway()) as server, connect(server, api="enterprise") as client:
        info = client.get_server_info()
        assert (info.status, info.version, info.performance) == ("ok", "3.0", {"cache": "fast"})
        health = client.health_check()
        assert health
        assert health.details["api"] == "enterprise"
        assert health.details["answer"] == "OK"


@both
def test_quota_is_told_with_the_gateways_words(connect: Connect) -> None:
    gateway = Gateway()
    gateway.quota = 5
    with ScriptedServer(handler=gateway) as server, connect(server, api="enterprise") as client:
        with pytest.raises(QuotaExceededError, match="quota exceeded.*ask for a larger quota"):
            client.upload("a", b"123456")
        client.upload("a", b"12345")
    assert len(server.requests) == 2


@both
def test_a_bad_key_is_refused_before_anything_is_sent(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, api="enterprise") as client:
        for call in (client.download, client.delete, lambda key: client.upload(key, b"x")):
            with pytest.raises(ValidationError):
                call("")


# --- trouble -------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "trouble", [reply(503), drop_before_reply(), as_json({"error": "busy"}, 500), reply(429)]
)
def test_trouble_is_tried_again(connect: Connect, trouble: Step) -> None:
    clock = FakeClock()
    with ScriptedServer(handler=Gateway(trouble, trouble)) as server:
        with connect(server, clock=clock, api="enterprise") as client:
            client.upload("a", b"x")
            assert client.download("a") == b"x"
    assert clock.slept == [1, 2]


@both
def test_a_delete_whose_answer_was_lost_is_done(connect: Connect) -> None:
    with ScriptedServer(handler=Gateway(drop_before_reply())) as server:
        with connect(server, api="enterprise") as client:
            client.delete("a")


@both
@pytest.mark.parametrize("body", [b"<html>hello</html>", b"hello", b"[]"])
def test_an_answer_of_somebody_else_is_told(connect: Connect, body: bytes) -> None:
    with ScriptedServer(handler=lambda _: reply(200, body)) as server:
        with connect(server, api="enterprise") as client:
            with pytest.raises(ServerError):
                client.upload("a", b"x")
            with pytest.raises(ServerError):
                client.get_server_info()


# --- bodies --------------------------------------------------------------------------------------

BIG = bytes(range(256)) * 8000  # 2 MiB: more than one block


class Sized(io.BytesIO):
    """A file that may be read but not sought."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError("not seekable")


def blocks() -> Iterator[bytes]:
    for start in range(0, len(BIG), 99_999):
        yield BIG[start : start + 99_999]


def temporary() -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the test)
    file.write(b"skipped" + BIG)
    file.seek(7)
    return file


SOURCES: dict[str, Any] = {
    "bytes": lambda: BIG,
    "memoryview": lambda: memoryview(BIG),
    "file": temporary,
    "BytesIO": lambda: io.BytesIO(BIG),
    "not seekable": lambda: Sized(BIG),
    "iterator": blocks,
    "with empty blocks": lambda: iter([b"", BIG[:5], b"", BIG[5:], b""]),
}


@both
@pytest.mark.parametrize("source", SOURCES)
def test_a_body_is_sent_whole_with_its_length_each_time(connect: Connect, source: str) -> None:
    """A failure before the body, in the middle and behind it: each time all of it is sent anew."""
    gateway = Gateway()

    def at_last(exchange: Exchange) -> None:
        exchange.read_body()
        gateway(exchange.request)(exchange)

    script: list[Step] = [drop_before_body(), reply(503), drop_before_reply(), at_last]
    with ScriptedServer(script) as server:
        data = SOURCES[source]()
        with connect(server, api="enterprise") as client:
            assert client.upload("a", data).size == len(BIG)
        if hasattr(data, "close"):
            data.close()
    assert gateway.objects["acme"]["a"] == BIG
    assert [request.body for request in server.requests[1:]] == [BIG] * 3
    assert {request.header("Content-Length") for request in server.requests} == {str(len(BIG))}
    assert {request.header("Transfer-Encoding") for request in server.requests} == {None}


class Lagging(io.BytesIO):
    """A file whose first block is small, and the second late; later ones come after that.

    Attributes:
        is_late: set when the second is asked for.
        go_on: set when it is to come.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.is_late, self.go_on, self._come = (threading.Event() for _ in range(3))
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads == 1:
            return super().read(1000)
        if self._reads > 2:
            assert self._come.wait(10)
            return super().read(size)
        self.is_late.set()
        assert self.go_on.wait(10)
        found = super().read(size)
        self._come.set()
        return found


@both
@pytest.mark.parametrize("early", ["answered", "dropped"])
def test_no_attempt_reads_on_when_the_next_one_has_begun(connect: Connect, early: str) -> None:
    """The server fails the first before its body was there, and while a block of it is being read."""
    gateway, data = Gateway(), Lagging(BIG)

    def at_first(exchange: Exchange) -> None:
        assert data.is_late.wait(10)
        threading.Timer(0.05, data.go_on.set).start()
        if early == "dropped":
            exchange.close(reset=True)
        else:
            reply(503)(exchange)

    def at_last(exchange: Exchange) -> None:
        exchange.read_body()
        gateway(exchange.request)(exchange)

    with ScriptedServer([at_first, at_last]) as server:
        with connect(server, api="enterprise", clock=FakeClock()) as client:
            assert client.upload("a", data).size == len(BIG)
    assert gateway.objects["acme"]["a"] == BIG


@both
def test_an_empty_stream_is_an_empty_object(connect: Connect) -> None:
    gateway = Gateway()
    with ScriptedServer(handler=gateway) as server, connect(server, api="enterprise") as client:
        assert client.upload("a", iter([])).size == 0
        assert client.download("a") == b""


@both
def test_a_file_that_cannot_be_read_is_the_callers_error_and_not_the_servers(
    connect: Connect,
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 0:
                raise OSError(5, "Input/output error")
            return super().read(size)

    clock = FakeClock()
    with ScriptedServer(handler=Gateway(), strict=False) as server:
        with connect(server, clock=clock, api="enterprise") as client:
            with pytest.raises(OSError, match="Input/output error") as caught:
                client.upload("a", Broken(BIG))
    assert not isinstance(caught.value, MinIOError)
    assert clock.slept == []


@both
def test_a_file_that_shrinks_on_its_way_is_told(connect: Connect) -> None:
    class Shrinking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return b"" if self.tell() > 0 else super().read(size)

    with ScriptedServer(handler=Gateway(), strict=False) as server:
        with connect(server, api="enterprise", timeout=0.2, max_retries=0) as client:
            with pytest.raises(IntegrityError):
                client.upload("a", Shrinking(BIG))


# --- which API a server speaks -------------------------------------------------------------------

NO_KEYS = {"access_key": None, "secret_key": None}
LISTING = reply(200, b"<ListBucketResult></ListBucketResult>")


@both
def test_without_keys_one_question_decides_and_is_remembered(connect: Connect) -> None:
    with ScriptedServer(handler=Gateway()) as server, connect(server, **NO_KEYS) as client:
        client.upload("a", b"x")
        client.with_(tenant_id="other").list()
        assert client.download("a") == b"x"
        assert client.health_check()
    asked = [request for request in server.requests if request.path == "/"]
    assert len(asked) == 1
    assert asked[0] is server.requests[0]
    assert asked[0].header("Authorization") is None


@both
@pytest.mark.parametrize(
    "greeting",
    [
        s3_error(403, "AccessDenied"),
        reply(200, b"<ListAllMyBucketsResult/>"),
        reply(200, b"<html>console</html>"),
        reply(404),
        as_json({"hello": "world"}),
        as_json(["status", "version"]),
    ],
)
def test_every_other_greeting_is_s3(connect: Connect, greeting: Step) -> None:
    with ScriptedServer([greeting, LISTING, LISTING]) as server:
        with connect(server, **NO_KEYS) as client:
            assert client.list() == []
            assert client.list_objects("docs") == []
    assert [request.path for request in server.requests] == ["/", "/acme-default", "/acme-docs"]


@both
def test_with_keys_nothing_is_asked(connect: Connect) -> None:
    with ScriptedServer([LISTING]) as server, connect(server) as client:
        assert client.list() == []


@both
def test_keys_of_the_environment_count_as_well(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIO_ACCESS_KEY", "key")
    monkeypatch.setenv("MINIO_SECRET_KEY", "secret")
    with ScriptedServer([LISTING]) as server, connect(server, **NO_KEYS) as client:
        assert client.list() == []


@both
def test_a_server_that_could_not_be_asked_is_asked_again_at_the_next_call(connect: Connect) -> None:
    gateway = Gateway(drop_before_reply(), drop_before_reply())
    with ScriptedServer(handler=gateway) as server:
        with connect(server, max_retries=0, **NO_KEYS) as client:
            for _ in range(2):
                with pytest.raises(MinIOConnectionError) as caught:
                    client.list()
                assert caught.value.endpoint == server.url
            assert client.list() == []


@both
def test_a_server_that_is_starting_up_is_asked_again_at_the_next_call(connect: Connect) -> None:
    with ScriptedServer(handler=Gateway(reply(503)), strict=False) as server:
        with connect(server, max_retries=0, **NO_KEYS) as client:
            with pytest.raises(MinIOError):
                client.list()
            assert client.list() == []


@both
def test_the_question_is_tried_again_as_every_other(connect: Connect) -> None:
    clock = FakeClock()
    with ScriptedServer(handler=Gateway(reply(503), drop_before_reply())) as server:
        with connect(server, clock=clock, **NO_KEYS) as client:
            assert client.list() == []
    assert clock.slept == [1, 2]


@both
def test_on_s3_the_same_calls_use_the_default_bucket(connect: Connect) -> None:
    created: list[Step] = [s3_error(404, "NoSuchBucket"), stored(), stored()]
    with ScriptedServer(created) as server, connect(server) as client:
        client.upload("a", b"x")
    assert [f"{request.method} {request.target}" for request in server.requests] == [
        "PUT /acme-default/a",
        "PUT /acme-default",
        "PUT /acme-default/a",
    ]
