"""GetObject. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.config import MiB
from minio_sdk.errors import IntegrityError, MinIOError, PreconditionFailedError
from minio_sdk.models.names import check_version_id
from minio_sdk.operation import Encrypts, ObjectOperation
from minio_sdk.wire.checksums import ASK, crc32_of_object, md5_of_object
from minio_sdk.wire.conditions import Fresh, strong_etag
from minio_sdk.wire.crc import crc32
from minio_sdk.wire.encryption import CUSTOMER_ALGORITHM
from minio_sdk.wire.failure import check_folder, check_s3, check_version, not_s3
from minio_sdk.wire.message import Reply, Request, Room
from minio_sdk.wire.ranges import BEYOND, Piece, beyond, range_header, read_piece, size_beyond
from minio_sdk.wire.url import query_string

MOST_UNASKED = 64 * MiB
"""The largest object that is taken whole from a server that was asked for some of it."""


@dataclass(frozen=True, slots=True)
class GetObject(ObjectOperation[bytes]):
    """The bytes of an object.

    Attributes:
        checksum: ask for the CRC32, and compare it where the server knows it.
    """

    name: ClassVar[str] = "GetObject"
    encrypts: ClassVar[Encrypts] = "reads"

    checksum: bool = False

    def request(self) -> Request:
        """GET the object; its size has no limit."""
        headers = dict(ASK) if self.checksum else {}
        return Request("GET", self.place.object_path(self.key), headers=headers, max_body=None)

    def parse(self, reply: Reply) -> bytes:
        """The body as it is stored.

        Raises:
            IntegrityError: it is not what the server has the checksum of.
        """
        check_s3(reply)
        check_folder(reply, self.key)
        if self.checksum:
            _check_told(reply)
        _check_untold(reply)
        return reply.body


def _check_told(reply: Reply) -> None:
    """Compare the whole of an object with the CRC32 that the server has of it, if it has one.

    Raises:
        IntegrityError: it is another one.
    """
    told = crc32_of_object(reply.headers)
    if told is not None and crc32(reply.body) != told:
        raise IntegrityError(
            f"the body's CRC32 is {crc32(reply.body):08x}, and the object's is {told:08x}",
            status=reply.status,
            attempts=reply.attempts,
            hint="read it again; if it stays so, the stored object is damaged",
        )


def _check_untold(reply: Reply) -> None:
    """A body whose length wasn't told ends with the connection, also with one that has dropped.

    Raises:
        IntegrityError: the ETag tells that this is not all of it.
    """
    if not reply.headers.keys().isdisjoint(("content-length", "transfer-encoding")):
        return
    expected = md5_of_object(reply.headers)
    if expected is None:
        return
    if hashlib.md5(reply.body, usedforsecurity=False).hexdigest() != expected:
        raise IntegrityError(
            f"the server didn't tell the length, and these {len(reply.body)} bytes are not the "
            "object's, which has another MD5",
            status=reply.status,
            attempts=reply.attempts,
            hint="read it again; a proxy on the way may have cut it off",
        )


@dataclass(frozen=True, slots=True)
class GetObjectIfChanged(ObjectOperation[Fresh]):
    """The bytes of an object, unless it is the one that the caller has.

    Attributes:
        checksum: as of `GetObject`.
        etag: what the caller has, as HTTP writes it; None for nothing.
    """

    name: ClassVar[str] = "GetObject"
    encrypts: ClassVar[Encrypts] = "reads"
    ok: ClassVar[frozenset[int]] = frozenset({200, 304})

    checksum: bool = False
    etag: str | None = None

    def request(self) -> Request:
        """GET it, on that condition."""
        request = GetObject(self.place, self.key, self.checksum).request()
        if self.etag is not None:
            request.headers["if-none-match"] = self.etag
        return request

    def parse(self, reply: Reply) -> Fresh:
        """The bytes, or that there are no others.

        Raises:
            ServerError: it says so to somebody who has none.
            IntegrityError: the bytes are not what the server has the checksum of.
        """
        headers = reply.headers
        etag = strong_etag(headers.get("etag"))
        if reply.status == 304:
            if self.etag is None:
                raise not_s3(reply, "the server says that nothing has changed, to no such question")
            # One that names no ETag means the one that it was asked about.
            return Fresh(None, etag if "etag" in headers else self.etag)
        data = GetObject(self.place, self.key, self.checksum).parse(reply)
        if CUSTOMER_ALGORITHM in headers or "no-store" in headers.get("cache-control", "").lower():
            etag = None
        return Fresh(data, etag)


@dataclass(frozen=True, slots=True)
class GetObjectPart(ObjectOperation[Piece]):
    """Some of an object, a version of it, or what meets conditions.

    Attributes:
        first: the first byte; None for all of the object; negative, with no `last`, for so many at its end.
        last: the last byte, included; None for up to the end.
        version_id: a version; None for the current one.
        headers: conditions; lower-case names.
        room: where the bytes may be put; see `Request`.
        checksum: as of `GetObject`, for all of an object; no server tells it of a part.
    """

    name: ClassVar[str] = "GetObject"
    encrypts: ClassVar[Encrypts] = "reads"
    ok: ClassVar[frozenset[int]] = frozenset({200, 206})

    first: int | None = None
    last: int | None = None
    version_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    room: Room | None = field(default=None, compare=False, repr=False)
    checksum: bool = False

    def request(self) -> Request:
        """GET the range."""
        query = ""
        if self.version_id is not None:
            query = query_string([("versionId", check_version_id(self.version_id))])
        headers = dict(self.headers)
        most = None
        if self.first is None:
            headers |= ASK if self.checksum else {}
        else:
            headers["range"] = range_header(self.first, self.last)
            if self.first < 0:
                most = max(-self.first, MOST_UNASKED)
            elif self.last is not None:
                most = max(self.last + 1 - self.first, MOST_UNASKED)
        path = self.place.object_path(self.key)
        return Request("GET", path, query, headers, max_body=most, room=self.room)

    def parse(self, reply: Reply) -> Piece:
        """The bytes, and where in the object they lie."""
        check_s3(reply)
        check_folder(reply, self.key)
        check_version(reply, self.version_id)
        if self.checksum and self.first is None and reply.status == 200:
            _check_told(reply)
        return read_piece(reply, self.first, self.last)

    def failure(self, reply: Reply) -> Exception:
        """The exception; a range behind the end says how long the object is."""
        error = ObjectOperation.failure(self, reply)
        if not isinstance(error, MinIOError):
            return error
        if reply.status == 416 or error.code == BEYOND:
            outside = beyond(max(self.first or 0, 0), size_beyond(reply))
            outside.status, outside.request_id = reply.status, error.request_id
            return outside
        if isinstance(error, PreconditionFailedError):
            error.hint = (
                "what you have is up to date"
                if reply.status == 304
                else "get_object_metadata() shows the ETag and the date that it has now"
            )
        return error
