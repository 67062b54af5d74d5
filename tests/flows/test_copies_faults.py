"""Copies on servers that misunderstand, fail, lie, or change under the copy: nothing is ever lost."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    BucketNotFoundError,
    MinIOClient,
    MinIOConnectionError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    ServerError,
)
from minio_sdk.flows import copies
from minio_sdk.operations import object_tagging
from tests.both import Connect, both, config_for
from tests.clock import FakeClock
from tests.flows.store import Store, Stored, document
from tests.flows.test_parallel_parts import slow_to_begin
from tests.scripted import (
    Request,
    ScriptedServer,
    Step,
    drop_before_reply,
    hang,
    reply,
    s3_error,
)

SOURCE, DEST = "/acme-docs/a", "/acme-docs/b"


def when(method: str, has: str, step: Step, times: int = 1) -> Callable[[Request], Step | None]:
    """A fault for the first requests of a method whose target or headers have a text."""
    left = [times]

    def fault(request: Request) -> Step | None:
        text = request.target + repr(request.headers)
        if request.method != method or has not in text or not left[0]:
            return None
        left[0] -= 1
        return step

    return fault


# --- servers that don't copy -------------------------------------------------------------------------

MISTAKEN: dict[str, Callable[[MinIOClient], object]] = {
    "over another object": lambda client: client.copy_object("docs", "b", "docs", "a"),
    "metadata": lambda client: client.set_object_metadata("docs", "a", {"x": "y"}),
    "to a new key": lambda client: client.copy_object("docs", "c", "docs", "a"),
}


@both
@pytest.mark.parametrize("call", MISTAKEN)
def test_a_server_that_takes_a_copy_for_an_upload_loses_nothing(
    connect: Connect, call: str
) -> None:
    store = Store({SOURCE: b"source", DEST: b"dest"}, copies=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for _ in range(2):
            with pytest.raises(NotSupportedError, match="doesn't copy.*upload it again") as info:
                MISTAKEN[call](client)
            assert (info.value.operation, info.value.bucket) == ("CopyObject", "docs")
    assert store.data() == {SOURCE: b"source", DEST: b"dest"}
    probes = [line for line in store.asked if copies.PROBE in line]
    assert [line.split()[0] for line in probes] == ["PUT", "DELETE"]  # asked once, and cleared away
    assert store.count("PUT") == 1


@both
@pytest.mark.parametrize("answer", ["<x/>", "<html>hello</html>", "<CopyObjectResult/>"])
def test_a_server_that_says_yes_to_the_question_is_not_believed(
    connect: Connect, answer: str
) -> None:
    store = Store({SOURCE: b"source"}, fault=when("PUT", copies.PROBE, document(answer)))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError):
            client.set_object_metadata("docs", "a", {})
    assert store.data() == {SOURCE: b"source"}
    assert store.count(f"DELETE /acme-docs/{copies.PROBE}") == 1


@both
def test_a_server_that_refuses_copies_is_quoted(connect: Connect) -> None:
    refusal = s3_error(501, "NotImplemented", "no copies here")
    store = Store({SOURCE: b"source"}, fault=when("PUT", copies.PROBE, refusal))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for _ in range(2):
            with pytest.raises(NotSupportedError):
                client.copy_object("docs", "b", "docs", "a")
        with pytest.raises(NotSupportedError):
            client.set_object_metadata("docs", "a", {})
    assert store.count("PUT") == 1
    assert store.data() == {SOURCE: b"source"}


@both
def test_a_server_that_fails_the_question_is_asked_again(connect: Connect) -> None:
    store = Store({SOURCE: b"source"}, fault=when("PUT", copies.PROBE, reply(503), times=2))
    with ScriptedServer(handler=store) as server, connect(server, max_retries=0) as client:
        for _ in range(2):
            with pytest.raises(ServerError):
                client.copy_object("docs", "b", "docs", "a")
        assert client.copy_object("docs", "b", "docs", "a").status == "copied"
    assert store.data() == {SOURCE: b"source", DEST: b"source"}


@both
def test_an_unknown_server_is_asked_once_and_keeps_nothing_of_it(connect: Connect) -> None:
    store = Store({SOURCE: b"source", DEST: b"dest"})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "b", "docs", "a")
        client.with_(timeout=5).copy_object("other", "b", "docs", "a")
        client.set_object_metadata("docs", "a", {"x": "y"})
    assert store.data() == dict.fromkeys([SOURCE, DEST, "/acme-other/b"], b"source")
    assert sum(copies.PROBE in line for line in store.asked) == 1


@both
@pytest.mark.parametrize(
    "name", ["MinIO", "SeaweedFS 30GB 4.48", "AmazonS3", "Ceph Object Gateway (squid)"]
)
def test_a_server_that_is_known_is_not_asked(connect: Connect, name: str) -> None:
    store = Store({SOURCE: b"source"}, name=name)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "b", "docs", "a")
    assert store.asked == [f"HEAD {SOURCE}", f"PUT {DEST}"]


@both
def test_who_may_not_ask_can_copy_to_where_nothing_is_only(connect: Connect) -> None:
    denied = s3_error(403, "AccessDenied")
    store = Store({SOURCE: b"source", DEST: b"dest"})
    store.fault = when("PUT", copies.PROBE, denied, times=9)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="can't be told"):
            client.copy_object("docs", "b", "docs", "a")
        assert store.data()[DEST] == b"dest"
        client.copy_object("docs", "c", "docs", "a")
    assert store.data()["/acme-docs/c"] == b"source"


@both
def test_a_known_server_that_answers_nothing_is_caught(connect: Connect) -> None:
    """A proxy may lie about what is behind it: then the user is told what has happened."""
    store = Store({SOURCE: b"source"}, name="MinIO", copies=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="empty object may stand"):
            client.copy_object("docs", "b", "docs", "a")
        with pytest.raises(NotSupportedError, match="doesn't copy"):
            client.copy_object("docs", "c", "docs", "a")
    assert store.data() == {SOURCE: b"source", DEST: b""}


@both
def test_a_missing_bucket_proves_nothing(connect: Connect) -> None:
    gone = s3_error(404, "NoSuchBucket")
    store = Store({SOURCE: b"source", DEST: b"dest"}, copies=False)
    store.fault = when("PUT", copies.PROBE, gone)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(BucketNotFoundError):
            client.copy_object("docs", "b", "docs", "a")
        with pytest.raises(NotSupportedError):
            client.copy_object("docs", "b", "docs", "a")
    assert store.data() == {SOURCE: b"source", DEST: b"dest"}


@both
def test_one_copy_that_a_server_refuses_is_not_all_copies(connect: Connect) -> None:
    """It may have been the storage class."""
    store = Store({SOURCE: b"source"}, fault=when("PUT", DEST, s3_error(501, "NotImplemented")))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError):
            client.copy_object("docs", "b", "docs", "a", storage_class="GLACIER")
        client.copy_object("docs", "b", "docs", "a")
    assert store.data()[DEST] == b"source"


@both
def test_who_may_not_look_at_a_bucket_may_copy_into_it(connect: Connect) -> None:
    store = Store({SOURCE: b"source"}, name="MinIO")
    store.fault = when("HEAD", "/acme-other", reply(403, headers={"x-amz-request-id": "r"}))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for _ in range(2):
            client.copy_object("other", "b", "docs", "a")
    assert store.count("HEAD /acme-other") == 1


# --- faults on the way --------------------------------------------------------------------------------


@both
def test_an_error_in_a_200_is_one(connect: Connect) -> None:
    broken = document("<Error><Code>InternalError</Code><Message>oh</Message></Error>")
    store = Store({SOURCE: b"source"}, name="MinIO", fault=when("PUT", DEST, broken))
    clock = FakeClock()
    with ScriptedServer(handler=store) as server, connect(server, clock=clock) as client:
        assert client.copy_object("docs", "b", "docs", "a").size == 6
        assert clock.slept == [1]
        store.fault = when("PUT", DEST, broken, times=9)
        with pytest.raises(ServerError, match="oh"):
            client.copy_object("docs", "b", "docs", "a")


@both
def test_a_lost_answer_costs_another_copy(connect: Connect) -> None:
    store = Store({SOURCE: b"source"}, name="MinIO", fault=when("PUT", DEST, drop_before_reply()))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "b", "docs", "a")
    assert store.data()[DEST] == b"source"
    assert store.count(f"PUT {DEST}") == 2


@both
@pytest.mark.parametrize(
    "before, found, ours", [("x", "y", True), ("x", "z", False), ("y", "y", False)]
)
def test_a_lost_answer_of_a_change_of_metadata(
    connect: Connect, before: str, found: str, ours: bool
) -> None:
    """A copy can have another ETag than its source: then the next try finds a changed object."""
    store = Store(name="MinIO")
    store.objects[SOURCE] = Stored(b"source", {"x-amz-meta-x": before})

    def change_and_drop(request: Request) -> Step | None:
        if request.method != "PUT" or store.count("PUT") > 1:
            return None
        store.objects[SOURCE] = Stored(b"SOURCE", {"x-amz-meta-x": found})
        return drop_before_reply()

    store.fault = change_and_drop
    with ScriptedServer(handler=store) as server, connect(server) as client:
        if ours:
            response = client.set_object_metadata("docs", "a", {"x": "y"})
            assert response.etag == Stored(b"SOURCE").etag
        else:
            with pytest.raises(ObjectChangedError):
                client.set_object_metadata("docs", "a", {"x": "y"})
    assert store.data() == {SOURCE: b"SOURCE"}


@both
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("data", [b"old", b"older and longer"], ids=["whole", "in parts"])
def test_a_source_that_changes_meanwhile_is_not_copied(connect: Connect, data: bytes) -> None:
    store = Store({SOURCE: data}, name="MinIO")

    def overwrite(request: Request) -> Step | None:
        if request.header("x-amz-copy-source"):
            store.objects[SOURCE] = Stored(b"new")
        return None

    store.fault = overwrite
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError, match="copy it again") as info:
            client.copy_object("docs", "b", "docs", "a")
    assert info.value.code == "PreconditionFailed"
    assert store.data() == {SOURCE: b"new"}
    assert store.unfinished == {}


@both
@pytest.mark.usefixtures("small")
def test_parts_of_two_generations_are_never_joined(connect: Connect) -> None:
    """A server that passes conditions over is looked at once more."""
    store = Store({SOURCE: b"0123456789"}, name="MinIO", conditional=False)

    def overwrite(request: Request) -> Step | None:
        if "partNumber=3" in request.query:
            store.objects[SOURCE] = Stored(b"9876543210")
        return None

    store.fault = overwrite
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError):
            client.copy_object("docs", "b", "docs", "a")
    assert list(store.objects) == [SOURCE]
    assert store.unfinished == {}


@both
def test_a_source_that_goes_away_meanwhile_is_named(connect: Connect) -> None:
    store = Store({SOURCE: b"x"}, name="MinIO", fault=when("PUT", DEST, s3_error(404, "NoSuchKey")))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError) as info:
            client.copy_object("docs", "b", "docs", "a")
    assert (info.value.bucket, info.value.key) == ("docs", "a")


@both
def test_what_the_server_says_of_the_source_is_in_the_tenant_s_names(connect: Connect) -> None:
    told = s3_error(403, "AccessDenied", "you may not read acme-docs, nor write acme-other")
    store = Store({SOURCE: b"x"}, name="MinIO", fault=when("PUT", "/acme-other/b", told))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError, match="read docs, nor write other"):
            client.copy_object("other", "b", "docs", "a")


@both
def test_a_bucket_that_isn_t_there_is_asked_for_once_a_minute(connect: Connect) -> None:
    """SeaweedFS answers 500 to a copy into a missing bucket, which would be tried again and again."""
    store = Store({SOURCE: b"x"}, name="SeaweedFS")
    store.fault = lambda request: (
        reply(404, headers={"x-amz-request-id": "r"})
        if request.target == "/acme-other" and store.count("HEAD /acme-other") == 1
        else None
    )
    clock = FakeClock()
    with ScriptedServer(handler=store) as server, connect(server, clock=clock) as client:
        with pytest.raises(BucketNotFoundError) as info:
            client.copy_object("other", "b", "docs", "a")
        assert (info.value.bucket, info.value.key) == ("other", "b")
        for _ in range(3):
            client.copy_object("other", "b", "docs", "a")
        assert store.count("HEAD /acme-other") == 2
        clock.advance(61)
        client.copy_object("other", "b", "docs", "a")
        assert store.count("HEAD /acme-other") == 3
        client.copy_object("docs", "b", "docs", "a")  # where the source is, the bucket is
        assert store.count("HEAD /acme-docs/") == store.count("PUT") + 1
        assert store.count("HEAD /acme-docs") == store.count("HEAD /acme-docs/")


# --- in parts -----------------------------------------------------------------------------------------


@both
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("data", [b"01234", b"012345", b"0123456789"])
def test_parts_are_the_whole(connect: Connect, data: bytes) -> None:
    store = Store(name="MinIO")
    described = {
        "content-type": "text/x", "content-encoding": "x-thing", "cache-control": "no-store",
        "expires": "Mon, 01 Dec 2036 16:00:00 GMT", "x-amz-meta-who": "=?UTF-8?B?Wm/Dqw==?=",
        "content-disposition": "inline", "content-language": "de",
    }  # fmt: skip
    store.objects[SOURCE] = Stored(data, described, "of=the+source")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        response = client.copy_object("docs", "b", "docs", "a")
    assert (response.status, response.size, response.bucket) == ("copied", len(data), "docs")
    assert store.objects[DEST] == Stored(data, described, "of=the+source")
    for request in store.requests:
        if "partNumber" in request.query:
            assert request.header("x-amz-copy-source") == "acme-docs/a"
            assert request.header("x-amz-copy-source-if-match") == f'"{Stored(data).etag}"'


@both
@pytest.mark.usefixtures("small")
def test_parts_are_no_more_than_s3_allows(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MAX_PARTS", 2)
    store = Store({SOURCE: b"0123456789"}, name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "b", "docs", "a", tags={})
    assert sum("partNumber" in line for line in store.asked) == 2
    assert store.data()[DEST] == b"0123456789"


@both
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("has", ["partNumber=2", "uploadId=u1"])
def test_a_copy_in_parts_that_fails_leaves_nothing(connect: Connect, has: str) -> None:
    method = "PUT" if "part" in has else "POST"
    store = Store({SOURCE: b"0123456789", DEST: b"dest"}, name="MinIO")
    store.fault = when(method, has, s3_error(403, "AccessDenied"))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError):
            client.copy_object("docs", "b", "docs", "a")
    assert store.data() == {SOURCE: b"0123456789", DEST: b"dest"}
    assert store.unfinished == {}


@both
@pytest.mark.usefixtures("small")
def test_a_connection_that_stays_down_leaves_no_object(connect: Connect) -> None:
    store = Store({SOURCE: b"0123456789"}, name="MinIO")
    store.fault = when("PUT", "partNumber=2", drop_before_reply(), times=99)
    with ScriptedServer(handler=store) as server, connect(server, max_retries=1) as client:
        with pytest.raises(MinIOConnectionError):
            client.copy_object("docs", "b", "docs", "a")
    assert list(store.objects) == [SOURCE]
    assert store.unfinished == {}


@both
@pytest.mark.usefixtures("small")
def test_the_lost_answer_of_the_end_is_settled(connect: Connect) -> None:
    """The object is there, though its upload isn't."""
    store = Store({SOURCE: b"0123456789"}, name="MinIO")
    done: list[str] = []

    def lose(request: Request) -> Step | None:
        if request.method != "POST" or "uploadId" not in request.query or done:
            return None
        digests = b"".join(hashlib.md5(part).digest() for part in (b"012", b"345", b"678", b"9"))
        done.append(f"{hashlib.md5(digests).hexdigest()}-4")
        store.objects[DEST] = Stored(b"0123456789", {"ETag": f'"{done[0]}"'})
        store.unfinished.clear()
        return drop_before_reply()

    store.fault = lose
    with ScriptedServer(handler=store) as server, connect(server) as client:
        response = client.copy_object("docs", "b", "docs", "a")
    assert (response.status, response.size, response.etag) == ("copied", 10, done[0])


