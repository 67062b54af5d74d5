"""The benchmarks run and write their tables; how fast anything is, isn't asked here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command_line
from tests.benchmarks import areas, measure
from tests.benchmarks.async_clients import ASYNC_CONTENDERS
from tests.benchmarks.clients import CONTENDERS
from tests.benchmarks.measure import Cost


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler for the null server")
@pytest.mark.parametrize("area", sorted(areas.AREAS.keys() - areas.ONLY_ON))
def test_every_area_gives_a_table_with_the_sdk_in_it(
    area: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measure, "TURN_SECONDS", 0.001)
    monkeypatch.setattr(areas, "CONTENDERS", CONTENDERS[:1])
    monkeypatch.setattr(areas, "ASYNC_CONTENDERS", ASYNC_CONTENDERS[:1])
    monkeypatch.setattr("sys.argv", ["benchmarks", area, "--rounds", "1", "--size", "1"])
    command_line.main()
    printed = capsys.readouterr().out
    assert printed.startswith(f"## {area}")
    assert "| minio-enterprise-sdk " in printed


def test_ratios_are_taken_within_a_round() -> None:
    ours, theirs = [Cost(1, 2), Cost(10, 20), Cost(3, 3)], [Cost(2, 2), Cost(20, 20), Cost(3, 3)]
    assert measure.ratio(ours, theirs) == Cost(0.5, 1)
    assert measure.median(ours) == Cost(3, 3)


def test_a_section_takes_the_place_of_its_older_self(tmp_path: Path) -> None:
    document = tmp_path / "docs" / "benchmarks.md"
    for section in (
        "## get\n\nold\n",
        "## put\n\nkept\n",
        "## get on x\n\nkept\n",
        "## get\n\nnew\n",
    ):
        command_line.write(document, section)
    text = document.read_text()
    assert text.startswith("# Benchmarks\n")
    assert text.endswith("## get\n\nnew\n\n## put\n\nkept\n\n## get on x\n\nkept\n")
    assert "old" not in text
