"""Zip archives of which only some ranges are here.

`zipfile` reads them, from a file that says what it lacks: so each range is asked for only once somebody looks
at it. Nothing that an archive says of itself is believed beyond a limit.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from minio_sdk.errors import ConflictError, IntegrityError, NotFoundError, NotSupportedError
from minio_sdk.models.archives import ArchiveEntry

T = TypeVar("T")

MAX_DIRECTORY = 32 * 1024 * 1024
"""Bytes of the table of contents, at most: some 400,000 entries, of which each takes 20 times as many."""

TAIL = 64 * 1024 + 22 + 20 + 56
"""Bytes at the end in which the archive says where its table is: a comment and three records."""

_LOCAL = 30 + 1024
"""Bytes before those of an entry: a record, and what it may say beside its name."""

_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
_BLOCK = 1024 * 1024

# What `zipfile` raises for archives that somebody has thought up.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError, NotImplementedError,
    OverflowError, RuntimeError, ValueError,
)  # fmt: skip


class Lacking(Exception):
    """Some bytes aren't here yet.

    Attributes:
        first, last: those, both included.
    """

    def __init__(self, first: int, last: int) -> None:
        super().__init__(first, last)
        self.first = first
        self.last = last


class Pieces(io.RawIOBase):
    """A file of which some ranges are in memory.

    Args:
        size: bytes of all of it.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._at = 0
        self._held: list[tuple[int, bytes]] = []

    def add(self, first: int, data: bytes) -> None:
        """Take a range."""
        self._held.append((first, data))

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes.

        Raises:
            Lacking: they aren't here.
        """
        end = self.size if size is None or size < 0 else min(self.size, self._at + size)
        if self._at >= end:
            return b""
        for first, data in self._held:
            if first <= self._at and end <= first + len(data):
                found = data[self._at - first : end - first]
                self._at = end
                return found
        raise Lacking(self._at, end - 1)


class Archive:
    """A zip archive of which some ranges are here.

    Args:
        size: bytes of all of it.
    """

    def __init__(self, size: int) -> None:
        self.pieces = Pieces(size)
        self._zip: zipfile.ZipFile | None = None

    def read_directory(self) -> None:
        """Read the table of contents.

        Raises:
            Lacking: some of it isn't here.
            IntegrityError: it is no archive, or a broken one.
            NotSupportedError: the table is too large.
        """
        self._zip = self._tried(lambda: zipfile.ZipFile(self.pieces))

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Lacking as lack:
            if lack.last - lack.first >= MAX_DIRECTORY:
                mib = MAX_DIRECTORY // 2**20
                raise NotSupportedError(
                    f"the archive says that its table of contents takes {lack.last + 1 - lack.first} "
                    f"bytes; at most {mib} MiB are read",
                    hint="open() it, and read it with zipfile",
                ) from None
            raise
        except _BROKEN as reason:
            raise IntegrityError(
                f"it is no zip archive, or one that is cut off or damaged: {reason}"
            ) from None

    def _infos(self) -> list[zipfile.ZipInfo]:
        assert self._zip is not None  # the table was read first
        return self._zip.infolist()

    def entries(self, prefix: str) -> list[ArchiveEntry]:
        """The entries whose names begin so, in the archive's order."""
        return [_entry(info) for info in self._infos() if info.filename.startswith(prefix)]

    def find(self, name: str, most: int) -> zipfile.ZipInfo:
        """An entry that can be read.

        Raises:
            NotFoundError: there is none.
            ConflictError: there are several.
            NotSupportedError: it is encrypted, larger than `most`, or compressed in another way.
        """
        found = [info for info in self._infos() if info.filename == name]
        if not found:
            raise NotFoundError(
                f"the archive has no entry {name!r}", hint="list_archive() shows what there is"
            )
        if len(found) > 1:
            raise ConflictError(f"the archive has {len(found)} entries {name!r}")
        (info,) = found
        why = None
        if info.flag_bits & 0x1:
            why = "is encrypted"
        elif info.compress_type not in _METHODS:
            why = f"is compressed by method {info.compress_type}, and only deflate is read here"
        elif (size := max(info.file_size, info.compress_size)) > most:
            why = f"says that it has {size} bytes, and max_size allows {most}"
        if why is not None:
            raise NotSupportedError(f"the entry {name!r} {why}", hint="open() the archive yourself")
        return info

    def extent(self, info: zipfile.ZipInfo) -> tuple[int, int]:
        """First and last byte of what is worth having before an entry is read.

        Raises:
            IntegrityError: it lies outside of the archive.
        """
        if not 0 <= info.header_offset < self.pieces.size:
            raise IntegrityError(f"the entry {info.filename!r} lies outside of the archive")
        size = _LOCAL + len(info.orig_filename.encode()) + len(info.extra) + info.compress_size
        return info.header_offset, min(self.pieces.size, info.header_offset + size) - 1

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """The bytes of an entry, of which the checksum is right.

        Raises:
            Lacking: some of it isn't here.
            IntegrityError: it is not what the archive says of it.
        """
        return self._tried(lambda: self._read(info))

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        assert self._zip is not None  # the table was read first
        blocks: list[bytes] = []
        with self._zip.open(info) as file:
            while block := file.read(_BLOCK):
                blocks.append(block)
        data = b"".join(blocks)
        if len(data) != info.file_size:
            raise zipfile.BadZipFile(
                f"the entry is to have {info.file_size} bytes, and has {len(data)}"
            )
        return data


def _entry(info: zipfile.ZipInfo) -> ArchiveEntry:
    try:
        modified = datetime(*info.date_time)  # noqa: DTZ001 - archives tell no time zone
    except ValueError:
        modified = None
    return ArchiveEntry(
        name=info.filename,
        size=info.file_size,
        compressed_size=info.compress_size,
        modified=modified,
        crc32=info.CRC,
        method=_METHODS.get(info.compress_type, str(info.compress_type)),
        encrypted=bool(info.flag_bits & 0x1),
        is_dir=info.filename.endswith("/"),
    )
