"""GetObjectLockConfiguration, PutObjectLockConfiguration.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.models.object_lock import ObjectLock
from minio_sdk.operations.documents import ChangeDocument, GetDocument, document, put_document
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import xml

ROOT = "ObjectLockConfiguration"


@dataclass(frozen=True, slots=True)
class DefaultRetentionDocument:
    """``<DefaultRetention>``."""

    mode: str | None = None
    days: int | None = None
    years: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectLockDocument:
    """``<ObjectLockConfiguration>``."""

    object_lock_enabled: str | None = None
    default: DefaultRetentionDocument | None = field(
        default=None, metadata=xml("Rule/DefaultRetention")
    )


@dataclass(frozen=True, slots=True)
class GetBucketObjectLock(GetDocument[ObjectLock | None]):
    """The lock of a bucket; None where it isn't enabled."""

    name: ClassVar[str] = "GetObjectLockConfiguration"
    not_found: ClassVar[str] = "ObjectLockConfigurationNotFoundError"
    sub_resource: ClassVar[str] = "object-lock"

    def parse(self, reply: Reply) -> ObjectLock | None:
        """What new objects get."""
        found = document(ObjectLockDocument, reply, ROOT)
        if found.object_lock_enabled != "Enabled":
            return None
        default = found.default or DefaultRetentionDocument()
        # moto writes 0 for the one of the two that there isn't.
        return ObjectLock(
            mode=default.mode or None, days=default.days or None, years=default.years or None
        )


@dataclass(frozen=True, slots=True)
class PutBucketObjectLock(ChangeDocument):
    """Replace what new objects of a bucket get."""

    name: ClassVar[str] = "PutObjectLockConfiguration"

    lock: ObjectLock

    def request(self) -> Request:
        """PUT the document."""
        default = DefaultRetentionDocument(**self.lock) if self.lock.mode else None
        model = ObjectLockDocument("Enabled", default)
        return put_document(self.place.path, "object-lock=", model, ROOT)
