"""Values that must not be shown, and mappings that must not change."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any, NoReturn, TypeVar
from urllib.parse import unquote

V = TypeVar("V")

# Parameters whose values let others do something, in URLs that were signed ahead and elsewhere.
_TELLING = re.compile("signature|credential|security-token|secret|password|token", re.IGNORECASE)


def masked(query: str, also: Container[str] = ()) -> str:
    """A query, or a URL with one, without the values of secret parameters, and of those in `also`."""
    # Pair by pair, since others write what a server is asked: no pattern is to try all lengths of a name.
    return "&".join([_without_value(pair, also) for pair in query.split("&")])


def _without_value(pair: str, also: Container[str]) -> str:
    name, equals, _ = pair.partition("=")
    # What is written as "X%2DAmz%2DSignature" is the same to a server.
    telling = equals and (name in also or _TELLING.search(name) or _TELLING.search(unquote(name)))
    return f"{name}=***" if telling else pair


class Secret(str):
    """A string whose `repr` hides it, so that no traceback with local variables shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class MaskedQuery(str):
    """A query whose `repr` hides the values of secret parameters."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked(self))


def hidden(value: Any) -> Any:
    """A caller's secret so that tracebacks hide it; what is no text is for others to refuse."""
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, bytes):
        return SecretBytes(value)
    if isinstance(value, Mapping):
        return SecretDict((name, hidden(each)) for name, each in value.items())
    return value


class SecretBytes(bytes):
    """Bytes whose `repr` hides them, for the same reason."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'***'"


class SecretDict(dict[Any, Any]):
    """A dict whose `repr` hides what is in it, for the same reason."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "{***}"


class FrozenDict(dict[str, V]):
    """A dict that can't be changed, and can be hashed where its values can."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __setitem__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping can't be changed; dict(...) of it is one that can")

    # Typed as Any: each has a signature of its own in dict, and none is for use here.
    _refuse: Any = __setitem__
    __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[V]], tuple[dict[str, V]]]:
        return FrozenDict, (dict(self),)


def frozen(mapping: Mapping[str, V]) -> FrozenDict[V]:
    """A `FrozenDict` with the items of `mapping`."""
    return mapping if isinstance(mapping, FrozenDict) else FrozenDict(mapping)


def freeze(record: object, *names: str) -> None:
    """Let mappings of a frozen record be ones that can't be changed; for its ``__post_init__``."""
    for name in names:
        object.__setattr__(record, name, frozen(getattr(record, name)))
