"""Mirrors: only what differs goes over, nothing outside is touched, and nothing goes without need."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    IntegrityError,
    MinIOError,
    MirrorResult,
    ServerError,
    TransferProgress,
    ValidationError,
)
from minio_sdk.blocking import run
from minio_sdk.flows import local_files
from minio_sdk.flows import mirror as flow
from minio_sdk.flows.mirror import Wish
from minio_sdk.wire.message import Request
from tests.both import Connect, both, config_for
from tests.flows.memory import Bucket, Memory
from tests.scripted import ScriptedServer, hang, reply, s3_error

OLD = 1_500_000_000
"""Before everything that the server in memory stores, and NEW is after it."""
NEW = 2_000_000_000


@pytest.fixture
def server() -> Memory:
    found = Memory()
    found.buckets["acme-docs"] = Bucket()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "folder"
    found.mkdir()
    return found


def mirrored(server: Memory, source: Any, target: Any, **given: Any) -> MirrorResult:
    fields: dict[str, Any] = {
        "delete": False, "dry_run": False, "include": None, "exclude": None, "checksum": False,
        "follow_symlinks": False, "concurrency": None, "progress": None, **given,
    }  # fmt: skip
    return run(flow.mirror(server.engine(), Wish(source, target, **fields)))


def files(folder: Path, **data: bytes) -> None:
    for name, text in data.items():
        write(folder, name, text)


def write(folder: Path, name: str, data: bytes, when: int = OLD) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (when, when))
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def in_folder(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def in_bucket(server: Memory, bucket: str = "docs") -> dict[str, bytes]:
    keys = server.buckets[f"acme-{bucket}"].keys
    return {key: versions[0].data or b"" for key, versions in sorted(keys.items())}


REMOTE = "minio://docs/p"


# --- up -------------------------------------------------------------------------------------------


def test_up(server: Memory, folder: Path) -> None:
    write(folder, "a", b"1")
    write(folder, "d/e/b", b"22")
    server.store("acme-docs", "other", b"x")
    server.store("acme-docs", "p-not", b"x")
    done = mirrored(server, folder, REMOTE)
    assert (done.copied, done.skipped, done.deleted, dict(done.failed)) == (
        ("a", "d/e/b"),
        (),
        (),
        {},
    )
    assert (done.bytes, bool(done)) == (3, True)
    assert in_bucket(server) == {"other": b"x", "p-not": b"x", "p/a": b"1", "p/d/e/b": b"22"}
    again = mirrored(server, str(folder), ("docs", "p/"))
    assert (again.copied, again.skipped) == ((), ("a", "d/e/b"))


@pytest.mark.parametrize(
    "data, when, checksum, goes",
    [
        (b"22", OLD, False, True),  # another size
        (b"2", NEW, False, True),  # newer
        (b"2", OLD, False, False),  # older: not seen
        (b"2", OLD, True, True),  # but by its bytes
        (b"1", NEW, True, False),  # the same, whatever the date
    ],
)
def test_what_differs(
    server: Memory, folder: Path, data: bytes, when: int, checksum: bool, goes: bool
) -> None:
    server.store("acme-docs", "p/a", b"1")
    write(folder, "a", data, when)
    done = mirrored(server, folder, REMOTE, checksum=checksum)
    assert done.copied == (("a",) if goes else ())
    assert in_bucket(server) == {"p/a": data if goes else b"1"}


@pytest.mark.parametrize("data, goes", [(b"1", False), (b"2", True)])
def test_in_the_same_second_the_bytes_decide(
    server: Memory, folder: Path, data: bytes, goes: bool
) -> None:
    stored = server.store("acme-docs", "p/a", b"1")
    write(folder, "a", data, int(stored.date.timestamp()))
    assert bool(mirrored(server, folder, REMOTE).copied) is goes


def test_the_bucket_is_made(server: Memory, folder: Path) -> None:
    write(folder, "a", b"1")
    assert mirrored(server, folder, "minio://new", dry_run=True).copied == ("a",)
    assert "acme-new" not in server.buckets
    assert mirrored(server, folder, "minio://new").copied == ("a",)
    assert in_bucket(server, "new") == {"a": b"1"}


def test_a_bucket_that_was_made_is_not_known_at_once(server: Memory) -> None:
    server.store("acme-docs", "a", b"1")
    looks = 0
    hidden = Bucket()

    def hide(request: Request) -> None:
        nonlocal looks
        if (request.method, request.path) == ("HEAD", "/acme-new"):
            looks += 1
            if looks == 2:
                del server.buckets["acme-new"]
            if looks == 3:
                server.buckets["acme-new"] = hidden

    server.before = hide
    assert mirrored(server, "minio://docs", "minio://new").copied == ("a",)
    assert looks == 3
    assert set(hidden.keys) == {"a"}


def test_delete_removes_what_only_the_target_has(server: Memory, folder: Path) -> None:
    write(folder, "a", b"1")
    for key in ("p/a", "p/b", "p/c/d", "p/keep.log", "other", "p2/x"):
        server.store("acme-docs", key, b"1")
    plan = mirrored(server, folder, REMOTE, delete=True, dry_run=True, exclude="*.log")
    assert (plan.deleted, plan.dry_run) == (("b", "c/d"), True)
    assert len(in_bucket(server)) == 6
    done = mirrored(server, folder, REMOTE, delete=True, exclude="*.log")
    assert done.deleted == ("b", "c/d")
    assert set(in_bucket(server)) == {"p/a", "p/keep.log", "other", "p2/x"}


def test_an_empty_folder_empties_the_prefix(server: Memory, folder: Path) -> None:
    server.store("acme-docs", "p/a", b"1")
    assert mirrored(server, folder, REMOTE, delete=True).deleted == ("a",)


def test_include(server: Memory, folder: Path) -> None:
    files(folder, a=b"1", b=b"2")
    assert mirrored(server, folder, REMOTE, include=["a"]).copied == ("a",)


def test_a_file_that_changes_meanwhile(server: Memory, folder: Path) -> None:
    files(folder, a=b"1", b=b"2")

    def change(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith("/a"):
            write(folder, "a", b"3", NEW)

    server.before = change
    done = mirrored(server, folder, REMOTE)
    assert done.copied == ("b",)
    assert isinstance(done.failed["a"], IntegrityError)
    assert (done.failed["a"].bucket, done.failed["a"].key) == ("docs", "p/a")


def test_links(server: Memory, folder: Path, tmp_path: Path) -> None:
    write(tmp_path, "outside/secret", b"s")
    write(folder, "d/a", b"1")
    (folder / "in").symlink_to(folder / "d" / "a")
    (folder / "in-d").symlink_to("d")
    (folder / "out").symlink_to(tmp_path / "outside" / "secret")
    (folder / "out-d").symlink_to(tmp_path / "outside")
    (folder / "d" / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to("nothing")
    os.mkfifo(folder / "fifo")
    server.store("acme-docs", "p/out-d/secret", b"kept, since nobody looked")
    done = mirrored(server, folder, REMOTE, delete=True)
    assert done.copied == ("d/a", "in", "in-d/a")
    assert set(done.failed) == {"d/loop", "fifo", "in-d/loop", "nowhere", "out", "out-d"}
    assert "leads out of the folder" in str(done.failed["out"])
    assert done.deleted == ()
    done = mirrored(server, folder, REMOTE, follow_symlinks=True, exclude=["*loop", "fifo", "now*"])
    assert done
    assert in_bucket(server)["p/out-d/secret"] == in_bucket(server)["p/out"] == b"s"


def test_growing_downloads_of_others_are_left_alone(server: Memory, folder: Path) -> None:
    write(folder, f".minio-sdk-{'0' * 32}.part", b"half")
    assert mirrored(server, folder, REMOTE).copied == ()


def test_a_folder_that_cant_be_read_protects_its_names(
    server: Memory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "d/a", b"1")
    server.store("acme-docs", "p/d/a", b"1")
    server.store("acme-docs", "p/e", b"1")
    scan = local_files.scan

    def refused(root: Path, below: str, links: Any) -> Any:
        if below == "d/":
            raise PermissionError(13, "Permission denied")
        return scan(root, below, links)

    monkeypatch.setattr(local_files, "scan", refused)
    done = mirrored(server, folder, REMOTE, delete=True, include="*e*")
    assert "Permission denied" in str(done.failed["d"])
    assert done.deleted == ("e",)
    assert mirrored(server, folder, REMOTE, delete=True).deleted == ()


# --- down -----------------------------------------------------------------------------------------


def test_down(server: Memory, folder: Path) -> None:
    for key in ("p/a", "p/d/b", "p/d/", "p/", "q"):
        server.store("acme-docs", key, key[2:].encode() if not key.endswith("/") else b"")
    write(folder, "extra", b"x")
    target = folder / "new" / "er"
    done = mirrored(server, REMOTE, target)
    assert done.copied == ("a", "d/b")
    assert in_folder(target) == {"a": b"a", "d/b": b"d/b"}
    (version,) = server.buckets["acme-docs"].keys["p/a"]
    assert (target / "a").stat().st_mtime == version.date.timestamp()
    again = mirrored(server, REMOTE, target)
    assert (again.copied, again.skipped) == ((), ("a", "d/b"))
    server.store("acme-docs", "p/a", b"A")
    assert mirrored(server, REMOTE, target).copied == ("a",)
    assert mirrored(server, REMOTE, target, checksum=True).skipped == ("a", "d/b")
    write(target, "d/b", b"D/B", NEW)
    assert mirrored(server, REMOTE, target).copied == ()
    assert mirrored(server, REMOTE, target, checksum=True).copied == ("d/b",)


def test_delete_below_the_folder_only(server: Memory, folder: Path, tmp_path: Path) -> None:
    server.store("acme-docs", "p/a", b"1")
    write(folder, "b", b"1")
    write(folder, "c/d", b"1")
    outside = write(tmp_path, "outside/x", b"1")
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "file").symlink_to(outside)
    assert mirrored(server, REMOTE, folder, delete=True, dry_run=True).deleted == ("b", "c/d")
    assert mirrored(server, REMOTE, folder, delete=True).deleted == ("b", "c/d")
    assert outside.read_bytes() == b"1"
    assert names_in(folder) == ["a", "c", "file", "link"]


HOSTILE = ["p/../../x", "p//etc/x", "p/a//b", "p/./c", "p/d/.."]


def test_keys_that_lead_elsewhere_are_failures(
    server: Memory, folder: Path, tmp_path: Path
) -> None:
    for key in [*HOSTILE, "p/good"]:
        server.store("acme-docs", key, b"1")
    before = names_in(tmp_path)
    done = mirrored(server, REMOTE, folder)
    assert done.copied == ("good",)
    assert set(done.failed) == {key[2:] for key in HOSTILE}
    assert all(isinstance(error, ValidationError) for error in done.failed.values())
    assert in_folder(folder) == {"good": b"1"}
    assert names_in(tmp_path) == before


def test_a_file_and_a_folder_of_one_name(server: Memory, folder: Path) -> None:
    for key in ("p/a", "p/a/b", "p/c"):
        server.store("acme-docs", key, b"1")
    done = mirrored(server, REMOTE, folder)
    assert (done.copied, set(done.failed)) == (("a", "c"), {"a/b"})
    write(folder, "d", b"1")
    server.store("acme-docs", "p/d/e", b"1")
    failed = mirrored(server, REMOTE, folder).failed
    assert set(failed) == {"a/b", "d/e"}
    assert isinstance(failed["d/e"], MinIOError)


def test_names_that_are_one_file_where_case_is_folded(
    server: Memory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "folds_case", lambda _: True)
    for key in ("p/A", "p/a", "p/b"):
        server.store("acme-docs", key, b"1")
    done = mirrored(server, REMOTE, folder)
    assert (done.copied, set(done.failed)) == (("A", "b"), {"a"})
    again = mirrored(server, REMOTE, folder, delete=True)
    assert (again.skipped, again.deleted) == (("A", "b"), ())


def test_nothing_is_written_through_links(server: Memory, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    server.store("acme-docs", "p/link/a", b"1")
    done = mirrored(server, REMOTE, folder)
    assert "links are not followed" in str(done.failed["link/a"])
    assert list((tmp_path / "outside").iterdir()) == []
    assert mirrored(server, REMOTE, folder, follow_symlinks=True).copied == ("link/a",)


# --- across ---------------------------------------------------------------------------------------


def test_across(server: Memory) -> None:
    for key in ("p/a", "p/d/b", "p/x/y"):
        server.store("acme-docs", key, b"1")
    done = mirrored(server, REMOTE, "minio://copy/q")
    assert done.copied == ("a", "d/b", "x/y")
    assert set(in_bucket(server, "copy")) == {"q/a", "q/d/b", "q/x/y"}
    assert mirrored(server, REMOTE, "minio://copy/q").copied == ()
    server.store("acme-docs", "p/a", b"2")
    server.store("acme-copy", "q/z", b"2")
    done = mirrored(server, REMOTE, "minio://copy/q", delete=True)
    assert (done.copied, done.deleted) == (("a",), ("z",))
    assert mirrored(server, REMOTE, "minio://copy/q", checksum=True).copied == ()


@pytest.mark.parametrize("target", [REMOTE, "minio://docs", "minio://docs/p/q"])
def test_a_target_within_the_source(server: Memory, target: str) -> None:
    with pytest.raises(ValidationError, match="overlaps"):
        mirrored(server, REMOTE, target)


# --- a source that isn't there deletes nothing ----------------------------------------------------


def test_absent_sources(server: Memory, folder: Path, tmp_path: Path) -> None:
    server.store("acme-docs", "p/a", b"1")
    write(folder, "b", b"1")
    with pytest.raises(ValidationError, match="is no folder that is there"):
        mirrored(server, tmp_path / "folder2", REMOTE, delete=True)
    with pytest.raises(ValidationError, match="is no folder that is there"):
        mirrored(server, folder / "b", REMOTE, delete=True)
    with pytest.raises(ValidationError, match="has no objects"):
        mirrored(server, "minio://docs/pp", folder, delete=True)
    with pytest.raises(BucketNotFoundError):
        mirrored(server, "minio://doc", folder, delete=True)
    with pytest.raises(BucketNotFoundError):
        mirrored(server, "minio://doc", "minio://docs", delete=True)
    assert in_bucket(server) == {"p/a": b"1"}
    assert in_folder(folder) == {"b": b"1"}
    assert mirrored(server, "minio://docs/pp", folder).copied == ()
    # Patterns that leave nothing are no reason.
    assert mirrored(server, REMOTE, folder, delete=True, include="b").deleted == ("b",)


@pytest.mark.parametrize("page", [1, 2])
def test_a_listing_that_fails_deletes_nothing(
    server: Memory, folder: Path, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minio_sdk.flows.listing.PAGE", 2)
    for n in range(5):
        server.store("acme-docs", f"p/{n}", b"1")
    write(folder, "b", b"1")
    pages = 0

    def fail(request: Request) -> None:
        nonlocal pages
        pages += "list-type=2" in request.query
        if pages == page:
            raise ServerError("the listing broke")

    server.before = fail
    with pytest.raises(ServerError, match="the listing broke"):
        mirrored(server, REMOTE, folder, delete=True)
    assert (folder / "b").exists()
    assert not [name for name in names_in(folder) if name.endswith(".part")]


@pytest.mark.parametrize(
    "fields, argument",
    [
        ({"source": "a", "target": "b"}, "target="),
        ({"source": "http://x/y"}, "source="),
        ({"target": ("docs",)}, "target="),
        ({"target": "minio://A b"}, "bucket="),
        ({"include": 7}, "include="),
        ({"delete": "yes"}, "delete="),
        ({"concurrency": 0}, "concurrency="),
        ({"progress": 7}, "progress="),
    ],
)
@both
def test_bad_arguments_before_anything_is_sent(
    connect: Connect, tmp_path: Path, fields: dict[str, Any], argument: str
) -> None:
    given = {"source": str(tmp_path), "target": REMOTE, **fields}
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=argument):
            client.mirror(given.pop("source"), given.pop("target"), **given)


@both
def test_a_file_as_target(connect: Connect, tmp_path: Path) -> None:
    path = write(tmp_path, "a", b"1")
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match="is no folder"):
            client.mirror(REMOTE, path)


# --- over the wire --------------------------------------------------------------------------------


def listing(*names: str) -> Any:
    entries = "".join(f"<Contents><Key>{n}</Key><Size>1</Size></Contents>" for n in names)
    return reply(200, f"<ListBucketResult>{entries}</ListBucketResult>".encode())


@both
def test_progress_and_one_failure(connect: Connect, tmp_path: Path) -> None:
    files(tmp_path, a=b"1", b=b"2")
    told: list[TransferProgress] = []
    etag: Callable[[str], Any] = lambda e: reply(200, headers={"ETag": f'"{e}"'})  # noqa: E731
    script = [listing(), s3_error(403, "AccessDenied"), etag("e")]
    with ScriptedServer(script) as server, connect(server, max_retries=0) as client:
        done = client.mirror(tmp_path, REMOTE, concurrency=1, progress=told.append)
        assert (done.copied, set(done.failed), bool(done)) == (("b",), {"a"}, False)
        assert [(t.bytes_done, t.objects_done) for t in told] == [(1, 1)]


@both
def test_what_cant_be_deleted_is_a_failure(connect: Connect, tmp_path: Path) -> None:
    answer = (
        b"<DeleteResult><Deleted><Key>p/a</Key></Deleted>"
        b"<Error><Key>p/b</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    )
    script = [listing("p/a", "p/b"), reply(200, answer)]
    with ScriptedServer(script) as server, connect(server) as client:
        done = client.mirror(tmp_path, REMOTE, delete=True)
        assert (done.deleted, set(done.failed)) == (("a",), {"b"})


@both
def test_a_progress_function_that_raises_ends_it(connect: Connect, tmp_path: Path) -> None:
    files(tmp_path, a=b"1", b=b"2")

    def told(_: TransferProgress) -> None:
        raise LookupError("enough")

    script = [listing("p/x"), reply(200, headers={"ETag": '"e"'})]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(LookupError, match="enough"):
            client.mirror(tmp_path, REMOTE, delete=True, concurrency=1, progress=told)


def test_a_cancelled_mirror_leaves_no_file_and_no_task(tmp_path: Path) -> None:
    async def cancelled(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(server)) as client:
            task = asyncio.ensure_future(client.mirror(REMOTE, tmp_path / "new"))
            await asyncio.to_thread(server.wait_for, 3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

    script = [listing("p/a", "p/b"), hang(), hang()]
    with ScriptedServer(script) as server:
        asyncio.run(cancelled(server))
    assert in_folder(tmp_path) == {}
