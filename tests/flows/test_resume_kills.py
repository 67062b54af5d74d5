"""The end of the process at each moment that there is: what is there then is taken down, and gone on with.

A kill leaves what is on disk and what the server has. So one upload is made, both are copied at each of its
requests, before the server has worked on it and after, and each copy is where another run begins.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import ConflictError, MinIOError, PreconditionFailedError
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.flows.test_resume import Keeping, left
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error

HOUR = 3600.0
BODY = bytes(range(251)) * 44  # three parts, the last one short
SETTINGS = {"multipart_threshold": 1000, "part_size": 5000}


@dataclass
class Left:
    """What a kill leaves: journals, and what the server has."""

    moment: str
    state: Path
    storage: Keeping


class Disk:
    """A server whose state can be copied, with the journals, and put back.

    Attributes:
        kept: what there was at each moment of the run that `record` has watched.
    """

    def __init__(self, tmp_path: Path) -> None:
        self.clock = FakeClock()
        self.state = tmp_path / "state"
        self.file = tmp_path / "file"
        self.file.write_bytes(BODY)
        self.storage = Keeping()
        self.storage.clock = self.clock
        self.kept: list[Left] = []
        self.recording = False
        self.settings: dict[str, Any] = {"state_dir": str(self.state), "pool_size": 1, **SETTINGS}

    def __call__(self, request: Request) -> Step:
        kind = self.storage._kind(request)
        self._keep(f"before {kind}")
        answer = self.storage(request)
        self._keep(f"after {kind}")
        return answer

    def _keep(self, moment: str) -> None:
        if not self.recording:
            return
        state = self.state.with_name(f"state-{len(self.kept)}")
        if self.state.exists():
            shutil.copytree(self.state, state)
        self.kept.append(Left(moment, state, self._copy(self.storage)))

    def _copy(self, storage: Keeping) -> Keeping:
        other = Keeping()
        other.clock = self.clock
        for name in ("objects", "unfinished", "composed", "begun"):
            setattr(other, name, copy.deepcopy(getattr(storage, name)))
        other._numbers = storage._numbers
        return other

    def restore(self, left: Left) -> None:
        """Be where a kill at that moment would have left all this."""
        shutil.rmtree(self.state, ignore_errors=True)
        if left.state.exists():
            shutil.copytree(left.state, self.state)
        self.storage = self._copy(left.storage)

    def at(self, moment: str) -> Left:
        """What there was at the last moment of this name."""
        return [left for left in self.kept if left.moment == moment][-1]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr("minio_sdk.config.MIN_PART", SETTINGS["part_size"])
    return Disk(tmp_path)


def recorded(disk: Disk, client: Any, **how: Any) -> list[Left]:
    """The moments of one upload."""
    disk.recording = True
    client.upload_file("docs", "a", disk.file, resume=True, **how)
    disk.recording = False
    return disk.kept


@both
@pytest.mark.parametrize("how", [{}, {"if_none_match": "*"}], ids=["plain", "if none"])
def test_a_kill_at_any_moment_leaves_nothing_that_the_next_run_does_not_clear(
    connect: Connect, disk: Disk, how: dict[str, Any]
) -> None:
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            moments = recorded(disk, client, **how)
            assert {left.moment for left in moments} >= {"after create", "after complete"}
            for left_there in moments:
                disk.restore(left_there)
                disk.clock.advance(2 * HOUR)
                stored = client.upload_file("docs", "a", disk.file, resume=True, **how)
                state = (disk.storage.objects, disk.storage.unfinished, client.list_transfers())
                assert state == ({"/acme-docs/a": BODY}, {}, []), left_there.moment
                assert stored.size == len(BODY)
                assert left(disk.settings) == [], left_there.moment


@both
def test_what_was_stored_before_the_kill_is_not_sent_again(connect: Connect, disk: Disk) -> None:
    seen: list[Any] = []
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            recorded(disk, client)
            disk.restore(disk.at("after complete"))
            stored = client.upload_file(
                "docs", "a", disk.file, resume=True, if_none_match="*", progress=seen.append
            )
    assert set(disk.storage.counts) == {"list", "head"}
    assert f'"{stored.etag}"' == disk.storage.composed["/acme-docs/a"]
    assert (stored.bucket, stored.key, stored.size) == ("docs", "a", len(BODY))
    assert (seen[-1].bytes_done, seen[-1].objects_done) == (len(BODY), 1)


@both
@pytest.mark.parametrize("other", [b"theirs", BODY[::-1], None], ids=["size", "bytes", "gone"])
def test_what_somebody_else_has_stored_meanwhile_is_not_taken_for_ours(
    connect: Connect, disk: Disk, other: bytes | None
) -> None:
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            recorded(disk, client)
            disk.restore(disk.at("after complete"))
            disk.storage.composed.clear()
            if other is None:
                disk.storage.objects.clear()
            else:
                disk.storage.objects["/acme-docs/a"] = other
                with pytest.raises(PreconditionFailedError):
                    client.upload_file("docs", "a", disk.file, resume=True, if_none_match="*")
                assert disk.storage.objects == {"/acme-docs/a": other}
            client.upload_file("docs", "a", disk.file, resume=True)
    assert disk.storage.objects == {"/acme-docs/a": BODY}
    assert (disk.storage.unfinished, left(disk.settings)) == ({}, [])


@both
def test_what_was_stored_of_a_file_that_has_changed_since_is_sent_anew(
    connect: Connect, disk: Disk
) -> None:
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            recorded(disk, client)
            disk.restore(disk.at("after complete"))
            disk.file.write_bytes(BODY[::-1])
            with pytest.warns(UserWarning, match="the file has changed"):
                client.upload_file("docs", "a", disk.file, resume=True)
    assert disk.storage.objects == {"/acme-docs/a": BODY[::-1]}


# --- uploads whose id nobody has learned ------------------------------------------------------------


def killed_in_create(disk: Disk, client: Any) -> str:
    """The id of an upload that the server has begun, and of which the journal has not learned."""
    recorded(disk, client)
    disk.restore(disk.at("after create"))
    (id,) = disk.storage.unfinished
    return id


@both
def test_one_that_is_young_is_left_and_shown_and_ended_later(connect: Connect, disk: Disk) -> None:
    """It may be another client's, which is sending its first part."""
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            id = killed_in_create(disk, client)
            (found,) = client.list_transfers()
            asked = datetime.fromtimestamp(disk.clock.time(), timezone.utc)
            assert (found.unsure, found.running) == ((asked,), False)
            client.upload_file("docs", "a", disk.file, resume=True)
            assert disk.storage.objects == {"/acme-docs/a": BODY}
            assert list(disk.storage.unfinished) == [id]
            assert client.list_transfers()[0].unsure == (asked,)
            with pytest.raises(ConflictError, match="another client") as caught:
                client.discard_transfer(found.id)
            assert (caught.value.bucket, caught.value.key) == ("docs", "a")
            disk.clock.advance(HOUR + 1)
            client.discard_transfer(found.id)
            assert client.list_transfers() == []
    assert (disk.storage.unfinished, left(disk.settings)) == ({}, [])


