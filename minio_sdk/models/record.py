"""`Record`: a frozen dataclass that also reads like a mapping.

``info.size``, ``info["size"]``, ``dict(info)`` and ``f(**info)`` all work, so that code written for
clients that return dicts goes on working. A record never has a field named like one of the methods here.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, ClassVar


class Record:
    """Base of all result records."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __getitem__(self, name: str) -> Any:
        if name in self.__dataclass_fields__:
            return getattr(self, name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dataclass_fields__)

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)

    def __contains__(self, name: object) -> bool:
        return name in self.__dataclass_fields__

    def __bool__(self) -> bool:
        return True

    def _asdict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def _repr_html_(self) -> str:
        from minio_sdk.models.showing import record_as_html

        return record_as_html(self)

    def keys(self) -> KeysView[str]:
        """The field names."""
        return self._asdict().keys()

    def values(self) -> ValuesView[Any]:
        """The field values, in the order of the names."""
        return self._asdict().values()

    def items(self) -> ItemsView[str, Any]:
        """Pairs of field name and value."""
        return self._asdict().items()

    def get(self, name: str, default: Any = None) -> Any:
        """The value of field `name`, or `default` when there is no such field."""
        return getattr(self, name) if name in self else default
