"""Hedged reads: a second request where the first is late, within a budget, and nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from minio_sdk import Config, Hedge, MinIOClient, MinIOConnectionError, ServerError
from minio_sdk.transport.hedging import Hedger
from tests.both import Connect, at_once, awaited, both, config_for, stored
from tests.scripted import (
    PATIENCE,
    Exchange,
    Request,
    ScriptedServer,
    Step,
    drop_before_reply,
    hang,
    reply,
    s3_error,
)

SOON = Hedge(after=0.03, budget=1)


class Late:
    """Answers the first request for each key in `keys` only when the test ends, or as `how` says."""

    def __init__(self, *keys: str, how: Step | None = None, other: Step | None = None) -> None:
        self._keys = set(keys)
        self.how = how or hang()
        self._other = other
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self.second = threading.Event()

    def then(self, step: Step) -> Step:
        """A step that waits for the second request."""

        def waiting(exchange: Exchange) -> None:
            self.second.wait(PATIENCE)
            step(exchange)

        return waiting

    def __call__(self, request: Request) -> Step:
        name = request.path.rpartition("/")[2]
        with self._lock:
            first = name in self._keys and name not in self._seen
            if name in self._seen:
                self.second.set()
            self._seen.add(name)
        if first:
            return self.how
        return self._other or stored(name.encode())


def lines(server: ScriptedServer, method: str = "GET") -> list[str]:
    return [
        request.path.rpartition("/")[2] for request in server.requests if request.method == method
    ]


@both
def test_a_second_request_overtakes_one_that_is_late(connect: Connect) -> None:
    with ScriptedServer(handler=Late("b", "c")) as server, connect(server, hedge=SOON) as client:
        assert [client.get_object("docs", key) for key in "abcd"] == [b"a", b"b", b"c", b"d"]
        # On a slow machine others may be late as well.
        assert (lines(server).count("b"), lines(server).count("c")) == (2, 2)
        # The connection of the late one is never used again.
        late = {r.connection for r in server.requests if r.path.endswith("/b")}
        assert len(late) == 2


@both
def test_the_very_first_request_which_has_no_connection_yet(connect: Connect) -> None:
    with ScriptedServer(handler=Late("a")) as server, connect(server, hedge=SOON) as client:
        assert client.get_object("docs", "a") == b"a"
        assert lines(server) == ["a", "a"]


@both
def test_metadata_is_hedged_and_what_changes_anything_is_not(connect: Connect) -> None:
    def slow(exchange: Exchange) -> None:
        if exchange.request.method == "HEAD":
            if len(lines(server, "HEAD")) == 1:
                server.wait_for(2)
        else:
            exchange.stopping.wait(0.1)
        stored()(exchange)

    with (
        ScriptedServer(handler=lambda _: slow) as server,
        connect(server, hedge=Hedge(after=0.03, budget=1)) as client,
    ):
        client.get_object_metadata("docs", "k")
        client.put_object("docs", "k", b"x")
        client.delete_object("docs", "k")
        methods = [request.method for request in server.requests]
    assert methods.count("HEAD") == 2
    assert (methods.count("PUT"), methods.count("DELETE")) == (1, 1)


@both
def test_the_second_goes_to_another_endpoint(connect: Connect) -> None:
    with (
        ScriptedServer(handler=Late("k")) as a,
        ScriptedServer(handler=lambda _: stored(b"other")) as b,
        connect(f"{a.url},{b.url}", hedge=SOON) as client,
    ):
        assert client.get_object("docs", "k") == b"other"
        assert (lines(a), lines(b)) == (["k"], ["k"])


@both
def test_a_bad_second_answer_doesn_t_count(connect: Connect) -> None:
    late = Late("k", other=reply(503))
    late.how = late.then(stored(b"slow"))
    with ScriptedServer(handler=late) as server, connect(server, hedge=SOON) as client:
        assert client.get_object("docs", "k") == b"slow"
        assert lines(server) == ["k", "k"]


@both
@pytest.mark.parametrize("first", [reply(503), drop_before_reply()], ids=["503", "dropped"])
def test_a_bad_first_answer_waits_for_the_second(connect: Connect, first: Step) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.stopping.wait(0.05)
        stored(b"good")(exchange)

    late = Late("k", other=slow)
    late.how = late.then(first)
    with ScriptedServer(handler=late) as server, connect(server, hedge=SOON) as client:
        assert client.get_object("docs", "k") == b"good"
        assert lines(server) == ["k", "k"]


@both
def test_where_both_fail_it_is_one_attempt_that_failed(connect: Connect) -> None:
    late = Late("k", other=reply(503))
    late.how = late.then(reply(503))
    with (
        ScriptedServer(handler=late) as server,
        connect(server, hedge=SOON, max_retries=0) as client,
    ):
        with pytest.raises(ServerError) as caught:
            client.get_object("docs", "k")
        assert caught.value.attempts == 1
        assert len(lines(server)) == 2


@both
def test_an_error_of_the_store_is_an_answer(connect: Connect) -> None:
    late = Late("k", other=s3_error(404, "NoSuchKey"))
    with ScriptedServer(handler=late) as server, connect(server, hedge=SOON) as client:
        assert client.object_exists("docs", "k") is False
        assert lines(server, "HEAD") == ["k", "k"]


@both
def test_both_hang_and_the_timeout_ends_it(connect: Connect) -> None:
    with (
        ScriptedServer(handler=lambda _: hang()) as server,
        connect(server, hedge=SOON, timeout=0.2, max_retries=0) as client,
        pytest.raises(MinIOConnectionError),
    ):
        client.get_object("docs", "k")


@both
def test_two_in_a_hundred_are_late(connect: Connect) -> None:
    """The promise, scaled down: what is late would be so for the whole test."""
    names = [f"k{number}" for number in range(250)]
    late = {name for number, name in enumerate(names) if number % 50 == 49}
    with (
        ScriptedServer(handler=Late(*late)) as server,
        connect(server, hedge=Hedge(after=0.2), timeout=20) as client,
    ):
        assert [client.get_object("docs", name) for name in names] == [n.encode() for n in names]
        more = len(lines(server)) - len(names)
    assert len(late) <= more <= 0.05 * len(names)


@both
def test_two_in_a_hundred_are_late_in_a_bulk_job(connect: Connect) -> None:
    names = [f"k{number}" for number in range(250)]
    late = {name for number, name in enumerate(names) if number % 50 == 49}
    with (
        ScriptedServer(handler=Late(*late)) as server,
        connect(server, hedge=Hedge(after=0.2), timeout=20) as client,
    ):
        got = client.download_many(names, bucket="docs", concurrency=8)
        assert got.failed == 0
        assert list(got) == [name.encode() for name in names]
        more = len(lines(server)) - len(names)
    assert len(late) <= more <= 0.05 * len(names)


@both
def test_no_more_than_the_budget_allows(connect: Connect) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.stopping.wait(0.01)
        stored(b"x")(exchange)

    with (
        ScriptedServer(handler=lambda _: slow) as server,
        connect(server, hedge=Hedge(after=0.0001)) as client,
    ):
        assert {client.get_object("docs", "k") for _ in range(60)} == {b"x"}
        assert 60 < len(lines(server)) <= 63


def test_none_where_there_is_no_place_for_it() -> None:
    def slow(exchange: Exchange) -> None:
        exchange.stopping.wait(0.02)
        stored(b"x")(exchange)

    calls: list[Callable[[MinIOClient], Any]] = [
        lambda client: client.get_object("docs", "k") for _ in range(40)
    ]
    with (
        ScriptedServer(handler=lambda _: slow) as server,
        awaited(server, hedge=Hedge(after=0.0001, budget=1), pool_size=4) as client,
    ):
        assert at_once(client, calls) == [b"x"] * 40
        assert len(lines(server)) <= 44


@both
def test_a_room_isn_t_written_to_by_two(connect: Connect, tmp_path: Any) -> None:
    data = bytes(range(256)) * 512

    def part(request: Request) -> Step:
        first, last = (request.header("Range") or "").removeprefix("bytes=").split("-")
        body = data[int(first) : int(last) + 1]
        told = f"bytes {first}-{int(first) + len(body) - 1}/{len(data)}"
        whole = reply(206, body, headers={"ETag": '"e"', "Content-Range": told})

        def slow(exchange: Exchange) -> None:
            server.wait_for(2)
            whole(exchange)

        return slow if len(server.requests) == 1 else whole

    with ScriptedServer(handler=part) as server, connect(server, hedge=SOON) as client:
        path = tmp_path / "file"
        client.download_file("docs", "k", path)
        assert path.read_bytes() == data


def test_who_looks_on_sees_both(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    with (
        ScriptedServer(handler=Late("b")) as server,
        MinIOClient(config_for(server, hedge=SOON)) as client,
    ):
        transport: Any = client._engine.transport
        transport.session.hooks["response"].append(lambda response, **_: seen.append(response.url))
        assert [client.get_object("docs", key) for key in "ab"] == [b"a", b"b"]
        assert isinstance(transport.session, requests.Session)
    assert {url.rpartition("/")[2] for url in seen} == {"a", "b"}


def test_no_thread_is_left() -> None:
    with ScriptedServer(handler=Late("a", "b")) as server:
        with MinIOClient(config_for(server, hedge=SOON)) as client:
            assert [client.get_object("docs", key) for key in "ab"] == [b"a", b"b"]
        for thread in threading.enumerate():
            if thread.name == "minio-sdk-hedge":
                thread.join(10)
                assert not thread.is_alive()


def test_without_threads_to_be_had_the_first_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.stopping.wait(0.06)
        stored(b"slow")(exchange)

    def refuse(runner: Any, *_: object) -> None:
        raise RuntimeError("can't start new thread")

    with (
        ScriptedServer(handler=lambda _: slow) as server,
        MinIOClient(config_for(server, hedge=SOON)) as client,
    ):
        monkeypatch.setattr("minio_sdk.transport.racing._Runner.__init__", refuse)
        assert [client.get_object("docs", "k") for _ in range(2)] == [b"slow"] * 2
        assert len(server.requests) == 2


def test_an_interrupt_ends_both(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(handler=lambda _: hang()) as server:
        with MinIOClient(config_for(server, hedge=SOON)) as client:

            def interrupted() -> None:
                if len(server.requests) == 2:
                    raise KeyboardInterrupt

            monkeypatch.setattr("minio_sdk.transport.racing.check_running", interrupted)
            with pytest.raises(KeyboardInterrupt):
                client.get_object("docs", "k")
        for thread in threading.enumerate():
            if thread.name == "minio-sdk-hedge":
                thread.join(10)
                assert not thread.is_alive()


def test_what_is_late_is_learnt() -> None:
    hedger = Hedger(Hedge())
    assert hedger.begin("GET") is None
    for _ in range(16):
        hedger.tell("GET", 0.02)
    assert hedger.begin("GET") == 0.04
    assert hedger.begin("LIST") is None
    for _ in range(16):
        hedger.tell("HEAD", 0.0001)
    assert hedger.begin("HEAD") == 0.005
    for number in range(256):  # up to a tenth of them may be far off
        hedger.tell("GET", 1.0 if number % 11 == 0 else 0.03)
    assert hedger.begin("GET") == 0.06


def test_the_budget_is_a_share() -> None:
    hedger = Hedger(Hedge(budget=0.05))
    sent = 0
    for _ in range(1000):
        hedger.begin("GET")
        sent += hedger.take()
    assert 48 <= sent <= 50
    assert (hedger.reads, hedger.sent) == (1000, sent)
    for _ in range(10_000):
        hedger.begin("GET")
    assert sum(hedger.take() for _ in range(100)) == 10  # after a quiet time, no flood


def test_it_is_off_where_nobody_asks_for_it() -> None:
    with MinIOClient(
        Config("http://127.0.0.1:1", "acme", access_key="a", secret_key="b")
    ) as client:
        assert type(client._engine.transport).__name__ == "RequestsTransport"


def test_a_job_that_ends_stops_what_is_hedged() -> None:
    """A failure of one item's neighbour cuts both requests of a read that hangs."""

    def handle(request: Request) -> Step:
        return hang() if request.path.endswith("/hangs") else s3_error(403, "AccessDenied")

    with ScriptedServer(handler=handle) as server:
        with MinIOClient(config_for(server, hedge=SOON, timeout=60)) as client:

            def one(key: str) -> Any:
                async def flow() -> Any:
                    if key == "fails":
                        server.wait_for(2)
                        raise ValueError("the neighbour")
                    return client.get_object("docs", key)

                return flow()

            transport: Any = client._engine.transport
            with pytest.raises(ValueError, match="the neighbour"):
                transport.map(one, ["hangs", "fails"], 2).send(None)
