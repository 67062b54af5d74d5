"""Journals that are damaged, somebody else's, or can't be; sources that are no ordinary files."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    Config,
    ConflictError,
    IntegrityError,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotFoundError,
    TransferRestartedWarning,
)
from minio_sdk.flows import journal
from minio_sdk.flows.growing import KeptFile
from minio_sdk.flows.journal import Journal
from minio_sdk.flows.reading import Reader
from tests.both import Connect, at_once, both
from tests.flows.test_resume import Keeping, left
from tests.processes import posix_only
from tests.scripted import ScriptedServer, drop_before_reply, s3_error
from tests.stored import Stored

BODY = bytes(range(251)) * 44
SETTINGS = {"multipart_threshold": 1000, "part_size": 5000, "max_retries": 0, "pool_size": 1}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minio_sdk.config.MIN_PART", 5000)
    for module in ("reading", "downloads"):
        monkeypatch.setattr(f"minio_sdk.flows.{module}.PIECE", 1000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(BODY)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"state_dir": str(tmp_path / "state"), **SETTINGS}


def interrupted(client: MinIOClient, file: Path, storage: Keeping) -> Path:
    """The journal of an upload whose second part has failed."""
    storage.counts.clear()
    storage.faults = {("part", 2): drop_before_reply()}
    with pytest.raises(MinIOConnectionError):
        client.upload_file("docs", "a", file, resume=True)
    storage.faults = {}
    storage.counts.clear()
    (found,) = Path(str(client.config.state_dir)).rglob("*.json")
    return found


def changed(**changes: Any) -> Callable[[Path], object]:
    """A journal with other entries."""

    def write(path: Path) -> None:
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return write


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "no text": lambda path: path.write_bytes(bytes(range(256))),
    "deep": lambda path: path.write_text("[" * 100_000),
    "a list": lambda path: path.write_text("[]"),
    "a folder": as_folder,
    "a later version": changed(format=2),
    "another transfer's": changed(id="0" * 24),
    "another folder's": changed(folder="0" * 24),
    "of no kind": changed(kind="both"),
    "of a kind that is none": changed(kind=["upload"]),
    "no moment": changed(started=1e300),
    "no number": changed(started="now"),
    "no mark": changed(mark=None),
    "no list of moments": changed(asked=[None]),
    "no id": changed(upload_id=5),
    "a download": changed(kind="download", done=[1.5], piece=0, etag=None, version=None),
}


@both
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_journal_that_says_nothing_is_as_none(
    connect: Connect, damage: str, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        path = interrupted(client, file, storage)
        DAMAGES[damage](path)
        assert client.list_transfers() == []
        with pytest.raises(NotFoundError):
            client.discard_transfer(path.stem)
        if damage != "a folder":
            client.upload_file("docs", "a", file, resume=True)
            assert storage.objects == {"/acme-docs/a": BODY}
            assert left(settings) == []


@both
def test_a_journal_of_another_tenant_is_not_gone_on_with(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    """Even when somebody has put it among this one's."""
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        theirs = interrupted(client, file, storage)
        other = client.with_(tenant_id="other")
        with pytest.raises(NotFoundError):
            other.discard_transfer(theirs.stem)  # which makes its folder
        (ours,) = (p for p in theirs.parent.parent.iterdir() if p != theirs.parent)
        shutil.copy(theirs, ours / theirs.name)
        assert other.list_transfers() == []
        before = set(storage.unfinished)
        other.upload_file("docs", "a", file, resume=True)
        assert set(storage.unfinished) == before
        assert storage.objects == {"/other-docs/a": BODY}


@both
def test_a_download_s_journal_removes_nothing_but_what_a_download_makes(
    connect: Connect, tmp_path: Path, settings: dict[str, Any]
) -> None:
    stored = Stored(BODY, '"e-2"')
    stored.instead = lambda _: s3_error(403, "No") if len(stored.asked) > 6 else None
    precious = tmp_path / "precious"
    precious.write_bytes(b"1")
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        with pytest.raises(MinIOError):
            client.download_file("docs", "a", tmp_path / "a", resume=True)
        (path,) = Path(settings["state_dir"]).rglob("*.json")
        changed(path=str(precious), growing=str(precious))(path)
        client.discard_transfer(path.stem)
    assert precious.read_bytes() == b"1"


