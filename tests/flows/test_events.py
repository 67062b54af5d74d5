"""Listening to a bucket: servers that lie, break off, fall silent or have no events."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, quote_plus

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketEvents,
    BucketNotFoundError,
    EventGap,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotSupportedError,
    ServerError,
    ValidationError,
)
from minio_sdk.flows import events as flow
from tests.both import Connect, blocking, both, config_for
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    Reply,
    ScriptedServer,
    Step,
    dribble,
    drop_before_reply,
    reply,
    s3_error,
    stay_open,
)

HEAD = {"Content-Type": "text/event-stream", "Server": "MinIO"}
PING = b'{"Records":null}\n'
DOCS = "acme-docs"


def told(key: str, bucket: str = DOCS, name: str = "s3:ObjectCreated:Put") -> bytes:
    """A line as MinIO writes it."""
    s3 = {"bucket": {"name": bucket}, "object": {"key": key, "size": 2, "eTag": "e1"}}
    return json.dumps({"Records": [{"eventName": name, "s3": s3}]}).encode() + b"\n"


def lines(*pieces: bytes) -> Reply:
    """An answer of these, after which the connection ends."""
    return reply(200, b"".join(pieces), headers=HEAD, content_length=None)


def stays_open(*pieces: bytes) -> Step:
    """These, and then silence."""
    return stay_open(lines(*pieces))


def served(*steps: Step, probe: Step | None = None) -> ScriptedServer:
    """A server with these answers to listening, and one to what is asked before."""
    left = list(steps)
    well: Step = probe or reply(200, headers={"Server": "MinIO", "x-amz-request-id": "r"})
    return ScriptedServer(
        handler=lambda request: left.pop(0) if "events=" in request.target else well
    )


def listened(server: ScriptedServer) -> list[str]:
    return [request.target for request in server.requests if "events=" in request.target]


@both
def test_events_are_told_as_they_come(connect: Connect) -> None:
    stream = dribble(
        lines(b"  \n ", PING, told("a b+%41/ü"), told("x", name="s3:ObjectRemoved:Delete")), step=7
    )
    with served(stream) as server, connect(server, max_retries=0) as client:
        events = client.listen_bucket("docs", ping=5, reconnect_for=0)
        assert [next(events).key, next(events).name] == ["a b+%41/ü", "s3:ObjectRemoved:Delete"]
        with pytest.raises(MinIOConnectionError, match="ended the events"):
            next(events)
        assert list(events) == []
    (asked,) = listened(server)
    found = parse_qs(asked.partition("?")[2], keep_blank_values=True)
    assert (asked.partition("?")[0], found["ping"], found["prefix"]) == ("/acme-docs", ["5"], [""])


@both
def test_a_lost_connection_is_had_again_and_the_gap_is_told(connect: Connect) -> None:
    """Backoff between tries that come to nothing; none is counted after an event."""
    clock, gaps = FakeClock(), list[EventGap]()
    steps = (
        lines(told("a")),
        drop_before_reply(),
        s3_error(503, "XMinioServerNotInitialized"),
        lines(told("b")),
        stays_open(PING, told("c")),
    )
    with served(*steps) as server, connect(server, clock=clock, base_delay=1.0) as client:
        with client.listen_bucket("docs", on_reconnect=gaps.append) as events:
            assert [next(events).key for _ in range(3)] == ["a", "b", "c"]
            assert (events.reconnects, events.last_gap) == (2, gaps[-1])
    assert [gap.reason for gap in gaps] == ["Because the script says so.", gaps[1].reason]
    assert gaps[0].since.timestamp() == 1_700_000_000
    assert gaps[0].until.timestamp() == 1_700_000_007
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


@both
def test_a_server_that_comes_back_too_late_is_given_up(connect: Connect) -> None:
    clock = FakeClock()
    steps = (lines(told("a")), *[s3_error(503, "SlowDown")] * 20)
    with served(*steps) as server, connect(server, clock=clock, max_delay=5.0) as client:
        events = client.listen_bucket("docs", reconnect_for=20)
        assert next(events).key == "a"
        with pytest.raises(MinIOError, match="SlowDown"):
            next(events)
        assert 20 <= sum(clock.slept) < 26


@both
@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"<ListBucketResult></ListBucketResult>", headers={"Content-Type": "text/xml"}),
        reply(200, b""),
        reply(200, b'{"Records":[]}', headers={"Content-Type": "application/json"}),
        s3_error(501, "NotImplemented"),
        reply(405),
    ],
    ids=["listing", "nothing", "json", "501", "405"],
)
def test_a_server_without_events_says_so_at_once(connect: Connect, answer: Reply) -> None:
    with served(answer) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="ListenBucketNotification"):
            next(client.listen_bucket("docs"))
    assert len(listened(server)) == 1


@both
def test_a_server_that_keeps_everything_back(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As builds of MinIO do that never flush: it is told from a server that is gone."""
    monkeypatch.setattr(flow, "MISSED_PINGS", 0)
    monkeypatch.setattr(flow, "SLACK", 0.2)

    def silent(exchange: Exchange) -> None:
        exchange.stopping.wait()

    with served(silent) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="hold events back"):
            client.listen_bucket("docs").connect()


