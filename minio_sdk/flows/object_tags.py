"""Tags of objects.

A server that doesn't know ``?tagging`` may take a PUT of it for the object's new bytes, and a DELETE for the
object's own. So one that isn't known to have tags must answer with a ``<Tagging>`` document first.
"""

from __future__ import annotations

from collections.abc import Mapping

from minio_sdk.engine import Engine
from minio_sdk.flows.sub_resources import ask, check, send_exactly
from minio_sdk.operations.object_tagging import (
    DeleteObjectTagging,
    GetObjectTagging,
    PutObjectTagging,
)
from minio_sdk.wire.quirks import is_complete
from minio_sdk.wire.tags import MAX_OBJECT_TAGS, check_tags

_TAGS = "tags of objects"


async def get(
    engine: Engine, bucket: str, key: str, version_id: str | None = None
) -> dict[str, str]:
    """The tags of an object."""
    operation = GetObjectTagging(engine.place(bucket), key, version_id)
    await check(engine, operation)
    return await ask(engine, operation, _TAGS)


async def put(
    engine: Engine,
    bucket: str,
    key: str,
    tags: Mapping[str, str],
    version_id: str | None = None,
) -> None:
    """Replace the tags of an object."""
    checked = check_tags(tags, MAX_OBJECT_TAGS)
    if not checked:  # moto fails on an empty document
        await delete(engine, bucket, key, version_id)
        return
    operation = PutObjectTagging(engine.place(bucket), key, checked, version_id)
    await check(engine, operation)
    if not is_complete(engine.api.server):
        await _ask(engine, operation)
    await send_exactly(engine, operation)


async def delete(engine: Engine, bucket: str, key: str, version_id: str | None = None) -> None:
    """Remove the tags of an object."""
    operation = DeleteObjectTagging(engine.place(bucket), key, version_id)
    await check(engine, operation)
    if not is_complete(engine.api.server) and not await _ask(engine, operation):
        return
    await send_exactly(engine, operation)


async def _ask(engine: Engine, change: PutObjectTagging | DeleteObjectTagging) -> dict[str, str]:
    """The tags before a change."""
    get = GetObjectTagging(change.place, change.key, change.version_id)
    return await ask(engine, get, _TAGS)
