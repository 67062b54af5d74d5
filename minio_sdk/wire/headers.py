"""Values of HTTP headers, read and written."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

META = "x-amz-meta-"


def unquoted(etag: str | None) -> str | None:
    """An ETag without its quotes and without the mark of a weak one."""
    if not etag:
        return None
    return etag.removeprefix("W/").strip('"') or None


def http_date(value: str | None) -> datetime | None:
    """A date as RFC 9110 writes it; None when it is missing or can't be read."""
    if not value:
        return None
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def iso_date(value: str | None) -> datetime | None:
    """A date as S3's documents write it (ISO 8601, UTC); None when missing or unreadable."""
    if not value:
        return None
    try:
        if sys.version_info < (3, 11) and value.endswith("Z"):
            # fromisoformat takes neither "Z" nor three digits of a second before Python 3.11.
            head, _, fraction = value[:-1].partition(".")
            micros = int((fraction + "000000")[:6]) if fraction else 0
            return datetime.fromisoformat(head).replace(microsecond=micros, tzinfo=timezone.utc)
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3): a number, or a date after `now`."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:12])
    when = http_date(value)
    return max(0.0, when.timestamp() - now) if when else None


def integer(value: str | None, default: int = 0) -> int:
    """A header or element that should be a whole number of at most 20 digits."""
    whole = value and value.isascii() and value.isdigit() and len(value) <= 20
    return int(value) if value and whole else default
