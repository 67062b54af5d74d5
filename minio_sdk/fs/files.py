"""Files: read through fsspec's caches, and stored when they are closed and nothing went wrong."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import warnings
from types import CodeType, TracebackType
from typing import Any

from minio_sdk.fs.contents import Sink, Source
from minio_sdk.fs.library import AbstractAsyncStreamedFile, AbstractBufferedFile, OpenFile, sync
from minio_sdk.models.moments import Moment

LINE = 64 * 1024
"""Bytes that are looked through for the end of a line at once; fsspec copies a block for each line."""


class MinIOFile(AbstractBufferedFile):  # type: ignore[misc]
    """An object as a file of fsspec's: ``fs.open(path, mode)``.

    Reading is of one generation: once the object is replaced, what isn't in memory is an `OSError`. What
    is written appears when the file is closed. A ``with`` block that an exception leaves, `discard()` or a
    failed write store nothing; nor does a file that is never closed, which is a `ResourceWarning`.

    Args:
        fs: the file system.
        path: the object.
        mode: ``"rb"``; ``"wb"``; ``"xb"``, which refuses to replace an object; ``"ab"``, which appends.
        block_size: bytes that are asked for ahead, or sent at once. Default 5 MiB.
        autocommit: whether closing stores the object; else `commit` does.
        cache_type: one of fsspec's caches for reading. Default ``"readahead"``.
        cache_options: its own arguments.
        size: not needed; the object tells.
        version_id: a version to read; None for the current one.
        at: read what was there at this moment, as for `MinIOClient.get_object`.
        etag: read only if the object still has it.
        **kwargs: of what is stored: `content_type`, `metadata`.
    """

    def __init__(
        self,
        fs: Any,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_type: str = "readahead",
        cache_options: dict[str, Any] | None = None,
        size: int | None = None,
        version_id: str | None = None,
        at: Moment | None = None,
        etag: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._closed = True  # until it is open, for __del__
        self._process = os.getpid()
        self._sink: Sink | None = None
        self.deaf = False
        if mode not in ("rb", "wb", "xb", "ab"):
            raise ValueError(f"mode={mode!r}: must be one of 'r', 'w', 'x', 'a', with 'b' or 't'")
        if mode == "rb":
            if kwargs:
                raise TypeError(f"{', '.join(kwargs)}: not for reading")
            self._source = Source(fs, path, version_id, at, etag)
            details = sync(fs.loop, self._source.open)
            super().__init__(
                fs, path, mode, block_size, autocommit, cache_type, cache_options, details["size"]
            )
            self._details = details
        else:
            if version_id is not None or at is not None:
                raise ValueError("version_id, at: go with mode 'rb'")
            sink = Sink(fs, path, mode, kwargs)
            sync(fs.loop, sink.open)
            super().__init__(fs, path, mode, block_size, autocommit, cache_type, cache_options)
            self._sink = sink
            self.loc = sink.size

    def _fetch_range(self, start: int, end: int) -> bytes:
        data: bytes = sync(self.fs.loop, self._source.read, start, min(end, self.size))
        return data

    def readuntil(self, char: bytes = b"\n", blocks: int | None = None) -> bytes:
        """The bytes up to a mark and with it; of lines as well.

        Args:
            char: the mark.
            blocks: bytes to look through at once; None for 64 KiB.
        """
        found: bytes = super().readuntil(char, blocks or LINE)
        return found

    def _upload_chunk(self, final: bool = False) -> bool:
        assert self._sink is not None
        data = self.buffer.getbuffer()
        try:
            if data.nbytes:
                sync(self.fs.loop, self._sink.write, data)
        finally:
            data.release()
        if final and self.autocommit:
            self.commit()
        return True

    def write(self, data: Any) -> int:
        """Take more bytes."""
        if self.deaf:
            return memoryview(data).nbytes
        size: int = super().write(data)
        return size

    def flush(self, force: bool = False) -> None:
        """Send what fills a block; the object appears when the file is closed."""
        if self.mode == "rb" or (self._sink is not None and self._sink.ended):
            return
        super().flush(force)

    def commit(self) -> None:
        """Store the object; closing does it, but for a file of a transaction."""
        if self._sink is None:
            return
        if not self.closed and not self.forced:
            self.autocommit = False
            self.close()
        sync(self.fs.loop, self._sink.finish)

    def discard(self) -> None:
        """Close without storing anything."""
        if self._sink is not None:
            self.forced = True
            self.closed = True
            self.buffer = io.BytesIO()
            sync(self.fs.loop, self._sink.discard)

    def close(self) -> None:
        """Store the object, and close. Closing again does nothing."""
        if self.closed:
            return
        if self._sink is not None and _left_by_exception():
            self.discard()
            return
        try:
            super().close()
        except BaseException:
            self.discard()
            raise
        finally:
            if self.mode == "rb":
                self._source.close()

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        if kind is not None:
            self.discard()
        self.close()

    def __del__(self) -> None:
        if self.closed or self._sink is None or self._sink.ended:
            return
        self.closed = True
        loop = self.fs.loop if os.getpid() == self._process else None
        if loop is not None and loop.is_running():  # the collector mustn't wait
            asyncio.run_coroutine_threadsafe(self._sink.discard(), loop)
        warnings.warn(
            f"{self.path} was written to and never closed: nothing is stored",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        if self.mode != "rb":
            raise TypeError("a file that is being written can't be pickled")
        cache = self.cache.name if self.cache else "none"
        which = {"version_id": self._source.version_id, "etag": self._source.etag}
        return _reopened, (self.fs, self.path, self.blocksize, cache, self.loc, which)


def _reopened(
    fs: Any, path: str, block_size: int, cache: str | None, loc: int, which: dict[str, Any]
) -> Any:
    file = fs.open(path, "rb", block_size=block_size, cache_type=cache or "none", **which)
    file.seek(loc)
    return file


_EXIT: CodeType = OpenFile.__exit__.__code__


def _left_by_exception() -> bool:
    """Whether it is `fsspec.open(...)` as a context manager that closes the file, after an exception.

    It closes its files in any case and doesn't tell them, so who calls has to be looked at.
    """
    frame = sys._getframe()
    for _ in range(8):
        if frame is None:
            return False
        if frame.f_code is _EXIT:
            args = frame.f_locals.get("args", ())
            return bool(args) and args[0] is not None
        frame = frame.f_back  # type: ignore[assignment]
    return False


class Text(io.TextIOWrapper):
    """Text on a file of ours; like it, it stores nothing where an exception leaves its block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            drop: Any = self.buffer
            drop.discard()
        super().__exit__(kind, error, trace)


