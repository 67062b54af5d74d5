"""What the files of both clients have in common: modes, positions, bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import ValidationError, invalid
from minio_sdk.flows.conditions import condition
from minio_sdk.flows.reading import Reader
from minio_sdk.flows.uploads import object_headers
from minio_sdk.flows.writing import Writer
from minio_sdk.models.moments import Moment

CLOSED = "I/O operation on closed file"


def make(
    engine: Engine,
    bucket: str,
    key: str,
    mode: object,
    version_id: str | None,
    content_type: str | None,
    metadata: Mapping[str, str] | None,
    at: Moment | None,
    storage_class: str | None = None,
    tags: Mapping[str, str] | None = None,
    if_none_match: str | None = None,
    if_match: str | None = None,
) -> Reader | Writer:
    """What a file in this mode reads or writes with.

    Raises:
        ValidationError: another mode than "rb", "wb" and "xb", or an argument that belongs to the other.
    """
    if mode == "rb":
        written = (content_type, metadata, storage_class, tags, if_none_match, if_match)
        if any(value is not None for value in written):
            raise ValidationError(
                "content_type, metadata, storage_class, tags, if_none_match, if_match: "
                "go with mode 'wb'"
            )
        return Reader(engine, bucket, key, version_id, at=at)
    if mode in ("wb", "xb"):
        if version_id is not None or at is not None:
            raise ValidationError("version_id, at: go with mode 'rb'; writing makes a new version")
        headers = object_headers(
            key, content_type, metadata, tags=tags, storage_class=storage_class
        )
        if mode == "xb" and if_none_match is None:
            if_none_match = "*"
        return Writer(engine, bucket, key, headers, condition(if_none_match, if_match))
    rule = "must be 'rb', 'wb' or 'xb'"
    if isinstance(mode, str):
        way = next((way for way in "rwx" if not set(mode) - {way, "t"}), None)
        if way is not None:
            rule += f"; for text: io.TextIOWrapper(client.open(bucket, key, '{way}b'), 'utf-8')"
        elif set(mode) & set("a+"):
            rule += "; an object is written whole, and can't be changed where it is"
    raise invalid("mode", mode, rule)


def moved(at: int, size: int, offset: int, whence: int) -> int:
    """The position that `seek` leads to.

    Raises:
        ValueError: it lies before the beginning.
    """
    if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):
        raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
    position = (0, at, size)[whence] + offset
    if position < 0:
        raise ValueError(f"negative seek position {position}")
    return position


def as_view(data: Any) -> memoryview:
    """Bytes-like data byte by byte.

    Raises:
        TypeError: it is something else, such as text.
    """
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    view = memoryview(data)
    return view.cast("B") if view.c_contiguous and view.nbytes else memoryview(view.tobytes())
