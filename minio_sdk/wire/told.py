"""`Told`: what a JSON object says, each value of the kind that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from minio_sdk.wire.headers import iso_date
from minio_sdk.wire.xml import XmlError

_EPOCH = "1970-01-01T00:00:00"
_NEVER = "0001-01-01T00:00:00"


class Told:
    """A JSON object of a server.

    What is missing or null is nothing (empty text, zero, None); what is of another kind than asked for is
    an `XmlError`, the error for answers that can't be read.
    """

    __slots__ = ("_said",)

    def __init__(self, said: dict[str, Any]) -> None:
        self._said = said

    @classmethod
    def read(cls, body: bytes) -> Told:
        """The object that a body is."""
        said = _json(body)
        if not isinstance(said, dict):
            raise XmlError("it is no JSON object")
        return cls(said)

    @classmethod
    def all(cls, body: bytes) -> list[Told]:
        """The objects of the list that a body is; null is an empty one."""
        return cls({"": _json(body)}).each("")

    @classmethod
    def word(cls, body: bytes) -> str:
        """The text that a body is, in JSON."""
        return cls({"": _json(body)}).text("")

    def _of(self, name: str, kind: type[Any]) -> Any:
        value = self._said.get(name)
        if value is None:
            return kind()
        # True is an int in Python, and no count in JSON.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise XmlError(f"{name!r} is no {kind.__name__}")
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    @property
    def plain(self) -> dict[str, Any]:
        """The object as it is."""
        return self._said

    def text(self, name: str) -> str:
        """A text."""
        return str(self._of(name, str))

    def count(self, name: str) -> int:
        """A whole number, not negative."""
        found = int(self._of(name, int))
        if found < 0:
            raise XmlError(f"{name!r} is negative")
        return found

    def number(self, name: str) -> int:
        """A whole number, which may be negative."""
        return int(self._of(name, int))

    def amount(self, name: str) -> float:
        """A number, whole or not."""
        found = self._said.get(name)
        if found is None:
            return 0.0
        if not isinstance(found, (int, float)) or isinstance(found, bool):
            raise XmlError(f"{name!r} is no number")
        return _float(found)

    def seconds(self, name: str) -> float:
        """A time that passes, which Go writes in nanoseconds."""
        return _float(self.number(name)) / 1e9

    def milliseconds(self, name: str) -> float:
        """A time that passes, in seconds, which is told in milliseconds."""
        return self.amount(name) / 1000

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._of(name, bool))

    def moment(self, name: str) -> datetime | None:
        """A time; None also for the two that stand for never in Go."""
        text = self.text(name)
        return None if text.startswith((_EPOCH, _NEVER)) else iso_date(text)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self._of(name, list)
        if not all(isinstance(text, str) for text in found):
            raise XmlError(f"{name!r} has what is no text")
        return tuple(found)

    def told(self, name: str) -> Told:
        """An object in it."""
        return Told(self._of(name, dict))

    def each(self, name: str) -> list[Told]:
        """The objects of a list."""
        return [Told({"": item}).told("") for item in self._of(name, list)]

    def by_name(self, name: str) -> dict[str, Told]:
        """The objects that an object has, by their names there."""
        told = self.told(name)
        return {each: told.told(each) for each in told}


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        raise XmlError("a number is too large") from None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise XmlError("it is not JSON") from None
