"""The servers of the test suite start once, say why they don't, and never outlive it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.processes import eventually, is_open
from tests.servers import Farm, RemoteFarm, Server, StartFailed, Unavailable, answers


@pytest.fixture(autouse=True)
def every_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests decide themselves which servers there are."""
    for name in ("MINIO", "SERVERS", "ENDPOINT", "ACCESS_KEY", "SECRET_KEY"):
        monkeypatch.delenv(f"MINIO_SDK_TEST_{name}", raising=False)


@pytest.fixture
def farm() -> Iterator[Farm]:
    farm = Farm()
    yield farm
    farm.stop()


def port_of(server: Server) -> int:
    return int(server.base_url.rpartition(":")[2])


def test_a_server_is_started_once_and_shared_with_workers(
    farm: Farm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first, second = RemoteFarm(farm.port), RemoteFarm(farm.port)
    moto = first.get("moto")
    assert moto == second.get("moto") == farm.get("moto")
    assert answers(port_of(moto), "/moto-api/")
    assert len(list(tmp_path.iterdir())) == 1
    first.stop()
    assert answers(port_of(moto), "/moto-api/"), "a worker's end is not the servers' end"
    farm.stop()
    assert not is_open(port_of(moto))
    assert list(tmp_path.iterdir()) == []


def test_servers_do_not_outlive_a_killed_test_run(tmp_path: Path) -> None:
    code = "from tests.servers import *; print(Farm().get('moto').base_url, flush=True); input()"
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
        env=servers.clean_environment(TMPDIR=str(tmp_path)),
    )
    with run:
        assert run.stdout is not None
        port = int(run.stdout.readline().rpartition(":")[2])
        assert is_open(port)
        run.kill()
    assert eventually(lambda: not is_open(port) and not list(tmp_path.iterdir()))


def test_a_missing_program_is_named(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_SDK_TEST_MINIO", "/no/such/minio")
    with pytest.raises(Unavailable, match="MINIO_SDK_TEST_MINIO=/no/such/minio is no program"):
        farm.get("minio")
    with pytest.raises(Unavailable, match="is no program"):
        RemoteFarm(farm.port).get("minio")
    assert any("minio: MISSING" in line for line in servers.announce())


def test_minio_is_looked_for_on_path_then_in_the_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    places = [tmp_path / "cache" / "minio-sdk-tests" / "bin", tmp_path / "go" / "bin"]
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GOPATH", str(tmp_path / "go"))
    with pytest.raises(Unavailable, match="no `minio` found"):
        servers.find_minio()
    for place in [*reversed(places), tmp_path / "path"]:
        place.mkdir(parents=True)
        (place / "minio").touch(0o755)
        assert servers.find_minio() == str(place / "minio")


def test_a_server_of_the_users_own(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "external" not in servers.kinds()
    monkeypatch.setenv("MINIO_SDK_TEST_ENDPOINT", "http://s3.example")
    assert "external" in servers.kinds()
    with pytest.raises(Unavailable, match="'MINIO_SDK_TEST_ACCESS_KEY' is not"):
        RemoteFarm(farm.port).get("external")
    monkeypatch.setenv("MINIO_SDK_TEST_ACCESS_KEY", "a")
    monkeypatch.setenv("MINIO_SDK_TEST_SECRET_KEY", "b")
    endpoint = "http://s3.example"
    assert Farm().get("external") == Server("external", endpoint, "a", "b", endpoint)


def test_a_server_that_does_not_start_shows_its_log(
    farm: Farm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "minio"
    program.write_text("#!/bin/sh\necho 'port taken'\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("MINIO_SDK_TEST_MINIO", str(program))
    with pytest.raises(StartFailed, match=r"ended with 3; its log ends: port taken"):
        RemoteFarm(farm.port).get("minio")


def test_a_server_that_is_never_ready_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(servers, "START_SECONDS", 0.1)
    folder = tmp_path / "data"
    folder.mkdir()
    process = servers.Guarded([sys.executable, "-c", "input()"], folder, {})
    with pytest.raises(StartFailed):
        process.wait_until(lambda _: None)
    assert not folder.exists()
