"""Keys that the server at hand takes for other keys (`minio_sdk.wire.quirks`), before it is asked.

Callers ask `suspicious(key)` first, so that an ordinary key costs nothing here.
"""

from __future__ import annotations

from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
)
from minio_sdk.operation import ObjectOperation, Place
from minio_sdk.operations.buckets import HeadBucket
from minio_sdk.wire.quirks import not_kept


async def why_not_kept(engine: Engine, place: Place, key: str, *, empty: bool = True) -> str | None:
    """Why this server would take the key for another one, or None where it keeps it.

    Args:
        engine: sends.
        place: the bucket.
        key: a suspicious one.
        empty: whether it is about an object without bytes, or about one that is there already.
    """
    whole = place.key_out(key)
    if engine.api.server is None:
        try:
            await engine.send(HeadBucket(place))  # any answer says which server it is
        except (NotFoundError, AccessDeniedError):
            pass
    return not_kept(engine.api.server or "", whole, empty)


async def refuse(engine: Engine, operation: ObjectOperation[Any], *, empty: bool) -> None:
    """Refuse to store under a key that this server doesn't keep.

    Raises:
        NotSupportedError: it would answer 200, and store the object elsewhere.
    """
    why = await why_not_kept(engine, operation.place, operation.key, empty=empty)
    if why is not None:
        raise engine.named(NotSupportedError(why, hint="another key"), operation)


async def expect(engine: Engine, operation: ObjectOperation[Any]) -> None:
    """Make sure that an operation on an object that is there can't meet another one.

    Raises:
        ObjectNotFoundError: no object can have this key on this server.
    """
    why = await why_not_kept(engine, operation.place, operation.key)
    if why is not None:
        error = ObjectNotFoundError(
            f"no object has this key here: {why}", code="NoSuchKey", hint="another key"
        )
        raise engine.named(error, operation)
