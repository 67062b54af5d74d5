"""What people write on command lines: sizes, times, ranges, pairs; and sizes as they are shown."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from minio_sdk.errors import ValidationError
from minio_sdk.models.moments import moment_of
from minio_sdk.models.object_encryption import KEY_BYTES, SseC

if TYPE_CHECKING:
    Kind = click.ParamType[Any]
else:
    Kind = click.ParamType  # which older versions of click can't index

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
UNITS |= {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40, "pi": 2**50}
LONGEST_KEY = 64
"""Bytes of a file with a key in it: 44 characters, and what an editor puts behind them."""

SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def bytes_in(text: str) -> int | None:
    """The bytes that a text such as ``10GiB`` means; None when it means nothing."""
    found = re.fullmatch(r"(\d+)\s*([kmgtp]?i?)b?", text.strip().lower())
    return None if found is None or found[2] not in UNITS else int(found[1]) * UNITS[found[2]]


def seconds_in(text: str) -> int | None:
    """The seconds that a text such as ``15m`` or ``7d`` means; None when it means nothing."""
    found = re.fullmatch(r"(\d+)\s*([smhdw]?)", text.strip().lower(), re.ASCII)
    return None if found is None else int(found[1]) * SECONDS[found[2]]


def human(count: float) -> str:
    """A number of bytes for people, in powers of 1,024."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(count) < 1024:
            return f"{count:,.0f} B" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} PiB"


class Size(Kind):
    """A number of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = bytes_in(value)
        if found is None:
            self.fail(f"{value!r} is no size; say it as 500MB, 10GiB or a number of bytes")
        return found


class Duration(Kind):
    """A number of seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = seconds_in(value)
        if found is None:
            self.fail(f"{value!r} is no time; say it as 90s, 15m, 2h, 7d or a number of seconds")
        return found


class When(Kind):
    """A moment: ISO 8601, or how long ago it was."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        ago = seconds_in(value) if re.search("[a-z]$", value) else None
        try:
            if ago is not None:
                return datetime.now(timezone.utc) - timedelta(seconds=ago)
            return moment_of(value, "moment")
        except ValidationError:
            rule = "say it as 2026-01-31, 2026-01-31T12:00:00Z, or 7d for seven days ago"
            self.fail(f"{value!r} is no moment; {rule}")
        except OverflowError:
            self.fail(f"{value!r} lies beyond the calendar")


class Pair(Kind):
    """A name and its value."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read it."""
        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        if not equals or not name:
            self.fail(f"{value!r} is no pair; say it as name=value")
        return name, text


class Bytes(Kind):
    """Some bytes of an object: ``0-99``, ``100-``, or ``-50`` for the last fifty."""

    name = "range"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        """Read it: first and last, one of which may be None."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d*)-(\d*)", value, re.ASCII)
        if found is None or value == "-" or value == "-0":
            self.fail(f"{value!r} is no range; say it as 0-99, 100-, or -50 for the last 50 bytes")
        first, last = (int(each) if each else None for each in found.groups())
        if first is not None and last is not None and last < first:
            self.fail(f"{value!r} ends before it begins")
        return first, last


class KeyFile(Kind):
    """A file with a customer's key, since others see what is written on a command line."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SseC:
        """Read it: 32 bytes, or their base64 form."""
        if isinstance(value, SseC):
            return value
        try:
            with Path(value).open("rb") as file:
                found = file.read(LONGEST_KEY + 1)  # it may be a pipe
        except (OSError, ValueError) as error:  # what is named may be the key itself
            why = getattr(error, "strerror", None) or "that is no name of a file"
            self.fail(f"the file with the key can't be read: {why}")
        try:
            return SseC(found if len(found) == KEY_BYTES else found.decode("ascii").strip())
        except (ValidationError, UnicodeDecodeError):  # neither may show what is in it
            self.fail(f"the file has no key in it: {KEY_BYTES} bytes, or their base64 form")


SIZE, DURATION, WHEN, PAIR, RANGE = Size(), Duration(), When(), Pair(), Bytes()
KEY_FILE = KeyFile()
