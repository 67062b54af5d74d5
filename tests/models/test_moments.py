"""What users write for a moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import ValidationError
from minio_sdk.models.moments import moment_of, moment_or_version

UTC = timezone.utc
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "given_, meant",
    [
        (NOON, NOON),
        (NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), NOON),
        (date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31 12:00Z", NOON),
        ("2026-01-31T13:00:00+01:00", NOON),
        ("2026-01-31T12:00:00.25Z", NOON + timedelta(milliseconds=250)),
        ("2026-01-31T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
    ],
)
def test_a_moment_is_read(given_: Any, meant: datetime) -> None:
    found = moment_of(given_)
    assert (found, found.tzinfo) == (meant, UTC)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.timezones()))
def test_what_isoformat_writes_is_read(moment: datetime) -> None:
    assert moment_of(moment.isoformat()) == moment.astimezone(UTC)


@pytest.mark.parametrize(
    "bad, rule",
    [
        (datetime(2026, 1, 31, 12), "time zone"),
        ("2026-01-31T12:00:00", "time zone"),
        ("2026-02-30", "is no moment"),
        ("2026-01-31T25:00:00Z", "is no moment"),
        ("20260131", "ISO 8601"),
        ("2026-W05-6", "ISO 8601"),
        ("٢٠٢٦-٠١-٣١", "ISO 8601"),
        ("2026-01-31T12:00:00Z\n", "ISO 8601"),
        ("yesterday", "ISO 8601"),
        ("", "ISO 8601"),
        (1_800_000_000, "ISO 8601"),
        (b"2026-01-31", "ISO 8601"),
        (timedelta(days=1), "ISO 8601"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=5))), "calendar"),
    ],
)
def test_what_is_no_moment_is_refused_by_name(bad: Any, rule: str) -> None:
    with pytest.raises(ValidationError, match=f"^since=.*{rule}"):
        moment_of(bad, "since")


def test_a_moment_or_a_version() -> None:
    assert moment_or_version(None, "v") is None
    assert moment_or_version(NOON, None) == NOON
    with pytest.raises(ValidationError, match="at, source_version_id: give one"):
        moment_or_version(NOON, "v", "source_version_id")
