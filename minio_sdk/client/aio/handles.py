"""Objects as files, for the async client: the methods of Python's files, awaited."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Generator, Iterable, Mapping
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from minio_sdk.client.files import CLOSED, as_view, make, moved
from minio_sdk.engine import Engine
from minio_sdk.flows.reading import Reader
from minio_sdk.flows.writing import Writer
from minio_sdk.models.moments import Moment
from minio_sdk.models.results import ObjectMetadata, UploadResponse

F = TypeVar("F", bound="_File")


def opened(
    engine: Engine,
    bucket: str,
    key: str,
    mode: str,
    version_id: str | None,
    content_type: str | None,
    metadata: Mapping[str, str] | None,
    at: Moment | None = None,
    storage_class: str | None = None,
    tags: Mapping[str, str] | None = None,
    if_none_match: str | None = None,
    if_match: str | None = None,
) -> AsyncObjectReader | AsyncObjectWriter:
    """The file, to be awaited or entered."""
    made = make(
        engine, bucket, key, mode, version_id, content_type, metadata, at, storage_class,
        tags, if_none_match, if_match,
    )  # fmt: skip
    return AsyncObjectWriter(made) if isinstance(made, Writer) else AsyncObjectReader(made)


class _File:
    """What both kinds have: ``async with client.open(...) as f``, or ``f = await client.open(...)``."""

    mode: str

    def __init__(self, name: str) -> None:
        self.name = name
        self._closed = False

    async def _open(self) -> None:
        """Ask for what is needed before the first call."""

    async def close(self) -> None:
        """Close it."""
        raise NotImplementedError

    async def _opened(self: F) -> F:
        self._check()
        await self._open()
        return self

    def __await__(self: F) -> Generator[Any, Any, F]:
        return self._opened().__await__()

    async def __aenter__(self: F) -> F:
        return await self._opened()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._closed

    async def readable(self) -> bool:
        """Whether it can be read from."""
        self._check()
        return self.mode == "rb"

    async def seekable(self) -> bool:
        """Whether it has positions to go to."""
        self._check()
        return self.mode == "rb"

    async def writable(self) -> bool:
        """Whether it can be written to."""
        self._check()
        return self.mode == "wb"

    def _check(self) -> None:
        if self._closed:
            raise ValueError(CLOSED)

    def _unsupported(self, name: str) -> NoReturn:
        raise io.UnsupportedOperation(f"{name}: the file is open in mode {self.mode!r}")


class AsyncObjectReader(_File):
    """An object that is open for reading: seekable, of one generation.

    What is read in order is fetched in pieces that grow to 8 MiB, one of which is in memory; a jump
    fetches 64 KiB. Once the object is replaced or removed, reading on is `ObjectChangedError`. For one
    task at a time.

    Attributes:
        name: the key.
        mode: ``"rb"``.
    """

    mode = "rb"

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.key)
        self._reader = reader
        self._at = 0

    async def _open(self) -> None:
        if self._reader.size is None:
            await self._reader.open()

    @property
    def size(self) -> int:
        """Bytes of the object."""
        return self._reader.size or 0

    @property
    def metadata(self) -> ObjectMetadata:
        """What was told of the object when it was opened."""
        return self._reader.metadata

    async def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end; all that are left without a size."""
        await self._opened()
        return self._passed(await self._reader.rest(self._at, -1 if size is None else size))

    async def read1(self, size: int = -1, /) -> bytes:
        """At most `size` of the next bytes, with one request or none."""
        await self._opened()
        most = self.size if size < 0 else size
        return self._passed(bytes(await self._reader.some(self._at, most)))

    async def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer with the next bytes; how many there were."""
        await self._opened()
        view = memoryview(buffer).cast("B")
        data = await self._reader.rest(self._at, len(view))
        view[: len(data)] = data
        return len(self._passed(data))

    async def peek(self, size: int = 1, /) -> bytes:
        """Some of the next bytes, at least one but at the end, without going on."""
        await self._opened()
        return bytes(await self._reader.some(self._at, max(size, 1)))

    async def readline(self, size: int | None = -1, /) -> bytes:
        """The next line with its end, or at most `size` bytes of it."""
        await self._opened()
        return self._passed(await self._reader.line(self._at, -1 if size is None else size))

    async def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """The lines that are left; no more once they have `hint` bytes."""
        lines: list[bytes] = []
        total = 0
        async for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __aiter__(self) -> AsyncObjectReader:
        self._check()
        return self

    async def __anext__(self) -> bytes:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    async def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position, which may lie behind the end."""
        await self._opened()
        self._at = moved(self._at, self.size, offset, whence)
        return self._at

    async def tell(self) -> int:
        """The position."""
        self._check()
        return self._at

    async def write(self, data: Any, /) -> int:
        """Not in this mode."""
        self._check()
        self._unsupported("write")

    async def close(self) -> None:
        """Close it. Closing again does nothing."""
        self._closed = True
        self._reader.close()

    def _passed(self, data: bytes) -> bytes:
        self._at += len(data)
        return data


class AsyncObjectWriter(_File):
    """An object that is open for writing; it appears when this is closed.

    Larger objects go up in parts, side by side, while the next is written; `write` waits when too many are
    on their way. An ``async with`` block that an exception leaves, `discard()`, or a failed write leaves
    nothing on the server; nor does a file that is never closed, which is a `ResourceWarning`.

    Attributes:
        name: the key.
        mode: ``"wb"``.
        response: what the server said of the object, once it is closed.
    """

    mode = "wb"

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer.key)
        self.response: UploadResponse | None = None
        self._writer = writer
        self._process = os.getpid()

    async def write(self, data: Any, /) -> int:
        """Write bytes.

        Returns:
            How many: all of them.

        Raises:
            MinIOError: this part, or one before, could not be sent; nothing of the object will be stored.
        """
        self._check()
        view = as_view(data)
        await self._writer.write(view)
        return len(view)

    async def writelines(self, lines: Iterable[Any], /) -> None:
        """Write several bytes-like objects; nothing is put between them."""
        for line in lines:
            await self.write(line)

    async def tell(self) -> int:
        """Bytes written so far."""
        self._check()
        return self._writer.size

    async def flush(self) -> None:
        """Nothing: the object appears when the file is closed."""
        self._check()

    async def read(self, size: int | None = -1, /) -> bytes:
        """Not in this mode."""
        self._check()
        self._unsupported("read")

    async def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Not in this mode."""
        self._check()
        self._unsupported("seek")

    async def close(self) -> None:
        """Store the object. Closing again does nothing.

        Raises:
            MinIOError: it failed after all retries, or a write did before; nothing is stored.
        """
        if not self._closed:
            self._closed = True
            self.response = await self._writer.finish()

    async def discard(self) -> None:
        """Close without storing anything."""
        if not self._closed:
            self._closed = True
            await self._writer.discard()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            await self.close()
        else:
            await self.discard()

    def __del__(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._writer.uploading and os.getpid() == self._process:  # in a fork it is the parent's
            _end_soon(self._writer)
        warnings.warn(
            f"{self._writer.bucket}/{self._writer.key} was written to and never closed: nothing is "
            "stored",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )


_ending: set[Any] = set()  # a loop itself keeps no task alive


def _end_soon(writer: Writer) -> None:
    """End the upload of a file that nobody has any more, if there is a loop to do it on."""
    import asyncio  # not before it is needed: it takes long to load

    try:
        task = asyncio.get_running_loop().create_task(writer.discard())
    except RuntimeError:
        return
    _ending.add(task)
    task.add_done_callback(_ending.discard)
