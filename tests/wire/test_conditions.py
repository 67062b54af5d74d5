"""Conditions: ETags with or without quotes, and dates that say where on earth they are."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import ValidationError
from minio_sdk.flows.conditions import Condition, condition
from minio_sdk.flows.copy_rules import Conditions
from minio_sdk.wire.conditions import bare, date_header, quoted, read_conditions
from minio_sdk.wire.headers import http_date

NOON = datetime(2026, 11, 22, 12, 0, 0, 999_999, timezone(timedelta(hours=2)))


def test_those_that_are_given() -> None:
    assert read_conditions() == {}
    assert read_conditions("e", '"f"', NOON, NOON) == {
        "if-match": '"e"',
        "if-none-match": '"f"',
        "if-modified-since": "Sun, 22 Nov 2026 10:00:00 GMT",
        "if-unmodified-since": "Sun, 22 Nov 2026 10:00:00 GMT",
    }


@pytest.mark.parametrize(
    "etag, header",
    [("e-2", '"e-2"'), ('"e-2"', '"e-2"'), ('W/"e"', 'W/"e"'), ("*", "*"), ("a b", '"a b"')],
)
def test_an_etag(etag: str, header: str) -> None:
    assert quoted(etag, "if_match") == header
    shown = header.removeprefix("W/").strip('"')
    assert bare(etag, "if_match") == shown
    assert Conditions(if_match=etag).if_match == shown
    if etag != "*":
        assert condition(None, etag) == Condition(shown)


@pytest.mark.parametrize(
    "etag", ["", '"', '""', 'a"b', '"a', 'a"', "ü", "a\r\nx-evil: 1", '"a", "b"', "a\n", b"e", 5]
)
def test_what_is_no_etag(etag: Any) -> None:
    """Neither for reading, nor for writing, nor for a copy: the rule is one."""
    with pytest.raises(ValidationError, match="if_match="):
        read_conditions(if_match=etag)
    with pytest.raises(ValidationError, match="if_match="):
        condition(None, etag)
    with pytest.raises(ValidationError, match="if_match="):
        Conditions(if_match=etag)
    with pytest.raises(ValidationError, match="if_none_match="):
        read_conditions(if_none_match=etag)


class Nowhere(tzinfo):
    """A time zone that doesn't know its offset, which makes a date naive."""

    def utcoffset(self, when: datetime | None, /) -> None:
        return None

    def dst(self, when: datetime | None, /) -> None:
        return None

    def tzname(self, when: datetime | None, /) -> None:
        return None


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=Nowhere()),
        NOON.date(),
        "2026-01-01",
        1.5,
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
    ],
)
def test_what_is_no_moment(when: Any) -> None:
    with pytest.raises(ValidationError, match="if_modified_since="):
        read_conditions(if_modified_since=when)
    with pytest.raises(ValidationError, match="if_unmodified_since="):
        read_conditions(if_unmodified_since=when)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1)),
    st.integers(-23 * 60, 23 * 60),
)
def test_a_date_is_the_same_moment_to_the_second(when: datetime, minutes: int) -> None:
    aware = when.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert http_date(date_header(aware, "when")) == aware.replace(microsecond=0)
