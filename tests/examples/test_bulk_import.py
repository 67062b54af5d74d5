"""The bulk import: killed in the middle, gone on with, on threads and on dask."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import MinIOClient
from tests.examples import FOLDER, ROOT
from tests.flows.store import Store
from tests.scripted import Request, ScriptedServer, Step, s3_error

SMALL = 300
PART = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def program() -> Any:
    return importlib.import_module("examples.bulk_import.bulk_import")


class Run:
    """Runs the program in this process."""

    def __init__(self, program: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        self._program = program
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, url: str, *arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, what failed, and what people are told."""
        for name, value in environment(url).items():
            self._monkeypatch.setenv(name, value)
        code = self._program.main([*map(str, arguments)])
        told = self._capsys.readouterr()
        return code, [json.loads(line) for line in told.out.splitlines()], told.err


@pytest.fixture
def run(program: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(program, monkeypatch, capsys)


def environment(url: str) -> dict[str, str]:
    return {"MINIO_ENDPOINT": url, "MINIO_PART_SIZE": str(PART), "MINIO_MAX_RETRIES": "0"}


def tree(folder: Path, count: int = SMALL, large: int = 0) -> Path:
    for number in range(count):
        path = folder / f"sub{number % 7}" / f"{number:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number)
    if large:
        (folder / "a-large.bin").write_bytes(os.urandom(large))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


KILLED = "the-killed-one/1"
THREE = {"part 1", "part 2", "part 3"}


class Killing:
    """A store that lets two parts of the large file and half of the small ones through, and then kills."""

    def __init__(self) -> None:
        self.store = Store(name="MinIO")
        self.armed = True
        self.victim: Future[subprocess.Popen[bytes]] = Future()
        self.sent: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        """What the run that is killed sent, and what came from the others."""
        self._changed = threading.Condition()

    def __call__(self, request: Request) -> Step:
        if request.method != "PUT" or request.path.count("/") == 1:
            return self.store(request)
        # What the killed one sent may be read after its end, and doesn't count for what comes then.
        sent = self.sent[KILLED in (request.header("user-agent") or "")]
        part = re.search(r"partNumber=(\d+)", request.query)
        with self._changed:
            if (
                self.armed and part and int(part[1]) > 2
            ):  # under way, not stored, when the end comes
                sent[f"part {part[1]}"] += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self.armed, 60)
                return s3_error(503, "SlowDown")
        step = self.store(request)
        with self._changed:
            sent[f"part {part[1]}" if part else request.path] += 1
            if self.armed:
                self._changed.notify_all()
                if not part and len(sent) > SMALL // 2 + 2:
                    self._changed.wait_for(lambda: sent.keys() >= THREE or not self.armed, 60)
                    if self.armed:
                        self.victim.result(60).send_signal(signal.SIGKILL)
                    self.armed = False
                    self._changed.notify_all()
        return step