@pytest.mark.asyncio
@pytest.mark.usefixtures("small")
async def test_a_cancelled_copy_leaves_nothing() -> None:
    store = Store({SOURCE: b"0123456789"}, name="MinIO")
    store.fault = when("PUT", "partNumber=4", hang(), times=9)
    with ScriptedServer(handler=store) as server:
        async with AsyncMinIOClient(config_for(server)) as client:
            copying = asyncio.ensure_future(client.copy_object("docs", "b", "docs", "a"))
            await asyncio.to_thread(server.wait_for, 7)  # HEAD, tags, begin, four parts
            copying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await copying
    assert list(store.objects) == [SOURCE]
    assert store.unfinished == {}
    assert store.asked[-1] == f"DELETE {DEST}?uploadId=u1"


@pytest.mark.asyncio
@pytest.mark.usefixtures("small")
async def test_a_copy_that_is_cancelled_while_it_begins_leaves_nothing() -> None:
    store = Store({SOURCE: b"0123456789"}, name="MinIO")
    reached = threading.Event()
    with ScriptedServer(handler=slow_to_begin(store, reached.set)) as server:
        async with AsyncMinIOClient(config_for(server)) as client:
            copying = asyncio.ensure_future(client.copy_object("docs", "b", "docs", "a"))
            await asyncio.to_thread(reached.wait, 10)
            copying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await copying
    assert list(store.objects) == [SOURCE]
    assert store.unfinished == {}
    assert store.asked[-1] == f"DELETE {DEST}?uploadId=u1"


