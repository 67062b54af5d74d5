"""Uploads of what others send: who sends no more holds up nobody, and all of it arrives as it was sent."""

from __future__ import annotations

import asyncio
import errno
import io
import mmap
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from minio_sdk import IntegrityError, MinIOClient
from minio_sdk.flows import drafts, fed
from tests.both import Connect, at_once, both
from tests.clock import FakeClock
from tests.flows.test_parallel_parts import Counting
from tests.flows.test_streams_memory import whole
from tests.flows.test_uploads_faults import BODY, PART, SETTINGS, MiB, Storage
from tests.scripted import ScriptedServer

STANDING = 3


class Block(mmap.mmap):
    """Memory that can be watched."""


class Pipe(io.RawIOBase):
    """A file that nobody can go back in, and that gives less than is asked for."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._file.read(min(size or 0, 50_001))


def pieces(size: int = 70_000) -> Iterator[bytes]:
    for offset in range(0, len(BODY), size):
        yield BODY[offset : offset + size]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fed, "PATIENCE", 0)


@both
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("before", [1000, 100_000, 4 * MiB])
def test_senders_that_stand_still_hold_up_nobody(connect: Connect, before: int) -> None:
    """They have sent something, and go on only when another upload is through."""
    storage = Storage()
    standing, through = threading.Semaphore(0), threading.Event()
    late: list[str] = []

    def slow() -> Iterator[bytes]:
        yield BODY[:before]
        standing.release()
        if not through.wait(20):
            late.append("slow")
        yield BODY[before:]

    def quick() -> Iterator[bytes]:
        if not all(standing.acquire(timeout=20) for _ in range(STANDING)):
            late.append("quick")
        yield from pieces()

    def call(number: int) -> Callable[[MinIOClient], Any]:
        return lambda client: client.upload_object("docs", f"slow-{number}", slow())

    def told(now: Any) -> None:
        if now.objects_done:
            through.set()

    calls: list[Callable[[MinIOClient], Any]] = [call(number) for number in range(STANDING)]
    calls.append(lambda client: client.upload_object("docs", "quick", quick(), progress=told))
    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=2 * PART, **SETTINGS) as client:
            at_once(client, calls)
            assert whole(client)
    assert not late
    assert len(storage.objects) == STANDING + 1
    assert set(storage.objects.values()) == {BODY}


@both
def test_what_has_not_come_takes_no_memory(connect: Connect) -> None:
    seen: list[int] = []

    def data(client: Any) -> Iterator[bytes]:
        budgets = client._engine.transport.memory
        for size in (60_000, 10_000, 70_000, 0):
            accounts = list(getattr(budgets, "_of_loops", {None: budgets}).values())
            seen.append(sum(account.capacity - account.free for account in accounts))
            yield b"x" * size

    with ScriptedServer(handler=Storage()) as server, connect(server) as client:
        client.upload_object("docs", "a", data(client))
        assert whole(client)
    assert seen[:3] == [0, 0, 0]
    assert seen[3] > 0


@both
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("budget", "threshold"),
    [
        (MiB, 0),
        (2 * PART, 6 * MiB),
        (64 * MiB, len(BODY) - 1),
        (MiB, 16 * MiB),
        (64 * MiB, len(BODY)),
    ],
)
def test_all_of_it_arrives(connect: Connect, budget: int, threshold: int) -> None:
    """In one request or in parts, by way of a temporary file or not."""
    storage = Counting(0)
    sources: list[tuple[Any, int | None]] = [
        (pieces(), None),
        (pieces(MiB + 1), len(BODY)),
        (Pipe(BODY), None),
        (Pipe(BODY + b"more"), len(BODY)),
    ]
    settings: dict[str, Any] = {"memory_budget": budget, "multipart_threshold": threshold}
    with ScriptedServer(handler=storage) as server:
        with connect(server, part_size=PART, **settings) as client:
            for number, (data, length) in enumerate(sources):
                client.put_object("docs", str(number), data, length=length)
            assert whole(client)
    assert list(storage.objects.values()) == [BODY] * 4
    assert storage.counts.get("put", 0) == (4 if threshold >= len(BODY) else 0)


@both
@pytest.mark.usefixtures("impatient")
def test_a_part_goes_before_the_next_one_waits_for_memory(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each of many uploads would keep one that nobody counts any more."""
    alive: set[int] = set()
    seen: list[int] = []

    def counted(size: int) -> Any:
        seen.append(len(alive))
        memory = Block(-1, size)
        alive.add(id(memory))
        weakref.finalize(memory, alive.discard, id(memory))
        return memory

    monkeypatch.setattr(drafts, "block", counted)
    monkeypatch.setattr(drafts.Draft, "put", lambda *_: False)  # there is memory for one at a time
    with ScriptedServer(handler=Storage()) as server:
        with connect(server, memory_budget=PART, **SETTINGS) as client:
            client.put_object("docs", "a", pieces())
    assert len(seen) > 1
    assert set(seen) == {0}


