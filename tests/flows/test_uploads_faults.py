"""Whatever goes wrong in an upload: the object appears whole or not at all, and nothing is left behind.

The server in this file keeps objects and unfinished uploads, so that the tests see its side as well.
"""

from __future__ import annotations

import _thread
import asyncio
import hashlib
import io
import itertools
import re
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    BucketNotFoundError,
    IntegrityError,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    PreconditionFailedError,
    ServerError,
    UploadNotFoundError,
    ValidationError,
)
from minio_sdk.clock import SYSTEM_CLOCK
from tests.both import Connect, at_once, both, config_for
from tests.clock import FakeClock
from tests.processes import interrupts
from tests.scripted import (
    Exchange,
    Request,
    ScriptedServer,
    Step,
    drop_after,
    drop_before_reply,
    hang,
    reply,
    s3_error,
)

MiB = 1 << 20
PART = 5 * MiB
BODY = bytes(range(251)) * (11 * MiB // 251)  # three parts, the last one short
SETTINGS = {"multipart_threshold": MiB, "part_size": PART}


class Storage:
    """Objects and unfinished uploads; `faults` answer in place of it, or after it has done its work.

    A fault is named by what is asked and how often it was: ``("part", 2)`` is the second request for a
    part that comes in, whichever part it is.
    """

    def __init__(self, faults: dict[tuple[str, int], Step] | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self.unfinished: dict[str, dict[int, bytes]] = {}
        self.composed: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.faults = faults or {}
        self.after_work: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def __call__(self, request: Request) -> Step:
        with self._lock:
            kind = self._kind(request)
            count = self.counts[kind] = self.counts.get(kind, 0) + 1
            fault = self.faults.get((kind, count)) or self.faults.get((kind, 0))
            if fault is not None and (kind, count) not in self.after_work:
                return fault
            answer = self._work(kind, request)
            return fault or answer

    def _kind(self, request: Request) -> str:
        query = request.query
        if request.method == "POST":
            return "create" if query.startswith("uploads") else "complete"
        if request.method == "DELETE":
            return "abort"
        if request.method == "HEAD":
            return "head"
        return "part" if "partNumber=" in query else "put"

    def _work(self, kind: str, request: Request) -> Step:
        path = request.path
        if kind == "create":
            upload_id = f"u{next(self._numbers)}"
            self.unfinished[upload_id] = {}
            return document(f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId>"
                            "</InitiateMultipartUploadResult>")  # fmt: skip
        if kind == "put":
            self.objects[path] = request.body
            return tagged(request.body)
        if kind == "head":
            if path not in self.objects:
                return reply(404, headers={"x-amz-request-id": "r"})
            body = self.objects[path]
            tag = self.composed.get(path) or etag(body)
            return reply(200, headers={"ETag": tag}, content_length=len(body))
        parts = self.unfinished.get(request.query.rpartition("uploadId=")[2])
        if parts is None:
            return s3_error(404, "NoSuchUpload")
        if kind == "part":
            parts[int(request.query.split("&")[0].partition("=")[2])] = request.body
            return tagged(request.body)
        del self.unfinished[request.query.rpartition("uploadId=")[2]]
        if kind == "abort":
            return reply(204)
        told = re.findall(r"<PartNumber>(\d+)</PartNumber>\s*<ETag>([^<]+)", request.body.decode())
        if [(int(n), tag.replace("&quot;", '"')) for n, tag in told] != [
            (n, etag(data)) for n, data in sorted(parts.items())
        ]:
            return s3_error(400, "InvalidPart")
        self.objects[path] = b"".join(parts[number] for number in sorted(parts))
        digests = b"".join(hashlib.md5(parts[number]).digest() for number in sorted(parts))
        self.composed[path] = f'"{hashlib.md5(digests).hexdigest()}-{len(parts)}"'
        return document(
            "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
        )


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def tagged(body: bytes) -> Step:
    return reply(200, headers={"ETag": etag(body)})


def document(text: str) -> Step:
    return reply(200, text.encode())


def blocks(body: bytes = BODY, size: int = 700_001) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


SOURCES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: BODY,
    "file": lambda: io.BytesIO(BODY),
    "iterator": blocks,
}


# --- one fault, and all is well ------------------------------------------------------------------


@both
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("stage", ["create", "part", "complete"])
@pytest.mark.parametrize("fault", ["503", "dropped"])
def test_one_fault_at_any_stage_costs_one_retry(
    connect: Connect, stage: str, fault: str, source: str
) -> None:
    step = reply(503) if fault == "503" else drop_before_reply()
    storage = Storage({(stage, 1): step})
    clock = FakeClock()
    with ScriptedServer(handler=storage) as server:
        with connect(server, clock=clock, **SETTINGS) as client:
            response = client.put_object("docs", "a", SOURCES[source]())
    assert response.size == len(BODY)
    assert storage.objects == {"/acme-docs/a": BODY}
    assert storage.unfinished == {}
    assert clock.slept == [1]
    assert storage.counts[stage] == (4 if stage == "part" else 2)


@both
def test_a_part_whose_answer_was_lost_is_sent_again(connect: Connect) -> None:
    storage = Storage({("part", 2): drop_before_reply()})
    storage.after_work = {("part", 2)}
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "a", BODY)
    assert storage.objects == {"/acme-docs/a": BODY}


