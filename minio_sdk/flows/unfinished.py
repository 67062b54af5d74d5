"""Uploads in parts that others send: begun, made an object, listed, looked into, and ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

from minio_sdk.config import MIN_PART
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    IntegrityError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    as_class,
    invalid,
)
from minio_sdk.flows import buckets, encrypted, in_parts, listing, quirks
from minio_sdk.flows.conditions import Condition, check_condition
from minio_sdk.models.details import MultipartUpload, UploadedPart
from minio_sdk.models.names import check_part_number, check_version_id
from minio_sdk.models.results import UploadResponse
from minio_sdk.models.showing import RecordList
from minio_sdk.operations.multipart import (
    AbortMultipartUpload,
    Begun,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    ListMultipartUploads,
    ListParts,
    StoredPart,
)
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.quirks import is_minio, suspicious

GivenParts = Iterable[UploadedPart | tuple[int, str]]
"""Parts as callers give them: as `list_parts` has them, or number and ETag."""

_OF_PARTS = frozenset({"EntityTooSmall", "InvalidPart"})
"""Codes of a server that has other parts by now than it listed."""

_PARTS = "must be what list_parts gives, or pairs of a number and an ETag"

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


async def begin(engine: Engine, bucket: str, key: str, headers: dict[str, str]) -> MultipartUpload:
    """Begin an upload whose parts others will send."""
    place = engine.place(bucket)
    place.object_path(key)
    create = CreateMultipartUpload(place, key, headers)
    if suspicious(key):
        await quirks.refuse(engine, PutObject(place, key, b""), empty=False)
    await encrypted.prove(engine, create)
    begun: list[Begun] = []
    try:
        await in_parts.start(engine, create, begun, checked=False)
    except BaseException:
        for each in begun:  # which nobody will hear of
            await in_parts.abort(engine, AbortMultipartUpload(place, key, each.upload_id))
        raise
    return MultipartUpload(
        key=key,
        upload_id=begun[0].upload_id,
        storage_class=headers.get("x-amz-storage-class"),
    )


async def complete(
    engine: Engine,
    bucket: str,
    key: str,
    upload_id: str,
    given: GivenParts | None,
    size: int | None,
    condition: Condition | None,
) -> UploadResponse:
    """Make the parts of an upload an object, when they are what they have to be."""
    place = engine.place(bucket)
    asked = ListParts(place, key, check_version_id(upload_id, "upload_id"))
    asked.request()
    wanted = None if given is None else _wanted(given)
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise invalid("size", size, "must be a whole number of bytes, or None for any")
    stored: dict[int, list[StoredPart]] = {}
    async with aclosing(listing.parts(engine, place, key, upload_id)) as found:
        async for part in found:
            stored.setdefault(part.part_number, []).append(part)
    parts, why = _chosen(stored, wanted, size)
    operation = CompleteMultipartUpload(
        place, key, upload_id, [p.etag for p in parts], sum(p.size for p in parts),
        {} if condition is None else condition.headers(), numbers=[p.part_number for p in parts],
    )  # fmt: skip
    if why is not None:
        raise engine.named(IntegrityError(why), operation)
    if condition is not None:
        await check_condition(engine, place, key, condition)
    try:
        done = await in_parts.complete(engine, operation)
    except MinIOError as error:
        if error.code not in _OF_PARTS or error.attempts > 1:
            raise  # an earlier try may have made the object
        why = f"a part was changed while the upload was being completed: {error.message}"
        raise as_class(error, IntegrityError, why) from None
    # Whoever has sent the parts may not have said what was wanted.
    return await encrypted.look_at(engine, replace(done, encryption=None), operation)


def _wanted(given: GivenParts) -> dict[int, str | None]:
    """The ETags that parts have to have, by number and in order."""
    wanted: dict[int, str | None] = {}
    try:
        pairs = [
            (part.part_number, part.etag) if isinstance(part, UploadedPart) else tuple(part)
            for part in given
        ]
    except TypeError:
        raise invalid("parts", given, _PARTS) from None
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[1], str) or not pair[1].strip('"'):
            raise invalid("parts", pair, _PARTS)
        number = check_part_number(pair[0], "parts")
        if number in wanted:
            raise invalid("parts", number, "stands there twice")
        wanted[number] = pair[1].strip('"')
    if not wanted:
        raise invalid("parts", given, "must be one at least")
    return dict(sorted(wanted.items()))


def _chosen(
    stored: Mapping[int, Sequence[StoredPart]],
    wanted: Mapping[int, str | None] | None,
    size: int | None,
) -> tuple[list[StoredPart], str | None]:
    """The parts that are wanted, all if nothing is said, and what is wrong with them."""
    if not stored:
        return [], "no part has arrived"
    parts: list[StoredPart] = []
    # Lazily: the highest number is whatever the server says.
    for number in range(1, max(stored) + 1) if wanted is None else wanted:
        part, why = _one(stored.get(number, ()), None if wanted is None else wanted[number])
        if part is None:
            return parts, f"part {number} of {max(wanted or stored)} {why}"
        parts.append(part)
    for part in parts[:-1]:
        if part.size < MIN_PART:
            return parts, (
                f"part {part.part_number} has {part.size} bytes, and all but the last must have "
                f"{MIN_PART}"
            )
    total = sum(part.size for part in parts)
    if size is not None and total != size:
        return parts, f"{total} bytes have arrived, and {size} should have"
    return parts, None


def _one(sent: Sequence[StoredPart], etag: str | None) -> tuple[StoredPart | None, str]:
    """One of those that came for a number; or why there is none.

    SeaweedFS keeps all that were sent, in no order, and tells when in whole seconds.
    """
    if not sent:
        return None, "has not arrived"
    if etag is not None:
        found = next((part for part in sent if part.etag.strip('"') == etag), None)
        return found, f"is another one than is meant: its ETag is {sent[-1].etag}"
    moments = [part.last_modified for part in sent]
    newest = max((moment for moment in moments if moment is not None), default=None)
    last = [part for part in sent if part.last_modified == newest]
    if len({part.etag for part in last}) > 1:
        return (
            None,
            "was sent twice, and the server doesn't tell which is the newer; parts= says which",
        )
    return last[-1], ""


async def abort(engine: Engine, bucket: str, key: str, upload_id: str) -> None:
    """End an upload and drop its parts."""
    check_version_id(upload_id, "upload_id")
    await engine.send(AbortMultipartUpload(engine.place(bucket), key, upload_id))


async def abort_old(
    engine: Engine, bucket: str, prefix: str, older_than: timedelta | float
) -> RecordList[MultipartUpload]:
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
    return RecordList(upload for upload in ended if upload is not None)
