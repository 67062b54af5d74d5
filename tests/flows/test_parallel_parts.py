"""Parts go up side by side: within the memory budget, in order where they are read, and all or nothing."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    Config,
    IntegrityError,
    MinIOClient,
    MinIOError,
    TransferProgress,
)
from minio_sdk.flows import parts
from tests.both import Connect, at_once, both, config_for
from tests.clock import FakeClock
from tests.flows.test_uploads_faults import (
    BODY,
    PART,
    SETTINGS,
    SOURCES,
    MiB,
    Storage,
    blocks,
)
from tests.processes import interrupts
from tests.scripted import Exchange, Request, ScriptedServer, Step, hang, s3_error


class Counting(Storage):
    """Holds parts back until so many are on their way; remembers the most bytes that ever were."""

    def __init__(self, together: int, faults: dict[tuple[str, int], Step] | None = None) -> None:
        super().__init__(faults)
        self.barrier = threading.Barrier(together) if together else None
        self.now = self.most = 0
        self.count = threading.Lock()

    def __call__(self, request: Request) -> Step:
        answer = super().__call__(request)
        if self._kind(request) != "part":
            return answer

        def step(exchange: Exchange) -> None:
            with self.count:
                self.now += len(request.body)
                self.most = max(self.most, self.now)
            if self.barrier is not None:
                self.barrier.wait(10)
            with self.count:
                self.now -= len(request.body)
            answer(exchange)

        return step


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(BODY)
    return path


@both
@pytest.mark.parametrize("source", [*SOURCES, "path"])
def test_parts_are_on_their_way_together(
    connect: Connect, source: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits at the server for the other two."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    storage = Counting(3)
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        if source == "path":
            client.upload_file("docs", "a", file)
        else:
            client.put_object("docs", "a", SOURCES[source]())
    assert storage.objects == {"/acme-docs/a": BODY}


@both
def test_one_processor_shared_with_the_server_has_two_at_a_time(
    connect: Connect, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    storage = Counting(0)
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.upload_file("docs", "a", file)
        with client.open("docs", "b", "wb") as writer:
            writer.write(BODY)
    assert 0 < storage.most <= 2 * PART
    assert storage.objects == {"/acme-docs/a": BODY, "/acme-docs/b": BODY}


@pytest.mark.parametrize(
    ("url", "processors", "expected"),
    [
        ("http://localhost:9000", 1, 2),
        ("http://127.0.0.1:9000", 3, 3),
        ("http://[::1]:9000", 64, 4),
        ("http://localhost:9000", None, 4),
        ("https://store.example.com", 1, 4),
    ],
)
def test_how_many_parts_are_on_their_way(
    url: str, processors: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    config = Config(url, "acme", access_key="key", secret_key="secret")
    with MinIOClient(config) as client, client.with_(pool_size=1) as narrow:
        assert parts.at_once(client._engine) == expected
        assert parts.at_once(narrow._engine) == 1


@both
@pytest.mark.parametrize("source", ["file", "iterator", "path"])
def test_no_more_is_on_its_way_than_the_budget_allows(
    connect: Connect, source: str, file: Path
) -> None:
    """Four uploads and a view of the client share two parts' worth of memory."""
    storage = Counting(0)

    def call(key: str) -> Callable[[MinIOClient], Any]:
        if source == "path":
            return lambda client: client.with_().upload_file("docs", key, file)
        return lambda client: client.with_().put_object("docs", key, SOURCES[source]())

    calls = [call(str(number)) for number in range(4)]
    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=2 * PART, **SETTINGS) as client:
            at_once(client, calls)
    assert set(storage.objects.values()) == {BODY}
    assert 0 < storage.most <= 2 * PART


@both
def test_a_part_larger_than_the_budget_goes_alone(connect: Connect, file: Path) -> None:
    storage = Counting(0)
    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=MiB, **SETTINGS) as client:
            client.upload_file("docs", "a", file)
            client.put_object("docs", "b", blocks())
    assert storage.most <= PART
    assert list(storage.objects.values()) == [BODY, BODY]


