"""Checksums as S3 writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.wire.checksums import (
    crc32_in,
    crc32_of_object,
    crc32_text,
)


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
