"""Looking into zip archives that are objects, by ranges: the same on every server.

MinIO can do it on the server (``x-minio-extract``). But its answers don't say from which generation of the
archive they are, it sends what is encrypted or damaged as it is, knows no keys but those that end with
``.zip``, and writes the table of contents into the object's metadata. Two or three ranges of one generation
need none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import IntegrityError, MinIOError, invalid
from minio_sdk.flows.leases import Lease
from minio_sdk.flows.reading import COPIES, FIRST, Reader
from minio_sdk.models.archives import ArchiveEntry
from minio_sdk.models.given import whole
from minio_sdk.models.showing import RecordList
from minio_sdk.operations.get_object import GetObject
from minio_sdk.wire.zips import TAIL, Archive, Lacking

T = TypeVar("T")

ROUNDS = 16
"""Ranges that are asked for in turn, at most; an archive that is right needs three."""


async def entries(
    engine: Engine, bucket: str, key: str, prefix: str, version_id: str | None
) -> RecordList[ArchiveEntry]:
    """The entries of an archive."""
    if not isinstance(prefix, str):
        raise invalid("prefix", prefix, "must be text")
    reader = Reader(engine, bucket, key, version_id)
    try:
        archive = await _opened(engine, reader)
        return RecordList(await engine.transport.call(archive.entries, prefix))
    except MinIOError as error:
        engine.named(error, GetObject(engine.place(bucket), key))
        raise


async def read(
    engine: Engine, bucket: str, key: str, name: str, version_id: str | None, most: int
) -> bytes:
    """The bytes of one entry."""
    if not isinstance(name, str) or not name:
        raise invalid("name", name, "must be the name of an entry, as list_archive() shows it")
    whole(most, "max_size", 0)
    reader = Reader(engine, bucket, key, version_id)
    lease = Lease(engine.transport.memory)
    try:
        archive = await _opened(engine, reader)
        info = archive.find(name, most)
        first, last = archive.extent(info)
        if last + 1 - first > FIRST:
            await lease.take(0, (last + 1 - first) * COPIES)
        if last >= first:
            await _fetch(reader, archive, first, last)
        return await _complete(engine, reader, archive, lambda: archive.read(info))
    except MinIOError as error:
        engine.named(error, GetObject(engine.place(bucket), key))
        raise
    finally:
        lease.close()


async def _opened(engine: Engine, reader: Reader) -> Archive:
    head = await reader.start(TAIL - 1)
    assert reader.size is not None  # known since the first answer
    archive = Archive(reader.size)
    archive.pieces.add(0, head)
    if reader.size > len(head):
        await _fetch(reader, archive, max(0, reader.size - FIRST), reader.size - 1)
    await _complete(engine, reader, archive, archive.read_directory)
    return archive


async def _fetch(reader: Reader, archive: Archive, first: int, last: int) -> None:
    archive.pieces.add(first, await reader.range(first, last))


async def _complete(engine: Engine, reader: Reader, archive: Archive, work: Callable[[], T]) -> T:
    """Do what needs bytes of the archive, and get those that it finds missing."""
    for _ in range(ROUNDS):
        try:
            return await engine.transport.call(work)
        except Lacking as lack:
            missing = lack
        await _fetch(reader, archive, missing.first, missing.last)
    raise IntegrityError("the archive leads from one place to another without an end")
