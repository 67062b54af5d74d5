"""`upload_many(..., pack=)`: what servers make of a tar, and that nothing counts as stored but what is."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BulkResult,
    MinIOClient,
    MinIOConnectionError,
    TransferProgress,
    UploadResponse,
    ValidationError,
)
from tests.both import Connect, both, config_for
from tests.flows.store import Halting, Store
from tests.flows.unpacking import UNPACK, Member, Unpacking, fails
from tests.processes import Interrupted, interrupts, posix_only
from tests.scripted import Request, ScriptedServer, Step, drop_before_reply, s3_error

SOME = [{"bucket": "docs", "key": f"k/{n}.txt", "data": b"%d" % n} for n in range(20)]
OLD = "Wed, 01 Jan 2020 00:00:00 GMT"


def sent(connect: Connect, kept: Store, items: Any = SOME, **fields: Any) -> BulkResult:
    """Upload in tars to a server, of which everything is told."""
    settings = {name: fields.pop(name) for name in ("tenant_id", "tenancy") if name in fields}
    with ScriptedServer(handler=kept) as server:
        with connect(server, max_retries=0, **settings) as client:
            return client.upload_many(items, pack=fields.pop("pack", True), **fields)


def puts(kept: Store) -> list[str]:
    """The paths of ordinary uploads."""
    return [r.path for r in kept.requests if r.method == "PUT" and not r.header(UNPACK)]


def all_there(kept: Store, done: BulkResult, items: Any = SOME) -> None:
    """Every item is stored, and said to be, and no tar is."""
    assert done.ok, done.errors
    assert kept.data() == {f"/acme-docs/{i['key']}": i["data"] for i in items}
    assert [(r.key, r.size, r.etag, r.bucket) for r in done] == [
        (i["key"], len(i["data"]), hashlib.md5(i["data"]).hexdigest(), i["bucket"]) for i in items
    ]


# --- a server that unpacks --------------------------------------------------------------------------


@both
def test_one_request_for_all(connect: Connect) -> None:
    kept = Unpacking()
    told: list[TransferProgress] = []
    done = sent(connect, kept, progress=told.append)
    all_there(kept, done)
    assert (len(kept.tars), puts(kept)) == (1, [])
    assert len(kept.requests) <= 7
    assert [t.objects_done for t in told] == list(range(1, 21))
    assert done.bytes == told[-1].bytes_done == 30
    assert kept.objects["/acme-docs/k/1.txt"].headers == {"content-type": "text/plain"}


@both
def test_what_describes_an_object_goes_with_it(connect: Connect) -> None:
    told = {"content_type": "text/x", "metadata": {"Author": "Ada", "title": "Grüße"},
            "tags": {"a b": "c&d", "e": "f"}, "cache_control": "no-store",
            "content_disposition": "inline"}  # fmt: skip
    items = [{**SOME[0], **told}, SOME[1], SOME[2]]
    packed, plain = Unpacking(), Store(name="MinIO")
    assert sent(connect, packed, items).ok
    assert sent(connect, plain, items, pack=None).ok
    assert puts(packed) == []
    for path, stored in plain.objects.items():
        assert packed.objects[path].headers == stored.headers
    (tagged,) = [r for r in plain.requests if r.header("x-amz-tagging")]
    assert packed.objects[tagged.path].tags == tagged.header("x-amz-tagging")


@both
def test_files(connect: Connect, tmp_path: Path) -> None:
    for n in range(5):
        (tmp_path / f"{n}").write_bytes(b"%d" % n * 10)
    kept = Unpacking()
    items: list[Any] = [{"key": f"k{n}", "path": tmp_path / f"{n}"} for n in range(6)]
    done = sent(connect, kept, items, bucket="docs")
    assert [type(each).__name__ for each in done] == ["UploadResponse"] * 5 + ["MinIOError"]
    assert kept.data() == {f"/acme-docs/k{n}": b"%d" % n * 10 for n in range(5)}
    assert puts(kept) == []


@both
def test_what_a_tar_cant_carry_goes_alone(connect: Connect) -> None:
    alone: list[dict[str, Any]] = [
        {"key": "large", "data": bytes(128 * 1024 + 1)},
        {"key": "stream", "data": iter([b"a", b"b"])},
        {"key": "class", "data": b"x", "storage_class": "STANDARD"},
        {"key": "empty-value", "data": b"x", "metadata": {"a": ""}},
        {"key": "b\\c", "data": b"x"},
        {"key": "b" * 256, "data": b"x"},
        {"key": "new", "data": b"x", "if_none_match": "*"},
    ]
    kept = Unpacking()
    done = sent(connect, kept, [*alone, ("", b"x"), ("text", "x"), *SOME[:2]], bucket="docs")
    assert [type(each) for each in done] == [
        *[UploadResponse] * len(alone), ValidationError, ValidationError, *[UploadResponse] * 2
    ]  # fmt: skip
    assert len(puts(kept)) == len(alone)
    assert [[m[0] for m in tar] for tar in kept.tars] == [["k/0.txt", "k/1.txt"]]


@both
@pytest.mark.parametrize(
    "tenancy, bucket, start", [("bucket", "acme-docs", ""), ("prefix", "tenants", "acme/docs/")]
)
def test_names_stay_below_the_tenant(
    connect: Connect, tenancy: str, bucket: str, start: str
) -> None:
    """A key that MinIO would clean into another one is never in a tar."""
    hostile = ["../../other/docs/x", "../x", "/x", "//x", "a/../../../other/x", "a//x", "./x", "x/",
               "a\0b", "..", "."]  # fmt: skip
    kept = Unpacking({"/tenants/acme/.buckets/docs": b""} if tenancy == "prefix" else {})
    good = ["é" * 120, "a/" * 60 + "x", "...", " x", "a\nb"]
    items = [(key, b"1") for key in [*hostile, *good]]
    sent(connect, kept, items, bucket="docs", tenancy=tenancy)
    (names,) = [[m[0] for m in tar] for tar in kept.tars]
    assert sorted(names) == sorted(start + key for key in good)
    tar = next(r for r in kept.requests if r.header(UNPACK))
    assert tar.path.startswith(f"/{bucket}/{start}.minio-sdk-pack-")
    assert tar.path.endswith(".tar")


@both
def test_of_one_key_the_last_one_stays(connect: Connect) -> None:
    items = [("a", b"1"), ("b", b"2"), ("a", b"3"), ("c", b"4"), ("a", b"5")]
    kept = Unpacking()
    done = sent(connect, kept, items, bucket="docs")
    assert done.ok
    assert kept.data() == {"/acme-docs/a": b"5", "/acme-docs/b": b"2", "/acme-docs/c": b"4"}
    assert [r.etag for r in done] == [hashlib.md5(data).hexdigest() for _, data in items]
    assert puts(kept) == ["/acme-docs/a"] * 2


@both
def test_sizes_and_buckets(connect: Connect) -> None:
    """A tar holds as many bytes as was asked for, of one bucket; items of several wait together."""
    items = [{"bucket": f"b{n % 3}", "key": f"{n:03}", "data": bytes(10_000)} for n in range(120)]
    kept = Unpacking()
    done = sent(connect, kept, items, pack=256 * 1024)
    assert done.ok
    bodies = [r.body for r in kept.requests if r.header(UNPACK)]
    assert max(map(len, bodies)) <= 256 * 1024
    assert len(bodies) <= 12
    assert len(kept.objects) == 120
    assert [r.key for r in done] == [f"{n:03}" for n in range(120)]


@both
def test_scattered_keys_among_many_others(connect: Connect) -> None:
    kept = Unpacking({f"/acme-docs/k/{n}.txt{m}": b"?" for n in range(20) for m in range(10)})
    kept.page = 5
    done = sent(connect, kept)
    assert done.ok
    assert puts(kept) == []


@both
def test_a_checkpoint(connect: Connect, tmp_path: Path) -> None:
    kept = Unpacking()
    with ScriptedServer(handler=kept) as server, connect(server) as client:
        assert client.upload_many(SOME, pack=True, checkpoint=tmp_path / "job").succeeded == 20
        more = [*SOME, ("docs", "new", b"1")]
        again = client.upload_many(more, pack=True, checkpoint=tmp_path / "job")
    assert (again.skipped, again.succeeded, len(kept.tars)) == (20, 1, 1)


# --- servers that don't, or lie ---------------------------------------------------------------------


@both
@pytest.mark.parametrize("name", ["SeaweedFS 4", "AmazonS3", "Gateway/1", ""])
def test_other_servers_get_ordinary_uploads(connect: Connect, name: str) -> None:
    kept = Unpacking(name=name)
    all_there(kept, sent(connect, kept))
    assert kept.tars == []


@both
def test_a_server_that_stores_the_tar(connect: Connect) -> None:
    """It is removed, and never sent again."""
    kept = Unpacking()
    kept.unpack = None
    with ScriptedServer(handler=kept) as server, connect(server) as client:
        all_there(kept, client.upload_many(SOME, pack=True))
        assert len(kept.tars) == 1
        all_there(kept, client.upload_many(SOME, pack=True))
        assert len(kept.tars) == 1


@both
def test_a_tar_that_cant_be_removed_is_told_of(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Unpacking()
    kept.unpack = None
    kept.fault = lambda r: s3_error(403, "AccessDenied") if r.method == "DELETE" else None
    done = sent(connect, kept)
    assert done.ok
    assert len(puts(kept)) == 20
    (left,) = [path for path in kept.objects if path.endswith(".tar")]
    assert left.removeprefix("/acme-docs/") in caplog.text


@both
def test_files_that_are_gone_when_they_are_packed(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minio_sdk.flows.packing._bytes_of", lambda item, size: None)
    (tmp_path / "a").write_bytes(b"1")
    items: list[Any] = [{"key": k, "path": tmp_path / "a"} for k in "xyz"]
    kept = Unpacking()
    assert sent(connect, kept, items, bucket="docs").ok
    assert (len(puts(kept)), kept.tars) == (3, [])


def half(members: list[Member]) -> list[Member]:
    return members[::2]


def nothing(members: list[Member]) -> list[Member]:
    return []


def other_bytes(members: list[Member]) -> list[Member]:
    return [(name, data[:-1] + b"?", records) for name, data, records in members]


def undescribed(members: list[Member]) -> list[Member]:
    return [(name, data, {}) for name, data, _ in members]


@both
@pytest.mark.parametrize("lie", [half, nothing, other_bytes, undescribed])
@pytest.mark.parametrize("listed", [True, False])
def test_a_server_that_says_200_and_does_otherwise(
    connect: Connect, lie: Any, listed: bool
) -> None:
    kept = Unpacking()
    kept.unpack, kept.listed = lie, listed
    all_there(kept, sent(connect, kept))
    assert len(puts(kept)) == (10 if lie is half else 20)
    assert {s.headers.get("content-type") for s in kept.objects.values()} == {"text/plain"}


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_server_makes_of_a_tar(seed: int) -> None:
    """Each entry is kept, dropped, spoiled, or stored as something else, at random."""
    chance = random.Random(seed)
    items = [
        {"bucket": "docs", "key": f"{n:03}", "data": b"%d" % (n % 7), "metadata": {"n": f"{n}"}}
        for n in range(60)
    ]
    paths = [f"/acme-docs/{n:03}" for n in range(60)]
    kept = Unpacking({path: b"%d" % (n % 7) for n, path in enumerate(paths) if n % 3})
    kept.dates = dict.fromkeys(list(kept.objects), OLD)
    kept.page, often = chance.choice([3, 20, 1000]), chance.choice([0.02, 0.3, 0.9])

    def unpack(members: list[Member]) -> list[Member]:
        made = []
        for name, data, records in members:
            kind = chance.choice(["drop", "bytes", "name"]) if chance.random() < often else ""
            if kind == "drop":
                continue
            stored_as = name + "?" * (kind == "name")
            kept.dates.pop(f"/acme-docs/{stored_as}", None)
            made.append((stored_as, data + b"!" * (kind == "bytes"), records))
        return made

    kept.unpack = unpack
    with ScriptedServer(handler=kept) as server, MinIOClient(config_for(server)) as client:
        done = client.upload_many(items, pack=True)
    assert done.ok
    for item, path in zip(items, paths, strict=True):
        stored = kept.objects[path]
        assert stored.data == item["data"]
        assert stored.headers["x-amz-meta-n"] == item["metadata"]["n"]  # type: ignore[index]


@both
def test_the_same_bytes_of_an_earlier_day_are_no_proof(connect: Connect) -> None:
    """What was there before may have other metadata."""
    paths = [f"/acme-docs/{item['key']}" for item in SOME]
    kept = Unpacking({path: b"%d" % n for n, path in enumerate(paths)})
    kept.dates = dict.fromkeys(paths, OLD)
    kept.unpack = nothing
    all_there(kept, sent(connect, kept))
    assert len(puts(kept)) == 20


@both
def test_a_server_without_a_clock_proves_nothing(connect: Connect) -> None:
    kept = Unpacking()
    kept.dated = False
    all_there(kept, sent(connect, kept))
    assert len(puts(kept)) == 20


@both
@pytest.mark.parametrize("status, code", [(400, "BadRequest"), (403, "AccessDenied"), (500, "No")])
def test_a_tar_that_is_refused(connect: Connect, status: int, code: str) -> None:
    """What of it was stored is stored again, since the server said no."""
    kept = Unpacking()
    kept.unpack, kept.answer = half, s3_error(status, code)
    all_there(kept, sent(connect, kept))
    assert len(puts(kept)) == 20


@both
def test_a_bucket_whose_tars_come_to_nothing_gets_no_more_of_them(connect: Connect) -> None:
    items = [{"bucket": "docs", "key": f"{n:04}", "data": bytes(60_000)} for n in range(60)]
    kept = Unpacking()
    kept.unpack = nothing
    with ScriptedServer(handler=kept) as server, connect(server) as client:
        done = client.upload_many(items, pack=256 * 1024, concurrency=1)
    all_there(kept, done, items)
    assert len(kept.tars) == 3


@both
def test_a_dead_server_fails_each_item_once(connect: Connect) -> None:
    kept = Unpacking()
    kept.fault = lambda request: fails(request, drop_before_reply())
    done = sent(connect, kept)
    assert [type(each) for each in done] == [MinIOConnectionError] * 20
    assert [each.key for each in done] == [item["key"] for item in SOME]
    assert puts(kept) == []


@both
@pytest.mark.parametrize("unpacks", [True, False])
def test_who_may_only_write_gets_ordinary_uploads(connect: Connect, unpacks: bool) -> None:
    """Nothing can be looked for; the tar, should it be there, is removed unseen."""

    def fault(request: Request) -> Step | None:
        denied = request.method in ("HEAD", "GET") and request.path.count("/") > 1
        return s3_error(403, "AccessDenied") if denied else None

    kept = Unpacking()
    kept.fault, kept.listed = fault, False
    if not unpacks:
        kept.unpack = None
    all_there(kept, sent(connect, kept))
    assert len(puts(kept)) == 20
    assert kept.count("DELETE") == 1


@both
def test_a_server_that_isnt_there(connect: Connect) -> None:
    kept = Unpacking()
    kept.fault = lambda _: drop_before_reply()
    done = sent(connect, kept)
    assert [type(each) for each in done] == [MinIOConnectionError] * 20
    assert kept.tars == []


@both
def test_a_server_that_fails_while_it_is_looked_at(connect: Connect) -> None:
    """It has everything, and nobody can say so."""

    def fault(request: Request) -> Step | None:
        looked = request.method == "HEAD" and request.path.endswith(".txt")
        return drop_before_reply() if looked else None

    kept = Unpacking()
    kept.fault = fault
    done = sent(connect, kept)
    assert [type(each) for each in done] == [MinIOConnectionError] * 20
    assert [each.key for each in done] == [item["key"] for item in SOME]
    assert puts(kept) == []


@both
def test_a_missing_bucket_is_made(connect: Connect) -> None:
    made: list[str] = []

    def fault(request: Request) -> Step | None:
        if request.path.count("/") == 1 and request.method == "PUT":
            made.append(request.path)
        return None if made else fails(request, s3_error(404, "NoSuchBucket"))

    kept = Unpacking()
    kept.fault = fault
    all_there(kept, sent(connect, kept))
    assert made == ["/acme-docs"]
    assert puts(kept) == ["/acme-docs"]


# --- arguments --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("pack", [0, 1, -1, 40 << 20, "2 MiB", 1.5])
def test_a_bad_size_is_refused(connect: Connect, pack: Any) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match="pack="):
            client.upload_many(SOME, pack=pack)


@both
def test_not_with_an_executor(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client, ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValidationError, match="pack=True.*executor"):
            client.upload_many(SOME, pack=True, executor=pool)


# --- memory, numbers, interrupts ------------------------------------------------------------------


def test_ten_thousand_within_the_budget() -> None:
    kept = Unpacking()
    with ScriptedServer(handler=kept) as server:
        config = config_for(server, memory_budget=4 << 20)
        with MinIOClient(config) as client:
            items = (("docs", f"{n:05}", b"%05d" % n) for n in range(10_000))
            done = client.upload_many(items, pack=True)
            assert client._engine.transport.memory.free == 4 << 20  # type: ignore[attr-defined]
    assert done.ok
    assert [r.key for r in done] == [f"{n:05}" for n in range(10_000)]
    assert len(kept.objects) == 10_000
    assert puts(kept) == []
    bodies = [len(r.body) for r in kept.requests if r.header(UNPACK)]
    assert max(bodies) <= 256 * 1024


def halted() -> tuple[Unpacking, Halting]:
    """A server that stores a tar as it is, and says so only when the test goes on."""
    kept = Unpacking()
    kept.unpack = None
    return kept, Halting(kept, lambda request: request.header(UNPACK))


def test_a_cancelled_job_leaves_no_tar() -> None:
    """Also where the server, of which nothing is known yet, has stored it."""
    kept, halting = halted()

    async def cancelled(url: str) -> None:
        async with AsyncMinIOClient(config_for(url)) as client:
            task = asyncio.ensure_future(client.upload_many(SOME, pack=True))
            await asyncio.to_thread(halting.reached.wait, 10)
            task.cancel()
            halting.go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with ScriptedServer(handler=halting) as server:
        asyncio.run(cancelled(server.url))
    assert (kept.objects, len(kept.tars)) == ({}, 1)


@posix_only
def test_an_interrupted_job_leaves_no_tar() -> None:
    kept, halting = halted()

    def send() -> None:
        halting.reached.wait(10)
        interrupt()

    with interrupts() as interrupt, ScriptedServer(handler=halting) as server:
        with MinIOClient(config_for(server)) as client:
            sender = threading.Thread(target=send)
            sender.start()
            with pytest.raises(Interrupted):
                client.upload_many(SOME, pack=True)
            sender.join()
        halting.go_on.set()
    assert (kept.objects, len(kept.tars)) == ({}, 1)
