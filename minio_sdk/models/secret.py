"""Values that must not be shown, and mappings that must not change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


class Secret(str):
    """A string whose `repr` hides it, so that no traceback with local variables shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class FrozenDict(dict[str, str]):
    """A dict of strings that can be hashed and can't be changed."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __setitem__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping can't be changed; make a new one")

    # Typed as Any: each has a signature of its own in dict, and none is for use here.
    _refuse: Any = __setitem__
    __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[str, str]]]:
        return FrozenDict, (dict(self),)


def frozen(mapping: Mapping[str, str]) -> FrozenDict:
    """A `FrozenDict` with the items of `mapping`."""
    return mapping if isinstance(mapping, FrozenDict) else FrozenDict(mapping)
