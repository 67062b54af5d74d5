"""What the values of settings may be: each check names the setting, the value and what would be right."""

from __future__ import annotations

import os
from inspect import iscoroutinefunction
from typing import Any

from minio_sdk.errors import ConfigurationError, bad_setting


def number(
    name: str,
    value: object,
    *,
    what: str,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> None:
    """Refuse what is no number, or beyond these bounds."""
    if (
        not isinstance(value, (int, float))
        or isinstance(value, bool)
        or value != value  # NaN
        or (above is not None and value <= above)
        or (least is not None and value < least)
        or (most is not None and value > most)
    ):
        limit = f"above {above}" if above is not None else f"at least {least}"
        limit += f" and at most {most}" if most is not None else ""
        raise bad_setting(name, value, f"must be a number {limit} ({what})")


def integer(name: str, value: object, least: int, most: int) -> None:
    """Refuse what is no whole number, or beyond these bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise bad_setting(name, value, f"must be a whole number from {least} to {most}")


def choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse what is none of these."""
    if value not in choices:
        raise bad_setting(name, value, f"must be one of {', '.join(map(repr, choices))}")


def folder(name: str, value: Any) -> str | None:
    """The path of a folder as text, or None; whether there is one isn't asked."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if value is not None and (not isinstance(value, str) or not value or "\0" in value):
        raise bad_setting(name, value, "must be the path of a folder")
    return value


def listener(name: str, function: object, of: str) -> None:
    """Refuse what isn't a plain function, or an object like one, that a `Config` can hold."""
    # Not its value: that of an object or a partial function may hold a password.
    kind = type(function).__name__
    if not callable(function):
        raise ConfigurationError(
            f"{name}: a {kind} can't be called; it must be a function of one {of}"
        )
    if isinstance(function, type):  # calling it would make an object each time, and nothing else
        raise ConfigurationError(
            f"{name}: is the class {function.__name__}; give an object of it, {function.__name__}(...)"
        )
    if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
        raise ConfigurationError(
            f"{name}: must be a plain function, which both clients can call; let it put what it gets "
            "into a queue that a task of yours reads"
        )
    try:
        hash(function)
    except TypeError:
        raise ConfigurationError(
            f"{name}: a {kind} can't be hashed, and a Config has to be"
        ) from None
