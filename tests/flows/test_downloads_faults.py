"""Downloads: whole and checked, or not there at all."""

from __future__ import annotations

import array
import asyncio
import gc
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    IntegrityError,
    MinIOConnectionError,
    ObjectChangedError,
    ObjectNotFoundError,
    TransferProgress,
    ValidationError,
)
from tests.both import Connect, at_once, both, config_for
from tests.clock import FakeClock
from tests.scripted import Reply, Request, ScriptedServer, Step, drop_after, hang, reply, s3_error
from tests.stored import Stored

DATA = bytes(range(256)) * 4
MD5 = hashlib.md5(DATA).hexdigest()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of so few bytes that a small object has several."""
    monkeypatch.setattr("minio_sdk.flows.reading.PIECE", 100)
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", 100)


@pytest.fixture(params=["new", "there"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A path in a folder that has nothing else, which a failed download leaves as it was."""
    path = tmp_path / "target"
    if request.param == "there":
        path.write_bytes(b"old")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    yield path
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


class Interrupted(BaseException):
    """Like KeyboardInterrupt, which pytest keeps for itself."""


# --- success --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("etag", [MD5, "0" * 32 + "-3", "not a digest", MD5.upper()])
def test_a_file(connect: Connect, tmp_path: Path, etag: str) -> None:
    stored = Stored(DATA, f'"{etag}"', "v1", {"Content-Type": "text/x", "x-amz-meta-a": "b"})
    target = tmp_path / "target"
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        found = client.download_file("docs", "a", target)
        assert target.read_bytes() == DATA
        assert [path.name for path in tmp_path.iterdir()] == ["target"]
        assert (found.key, found.size, found.etag, found.version_id) == ("a", 1024, etag, "v1")
        assert (found.content_type, found.metadata) == ("text/x", {"a": "b"})
        assert sorted(map(str, stored.asked)) == sorted(
            f"bytes={start}-{min(start + 99, 1023)}" if start else "bytes=0-99"
            for start in range(0, 1024, 100)
        )


@both
def test_a_server_that_ends_connections_now_and_then(connect: Connect, tmp_path: Path) -> None:
    """As nginx does with each thousandth request of a connection."""
    stored = Stored(DATA, f'"{MD5}"')

    def answer(request: Request) -> Step:
        found = stored(request)
        assert isinstance(found, Reply)
        return replace(found, close=len(stored.asked) % 2 == 0)

    with ScriptedServer(handler=answer) as server, connect(server) as client:
        client.download_file("docs", "a", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == DATA
        buffer = bytearray(1024)
        assert client.download_into("docs", "a", buffer) == 1024
        assert buffer == DATA


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What is in a circle stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@both
@pytest.mark.usefixtures("no_collector")
def test_a_buffer_is_the_user_s_alone_again_after_retries(connect: Connect) -> None:
    """Nobody has a view of it, which would keep it from being resized."""
    stored = Stored(DATA)

    def answer(request: Request) -> Step:
        found = stored(request)
        kind = len(stored.asked) % 4
        if kind == 1 and isinstance(found, Reply):
            return drop_after(found, bytes=50)
        return s3_error(503, "SlowDown") if kind == 2 else found

    with ScriptedServer(handler=answer) as server, connect(server, max_retries=9) as client:
        buffer = bytearray(2000)
        assert client.download_into("docs", "a", buffer) == 1024
        del buffer[1024:]
        assert buffer == DATA


@both
@pytest.mark.usefixtures("no_collector")
def test_a_buffer_is_the_user_s_alone_again_after_a_failure(connect: Connect) -> None:
    stored = Stored(DATA)

    def change(number: int) -> None:
        if number == 1:
            stored.etag = '"e2"'

    stored.then = change
    buffer = bytearray(2000)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError):
            client.download_into("docs", "a", buffer)
        buffer.clear()


