"""What else can be asked of objects and buckets: attributes, access control lists, archived objects."""

from __future__ import annotations

from dataclasses import replace

from minio_sdk.engine import Engine
from minio_sdk.errors import invalid
from minio_sdk.flows.settings import own_place, unchanged
from minio_sdk.flows.sub_resources import ask, check, send_exactly
from minio_sdk.models.details import AccessControlList, ObjectAttributes
from minio_sdk.models.given import whole
from minio_sdk.operations.acl import GetBucketAcl, GetObjectAcl
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.object_attributes import GetObjectAttributes
from minio_sdk.operations.restore_object import TIERS, RestoreObject


async def attributes(
    engine: Engine, bucket: str, key: str, version_id: str | None = None
) -> ObjectAttributes:
    """All attributes of an object, with all of its parts that the server tells."""
    operation = GetObjectAttributes(engine.place(bucket), key, version_id)
    await check(engine, operation)
    found, more = await ask(engine, operation, "attributes of objects")
    last = 0
    while more is not None and more > last:
        last = more
        page, more = await ask(engine, replace(operation, marker=last), "attributes of objects")
        found = replace(found, parts=(*found.parts, *page.parts))
    return found


MOST_DAYS = 2**31 - 1
"""S3 counts the days of a restored copy in 32 bits."""


async def bucket_acl(engine: Engine, bucket: str) -> AccessControlList:
    """The access control list of a bucket."""
    return await engine.send(GetBucketAcl(own_place(engine, bucket, GetBucketAcl.name)))


async def object_acl(
    engine: Engine, bucket: str, key: str, version_id: str | None = None
) -> AccessControlList:
    """The access control list of an object."""
    operation = GetObjectAcl(engine.place(bucket), key, version_id)
    await check(engine, operation)
    return await ask(engine, operation, "access control lists")


async def restore(
    engine: Engine, bucket: str, key: str, days: int, tier: str | None, version_id: str | None
) -> None:
    """Have an archived object brought back.

    Raises:
        NotSupportedError: the server answered that it does, and says nothing of it of the object.
    """
    whole(days, "days", 1, MOST_DAYS)
    if tier is not None and tier not in TIERS:
        raise invalid("tier", tier, f"must be of {', '.join(TIERS)}")
    operation = RestoreObject(engine.place(bucket), key, days, tier, version_id)
    await check(engine, operation)
    await send_exactly(engine, operation)
    found = await engine.send(HeadObject(operation.place, key, version_id))
    if found.restore is None:
        raise unchanged(engine, operation)
