"""The file system on the embedded server: what its users do, and what might go wrong."""

from __future__ import annotations

import asyncio
import io
import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fsspec.callbacks import Callback

from minio_sdk import ObjectNotFoundError
from minio_sdk.faults import FaultProxy
from minio_sdk.fs import MinIOFileSystem
from minio_sdk.fs.base import nobody
from tests.fs.fixtures import fsspec
from tests.scripted import ScriptedServer, reply, s3_error
from tests.servers import Server
from tests.stored import Stored

# --- what is there -------------------------------------------------------------------------------


def test_listings(files: MinIOFileSystem) -> None:
    files.pipe({"docs/ls/a/b.txt": b"12", "docs/ls/a/c/d.txt": b"3", "docs/ls/e.txt": b""})
    assert files.ls("minio://docs/ls/", detail=False) == ["docs/ls/a", "docs/ls/e.txt"]
    assert files.find("docs/ls") == ["docs/ls/a/b.txt", "docs/ls/a/c/d.txt", "docs/ls/e.txt"]
    assert files.find("docs/ls", maxdepth=2) == ["docs/ls/a/b.txt", "docs/ls/e.txt"]
    assert files.find("docs/ls", withdirs=True) == [
        "docs/ls",
        "docs/ls/a",
        "docs/ls/a/b.txt",
        "docs/ls/a/c",
        "docs/ls/a/c/d.txt",
        "docs/ls/e.txt",
    ]
    assert files.find("docs/ls", prefix="a/b") == ["docs/ls/a/b.txt"]
    assert files.find("docs/ls/e.txt") == ["docs/ls/e.txt"]
    assert files.find("docs/ls/no") == files.find("no-bucket/x") == []
    assert files.glob("docs/ls/*/*.txt") == ["docs/ls/a/b.txt"]
    assert files.glob("docs/ls/**/*.txt") == files.find("docs/ls")
    assert files.glob("doc*") == ["docs"]
    assert files.du("docs/ls") == 3
    assert files.du("docs/ls", total=False)["docs/ls/a/b.txt"] == 2
    assert [len(each[2]) for each in files.walk("docs/ls")] == [1, 1, 1]
    assert "docs" in files.ls("", detail=False) == files.ls("minio://", detail=False)
    assert files.find("") == files.find("docs")


def test_info(files: MinIOFileSystem) -> None:
    files.pipe_file("docs/i/x.txt", b"12", content_type="text/x-mine", metadata={"who": "Ada"})
    found = files.info("docs/i/x.txt")
    assert (found["name"], found["size"], found["type"]) == ("docs/i/x.txt", 2, "file")
    assert found["content_type"] == "text/x-mine"
    assert found["metadata"] == {"who": "Ada"}
    assert found["etag"] == found["ETag"]
    assert files.modified("docs/i/x.txt") == files.created("docs/i/x.txt") == found["last_modified"]
    assert files.info("docs/i")["type"] == files.info("docs")["type"] == "directory"
    assert files.isdir("docs/i")
    assert files.isfile("docs/i/x.txt")
    assert not files.isfile("docs/i")
    assert files.exists("")
    assert not files.exists("docs/none")
    assert not files.exists("none/x")
    assert not files.exists("No_Bucket!/x")
    assert files.modified("docs") is not None
    with pytest.raises(IsADirectoryError):
        files.modified("docs/i")


def test_keys_that_tell_contents(files: MinIOFileSystem) -> None:
    files.pipe_file("docs/u", b"1")
    before, number = files.ukey("docs/u"), files.checksum("docs/u")
    files.ls("docs")
    assert files.ukey("docs/u") == before
    files.pipe_file("docs/u", b"2")
    assert files.ukey("docs/u") != before
    assert files.checksum("docs/u") != number


