"""Conditions (RFC 9110, 13) as headers, and the one rule for what an ETag may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.wire.headers import unquoted


@dataclass(frozen=True, slots=True)
class Fresh:
    """What came of asking whether an object is still the same.

    Attributes:
        data: its bytes; None where it is.
        etag: what to ask with the next time; None where the bytes are not to be kept.
    """

    data: bytes | None
    etag: str | None


def read_conditions(
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_unmodified_since: datetime | None = None,
) -> dict[str, str]:
    """The headers of those that are given.

    Raises:
        ValidationError: not an ETag, or a date without a time zone.
    """
    headers: dict[str, str] = {}
    for argument, etag in (("if_match", if_match), ("if_none_match", if_none_match)):
        if etag is not None:
            headers[argument.replace("_", "-")] = quoted(etag, argument)
    for argument, when in (
        ("if_modified_since", if_modified_since),
        ("if_unmodified_since", if_unmodified_since),
    ):
        if when is not None:
            headers[argument.replace("_", "-")] = date_header(when, argument)
    return headers


def quoted(etag: object, argument: str) -> str:
    """An ETag as HTTP writes it: users have it without quotes, as results show it, or with them."""
    if not isinstance(etag, str):
        raise invalid(argument, etag, f"must be text, not {type(etag).__name__}")
    bare = etag.removeprefix("W/")
    inside = bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else etag
    # Printable ASCII without quotes: what an ETag can be, and no header could be added by it.
    if not inside or not inside.isascii() or not inside.isprintable() or '"' in inside:
        raise invalid(argument, etag, "must be an ETag as get_object_metadata() shows it, or '*'")
    return etag if etag == "*" or inside != etag else f'"{etag}"'


def strong_etag(value: str | None) -> str | None:
    """An ETag that stands for exactly these bytes, as HTTP writes it; None for a weak one or none."""
    if not value or value.startswith("W/"):
        return None
    try:
        etag = quoted(value, "etag")
    except ValidationError:
        return None
    return None if etag == "*" else etag


def bare(etag: object, argument: str) -> str:
    """An ETag as results show it, without quotes; or ``"*"``."""
    text = quoted(etag, argument)
    return text if text == "*" else unquoted(text) or ""


def date_header(when: object, argument: str) -> str:
    """A date as HTTP writes it, in whole seconds of UTC."""
    if not isinstance(when, datetime):
        raise invalid(argument, when, f"must be a datetime, not {type(when).__name__}")
    if when.tzinfo is None or when.utcoffset() is None:
        rule = "has no time zone; datetime.now(timezone.utc) has one, as last_modified of results"
        raise invalid(argument, when, rule)
    try:
        return format_datetime(when.astimezone(timezone.utc), usegmt=True)
    except OverflowError:
        raise invalid(argument, when, "lies outside the years that can be written") from None
