"""PutObject: a golden request, real answers."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import BucketNotFoundError, ServerError, UploadResponse
from minio_sdk.operation import Place
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.message import Reply, StreamBody
from minio_sdk.wire.metadata import metadata_headers
from tests.samples import BELOW, KEY, SAMPLES, SERVERS, refused, replayed

HEADERS = {"content-type": "text/plain", **metadata_headers({"author": "Ada", "title": "Grüße"})}
STORED = UploadResponse(key=KEY, size=6, etag="952d2c56d0485958336747bcdd98590d", bucket="samples")
every_origin = pytest.mark.parametrize("origin", SERVERS)


@every_origin
def test_an_object_is_stored_with_its_type_and_metadata(origin: str) -> None:
    assert replayed("PutObject", origin, PutObject(SAMPLES, KEY, b"Hello!", HEADERS)) == STORED


@every_origin
def test_below_a_prefix_it_is_the_same_for_the_tenant(origin: str) -> None:
    assert replayed("PutObject-prefix", origin, PutObject(BELOW, KEY, b"Hello!")) == STORED


@every_origin
def test_a_404_of_a_put_is_about_the_bucket(origin: str) -> None:
    missing = Place("missing", "acme-missing", "", "/acme-missing")
    error = refused("PutObject-missing-bucket", origin, PutObject(missing, KEY, b"Hello!"))
    assert type(error) is BucketNotFoundError
    bare = PutObject(missing, KEY, b"").failure(Reply(404, {"x-amz-request-id": "1"}))
    assert type(bare) is BucketNotFoundError


@pytest.mark.parametrize(
    "body, size",
    [
        (b"", 0),
        (bytearray(b"abc"), 3),
        (memoryview(bytes(8)).cast("I"), 8),
        (StreamBody(lambda: [b"abc"], 3, replayable=True), 3),
        (StreamBody(lambda: [b"abc"], None, replayable=False), 0),
    ],
)
def test_the_size_is_that_of_the_body_where_it_is_known(body: Any, size: int) -> None:
    reply = Reply(200, {"etag": '"e"', "x-amz-version-id": "v1"})
    stored = PutObject(SAMPLES, KEY, body).parse(reply)
    assert (stored.size, stored.etag, stored.version_id) == (size, "e", "v1")
    assert PutObject(SAMPLES, KEY, body).request().body is body


@pytest.mark.parametrize("body", [b"", b"<!doctype html><html>welcome</html>", b"OK"])
def test_a_200_of_something_that_is_no_s3_server_is_an_error(body: bytes) -> None:
    """A web server, a captive portal: nothing was stored."""
    with pytest.raises(ServerError):
        PutObject(SAMPLES, KEY, b"x").parse(Reply(200, {"server": "nginx"}, body))
