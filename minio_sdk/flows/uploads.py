"""Uploads: one request for what is small, parts for what is large or of unknown length.

Rule of this file: an object appears only when all of it has arrived. Whatever goes wrong before that, an
unfinished multipart upload is aborted, and the abort's own failure never hides the cause.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from minio_sdk.config import MAX_PART, MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    BucketNotFoundError,
    IntegrityError,
    MinIOError,
    ObjectNotFoundError,
    PreconditionFailedError,
    UploadNotFoundError,
    as_class,
    invalid,
)
from minio_sdk.flows import buckets, quirks
from minio_sdk.flows.conditions import GONE, READ_ANEW, Condition, check_condition
from minio_sdk.flows.sources import Source
from minio_sdk.models.names import check_key
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Operation, Place, T
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.multipart import (
    MAX_PARTS,
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    UploadPart,
)
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.describing import check_storage_class, describing_header
from minio_sdk.wire.message import StreamBody
from minio_sdk.wire.metadata import metadata_headers
from minio_sdk.wire.quirks import suspicious
from minio_sdk.wire.tags import MAX_OBJECT_TAGS, check_tags, tags_header

MAX_OBJECT = MAX_PARTS * MAX_PART
DEFAULT_PART = 16 * MiB
_COMPRESSED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
}


def object_headers(
    key: str,
    content_type: str | None,
    metadata: Mapping[str, str] | None,
    *,
    tags: Mapping[str, str] | None = None,
    content_encoding: str | None = None,
    content_disposition: str | None = None,
    content_language: str | None = None,
    cache_control: str | None = None,
    expires: datetime | str | None = None,
    storage_class: str | None = None,
) -> dict[str, str]:
    """The headers that describe a new object.

    Raises:
        ValidationError: what a header can't carry, or S3 does not take.
    """
    check_key(key)
    headers = {"content-type": _content_type(key, content_type), **metadata_headers(metadata)}
    if tags is not None and check_tags(tags, MAX_OBJECT_TAGS):
        headers["x-amz-tagging"] = tags_header(tags)
    for argument, value in (
        ("content_encoding", content_encoding),
        ("content_disposition", content_disposition),
        ("content_language", content_language),
        ("cache_control", cache_control),
        ("expires", expires),
    ):
        if value is not None:
            headers[argument.replace("_", "-")] = describing_header(argument, value)
    if storage_class is not None:
        headers["x-amz-storage-class"] = check_storage_class(storage_class)
    return headers


def _content_type(key: str, content_type: str | None) -> str:
    if content_type is not None:
        return describing_header("content_type", content_type)
    guess, encoding = mimetypes.guess_type(key, strict=False)
    # "data.csv.gz" is a gzip file, not a CSV file: the bytes are what is described.
    found = _COMPRESSED.get(encoding) if encoding else guess
    return found or "application/octet-stream"


async def put(
    engine: Engine,
    place: Place,
    key: str,
    source: Source,
    headers: dict[str, str],
    *,
    create_bucket: bool = False,
    condition: Condition | None = None,
) -> UploadResponse:
    """Store what `source` gives as one object.

    Args:
        engine: sends.
        place: the bucket.
        key: the key.
        source: the bytes.
        headers: what describes the object.
        create_bucket: make the bucket when the server says that it is missing.
        condition: what must hold of the object that is there, or isn't.
    """
    place.object_path(key)
    if suspicious(key):
        await quirks.refuse(engine, PutObject(place, key, b""), empty=source.length == 0)
    length = source.length
    threshold = engine.config.multipart_threshold
    body = source.whole
    if length is not None and length > MAX_OBJECT:
        raise invalid("data", length, f"S3 stores at most {MAX_OBJECT} bytes as one object")
    if length is None:
        body = await source.read(engine.transport, threshold + 1)
        if len(body) > threshold:
            source.unread(body)
    elif body is None and length <= threshold:
        # One byte more than a file said it has tells whether it has grown.
        body = await source.read(engine.transport, length + 1)
        _check_length(length, len(body))
    if condition is not None:
        await check_condition(engine, place, key, condition)
    if body is not None and len(body) <= threshold:
        if condition is not None:
            headers = {**headers, **condition.headers()}
        return await _put_whole(engine, PutObject(place, key, body, headers), create_bucket)
    create = CreateMultipartUpload(place, key, headers)
    upload_id = await begin(engine, create, create_bucket)
    return await _in_parts(engine, place, key, source, upload_id, condition)


async def put_file(
    engine: Engine,
    place: Place,
    key: str,
    path: str | os.PathLike[str],
    headers: dict[str, str],
    *,
    condition: Condition | None = None,
) -> UploadResponse:
    """Store a file as one object; the bucket is made when the server says that it is missing.

    Raises:
        OSError: the file can't be opened or read.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise invalid("path", path, "must be text or a path")
    file = await engine.transport.call(open, path, "rb")
    try:
        source = Source(file)
        return await put(
            engine, place, key, source, headers, create_bucket=True, condition=condition
        )
    finally:
        file.close()