@both
def test_one_that_reaches_the_server_after_the_next_run_has_looked(
    connect: Connect, disk: Disk
) -> None:
    """The process is gone, and its last request still on its way."""
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            recorded(disk, client)
            disk.restore(disk.at("before create"))

            def late(kind: str) -> None:
                if kind == "part" and "late" not in disk.storage.unfinished:
                    disk.storage.unfinished["late"] = {}
                    disk.storage.begun["late"] = ("/acme-docs/a", disk.clock.time())

            disk.storage.then = late
            client.upload_file("docs", "a", disk.file, resume=True)
            (found,) = client.list_transfers()
            disk.clock.advance(2 * HOUR)
            client.discard_transfer(found.id)
    assert (disk.storage.unfinished, left(disk.settings)) == ({}, [])


@both
@pytest.mark.parametrize("whose", ["parts", "before", "after", "another key", "undated"])
def test_one_of_another_client_is_never_ended(connect: Connect, disk: Disk, whose: str) -> None:
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            killed_in_create(disk, client)
            now = disk.clock.time()
            theirs = {
                "parts": ("/acme-docs/a", now + 1),
                "before": ("/acme-docs/a", now - HOUR),
                "after": ("/acme-docs/a", now + HOUR / 2),
                "another key": ("/acme-docs/ab", now),
                "undated": ("/acme-docs/a", now),
            }
            disk.storage.unfinished["theirs"] = {1: b"x"} if whose == "parts" else {}
            disk.storage.begun["theirs"] = theirs[whose]
            if whose == "undated":
                ours = disk.storage

                def undated(request: Request) -> Step:
                    return reply(
                        200,
                        b"<ListMultipartUploadsResult><Upload><Key>a</Key><UploadId>theirs</UploadId>"
                        b"</Upload></ListMultipartUploadsResult>",
                    )

                ours._list_uploads = undated  # type: ignore[method-assign]
            disk.clock.advance(3 * HOUR)
            client.upload_file("docs", "a", disk.file, resume=True)
            assert "theirs" in disk.storage.unfinished
            assert len(disk.storage.unfinished) == 1 + (whose == "undated")
            assert client.list_transfers() == []


REFUSED: dict[str, Callable[[], Step]] = {
    "not allowed": lambda: s3_error(403, "AccessDenied"),
    "not known": lambda: s3_error(501, "NotImplemented"),
    "a web page": lambda: reply(200, b"<html></html>"),
    "no bucket": lambda: s3_error(404, "NoSuchBucket"),
}


