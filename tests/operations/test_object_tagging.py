"""GetObjectTagging, PutObjectTagging, DeleteObjectTagging: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk import NotSupportedError, ObjectNotFoundError, ValidationError
from minio_sdk.operation import Place
from minio_sdk.operations.object_tagging import (
    DeleteObjectTagging,
    GetObjectTagging,
    PutObjectTagging,
)
from minio_sdk.wire.message import Reply
from tests.samples import KEY, SERVERS, refused, replayed

COPIES = Place("copies", "acme-copies", "", "/acme-copies")
TAGS = {"status": "draft + final", "of": "a=b/c:d"}
every_origin = pytest.mark.parametrize("origin", SERVERS)


@every_origin
def test_tags_are_read_as_they_were_written(origin: str) -> None:
    replayed("PutObjectTagging", origin, PutObjectTagging(COPIES, KEY, TAGS))
    assert replayed("GetObjectTagging", origin, GetObjectTagging(COPIES, KEY)) == TAGS


@every_origin
def test_no_tags_are_none(origin: str) -> None:
    assert replayed("GetObjectTagging-none", origin, GetObjectTagging(COPIES, KEY)) == {}
    replayed("DeleteObjectTagging", origin, DeleteObjectTagging(COPIES, KEY))


@every_origin
def test_a_missing_object_has_no_tags(origin: str) -> None:
    error = refused("GetObjectTagging-missing", origin, GetObjectTagging(COPIES, "nothing"))
    assert type(error) is ObjectNotFoundError


@pytest.mark.parametrize("body", [b"", b"the object", b"<html>", b"<Tag/>", b"<Tagging>", b"{}"])
def test_another_answer_is_that_of_a_server_without_tags(body: bytes) -> None:
    with pytest.raises(NotSupportedError, match="doesn't know tags of objects"):
        GetObjectTagging(COPIES, KEY).parse(Reply(200, {}, body))


def test_a_version_is_named() -> None:
    for operation in (
        GetObjectTagging(COPIES, "a", "v/1"),
        PutObjectTagging(COPIES, "a", {}, "v/1"),
        DeleteObjectTagging(COPIES, "a", "v/1"),
    ):
        assert operation.request().query == "tagging=&versionId=v%2F1"
    with pytest.raises(ValidationError, match="version_id="):
        GetObjectTagging(COPIES, "a", "").request()
