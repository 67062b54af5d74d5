"""Every size on both sides of where something changes, up and down, by every way there is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from minio_sdk import MinIOClient
from minio_sdk.blocking import iterate, run
from minio_sdk.config import GiB, MiB
from minio_sdk.engine import Engine
from minio_sdk.flows import downloads, growing, reading
from minio_sdk.transport.budgets import ByteBudget
from minio_sdk.wire.message import Reply, Request
from tests.both import Connect, both
from tests.flows.memory import Memory
from tests.flows.test_uploads_faults import Storage
from tests.scripted import ScriptedServer
from tests.stored import Stored

PART = 1000
SIZES = {
    "0": 0, "1": 1, "part-1": PART - 1, "part": PART, "part+1": PART + 1,
    "5 parts-1": 5 * PART - 1, "5 parts": 5 * PART,
}  # fmt: skip
every_size = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("parts.DEFAULT_PART", "writing.DEFAULT_PART", "reading.PIECE", "downloads.PIECE",
                 "reading.FIRST", "reading.JUMP"):  # fmt: skip
        monkeypatch.setattr(f"minio_sdk.flows.{name}", PART)


def blocks(data: bytes) -> Iterator[bytes]:
    """Of a size that is no divisor of anything here."""
    for start in range(0, len(data), 333):
        yield data[start : start + 333]


def write(client: MinIOClient, data: bytes) -> None:
    with client.open("docs", "open", "wb") as file:
        for block in blocks(data):
            file.write(block)


WAYS_UP: dict[str, Callable[[MinIOClient, bytes, Path], Any]] = {
    "bytes": lambda client, data, path: client.put_object("docs", "bytes", data),
    "stream": lambda client, data, path: client.put_object("docs", "stream", io.BytesIO(data)),
    "length": lambda client, data, path: client.put_object(
        "docs", "length", io.BytesIO(data + b"more"), len(data)
    ),
    "iterator": lambda client, data, path: client.put_object("docs", "iterator", blocks(data)),
    "file": lambda client, data, path: client.upload_file("docs", "file", path),
    "open": lambda client, data, path: write(client, data),
}


@both
@every_size
def test_up(connect: Connect, size: int, tmp_path: Path) -> None:
    data = Random(size).randbytes(size)
    path = tmp_path / "file"
    path.write_bytes(data)
    for threshold in (0, 2 * PART):
        storage = Storage()
        with ScriptedServer(handler=storage) as server:
            with connect(server, multipart_threshold=threshold) as client:
                for way in WAYS_UP.values():
                    way(client, data, path)
        assert storage.objects == {f"/acme-docs/{way}": data for way in WAYS_UP}
        assert storage.unfinished == {}
        parts = 0 if size <= threshold else -(-size // PART)
        assert storage.counts.get("part", 0) == parts * len(WAYS_UP)


def to_file(client: MinIOClient, path: Path) -> bytes:
    client.download_file("docs", "a", path)
    return path.read_bytes()


def into(client: MinIOClient, path: Path) -> bytes:
    buffer = bytearray(10 * PART)
    return bytes(buffer[: client.download_into("docs", "a", buffer)])


def read(client: MinIOClient, path: Path) -> bytes:
    with client.open("docs", "a") as file:
        found = b""
        while block := file.read(333):
            found += block
        return found


WAYS_DOWN: dict[str, Callable[[MinIOClient, Path], bytes]] = {
    "bytes": lambda client, path: client.get_object("docs", "a"),
    "stream": lambda client, path: b"".join(client.download_stream("docs", "a", piece_size=PART)),
    "file": to_file,
    "buffer": into,
    "open": read,
}


@both
@every_size
def test_down(connect: Connect, size: int, tmp_path: Path) -> None:
    data = Random(size).randbytes(size)
    with ScriptedServer(handler=Stored(data)) as server, connect(server) as client:
        for name, way in WAYS_DOWN.items():
            assert way(client, tmp_path / "file") == data, name


# --- five gibibytes, of which only one piece is in memory ------------------------------------------

LARGE = 5 * GiB + 1
BLOCK = bytes(64 * MiB)


class Zeros(Memory):
    """A server that has one large object."""

    def _answer(self, request: Request, name: str, key: str, query: dict[str, str]) -> Reply:
        first, last = map(int, request.headers["range"].removeprefix("bytes=").split("-"))
        last = min(last, LARGE - 1)
        size = last + 1 - first
        headers = {"etag": '"e"', "content-range": f"bytes {first}-{last}/{LARGE}"}
        return Reply(206, headers, BLOCK if size == len(BLOCK) else bytes(size))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    for name in ("reading.PIECE", "downloads.PIECE", "reading.JUMP"):
        monkeypatch.setattr(f"minio_sdk.flows.{name}", len(BLOCK))
    server = Zeros()
    server.memory = ByteBudget(256 * MiB)
    server.name = "one that has no checksums"
    return server.engine()


def test_five_gibibytes_as_a_stream(engine: Engine) -> None:
    stream = iterate(reading.stream(engine, "docs", "a", piece_size=len(BLOCK)))
    assert [len(piece) for piece in stream] == [len(BLOCK)] * 80 + [1]


def test_five_gibibytes_through_a_file_object(engine: Engine) -> None:
    reader = reading.Reader(engine, "docs", "a")
    run(reader.open())
    at = 0
    while size := len(run(reader.some(at, len(BLOCK)))):
        at += size
    assert at == LARGE


def test_five_gibibytes_to_a_file(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose bytes are counted and not written."""
    written: dict[int, int] = {}
    monkeypatch.setattr(
        growing.GrowingFile, "write", lambda _, at, data: written.update({at: len(data)})
    )
    monkeypatch.setattr(downloads, "_verify", lambda *_: None)
    found = run(downloads.to_file(engine, "docs", "a", tmp_path / "file"))
    assert found.size == LARGE == sum(written.values())
    assert sorted(written) == list(range(0, LARGE, len(BLOCK)))
