"""GetBucketVersioning, PutBucketVersioning.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.operations.documents import ChangeDocument, GetDocument, document, put_document
from minio_sdk.wire.message import Reply, Request


@dataclass(frozen=True, slots=True)
class VersioningConfiguration:
    """The document: ``"Enabled"``, ``"Suspended"``, or None for never switched on."""

    status: str | None = None


@dataclass(frozen=True, slots=True)
class GetBucketVersioning(GetDocument[str | None]):
    """``"Enabled"``, ``"Suspended"`` or None."""

    name: ClassVar[str] = "GetBucketVersioning"
    # S3 has no such code, since it always answers; but it is no word on the bucket.
    not_found: ClassVar[str] = "NoSuchVersioningConfiguration"
    sub_resource: ClassVar[str] = "versioning"

    def parse(self, reply: Reply) -> str | None:
        """The status."""
        # moto calls it by another name.
        roots = ("VersioningConfiguration", "GetBucketVersioningResponse")
        status = document(VersioningConfiguration, reply, *roots).status
        return status if status in ("Enabled", "Suspended") else None


@dataclass(frozen=True, slots=True)
class PutBucketVersioning(ChangeDocument):
    """Switch versioning on, or suspend it; it can't be taken back altogether."""

    name: ClassVar[str] = "PutBucketVersioning"

    enabled: bool

    def request(self) -> Request:
        """PUT the document."""
        status = "Enabled" if self.enabled else "Suspended"
        model = VersioningConfiguration(status)
        return put_document(self.place.path, "versioning=", model, "VersioningConfiguration")
