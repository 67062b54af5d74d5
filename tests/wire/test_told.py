"""JSON objects of servers: each value of the kind that is asked for, or an answer that can't be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError
from tests.strategies import MODERATE

READERS: dict[str, Callable[[Told], Any]] = {
    "text": lambda told: told.text("x"),
    "count": lambda told: told.count("x"),
    "flag": lambda told: told.flag("x"),
    "moment": lambda told: told.moment("x"),
    "texts": lambda told: told.texts("x"),
    "told": lambda told: list(told.told("x")),
    "each": lambda told: told.each("x"),
}
NOTHING: dict[str, Any] = {
    "text": "", "count": 0, "flag": False, "moment": None, "texts": (), "told": [], "each": [],
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_what_is_missing_is_nothing(reader: str) -> None:
    for said in ({}, {"x": None}):
        assert READERS[reader](Told(said)) == NOTHING[reader]


def test_values_of_the_right_kind_are_read() -> None:
    said = {"t": "ü", "c": 2**60, "f": True, "l": ["a", "b"], "o": {"n": 1}, "e": [{"n": 2}, {}]}
    told = Told.read(json.dumps(said).encode())
    assert (told.text("t"), told.count("c"), told.flag("f")) == ("ü", 2**60, True)
    assert told.texts("l") == ("a", "b")
    assert told.told("o").count("n") == 1
    assert [each.count("n") for each in told.each("e")] == [2, 0]
    assert list(told) == list("tcfloe")
    assert told.plain == said


def test_moments_are_utc_and_never_is_none() -> None:
    said = {
        "a": "2026-11-22T05:37:03.020151268Z",
        "b": "0001-01-01T00:00:00Z",
        "c": "1970-01-01T00:00:00Z",
        "d": "soon",
    }
    told = Told(said)
    assert told.moment("a") == datetime(2026, 11, 22, 5, 37, 3, 20151, timezone.utc)
    assert [told.moment(name) for name in "bcd"] == [None] * 3


@pytest.mark.parametrize(
    "reader, value",
    [
        ("text", 5), ("text", ["a"]), ("count", "5"), ("count", 1.5), ("count", -1),
        ("count", True), ("flag", 1), ("flag", "true"), ("moment", 5), ("texts", "ab"),
        ("texts", [1]), ("told", []), ("told", "x"), ("each", {}), ("each", [5]),
    ],
)  # fmt: skip
def test_values_of_another_kind_can_t_be_read(reader: str, value: Any) -> None:
    with pytest.raises(XmlError):
        READERS[reader](Told({"x": value}))


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b"{", b"<x/>", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_can_t_be_read(body: bytes) -> None:
    with pytest.raises(XmlError):
        Told.read(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@MODERATE
@given(value=values)
def test_no_answer_is_an_error_of_another_kind(value: Any) -> None:
    told = Told.read(json.dumps({"x": value}).encode())
    for read in READERS.values():
        try:
            read(told)
        except XmlError:
            pass
