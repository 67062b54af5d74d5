"""Backups: nights that go by, damage, and restores, also one that is killed."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from minio_sdk import MinIOClient
from tests.examples import ROOT

SUNDAY = datetime(2026, 11, 22, 2, 30, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def backup() -> ModuleType:
    return importlib.import_module("examples.backup_restore.backup")


@pytest.fixture
def versioned() -> bool:
    return True


both_kinds = pytest.mark.parametrize("versioned", [False, True], ids=["copies", "versions"])


@pytest.fixture
def client(versioned: bool, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MinIOClient]:
    """A bucket of twelve documents, of a tenant of its own."""
    monkeypatch.setenv("MINIO_ENDPOINT", url)
    with MinIOClient(base_url=url, tenant_id=f"t{uuid4().hex[:8]}") as found:
        found.create_bucket("docs")
        if versioned:
            found.set_bucket_versioning("docs")
        found.upload_many(
            [
                {
                    "key": f"{'ab'[n % 2]}/{n:02}.txt",
                    "data": b"good %d" % n,
                    "metadata": {"n": str(n)},
                }
                for n in range(12)
            ],
            bucket="docs",
        )
        yield found


def run(backup: ModuleType, client: MinIOClient, *arguments: str, now: datetime = SUNDAY) -> int:
    tenant = client.config.tenant_id
    code: int = backup.main(["--tenant", str(tenant), "--now", now.isoformat(), *arguments])
    return code


def state(client: MinIOClient) -> dict[str, bytes]:
    keys = [item.key for item in client.list_objects("docs")]
    return dict(zip(keys, client.download_many(keys, bucket="docs"), strict=True))


def names(client: MinIOClient) -> list[str]:
    return [snapshot.name for snapshot in client.list_snapshots("docs")]


def test_which_are_kept(backup: ModuleType) -> None:
    start = date(2026, 1, 1)
    there: set[date] = set()
    for number in range(120):  # each night's is made, and what isn't kept goes
        there.add(start + timedelta(days=number))
        there = backup.kept(there, 7, 4)
        assert len(there) <= 11
    today = start + timedelta(days=119)  # a Thursday
    last_days = {today - timedelta(days=back) for back in range(7)}
    sundays = {today - timedelta(days=4 + 7 * back) for back in range(3)}
    assert there == last_days | sundays
    assert backup.kept(there, 7, 4) == there
    gap = {date(2025, 1, 1), date(2025, 6, 1), date(2026, 1, 1)}
    assert backup.kept(gap, 7, 4) == gap  # age alone removes nothing
    assert backup.kept([], 7, 4) == set()


@pytest.mark.parametrize(
    "numbers", [("--daily", "0"), ("--daily", "-1"), ("--weekly", "-1"), ("--weekly", "all")]
)
def test_the_newest_is_always_kept(
    backup: ModuleType, numbers: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With none of the days to keep, the one that was just made would go."""
    with pytest.raises(SystemExit) as caught:
        backup.parser().parse_args(["--tenant", "acme", "nightly", "docs", *numbers])
    assert caught.value.code == 2
    assert f"argument {numbers[0]}: " in capsys.readouterr().err
    found = backup.parser().parse_args(["--tenant", "acme", "nightly", "docs", "--weekly", "0"])
    assert backup.kept([date(2026, 1, 1)], found.daily, found.weekly) == {date(2026, 1, 1)}


