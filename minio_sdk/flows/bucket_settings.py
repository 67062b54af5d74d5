"""What is set on a bucket as a whole: versioning, tags, policy, lifecycle, CORS.

How it is done safely is in `flows.settings`. With prefix tenancy a bucket of the server is many tenants', and
none of them may set it. Tags alone are kept there too, in an object beside the marker of the bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import BucketNotFoundError, NotFoundError, ServerError, shown
from minio_sdk.flows import bucket_tags
from minio_sdk.flows.settings import Kind, lost_rules, own_place, read, remove, switch, write
from minio_sdk.models import cors as cors_models
from minio_sdk.models import lifecycle as lifecycle_models
from minio_sdk.models.cors import CorsRule, cors_rules
from minio_sdk.models.lifecycle import LifecycleRule, lifecycle_rules
from minio_sdk.models.names import check_flag
from minio_sdk.models.showing import RecordList
from minio_sdk.operations import bucket_cors, bucket_lifecycle, bucket_policy, bucket_tagging
from minio_sdk.operations.bucket_versioning import GetBucketVersioning, PutBucketVersioning
from minio_sdk.operations.buckets import HeadBucket
from minio_sdk.wire import policy as policies
from minio_sdk.wire.tags import MAX_BUCKET_TAGS, check_tags


def _lost_tags(wanted: dict[str, str], found: dict[str, str]) -> str | None:
    differ = sorted(n for n in {*wanted, *found} if wanted.get(n) != found.get(n))
    return f"tag {shown(differ[0])}" if differ else None


def _lost_lifecycle(
    wanted: tuple[LifecycleRule, ...], found: tuple[LifecycleRule, ...]
) -> str | None:
    return lost_rules(wanted, found, lifecycle_models.essence)


def _lost_cors(wanted: tuple[CorsRule, ...], found: tuple[CorsRule, ...]) -> str | None:
    return lost_rules(wanted, found, cors_models.essence)


def _lost_policy(wanted: dict[str, Any], found: dict[str, Any]) -> str | None:
    return lost_rules(policies.distinct(wanted), policies.distinct(found), policies.essence)


TAGS: Kind[dict[str, str]] = Kind(
    bucket_tagging.GetBucketTagging,
    bucket_tagging.PutBucketTagging,
    bucket_tagging.DeleteBucketTagging,
    {},
    _lost_tags,
)
POLICY: Kind[dict[str, Any]] = Kind(
    bucket_policy.GetBucketPolicy,
    bucket_policy.PutBucketPolicy,
    bucket_policy.DeleteBucketPolicy,
    {},
    _lost_policy,
    shuts_out=True,
)
LIFECYCLE: Kind[tuple[LifecycleRule, ...]] = Kind(
    bucket_lifecycle.GetBucketLifecycle,
    bucket_lifecycle.PutBucketLifecycle,
    bucket_lifecycle.DeleteBucketLifecycle,
    (),
    _lost_lifecycle,
)
CORS: Kind[tuple[CorsRule, ...]] = Kind(
    bucket_cors.GetBucketCors,
    bucket_cors.PutBucketCors,
    bucket_cors.DeleteBucketCors,
    (),
    _lost_cors,
)


# -- versioning ------------------------------------------------------------------------------------


async def set_versioning(engine: Engine, bucket: str, enabled: bool) -> None:
    """Switch versioning on or suspend it."""
    place = own_place(engine, bucket, "PutBucketVersioning")
    check_flag("enabled", enabled)
    # Suspending what was never on leaves nothing to be seen on some servers.
    await switch(
        engine,
        PutBucketVersioning(place, enabled),
        GetBucketVersioning(place),
        lambda status: (status == "Enabled") is enabled,
    )


async def get_versioning(engine: Engine, bucket: str) -> bool:
    """Whether versioning is on."""
    place = own_place(engine, bucket, "GetBucketVersioning")
    try:
        return await engine.send(GetBucketVersioning(place)) == "Enabled"
    except BucketNotFoundError:
        raise
    except NotFoundError:  # the bucket is there, and the server knows no versions
        await engine.send(HeadBucket(place))
        return False


# -- tags ------------------------------------------------------------------------------------------


async def set_tags(engine: Engine, bucket: str, tags: Mapping[str, str]) -> None:
    """Replace the tags; none removes them."""
    place = engine.place(bucket)
    wanted = check_tags(tags, MAX_BUCKET_TAGS)
    if place.prefix:
        await bucket_tags.write(engine, place, wanted)
    else:
        await write(engine, TAGS, place, wanted)


async def get_tags(engine: Engine, bucket: str) -> dict[str, str]:
    """The tags; none is an empty dict."""
    place = engine.place(bucket)
    if place.prefix:
        return await bucket_tags.read(engine, place)
    found = await read(engine, TAGS, place)
    return dict(found)


async def delete_tags(engine: Engine, bucket: str) -> None:
    """Remove the tags."""
    place = engine.place(bucket)
    if place.prefix:
        await bucket_tags.write(engine, place, {})
    else:
        await remove(engine, TAGS, place)


# -- policy ----------------------------------------------------------------------------------------


async def set_policy(engine: Engine, bucket: str, policy: object) -> None:
    """Replace the policy; an empty one removes it."""
    place = own_place(engine, bucket, "PutBucketPolicy")
    wanted = policies.read_policy(policy)
    if wanted:
        wanted = policies.to_server(wanted, bucket, place.server_bucket)
    await write(engine, POLICY, place, wanted)


async def get_policy(engine: Engine, bucket: str) -> dict[str, Any]:
    """The policy with the tenant's names; none is an empty dict."""
    place = own_place(engine, bucket, "GetBucketPolicy")
    found = await read(engine, POLICY, place)
    try:
        return policies.from_server(found, bucket, place.server_bucket) if found else {}
    except ValueError as why:
        error = ServerError(
            f"{why}, and so another program has set it; nothing of it is shown",
            hint="set_bucket_policy() replaces it, delete_bucket_policy() removes it",
        )
    raise engine.named(error, bucket_policy.GetBucketPolicy(place))