@both
def test_an_upload_whose_completion_was_lost_is_settled_by_asking_for_the_object(
    connect: Connect,
) -> None:
    storage = Storage({("complete", 1): drop_before_reply()})
    storage.after_work = {("complete", 1)}
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        stored = client.put_object("docs", "a", BODY)
    assert list(storage.objects.values()) == [BODY]
    assert (stored.size, f'"{stored.etag}"') == (len(BODY), *storage.composed.values())


@both
@pytest.mark.parametrize("retry", ["NoSuchUpload", "PreconditionFailed"])
@pytest.mark.parametrize("whose", ["ours", "theirs"])
def test_a_condition_whose_completion_was_lost(connect: Connect, retry: str, whose: str) -> None:
    """The next try meets what the first has stored, or what somebody else has."""
    storage = Storage({("complete", 1): drop_before_reply()})
    if whose == "ours":
        storage.after_work = {("complete", 1)}
    answers = {"NoSuchUpload": 404, "PreconditionFailed": 412}
    storage.faults[("complete", 2)] = s3_error(answers[retry], retry)

    def handler(request: Request) -> Step:
        if storage.counts.get("complete") and whose == "theirs":
            storage.objects["/acme-docs/a"] = b"theirs"
        return storage(request)

    with ScriptedServer(handler=handler) as server, connect(server, **SETTINGS) as client:
        if whose == "ours":
            stored = client.put_object("docs", "a", BODY, if_none_match="*")
            assert (stored.size, storage.objects) == (len(BODY), {"/acme-docs/a": BODY})
        else:
            with pytest.raises((UploadNotFoundError, PreconditionFailedError)):
                client.put_object("docs", "a", BODY, if_none_match="*")
            assert storage.objects == {"/acme-docs/a": b"theirs"}
    assert storage.unfinished == {}


@both
@pytest.mark.parametrize("heeds", [True, False], ids=["heeding", "heedless"])
def test_a_condition_that_somebody_breaks_while_the_parts_go_up(
    connect: Connect, heeds: bool
) -> None:
    """Seen before the end, also on a server that takes no notice of conditions."""
    storage = Storage()
    if heeds:
        storage.faults[("complete", 0)] = s3_error(412, "PreconditionFailed")

    def handler(request: Request) -> Step:
        if storage.counts.get("part") and not heeds:
            storage.objects["/acme-docs/a"] = b"theirs"
        return storage(request)

    with ScriptedServer(handler=handler) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(PreconditionFailedError):
            client.put_object("docs", "a", BODY, if_none_match="*")
    assert storage.objects == ({} if heeds else {"/acme-docs/a": b"theirs"})
    assert (storage.unfinished, storage.counts["abort"]) == ({}, 1)


