"""Memory stays bounded whatever the size: small enough for every day, large enough to tell."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from minio_sdk.config import MiB
from tests.benchmarks import peaks
from tests.benchmarks.clients import PROJECT
from tests.benchmarks.endpoint import null_server
from tests.processes import linux_only
from tests.servers import Server

pytestmark = [
    linux_only,
    pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler for the null server"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with null_server() as found:
        yield found


def file_of(folder: Path, size: int) -> Path:
    """A sparse file with the name that its size has at the null server."""
    path = folder / f"big-{size}"
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize("client", [PROJECT, peaks.ASYNC])
@pytest.mark.parametrize("what", ["upload", "download", "write", "stream", "read"])
def test_one_large_transfer(client: str, what: str, server: Server, tmp_path: Path) -> None:
    """Of 128 MiB, in at most 64 MiB."""
    path = file_of(tmp_path, 128 * MiB)
    assert peaks.measured(client, what, server, path) < 64 * MiB


@pytest.mark.parametrize("client", [PROJECT, peaks.ASYNC])
@pytest.mark.parametrize("what", ["downloads", "writes"])
def test_many_at_once(client: str, what: str, server: Server, tmp_path: Path) -> None:
    """64 of 10 MiB, in at most 256 MiB. (Uploads: tests/flows/test_memory.py.)"""
    path = file_of(tmp_path, 16 * 10 * MiB)
    assert peaks.measured(client, what, server, path) < 256 * MiB
