"""ListBuckets, CreateBucket, HeadBucket, DeleteBucket.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from minio_sdk.models.results import BucketInfo
from minio_sdk.operation import Operation
from minio_sdk.wire.failure import check_s3
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import XmlError, parse, read, write, xml


@dataclass(frozen=True, slots=True)
class ListedBucket:
    """``<Bucket>`` in the answer."""

    name: str
    creation_date: datetime | None = None
    bucket_region: str | None = None


@dataclass(frozen=True, slots=True)
class ListBucketsAnswer:
    """``<ListAllMyBucketsResult>``."""

    buckets: tuple[ListedBucket, ...] = field(default=(), metadata=xml("Buckets/Bucket"))
    owner_id: str | None = field(default=None, metadata=xml("Owner/ID"))
    continuation_token: str | None = None


@dataclass(frozen=True, slots=True)
class BucketPage:
    """One page of buckets with the server's names, and where the next page begins."""

    buckets: tuple[BucketInfo, ...]
    token: str | None


@dataclass(frozen=True, slots=True)
class ListBuckets(Operation[BucketPage]):
    """The buckets that these credentials own, by the server's names.

    Attributes:
        prefix: only names that begin with it; servers that don't know the parameter list all.
        token: the continuation token of the page before; empty for the first.
    """

    name: ClassVar[str] = "ListBuckets"

    prefix: str = ""
    token: str = ""

    def request(self) -> Request:
        """GET the service."""
        pairs = [("prefix", self.prefix)] if self.prefix else []
        if self.token:
            pairs.append(("continuation-token", self.token))
        return Request("GET", "/", query_string(pairs))

    def parse(self, reply: Reply) -> BucketPage:
        """The buckets as records."""
        if parse(reply.body).tag != "ListAllMyBucketsResult":
            raise XmlError("not a list of buckets")
        answer = read(ListBucketsAnswer, reply.body)
        found = tuple(
            BucketInfo(
                name=bucket.name,
                creation_date=bucket.creation_date,
                region=bucket.bucket_region,
                owner_id=answer.owner_id or None,
            )
            for bucket in answer.buckets
        )
        return BucketPage(found, answer.continuation_token or None)


@dataclass(frozen=True, slots=True)
class CreateBucketConfiguration:
    """The body that says where a bucket is to be."""

    location_constraint: str


@dataclass(frozen=True, slots=True)
class CreateBucket(Operation[bool]):
    """Make a bucket; the result is whether the server has stored an object in its place.

    It has where the bucket stands behind another one's name: what is asked then is PutObject.

    Attributes:
        region: where; ``"us-east-1"`` is never said, as S3 wants it.
        object_lock: whether objects in it can be locked.
    """

    name: ClassVar[str] = "CreateBucket"

    region: str = "us-east-1"
    object_lock: bool = False

    def request(self) -> Request:
        """PUT the bucket."""
        headers = {"x-amz-bucket-object-lock-enabled": "true"} if self.object_lock else {}
        body = b""
        if self.region != "us-east-1":
            body = write(CreateBucketConfiguration(self.region), "CreateBucketConfiguration")
            headers["content-type"] = "application/xml"
        return Request("PUT", self.place.path, headers=headers, body=body)

    def parse(self, reply: Reply) -> bool:
        """Whether it has an object's ETag."""
        if "location" in reply.headers:  # a bucket's; what stands before a server may add an ETag
            return False
        check_s3(reply)
        return "etag" in reply.headers


@dataclass(frozen=True, slots=True)
class HeadBucket(Operation[str | None]):
    """Whether a bucket is there; the result is its region where the server tells."""

    name: ClassVar[str] = "HeadBucket"

    def request(self) -> Request:
        """HEAD the bucket."""
        return Request("HEAD", self.place.path)

    def parse(self, reply: Reply) -> str | None:
        """The region."""
        check_s3(reply)
        return reply.headers.get("x-amz-bucket-region") or None


@dataclass(frozen=True, slots=True)
class DeleteBucket(Operation[None]):
    """Remove an empty bucket."""

    name: ClassVar[str] = "DeleteBucket"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    @property
    def changes(self) -> None:
        """All that was in it."""
        return None

    def request(self) -> Request:
        """DELETE the bucket."""
        return Request("DELETE", self.place.path)

    def parse(self, reply: Reply) -> None:
        """Nothing."""
