"""Many small objects in one request: a tar that MinIO unpacks.

Rule of this file: nothing counts as stored but what was found to be there afterwards, with the bytes that
were sent and written since. Whatever wasn't, and whatever a tar can't carry, goes as an ordinary upload.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from pathlib import Path
from typing import Any

from minio_sdk.config import MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    MinIOConnectionError,
    MinIOError,
    NotFoundError,
    as_class,
    invalid,
)
from minio_sdk.flows import buckets, uploads
from minio_sdk.flows.bulk_items import Done, Package, do, failed, size_of
from minio_sdk.flows.leases import Lease
from minio_sdk.flows.unpacked import Expected, Unpacked
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Place
from minio_sdk.operations.buckets import HeadBucket
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.put_object_extract import PutObjectExtract
from minio_sdk.wire.describing import DESCRIBING
from minio_sdk.wire.quirks import is_minio
from minio_sdk.wire.tar import END, entry_head, keeps_key, padding

SMALL = 128 * 1024
"""The largest object that is packed: MinIO unpacks larger ones one after the other."""

MOST = 1000
"""The most objects of one tar: a page of the listing that they are looked for in."""

AT_ONCE = 4
"""Objects of one tar that are uploaded, or looked at, side by side."""

USUAL = MiB
SMALLEST = 256 * 1024

IN_MEMORY = 4
"""How often the bytes of a tar may be in memory: in the items, read from files, joined, being sent."""

STRIKES = 3
"""Tars of one bucket that may come to nothing, before the rest of a job goes without."""

NAME = ".minio-sdk-pack-"
"""How the keys of tars begin; a server that unpacks stores nothing there."""

_log = logging.getLogger("minio_sdk")

_CARRIED = frozenset({"bucket", "key", "data", "path", "resume", "metadata", "tags", *DESCRIBING})
_HEADERS = ("metadata", "tags", *DESCRIBING)
_RECORD = "minio.metadata."


@dataclass(slots=True)
class Entry:
    """One object of a tar.

    Attributes:
        index: its place in the input.
        item: what the user wrote.
        expected: what is to be found at the server.
        head: what stands before its bytes.
        body: its bytes, while they are needed.
    """

    index: int
    item: dict[str, Any]
    expected: Expected
    head: bytes
    body: bytes | memoryview | None = None

    @property
    def size(self) -> int:
        """Bytes in the tar."""
        size = self.expected.size
        return len(self.head) + size + len(padding(size))


@dataclass(slots=True)
class Pack:
    """Objects of one bucket that go together."""

    bucket: str
    entries: list[Entry] = field(default_factory=list)
    size: int = len(END)

    def add(self, entry: Entry) -> None:
        """One more."""
        self.entries.append(entry)
        self.size += entry.size


class Packer:
    """Packs the small ones among the items of a job.

    Args:
        engine: sends.
        wish: the user's: True, or the bytes of a tar.
        limit: how many of the job's packages may be under way at once.

    Attributes:
        limit: the same, or fewer where so many tars would be too much for the memory.

    Raises:
        ValidationError: no size of a tar.
    """

    def __init__(self, engine: Engine, wish: bool | int, limit: int) -> None:
        budget = engine.config.memory_budget
        if wish is True:
            self._size = max(SMALLEST, min(USUAL, budget // (IN_MEMORY * limit)))
        elif not isinstance(wish, int) or not SMALLEST <= wish <= budget // IN_MEMORY:
            most = budget // IN_MEMORY
            rule = f"must be True, or {SMALLEST} bytes up to a quarter of memory_budget, {most}"
            raise invalid("pack", wish, rule)
        else:
            self._size = wish
        self.limit = max(1, min(limit, budget // (IN_MEMORY * self._size)))
        self._engine = engine
        self._strikes: dict[str, int] = {}
        self._server: bool | None = None

    # --- what goes together -------------------------------------------------------------------------

    async def gathered(
        self, items: AsyncIterable[tuple[int, dict[str, Any]]]
    ) -> AsyncGenerator[Package | Pack, None]:
        """Items that go together, and each other one alone."""
        waiting: dict[str, Pack] = {}
        async for index, item in items:
            entry = await self._entry(index, item)
            if entry is None:
                yield [(index, item)]
                continue
            while waiting and sum(p.size for p in waiting.values()) + entry.size > self._size:
                fullest = max(waiting.values(), key=lambda pack: pack.size)
                yield waiting.pop(fullest.bucket)
            pack = waiting.setdefault(item["bucket"], Pack(item["bucket"]))
            pack.add(entry)
            if len(pack.entries) == MOST:
                yield waiting.pop(pack.bucket)
        for pack in waiting.values():
            yield pack

    async def _entry(self, index: int, item: dict[str, Any]) -> Entry | None:
        """An item as an entry of a tar; None where it goes as an ordinary upload."""
        if (
            self._engine.encryption is not None
        ):  # each is looked at by its MD5, which it has no more
            return None
        if not item.keys() <= _CARRIED or ("data" in item) is ("path" in item):
            return None
        try:
            key = item["key"]
            name = self._engine.place(item["bucket"]).key_out(key)
            options = {option: item[option] for option in _HEADERS if option in item}
            options.setdefault("content_type", None)
            options.setdefault("metadata", None)
            headers = uploads.object_headers(key, **options)
        except Exception:  # it says so when it is uploaded
            return None
        # An empty record would take a value away, and values of other than ASCII are read in two ways.
        if not keeps_key(name) or not all(value and value.isascii() for value in headers.values()):
            return None
        call = self._engine.transport.call
        size = size_of(item) if "data" in item else await call(size_of, item)
        if size is None or size > SMALL or not await self._is_open(item["bucket"]):
            return None
        records = {_RECORD + header: value for header, value in headers.items()}
        return Entry(index, item, Expected(key, size, headers), entry_head(name, size, records))

    async def _is_open(self, bucket: str) -> bool:
        """Whether tars may be sent to a bucket."""
        engine = self._engine
        if self._server is None:
            self._server = await _unpacks(engine, bucket)
        if not self._server or engine.api.unpacks is False:
            return False
        return self._strikes.get(bucket, 0) < STRIKES

    # --- what becomes of it -------------------------------------------------------------------------

    async def store(self, engine: Engine, pack: Pack) -> Done:
        """Store what is in a pack, by a tar or without."""
        engine = engine.share(AT_ONCE)
        # Of one key the last one is to stay, and in a tar nobody knows which that would be.
        last = {entry.expected.key: entry for entry in pack.entries}
        packed = list(last.values())
        kept = {id(entry) for entry in packed}
        earlier = [(e.index, e.item) for e in pack.entries if id(e) not in kept]
        done = await do(engine, "upload", earlier) if earlier else []
        stored: dict[str, UploadResponse] = {}
        if len(packed) > 1 and await self._is_open(pack.bucket):
            try:
                stored = await self._stored(engine.begin(), pack.bucket, packed, pack.size)
            except Exception as error:
                return done + [(e.index, _failed(error, e)) for e in packed]
        done += [(e.index, stored[e.expected.key]) for e in packed if e.expected.key in stored]
        rest = [(e.index, e.item) for e in packed if e.expected.key not in stored]
        return done + (await do(engine, "upload", rest, AT_ONCE) if rest else [])

    async def _stored(
        self, engine: Engine, bucket: str, entries: Sequence[Entry], size: int
    ) -> dict[str, UploadResponse]:
        """What a tar has stored, by key.

        Raises:
            MinIOConnectionError: nobody answers, and wouldn't to ordinary uploads either.
        """
        place = engine.place(bucket)
        clock = engine.transport.clock
        lease = Lease(engine.transport.memory)
        try:
            await lease.take(0, 2 * size)
            sent = await engine.transport.call(_read, entries)
            if len(sent) < 2:
                return {}
            body = b"".join([part for entry in sent for part in _parts(entry)] + [END])
            begun = clock.monotonic()
            date = await self._sent(engine, place, body)
        finally:
            for entry in entries:
                entry.body = None
            lease.close()
        if date is None:
            return {}
        expected = {entry.expected.key: entry.expected for entry in sent}
        unpacked = Unpacked(engine, place, expected, date, clock.monotonic() - begun)
        found = await unpacked.found()
        if unpacked.spoiled:
            engine.api.unpacks = False
        elif 2 * len(found) < len(entries):
            self._strike(bucket)
        elif len(found) == len(sent):
            engine.api.unpacks = True
        return found

    async def _sent(self, engine: Engine, place: Place, body: bytes) -> datetime | None:
        """Send a tar; when the server had taken it, or None when nothing is to be found of it."""
        bucket = place.bucket or ""
        put = PutObjectExtract(place, f"{NAME}{secrets.token_hex(16)}.tar", body)
        try:
            date = await buckets.send(engine, put, create=True)
            if not await _remove(engine, put):
                if date is None:
                    self._strike(bucket)
                return date
        except MinIOConnectionError:
            await self._clear(engine, put)
            raise
        except MinIOError as error:
            if error.status is None or error.status >= 500:
                await self._clear(engine, put)
            self._strike(bucket, STRIKES if isinstance(error, AccessDeniedError) else 1)
        except BaseException:
            await self._clear(engine, put)
            raise
        return None

    def _strike(self, bucket: str, count: int = 1) -> None:
        self._strikes[bucket] = self._strikes.get(bucket, 0) + count

    async def _clear(self, engine: Engine, put: PutObjectExtract) -> None:
        """After a failure, make sure that no tar is left where it may have been stored as one."""
        if engine.api.unpacks:
            return
        try:
            await _remove(engine.begin(), put)
        except Exception:  # what led here is the news
            return


async def _unpacks(engine: Engine, bucket: str) -> bool:
    """Whether the server is known to unpack tars; it is asked something where nothing is known of it."""
    try:
        if await engine.speaks() != "s3":
            return False
        if engine.api.server is None:
            await engine.send(HeadBucket(engine.place(bucket)))  # any answer says who it is
    except (NotFoundError, AccessDeniedError):
        pass
    except MinIOError:
        return False  # each item will say what is wrong
    return is_minio(engine.api.server) is True


async def _remove(engine: Engine, put: PutObjectExtract) -> bool:
    """Remove the tar, where the server has stored it; whether it had."""
    try:
        found = await engine.send(HeadObject(put.place, put.key))
    except NotFoundError:
        return False
    except AccessDeniedError:
        if engine.api.unpacks is None:  # it can't be told, and nobody else has such a key
            await engine.send(DeleteObject(put.place, put.key))
        return False
    engine.api.unpacks = False
    try:
        await engine.send(DeleteObject(put.place, put.key, found.version_id))
    except MinIOError as error:  # nothing is lost by it, and nobody else would tell
        _log.warning("a tar that the server stored as it is could not be removed: %s", error)
    return True


def _parts(entry: Entry) -> tuple[bytes, bytes | memoryview, bytes]:
    body = entry.body if entry.body is not None else b""
    return entry.head, body, padding(len(body))


def _failed(error: Exception, entry: Entry) -> MinIOError:
    if isinstance(error, MinIOError):
        key = entry.expected.key
        error = as_class(error, type(error), error.message, error.hint, key=key)
    return failed(error, entry.index, entry.item)


# --- blocking, to be called through the transport -------------------------------------------------


def _read(entries: Sequence[Entry]) -> list[Entry]:
    """Those whose bytes are as many as were expected, with their bytes and MD5."""
    sent = []
    for entry in entries:
        body = _bytes_of(entry.item, entry.expected.size)
        if body is not None and len(body) == entry.expected.size:
            entry.body = body
            entry.expected.etag = md5(body, usedforsecurity=False).hexdigest()
            sent.append(entry)
    return sent


def _bytes_of(item: dict[str, Any], size: int) -> bytes | memoryview | None:
    path = item.get("path")
    if path is None:
        view = memoryview(item["data"])
        return view.cast("B") if view.c_contiguous and view.nbytes else view.tobytes()
    try:
        with Path(path).open("rb") as file:
            before = os.fstat(file.fileno())
            body = file.read(size + 1)
            after = os.fstat(file.fileno())
    except OSError:
        return None
    return body if before.st_mtime_ns == after.st_mtime_ns else None