@both
@pytest.mark.parametrize("threshold", [MiB, 16 * MiB])
def test_fewer_bytes_than_were_said(connect: Connect, threshold: int) -> None:
    storage = Storage()
    settings: dict[str, Any] = {"multipart_threshold": threshold, "part_size": PART}
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        with pytest.raises(IntegrityError, match="fewer bytes"):
            client.put_object("docs", "a", pieces(), length=len(BODY) + 1)
        assert whole(client)
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_those_who_get_on_take_turns_and_no_disk(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(**_: object) -> None:
        raise OSError("no room for temporary files")

    monkeypatch.setattr(tempfile, "TemporaryFile", none)
    monkeypatch.setattr(fed, "PATIENCE", 1e6)
    storage = Counting(0)

    def call(number: int) -> Callable[[MinIOClient], Any]:
        return lambda client: client.upload_object("docs", str(number), pieces())

    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=2 * PART, **SETTINGS) as client:
            at_once(client, [call(number) for number in range(4)])
            assert whole(client)
    assert list(storage.objects.values()) == [BODY] * 4
    assert 0 < storage.most <= 2 * PART


class Disk:
    """Temporary files with room for some bytes, all together."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.files: list[Any] = []
        self._make = tempfile.TemporaryFile

    def __call__(self, **how: Any) -> Any:
        if not self.room:
            raise OSError(errno.EROFS, "no place for temporary files")
        inner: Any = self._make(**how)
        self.files.append(inner)
        return Full(self, inner)


class Full:
    def __init__(self, disk: Disk, inner: Any) -> None:
        self._disk = disk
        self.seek, self.readinto, self.close = inner.seek, inner.readinto, inner.close
        self._inner = inner

    def write(self, data: memoryview) -> int:
        here = min(len(data), self._disk.room)
        if not here:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._disk.room -= here
        count: int = self._inner.write(data[:here])
        return count


@both
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("room", [0, 70_000, 8 * MiB])
def test_without_room_for_temporary_files_they_take_turns(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    disk = Disk(room)
    monkeypatch.setattr(tempfile, "TemporaryFile", disk)
    storage = Counting(0)

    def call(number: int) -> Callable[[MinIOClient], Any]:
        return lambda client: client.put_object("docs", str(number), pieces())

    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=2 * PART, **SETTINGS) as client:
            with client.open("docs", "kept", "wb") as keeping:
                keeping.write(bytes(4 * MiB))  # so that nobody finds room to keep a part
                at_once(client, [call(number) for number in range(3)])
            assert whole(client)
    assert [storage.objects[key] for key in sorted(storage.objects)][:3] == [BODY] * 3
    assert disk.room == 0
    assert all(file.closed for file in disk.files)


@both
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("before", [3 * MiB, PART + 3 * MiB])
def test_an_error_that_is_kept_keeps_no_temporary_file(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    disk = Disk(64 * MiB)
    monkeypatch.setattr(tempfile, "TemporaryFile", disk)

    def ending() -> Iterator[bytes]:
        yield BODY[:before]
        raise ZeroDivisionError

    with ScriptedServer(handler=Storage()) as server:
        with connect(server, memory_budget=2 * PART, **SETTINGS) as client:
            with client.open("docs", "kept", "wb") as keeping:
                keeping.write(bytes(4 * MiB))
                with pytest.raises(ZeroDivisionError) as caught:
                    client.put_object("docs", "a", ending())
    assert caught.value.__traceback__ is not None
    assert disk.files
    assert all(file.closed for file in disk.files)


def test_a_thread_that_is_left_behind_writes_to_no_other_file() -> None:
    """The task is cancelled while its thread writes, and the draft dropped: the file is there still."""
    from minio_sdk.flows.drafts import Draft
    from minio_sdk.flows.leases import Lease
    from minio_sdk.transport.budgets import ByteBudget

    left: list[Any] = []

    class Leaving:
        async def call(self, function: Any, *arguments: Any) -> None:
            left.append((function, arguments))
            raise asyncio.CancelledError

    async def main() -> None:
        transport: Any = Leaving()
        draft = Draft(transport, Lease(ByteBudget(10)), MiB, eager=True, patient=True)
        with pytest.raises(asyncio.CancelledError):
            await draft.put_aside(memoryview(b"mine"))
        draft.drop()

    asyncio.run(main())
    function, arguments = left.pop()
    raw = arguments[0].raw
    function(*arguments)
    assert not raw.closed
    raw.seek(0)
    assert raw.read() == b"mine"
    del arguments
    assert raw.closed


def test_a_task_that_is_cancelled_while_it_waits_keeps_nothing() -> None:
    from minio_sdk.transport.budgets import AsyncByteBudget

    async def main() -> None:
        budget = AsyncByteBudget(100).here()
        assert await budget.keep(50, 0)
        assert not await budget.keep(1, 0)
        first, second = (asyncio.ensure_future(budget.keep(30, 1e6)) for _ in range(2))
        await asyncio.sleep(0)
        budget.give(50, kept=True)  # both are granted, and one of them is ended just then
        budget.give(0)
        second.cancel()
        assert await first
        with pytest.raises(asyncio.CancelledError):
            await second
        assert budget.free == 70
        third = asyncio.ensure_future(budget.keep(50, 1e6))
        await asyncio.sleep(0)
        third.cancel()
        with pytest.raises(asyncio.CancelledError):
            await third
        assert budget.free == 70
        budget.move(30)  # what is under way isn't in the way of what is kept
        assert await budget.keep(50, 0)
        assert budget.free == 20

    asyncio.run(main())


def test_random_sizes_of_pieces() -> None:
    """Whatever the pieces are, in memory or not, the bytes are the same."""
    from minio_sdk.blocking import run
    from minio_sdk.flows.leases import Lease
    from minio_sdk.flows.sources import Source
    from minio_sdk.transport.budgets import ByteBudget
    from tests.flows.memory import Memory

    random = Random(5)
    data = random.randbytes(3_000_000)

    def cut() -> Iterator[bytes]:
        offset = 0
        while offset < len(data):
            size = random.choice([0, 1, 100, 65_536, 65_537, 400_000, 1_000_000])
            yield data[offset : offset + size]
            offset += size

    async def collected(capacity: int) -> list[bytes]:
        lease = Lease(ByteBudget(capacity))
        feeding = fed.Feeding(transport, Source(cut()), lease)
        found: list[bytes] = []
        while not feeding.ended:
            async for part in feeding.parts(1, 700_000):
                found.append(bytes(part))
                lease.give(1)
        return found

    transport: Any = Memory()
    for capacity in (10, 1_000_000, 10_000_000):
        found = run(collected(capacity))
        assert [len(part) for part in found] == [700_000] * 4 + [200_000]
        assert b"".join(found) == data


class Asked(io.RawIOBase):
    """A pipe that notes how much it is asked for, and takes some time for each answer."""

    def __init__(self, size: int, clock: FakeClock, seconds: Callable[[int], float]) -> None:
        self.sizes: list[int] = []
        self._left = size
        self._clock = clock
        self._seconds = seconds

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        self.sizes.append(size)
        self._clock.advance(self._seconds(len(self.sizes)))
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


def asked_for(connect: Connect, seconds: Callable[[int], float]) -> list[int]:
    """How much is asked of a pipe at a time."""
    clock, storage = FakeClock(), Storage()
    pipe = Asked(24 * MiB, clock, seconds)
    with ScriptedServer(handler=storage) as server:
        with connect(server, clock=clock, part_size=8 * MiB, multipart_threshold=MiB) as client:
            client.put_object("docs", "a", pipe)
    return pipe.sizes


@both
def test_a_fast_pipe_is_asked_for_more(connect: Connect) -> None:
    sizes = asked_for(connect, lambda _: 0.01)
    assert max(sizes[:2]) <= 64 * 1024 + 1
    assert max(sizes) == MiB
    assert len(sizes) < 60  # with 64 KiB each time it was 390


@both
def test_a_slow_pipe_is_taken_as_it_comes(connect: Connect) -> None:
    assert max(asked_for(connect, lambda _: 0.1)) <= 64 * 1024 + 1


@both
def test_a_pipe_that_becomes_slow_is_asked_for_less(connect: Connect) -> None:
    sizes = asked_for(connect, lambda number: 0.01 if number < 20 else 1.0)
    assert max(sizes[:20]) == MiB
    assert max(sizes[21:]) == 64 * 1024
