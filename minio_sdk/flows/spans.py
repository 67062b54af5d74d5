"""Ranges of objects that become parts of another: copied on the server where they may be, else read.

S3 takes no part below 5 MiB but the last. So what is smaller is read, and joined with what comes behind it
until it is large enough; what is larger is copied, and never passes through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from minio_sdk.config import MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOError,
    NotFoundError,
    ObjectChangedError,
    PreconditionFailedError,
    ServerError,
    as_class,
)
from minio_sdk.flows import objects
from minio_sdk.models.object_encryption import Encryption
from minio_sdk.operation import CopySource, Place
from minio_sdk.operations.copy_object import UploadPartCopy
from minio_sdk.operations.get_object import GetObjectPart
from minio_sdk.operations.multipart import MAX_PARTS

SMALLEST = 5 * MiB
"""Bytes of each part but the last, at least."""

LARGEST = 5 * 1024 * MiB
"""Bytes of a part that is copied, at most."""

JOINED = 64 * MiB
"""Bytes of a part that is read and put together here, at most."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of one generation of an object.

    Attributes:
        source: the object, with its ETag.
        total: bytes of the whole object.
        first: the first byte.
        size: how many; none of them lies behind the end.
        opens: what the object is opened with; None for nothing.
    """

    source: CopySource
    total: int
    first: int
    size: int
    opens: Encryption | None = None

    @property
    def last(self) -> int:
        """The last byte, included."""
        return self.first + self.size - 1

    def head(self, size: int) -> Span:
        """Its first bytes."""
        return replace(self, size=size)

    def rest(self, size: int) -> Span:
        """What is left behind its first bytes."""
        return replace(self, first=self.first + size, size=self.size - size)


Part = tuple[Span, ...]
"""What becomes one part: a single span is copied, several are read and joined."""


def cut(span: Span, largest: int) -> list[Part]:
    """A span in pieces of nearly the same size, none of which is larger than that."""
    count = max(1, -(-span.size // largest))
    size, more = divmod(span.size, count)
    parts: list[Part] = []
    for number in range(count):
        taken = size + (number < more)
        parts.append((span.head(taken),))
        span = span.rest(taken)
    return parts


def planned(spans: Iterable[Span], smallest: int, largest: int) -> list[Part]:
    """The parts that spans become, one behind the other; all but the last have `smallest` bytes.

    `largest` must be twice as many at least.
    """
    parts: list[Part] = []
    waiting: list[Span] = []
    held = 0
    for each in spans:
        span = each
        if held and span.size:
            taken = min(span.size, smallest - held)
            waiting.append(span.head(taken))
            held += taken
            span = span.rest(taken)
            if held == smallest:
                parts.append(tuple(waiting))
                waiting, held = [], 0
        if span.size >= smallest:
            parts += cut(span, largest)
        elif span.size:
            waiting, held = [span], span.size
    if waiting:
        parts.append(tuple(waiting))
    return parts


def plan(spans: Sequence[Span], largest: int) -> list[Part] | None:
    """The parts, no more of them than S3 allows; None where that can't be."""
    total = sum(span.size for span in spans)
    largest = max(largest, -(-total // (MAX_PARTS // 2)))
    smallest = SMALLEST
    while smallest <= JOINED:
        parts = planned(spans, smallest, max(largest, 2 * smallest))
        if len(parts) <= MAX_PARTS:
            return parts
        smallest *= 2
    return None


async def copy(
    engine: Engine, dest: Place, key: str, upload_id: str, number: int, span: Span
) -> str:
    """Have the server copy a span as a part; the part's ETag."""
    operation = UploadPartCopy(dest, key, span.source, upload_id, number, span.first, span.last)
    try:
        return await engine.opening(span.opens).send(operation)
    except PreconditionFailedError as error:
        raise changed(error, span.source) from None
    except NotFoundError as error:
        if error.code != "NoSuchUpload":
            # It was there a moment ago.
            error.bucket, error.key = span.source.place.bucket, span.source.key
        raise


async def read(engine: Engine, span: Span) -> bytes:
    """The bytes of a span.

    Raises:
        ObjectChangedError: another generation of the object came, or none.
    """
    source, at, found = span.source, span.first, []
    engine = engine.encrypted(span.opens)
    headers = {} if source.etag is None else {"if-match": f'"{source.etag}"'}
    while at <= span.last:
        operation = GetObjectPart(
            source.place, source.key, at, span.last, source.version_id, headers
        )
        try:
            piece = await objects.read(engine, operation)
        except PreconditionFailedError as error:
            raise changed(error, source) from None
        if (piece.etag, piece.total) != (source.etag, span.total):
            other = PreconditionFailedError("", code="PreconditionFailed", status=412)
            engine.named(other, operation)
            raise changed(other, source)
        data = piece.cut(at, span.last)
        if not data:
            nothing = ServerError("the server sent nothing of the range that it was asked for")
            raise engine.named(nothing, operation)
        found.append(data)
        at += len(data)
    return found[0] if len(found) == 1 else b"".join(found)


def changed(error: MinIOError, source: CopySource) -> ObjectChangedError:
    """The failure of something that was asked of a generation that is gone; it names the source."""
    return as_class(
        error,
        ObjectChangedError,
        "it was replaced while it was being copied",
        "do it again: nothing was stored",
        bucket=source.place.bucket,
        key=source.key,
    )