@both
def test_a_connection_without_signs_of_life_is_dead(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "MISSED_PINGS", 0)
    monkeypatch.setattr(flow, "SLACK", 0.2)
    steps = (stays_open(PING), stays_open(told("a")))
    with served(*steps) as server, connect(server) as client:
        with client.listen_bucket("docs") as events:
            assert next(events).key == "a"
            assert "in time" in str(events.last_gap)


LIES = [
    told("x", "beta-docs"),
    told("acme/docs/x", "beta-docs"),
    told("beta/docs/x", "tenants"),
    told("acme/docs-2/x", "tenants"),
    told(quote_plus("beta/docs/x"), "tenants"),
    told("", "tenants"),
]


@both
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
@pytest.mark.parametrize("lie", LIES)
def test_nothing_of_another_tenant_is_ever_told(connect: Connect, tenancy: str, lie: bytes) -> None:
    with served(stays_open(lie)) as server, connect(server, tenancy=tenancy) as client:
        with pytest.raises(ServerError) as caught:
            next(client.listen_bucket("docs"))
        assert "beta" not in f"{caught.value} {caught.value.args} {vars(caught.value)}"


@both
def test_a_prefix_is_asked_for_and_nothing_else_is_seen(connect: Connect) -> None:
    mine = [told(f"acme/docs/{key}", "tenants") for key in ("in/a.txt", "in/a.jpg", "out/a.txt")]
    escaped = told(quote_plus("acme/docs/in/a b.txt"), "tenants")
    steps = stays_open(*mine, told("acme/docs/in/b.txt", "tenants", "s3:Scanner:Big"), escaped)
    with served(steps) as server, connect(server, tenancy="prefix") as client:
        with client.listen_bucket("docs", "in/", ".txt", ["s3:ObjectCreated:*"]) as events:
            assert [next(events).key, next(events).key] == ["in/a.txt", "in/a b.txt"]
    (asked,) = listened(server)
    assert asked.startswith("/tenants?events=s3%3AObjectCreated%3A%2A&")
    assert asked.endswith("&prefix=acme%2Fdocs%2Fin%2F&suffix=.txt")


@both
def test_all_buckets_of_a_tenant(connect: Connect) -> None:
    names = ("acme/.buckets/docs", "acme/docs/in/a", "acme/.snapshots/docs/x", "acme/more/a/b")
    found = stays_open(*(told(name, "tenants") for name in names))
    with served(found) as server, connect(server, tenancy="prefix") as client:
        with client.listen_bucket(None) as events:
            assert [(e.bucket, e.key) for e in (next(events), next(events))] == [
                ("docs", "in/a"),
                ("more", "a/b"),
            ]
        with pytest.raises(NotSupportedError):
            client.with_(tenancy="bucket").listen_bucket(None)
    assert "prefix=acme%2F&" in listened(server)[0]


@both
def test_all_buckets_of_a_server(connect: Connect) -> None:
    probe = reply(200, b"<ListAllMyBucketsResult></ListAllMyBucketsResult>")
    with served(stays_open(told("a", "b1"), told("a", "b2")), probe=probe) as server:
        with connect(server, tenant_id=None) as client, client.listen_bucket(None) as events:
            assert [next(events).bucket, next(events).bucket] == ["b1", "b2"]


@both
def test_a_bucket_that_is_not_there(connect: Connect) -> None:
    for tenancy in ("bucket", "prefix"):
        with served(probe=reply(404, headers={"x-amz-request-id": "r"})) as server:
            with connect(server, tenancy=tenancy) as client:
                with pytest.raises(BucketNotFoundError):
                    next(client.listen_bucket("docs"))
        assert listened(server) == []


@both
def test_who_may_only_listen_listens(connect: Connect) -> None:
    with served(stays_open(told("a")), probe=reply(403)) as server, connect(server) as client:
        with client.listen_bucket("docs") as events:
            assert next(events).key == "a"


@both
@pytest.mark.parametrize(
    "body", [b"x" * (2 << 20), b"<html>\n", b'{"Records":[{}]}\n', b'{"Records":[5]}\n']
)
def test_noise_ends_it_after_what_came_before(connect: Connect, body: bytes) -> None:
    with served(stays_open(told("a"), body)) as server, connect(server) as client:
        events = client.listen_bucket("docs")
        assert next(events).key == "a"
        with pytest.raises(ServerError):
            next(events)