def test_errors_are_those_of_files(
    files: MinIOFileSystem, options: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        files.cat_file("docs/none")
    assert isinstance(caught.value.__cause__, ObjectNotFoundError)
    assert caught.value.filename == "docs/none"
    calls: tuple[Callable[[], Any], ...] = (
        lambda: files.open("docs/none"),
        lambda: files.info("docs/none"),
        lambda: files.ls("docs/none"),
        lambda: files.ls("no-bucket"),
        lambda: files.rm("docs/none"),
        lambda: files.rm("docs/none", recursive=True),
        lambda: files.rm("docs/none*"),
        lambda: files.cp_file("docs/none", "docs/x"),
        lambda: files.get_file("docs/none", str(tmp_path / "x")),
        lambda: files.pipe_file("no-bucket/x", b""),
        lambda: files.rmdir("docs/none"),
    )
    for call in calls:
        with pytest.raises(FileNotFoundError):
            call()
    wrong = MinIOFileSystem(**{**options, "secret_key": "wrong-secret"})
    with pytest.raises(PermissionError):
        wrong.cat_file("docs/none")
    nowhere = MinIOFileSystem(base_url="http://127.0.0.1:1", max_retries=0, tenant_id="x")
    with pytest.raises(ConnectionError):
        nowhere.cat_file("docs/none")
    with pytest.raises(FileExistsError):
        files.mkdir("docs")
    with pytest.raises(OSError, match="not empty|BucketNotEmpty") as full:
        files.pipe_file("docs/full", b"")
        files.rmdir("docs")
    assert not isinstance(full.value, FileNotFoundError)
    for path in ("docs", "docs/"):
        with pytest.raises(IsADirectoryError):
            files.pipe_file(path, b"")
        with pytest.raises(IsADirectoryError):
            files.open(path)


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("cache", ["readahead", "none", "bytes", "all", "blockcache", "first"])
def test_reading_through_caches(files: MinIOFileSystem, cache: str) -> None:
    data = os.urandom(700_000)
    files.pipe_file("docs/cached", data)
    with files.open("docs/cached", cache_type=cache, block_size=100_000) as file:
        assert file.size == 700_000
        assert file.read(10) == data[:10]
        file.seek(-5, 2)
        assert file.read() == data[-5:]
        file.seek(300_000)
        assert file.read(300_000) == data[300_000:600_000]
        assert file.read(0) == b""


def test_a_large_file(files: MinIOFileSystem) -> None:
    data = os.urandom(1_000_000) * 20
    with files.open("docs/large", "wb") as file:
        for start in range(0, len(data), 999_999):
            file.write(data[start : start + 999_999])
        assert file.tell() == len(data)
        assert not files.exists("docs/large")
    with files.open("docs/large") as file:
        assert file.read() == data


def asked(proxy: FaultProxy, act: Callable[[], object]) -> list[str | None]:
    """The ranges that something asks for."""
    before = len(proxy.requests)
    act()
    return [seen.range for seen in proxy.requests[before:]]


def test_what_reading_costs(
    files: MinIOFileSystem, options: dict[str, Any], seaweedfs: Server
) -> None:
    """One request for small files and tables of contents; no byte comes twice."""
    data = os.urandom(1_000_000)
    files.pipe({"docs/cost/small": data[:1000], "docs/cost/large": data})

    def read(key: str, at: int = 0, whence: int = 0) -> bytes:
        with through.open(f"docs/cost/{key}") as file:
            file.seek(at, whence)
            return bytes(file.read())

    with FaultProxy(seaweedfs.base_url) as proxy:
        through = MinIOFileSystem(**{**options, "base_url": proxy.url, "skip_instance_cache": True})
        end = "bytes=-262144"
        assert asked(proxy, lambda: read("small")) == [end]
        assert asked(proxy, lambda: read("large", -8, 2)) == [end]
        assert asked(proxy, lambda: read("large")) == [end, "bytes=0-737855"]
        assert asked(proxy, lambda: through.cat_file("docs/cost/large", -8)) == ["bytes=-8"]
        assert through.cat_ranges(["docs/cost/large"], [-8], [None]) == [data[-8:]]
        assert read("large") == data
        assert read("large", 500_000) == data[500_000:]


@pytest.mark.parametrize("size", [0, 10, 600_000])
@pytest.mark.parametrize(
    "how", [{}, {"ranges": False}, {"ends": False}, {"most": 100_000}], ids=str
)
def test_servers_that_know_less_of_ranges(size: int, how: dict[str, Any]) -> None:
    data = os.urandom(size)
    stored = Stored(data, **how)
    with ScriptedServer(handler=stored) as server:
        through = MinIOFileSystem(base_url=server.url, anon=True, skip_instance_cache=True)
        with through.open("docs/a") as file:
            assert file.size == size
            assert file.read() == data
            file.seek(-min(size, 5), 2)
            assert file.read() == data[-5:]
        for last in (1, 5, 500_000, 10**20):
            assert through.cat_file("docs/a", -last) == data[-last:]


def test_a_server_that_takes_an_end_for_a_beginning() -> None:
    data = os.urandom(300_000)
    lie = reply(206, data[:262_145], headers={"Content-Range": "bytes 0-262144/300000"})
    stored = Stored(
        data, instead=lambda each: lie if "=-" in (each.header("Range") or "") else None
    )
    with ScriptedServer(handler=stored) as server:
        through = MinIOFileSystem(base_url=server.url, anon=True, skip_instance_cache=True)
        with through.open("docs/a") as file:
            assert file.read() == data


@pytest.mark.parametrize(
    "status,code",
    [(400, "InvalidArgument"), (405, "MethodNotAllowed"), (416, "X"), (501, "NotImplemented")],
)
def test_a_server_that_refuses_the_end(status: int, code: str) -> None:
    data = os.urandom(300_000)
    refusal = s3_error(status, code)
    stored = Stored(
        data, instead=lambda each: refusal if "=-" in (each.header("Range") or "") else None
    )
    with ScriptedServer(handler=stored) as server:
        through = MinIOFileSystem(base_url=server.url, anon=True, skip_instance_cache=True)
        with through.open("docs/a") as file:
            assert file.read() == data


def test_a_large_object_where_only_the_end_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9110 lets servers pass over ranges; all of the object is more than is taken."""
    monkeypatch.setattr("minio_sdk.operations.get_object.MOST_UNASKED", 400_000)
    data = os.urandom(500_000)
    whole = reply(200, data, headers={"ETag": '"e1"'})
    stored = Stored(
        data, instead=lambda each: whole if "=-" in (each.header("Range") or "") else None
    )
    with ScriptedServer(handler=stored) as server:
        through = MinIOFileSystem(base_url=server.url, anon=True, skip_instance_cache=True)
        with through.open("docs/a", cache_type="none") as file:
            assert file.read(300_000) == data[:300_000]
            assert file.read() == data[300_000:]


def test_lines_of_bytes_are_looked_for_in_little(files: MinIOFileSystem) -> None:
    """To look through a block of megabytes for each line takes seconds for a thousand of them."""
    data = b"".join(b"%d\n" % number for number in range(40_000)) + b"x" * 100_000 + b"\nlast"
    files.pipe_file("docs/lines", data)
    with files.open("docs/lines") as file:
        sizes: list[int] = []
        fetch = file.cache._fetch

        def noted(start: int, end: int) -> bytes:
            sizes.append(end - start)
            return bytes(fetch(start, end))

        file.cache._fetch = noted
        assert list(file) == data.splitlines(keepends=True)
        assert max(sizes) <= 64 * 1024
        file.seek(0)
        assert file.readuntil(b"xx") == data[: data.index(b"x") + 2]


def test_a_refused_range_is_no_reason_to_hide_another_error() -> None:
    stored = Stored(b"1", instead=lambda _: reply(500, b""))
    with ScriptedServer(handler=stored) as server:
        through = MinIOFileSystem(
            base_url=server.url, anon=True, max_retries=0, skip_instance_cache=True
        )
        with pytest.raises(OSError, match="500"):
            through.open("docs/a")
        assert stored.asked == ["bytes=-262144"]


def test_a_reader_stays_with_its_generation(files: MinIOFileSystem) -> None:
    files.pipe_file("docs/pinned", b"a" * 600_000)
    with files.open("docs/pinned", cache_type="none") as file:
        copy = pickle.dumps(file)
        assert file.read(10) == b"a" * 10
        files.pipe_file("docs/pinned", b"b" * 600_000)
        assert file.seek(599_990) == 599_990
        assert file.read() == b"a" * 10  # is in memory
        file.seek(0)
        with pytest.raises(OSError, match="replaced"):
            file.read()
    with pytest.raises(OSError, match="replaced"):
        pickle.loads(copy)
    with files.open("docs/pinned") as file:
        file.seek(3)
        again = pickle.loads(pickle.dumps(file))
        assert (again.tell(), again.read()) == (3, b"b" * 599_997)
        again.close()


@pytest.mark.parametrize("mode", ["wb", "w", "xb", "ab"])
@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("through", ["fs", "fsspec"])
def test_an_exception_stores_nothing(
    files: MinIOFileSystem,
    options: dict[str, Any],
    mode: str,
    compression: str | None,
    through: str,
) -> None:
    data: Any = "half" if mode == "w" else b"half"
    given: dict[str, Any] = {"mode": mode, "compression": compression}
    opened = (
        files.open("docs/no/x", **given)
        if through == "fs"
        else fsspec.open("minio://docs/no/x", **given, **options)
    )
    with pytest.raises(KeyError), opened as file:
        file.write(data)
        raise KeyError
    assert not files.exists("docs/no/x")
    assert files.transaction.files.__len__() == 0


@pytest.mark.parametrize("compression", [None, "gzip", "infer"])
def test_text_and_compression(
    files: MinIOFileSystem, options: dict[str, Any], compression: str | None
) -> None:
    with files.open("docs/t.gz", "w", compression=compression, encoding="utf-8") as file:
        file.write("Grüße\n")
    with fsspec.open("minio://docs/t.gz", "rt", compression=compression, **options) as file:
        assert file.read() == "Grüße\n"
    try:
        raise KeyError
    except KeyError:  # an exception that was there before is no reason not to store
        with fsspec.open("minio://docs/t.gz", "w", compression=compression, **options) as file:
            file.write("2")
    with files.open("docs/t.gz", "r", compression=compression) as file:
        assert list(file) == ["2"]


def test_exclusive_and_appending(files: MinIOFileSystem) -> None:
    with files.open("docs/x1", "xb") as file:
        file.write(b"1")
    with pytest.raises(FileExistsError):
        files.open("docs/x1", "xb")
    late = files.open("docs/x2", "xb")
    late.write(b"late")
    files.pipe_file("docs/x2", b"first")
    with pytest.raises(FileExistsError):
        late.close()
    assert files.cat_file("docs/x2") == b"first"
    with pytest.raises(FileExistsError):
        files.pipe_file("docs/x1", b"", mode="create")
    with files.open("docs/x1", "ab") as file:
        assert file.tell() == 1
        file.write(b"23")
        assert file.tell() == 3
    with files.open("docs/new", "a") as text:
        text.write("new")
    assert files.cat(["docs/x1", "docs/new"]) == {"docs/x1": b"123", "docs/new": b"new"}
    for mode in ("r+b", "w+b", "q"):
        with pytest.raises(ValueError, match="mode"):
            files.open("docs/x1", mode)


def test_a_file_that_is_never_closed_stores_nothing(files: MinIOFileSystem) -> None:
    file = files.open("docs/lost", "wb")
    file.write(b"x")
    with pytest.warns(ResourceWarning, match="never closed"):
        del file
    assert not files.exists("docs/lost")


def test_what_is_closed(files: MinIOFileSystem) -> None:
    file = files.open("docs/closed", "wb")
    file.close()
    file.close()
    with pytest.raises(ValueError, match="closed|write mode"):
        file.write(b"x")
    assert files.info("docs/closed")["size"] == 0
    reader = files.open("docs/closed")
    assert reader.read() == b""
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read()


def test_an_interrupt_stores_nothing_and_leaves_no_upload(
    files: MinIOFileSystem, options: dict[str, Any]
) -> None:
    file = files.open("docs/interrupted", "wb")
    file.write(b"x" * 20_000_000)
    # The wait for this write is interrupted, and the write goes on.
    pending = asyncio.run_coroutine_threadsafe(
        file._sink.write(memoryview(b"y" * 20_000_000)), files.loop
    )
    file.discard()
    assert pending.exception() is None or isinstance(pending.exception(), ValueError)
    assert not files.exists("docs/interrupted")
    assert asyncio.run(_uploads(options)) == []


async def _uploads(options: dict[str, Any]) -> list[Any]:
    client = MinIOFileSystem(asynchronous=True, **options).client
    found = [each async for each in client.list_multipart_uploads("docs")]
    await client.close()
    return found


# --- transactions --------------------------------------------------------------------------------


def test_a_transaction_publishes_at_its_end(files: MinIOFileSystem, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.write_bytes(b"4")
    with files.transaction:
        with files.open("docs/tr/1", "wb") as file:
            file.write(b"1")
        with files.open("docs/tr/2.gz", "wt", compression="gzip") as text:
            text.write("2")
        files.pipe_file("docs/tr/3", b"3")
        files.put_file(str(local), "docs/tr/4")
        files.touch("docs/tr/5")
        assert files.find("docs/tr") == []
    assert files.find("docs/tr") == [
        "docs/tr/1",
        "docs/tr/2.gz",
        "docs/tr/3",
        "docs/tr/4",
        "docs/tr/5",
    ]
    with files.open("docs/tr/2.gz", "rt", compression="infer") as text:
        assert text.read() == "2"
    assert files.cat_file("docs/tr/4") == b"4"


def test_a_transaction_that_fails_publishes_nothing(files: MinIOFileSystem) -> None:
    with pytest.raises(KeyError), files.transaction:
        files.pipe_file("docs/tf/1", b"1")
        with files.open("docs/tf/2", "wb") as file:
            file.write(b"2")
        raise KeyError
    assert files.find("docs/tf") == []
    files.pipe_file("docs/tf/3", b"3")
    assert files.find("docs/tf") == ["docs/tf/3"]


# --- ranges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start, end",
    [
        (None, None),
        (0, 3),
        (2, None),
        (None, 4),
        (-3, None),
        (-5, -2),
        (3, 3),
        (5, 2),
        (8, 99),
        (50, 60),
    ],
)
def test_ranges_are_slices(files: MinIOFileSystem, start: int | None, end: int | None) -> None:
    data = b"0123456789"
    files.pipe_file("docs/range", data)
    assert files.cat_file("docs/range", start=start, end=end) == data[start:end]
    found = files.cat_ranges(["docs/range"] * 2, [start, 0], [end, 2], max_gap=1)
    assert found == [data[start:end], b"01"]


def test_ranges_of_many_files(files: MinIOFileSystem) -> None:
    files.pipe({"docs/cr/a": bytes(range(100)), "docs/cr/b": b"bbb"})
    paths = ["docs/cr/a", "docs/cr/b", "docs/cr/a", "docs/cr/none", "docs/cr/a"]
    starts, ends = [0, 1, 10, 0, 5], [5, 2, 20, 1, 8]
    for gap in (None, 0, 100):
        *good, bad, last = files.cat_ranges(paths, starts, ends, max_gap=gap)
        assert good == [bytes(range(5)), b"b", bytes(range(10, 20))]
        assert last == bytes(range(5, 8))
        assert isinstance(bad, FileNotFoundError)
        with pytest.raises(FileNotFoundError):
            files.cat_ranges(paths, starts, ends, max_gap=gap, on_error="raise")
    assert files.cat_ranges(["docs/cr/a", "docs/cr/b"], 0, 1) == [b"\0", b"b"]


# --- copy, move, remove, transfer ----------------------------------------------------------------


def test_copy_move_remove(files: MinIOFileSystem) -> None:
    files.pipe({"docs/m/a": b"1", "docs/m/d/b": b"2"})
    files.cp("docs/m", "docs/n", recursive=True)
    files.mv("docs/m", "docs/o", recursive=True)
    assert files.find("docs/m") == []
    assert files.find("docs/o") == ["docs/o/a", "docs/o/d/b"]
    assert not files.exists("docs/m")
    files.mv("docs/o/a", "docs/o/c")
    with pytest.raises(IsADirectoryError):
        files.rm("docs/o")
    files.rm(["docs/o/c", "docs/o/d"], recursive=True)
    files.rm("docs/n/*", recursive=True)
    assert not files.exists("docs/o")
    assert not files.exists("docs/n")
    files.mkdir("second")
    files.pipe_file("second/x/y", b"")
    files.rm("second", recursive=True)
    assert not files.exists("second")
    files.makedirs("second/deep/er", exist_ok=True)
    assert files.isdir("second")
    files.rmdir("second")
    assert not files.exists("second")
    with pytest.raises(FileNotFoundError):
        files.mkdir("second/deep", create_parents=False)


def test_transfers_tell_how_far_they_are(files: MinIOFileSystem, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.write_bytes(os.urandom(17_000_000))
    sent, got = Callback(), Callback()
    files.put_file(str(local), "docs/told", callback=sent)
    files.get_file("docs/told", str(tmp_path / "deep" / "er"), callback=got)
    assert (tmp_path / "deep" / "er").read_bytes() == local.read_bytes()
    assert (sent.size, sent.value) == (got.size, got.value) == (17_000_000, 17_000_000)
    into = io.BytesIO()
    files.get_file("docs/told", into)
    assert into.getvalue() == local.read_bytes()
    with pytest.raises(FileNotFoundError):
        files.put_file(str(tmp_path / "none"), "docs/x")


def test_touch(files: MinIOFileSystem) -> None:
    files.pipe_file("docs/touched", b"x")
    with pytest.raises(NotImplementedError):
        files.touch("docs/touched", truncate=False)
    files.touch("docs/touched")
    files.touch("docs/touched-new", truncate=False)
    assert files.cat(["docs/touched", "docs/touched-new"]) == {
        "docs/touched": b"",
        "docs/touched-new": b"",
    }


# --- odd names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["q?versionId=1", "h#sh", "p%20c%2F", "sp ce", "ü/é", "[a]*?", "a::b", "~"]
)
def test_odd_keys(files: MinIOFileSystem, key: str) -> None:
    path = f"docs/odd/{key}"
    files.pipe_file(path, key.encode())
    assert files.cat_file(path) == key.encode()
    with files.open(f"minio://{path}") as file:
        assert file.read() == key.encode()
    assert path in files.find("docs/odd")
    assert files.info(path)["size"] == len(key.encode())
    files.rm_file(path)
    assert not files.exists(path)


def test_keys_that_the_server_does_not_keep(files: MinIOFileSystem) -> None:
    with pytest.raises(OSError, match="SeaweedFS"):
        files.pipe_file("docs/a//b", b"")
    assert not files.exists("docs/a//b")


def test_no_key_leads_out_of_a_folder(files: MinIOFileSystem, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outside"):
        files.get_file("docs/a/../../out", f"{tmp_path}/a/../../out")


def test_markers_are_directories(files: MinIOFileSystem, options: dict[str, Any]) -> None:
    asyncio.run(_marker(options))
    assert files.ls("docs/mark", detail=False) == ["docs/mark/er"]
    assert files.isdir("docs/mark/er")
    assert files.ls("docs/mark/er") == []
    assert files.find("docs/mark") == []
    files.rmdir("docs/mark/er")
    assert not files.exists("docs/mark/er")


async def _marker(options: dict[str, Any]) -> None:
    client = MinIOFileSystem(asynchronous=True, **options).client
    await client.put_object("docs", "mark/er/", b"")
    await client.close()


# --- listings that are remembered ----------------------------------------------------------------


def test_writes_are_seen_at_once(files: MinIOFileSystem, tmp_path: Path) -> None:
    local = tmp_path / "x"
    local.write_bytes(b"")
    changes: tuple[Callable[[str], Any], ...] = (
        lambda path: files.pipe_file(path, b""),
        lambda path: files.open(path, "wb").close(),
        lambda path: files.open(path, "ab").close(),
        lambda path: files.put_file(str(local), path),
        lambda path: files.touch(path),
        lambda path: files.cp_file("docs/d/0", path),
    )
    for at, change in enumerate(changes):
        files.find("docs")
        if at:
            files.ls("docs/d")
        change(f"docs/d/{at}")
        assert f"docs/d/{at}" in files.ls("docs/d", detail=False)
        assert f"docs/d/{at}" in files.find("docs")
    files.rm_file("docs/d/0")
    assert "docs/d/0" not in files.ls("docs/d", detail=False)
    files.rm("docs/d", recursive=True)
    assert not files.exists("docs/d")


def test_listings_of_others_are_believed_for_a_while(options: dict[str, Any], files: Any) -> None:
    ours = MinIOFileSystem(**options, listings_expiry_time=None)
    never = MinIOFileSystem(**options, use_listings_cache=False)
    files.pipe_file("docs/seen/1", b"")
    assert len(ours.ls("docs/seen")) == len(never.ls("docs/seen")) == 1
    files.pipe_file("docs/seen/2", b"")
    assert len(ours.ls("docs/seen")) == 1
    assert len(never.ls("docs/seen")) == 2
    assert len(ours.ls("docs/seen", refresh=True)) == 2
    files.pipe_file("docs/seen/1", b"123")
    with ours.open("docs/seen/1") as file:  # what is opened is asked for
        assert file.read() == b"123"
    ours.invalidate_cache()
    assert ours.info("docs/seen/1")["size"] == 3


# --- instances -----------------------------------------------------------------------------------


def test_instances(
    files: MinIOFileSystem, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fsspec.filesystem("minio", **options) is files
    assert pickle.loads(pickle.dumps(files)).ls("docs") == files.ls("docs")
    other = fsspec.filesystem("minio", **{**options, "tenant_id": "other"})
    assert other is not files
    assert other != files
    first = MinIOFileSystem()
    assert MinIOFileSystem() is first
    monkeypatch.setenv("MINIO_TENANT_ID", "acme")
    second = MinIOFileSystem()
    assert second is not first
    assert second.client.config.tenant_id == "acme"
    copy = pickle.dumps(second)
    monkeypatch.setenv("MINIO_TENANT_ID", "beta")
    assert pickle.loads(copy).client.config.tenant_id == "acme"


def test_secrets_tell_instances_apart_and_are_not_shown() -> None:
    from minio_sdk import Config, Credentials

    made = [
        MinIOFileSystem(tenant_id="t", credentials=Credentials("a", secret))
        for secret in ("first-one", "first-one", "second-one")
    ]
    assert made[0] is made[1] is not made[2] != made[0]
    given: dict[str, Any] = {
        "key": "a",
        "secret": "hush-hush",
        "token": "hush-too",
        "endpoint_url": "http://h:1",
    }
    named = MinIOFileSystem(**given)
    assert named.client.config == Config.from_env(
        base_url="http://h:1", access_key="a", secret_key="hush-hush", session_token="hush-too"
    )
    told = repr(named) + named.to_json(include_password=False) + repr(made[0])
    assert "hush" not in told
    assert "first-one" not in told
    assert MinIOFileSystem.from_json(named.to_json()) is named
    assert MinIOFileSystem(config=named.client.config) == MinIOFileSystem(
        config=named.client.config.with_()
    )
    assert MinIOFileSystem(anon=True).client.config.credentials is nobody
    assert named.fsid != made[0].fsid


@pytest.mark.parametrize("bad", [{"tenantid": "x"}, {"client_kwargs": {}}, {"base_url": "ftp://x"}])
def test_bad_options(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="|".join(bad)):
        MinIOFileSystem(**bad)


def test_threads(files: MinIOFileSystem) -> None:
    failed: list[BaseException] = []

    def work(at: int) -> None:
        try:
            files.pipe_file(f"docs/th/{at}", b"%d" % at)
            assert files.cat_file(f"docs/th/{at}") == b"%d" % at
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    assert len(files.ls("docs/th")) == 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_goes_on(files: MinIOFileSystem) -> None:
    files.pipe_file("docs/fork", b"before")
    process = multiprocessing.get_context("fork").Process(target=_in_child, args=(files,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert files.cat_file("docs/fork") == b"after"


def _in_child(files: MinIOFileSystem) -> None:
    assert files.cat_file("docs/fork") == b"before"
    files.pipe_file("docs/fork", b"after")


# --- awaited -------------------------------------------------------------------------------------


def test_awaited(options: dict[str, Any], files: MinIOFileSystem) -> None:
    async def work() -> None:
        fs = MinIOFileSystem(asynchronous=True, **options)
        await fs._pipe_file("docs/aw/1", b"1234")
        assert await fs._cat_file("docs/aw/1", 1, 3) == b"23"
        async with await fs.open_async("docs/aw/2", "wb") as file:
            await file.write(b"x" * 6_000_000)
            await file.write(b"y")
        async with await fs.open_async("docs/aw/2") as file:
            assert await file.read(2) == b"xx"
            file.seek(6_000_000)
            assert await file.read() == b"y"
        with pytest.raises(KeyError):
            async with await fs.open_async("docs/aw/3", "wb") as file:
                await file.write(b"x")
                raise KeyError
        async with await fs.open_async("docs/aw/1", "ab") as file:
            await file.write(b"5")
        assert await fs._find("docs/aw") == ["docs/aw/1", "docs/aw/2"]
        with pytest.raises(FileNotFoundError):
            await fs.open_async("docs/aw/none")
        with pytest.raises(ValueError, match="mode"):
            await fs.open_async("docs/aw/1", "r")
        # One that blocks is no hindrance: its coroutines run here as well.
        assert await files._cat_file("docs/aw/1") == b"12345"
        assert await asyncio.to_thread(files.cat_file, "docs/aw/1") == b"12345"
        await fs.client.close()
        await files.client.close()

    asyncio.run(work())


def test_signed(files: MinIOFileSystem) -> None:
    import urllib.request

    files.pipe_file("docs/signed", b"public")
    with urllib.request.urlopen(files.sign("docs/signed", expiration=60)) as answer:
        assert answer.read() == b"public"


def test_versions(options: dict[str, Any]) -> None:
    fs = MinIOFileSystem(version_aware=True, **options)
    fs.mkdir("kept")
    asyncio.run(_keep_versions(options))
    fs.pipe_file("kept/x", b"1")
    first = fs.info("kept/x")["version_id"]
    fs.pipe_file("kept/x", b"22")
    assert first
    old = f"minio://kept/x?versionId={first}"
    assert (fs.cat_file("kept/x"), fs.cat_file(old), fs.cat(old)) == (b"22", b"1", b"1")
    assert fs.cat_file("kept/x", version_id=first) == b"1"
    with fs.open(old) as file:
        assert file.read() == b"1"
    with fs.open("kept/x", version_id=first) as file:
        assert pickle.loads(pickle.dumps(file)).read() == b"1"
    assert fs.info(old)["size"] == 1
    names = fs.ls("kept", detail=False, versions=True)
    assert old.removeprefix("minio://") in names
    assert len(names) == 2
    fs.cp_file(old, "kept/y")
    assert fs.cat_file("kept/y") == b"1"
    with pytest.raises(ValueError, match="version"):
        fs.pipe_file(old, b"")
    fs.rm(old)
    assert len(fs.ls("kept/x", versions=True)) == 1
    fs.rm("kept", recursive=True)
    assert not fs.exists("kept")


async def _keep_versions(options: dict[str, Any]) -> None:
    client = MinIOFileSystem(asynchronous=True, **options).client
    await client.set_bucket_versioning("kept")
    await client.close()


def test_entry_point() -> None:
    from importlib import import_module

    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    line = text.partition('[project.entry-points."fsspec.specs"]\n')[2].splitlines()[0]
    module, _, name = line.removeprefix('minio = "').rstrip('"').partition(":")
    assert getattr(import_module(module), name) is MinIOFileSystem


def test_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import import_module

    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.delitem(sys.modules, "minio_sdk.fs")
    with pytest.raises(ImportError, match=r"pip install .*\[fsspec\]"):
        import_module("minio_sdk.fs")
