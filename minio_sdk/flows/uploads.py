"""Uploads: one request for what is small, parts for what is large or of unknown length.

Rule of this file: an object appears only when all of it has arrived. Whatever goes wrong before that, an
unfinished multipart upload is aborted, and the abort's own failure never hides the cause.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from minio_sdk.config import MAX_PART
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
from minio_sdk.flows.checked import refused, sent, unrepeatable
from minio_sdk.flows.conditions import GONE, READ_ANEW, Condition, check_condition
from minio_sdk.flows.held import held
from minio_sdk.flows.leases import Lease, users_code
from minio_sdk.flows.parts import Sent, send_parts
from minio_sdk.flows.progress import Meter, OnProgress
from minio_sdk.flows.sources import FileSlices, Source
from minio_sdk.flows.transfers import Resuming, hopeless, stored_by_us
from minio_sdk.models.names import check_key
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Operation, Place, T
from minio_sdk.operations.multipart import (
    MAX_PARTS,
    AbortMultipartUpload,
    Begun,
    CompleteMultipartUpload,
    CreateMultipartUpload,
)
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.checksums import crc32_joined
from minio_sdk.wire.describing import check_storage_class, describing_header
from minio_sdk.wire.message import StreamBody
from minio_sdk.wire.metadata import metadata_headers
from minio_sdk.wire.quirks import suspicious
from minio_sdk.wire.tags import MAX_OBJECT_TAGS, check_tags, tags_header

MAX_OBJECT = MAX_PARTS * MAX_PART
UNCOUNTED = 64 * 1024
"""Bytes that may be read without asking the memory budget."""

BEGINNING = 5.0
"""Seconds that the first request of an upload has to end by itself after an interrupt."""

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
    progress: OnProgress | bool | None = None,
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
        progress: told of what the server has acknowledged; True for a bar.
    """
    meter = Meter(engine.transport.clock, progress)
    try:
        return await _put(
            engine,
            place,
            key,
            source,
            headers,
            meter,
            create_bucket=create_bucket,
            condition=condition,
        )
    finally:
        meter.close()


async def _put(
    engine: Engine,
    place: Place,
    key: str,
    source: Source,
    headers: dict[str, str],
    meter: Meter,
    *,
    create_bucket: bool,
    condition: Condition | None,
    resuming: Resuming | None = None,
) -> UploadResponse:
    place.object_path(key)
    if suspicious(key):
        await quirks.refuse(engine, PutObject(place, key, b""), empty=source.length == 0)
    length = source.length
    if length is not None and length > MAX_OBJECT:
        raise invalid("data", length, f"S3 stores at most {MAX_OBJECT} bytes as one object")
    meter.bytes_total, meter.objects_total = length, 1
    lease = Lease(engine.transport.memory)
    try:
        going_on = resuming is not None and resuming.begun is not None
        body = None if going_on else await _small(engine, source, lease)
        if condition is not None:
            await check_condition(engine, place, key, condition)
        if body is None:
            create = CreateMultipartUpload(place, key, headers)
            job = _InParts(engine, create, create_bucket, source, lease, meter, condition, resuming)
            stored = await job.store()
        else:
            if condition is not None:
                headers = {**headers, **condition.headers()}
            operation = PutObject(place, key, body, headers)

            async def store(checked: PutObject) -> UploadResponse:
                return await _put_whole(engine, checked, create_bucket)

            stored, _ = await sent(engine, operation, store)
            meter.add(stored.size)
    except IntegrityError as error:
        engine.named(error, PutObject(place, key, b""))
        raise
    finally:
        lease.close()
    meter.add(0, objects=1)
    return stored


async def _small(engine: Engine, source: Source, lease: Lease) -> bytes | memoryview | None:
    """All of what is to be sent in one request; None when it goes in parts."""
    length, threshold = source.length, engine.config.multipart_threshold
    if source.whole is not None:
        return source.whole if len(source.whole) <= threshold else None
    if length is not None and length > threshold:
        return None
    # One byte more than a file said it has tells whether it has grown, and in the same way what is
    # too much for one request. What is very small isn't worth waiting for.
    most = threshold if length is None else length
    with users_code():
        body = await source.read(engine.transport, min(most, UNCOUNTED) + 1)
    if len(body) > UNCOUNTED:
        source.unread(body)
        await lease.take(0, most + 1)
        if source.slices is not None:
            return await engine.transport.call(source.slices.read, 0, most)
        with users_code():
            body = await source.read(engine.transport, most + 1)
    if len(body) > threshold:
        source.unread(body)
        return None
    _check_length(length, len(body))
    return body


