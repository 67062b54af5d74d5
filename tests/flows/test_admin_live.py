"""MinIO's trace and log, told by servers that break off, lie, fall silent or have none; both clients."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AdminStream,
    AsyncMinIOClient,
    EventGap,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotSupportedError,
    ServerError,
    ValidationError,
)
from minio_sdk.flows import admin_live as flow
from tests.both import SECRET_KEY, Connect, blocking, both, config_for
from tests.clock import FakeClock
from tests.scripted import (
    Reply,
    ScriptedServer,
    Step,
    dribble,
    hang,
    reply,
    s3_error,
    stay_open,
)

HEAD = {"Content-Type": "text/event-stream", "Server": "MinIO"}
CALLS: dict[str, Callable[..., Any]] = {
    "trace": lambda client, **how: client.admin.trace(**how),
    "console_log": lambda client, **how: client.admin.console_log(**how),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def traced(path: str) -> bytes:
    return json.dumps({"type": 4, "funcname": "s3.PutObject", "path": path}).encode()


def logged(message: str, second: int = 0, node: str = "") -> bytes:
    when = f"2026-11-22T10:00:{second:02}Z"
    return json.dumps({"level": "ERROR", "message": message, "time": when, "node": node}).encode()


def stream(*pieces: bytes) -> Reply:
    """An answer of these, after which the connection ends."""
    return reply(200, b"".join(pieces), headers=HEAD, content_length=None)


def stays_open(*pieces: bytes) -> Step:
    """These, and then silence."""
    return stay_open(stream(*pieces))


def served(*steps: Step, server: str = "MinIO") -> ScriptedServer:
    """A server with these answers to looking on, and one to what is asked before."""
    left = list(steps)
    buckets = reply(
        200, b"<ListAllMyBucketsResult></ListAllMyBucketsResult>", headers={"Server": server}
    )
    info = reply(200, b'{"mode": "online"}', headers={"Server": server})

    def answer(request: Any) -> Step:
        if request.target.startswith(("/minio/admin/v3/trace", "/minio/admin/v3/log")):
            return left.pop(0)
        return info if request.target.startswith("/minio/admin/v3/info") else buckets

    return ScriptedServer(handler=answer)


def listened(server: ScriptedServer) -> list[str]:
    found = (request.target for request in server.requests)
    return [target for target in found if "/v3/trace" in target or "/v3/log" in target]


@both
def test_entries_are_told_as_they_come(connect: Connect) -> None:
    """Several on a line, split anywhere, with the blanks that show life."""
    found = dribble(
        stream(b"  ", traced("a/ü"), b"\n  ", traced("b"), traced("c"), b"\n \n"), step=7
    )
    with served(found) as server, connect(server, tenant_id=None, max_retries=0) as client:
        entries = client.admin.trace(["s3", "os"], slower_than=0.002, reconnect_for=0)
        assert [next(entries).path for _ in range(3)] == ["a/ü", "b", "c"]
        with pytest.raises(MinIOConnectionError, match="ended the trace"):
            next(entries)
        assert list(entries) == []
    (asked,) = listened(server)
    assert asked == "/minio/admin/v3/trace?err=false&os=true&s3=true&threshold=2000us"


@both
def test_everything_is_asked_for_by_a_word(connect: Connect) -> None:
    with served(stays_open(b" ")) as server, connect(server, tenant_id=None) as client:
        with client.admin.trace("all", errors_only=True) as entries:
            assert not entries.closed
    assert listened(server)[0].count("=true") == 18


@both
def test_a_lost_connection_is_had_again_and_the_gap_is_told(connect: Connect) -> None:
    clock, gaps = FakeClock(), list[EventGap]()
    steps = (
        stream(traced("a"), b"\n"),
        s3_error(503, "XMinioServerNotInitialized"),
        stays_open(traced("b"), b"\n"),
    )
    with (
        served(*steps) as server,
        connect(server, tenant_id=None, clock=clock, base_delay=1.0) as client,
        client.admin.trace(on_reconnect=gaps.append) as entries,
    ):
        assert [next(entries).path, next(entries).path] == ["a", "b"]
        assert (entries.reconnects, entries.last_gap) == (1, gaps[-1])
    assert clock.slept
    assert len(gaps) == 1


@both
def test_the_log_of_a_gap_is_told_behind_it_and_nothing_twice(connect: Connect) -> None:
    """All that the server keeps is asked for then; what was there before the beginning isn't told."""
    before = [logged("older", 0), logged("a", 1), logged("b", 2, "n2")]
    after = [*before, logged("in the gap", 3), logged("a", 4), logged("n2's old", 1, "n2")]
    lines = [b"\n".join([*each, b""]) for each in (before[1:], after)]
    steps = (stream(lines[0]), stays_open(lines[1], b" ", logged("new", 5), b"\n"))
    with served(*steps) as server, connect(server, tenant_id=None) as client:
        with client.admin.console_log(last=2, level="error") as entries:
            told = [next(entries).message for _ in range(5)]
    assert told == ["a", "b", "in the gap", "a", "new"]
    asked = [target.partition("?")[2] for target in listened(server)]
    assert asked == ["limit=2&logType=ERROR&node=", "limit=0&logType=ERROR&node="]