def test_ctrl_c_is_no_traceback(
    backup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(tenant: str) -> MinIOClient:
        raise KeyboardInterrupt

    monkeypatch.setattr(backup, "connect", interrupted)
    assert backup.main(["--tenant", "acme", "verify", "docs"]) == 130
    assert capsys.readouterr().err == "backup: interrupted; run it again to go on\n"


def test_nights(backup: ModuleType, client: MinIOClient) -> None:
    client.create_snapshot("docs", "my-own")
    now = SUNDAY
    for night in range(4):
        now = SUNDAY + timedelta(days=night)
        assert run(backup, client, "nightly", "docs", "--daily", "2", "--weekly", "2", now=now) == 0
    kept = ["my-own", "nightly-2026-11-22", "nightly-2026-11-24", "nightly-2026-11-25"]
    assert names(client) == kept
    assert run(backup, client, "nightly", "docs", "--daily", "2", "--weekly", "2", now=now) == 0
    assert names(client) == kept  # twice in a night is once
    assert run(backup, client, "verify", "docs", "--all", now=now) == 0
    assert run(backup, client, "verify", "docs", now=now + timedelta(days=1)) == 0
    assert run(backup, client, "verify", "docs", now=now + timedelta(days=2)) == 3  # cron has died
    assert run(backup, client, "verify", "none") == 3
    assert run(backup, client, "nightly", "none") == 1
    assert run(backup, client, "restore", "docs", "never") == 1
    assert run(backup, client, "restore", "docs", "latest", "--to", "folder") == 2


@both_kinds
def test_damage_and_restores(
    backup: ModuleType, client: MinIOClient, capsys: pytest.CaptureFixture[str]
) -> None:
    good = state(client)
    assert run(backup, client, "nightly", "docs") == 0
    client.delete_many(["a/00.txt", "b/01.txt", "b/03.txt"], bucket="docs")
    client.upload_many([(key, b"spoiled") for key in ("a/02.txt", "b/05.txt")], bucket="docs")
    client.put_object("docs", "a/new.txt", b"since then")
    damaged = state(client)
    capsys.readouterr()

    assert run(backup, client, "restore", "docs", "latest") == 0  # shows, and does nothing
    told = capsys.readouterr().out.splitlines()
    assert told[:5] == ["+ a/00.txt", "+ a/02.txt", "+ b/01.txt", "+ b/03.txt", "+ b/05.txt"]
    assert told[5:] == [
        "5 to restore, 0 to delete, 7 are as they were", "nothing is done without --yes",
    ]  # fmt: skip
    assert state(client) == damaged

    elsewhere = ("--to", "minio://drill/all", "--yes")
    assert run(backup, client, "restore", "docs", "latest", *elsewhere) == 0
    drill = client.list_objects("drill")
    assert [item.key for item in drill] == [f"all/{key}" for key in good]
    assert list(client.download_many(drill, bucket="drill")) == list(good.values())
    assert state(client) == damaged

    assert run(backup, client, "restore", "docs", "latest", "--key", "b/03.txt", "--yes") == 0
    assert state(client) == damaged | {"b/03.txt": good["b/03.txt"]}
    later = SUNDAY + timedelta(seconds=1)
    again = ("restore", "docs", "nightly-2026-11-22", "--prefix", "a/", "--delete", "--yes")
    assert run(backup, client, *again, now=later) == 0
    assert {key: data for key, data in state(client).items() if key < "b"} == {
        key: data for key, data in good.items() if key < "b"
    }
    assert state(client)["b/05.txt"] == b"spoiled"
    later += timedelta(seconds=1)
    assert run(backup, client, "restore", "docs", "latest", "--yes", now=later) == 0
    assert state(client) == good
    assert dict(client.get_object_metadata("docs", "a/02.txt").metadata) == {"n": "2"}
    (first, *_) = (name for name in names(client) if name.startswith("before-restore-"))
    client.restore_snapshot("docs", first, delete=True)  # what was there before the restores
    assert state(client) == damaged


@both_kinds
def test_alarms(
    backup: ModuleType, client: MinIOClient, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    versioned: bool,
) -> None:  # fmt: skip
    folder = tmp_path / "copy"
    now = SUNDAY
    for night in range(2):
        now = SUNDAY + timedelta(days=night)
        assert run(backup, client, "nightly", "docs", "--copy", str(folder), now=now) == 0
        client.put_object("docs", f"c/{night}.txt", b"more")
    checks = ("verify", "docs", "--copy", str(folder))
    assert run(backup, client, *checks, now=now) == 0
    (folder / "a" / "02.txt").write_bytes(b"Good 2")  # a bit has flipped
    (folder / "b" / "03.txt").unlink()
    capsys.readouterr()
    assert run(backup, client, *checks, now=now) == 3
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"ALARM {folder / 'a/02.txt'}: is damaged",
        f"ALARM {folder / 'b/03.txt'}: is lost",
    ]

    if versioned:  # a lifecycle rule, or somebody with keys
        found = client.list_objects("docs", "a/00.txt", versions=True)
        client.delete_many(found, bucket="docs")
    else:
        with MinIOClient(base_url=client.config.base_url, tenant_id=None) as operator:
            home = client._engine.scope.snapshots("docs")
            found = operator.list_objects(home.server_bucket, f"{home.prefix}nightly-2026-11-23/")
            copies = [item for item in found if item.key.endswith("/data/0")]
            assert operator.delete_many(copies, bucket=home.server_bucket).succeeded == 1
    assert run(backup, client, "verify", "docs", now=now) == 3
    assert capsys.readouterr().err == "ALARM nightly-2026-11-23: a/00.txt is lost\n"
    before = names(client)
    assert run(backup, client, "nightly", "docs", "--daily", "1", "--weekly", "1", now=now) == 3
    assert names(client) == before  # while something is wrong, nothing goes
    assert run(backup, client, "restore", "docs", "latest", "--yes", now=now) == 1
    assert run(backup, client, "restore", "docs", "latest", "--yes", "--skip-missing", now=now) == 3


KILLED_AFTER = """
import os, signal, sys, threading
from examples.backup_restore import backup
from minio_sdk import Config, MinIOClient, ReceivedReply
lock, sent, answered = threading.Lock(), [], []

def look(event):
    request = getattr(event, "request", event)
    if request.operation != "CopyObject" or "/data/" in request.target:  # not of the snapshot before it
        return
    with lock:
        if isinstance(event, ReceivedReply):
            answered.append(event)
            if len(answered) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return
        sent.append(event)
        goes = len(sent) <= 3
    if not goes:
        threading.Event().wait()  # so that the server gets three, and not what was under way as well

backup.connect = lambda tenant: MinIOClient(Config.from_env(tenant_id=tenant, hooks=look))
sys.exit(backup.main(sys.argv[1:]))
"""


def test_a_killed_restore_is_run_again(
    backup: ModuleType, client: MinIOClient, capsys: pytest.CaptureFixture[str]
) -> None:
    good = state(client)
    assert run(backup, client, "nightly", "docs") == 0
    client.upload_many([(key, b"spoiled") for key in good], bucket="docs")
    arguments = ("restore", "docs", "latest", "--yes")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER, "--tenant", str(client.config.tenant_id),
         "--now", SUNDAY.isoformat(), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert sum(data == b"spoiled" for data in state(client).values()) == 9
    capsys.readouterr()
    later = SUNDAY + timedelta(seconds=1)
    assert run(backup, client, *arguments, now=later) == 0
    assert "9 to restore, 0 to delete, 3 are as they were" in capsys.readouterr().out
    assert state(client) == good
