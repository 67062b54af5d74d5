"""Objects that are written bit by bit: side by side, within the memory budget, and never a deadlock."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from random import Random
from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, IntegrityError, MinIOClient, MinIOError
from minio_sdk.blocking import run
from minio_sdk.clock import SYSTEM_CLOCK
from minio_sdk.config import GiB, MiB
from minio_sdk.flows.writing import Writer
from minio_sdk.wire.checksums import crc32_text
from tests.both import Connect, blocking, both, config_for
from tests.flows.memory import Bucket
from tests.flows.test_checksums import Summing
from tests.flows.test_memory import Sparse
from tests.flows.test_parallel_parts import Counting
from tests.flows.test_uploads_faults import Storage
from tests.processes import eventually
from tests.scripted import Exchange, Request, ScriptedServer, Step, hang, s3_error

PART = 5 * MiB
SETTINGS: dict[str, Any] = {"part_size": PART, "multipart_threshold": 0}


def free(client: Any) -> int:
    """What nobody has of the budget of a blocking client."""
    found: int = client._engine.transport.memory.free
    return found


def pattern(size: int) -> bytes:
    """Bytes of which no two parts are alike."""
    return Random(7).randbytes(size)


# --- sizes ----------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "size",
    [0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 1],
    ids=["0", "1", "part-1", "part", "part+1", "3 parts", "3 parts+1"],
)
def test_every_size_arrives_whole(connect: Connect, size: int) -> None:
    data = pattern(size)
    storage = Storage()
    with ScriptedServer(handler=storage) as server:
        with connect(server, **SETTINGS) as client:
            with client.open("docs", "a", "wb") as file:
                for start in range(0, size, 1_000_003):
                    file.write(data[start : start + 1_000_003])
    assert storage.objects == {"/acme-docs/a": data}
    assert storage.unfinished == {}
    assert storage.counts.get("part", 0) == -(-size // PART)


def test_five_gibibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minio_sdk.flows.writing.crc32", lambda *_: 0)
    server = Sparse()
    server.buckets["acme-docs"] = Bucket()
    engine = server.engine(part_size=128 * MiB, multipart_threshold=0)
    block = memoryview(bytes(128 * MiB))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("minio_sdk.flows.drafts.Draft.put", _count)
        patch.setattr("minio_sdk.flows.drafts.Draft.part", _counted(block))
        writer = Writer(engine, "docs", "a", {})
        for _ in range(40):
            run(writer.write(block))
        run(writer.write(block[:1]))
        stored = run(writer.finish())
    assert stored.size == sum(server.sizes.values()) == 5 * GiB + 1
    assert sorted(server.sizes) == list(range(1, 42))


def _count(self: Any, data: memoryview) -> bool:
    self.size += len(data)
    return True


def _counted(block: memoryview) -> Any:
    async def part(self: Any, number: int, offset: int, size: int) -> memoryview:
        return block[:size]

    return part


# --- side by side -----------------------------------------------------------------------------------


@both
def test_parts_are_on_their_way_together(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits at the server for the other two, while the user writes on."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    storage = Counting(3)
    data = pattern(3 * PART)
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with client.open("docs", "a", "wb") as file:
            for start in range(0, len(data), MiB):
                file.write(data[start : start + MiB])
    assert storage.objects == {"/acme-docs/a": data}


@both
def test_what_is_written_may_be_changed_afterwards(connect: Connect) -> None:
    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        block = bytearray(PART)
        with client.open("docs", "a", "wb") as file:
            for number in range(4):
                block[:] = bytes([number]) * PART
                file.write(block)
            block[:] = bytes(PART)
    assert storage.objects["/acme-docs/a"] == b"".join(bytes([n]) * PART for n in range(4))


@both
def test_writing_waits_when_too_many_parts_are_on_their_way(connect: Connect) -> None:
    storage = Counting(0)
    data = bytes(PART)
    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=4 * PART, **SETTINGS) as client:
            with client.open("docs", "a", "wb") as file:
                for _ in range(12):
                    file.write(data)
    assert len(storage.objects["/acme-docs/a"]) == 12 * PART
    assert 0 < storage.most <= 4 * PART


@both
def test_checksums_go_with_it(connect: Connect) -> None:
    storage = Summing()
    data = pattern(2 * PART + 1)
    settings = {"part_size": PART, "multipart_threshold": PART}
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        client.put_object("docs", "first", b"x")  # tells what server it is
        for key, size in (("whole", 100_000), ("parts", len(data))):
            with client.open("docs", key, "wb") as file:
                file.write(data[:size])
    (_, (whole, first), (create, begun), *parts, (complete, end)) = storage.seen
    assert (whole, create, complete) == ("put", "create", "complete")
    assert first == {"x-amz-checksum-crc32": crc32_text(zlib.crc32(data[:100_000]))}
    assert begun["x-amz-checksum-algorithm"] == "CRC32"
    assert sorted(sums["x-amz-checksum-crc32"] for _, sums in parts) == sorted(
        crc32_text(zlib.crc32(data[start : start + PART])) for start in range(0, len(data), PART)
    )
    assert end["x-amz-checksum-crc32"] == crc32_text(zlib.crc32(data))


@both
def test_a_part_that_the_server_has_otherwise(connect: Connect) -> None:
    storage = Summing()
    storage.lies = True
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "first", b"x")
        with pytest.raises(IntegrityError):
            with client.open("docs", "a", "wb") as file:
                file.write(bytes(PART + 1))
    assert (list(storage.objects), storage.unfinished) == (["/acme-docs/first"], {})


@both
def test_a_server_that_refuses_checksums(connect: Connect) -> None:
    storage = Summing()
    storage.refuses = ("create",)
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "first", b"x")
        with client.open("docs", "a", "wb") as file:
            file.write(bytes(PART + 1))
    assert len(storage.objects["/acme-docs/a"]) == PART + 1
    assert not any(sums for kind, sums in storage.seen if kind != "create")


# --- the memory budget ------------------------------------------------------------------------------


@both
def test_two_hundred_at_once_in_turn(connect: Connect) -> None:
    """One thread writes to all of them in turn; what there is no memory for lies on disk."""
    count = 200
    storage = Storage()
    piece = bytes(MiB // 2)
    with (
        ScriptedServer(handler=storage) as server,
        connect(server, memory_budget=8 * MiB) as client,
    ):
        with ExitStack() as stack:
            files = [
                stack.enter_context(client.open("docs", str(number), "wb"))
                for number in range(count)
            ]
            for _ in range(2):
                for file in files:
                    file.write(piece)
            client.put_object("docs", "other", bytes(9 * MiB))  # what they keep stops nobody
            spilled = sum(file_of(file)._draft._file is not None for file in files)
            kept = sum(file_of(file)._draft._file is None for file in files)
            assert spilled > 0
            assert kept <= 8
    assert len(storage.objects) == count + 1
    assert {len(data) for data in storage.objects.values()} == {MiB, 9 * MiB}


def file_of(file: Any) -> Writer:
    """The writer of a file of either client."""
    writer: Writer = getattr(file, "_file", file)._writer
    return writer


def test_forty_threads() -> None:
    """Each in parts, all at once."""
    storage = Counting(0)
    data = bytes(MiB)

    def write(client: MinIOClient, number: int) -> None:
        with client.open("docs", str(number), "wb") as file:
            for _ in range(6):
                file.write(data)

    with ScriptedServer(handler=storage) as server:
        with blocking(server, memory_budget=16 * MiB, **SETTINGS) as client:
            with ThreadPoolExecutor(40) as pool:
                list(pool.map(lambda number: write(client, number), range(40)))
            assert free(client) == 16 * MiB
    assert {len(found) for found in storage.objects.values()} == {6 * MiB}
    assert len(storage.objects) == 40
    # The budget, and one part beyond it.
    assert 0 < storage.most <= 16 * MiB + PART


@both
def test_a_part_from_disk_is_what_was_written(connect: Connect) -> None:
    """A budget too small for anything: all of it goes by way of a temporary file."""
    storage = Storage()
    data = pattern(3 * PART + 7)
    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=MiB, **SETTINGS) as client:
            for size in (len(data), 70_000, 600_000):
                with client.open("docs", f"{size}", "wb") as file:
                    for start in range(0, size, 65_537):
                        file.write(data[start : min(size, start + 65_537)])
    for size in (len(data), 70_000, 600_000):
        assert storage.objects[f"/acme-docs/{size}"] == data[:size]


@both
def test_a_full_disk(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what there is no memory for; then nothing is stored."""

    def full(*_: object, **__: object) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    storage = Storage()
    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=MiB, **SETTINGS) as client:
            file = client.open("docs", "a", "wb")
            with pytest.raises(OSError, match="No space left"):
                with file:
                    for _ in range(8):
                        file.write(bytes(MiB))
            assert "No space" in str(file_of(file)._failure)
    assert (storage.objects, storage.unfinished) == ({}, {})