@both
@pytest.mark.parametrize("how", ["cut", "longer", "gone", "a link"])
def test_bytes_that_are_not_as_the_journal_says_are_fetched_anew(
    connect: Connect, tmp_path: Path, settings: dict[str, Any], how: str
) -> None:
    stored = Stored(BODY, '"e-2"')
    stored.instead = lambda _: s3_error(403, "No") if len(stored.asked) > 6 else None
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        with pytest.raises(MinIOError):
            client.download_file("docs", "a", tmp_path / "a", resume=True)
        (growing,) = tmp_path.glob(".minio-sdk-*.part")
        if how == "cut":
            os.truncate(growing, 1500)
        elif how == "longer":
            os.truncate(growing, len(BODY) + 1)
        else:
            growing.unlink()
        if how == "a link":
            (tmp_path / "other").write_bytes(bytes(len(BODY)))
            growing.symlink_to(tmp_path / "other")
        stored.instead = lambda _: None
        client.download_file("docs", "a", tmp_path / "a", resume=True)
    assert (tmp_path / "a").read_bytes() == BODY
    assert not (tmp_path / "a").is_symlink()
    if how == "a link":
        assert (tmp_path / "other").read_bytes() == bytes(len(BODY))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_names = st.sampled_from(
    ["bucket", "key", "path", "size", "started", "kind", "mark", "part", "headers", "upload_id",
     "checksums", "etag", "asked", "version", "piece", "done"]
)  # fmt: skip


@given(st.sampled_from(["upload", "download"]), st.dictionaries(_names, _json, max_size=3))
def test_whatever_is_in_a_journal_is_shown_or_not(
    tmp_path_factory: pytest.TempPathFactory, kind: str, changes: dict[str, Any]
) -> None:
    config = Config("http://127.0.0.1:9", None, access_key="a", secret_key="b")
    base = tmp_path_factory.getbasetemp() / "any-journal"
    config = config.with_(state_dir=str(base))
    folder = journal.folder_of(config)
    folder.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {
        "format": 1, "id": "0" * 24, "folder": folder.name, "started": 5.0,
        "kind": kind, "bucket": "b", "key": "k", "path": "/p", "size": 5, "headers": "", "mark": [1],
        "part": 5, "upload_id": "u", "checksums": None, "etag": None, "asked": [1.0],
        "version": None, "piece": 2, "done": [0],
    }  # fmt: skip
    (folder / f"{'0' * 24}.json").write_text(json.dumps({**facts, **changes}))
    found = journal.transfers(config)
    assert len(found) == 1 or changes
    assert all(transfer.kind in ("upload", "download") for transfer in found)


# --- where there can be none ----------------------------------------------------------------------------


