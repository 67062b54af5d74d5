"""The framing of S3 Select's answers: messages with typed headers, a payload, and two checksums.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html

    4 bytes  length of all
    4 bytes  length of the headers
    4 bytes  CRC32 of these eight
             headers, payload
    4 bytes  CRC32 of all before
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from minio_sdk.errors import IntegrityError, ServerError
from minio_sdk.wire.crc import crc32

MAX_HEADERS = 128 * 1024
MAX_PAYLOAD = 24 * 1024 * 1024
"""Bytes; AWS sends at most 1 MiB of records in a message, MinIO 128 KiB, moto all there are."""

_PRELUDE = 12
_FRAME = _PRELUDE + 4
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Value = bool | int | bytes | str | datetime | uuid.UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        headers: by name; values are of the types that the framing has.
        payload: what it carries.
    """

    headers: dict[str, Value]
    payload: bytes


class Decoder:
    """Makes messages of bytes, however these are split; keeps no more than one message.

    Example:
        >>> decoder = Decoder()
        >>> for message in decoder.feed(block):
        ...     print(message.headers)
    """

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def whole(self) -> bool:
        """Whether nothing is left of a message that hasn't come to its end."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole now.

        Raises:
            IntegrityError: a checksum doesn't fit.
            ServerError: it is no message, or larger than any can be; nothing more can be read.
        """
        self._buffer += data
        while (length := self._length()) is not None and len(self._buffer) >= length:
            frame = bytes(memoryview(self._buffer)[:length])
            del self._buffer[:length]
            yield _message(frame)

    def _length(self) -> int | None:
        """How long the message at hand is; None until its beginning is there."""
        if len(self._buffer) < _PRELUDE:
            return None
        total, headers, checksum = struct.unpack_from("!III", self._buffer)
        if crc32(bytes(self._buffer[:8])) != checksum:
            raise _damaged("a message's beginning")
        # Before any of it is waited for: a length that is a lie would take all memory.
        if headers > MAX_HEADERS or total > MAX_HEADERS + MAX_PAYLOAD or total < headers + _FRAME:
            raise ServerError(f"a message of {total} bytes with {headers} of headers")
        return int(total)


def _damaged(what: str) -> IntegrityError:
    return IntegrityError(
        f"{what} doesn't fit its CRC32", hint="ask again; something on the way changes bytes"
    )


def _message(frame: bytes) -> Message:
    if crc32(frame[:-4]) != int.from_bytes(frame[-4:], "big"):
        raise _damaged("a message")
    end = _PRELUDE + int.from_bytes(frame[4:8], "big")
    try:
        headers = dict(_headers(frame[_PRELUDE:end]))
    except (struct.error, ValueError, OverflowError):
        raise ServerError("a message has headers that can't be read") from None
    return Message(headers, frame[end:-4])


_NUMBERS = {2: "!b", 3: "!h", 4: "!i", 5: "!q"}


def _headers(data: bytes) -> Iterator[tuple[str, Value]]:
    """The headers in order.

    Raises:
        struct.error, ValueError, OverflowError: they are none.
    """
    at = 0

    def take(size: int) -> bytes:
        nonlocal at
        piece = data[at : at + size]
        if len(piece) < size:
            raise ValueError("it ends too early")
        at += size
        return piece

    def number(form: str) -> Any:
        return struct.unpack(form, take(struct.calcsize(form)))[0]

    while at < len(data):
        name = take(number("!B")).decode()
        kind = number("!B")
        value: Value
        if kind in (0, 1):
            value = kind == 0
        elif kind in _NUMBERS:
            value = number(_NUMBERS[kind])
        elif kind in (6, 7):
            piece = take(number("!H"))
            value = piece if kind == 6 else piece.decode()
        elif kind == 8:
            value = _EPOCH + timedelta(milliseconds=number("!q"))
        elif kind == 9:
            value = uuid.UUID(bytes=take(16))
        else:
            raise ValueError(f"there is no type {kind}")
        yield name, value
