"""What can be said of the comparison without its peers: the page is its data's, and our column is true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.comparison import model, names, page
from tests.comparison.__main__ import DATA, PAGE
from tests.comparison.areas import FEATURES
from tests.comparison.model import ANSWERS, CLIENTS, READ, RUN, SDK, Cell

SETTING, CELLS = model.load(DATA)
BY_PLACE = {(cell.feature, cell.client): cell for cell in CELLS}


def test_every_feature_has_a_cell_for_every_client() -> None:
    assert len({each.id for each in FEATURES}) == len(FEATURES)
    assert [*BY_PLACE] == sorted(BY_PLACE, key=lambda at: (at[0], CLIENTS.index(at[1])))
    assert {*BY_PLACE} == {(each.id, name) for each in FEATURES for name in CLIENTS}
    assert len(CELLS) == len(BY_PLACE)


def test_every_cell_says_what_was_seen_of_what_and_when() -> None:
    for cell in CELLS:
        assert cell.answer in ANSWERS, cell
        assert cell.how in (RUN, READ), cell
        assert all((cell.shown, cell.version, cell.date)), cell


def test_the_page_is_what_its_data_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page.page(FEATURES, SETTING, CELLS)


def test_the_data_are_written_as_they_are_read(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "again.json"  # type: ignore[operator]
    model.save(path, SETTING, reversed(CELLS))
    assert path.read_text(encoding="utf-8") == DATA.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "feature", [each for each in FEATURES if each.probes[SDK].names], ids=lambda f: f.id
)
def test_our_column_agrees_with_what_is_public(feature: model.Feature) -> None:
    cell = BY_PLACE[feature.id, SDK]
    assert disagreement(cell, names.ours_missing(feature.probes[SDK].names)) is None


def disagreement(cell: Cell, missing: list[str]) -> str | None:
    """What is wrong with a cell of ours, when these names of its probe aren't public."""
    absent = cell.answer == "no" and cell.how == READ
    if missing and not absent:
        return f"docs/comparison.json says {cell.answer!r}, but there is no {missing}"
    if absent and not missing:
        return f"it is there now: python -m tests.comparison {cell.feature} --write"
    return None


def test_a_column_that_says_too_much_or_too_little_is_found() -> None:
    cell = Cell("x", SDK, "yes", RUN, "It is.", "1", "2026-11-22")
    lacking = replace(cell, answer="no", how=READ)
    assert disagreement(cell, []) is None
    assert disagreement(lacking, ["Config.none"]) is None
    assert "there is no" in str(disagreement(cell, ["Config.none"]))
    assert "--write" in str(disagreement(lacking, []))


@pytest.mark.parametrize(
    ("pattern", "there"),
    [
        ("MinIOClient.open", True),
        ("MinIOClient.open(mode)", True),
        ("MinIOClient.open(nonsense)", False),
        ("Config.cach*", True),
        ("Config.nonsense", False),
        ("minio_sdk.cli", True),
        ("Policy.check", True),
    ],
)
def test_public_names_are_found(pattern: str, there: bool) -> None:
    assert (names.ours_missing((pattern,)) == []) is there


def test_what_clients_say_is_no_markup_on_the_page() -> None:
    cell = Cell(FEATURES[0].id, SDK, "no", RUN, "a|b <i> `*.py` *c*", "1", "2026-11-22")
    text = page.page(FEATURES[:1], {"minio": "", "python": "", "mypy": "", "system": ""}, [cell])
    assert "a\\|b \\<i\\> `*.py` \\*c\\*" in text
    assert text.count("not tried") == len(CLIENTS) - 1
