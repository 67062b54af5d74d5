"""Ranges of bytes: asked for, and read from an answer (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from minio_sdk.errors import ServerError, ValidationError, invalid
from minio_sdk.wire.headers import unquoted
from minio_sdk.wire.message import Reply

Range = tuple[int, int | None]
"""First and last byte, both included; None is the object's last."""

BEYOND = "InvalidRange"
"""S3's code for a range that begins behind the end of the object."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,20})-(\d{1,20})/(\d{1,20})", re.ASCII)
_NOTHING = "bytes 0--1/0"
"""What MinIO calls the end of an empty object."""

_SIZE = re.compile(r"bytes \*/(\d{1,20})", re.ASCII)


def check_range(wanted: object) -> Range:
    """A range as a user gives it.

    Raises:
        ValidationError: not a pair of numbers, or one that ends before it begins.
    """
    rule = "must be a pair (first, last) of whole numbers, both included; last may be None"
    if not isinstance(wanted, (tuple, list)) or len(wanted) != 2:
        raise invalid("range", wanted, rule)
    first, last = wanted
    for number in (first, 0 if last is None else last):
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 10**18:
            raise invalid("range", wanted, rule)
    if last is not None and last < first:
        raise invalid("range", wanted, f"{rule}, and not before first")
    return int(first), None if last is None else int(last)


def range_header(first: int, last: int | None) -> str:
    """The value of ``Range``; a negative `first` is for so many bytes at the end."""
    if first < 0:
        return f"bytes={first}"
    return f"bytes={first}-{'' if last is None else last}"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of an object, and of which generation of it they are.

    Attributes:
        data: the bytes.
        first: where they begin in the object.
        total: bytes of the whole object.
        headers: all headers of the answer.
    """

    data: bytes
    first: int
    total: int
    headers: Mapping[str, str]

    @property
    def whole(self) -> bool:
        """Whether these are all the bytes there are."""
        return len(self.data) == self.total

    @property
    def etag(self) -> str | None:
        """The ETag without quotes."""
        return unquoted(self.headers.get("etag"))

    @property
    def version_id(self) -> str | None:
        """The version; None where there is none that could be asked for."""
        version = self.headers.get("x-amz-version-id")
        return None if version in ("", "null") else version

    def cut(self, first: int, last: int | None) -> bytes:
        """What it has of a range."""
        end = len(self.data) if last is None else max(0, last + 1 - self.first)
        start = max(0, first - self.first)
        return self.data if (start, end) == (0, len(self.data)) else self.data[start:end]


def read_piece(reply: Reply, first: int | None, last: int | None) -> Piece:
    """The bytes of an answer to a request for a range, or (None, None) for all of an object.

    A negative `first` is for so many bytes at the end, with None as `last`.

    A server that knows no ranges sends everything with 200, which the piece then holds.

    Raises:
        ServerError: another range came than was asked for, or one of another length than it is said
            to have.
    """
    said = reply.headers.get("content-range")
    size = len(reply.body)
    if said is None and reply.status == 200:
        return Piece(reply.body, 0, size, reply.headers)
    if said == _NOTHING and not size and first is not None and first < 0:
        return Piece(b"", 0, 0, reply.headers)
    match = _CONTENT_RANGE.fullmatch(said or "")
    if match is None:
        raise _lie(reply, f"a part of the object came, and Content-Range says {said!r} of it")
    start, end, total = int(match[1]), int(match[2]), int(match[3])
    begin = max(0, total + first) if first is not None and first < 0 else first or 0
    wanted = (begin, total - 1 if last is None else min(last, total - 1))
    # Fewer bytes than were asked for are allowed, but not from elsewhere, and all of them must be there.
    if start != wanted[0] or not start <= end <= wanted[1]:
        raise _lie(reply, f"bytes {wanted[0]}-{wanted[1]} were asked for, and {said!r} came")
    if end + 1 - start != size:
        raise _lie(reply, f"{said!r} came with {size} bytes")
    if first is None and end + 1 != total:
        raise _lie(reply, f"the whole object was asked for, and {said!r} came")
    return Piece(reply.body, start, total, reply.headers)


def _lie(reply: Reply, why: str) -> ServerError:
    return ServerError(
        why,
        status=reply.status,
        attempts=reply.attempts,
        hint="nothing of it was used; look for a proxy or cache in front of the server",
    )


def size_beyond(reply: Reply) -> int | None:
    """The object's size, when the answer to a range behind its end tells it."""
    match = _SIZE.fullmatch(reply.headers.get("content-range", ""))
    if match is None:
        match = re.search(r"<ActualObjectSize>(\d{1,20})<", reply.body.decode(errors="replace"))
    return int(match[1]) if match else None


def beyond(first: int, size: int | None) -> ValidationError:
    """The error of a range that begins behind the end of an object, whose size may be known."""
    which = "" if size is None else f", which has {size} bytes"
    return ValidationError(
        f"range: byte {first} lies behind the end of the object{which}",
        code=BEYOND,
        attempts=1,
        hint="get_object_metadata() tells the size" if size is None else "bytes count from 0",
    )
