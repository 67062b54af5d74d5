"""The memory tier: bounded, shared without a lock, and never with what is not so any more."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from minio_sdk import Cache
from minio_sdk.cache import NEVER, Caches, Change, Fill, Name, Shelf, Store

ORIGIN = "http://h"
KiB = 1024


def name(key: str, bucket: str = "docs") -> Name:
    return ORIGIN, bucket, key


def kept(store: Store, shelf: Shelf, key: str, data: bytes, until: float = 1.0) -> None:
    with store.filling(name(key)) as fill:
        store.keep(fill, shelf, key, data, '"e"', until)


def change(*keys: str, bucket: str = "docs") -> Change:
    return Change(ORIGIN, bucket, "", keys)


# -- how much ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "acme/docs/"])
def test_what_is_kept_takes_no_more_memory_than_it_is_counted_for(prefix: str) -> None:
    store = Store(Cache(memory=1 << 30))
    shelf = store.shelf("acme")
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(2000):
            key = f"k{number:06}"
            with store.filling((ORIGIN, "tenants", prefix + key)) as fill:
                data, etag = bytes(100 + number % 3), f'"{number:032}"'
                store.keep(fill, shelf, key, data, etag, 1.0)
            del key, data, etag
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(shelf) == 2000
    assert 0.5 * store.stats().size < taken <= store.stats().size


def test_the_limit_holds_and_what_is_used_gets_a_second_chance() -> None:
    store = Store(Cache(memory=64 * KiB))
    shelf = store.shelf("acme")
    kept(store, shelf, "used", bytes(KiB))
    for number in range(200):
        shelf["used"].reads += 1
        kept(store, shelf, f"k{number}", bytes(KiB))
        assert store.stats().size <= 64 * KiB
        assert "used" in shelf
    stats = store.stats()
    assert stats.objects == len(shelf) == 201 - stats.evictions
    assert stats.hits == 200
    assert stats.bytes_saved == 200 * KiB


def test_what_is_confirmed_by_the_server_is_in_use_too() -> None:
    store = Store(Cache(memory=64 * KiB))
    shelf = store.shelf("acme")
    for number in range(200):
        kept(store, shelf, "used", bytes(KiB), NEVER)
        kept(store, shelf, f"k{number}", bytes(KiB), NEVER)
        assert "used" in shelf
    stats = store.stats()
    assert stats.objects == len(shelf) == 201 - stats.evictions


def test_what_is_larger_than_all_of_it_is_not_kept_and_drives_nothing_out() -> None:
    store = Store(Cache(memory=64 * KiB))
    shelf = store.shelf("acme")
    kept(store, shelf, "small", b"1")
    kept(store, shelf, "large", bytes(64 * KiB))
    assert list(shelf) == ["small"]


def test_one_that_comes_passes_over_few() -> None:
    store = Store(Cache(memory=1 << 20))
    shelf = store.shelf("acme")
    for number in range(800):
        kept(store, shelf, str(number), bytes(KiB))
    looked: list[int] = []

    class Counted(int):
        def __ne__(self, other: object) -> bool:
            looked.append(1)
            return int(self) != other

    for entry in shelf.values():
        entry.reads = Counted(1)
    kept(store, shelf, "new", bytes(KiB))
    assert len(looked) <= 2 * 32 + 2
    assert store.stats().size <= 1 << 20


def test_shelves_that_nobody_has_are_gone() -> None:
    store = Store(Cache())
    for number in range(100):
        store.shelf(number)
    held = store.shelf("held")
    full = id(store.shelf("full"))
    kept(store, store.shelf("full"), "k", b"1")
    gc.collect()
    assert len(store._shelves) == 2
    assert store.shelf("held") is held
    assert id(store.shelf("full")) == full


# -- what is so -------------------------------------------------------------------------------------


def test_an_answer_that_was_under_way_during_a_change_is_not_kept() -> None:
    store = Store(Cache())
    shelf = store.shelf("acme")
    with store.filling(name("k")) as before, ExitStack() as stack:
        store.begin(change("k"))
        during = stack.enter_context(store.filling(name("k")))
        store.end(change("k"))
        after = stack.enter_context(store.filling(name("k")))
        assert (before.good, during.good, after.good) == (False, False, True)
        store.keep(before, shelf, "k", b"old", '"o"', 1.0)
        store.keep(during, shelf, "k", b"old", '"o"', 1.0)
        assert "k" not in shelf
        store.keep(after, shelf, "k", b"new", '"n"', 1.0)
        store.keep(before, shelf, "k", b"old", '"o"', 1.0)
        assert shelf["k"].data == b"new"


def test_while_one_of_two_changes_goes_on_nothing_is_kept() -> None:
    store = Store(Cache())
    store.begin(change("k"))
    store.begin(change("k"))
    store.end(change("k"))
    with store.filling(name("k")) as fill:
        assert not fill.good
    store.end(change("k"))
    with store.filling(name("k")) as fill:
        assert fill.good


def test_a_change_of_a_bucket_is_one_of_all_in_it_and_of_nothing_else() -> None:
    store = Store(Cache())
    shelf = store.shelf("acme")
    whole = Change(ORIGIN, "tenants", "acme/docs/", None)
    names = {
        "in": (ORIGIN, "tenants", "acme/docs/k"),
        "other bucket": (ORIGIN, "others", "acme/docs/k"),
        "other server": ("http://i", "tenants", "acme/docs/k"),
        "other prefix": (ORIGIN, "tenants", "acme/docs2/k"),
    }
    for key, each in names.items():
        with store.filling(each) as fill:
            store.keep(fill, shelf, key, b"1", '"e"', 1.0)
    with ExitStack() as stack:
        fills = {key: stack.enter_context(store.filling(each)) for key, each in names.items()}
        store.begin(whole)
        assert {key for key, fill in fills.items() if not fill.good} == {"in"}
    assert set(shelf) == set(names) - {"in"}
    for key, each in names.items():
        with store.filling(each) as fill:
            assert fill.good == (key != "in")
    store.end(whole)
    with store.filling(names["in"]) as fill:
        assert fill.good


def test_what_is_changed_is_changed_for_every_shelf_and_every_store() -> None:
    caches = Caches()
    stores = [caches.store(Cache()), caches.store(Cache(trust=1)), caches.store(Cache())]
    assert stores[0] is stores[2]
    assert caches.store(None) is None
    shelves: list[Shelf] = []
    for store in stores[:2]:
        assert store is not None
        for who in ("one", "two"):
            shelves.append(store.shelf(who))
            kept(store, shelves[-1], "k", b"1")
    entries = [shelf["k"] for shelf in shelves]
    with caches.changing([change("k")]):
        assert not any(shelves)
    # Who has found it a moment ago finds that it may not be used any more.
    assert {entry.until for entry in entries} == {NEVER}


def test_a_store_that_is_made_during_a_change_knows_of_it() -> None:
    caches = Caches()
    assert caches.store(Cache()) is not None
    with caches.changing([change("k")]):
        store = caches.store(Cache(trust=60))
        assert store is not None
        shelf = store.shelf("acme")
        kept(store, shelf, "k", b"old")
        kept(store, shelf, "l", b"1")
        assert list(shelf) == ["l"]
    kept(store, shelf, "k", b"new")
    assert sorted(shelf) == ["k", "l"]


def test_after_a_failure_of_a_change_it_is_over_too() -> None:
    caches = Caches()
    store = caches.store(Cache())
    assert store is not None
    with pytest.raises(ZeroDivisionError), caches.changing([change("k")]):
        raise ZeroDivisionError
    with store.filling(name("k")) as fill:
        assert fill.good


def test_what_is_under_way_when_all_is_forgotten_is_not_kept() -> None:
    store = Store(Cache())
    shelf = store.shelf("acme")
    kept(store, shelf, "k", b"1")
    with store.filling(name("k")) as fill:
        store.clear()
        assert not shelf
        store.keep(fill, shelf, "k", b"1", '"e"', 1.0)
    assert not shelf
    assert store.stats().size == 0


def test_a_confirmation_makes_it_last_longer_and_never_shorter() -> None:
    store = Store(Cache())
    shelf = store.shelf("acme")
    for until, lasts in ((5.0, 5.0), (9.0, 9.0), (7.0, 9.0)):
        kept(store, shelf, "k", b"1", until)
        assert shelf["k"].until == lasts
    assert store.stats().objects == 1


def test_a_forked_child_begins_anew() -> None:
    store = Store(Cache())
    shelf = store.shelf("acme")
    kept(store, shelf, "k", b"1")
    store._lock.acquire()  # another thread of the parent's
    store.forget()
    assert not shelf
    assert store.shelf("acme") is shelf
    kept(store, shelf, "k", b"2")
    assert shelf["k"].data == b"2"


# -- against a model --------------------------------------------------------------------------------


KEYS = st.sampled_from(["a", "b", "c", "d"])
WHO = st.sampled_from(["one", "two"])


class Model(RuleBasedStateMachine):
    """A server with objects that others change as well, and what may be read without asking it."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(Cache(memory=64 * KiB))
        self.shelves = {who: self.store.shelf(who) for who in ("one", "two")}
        self.server = dict.fromkeys("abcd", 0)
        self.seen: dict[
            tuple[str, str], int
        ] = {}  # what a read without a question may give at least
        self.changing: list[Change] = []
        self.fills: list[tuple[Any, Fill, str, str, int]] = []
        self.written = 0

    def teardown(self) -> None:
        for context, *_ in self.fills:
            context.__exit__(None, None, None)

    def data(self, key: str, generation: int) -> bytes:
        return f"{key}{generation}".encode() + bytes(9000)

    @rule(key=KEYS, who=WHO)
    def ask(self, key: str, who: str) -> None:
        """A question goes out, and the server answers it at once."""
        context = self.store.filling(name(key))
        self.fills.append((context, context.__enter__(), who, key, self.server[key]))

    @precondition(lambda self: self.fills)
    @rule(index=st.integers(0, 100))
    def arrive(self, index: int) -> None:
        """Its answer arrives, much later perhaps."""
        context, fill, who, key, generation = self.fills.pop(index % len(self.fills))
        shelf = self.shelves[who]
        data = self.data(key, generation)
        self.store.keep(fill, shelf, key, data, f'"{generation}"', 1.0)
        context.__exit__(None, None, None)

    @rule(key=KEYS)
    def begin(self, key: str) -> None:
        self.changing.append(change(key))
        self.store.begin(self.changing[-1])

    @rule()
    def begin_all(self) -> None:
        self.changing.append(Change(ORIGIN, "docs", "", None))
        self.store.begin(self.changing[-1])

    @precondition(lambda self: self.changing)
    @rule(index=st.integers(0, 100), done=st.booleans())
    def end(self, index: int, done: bool) -> None:
        """A change ends; it may have failed."""
        ending = self.changing.pop(index % len(self.changing))
        if done:
            for key in ending.keys or "abcd":
                self.server[key] += 1
                for who in self.shelves:
                    self.seen[who, key] = self.server[key]
        self.store.end(ending)

    @rule(key=KEYS, who=WHO)
    def read(self, key: str, who: str) -> None:
        entry = self.shelves[who].get(key)
        if entry is not None:
            entry.reads += 1

    @rule(key=KEYS, who=WHO)
    def lose(self, key: str, who: str) -> None:
        self.store.lose(self.shelves[who], key)
        assert key not in self.shelves[who]

    @rule()
    def clear(self) -> None:
        self.store.clear()
        assert not any(self.shelves.values())

    @invariant()
    def what_is_there_is_no_older_than_our_own_changes(self) -> None:
        for who, shelf in self.shelves.items():
            for key, entry in shelf.items():
                generation = int(entry.etag.strip('"'))
                assert entry.data == self.data(key, generation)
                assert generation >= self.seen.get((who, key), 0)
                assert not any(c.keys is None or key in c.keys for c in self.changing)

    @invariant()
    def the_books_are_right(self) -> None:
        entries = [e for shelf in self.shelves.values() for e in shelf.values()]
        stats = self.store.stats()
        assert stats.objects == len(entries) == len(self.store._entries)
        assert stats.size == sum(e._size for e in entries) <= 64 * KiB
        assert {id(e) for es in self.store._named.values() for e in es} == set(map(id, entries))
        assert all(self.store._named.values())
        assert sum(map(len, self.store._fills.values())) == len(self.fills)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


