"""Records as users give them: as themselves, or as dicts with their names or S3's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from minio_sdk.errors import invalid
from minio_sdk.models.record import Record

_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _snake(name: str) -> str:
    return "id" if name == "ID" else _EDGE.sub("_", name).lower()


def named(
    given: Any, where: str, cls: Callable[..., Any], aliases: set[str] | None = None
) -> dict[str, Any]:
    """The fields of a record or dict, S3's own CamelCase names included."""
    if not isinstance(given, (Mapping, Record)):
        raise invalid(where, given, f"must be a dict or a {cls.__name__}")
    known = {f.name for f in fields(cls)} | (aliases or set())  # type: ignore[arg-type]
    values = {}
    for name, value in dict(given).items():
        short = _snake(str(name))
        if short not in known:
            raise invalid(where, name, f"is not one of {', '.join(sorted(known))}")
        values[short] = value
    return values
