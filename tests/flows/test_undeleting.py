"""Deleted objects come back, and nothing that others store meanwhile is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    BucketNotFoundError,
    BulkResult,
    Cache,
    ConflictError,
    MinIOError,
    NotSupportedError,
    ObjectInfo,
    ObjectNotFoundError,
    ServerError,
    UndeletedObject,
    ValidationError,
    VersionNotFoundError,
)
from minio_sdk.blocking import run
from minio_sdk.flows import bulk, objects, reading, undeleting, undeleting_many
from minio_sdk.wire.message import Reply, Request
from tests.both import Connect, both
from tests.flows.memory import Bucket, Killed, Memory
from tests.flows.test_moments import Listed, at
from tests.scripted import ScriptedServer, reply, s3_error


@pytest.fixture
def server() -> Memory:
    found = Memory()
    found.buckets["acme-docs"] = Bucket(versioned=True)
    return found


def put(server: Memory, key: str, *history: bytes | None) -> None:
    for data in history:
        server.store("acme-docs", key, data)


def history(server: Memory, key: str) -> list[tuple[str, bytes | None]]:
    return [(v.id, v.data) for v in server.buckets["acme-docs"].keys.get(key, [])]


def undelete(server: Memory, key: str = "k", **how: Any) -> UndeletedObject:
    return run(undeleting.undelete(server.engine(), "docs", key, **how))


def undelete_all(server: Memory, prefix: Any = "", since: Any = None, **how: Any) -> BulkResult:
    how = {"copy": False, "dry_run": False, **how}
    engine = server.engine()
    return run(undeleting_many.undelete(engine, "docs", prefix, since, job=bulk.Job(), **how))


def test_all_markers_on_top_go_and_no_other(server: Memory) -> None:
    put(server, "k", b"1", None, b"22", None, None)
    put(server, "k-", b"3", None)
    planned = undelete(server, dry_run=True)
    assert (planned.dry_run, planned.removed, planned.version_id) == (True, ("v5", "v4"), "v3")
    assert len(history(server, "k")) == 5
    found = undelete(server)
    assert found.removed == ("v5", "v4")
    assert (found.bucket, found.key, found.version_id, found.size) == ("docs", "k", "v3", 2)
    assert found.last_modified == at(3)
    assert history(server, "k") == [("v3", b"22"), ("v2", None), ("v1", b"1")]
    assert len(history(server, "k-")) == 2


def test_a_copy_leaves_the_history_as_it_is(server: Memory) -> None:
    server.store("acme-docs", "k", b"1", {"content-type": "text/x"}, {"a": "b"})
    put(server, "k", None)
    planned = undelete(server, copy=True, dry_run=True)
    assert (planned.copied, planned.removed, planned.version_id) == (True, (), "v1")
    found = undelete(server, copy=True)
    assert (found.copied, found.removed, found.version_id) == (True, (), "v3")
    assert history(server, "k") == [("v3", b"1"), ("v2", None), ("v1", b"1")]
    (now, *_) = server.buckets["acme-docs"].keys["k"]
    assert (now.headers["content-type"], now.tags) == ("text/x", {"a": "b"})


@pytest.mark.parametrize(
    "stored, error, words",
    [
        ([b"1"], ConflictError, "isn't deleted"),
        ([None, b"1", None, b"2"], ConflictError, "isn't deleted"),
        ([None], VersionNotFoundError, "only delete markers are left"),
        ([], ObjectNotFoundError, "no version of it is left"),
    ],
)
@pytest.mark.parametrize("how", [{}, {"copy": True}, {"dry_run": True}], ids=str)
def test_what_can_t_be_brought_back(
    server: Memory, stored: list[Any], error: type[MinIOError], words: str, how: dict[str, Any]
) -> None:
    put(server, "k", *stored)
    put(server, "k/below", b"1", None)
    before = history(server, "k")
    with pytest.raises(error, match=words) as info:
        undelete(server, **how)
    failed = info.value
    assert (failed.operation, failed.bucket, failed.key) == ("UndeleteObject", "docs", "k")
    assert history(server, "k") == before


def test_a_bucket_without_versions_has_nothing_to_bring_back(server: Memory) -> None:
    server.buckets["acme-docs"] = Bucket()
    put(server, "there", b"1")
    for call in (lambda: undelete(server), lambda: undelete_all(server)):
        with pytest.raises(NotSupportedError, match="keeps no versions"):
            call()
    with pytest.raises(ConflictError, match="isn't deleted"):
        undelete(server, "there")
    with pytest.raises(BucketNotFoundError):
        run(undeleting.undelete(server.engine(), "no-such", "k"))


def test_a_missing_bucket_of_a_prefix() -> None:
    server = Memory()
    server.buckets["tenants"] = Bucket(versioned=True)
    engine = server.engine(tenancy="prefix")
    for flow in (
        undeleting.undelete(engine, "docs", "k"),
        undeleting_many.undelete(engine, "docs", "", None, False, False, bulk.Job()),
    ):
        with pytest.raises(BucketNotFoundError):
            run(flow)


def test_what_is_stored_meanwhile_stays(server: Memory) -> None:
    """At whatever request it comes."""
    for moment in range(1, 6):
        server.buckets["acme-docs"].keys.clear()
        put(server, "k", b"1", None, None)
        before = server.asked

        def stored(_: Request, wanted: int = before + moment) -> None:
            if server.asked == wanted:
                put(server, "k", b"new")

        server.before = stored
        try:
            undelete(server)
        except ConflictError:
            assert moment == 1
        assert run(objects.get(server.engine(), "docs", "k")) == b"new"


def test_a_second_run_after_a_kill_ends_what_the_first_began(server: Memory) -> None:
    for request in range(1, 6):
        server.buckets["acme-docs"].keys.clear()
        put(server, "k", b"1", None, None)
        before = server.asked

        def killed(_: Request, wanted: int = before + request) -> None:
            if server.asked == wanted:
                raise Killed

        server.before = killed
        with pytest.raises(Killed):
            undelete(server)
        server.before = lambda _: None
        if history(server, "k")[0][1] is None:
            undelete(server)
        assert [data for _, data in history(server, "k")] == [b"1"]


def test_a_server_that_keeps_the_marker_is_not_asked_for_ever(server: Memory) -> None:
    put(server, "k", b"1", None)
    server._delete = lambda *_: Reply(204, {})  # type: ignore[method-assign]
    asked = server.asked
    with pytest.raises(ServerError, match="shows it still") as info:
        undelete(server)
    assert info.value.hint == "copy=True"
    assert server.asked - asked == 3


def test_a_listing_that_calls_nothing_the_latest() -> None:
    server = Listed([("k", "m2", 2, "m"), ("k", "v1", 1, "")])
    with pytest.raises(VersionNotFoundError, match="none of its versions is current"):
        undelete(server)


def test_the_cache_knows_of_it(server: Memory) -> None:
    engine = server.engine(cache=Cache(trust=60))
    put(server, "k", b"1")
    assert run(reading.get(engine, "docs", "k")) == b"1"
    run(objects.delete(engine, "docs", "k"))
    put(server, "k", b"22", None)
    with pytest.raises(ObjectNotFoundError):
        run(reading.get(engine, "docs", "k"))
    run(undeleting.undelete(engine, "docs", "k"))
    assert run(reading.get(engine, "docs", "k")) == b"22"


# --- many ---------------------------------------------------------------------------------------------


def test_all_that_is_deleted_below_a_prefix(server: Memory) -> None:
    put(server, "a/1", b"1", None, None)
    put(server, "a/2", b"2")
    put(server, "a/3", None)
    put(server, "a/4", b"4", None)
    put(server, "b/5", b"5", None)
    planned = undelete_all(server, "a/", dry_run=True)
    assert [found.key for found in planned] == ["a/1", "a/4"]
    assert all(found.dry_run for found in planned)
    done = undelete_all(server, "a/")
    assert done.ok
    assert [(found.key, found.removed) for found in done] == [
        ("a/1", ("v3", "v2")),
        ("a/4", ("v7",)),
    ]
    assert [key for key in ("a/1", "a/3", "a/4", "b/5") if history(server, key)[0][1]] == [
        "a/1",
        "a/4",
    ]
    assert [found.key for found in undelete_all(server, copy=True)] == ["b/5"]
    assert len(undelete_all(server)) == 0


@pytest.mark.parametrize(
    "since, keys",
    [(1, ["early", "late", "twice"]), (5, ["late", "twice"]), (5.5, ["late"]), (8, [])],
)
def test_only_what_was_deleted_since(server: Memory, since: float, keys: list[str]) -> None:
    """What was deleted twice went with the first time."""
    put(server, "early", b"1", None)  # 2
    put(server, "late", b"1")
    put(server, "twice", b"1", None)  # 5
    put(server, "late", None)  # 6
    put(server, "twice", None)
    assert [found.key for found in undelete_all(server, since=at(since), dry_run=True)] == keys


def test_one_that_fails_loses_none_of_the_others(server: Memory) -> None:
    for key in ("a", "b", "c"):
        put(server, key, b"1", None)

    def refused(request: Request) -> None:
        if request.method == "DELETE" and request.path.endswith("/b"):
            raise AccessDeniedError("no", code="AccessDenied", status=403)

    server.before = refused
    done = undelete_all(server)
    assert (done.succeeded, done.failed) == (2, 1)
    assert isinstance(done[1], AccessDeniedError)
    assert done[1].key == "b"


def test_a_listing_that_breaks_off_ends_it(server: Memory) -> None:
    put(server, "a", b"1", None)

    def broken(request: Request) -> None:
        if "versions=" in request.query:
            raise ServerError("broken", status=500)

    server.before = broken
    with pytest.raises(ServerError, match="broken"):
        undelete_all(server)


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda server: undelete(server, copy=1), "copy"),
        (lambda server: undelete(server, dry_run="no"), "dry_run"),
        (lambda server: undelete(server, ""), "key"),
        (lambda server: undelete_all(server, since="2026-01-01T10:00"), "since"),
        (lambda server: undelete_all(server, 7), "prefix"),
        (lambda server: undelete_all(server, copy=None), "copy"),
    ],
)
def test_a_bad_argument_is_named(
    server: Memory, call: Callable[[Memory], object], named: str
) -> None:
    with pytest.raises(ValidationError, match=f"^{named}"):
        call(server)
    assert server.asked == 0


def test_dates_count_where_markers_are_listed_behind() -> None:
    found = undeleting.Deleted()
    entries = [("v", 3, False, False), ("v1", 1, False, False), ("m5", 5, True, True),
               ("m4", 4, True, False), ("m2", 2, True, False)]  # fmt: skip
    for id, second, marker, latest in entries:
        found.add(
            ObjectInfo(key="k", version_id=id, last_modified=at(second), is_delete_marker=marker,
                       is_latest=latest)
        )  # fmt: skip
    assert found.restorable
    assert [marker.version_id for marker in found.markers] == ["m5", "m4"]
    assert [found.went_after(at(n)) for n in (4, 5)] == [True, False]


@both
def test_both_clients_remove_the_marker_by_its_id(connect: Connect) -> None:
    server = Listed([("k", "m2", 2, "ml"), ("k", "v1", 1, "")])
    before = reply(200, bytes(server._versions(Bucket(), {}).body))
    server.entries = [("k", "v1", 1, "l")]
    after = reply(200, bytes(server._versions(Bucket(), {}).body))
    with ScriptedServer([before, reply(204), after]) as scripted, connect(scripted) as client:
        assert client.undelete_object("docs", "k").removed == ("m2",)
        sent = scripted.requests[1]
        assert (sent.method, sent.path, sent.query) == ("DELETE", "/acme-docs/k", "versionId=m2")
    with ScriptedServer([s3_error(403, "AccessDenied")]) as scripted, connect(scripted) as client:
        with pytest.raises(AccessDeniedError):
            client.undelete_objects("docs")