def test_a_writer_inside_of_an_upload(tmp_path: Any) -> None:
    """What an upload reads from writes an object of its own, with the budget all in use."""
    storage = Storage()
    with ScriptedServer(handler=storage) as server:
        with blocking(server, memory_budget=PART, **SETTINGS) as client:

            def data() -> Iterator[bytes]:
                with client.open("docs", "copy", "wb") as file:
                    for _ in range(4):
                        file.write(bytes(4 * MiB))
                        yield bytes(4 * MiB)

            client.put_object("docs", "a", data())
            assert free(client) == PART
    assert set(storage.objects.values()) == {bytes(16 * MiB)}


@both
@pytest.mark.parametrize("size", [1, MiB, PART + MiB, 3 * PART])
def test_nothing_of_the_budget_is_lost(connect: Connect, size: int) -> None:
    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with client.open("docs", "a", "wb") as file:
            file.write(bytes(size))
        file = client.open("docs", "a", "wb")
        file.write(bytes(size))
        file.discard()
        with pytest.raises(ZeroDivisionError):
            with client.open("docs", "a", "wb") as file:
                file.write(bytes(size))
                raise ZeroDivisionError
        budgets = client._engine.transport.memory
        for account in getattr(budgets, "_of_loops", {None: budgets}).values():
            assert account.free == account.capacity


