"""The bytes of one object, for files: read from it, or gathered until they become one."""

from __future__ import annotations

import asyncio
import tempfile
from typing import Any

from minio_sdk.errors import ObjectNotFoundError
from minio_sdk.flows.reading import FIRST, PIECE, Reader
from minio_sdk.fs.errors import exists, is_directory, missing, replaced, translated
from minio_sdk.fs.library import sync
from minio_sdk.fs.looking import Entry, file_entry
from minio_sdk.models.moments import Moment

AT_ONCE = 4
"""Pieces of one read that are asked for side by side."""

_IN_MEMORY = 8 * 1024 * 1024


class Source:
    """One generation of an object, for files that read it.

    Args:
        fs: the file system.
        path: the object.
        version_id: a version of it.
        at: what was there at that moment.
        etag: what the object has to be still.
    """

    def __init__(
        self, fs: Any, path: str, version_id: str | None, at: Moment | None, etag: str | None
    ) -> None:
        bucket, key, version = fs.split_path(path)
        if not key:
            raise is_directory(path)
        self._fs = fs
        self._path = path
        self._conditions = {"if-match": f'"{etag}"'} if etag is not None else None
        engine = fs.client._engine.begin()
        self._reader = Reader(engine, bucket, key, version_id or version, self._conditions, at)
        self._end, self._at = b"", 0

    async def open(self) -> Entry:
        """Ask for the last bytes, which tell the rest; what is known of the object.

        They are all of a small object, and the table of contents of what has one at its end.
        """
        try:
            with translated(self._path):
                self._end, self._at = await self._reader.end(FIRST)
        except FileNotFoundError as error:
            bucket, key, _ = self._fs.split_path(self._path)
            if await self._fs._has_below(bucket, key):
                raise is_directory(self._path) from None
            raise missing(self._path) from error.__cause__
        except FileExistsError as error:  # if-match didn't hold
            raise replaced(self._path) from error.__cause__
        entry = file_entry(self._path, self._reader.metadata)
        return {**entry, "size": self._reader.size or 0}

    @property
    def etag(self) -> str | None:
        """Of the generation."""
        return self._reader.metadata.etag

    @property
    def version_id(self) -> str | None:
        """Of the generation, in a bucket that keeps versions."""
        return self._reader.version_id

    async def read(self, start: int, end: int) -> bytes:
        """The bytes of a range that lies in the object."""
        if start >= end:
            return b""
        # What comes last was read first; where the server gave less than was asked for, up to `known`.
        at, known = self._at, self._at + len(self._end)
        if at <= start and end <= known:
            return self._end[start - at : end - at]
        if start < at < end <= known:
            return await self._fetch(start, at) + self._end[: end - at]
        return await self._fetch(start, end)

    async def _fetch(self, start: int, end: int) -> bytes:
        self._reader.renew()
        places = asyncio.Semaphore(AT_ONCE)

        async def piece(at: int) -> bytes:
            async with places:
                return await self._reader.range(at, min(at + PIECE, end) - 1)

        with translated(self._path):
            if end - start <= PIECE:
                return await piece(start)
            return b"".join(await asyncio.gather(*map(piece, range(start, end, PIECE))))

    def close(self) -> None:
        """Let go of what is in memory."""
        self._end = b""
        self._reader.close()


class Sink:
    """Takes the bytes of an object that is to be; nothing is there before `finish`.

    Args:
        fs: the file system.
        path: where it shall be.
        mode: ``"wb"``, ``"xb"`` or ``"ab"``.
        options: what describes the object: ``content_type``, ``metadata``; not with "wb" also ``tags``.
    """

    def __init__(self, fs: Any, path: str, mode: str, options: dict[str, Any]) -> None:
        self._fs = fs
        self._path = path
        self._bucket, self._key = fs._to_store(path)
        self._mode = mode
        self._options = options
        self.size = 0
        self.ended = False
        self._there = False
        # An interrupt ends the wait for a write, and not the write: what comes next has to wait for it.
        self._turn = asyncio.Lock()
        self._writer: Any = None
        self._spool: Any = None
        if mode == "wb":
            self._writer = fs.client.open(self._bucket, self._key, "wb", **options)

    async def open(self) -> None:
        """Look what is there."""
        if self._mode == "wb":
            return
        client = self._fs.client
        try:
            with translated(self._path):
                found = await client.get_object_metadata(self._bucket, self._key)
        except FileNotFoundError as error:
            if not isinstance(error.__cause__, ObjectNotFoundError):
                raise
        else:
            if self._mode == "xb":
                raise exists(self._path)
            self._there, self.size = True, found.size
        self._spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115

    async def write(self, data: memoryview) -> None:
        """Take more bytes."""
        async with self._turn:
            if self.ended:
                raise ValueError("I/O operation on closed file")
            if self._writer is not None:
                with translated(self._path):
                    await self._writer.write(data)
            else:
                await asyncio.to_thread(self._spool.write, data)
            self.size += len(data)

    async def finish(self) -> None:
        """Make it an object."""
        async with self._turn:
            if self.ended:
                return
            self.ended = True
            try:
                with translated(self._path):
                    await self._finish()
            finally:
                self._let_go()

    async def _finish(self) -> None:
        if self._writer is not None:
            await self._writer.close()
            return
        length = self._spool.tell()
        self._spool.seek(0)
        # In memory it can be appended to what others have appended meanwhile.
        data = self._spool.read() if length <= _IN_MEMORY else self._spool
        client = self._fs.client
        if self._mode == "xb":
            await client.put_object(
                self._bucket, self._key, data, if_none_match="*", **self._options
            )
        elif length or not self._there:
            await client.append_object(self._bucket, self._key, data, **self._options)

    async def discard(self) -> None:
        """Drop it."""
        async with self._turn:
            if self.ended:
                return
            self.ended = True
            try:
                if self._writer is not None:
                    with translated(self._path):
                        await self._writer.discard()
            finally:
                self._let_go()

    def _let_go(self) -> None:
        if self._spool is not None:
            self._spool.close()
        self._fs.invalidate_cache(self._path)


class Deferred:
    """What a transaction publishes at its end, or drops."""

    def __init__(self, fs: Any, path: str, sink: Sink) -> None:
        self._fs = fs
        self.path = path
        self._sink = sink

    def commit(self) -> None:
        """Make it an object."""
        sync(self._fs.loop, self._sink.finish)

    def discard(self) -> None:
        """Drop it."""
        sync(self._fs.loop, self._sink.discard)
