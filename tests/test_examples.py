"""Every example runs as it is, against the embedded server, and says what it should."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minio_sdk import LocalServer

FOLDER = Path(__file__).resolve().parent.parent / "examples"
SAID = {
    "async_tasks.py": "50 of 50 came back the same",
    "bulk_and_mirror.py": "19 fetched, 138 bytes, 0 failed",
    "document_service.py": "restored users/ada/docs/report.txt; removed users/ada/docs/mistake.txt",
    "first_script.py": "Hello, MinIO!",
    "thread_pool.py": "100 of 100 uploaded, 100 listed",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with LocalServer() as server:
        yield server.base_url


def test_every_example_is_known() -> None:
    assert sorted(SAID) == sorted(path.name for path in FOLDER.glob("*.py"))


def test_every_folder_has_tests() -> None:
    folders = sorted(path.parent.name for path in FOLDER.glob("*/README.md"))
    tests = sorted(path.stem for path in (Path(__file__).parent / "examples").glob("test_*.py"))
    assert tests == [f"test_{name}" for name in folders]


@pytest.mark.parametrize("name", SAID)
def test_example_runs(name: str, url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(FOLDER / name)],
        env={**os.environ, "MINIO_ENDPOINT": url, "PYTHONPATH": str(FOLDER.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert SAID[name] in done.stdout