async def put_file(
    engine: Engine,
    place: Place,
    key: str,
    path: str | os.PathLike[str],
    headers: dict[str, str],
    *,
    condition: Condition | None = None,
    progress: OnProgress | bool | None = None,
    resume: bool = False,
) -> UploadResponse:
    """Store a file as one object; the bucket is made when the server says that it is missing.

    Raises:
        OSError: the file can't be opened or read.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise invalid("path", path, "must be text or a path")
    meter = Meter(engine.transport.clock, progress)
    try:
        opened = held(engine.transport, lambda: open(path, "rb"))  # noqa: PTH123, SIM115
        file: BinaryIO = await opened
        with file:
            return await _put_open(
                engine, place, key, path, file, headers, meter, condition, resume
            )
    finally:
        meter.close()


async def _put_open(
    engine: Engine,
    place: Place,
    key: str,
    path: str | os.PathLike[str],
    file: BinaryIO,
    headers: dict[str, str],
    meter: Meter,
    condition: Condition | None,
    resume: bool,
) -> UploadResponse:
    resuming = None
    try:
        source = Source(file)
        slices = await engine.transport.call(FileSlices, path, file)
        if slices.regular and slices.size == source.length:
            source.slices = slices
            if resume:
                place.object_path(key)
                resuming = Resuming(engine, place, key, slices, headers)
                await resuming.look()
        if resuming is not None and resuming.stored is not None:
            meter.bytes_total, meter.objects_total = slices.size, 1
            meter.add(slices.size, objects=1)
            await resuming.ended()
            return resuming.stored
        stored = await _put(
            engine,
            place,
            key,
            source,
            headers,
            meter,
            create_bucket=True,
            condition=condition,
            resuming=resuming,
        )
        if resuming is not None:
            await resuming.ended()
        return stored
    except MinIOError as error:
        if resuming is not None and hopeless(error):
            await resuming.give_up()
        raise
    finally:
        if resuming is not None:
            resuming.close()


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
        ours = await stored_by_us(engine, operation.place, operation.key, etag, len(body))
        if ours is None:
            raise
        return ours


async def begin(engine: Engine, operation: Operation[T], create_bucket: bool) -> T:
    """Send the first request of an upload, where a missing bucket shows."""
    try:
        await buckets.check(engine, operation)
        return await engine.send(operation)
    except BucketNotFoundError:
        if not create_bucket or operation.place.bucket is None:
            raise
        await buckets.create_missing(engine, operation.place.bucket)
        return await buckets.when_known(engine, lambda: engine.send(operation))


def _check_length(expected: int | None, found: int) -> None:
    if expected is not None and found != expected:
        comparison = "more" if found > expected else "fewer"
        raise IntegrityError(
            f"the data has {comparison} bytes than the {expected} it was said to have",
            hint="don't change a file while it is uploaded; leave length out if it isn't known",
        )


@dataclass(slots=True)
class _InParts:
    """An upload in parts; see `put`."""

    engine: Engine
    create: CreateMultipartUpload
    create_bucket: bool
    source: Source
    lease: Lease
    meter: Meter
    condition: Condition | None
    resuming: Resuming | None
    begun: list[Begun] = field(default_factory=list)
    checked: bool = True
    _again: int = 0
    _told: int = 0

    async def store(self) -> UploadResponse:
        """The object; without checksums if the server refuses those of parts."""
        if self.resuming is not None and self.resuming.begun is not None:
            self.begun.append(self.resuming.begun)
        try:
            return await self._try()
        except MinIOError as error:
            if not self.begun or self.begun[0].checksums is None or not refused(error):
                raise
            if not await self.source.rewind(self.engine.transport):
                raise unrepeatable(self.engine, error) from None
        if self.resuming is not None:
            await self.resuming.drop()
        self.lease.close()
        self.begun.clear()
        self.checked, self._again = False, 0
        stored = await self._try()
        self.engine.api.checksums = False
        return stored

    async def _try(self) -> UploadResponse:
        engine, create, resuming = self.engine, self.create, self.resuming
        place, key = create.place, create.key
        try:
            # By `map`, which lets it end: an upload whose id never came couldn't be aborted.
            if not self.begun:
                await engine.transport.map(self._start, (create,), 1, grace=BEGINNING)
            begun = self.begun[0]
            there = {} if resuming is None else resuming.there
            parts = await send_parts(
                engine, place, key, begun, self.source, self.lease, self._count, there
            )
            size = sum(part.size for part in parts)
            _check_length(self.source.length, size)
            if self.source.slices is not None:
                await engine.transport.call(self.source.slices.check)
            headers = {}
            if self.condition is not None:
                # Once more: the parts have taken their time, and some servers don't look at the header.
                await check_condition(engine, place, key, self.condition)
                headers = self.condition.headers()
            operation = completion(create, begun, parts, size, headers)
            if resuming is not None:
                await resuming.completes(etag_of_parts(operation.etags))
            return await complete(engine, operation)
        except BaseException:
            if resuming is not None and resuming.kept:
                raise  # `put_file` ends it, or leaves it for later
            for upload in self.begun:
                await abort(engine, AbortMultipartUpload(place, key, upload.upload_id))
            raise

    async def _start(self, create: CreateMultipartUpload) -> None:
        if self.checked:
            await sent(self.engine, create, self._begin)
        else:
            await self._begin(create)

    async def _begin(self, create: CreateMultipartUpload) -> None:
        resuming = self.resuming
        if resuming is None:
            self.begun.append(await begin(self.engine, create, self.create_bucket))
            return
        await resuming.asks()
        try:
            begun = await begin(self.engine, create, self.create_bucket)
        except MinIOError as error:
            await resuming.refused(error)
            raise
        self.begun.append(begun)
        await resuming.began(begun)

    def _count(self, size: int) -> None:
        """Tell of what has arrived, once: not of what comes again."""
        self._again += size
        if self._again > self._told:
            more, self._told = self._again - self._told, self._again
            self.meter.add(more)


async def start(
    engine: Engine, create: CreateMultipartUpload, create_bucket: bool, begun: list[Begun]
) -> None:
    """Begin an upload in parts, and put down in `begun` what is to be ended."""

    async def send(operation: CreateMultipartUpload) -> None:
        begun.append(await begin(engine, operation, create_bucket))

    async def send_checked(operation: CreateMultipartUpload) -> None:
        await sent(engine, operation, send)

    # By `map`, which lets it end: an upload whose id never came couldn't be aborted.
    await engine.transport.map(send_checked, (create,), 1, grace=BEGINNING)


def completion(
    create: CreateMultipartUpload,
    begun: Begun,
    parts: Sequence[Sent],
    size: int,
    headers: dict[str, str],
) -> CompleteMultipartUpload:
    """What makes the parts an object, with their checksums where the upload has some."""
    crc32s = [part.crc32 for part in parts if part.crc32 is not None]
    if begun.checksums is None or len(crc32s) < len(parts):
        crc32s = []
    whole = None
    if crc32s and begun.checksums == "FULL_OBJECT":
        whole = crc32_joined([(crc, part.size) for crc, part in zip(crc32s, parts, strict=True)])
    etags = [part.etag for part in parts]
    return CompleteMultipartUpload(
        create.place, create.key, begun.upload_id, etags, size, headers, crc32s, whole
    )


async def complete(engine: Engine, operation: CompleteMultipartUpload) -> UploadResponse:
    """Make the parts an object; a lost answer is settled by asking for the object."""
    try:
        return await engine.send(operation)
    except (UploadNotFoundError, PreconditionFailedError) as error:
        if error.attempts == 1:
            raise
        # An earlier try may have done it, and its answer been lost: then the object is there.
        place, key, etag = operation.place, operation.key, etag_of_parts(operation.etags)
        ours = await stored_by_us(engine, place, key, etag, operation.size)
        if ours is None:
            raise
        return ours


def etag_of_parts(etags: Sequence[str]) -> str | None:
    """The ETag of an object made of these parts: the MD5 of their MD5s, and how many there are."""
    try:
        digests = b"".join(bytes.fromhex(etag.strip('"')) for etag in etags)
    except ValueError:
        return None  # encrypted parts have ETags of another kind
    whole = hashlib.md5(digests, usedforsecurity=False).hexdigest()
    return f"{whole}-{len(etags)}"


async def abort(engine: Engine, operation: AbortMultipartUpload) -> None:
    """End an upload; a failure here is not the news, what led to it is.

    An interrupt, or a cancellation, that comes while this is under way is for what is over already: it is
    passed on when the upload is ended. The next one is for this.
    """
    try:
        await _abort(engine, operation)
    except GeneratorExit:  # nobody runs this any more
        raise
    except BaseException:
        await _abort(engine, operation)
        raise


async def _abort(engine: Engine, operation: AbortMultipartUpload) -> None:
    try:
        # `begin`: when it was the deadline that ended the upload, this has one of its own.
        await engine.begin().send(operation)
    except Exception:  # whatever it is: also a user's provider that has no more keys to give
        return
