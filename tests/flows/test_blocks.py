"""Memory that is used again, and bytes that go to a file as they come."""

from __future__ import annotations

import gc
import tempfile
import zlib
from pathlib import Path
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.flows import blocks, downloads
from minio_sdk.flows.blocks import Blocks
from minio_sdk.flows.growing import FileRoom
from minio_sdk.transport.direct import keep_in, put_into
from minio_sdk.wire.message import Room


def test_a_block_is_used_again() -> None:
    known = Blocks(4096)
    held = known.take()
    memory = id(held[0])
    view = memoryview(held[0])[10:20]
    view[:] = b"0123456789"
    del view
    known.give(held)
    assert held == []
    assert [id(block) for block in known.take()] == [memory]


def test_but_not_while_somebody_has_a_view_of_it() -> None:
    known = Blocks(4096)
    held = known.take()
    kept = memoryview(held[0])[10:20].cast("B")
    kept[:] = b"0123456789"
    known.give(held)
    for _ in range(3):
        memoryview(known.take()[0])[:] = b"x" * 4096
    assert bytes(kept) == b"0123456789"


def test_nor_where_that_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_references", lambda _: 0)
    known = Blocks(4096)
    held = known.take()
    known.give(held)
    assert len(held) == 1


def test_transfers_at_a_time_share_them_and_the_last_lets_go() -> None:
    size = 12_288  # nobody else's
    one, two = Blocks.of(size), Blocks.of(size)
    assert one is two
    assert Blocks.of(size + 4096) is not one
    gone = ref(one)
    one.give(one.take())
    del one, two
    gc.collect()
    assert gone() is None


CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=30)


@given(st.binary(min_size=1, max_size=200), CUTS, CUTS, st.integers(1, 50))
def test_what_comes_is_in_the_file(
    data: bytes, cuts: list[int], failed: list[int], memory: int
) -> None:
    """Whatever the cuts, and whatever came of a try before."""
    known = Blocks(memory)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a")
        path.write_bytes(b"." * 300)
        room = FileRoom(path, 50, len(data), known, summed=True)
        assert room.takes(len(data))
        assert not room.takes(len(data) + 1)
        _come(room, bytes(len(data)), failed[:-1])
        at = _come(room, data, cuts)
        assert put_into(room, at, data[at:]) == len(data)
        assert room.crc == zlib.crc32(data)
        assert room.body is room
        room.close()
        assert path.read_bytes() == b"." * 50 + data + b"." * (250 - len(data))


def _come(room: Room, data: bytes, cuts: list[int]) -> int:
    at = 0
    for number, cut in enumerate(cuts):
        if number % 2:
            at = put_into(room, at, data[at : at + cut])
        elif at < len(data):
            space = room.space(at)[:cut]
            space[:] = data[at : at + len(space)]
            keep_in(room, at, len(space))
            at += len(space)
    return at


def test_a_buffer_for_what_may_be_smaller() -> None:
    room = Room(memoryview(bytearray(10)), exact=False)
    assert not room.takes(11)
    assert not room.takes(None)
    assert room.takes(4)
    assert put_into(room, 0, b"abcd") == 4
    assert room.body == b"abcd"
    assert room.takes(10)
    assert len(room.body) == 10


def test_the_checksum_of_what_was_not_written_now_is_read() -> None:
    one, two = zlib.crc32(b"one"), zlib.crc32(b"two!")
    both = {4: (one, 3), 0: (two, 4)}
    assert downloads._crc32_written(both, 7) == zlib.crc32(b"two!one")
    assert downloads._crc32_written(both, 8) is None
    assert downloads._crc32_written({4: (one, 3)}, 7) is None
    assert downloads._crc32_written({0: (one, 3), 4: (one, 3)}, 7) is None
    assert downloads._crc32_written({}, 0) == 0
