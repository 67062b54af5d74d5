"""ListBuckets, CreateBucket, HeadBucket, DeleteBucket: golden requests, real answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from minio_sdk import (
    BucketAlreadyExistsError,
    BucketInfo,
    BucketNotEmptyError,
    BucketNotFoundError,
    ServerError,
)
from minio_sdk.operation import WHOLE_SERVER, Place
from minio_sdk.operations.buckets import CreateBucket, DeleteBucket, HeadBucket, ListBuckets
from minio_sdk.wire.headers import http_date
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError
from tests.samples import SAMPLES, SERVERS, answered, refused, replayed

MISSING = Place("missing", "acme-missing", "", "/acme-missing")
every_origin = pytest.mark.parametrize("origin", SERVERS)


@every_origin
def test_buckets_are_listed_by_the_server_s_names(origin: str) -> None:
    page = replayed("ListBuckets", origin, ListBuckets(WHOLE_SERVER, "acme-"))
    (bucket,) = page.buckets
    answered_at = http_date(answered("ListBuckets", origin).headers["date"])
    assert page.token is None
    assert bucket.name == "acme-samples"
    assert bucket.owner_id
    assert bucket.creation_date is not None
    assert answered_at is not None
    assert abs(bucket.creation_date - answered_at) < timedelta(minutes=1)


def test_a_page_of_buckets_says_where_the_next_begins() -> None:
    body = (
        b"<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><BucketRegion>eu-west-1</BucketRegion>"
        b"</Bucket></Buckets><ContinuationToken>more/+=</ContinuationToken></ListAllMyBucketsResult>"
    )
    page = ListBuckets(WHOLE_SERVER).parse(Reply(200, {}, body))
    assert page.buckets == (BucketInfo(name="a", region="eu-west-1"),)
    assert page.token == "more/+="
    following = ListBuckets(WHOLE_SERVER, "", "more/+=").request()
    assert following.target == "/?continuation-token=more%2F%2B%3D"


def test_no_buckets_are_an_empty_page() -> None:
    for inside in ("", "<Buckets/>", "<Buckets></Buckets>"):
        body = f"<ListAllMyBucketsResult>{inside}</ListAllMyBucketsResult>".encode()
        assert ListBuckets(WHOLE_SERVER).parse(Reply(200, {}, body)).buckets == ()
    assert ListBuckets(WHOLE_SERVER).request().target == "/"


@pytest.mark.parametrize(
    "body",
    [b"<ListBucketResult/>", b"<Error/>", b"", b"<html>", b"<ListAllMyBucketsResult>"]
    + [b"<ListAllMyBucketsResult><Buckets><Bucket/></Buckets></ListAllMyBucketsResult>"],
)
def test_another_answer_is_no_list_of_buckets(body: bytes) -> None:
    with pytest.raises(XmlError):
        ListBuckets(WHOLE_SERVER).parse(Reply(200, {}, body))


@every_origin
def test_a_bucket_is_made(origin: str) -> None:
    replayed("CreateBucket", origin, CreateBucket(SAMPLES))


@pytest.mark.parametrize("operation", [CreateBucket(SAMPLES), HeadBucket(SAMPLES)])
def test_a_200_of_something_that_is_no_s3_server_is_an_error(
    operation: CreateBucket | HeadBucket,
) -> None:
    with pytest.raises(ServerError):
        operation.parse(Reply(200, {"server": "nginx"}, b"<html>welcome</html>"))


@pytest.mark.parametrize("origin", ["minio", "seaweedfs"])
def test_a_bucket_that_one_has_is_a_conflict(origin: str) -> None:
    """moto answers 200, as AWS does in us-east-1."""
    error = refused("CreateBucket-again", origin, CreateBucket(SAMPLES))
    assert type(error) is BucketAlreadyExistsError
    assert error.code == "BucketAlreadyOwnedByYou"


def test_another_region_and_locks_are_asked_for() -> None:
    request = CreateBucket(SAMPLES, "eu-west-1", object_lock=True).request()
    assert request.headers == {
        "x-amz-bucket-object-lock-enabled": "true",
        "content-type": "application/xml",
    }
    assert request.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
    )


@pytest.mark.parametrize(
    "origin, region", [("minio", None), ("moto", "us-east-1"), ("seaweedfs", None)]
)
def test_a_bucket_s_region_is_told_where_the_server_does(origin: str, region: str | None) -> None:
    assert replayed("HeadBucket", origin, HeadBucket(SAMPLES)) == region


@every_origin
def test_a_missing_bucket_is_known_without_a_body(origin: str) -> None:
    error = refused("HeadBucket-missing", origin, HeadBucket(MISSING))
    assert type(error) is BucketNotFoundError
    assert error.code == "NoSuchBucket"


@every_origin
def test_a_bucket_is_removed_when_it_is_empty(origin: str) -> None:
    assert (
        type(refused("DeleteBucket-not-empty", origin, DeleteBucket(SAMPLES)))
        is BucketNotEmptyError
    )
    replayed("DeleteBucket", origin, DeleteBucket(SAMPLES))
    assert (
        type(refused("DeleteBucket-missing", origin, DeleteBucket(SAMPLES))) is BucketNotFoundError
    )
