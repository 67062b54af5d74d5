"""Modules that are loaded when something of them is first used.

What most programs never call, such as documents of buckets, would make up half of the time that
``from minio_sdk import MinIOClient`` takes. What every program calls is loaded at once, so that no first
request waits for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """A module in whose place this stands.

    Args:
        name: its full name.

    Example:
        >>> usage = Later("minio_sdk.flows.usage")
        >>> usage.count  # loads it
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
