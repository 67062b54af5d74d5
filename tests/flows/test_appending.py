"""Appending: nothing of what others store is lost, nothing comes twice, and all else stays as it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import Thread
from typing import Any

import pytest

from minio_sdk import (
    Config,
    IntegrityError,
    MinIOClient,
    MinIOError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionFailedError,
    TransferProgress,
    ValidationError,
)
from minio_sdk.blocking import run
from minio_sdk.flows import copies, spans
from minio_sdk.flows.native import PROBE
from minio_sdk.flows.sources import Source
from tests.both import Connect, both, config_for
from tests.clock import FakeClock
from tests.flows.memory import Memory
from tests.flows.store import Store, Stored
from tests.flows.test_copies_faults import when
from tests.scripted import Request, ScriptedServer, Step, drop_before_reply, reply, s3_error

A = "/acme-docs/a"
MANY = b"0123456789" * 3


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """From eight bytes on, what there is is copied in parts of up to twelve."""
    monkeypatch.setattr(spans, "SMALLEST", 8)
    monkeypatch.setattr(copies, "PART", 12)


DATA: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b"more",
    "memory": lambda: memoryview(b"more"),
    "a file": lambda: io.BytesIO(b"more"),
    "an iterator": lambda: iter([b"mo", b"", b"re"]),
    "nothing first": lambda: iter([b"", b"more"]),
}


@both
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("old", [b"", b"old", MANY], ids=["empty", "small", "in parts"])
def test_data_of_every_kind(connect: Connect, old: bytes, data: str) -> None:
    store = Store({A: old}, name="MinIO")
    store.objects[A].headers = {"content-type": "text/x", "x-amz-meta-m": "1", "expires": "0"}
    store.objects[A].tags = "t=1"
    told: list[TransferProgress] = []
    with ScriptedServer(handler=store) as server, connect(server) as client:
        made = client.append_object("docs", "a", DATA[data](), progress=told.append)
    assert store.data() == {A: old + b"more"}
    assert (made.status, made.size) == ("appended", len(old) + 4)
    assert (told[-1].bytes_done, told[-1].objects_done) == (made.size, 1)
    kept = store.objects[A]
    assert kept.headers.items() >= {"content-type": "text/x", "x-amz-meta-m": "1"}.items()
    assert kept.tags == "t=1"
    assert not store.unfinished


@both
@pytest.mark.parametrize("old", [b"old", MANY], ids=["small", "in parts"])
def test_nothing_is_appended(connect: Connect, old: bytes) -> None:
    store = Store({A: old})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for nothing in (b"", io.BytesIO(), iter([b""])):
            assert client.append_object("docs", "a", nothing).size == len(old)
    assert store.count("P") == 0


@both
def test_an_object_that_is_not_there(connect: Connect) -> None:
    store = Store(name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError):
            client.append_object("docs", "a", b"1", create=False)
        with pytest.raises(PreconditionFailedError):
            client.append_object("docs", "a", b"1", if_match="e")
        assert store.count("P") == 0
        client.append_object("docs", "a", b"", content_type="text/x", metadata={"m": "1"})
        client.append_object("docs", "a", b"1", content_type="text/y", metadata={"m": "2"})
    assert (
        store.objects[A].headers.items() >= {"content-type": "text/x", "x-amz-meta-m": "1"}.items()
    )
    assert store.data() == {A: b"1"}


@both
@pytest.mark.parametrize(
    "given",
    [{"data": "text"}, {"data": [None]}, {"data": (b"1", "2")}, {"key": ""}, {"length": 9},
     {"create": 1}, {"native": "yes"},
     {"if_match": "*"}, {"progress": 5}, {"metadata": {"a": 5}}],
)  # fmt: skip
def test_bad_arguments_are_named_and_nothing_is_sent(
    connect: Connect, given: dict[str, Any]
) -> None:
    arguments = {"bucket": "docs", "key": "a", "data": b"1", **given}
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=next(iter(given))):
            client.append_object(**arguments)


# -- others who write ---------------------------------------------------------------------------------


def others(store: Store, has: str, times: int) -> None:
    """Somebody appends before the first so many requests with such a text."""
    left = [times]

    def fault(request: Request) -> None:
        if has in f"{request.method} {request.target}" and left[0]:
            left[0] -= 1
            store.objects[A] = Stored(store.objects[A].data + b"-")

    store.fault = fault


@both
@pytest.mark.parametrize(
    ("old", "has"),
    [(b"old", "PUT"), (b"old", "GET /acme-docs/a"), (MANY, "partNumber=1"), (MANY, "partNumber=4"),
     (MANY, "POST /acme-docs/a?uploadId"), (MANY, "POST /acme-docs/a?uploads")],
)  # fmt: skip
def test_what_others_append_meanwhile_stays(connect: Connect, old: bytes, has: str) -> None:
    store = Store({A: old}, name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        others(store, has, 2)
        client.append_object("docs", "a", b"mine")
        assert store.data() == {A: old + b"--mine"}
        others(store, has, 1)
        with pytest.raises(ObjectChangedError, match="append it again"):
            client.append_object("docs", "a", io.BytesIO(b"file"))
        etag = store.objects[A].etag
        others(store, has, 1)
        with pytest.raises((ObjectChangedError, PreconditionFailedError)):
            client.append_object("docs", "a", b"mine", if_match=etag)
        assert store.data() == {A: old + b"--mine--"}
        others(store, has, 100)
        with pytest.raises(ObjectChangedError):
            client.append_object("docs", "a", b"mine")
    assert not store.unfinished


@both
def test_an_object_that_somebody_makes_meanwhile(connect: Connect) -> None:
    store = Store(name="MinIO")
    made = [True]

    def fault(request: Request) -> None:
        if request.method == "PUT" and made:
            made.clear()
            store.objects[A] = Stored(b"theirs,")

    store.fault = fault
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.append_object("docs", "a", b"mine")
    assert store.data() == {A: b"theirs,mine"}


@pytest.mark.parametrize("old", [b"old", MANY], ids=["small", "in parts"])
def test_two_at_once_lose_nothing(old: bytes) -> None:
    store = Store({A: old}, name="MinIO")
    with ScriptedServer(handler=store) as server:
        with MinIOClient(config_for(server), clock=FakeClock()) as client:

            def work(word: bytes) -> None:
                done = 0
                while done < 3:
                    try:
                        client.append_object("docs", "a", word)
                    except ObjectChangedError:
                        continue  # ten times the other was quicker
                    done += 1

            threads = [Thread(target=work, args=(word,)) for word in (b"x", b"y")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    (found,) = store.data().values()
    assert found[: len(old)] == old
    assert sorted(found[len(old) :]) == list(b"xxxyyy")


# -- answers that are lost, servers that fail ---------------------------------------------------------


@both
def test_a_lost_answer_of_a_small_one_is_settled(connect: Connect) -> None:
    store = Store({A: b"old"}, name="MinIO")
    lost: list[bool] = []

    def fault(request: Request) -> Step | None:
        if request.method == "PUT" and not lost:
            lost.append(True)
            store._answer(request)  # it is stored, and nobody hears of it
            return drop_before_reply()
        return None

    store.fault = fault
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.append_object("docs", "a", b"mine")
        assert store.data() == {A: b"oldmine"}
        lost.clear()

        def both_at_once(request: Request) -> Step | None:
            step = fault(request)
            if step is not None:
                store.objects[A].data += b"theirs"
            return step

        store.fault = both_at_once
        with pytest.raises(ObjectChangedError, match="whose answer was lost"):
            client.append_object("docs", "a", b"mine")
    assert store.data() == {A: b"oldmineminetheirs"}  # and not a third time


@both
@pytest.mark.parametrize(
    "where", ["uploads=", "partNumber=1", "partNumber=4", "POST /acme-docs/a?uploadId"]
)
def test_a_failure_anywhere_leaves_it_as_it_was(connect: Connect, where: str) -> None:
    def fault(request: Request) -> Step | None:
        return reply(500) if where in f"{request.method} {request.target}" else None

    store = Store({A: MANY}, fault=fault)
    with ScriptedServer(handler=store) as server, connect(server, max_retries=0) as client:
        with pytest.raises(MinIOError):
            client.append_object("docs", "a", b"mine")
    assert store.data() == {A: MANY}
    assert not store.unfinished


@both
@pytest.mark.parametrize("old", [b"old", MANY], ids=["small", "in parts"])
def test_data_that_ends_too_early(connect: Connect, old: bytes) -> None:
    store = Store({A: old}, name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for data in (iter([b"12"]), io.BytesIO(b"12")):
            with pytest.raises(IntegrityError):
                client.append_object("docs", "a", data, length=5)
        client.append_object("docs", "a", io.BytesIO(b"12345"), length=2)
    assert store.data() == {A: old + b"12"}
    assert not store.unfinished


@both
@pytest.mark.parametrize("old", [b"old", MANY], ids=["small", "in parts"])
def test_a_server_that_lies_about_what_is_there(connect: Connect, old: bytes) -> None:
    """Another generation than HEAD has told of, and copies that aren't made."""
    store = Store({A: old}, conditional=False, copies=old != MANY)
    store.fault = when("GET", A, reply(200, b"xxx", headers={"ETag": '"other"'}), times=100)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises((ObjectChangedError, NotSupportedError)):
            client.append_object("docs", "a", b"mine")
    assert store.data() == {A: old}


