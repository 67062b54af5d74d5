"""CRC32: as S3 writes it, and of pieces put together."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.wire.checksums import (
    crc32_combine,
    crc32_in,
    crc32_joined,
    crc32_of_object,
    crc32_text,
)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_two_pieces_have_the_checksum_of_what_they_make(first: bytes, second: bytes) -> None:
    both = crc32_combine(zlib.crc32(first), zlib.crc32(second), len(second))
    assert both == zlib.crc32(first + second)


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_so_do_many(pieces: list[bytes]) -> None:
    told = [(zlib.crc32(piece), len(piece)) for piece in pieces]
    assert crc32_joined(told) == zlib.crc32(b"".join(pieces))


def test_large_pieces() -> None:
    zeros = bytes(1 << 20)
    crc = zlib.crc32(b"begin")
    for _ in range(40):
        crc = zlib.crc32(zeros, crc)
    piece = 0
    for _ in range(40):
        piece = zlib.crc32(zeros, piece)
    assert crc32_combine(zlib.crc32(b"begin"), piece, 40 << 20) == crc


@given(st.integers(0, 2**32 - 1))
def test_the_text_reads_back(crc: int) -> None:
    assert crc32_in(crc32_text(crc)) == crc


@pytest.mark.parametrize("text", [None, "", "AAAA", "AAAAAA==-2", "ü", "AAAAAAAA", "====", "x"])
def test_what_is_no_checksum(text: str | None) -> None:
    assert crc32_in(text) is None


@pytest.mark.parametrize(
    "headers, crc",
    [
        ({}, None),
        ({"x-amz-checksum-crc32": "AAAABQ=="}, 5),
        ({"x-amz-checksum-crc32": "AAAABQ==", "etag": '"e"'}, 5),
        ({"x-amz-checksum-crc32": "AAAABQ==", "etag": '"e-2"'}, None),  # seen on moto
        ({"x-amz-checksum-crc32": "AAAABQ==-2", "x-amz-checksum-type": "COMPOSITE"}, None),
        ({"x-amz-checksum-crc32": "AAAABQ==", "x-amz-checksum-type": "COMPOSITE"}, None),
        (
            {
                "x-amz-checksum-crc32": "AAAABQ==",
                "x-amz-checksum-type": "FULL_OBJECT",
                "etag": '"e-2"',
            },
            5,
        ),
    ],
)
def test_only_the_checksum_of_the_whole_counts(headers: dict[str, str], crc: int | None) -> None:
    assert crc32_of_object(headers) == crc
