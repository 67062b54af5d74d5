"""Zip archives that are objects: whatever one says of itself, no more than allowed is fetched or made."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    ArchiveEntry,
    ConflictError,
    IntegrityError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    ValidationError,
)
from minio_sdk.wire import zips
from minio_sdk.wire.zips import Archive, Lacking, Pieces
from tests.both import Connect, both
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error

NOISE = random.Random(7).randbytes(300_000)


def made(
    entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 22, 1, 2, 4)), data, method)
        archive.comment = comment
    return file.getvalue()


class Ranges:
    """An object of which ranges are given out."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.etag = "e1"
        self.asked: list[tuple[int, int]] = []

    def __call__(self, request: Request) -> Step:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("range") or "")
        total, headers = len(self.data), {"ETag": f'"{self.etag}"', "x-amz-request-id": "r"}
        if not wanted:
            return reply(200, self.data, headers=headers)
        first, last = int(wanted[1]), min(int(wanted[2] or total), total - 1)
        if first >= total:
            return s3_error(416, "InvalidRange", headers=headers)
        self.asked.append((first, last))
        headers["Content-Range"] = f"bytes {first}-{last}/{total}"
        return reply(206, self.data[first : last + 1], headers=headers)

    @property
    def bytes(self) -> int:
        return sum(last + 1 - first for first, last in self.asked)


SMALL = {"a.txt": b"Hello", "d/": b"", "d/b.txt": b"b" * 1000, "../e": b"", "ü/\u4e2d": b"text"}


@both
@pytest.mark.parametrize("comment", [b"", b"a comment" * 7000])
def test_a_small_archive(connect: Connect, comment: bytes) -> None:
    ranges = Ranges(made(SMALL, comment=comment))
    with ScriptedServer(handler=ranges) as server, connect(server) as client:
        found = client.list_archive("docs", "a.any")
        assert [(each.name, each.size) for each in found] == [(n, len(d)) for n, d in SMALL.items()]
        assert [each.is_dir for each in found] == [name == "d/" for name in SMALL]
        assert len(ranges.asked) == 1
        assert [e.name for e in client.list_archive("docs", "a.any", "d/")] == ["d/", "d/b.txt"]
        for name, data in SMALL.items():
            assert client.read_archive("docs", "a.any", name) == data
    first = found[0]
    assert isinstance(first, ArchiveEntry)
    assert str(first.modified) == "2026-11-22 01:02:04"
    assert (first.method, first.encrypted, first.crc32) == ("deflated", False, 0xF7D18982)


@both
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_only_what_is_needed_of_a_large_one_is_fetched(connect: Connect, method: int) -> None:
    entries = {f"{n}.bin": NOISE for n in range(20)}
    entries |= {f"many/{n}": b"x" for n in range(5000)}
    ranges = Ranges(made(entries, method))
    with ScriptedServer(handler=ranges) as server, connect(server) as client:
        assert len(client.list_archive("docs", "a.zip")) == 5020
        assert len(ranges.asked) <= 3
        assert ranges.bytes < 900_000
        ranges.asked.clear()
        assert client.read_archive("docs", "a.zip", "7.bin") == NOISE
        assert len(ranges.asked) <= 4
        assert ranges.bytes < 1_300_000


@both
def test_an_archive_that_is_replaced_meanwhile(connect: Connect) -> None:
    ranges = Ranges(made({"a": NOISE, "b": NOISE}))

    def handler(request: Request) -> Step:
        step = ranges(request)
        ranges.etag = "e2"
        return step

    with ScriptedServer(handler=handler) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError):
            client.list_archive("docs", "a.zip")


@both
@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"no archive at all" * 9000, made(SMALL)[:-30], made(SMALL)[40:],
     made(SMALL).replace(b"PK\x01\x02", b"PK\x01\x03"), NOISE],
    ids=["empty", "short", "text", "cut off", "without its beginning", "no table", "noise"],
)  # fmt: skip
def test_what_is_no_archive(connect: Connect, data: bytes) -> None:
    with ScriptedServer(handler=Ranges(data)) as server, connect(server) as client:
        with pytest.raises(
            IntegrityError, match="docs/a.zip.*(no zip archive|outside of the archive)"
        ):
            client.read_archive("docs", "a.zip", "a.txt")


def table_of(data: bytes, name: bytes) -> int:
    """Where an entry's record in the table of contents begins."""
    return data.rindex(name, 0, data.rindex(b"PK\x05\x06")) - 46


def with_field(data: bytes, name: bytes, offset: int, form: str, value: int) -> bytes:
    at = table_of(data, name) + offset
    packed = struct.pack(form, value)
    return data[:at] + packed + data[at + len(packed) :]