async def _put_whole(engine: Engine, operation: PutObject, create_bucket: bool) -> UploadResponse:
    """Store in one request; a refusal that our own first try has caused is settled by the ETag."""
    try:
        return await begin(engine, operation, create_bucket)
    except ObjectNotFoundError as error:
        # Some say so where `if_match` finds nothing.
        raise as_class(error, PreconditionFailedError, GONE, READ_ANEW) from None
    except PreconditionFailedError as error:
        body = operation.body
        if error.attempts == 1 or isinstance(body, StreamBody):
            raise
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        ours = await _stored_by_us(engine, operation, etag, len(body))
        if ours is None:
            raise
        return ours


async def _stored_by_us(
    engine: Engine, operation: PutObject | CompleteMultipartUpload, etag: str | None, size: int
) -> UploadResponse | None:
    """What an earlier try of `operation` has stored, its answer having been lost; None if it hasn't."""
    try:
        found = await engine.send(HeadObject(operation.place, operation.key))
    except MinIOError:
        return None
    if found.size != size or found.etag != etag:
        return None
    return UploadResponse(
        key=operation.key,
        size=found.size,
        etag=found.etag,
        version_id=found.version_id,
        bucket=operation.place.bucket,
    )


async def begin(engine: Engine, operation: Operation[T], create_bucket: bool) -> T:
    """Send the first request of an upload, where a missing bucket shows."""
    try:
        await buckets.check(engine, operation)
        return await engine.send(operation)
    except BucketNotFoundError:
        if not create_bucket or operation.place.bucket is None:
            raise
        await buckets.create_missing(engine, operation.place.bucket)
        return await engine.send(operation)


def _check_length(expected: int | None, found: int) -> None:
    if expected is not None and found != expected:
        comparison = "more" if found > expected else "fewer"
        raise IntegrityError(
            f"the data has {comparison} bytes than the {expected} it was said to have",
            hint="don't change a file while it is uploaded; leave length out if it isn't known",
        )


async def _in_parts(
    engine: Engine,
    place: Place,
    key: str,
    source: Source,
    upload_id: str,
    condition: Condition | None,
) -> UploadResponse:
    try:
        etags: list[str] = []
        size = 0
        async for body in _parts(engine, source):
            if len(etags) == MAX_PARTS:
                raise invalid("part_size", size // MAX_PARTS, f"gives more than {MAX_PARTS} parts")
            number = len(etags) + 1
            etags.append(await engine.send(UploadPart(place, key, upload_id, number, body)))
            size += len(body)
        _check_length(source.length, size)
        headers = {}
        if condition is not None:
            # Once more: the parts have taken their time, and some servers don't look at the header.
            await check_condition(engine, place, key, condition)
            headers = condition.headers()
        return await complete(
            engine, CompleteMultipartUpload(place, key, upload_id, etags, size, headers)
        )
    except BaseException:
        await abort(engine, AbortMultipartUpload(place, key, upload_id))
        raise


async def complete(engine: Engine, operation: CompleteMultipartUpload) -> UploadResponse:
    """Make the parts an object; a lost answer is settled by asking for the object."""
    try:
        return await engine.send(operation)
    except (UploadNotFoundError, PreconditionFailedError) as error:
        if error.attempts == 1:
            raise
        # An earlier try may have done it, and its answer been lost: then the object is there.
        ours = await _stored_by_us(engine, operation, _etag_of(operation.etags), operation.size)
        if ours is None:
            raise
        return ours


def _etag_of(etags: Sequence[str]) -> str | None:
    """The ETag of an object made of these parts: the MD5 of their MD5s, and how many there are."""
    try:
        digests = b"".join(bytes.fromhex(etag.strip('"')) for etag in etags)
    except ValueError:
        return None  # encrypted parts have ETags of another kind
    whole = hashlib.md5(digests, usedforsecurity=False).hexdigest()
    return f"{whole}-{len(etags)}"


async def abort(engine: Engine, operation: AbortMultipartUpload) -> None:
    """End an upload; a failure here is not the news, what led to it is."""
    try:
        # `begin`: when it was the deadline that ended the upload, this has one of its own.
        await engine.begin().send(operation)
    except Exception:  # whatever it is: also a user's provider that has no more keys to give
        return


async def _parts(engine: Engine, source: Source) -> AsyncIterator[bytes | memoryview]:
    """The bodies of the parts, one in memory at a time."""
    length = source.length
    size = engine.config.part_size or DEFAULT_PART
    if length is not None:
        size = max(size, -(-length // MAX_PARTS))
    if source.whole is not None:
        view = memoryview(source.whole)
        for start in range(0, len(view), size):
            yield view[start : start + size]
        return
    count = 0
    while body := await source.read(engine.transport, size):
        yield body
        count += 1
        # Of unknown length: parts grow, so that 10,000 of them reach S3's largest object.
        if length is None and count % 1000 == 0:
            size = min(size * 2, MAX_PART)
