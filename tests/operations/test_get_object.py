"""GetObject: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk import AccessDeniedError, BucketNotFoundError, ObjectNotFoundError, ServerError
from minio_sdk.operation import Place
from minio_sdk.operations.get_object import GetObject
from minio_sdk.wire.message import Reply
from tests.samples import KEY, SAMPLES, SERVERS, refused, replayed

MISSING = Place("missing", "acme-missing", "", "/acme-missing")
every_origin = pytest.mark.parametrize("origin", SERVERS)


@every_origin
def test_the_bytes_of_an_object(origin: str) -> None:
    assert replayed("GetObject", origin, GetObject(SAMPLES, KEY)) == b"Hello!"


def test_an_object_may_be_of_any_size() -> None:
    assert GetObject(SAMPLES, KEY).request().max_body is None


@every_origin
def test_a_missing_object_and_a_missing_bucket_are_told_apart(origin: str) -> None:
    error = refused("GetObject-missing", origin, GetObject(SAMPLES, "nothing"))
    assert (type(error), error.code) == (ObjectNotFoundError, "NoSuchKey")
    error = refused("GetObject-missing-bucket", origin, GetObject(MISSING, KEY))
    assert (type(error), error.code) == (BucketNotFoundError, "NoSuchBucket")


@pytest.mark.parametrize("origin", ["minio", "seaweedfs"])
def test_a_wrong_secret_is_named_as_such(origin: str) -> None:
    error = refused("GetObject-denied", origin, GetObject(SAMPLES, KEY))
    assert (type(error), error.code) == (AccessDeniedError, "SignatureDoesNotMatch")
    assert "check secret_key" in (error.hint or "")


@pytest.mark.parametrize("headers", [{}, {"server": "nginx", "content-type": "text/plain"}])
def test_a_200_without_a_mark_of_s3_is_an_error_not_an_object(headers: dict[str, str]) -> None:
    with pytest.raises(ServerError):
        GetObject(SAMPLES, KEY).parse(Reply(200, headers, b"welcome"))


def test_an_object_that_is_a_web_page_is_an_object() -> None:
    reply = Reply(200, {"etag": '"e"'}, b"<!doctype html>")
    assert GetObject(SAMPLES, KEY).parse(reply) == b"<!doctype html>"