@both
def test_a_file_is_no_folder_for_journals(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    settings["state_dir"] = str(file)
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        with pytest.raises(OSError, match=str(file)):
            client.list_transfers()
        with pytest.raises(OSError, match=str(file)):
            client.upload_file("docs", "a", file, resume=True)
        with pytest.raises(OSError, match=str(file)):
            client.download_file("docs", "a", file.with_name("b"), resume=True)
    assert (storage.counts, server.requests) == ({}, [])


@both
@pytest.mark.parametrize("failing", ["open", "fsync"])
def test_a_journal_that_cannot_be_written_begins_nothing(
    connect: Connect,
    file: Path,
    settings: dict[str, Any],
    failing: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a disk that is full, or can only be read."""
    stored = Stored(BODY, '"e-2"')

    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        monkeypatch.setattr(f"minio_sdk.flows.journal.os.{failing}", fail)
        with pytest.raises(OSError, match="Read-only"):
            client.upload_file("docs", "a", file, resume=True)
        assert server.requests == []
        with pytest.raises(OSError, match="Read-only"):
            client.download_file("docs", "a", file.with_name("b"), resume=True)
        monkeypatch.undo()
    assert left(settings) == []
    assert sorted(path.name for path in file.parent.iterdir()) == ["file", "state"]


@both
def test_two_downloads_of_one_transfer(
    connect: Connect, tmp_path: Path, settings: dict[str, Any]
) -> None:
    """One of them does it, and the other is told so; what comes out is whole."""
    stored = Stored(BODY, '"e-2"')
    both_begun = threading.Barrier(2)

    def call(client: MinIOClient) -> str:
        try:
            client.download_file("docs", "a", tmp_path / "a", resume=True)
        except ConflictError:
            both_begun.wait(10)
            return "refused"
        return "done"

    def wait(number: int) -> None:
        if number == 3:
            both_begun.wait(10)

    stored.then = wait
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        gathered: Any = getattr(client, "gathered", None)
        if gathered is not None:
            outcomes = gathered([_one(tmp_path, both_begun)] * 2)
        else:
            outcomes = at_once(client, [call, call])
    assert sorted(outcomes) == ["done", "refused"]
    assert (tmp_path / "a").read_bytes() == BODY
    assert left(settings) == []


def test_of_two_states_that_are_written_at_once_the_newer_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download's pieces are written by several threads, and a disk may be slow with any of them."""
    metadata = SimpleNamespace(etag="e-2", version_id=None, size=len(BODY))
    reader = SimpleNamespace(bucket="docs", key="a", metadata=metadata)
    kept = KeptFile(tmp_path / "a", Journal(tmp_path / "state", "0" * 24), 1000)
    kept.start(cast("Reader", reader))
    threads: list[threading.Thread] = []
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        if not threads:  # the first one; a second has time to come in between
            threads.append(threading.Thread(target=lambda: write(range(4, 8))))
            threads[0].start()
            threads[0].join(0.1)
        fsync(descriptor)

    def write(pieces: Iterable[int]) -> None:
        for piece in pieces:
            kept.write(piece * 1000, BODY[piece * 1000 : piece * 1000 + 1000])

    monkeypatch.setattr(os, "fsync", slow)
    write(range(4))
    threads[0].join(10)
    write([8])
    kept.close()
    again = Journal(tmp_path / "state", "0" * 24)
    again.close()
    assert again.entry is not None
    assert again.entry["done"] == [piece * 1000 for piece in range(9)]


def test_who_has_let_go_of_a_journal_writes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a thread that is at it still when its caller was interrupted once too often."""
    journal = Journal(tmp_path, "0" * 24)
    journal.save(asked=[1])
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        fsync(descriptor)
        journal.close()

    monkeypatch.setattr(os, "fsync", slow)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    journal.save(asked=[2])
    journal.save(asked=[3])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def _one(folder: Path, both_begun: threading.Barrier) -> Callable[[Any], Any]:
    async def call(client: Any) -> str:
        try:
            await client.download_file("docs", "a", folder / "a", resume=True)
        except ConflictError:
            await asyncio.to_thread(both_begun.wait, 10)
            return "refused"
        return "done"

    return call


# --- sources -------------------------------------------------------------------------------------------


@posix_only
@both
def test_other_bytes_of_the_same_size_and_time_are_another_file(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    """A program that sets the time back can't hide that it has written."""
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        interrupted(client, file, storage)
        before = file.stat()
        while file.stat().st_ctime_ns == before.st_ctime_ns:
            file.write_bytes(BODY[::-1])
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (file.stat().st_size, file.stat().st_mtime_ns) == (len(BODY), before.st_mtime_ns)
        with pytest.warns(TransferRestartedWarning, match="the file has changed"):
            client.upload_file("docs", "a", file, resume=True)
    assert storage.objects == {"/acme-docs/a": BODY[::-1]}
    assert storage.unfinished == {}


@both
def test_a_link_that_points_elsewhere_meanwhile(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    link, other = file.with_name("link"), file.with_name("other")
    other.write_bytes(BODY[::-1])
    link.symlink_to(file)
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        interrupted(client, link, storage)
        link.unlink()
        link.symlink_to(other)
        with pytest.warns(TransferRestartedWarning):
            client.upload_file("docs", "a", link, resume=True)
    assert (storage.objects, storage.unfinished) == ({"/acme-docs/a": BODY[::-1]}, {})


@posix_only
@both
def test_a_named_pipe_is_sent_as_it_comes(
    connect: Connect, tmp_path: Path, settings: dict[str, Any]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(BODY,))
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        writer.start()
        client.upload_file("docs", "a", pipe, resume=True)
        writer.join()
    assert (storage.objects, storage.unfinished) == ({"/acme-docs/a": BODY}, {})
    assert left(settings) == []


@posix_only
@both
@pytest.mark.parametrize("resume", [False, True])
def test_what_has_no_end_or_is_no_file_is_never_stored(
    connect: Connect, tmp_path: Path, settings: dict[str, Any], resume: bool
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        with pytest.raises(IntegrityError):
            client.upload_file("docs", "a", "/dev/zero", resume=resume)
        with pytest.raises(IsADirectoryError):
            client.upload_file("docs", "a", tmp_path, resume=resume)
    assert storage.counts == {}


@both
@pytest.mark.parametrize("name", ["\udcff", "a\nb", "'\"<&>", "..%2f", "x" * 200, "日本"])
def test_hostile_names(
    connect: Connect, tmp_path: Path, settings: dict[str, Any], name: str
) -> None:
    """Of the file, as the file system has it; and of the key, as far as S3 takes it."""
    path = tmp_path / name
    path.write_bytes(BODY)
    storage = Keeping()
    key = name if name.isprintable() else "key"
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        storage.faults = {("part", 2): drop_before_reply()}
        with pytest.raises(MinIOConnectionError):
            client.upload_file("docs", key, path, resume=True)
        storage.faults = {}
        (found,) = client.list_transfers()
        assert (found.path, found.key) == (str(path), key)
        client.upload_file("docs", key, path, resume=True)
    assert (list(storage.objects.values()), storage.unfinished) == ([BODY], {})
    assert left(settings) == []