@both
def test_an_object_of_somebody_else_does_not_settle_a_completion_that_was_lost(
    connect: Connect,
) -> None:
    """The answer and the upload are gone, and what is under the key is not what was sent."""
    storage = Storage({("complete", 1): drop_before_reply()})
    storage.after_work = {("complete", 1)}

    def overwritten(request: Request) -> Step:
        if request.method == "HEAD":
            return reply(200, headers={"ETag": '"another"'}, content_length=len(BODY))
        return storage(request)

    with ScriptedServer(handler=overwritten) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(UploadNotFoundError):
            client.put_object("docs", "a", BODY)


@both
@pytest.mark.parametrize("answer", ["nothing there", "refused", "dropped"])
def test_the_failure_of_asking_for_the_object_never_hides_the_cause(
    connect: Connect, answer: str
) -> None:
    """The answer to the completion is lost, the upload gone, and HEAD doesn't settle it either."""
    heads: dict[str, Step] = {
        "nothing there": reply(404, headers={"x-amz-request-id": "r"}),
        "refused": reply(403),
        "dropped": drop_before_reply(),
    }
    faults = {("complete", 1): drop_before_reply(), ("head", 0): heads[answer]}
    storage = Storage(faults)
    storage.after_work = {("complete", 1)}
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(UploadNotFoundError) as caught:
            client.put_object("docs", "a", BODY)
    assert caught.value.operation == "CompleteMultipartUpload"


@both
def test_many_uploads_at_once_through_a_bad_line(connect: Connect) -> None:
    faults: dict[tuple[str, int], Step] = {
        **{("part", number): reply(503) for number in range(1, 60, 7)},
        **{("part", number): drop_before_reply() for number in range(3, 60, 7)},
        ("create", 2): drop_before_reply(reset=True),
        ("complete", 3): reply(500),
    }
    storage = Storage(faults)
    bodies = {f"{number}": bytes([number]) * (6 * MiB + number) for number in range(8)}
    with ScriptedServer(handler=storage) as server:
        with connect(server, max_retries=9, **SETTINGS) as client:
            at_once(client, [put(key, body) for key, body in bodies.items()])
    assert storage.objects == {f"/acme-docs/{key}": body for key, body in bodies.items()}
    assert storage.unfinished == {}


def put(key: str, body: bytes) -> Callable[[MinIOClient], Any]:
    return lambda client: client.put_object("docs", key, body)


# --- faults that stay ----------------------------------------------------------------------------

FINAL: dict[str, tuple[Step, type[MinIOError]]] = {
    "refused": (s3_error(403, "AccessDenied"), AccessDeniedError),
    "failing": (reply(500), ServerError),
    "dropped": (drop_before_reply(), MinIOConnectionError),
    "cut": (drop_after(reply(200, b"x" * 100), bytes=10), MinIOConnectionError),
    "silent": (hang(), MinIOTimeoutError),
    "a web page": (reply(200, b"<html>"), ServerError),
}


@both
@pytest.mark.parametrize("fault", FINAL)
@pytest.mark.parametrize("stage", ["part", "complete"])
def test_an_upload_that_fails_is_ended_and_leaves_nothing(
    connect: Connect, stage: str, fault: str
) -> None:
    step, kind = FINAL[fault]
    storage = Storage({(stage, 0): step})
    with ScriptedServer(handler=storage) as server:
        with connect(server, max_retries=1, timeout=0.3, **SETTINGS) as client:
            with pytest.raises(kind) as caught:
                client.put_object("docs", "a", BODY)
    assert (storage.objects, storage.unfinished) == ({}, {})
    operation = "UploadPart" if stage == "part" else "CompleteMultipartUpload"
    assert (caught.value.operation, caught.value.key) == (operation, "a")


