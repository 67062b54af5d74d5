"""Results of jobs over many objects."""

from __future__ import annotations

import pickle

import pytest

from minio_sdk import BulkResult, MinIOError, MirrorResult, ObjectNotFoundError


def test_a_bulk_result_is_the_sequence_of_its_results() -> None:
    found = BulkResult(results=(b"a", b"b"), succeeded=2, bytes=2)
    assert (list(found), len(found), found[0], found[-1], found[:1]) == (
        [b"a", b"b"], 2, b"a", b"b", (b"a",),
    )  # fmt: skip
    assert found


def test_it_reads_by_names_too() -> None:
    found = BulkResult(results=(b"a",), succeeded=1, bytes=1)
    assert found["bytes"] == found.bytes == 1
    assert dict(found)["results"] == (b"a",)
    assert {**found}["succeeded"] == 1
    with pytest.raises(KeyError):
        found["nothing"]


def test_errors_make_it_false_and_nothing_to_do_does_not() -> None:
    error = ObjectNotFoundError("gone")
    assert not BulkResult(results=(error,), errors=(error,), ok=False, failed=1)
    assert BulkResult(results=())


def test_its_text_has_no_data_in_it() -> None:
    assert "secret" not in repr(BulkResult(results=(b"secret",)))


def test_they_pickle() -> None:
    error = ObjectNotFoundError("gone", key="k")
    found = pickle.loads(pickle.dumps(BulkResult(results=(error,), errors=(error,), ok=False)))
    assert found.errors[0].key == "k"
    mirrored = pickle.loads(pickle.dumps(MirrorResult(failed={"a": MinIOError("x")})))
    assert not mirrored
    assert mirrored.failed["a"].message == "x"
    assert MirrorResult(copied=("a",))
