"""GetBucketTagging, PutBucketTagging, DeleteBucketTagging.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.operation import Operation
from minio_sdk.operations.documents import document, put_document
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.tags import Tagging, tagging, tags_of

NOTHING = "NoSuchTagSet"


@dataclass(frozen=True, slots=True)
class GetBucketTagging(Operation[dict[str, str]]):
    """The tags of a bucket."""

    name: ClassVar[str] = "GetBucketTagging"
    not_found: ClassVar[str] = NOTHING

    def request(self) -> Request:
        """GET the document."""
        return Request("GET", self.place.path, "tagging=")

    def parse(self, reply: Reply) -> dict[str, str]:
        """The tags."""
        return tags_of(document(Tagging, reply, "Tagging"))


@dataclass(frozen=True, slots=True)
class PutBucketTagging(Operation[None]):
    """Replace the tags of a bucket."""

    name: ClassVar[str] = "PutBucketTagging"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    tags: dict[str, str]

    def request(self) -> Request:
        """PUT the document."""
        return put_document(self.place.path, "tagging=", tagging(self.tags), "Tagging")

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class DeleteBucketTagging(Operation[None]):
    """Remove the tags of a bucket."""

    name: ClassVar[str] = "DeleteBucketTagging"
    not_found: ClassVar[str] = NOTHING
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    def request(self) -> Request:
        """DELETE the document."""
        return Request("DELETE", self.place.path, "tagging=")

    def parse(self, reply: Reply) -> None:
        """Nothing."""
