"""A listing by several requests at once is the one that single requests give, whatever a server does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import AccessDeniedError, AsyncMinIOClient, Config, ServerError
from minio_sdk.blocking import iterate
from minio_sdk.flows import found, listing
from minio_sdk.flows.found import Question
from minio_sdk.models.results import ObjectInfo
from minio_sdk.wire.message import Reply, Request
from tests.both import Connect, both
from tests.flows.memory import Bucket, Memory
from tests.listing_server import Listed
from tests.scripted import Reply as Answer
from tests.scripted import Request as Asked
from tests.scripted import ScriptedServer, hang, s3_error
from tests.strategies import FEW, HOSTILE, anything

PAGE = 3


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", PAGE)


class InAnyOrder:
    """A crew whose work is done only when it is waited for, in an order that the test chooses."""

    def __init__(self, limit: int, choose: Callable[[int], int]) -> None:
        self._limit = limit
        self._choose = choose
        self.waiting: list[Callable[[], Awaitable[Any]]] = []
        self.failure: BaseException | None = None
        self.stopped = False

    @property
    def failed(self) -> bool:
        return self.failure is not None

    async def begin(self, work: Callable[[], Awaitable[Any]]) -> None:
        assert len(self.waiting) < self._limit
        self.waiting.append(work)

    async def rest(self) -> bool:
        if not self.waiting:
            return False
        await self.waiting.pop(self._choose(len(self.waiting)))()
        return True

    async def end(self) -> list[Any]:
        return []

    async def stop(self) -> None:
        self.stopped = True


class Disorder(Memory):
    """S3 in memory whose answers come in any order, and that may be deaf to ``start-after``."""

    def __init__(self, choose: Callable[[int], int] = lambda _: 0, *, deaf: bool = False) -> None:
        super().__init__()
        self.choose = choose
        self.deaf = deaf
        self.crews: list[InAnyOrder] = []
        self.name = "FakeS3"
        self.buckets["docs"] = Bucket()

    def crew(self, limit: int, *, grace: float = 0.0) -> Any:
        self.crews.append(InAnyOrder(limit, self.choose))
        return self.crews[-1]

    def fill(self, keys: list[str]) -> None:
        for key in keys:
            self.store("docs", key, b"")

    async def send(self, request: Request, deadline: float | None) -> Reply:
        if self.deaf:
            request = Request(
                request.method, request.path, request.query.replace("start-after", "ignored")
            )
        return await super().send(request, deadline)

    def ask(self, at_once: int, **asked: Any) -> Iterator[list[ObjectInfo]]:
        return iterate(found.batches(self.engine(None), question(at_once, **asked)))

    def names(self, at_once: int, **asked: Any) -> list[str]:
        return [item.key for batch in self.ask(at_once, **asked) for item in batch]


def question(at_once: int, **asked: Any) -> Question:
    given = {"prefix": "", "suffix": "", "limit": None, "start_after": None, **asked}
    return Question(bucket="docs", recursive=True, versions=False, concurrency=at_once, **given)


counters = st.integers(1, 60).map(lambda n: [f"some/object-{i:04}.txt" for i in range(n)])
uneven = st.lists(st.integers(0, 5000), unique=True, max_size=40).map(
    lambda numbers: [f"k{number}" for number in numbers]
)
folders = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(0, 9)), unique=True, max_size=40
).map(lambda dates: [f"2026/{month:02}/{day:02}/log-{n}" for month, day, n in dates])
wild = st.lists(
    st.text(st.sampled_from("ab/!-.0~" + HOSTILE) | anything, min_size=1, max_size=5),
    unique=True,
    max_size=25,
)
key_sets = counters | uneven | folders | wild


@FEW
@given(key_sets, st.integers(2, 6), st.booleans(), st.integers(0, 99))
def test_every_key_comes_once_in_order(
    keys: list[str], at_once: int, deaf: bool, seed: int
) -> None:
    server = Disorder(Random(seed).randrange, deaf=deaf)
    server.fill(keys)
    assert server.names(at_once) == sorted(keys)
    assert server.asked < 3 * len(keys) / PAGE + 4 * at_once + 2
    assert all(crew.stopped for crew in server.crews)


@FEW
@given(key_sets, st.integers(2, 5), st.data())
def test_prefix_start_and_limit_choose_as_ever(
    keys: list[str], at_once: int, data: st.DataObject
) -> None:
    server = Disorder(Random(len(keys)).randrange)
    server.fill(keys)
    some = st.sampled_from([*keys, "a"])
    asked = {
        "prefix": data.draw(st.just("") | some.map(lambda key: key[:2])),
        "start_after": data.draw(st.none() | some),
        "limit": data.draw(st.none() | st.integers(0, 12)),
        "suffix": data.draw(st.sampled_from(["", "1", "t"])),
    }
    assert server.names(at_once, **asked) == server.names(1, **asked)


@FEW
@given(key_sets, st.integers(2, 5), st.integers(0, 99))
def test_what_is_there_all_the_time_comes_once(keys: list[str], at_once: int, seed: int) -> None:
    """However other keys come and go between any two requests."""
    chance = Random(seed)
    lasting, others = keys[::2], keys[1::2]
    server = Disorder(chance.randrange)
    server.fill(keys)
    there = set(others)

    def change(_: Request) -> None:
        if others and chance.random() < 0.5:
            key = chance.choice(others)
            server.store("docs", key, None if key in there else b"")
            there.symmetric_difference_update({key})

    server.before = change
    listed = server.names(at_once)
    assert listed == sorted(set(listed))
    assert set(lasting) <= set(listed) <= set(keys)


NUMBERS = [f"object-{n:04}" for n in range(60)]


def test_it_is_asked_ahead_and_little_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 50)
    keys = [f"object-{n:06}" for n in range(1000)]
    server = Disorder()
    server.fill(keys)
    busiest = 0

    def count(_: Request) -> None:
        nonlocal busiest
        # One is being answered, and has left the list.
        busiest = max([busiest, *(len(crew.waiting) + 1 for crew in server.crews)])

    server.before = count
    assert server.names(5) == keys
    assert busiest == 5
    assert server.asked <= 1000 / 50 * 1.2 + 5


def test_no_more_is_held_than_a_few_pages_for_each_request() -> None:
    """The one who reads may take all the time in the world."""
    server = Disorder(lambda n: n - 1)  # what was asked for last comes first
    server.fill([f"object-{n:05}" for n in range(1200)])
    batches = server.ask(4)
    for read in range(1, 40):
        next(batches)
        assert server.asked <= 2 * read + 3 * 4 + 4
    batches.close()  # type: ignore[attr-defined]
    assert server.crews[0].stopped


def test_a_server_deaf_to_start_after_costs_little() -> None:
    server = Disorder(deaf=True)
    server.fill(NUMBERS)
    assert server.names(5) == NUMBERS
    assert server.asked <= 60 / PAGE + 5


def test_minio_is_asked_for_one_page_ahead() -> None:
    """For each listing that begins at a key it walks the whole bucket."""
    server = Disorder()
    server.name = "MinIO"
    server.fill(NUMBERS)
    batches = server.ask(5)
    next(batches)
    assert len(server.crews[0].waiting) == 1
    assert len(list(batches)) == 60 / PAGE - 1
    assert server.asked == 60 / PAGE


def test_small_buckets_and_other_listings_are_asked_for_as_ever() -> None:
    server = Disorder()
    server.fill(NUMBERS[:PAGE])
    assert server.names(8) == NUMBERS[:PAGE]
    server.fill(NUMBERS)
    assert server.names(8, limit=PAGE) == NUMBERS[:PAGE]
    assert server.asked == 2
    assert server.crews == []


@pytest.mark.parametrize("which", [1, 5, 9])
def test_what_fails_ahead_is_listed_by_the_one_before_it(which: int) -> None:
    server = Disorder()
    server.fill(NUMBERS)

    def refuse(request: Request) -> None:
        if "start-after" in request.query and server.asked >= which:
            raise ServerError("no")

    server.before = refuse
    assert server.names(4) == NUMBERS


def test_what_fails_in_its_own_turn_is_an_error() -> None:
    server = Disorder()
    server.fill(NUMBERS)

    def refuse(_: Request) -> None:
        if server.asked > 6:
            raise ServerError("no")

    server.before = refuse
    seen: list[str] = []
    with pytest.raises(ServerError, match="no"):
        for batch in server.ask(4):
            seen += [item.key for item in batch]
    assert seen == NUMBERS[: len(seen)]
    assert server.crews[0].stopped


# -- on sockets ------------------------------------------------------------------------------------


@both
def test_both_clients_list_by_several_requests(connect: Connect) -> None:
    keys = {f"folder/{n:04}": 1 for n in range(60)}
    for by_folder in (False, True):
        with ScriptedServer(handler=Listed.of(keys, PAGE, by_folder=by_folder)) as server:
            with connect(server) as client:
                found = client.list_objects("docs", concurrency=4)
                assert [item.key for item in found] == list(keys)
                assert list(client.iter_objects("docs", concurrency=4)) == found
                assert len(client.list_objects("docs", limit=40, concurrency=4)) == 40
            assert any("start-after" in request.query for request in server.requests)


@both
def test_an_iterator_that_is_left_leaves_nothing_behind(connect: Connect) -> None:
    """Its requests are stopped, and wait for nobody; so they are after an error."""
    listed = Listed.of({f"folder/{n:04}": 1 for n in range(100)}, PAGE)
    held = threading.Event()
    reached = threading.Event()

    def handler(request: Asked) -> Any:
        if "start-after" not in parse_qs(request.query):
            if "continuation-token" not in request.query:
                return listed(request)
            return hang(reached, refused)  # until another one hangs, which nobody answers

        def later(_: Any) -> None:
            reached.set()
            held.wait()

        return later

    refused: Answer = s3_error(403, "AccessDenied")
    before = threading.active_count()
    with ScriptedServer(handler=handler) as server:
        try:
            with connect(server) as client:
                items = iter(client.iter_objects("docs", concurrency=4))
                assert next(items).key == "folder/0000"
                items.close()  # type: ignore[attr-defined]
                with pytest.raises(AccessDeniedError):
                    client.list_objects("docs", concurrency=4)
            assert reached.is_set()
            names = [thread.name for thread in threading.enumerate()]
            assert "minio-sdk" not in names, names
        finally:
            held.set()
    assert threading.active_count() <= before + 1


@pytest.mark.asyncio
async def test_a_cancelled_listing_leaves_no_task_behind() -> None:
    listed = Listed.of({f"folder/{n:04}": 1 for n in range(100)}, PAGE)
    silent = threading.Event()

    def handler(request: Asked) -> Any:
        first = "start-after" not in request.query and "continuation-token" not in request.query
        return listed(request) if first else hang(silent)

    config = Config("http://localhost", "acme", access_key="a", secret_key="b", api="s3")
    with ScriptedServer(handler=handler) as server:
        async with AsyncMinIOClient(config.with_(base_url=server.url)) as client:
            others = asyncio.all_tasks()
            listing = asyncio.ensure_future(client.list_objects("docs", concurrency=4))
            while len(server.requests) < 3:
                await asyncio.sleep(0)
            assert len(asyncio.all_tasks()) > len(others) + 1
            listing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await listing
            assert asyncio.all_tasks() == others