@both
@pytest.mark.parametrize(
    "fault",
    [s3_error(403, "AccessDenied"), reply(500), drop_before_reply(), reply(200, b"<html>"), hang()],
)
def test_the_failure_of_the_abort_never_hides_the_cause(connect: Connect, fault: Step) -> None:
    storage = Storage({("part", 2): s3_error(400, "EntityTooLarge"), ("abort", 0): fault})
    with ScriptedServer(handler=storage) as server:
        with connect(server, max_retries=1, timeout=0.2, **SETTINGS) as client:
            with pytest.raises(MinIOError) as caught:
                client.put_object("docs", "a", BODY)
    assert caught.value.code == "EntityTooLarge"
    assert storage.counts["abort"] >= 1
    assert storage.objects == {}


@both
def test_not_even_an_abort_for_which_there_are_no_more_keys_hides_the_cause(
    connect: Connect,
) -> None:
    storage = Storage({("part", 2): s3_error(400, "EntityTooLarge")})
    asked: list[int] = []

    def keys() -> Any:
        asked.append(1)
        if len(asked) > 4:  # the beginning, and three parts
            raise LookupError("the vault is closed")

    with ScriptedServer(handler=storage) as server:
        with connect(server, credentials=keys, api="s3", **SETTINGS) as client:
            with pytest.raises(MinIOError, match="EntityTooLarge"):
                client.put_object("docs", "a", BODY)


@both
def test_a_part_that_was_stored_without_an_etag_ends_the_upload(connect: Connect) -> None:
    storage = Storage({("part", 2): reply(200)})
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(ServerError, match="without an ETag"):
            client.put_object("docs", "a", BODY)
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_the_deadline_ends_an_upload_and_what_it_has_left_is_still_cleared(
    connect: Connect,
) -> None:
    clock = FakeClock()

    def slowly(exchange: Exchange) -> None:
        clock.advance(6)
        tagged(exchange.request.body)(exchange)

    storage = Storage({("part", 0): slowly})
    with ScriptedServer(handler=storage) as server:
        with connect(server, clock=clock, deadline=10, **SETTINGS) as client:
            with pytest.raises(MinIOTimeoutError, match="the deadline of 10 seconds is over"):
                client.put_object("docs", "a", BODY)
    assert (storage.objects, storage.unfinished) == ({}, {})
    assert storage.counts["abort"] == 1


# --- data that fails -----------------------------------------------------------------------------


