"""Ranges: what may be asked for, and that an answer is believed only if it is one to the question."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import ServerError, ValidationError
from minio_sdk.wire.message import Reply
from minio_sdk.wire.ranges import beyond, check_range, range_header, read_piece, size_beyond

DATA = bytes(range(100))


def part(said: str | None, body: bytes, status: int = 206, **headers: str) -> Reply:
    """An answer with a Content-Range."""
    return Reply(status, {**({"content-range": said} if said else {}), **headers}, body)


@pytest.mark.parametrize(
    "wanted, header",
    [
        ((0, 0), "bytes=0-0"),
        ((5, None), "bytes=5-"),
        ([5, 10], "bytes=5-10"),
        ((0, 10**17), "bytes=0-100000000000000000"),
    ],
)
def test_a_range(wanted: Any, header: str) -> None:
    assert range_header(*check_range(wanted)) == header


@pytest.mark.parametrize(
    "wanted",
    [
        5, "0-5", (1,), (1, 2, 3), (-5, None), (None, 5), (5, 4), (0, -1), (True, 5), (0, True), (0.0, 5),
        ("0", "5"), range(2), slice(0, 2), (0, 10**18), {0: 1, 2: 3},
    ],
)  # fmt: skip
def test_what_is_no_range(wanted: Any) -> None:
    with pytest.raises(ValidationError, match="range=.*pair"):
        check_range(wanted)


@given(st.integers(0, 99), st.none() | st.integers(0, 150), st.integers(1, 100))
def test_what_a_server_gives_of_a_range(first: int, length: int | None, most: int) -> None:
    """All of it, or less from its beginning on."""
    last = None if length is None else first + length
    data = DATA[first : None if last is None else last + 1][:most]
    piece = read_piece(part(f"bytes {first}-{first + len(data) - 1}/100", data), first, last)
    assert (piece.data, piece.first, piece.total) == (data, first, 100)
    assert piece.cut(first, last) == data
    assert piece.whole is (len(data) == 100)


@given(st.integers(0, 150), st.none() | st.integers(0, 150))
def test_a_server_that_knows_no_ranges_gives_all(first: int, length: int | None) -> None:
    last = None if length is None else first + length
    piece = read_piece(part(None, DATA, 200), first, last)
    assert (piece.data, piece.total, piece.whole) == (DATA, 100, True)
    assert piece.cut(first, last) == DATA[first : None if last is None else last + 1]


@given(st.integers(1, 150), st.integers(1, 100))
def test_what_a_server_gives_of_an_end(size: int, most: int) -> None:
    assert range_header(-size, None) == f"bytes=-{size}"
    data = DATA[-size:][:most]
    first = max(0, 100 - size)
    piece = read_piece(part(f"bytes {first}-{first + len(data) - 1}/100", data), -size, None)
    assert (piece.data, piece.first, piece.total) == (data, first, 100)


def test_the_end_of_nothing() -> None:
    assert read_piece(part("bytes 0--1/0", b""), -9, None).total == 0
    with pytest.raises(ServerError):
        read_piece(part("bytes 0--1/0", b""), 0, None)
    with pytest.raises(ServerError):
        read_piece(part("bytes 0--1/0", b"1"), -9, None)


def test_a_beginning_is_no_end() -> None:
    with pytest.raises(ServerError, match="bytes 90-99 were asked for"):
        read_piece(part("bytes 0-10/100", DATA[:11]), -10, None)


def test_a_200_that_says_it_is_a_part_is_one() -> None:
    assert read_piece(part("bytes 2-4/100", DATA[2:5], 200), 2, 4).data == DATA[2:5]


@pytest.mark.parametrize(
    "said, size",
    [
        (None, 3),
        ("", 3),
        ("bytes 2-4/*", 3),
        ("bytes 2-4", 3),
        ("bytes */100", 3),
        ("items 2-4/100", 3),
        ("bytes 2-4/100", 2),
        ("bytes 2-4/100", 4),
        ("bytes 1-3/100", 3),
        ("bytes 3-5/100", 3),
        ("bytes 2-5/100", 4),
        ("bytes 2-4/4", 3),
        ("bytes 2-1/100", 0),
        ("bytes 2-4/9" + "9" * 30, 3),
    ],
)
def test_an_answer_that_is_none_to_the_question(said: str | None, size: int) -> None:
    with pytest.raises(ServerError) as caught:
        read_piece(part(said, DATA[:size]), 2, 4)
    assert caught.value.status == 206


def test_all_of_an_object_is_no_part_of_it() -> None:
    assert read_piece(part("bytes 0-99/100", DATA), None, None).data == DATA
    with pytest.raises(ServerError, match="whole object"):
        read_piece(part("bytes 0-9/100", DATA[:10]), None, None)


def test_which_generation_a_piece_is_of() -> None:
    headers = {"etag": 'W/"e"', "x-amz-version-id": "v"}
    piece = read_piece(Reply(200, headers, b""), None, None)
    assert (piece.etag, piece.version_id) == ("e", "v")
    assert read_piece(Reply(200, {"x-amz-version-id": "null"}, b""), None, None).version_id is None


def test_the_size_of_an_object_that_ends_before_the_range() -> None:
    assert size_beyond(part("bytes */6", b"")) == 6
    body = b"<Error><ActualObjectSize>0</ActualObjectSize></Error>"
    assert size_beyond(part(None, body)) == 0
    assert size_beyond(part("bytes 0-1/6", b"\xff<Error/>")) is None
    assert "has 6 bytes" in str(beyond(9, 6))
    assert "get_object_metadata" in str(beyond(9, None))