def test_an_upload_of_what_another_transfer_gives_needs_no_more_than_there_is(file: Path) -> None:
    """The data that is read makes an upload of its own, while the budget is all in use."""
    storage = Storage()
    with ScriptedServer(handler=storage) as server:
        with MinIOClient(config_for(server, memory_budget=PART, **SETTINGS)) as client:

            def data() -> Iterator[bytes]:
                for number, block in enumerate(blocks()):
                    if number == 10:
                        client.upload_file("docs", "inner", file)
                    yield block

            client.put_object("docs", "outer", data())
    assert list(storage.objects.values()) == [BODY, BODY]


@both
def test_nothing_of_the_budget_is_lost_in_failures(connect: Connect, file: Path) -> None:
    faults: dict[tuple[str, int], Step] = {("part", 0): s3_error(403, "No")}
    storage = Storage(faults)
    with ScriptedServer(handler=storage) as server:
        with connect(server, memory_budget=2 * PART, **SETTINGS) as client:
            for _ in range(6):
                with pytest.raises(MinIOError):
                    if storage.counts.get("create", 0) % 2:
                        client.upload_file("docs", "a", file)
                    else:
                        client.put_object("docs", "a", blocks())
                assert storage.unfinished == {}
            storage.faults.clear()
            client.put_object("docs", "b", blocks())
    assert storage.objects["/acme-docs/b"] == BODY


@both
@pytest.mark.parametrize("source", [*SOURCES, "path"])
def test_a_part_on_its_way_never_comes_in_behind_the_abort(
    connect: Connect, source: str, file: Path
) -> None:
    """One part fails at once; the others are still being answered, and the abort waits for them."""
    order: list[str] = []
    failed = threading.Event()
    storage = Storage({("part", 2): s3_error(403, "AccessDenied")})

    def handler(request: Request) -> Step:
        answer = storage(request)
        kind = storage._kind(request)

        def step(exchange: Exchange) -> None:
            if kind == "part" and getattr(answer, "status", 0) == 200:
                failed.wait(10)
            order.append(kind)
            answer(exchange)
            if getattr(answer, "status", 0) == 403:
                failed.set()

        return step

    with ScriptedServer(handler=handler) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(MinIOError, match="AccessDenied"):
            if source == "path":
                client.upload_file("docs", "a", file)
            else:
                client.put_object("docs", "a", SOURCES[source]())
    assert order.index("abort") == len(order) - 1
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_a_failed_part_ends_the_tries_of_the_others(connect: Connect) -> None:
    """Else a server that is down for one part would be tried for minutes for the next."""
    storage = Storage({("part", 1): hang(), ("part", 2): s3_error(403, "AccessDenied")})
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(MinIOError, match="AccessDenied"):
            client.put_object("docs", "a", BODY)
    assert storage.counts["part"] <= 3
    assert (storage.objects, storage.unfinished) == ({}, {})


# --- the first request ----------------------------------------------------------------------------


def slow_to_begin(
    storage: Callable[[Request], Step], reached: Callable[[], object]
) -> Callable[[Request], Step]:
    """The upload is begun, and its id comes a moment after the caller has given up."""

    def handler(request: Request) -> Step:
        answer = storage(request)
        if request.method != "POST" or not request.query.startswith("uploads"):
            return answer

        def step(exchange: Exchange) -> None:
            reached()
            exchange.stopping.wait(0.2)
            answer(exchange)

        return step

    return handler