@both
def test_lines_without_a_time_are_all_told(connect: Connect) -> None:
    """They can't be told from each other."""
    line = b'{"ConsoleMsg":"hello","level":"","time":"0001-01-01T00:00:00Z"}\n'
    with served(stays_open(line, line)) as server, connect(server, tenant_id=None) as client:
        with client.admin.console_log() as entries:
            assert [next(entries).message for _ in range(2)] == ["hello", "hello"]


@both
def test_what_a_stream_without_end_remembers_is_bounded(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "_REMEMBERED", 3)
    lines = b"\n".join([*(logged(str(number), number) for number in range(6)), logged("5", 5), b""])
    steps = (stream(lines), stays_open(lines))
    with served(*steps) as server, connect(server, tenant_id=None) as client:
        with client.admin.console_log() as entries:
            assert [next(entries).message for _ in range(7)] == ["0", "1", "2", "3", "4", "5", "0"]


@both
@each_call
def test_no_tenant_looks_on_at_others(connect: Connect, call: Callable[..., Any]) -> None:
    for tenancy in ("bucket", "prefix"):
        with served() as server, connect(server, tenancy=tenancy) as client:
            with pytest.raises(NotSupportedError, match="all tenants") as caught:
                call(client)
            assert caught.value.tenant_id == "acme"
            assert "tenant_id=None" in str(caught.value.hint)
        assert server.requests == []


@both
@each_call
@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"<ListBucketResult></ListBucketResult>", headers={"Content-Type": "text/xml"}),
        reply(200, b"{}", headers={"Content-Type": "application/json"}),
        s3_error(501, "NotImplemented"),
        reply(405),
    ],
    ids=["listing", "json", "501", "405"],
)
def test_a_server_without_it_says_so_at_once(
    connect: Connect, call: Callable[..., Any], answer: Reply
) -> None:
    with served(answer) as server, connect(server, tenant_id=None) as client:
        with pytest.raises(NotSupportedError, match="AdminTrace|AdminConsoleLog"):
            next(call(client))
    assert len(listened(server)) == 1


@both
@each_call
def test_other_servers_are_not_asked(connect: Connect, call: Callable[..., Any]) -> None:
    with served(server="SeaweedFS") as server, connect(server, tenant_id=None) as client:
        with pytest.raises(NotSupportedError, match="not MinIO"):
            call(client).connect()
    assert listened(server) == []


@both
@each_call
def test_who_may_not_look_on(connect: Connect, call: Callable[..., Any]) -> None:
    with served(s3_error(403, "AccessDenied")) as server, connect(server, tenant_id=None) as client:
        with pytest.raises(AccessDeniedError) as caught:
            next(call(client))
        assert SECRET_KEY not in f"{caught.value!r}"


@both
def test_a_server_that_keeps_everything_back(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "PATIENCE", 0.2)

    with served(hang()) as server, connect(server, tenant_id=None) as client:
        with pytest.raises(NotSupportedError, match="tells nothing"):
            client.admin.trace().connect()


