"""Headless Chromium, as the tests of the pages drive it."""

from __future__ import annotations

import importlib
import os
import shutil
from typing import Any

import pytest

playwright: Any = importlib.import_module("playwright.sync_api")  # in the extra `examples`
expect = playwright.expect
expect.set_options(timeout=60_000)  # how fast the machine is proves nothing

FLAGS = [
    "--no-sandbox",  # containers, and root, can't have it
    "--disable-dev-shm-usage",  # nor much of that
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = "there is no Chromium: apt-get install chromium, or name one in MINIO_SDK_TEST_CHROMIUM"


def chromium() -> str:
    """The program. One that MINIO_SDK_TEST_CHROMIUM names has to be there, as .ci/run does it."""
    if named := os.environ.get("MINIO_SDK_TEST_CHROMIUM"):
        return shutil.which(named) or pytest.fail(f"there is no program {named}")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return found or pytest.skip(MISSING)
