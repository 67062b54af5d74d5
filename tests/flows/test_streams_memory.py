"""Streams and open files within the memory budget: any number of them, in any order, and no deadlock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from random import Random
from typing import Any

import pytest

from minio_sdk import MinIOClient, MinIOError
from minio_sdk.config import MiB
from tests.both import Connect, blocking, both
from tests.flows.test_uploads_faults import Storage
from tests.scripted import Request, ScriptedServer, Step, s3_error
from tests.stored import Stored

DATA = Random(3).randbytes(2 * MiB)
COUNT = 100


def whole(client: Any) -> bool:
    """Whether nobody holds anything of the budget."""
    budgets = client._engine.transport.memory
    accounts = list(getattr(budgets, "_of_loops", {None: budgets}).values())
    return all(account.free == account.capacity for account in accounts)


@both
@pytest.mark.parametrize("budget", [MiB, 64 * MiB])
def test_a_hundred_streams_read_in_turn(connect: Connect, budget: int) -> None:
    with ScriptedServer(handler=Stored(DATA)) as server:
        with connect(server, memory_budget=budget) as client:
            streams: list[Any] = [
                client.download_stream("docs", "a", piece_size=MiB) for _ in range(COUNT)
            ]
            assert {next(stream) for stream in streams} == {DATA[:MiB]}
            assert whole(client)  # what was given out is the user's
            for stream in streams:
                stream.close()


@both
@pytest.mark.parametrize("budget", [MiB, 64 * MiB])
def test_a_hundred_files_read_in_turn(connect: Connect, budget: int) -> None:
    """Each keeps a piece, of which there is room for some; the others keep little."""
    with ScriptedServer(handler=Stored(DATA)) as server:
        with connect(server, memory_budget=budget) as client:
            files = [client.open("docs", "a") for _ in range(COUNT)]
            for start in range(0, 600_000, 100_000):
                for file in files:
                    assert file.read(100_000) == DATA[start : start + 100_000]
            assert not whole(client)
            client.put_object("docs", "b", iter([b"x" * 100_000]))  # which they don't stop
            for file in files:
                file.close()
            assert whole(client)


@both
def test_the_whole_of_it_with_little_memory(connect: Connect) -> None:
    with ScriptedServer(handler=Stored(DATA)) as server:
        with connect(server, memory_budget=MiB) as client:
            assert b"".join(client.download_stream("docs", "a")) == DATA
            with client.open("docs", "a") as file:
                assert file.read() == DATA
                file.seek(1)
                assert file.read(10) == DATA[1:11]
            assert whole(client)


@both
def test_what_fails_gives_back_what_it_had(connect: Connect) -> None:
    stored = Stored(DATA)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        stream: Any = client.download_stream("docs", "a", piece_size=MiB)
        next(stream)
        stored.instead = lambda _: s3_error(400, "BadThing")
        with pytest.raises(MinIOError, match="BadThing"):
            next(stream)
        with pytest.raises(MinIOError, match="BadThing"):
            next(iter(client.download_stream("docs", "a", piece_size=MiB)))
        assert whole(client)


def test_uploads_that_are_fed_by_other_threads() -> None:
    """Two uploads wait for what streams and files bring, with all that may be kept between them."""
    storage, stored = Storage(), Stored(DATA)

    def handler(request: Request) -> Step:
        return stored(request) if request.method == "GET" else storage(request)

    def feed(client: MinIOClient, queue: Queue[bytes | None], number: int) -> None:
        for piece in client.download_stream("docs", "a", piece_size=MiB):
            queue.put(piece)
        with client.open("docs", "a") as file:
            queue.put(file.read())
        with client.open("docs", f"beside-{number}", "wb") as other:
            other.write(DATA)
            other.write(DATA)
        queue.put(None)

    def fed(queue: Queue[bytes | None]) -> Iterator[bytes]:
        yield b"x"
        yield from iter(queue.get, None)

    settings: dict[str, Any] = {"memory_budget": 10 * MiB, "multipart_threshold": 0}
    with ScriptedServer(handler=handler) as server:
        with blocking(server, part_size=5 * MiB, **settings) as client:
            with ThreadPoolExecutor(4) as pool:
                jobs: list[Any] = []
                for number in range(2):
                    queue: Queue[bytes | None] = Queue()
                    jobs.append(pool.submit(feed, client, queue, number))
                    data = fed(queue)
                    jobs.append(pool.submit(client.put_object, "docs", f"fed-{number}", data))
                for job in jobs:
                    job.result(60)
            assert whole(client)
    for number in range(2):
        assert storage.objects[f"/acme-docs/fed-{number}"] == b"x" + DATA + DATA
        assert storage.objects[f"/acme-docs/beside-{number}"] == DATA + DATA