@both
@each_call
@pytest.mark.parametrize("body", [b"<html>\n", b"[]\n", b'{"type":"x","level":5}\n', b'{"a" 5}\n'])
def test_noise_ends_it_after_what_came_before(
    connect: Connect, call: Callable[..., Any], body: bytes
) -> None:
    with (
        served(stays_open(b'{"time":"2026-11-22T10:00:00Z"}\n', body)) as server,
        connect(server, tenant_id=None) as client,
    ):
        entries = call(client)
        next(entries)
        with pytest.raises(ServerError, match="no entry"):
            next(entries)
        assert entries.closed


@both
def test_an_entry_without_end_is_refused(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow.Trace, "longest", 1000)
    with served(stays_open(b'{"a":"' + b"x" * 2000)) as server:
        with connect(server, tenant_id=None) as client, pytest.raises(ServerError, match="1000"):
            next(client.admin.trace())


@both
def test_an_error_of_the_user_s_function_is_the_user_s(connect: Connect) -> None:
    def refuse(_: EventGap) -> None:
        raise MinIOConnectionError("mine")

    steps = (stream(traced("a"), b"\n"), stays_open(b" "))
    with served(*steps) as server, connect(server, tenant_id=None) as client:
        entries = client.admin.trace(on_reconnect=refuse)
        next(entries)
        with pytest.raises(MinIOConnectionError, match="^mine$"):
            next(entries)


BAD: list[tuple[str, dict[str, Any]]] = [
    ("trace", {"kinds": "everything"}),
    ("trace", {"kinds": []}),
    ("trace", {"kinds": ["all", "s3"]}),
    ("trace", {"kinds": [5]}),
    ("trace", {"kinds": [["s3"]]}),
    ("trace", {"kinds": None}),
    ("trace", {"errors_only": 1}),
    ("trace", {"slower_than": "1s"}),
    ("trace", {"reconnect_for": -1}),
    ("trace", {"on_reconnect": 5}),
    ("console_log", {"node": 5}),
    ("console_log", {"level": "loud"}),
    ("console_log", {"last": 0}),
    ("console_log", {"last": False}),
    ("console_log", {"last": 10_001}),
    ("console_log", {"reconnect_for": float("nan")}),
]


@both
@pytest.mark.parametrize("name, named", BAD)
def test_bad_arguments_are_refused_at_once(
    connect: Connect, name: str, named: dict[str, Any]
) -> None:
    with connect("http://127.0.0.1:9", tenant_id=None) as client, pytest.raises(ValidationError):
        CALLS[name](client, **named)


def test_another_thread_closes_it() -> None:
    """As the end of the client does; whoever waits for an entry is given none."""
    for by_client in (False, True):
        with served(stays_open(traced("a"), b"\n")) as server:
            client = MinIOClient(config_for(server, tenant_id=None))
            entries: AdminStream[Any] = client.admin.trace()
            next(entries)
            left: list[object] = []
            thread = threading.Thread(target=lambda e=entries, f=left: f.extend(e))
            thread.start()
            (client if by_client else entries).close()
            thread.join(10)
            assert not thread.is_alive()
            assert left == []
            client.close()


def test_a_stream_that_is_forgotten_is_closed() -> None:
    with served(stays_open(traced("a"), b"\n")) as server:
        with blocking(server, tenant_id=None) as client:
            for entry in client.admin.trace():
                assert entry.path == "a"
                break
            gc.collect()
            transport: Any = client._engine.transport
            assert not list(transport.connections._feeds)


@pytest.mark.asyncio
async def test_a_task_that_is_cancelled_leaves_nothing() -> None:
    with served(stays_open(b" ")) as server:
        async with AsyncMinIOClient(config_for(server, tenant_id=None)) as client:
            entries = client.admin.console_log()
            await entries.connect()
            task = asyncio.ensure_future(entries.__anext__())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert entries.closed
            assert [entry async for entry in entries] == []


@both
def test_a_server_that_comes_back_too_late_is_given_up(connect: Connect) -> None:
    clock = FakeClock()
    steps = (stream(logged("a"), b"\n"), *[s3_error(503, "SlowDown")] * 20)
    with (
        served(*steps) as server,
        connect(server, tenant_id=None, clock=clock, max_delay=5.0) as client,
    ):
        entries = client.admin.console_log(reconnect_for=20)
        next(entries)
        with pytest.raises(MinIOError, match="SlowDown"):
            next(entries)
    assert 20 <= sum(clock.slept) < 26