def test_killed_in_the_middle_and_gone_on_with(run: Run, tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", large=4 * PART)
    arguments = (folder, "docs/in", "--tenant", "acme", "--state", tmp_path / "state")
    killing = Killing()
    with ScriptedServer(handler=killing) as server:
        first = subprocess.Popen(
            [sys.executable, str(FOLDER / "bulk_import" / "bulk_import.py"), *map(str, arguments)],
            env={
                **os.environ,
                **environment(server.url),
                "PYTHONPATH": str(ROOT),
                "MINIO_USER_AGENT": KILLED,
            },
        )
        killing.victim.set_result(first)
        assert first.wait(60) == -signal.SIGKILL
        confirmed = len((tmp_path / "state" / "done").read_bytes().splitlines()) - 1
        assert 0 < confirmed < SMALL
        before, after = killing.sent[True], killing.sent[False]

        code, failed, told = run(server.url, *arguments)
        assert (code, failed) == (0, [])
        assert f"{SMALL + 1 - confirmed} files sent" in told
        assert f"{confirmed} were there from before; 0 failed" in told
        # Only what hadn't been confirmed went twice: what was under way, and of the large file no part that
        # the server had.
        parts = {name for name in after if name.startswith("part")}
        assert parts <= {"part 3", "part 4"}
        assert len(after) - len(parts) == SMALL - confirmed
        assert set(after.values()) == {1}
        assert before["part 1"] == before["part 2"] == 1
        data = killing.store.data().items()
        stored = {path.removeprefix("/acme-docs/in/"): value for path, value in data}
        assert stored == contents(folder)
        assert killing.store.unfinished == {}

        sent = after.total()
        code, failed, told = run(server.url, *arguments)
        assert f"0 files sent, 0 bytes; {SMALL + 1} were there" in told
        assert after.total() == sent


def test_what_fails_is_told_in_json(run: Run, tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", 9)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(folder / "sub0")
    (folder / "link.txt").symlink_to(folder / "sub0" / "000.txt")

    def refuse(request: Request) -> Step | None:
        refused = request.method == "PUT" and request.path.endswith("001.txt")
        return s3_error(403, "AccessDenied") if refused else None

    store = Store(name="MinIO", fault=refuse)
    state = ("--state", tmp_path / "state")
    with ScriptedServer(handler=store) as server:
        code, failed, told = run(server.url, folder, "docs", "--tenant", "acme", *state)
        assert (code, len(failed)) == (1, 4)
        found = {Path(each["path"]).name: each for each in failed}
        assert set(found) == {"001.txt", "link", "link.txt", "pipe"}
        assert (found["001.txt"]["code"], found["001.txt"]["status"]) == ("AccessDenied", 403)
        assert "8 files sent" in told

        store.fault = None  # what was refused is tried again
        code, failed, told = run(server.url, folder, "docs", "--tenant", "acme", *state)
        assert (code, [each["error"] for each in failed]) == (1, ["NotAFile"] * 3)
        assert "1 files sent" in told
        assert len(store.objects) == 9

        code, _, told = run(server.url, folder, "docs", "--tenant", "other", *state)
        assert (code, "is no checkpoint of this job" in told) == (2, True)
        state = ("--state", tmp_path / "state" / "done")  # no folder
        assert run(server.url, folder, "docs", "--tenant", "acme", *state)[0] == 3
        with pytest.raises(SystemExit, match="2"):
            run(server.url, folder / "none", "docs", "--tenant", "acme")
    state = ("--state", tmp_path / "down")
    assert run(server.url, folder, "docs", "--tenant", "acme", *state)[0] == 3


def test_on_a_cluster(run: Run, url: str, tmp_path: Path) -> None:
    """Two workers in this process, by the address of their scheduler."""
    distributed: Any = importlib.import_module("distributed")
    dask: Any = importlib.import_module("dask")
    folder = tree(tmp_path / "tree", 100)
    arguments = (folder, "docs", "--tenant", "dask", "--state", tmp_path / "state")
    with (
        dask.config.set({"temporary-directory": str(tmp_path)}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as machines,
    ):
        for sent, skipped in ((100, 0), (0, 100)):
            code, failed, told = run(url, *arguments, "--dask", machines.scheduler_address)
            assert (code, failed) == (0, [])
            assert f"{sent} files sent" in told
            assert f"{skipped} were there from before; 0 failed" in told
    assert "100 were there from before" in run(url, *arguments)[2]  # on threads it is the same job
    with MinIOClient(base_url=url, tenant_id="dask") as client:
        keys = [item.key for item in client.list_objects("docs")]
        found = client.download_many(keys, bucket="docs")
    assert dict(zip(keys, found, strict=True)) == contents(folder)


def test_on_processes(run: Run, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to a worker process pickles, and paths lead to the same files there."""
    dask: Any = importlib.import_module("dask")
    folder = tree(tmp_path / "tree", 1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with dask.config.set({"temporary-directory": str(tmp_path)}):
        arguments = (folder.name, "docs", "--tenant", "processes", "--dask", "--workers", 1)
        code, failed, told = run(url, *arguments)
    assert (code, failed) == (0, []), told
    with MinIOClient(base_url=url, tenant_id="processes") as client:
        assert client.get_object("docs", "sub0/000.txt") == b"0"
