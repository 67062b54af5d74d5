"""DeleteObjects: golden requests, real answers, and answers that don't fit."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import DeletedObject, DeleteError, DeleteResult, ServerError, ValidationError
from minio_sdk.operations.delete_objects import Delete, DeleteObjects, ObjectToDelete, listable
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError, read
from tests.samples import BELOW, KEY, OTHER, SAMPLES, SERVERS, replayed
from tests.strategies import MODERATE, keys

every_origin = pytest.mark.parametrize("origin", SERVERS)
NO_VERSION = "00000000-0000-0000-0000-000000000000"


@every_origin
def test_objects_are_removed_in_one_request(origin: str) -> None:
    operation = DeleteObjects(SAMPLES, [(KEY, None), ("never was", None), (OTHER, NO_VERSION)])
    result = replayed("DeleteObjects", origin, operation)
    assert [(item.key, item.delete_marker) for item in result.deleted] == [
        (KEY, False),
        ("never was", False),
        (OTHER, False),
    ]
    assert result


@every_origin
def test_below_a_prefix_names_go_out_and_come_back_through_it(origin: str) -> None:
    result = replayed("DeleteObjects-prefix", origin, DeleteObjects(BELOW, [(KEY, None)]))
    assert result == DeleteResult(deleted=(DeletedObject(key=KEY),))


def answer(inside: str) -> Reply:
    return Reply(200, {}, f"<DeleteResult>{inside}</DeleteResult>".encode())


def test_what_was_not_removed_says_why_with_the_tenant_s_names() -> None:
    result = DeleteObjects(BELOW, [("a", "v1"), ("b", "v3")]).parse(
        answer(
            "<Deleted><Key>acme/samples/a</Key><DeleteMarker>true</DeleteMarker>"
            "<DeleteMarkerVersionId>v2</DeleteMarkerVersionId><VersionId>v1</VersionId></Deleted>"
            "<Error><Key>acme/samples/b</Key><Code>AccessDenied</Code><VersionId>v3</VersionId>"
            "<Message>acme/samples/b in tenants is locked</Message></Error>"
        )
    )
    assert result == DeleteResult(
        deleted=(
            DeletedObject(
                key="a", version_id="v1", delete_marker=True, delete_marker_version_id="v2"
            ),
        ),
        errors=(
            DeleteError(
                key="b", version_id="v3", code="AccessDenied", message="b in samples is locked"
            ),
        ),
    )
    assert not result


def test_what_was_not_asked_for_is_not_told() -> None:
    """An answer to somebody else's request; below a bucket of one's own, keys say not whose they are."""
    mixed = answer("<Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>C</Code></Error>")
    assert DeleteObjects(replace(BELOW, prefix=""), [("c", None)]).parse(mixed) == DeleteResult()


@pytest.mark.parametrize("tag", ["Deleted", "Error"])
def test_a_key_that_is_not_the_tenant_s_is_an_error_and_nothing_is_shown(tag: str) -> None:
    with pytest.raises(ServerError) as caught:
        DeleteObjects(BELOW, []).parse(answer(f"<{tag}><Key>other/secret-name</Key></{tag}>"))
    assert "secret-name" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"<ListBucketResult/>", b"<html/>", b"<Deleted><Key>k</Key></Deleted>"]
)
def test_another_document_is_no_result(body: bytes) -> None:
    with pytest.raises(XmlError):
        DeleteObjects(SAMPLES, [("k", None)]).parse(Reply(200, {}, body))


def test_an_answer_that_names_no_key_is_refused() -> None:
    with pytest.raises(XmlError, match="<Deleted> has no <Key>"):
        DeleteObjects(SAMPLES, []).parse(answer("<Deleted/>"))


@MODERATE
@given(st.lists(st.tuples(keys.filter(listable), st.none() | st.just("v/1")), max_size=4))
def test_the_body_carries_every_key_and_its_digest_fits(
    wanted: list[tuple[str, str | None]],
) -> None:
    request = DeleteObjects(BELOW, wanted).request()
    body = request.body
    assert isinstance(body, bytes)
    assert read(Delete, body).objects == tuple(
        ObjectToDelete(f"acme/samples/{key}", version) for key, version in wanted
    )
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    assert request.headers["content-md5"] == digest
    assert request.error_in_ok


@pytest.mark.parametrize(
    "key", ["a\0", "\x1b", "\ufffe", "..", ".", "../x", "a/../b", "a/.", "a\\..\\b", "./a"]
)
def test_a_key_that_can_t_stand_in_a_body_is_refused(key: str) -> None:
    """Some XML can't carry; dots between slashes MinIO resolves there, into another tenant's place."""
    assert not listable(key)
    with pytest.raises(ValidationError, match="by a request of its own"):
        DeleteObjects(BELOW, [(key, None)]).request()


@pytest.mark.parametrize(
    "key", ["...", "..a", "a..", "a/..b", "a.b", ".hidden", "a/...", "a//b", "é\r"]
)
def test_dots_in_a_name_are_no_harm(key: str) -> None:
    assert listable(key)
