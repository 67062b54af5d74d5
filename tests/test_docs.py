"""Every Python block of README.md and docs/ runs as it is written, against the embedded server.

One that begins with ```` ```python minio ```` runs against MinIO, whose admin API no other server has. The
blocks of a page that says ``<!-- one program -->`` run one after another, each with what those before left.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import Admin, LocalServer, MinIOClient
from tests.servers import Server

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```python(.*)$", re.MULTILINE)
BLOCK = re.compile(r"^```python( minio)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = "http://localhost:9000"
ONE_PROGRAM = re.compile(r"^<!-- one program -->$", re.MULTILINE)

FOUND = [
    (f"{page.relative_to(ROOT)}-{number}", where, code)
    for page in PAGES
    for number, (where, code) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1)
]
PROGRAMS = [page for page in PAGES if ONE_PROGRAM.search(page.read_text(encoding="utf-8"))]
IN_PROGRAMS = tuple(f"{page.relative_to(ROOT)}-" for page in PROGRAMS)
BLOCKS = [
    pytest.param(code, id=name)
    for name, where, code in FOUND
    if not where and not name.startswith(IN_PROGRAMS)
]
MINIO_BLOCKS = [pytest.param(code, id=name) for name, where, code in FOUND if where]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The embedded server, shared by the blocks: each works with tenants of its own."""
    with LocalServer() as server:
        yield server.base_url


@pytest.mark.parametrize("block", BLOCKS)
def test_block_runs(block: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(block, url, {"__name__": "__main__"})


@pytest.mark.parametrize("page", PROGRAMS, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_runs(page: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIO_ENDPOINT", url)
    names: dict[str, Any] = {"__name__": "__main__"}
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    for number, (where, block) in enumerate(blocks, 1):
        assert not where, "a page that is one program runs on one server"
        run(block, url, names, f"{page.name}, block {number}")


def run(block: str, url: str, names: dict[str, Any], title: str = "block") -> None:
    """A block, as it is written but for the server."""
    port = f"port={url.rpartition(':')[2]}"
    code = block.replace(WRITTEN, url).replace("port=9000", port)
    with log_as_it_was():
        exec(compile(code, title, "exec"), names)


@contextmanager
def log_as_it_was() -> Iterator[None]:
    """What a page sets up for a program's log isn't for the tests that follow in this process."""
    root, ours = logging.getLogger(), logging.getLogger("minio_sdk")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    try:
        yield
    finally:
        for handler in set(root.handlers) - set(handlers):
            root.removeHandler(handler)
        for logger, level in zip((root, ours), levels, strict=True):
            logger.setLevel(level)


@pytest.mark.parametrize("block", MINIO_BLOCKS)
def test_block_runs_on_minio(
    block: str, minio: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIO_ACCESS_KEY", minio.access_key)
    monkeypatch.setenv("MINIO_SECRET_KEY", minio.secret_key)
    run(block, minio.base_url, {"__name__": "__main__"})


def test_no_block_is_left_out() -> None:
    """A word that is not known behind ```python would leave the block untested."""
    for page in PAGES:
        fences = FENCE.findall(page.read_text(encoding="utf-8"))
        assert set(fences) <= {"", " minio"}, page
    assert len(FOUND) == sum(len(FENCE.findall(page.read_text(encoding="utf-8"))) for page in PAGES)


METHODS = sorted(
    {n for cls in (MinIOClient, Admin) for n in dir(cls) if callable(getattr(cls, n))}
    - {n for n in dir(MinIOClient) + dir(Admin) if n.startswith("_")}
)


@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_shown_where_it_runs(name: str) -> None:
    """In a block of these pages, or in an example."""
    code = [block for _, _, block in FOUND]
    code += [path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*.py")]
    assert any(re.search(rf"\.{name}\(", text) for text in code)


def test_readme_has_blocks() -> None:
    """A change of the fences must not leave the page untested."""
    assert sum("README" in str(param.id) for param in BLOCKS) >= 4
