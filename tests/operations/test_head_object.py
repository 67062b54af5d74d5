"""HeadObject: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk import (
    ObjectMetadata,
    ObjectNotFoundError,
    ServerError,
    ValidationError,
    VersionNotFoundError,
)
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.wire.headers import http_date
from minio_sdk.wire.message import Reply
from tests.samples import KEY, SAMPLES, SERVERS, answered, refused, replayed

every_origin = pytest.mark.parametrize("origin", SERVERS)


@every_origin
def test_what_is_known_of_an_object(origin: str) -> None:
    assert replayed("HeadObject", origin, HeadObject(SAMPLES, KEY)) == ObjectMetadata(
        key=KEY,
        size=6,
        etag="952d2c56d0485958336747bcdd98590d",
        content_type="text/plain",
        metadata={"author": "Ada", "title": "Grüße"},
        last_modified=http_date(answered("HeadObject", origin).headers["last-modified"]),
    )


def test_everything_that_can_be_known() -> None:
    headers = {
        "content-length": "5368709121",
        "etag": 'W/"e-2"',
        "content-encoding": "gzip",
        "content-disposition": "attachment",
        "content-language": "de",
        "cache-control": "no-cache",
        "expires": "0",
        "x-amz-version-id": "v",
        "x-amz-storage-class": "GLACIER",
        "x-amz-tagging-count": "3",
    }
    assert HeadObject(SAMPLES, KEY).parse(Reply(200, headers)) == ObjectMetadata(
        key=KEY,
        size=5368709121,
        etag="e-2",
        content_encoding="gzip",
        content_disposition="attachment",
        content_language="de",
        cache_control="no-cache",
        expires="0",
        version_id="v",
        storage_class="GLACIER",
        tag_count=3,
    )


@every_origin
def test_a_404_without_a_body_is_a_missing_object(origin: str) -> None:
    error = refused("HeadObject-missing", origin, HeadObject(SAMPLES, "nothing"))
    assert (type(error), error.code) == (ObjectNotFoundError, "NoSuchKey")


def test_a_200_without_a_mark_of_s3_is_an_error_not_an_object() -> None:
    with pytest.raises(ServerError):
        HeadObject(SAMPLES, KEY).parse(Reply(200, {"content-length": "5", "server": "nginx"}))


def test_a_version_and_conditions_are_asked_for() -> None:
    request = HeadObject(SAMPLES, "k", "a/+", {"if-match": '"e"'}).request()
    assert (request.query, request.headers) == ("versionId=a%2F%2B", {"if-match": '"e"'})
    with pytest.raises(ValidationError, match="version_id="):
        HeadObject(SAMPLES, "k", "").request()


def test_a_404_for_a_version_is_a_missing_version() -> None:
    error = HeadObject(SAMPLES, "k", "v").failure(Reply(404, {"x-amz-request-id": "1"}))
    assert (type(error), getattr(error, "code", "")) == (VersionNotFoundError, "NoSuchVersion")


def test_another_version_than_was_asked_for_is_a_missing_version() -> None:
    asked = HeadObject(SAMPLES, "k", "v1")
    assert asked.parse(Reply(200, {"etag": '"e"', "x-amz-version-id": "v1"})).version_id == "v1"
    for headers in ({"etag": '"e"'}, {"etag": '"e"', "x-amz-version-id": "v2"}):
        with pytest.raises(VersionNotFoundError, match="in place of the version"):
            asked.parse(Reply(200, headers))
    assert HeadObject(SAMPLES, "k", "null").parse(Reply(200, {"etag": '"e"'})).etag == "e"
