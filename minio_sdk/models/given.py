"""Records as users give them: as themselves, or as dicts with their names or S3's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.record import Record

_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _snake(name: str) -> str:
    return "id" if name == "ID" else _EDGE.sub("_", name).lower()


def named(given: Any, where: str, cls: type[Any], aliases: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a record or dict, S3's own CamelCase names included.

    Raises:
        ValidationError: neither, or with a name that the record doesn't have, or with one twice.
    """
    if not isinstance(given, Mapping) and not isinstance(given, cls):
        raise invalid(where, given, f"must be a dict or a {cls.__name__}")
    known = {f.name for f in fields(cls)} | set(aliases)
    values: dict[str, Any] = {}
    for name, value in given.items():
        short = _snake(name) if isinstance(name, str) else name
        if short not in known:
            raise invalid(where, name, f"is not one of {', '.join(sorted(known))}")
        if short in values:
            raise invalid(where, name, f"is {short}, which is there already")
        values[short] = value
    return values


def listed(given: Any, where: str, most: int) -> list[Any]:
    """What a caller gives as a list of rules.

    Raises:
        ValidationError: no list, or longer than S3 allows.
    """
    if isinstance(given, (str, bytes, Mapping, Record)) or not isinstance(given, Iterable):
        raise invalid(where, given, "must be a list of rules")
    found = list(given)
    if len(found) > most:
        raise ValidationError(f"{where}: {len(found)} of them, and S3 allows {most}")
    return found


def whole(value: object, where: str, least: int, most: int | None = None) -> None:
    """Refuse what is no whole number, less than `least` or more than `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise invalid(where, value, f"must be a whole number of at least {least}")
    if most is not None and value > most:
        raise invalid(where, value, f"must be at most {most}")


def rule_id(value: object, where: str) -> None:
    """Refuse what S3 takes for no rule's id."""
    if value is not None and not (isinstance(value, str) and 1 <= len(value) <= 255):
        raise invalid(f"{where}.id", value, "must be text of 1 to 255 characters")


def unique(values: Iterable[object], where: str, what: str) -> None:
    """Refuse a value that two rules have; None is none."""
    seen: set[object] = set()
    for number, value in enumerate(values):
        if value is not None and value in seen:
            raise invalid(f"{where}[{number}].{what}", value, "is there already, of another rule")
        seen.add(value)
