"""GetObjectTagging, PutObjectTagging, DeleteObjectTagging.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.operation import ObjectOperation
from minio_sdk.operations.documents import of_object, put_document, versioned_query
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.tags import Tagging, tagging, tags_of

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer: ten tags are far fewer, and an object sent by mistake may be of any size."""


@dataclass(frozen=True, slots=True)
class GetObjectTagging(ObjectOperation[dict[str, str]]):
    """The tags of an object, or of one version of it."""

    name: ClassVar[str] = "GetObjectTagging"

    version_id: str | None = None

    def request(self) -> Request:
        """GET the document."""
        path = self.place.object_path(self.key)
        return Request(
            "GET", path, versioned_query("tagging", self.version_id), max_body=MAX_ANSWER
        )

    def parse(self, reply: Reply) -> dict[str, str]:
        """The tags.

        Raises:
            NotSupportedError: what came is no such document, as from a server that passes the question
                over and sends the object itself.
        """
        return tags_of(of_object(Tagging, reply, "tags of objects", "Tagging"))


@dataclass(frozen=True, slots=True)
class PutObjectTagging(ObjectOperation[None]):
    """Replace the tags of an object; a server that doesn't know it may replace the object."""

    name: ClassVar[str] = "PutObjectTagging"

    tags: Mapping[str, str]
    version_id: str | None = None

    def request(self) -> Request:
        """PUT the document."""
        path = self.place.object_path(self.key)
        return put_document(
            path, versioned_query("tagging", self.version_id), tagging(self.tags), "Tagging"
        )

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class DeleteObjectTagging(ObjectOperation[None]):
    """Remove the tags of an object; a server that doesn't know it may remove the object."""

    name: ClassVar[str] = "DeleteObjectTagging"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    version_id: str | None = None

    def request(self) -> Request:
        """DELETE the document."""
        return Request(
            "DELETE", self.place.object_path(self.key), versioned_query("tagging", self.version_id)
        )

    def parse(self, reply: Reply) -> None:
        """Nothing."""
