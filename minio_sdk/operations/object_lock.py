"""GetObjectRetention, PutObjectRetention, GetObjectLegalHold, PutObjectLegalHold.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from minio_sdk.errors import MinIOError
from minio_sdk.models.object_lock import Retention
from minio_sdk.operation import ObjectOperation
from minio_sdk.operations.documents import of_object, put_document, versioned_query
from minio_sdk.wire.locking import BYPASS
from minio_sdk.wire.message import Reply, Request

MAX_ANSWER = 64 * 1024
"""Bytes of an answer, which is short; an object sent by mistake may be of any size."""


@dataclass(frozen=True, slots=True)
class RetentionDocument:
    """``<Retention>``; an empty one removes it."""

    mode: str | None = None
    retain_until_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class LegalHoldDocument:
    """``<LegalHold>``: ``"ON"`` or ``"OFF"``."""

    status: str | None = None


def says_nothing_is_set(error: MinIOError) -> bool:
    """Whether an error says that an object has no lock of that kind, or its bucket no locks at all.

    Each server says so in its own way.
    """
    return error.code in (
        "NoSuchObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchObjectLegalHold",
        "InvalidRequest",
    )


@dataclass(frozen=True, slots=True)
class GetObjectRetention(ObjectOperation[Retention | None]):
    """The retention of an object, or of one version of it."""

    name: ClassVar[str] = "GetObjectRetention"

    version_id: str | None = None

    def request(self) -> Request:
        """GET the document."""
        path = self.place.object_path(self.key)
        return Request(
            "GET", path, versioned_query("retention", self.version_id), max_body=MAX_ANSWER
        )

    def parse(self, reply: Reply) -> Retention | None:
        """The retention."""
        found = of_object(RetentionDocument, reply, "locks of objects", "Retention")
        if not found.mode or found.retain_until_date is None:
            return None
        return Retention(mode=found.mode, retain_until_date=found.retain_until_date)


@dataclass(frozen=True, slots=True)
class PutObjectRetention(ObjectOperation[None]):
    """Replace the retention; a server that doesn't know it may replace the object.

    Attributes:
        retention: the new one; None removes it.
        version_id: a version; None for the current one.
        bypass: pass governance mode by.
    """

    name: ClassVar[str] = "PutObjectRetention"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    retention: Retention | None
    version_id: str | None = None
    bypass: bool = False

    def request(self) -> Request:
        """PUT the document."""
        model = RetentionDocument(**self.retention) if self.retention else RetentionDocument()
        path = self.place.object_path(self.key)
        request = put_document(
            path, versioned_query("retention", self.version_id), model, "Retention"
        )
        if self.bypass:
            request.headers.update(BYPASS)
        return request

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class GetObjectLegalHold(ObjectOperation[bool]):
    """Whether an object, or one version of it, is held."""

    name: ClassVar[str] = "GetObjectLegalHold"

    version_id: str | None = None

    def request(self) -> Request:
        """GET the document."""
        path = self.place.object_path(self.key)
        return Request(
            "GET", path, versioned_query("legal-hold", self.version_id), max_body=MAX_ANSWER
        )

    def parse(self, reply: Reply) -> bool:
        """Whether it is on."""
        return of_object(LegalHoldDocument, reply, "locks of objects", "LegalHold").status == "ON"


@dataclass(frozen=True, slots=True)
class PutObjectLegalHold(ObjectOperation[None]):
    """Hold an object, or let it go; a server that doesn't know it may replace the object."""

    name: ClassVar[str] = "PutObjectLegalHold"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    on: bool
    version_id: str | None = None

    def request(self) -> Request:
        """PUT the document."""
        model = LegalHoldDocument("ON" if self.on else "OFF")
        path = self.place.object_path(self.key)
        return put_document(
            path, versioned_query("legal-hold", self.version_id), model, "LegalHold"
        )

    def parse(self, reply: Reply) -> None:
        """Nothing."""
