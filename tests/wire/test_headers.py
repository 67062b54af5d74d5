"""Header values: what servers really send is understood, and nonsense is never an exception."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk.wire.headers import http_date, integer, iso_date, retry_after, unquoted
from tests.strategies import MANY, MODERATE, moments

numbers = [st.integers(0, 99) | st.integers(0, 10**12)] * 6
NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "value, etag",
    [
        ('"abc"', "abc"),
        ('W/"abc"', "abc"),
        ("abc", "abc"),
        ('"abc-12"', "abc-12"),
        ('""', None),
        ("", None),
        (None, None),
    ],
)
def test_an_etag_loses_its_quotes(value: str | None, etag: str | None) -> None:
    assert unquoted(value) == etag


@pytest.mark.parametrize(
    "value",
    [
        "Fri, 02 Jan 2026 12:00:00 GMT",
        "Fri, 02 Jan 2026 12:00:00 UTC",
        "Fri, 02 Jan 2026 13:00:00 +0100",
        "Friday, 02-Jan-26 12:00:00 GMT",
        "Fri Jan  2 12:00:00 2026",
    ],
)
def test_a_date_is_read_in_every_form_of_http(value: str) -> None:
    assert http_date(value) == NOON


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        "Fri, 32 Jan 2026 12:00:00 GMT",
        "Fri, 02 Jan 2026 12:00:00 +9" + "9" * 30,
    ],
)
def test_a_date_that_is_none_is_unknown(value: str | None) -> None:
    assert http_date(value) is None


@MODERATE
@given(moments.map(lambda moment: moment.replace(microsecond=0)))
def test_every_date_of_http_is_read_back(moment: datetime) -> None:
    # Two digits mean a year of our time (RFC 9110, 5.6.7), so those are not asked for.
    if moment.year > 999:
        assert http_date(format_datetime(moment, usegmt=True)) == moment


@MANY
@given(
    st.text(max_size=40)
    | st.text("0123456789-:.TZ+ ", max_size=30)
    | st.builds(
        "Fri, {} Jan {} {}:{}:{} {}{}".format, *numbers[:5], st.sampled_from("+-"), numbers[5]
    )
)
@example("Mon, 1 Jan 1 00:00:00 +9999")
def test_any_text_is_a_date_or_unknown(text: str) -> None:
    for found in (http_date(text), iso_date(text)):
        assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    "value, moment",
    [
        ("2026-01-02T12:00:00Z", NOON),
        ("2026-01-02T12:00:00.000Z", NOON),
        ("2026-01-02T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-01-02T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-01-02T13:00:00+01:00", NOON),
        ("2026-01-02T12:00:00", NOON),
    ],
)
def test_a_date_of_a_document_is_read_in_every_form(value: str, moment: datetime) -> None:
    assert iso_date(value) == moment


@pytest.mark.parametrize("value", [None, "", "Z", "2026-01-02T12:00:00.xZ", "2026-02-30T00:00:00Z"])
def test_a_date_of_a_document_that_is_none_is_unknown(value: str | None) -> None:
    assert iso_date(value) is None


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("9" * 5000, 999999999999.0),
        ("Fri, 02 Jan 2026 12:01:00 GMT", 60.0),
        ("Fri, 02 Jan 2026 11:59:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_a_wish_to_wait_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOON.timestamp()) == seconds


def test_without_a_wish_there_is_none() -> None:
    assert retry_after({}, 0.0) is None


@pytest.mark.parametrize(
    "value, number",
    [("0", 0), ("5368709121", 5368709121), ("9" * 20, int("9" * 20)), ("9" * 21, -1), ("٣", -1)]
    + [(value, -1) for value in (None, "", "-5", "1.0", "0x1", " 1", "9" * 10_000)],
)
def test_a_whole_number_is_read_and_anything_else_is_the_default(
    value: str | None, number: int
) -> None:
    assert integer(value, -1) == number