@both
def test_an_object_without_an_etag_is_left(connect: Connect) -> None:
    store = Store({A: b"old"})
    store.fault = when("HEAD", A, reply(200, headers={"x-amz-request-id": "1"}, content_length=3))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="no ETag"):
            client.append_object("docs", "a", b"mine")
    assert store.data() == {A: b"old"}


@both
@pytest.mark.parametrize("old", [b"old", MANY], ids=["small", "in parts"])
def test_locks_are_kept_while_they_last(connect: Connect, old: bytes) -> None:
    now = datetime.fromtimestamp(FakeClock().time(), timezone.utc)
    for days, kept in ((1, True), (-1, False)):
        until = (now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        locked = {
            "x-amz-object-lock-mode": "GOVERNANCE",
            "x-amz-object-lock-retain-until-date": until,
            "x-amz-object-lock-legal-hold": "ON",
        }
        store = Store({A: old}, name="MinIO")
        store.objects[A].headers = locked
        with ScriptedServer(handler=store) as server, connect(server) as client:
            # The store keeps no lock, which is found out.
            with pytest.raises(NotSupportedError, match="did not lock it"):
                client.append_object("docs", "a", b"mine")
        sent = next(r for r in store.requests if r.header("x-amz-object-lock-legal-hold"))
        assert (sent.header("x-amz-object-lock-mode") == "GOVERNANCE") is kept


@pytest.mark.parametrize("length", [None, 3])
def test_what_comes_first_comes_first_after_a_rewind(length: int | None) -> None:
    """A file may be sent once more without checksums."""
    transport = Memory()
    source = Source(io.BytesIO(b"mine"), length)
    source.unread(run(source.read(transport, 2)))
    source.lead(b"old")
    whole = b"oldmine"[: 3 + (length or 4)]
    assert source.length == len(whole)
    for _ in range(2):
        assert run(source.read(transport, 100)) == whole
        assert run(source.rewind(transport))


# -- appending by the server --------------------------------------------------------------------------


class Appending(Store):
    """A server that appends; or one that passes the offset over."""

    appends = True
    losing = 0

    def _put(self, request: Request) -> Any:
        offset = request.header("x-amz-write-offset-bytes")
        if offset is None or not self.appends:
            return super()._put(request)
        found = self.objects.get(request.path)
        if found is None or int(offset) != len(found.data):
            return s3_error(400, "InvalidWriteOffset")
        found.data += request.body
        return reply(200, headers={"ETag": f'"{found.etag}"'})


@both
def test_a_server_that_appends(connect: Connect) -> None:
    store = Appending({A: b"old"})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        made = client.append_object("docs", "a", b"-1", native=True)
        assert (made.size, made.status) == (5, "appended")
        client.append_object("docs", "a", iter([b"-2"]), native=True)
        client.append_object("docs", "b", b"new", native=True)
        with pytest.raises(PreconditionFailedError):
            client.append_object("docs", "a", b"-3", native=True, if_match="e")
    assert store.data() == {A: b"old-1-2", "/acme-docs/b": b"new"}
    assert sum(PROBE in line for line in store.asked) == 1


@both
@pytest.mark.parametrize("answer", [None, s3_error(400, "BadRequest"), s3_error(501, "NotImplemented"),
                                    s3_error(403, "AccessDenied")])  # fmt: skip
def test_a_server_that_does_not_append_loses_nothing(connect: Connect, answer: Step | None) -> None:
    store = Appending({A: b"old"})
    store.appends = False
    if answer is not None:
        store.fault = when("PUT", PROBE, answer, times=9)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for _ in range(2):
            with pytest.raises(NotSupportedError, match="doesn't append.*native=False"):
                client.append_object("docs", "a", b"-1", native=True)
    assert store.data() == {A: b"old"}


@both
def test_a_lost_answer_of_a_server_that_appends(connect: Connect) -> None:
    store = Appending({A: b"old"})
    lost: list[bytes] = []

    def fault(request: Request) -> Step | None:
        if request.header("x-amz-write-offset-bytes") == "3" and not lost:
            lost.append(b"")
            store._answer(request)
            store.objects[A].data += theirs
            return drop_before_reply()
        return None

    store.fault = fault
    for theirs, expected in ((b"", None), (b"+theirs", ObjectChangedError)):
        lost.clear()
        store.objects[A] = Stored(b"old")
        with ScriptedServer(handler=store) as server, connect(server) as client:
            if expected is None:
                client.append_object("docs", "a", b"-1", native=True)
            else:
                with pytest.raises(expected, match="0 bytes of the data"):
                    client.append_object("docs", "a", b"-1", native=True)
        assert store.data()[A] == b"old-1" + theirs


def test_arguments_are_checked_without_a_connection() -> None:
    with MinIOClient(Config("http://127.0.0.1:9", "acme")) as client:
        with pytest.raises(ValidationError, match="data"):
            client.append_object("docs", "a", 5)  # type: ignore[arg-type]
