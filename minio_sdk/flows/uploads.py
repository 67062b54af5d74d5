"""Uploads: one request for what is small, parts for what is large or of unknown length.

Rule of this file: an object appears only when all of it has arrived. Whatever goes wrong before that, an
unfinished multipart upload is aborted, and the abort's own failure never hides the cause.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import AsyncIterator, Mapping, Sequence

from minio_sdk.config import MAX_PART, MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketNotFoundError,
    IntegrityError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    UploadNotFoundError,
    invalid,
)
from minio_sdk.flows import buckets
from minio_sdk.flows.sources import Source
from minio_sdk.models.names import check_key
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Operation, Place, T
from minio_sdk.operations.buckets import HeadBucket
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.multipart import (
    MAX_PARTS,
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    UploadPart,
)
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.metadata import metadata_headers
from minio_sdk.wire.quirks import not_kept, suspicious

MAX_OBJECT = MAX_PARTS * MAX_PART
DEFAULT_PART = 16 * MiB
_COMPRESSED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
}


def object_headers(
    key: str, content_type: str | None, metadata: Mapping[str, str] | None
) -> dict[str, str]:
    """The headers that describe a new object.

    Raises:
        ValidationError: a content type or metadata that a header can't carry.
    """
    check_key(key)
    if content_type is None:
        guess, encoding = mimetypes.guess_type(key, strict=False)
        # "data.csv.gz" is a gzip file, not a CSV file: the bytes are what is described.
        found = _COMPRESSED.get(encoding) if encoding else guess
        content_type = found or "application/octet-stream"
    elif (
        not isinstance(content_type, str)
        or not content_type.isascii()
        or not content_type.isprintable()
        or "/" not in content_type
    ):
        raise invalid("content_type", content_type, "must be like 'text/plain', in ASCII")
    return {"content-type": content_type, **metadata_headers(metadata)}


async def put(
    engine: Engine,
    place: Place,
    key: str,
    source: Source,
    headers: dict[str, str],
    *,
    create_bucket: bool = False,
) -> UploadResponse:
    """Store what `source` gives as one object.

    Args:
        engine: sends.
        place: the bucket.
        key: the key.
        source: the bytes.
        headers: what describes the object.
        create_bucket: make the bucket when the server says that it is missing.
    """
    place.object_path(key)
    if suspicious(key):
        await _refuse_what_is_not_kept(engine, place, key, source)
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
    if body is not None and len(body) <= threshold:
        return await _begin(engine, PutObject(place, key, body, headers), create_bucket)
    create = CreateMultipartUpload(place, key, headers)
    upload_id = await _begin(engine, create, create_bucket)
    return await _in_parts(engine, place, key, source, upload_id)


async def _refuse_what_is_not_kept(engine: Engine, place: Place, key: str, source: Source) -> None:
    """Refuse a key that this server would answer 200 to, and store under another one or nowhere.

    Raises:
        NotSupportedError: it would.
    """
    head = HeadBucket(place)
    if engine.api.server is None:
        try:
            await engine.send(head)  # any answer says which server it is
        except (NotFoundError, AccessDeniedError):
            pass
    why = not_kept(engine.api.server or "", place.key_out(key), empty=source.length == 0)
    if why is not None:
        error = NotSupportedError(why, hint="another key")
        engine.named(error, PutObject(place, key, b""))
        raise error


async def _begin(engine: Engine, operation: Operation[T], create_bucket: bool) -> T:
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
    engine: Engine, place: Place, key: str, source: Source, upload_id: str
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
        return await complete(engine, CompleteMultipartUpload(place, key, upload_id, etags, size))
    except BaseException:
        await abort(engine, AbortMultipartUpload(place, key, upload_id))
        raise


async def complete(engine: Engine, operation: CompleteMultipartUpload) -> UploadResponse:
    """Make the parts an object; a lost answer is settled by asking for the object."""
    try:
        return await engine.send(operation)
    except UploadNotFoundError as error:
        if error.attempts == 1:
            raise
        # An earlier try may have done it, and its answer been lost: then the object is there.
        try:
            found = await engine.send(HeadObject(operation.place, operation.key))
        except MinIOError:
            raise error from None
        if found.size != operation.size or found.etag != _etag_of(operation.etags):
            raise
        return UploadResponse(
            key=operation.key,
            size=found.size,
            etag=found.etag,
            version_id=found.version_id,
            bucket=operation.place.bucket,
        )


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
