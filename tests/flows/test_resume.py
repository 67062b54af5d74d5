"""Transfers that go on after an error, an interrupt, or the end of their process."""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from minio_sdk import (
    ConflictError,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    TransferProgress,
    TransferRestartedWarning,
    ValidationError,
)
from minio_sdk.clock import SYSTEM_CLOCK, Clock
from tests.both import ACCESS_KEY, SECRET_KEY, Connect, blocking, both
from tests.flows.test_uploads_faults import BODY, SETTINGS, Storage, document, etag
from tests.scripted import (
    Exchange,
    Reply,
    Request,
    ScriptedServer,
    Step,
    drop_before_reply,
    s3_error,
)
from tests.stored import Stored


class Keeping(Storage):
    """A server that lists uploads and their parts; `then` is called once a request was worked on.

    Its uploads began when `clock` says, or now.
    """

    def __init__(self, faults: dict[tuple[str, int], Step] | None = None) -> None:
        super().__init__(faults)
        self.then: Callable[[str], object] = lambda _: None
        self.clock: Clock = SYSTEM_CLOCK
        self.begun: dict[str, tuple[str, float]] = {}

    def _kind(self, request: Request) -> str:
        if request.method == "GET":
            return "uploads" if "uploads=" in request.query else "list"
        return super()._kind(request)

    def _list_uploads(self, request: Request) -> Step:
        prefix = parse_qs(request.query)["prefix"][0]
        lines = [
            f"<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>"
            f"{datetime.fromtimestamp(when, timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}</Initiated></Upload>"
            for id, (path, when) in self.begun.items()
            for key in (path.partition("/")[2].partition("/")[2],)
            if id in self.unfinished and key.startswith(prefix)
        ]
        return document(
            f"<ListMultipartUploadsResult>{''.join(lines)}</ListMultipartUploadsResult>"
        )

    def _work(self, kind: str, request: Request) -> Step:
        if kind == "uploads":
            return self._list_uploads(request)
        if kind == "create":
            before = set(self.unfinished)
            answer = super()._work(kind, request)
            (id,) = set(self.unfinished) - before
            self.begun[id] = (request.path, self.clock.time())
            return answer
        if kind != "list":
            return super()._work(kind, request)
        upload_id = request.query.rpartition("uploadId=")[2]
        if upload_id not in self.unfinished:
            return s3_error(404, "NoSuchUpload")
        marker = 0
        if "part-number-marker" in request.query:
            marker = int(request.query.partition("part-number-marker=")[2].partition("&")[0])
        parts = sorted(item for item in self.unfinished[upload_id].items() if item[0] > marker)
        more = len(parts) > 2  # pages of two
        lines = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag(data)}</ETag>"
            f"<Size>{len(data)}</Size></Part>"
            for number, data in parts[:2]
        )
        flag = "true" if more else "false"
        return document(
            f"<ListPartsResult><IsTruncated>{flag}</IsTruncated>{lines}</ListPartsResult>"
        )

    def __call__(self, request: Request) -> Step:
        answer = super().__call__(request)
        kind = self._kind(request)

        def step(exchange: Exchange) -> None:
            self.then(kind)
            answer(exchange)

        return step


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(BODY)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"state_dir": str(tmp_path / "state"), "max_retries": 0, **SETTINGS}


def left(settings: dict[str, Any]) -> list[str]:
    """The files of journals and locks."""
    return [path.name for path in Path(settings["state_dir"]).rglob("*") if path.is_file()]


def interrupted(client: MinIOClient, file: Path, storage: Keeping) -> str:
    """Begin an upload whose third part fails; the id of its transfer."""
    storage.counts.clear()
    storage.faults = {("part", 3): drop_before_reply()}
    with pytest.raises(MinIOConnectionError):
        client.upload_file("docs", "a", file, resume=True)
    storage.faults = {}
    storage.counts.clear()
    (found,) = client.list_transfers()
    return found.id


# --- uploads --------------------------------------------------------------------------------------