@both
@pytest.mark.parametrize("error", [LookupError("theirs"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_of_the_data_ends_the_upload_and_comes_through(
    connect: Connect, error: BaseException
) -> None:
    def data() -> Iterator[bytes]:
        yield BODY[: 7 * MiB]
        raise error

    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(type(error)) as caught:
            client.put_object("docs", "a", data())
    assert caught.value is error
    assert storage.counts["part"] == 1
    assert (storage.objects, storage.unfinished) == ({}, {})


class Lagging(io.BytesIO):
    """A file whose bytes behind the first part come late; it knows whether it is being read.

    Attributes:
        go_on: set when they are to come.
        reads: how many reads are under way.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.go_on = threading.Event()
        self.reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        try:
            if self.tell() >= PART:
                assert self.go_on.wait(10)
            return super().read(size)
        finally:
            self.reads -= 1


@both
def test_nobody_reads_a_file_once_its_upload_has_failed(connect: Connect) -> None:
    """Its caller may go back in it, and upload it again."""
    file = Lagging(BODY)

    def refuse(exchange: Exchange) -> None:
        exchange.read_body()
        threading.Timer(0.05, file.go_on.set).start()
        s3_error(403, "AccessDenied")(exchange)

    storage = Storage({("part", 1): refuse})
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(AccessDeniedError):
            client.upload_object("docs", "a", file)
        assert file.reads == 0
        file.seek(0)
        client.upload_object("docs", "a", file)
    assert storage.objects == {"/acme-docs/a": BODY}


@both
@pytest.mark.parametrize("change", [-1, +1, -6 * MiB])
def test_a_file_that_changes_its_size_is_never_stored(connect: Connect, change: int) -> None:
    class Changing(io.BytesIO):
        """Says one size, has another."""

        def seek(self, offset: int, whence: int = 0, /) -> int:
            return super().seek(offset, whence) - (change if whence == 2 else 0)

    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        for body in (BODY, b"small" * 10):
            if len(body) + change < 0:
                continue
            with pytest.raises(IntegrityError):
                client.put_object("docs", "a", Changing(body))
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_a_length_that_the_data_does_not_have_is_never_stored(connect: Connect) -> None:
    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        for length in (len(BODY) + 1, 20 * MiB):
            with pytest.raises(IntegrityError):
                client.put_object("docs", "a", blocks(), length)
        with pytest.raises(ValidationError):
            client.put_object("docs", "a", BODY, len(BODY) + 1)
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_data_that_is_not_bytes_ends_the_upload(connect: Connect) -> None:
    storage = Storage()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        with pytest.raises(ValidationError, match="must give bytes, not str"):
            client.put_object("docs", "a", iter([BODY[: 7 * MiB], "text"]))  # type: ignore[arg-type]
    assert (storage.objects, storage.unfinished) == ({}, {})


# --- interrupts ----------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs a signal that nobody else uses")
@pytest.mark.parametrize("stage", ["part", "complete"])
def test_ctrl_c_ends_the_upload_of_a_blocking_client(stage: str) -> None:
    def strike(exchange: Exchange) -> None:
        interrupt()
        hang()(exchange)

    threads = set(threading.enumerate())
    storage = Storage({(stage, 1): strike})
    with interrupts(KeyboardInterrupt) as interrupt, ScriptedServer(handler=storage) as server:
        with MinIOClient(config_for(server, **SETTINGS)) as client:
            with pytest.raises(KeyboardInterrupt):
                client.put_object("docs", "a", BODY)
            assert (storage.objects, storage.unfinished) == ({}, {})
            client.put_object("docs", "b", BODY)
    assert storage.objects == {"/acme-docs/b": BODY}
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize("stage", ["part", "complete", "data"])
def test_cancelling_ends_the_upload_of_an_async_client(stage: str) -> None:
    """The task ends as cancelled, once the upload is ended; no task and no connection is left."""
    reached = threading.Event()

    def strike(exchange: Exchange) -> None:
        reached.set()
        hang()(exchange)

    async def data() -> AsyncIterator[bytes]:
        yield BODY[: 7 * MiB]
        if stage == "data":
            reached.set()
            await asyncio.sleep(60)
        yield BODY[7 * MiB :]

    storage = Storage({(stage, 1): strike})

    async def main(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(server, **SETTINGS), clock=FakeClock()) as client:
            task = asyncio.ensure_future(client.put_object("docs", "a", data()))
            await asyncio.to_thread(reached.wait, 10)
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert (storage.objects, storage.unfinished) == ({}, {})
            await client.put_object("docs", "b", BODY)

    with ScriptedServer(handler=storage) as server:
        asyncio.run(main(server))
    assert storage.objects == {"/acme-docs/b": BODY}


def test_ctrl_c_under_asyncio_run_ends_the_upload_too() -> None:
    """asyncio.run cancels what runs when SIGINT comes; the abort is sent before the loop ends."""
    storage = Storage()

    def strike(exchange: Exchange) -> None:
        signal.pthread_kill(main_thread, signal.SIGINT)
        hang()(exchange)

    main_thread = _thread.get_ident()
    storage.faults = {("part", 2): strike}

    async def main(server: ScriptedServer) -> None:
        client = AsyncMinIOClient(config_for(server, **SETTINGS), clock=FakeClock())
        await client.put_object("docs", "a", BODY)

    with ScriptedServer(handler=storage) as server:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(main(server))
    assert (storage.objects, storage.unfinished) == ({}, {})
    assert storage.counts["abort"] == 1


@pytest.mark.parametrize("how", ["one part", "parts"])
def test_a_timeout_of_the_callers_own_ends_the_upload(how: str) -> None:
    storage = Storage({("part", 2): hang(), ("put", 1): hang()})

    async def main(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(server, **SETTINGS), clock=FakeClock()) as client:
            body = BODY if how == "parts" else b"small"
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.put_object("docs", "a", body), 0.5)

    with ScriptedServer(handler=storage) as server:
        asyncio.run(main(server))
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_a_bucket_that_another_call_is_making_at_this_moment(connect: Connect) -> None:
    """SeaweedFS says of it for a moment that it doesn't exist, also to those who would make it."""
    missing = s3_error(404, "NoSuchBucket")
    owned, done = s3_error(409, "BucketAlreadyOwnedByYou"), reply(200, headers={"ETag": '"e"'})
    with ScriptedServer([missing, missing, owned, done]) as server, connect(server) as client:
        assert client.upload_object("docs", "a", b"x").etag == "e"
        assert [request.path for request in server.requests[1:3]] == ["/acme-docs"] * 2
    with ScriptedServer([missing] * 4) as server, connect(server) as client:
        with pytest.raises(BucketNotFoundError):
            client.create_bucket("docs")


class Emerging(Storage):
    """A server without the bucket; of the first writes, which it answers together, the last is late.

    Attributes:
        seen: how many writes were under way when the bucket was made, each time.
    """

    def __init__(self, together: int) -> None:
        super().__init__()
        self.seen: list[int] = []
        self._barrier = threading.Barrier(together)
        self._late = itertools.count(1)
        self._together = together
        self._writing: list[None] = []
        self._exists = threading.Event()

    def __call__(self, request: Request) -> Step:
        if request.path.count("/") == 1:
            self.seen.append(len(self._writing))
            self._exists.set()
            return reply(200, headers={"x-amz-request-id": "1"})
        if self._exists.is_set():
            return super().__call__(request)
        self._writing.append(None)

        def step(exchange: Exchange) -> None:
            exchange.read_body()
            self._barrier.wait(10)
            if next(self._late) == self._together:
                self._exists.wait(0.1)
            self._writing.pop()
            s3_error(404, "NoSuchBucket")(exchange)

        return step


@both
@pytest.mark.parametrize("size", [5, PART + 1], ids=["small", "in parts"])
def test_a_bucket_is_made_when_no_write_is_on_its_way_to_it(connect: Connect, size: int) -> None:
    """SeaweedFS would hide it for good from all who come after a write that hasn't found it."""
    server = Emerging(8)

    def upload(client: MinIOClient) -> Any:
        return client.upload("a", b"x" * size)

    with ScriptedServer(handler=server) as address:
        with connect(address, clock=SYSTEM_CLOCK, pool_size=8, **SETTINGS) as client:
            at_once(client, [upload] * 8)
    assert server.seen
    assert set(server.seen) == {0}
    assert server.objects == {"/acme-default/a": b"x" * size}


@both
def test_a_bucket_that_was_made_is_not_known_at_once(connect: Connect) -> None:
    missing = s3_error(404, "NoSuchBucket")
    done = reply(200, headers={"ETag": '"e"'})
    script = [missing, s3_error(409, "BucketAlreadyOwnedByYou"), missing, missing, done]
    clock = FakeClock()
    with ScriptedServer(script) as server, connect(server, clock=clock) as client:
        assert client.upload_object("docs", "a", b"x").etag == "e"
    assert [request.method for request in server.requests] == ["PUT"] * 5
