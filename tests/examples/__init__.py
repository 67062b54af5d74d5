"""The programs in examples/ that are folders of their own, run as their README says."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples"


def load(folder: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A program of `examples/FOLDER`, imported as uvicorn and its like, or a program beside it, import it."""
    monkeypatch.syspath_prepend(str(FOLDER / folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module(name)


def run(program: str, *arguments: str, timeout: float = 60, **environment: str) -> str:
    """What `examples/PROGRAM` says; a warning, a failure or a line on stderr fails the test."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(FOLDER / program), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
