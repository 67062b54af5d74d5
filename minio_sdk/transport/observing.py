"""Whether somebody has put a function of their own in the place of a library's."""

from __future__ import annotations

from types import ModuleType
from typing import Any


def written(owner: type, name: str, module: ModuleType) -> Any:
    """The function as its module wrote it; None when there is another in its place, or none."""
    function = vars(owner).get(name)
    plain = getattr(function, "__globals__", None) is vars(module)
    return function if plain and not hasattr(function, "__wrapped__") else None
