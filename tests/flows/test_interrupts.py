"""Ctrl-C and cancellation at every request of every kind of transfer: what is there is whole, or isn't there.

The interrupt comes while the server has a request and has not answered it; the server has worked on it or
not, in turns. Afterwards there is no upload on the server, no thread, no task, no other file, and every byte
of the memory budget is free.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, Config, ConflictError, MinIOClient
from minio_sdk.clock import SYSTEM_CLOCK
from minio_sdk.flows.held import held
from minio_sdk.flows.journal import Journal, growing_path
from tests.both import config_for
from tests.flows.test_uploads_faults import Storage
from tests.processes import Interrupted, eventually, interrupts, posix_only
from tests.scripted import Exchange, Request, ScriptedServer, Step, hang, reply, s3_error

BODY = bytes(range(251)) * 44
PART = 5000
KEYS = ("a", "b", "c")
FOLDER_AND_MORE = {"up", "down"}


class Disk(Storage):
    """Objects, uploads, ranges and listings; `strike` is called with each request's number."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.strike: Callable[[], object] | None = None
        self.at = 0

    def _kind(self, request: Request) -> str:
        if request.method != "GET":
            return super()._kind(request)
        return "objects" if "list-type=2" in request.query else "get"

    def _work(self, kind: str, request: Request) -> Step:
        if kind == "objects":
            lines = "".join(
                f"<Contents><Key>{path.rpartition('/')[2]}</Key><Size>{len(body)}</Size>"
                "<LastModified>2026-11-22T00:00:00.000Z</LastModified></Contents>"
                for path, body in sorted(self.objects.items())
            )
            return reply(200, f"<ListBucketResult>{lines}</ListBucketResult>".encode())
        if kind != "get":
            return super()._work(kind, request)
        body = self.objects.get(request.path)
        if body is None:
            return s3_error(404, "NoSuchKey")
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("Range") or "")
        if asked is None:
            return reply(200, body, headers={"ETag": '"e-2"'})
        first, last = int(asked[1]), min(int(asked[2]), len(body) - 1)
        said = {"ETag": '"e-2"', "Content-Range": f"bytes {first}-{last}/{len(body)}"}
        return reply(206, body[first : last + 1], headers=said)

    def __call__(self, request: Request) -> Step:
        with self._lock:
            self.number += 1
            number = self.number
        if number != self.at or self.strike is None:
            return super().__call__(request)
        strike, worked_on = self.strike, number % 2
        answer: Step = super().__call__(request) if worked_on else reply(503)

        def step(exchange: Exchange) -> None:
            strike()
            answer(exchange)

        return step


@dataclass
class Job:
    """One call, and where it reads from and writes to."""

    folder: Path
    method: str
    stored: bool

    def call(self, client: Any) -> Any:
        up, down = self.folder / "up", self.folder / "down"
        if self.method == "upload_file":
            return client.upload_file("docs", "a", up / "a")
        if self.method == "download_file":
            return client.download_file("docs", "a", down / "a")
        if self.method == "upload_many":
            items = [{"bucket": "docs", "key": key, "path": str(up / key)} for key in KEYS]
            return client.upload_many(items, concurrency=2)
        if self.method == "download_many":
            items = [{"bucket": "docs", "key": key, "path": str(down / key)} for key in KEYS]
            return client.download_many(items, concurrency=2)
        sides = (up, "minio://docs/") if self.method == "mirror up" else ("minio://docs/", down)
        return client.mirror(*sides, concurrency=2)

    def server(self) -> Disk:
        found = Disk()
        if self.stored:
            found.objects = {f"/acme-docs/{key}": BODY for key in KEYS}
        return found

    def check(self, server: Disk) -> None:
        """What is there is whole, and nothing else is there."""
        assert server.unfinished == {}
        assert set(server.objects.values()) <= {BODY}
        files = {path.name: path.read_bytes() for path in (self.folder / "down").iterdir()}
        assert set(files) <= set(KEYS)
        assert set(files.values()) <= {BODY}
        assert {path.name for path in self.folder.iterdir()} == FOLDER_AND_MORE
        for path in (self.folder / "down").iterdir():
            path.unlink()


JOBS = {
    "upload_file": False,
    "download_file": True,
    "upload_many": False,
    "download_many": True,
    "mirror up": False,
    "mirror down": True,
}


