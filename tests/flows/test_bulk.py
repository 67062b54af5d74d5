"""Bulk jobs: every outcome in its place, items taken as they are worked on, nothing lost or left."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    BulkResult,
    DeletedObject,
    MinIOClient,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    TransferProgress,
    UploadResponse,
    ValidationError,
)
from minio_sdk.blocking import run
from minio_sdk.flows import bulk
from minio_sdk.flows.bulk import Job
from minio_sdk.wire.message import Request as WireRequest
from tests.both import Connect, both, config_for
from tests.flows.memory import Bucket, Memory
from tests.flows.store import Halting, Store
from tests.processes import Interrupted, interrupts
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error

MANY = 10_000


def memory(*buckets: str) -> Memory:
    server = Memory()
    for name in buckets:
        server.buckets[f"acme-{name}"] = Bucket()
    return server


def performed(server: Memory, verb: str, items: Any, **fields: Any) -> BulkResult:
    return run(bulk.perform(server.engine(), verb, items, Job(**fields)))


# --- ten thousand, in memory ----------------------------------------------------------------------


def test_ten_thousand_items_in_order() -> None:
    server = memory("docs")
    items = ({"bucket": "docs", "key": f"{n:05}", "data": b"x" * (n % 3)} for n in range(MANY))
    done = performed(server, "upload", items)
    assert done.ok
    assert [result.key for result in done] == [f"{n:05}" for n in range(MANY)]
    assert (done.succeeded, done.failed, done.bytes) == (MANY, 0, sum(n % 3 for n in range(MANY)))
    back = performed(server, "download", (f"{n:05}" for n in range(MANY)), bucket="docs")
    assert [len(data) for data in back] == [n % 3 for n in range(MANY)]


def test_deleting_ten_thousand_takes_ten_requests() -> None:
    server = memory("docs", "more")
    for n in range(MANY):
        server.store("acme-docs" if n % 2 else "acme-more", f"{n:05}", b"")
    items = [("docs" if n % 2 else "more", f"{n:05}") for n in range(MANY)]
    done = performed(server, "delete", iter(items))
    assert [result.key for result in done] == [key for _, key in items]
    assert server.asked == 10
    assert not server.buckets["acme-docs"].keys
    assert not server.buckets["acme-more"].keys


def test_items_of_many_buckets_wait_for_others_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "WAITING", 10)
    names = [f"b{n % 7}" for n in range(100)]
    server = memory(*names)
    taken = 0
    most_ahead = 0
    deleted = 0

    def items() -> Iterator[tuple[str, str]]:
        nonlocal taken, most_ahead
        for n, name in enumerate(names):
            taken += 1
            most_ahead = max(most_ahead, taken - deleted)
            yield name, f"k{n}"

    def count(request: WireRequest) -> None:
        nonlocal deleted
        deleted += bytes(request.body).count(b"<Object>")  # type: ignore[arg-type]

    server.before = count
    done = performed(server, "delete", items())
    assert done.succeeded == 100
    assert most_ahead <= 10


def test_duplicates_are_asked_for_once_and_reported_in_each_place() -> None:
    server = memory("docs")
    server.store("acme-docs", "a", b"")
    done = performed(server, "delete", ["a", "b", "a", ("a",)], bucket="docs")
    assert [result.key for result in done] == ["a", "b", "a", "a"]
    assert server.asked == 1


# --- items ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb, item, why",
    [
        ("upload", {"bucket": "docs", "key": "a", "data": b"", "colour": 1}, "is not one of"),
        ("upload", {"bucket": "docs", "data": b""}, "key must be given"),
        ("upload", {"key": "a", "data": b""}, "bucket must be given"),
        ("upload", {"bucket": "docs", "key": "a"}, "give one of the two"),
        ("upload", ("a", b"data without its bucket"), "(key, data) with bucket="),
        ("upload", {"bucket": "docs", "key": "a", "data": b"", "path": "x"}, "one of the two"),
        ("upload", {"bucket": "docs", "key": "", "data": b""}, "must not be empty"),
        ("upload", {"bucket": "docs", "key": 7, "data": b""}, "must be text"),
        ("upload", {"bucket": ["docs"], "key": "a", "data": b""}, "must be text"),
        ("upload", {"bucket": "docs", "key": "a", "data": "text"}, "encode it first"),
        ("upload", {"bucket": "docs", "key": "a", "data": b"", "if_match": 7}, "if_match"),
        ("upload", "docs", "bucket must be given"),
        ("upload", (), "bucket and key must be given"),
        ("upload", 7, "must be a dict or a tuple"),
        ("download", ("docs",), "key must be given"),
        ("download", ("docs", "a", "p", "q"), "must be a dict or a tuple"),
        ("download", None, "must be a dict or a tuple"),
        ("delete", {"bucket": {}, "key": "a"}, "must be text"),
        ("delete", ("docs", "a", ""), "version_id"),
        ("delete", ("docs", ["a"]), "must be text"),
        ("copy", ("docs", "a", "docs"), "source_key must be given"),
        ("copy", {"bucket": "docs"}, "is not one of"),
        ("copy", ("docs", "a", "docs", "a"), "is the source itself"),
    ],
)  # fmt: skip
def test_a_bad_item_is_an_error_in_its_place_and_loses_no_other(
    verb: str, item: Any, why: str
) -> None:
    server = memory("docs")
    server.store("acme-docs", "good", b"data")
    good: Any = {
        "upload": ("docs", "good", b"data"),
        "copy": ("docs", "b", "docs", "good"),
    }.get(verb, ("docs", "good"))
    done = performed(server, verb, [good, item, good])
    assert not done
    assert (done.succeeded, done.failed, done.errors) == (2, 1, (done[1],))
    assert isinstance(done[1], ValidationError)
    assert "items[1]" in str(done[1])
    assert why in str(done[1])
    assert done[1].__traceback__ is None


def test_every_form_of_an_item() -> None:
    server = memory("docs")
    (info,) = run(_listing(server))
    forms = ["a", ("a",), {"key": "a"}, {"key": "a", "bucket": "docs", "path": None}, info]
    assert list(performed(server, "download", forms, bucket="docs")) == [b"A"] * 5
    assert list(performed(server, "download", [("docs", "a"), ["docs", "a"]])) == [b"A"] * 2
    assert performed(server, "upload", [("b", b"B")], bucket="docs")[0].size == 1
    assert performed(server, "delete", forms, bucket="docs").ok


async def _listing(server: Memory) -> list[Any]:
    from minio_sdk.flows import listing

    server.store("acme-docs", "a", b"A")
    engine = server.engine()
    return [item async for item in listing.objects(engine, engine.place("docs"))]


def test_options_go_with_an_item() -> None:
    server = memory("docs")
    item = {
        "bucket": "docs", "key": "a", "data": b"1", "content_type": "text/x",
        "metadata": {"a": "b"}, "tags": {"c": "d"}, "cache_control": "no-store",
    }  # fmt: skip
    assert performed(server, "upload", [item])
    (version,) = server.buckets["acme-docs"].keys["a"]
    assert version.headers["content-type"] == "text/x"
    assert version.headers["cache-control"] == "no-store"
    assert version.tags == {"c": "d"}
    done = performed(
        server, "copy",
        [{"dest_bucket": "docs", "dest_key": "b", "source_bucket": "docs", "source_key": "a",
          "metadata": {"new": "1"}},
         {"dest_bucket": "docs", "dest_key": "c", "source_bucket": "docs", "source_key": "a",
          "if_match": "other"}],
    )  # fmt: skip
    assert done[0].status == "copied"
    assert done[1].code == "PreconditionFailed"


@pytest.mark.parametrize("items", ["a", b"a", {"bucket": "docs"}, 7, None])
@both
def test_what_is_no_list_of_items_is_refused_at_once(connect: Connect, items: Any) -> None:
    with ScriptedServer() as server, connect(server) as client:
        for call in (client.upload_many, client.download_many, client.delete_many,
                     client.copy_many, client.upload_many_concurrent):  # fmt: skip
            with pytest.raises(ValidationError, match="items="):
                call(items)


@pytest.mark.parametrize(
    "fields, argument",
    [
        ({"concurrency": 0}, "concurrency=0"),
        ({"concurrency": True}, "concurrency=True"),
        ({"bucket": "A b"}, "bucket="),
        ({"executor": 7}, "executor=7"),
        ({"progress": 7}, "progress=7"),
    ],
)
@both
def test_a_bad_argument_is_refused_at_once(
    connect: Connect, fields: dict[str, Any], argument: str
) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=argument):
            client.download_many([], **fields)


# --- failures -------------------------------------------------------------------------------------


def store(*names: str, fault: Any = None) -> Store:
    return Store({f"/acme-docs/{name}": name.encode() for name in names}, name="MinIO", fault=fault)


@both
def test_one_failure_loses_no_other(connect: Connect) -> None:
    def fault(request: Request) -> Step | None:
        return s3_error(403, "AccessDenied") if request.path.endswith("k3") else None

    kept = store(fault=fault)
    with ScriptedServer(handler=kept) as server, connect(server, max_retries=0) as client:
        uploads = [{"bucket": "docs", "key": f"k{n}", "data": b"x"} for n in range(8)]
        done = client.upload_many(uploads)
        assert [type(each) for each in done] == [
            AccessDeniedError if n == 3 else UploadResponse for n in range(8)
        ]
        assert done.errors[0].key == "k3"
        plain = client.upload_many_concurrent(uploads)
        assert isinstance(plain, list)
        assert [type(each) for each in plain] == [type(each) for each in done]
        assert len(kept.objects) == 7
        found = client.download_many_concurrent([{"bucket": "docs", "key": k} for k in ("k1", "z")])
        assert found[0] == b"x"
        assert isinstance(found[1], ObjectNotFoundError)


@both
def test_files_up_and_down(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with ScriptedServer(handler=store()) as server, connect(server) as client:
        done = client.upload_many(
            [{"key": "a", "path": tmp_path / "a"}, {"key": "b", "path": tmp_path / "none"}],
            bucket="docs",
        )
        assert done[0].size == 3
        assert isinstance(done[1], MinIOError)
        assert isinstance(done[1].__cause__, FileNotFoundError)
        assert "items[1]: [Errno 2]" in str(done[1])
        back = client.download_many(
            [("a", tmp_path / "x"), ("a", tmp_path / "no" / "x")], bucket="docs"
        )
        assert (tmp_path / "x").read_bytes() == b"abc"
        assert back[0].size == back.bytes == 3
        assert isinstance(back[1], ValidationError)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "x"]


@both
def test_data_that_fails_is_the_failure_of_its_item(connect: Connect) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"1"
        raise RuntimeError("the disk is gone")

    with ScriptedServer(handler=store()) as server, connect(server) as client:
        done = client.upload_many([("a", breaks()), ("b", iter([b"2"]))], bucket="docs")
        assert "RuntimeError: the disk is gone" in str(done[0])
        assert done[1].size == 1


@both
def test_what_the_server_refuses_to_delete(connect: Connect) -> None:
    answer = (
        b"<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code>"
        b"<Message>No.</Message></Error></DeleteResult>"
    )
    with ScriptedServer([reply(200, answer)]) as server, connect(server) as client:
        done = client.delete_many(["a", "b", "c", "b"], bucket="docs")
        assert isinstance(done[0], DeletedObject)
        assert isinstance(done[1], AccessDeniedError)
        assert (done[1].bucket, done[1].key, done[1].tenant_id) == ("docs", "b", "acme")
        assert done[2].code == "NotReported"
        assert done[3] is done[1]


@both
def test_a_request_to_delete_that_fails_is_the_failure_of_all_in_it(connect: Connect) -> None:
    with ScriptedServer([s3_error(404, "NoSuchBucket")]) as server, connect(server) as client:
        done = client.delete_many_concurrent(
            [{"bucket": "docs", "key": "a"}, {"bucket": "docs", "key": "b"}]
        )
        assert [(each.code, each.key) for each in done] == [
            ("NoSuchBucket", "a"),
            ("NoSuchBucket", "b"),
        ]


@both
def test_an_iterable_that_fails_ends_the_job(connect: Connect) -> None:
    def items() -> Iterator[str]:
        yield "a"
        raise OSError("the list is gone")

    with ScriptedServer(handler=store("a")) as server, connect(server) as client:
        with pytest.raises(OSError, match="the list is gone"):
            client.download_many(items(), bucket="docs")


def test_async_items_are_for_the_async_client() -> None:
    async def items() -> AsyncIterator[str]:
        for name in "abc":
            await asyncio.sleep(0)
            yield name

    async def fetched(url: str) -> BulkResult:
        async with AsyncMinIOClient(config_for(url)) as client:
            return await client.download_many(items(), bucket="docs", concurrency=2)

    with ScriptedServer(handler=store("a", "b", "c")) as server:
        assert list(asyncio.run(fetched(server.url))) == [b"a", b"b", b"c"]
        with MinIOClient(config_for(server)) as client:
            with pytest.raises(RuntimeError, match="use AsyncMinIOClient"):
                client.download_many(items(), bucket="docs")


# --- taken as fast as worked on -------------------------------------------------------------------


@both
@pytest.mark.parametrize("concurrency", [1, 3])
def test_items_are_taken_as_fast_as_they_are_worked_on(connect: Connect, concurrency: int) -> None:
    taken = done = ahead = 0

    def items() -> Iterator[str]:
        nonlocal taken, ahead
        for _ in range(40):
            taken += 1
            ahead = max(ahead, taken - done)
            yield "a"

    def told(_: TransferProgress) -> None:
        nonlocal done
        done += 1

    with ScriptedServer(handler=store("a")) as server, connect(server) as client:
        found = client.download_many(items(), bucket="docs", concurrency=concurrency, progress=told)
        assert (len(found), done) == (40, 40)
        assert ahead <= concurrency
        assert max(request.connection for request in server.requests) <= concurrency


# --- progress -------------------------------------------------------------------------------------


@both
def test_progress(connect: Connect) -> None:
    told: list[TransferProgress] = []
    with ScriptedServer(handler=store("a", "bb")) as server, connect(server) as client:
        client.download_many(["a", "none", "bb"], bucket="docs", progress=told.append)
    assert [t.objects_done for t in told] == [1, 2]
    assert told[-1].bytes_done == 3
    assert {t.objects_total for t in told} == {3}
    assert {t.bytes_total for t in told} == {None}


@both
def test_a_progress_function_that_raises_ends_the_job(connect: Connect) -> None:
    taken = 0

    def items() -> Iterator[str]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield "a"

    def told(_: TransferProgress) -> None:
        raise LookupError("enough")

    with ScriptedServer(handler=store("a")) as server, connect(server) as client:
        with pytest.raises(LookupError, match="enough"):
            client.download_many(items(), bucket="docs", progress=told, concurrency=4)
    assert taken <= 5


@both
def test_a_bar(connect: Connect, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ScriptedServer(handler=store("a", "bb")) as server, connect(server) as client:
        client.download_many(["a", "bb"], bucket="docs", progress=True)
        assert "2/2 objects" in capsys.readouterr().out
        client.download_file("docs", "bb", tmp_path / "bb", progress=True)
        assert "1/1 objects" in capsys.readouterr().out
        assert client.download_many(["a"], bucket="docs", progress=False).ok
        assert capsys.readouterr().out == ""


@both
def test_a_bar_without_rich(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match=r"pip install .minio-enterprise-sdk\[cli\]"):
            client.download_many(["a"], bucket="docs", progress=True)


# --- interrupts -----------------------------------------------------------------------------------

PART = 5 << 20


class Uploads(Store):
    """Takes parts of anything."""

    def _part(self, request: Request, parts: dict[int, bytes], number: int) -> Any:
        parts[number] = request.body
        return reply(200, headers={"ETag": f'"{number}"'})


def large(count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {"bucket": "docs", "key": f"k{n}", "data": bytes(PART * 12)}


def test_an_interrupt_ends_the_job_and_its_uploads() -> None:
    """What is under way ends at its next request, and aborts what it has begun."""
    store = Uploads(name="MinIO")
    halting = Halting(store, lambda request: "partNumber=2" in request.query)

    def send() -> None:
        halting.reached.wait(10)
        interrupt()
        halting.go_on.set()

    threads = threading.active_count()
    with interrupts() as interrupt, ScriptedServer(handler=halting) as server:
        config = config_for(server, part_size=PART, multipart_threshold=PART)
        with MinIOClient(config) as client:
            sender = threading.Thread(target=send)
            sender.start()
            with pytest.raises(Interrupted):
                client.upload_many(large(50), concurrency=2)
            sender.join()
            parts = sum("partNumber=" in request.query for request in server.requests)
            assert parts < 2 * 12  # had both uploads gone on
            assert not store.unfinished
            assert not store.objects
    assert threading.active_count() <= threads


def test_a_cancelled_job_leaves_no_task_and_no_upload() -> None:
    store = Uploads(name="MinIO")
    halting = Halting(store, lambda request: "partNumber=2" in request.query)

    async def cancelled(url: str) -> None:
        config = config_for(url, part_size=PART, multipart_threshold=PART)
        async with AsyncMinIOClient(config) as client:
            task = asyncio.ensure_future(client.upload_many(large(50), concurrency=2))
            await asyncio.to_thread(halting.reached.wait, 10)
            task.cancel()
            halting.go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with ScriptedServer(handler=halting) as server:
        asyncio.run(cancelled(server.url))
    assert not store.unfinished
    assert not store.objects
