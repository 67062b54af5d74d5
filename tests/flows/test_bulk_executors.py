"""Bulk jobs on executors: threads, processes, and machines of a cluster, also when those die."""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    Credentials,
    DeletedObject,
    MinIOClient,
    MinIOError,
    ObjectNotFoundError,
    TransferProgress,
    UploadResponse,
    ValidationError,
)
from tests.both import Connect, both, config_for
from tests.flows.store import Store
from tests.processes import Interrupted, interrupts
from tests.scripted import Request, ScriptedServer, Step, drop_before_reply, reply, s3_error

SPAWN = multiprocessing.get_context(
    "spawn"
)  # the only way everywhere; a fork has our threads' locks


def refuses_k3(request: Request) -> Step | None:
    return s3_error(403, "AccessDenied") if request.path.endswith("k3") else None


def deletes(request: Request) -> Step | None:
    if request.query != "delete=":
        return refuses_k3(request)
    names = request.body.split(b"<Key>")[1:]
    told = b"".join(b"<Deleted><Key>%s</Key></Deleted>" % n.partition(b"<")[0] for n in names)
    return reply(200, b"<DeleteResult>%s</DeleteResult>" % told)


def all_verbs(client: MinIOClient, executor: Executor) -> None:
    """Every bulk call on `executor`, each with a failure in the middle."""
    uploads = [{"bucket": "docs", "key": f"k{n}", "data": b"x" * n} for n in range(6)]
    told: list[TransferProgress] = []
    up = client.upload_many(uploads, executor=executor, progress=told.append)
    expected = [AccessDeniedError if n == 3 else UploadResponse for n in range(6)]
    assert [type(each) for each in up] == expected
    assert (up[3].key, up[3].bucket, up[3].status) == ("k3", "docs", 403)
    assert [t.objects_done for t in told] == [1, 2, 3, 4, 5]
    down = client.download_many(["k5", "k9", "k1"], bucket="docs", executor=executor)
    assert (down[0], down[2]) == (b"x" * 5, b"x")
    assert isinstance(down[1], ObjectNotFoundError)
    across = client.copy_many([("docs", "b", "docs", "k4"), 7], executor=executor)
    assert across[0].status == "copied"
    assert isinstance(across[1], ValidationError)
    gone = client.delete_many(["k1", "k2", "k1"], bucket="docs", executor=executor)
    assert [type(each) for each in gone] == [DeletedObject] * 3


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
        yield pool


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(handler=Store(name="MinIO", fault=deletes)) as found:
        yield found


@both
def test_threads(connect: Connect, server: ScriptedServer) -> None:
    with ThreadPoolExecutor(3) as pool, connect(server, max_retries=0) as client:
        all_verbs(client, pool)
        done = client.upload_many([("a", iter([b"1", b"2"]))], bucket="docs", executor=pool)
        assert done[0].size == 2


@both
def test_processes(
    connect: Connect, server: ScriptedServer, processes: ProcessPoolExecutor
) -> None:
    with connect(server, max_retries=0) as client:
        all_verbs(client, processes)


@both
def test_what_cant_be_pickled_is_the_failure_of_its_item(
    connect: Connect, server: ScriptedServer, processes: ProcessPoolExecutor
) -> None:
    with connect(server) as client:
        items = [("a", iter([b"1"])), ("b", (b"%d" % n for n in range(2))), ("c", memoryview(b"3"))]
        done = client.upload_many(items, bucket="docs", executor=processes)
        assert done[0].size == 1  # the iterator of a list pickles
        assert isinstance(done[1], ValidationError)
        assert "items[1].data: can't be pickled" in str(done[1])
        assert done[2].size == 1


@both
def test_a_killed_worker_is_an_error_of_what_it_had(
    connect: Connect, server: ScriptedServer
) -> None:
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        (pid,) = [pool.submit(os.getpid).result()]
        assert isinstance(server._handler, Store)

        def kill(_: Request) -> Step | None:
            os.kill(pid, signal.SIGKILL)
            return drop_before_reply()

        server._handler.fault = kill
        with connect(server) as client:
            items = [{"bucket": "docs", "key": f"k{n}", "data": b"x"} for n in range(100)]
            done = client.upload_many(items, executor=pool)
            assert (len(done), done.failed) == (100, 100)
            assert {type(error) for error in done.errors} == {MinIOError}
            assert all("BrokenProcessPool" in str(error) for error in done.errors)
            assert [error.key for error in done.errors] == [f"k{n}" for n in range(100)]


