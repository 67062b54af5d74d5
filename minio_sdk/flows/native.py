"""Appending by the server itself, where it can.

Most servers pass ``x-amz-write-offset-bytes`` over and replace the object by what was to be added: seen on
SeaweedFS and moto. So a server is asked first, once, to append to an object that isn't there.
"""

from __future__ import annotations

import secrets
from contextlib import aclosing

from minio_sdk.encrypting import Duty
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    ServerError,
    as_class,
)
from minio_sdk.flows import buckets
from minio_sdk.flows.fed import Feeding
from minio_sdk.flows.leases import Lease, users_code
from minio_sdk.flows.parts import part_size
from minio_sdk.flows.progress import Meter
from minio_sdk.flows.sources import Source
from minio_sdk.models.object_encryption import SseC
from minio_sdk.models.results import ObjectMetadata, UploadResponse
from minio_sdk.operation import Place
from minio_sdk.operations.append_object import AppendObject
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.get_object import GetObjectPart
from minio_sdk.operations.head_object import HeadObject

PROBE = ".minio-sdk-append-"
"""How the keys begin by which a server is asked whether it appends."""

_REFUSALS = ("InvalidWriteOffset", "NoSuchKey")
"""What a server says of an offset in an object that isn't there, if it looks at the offset."""

_LACKING = "the server doesn't append"
_HINT = "native=False appends on every server"


async def check(engine: Engine, place: Place, key: str) -> None:
    """Make sure that the server appends, before an object can be lost to one that doesn't.

    Raises:
        NotSupportedError: it doesn't, or it can't be told.
    """
    if engine.api.appends:
        return
    operation = AppendObject(place, key, 1, b"")
    await buckets.check(engine, operation)
    probe = AppendObject(place, f"{PROBE}{secrets.token_hex(8)}", 1, b"?")
    why = _LACKING
    if engine.api.appends is None:
        try:
            await engine.send(probe)
        except MinIOError as error:
            if error.code in _REFUSALS:
                engine.api.appends = True
                return
            if error.status is None or (isinstance(error, ServerError) and error.status != 501):
                raise
            if error.status in (400, 501):
                engine.api.appends = False
            why = f"{_LACKING}, or it can't be told: {error.message}"
        else:
            engine.api.appends = False
            try:
                await engine.send(DeleteObject(place, probe.key))
            except MinIOError:
                pass  # that it doesn't append is the news
    raise engine.named(NotSupportedError(why, hint=_HINT), operation)


def check_encryption(engine: Engine, place: Place, key: str, found: ObjectMetadata) -> None:
    """Make sure that what is appended is encrypted as it is to be: as the object itself is.

    Raises:
        NotSupportedError: it wouldn't be, or it would need a customer's key, for which there is no form.
    """
    wanted = engine.encryption
    operation = AppendObject(place, key, found.size, b"")
    if wanted is None or not (
        isinstance(wanted, SseC) or Duty(operation, wanted, None).found_wrong(found.encryption)
    ):
        return
    refused = NotSupportedError(
        "what is appended is encrypted as the object is, and that isn't what is asked for",
        hint=_HINT,
    )
    raise engine.named(refused, operation)


async def append(
    engine: Engine, place: Place, key: str, found: ObjectMetadata, source: Source, meter: Meter
) -> UploadResponse:
    """Append block by block; each of them counts once it is there."""
    offset, size = found.size, part_size(engine, source.length)
    length = source.length
    meter.bytes_total, meter.objects_total = length, 1
    stored = UploadResponse(key=key, size=offset, etag=found.etag, bucket=place.bucket)
    lease = Lease(engine.transport.memory)
    feeding = Feeding(engine.transport, source, lease) if source.fed else None
    came = 0
    try:
        while True:
            body = await _next(engine, source, lease, feeding, came, size)
            if not body:
                break
            stored = await _block(engine, AppendObject(place, key, offset, body), came)
            offset += len(body)
            came += len(body)
            meter.add(len(body))
            del body
            lease.close()
    finally:
        if feeding is not None:
            feeding.close()
        lease.close()
    source.check_length(came)
    meter.add(0, objects=1)
    return stored


async def _next(
    engine: Engine, source: Source, lease: Lease, feeding: Feeding | None, came: int, size: int
) -> bytes | memoryview:
    """What to append next, under a grant."""
    if feeding is not None:
        async with aclosing(feeding.parts(1, size)) as parts:
            async for part in parts:
                return part
        return b""
    await lease.take(0, size)
    if source.whole is not None:
        return memoryview(source.whole)[came : came + size]
    with users_code():
        return await source.read(engine.transport, size)


async def _block(engine: Engine, operation: AppendObject, before: int) -> UploadResponse:
    try:
        return await engine.send(operation)
    except MinIOError as error:
        if error.code != "InvalidWriteOffset" and not isinstance(error, ObjectNotFoundError):
            raise
        if error.attempts > 1 and (ours := await _settled(engine, operation)) is not None:
            return ours
        why = f"the object was changed by others; {before} bytes of the data are appended"
        raise as_class(error, ObjectChangedError, why, "read it before you append more") from None


async def _settled(engine: Engine, operation: AppendObject) -> UploadResponse | None:
    """What our own first try has done, where only its answer was lost."""
    place, key, first = operation.place, operation.key, operation.offset
    last = first + len(operation.body) - 1
    try:
        piece = await engine.send(GetObjectPart(place, key, first, last))
        found = await engine.send(HeadObject(place, key))
    except MinIOError:
        return None
    if piece.total != last + 1 or piece.cut(first, last) != bytes(operation.body):
        return None
    return UploadResponse(
        status="appended", key=key, size=found.size, etag=found.etag, bucket=place.bucket
    )
