"""A file that grows beside its target, and takes its place when all of it is there. Blocking.

Without a journal, whatever goes wrong removes it; with one, it stays for a later run.
"""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Collection, Sequence
from mmap import mmap
from pathlib import Path
from typing import Any, Protocol

from minio_sdk.errors import IntegrityError
from minio_sdk.flows.blocks import Blocks
from minio_sdk.flows.journal import Journal, growing_path
from minio_sdk.flows.reading import Reader
from minio_sdk.wire.crc import crc32
from minio_sdk.wire.message import Room

RECORDED = 4
"""Pieces that are written to disk for good, and then to the journal, at a time."""


WRITTEN = 1024 * 1024
"""Bytes that are written to a file at a time."""


class Growing(Protocol):
    """See below."""

    path: Path

    @property
    def done(self) -> Collection[int]:
        """The offsets of the pieces that are there already."""
        ...

    def start(self, reader: Reader) -> None:
        """Begin, or go on; the generation is known by now."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Put some bytes where they belong."""
        ...

    def written(self, offset: int, size: int) -> None:
        """A `FileRoom` has put so many bytes where they belong."""
        ...

    def publish(self) -> None:
        """Take the target's place."""
        ...

    def fail(self, error: BaseException) -> None:
        """Leave what is to be left after an error."""
        ...

    def close(self) -> None:
        """It is over, one way or the other."""
        ...


class GrowingFile:
    """A file under a name that no other download has; removed when the download fails.

    Attributes:
        path: that name, beside the target.
        done: nothing.
    """

    done: Collection[int] = ()

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".minio-sdk-{uuid.uuid4().hex}.part")
        self._made = False

    def start(self, reader: Reader) -> None:
        """An empty file, which may be read and written by those who may the target."""
        self._made = True
        _make(self.path, self.target)

    def write(self, offset: int, data: bytes) -> None:
        """Put some bytes where they belong."""
        write_at(self.path, offset, data)

    def written(self, offset: int, size: int) -> None:
        """Nothing."""

    def publish(self) -> None:
        """Take the target's place."""
        self.path.replace(self.target)

    def fail(self, error: BaseException) -> None:
        """Remove it."""
        if self._made:
            try:
                self.path.unlink(missing_ok=True)
            except OSError:  # what led here is the news
                pass

    def close(self) -> None:
        """Nothing."""