@pytest.mark.parametrize("size", [MiB, 3 * PART])
def test_a_file_that_is_never_closed_gives_back_what_it_had(size: int) -> None:
    storage = Storage()
    with ScriptedServer(handler=storage) as server, blocking(server, **SETTINGS) as client:
        file = client.open("docs", "a", "wb")
        file.write(bytes(size))
        with pytest.warns(ResourceWarning, match="never closed"):  # noqa: PT031
            del file
            gc.collect()
        assert eventually(lambda: free(client) == 64 * MiB)
        assert eventually(lambda: not storage.unfinished)


# --- ends -------------------------------------------------------------------------------------------


def hanging_part(storage: Storage, hung: threading.Event, number: int) -> Callable[[Request], Step]:
    """A server that never answers one part."""

    def handler(request: Request) -> Step:
        if f"partNumber={number}&" not in f"{request.query}&":
            return storage(request)
        wait = hang()

        def step(exchange: Exchange) -> None:
            hung.set()
            wait(exchange)

        return step

    return handler


@pytest.mark.parametrize("how", ["block", "discard", "interrupt in write"])
def test_a_part_that_hangs_ends_with_its_thread(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minio_sdk.flows.writing.GRACE", 0.05)
    storage = Storage()
    hung = threading.Event()
    before = {thread.name for thread in threading.enumerate()}
    with ScriptedServer(handler=hanging_part(storage, hung, 2)) as server:
        with MinIOClient(config_for(server, **SETTINGS), clock=SYSTEM_CLOCK) as client:
            file = client.open("docs", "a", "wb")
            file.write(bytes(3 * PART))
            assert hung.wait(10)
            if how == "discard":
                file.discard()
            else:
                with pytest.raises(KeyboardInterrupt):
                    with file:
                        if how == "block":
                            raise KeyboardInterrupt
                        _interrupt_while_waiting(monkeypatch)
                        for _ in range(10):
                            file.write(bytes(PART))
            left = [t.name for t in threading.enumerate() if t.name.startswith("minio-sdk")]
            assert set(left) <= before
            assert free(client) == 64 * MiB
    assert (storage.objects, storage.unfinished) == ({}, {})
    assert storage.counts["abort"] == 1


def _interrupt_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C, when `write` waits for parts."""
    from minio_sdk.transport import threads

    def interrupted(_: threading.Condition) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(threads, "wait_for_change", interrupted)


def test_a_cancelled_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it waits for a part that hangs; no object, no upload, no task."""
    monkeypatch.setattr("minio_sdk.flows.writing.GRACE", 0.05)
    storage = Storage()
    hung = threading.Event()

    async def write(client: AsyncMinIOClient) -> None:
        async with client.open("docs", "a", "wb") as file:
            for _ in range(20):
                await file.write(bytes(PART))

    async def main(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(
            config_for(server, memory_budget=2 * PART, **SETTINGS)
        ) as client:
            task = asyncio.ensure_future(write(client))
            assert await asyncio.to_thread(hung.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert free(client) == 2 * PART

    with ScriptedServer(handler=hanging_part(storage, hung, 1)) as server:
        asyncio.run(main(server))
    assert (storage.objects, storage.unfinished) == ({}, {})
    assert storage.counts["abort"] == 1


@both
def test_a_part_that_failed_is_told_by_the_next_write(connect: Connect) -> None:
    storage = Storage({("part", 1): s3_error(400, "BadThing")})
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        file = client.open("docs", "a", "wb")
        file.write(bytes(PART + 1))

        def fails() -> bool:
            try:
                file.write(b"x")
            except MinIOError as error:
                assert "BadThing" in str(error)
                return True
            return False

        assert eventually(fails)
        with pytest.raises(MinIOError, match="BadThing"):
            file.close()
    assert (storage.objects, storage.unfinished) == ({}, {})


def test_a_job_of_many_has_a_writer_of_its_own(tmp_path: Any) -> None:
    """Its threads end with the job, though they were begun by one of the job's threads."""
    storage = Storage()
    hung = threading.Event()
    with ScriptedServer(handler=hanging_part(storage, hung, 1)) as server:
        with MinIOClient(config_for(server, **SETTINGS), clock=SYSTEM_CLOCK) as client:

            def data() -> Iterator[bytes]:
                with closing(client.open("docs", "inner", "wb")) as file:
                    for _ in range(10):
                        file.write(bytes(PART))
                yield b""

            def bad() -> Iterator[bytes]:
                assert hung.wait(10)
                raise KeyboardInterrupt
                yield b""

            with pytest.raises(KeyboardInterrupt):
                client.upload_many([("docs", "a", data()), ("docs", "b", bad())], concurrency=2)
            names = [t.name for t in threading.enumerate() if t.name.startswith("minio-sdk")]
            assert names == []
    assert "/acme-docs/inner" not in storage.objects
    assert storage.unfinished == {}


def test_in_a_fork_nobody_waits_for_the_parents_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that closes what its parent writes stores nothing with a hole in it."""
    storage = Storage()
    hung = threading.Event()
    with ScriptedServer(handler=hanging_part(storage, hung, 1)) as server:
        with MinIOClient(config_for(server, **SETTINGS), clock=SYSTEM_CLOCK) as client:
            file = client.open("docs", "a", "wb")
            file.write(bytes(PART + 1))
            assert hung.wait(10)
            monkeypatch.setattr("minio_sdk.flows.writing.GRACE", 0.05)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(threading.Thread, "is_alive", lambda _: False)  # as a child sees it
                with pytest.raises(RuntimeError, match="parent process"):
                    file.close()
    assert storage.objects == {}