# -- many threads -----------------------------------------------------------------------------------


def test_readers_without_a_lock_never_meet_what_is_not_so() -> None:
    """Readers, fillers and writers at once; the bytes tell of which object and generation they are."""
    caches = Caches()
    store = caches.store(Cache(memory=64 * KiB, trust=1))
    assert store is not None
    shelf = store.shelf("acme")
    keys = [f"k{number}" for number in range(20)]
    server = dict.fromkeys(keys, 0)
    done = dict.fromkeys(keys, 0)  # the generation that a write has returned from
    reads = [0] * 4
    stop = threading.Event()
    problems: list[str] = []

    def read(number: int) -> None:
        for key in forever():
            least = done[key]
            entry = shelf.get(key)
            if entry is not None and entry.until > 0.5:
                entry.reads += 1
                reads[number] += 1
                of, generation = entry.data.split(b"/")[:2]
                if of != key.encode() or int(generation) < least:
                    problems.append(f"{key}: {entry.data[:20]!r} after {least}")

    def fill() -> None:
        for key in forever():
            with store.filling(name(key)) as filling:
                data = f"{key}/{server[key]}/".encode() + bytes(4000)
                store.keep(filling, shelf, key, data, '"e"', 1.0)

    def forever() -> Iterator[str]:
        while not stop.is_set():
            yield from keys

    def write() -> None:
        try:
            for generation in range(1, 60):
                for key in keys:
                    with caches.changing([change(key)]):
                        server[key] = generation
                    done[key] = generation
        finally:
            stop.set()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    threads += [threading.Thread(target=fill) for _ in range(2)] + [threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    stats = store.stats()
    assert stats.size <= 64 * KiB
    assert stats.objects == len(shelf)
    assert 0 < stats.hits <= sum(reads)
