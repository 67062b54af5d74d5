"""Version ids in buckets without versions: nothing is changed by one that can't be."""

from __future__ import annotations

import pytest

from minio_sdk import DeleteError, VersionNotFoundError
from minio_sdk.blocking import run
from minio_sdk.flows import object_tags, objects, versions
from tests.both import Connect, both, stored
from tests.flows.memory import Bucket, Memory
from tests.scripted import ScriptedServer, Step, reply, s3_error

OTHER = "00000000-0000-0000-0000-000000000000"
EMPTY = "<VersioningConfiguration/>"
ENABLED = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"


def kept(memory: Memory) -> tuple[bytes | None, dict[str, str]]:
    (version,) = memory.buckets["acme-docs"].keys["k"]
    return version.data, version.tags


def test_nothing_is_changed_by_a_version_that_the_bucket_can_t_have() -> None:
    memory = Memory()
    memory.buckets["acme-docs"] = Bucket()
    memory.store("acme-docs", "k", b"1", tags={"a": "b"})
    engine = memory.engine()
    for flow in (
        objects.delete(engine, "docs", "k", OTHER),
        object_tags.get(engine, "docs", "k", OTHER),
        object_tags.put(engine, "docs", "k", {"c": "d"}, OTHER),
        object_tags.delete(engine, "docs", "k", OTHER),
        objects.head(engine, "docs", "k", OTHER),
    ):
        with pytest.raises(VersionNotFoundError) as caught:
            run(flow)
        assert (caught.value.bucket, caught.value.key) == ("docs", "k")
    result = run(objects.delete_objects(engine, "docs", [("k", OTHER), ("other", None)]))
    assert result.errors == (
        DeleteError(key="k", version_id=OTHER, code="NoSuchVersion", message=versions.NO_VERSIONS),
    )
    assert kept(memory) == (b"1", {"a": "b"})
    run(objects.delete(engine, "docs", "k", "null"))
    assert memory.buckets["acme-docs"].keys == {}


def test_a_version_is_removed_where_there_are_some() -> None:
    memory = Memory()
    memory.buckets["acme-docs"] = Bucket(versioned=True)
    first = memory.store("acme-docs", "k", b"1")
    memory.store("acme-docs", "k", b"2")
    engine = memory.engine()
    run(objects.delete(engine, "docs", "k", first.id))
    assert kept(memory) == (b"2", {})


@both
@pytest.mark.parametrize(
    "found, removed",
    [
        (reply(200, headers={"ETag": '"e"', "x-amz-version-id": "v"}), True),
        (stored(), False),
        (reply(404, headers={"x-amz-request-id": "r"}), False),
        (reply(405, headers={"x-amz-delete-marker": "true"}), True),
        (reply(403), True),
    ],
    ids=["it is there", "another one", "none", "a delete marker", "not allowed"],
)
def test_keys_that_may_not_ask_the_bucket_ask_for_the_version(
    connect: Connect, found: Step, removed: bool
) -> None:
    script: list[Step] = [s3_error(403, "AccessDenied"), found]
    if removed:
        script.append(reply(204))
    with ScriptedServer(script) as server, connect(server) as client:
        if removed:
            client.delete_object("docs", "k", version_id="v")
        else:
            with pytest.raises(VersionNotFoundError):
                client.delete_object("docs", "k", version_id="v")
    assert [request.method for request in server.requests][:2] == ["GET", "HEAD"]


@both
@pytest.mark.parametrize("document, asked", [(EMPTY, 1), (ENABLED, 2)])
def test_the_bucket_is_asked_once(connect: Connect, document: str, asked: int) -> None:
    deleted = b"<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>"
    answers: list[Step] = [reply(200, document.encode()), reply(200, deleted)]
    with ScriptedServer(answers[:asked]) as server, connect(server) as client:
        result = client.delete_objects("docs", [("k", "v"), ("k", "v")])
    assert len(server.requests) == asked
    assert bool(result) is (document == ENABLED)
