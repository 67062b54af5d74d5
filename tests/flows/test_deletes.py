"""What a server says of the versions of one key: each pair has the report that is about it, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import DeletedObject, DeleteError, DeleteResult
from minio_sdk.flows.deletes import reports
from tests.both import Connect, both
from tests.scripted import ScriptedServer, reply

ENABLED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"

Pair = tuple[str, str | None]


def gone(key: str, version: str | None = None) -> DeletedObject:
    return DeletedObject(key=key, version_id=version)


def kept(key: str, version: str | None = None) -> DeleteError:
    return DeleteError(key=key, version_id=version, code="AccessDenied")


@pytest.mark.parametrize(
    "pairs, said, told",
    [
        ([("a", "1"), ("a", "2")], [gone("a", "1")], {("a", "1")}),
        ([("a", "1"), ("a", "2")], [gone("a", "1"), gone("a", "2")], {("a", "1"), ("a", "2")}),
        ([("a", "1"), ("a", "2")], [gone("a")], set()),  # of which of the two?
        ([("a", "1"), ("a", "2")], [gone("a"), gone("a")], {("a", "1"), ("a", "2")}),
        ([("a", "1"), ("a", "2")], [gone("a"), kept("a")], set()),
        ([("a", "1"), ("a", None)], [gone("a"), gone("a")], {("a", "1"), ("a", None)}),
        ([("a", "1"), ("a", None)], [gone("a")], {("a", None)}),
        ([("a", "1"), ("b", None)], [gone("a"), gone("b", "9")], {("a", "1"), ("b", None)}),
        ([("a", None)], [gone("b")], set()),
    ],
)  # fmt: skip
def test_reports(
    pairs: list[Pair], said: list[DeletedObject | DeleteError], told: set[Pair]
) -> None:
    deleted = tuple(each for each in said if isinstance(each, DeletedObject))
    errors = tuple(each for each in said if isinstance(each, DeleteError))
    assert set(reports(pairs, DeleteResult(deleted=deleted, errors=errors))) == told


def test_an_error_counts_more_than_a_success() -> None:
    found = reports([("a", None)], DeleteResult(deleted=(gone("a"),), errors=(kept("a"),)))
    assert found == {("a", None): kept("a")}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([None, "1", "2"])), unique=True))
def test_a_server_that_repeats_all_is_taken_at_its_word(pairs: list[Pair]) -> None:
    answers = [gone(*pair) for pair in pairs]
    found = reports(pairs, DeleteResult(deleted=tuple(answers)))
    assert found == dict(zip(pairs, answers, strict=True))


@both
def test_one_version_reported_and_the_other_not(connect: Connect) -> None:
    answer = (
        b"<DeleteResult><Deleted><Key>a</Key><VersionId>v1</VersionId></Deleted></DeleteResult>"
    )
    script = [reply(200, ENABLED), reply(200, answer)] * 2
    with ScriptedServer(script) as server, connect(server) as client:
        result = client.delete_objects("docs", [("a", "v1"), ("a", "v2")])
        assert [found.version_id for found in result.deleted] == ["v1"]
        assert [(e.version_id, e.code) for e in result.errors] == [("v2", "NotReported")]
        done = client.delete_many([("a", "v1"), ("a", "v2")], bucket="docs")
        assert done[0] == result.deleted[0]
        assert (done[1].code, done[1].key) == ("NotReported", "a")