class KeptFile:
    """A file that a later run finds, and the journal of what is in it.

    Attributes:
        path: named after the journal, beside the target.
    """

    def __init__(self, target: Path, journal: Journal, piece: int) -> None:
        self.target = target
        self.path = growing_path(target, journal.id)
        self._journal = journal
        self._piece = piece
        self._done: set[int] = set()
        self._turns = [None]  # taken by who records, or an older state might be written last
        self._unrecorded = 0
        self._size = 0
        self._begun = False

    @property
    def done(self) -> Collection[int]:
        """The offsets of the pieces that an earlier run has brought."""
        return sorted(self._done)

    def start(self, reader: Reader) -> None:
        """Go on with a file of the same generation; of another it is emptied."""
        metadata = reader.metadata
        facts = {"etag": metadata.etag, "version": metadata.version_id, "size": metadata.size}
        entry = self._journal.entry
        self._size = metadata.size
        if entry is not None:
            same = {name: entry[name] for name in facts} == facts and entry["piece"] == self._piece
            sure = metadata.etag is not None or metadata.version_id is not None
            if same and sure and self._has(entry["done"]):
                self._done = set(entry["done"])
                self._begun = True
                return
            self.path.unlink(missing_ok=True)
            if same:
                self._journal.remove()
            else:
                self._journal.restart("the object has changed")
        self.path.unlink(missing_ok=True)  # of a run that ended before its first line was written
        self._journal.save(
            kind="download",
            bucket=reader.bucket,
            key=reader.key,
            path=str(self.target),
            piece=self._piece,
            done=[],
            **facts,
        )
        self._begun = True
        _make(self.path, self.target)

    def _has(self, done: Sequence[int]) -> bool:
        """Whether the file is there, and as long as it must be."""
        try:
            found = self.path.lstat()
        except OSError:
            return False
        needed = min(self._size, max(done) + self._piece) if done else 0
        return stat.S_ISREG(found.st_mode) and needed <= found.st_size <= self._size

    def write(self, offset: int, data: bytes) -> None:
        """Put some bytes where they belong."""
        write_at(self.path, offset, data)
        self.written(offset, len(data))

    def written(self, offset: int, size: int) -> None:
        """Now and then write down what is there, unless another thread is at it."""
        if size and not offset % self._piece and size == min(self._piece, self._size - offset):
            self._done.add(offset)
            self._unrecorded += 1
        if self._unrecorded >= RECORDED:
            try:
                turn = self._turns.pop()
            except IndexError:
                return
            try:
                self._record()
            finally:
                self._turns.append(turn)

    def _record(self) -> None:
        self._unrecorded = 0
        done = sorted(self._done.copy())
        with self.path.open("r+b", buffering=0) as file:
            os.fsync(file.fileno())  # first the bytes, then the word that they are there
        self._journal.save(done=done)

    def publish(self) -> None:
        """Take the target's place."""
        self.path.replace(self.target)
        self._journal.remove()

    def fail(self, error: BaseException) -> None:
        """Write down what is there; bytes that are wrong are removed."""
        if not self._begun:
            return
        if isinstance(error, IntegrityError):
            self.path.unlink(missing_ok=True)
            self._journal.remove()
            return
        try:
            self._record()
        except OSError:  # such as the full disk that has ended the download
            return

    def close(self) -> None:
        """Let others at it."""
        self._journal.close()


def _make(path: Path, target: Path) -> None:
    with path.open("xb"):  # as `open` makes files, and not as `tempfile` does, for one user only
        pass
    try:
        path.chmod(stat.S_IMODE(target.stat().st_mode))
    except OSError:  # there is none, which is the usual case; or it is another user's
        pass


class FileRoom(Room):
    """Some of a file, into which bytes are written as they come.

    Args:
        path: the file.
        offset: where they belong.
        size: how many there will be.
        blocks: the memory for those on their way.
        summed: take their CRC32, too.

    Attributes:
        crc: it, when all of them are there.
    """

    __slots__ = ("_blocks", "_have", "_held", "_offset", "_path", "_summed", "crc")
    waits = True

    def __init__(
        self, path: Path, offset: int, size: int, blocks: Blocks, *, summed: bool = False
    ) -> None:
        super().__init__(memoryview(b""))
        self.size = size
        self._path = path
        self._offset = offset
        self._blocks = blocks
        self._held: list[mmap] = []
        self._have = 0
        self._summed = summed
        self.crc: int | None = 0 if summed else None

    def __len__(self) -> int:
        return self.size

    def space(self, at: int) -> memoryview:
        """Where to put some of the bytes from `at` on, before they are written."""
        if not self._held:
            self._held = self._blocks.take()
        if not at:
            self._have = 0
            self.crc = 0 if self._summed else None
        return memoryview(self._held[0])[self._have : self._have + self.size - at]

    def filled(self, at: int, count: int) -> None:
        """Write them, when they are many enough or the last."""
        self._have += count
        end = at + count
        if self._have == self._blocks.size or end == self.size:
            start, size, self._have = end - self._have, self._have, 0
            data = memoryview(self._held[0])[:size]
            if self.crc is not None:
                self.crc = crc32(data, self.crc)
            write_at(self._path, self._offset + start, data)

    @property
    def body(self) -> Any:
        """This, which has only a length: the bytes are in the file."""
        return self

    def close(self) -> None:
        """Let go of the memory."""
        if self._held:
            self._blocks.give(self._held)
            self._held = []


def write_at(path: Path, offset: int, data: bytes | memoryview) -> None:
    """Write all of `data` at `offset`."""
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
