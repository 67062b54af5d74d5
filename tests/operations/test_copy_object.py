"""CopyObject, UploadPartCopy: golden requests, real answers."""

from __future__ import annotations

import pytest
from hypothesis import given

from minio_sdk import (
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    PreconditionFailedError,
    UploadResponse,
    ValidationError,
)
from minio_sdk.operation import CopySource, Place
from minio_sdk.operations.copy_object import CopyObject, UploadPartCopy
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError
from tests import strategies
from tests.samples import BELOW, KEY, OTHER, SERVERS, refused, replayed

COPIES = Place("copies", "acme-copies", "", "/acme-copies")
ETAG = "952d2c56d0485958336747bcdd98590d"
SOURCE = CopySource(COPIES, KEY, None, ETAG)
every_origin = pytest.mark.parametrize("origin", SERVERS)


def copied(etag: str, version_id: str | None) -> UploadResponse:
    return UploadResponse(
        status="copied", key=OTHER, size=6, etag=etag, version_id=version_id, bucket="copies"
    )


@every_origin
def test_a_copy_has_the_source_s_etag(origin: str) -> None:
    operation = CopyObject(COPIES, OTHER, SOURCE, 6, {"x-amz-metadata-directive": "REPLACE"})
    assert replayed("CopyObject", origin, operation) == copied(ETAG, None)


@every_origin
def test_a_missing_source_is_no_copy(origin: str) -> None:
    operation = CopyObject(COPIES, OTHER, CopySource(COPIES, "nothing"), 6)
    assert type(refused("CopyObject-missing", origin, operation)) is ObjectNotFoundError


@every_origin
def test_a_copy_onto_itself_that_changes_nothing_is_refused(origin: str) -> None:
    operation = CopyObject(COPIES, KEY, CopySource(COPIES, KEY), 6)
    error = refused("CopyObject-itself", origin, operation)
    assert (type(error), error.code) == (MinIOError, "InvalidRequest")


@pytest.mark.parametrize("origin", ["minio", "seaweedfs"])
def test_another_generation_is_not_copied(origin: str) -> None:
    """moto passes the condition over."""
    operation = CopyObject(COPIES, OTHER, CopySource(COPIES, KEY, None, "0" * 32), 6)
    assert type(refused("CopyObject-changed", origin, operation)) is PreconditionFailedError


@pytest.mark.parametrize(
    "origin, etag",
    [
        ("minio", '"9ecb0b2f7994a8a3a2919212f764b81a"'),
        ("moto", '"9ecb0b2f7994a8a3a2919212f764b81a"'),
        ("seaweedfs", ETAG),  # of all the source, for a source this small
    ],
)
def test_a_part_s_etag_is_kept_as_the_server_wrote_it(origin: str, etag: str) -> None:
    operation = UploadPartCopy(COPIES, OTHER, SOURCE, "UPLOAD-ID", 1, 1, 4)
    assert replayed("UploadPartCopy", origin, operation) == etag


def test_the_new_version_is_told() -> None:
    body = b"<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>"
    reply = Reply(200, {"x-amz-version-id": "v1"}, body)
    assert CopyObject(COPIES, OTHER, SOURCE, 6).parse(reply) == copied("e", "v1")


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_answer_of_nothing_is_not_that_of_a_copy(body: bytes) -> None:
    reply = Reply(200, {"etag": '"e"'}, body)
    part = UploadPartCopy(COPIES, OTHER, SOURCE, "id", 1, 0, 1)
    for operation in (CopyObject(COPIES, OTHER, SOURCE, 6), part):
        with pytest.raises(NotSupportedError, match="took the request for an upload"):
            operation.parse(reply)


def test_a_part_without_an_etag_is_none() -> None:
    with pytest.raises(NotSupportedError):
        UploadPartCopy(COPIES, OTHER, SOURCE, "id", 1, 0, 1).parse(
            Reply(200, {}, b"<CopyPartResult/>")
        )


@pytest.mark.parametrize("body", [b"<Tagging/>", b"<html>", b"hello"])
def test_another_answer_is_not_that_of_a_copy(body: bytes) -> None:
    part = UploadPartCopy(COPIES, OTHER, SOURCE, "id", 1, 0, 1)
    for operation in (CopyObject(COPIES, OTHER, SOURCE, 6), part):
        with pytest.raises(XmlError):
            operation.parse(Reply(200, {}, body))


@given(strategies.keys)
def test_the_source_is_named_as_its_path_is(key: str) -> None:
    for place in (COPIES, BELOW):
        if len(place.prefix + key) > 1000:
            continue
        named = CopySource(place, key, "v/1 ü").headers()["x-amz-copy-source"]
        assert named == f"{place.object_path(key)}?versionId=v%2F1%20%C3%BC".removeprefix("/")
        assert named.isascii()
        assert named.isprintable()


def test_bad_names_are_refused() -> None:
    for source in (CopySource(COPIES, ""), CopySource(COPIES, "a", "")):
        with pytest.raises(ValidationError):
            CopyObject(COPIES, OTHER, source, 6).request()


def test_no_name_of_the_server_is_in_an_error() -> None:
    body = b"<Error><Code>X</Code><Message>acme-copies and tenants/acme/samples/a</Message></Error>"
    operation = CopyObject(BELOW, OTHER, SOURCE, 6)
    error = operation.failure(Reply(400, {}, body))
    assert isinstance(error, MinIOError)
    assert error.message == "copies and tenants/acme/samples/a"  # the engine does the destination's
