"""Reading an object piece by piece, all pieces of one generation.

Each piece is a request of its own, with its own retries: nobody holds a connection open while a slow
caller works, and a drop costs one piece. The first piece pins the generation, by version where there is
one, else by ETag, and a piece of another generation is `ObjectChangedError`.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from minio_sdk.config import MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    PreconditionFailedError,
    ServerError,
    ValidationError,
    invalid,
)
from minio_sdk.flows import cached, moments, objects
from minio_sdk.flows.leases import Lease
from minio_sdk.models.moments import Moment, moment_or_version
from minio_sdk.models.names import check_version_id
from minio_sdk.models.results import ObjectInfo, ObjectMetadata
from minio_sdk.operations.get_object import GetObjectPart
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.wire.conditions import quoted, read_conditions
from minio_sdk.wire.message import Reply, Room
from minio_sdk.wire.quirks import is_complete, tells_checksums
from minio_sdk.wire.ranges import BEYOND, Piece, beyond, check_range

PIECE = 8 * MiB
"""The most bytes that are asked for at once."""

FIRST = 256 * 1024
"""Bytes of a file object's first piece; what is read from its beginning to its end grows to `PIECE`.

So many are fetched without asking the memory budget, so that any number of objects can be read in turn.
"""

COPIES = 2
"""How often a piece is in memory while it comes in: HTTP libraries put it together from what they read."""

JUMP = 64 * 1024
"""Bytes of the piece that a file object fetches after a jump."""

_NOTHING = (None,) * 6
_NO_ENDS = (206, 400, 405, 416, 501)
"""What servers say to the range of an end that they don't know; 206 came with another part."""

_HELD, _TRANSIT = 1, 2  # the numbers of grants


async def get(
    engine: Engine,
    bucket: str,
    key: str,
    wanted: object = None,
    version_id: str | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_unmodified_since: datetime | None = None,
    at: Moment | None = None,
) -> bytes:
    """The bytes of an object, or of a range of it."""
    conditions = (if_match, if_none_match, if_modified_since, if_unmodified_since)
    if at is None and (wanted, version_id, *conditions) == _NOTHING:
        return await cached.get(engine, bucket, key)
    headers = read_conditions(*conditions)
    if wanted is None and at is None:
        checksum = tells_checksums(engine.api.server)
        place = engine.place(bucket)
        whole = GetObjectPart(place, key, None, None, version_id, headers, checksum=checksum)
        return (await objects.read(engine, whole)).data
    reader = Reader(engine, bucket, key, version_id, headers, at)
    if wanted is None:
        return await reader.whole()
    first, last = check_range(wanted)
    return await reader.range(first, last)


def stream(
    engine: Engine,
    bucket: str,
    key: str,
    wanted: object = None,
    version_id: str | None = None,
    piece_size: int = PIECE,
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_unmodified_since: datetime | None = None,
    at: Moment | None = None,
) -> AsyncIterator[bytes]:
    """The bytes of an object in pieces, lazily; what the arguments break is said at once."""
    headers = read_conditions(if_match, if_none_match, if_modified_since, if_unmodified_since)
    if not isinstance(piece_size, int) or isinstance(piece_size, bool) or piece_size < 1:
        raise invalid("piece_size", piece_size, "must be a whole number of bytes, at least 1")
    reader = Reader(engine, bucket, key, version_id, headers, at)
    if wanted is None:
        return _pieces(reader, piece_size, 0, None, whole=True)
    first, last = check_range(wanted)
    return _pieces(reader, piece_size, first, last, whole=False)


async def _pieces(
    reader: Reader, size: int, first: int, last: int | None, *, whole: bool
) -> AsyncIterator[bytes]:
    end = first + size - 1 if last is None else min(last, first + size - 1)
    data = await reader.first_piece(first, end, whole=whole)
    while data:
        yield data
        first += len(data)
        data = b""  # one piece in memory, not two
        assert reader.size is not None  # known since the first piece
        beyond = reader.size if last is None else min(reader.size, last + 1)
        if first >= beyond:
            return
        reader.renew()
        data = await reader.piece(first, min(first + size, beyond) - 1)


