"""Tags of objects.

A server that doesn't know ``?tagging`` may take a PUT of it for the object's new bytes, and a DELETE for the
object's own. So one that isn't known to have tags must answer with a ``<Tagging>`` document first.
"""

from __future__ import annotations

from collections.abc import Mapping

from minio_sdk.engine import Engine
from minio_sdk.flows import versions
from minio_sdk.flows.sub_resources import ask, send_exactly
from minio_sdk.models.names import check_key, check_version_id
from minio_sdk.operations.object_tagging import (
    DeleteObjectTagging,
    GetObjectTagging,
    PutObjectTagging,
)
from minio_sdk.wire.quirks import is_complete
from minio_sdk.wire.tags import MAX_OBJECT_TAGS, check_tags


async def get(
    engine: Engine, bucket: str, key: str, version_id: str | None = None
) -> dict[str, str]:
    """The tags of an object."""
    operation = GetObjectTagging(engine.place(bucket), key, version_id)
    operation.request()  # refuses bad names before the server is asked for anything
    await versions.expect(engine, operation, version_id)
    return await ask(engine, operation, "tags of objects")


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
    operation.request()  # refuses bad names before the server is asked for anything
    if is_complete(engine.api.server):
        await versions.expect(engine, operation, version_id)
    else:
        await get(engine, bucket, key, version_id)
    await send_exactly(engine, operation)


async def delete(engine: Engine, bucket: str, key: str, version_id: str | None = None) -> None:
    """Remove the tags of an object."""
    check_key(key)
    if version_id is not None:
        check_version_id(version_id)
    operation = DeleteObjectTagging(engine.place(bucket), key, version_id)
    if is_complete(engine.api.server):
        await versions.expect(engine, operation, version_id)
    elif not await get(engine, bucket, key, version_id):
        return
    await send_exactly(engine, operation)
