"""How much a tenant stores, counted from listings.

Rule of this file: what is counted is what the server lists at the time, one page in memory at a time; a
figure that can't be had is an error or None, and never a zero.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    BucketNotFoundError,
    NotSupportedError,
    UploadNotFoundError,
    ValidationError,
    invalid,
)
from minio_sdk.flows import buckets, listing
from minio_sdk.flows.progress import Meter, OnProgress
from minio_sdk.models.names import canonical_tenant, check_concurrency, check_flag, check_prefix
from minio_sdk.models.usage import BucketUsage, TenantUsage
from minio_sdk.operation import Place
from minio_sdk.operations.list_objects import ListObjectsV2
from minio_sdk.operations.multipart import ListMultipartUploads
from minio_sdk.wire.quirks import is_minio

AT_ONCE = 8
"""Buckets that are listed side by side."""

_FIGURES = tuple(f.name for f in fields(BucketUsage) if f.name != "bucket")


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be counted; the fields are the arguments of `get_tenant_usage`.

    Raises:
        ValidationError: one of them is of the wrong kind.
    """

    bucket: str | None = None
    prefix: str = ""
    versions: bool = False
    uploads: bool = False
    snapshots: bool = False
    concurrency: int | None = None

    def __post_init__(self) -> None:
        check_prefix(self.prefix)
        for name in ("versions", "uploads", "snapshots"):
            check_flag(name, getattr(self, name))
        if self.prefix and self.bucket is None:
            raise invalid("prefix", self.prefix, "goes with a bucket")
        if self.prefix and self.snapshots:
            raise ValidationError(
                "snapshots: are of whole buckets, so that prefix can't go with them"
            )
        check_concurrency(self.concurrency)


async def count(
    engine: Engine, question: Question, progress: OnProgress | bool | None
) -> TenantUsage:
    """What the tenant's buckets hold.

    Raises:
        BucketNotFoundError: the bucket that was named isn't there.
    """
    if question.bucket is not None:
        engine.place(question.bucket)
    meter = Meter(engine.transport.clock, progress)
    try:
        if question.bucket is not None:
            found = [await _of_bucket(engine, question, question.bucket, meter)]
        else:
            found = await _of_all(engine, question, meter)
    finally:
        meter.close()
    tenant_id = engine.config.tenant_id
    return TenantUsage(
        tenant_id=None if tenant_id is None else canonical_tenant(tenant_id),
        buckets=tuple(found),
        **_sums(found, question, engine),
    )


async def _of_all(engine: Engine, question: Question, meter: Meter) -> list[BucketUsage]:
    names = [info.name for info in await buckets.list_all(engine)]
    alone = meter if len(names) == 1 else None

    async def one(bucket: str) -> BucketUsage | None:
        try:
            return await _of_bucket(engine, question, bucket, alone)
        except BucketNotFoundError:
            return None  # it went meanwhile, and what it held with it

    def done(usage: BucketUsage | None) -> None:
        if usage is not None and alone is None:
            meter.add(usage.bytes, usage.objects)

    limit = min(question.concurrency or AT_ONCE, engine.config.pool_size)
    found = await engine.transport.map(one, names, limit, done)
    return [usage for usage in found if usage is not None]


def _sums(found: list[BucketUsage], question: Question, engine: Engine) -> dict[str, Any]:
    nothing = BucketUsage(bucket="", **_zeros(engine, question))
    sums: dict[str, Any] = {}
    for name in _FIGURES:
        values = [getattr(each, name) for each in (nothing, *found)]
        sums[name] = None if values[0] is None else sum(values)
    return sums


def _zeros(engine: Engine, question: Question) -> dict[str, int]:
    """The figures that are asked for besides objects and bytes, at their beginning."""
    names: list[str] = []
    if question.versions:
        names += ["noncurrent_versions", "noncurrent_bytes", "delete_markers"]
    if question.uploads:
        names += ["uploads", "upload_bytes"]
    # Without tenancy, snapshots lie in buckets of their own, which count as such.
    if question.snapshots and engine.config.tenant_id is not None:
        names += ["snapshot_objects", "snapshot_bytes"]
    return dict.fromkeys(names, 0)


async def _of_bucket(
    engine: Engine, question: Question, bucket: str, meter: Meter | None
) -> BucketUsage:
    place = engine.place(bucket)
    figures = {"objects": 0, "bytes": 0, **_zeros(engine, question)}
    walk = listing.version_pages if question.versions else listing.pages
    async for page in walk(engine, place, question.prefix):
        objects, size = figures["objects"], figures["bytes"]
        if not question.versions:
            figures["objects"] += len(page.objects)
            figures["bytes"] += sum([item.size for item in page.objects])
        for item in page.objects if question.versions else ():
            if item.is_delete_marker:
                figures["delete_markers"] += 1
                continue
            # Where a bucket keeps no versions, some servers don't say which one is the latest.
            old = item.is_latest is False
            figures["noncurrent_versions" if old else "objects"] += 1
            figures["noncurrent_bytes" if old else "bytes"] += item.size
        if meter is not None:
            meter.add(figures["bytes"] - size, figures["objects"] - objects)
    if not figures["objects"] and place.prefix:
        # Below a shared bucket, nothing to list may mean that the tenant's bucket isn't there.
        await buckets.check(engine, ListObjectsV2(place, question.prefix), now=True)
    if "uploads" in figures:
        await _count_uploads(engine, place, question.prefix, figures)
    if "snapshot_objects" in figures:
        await _count_snapshots(engine, bucket, figures)
    return BucketUsage(bucket=bucket, **figures)


async def _count_uploads(
    engine: Engine, place: Place, prefix: str, figures: dict[str, int]
) -> None:
    if (place.prefix or prefix) and is_minio(engine.api.server):
        error = NotSupportedError(
            "MinIO lists the unfinished uploads of a whole bucket or of one key, and none by prefix",
            hint="uploads=False; MinIO ends them by itself after a day",
        )
        raise engine.named(error, ListMultipartUploads(place, prefix))
    async for upload in listing.uploads(engine, place, prefix):
        try:
            parts = listing.parts(engine, place, upload.key, upload.upload_id)
            size = sum([part.size async for part in parts])
        except UploadNotFoundError:
            continue  # it ended meanwhile
        figures["uploads"] += 1
        figures["upload_bytes"] += size


async def _count_snapshots(engine: Engine, bucket: str, figures: dict[str, int]) -> None:
    try:
        async for item in listing.objects(engine, engine.scope.snapshots(bucket)):
            figures["snapshot_objects"] += 1
            figures["snapshot_bytes"] += item.size
    except BucketNotFoundError:
        return  # no snapshot was ever taken