@both
def test_an_executor_that_was_shut_down(connect: Connect, server: ScriptedServer) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with connect(server) as client:
        done = client.download_many(["a", "b"], bucket="docs", executor=pool)
        assert ["cannot schedule new futures" in str(error) for error in done] == [True, True]


class Recording(Executor):
    """Runs what it gets at once, and writes down how many items each package has."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def submit(self, fn: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.sizes.append(len(arguments[2]))
        future: Future[Any] = Future()
        future.set_result(fn(*arguments, **named))
        return future


def test_few_items_are_spread_and_many_go_together(server: ScriptedServer) -> None:
    with MinIOClient(config_for(server)) as client:
        executor = Recording()
        client.download_many(["k"] * 9, bucket="docs", executor=executor, concurrency=4)
        assert executor.sizes == [1, 1, 1, 1, 2, 2, 1]
        executor = Recording()
        client.download_many(["k"] * 200, bucket="docs", executor=executor, concurrency=1)
        assert executor.sizes == [1, 2, 4, 8, 16, 32, 32, 32, 32, 32, 9]


def test_credentials_that_cant_be_sent_are_refused_at_once(
    server: ScriptedServer, processes: ProcessPoolExecutor
) -> None:
    with MinIOClient(config_for(server, credentials=lambda: Credentials("a", "b"))) as client:
        with pytest.raises(ValidationError, match="configuration can't be sent"):
            client.download_many(["a"], bucket="docs", executor=processes)
        with ThreadPoolExecutor(1) as pool:
            client.download_many(["a"], bucket="docs", executor=pool)


def test_an_interrupt_leaves_the_threads_of_the_user_idle(server: ScriptedServer) -> None:
    """What is on them ends before the call does."""
    reached = threading.Event()

    def fault(_: Request) -> Step | None:
        reached.set()
        return None

    assert isinstance(server._handler, Store)
    server._handler.fault = fault

    def send() -> None:
        reached.wait(10)
        interrupt()

    def endless() -> Iterator[str]:
        while True:
            yield "k"

    with (
        interrupts() as interrupt,
        ThreadPoolExecutor(2) as pool,
        MinIOClient(config_for(server)) as client,
    ):
        sender = threading.Thread(target=send)
        sender.start()
        with pytest.raises(Interrupted):
            client.download_many(endless(), bucket="docs", executor=pool)
        asked = len(server.requests)
        sender.join()
        assert pool.submit(int).result() == 0
        assert len(server.requests) <= asked + 1  # which the other thread had on its way


def test_a_cancelled_job_on_threads_leaves_them_idle(server: ScriptedServer) -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "k"

    async def cancelled(pool: Executor) -> None:
        some = asyncio.Event()
        async with AsyncMinIOClient(config_for(server)) as client:
            job = client.download_many(endless(), bucket="docs", executor=pool, progress=told(some))
            task = asyncio.ensure_future(job)
            await some.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

    def told(some: asyncio.Event) -> Callable[[TransferProgress], object]:
        return lambda _: some.set()

    assert isinstance(server._handler, Store)
    server._handler.fault = lambda _: reply(200, b"x", headers={"ETag": '"e"'})
    with ThreadPoolExecutor(2) as pool:
        asyncio.run(cancelled(pool))
        asked = len(server.requests)
        assert pool.submit(int).result() == 0
        assert len(server.requests) == asked


def test_a_cluster_of_machines(server: ScriptedServer, tmp_path: Path) -> None:
    """A scheduler and two worker processes of dask.distributed."""
    dask: Any = importlib.import_module(
        "dask"
    )  # neither of the two is typed as strictly as this is
    distributed: Any = importlib.import_module("distributed")
    with dask.config.set({"temporary-directory": str(tmp_path)}):
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
            host="127.0.0.1", scheduler_port=0,
        )  # fmt: skip
        with cluster, distributed.Client(cluster) as machines:
            with MinIOClient(config_for(server, max_retries=0)) as client:
                all_verbs(client, machines.get_executor())