@pytest.fixture(params=JOBS)
def job(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setattr("minio_sdk.config.MIN_PART", PART)
    for module in ("reading", "downloads"):
        monkeypatch.setattr(f"minio_sdk.flows.{module}.PIECE", 4000)
    for name in FOLDER_AND_MORE:
        (tmp_path / name).mkdir()
    for key in KEYS:
        (tmp_path / "up" / key).write_bytes(BODY)
    return Job(tmp_path, request.param, JOBS[request.param])


SETTINGS: dict[str, Any] = {
    "multipart_threshold": 1000,
    "part_size": PART,
    "api": "s3",
    "base_delay": 0.01,
}


def are_over(before: set[threading.Thread]) -> bool:
    """Whether the threads that the client has begun have ended."""
    new = set(threading.enumerate()) - before
    return all(thread.name.startswith("scripted") for thread in new)


def free_bytes(client: Any) -> int:
    return int(client._engine.transport.memory.free)


@posix_only
def test_ctrl_c_at_every_request(job: Job) -> None:
    at = 0
    with interrupts() as interrupt:
        while True:
            at += 1
            disk = job.server()
            disk.at = at
            disk.strike = interrupt
            threads = set(threading.enumerate())
            with ScriptedServer(handler=disk, strict=False) as server:
                ours = set(threading.enumerate())
                with MinIOClient(config_for(server, **SETTINGS), clock=SYSTEM_CLOCK) as client:
                    free = free_bytes(client)
                    try:
                        job.call(client)
                    except Interrupted:
                        pass
                    else:
                        assert disk.number < at, f"request {at} was struck, and the call went on"
                    # One whose start was interrupted may be about to find out that it is late.
                    assert eventually(partial(are_over, ours)), at
                    assert free_bytes(client) == free, at
            job.check(disk)
            assert set(threading.enumerate()) <= threads
            if disk.number < at:
                break
    assert at > 3


def test_cancellation_at_every_request(job: Job) -> None:
    async def main(server: ScriptedServer, disk: Disk) -> bool:
        loop = asyncio.get_running_loop()
        async with AsyncMinIOClient(config_for(server, **SETTINGS), clock=SYSTEM_CLOCK) as client:
            free = free_bytes(client)
            task = asyncio.ensure_future(job.call(client))
            disk.strike = lambda: loop.call_soon_threadsafe(task.cancel)
            cancelled = False
            try:
                await task
            except asyncio.CancelledError:
                cancelled = True
            assert free_bytes(client) == free
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return cancelled

    at = 0
    cancelled = True
    while cancelled:
        at += 1
        disk = job.server()
        disk.at = at
        threads = set(threading.enumerate())
        with ScriptedServer(handler=disk, strict=False) as server:
            cancelled = asyncio.run(main(server, disk))
        assert cancelled or disk.number < at, f"request {at} was struck, and the call went on"
        job.check(disk)
        assert set(threading.enumerate()) <= threads
    assert at > 3


# --- an interrupt of what an interrupt has begun ----------------------------------------------------


def twice(storage: Storage, strike: Callable[[], object]) -> Callable[[Request], Step]:
    """Strikes at the first part, and at the first abort, neither of which is answered in time."""
    struck: set[str] = set()

    def handler(request: Request) -> Step:
        kind = storage._kind(request)
        if kind not in ("part", "abort") or kind in struck:
            return storage(request)
        struck.add(kind)

        def step(exchange: Exchange) -> None:
            strike()
            hang()(exchange)

        return step

    return handler


@posix_only
def test_ctrl_c_while_an_upload_is_ended() -> None:
    storage = Storage()
    with interrupts() as interrupt, ScriptedServer(handler=twice(storage, interrupt)) as server:
        with MinIOClient(config_for(server, **PARTS)) as client, pytest.raises(Interrupted):
            client.put_object("docs", "a", bytes(6 << 20))
    assert (storage.unfinished, storage.counts["abort"]) == ({}, 1)


def test_a_cancellation_while_an_upload_is_ended() -> None:
    storage = Storage()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        tasks: list[asyncio.Task[Any]] = []
        handler = twice(storage, lambda: loop.call_soon_threadsafe(tasks[0].cancel))
        with ScriptedServer(handler=handler) as server:
            async with AsyncMinIOClient(config_for(server, **PARTS)) as client:
                tasks.append(asyncio.ensure_future(client.put_object("docs", "a", bytes(6 << 20))))
                with pytest.raises(asyncio.CancelledError):
                    await tasks[0]

    asyncio.run(main())
    assert (storage.unfinished, storage.counts["abort"]) == ({}, 1)


PARTS: dict[str, Any] = {"multipart_threshold": 1000, "part_size": 5 << 20}


def test_what_is_opened_for_nobody_is_closed(tmp_path: Path) -> None:
    """The task is cancelled while its thread opens the journal: another call gets its lock."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> Journal:
        journal = Journal(tmp_path, "0" * 24)
        begun.set()
        go_on.wait(10)
        return journal

    async def main() -> None:
        config = Config("http://127.0.0.1:9", "acme", access_key="a", secret_key="b")
        async with AsyncMinIOClient(config) as client:
            task = asyncio.ensure_future(held(client._engine.transport, slowly))
            await asyncio.to_thread(begun.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(ConflictError):
                Journal(tmp_path, "0" * 24)
            go_on.set()

    asyncio.run(main())  # which waits for its threads
    Journal(tmp_path, "0" * 24).close()
    assert list(tmp_path.iterdir()) == []


def test_who_is_cancelled_goes_on_when_what_is_being_written_is_written() -> None:
    """However often; and the loop's other tasks have their turn meanwhile."""
    go_on, written = threading.Event(), []

    async def main() -> None:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def write() -> None:
            loop.call_soon_threadsafe(begun.set)
            assert go_on.wait(10)
            written.append(1)

        async with AsyncMinIOClient(Config("http://127.0.0.1:9", "acme")) as client:
            task = asyncio.ensure_future(client._engine.transport.finish(write))
            await begun.wait()
            for _ in range(3):
                task.cancel()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            assert not task.done()
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert written == [1]

    asyncio.run(main())


def test_what_was_not_begun_when_the_task_was_cancelled_is_never_written() -> None:
    go_on, written = threading.Event(), []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        async with AsyncMinIOClient(Config("http://127.0.0.1:9", "acme")) as client:
            busy = loop.run_in_executor(None, go_on.wait, 10)
            task = asyncio.ensure_future(client._engine.transport.finish(lambda: written.append(1)))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go_on.set()
            assert await busy

    asyncio.run(main())  # which waits for its threads
    assert written == []


def test_a_loop_that_ends_waits_for_what_is_being_written() -> None:
    go_on, begun, written = threading.Event(), threading.Event(), []

    def write() -> None:
        begun.set()
        assert go_on.wait(10)
        written.append(1)

    async def main() -> None:
        async with AsyncMinIOClient(Config("http://127.0.0.1:9", "acme")) as client:

            async def told() -> None:
                try:
                    await client._engine.transport.finish(write)
                finally:
                    written.append(2)

            tasks.append(asyncio.ensure_future(told()))
            await asyncio.to_thread(begun.wait, 10)
            threading.Timer(0.05, go_on.set).start()

    tasks: list[asyncio.Task[None]] = []
    asyncio.run(main())
    assert written == [1, 2]


def test_what_is_discarded_is_gone_when_the_cancelled_call_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed later, it might be the file that the next download is at."""
    config = Config(
        "http://127.0.0.1:9", "acme", access_key="a", secret_key="b", state_dir=str(tmp_path)
    )
    with closing(Journal.of(config, "download", "docs", "a")) as journal:
        journal.save(
            kind="download", bucket="docs", key="a", path=str(tmp_path / "a"), size=9, etag="e",
            version=None, piece=9, done=[],
        )  # fmt: skip
    growing = growing_path(tmp_path / "a", journal.id)
    growing.touch()
    unlink = Path.unlink
    tasks: list[asyncio.Task[None]] = []

    def slowly(path: Path, missing_ok: bool = False) -> None:
        if path == growing:
            tasks[0].get_loop().call_soon_threadsafe(tasks[0].cancel)
            threading.Event().wait(0.05)
        unlink(path, missing_ok)

    async def main() -> None:
        async with AsyncMinIOClient(config) as client:
            tasks.append(asyncio.ensure_future(client.discard_transfer(journal.id)))
            with pytest.raises(asyncio.CancelledError):
                await tasks[0]
            assert not growing.exists()

    monkeypatch.setattr(Path, "unlink", slowly)
    asyncio.run(main())