@both
def test_an_error_of_the_user_s_function_is_the_user_s(connect: Connect) -> None:
    def refuse(_: EventGap) -> None:
        raise MinIOConnectionError("mine")

    steps = (lines(told("a")), stays_open(told("b")))
    with served(*steps) as server, connect(server) as client:
        events = client.listen_bucket("docs", on_reconnect=refuse)
        assert next(events).key == "a"
        with pytest.raises(MinIOConnectionError, match="^mine$"):
            next(events)


@pytest.mark.parametrize(
    "named",
    [
        {"bucket": "No"},
        {"prefix": 5},
        {"suffix": b"x"},
        {"events": "s3:ObjectCreated:*"},
        {"events": []},
        {"events": ["s3:A&b=c"]},
        {"events": [5]},
        {"ping": 0},
        {"ping": 1.5},
        {"reconnect_for": -1},
        {"reconnect_for": float("nan")},
        {"on_reconnect": 5},
    ],
)
@both
def test_bad_arguments_are_refused_at_once(connect: Connect, named: dict[str, Any]) -> None:
    with connect("http://127.0.0.1:9") as client, pytest.raises(ValidationError):
        client.listen_bucket(**{"bucket": "docs", **named})


# -- ends -------------------------------------------------------------------------------------------


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def closings(events: BucketEvents, client: MinIOClient) -> Iterator[Callable[[], None]]:
    yield events.close
    yield client.close


@pytest.mark.parametrize("which", [0, 1], ids=["itself", "its client"])
@pytest.mark.parametrize("when", ["head", "body", "pause"])
def test_another_thread_closes_it(which: int, when: str) -> None:
    """Whatever it waits for: a head that doesn't come, an event, or the end of a pause."""
    waiting = threading.Event()

    def silent(exchange: Exchange) -> None:
        waiting.set()
        exchange.stopping.wait()

    steps: dict[str, tuple[Step, ...]] = {
        "head": (silent,),
        "body": (stays_open(told("a")),),
        "pause": (lines(told("a")), *[s3_error(503, "SlowDown")] * 9),
    }
    with served(*steps[when]) as server:
        client = MinIOClient(config_for(server, base_delay=30.0, max_delay=30.0))
        events = client.listen_bucket("docs")
        if when != "head":
            assert next(events).key == "a"
            waiting.set()
        left: list[object] = []
        thread = in_a_thread(lambda: left.extend(events))
        assert waiting.wait(10)
        list(closings(events, client))[which]()
        thread.join(10)
        assert not thread.is_alive()
        assert (left, events.closed) == ([], True)
        client.close()


def test_a_listener_that_is_forgotten_is_closed() -> None:
    with served(stays_open(told("a"))) as server, blocking(server) as client:
        for event in client.listen_bucket("docs"):
            assert event.key == "a"
            break
        gc.collect()
        transport: Any = client._engine.transport
        assert not list(transport.connections._feeds)


@pytest.mark.asyncio
async def test_a_task_that_is_cancelled_leaves_nothing() -> None:
    """Not the connection either, nor one that is on its way."""

    def silent(exchange: Exchange) -> None:
        exchange.stopping.wait()

    for step in (stays_open(told("a")), silent):
        with served(step) as server:
            async with AsyncMinIOClient(config_for(server)) as client:
                events = client.listen_bucket("docs")

                async def listen(events: Any = events) -> None:
                    async for _ in events:
                        pass

                task = asyncio.create_task(listen())
                while not listened(server):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert events.closed
                assert [event async for event in events] == []


@pytest.mark.asyncio
async def test_another_task_closes_it_and_so_does_the_client() -> None:
    for by_client in (False, True):
        with served(stays_open(told("a"))) as server:
            client = AsyncMinIOClient(config_for(server))
            events = client.listen_bucket("docs")
            assert (await events.__anext__()).key == "a"
            rest = asyncio.create_task(events.__anext__())
            await asyncio.sleep(0.02)
            await (client.close() if by_client else events.close())
            with pytest.raises(StopAsyncIteration):
                await rest
            await client.close()


@pytest.mark.asyncio
async def test_listeners_take_no_places_of_others() -> None:
    steps = [stays_open(told("a")) for _ in range(3)]
    with served(*steps) as server:
        async with AsyncMinIOClient(config_for(server, pool_size=1)) as client:
            events = [client.listen_bucket("docs") for _ in steps]
            assert [(await e.__anext__()).key for e in events] == ["a"] * 3
            assert await client.bucket_exists("docs")
            for each in events:
                await each.close()


def test_nothing_is_kept_of_what_is_over() -> None:
    with served(stays_open(told("a"))) as server, blocking(server) as client:
        with client.listen_bucket("docs") as events:
            next(events)
        gone = weakref.ref(events)
        del events
        gc.collect()
        assert gone() is None
