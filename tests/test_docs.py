"""Every Python block of README.md and docs/ runs as it is written, against the embedded server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from minio_sdk import LocalServer

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = "http://localhost:9000"

BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1)
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The embedded server, shared by the blocks: each works with tenants of its own."""
    with LocalServer() as server:
        yield server.base_url


@pytest.mark.parametrize("block", BLOCKS)
def test_block_runs(block: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block.replace(WRITTEN, url), "block", "exec"), {"__name__": "__main__"})


def test_readme_has_blocks() -> None:
    """A change of the fences must not leave the page untested."""
    assert sum("README" in str(param.id) for param in BLOCKS) >= 4