@both
@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-server-side-encryption": "aws:kms:dsse"},
        {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
    ],
)
def test_with_encryption_an_etag_is_no_md5(
    connect: Connect, tmp_path: Path, headers: dict[str, str]
) -> None:
    stored = Stored(DATA, f'"{"0" * 32}"', headers=headers)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        client.download_file("docs", "a", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == DATA


@both
def test_progress(connect: Connect, tmp_path: Path) -> None:
    """In order, to the end, at the rate of the client's own clock; the last before the file is there."""
    clock = FakeClock()
    stored = Stored(DATA, then=lambda number: clock.advance(1))
    seen: list[TransferProgress] = []
    was_there: list[bool] = []

    def progress(now: TransferProgress) -> None:
        seen.append(now)
        was_there.append((tmp_path / "a").exists())

    with ScriptedServer(handler=stored) as server, connect(server, clock=clock) as client:
        client.download_file("docs", "a", tmp_path / "a", progress=progress)
    assert seen[0] == TransferProgress(
        bytes_done=100, bytes_total=1024, objects_done=0, objects_total=1, rate=100.0
    )
    assert [now.bytes_done for now in seen] == sorted(now.bytes_done for now in seen)
    assert len(seen) == 12
    assert seen[-1] == TransferProgress(
        bytes_done=1024, bytes_total=1024, objects_done=1, objects_total=1, rate=1024 / 11
    )
    assert not any(was_there)


@both
def test_progress_of_nothing(connect: Connect, tmp_path: Path) -> None:
    seen: list[TransferProgress] = []
    with ScriptedServer(handler=Stored(b"")) as server, connect(server) as client:
        client.download_file("docs", "a", tmp_path / "a", progress=seen.append)
        assert (tmp_path / "a").read_bytes() == b""
        assert seen == [
            TransferProgress(bytes_done=0, bytes_total=0, objects_done=1, objects_total=1, rate=0.0)
        ]


@both
def test_a_server_without_ranges_is_asked_once(connect: Connect, tmp_path: Path) -> None:
    stored = Stored(DATA, f'"{MD5}"', ranges=False)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        client.download_file("docs", "a", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == DATA
        assert len(stored.asked) == 1


@both
def test_permissions_are_those_that_open_gives(connect: Connect, tmp_path: Path) -> None:
    """And those of a file that is replaced."""
    (tmp_path / "open").write_bytes(b"")
    (tmp_path / "old").write_bytes(b"")
    (tmp_path / "old").chmod(0o640)
    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        client.download_file("docs", "a", tmp_path / "new")
        client.download_file("docs", "a", tmp_path / "old")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes["new"] == modes["open"]
    assert modes["old"] == 0o640


@both
def test_a_link_is_followed(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "file")
    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        client.download_file("docs", "a", str(link))
    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file"]
    assert link.read_bytes() == DATA


@both
def test_a_path_beside_the_working_folder(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        client.download_file("docs", "a", "a" * 255)
    assert (tmp_path / ("a" * 255)).read_bytes() == DATA


@both
@pytest.mark.parametrize(
    "buffer",
    [
        bytearray(1024),
        bytearray(2000),
        memoryview(bytearray(1024)),
        memoryview(bytearray(1026))[1:-1],
        array.array("d", bytes(1024)),
        memoryview(bytearray(1024)).cast("B", (32, 32)),
    ],
    ids=["bytearray", "larger", "memoryview", "slice", "numbers", "matrix"],
)
def test_into_a_buffer(connect: Connect, buffer: Any) -> None:
    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        assert client.download_into("docs", "a", buffer) == 1024
    assert memoryview(buffer).tobytes()[:1024] == DATA
    if isinstance(buffer, bytearray):
        buffer.append(1)  # nothing holds on to it


@both
def test_nothing_into_no_buffer(connect: Connect) -> None:
    with ScriptedServer(handler=Stored(b"")) as server, connect(server) as client:
        assert client.download_into("docs", "a", bytearray()) == 0


# --- what is refused ------------------------------------------------------------------------------


@both
def test_paths_where_no_file_can_be(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with ScriptedServer() as server, connect(server) as client:
        for path, why in (
            (tmp_path / "folder", "is a folder"),
            (f"{tmp_path}/new/", "is a folder"),
            (tmp_path / "missing" / "file", "folder doesn't exist"),
            (tmp_path / "pipe", "no ordinary file"),
            (os.fsencode(tmp_path / "a"), "must be text"),
            ("", "no file's name"),
            ("a\0b", "no file's name"),
            (5, "must be a path"),
            (None, "must be a path"),
        ):
            with pytest.raises(ValidationError, match=rf"path=.*{why}"):
                client.download_file("docs", "a", path)  # type: ignore[arg-type]
        with pytest.raises(ValidationError, match="progress="):
            client.download_file("docs", "a", tmp_path / "a", progress="yes")  # type: ignore[arg-type]
        with pytest.raises(ValidationError, match="version_id="):
            client.download_file("docs", "a", tmp_path / "a", version_id="")
        assert server.requests == []


@both
@pytest.mark.parametrize(
    "buffer",
    [b"x" * 2000, "text", 5, None, memoryview(bytearray(4000))[::2], memoryview(b"x" * 2000)],
    ids=["bytes", "text", "number", "None", "gaps", "read-only"],
)
def test_what_is_no_buffer(connect: Connect, buffer: Any) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match="buffer="):
            client.download_into("docs", "a", buffer)
        assert server.requests == []


@both
@pytest.mark.parametrize("room", [0, 1, 99, 100, 101, 1023])
@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
def test_a_buffer_that_is_too_small_stays_as_it_is(
    connect: Connect, room: int, ranges: bool
) -> None:
    buffer = bytearray(b"-" * room)
    with ScriptedServer(handler=Stored(DATA, ranges=ranges)) as server, connect(server) as client:
        with pytest.raises(ValidationError, match=f"has {room} bytes, and the object 1024"):
            client.download_into("docs", "a", buffer)
    assert buffer == b"-" * room


# --- failure --------------------------------------------------------------------------------------


@both
def test_a_missing_object_makes_no_file(connect: Connect, target: Path) -> None:
    with ScriptedServer([s3_error(404, "NoSuchKey")]) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError):
            client.download_file("docs", "a", target)


@both
def test_a_piece_that_fails(connect: Connect, target: Path) -> None:
    stored = Stored(DATA)
    answer = drop_after(reply(206, b"x" * 100, headers={"ETag": '"e1"'}), bytes=7)
    stored.instead = lambda request: answer if request.header("Range") == "bytes=500-599" else None
    with ScriptedServer(handler=stored) as server, connect(server, max_retries=1) as client:
        with pytest.raises(MinIOConnectionError):
            client.download_file("docs", "a", target)


@both
def test_another_object_in_the_middle(connect: Connect, target: Path) -> None:
    stored = Stored(DATA)
    stored.then = lambda number: setattr(stored, "etag", '"e2"') if number == 3 else None
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError):
            client.download_file("docs", "a", target)


@both
@pytest.mark.parametrize("piece", ["first", "later"])
def test_another_object_between_a_drop_and_its_retry(
    connect: Connect, tmp_path: Path, piece: str
) -> None:
    """Of the first piece nothing was kept, so that the new object is fetched; later it is an error."""
    stored = Stored(DATA, '"e-2"')
    dropped = drop_after(reply(206, b"x" * 100, headers={"ETag": '"e-2"'}), bytes=7)

    def drop(request: Request) -> Step | None:
        if len(stored.asked) != (1 if piece == "first" else 4):
            return None
        stored.data, stored.etag = DATA[::-1], '"f-2"'
        return dropped

    stored.instead = drop
    target = tmp_path / "target"
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        if piece == "first":
            client.download_file("docs", "a", target)
            assert target.read_bytes() == DATA[::-1]
            target.unlink()
        else:
            with pytest.raises(ObjectChangedError):
                client.download_file("docs", "a", target)
    assert list(tmp_path.iterdir()) == []


@both
@pytest.mark.parametrize("headers", [{}, {"x-amz-server-side-encryption": "AES256"}])
def test_bytes_that_are_not_those_of_the_etag(
    connect: Connect, target: Path, headers: dict[str, str]
) -> None:
    stored = Stored(DATA, f'"{"0" * 32}"', headers=headers)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with pytest.raises(IntegrityError, match=rf"GetObject 'docs/a'.*{MD5}"):
            client.download_file("docs", "a", target)


@both
@pytest.mark.parametrize("number", [1, 5, 12])
@pytest.mark.parametrize("error", [OSError("full"), Interrupted()], ids=["error", "interrupt"])
def test_a_progress_function_that_raises(
    connect: Connect, target: Path, number: int, error: BaseException
) -> None:
    count = 0

    def progress(now: TransferProgress) -> None:
        nonlocal count
        count += 1
        if count == number:
            raise error

    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        with pytest.raises(type(error)) as caught:
            client.download_file("docs", "a", target, progress=progress)
    assert caught.value is error
    assert count == number


@both
def test_a_disk_that_fails(connect: Connect, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def replace(source: object, to: object) -> None:
        raise PermissionError("the target is open")

    monkeypatch.setattr("minio_sdk.flows.downloads.Path.replace", replace)
    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        with pytest.raises(PermissionError, match="the target is open"):
            client.download_file("docs", "a", target)
    monkeypatch.undo()


def test_a_cancelled_download(target: Path) -> None:
    """Nothing is left of it, and no task goes on."""

    async def main(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(server)) as client:
            task = asyncio.ensure_future(client.download_file("docs", "a", target))
            await asyncio.to_thread(server.wait_for, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    stored = Stored(DATA)
    stored.instead = lambda request: hang() if len(stored.asked) > 4 else None
    with ScriptedServer(handler=stored) as server:
        asyncio.run(main(server))


@both
def test_many_downloads_to_one_path(connect: Connect, tmp_path: Path) -> None:
    """Each is whole, and the last one stays."""
    target = tmp_path / "target"
    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        at_once(client, [lambda c: c.download_file("docs", "a", target)] * 4)
        assert target.read_bytes() == DATA
        assert [path.name for path in tmp_path.iterdir()] == ["target"]