@both
def test_entries_that_can_not_be_read(connect: Connect) -> None:
    data = made({"a.txt": b"Hello" * 9, "b.txt": b"b"})
    cases: list[tuple[bytes, type[MinIOError], str]] = [
        (with_field(data, b"a.txt", 8, "<H", 1), NotSupportedError, "is encrypted"),
        (with_field(data, b"a.txt", 10, "<H", 12), NotSupportedError, "method 12"),
        (with_field(data, b"a.txt", 24, "<I", 2**30), NotSupportedError, "max_size allows"),
        (with_field(data, b"a.txt", 20, "<I", 2**30), NotSupportedError, "max_size allows"),
        (with_field(data, b"a.txt", 16, "<I", 5), IntegrityError, "CRC"),
        (with_field(data, b"a.txt", 24, "<I", 99), IntegrityError, "99 bytes|truncated|damaged"),
        (with_field(data, b"a.txt", 24, "<I", 3), IntegrityError, "CRC|damaged"),
        (with_field(data, b"a.txt", 42, "<I", 7), IntegrityError, "magic|damaged"),
        (with_field(data, b"a.txt", 42, "<I", 2**31), IntegrityError, "lies outside"),
        (data.replace(b"b.txt", b"a.txt"), ConflictError, "has 2 entries 'a.txt'"),
        (made({"b": b""}), NotFoundError, "no entry 'a.txt'"),
    ]
    ranges = Ranges(b"")
    with ScriptedServer(handler=ranges) as server, connect(server) as client:
        for ranges.data, cls, match in cases:
            with pytest.raises(cls, match=match) as caught:
                client.read_archive("docs", "a.zip", "a.txt")
            assert (caught.value.bucket, caught.value.key) == ("docs", "a.zip")
            client.list_archive("docs", "a.zip")


@both
def test_a_bomb_is_refused_before_it_is_fetched(connect: Connect) -> None:
    ranges = Ranges(made({"zeros": b"\0" * 20_000_000, "pad": NOISE, "pad2": NOISE}))
    with ScriptedServer(handler=ranges) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="20000000 bytes, and max_size allows 1000000"):
            client.read_archive("docs", "a.zip", "zeros", max_size=1_000_000)
        assert len(ranges.asked) == 2
        # One that lies about its size is unpacked no further than it says.
        ranges.data = with_field(ranges.data, b"zeros", 24, "<I", 1000)
        with pytest.raises(IntegrityError):
            client.read_archive("docs", "a.zip", "zeros", max_size=1_000_000)


@both
def test_a_table_that_is_too_large(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_DIRECTORY", 300_000)
    ranges = Ranges(made({f"{n:0100}": b"" for n in range(4000)}))
    with ScriptedServer(handler=ranges) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="table of contents"):
            client.list_archive("docs", "a.zip")


@both
@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": 5}, {"max_size": -1}, {"max_size": True}, {"key": ""}]
)
def test_bad_arguments_are_named_and_nothing_is_sent(
    connect: Connect, given: dict[str, Any]
) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=next(iter(given))):
            client.read_archive(**{"bucket": "docs", "key": "a", "name": "b", **given})
        with pytest.raises(ValidationError, match="prefix"):
            client.list_archive("docs", "a", 5)  # type: ignore[arg-type]


@both
def test_a_missing_archive(connect: Connect) -> None:
    with ScriptedServer(handler=lambda _: s3_error(404, "NoSuchKey")) as server:
        with connect(server) as client, pytest.raises(ObjectNotFoundError):
            client.list_archive("docs", "a.zip")


GOOD = made({"a.txt": b"Hello" * 50, "b/c": NOISE[:500], "d": b""}, comment=b"c")


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=12))
def test_damaged_archives_end_in_errors_of_ours(changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for at, byte in changes:
        data[at] = byte
    archive = Archive(len(data))
    archive.pieces.add(0, bytes(data))
    try:
        archive.read_directory()
        for entry in archive.entries(""):
            info = archive.find(entry.name, 10_000)
            archive.extent(info)
            assert len(archive.read(info)) <= 10_000
    except MinIOError:
        return


@given(st.integers(0, 60), st.integers(0, 60), st.integers(-1, 80))
def test_what_is_not_here_is_asked_for(held: int, at: int, size: int) -> None:
    whole = bytes(range(50))
    pieces = Pieces(50)
    pieces.add(held, whole[held:])
    pieces.seek(at)
    expected = whole[at:] if size < 0 else whole[at : at + size]
    try:
        assert pieces.read(size) == expected
    except Lacking as lack:
        assert at < held
        assert whole[lack.first : lack.last + 1] == expected
