"""CRC32: whichever library takes it, and of pieces put together."""

from __future__ import annotations

import sys
import zlib
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.wire import crc
from minio_sdk.wire.crc import crc32_combine, crc32_joined


@given(st.binary(max_size=3000), st.integers(0, 2**32 - 1), st.sampled_from([bytes, memoryview]))
def test_the_one_in_use_says_what_zlib_says(data: bytes, begun: int, kind: type) -> None:
    assert crc.crc32(kind(data)) == zlib.crc32(data)
    assert crc.crc32(kind(data), begun) == zlib.crc32(data, begun)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_so_it_does_of_what_is_put_together(first: bytes, second: bytes) -> None:
    both = crc32_combine(crc.crc32(first), crc.crc32(second), len(second))
    assert both == crc.crc32(second, crc.crc32(first)) == zlib.crc32(first + second)


def test_zlib_takes_it_where_nothing_else_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zlib_ng", None)
    monkeypatch.setitem(sys.modules, "zlib_ng.zlib_ng", None)
    assert crc.find_crc32() is zlib.crc32


def _installed(monkeypatch: pytest.MonkeyPatch, function: object) -> None:
    module = ModuleType("zlib_ng.zlib_ng")
    module.crc32 = function  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "zlib_ng", ModuleType("zlib_ng"))
    monkeypatch.setitem(sys.modules, "zlib_ng.zlib_ng", module)


def test_what_is_installed_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fast(data: bytes, value: int = 0) -> int:
        return zlib.crc32(data, value)

    _installed(monkeypatch, fast)
    assert crc.find_crc32() is fast


def _raises(data: bytes, value: int = 0) -> int:
    raise OSError("no such instruction")


@pytest.mark.parametrize(
    "broken", [zlib.adler32, lambda data, value=0: zlib.crc32(data), _raises, None]
)
def test_but_not_what_is_broken(monkeypatch: pytest.MonkeyPatch, broken: object) -> None:
    _installed(monkeypatch, broken)
    assert crc.find_crc32() is zlib.crc32


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
