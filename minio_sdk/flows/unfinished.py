"""Uploads in parts that were begun and not ended: listed, looked into, and ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta

from minio_sdk.engine import Engine
from minio_sdk.errors import NotFoundError, NotSupportedError, invalid
from minio_sdk.flows import buckets, listing
from minio_sdk.models.details import MultipartUpload, UploadedPart
from minio_sdk.models.names import check_version_id
from minio_sdk.operations.multipart import AbortMultipartUpload, ListMultipartUploads, ListParts
from minio_sdk.wire.quirks import is_minio

AT_ONCE = 8
"""Uploads that are ended at the same time."""


def uploads(engine: Engine, bucket: str, prefix: str = "") -> AsyncGenerator[MultipartUpload, None]:
    """The unfinished uploads of a bucket whose keys begin with `prefix`, lazily.

    Raises:
        ValidationError: at once.
    """
    operation = ListMultipartUploads(engine.place(bucket), prefix)
    operation.request()
    return _uploads(engine, operation)


async def _uploads(
    engine: Engine, operation: ListMultipartUploads
) -> AsyncGenerator[MultipartUpload, None]:
    place, prefix = operation.place, operation.prefix
    if place.prefix:
        await buckets.check(engine, operation, now=True)  # and tells who the server is
        if is_minio(engine.api.server):
            error = NotSupportedError(
                "MinIO lists the unfinished uploads of a whole bucket or of one key, and none by "
                "prefix",
                hint="MinIO ends them by itself after a day",
            )
            raise engine.named(error, operation)
        asked = prefix
    else:
        # To MinIO a prefix is a whole key, so all are asked for there, and sorted out here.
        asked = prefix if is_minio(engine.api.server) is False else ""
    async with aclosing(listing.uploads(engine, place, asked)) as found:
        async for upload in found:
            if upload.key.startswith(prefix):
                yield MultipartUpload(
                    key=upload.key,
                    upload_id=upload.upload_id,
                    initiated=upload.initiated,
                    storage_class=upload.storage_class or None,
                )


def parts(
    engine: Engine, bucket: str, key: str, upload_id: str
) -> AsyncGenerator[UploadedPart, None]:
    """The parts that an unfinished upload has, lazily.

    Raises:
        ValidationError: at once.
    """
    operation = ListParts(engine.place(bucket), key, check_version_id(upload_id, "upload_id"))
    operation.request()
    return _parts(engine, operation)


async def _parts(engine: Engine, operation: ListParts) -> AsyncGenerator[UploadedPart, None]:
    place, key, upload_id = operation.place, operation.key, operation.upload_id
    async with aclosing(listing.parts(engine, place, key, upload_id)) as found:
        async for part in found:
            yield UploadedPart(
                part_number=part.part_number,
                size=part.size,
                etag=part.etag.strip('"'),
                last_modified=part.last_modified,
            )


async def abort(engine: Engine, bucket: str, key: str, upload_id: str) -> None:
    """End an upload and drop its parts."""
    check_version_id(upload_id, "upload_id")
    await engine.send(AbortMultipartUpload(engine.place(bucket), key, upload_id))


async def abort_old(
    engine: Engine, bucket: str, prefix: str, older_than: timedelta | float
) -> list[MultipartUpload]:
    """End the uploads that were begun some time ago, and tell which."""
    age = older_than.total_seconds() if isinstance(older_than, timedelta) else older_than
    if isinstance(age, bool) or not isinstance(age, (int, float)) or not age >= 0:
        raise invalid("older_than", older_than, "must be a timedelta, or seconds from 0")
    place = engine.place(bucket)
    walk = uploads(engine, bucket, prefix)

    async def end(upload: MultipartUpload) -> MultipartUpload | None:
        begun = upload.initiated
        if begun is None or engine.transport.signing.now() - begun.timestamp() < age:
            return None
        try:
            await engine.send(AbortMultipartUpload(place, upload.key, upload.upload_id))
        except NotFoundError:
            return None  # it ended by itself meanwhile
        return upload

    async with aclosing(walk):
        ended = await engine.transport.map(end, walk, AT_ONCE)
    return [upload for upload in ended if upload is not None]
