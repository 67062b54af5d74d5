"""The parts of one upload, several on their way at a time.

Rule of this file: bytes are read in order, a part's bytes are in memory from when the budget allows it
until the server has acknowledged them, and when this ends, with an error or without, no part is on its way.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from mmap import mmap

from minio_sdk.config import MAX_PART, MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import invalid
from minio_sdk.flows.blocks import Blocks
from minio_sdk.flows.fed import Feeding
from minio_sdk.flows.leases import Lease, users_code
from minio_sdk.flows.sources import Source
from minio_sdk.operation import Place
from minio_sdk.operations.multipart import MAX_PARTS, Begun, StoredPart, UploadPart
from minio_sdk.wire.crc import crc32

DEFAULT_PART = 8 * MiB
AT_ONCE = 4
"""The most parts of one upload that are on their way at a time."""

AT_LEAST = 2
"""So many are, even where one processor reads, hashes and sends them: one waits while another is sent."""

GRACE = 1.0
"""Seconds that parts on their way get after a failure, so that none comes in behind the abort."""


@dataclass(slots=True)
class Part:
    """One part before it is sent; without a body, it is read from the file by the one who sends it."""

    number: int
    offset: int
    size: int
    body: bytes | memoryview | None

    def take(self) -> bytes | memoryview | None:
        """The body, which this lets go of."""
        body, self.body = self.body, None
        return body


@dataclass(frozen=True, slots=True)
class Sent:
    """One part that the server has."""

    number: int
    size: int
    etag: str
    crc32: int | None = None


def part_size(engine: Engine, length: int | None, most: int = MAX_PARTS) -> int:
    """Bytes of each part, so that no more than 10,000 are needed; of unknown length they grow."""
    size = engine.config.part_size or DEFAULT_PART
    return size if length is None else max(size, -(-length // most))


def at_once(engine: Engine) -> int:
    """How many parts of one upload are on their way at a time.

    No more than there are processors if the server is on this machine: nothing is waited for on a wire, and
    the bytes of fewer parts are still in the processor's cache when they are hashed, and when they are sent.
    """
    most = AT_ONCE
    if engine.transport.signing.endpoint.is_loopback:
        most = max(AT_LEAST, min(most, os.cpu_count() or most))
    return min(most, engine.config.pool_size)


def grown(size: int, number: int) -> int:
    """The size of the part behind part `number`, where nobody knows how much will come.

    Doubled after each thousand, 10,000 parts reach S3's largest object.
    """
    return min(size * 2, MAX_PART) if number % 1000 == 0 else size


async def send_parts(
    engine: Engine,
    place: Place,
    key: str,
    begun: Begun,
    source: Source,
    lease: Lease,
    count: Callable[[int], object],
    there: Mapping[int, StoredPart],
    before: int = 0,
    feeding: Feeding | None = None,
) -> list[Sent]:
    """Send all of the source but the parts that are `there`; the parts in order.

    `count` is told the bytes of each part that the server has; `before` parts come from elsewhere. Some of
    the source may be with `feeding` already.
    """
    slices = source.slices
    most = MAX_PARTS - before
    blocks = Blocks.of(part_size(engine, source.length, most))

    async def send(part: Part) -> Sent:
        held: list[mmap] = []
        body: bytes | memoryview | None = None
        try:
            known = there.get(part.number)
            if known is not None and known.size != part.size:
                known = None
            if known is not None and begun.checksums is None:
                return Sent(part.number, part.size, known.etag)
            body = part.take()
            if body is None:
                assert slices is not None  # other sources are read in order, before
                held = blocks.take()
                body = await engine.transport.call(slices.read, part.offset, part.size, held[0])
            crc = None if begun.checksums is None else crc32(body)
            if known is not None:
                return Sent(part.number, part.size, known.etag, crc)
            number = before + part.number
            sent = await send_part(engine, place, key, begun, number, body, crc)
            if held:
                body = None
                blocks.give(held)
            return sent
        finally:
            body = None
            held.clear()
            lease.give(part.number)

    def done(sent: Sent) -> None:
        count(sent.size)

    limit = at_once(engine)
    if feeding is None and source.fed:
        feeding = Feeding(engine.transport, source, lease)
    if feeding is None:
        found = _parts(engine, source, lease, most)
    else:
        found = _fed_parts(engine, feeding, most)
    async with aclosing(found) as parts:
        return await engine.transport.map(send, parts, limit, done, grace=GRACE)


async def send_part(
    engine: Engine,
    place: Place,
    key: str,
    begun: Begun,
    number: int,
    body: bytes | memoryview,
    crc: int | None,
) -> Sent:
    """Send one part."""
    etag = await engine.send(UploadPart(place, key, begun.upload_id, number, body, crc))
    return Sent(number, len(body), etag, crc)


async def _parts(
    engine: Engine, source: Source, lease: Lease, most: int
) -> AsyncGenerator[Part, None]:
    """The parts, each when there is room for it in memory."""
    size = part_size(engine, source.length, most)
    number = offset = 0
    while True:
        part = await _next(engine, source, lease, number + 1, offset, size)
        if part is None:
            return
        number += 1
        offset += part.size
        _check_number(number, most, size)
        yield part
        if source.length is None:
            size = grown(size, number)


async def _fed_parts(engine: Engine, feeding: Feeding, most: int) -> AsyncGenerator[Part, None]:
    """The parts of what somebody sends, each when all of it has come."""
    length = feeding.source.length
    size = part_size(engine, length, most)
    number = offset = 0
    while True:
        following = size
        async with aclosing(feeding.parts(number + 1, size)) as bodies:
            async for body in bodies:
                number += 1
                _check_number(number, most, size)
                part = Part(number, offset, len(body), body)
                offset += len(body)
                del body  # else it stays in memory while the next one waits for some
                yield part
                if length is None:
                    following = grown(following, number)
        if feeding.ended:
            return
        size = following


def _check_number(number: int, most: int, size: int) -> None:
    if number > most:
        raise invalid("part_size", size, f"gives more than {MAX_PARTS} parts")


async def _next(
    engine: Engine, source: Source, lease: Lease, number: int, offset: int, size: int
) -> Part | None:
    if source.whole is not None:
        view = memoryview(source.whole)[offset : offset + size]
        return Part(number, offset, len(view), view) if view else None
    if source.slices is not None:
        size = min(size, source.slices.size - offset)
        if not size:
            return None
        await lease.take(number, size)
        return Part(number, offset, size, None)
    if source.held >= size:
        lease.split(0, number, size)
    else:
        # Not kept while waiting: if all did so, none would get on.
        lease.give(0)
        await lease.take(number, size)
    with users_code():
        body = await source.read(engine.transport, size)
    return Part(number, offset, len(body), body) if body else None
