"""Every Python block of README.md and docs/ runs as it is written, against the embedded server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from minio_sdk import LocalServer, MinIOClient

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


METHODS = [
    n for n in dir(MinIOClient) if not n.startswith("_") and callable(getattr(MinIOClient, n))
]


@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_shown_where_it_runs(name: str) -> None:
    """In a block of these pages, or in an example."""
    code = [block for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
    code += [path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*.py")]
    assert any(re.search(rf"\.{name}\(", text) for text in code)


def test_readme_has_blocks() -> None:
    """A change of the fences must not leave the page untested."""
    assert sum("README" in str(param.id) for param in BLOCKS) >= 4