def test_a_cancellation_while_an_upload_begins_leaves_none() -> None:
    storage = Storage()
    reached = threading.Event()

    async def main(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(server, **SETTINGS), clock=FakeClock()) as client:
            task = asyncio.ensure_future(client.put_object("docs", "a", BODY))
            await asyncio.to_thread(reached.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with ScriptedServer(handler=slow_to_begin(storage, reached.set)) as server:
        asyncio.run(main(server))
    assert storage.counts == {"create": 1, "abort": 1}
    assert (storage.objects, storage.unfinished) == ({}, {})


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs a signal that nobody else uses")
def test_ctrl_c_while_an_upload_begins_leaves_none() -> None:
    storage = Storage()
    with interrupts(KeyboardInterrupt) as interrupt:
        with ScriptedServer(handler=slow_to_begin(storage, interrupt)) as server:
            with MinIOClient(config_for(server, **SETTINGS)) as client:
                with pytest.raises(KeyboardInterrupt):
                    client.put_object("docs", "a", BODY)
    assert storage.counts == {"create": 1, "abort": 1}
    assert (storage.objects, storage.unfinished) == ({}, {})


# --- files ----------------------------------------------------------------------------------------


def appended(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def rewritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other")
    import os

    os.utime(path, ns=(1, 1))


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(BODY)
    other.replace(path)


@both
@pytest.mark.parametrize("change", [appended, rewritten, replaced, Path.unlink])
@pytest.mark.parametrize("when", [1, 3])
def test_a_file_that_changes_while_it_is_read_is_never_stored(
    connect: Connect, file: Path, change: Callable[[Path], None], when: int
) -> None:
    storage = Storage()
    parts = 0

    def handler(request: Request) -> Step:
        nonlocal parts
        answer = storage(request)
        if storage._kind(request) == "part":
            parts += 1
            if parts == when:
                change(file)
        return answer

    with ScriptedServer(handler=handler) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(IntegrityError, match=r"the file was \w+ while it was uploaded"):
            client.upload_file("docs", "a", file)
    assert (storage.objects, storage.unfinished) == ({}, {})


# --- progress -------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("source", [*SOURCES, "path"])
def test_progress_counts_what_the_server_has(connect: Connect, source: str, file: Path) -> None:
    storage = Storage()
    seen: list[TransferProgress] = []
    stored: list[int] = []

    def progress(now: TransferProgress) -> None:
        seen.append(now)
        stored.append(sum(len(p) for u in storage.unfinished.values() for p in u.values()))

    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        if source == "path":
            client.upload_file("docs", "a", file, progress=progress)
        else:
            client.put_object("docs", "a", SOURCES[source](), progress=progress)
    done = [now.bytes_done for now in seen]
    assert done == sorted(done)
    assert done[-2:] == [len(BODY)] * 2
    assert [now.objects_done for now in seen] == [0, 0, 0, 1]
    assert {now.bytes_total for now in seen} == {None if source == "iterator" else len(BODY)}
    assert all(now <= there for now, there in zip(done[:-1], stored, strict=False))


@both
def test_progress_of_what_is_small(connect: Connect) -> None:
    seen: list[TransferProgress] = []
    with ScriptedServer(handler=Storage()) as server, connect(server) as client:
        client.upload_object("docs", "a", b"12345", progress=seen.append)
    assert [(now.bytes_done, now.objects_done) for now in seen] == [(5, 0), (5, 1)]


@both
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_progress_function_that_raises_ends_the_upload(
    connect: Connect, file: Path, number: int
) -> None:
    error = LookupError("theirs")
    count = 0

    def progress(now: TransferProgress) -> None:
        nonlocal count
        count += 1
        if count == number:
            raise error

    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(LookupError) as caught:
            client.upload_file("docs", "a", file, progress=progress)
    assert caught.value is error
    assert count == number
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_what_is_no_progress_function(connect: Connect, file: Path) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        calls: list[Any] = [client.put_object, client.upload_object, client.upload_file]
        for call in calls:
            with pytest.raises(MinIOError, match="progress="):
                data: Any = file if call is calls[-1] else b""
                call("docs", "a", data, progress=5)


@both
def test_the_least_pool(connect: Connect) -> None:
    """One connection: parts go one by one."""
    storage = Counting(0)
    with ScriptedServer(handler=storage) as server:
        with connect(server, pool_size=1, **SETTINGS) as client:
            client.put_object("docs", "a", BODY)
    assert storage.most <= PART


@both
@pytest.mark.parametrize("size", [MiB, MiB + 1, PART - 1, PART, PART + 1, 2 * PART])
@pytest.mark.parametrize("source", ["bytes", "iterator", "path"])
def test_sizes_around_a_part(connect: Connect, source: str, size: int, tmp_path: Path) -> None:
    body = BODY[:size]
    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        if source == "path":
            (tmp_path / "file").write_bytes(body)
            stored = client.upload_file("docs", "a", tmp_path / "file")
        else:
            stored = client.put_object("docs", "a", body if source == "bytes" else blocks(body))
    assert storage.objects == {"/acme-docs/a": body}
    assert stored.size == size
    assert storage.counts.get("part", 0) == (-(-size // PART) if size > MiB else 0)
