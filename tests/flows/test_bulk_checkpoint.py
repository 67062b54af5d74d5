"""Checkpoints: what was done is not done again, whatever ended the run before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import MinIOClient, ValidationError
from minio_sdk.blocking import run
from minio_sdk.flows import bulk
from minio_sdk.flows.bulk import Job
from tests.both import Connect, both, config_for
from tests.flows.memory import Bucket, Memory
from tests.flows.store import Store
from tests.scripted import Request, ScriptedServer, Step, s3_error

ROOT = Path(__file__).resolve().parent.parent.parent


@both
def test_a_second_run_does_what_is_left(connect: Connect, tmp_path: Path) -> None:
    fails = True

    def fault(request: Request) -> Step | None:
        return s3_error(403, "AccessDenied") if fails and request.path.endswith("2") else None

    kept = Store(name="MinIO", fault=fault)
    path = tmp_path / "job"
    items = [("docs", f"k{n}", b"x") for n in range(4)]
    with ScriptedServer(handler=kept) as server, connect(server, max_retries=0) as client:
        first = client.upload_many(items, checkpoint=path)
        assert (first.succeeded, first.failed, first.skipped) == (3, 1, 0)
        fails = False
        asked = len(kept.asked)
        second = client.upload_many(items, checkpoint=str(path))
        assert (second.succeeded, second.failed, second.skipped) == (1, 0, 3)
        assert [each is None for each in second] == [True, True, False, True]
        assert kept.asked[asked:] == ["PUT /acme-docs/k2"]
        assert client.upload_many(items, checkpoint=path).skipped == 4


@pytest.mark.parametrize("verb", ["delete", "download", "copy"])
def test_every_verb(verb: str, tmp_path: Path) -> None:
    server = Memory()
    server.buckets["acme-docs"] = Bucket()
    server.store("acme-docs", "a", b"A")
    items: dict[str, list[Any]] = {
        "delete": [("docs", "a"), {"bucket": "docs", "key": "a"}],
        "download": [("docs", "a"), {"bucket": "docs", "key": "a"}, ("docs", "a", tmp_path / "a")],
        "copy": [("docs", "b", "docs", "a")],
    }
    job = Job(checkpoint=tmp_path / "job")
    first = run(bulk.perform(server.engine(), verb, items[verb], job))
    assert (first.succeeded, first.skipped) == (len(items[verb]), 0)
    asked = server.asked
    again = run(bulk.perform(server.engine(), verb, [*items[verb], None], job))
    assert (again.skipped, again.failed) == (len(items[verb]), 1)
    assert server.asked == asked


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    server = Memory()
    server.buckets["acme-docs"] = Bucket()
    path = tmp_path / "job"
    items = [("docs", f"k{n}", b"x") for n in range(3)]
    job = Job(checkpoint=path)
    run(bulk.perform(server.engine(), "upload", items, job))
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    again = run(bulk.perform(server.engine(), "upload", items, job))
    assert (again.skipped, again.succeeded) == (2, 1)
    assert run(bulk.perform(server.engine(), "upload", items, job)).skipped == 3


@both
def test_the_checkpoint_of_another_job_is_refused(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "job"
    with ScriptedServer(handler=Store(name="MinIO")) as server, connect(server) as client:
        client.upload_many([("docs", "a", b"")], checkpoint=path)
        with pytest.raises(ValidationError, match="is no checkpoint of this job"):
            client.delete_many(["a"], bucket="docs", checkpoint=path)
        with pytest.raises(ValidationError, match="is no checkpoint of this job"):
            client.with_(tenant_id="other").upload_many([("docs", "a", b"")], checkpoint=path)
        (tmp_path / "mine").write_bytes(b"my own file")
        with pytest.raises(ValidationError, match="is no checkpoint of this job"):
            client.upload_many([("docs", "a", b"")], checkpoint=tmp_path / "mine")
        assert (tmp_path / "mine").read_bytes() == b"my own file"
        for wrong in (7, "", True):
            with pytest.raises(ValidationError, match="checkpoint="):
                client.upload_many([], checkpoint=wrong)  # type: ignore[arg-type]


CHILD = """
import sys
from minio_sdk import Config, MinIOClient
config = Config(sys.argv[1], "acme", access_key="a", secret_key="b")
items = [("docs", f"k{n}", b"x") for n in range(60)]
MinIOClient(config).upload_many(items, checkpoint=sys.argv[2], concurrency=3)
"""


@pytest.mark.parametrize("after", [1, 23, 50])
def test_a_killed_process_is_continued(tmp_path: Path, after: int) -> None:
    """What its checkpoint has is on the server, and is not sent again."""
    path = tmp_path / "job"
    children: list[subprocess.Popen[bytes]] = []
    started = threading.Event()

    def kill(request: Request) -> Step | None:
        if len(kept.objects) == after:
            started.wait(10)
            os.kill(children[0].pid, signal.SIGKILL)
        return None

    kept = Store(name="MinIO", fault=kill)
    with ScriptedServer(handler=kept, strict=False) as server:
        command = [sys.executable, "-c", CHILD, server.url, str(path)]
        children.append(subprocess.Popen(command, cwd=ROOT))
        started.set()
        assert children[0].wait(30) == -signal.SIGKILL
        kept.fault = None
        done_before = len(kept.objects)
        # What the child has sent may be read only now.
        config = config_for(server, access_key="second", secret_key="b")
        with MinIOClient(config) as client:
            items = [("docs", f"k{n}", b"x") for n in range(60)]
            done = client.upload_many(items, checkpoint=path)
        assert done.ok
        assert len(kept.objects) == 60
        assert done.skipped <= done_before
        sent = [r for r in server.requests if "=second/" in (r.header("Authorization") or "")]
        assert len(sent) == done.succeeded == 60 - done.skipped
        # All but what was under way when it died is in the file.
        assert done.skipped >= after - 4
