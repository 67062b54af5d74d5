"""A server and a browser for the examples of one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from minio_sdk import LocalServer
from tests.examples.browsing import FLAGS, chromium, playwright


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where it is."""
    with LocalServer() as server:
        yield server.base_url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = chromium()
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