class Reader:
    """Reads one generation of an object.

    Args:
        engine: sends.
        bucket, key: the object.
        version_id: a version; None for the one that is current at the first read.
        headers: conditions of the first read.
        at: what was current at that moment, in place of a version.

    Attributes:
        bucket, key: the object.
        size: bytes of the whole object; None until the first read.
        headers: those of the first answer.

    Raises:
        ValidationError: a bad name.
    """

    def __init__(
        self,
        engine: Engine,
        bucket: str,
        key: str,
        version_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        at: Moment | None = None,
    ) -> None:
        self._moment = moment_or_version(at, version_id)
        self.bucket = bucket
        self.key = key
        self.size: int | None = None
        self.headers: Mapping[str, str] = {}
        self._engine = engine
        self._place = engine.place(bucket)
        self._place.object_path(key)
        self._version = None if version_id is None else check_version_id(version_id)
        self._found_version = False
        self._conditions = headers or {}
        self._expected: ObjectInfo | None = None
        self._mark: str | None = None
        self._whole: bytes | None = None
        self._held, self._at, self._ahead = b"", 0, FIRST
        self._lease = Lease(engine.transport.memory)

    @property
    def version_id(self) -> str | None:
        """The version that is read, as far as it was given or found."""
        return self._version

    async def settle(self) -> None:
        """Find the version that was there at the moment that is asked for, if one is."""
        if self._moment is None:
            return
        found = await moments.version_at(self._engine, self._place, self.key, self._moment)
        self._version, self._moment = found.version_id, None
        if found.version_id == moments.NULL:
            self._expected = found

    def renew(self) -> None:
        """Begin another call of the user's: with `Config.deadline` it has a time of its own."""
        self._engine = self._engine.begin()

    @property
    def metadata(self) -> ObjectMetadata:
        """What the first answer told of the object."""
        headers = {**self.headers, "content-length": str(self.size or 0)}
        return HeadObject(self._place, self.key).parse(Reply(200, headers))

    # --- ranges ----------------------------------------------------------------------------------

    async def start(self, last: int, room: Room | None = None) -> bytes:
        """The bytes up to `last` of an object that may be empty; pins its generation."""
        try:
            return await self.range(0, last, room)
        except ValidationError as error:
            if error.code != BEYOND or (self.size or 0) > 0:
                raise
        if self.size is None:
            # No range lies in an empty object. Should it have grown meanwhile, all of it comes.
            piece = await self._all()
            self._whole = piece.data
            return piece.cut(0, last)
        return b""

    async def end(self, size: int) -> tuple[bytes, int]:
        """The last `size` bytes of an object that may be shorter, and where they begin; pins its generation.

        From a server that doesn't know how to give them, its first ones.
        """
        await self.settle()
        try:
            piece = await self._asked(self._operation(-size, None))
        except MinIOError as error:
            if error.status not in _NO_ENDS and not isinstance(error, NotSupportedError):
                raise
            if error.code == BEYOND and is_complete(self._engine.api.server):
                piece = await self._all()  # nothing but an empty object has no end
            else:
                return await self.start(size - 1), 0
        if piece.whole and piece.total > size:
            self._whole = piece.data  # the server knows no ranges
        return piece.data, piece.first

    async def whole(self) -> bytes:
        """All bytes at once."""
        await self.settle()
        return (await self._all()).data

    async def _all(self) -> Piece:
        operation = GetObjectPart(
            self._place, self.key, None, None, self._version, self._conditions
        )
        piece = await objects.read(self._engine, operation)
        await self._expect(piece)
        self._pin(piece)
        return piece

    async def range(self, first: int, last: int | None, room: Room | None = None) -> bytes:
        """All bytes of a range; those behind the end of the object are left out.

        Args:
            first: the first byte.
            last: the last one, included; None for up to the end.
            room: as large as the range; where the bytes may be put, and the result is then `Room.body`.

        Raises:
            ValidationError: it begins behind the end.
            ObjectChangedError: the object was replaced or removed since the first read.
        """
        data = await self._fetch(first, last, room)
        assert self.size is not None  # every answer tells it
        end = self.size if last is None else min(self.size, last + 1)
        if first + len(data) == end:
            return data
        found = io.BytesIO()  # the server gives less at a time than it is asked for
        found.write(data)
        while (at := first + found.tell()) < end:
            found.write(await self._fetch(at, end - 1))
        return found.getvalue()

    async def _fetch(self, first: int, last: int | None, room: Room | None = None) -> bytes:
        """Some bytes from `first` on, at least one."""
        await self.settle()
        if self._whole is not None:
            data = self._whole[first : None if last is None else last + 1]
        else:
            operation = replace(self._operation(first, last), room=room)
            piece = await self._asked(operation)
            data = piece.cut(first, last)
            if piece.whole and len(data) < piece.total:
                # The server knows no ranges: asked again, it would send everything again.
                self._whole = piece.data
        if not data:
            raise self._engine.named(beyond(first, self.size), self._operation(first, last))
        return data

    async def _asked(self, operation: GetObjectPart) -> Piece:
        pinned = self.size is not None
        try:
            if not pinned:
                piece = await objects.read(self._engine, operation)
                await self._expect(piece)
                self._pin(piece)
                return piece
            piece = await self._engine.send(operation)
        except (AccessDeniedError, NotSupportedError):
            # To name a version takes a right of its own, which not everybody has.
            if not (pinned and self._found_version and operation.version_id is not None):
                raise
            self._version = None
            return await self._asked(self._operation(operation.first or 0, operation.last))
        except (PreconditionFailedError, NotFoundError, ValidationError) as error:
            if not pinned or error.status is None:
                raise
            raise self._changed(operation, error) from None
        except ServerError as error:
            if error.status is not None:
                raise
            raise self._without_ranges(operation, error) from None
        if (piece.total, _mark(piece)) != (self.size, self._mark):
            # A server that ignores If-Match, or a gateway that mixes replicas.
            raise self._changed(operation, None)
        return piece

    def _operation(self, first: int | None, last: int | None) -> GetObjectPart:
        headers = self._conditions
        if self.size is not None:
            etag = self.headers.get("etag", "")
            # No weak ETag ever matches; it is compared with that of each answer all the same.
            strong = etag and not etag.startswith("W/")
            headers = {"if-match": quoted(etag, "if_match")} if strong else {}
        return GetObjectPart(self._place, self.key, first, last, self._version, headers)

    async def _expect(self, piece: Piece) -> None:
        """Make sure that a version called ``null`` is the one that was found."""
        wanted = self._expected
        if wanted is not None and piece.etag is not None:
            if wanted.etag != piece.etag:
                await moments.expect_same(self._engine, self._operation(None, None), wanted)
            self._expected = None

    def _pin(self, piece: Piece) -> None:
        self.size = piece.total
        self.headers = piece.headers
        self._mark = _mark(piece)
        if self._version is None and piece.version_id is not None:
            self._version, self._found_version = piece.version_id, True

    def _changed(self, operation: GetObjectPart, cause: MinIOError | None) -> ObjectChangedError:
        error = ObjectChangedError(
            "the object was replaced or removed while it was being read",
            status=cause.status if cause else None,
            code=cause.code if cause else None,
            attempts=cause.attempts if cause else 1,
            request_id=cause.request_id if cause else None,
            hint="read it again from its beginning",
        )
        return self._engine.named(error, operation)

    def _without_ranges(self, operation: GetObjectPart, cause: MinIOError) -> NotSupportedError:
        error = NotSupportedError(
            f"this server sends a whole object where some of it is asked for: {cause.message}",
            hint="get_object() without range, which takes the memory for all of it",
        )
        return self._engine.named(error, operation)

    # --- within the memory budget ----------------------------------------------------------------

    async def first_piece(self, first: int, last: int, *, whole: bool) -> bytes:
        """The first piece of a stream, whose object may be much smaller than that.

        So it doesn't wait for the memory of all that was asked for, but begins with what needs none.
        """
        fetch = self.start if whole else partial(self.range, first)
        size = last + 1 - first
        if size <= FIRST or self._lease.ask(_TRANSIT, size * COPIES):
            self._lease.use(_TRANSIT)
            try:
                return await fetch(last)
            finally:
                self._lease.give(_TRANSIT)
        data = await fetch(first + FIRST - 1)
        assert self.size is not None  # known by now
        following, end = first + len(data), min(last + 1, self.size)
        return data if following >= end else data + await self.piece(following, end - 1)

    async def piece(self, first: int, last: int) -> bytes:
        """A range, when there is memory for it on its way; then it is the user's."""
        size = last + 1 - first
        if size <= FIRST:
            return await self.range(first, last)
        await self._lease.take_aside(_TRANSIT, size * COPIES)
        try:
            return await self.range(first, last)
        finally:
            self._lease.give(_TRANSIT)

    # --- as a file -------------------------------------------------------------------------------

    async def open(self) -> None:
        """Read the first bytes, as many as a small object has."""
        self._held = await self.start(FIRST - 1)

    def close(self) -> None:
        """Let go of what is in memory."""
        self._held, self._whole = b"", None
        self._lease.close()

    async def some(self, offset: int, size: int) -> memoryview:
        """From 1 to `size` bytes from `offset` on; none behind the end."""
        start = await self._hold(offset, size)
        return memoryview(self._held)[start : start + size]

    async def rest(self, offset: int, size: int = -1) -> bytes:
        """`size` bytes from `offset` on, or all there are."""
        assert self.size is not None
        end = self.size if size < 0 else min(self.size, offset + size)
        start = await self._hold(offset, end - offset)
        if end - offset <= len(self._held) - start:
            return self._held[start : start + max(0, end - offset)]
        found = io.BytesIO()
        while (at := offset + found.tell()) < end:
            found.write(await self.some(at, end - at))
        return found.getvalue()

    async def line(self, offset: int, size: int = -1) -> bytes:
        """The bytes from `offset` to the end of the line, at most `size`."""
        assert self.size is not None
        end = self.size if size < 0 else min(self.size, offset + size)
        found: list[bytes] = []
        while offset < end:
            start = await self._hold(offset, 1)
            stop = min(len(self._held), start + end - offset)
            newline = self._held.find(b"\n", start, stop)
            found.append(self._held[start : stop if newline < 0 else newline + 1])
            if newline >= 0:
                break
            offset += len(found[-1])
        return found[0] if len(found) == 1 else b"".join(found)

    async def _hold(self, offset: int, wanted: int) -> int:
        """Where the byte at `offset` is among those in memory, after fetching it."""
        assert self.size is not None  # it is open
        index = offset - self._at
        if 0 <= index < len(self._held):
            return index
        if offset >= self.size or wanted <= 0:
            return len(self._held)
        follows = index == len(self._held)
        self._ahead = min(self._ahead * 2, PIECE) if follows else JUMP
        size = min(max(wanted, self._ahead), PIECE, self.size)
        self._held = b""
        self._lease.give(_HELD)
        if size > FIRST and not self._lease.ask(_HELD, size):
            size = FIRST
        # Near the end, all of the end: what has its table of contents there is read backwards.
        start = offset if follows else max(0, min(offset, self.size - size))
        self.renew()
        self._held, self._at = await self.piece(start, start + size - 1), start
        return offset - start


def _mark(piece: Piece) -> str | None:
    """What tells one generation from another besides the size."""
    return piece.etag or piece.headers.get("last-modified")
