"""An upload in parts, from its beginning to the object, or to its end.

Rule of this file: whatever goes wrong before all has arrived, the unfinished upload is aborted, and the
abort's own failure never hides the cause.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOError,
    ObjectNotFoundError,
    PreconditionFailedError,
    UploadNotFoundError,
)
from minio_sdk.flows import buckets, encrypted
from minio_sdk.flows.checked import refused, sent, unrepeatable
from minio_sdk.flows.conditions import Condition, check_condition, unmet
from minio_sdk.flows.fed import Feeding
from minio_sdk.flows.leases import Lease
from minio_sdk.flows.parts import Sent, send_parts
from minio_sdk.flows.progress import Meter
from minio_sdk.flows.sources import Source
from minio_sdk.flows.transfers import Resuming, stored_by_us
from minio_sdk.models.results import UploadResponse
from minio_sdk.operations.multipart import (
    AbortMultipartUpload,
    Begun,
    CompleteMultipartUpload,
    CreateMultipartUpload,
)
from minio_sdk.wire.crc import crc32_joined

BEGINNING = 5.0
"""Seconds that the first request of an upload has to end by itself after an interrupt."""


@dataclass(slots=True)
class InParts:
    """An upload of a source; see `uploads.put`."""

    engine: Engine
    create: CreateMultipartUpload
    create_bucket: bool
    source: Source
    lease: Lease
    meter: Meter
    condition: Condition | None
    resuming: Resuming | None
    feeding: Feeding | None = None
    begun: list[Begun] = field(default_factory=list)
    checked: bool = True
    _again: int = 0
    _told: int = 0

    async def store(self) -> UploadResponse:
        """The object; without checksums if the server refuses those of parts."""
        if self.resuming is not None and self.resuming.begun is not None:
            self.begun.append(self.resuming.begun)
            await encrypted.prove(self.engine, self.create)
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
        self.feeding = None
        self.begun.clear()
        self.checked, self._again = False, 0
        stored = await self._try()
        self.engine.api.checksums = False
        return stored

    async def _try(self) -> UploadResponse:
        engine, create, resuming = self.engine, self.create, self.resuming
        place, key = create.place, create.key
        try:
            if not self.begun:
                await start(
                    engine,
                    create,
                    self.begun,
                    create_bucket=self.create_bucket,
                    checked=self.checked,
                    resuming=resuming,
                )
            begun = self.begun[0]
            there = {} if resuming is None else resuming.there
            parts = await send_parts(
                engine, place, key, begun, self.source, self.lease, self._count, there,
                feeding=self.feeding,
            )  # fmt: skip
            size = sum(part.size for part in parts)
            self.source.check_length(size)
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

    def _count(self, size: int) -> None:
        """Tell of what has arrived, once: not of what comes again."""
        self._again += size
        if self._again > self._told:
            more, self._told = self._again - self._told, self._again
            self.meter.add(more)


async def start(
    engine: Engine,
    create: CreateMultipartUpload,
    begun: list[Begun],
    *,
    create_bucket: bool = False,
    checked: bool = True,
    resuming: Resuming | None = None,
) -> None:
    """Begin an upload in parts, and put down in `begun` what is to be ended.

    Args:
        engine: sends.
        create: begins it.
        begun: where it is put down.
        create_bucket: make the bucket when the server says that it is missing.
        checked: with checksums, where the server takes them.
        resuming: told before and after, for later runs.
    """

    async def send(operation: CreateMultipartUpload) -> None:
        if resuming is None:
            begun.append(await buckets.send(engine, operation, create=create_bucket))
            return
        await resuming.asks()
        try:
            begun.append(await buckets.send(engine, operation, create=create_bucket))
        except MinIOError as error:
            await resuming.refused(error)
            raise
        await resuming.began(begun[-1])

    async def work(operation: CreateMultipartUpload) -> None:
        if checked:
            await sent(engine, operation, send)
        else:
            await send(operation)

    # By `map`, which lets it end: an upload whose id never came couldn't be aborted.
    await engine.transport.map(work, (create,), 1, grace=BEGINNING)


async def assemble(
    engine: Engine,
    create: CreateMultipartUpload,
    fill: Callable[[str], Awaitable[tuple[Sequence[str], int]]],
    condition: Condition | None = None,
) -> UploadResponse:
    """An object of parts that `fill` brings; where anything goes wrong, nothing is left of it.

    Args:
        engine: sends.
        create: begins the upload.
        fill: given the upload's id, it gives the ETags of the parts in order, and how many bytes they have.
        condition: what must hold of the object that is replaced, if any, when all has arrived.
    """
    begun: list[Begun] = []
    place, key = create.place, create.key
    await encrypted.prove(engine, create)
    try:
        await start(engine, create, begun, checked=False)
        etags, size = await fill(begun[0].upload_id)
        headers = {}
        if condition is not None:
            await check_condition(engine, place, key, condition)
            headers = condition.headers()
        id = begun[0].upload_id
        operation = CompleteMultipartUpload(place, key, id, etags, size, headers)
        done = await complete(engine, operation)
    except BaseException:
        for each in begun:
            await abort(engine, AbortMultipartUpload(place, key, each.upload_id))
        raise
    return await encrypted.look_at(engine, done, create)


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
        done = await engine.send(operation)
        if done.encryption is None and engine.encryption is not None:
            return replace(done, encryption=encrypted.asked(engine.encryption))  # each part was so
        return done
    except ObjectNotFoundError as error:
        raise unmet(error, operation.headers) from None
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
