"""Which instances of a file system are the same: fsspec remembers them by their options' `repr`.

That of our secrets hides them, so two users would be taken for one; and settings come from the environment
too, which may have changed since.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

_PLAIN = (str, int, float, bool, bytes, type(None))
_VARIABLES = ("MINIO_", "AWS_", "CONSUL_", "MC_")


class Exactly:
    """A value whose `repr` is the same for the same value only, and shows nothing of it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return sha256(_spelled(self.value).encode()).hexdigest()


def exact(value: Any) -> Any:
    """The value, wrapped where its `repr` wouldn't tell it from others."""
    return value if type(value) in _PLAIN else Exactly(value)


def inexact(value: Any) -> Any:
    """The value itself."""
    return value.value if isinstance(value, Exactly) else value


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return repr(str.__str__(value))
    if isinstance(value, _PLAIN):
        return repr(value)
    if is_dataclass(value) and not isinstance(value, type):
        items = [f"{each.name}={_spelled(getattr(value, each.name))}" for each in fields(value)]
        return f"{type(value).__qualname__}({', '.join(items)})"
    if isinstance(value, Mapping):
        items = sorted(f"{_spelled(name)}: {_spelled(item)}" for name, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_spelled, value))}]"
    # A function or a provider: itself and no other. The instance keeps it, so that its id stays its own.
    return f"{type(value).__qualname__} {id(value)}"


class Surroundings:
    """An attribute of a class: what stands for the settings in the environment now."""

    def __get__(self, _: object, owner: type) -> str:
        found = sorted(item for item in os.environ.items() if item[0].startswith(_VARIABLES))
        return sha256(repr(found).encode()).hexdigest()
