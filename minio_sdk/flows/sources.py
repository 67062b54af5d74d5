"""What users give as `data`, as one thing to read from.

bytes-like objects (read-only ones too), binary files from their current position, and iterators of
bytes; on the async client async iterators too.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Set
from mmap import mmap
from typing import Any, BinaryIO, Protocol, cast

from minio_sdk.errors import IntegrityError, invalid
from minio_sdk.flows.blocks import block
from minio_sdk.protocols import Transport

_END: Any = object()  # StopIteration can't travel through a future


class BinaryFile(Protocol):
    """Anything with `read` that gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end, none behind it."""
        ...


BytesLike = bytes | bytearray | memoryview
Data = BytesLike | BinaryFile | Iterable[BytesLike] | AsyncIterable[BytesLike]


class Source:
    """Reads `data` in blocks of the size that is asked for.

    Args:
        data: what the user gave.
        length: take exactly this many bytes of it; None takes all.

    Attributes:
        whole: all of it, when it is in memory already.
        length: how many bytes there are to read; None when only the end will tell.
        exact: whether the user said the length: then nothing beyond it is read.
        slices: the same bytes, when they are in a file that can be read at any place.

    Raises:
        ValidationError: it is not something that bytes can be read from.
    """

    __slots__ = (
        "_before",
        "_data",
        "_goes_back",
        "_iterator",
        "_left",
        "_rest",
        "_start",
        "exact",
        "length",
        "slices",
        "whole",
    )

    def __init__(self, data: object, length: int | None = None) -> None:
        if length is not None and (
            not isinstance(length, int) or isinstance(length, bool) or length < 0
        ):
            raise invalid("length", length, "must be a whole number of bytes, or None")
        self.whole: bytes | memoryview | None = None
        self.length = length
        self.exact = length is not None
        self.slices: FileSlices | None = None
        self._data = data
        self._iterator: Iterator[Any] | AsyncIterator[Any] | None = None
        self._rest: bytes | memoryview = b""
        self._before = b""
        self._start: int | None = None
        self._goes_back = False
        if length is None and type(data) is bytes:  # as nearly always, and soon said
            self.whole, self.length, self._left = data, len(data), None
            return
        if isinstance(data, str):
            raise invalid("data", data, "is text; encode it first: data.encode()")
        if isinstance(data, os.PathLike):
            raise invalid("data", data, "is a path; open it in binary mode")
        if _is_bytes_like(data):
            self._take_whole(data)
        elif hasattr(data, "read"):
            if isinstance(data, io.TextIOBase):
                raise invalid("data", data, "is a text file; open it in binary mode ('rb')")
            self._start = _position(data)
            if self.length is None:
                self.length = _bytes_left(data)
            self._goes_back = _goes_back(data, self.length is not None and not self.exact)
        elif isinstance(data, AsyncIterable):
            self._iterator = data.__aiter__()
        elif isinstance(data, Iterable) and not isinstance(data, (Mapping, Set)):
            if isinstance(data, (list, tuple)):
                _check_blocks(data)
            self._iterator = iter(data)
        else:
            kind = type(data).__name__
            rule = f"must be bytes-like, a binary file or an iterator of bytes, not {kind}"
            raise invalid("data", data, rule)
        self._left = self.length if self.exact else None

    def _take_whole(self, data: object) -> None:
        if isinstance(data, bytes):
            self.whole = data
        else:
            view = memoryview(cast("BytesLike", data))
            self.whole = view.cast("B") if view.c_contiguous else view.tobytes()
        if self.length is None:
            self.length = len(self.whole)
        elif self.length > len(self.whole):
            raise invalid("length", self.length, f"the data has only {len(self.whole)} bytes")
        elif self.length < len(self.whole):
            self.whole = memoryview(self.whole)[: self.length]

    @property
    def fed(self) -> bool:
        """Whether somebody is sending it still, and may stop: nobody can go back in it."""
        if self.whole is not None or self.slices is not None:
            return False
        if self._iterator is not None:
            return True
        return not self._goes_back

    @property
    def held(self) -> int:
        """Bytes that were read, and given back."""
        return len(self._rest)

    async def read(self, transport: Transport, size: int) -> bytes | memoryview:
        """The next `size` bytes; fewer only at the end."""
        if self._left is not None:
            size = min(size, self._left)
        if size <= 0:
            return b""
        data = await self._read(transport, size)
        if self._left is not None:
            self._left -= len(data)
        return data

    def check_length(self, found: int) -> None:
        """Make sure that so many bytes are all there were to be.

        Raises:
            IntegrityError: they aren't.
        """
        expected = self.length
        if expected is not None and found != expected:
            comparison = "more" if found > expected else "fewer"
            raise IntegrityError(
                f"the data has {comparison} bytes than the {expected} it was said to have",
                hint="don't change a file while it is uploaded; leave length out if it isn't known",
            )

    def unread(self, data: bytes | memoryview) -> None:
        """Give back what `read` gave last; the next `read` begins with it."""
        self._rest = b"".join((data, self._rest)) if self._rest else data
        if self._left is not None:
            self._left += len(data)

    def lead(self, before: bytes) -> None:
        """Have other bytes come first, also after `rewind`; for a source that is not in memory, once."""
        assert self.whole is None  # join them
        self._before = before
        if self.length is not None:
            self.length += len(before)
        self.unread(before)

    async def _read(self, transport: Transport, size: int) -> bytes | memoryview:
        parts: list[bytes | memoryview] = [self._rest] if self._rest else []
        have = len(self._rest)
        self._rest = b""
        while have < size:
            block = await self._next_block(transport, size - have)
            if not block and (block is None or self._iterator is None):
                break
            parts.append(block)
            have += len(block)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        if len(data) > size:
            view = memoryview(data)
            data, rest = view[:size], view[size:]
            # A small rest shall not keep all of it in memory.
            self._rest = rest if len(rest) > size else bytes(rest)
        return data

    async def _next_block(self, transport: Transport, size: int) -> bytes | None:
        """A block of about `size` bytes; None, or nothing from a file, is the end."""
        block: Any
        if self._iterator is None:
            # Nobody reads a file any more once the upload is over, and its caller may go back in it.
            read = transport.finish if self._goes_back else transport.call
            block = await read(cast("BinaryFile", self._data).read, size)
            if block is None:
                raise invalid("data", self._data, "is a non-blocking file; S3 needs all its bytes")
        elif isinstance(self._iterator, AsyncIterator):
            try:
                block = await self._iterator.__anext__()
            except StopAsyncIteration:
                return None
        else:
            block = await transport.call(next, self._iterator, _END)
            if block is _END:
                return None
        if not _is_bytes_like(block):
            raise invalid("data", block, f"must give bytes, not {type(block).__name__}")
        return bytes(block)

    async def rewind(self, transport: Transport) -> bool:
        """Begin anew, if that is possible."""
        if self.whole is not None or self.slices is not None:
            return True
        if self._start is None:
            return False
        try:
            await transport.call(cast("Any", self._data).seek, self._start)
        except (OSError, ValueError):
            return False
        self._rest = self._before
        self._left = self.length if self.exact else None
        return True

    def in_place(self) -> tuple[BinaryFile, int] | None:
        """The file and its position when it can be read again from there, else None."""
        data: Any = self._data
        if self._iterator is None and self.whole is None and self.length is not None:
            try:
                if data.seekable():
                    return data, data.tell()
            except (AttributeError, OSError, ValueError):
                return None
        return None


class FileSlices:
    """A file on disk that is read slice by slice, each through a handle of its own.

    Args:
        path: its path.
        file: the same file, open.

    Attributes:
        size: bytes it had at the beginning.
        mark: what tells it from another file, and from itself after a change.
        changed: when anything about it was changed, which no program can set back (but on Windows).

    Raises:
        OSError: it can't be looked at.
    """

    def __init__(self, path: str | os.PathLike[str], file: BinaryIO) -> None:
        self.path = os.path.abspath(path)  # noqa: PTH100 - links are followed when it is opened
        found = os.fstat(file.fileno())
        self.regular = stat.S_ISREG(found.st_mode)
        self.size = found.st_size
        self.mark = _mark(found)
        self.changed = found.st_ctime_ns

    def read(self, offset: int, size: int, memory: mmap | None = None) -> memoryview:
        """`size` bytes, in `memory` or in a block of their own; blocking.

        Raises:
            IntegrityError: it was changed, replaced or removed since the beginning.
        """
        try:
            file = open(self.path, "rb", buffering=0)  # noqa: SIM115, PTH123
        except FileNotFoundError:
            raise _changed("removed") from None
        with file:
            self._check(file)
            file.seek(offset)
            view = memoryview(block(size) if memory is None else memory)[:size]
            count = 0
            while count < size and (more := file.readinto(view[count:])):
                count += more  # at most 2 GiB come at a time
            self._check(file)
        if count != size:
            raise _changed("changed")
        return view

    def check(self) -> None:
        """Make sure that it is still what it was; blocking."""
        self.read(0, 1)

    def _check(self, file: BinaryIO) -> None:
        if _mark(os.fstat(file.fileno())) != self.mark:
            raise _changed("changed")


def _mark(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _changed(what: str) -> IntegrityError:
    return IntegrityError(
        f"the file was {what} while it was uploaded",
        hint="don't change a file while it is uploaded; upload a copy of it",
    )


def _check_blocks(blocks: Iterable[object]) -> None:
    """Of a list that is at hand all can be said before anything is sent."""
    for number, each in enumerate(blocks):
        if not _is_bytes_like(each):
            raise invalid(f"data[{number}]", each, f"must be bytes, not {type(each).__name__}")


def _is_bytes_like(data: object) -> bool:
    try:
        memoryview(cast("BytesLike", data))
    except TypeError:
        return False
    return True


def _position(file: Any) -> int | None:
    """Where a file is; None when it can't tell."""
    try:
        here = file.tell()
    except (AttributeError, OSError, ValueError):
        return None
    return here if isinstance(here, int) else None


def _goes_back(file: Any, otherwise: bool) -> bool:
    """Whether it can be read again; `otherwise` is what is thought of one that can't tell."""
    try:
        return bool(file.seekable())
    except (AttributeError, OSError, ValueError):
        return otherwise


def _bytes_left(file: Any) -> int | None:
    """Bytes from the current position to the end, None when the file can't tell."""
    try:
        here = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (AttributeError, OSError, ValueError):
        return None
    if end is None:  # some file-likes return nothing from seek
        return None
    return max(0, int(end) - int(here))
