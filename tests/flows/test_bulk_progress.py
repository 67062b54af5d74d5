"""What bulk jobs tell while they run: bytes within large objects too, and how many there will be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import ObjectInfo, TransferProgress, ValidationError
from tests.both import Connect, both
from tests.flows.store import Store
from tests.flows.test_resume import DATA, PIECE
from tests.scripted import Request, ScriptedServer, Step, hang, reply, s3_error
from tests.stored import Stored

PART = 5 << 20
LARGE = bytes(3 * PART)
IN_PARTS = {"part_size": PART, "multipart_threshold": PART}


class Parts(Store):
    """Takes uploads in parts."""

    def _part(self, request: Request, parts: dict[int, bytes], number: int) -> Any:
        parts[number] = request.body
        return reply(200, headers={"ETag": f'"{number}"'})


def told_of(
    connect: Connect,
    kept: Any,
    call: str,
    items: Any,
    hear: Callable[[TransferProgress], object] = lambda _: None,
    **fields: Any,
) -> list[Any]:
    """What is told of a job."""
    told: list[TransferProgress] = []

    def progress(news: TransferProgress) -> None:
        told.append(news)
        hear(news)

    with ScriptedServer(handler=kept) as server:
        with connect(server, max_retries=0, **IN_PARTS) as client:
            getattr(client, call)(items, bucket="docs", progress=progress, **fields)
    return told


@both
def test_the_parts_of_large_objects_are_counted_as_they_arrive(
    connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(LARGE)
    items = [("a", LARGE), {"key": "b", "path": tmp_path / "file"}, ("c", b"123")]
    told = told_of(connect, Parts(name="MinIO"), "upload_many", items)
    counts = [t.bytes_done for t in told]
    assert counts == sorted(counts)
    # Four parts that aren't the last of their objects, and three objects.
    assert len(told) == 4 + 3
    assert {t.bytes_total for t in told} == {2 * len(LARGE) + 3}
    assert (told[-1].bytes_done, told[-1].objects_done) == (2 * len(LARGE) + 3, 3)


@both
def test_what_comes_to_nothing_is_taken_back(connect: Connect) -> None:
    arrived = threading.Event()

    def fault(request: Request) -> Step | None:
        if "partNumber=3" not in request.query:
            return None
        return hang(until=arrived, then=s3_error(403, "AccessDenied"))

    def hear(progress: TransferProgress) -> None:
        if progress.bytes_done:
            arrived.set()

    kept = Parts(name="MinIO", fault=fault)
    items = [("a", LARGE), ("b", b"12")]
    told = told_of(connect, kept, "upload_many", items, hear, concurrency=1)
    assert max(t.bytes_done for t in told) > 2
    assert (told[-1].bytes_done, told[-1].objects_done) == (2, 1)


@both
def test_files_that_come_down(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", PIECE)
    items = [{"key": "a", "path": tmp_path / "a"}]
    told = told_of(connect, Stored(DATA, '"e-2"'), "download_many", items)
    assert len(told) > 30
    assert [t.bytes_done for t in told] == sorted(t.bytes_done for t in told)
    assert (told[-1].bytes_done, told[-1].objects_done) == (len(DATA), 1)
    assert told[-1].bytes_total is None


@both
def test_a_listing_knows_the_bytes(connect: Connect) -> None:
    items = [ObjectInfo(key="a", size=1), ObjectInfo(key="bb", size=2)]
    kept = Store({"/acme-docs/a": b"a", "/acme-docs/bb": b"bb"}, name="MinIO")
    assert {t.bytes_total for t in told_of(connect, kept, "download_many", items)} == {3}


@both
def test_the_total_is_of_what_is_still_to_be_done(connect: Connect, tmp_path: Path) -> None:
    items = [("a", b"1"), ("b", b"22"), ("c", b"333")]
    told: list[TransferProgress] = []
    with ScriptedServer(handler=Store(name="MinIO")) as server, connect(server) as client:
        for count in (1, 3):
            client.upload_many(
                items[:count], bucket="docs", checkpoint=tmp_path / "job", progress=told.append
            )
    assert [(t.bytes_done, t.bytes_total, t.objects_total) for t in told[:1]] == [(1, 1, 1)]
    assert {(t.bytes_total, t.objects_total) for t in told[1:]} == {(5, 2)}
    assert (told[-1].bytes_done, told[-1].objects_done) == (5, 2)


@both
def test_nothing_is_read_to_know_the_total(connect: Connect) -> None:
    """An iterator among the data, or items that are one themselves: nobody knows."""
    one = told_of(connect, Store(name="MinIO"), "upload_many", [("a", iter([b"1"])), ("b", b"2")])
    assert {(t.bytes_total, t.objects_total) for t in one} == {(None, 2)}
    taken = 0

    def items() -> Iterator[tuple[str, bytes]]:
        nonlocal taken
        for n in range(30):
            taken += 1
            yield f"{n}", b"1"

    seen: list[int] = []
    with ScriptedServer(handler=Store(name="MinIO")) as server, connect(server) as client:
        client.upload_many(
            items(), bucket="docs", concurrency=2, progress=lambda t: seen.append(taken)
        )
    assert seen[0] <= 4
    assert len(seen) == 30


@both
def test_an_error_of_the_function_in_the_middle_of_an_object_ends_the_job(connect: Connect) -> None:
    def told(_: TransferProgress) -> None:
        raise LookupError("enough")

    kept = Parts(name="MinIO")
    with ScriptedServer(handler=kept) as server, connect(server, **IN_PARTS) as client:
        with pytest.raises(LookupError, match="enough"):
            client.upload_many([("a", LARGE)] * 9, bucket="docs", progress=told, concurrency=2)
    assert kept.unfinished == {}
    assert len(kept.begun) < 9


@both
def test_it_is_called_on_the_callers_thread(connect: Connect) -> None:
    threads = set()
    with ScriptedServer(handler=Parts(name="MinIO")) as server:
        with connect(server, **IN_PARTS) as client:
            client.upload_many(
                [("a", LARGE), ("b", LARGE)],
                bucket="docs",
                progress=lambda _: threads.add(threading.get_ident()),
            )
    assert threads == {threading.get_ident()}


@both
def test_a_mirror_tells_of_parts(connect: Connect, tmp_path: Path) -> None:
    folder = tmp_path / "from"
    folder.mkdir()
    (folder / "a").write_bytes(LARGE)
    told: list[TransferProgress] = []
    with ScriptedServer(handler=Mirrored()) as server, connect(server, **IN_PARTS) as client:
        assert client.mirror(folder, "minio://docs", progress=told.append)
        assert [t.bytes_done for t in told] == [PART, 2 * PART, 3 * PART]
        assert [t.objects_done for t in told] == [0, 0, 1]


class Mirrored(Parts):
    """Has an empty listing."""

    def __init__(self) -> None:
        super().__init__(name="MinIO")

    def _answer(self, request: Request) -> Any:
        if "list-type=2" in request.query:
            return reply(
                200, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
            )
        return super()._answer(request)


@both
def test_arguments_of_no_use_are_refused_before_anything_is_sent(
    connect: Connect, tmp_path: Path
) -> None:
    path: Any = tmp_path / "file"
    path.write_bytes(b"x")
    wrong: Any = "no"
    with ScriptedServer([]) as server, connect(server) as client:
        with pytest.raises(ValidationError, match="^progress="):
            client.undelete_objects("docs", progress=wrong)
        with pytest.raises(ValidationError, match="^resume="):
            client.upload_file("docs", "a", path, resume=wrong)
        with pytest.raises(ValidationError, match="^resume="):
            client.download_file("docs", "a", path, resume=wrong)
    assert server.requests == []
