"""Objects as files, for the blocking client: what Python's own files can do, these can."""

from __future__ import annotations

import _thread
import atexit
import io
import os
import warnings
import weakref
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from minio_sdk.blocking import run
from minio_sdk.client.files import CLOSED, as_view, make, moved
from minio_sdk.engine import Engine
from minio_sdk.flows.reading import Reader
from minio_sdk.flows.writing import Writer
from minio_sdk.models.moments import Moment
from minio_sdk.models.results import ObjectMetadata, UploadResponse

_BUFFER = 64 * 1024


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
) -> ObjectReader | ObjectWriter:
    """The file."""
    made = make(
        engine, bucket, key, mode, version_id, content_type, metadata, at, storage_class,
        tags, if_none_match, if_match,
    )  # fmt: skip
    if isinstance(made, Writer):
        return ObjectWriter(made)
    run(made.open())
    return ObjectReader(made)


class _RawReader(io.RawIOBase):
    """Reads as much as is there; `io.BufferedReader` does the rest."""

    mode = "rb"

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.name = reader.key
        self._at = 0

    def readable(self) -> bool:
        """True."""
        self._check()
        return True

    def seekable(self) -> bool:
        """True."""
        self._check()
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill as much of the buffer as can be without another request."""
        self._check()
        view = memoryview(buffer).cast("B")
        data = run(self.reader.some(self._at, len(view)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Let go of what is in memory."""
        if not self.closed:
            self.reader.close()
        super().close()

    def readall(self) -> bytes:
        """All that is left."""
        self._check()
        data = run(self.reader.rest(self._at))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position, which may lie behind the end."""
        self._check()
        self._at = moved(self._at, self.reader.size or 0, offset, whence)
        return self._at

    def _check(self) -> None:
        if self.closed:
            raise ValueError(CLOSED)


class ObjectReader(io.BufferedReader):
    """An object that is open for reading: an `io.BufferedReader`, seekable, of one generation.

    What is read in order is fetched in pieces that grow to 8 MiB, one of which is in memory; a jump
    fetches 64 KiB. Once the object is replaced or removed, reading on is `ObjectChangedError`.

    Attributes:
        name: the key.
        mode: ``"rb"``.
    """

    def __init__(self, reader: Reader) -> None:
        super().__init__(_RawReader(reader), _BUFFER)
        self._reader = reader

    @property
    def size(self) -> int:
        """Bytes of the object."""
        return self._reader.size or 0

    @property
    def metadata(self) -> ObjectMetadata:
        """What was told of the object when it was opened."""
        return self._reader.metadata


class ObjectWriter(io.BufferedIOBase):
    """An object that is open for writing; it appears when this is closed.

    Larger objects go up in parts, side by side, while the next is written; `write` waits when too many are
    on their way. A ``with`` block that an exception leaves, `discard()`, or a failed write leaves nothing on
    the server; nor does a file that is never closed, which is a `ResourceWarning`.

    Attributes:
        name: the key.
        mode: ``"wb"``.
        response: what the server said of the object, once it is closed.
    """

    mode = "wb"

    def __init__(self, writer: Writer) -> None:
        self.name = writer.key
        self.response: UploadResponse | None = None
        self._writer = writer
        self._process = os.getpid()
        self._lost = False
        _unclosed.add(self)

    def writable(self) -> bool:
        """True."""
        self._check()
        return True

    def write(self, data: Any, /) -> int:
        """Write bytes.

        Returns:
            How many: all of them.

        Raises:
            MinIOError: this part, or one before, could not be sent; nothing of the object will be stored.
        """
        self._check()
        view = as_view(data)
        if not self._lost:
            run(self._writer.write(view))
        return len(view)

    def tell(self) -> int:
        """Bytes written so far."""
        self._check()
        return self._writer.size

    def flush(self) -> None:
        """Nothing: the object appears when the file is closed."""
        self._check()

    def close(self) -> None:
        """Store the object. Closing again does nothing.

        Raises:
            MinIOError: it failed after all retries, or a write did before; nothing is stored.
        """
        if self.closed:
            return
        try:
            if not self._lost:
                self.response = run(self._writer.finish())
        finally:
            super().close()

    def discard(self) -> None:
        """Close without storing anything."""
        if self.closed:
            return
        try:
            run(self._writer.discard())
        finally:
            super().close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        if not self.closed:
            self._dealloc_warn(self)
            super().close()

    def _dealloc_warn(self, source: object) -> None:
        """What a TextIOWrapper calls that is collected, before it writes what it has and closes this."""
        if self._lost:
            return
        self._lost = True
        writer = self._writer
        try:
            if writer.uploading and os.getpid() == self._process:  # in a fork it is the parent's
                # Not here: the collector may run in the middle of what holds the connection pool's lock.
                _thread.start_new_thread(_end, (writer,))
        except RuntimeError:  # the interpreter is going down, and starts no more threads
            pass
        warnings.warn(
            f"{writer.bucket}/{writer.key} was written to and never closed: nothing is stored",
            ResourceWarning,
            stacklevel=2,
            source=source,
        )

    def _check(self) -> None:
        if self.closed:
            raise ValueError(CLOSED)


_unclosed: weakref.WeakSet[ObjectWriter] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """End the uploads of files that this program leaves open: an interrupt may come before `__exit__`."""
    for file in list(_unclosed):
        if not file.closed and file._writer.uploading and os.getpid() == file._process:
            with suppress(Exception):  # the program ends, for another reason
                file.discard()


def _end(writer: Writer) -> None:
    run(writer.discard())