@both
@pytest.mark.parametrize("answer", REFUSED)
def test_where_uploads_are_not_listed_nothing_more_can_be_done(
    connect: Connect, disk: Disk, answer: str
) -> None:
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            killed_in_create(disk, client)
            disk.storage.faults = {("uploads", 0): REFUSED[answer]()}
            client.upload_file("docs", "a", disk.file, resume=True)
            assert client.list_transfers() == []
    assert disk.storage.objects == {"/acme-docs/a": BODY}


@both
def test_a_list_that_fails_neither_fails_the_upload_nor_is_forgotten(
    connect: Connect, disk: Disk
) -> None:
    settings = {**disk.settings, "max_retries": 0}
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **settings) as client:
            killed_in_create(disk, client)
            disk.storage.faults = {("uploads", 0): reply(500)}
            client.upload_file("docs", "a", disk.file, resume=True)
            (found,) = client.list_transfers()
            with pytest.raises(MinIOError):
                client.discard_transfer(found.id)
            disk.storage.faults = {}
            disk.clock.advance(2 * HOUR)
            client.discard_transfer(found.id)
    assert (disk.storage.unfinished, left(disk.settings)) == ({}, [])


@both
def test_a_refusal_to_begin_leaves_no_journal(connect: Connect, disk: Disk) -> None:
    disk.storage.faults = {("create", 0): s3_error(403, "AccessDenied")}
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            with pytest.raises(MinIOError, match="AccessDenied"):
                client.upload_file("docs", "a", disk.file, resume=True)
    assert left(disk.settings) == []


@both
def test_a_condition_that_no_longer_holds_ends_the_upload_of_the_run_before(
    connect: Connect, disk: Disk
) -> None:
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            recorded(disk, client, if_none_match="*")
            disk.restore(disk.at("after part"))
            assert len(disk.storage.unfinished) == 1
            disk.storage.objects["/acme-docs/a"] = b"theirs"
            with pytest.raises(PreconditionFailedError):
                client.upload_file("docs", "a", disk.file, resume=True, if_none_match="*")
    assert disk.storage.objects == {"/acme-docs/a": b"theirs"}
    assert (disk.storage.unfinished, left(disk.settings)) == ({}, [])


@both
def test_what_could_not_be_ended_stays_in_the_list(connect: Connect, disk: Disk) -> None:
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            recorded(disk, client)
            disk.restore(disk.at("after part"))
            disk.storage.objects["/acme-docs/a"] = b"theirs"
            disk.storage.faults = {("abort", 0): s3_error(403, "AccessDenied")}
            with pytest.raises(PreconditionFailedError):
                client.upload_file("docs", "a", disk.file, resume=True, if_none_match="*")
            (found,) = client.list_transfers()
            disk.storage.faults = {}
            client.discard_transfer(found.id)
    assert (disk.storage.unfinished, left(disk.settings)) == ({}, [])


@both
@pytest.mark.parametrize("answer", ["not known", "a web page", "a list"])
def test_a_server_that_does_not_list_parts_gets_all_of_them_anew(
    connect: Connect, disk: Disk, answer: str
) -> None:
    found = reply(200, b"<ListBucketResult></ListBucketResult>")
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            recorded(disk, client)
            disk.restore(disk.at("after part"))
            disk.storage.faults = {("list", 0): found if answer == "a list" else REFUSED[answer]()}
            client.upload_file("docs", "a", disk.file, resume=True)
    assert disk.storage.objects == {"/acme-docs/a": BODY}
    assert (disk.storage.unfinished, left(disk.settings)) == ({}, [])


@both
def test_a_journal_that_cannot_be_removed_does_not_undo_what_is_stored(
    connect: Connect, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError(30, "Read-only file system")

    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            with monkeypatch.context() as patched:
                patched.setattr("minio_sdk.flows.journal.Journal.remove", fail)
                client.upload_file("docs", "a", disk.file, resume=True)
                assert len(client.list_transfers()) == 1
            disk.storage.counts.clear()
            client.upload_file("docs", "a", disk.file, resume=True, if_none_match="*")
            assert client.list_transfers() == []
    assert disk.storage.counts == {"list": 1, "head": 1}
    assert disk.storage.objects == {"/acme-docs/a": BODY}


@both
def test_a_refusal_is_shown_even_where_the_journal_cannot_be_removed(
    connect: Connect, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError(30, "Read-only file system")

    disk.storage.faults = {("create", 0): s3_error(403, "AccessDenied")}
    monkeypatch.setattr("minio_sdk.flows.journal.Journal.remove", fail)
    with ScriptedServer(handler=disk) as server:
        with connect(server, clock=disk.clock, **disk.settings) as client:
            with pytest.raises(MinIOError, match="AccessDenied"):
                client.upload_file("docs", "a", disk.file, resume=True)
