"""Versions of objects, where a server would take another one for them.

In a bucket that has never kept versions, SeaweedFS, MinIO and moto take any version id for the current
object: a delete of "that version" removes it. So before something is changed by a version's id, the bucket
is asked whether it has any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    EncryptionKeyError,
    NotSupportedError,
    ObjectNotFoundError,
    ServerError,
    VersionNotFoundError,
)
from minio_sdk.operation import ObjectOperation, Place
from minio_sdk.operations.bucket_versioning import GetBucketVersioning
from minio_sdk.operations.head_object import HeadObject

NO_VERSIONS = "the bucket keeps no versions, and the server would take the current object for it"

Pair = tuple[str, str | None]


async def expect(engine: Engine, operation: ObjectOperation[Any]) -> None:
    """Make sure that an operation on a version can't meet the current object instead.

    Raises:
        VersionNotFoundError: it would.
    """
    version_id: str | None = getattr(operation, "version_id", None)
    if await mistaken(engine, operation.place, [(operation.key, version_id)]):
        error = VersionNotFoundError(
            NO_VERSIONS,
            code="NoSuchVersion",
            hint="leave version_id out, or set_bucket_versioning() before objects are stored",
        )
        raise engine.named(error, operation)


async def mistaken(engine: Engine, place: Place, pairs: Iterable[Pair]) -> list[Pair]:
    """Those pairs of key and version id that the server would take for other versions."""
    named = [pair for pair in pairs if pair[1] not in (None, "null")]
    if not named:
        return []
    try:
        status = await engine.send(GetBucketVersioning(place))
    except (AccessDeniedError, NotSupportedError, ServerError) as error:
        if isinstance(error, ServerError) and error.status != 200:
            raise
        # It may not be asked, or can't tell: then the versions themselves are.
        return [pair for pair in named if not await _is_there(engine, place, pair)]
    return named if status is None else []


async def _is_there(engine: Engine, place: Place, pair: Pair) -> bool:
    try:
        await engine.send(HeadObject(place, *pair))
    except (ObjectNotFoundError, AccessDeniedError, EncryptionKeyError):
        return True  # a delete marker; or the operation itself may be allowed
    except (VersionNotFoundError, ServerError):
        return False
    return True
