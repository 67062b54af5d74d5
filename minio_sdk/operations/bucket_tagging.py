"""GetBucketTagging, PutBucketTagging, DeleteBucketTagging.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.operations.documents import (
    ChangeDocument,
    DeleteDocument,
    GetDocument,
    document,
    put_document,
)
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.tags import Tagging, tagging, tags_of

NOTHING = "NoSuchTagSet"


@dataclass(frozen=True, slots=True)
class GetBucketTagging(GetDocument[dict[str, str]]):
    """The tags of a bucket."""

    name: ClassVar[str] = "GetBucketTagging"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "tagging"

    def parse(self, reply: Reply) -> dict[str, str]:
        """The tags."""
        return tags_of(document(Tagging, reply, "Tagging"))


@dataclass(frozen=True, slots=True)
class PutBucketTagging(ChangeDocument):
    """Replace the tags of a bucket."""

    name: ClassVar[str] = "PutBucketTagging"

    tags: dict[str, str]

    def request(self) -> Request:
        """PUT the document."""
        return put_document(self.place.path, "tagging=", tagging(self.tags), "Tagging")


@dataclass(frozen=True, slots=True)
class DeleteBucketTagging(DeleteDocument):
    """Remove the tags of a bucket."""

    name: ClassVar[str] = "DeleteBucketTagging"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "tagging"