async def delete_policy(engine: Engine, bucket: str) -> None:
    """Remove the policy."""
    await remove(engine, POLICY, own_place(engine, bucket, "DeleteBucketPolicy"))


# -- lifecycle -------------------------------------------------------------------------------------


async def set_lifecycle(engine: Engine, bucket: str, rules: object) -> None:
    """Replace the lifecycle rules; none removes them."""
    place = own_place(engine, bucket, "PutBucketLifecycleConfiguration")
    await write(engine, LIFECYCLE, place, lifecycle_rules(rules))


async def get_lifecycle(engine: Engine, bucket: str) -> RecordList[LifecycleRule]:
    """The lifecycle rules; none is an empty list."""
    place = own_place(engine, bucket, "GetBucketLifecycleConfiguration")
    found = await read(engine, LIFECYCLE, place)
    return RecordList(found)


async def delete_lifecycle(engine: Engine, bucket: str) -> None:
    """Remove the lifecycle rules."""
    await remove(engine, LIFECYCLE, own_place(engine, bucket, "DeleteBucketLifecycle"))


# -- CORS ------------------------------------------------------------------------------------------


async def set_cors(engine: Engine, bucket: str, rules: object) -> None:
    """Replace the CORS rules; none removes them."""
    await write(engine, CORS, own_place(engine, bucket, "PutBucketCors"), cors_rules(rules))


async def get_cors(engine: Engine, bucket: str) -> RecordList[CorsRule]:
    """The CORS rules; none is an empty list."""
    found = await read(engine, CORS, own_place(engine, bucket, "GetBucketCors"))
    return RecordList(found)


async def delete_cors(engine: Engine, bucket: str) -> None:
    """Remove the CORS rules."""
    await remove(engine, CORS, own_place(engine, bucket, "DeleteBucketCors"))
