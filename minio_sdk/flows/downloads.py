"""Downloads to a file and into memory: pieces side by side, all of one generation.

Rule of this file: a file appears only when all of it has arrived and been checked. It grows beside the
target under a name of its own, and whatever goes wrong before it takes the target's place, it is removed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from pathlib import Path
from typing import Any

from minio_sdk.config import MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import IntegrityError, MinIOError, ValidationError, invalid
from minio_sdk.flows.blocks import Blocks
from minio_sdk.flows.growing import WRITTEN, FileRoom, Growing, GrowingFile, KeptFile
from minio_sdk.flows.held import held
from minio_sdk.flows.journal import Journal
from minio_sdk.flows.leases import Lease
from minio_sdk.flows.progress import Meter, OnProgress
from minio_sdk.flows.reading import COPIES, PIECE, Reader
from minio_sdk.models.moments import Moment
from minio_sdk.models.names import check_flag
from minio_sdk.models.results import ObjectMetadata
from minio_sdk.operations.get_object import GetObject
from minio_sdk.operations.head_object import HeadChecksum
from minio_sdk.wire.checksums import ASK, crc32_of_object, md5_of_object
from minio_sdk.wire.crc import crc32, crc32_joined
from minio_sdk.wire.message import Room
from minio_sdk.wire.quirks import takes_checksums

AT_ONCE = 4
"""The most pieces that are fetched side by side, each of which is in memory."""


async def to_file(
    engine: Engine,
    bucket: str,
    key: str,
    path: object,
    version_id: str | None = None,
    progress: OnProgress | bool | None = None,
    resume: bool = False,
    at: Moment | None = None,
) -> ObjectMetadata:
    """Put an object into a file."""
    check_flag("resume", resume)
    reader = Reader(engine, bucket, key, version_id, at=at)
    meter = Meter(engine.transport.clock, progress)
    call = engine.transport.call
    target = await call(_target, path)
    growing: Growing
    await reader.settle()
    if resume:
        names = (bucket, key, str(target), reader.version_id)
        journal = await held(
            engine.transport, lambda: Journal.of(engine.config, "download", *names)
        )
        growing = KeptFile(target, journal, PIECE)
    else:
        growing = GrowingFile(target)
    lease = Lease(engine.transport.memory)
    try:
        await lease.take(0, PIECE * COPIES)
        memory, blocks = Blocks.of(PIECE), Blocks.of(WRITTEN)
        held_first = memory.take()
        first = await reader.start(PIECE - 1, Room(memoryview(held_first[0]), exact=False))
        # This, `publish` and `fail` are done at once and not by `call`: a task that is cancelled leaves its
        # thread behind, which would go on to make, or to replace, a file that nobody knows of.
        growing.start(reader)
        expected = await _crc32_of(engine, reader)
        sums: _Sums = {}

        async def keep(offset: int, data: bytes) -> None:
            if isinstance(data, FileRoom):
                data.close()
                await engine.transport.finish(growing.written, offset, len(data))
                crc = data.crc
            else:
                await engine.transport.finish(growing.write, offset, data)
                crc = None if expected is None else await call(crc32, data)
            if crc is not None:
                sums[offset] = crc, len(data)

        def room_of(offset: int, length: int) -> Room:
            return FileRoom(growing.path, offset, length, blocks, summed=expected is not None)

        size = reader.size or 0
        meter.bytes_total, meter.objects_total = size, 1
        await keep(0, first)
        start, first = len(first), b""
        memory.give(held_first)
        held_first.clear()
        lease.give(0)
        if known := sum(min(PIECE, size - offset) for offset in growing.done if offset >= start):
            meter.add(known)
        if start:
            meter.add(start)
        await _remaining(engine, reader, start, keep, meter, room_of, growing.done)
        await call(_verify, growing.path, reader, expected, sums)
        meter.add(0, objects=1)
        growing.publish()
    except BaseException as error:
        growing.fail(error)
        if isinstance(error, IntegrityError):
            engine.named(error, GetObject(engine.place(bucket), key))
        raise
    finally:
        lease.close()
        growing.close()
        meter.close()
    return reader.metadata


async def into(
    engine: Engine,
    bucket: str,
    key: str,
    buffer: Any,
    version_id: str | None = None,
    at: Moment | None = None,
) -> int:
    """Put an object into a buffer; how many bytes it has."""
    reader = Reader(engine, bucket, key, version_id, at=at)
    with _writable(buffer) as view:
        room = view.nbytes
        most = min(PIECE, max(room, 1))
        lease = Lease(engine.transport.memory)
        try:
            await lease.take(0, most * COPIES)
            first = await reader.start(most - 1)
        finally:
            lease.close()
        size = reader.size or 0
        if size > room:
            raise ValidationError(
                f"buffer: has {room} bytes, and the object {size}",
                hint=f"bytearray({size}), or get_object(range=...) for some of it",
            )
        if size:
            view[: len(first)] = first

        lent: list[memoryview] = []

        def place_of(offset: int, length: int) -> Room:
            lent.append(view[offset : offset + length])
            return Room(lent[-1])

        async def keep(offset: int, data: bytes) -> None:
            if not isinstance(data, memoryview):  # else it is there
                view[offset : offset + len(data)] = data

        meter = Meter(engine.transport.clock, None)
        try:
            await _remaining(engine, reader, len(first), keep, meter, place_of)
        finally:
            # Or the buffer keeps its size as long as somebody has a failure's traceback.
            for part in lent:
                part.release()
        return size


async def _remaining(
    engine: Engine,
    reader: Reader,
    start: int,
    keep: Callable[[int, bytes], Awaitable[None]],
    meter: Meter,
    room: Callable[[int, int], Room],
    done: Collection[int] = (),
) -> None:
    """Fetch the pieces from `start` on that are not `done`, several at a time, each into its room."""
    size = reader.size or 0

    async def fetch(offset: int) -> int:
        try:
            end = min(offset + PIECE, size)
            data = await reader.range(offset, end - 1, room(offset, end - offset))
            await keep(offset, data)
            return len(data)
        finally:
            lease.give(offset)

    known = frozenset(done)
    wanted = [offset for offset in range(start, size, PIECE) if offset not in known]

    async def offsets() -> AsyncGenerator[int, None]:
        for offset in wanted:
            await lease.take(offset, PIECE * COPIES)
            yield offset

    limit = min(AT_ONCE, len(wanted), engine.config.pool_size)
    if not limit:
        return
    lease = Lease(engine.transport.memory)
    try:
        async with aclosing(offsets()) as places:
            await engine.transport.map(fetch, places, limit, meter.add)
    finally:
        lease.close()


async def _crc32_of(engine: Engine, reader: Reader) -> int | None:
    """The CRC32 of the generation that was read, where the server tells it.

    Asked by a HEAD, since no server tells it with ranges; what went wrong with that is no news.
    """
    if not takes_checksums(engine.api.server):
        return None
    found = crc32_of_object(reader.headers)
    if found is not None or not reader.size:
        return found
    metadata = reader.metadata
    operation = HeadChecksum(
        engine.place(reader.bucket), reader.key, metadata.version_id or None, ASK
    )
    try:
        etag, crc = await engine.send(operation)
    except MinIOError:
        return None
    return crc if etag == metadata.etag else None


# --- buffers --------------------------------------------------------------------------------------


def _writable(buffer: Any) -> memoryview:
    """The bytes of a buffer, to be written to.

    Raises:
        ValidationError: it has none, or none that can be written in order.
    """
    try:
        view = memoryview(buffer)
    except TypeError:
        raise invalid("buffer", buffer, "must be a buffer, such as a bytearray") from None
    if view.readonly:
        raise invalid("buffer", buffer, "can only be read; bytearray(n) can be written to")
    if not view.c_contiguous:
        raise invalid("buffer", buffer, "has gaps, or another order than C's, in memory")
    return view.cast("B") if view.nbytes else view


# --- files: blocking, to be called through the transport --------------------------------------------


def _target(path: Any) -> Path:
    """Where the file shall be, links followed as `open` follows them.

    Raises:
        ValidationError: it can't be there.
    """
    try:
        name = os.fspath(path)
    except TypeError:
        raise invalid("path", path, "must be a path: text, or a Path") from None
    if not isinstance(name, str):
        raise invalid("path", path, "must be text; os.fsdecode() makes it of bytes")
    if not name or "\0" in name:
        raise invalid("path", path, "is no file's name")
    target = Path(os.path.realpath(name))
    if target.is_dir() or name.endswith(("/", os.sep)):
        raise invalid("path", path, "is a folder; add the file's name")
    if not target.parent.is_dir():
        raise invalid("path", path, "its folder doesn't exist; make it first")
    if target.exists() and not target.is_file():
        raise invalid("path", path, "is there, and is no ordinary file")
    return target


_Sums = dict[int, tuple[int, int]]
"""CRC32 and size of what was written, by its offset."""


def _crc32_written(sums: _Sums, size: int) -> int | None:
    """The CRC32 of a file, when all of it was written just now."""
    pieces, end = [], 0
    for offset, (crc, length) in sorted(sums.items()):
        if offset != end:
            return None
        pieces.append((crc, length))
        end += length
    return crc32_joined(pieces) if end == size else None


def _verify(path: Path, reader: Reader, crc: int | None, sums: _Sums) -> None:
    """Compare what was written, now or in an earlier run, with what the server said.

    Raises:
        IntegrityError: it differs.
    """
    size = path.stat().st_size
    if size != reader.size:
        raise IntegrityError(f"{size} bytes were written, and the object has {reader.size}")
    if crc is not None:
        _verify_crc32(path, crc, _crc32_written(sums, size))
        return
    expected = md5_of_object(reader.headers)
    if expected is None:
        return
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb", buffering=0) as file:
        while block := file.read(MiB):
            digest.update(block)
    if digest.hexdigest() != expected:
        raise IntegrityError(
            f"the file's MD5 is {digest.hexdigest()}, and the object's is {expected}",
            hint="download it again; if it stays so, the stored object is damaged",
        )


def _verify_crc32(path: Path, expected: int, found: int | None) -> None:
    if found is None:
        found = 0
        with path.open("rb", buffering=0) as file:
            while block := file.read(MiB):
                found = crc32(block, found)
    if found != expected:
        raise IntegrityError(
            f"the file's CRC32 is {found:08x}, and the object's is {expected:08x}",
            hint="download it again; if it stays so, the stored object is damaged",
        )
