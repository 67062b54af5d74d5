"""One object of several, or of ranges of them: what is large is moved by the server alone.

All sources are looked at first, and what is taken then is that generation of each. The object appears when
all of it is there, so that it may be one of its own sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    IntegrityError,
    MinIOError,
    PreconditionFailedError,
    ValidationError,
    invalid,
)
from minio_sdk.flows import buckets, copies, encrypted, in_parts, locked, quirks, spans, uploads
from minio_sdk.flows.conditions import Condition, check_condition
from minio_sdk.flows.copy_rules import Changes, Conditions
from minio_sdk.flows.leases import Lease
from minio_sdk.flows.parts import AT_ONCE as READ_AT_ONCE
from minio_sdk.flows.parts import GRACE
from minio_sdk.flows.progress import Meter, OnProgress
from minio_sdk.flows.sources import Source
from minio_sdk.flows.spans import Part, Span
from minio_sdk.flows.strays import stored_parts
from minio_sdk.models.composing import ComposeSource
from minio_sdk.models.object_encryption import Encryption, SseC
from minio_sdk.models.results import ObjectMetadata, UploadResponse
from minio_sdk.operation import CopySource, Place
from minio_sdk.operations.copy_object import CopyObject
from minio_sdk.operations.multipart import MAX_PARTS, CreateMultipartUpload, UploadPart
from minio_sdk.wire.locking import asks_for_lock
from minio_sdk.wire.quirks import is_complete, suspicious


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made.

    Attributes:
        place: the bucket.
        key: the key.
        sources: what it is made of, one behind the other.
        changes: what is different from how the first source is described.
        condition: what must hold of the object that is there, or isn't.
        lock: the headers that lock it.
        progress: told of what the server has; True for a bar.
        keeps: an object that is its own source stays encrypted as it is, where nothing else is said.
    """

    place: Place
    key: str
    sources: Sequence[ComposeSource]
    changes: Changes
    condition: Condition | None
    lock: dict[str, str]
    progress: OnProgress | bool | None
    keeps: bool = True


