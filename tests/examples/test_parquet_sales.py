"""The sales table: pruning, atomic appends, time travel."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

from minio_sdk import Config, ConflictError, VersionNotFoundError
from minio_sdk.fs import MinIOFileSystem


@pytest.fixture(scope="module")
def sales() -> Any:
    # For a checkout that isn't installed, as in tests/fs.
    registry: Any = importlib.import_module("fsspec")
    registry.register_implementation("minio", MinIOFileSystem, clobber=True)
    return importlib.import_module("examples.parquet_sales.sales")


@pytest.fixture
def table(sales: Any, url: str) -> Iterator[Any]:
    config = Config(url, f"t{uuid4().hex[:8]}")
    found = sales.Table(config, "lake", "sales", ["month", "country"])
    yield found
    found.close()


def test_as_in_the_readme(
    sales: Any, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINIO_ENDPOINT", url)
    sales.main()
    said = capsys.readouterr().out
    found = re.findall(r"^(.+): ([\d,]+) rows, ([\d,]+) bytes read$", said, re.MULTILINE)
    rows = {what: int(count.replace(",", "")) for what, count, _ in found}
    read = {what: int(count.replace(",", "")) for what, _, count in found}
    assert rows == {
        "all of it": 180_000,
        "one column": 180_000,
        "one column of one partition": 30_000,
        "as of January": 90_000,
    }
    assert read["one column"] < read["all of it"] / 3
    assert read["one column of one partition"] < read["one column"] / 2
    assert said.endswith("2 versions\n")


def test_what_was_appended_is_read(sales: Any, table: Any) -> None:
    assert table.read(columns=["amount"]).empty
    frame = sales.sales("2026-01", 30)
    table.append(frame)
    back = table.read().sort_values("note")[list(frame)].astype(str)
    assert back.values.tolist() == frame.sort_values("note").astype(str).values.tolist()
    field: Callable[[str], Any] = importlib.import_module("pyarrow.dataset").field
    assert set(table.read(where=field("country") == "JP").country) == {"JP"}


def test_two_at_once_lose_nothing(sales: Any, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another's append comes between the look at the manifest and the commit, the first two times."""
    table.append(sales.sales("2026-01", 3))
    others = iter([table.write(sales.sales(month, 3)) for month in ("2026-02", "2026-03")])
    look = table.version
    depth = 0

    def interfere(*given: Any, **named: Any) -> Any:
        nonlocal depth
        found = look(*given, **named)
        if not depth and (files := next(others, None)):
            depth += 1
            table.commit(files)
            depth -= 1
        return found

    monkeypatch.setattr(table, "version", interfere)
    table.append(sales.sales("2026-04", 3))
    assert sorted(set(table.read().month)) == ["2026-01", "2026-02", "2026-03", "2026-04"]
    stale = look()

    def old(*_: Any, **__: Any) -> Any:
        return sales.Version(stale.id, "0" * 32, stale.files)

    monkeypatch.setattr(table, "version", old)
    with pytest.raises(ConflictError, match="others were first 20 times"):
        table.commit(["never"])
    assert look() == stale


def test_a_writer_that_dies_is_never_seen(sales: Any, table: Any) -> None:
    table.append(sales.sales("2026-01", 3))
    table.write(sales.sales("2026-01", 300))  # and no commit
    assert len(table.read()) == 3
    now = datetime.now(timezone.utc)
    day = timedelta(days=1)
    assert table.sweep(day, now) == 0  # it may be about to commit
    assert table.sweep(day, now + 2 * day) == 3
    assert len(table.read()) == 3


def test_time_travel(sales: Any, table: Any) -> None:
    for month in ("2026-01", "2026-02"):
        table.append(sales.sales(month, 3))
    (first, when), (second, _) = table.history()
    assert set(table.read(version=table.version(first)).month) == {"2026-01"}
    assert table.version(second) == table.version() == table.version(at=when + timedelta(days=1))
    assert table.version(at=when - timedelta(days=1)).files == ()
    with pytest.raises(VersionNotFoundError):
        table.version("0" * 32)
