"""The framing of S3 Select's answers, with botocore's reader as the oracle."""

from __future__ import annotations

import struct
import tracemalloc
import uuid
import zlib
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import IntegrityError, MinIOError, ServerError
from minio_sdk.wire.event_stream import MAX_HEADERS, MAX_PAYLOAD, Decoder, Message
from tests.strategies import FEW, MODERATE


def header(name: str, kind: int, value: bytes) -> bytes:
    raw = name.encode()
    return bytes([len(raw)]) + raw + bytes([kind]) + value


def frame(headers: bytes, payload: bytes = b"") -> bytes:
    """A message as a server writes it."""
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    whole = prelude + headers + payload
    return whole + struct.pack("!I", zlib.crc32(whole))


def sized(value: bytes) -> bytes:
    return struct.pack("!H", len(value)) + value


VALUES = st.one_of(
    st.sampled_from([(0, b""), (1, b"")]),
    st.integers(-(2**7), 2**7 - 1).map(lambda n: (2, struct.pack("!b", n))),
    st.integers(-(2**15), 2**15 - 1).map(lambda n: (3, struct.pack("!h", n))),
    st.integers(-(2**31), 2**31 - 1).map(lambda n: (4, struct.pack("!i", n))),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: (5, struct.pack("!q", n))),
    st.binary(max_size=20).map(lambda b: (6, sized(b))),
    st.text(max_size=20).map(lambda t: (7, sized(t.encode()))),
)
HEADERS = st.dictionaries(
    st.text(st.characters(codec="ascii"), min_size=1, max_size=4), VALUES, max_size=3
).map(lambda found: b"".join(header(name, *value) for name, value in found.items()))
FRAMES = st.lists(st.builds(frame, HEADERS, st.binary(max_size=20)), min_size=1, max_size=2)


def read(blocks: list[bytes]) -> list[Message]:
    decoder = Decoder()
    return [message for block in blocks for message in decoder.feed(block)]


def oracle(blocks: list[bytes]) -> list[Any]:
    buffer: Any = EventStreamBuffer()
    found = []
    for block in blocks:
        buffer.add_data(block)
        found += list(buffer)
    return found


@FEW
@given(FRAMES, st.data())
def test_messages_are_read_in_every_split(frames: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frames)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=6)))
    blocks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    expected = oracle([whole])
    for split in (blocks, [whole[n : n + 1] for n in range(len(whole))], [whole]):
        found = read(split)
        assert [m.payload for m in found] == [m.payload for m in expected]
        assert [m.headers for m in found] == [m.headers for m in expected]


@MODERATE
@given(st.builds(frame, HEADERS, st.binary(max_size=60)), st.data())
def test_any_flipped_bit_is_found(message: bytes, data: st.DataObject) -> None:
    """What is read of a damaged message is nothing, whatever comes behind it."""
    at = data.draw(st.integers(0, 8 * len(message) - 1))
    damaged = bytearray(message)
    damaged[at // 8] ^= 1 << at % 8
    decoder = Decoder()
    with pytest.raises(IntegrityError, match="CRC32"):
        list(decoder.feed(bytes(damaged)))


@pytest.mark.parametrize(
    ("total", "headers"),
    [
        (0, 0),
        (15, 0),
        (16, 1),
        (2**32 - 1, 0),
        (2**31, 40),
        (16 + MAX_HEADERS + 1, MAX_HEADERS + 1),
    ],
)
def test_a_length_that_no_message_has_is_refused_before_there_is_room(
    total: int, headers: int
) -> None:
    prelude = struct.pack("!II", total, headers)
    prelude += struct.pack("!I", zlib.crc32(prelude))
    tracemalloc.start()
    try:
        with pytest.raises(ServerError):
            list(Decoder().feed(prelude))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_the_largest_message() -> None:
    payload = bytes(MAX_PAYLOAD)
    (message,) = Decoder().feed(frame(b"", payload))
    assert message.payload == payload


def test_times_and_ids() -> None:
    number = uuid.uuid4()
    headers = header("t", 8, struct.pack("!q", 1_500)) + header("u", 9, number.bytes)
    (message,) = Decoder().feed(frame(headers))
    assert message.headers == {
        "t": datetime(1970, 1, 1, 0, 0, 1, 500_000, timezone.utc),
        "u": number,
    }


@pytest.mark.parametrize(
    "headers",
    [
        b"\x05ab",
        header("a", 10, b""),
        header("a", 7, b"\x00\x09ab"),
        header("a", 7, sized(b"\xff")),
        header("a", 8, struct.pack("!q", 2**62)),
        b"\x01\xff\x00",
    ],
)
def test_headers_that_cannot_be_read(headers: bytes) -> None:
    with pytest.raises(ServerError, match="headers"):
        list(Decoder().feed(frame(headers)))


@FEW
@given(st.binary(max_size=200))
def test_noise_is_an_error_or_is_waited_for(noise: bytes) -> None:
    try:
        list(Decoder().feed(noise))
    except MinIOError:
        pass