async def compose(engine: Engine, wish: Wish) -> UploadResponse:
    """Make the object."""
    place, key = wish.place, wish.key
    place.object_path(key)
    wanted = [_checked(engine, wish, *each) for each in enumerate(wish.sources)]
    engine = _like_sources(engine, wish, wanted)
    meter = Meter(engine.transport.clock, wish.progress)
    try:
        if condition := wish.condition:
            await check_condition(engine, place, key, condition)
        simple = len(wanted) == 1 and condition is None and not wish.lock
        if simple and (wish.sources[0].offset, wish.sources[0].length) == (0, None):
            stored = await _copied(engine, wish, wanted[0])
        else:
            found = await _looked_at(engine, wish, wanted)
            if wish.keeps:
                engine = encrypted.like(engine, found.replaced)
            stored = await _made(engine, wish, found, meter)
        meter.add(0 if meter.objects_total else stored.size, objects=1)
    finally:
        meter.close()
    return replace(stored, status="composed")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A source as the caller gave it, checked.

    Attributes:
        source: the object.
        conditions: what must hold of it.
        opens: what it is opened with; None for nothing.
    """

    source: CopySource
    conditions: Conditions
    opens: Encryption | None


def _checked(engine: Engine, wish: Wish, number: int, given: ComposeSource) -> _Wanted:
    place = wish.place if given.bucket is None else engine.place(given.bucket)
    place.object_path(given.key)
    conditions = Conditions(
        given.if_match, given.if_none_match, given.if_modified_since, given.if_unmodified_since
    )
    opens = engine.source_encryption
    if given.encryption is not None:
        where = f"sources[{number}].encryption"
        opens = copies.check_opens(engine.checked(given.encryption, where), where)
    return _Wanted(CopySource(place, given.key, given.version_id), conditions, opens)


def _like_sources(engine: Engine, wish: Wish, wanted: Sequence[_Wanted]) -> Engine:
    """The engine that gives the object the key of its sources, where nothing else is said."""
    if not wish.keeps or engine.config.encryption:
        return engine
    keys = {each.opens for each in wanted if isinstance(each.opens, SseC)}
    if len(keys) > 1:
        raise ValidationError(
            "encryption: must be given, since the sources have several customers' keys",
            hint="SseC(key) with the key that the object is to have, or False for none",
        )
    return engine.encrypted(next(iter(keys), None))


async def _copied(engine: Engine, wish: Wish, wanted: _Wanted) -> UploadResponse:
    source = wanted.source
    try:
        return await copies.copy(
            engine.opening(wanted.opens),
            wish.place,
            wish.key,
            source.place,
            source.key,
            source_version_id=source.version_id,
            changes=wish.changes,
            conditions=wanted.conditions,
            keeps=wish.keeps,
        )
    except ValidationError as error:
        error.message = error.message.replace("dest_key=", "key=", 1)
        raise


# --- the sources -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """The sources as they are.

    Attributes:
        spans: what is taken of them, in order.
        first: the first of them, pinned.
        metadata: what it is.
        replaced: what the source is whose place the object takes; None where it is none of them.
    """

    spans: list[Span]
    first: CopySource
    metadata: ObjectMetadata
    replaced: ObjectMetadata | None


async def _looked_at(engine: Engine, wish: Wish, wanted: Sequence[_Wanted]) -> _Found:
    """Each source is looked at once, however often it is named; so all of it is one generation."""
    one_by_one = list(dict.fromkeys((each.source, each.opens) for each in wanted))

    async def look(each: tuple[CopySource, Encryption | None]) -> ObjectMetadata:
        source, opens = each
        return await copies.look_at(engine.opening(opens), source)

    limit = min(copies.AT_ONCE, engine.config.pool_size)
    looked = await engine.transport.map(look, one_by_one, limit)
    found = dict(zip(one_by_one, looked, strict=True))
    taken: list[Span] = []
    for number, (given, each) in enumerate(zip(wish.sources, wanted, strict=True)):
        metadata = found[each.source, each.opens]
        copies.check_conditions(engine, each.source, each.conditions, metadata)
        pinned = _pinned(engine, each.source, metadata)
        span = _span(engine, given, pinned, metadata, number)
        taken.append(replace(span, opens=each.opens))
    path = wish.place.object_path(wish.key)
    own = (it for (at, _), it in found.items() if at.place.object_path(at.key) == path)
    first = found[wanted[0].source, wanted[0].opens]
    return _Found(taken, taken[0].source, first, next(own, None))


def _pinned(engine: Engine, source: CopySource, found: ObjectMetadata) -> CopySource:
    if found.etag is None:
        operation = CopyObject(source.place, source.key, source, found.size)
        raise copies.without_etag(engine, operation)
    version = source.version_id
    if version is None and found.version_id != "null":
        version = found.version_id
    return replace(source, version_id=version, etag=found.etag)


def _span(
    engine: Engine, given: ComposeSource, source: CopySource, found: ObjectMetadata, number: int
) -> Span:
    length = found.size - given.offset if given.length is None else given.length
    if given.offset > found.size or given.offset + length > found.size:
        error = invalid(
            f"sources[{number}]",
            (given.offset, given.length),
            f"offset and length lie behind the end of {given.key!r}, which has {found.size} bytes",
        )
        error.attempts = 1
        raise engine.named(error, CopyObject(source.place, source.key, source, found.size))
    return Span(source, found.size, given.offset, length)


# --- the object --------------------------------------------------------------------------------------


async def _made(engine: Engine, wish: Wish, found: _Found, meter: Meter) -> UploadResponse:
    changes = wish.changes
    headers = await copies.carried(engine, changes, found.first, found.metadata)
    headers.update(wish.lock)
    if changes.storage_class:
        headers["x-amz-storage-class"] = changes.storage_class
    total = sum(span.size for span in found.spans)
    if total > uploads.MAX_OBJECT:
        rule = f"S3 stores at most {uploads.MAX_OBJECT} bytes as one object"
        raise invalid("sources", total, rule)
    meter.bytes_total, meter.objects_total = total, 1
    if total <= spans.SMALLEST:
        return await _small(engine, wish, found.spans, headers, meter)
    parts = spans.plan(found.spans, copies.PART)
    if parts is None:
        rule = f"they are so many and so small that they need more than {MAX_PARTS} parts"
        raise invalid("sources", len(found.spans), rule)
    operation = CopyObject(wish.place, wish.key, found.first, total)
    if suspicious(wish.key):
        await quirks.refuse(engine, operation, empty=False)
    await buckets.check(engine, operation)
    create = CreateMultipartUpload(wish.place, wish.key, headers)
    job = _Filling(engine, create, parts, meter)
    try:
        stored = await in_parts.assemble(engine, create, job.fill, wish.condition)
    except MinIOError as error:
        if wish.lock:
            raise locked.lockless(error) from None
        raise
    if asks_for_lock(headers):
        await locked.prove(engine, wish.place, stored, headers)
    return stored


async def _small(
    engine: Engine, wish: Wish, taken: Sequence[Span], headers: dict[str, str], meter: Meter
) -> UploadResponse:
    lease = Lease(engine.transport.memory)
    try:
        body = await joined(engine, [span for span in taken if span.size], lease, 0)
        stored = await uploads.put(
            engine, wish.place, wish.key, Source(body), headers, condition=wish.condition
        )
    finally:
        lease.close()
    meter.add(len(body))
    return stored


async def joined(engine: Engine, part: Sequence[Span], lease: Lease, number: int) -> bytes:
    """The bytes of spans, one behind the other; the caller gives their memory back."""
    await lease.take(number, 2 * sum(span.size for span in part))
    found = [await spans.read(engine, span) for span in part]
    return found[0] if len(found) == 1 else b"".join(found)


@dataclass(frozen=True, slots=True)
class _Filling:
    """The parts of an unfinished upload, each copied on the server, or read and sent."""

    engine: Engine
    create: CreateMultipartUpload
    parts: Sequence[Part]
    meter: Meter

    async def fill(self, upload_id: str) -> tuple[list[str], int]:
        """Bring them, and make sure that they are what they should be."""
        engine, parts = self.engine, self.parts
        lease = Lease(engine.transport.memory)
        place, key = self.create.place, self.create.key

        async def bring(number: int) -> tuple[str, int]:
            part = parts[number]
            size = sum(span.size for span in part)
            if len(part) == 1:
                return await spans.copy(engine, place, key, upload_id, number + 1, part[0]), size
            try:
                body = await joined(engine, part, lease, number)
                sent = UploadPart(place, key, upload_id, number + 1, body)
                return await engine.send(sent), size
            finally:
                lease.give(number)

        def done(brought: tuple[str, int]) -> None:
            self.meter.add(brought[1])

        limit = min(READ_AT_ONCE, engine.config.pool_size)
        try:
            brought = await engine.transport.map(bring, range(len(parts)), limit, done, grace=GRACE)
        finally:
            lease.close()
        await self._check_sources()
        await check_sizes(engine, self.create, upload_id, [size for _, size in brought])
        return [etag for etag, _ in brought], sum(size for _, size in brought)

    async def _check_sources(self) -> None:
        """Some servers pass the condition over that each copied part carries."""
        alone = [part[0] for part in self.parts if len(part) == 1]
        copied = dict.fromkeys((span.source, span.opens) for span in alone)

        async def check(each: tuple[CopySource, Encryption | None]) -> None:
            source, opens = each
            try:
                await copies.check_unchanged(self.engine.opening(opens), source)
            except PreconditionFailedError as error:
                raise spans.changed(error, source) from None

        limit = min(copies.AT_ONCE, self.engine.config.pool_size)
        await self.engine.transport.map(check, copied, limit)


async def check_sizes(
    engine: Engine, create: CreateMultipartUpload, upload_id: str, sizes: Sequence[int]
) -> None:
    """Make sure that a server nobody knows has copied the ranges, and not whole objects, or nothing.

    Raises:
        IntegrityError: it has not.
    """
    if is_complete(engine.api.server):
        return
    try:
        there: Any = await stored_parts(engine, create.place, create.key, upload_id)
    except AccessDeniedError:
        return  # it can't be told
    for number, size in enumerate(sizes, 1):
        if there and (number not in there or there[number].size != size):
            has = there[number].size if number in there else "no"
            error = IntegrityError(
                f"part {number} is to have {size} bytes, and the server has {has} of it",
                hint="nothing was stored; download the sources, and upload them as one",
            )
            raise engine.named(error, create)
