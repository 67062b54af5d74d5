"""One failure ends all that was begun with it, jobs of jobs too, and each cleans up behind itself."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, MinIOClient
from minio_sdk.blocking import run
from minio_sdk.clock import SYSTEM_CLOCK
from minio_sdk.engine import Engine
from minio_sdk.flows import uploads
from minio_sdk.flows.sources import Source
from tests.both import config_for
from tests.flows.test_uploads_faults import BODY, SETTINGS, Storage
from tests.scripted import Exchange, Request, ScriptedServer, Step, hang, reply


class Theirs(Exception):
    """What one of the jobs fails with."""


def hanging(storage: Storage, hung: threading.Event, answer: Step) -> Any:
    """Parts are never answered, or with what makes them wait for their next try."""

    def handler(request: Request) -> Step:
        if storage._kind(request) != "part":
            return storage(request)

        def step(exchange: Exchange) -> None:
            hung.set()
            answer(exchange)

        return step

    return handler


async def jobs(engine: Engine, hung: threading.Event) -> None:
    """Three uploads that hang, and a job that fails once one of them does."""

    async def job(number: int) -> None:
        if number == 3:
            await engine.transport.call(hung.wait, 10)
            raise Theirs
        place = engine.place("docs")
        await uploads.put(engine, place, str(number), Source(BODY), {})

    await engine.transport.map(job, range(4), 4)


@pytest.mark.parametrize(
    "answer", [hang(), reply(503, headers={"Retry-After": "100"})], ids=["hanging", "waiting"]
)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_failure_ends_the_jobs_of_jobs(kind: str, answer: Step) -> None:
    storage = Storage()
    hung = threading.Event()
    threads = set(threading.enumerate())
    with ScriptedServer(handler=hanging(storage, hung, answer)) as server:
        if kind == "sync":
            with MinIOClient(config_for(server, **SETTINGS), clock=SYSTEM_CLOCK) as client:
                with pytest.raises(Theirs):
                    run(jobs(client._engine, hung))
                assert client._engine.transport.memory.free == 64 << 20  # type: ignore[attr-defined]
                ours = [t for t in threading.enumerate() if t.name.startswith("minio-sdk")]
                assert set(ours) <= threads
        else:

            async def main() -> None:
                config = config_for(server, **SETTINGS)
                async with AsyncMinIOClient(config, clock=SYSTEM_CLOCK) as client:
                    with pytest.raises(Theirs):
                        await jobs(client._engine, hung)
                    assert asyncio.all_tasks() == {asyncio.current_task()}

            asyncio.run(main())
    assert (storage.objects, storage.unfinished) == ({}, {})
    assert storage.counts["abort"] == storage.counts["create"]
