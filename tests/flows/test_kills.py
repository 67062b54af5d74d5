"""`kill -9` of a process that transfers: at any request, and at any step that it takes on disk.

One process has loaded all that is needed, and forks for each run: so a run takes milliseconds. It dies by
its own hand at the n-th thing that it does (a file, a lock, a connection: what Python audits), or by the
server's at the n-th request, before that was worked on or after. `MINIO_SDK_TEST_KILLS` sets how many
times, each way; what chance has said is in the message of a failure.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clock import FakeClock
from tests.flows.test_resume import Keeping
from tests.processes import ROOT, posix_only
from tests.scripted import Exchange, Request, ScriptedServer, Step, reply
from tests.stored import Stored

pytestmark = posix_only

KILLS = int(os.environ.get("MINIO_SDK_TEST_KILLS", "25"))
SEED = int(os.environ.get("MINIO_SDK_TEST_SEED", "7"))
BODY = random.Random(5).randbytes(11_111)
PART = 2000

CHILD = """
import json, os, signal, sys
import minio_sdk.config
from minio_sdk import Config, MinIOClient
from minio_sdk.clock import SystemClock
from minio_sdk.flows import downloads, reading
minio_sdk.config.MIN_PART = 1
downloads.PIECE = reading.PIECE = 1000
WATCHED = {"open", "os.rename", "os.remove", "os.chmod", "fcntl.flock", "socket.connect"}

class Clock(SystemClock):
    def __init__(self, now):
        self.now = now
    def time(self):
        return self.now

def run(order):
    left = order["die"]
    def step(event, arguments):
        nonlocal left
        if event in WATCHED:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(step)
    config = Config(order["url"], "acme", access_key="key", secret_key="secret",
                    state_dir=order["state"], part_size=order["part"], multipart_threshold=1)
    with MinIOClient(config, clock=Clock(order["now"])) as client:
        call = getattr(client, order["method"])
        call("docs", "a", order["path"], resume=True, **order["how"])

with MinIOClient(Config("http://127.0.0.1:9", "acme", max_retries=0, timeout=1)) as client:
    try:
        client.get_object("docs", "a")  # loads what is loaded late, and fails
    except Exception:
        pass

while line := sys.stdin.readline():
    order = json.loads(line)
    wait, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.read(wait, 1)  # until the one who may kill it knows its number
            run(order)
        except BaseException as error:
            print("failed", type(error).__name__, flush=True)
            os._exit(1)
        os._exit(0)
    print(pid, flush=True)
    sys.stdin.readline()
    os.write(go, b"1")
    os.close(wait)
    os.close(go)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Runs:
    """Runs of the child, each of which may be killed; also the server's handler.

    Attributes:
        kills: how many were.
        fine: the failures that a run may end with.
        told: what chance has said, run by run.
    """

    def __init__(self, handler: Callable[[Request], Step], state: Path, clock: FakeClock) -> None:
        self.kills = 0
        self.fine: set[str] = set()
        self.told: list[dict[str, Any]] = []
        self._handler = handler
        self._state = state
        self._clock = clock
        self._chance = random.Random(SEED)
        self._lock = threading.Lock()
        self._left = 0
        self._after = False
        self._pid = 0

    def __call__(self, request: Request) -> Step:
        if request.path == "/-/are-all-there":
            return reply(200)
        with self._lock:
            self._left -= 1
            strikes = self._left == 0
        if strikes and not self._after:
            return self._strike
        answer = self._handler(request)
        return self._strike if strikes else answer

    def _strike(self, exchange: Exchange) -> None:
        os.kill(self._pid, signal.SIGKILL)
        exchange.close()

    @contextmanager
    def child(self, server: ScriptedServer) -> Iterator[None]:
        """The process that forks."""
        self._server = server
        command = [sys.executable, "-c", CHILD]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        ) as self._process:
            yield
            assert self._process.stdin is not None
            self._process.stdin.close()

    def run(self, method: str, path: Path, steps: int, requests: int, **how: Any) -> bool:
        """One run, killed somewhere; True when it came to its end."""
        chance = self._chance
        by_itself = chance.random() < 0.5
        self._clock.advance(2 * 3600)
        told: dict[str, Any] = {
            "die": chance.randint(1, steps) if by_itself else 0,
            "request": 0 if by_itself else chance.randint(1, requests),
            "after": chance.random() < 0.6,
        }
        self.told.append(told)
        order = {
            "method": method,
            "url": self._server.url,
            "state": str(self._state),
            "path": str(path),
            "part": PART,
            "now": self._clock.time(),
            "die": told["die"],
            "how": how,
        }
        self._left, self._after = told["request"], told["after"]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        self._pid = int(self._process.stdout.readline())
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        ended = self._process.stdout.readline().strip()
        self._settle()
        if ended == f"-{int(signal.SIGKILL)}":
            self.kills += 1
            return False
        if ended != "0":
            self._process.stdout.readline()
            assert ended.removeprefix("failed ") in self.fine, f"{ended} {self}"
        return True

    def _settle(self) -> None:
        """Wait until the server has worked on all that the child has sent."""
        probe = http.client.HTTPConnection(self._server.host, self._server.port)
        probe.request("GET", "/-/are-all-there")
        probe.getresponse().read()
        probe.close()
        for connection in list(self._server._connections):
            connection.join(10)

    def __repr__(self) -> str:
        return f"seed {SEED}, run {len(self.told)}: {self.told[-12:]}"


@pytest.mark.parametrize("how", [{}, {"if_none_match": "*"}], ids=["plain", "if none"])
def test_uploads(tmp_path: Path, how: dict[str, str]) -> None:
    """Each is resumed until it is done; then the object is whole, and nothing else is there."""
    path = tmp_path / "file"
    path.write_bytes(BODY)
    clock = FakeClock()
    storage = Keeping()
    storage.clock = clock
    state = tmp_path / "state"
    runs = Runs(storage, state, clock)
    with ScriptedServer(handler=runs, strict=False) as server, runs.child(server):
        while runs.kills < -(-KILLS // 2):
            # Killed behind its last line in the journal, the call was through, and the next is another.
            done = bool(how and storage.objects and not list(state.rglob("*.json")))
            runs.fine = {"PreconditionFailedError"} if done else set()
            if not runs.run("upload_file", path, 45, 9, **how):
                continue
            assert storage.objects == {"/acme-docs/a": BODY}, runs
            assert storage.unfinished == {}, runs
            assert [left for left in state.rglob("*") if left.is_file()] == [], runs
            storage.objects.clear()
    assert len(runs.told) > runs.kills


def test_downloads(tmp_path: Path) -> None:
    stored = Stored(BODY, '"e-2"')
    state, folder = tmp_path / "state", tmp_path / "folder"
    folder.mkdir()
    target = folder / "target"
    runs = Runs(stored, state, FakeClock())
    with ScriptedServer(handler=runs, strict=False) as server, runs.child(server):
        while runs.kills < KILLS:
            if not runs.run("download_file", target, 60, 13):
                assert not target.exists() or target.read_bytes() == BODY, runs
                continue
            assert target.read_bytes() == BODY, runs
            assert [left.name for left in folder.iterdir()] == ["target"], runs
            assert [left for left in state.rglob("*") if left.is_file()] == [], runs
            target.unlink()
    assert len(runs.told) > runs.kills
