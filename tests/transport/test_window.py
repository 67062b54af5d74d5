"""The window of bulk jobs: it says what the usual way says, keeps to its limit, and leaves nothing behind."""

from __future__ import annotations

import select
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from minio_sdk import AuditRecord, Cache, MinIOConnectionError, MinIOError
from minio_sdk.blocking import run
from minio_sdk.clock import SYSTEM_CLOCK
from minio_sdk.flows import bulk
from minio_sdk.transport import window
from minio_sdk.transport.begun import Begun
from minio_sdk.transport.http_requests import RequestsTransport
from minio_sdk.transport.in_flight import SMALL, InFlight
from minio_sdk.transport.stopping import Stopped, Team
from minio_sdk.wire.message import Reply
from minio_sdk.wire.message import Request as WireRequest
from tests.both import blocking, stored
from tests.processes import Interrupted, eventually, interrupts
from tests.scripted import (
    Exchange,
    Request,
    ScriptedServer,
    Step,
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
)

PLAIN = b'HTTP/1.1 200 OK\r\nETag: "e1"\r\nContent-Length: 2\r\n\r\nok'

FAULTS: dict[str, Step] = {
    "none": stored(b"ok"),
    "drop": drop_before_reply(),
    "reset": drop_before_reply(reset=True),
    "drop-before-body": drop_before_body(),
    "short": drop_after(stored(b"0123456789"), bytes=3),
    "no-body": drop_after(stored(b"0123456789"), bytes=0),
    "lying-length": reply(200, b"abc", headers={"ETag": '"e1"'}, content_length=10),
    "bytes-behind": raw(PLAIN + b"HTTP/1.1 200 OK\r\nETag: \"e2\"\r\nContent-Length: 4\r\n\r\nevil"),
    "garbage": raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", close=True),
    "old-version": raw(PLAIN.replace(b"1.1", b"1.0", 1), close=True),
    "two-lengths": raw(PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Length: 7\r\n\r\n")),
    "continue-first": raw(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN),
    "chunked": reply(200, b"in chunks", headers={"ETag": '"e1"'}, chunked=True),
    "to-the-end": reply(200, b"to the end", headers={"ETag": '"e1"'}, content_length=None),
    "closes": reply(200, b"closes", headers={"ETag": '"e1"'}, close=True),
    "dribbles": dribble(stored(b"drip"), step=20),
    "early": reply_before_body(stored(b"early")),
    "early-no": reply_before_body(s3_error(403, "AccessDenied")),
    "not-s3": reply(200, b"<html>"),
    "as-large": stored(b"x" * SMALL),
    "too-large": stored(b"x" * (SMALL + 1)),
    "redirect": redirect("http://127.0.0.1:9/elsewhere"),
    "busy": s3_error(503, "SlowDown"),
    "failed": s3_error(500, "InternalError"),
    "throttled": s3_error(429, "TooManyRequests"),
    "denied": s3_error(403, "AccessDenied"),
    "missing": s3_error(404, "NoSuchKey"),
    "no-bucket": s3_error(404, "NoSuchBucket"),
    "no-content": reply(204),
}  # fmt: skip
UNANNOUNCED = ("short", "no-body")
"""To HEAD these are whole, and their connections end a moment later: the next request may be quicker."""
KEYS = [name for fault in FAULTS for name in (f"{fault}-before", fault)]


class Faulty:
    """Each key's first request meets the fault of that name; otherwise the key is the object's bytes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Step:
        key = request.path.rpartition("/")[2]
        with self._lock:
            first = f"{request.method} {key}" not in self.asked
            self.asked.append(f"{request.method} {key}")
        if first and key in FAULTS and not (request.method == "HEAD" and key in UNANNOUNCED):
            return FAULTS[key]
        return stored(key.encode() if request.method == "GET" else b"")


@contextmanager
def by_window() -> Iterator[list[str]]:
    """The paths that are sent by a window."""
    sent: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        begin = InFlight.begin

        def begun(self: InFlight, request: WireRequest, *rest: Any) -> bool:
            went = begin(self, request, *rest)
            if went:
                sent.append(request.path)
            return went

        patch.setattr(InFlight, "begin", begun)
        yield sent


@contextmanager
def the_usual_way() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestsTransport, "lane", lambda self: self)
        yield


def told(outcome: Any) -> Any:
    """All that can be compared of an outcome."""
    if not isinstance(outcome, MinIOError):
        return outcome
    cause = outcome.__cause__
    return (
        type(outcome), str(outcome).partition(" attempt")[0], outcome.code, outcome.status,
        outcome.attempts, outcome.key, outcome.operation, outcome.hint, type(cause),
    )  # fmt: skip


def everything(verb: str, concurrency: int) -> dict[str, Any]:
    """What is to be the same whichever way a job goes."""
    faulty, records = Faulty(), list[AuditRecord]()
    server = ScriptedServer(handler=faulty, strict=False)
    config: dict[str, Any] = {"max_retries": 2, "audit": records.append, "api": "s3"}
    if verb == "guarded upload":
        config["tenancy"] = "prefix"
    with server, blocking(server, **config) as client:
        client.get_object("docs", "first")
        if verb == "download":
            done = client.download_many([("docs", key) for key in KEYS], concurrency=concurrency)
        else:
            items = [{"key": key, "data": key.encode()} for key in KEYS]
            if verb == "guarded upload":
                items = [{**item, "if_match": "e1"} for item in items]
            done = client.upload_many(items, bucket="docs", concurrency=concurrency)
        url = server.url
    audited = sorted(
        (r.operation, r.key or "", r.status or 0, r.attempts, str(r.error)) for r in records
    )
    outcomes = {key: str(told(each)).replace(url, "") for key, each in zip(KEYS, done, strict=True)}
    return {
        "outcomes": outcomes,
        "counts": (done.succeeded, done.failed, done.bytes),
        "asked": sorted(faulty.asked),
        "audited": audited,
        "connections": [r.connection for r in server.requests] if concurrency == 1 else None,
    }


@pytest.mark.parametrize("concurrency", [1, 5])
@pytest.mark.parametrize("verb", ["download", "upload", "guarded upload"])
def test_all_faults_end_as_in_the_usual_way(verb: str, concurrency: int) -> None:
    with the_usual_way():
        expected = everything(verb, concurrency)
    with by_window() as sent:
        found = everything(verb, concurrency)
    if verb == "guarded upload" and concurrency > 1:
        # How many ask for the bucket's marker before the first one knows it, is chance.
        for each in (expected, found):
            each["asked"] = [line for line in each["asked"] if line != "HEAD docs"]
            each["audited"] = [record for record in each["audited"] if record[0] != "HeadBucket"]
    assert found == expected
    if concurrency == 1:  # one connection, which is open again after each fault
        assert {path.rpartition("/")[2] for path in sent} >= set(FAULTS)


def test_connections_that_end_unannounced_bring_nobody_another_ones_answer() -> None:
    with (
        ScriptedServer(handler=lambda r: hang_up(stored(r.path.encode()))) as server,
        blocking(server, max_retries=9, api="s3") as client,
    ):
        client.get_object("docs", "first")
        done = client.download_many([("docs", f"k{n}") for n in range(30)], concurrency=3)
    for number, each in enumerate(done):
        # How often a connection ends just before it is used is chance, and so may be once too often.
        assert each == f"/acme-docs/k{number}".encode() or isinstance(each, MinIOConnectionError)


def test_as_many_as_allowed_are_in_flight_and_no_thread_works() -> None:
    """Nobody is answered before all that may be in flight are there."""
    limit = 6
    together = threading.Barrier(limit)
    seen: list[int] = []
    lock = threading.Lock()
    flying: set[str] = set()

    def handler(request: Request) -> Step:
        def step(exchange: Exchange) -> None:
            with lock:
                flying.add(request.path)
                seen.append(len(flying))
            together.wait(10)
            with lock:
                flying.discard(request.path)
            stored(request.path.encode())(exchange)

        return step

    items = [("docs", f"k{n}") for n in range(limit * 5)]
    with ScriptedServer(handler=handler) as server, blocking(server, api="s3") as client:
        client.download_many(items[:limit], concurrency=limit)  # opens the connections
        threads: list[Any] = []
        with pytest.MonkeyPatch.context() as patch:
            submit = ThreadPoolExecutor.submit
            patch.setattr(
                ThreadPoolExecutor,
                "submit",
                lambda *arguments: threads.append(arguments) or submit(*arguments),  # type: ignore[func-returns-value]
            )
            done = client.download_many(items, concurrency=limit)
        assert server.connections == limit
    assert [bytes(each) for each in done] == [f"/acme-docs/{key}".encode() for _, key in items]
    assert max(seen) == limit
    assert not threads


def test_one_of_many_that_hangs_is_tried_again_in_time() -> None:
    asked: list[str] = []

    def handler(request: Request) -> Step:
        asked.append(request.path)
        if request.path.endswith("/k7") and asked.count(request.path) == 1:
            return hang()
        return stored(request.path.encode())

    with (
        ScriptedServer(handler=handler) as server,
        blocking(server, timeout=0.5, api="s3") as client,
    ):
        client.get_object("docs", "first")
        done = client.download_many([("docs", f"k{n}") for n in range(20)], concurrency=4)
    assert [bytes(each) for each in done] == [f"/acme-docs/k{n}".encode() for n in range(20)]
    assert asked.count("/acme-docs/k7") >= 2


def test_a_deadline_ends_an_item_and_not_the_job() -> None:
    def handler(request: Request) -> Step:
        return hang() if request.path.endswith("/k1") else stored(b"x")

    server = ScriptedServer(handler=handler)
    config: dict[str, Any] = {"deadline": 1.0, "api": "s3", "clock": SYSTEM_CLOCK}
    with server, blocking(server, **config) as client:
        client.get_object("docs", "first")
        done = client.download_many(["k0", "k1", "k2"], bucket="docs", concurrency=1)
    assert [type(each).__name__ for each in done] == ["bytes", "MinIOTimeoutError", "bytes"]


def test_an_answer_that_only_dribbles_doesn_t_outlast_the_deadline() -> None:
    """Each piece comes in time; all of them would not."""
    over = threading.Event()

    def drips(exchange: Exchange) -> None:
        exchange.send(b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 50\r\n\r\n')
        for _ in range(50):
            if over.wait(0.1):
                return
            exchange.send(b"x")

    def handler(request: Request) -> Step:
        return drips if request.path.endswith("/k1") else stored(b"x")

    server = ScriptedServer(handler=handler)
    config: dict[str, Any] = {"deadline": 0.5, "api": "s3", "clock": SYSTEM_CLOCK}
    with server, blocking(server, **config) as client:
        client.get_object("docs", "first")
        done = client.download_many(["k0", "k1", "k2"], bucket="docs", concurrency=1)
        over.set()
    assert [type(each).__name__ for each in done] == ["bytes", "MinIOTimeoutError", "bytes"]


def client_threads() -> int:
    """How many threads there are besides the server's, which has one for each connection."""
    return sum(not thread.name.startswith("scripted") for thread in threading.enumerate())


def test_an_interrupt_leaves_no_thread_and_no_connection_that_waits() -> None:
    """What comes too late is read by nobody."""
    release = threading.Event()

    def handler(request: Request) -> Step:
        answer = stored(request.path.encode())
        return hang(release, answer) if "/slow" in request.path else answer

    before = threading.active_count()
    with (
        interrupts() as interrupt,
        ScriptedServer(handler=handler) as server,
        blocking(server, api="s3") as client,
    ):
        warm = [("docs", f"k{n}") for n in range(8)]
        client.download_many(warm, concurrency=4)
        working = client_threads()
        asked = len(server.requests)

        def send() -> None:
            server.wait_for(asked + 20 + 3)
            interrupt()

        sender = threading.Thread(target=send)
        sender.start()
        slow = [("docs", f"k{n}" if n < 20 else f"slow{n}") for n in range(40)]
        with pytest.raises(Interrupted):
            client.download_many(slow, concurrency=3)
        sender.join()
        release.set()
        assert client_threads() <= working
        assert len(server.requests) == asked + 20 + 3
        done = client.download_many(warm, concurrency=4)
        assert [bytes(each) for each in done] == [f"/acme-docs/{key}".encode() for _, key in warm]
    assert eventually(lambda: threading.active_count() <= before)


def test_an_interrupt_while_a_thread_begins_is_an_interrupt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The flow is under way on the thread already, and the window still takes it for its own."""
    begun, over = threading.Event(), threading.Event()
    stop = window._Window.stop

    class Late(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Any:
            super().submit(*arguments, **named)
            assert begun.wait(10)
            raise KeyboardInterrupt

    def stopping(self: Any) -> None:
        try:
            stop(self)
        finally:
            over.set()

    async def work(_: int) -> None:
        await lane.move()
        begun.set()
        assert over.wait(10)

    monkeypatch.setattr(window, "ThreadPoolExecutor", Late)
    monkeypatch.setattr(window._Window, "stop", stopping)
    with blocking("http://localhost:9") as client:
        lane = window.Lane(client._engine.transport)  # type: ignore[arg-type]
        with pytest.raises(KeyboardInterrupt):
            run(lane.map(work, [1], 1))


def test_work_that_was_ended_is_not_begun_by_a_thread() -> None:
    """The interrupt came before the thread did."""
    ended: list[BaseException] = []

    async def work() -> None:
        try:
            await lane.move()
        except BaseException as error:
            ended.append(error)
            raise

    with blocking("http://localhost:9") as client:
        lane = window.Lane(client._engine.transport)  # type: ignore[arg-type]
        lane.thread = threading.get_ident()
        job = window._Job(0, work())
        job.flow.send(None)
        job.end()
        assert window._on_thread(Team(), job) is None
    assert [type(error) for error in ended] == [Stopped]


def test_a_failing_progress_function_ends_the_job_and_closes_what_waits() -> None:
    release = threading.Event()

    def handler(request: Request) -> Step:
        return hang(release, stored(b"late")) if "/slow" in request.path else stored(b"quick")

    def fail(_: object) -> None:
        raise LookupError

    with ScriptedServer(handler=handler) as server, blocking(server, api="s3") as client:
        client.download_many(["a", "b"], bucket="docs", concurrency=2)
        with pytest.raises(LookupError):
            client.download_many(["slow", "c"], bucket="docs", concurrency=2, progress=fail)
        release.set()
        assert client.get_object("docs", "d") == b"quick"


def test_what_an_idle_connection_brings_is_no_answer() -> None:
    more = threading.Event()

    def step(exchange: Exchange) -> None:
        stored(b"mine")(exchange)
        assert more.wait(10)
        exchange.send(PLAIN)

    with (
        ScriptedServer([stored(), step, stored(b"next")]) as server,
        blocking(server, api="s3") as client,
    ):
        client.get_object("docs", "first")
        flight = InFlight(client._engine.transport)  # type: ignore[arg-type]
        request = WireRequest("GET", "/acme-docs/k")

        try:
            assert flight.begin(request, None, "one")
            while not flight.ended:
                flight.look(wait=True)
            owner, found = flight.ended.popleft()
            assert isinstance(found, Reply)
            assert (owner, found.body) == ("one", b"mine")
            [slot] = flight._answered
            more.set()
            select.select([slot.sock], [], [], 10)
            flight.look(wait=False)
            assert not flight.ended
            assert not flight._slots
            assert not flight.begin(request, None, "two")  # there is none that is open
        finally:
            flight.close()
        assert client.get_object("docs", "k") == b"next"


def test_what_begun_holds_is_closed_when_nobody_goes_on_with_it() -> None:
    with (
        ScriptedServer([stored(), stored(b"x" * 9)]) as server,
        blocking(server, api="s3") as client,
    ):
        client.get_object("docs", "first")
        pool = client._engine.transport.connections.pool()  # type: ignore[attr-defined]
        connection = pool.take_open()
        begun = Begun(0.0, None, pool, connection)
        begun.drop()
        begun.drop()
        assert connection.sock is None
        assert client.get_object("docs", "a") == b"x" * 9


def test_data_that_waits_for_another_item_holds_up_nobody() -> None:
    """The first item's data comes when the second has been stored."""
    there = threading.Event()

    def handler(request: Request) -> Step:
        if request.path.endswith("/second"):
            there.set()
        return stored()

    def data() -> Iterator[bytes]:
        assert there.wait(10)
        yield b"at last"

    with ScriptedServer(handler=handler) as server, blocking(server, api="s3") as client:
        client.get_object("docs", "a")
        done = client.upload_many(
            [("docs", "first", data()), ("docs", "second", b"x")], concurrency=2
        )
    assert done.ok
    assert [each.size for each in done] == [7, 1]


def test_items_that_wait_for_one_another_are_sent_one_by_one() -> None:
    """The next item comes only when the one before has been asked for."""
    asked = threading.Semaphore(0)

    def handler(request: Request) -> Step:
        asked.release()
        return stored()

    def items() -> Iterator[tuple[str, str, bytes]]:
        for number in range(6):
            assert asked.acquire(timeout=10)
            yield ("docs", f"{number}", b"x")

    with ScriptedServer(handler=handler) as server, blocking(server, api="s3") as client:
        client.get_object("docs", "a")
        assert client.upload_many(items(), concurrency=6).ok


def test_nothing_is_held_back_while_the_users_function_is_told() -> None:
    """Of a list some are sent together, but not behind what the cache has, which is told at once."""
    asked, waited = threading.Event(), list[bool]()

    def handler(request: Request) -> Step:
        if request.path.endswith("/first"):
            asked.set()
        return stored(b"x")

    def heard(progress: object) -> None:
        waited.append(asked.wait(10))

    cache = Cache(trust=600)
    with (
        ScriptedServer(handler=handler) as server,
        blocking(server, api="s3", cache=cache) as client,
    ):
        client.get_object("docs", "kept")
        keys = [("docs", "first"), ("docs", "kept"), ("docs", "last")]
        assert client.download_many(keys, concurrency=3, progress=heard).ok
    assert len(waited) == 3
    assert all(waited)
    assert [request.path.rpartition("/")[2] for request in server.requests].count("kept") == 1


@pytest.mark.parametrize("count", [1, 3, 4, 5, 9])
def test_a_list_goes_together_and_whole(count: int) -> None:
    stored_there: dict[str, bytes] = {}

    def handler(request: Request) -> Step:
        stored_there[request.path.rpartition("/")[2]] = request.body
        return stored()

    items = [("docs", f"k{number}", b"%d" % number) for number in range(count)]
    with ScriptedServer(handler=handler) as server, blocking(server, api="s3") as client:
        client.get_object("docs", "a")
        stored_there.clear()
        assert client.upload_many(items, concurrency=3).ok
    assert stored_there == {key: data for _, key, data in items}


def test_data_for_the_async_client_ends_the_job() -> None:
    class Forever:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def data() -> AsyncIterator[bytes]:
        await Forever()
        yield b"never"

    with ScriptedServer(handler=lambda _: stored()) as server, blocking(server, api="s3") as client:
        client.get_object("docs", "first")
        with pytest.raises(RuntimeError, match="use AsyncMinIOClient"):
            client.upload_many([("docs", "a", data()), ("docs", "b", b"x")])


def test_a_job_within_a_job_is_stopped_with_it() -> None:
    """The inner window waits for an answer when its outer job fails."""
    release = threading.Event()

    def handler(request: Request) -> Step:
        return hang(release) if request.path.endswith("/hangs") else stored()

    with ScriptedServer(handler=handler) as server, blocking(server, api="s3") as client:
        client.download_many(["a", "b"], bucket="docs", concurrency=2)
        engine, asked = client._engine, len(server.requests)

        async def one(work: str) -> Any:
            if work == "job":
                return await bulk.perform(engine, "download", [("docs", "hangs")], bulk.Job())
            server.wait_for(asked + 1)
            raise LookupError

        with pytest.raises(LookupError):
            run(engine.transport.map(one, ["job", "fails"], 2))
        release.set()
        assert client.get_object("docs", "c") == b""


def test_those_who_look_on_see_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    send: Callable[..., Any] = requests.Session.send

    def watched(self: requests.Session, request: Any, **named: Any) -> Any:
        seen.append(request.url.rpartition("/")[2])
        return send(self, request, **named)

    with ScriptedServer(handler=lambda _: stored()) as server, blocking(server, api="s3") as client:
        client.get_object("docs", "first")
        monkeypatch.setattr(requests.Session, "send", watched)
        with by_window() as sent:
            client.download_many(["a", "b", "c"], bucket="docs", concurrency=2)
    assert sorted(seen) == ["a", "b", "c"]
    assert not sent


def test_tls_goes_by_the_window_too() -> None:
    def handler(request: Request) -> Step:
        return stored(request.path.encode() * 3000)

    server = ScriptedServer(handler=handler, tls=True)
    with server, blocking(server, api="s3") as client, by_window() as sent:
        client.get_object("docs", "first")
        keys = [f"k{n}" for n in range(12)]
        done = client.download_many(keys, bucket="docs", concurrency=3)
        stored_all = client.upload_many([(key, bytes(SMALL)) for key in keys], bucket="docs")
    assert [bytes(each) for each in done] == [f"/acme-docs/{key}".encode() * 3000 for key in keys]
    assert stored_all.ok
    assert len(sent) > len(keys)


def test_a_body_goes_on_where_the_socket_took_no_more() -> None:
    class Slow:
        """A socket that takes little at a time."""

        def __init__(self, sock: Any) -> None:
            self.sock = sock

        def send(self, data: memoryview) -> int:
            sent: int = self.sock.send(data[:1000])
            return sent

        def __getattr__(self, name: str) -> Any:
            return getattr(self.sock, name)

    with ScriptedServer(handler=lambda _: stored()) as server, blocking(server, api="s3") as client:
        client.get_object("docs", "first")
        flight = InFlight(client._engine.transport)  # type: ignore[arg-type]
        try:
            slot = flight._idle_slot(0.0, flight._connections.pool())
            assert slot is not None
            slot.sock = Slow(slot.sock)
            flight._idle.append(slot)
            body = bytes(range(256)) * 20
            assert flight.begin(WireRequest("PUT", "/acme-docs/k", body=body), None, "one")
            while not flight.ended:
                flight.look(wait=True)
            assert flight.ended.popleft()[0] == "one"
        finally:
            flight.close()
    assert server.requests[-1].body == body


def test_window_and_lane_say_where_they_are_over() -> None:
    """After its job a lane's flows go the usual way."""
    with (
        ScriptedServer(handler=lambda _: stored(b"x")) as server,
        blocking(server, api="s3") as client,
    ):
        lane = client._engine.lane()
        later: list[Any] = []

        async def one(key: str) -> None:
            later.append(key)

        assert run(lane.transport.map(one, ["a", "b"], 2)) == [None, None]
        assert isinstance(lane.transport, window.Lane)
        assert run(lane.transport.send(WireRequest("GET", "/acme-docs/k"), None)).body == b"x"