@both
@pytest.mark.usefixtures("small")
def test_parts_of_nothing_are_not_taken_for_the_object(connect: Connect) -> None:
    store = Store({SOURCE: b"0123456789", DEST: b"dest"}, name="MinIO", copies=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="can't copy in parts"):
            client.copy_object("docs", "b", "docs", "a")
    assert store.data() == {SOURCE: b"0123456789", DEST: b"dest"}
    assert store.unfinished == {}


@both
@pytest.mark.usefixtures("small")
def test_tags_that_may_not_be_read_are_not_lost_in_silence(connect: Connect) -> None:
    store = Store({SOURCE: b"0123456789"}, name="MinIO")
    store.fault = when("GET", "?tagging", s3_error(403, "AccessDenied"), times=9)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError):
            client.copy_object("docs", "b", "docs", "a")
        client.copy_object("docs", "b", "docs", "a", tags={"x": "y"})
    assert store.objects[DEST].tags == "x=y"


@both
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("limit", [4, 1000])
def test_a_server_without_tags_has_none_to_carry(
    connect: Connect, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers with the object, of which no more is read than tags can be long."""
    monkeypatch.setattr(object_tagging, "MAX_ANSWER", limit)
    store = Store({SOURCE: b"0123456789"}, tagging=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "b", "docs", "a")
    assert store.data()[DEST] == b"0123456789"


@both
@pytest.mark.usefixtures("small")
def test_a_source_without_an_etag_is_not_copied_in_parts(connect: Connect) -> None:
    bare = reply(200, headers={"x-amz-request-id": "r"}, content_length=10)
    store = Store({SOURCE: b"0123456789"}, name="MinIO", fault=when("HEAD", SOURCE, bare))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="no ETag"):
            client.copy_object("docs", "b", "docs", "a")
