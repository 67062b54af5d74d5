"""Moments that users name: what was there then."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timezone

from minio_sdk.errors import ValidationError, invalid

Moment = datetime | date | str
"""A datetime with a time zone; a date, whose beginning in UTC is meant; or one of them as ISO 8601 text."""

# One grammar for all versions of Python: `fromisoformat` takes more with each.
_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d\d:\d\d(?::\d\d)?)?)?",
    re.ASCII,
)
_ZONE = "must have a time zone, such as datetime.now(timezone.utc) or '2026-01-31T12:00:00Z'"
_RULE = "must be a datetime with a time zone, a date, or one of them as ISO 8601 text"


def moment_of(value: object, argument: str = "at") -> datetime:
    """The moment that is meant, in UTC.

    Raises:
        ValidationError: it is none, or has no time zone.
    """
    found: object = value
    if isinstance(value, str):
        found = _read(value, argument)
    elif isinstance(value, date) and not isinstance(value, datetime):
        found = datetime.combine(value, time(), timezone.utc)
    if not isinstance(found, datetime):
        raise invalid(argument, value, _RULE)
    if found.utcoffset() is None:
        raise invalid(argument, value, _ZONE)
    try:
        return found.astimezone(timezone.utc)
    except OverflowError:
        raise invalid(argument, value, "lies beyond the calendar") from None


def _read(text: str, argument: str) -> datetime:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise invalid(argument, text, _RULE)
    day, minute, second, fraction, zone = match.groups()
    if minute is not None and zone is None:
        raise invalid(argument, text, _ZONE)
    offset = "+00:00" if zone in (None, "Z") else zone
    whole = f"{day}T{minute or '00:00'}:{second or '00'}.{(fraction or '').ljust(6, '0')}{offset}"
    try:
        return datetime.fromisoformat(whole)
    except ValueError as error:
        raise invalid(argument, text, f"is no moment: {error}") from None


def moment_or_version(at: object, version_id: object, name: str = "version_id") -> datetime | None:
    """The moment, when one is given, and then no version.

    Raises:
        ValidationError: it is none, or both are given.
    """
    if at is None:
        return None
    moment = moment_of(at)
    if version_id is not None:
        raise ValidationError(f"at, {name}: give one of the two")
    return moment