class Compressed:
    """What packs or unpacks on its way to a file of ours, and closes it as well."""

    def __init__(self, outer: Any, inner: Any) -> None:
        self._outer = outer
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outer, name)

    def __iter__(self) -> Any:
        return iter(self._outer)

    def __enter__(self) -> Compressed:
        return self

    def close(self) -> None:
        """Write what is left, and close."""
        if not self._inner.closed:
            self._outer.close()
            self._inner.close()

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return bool(self._inner.closed)

    def discard(self) -> None:
        """Close without storing anything."""
        self._inner.discard()
        self._inner.deaf = True  # to what the other still has to say
        self._outer.close()

    def commit(self) -> None:
        """Store the object at the end of a transaction."""
        self.close()
        self._inner.commit()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()
        self.close()


class MinIOStreamedFile(AbstractAsyncStreamedFile):  # type: ignore[misc]
    """An object as a file whose methods are awaited: ``await fs.open_async(path, mode)``.

    It is like `MinIOFile`, and to be used with ``async with``.
    """

    def __init__(self, fs: Any, path: str, mode: str, block_size: int | None, opened: Any) -> None:
        self._closed = True
        size = opened[1]["size"] if mode == "rb" else None
        super().__init__(fs, path, mode, block_size, cache_type="none", size=size)
        self._opened = opened[0]
        self.loc = 0 if mode == "rb" else self._opened.size
        if mode == "rb":
            self._details = opened[1]

    async def _fetch_range(self, start: int, end: int) -> bytes:
        data: bytes = await self._opened.read(start, min(end, self.size))
        return data

    async def _upload_chunk(self, final: bool = False) -> bool:
        await self._opened.write(self.buffer.getbuffer())
        if final:
            await self._opened.finish()
        return True

    async def discard(self) -> None:
        """Close without storing anything."""
        if self.mode != "rb":
            self.closed = True
            await self._opened.discard()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            await self.discard()
        await self.close()

    def __del__(self) -> None:
        """The collector can't await anything; the writer says that it was never closed."""