@both
def test_an_upload_goes_on_where_it_stopped(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    seen: list[TransferProgress] = []
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        interrupted(client, file, storage)
        assert len(storage.unfinished) == 1
        there = sum(len(parts) for parts in storage.unfinished.values())
        (found,) = client.list_transfers()
        assert (found.kind, found.bucket, found.key) == ("upload", "docs", "a")
        assert (found.path, found.size, found.running) == (str(file), len(BODY), False)
        stored = client.upload_file("docs", "a", file, resume=True, progress=seen.append)
        assert client.list_transfers() == []
    assert storage.counts["part"] == 3 - there
    assert "create" not in storage.counts
    assert (stored.size, storage.unfinished) == (len(BODY), {})
    assert storage.objects == {"/acme-docs/a": BODY}
    assert seen[-1].bytes_done == len(BODY)
    assert left(settings) == []


class Locking(Keeping):
    """It locks what it is told to, in uploads too; `forgets` them when an upload is completed."""

    def __init__(self, forgets: bool = False) -> None:
        super().__init__()
        self.forgets = forgets
        self.locks: list[dict[str, str]] = []

    def _work(self, kind: str, request: Request) -> Step:
        if kind == "create":
            names = ("mode", "retain-until-date", "legal-hold")
            headers = {f"x-amz-object-lock-{name}": None for name in names}
            told = {name: request.header(name) for name in headers}
            self.locks.append({name: value for name, value in told.items() if value})
        answer = super()._work(kind, request)
        if kind == "head" and isinstance(answer, Reply) and answer.status == 200:
            kept = {} if self.forgets else self.locks[-1]
            return replace(answer, headers=(*answer.headers, *kept.items()))
        return answer


@both
@pytest.mark.parametrize("forgets", [False, True], ids=["kept", "forgotten"])
def test_an_upload_with_locks_goes_on_with_them(
    connect: Connect, file: Path, settings: dict[str, Any], forgets: bool
) -> None:
    """They belong to the upload that was begun; what is stored is looked at all the same."""
    storage = Locking(forgets)
    until = datetime(2050, 1, 1, tzinfo=timezone.utc)
    locks: dict[str, Any] = {
        "retention": {"mode": "GOVERNANCE", "retain_until_date": until},
        "legal_hold": True,
    }
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        storage.faults = {("part", 3): drop_before_reply()}
        with pytest.raises(MinIOConnectionError):
            client.upload_file("docs", "a", file, resume=True, **locks)
        storage.faults = {}
        storage.counts.clear()
        if forgets:
            with pytest.raises(NotSupportedError, match="stored, but the server did not lock it"):
                client.upload_file("docs", "a", file, resume=True, **locks)
            storage.forgets = False  # somebody locks it, and the next run finds that
        client.upload_file("docs", "a", file, resume=True, **locks)
        assert storage.counts["complete"] == 1
        assert "create" not in storage.counts
        assert client.list_transfers() == []
    assert storage.objects == {"/acme-docs/a": BODY}
    (lock,) = storage.locks
    assert lock["x-amz-object-lock-legal-hold"] == "ON"


@both
def test_an_upload_with_another_lock_begins_anew(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Locking()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        interrupted(client, file, storage)
        with pytest.warns(TransferRestartedWarning):
            client.upload_file("docs", "a", file, resume=True, legal_hold=True)
    assert storage.locks == [{}, {"x-amz-object-lock-legal-hold": "ON"}]
    assert storage.unfinished == {}


@both
def test_without_it_a_failure_leaves_nothing(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping({("part", 3): drop_before_reply()})
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        with pytest.raises(MinIOError):
            client.upload_file("docs", "a", file)
        assert client.list_transfers() == []
    assert storage.unfinished == {}
    assert left(settings) == []


@both
def test_a_file_that_has_changed_is_sent_anew_and_its_old_upload_ended(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        interrupted(client, file, storage)
        file.write_bytes(BODY[::-1])
        os.utime(file, ns=(1, 1))
        with pytest.warns(TransferRestartedWarning, match="docs/a begins anew: the file has"):
            client.upload_file("docs", "a", file, resume=True)
    assert storage.unfinished == {}
    assert storage.objects == {"/acme-docs/a": BODY[::-1]}
    assert left(settings) == []


@both
def test_another_description_begins_anew(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        interrupted(client, file, storage)
        with pytest.warns(TransferRestartedWarning, match="stored in another way"):
            client.upload_file("docs", "a", file, resume=True, metadata={"a": "b"})
    assert (storage.unfinished, len(storage.objects)) == ({}, 1)


@both
def test_an_upload_that_the_server_has_dropped_is_begun_anew(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        interrupted(client, file, storage)
        storage.unfinished.clear()
        client.upload_file("docs", "a", file, resume=True)
    assert storage.objects == {"/acme-docs/a": BODY}


@both
def test_a_file_that_changes_meanwhile_is_not_kept_for_later(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        storage.then = lambda kind: os.utime(file, ns=(1, 1)) if kind == "part" else None
        with pytest.raises(MinIOError, match="the file was changed"):
            client.upload_file("docs", "a", file, resume=True)
        assert client.list_transfers() == []
    assert storage.unfinished == {}
    assert left(settings) == []


@both
def test_a_journal_that_cannot_be_written_leaves_no_upload(
    connect: Connect, file: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        monkeypatch.setattr("minio_sdk.flows.journal.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            client.upload_file("docs", "a", file, resume=True)
        monkeypatch.undo()
    assert storage.unfinished == {}
    assert left(settings) == []


@both
def test_what_is_small_needs_no_journal(
    connect: Connect, tmp_path: Path, settings: dict[str, Any]
) -> None:
    (tmp_path / "small").write_bytes(b"small")
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        client.upload_file("docs", "a", tmp_path / "small", resume=True)
    assert storage.objects == {"/acme-docs/a": b"small"}
    assert left(settings) == []


def test_two_at_one_transfer(file: Path, settings: dict[str, Any]) -> None:
    """The second is told so, whether it goes on with it or discards it."""
    storage = Keeping()
    outcomes: list[BaseException] = []
    with ScriptedServer(handler=storage) as server:
        with blocking(server, **settings) as client:

            def then(kind: str) -> None:
                if kind == "part" and not outcomes:
                    (found,) = client.list_transfers()
                    assert found.running
                    for call in (
                        lambda: client.upload_file("docs", "a", file, resume=True),
                        lambda: client.discard_transfer(found.id),
                    ):
                        with pytest.raises(ConflictError, match="under way") as caught:
                            call()
                        outcomes.append(caught.value)

            guard = threading.Lock()

            def once(kind: str) -> None:
                with guard:
                    then(kind)

            storage.then = once
            client.upload_file("docs", "a", file, resume=True)
    assert len(outcomes) == 2
    assert storage.objects == {"/acme-docs/a": BODY}


@both
def test_a_transfer_that_is_discarded(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        id = interrupted(client, file, storage)
        storage.faults = {("abort", 1): s3_error(403, "AccessDenied")}
        with pytest.raises(MinIOError):
            client.discard_transfer(id)
        assert [found.id for found in client.list_transfers()] == [id]
        client.discard_transfer(id)
        assert client.list_transfers() == []
        with pytest.raises(NotFoundError):
            client.discard_transfer(id)
        bad: list[Any] = ["", "../x", id.upper() + "x", 5, None]
        for value in bad:
            with pytest.raises(ValidationError, match="id="):
                client.discard_transfer(value)
    assert storage.unfinished == {}
    assert left(settings) == []


@both
def test_tenants_and_servers_do_not_see_each_others(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        id = interrupted(client, file, storage)
        for changes in ({"tenant_id": "other"}, {"tenant_id": None}, {"tenancy": "prefix"}):
            other = client.with_(**changes)
            assert other.list_transfers() == []
            with pytest.raises(NotFoundError):
                other.discard_transfer(id)
        assert client.with_(timeout=7).list_transfers()[0].id == id


@both
def test_a_journal_is_for_its_owner_only_and_has_no_secrets(
    connect: Connect, file: Path, settings: dict[str, Any]
) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        id = interrupted(client, file, storage)
        (path,) = Path(settings["state_dir"]).rglob(f"{id}.json")
        text = path.read_text()
        assert SECRET_KEY not in text
        assert ACCESS_KEY not in text
        if os.name == "posix":
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.parent.stat().st_mode & 0o777 == 0o700
        json.loads(text)
        path.write_text(
            text[:20]
        )  # as no run of ours leaves it; then there is nothing to go on with
        assert client.list_transfers() == []


# --- downloads ------------------------------------------------------------------------------------

DATA = random.Random(5).randbytes(100_000)
PIECE = 3000


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minio_sdk.flows.reading.PIECE", PIECE)
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", PIECE)


@both
@pytest.mark.usefixtures("small_pieces")
def test_a_download_goes_on_where_it_stopped(
    connect: Connect, tmp_path: Path, settings: dict[str, Any]
) -> None:
    stored = Stored(DATA, '"e-2"')
    stored.instead = lambda _: s3_error(403, "No") if len(stored.asked) > 20 else None
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        with pytest.raises(MinIOError):
            client.download_file("docs", "a", tmp_path / "a", resume=True)
        (found,) = client.list_transfers()
        assert (found.kind, found.path) == ("download", str(tmp_path / "a"))
        assert found.bytes_done is not None
        assert found.bytes_done >= 17 * PIECE
        assert not (tmp_path / "a").exists()
        stored.asked.clear()
        stored.instead = lambda _: None
        seen: list[TransferProgress] = []
        client.download_file("docs", "a", tmp_path / "a", resume=True, progress=seen.append)
        assert len(stored.asked) <= 34 - 17 + 1
        assert client.list_transfers() == []
    assert (tmp_path / "a").read_bytes() == DATA
    assert (seen[-1].bytes_done, seen[-1].objects_done) == (len(DATA), 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "state"]
    assert left(settings) == []


@both
@pytest.mark.usefixtures("small_pieces")
def test_an_object_that_has_changed_is_fetched_anew(
    connect: Connect, tmp_path: Path, settings: dict[str, Any]
) -> None:
    stored = Stored(DATA, '"e-2"')
    stored.instead = lambda _: s3_error(403, "No") if len(stored.asked) > 20 else None
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        with pytest.raises(MinIOError):
            client.download_file("docs", "a", tmp_path / "a", resume=True)
        stored.instead = lambda _: None
        stored.data, stored.etag = DATA[::-1], '"f-2"'
        with pytest.warns(TransferRestartedWarning, match="the object has changed"):
            client.download_file("docs", "a", tmp_path / "a", resume=True)
    assert (tmp_path / "a").read_bytes() == DATA[::-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "state"]


@both
@pytest.mark.usefixtures("small_pieces")
def test_a_download_that_is_discarded(
    connect: Connect, tmp_path: Path, settings: dict[str, Any]
) -> None:
    stored = Stored(DATA, '"e-2"')
    stored.instead = lambda _: s3_error(403, "No") if len(stored.asked) > 20 else None
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        with pytest.raises(MinIOError):
            client.download_file("docs", "a", tmp_path / "a", resume=True)
        assert len(list(tmp_path.glob(".minio-sdk-*.part"))) == 1
        client.discard_transfer(client.list_transfers()[0].id)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    assert left(settings) == []


@both
@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("resume", [False, True])
def test_a_disk_that_fills_up(
    connect: Connect,
    tmp_path: Path,
    settings: dict[str, Any],
    resume: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from minio_sdk.flows import growing

    write = growing.write_at

    def full(path: Path, offset: int, data: bytes) -> None:
        if offset > 20 * PIECE:
            raise OSError(28, "No space left on device")
        write(path, offset, data)

    stored = Stored(DATA, '"e-2"')
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        monkeypatch.setattr(growing, "write_at", full)
        with pytest.raises(OSError, match="No space left"):
            client.download_file("docs", "a", tmp_path / "a", resume=resume)
        assert len(list(tmp_path.glob(".minio-sdk-*.part"))) == resume
        monkeypatch.setattr(growing, "write_at", write)
        client.download_file("docs", "a", tmp_path / "a", resume=resume)
    assert (tmp_path / "a").read_bytes() == DATA
