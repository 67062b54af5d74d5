"""A client made before `os.fork` works in both processes, at once, whatever threads were doing.

Each test runs a program of its own, with every warning an error, against a server in this process.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from minio_sdk.transport import forks
from tests.both import config_for, stored
from tests.scripted import Request, ScriptedServer, Step

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PRELUDE = """
import asyncio, gc, multiprocessing, os, pickle, signal, sys, threading, traceback, warnings
from concurrent.futures import ProcessPoolExecutor
from minio_sdk import AsyncMinIOClient, Config, MinIOClient

# Python says that forking with threads is dangerous; that is what is tested.
warnings.filterwarnings("ignore", message=".*multi-threaded.*", category=DeprecationWarning)
warnings.filterwarnings("ignore", message=".*leads to deadlocks.*", category=DeprecationWarning)
config = pickle.loads(bytes.fromhex(sys.argv[1]))

def check(client, name, count=20):
    for number in range(count):
        key = f"{name}-{number}"
        assert client.get_object("docs", key) == f"/acme-docs/{key}".encode()

async def acheck(client, name, count=20):
    for number in range(count):
        keys = [f"{name}-{number}-{letter}" for letter in "abc"]
        bodies = await asyncio.gather(*(client.get_object("docs", key) for key in keys))
        assert bodies == [f"/acme-docs/{key}".encode() for key in keys]

def fork(work, leave=os._exit):
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(30)  # a child that hangs ends, and not with 0
    try:
        work()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    leave(0)

def join(*pids):
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0, "a child failed"
"""


def echo(request: Request) -> Step:
    """The content of each object is its path."""
    return stored(request.path.encode())


def run(program: str, tmp_path: Path, *, tls: bool = False) -> ScriptedServer:
    """Run a program to its end; it may print nothing, and must leave nothing."""
    with ScriptedServer(handler=echo, tls=tls) as server:
        config = pickle.dumps(config_for(server)).hex()
        file = tmp_path / "program.py"
        file.write_text(PRELUDE + textwrap.dedent(program))
        root = str(Path(__file__).parents[2])
        done = subprocess.run(
            [sys.executable, "-W", "error", str(file), config],
            env={**os.environ, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            timeout=50,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return server


def owners(server: ScriptedServer) -> dict[int, set[str]]:
    """Whose requests came over each connection."""
    found: dict[int, set[str]] = {}
    for request in server.requests:
        found.setdefault(request.connection, set()).add(request.path.split("/")[2].split("-")[0])
    return found


@pytest.mark.parametrize("tls", [False, True])
def test_the_blocking_client_in_both_processes_at_once(tmp_path: Path, tls: bool) -> None:
    server = run(
        """
        with MinIOClient(config) as client:
            check(client, "parent", 1)
            children = [fork(lambda: check(client, f"child{n}")) for n in range(3)]
            check(client, "parent")
            join(*children)
            check(client, "parent", 1)
        """,
        tmp_path,
        tls=tls,
    )
    found = owners(server)
    assert all(len(names) == 1 for names in found.values()), "two processes shared a connection"
    assert found[1] == {"parent"}
    assert len(found) == 4  # the parent's one, still, and one for each child


@pytest.mark.parametrize("loop, tls", [("asyncio", False), ("asyncio", True), ("uvloop", False)])
def test_the_async_client_forked_within_its_running_loop(
    tmp_path: Path, loop: str, tls: bool
) -> None:
    """The child may not touch the parent's sockets, nor what its loop watches."""
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    server = run(
        f"""
        from {loop} import new_event_loop

        async def main():
            async with AsyncMinIOClient(config) as client:
                await acheck(client, "parent", 1)

                def work():
                    async def in_child():
                        async with client:
                            await acheck(client, "child")

                    child_loop = asyncio.new_event_loop()
                    asyncio.set_event_loop(child_loop)
                    child_loop.run_until_complete(in_child())
                    child_loop.close()
                    gc.collect()

                child = fork(work)
                await acheck(client, "parent")
                await asyncio.to_thread(join, child)
                await acheck(client, "parent", 3)

        loop = new_event_loop()
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        """,
        tmp_path,
        tls=tls,
    )
    found = owners(server)
    assert all(len(names) == 1 for names in found.values()), "two processes shared a connection"
    assert [name for names in found.values() for name in names].count("parent") == 3


def test_the_async_client_forked_between_two_runs(tmp_path: Path) -> None:
    run(
        """
        client = AsyncMinIOClient(config)
        asyncio.run(acheck(client, "parent", 1))
        child = fork(lambda: asyncio.run(acheck(client, "child")), leave=sys.exit)
        asyncio.run(acheck(client, "parent"))
        join(child)
        """,
        tmp_path,
    )


def test_a_fork_while_threads_use_the_client(tmp_path: Path) -> None:
    run(
        """
        client = MinIOClient(config)
        stop = threading.Event()
        failures = []

        def work(name):
            try:
                while not stop.is_set():
                    check(client, name, 1)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"thread{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        children = [fork(lambda: check(client, "child", 3)) for _ in range(10)]
        join(*children)
        stop.set()
        for thread in threads:
            thread.join()
        client.close()
        assert not failures, failures
        """,
        tmp_path,
    )


@pytest.mark.parametrize("leave", ["os._exit", "sys.exit"])
def test_a_fork_while_another_thread_holds_every_lock(tmp_path: Path, leave: str) -> None:
    """The locks stay locked in the child for ever: it may wait for none, not even at its end."""
    run(
        f"""
        client = MinIOClient(config)
        check(client, "parent", 1)
        connections = client._engine.transport.connections
        holding, forked = threading.Event(), threading.Event()

        def hold():
            with connections._lock, connections.budget._lock:
                holding.set()
                forked.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        holding.wait()

        def work():
            connections.budget.take(5)
            check(client, "child", 2)
            connections.budget.give()
            client.close()
            gc.collect()

        child = fork(work, leave={leave})
        forked.set()
        thread.join()
        join(child)
        check(client, "parent", 1)
        client.close()
        """,
        tmp_path,
    )


def test_a_child_that_ends_as_usual_leaves_quietly(tmp_path: Path) -> None:
    """Whatever runs at the end of a process may not close what is the parent's, nor complain."""
    server = run(
        """
        client = MinIOClient(config)
        check(client, "parent", 1)
        join(fork(lambda: None, leave=sys.exit))
        join(fork(lambda: check(client, "child", 1), leave=sys.exit))
        check(client, "parent", 1)
        client.close()
        """,
        tmp_path,
    )
    assert owners(server) == {1: {"parent"}, 2: {"child"}}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pools_of_processes(tmp_path: Path, method: str) -> None:
    """The client travels by pickle, and with fork also by inheritance."""
    run(
        """
        def work(client, number):
            with client:
                check(client, f"child{number}", 3)
            return number

        if __name__ == "__main__":
            client = MinIOClient(config)
            check(client, "parent", 1)
            context = multiprocessing.get_context("METHOD")
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                futures = [pool.submit(work, client, number) for number in range(4)]
                check(client, "parent", 3)
                assert [future.result() for future in futures] == [0, 1, 2, 3]
            client.close()
        """.replace("METHOD", method),
        tmp_path,
    )


def test_nothing_is_kept_of_clients_that_are_gone() -> None:
    """The register that fork reads holds nobody alive."""

    class Holder:
        def forget(self) -> None:
            raise AssertionError

    before = len(forks._holders)
    forks.forget_after_fork(holder := Holder())
    assert len(forks._holders) == before + 1
    del holder
    assert len(forks._holders) == before
