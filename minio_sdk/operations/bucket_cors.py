"""GetBucketCors, PutBucketCors, DeleteBucketCors.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.models.cors import CorsRule
from minio_sdk.operations.documents import (
    ChangeDocument,
    DeleteDocument,
    GetDocument,
    document,
    put_document,
)
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import xml

ROOT = "CORSConfiguration"
NOTHING = "NoSuchCORSConfiguration"


@dataclass(frozen=True, slots=True)
class CorsRuleDocument:
    """``<CORSRule>``."""

    id: str | None = field(default=None, metadata=xml("ID"))
    allowed_headers: tuple[str, ...] = field(default=(), metadata=xml("AllowedHeader"))
    allowed_methods: tuple[str, ...] = field(default=(), metadata=xml("AllowedMethod"))
    allowed_origins: tuple[str, ...] = field(default=(), metadata=xml("AllowedOrigin"))
    expose_headers: tuple[str, ...] = field(default=(), metadata=xml("ExposeHeader"))
    max_age_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class CorsDocument:
    """``<CORSConfiguration>``."""

    rules: tuple[CorsRuleDocument, ...] = field(default=(), metadata=xml("CORSRule"))


@dataclass(frozen=True, slots=True)
class GetBucketCors(GetDocument[tuple[CorsRule, ...]]):
    """The rules of a bucket."""

    name: ClassVar[str] = "GetBucketCors"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "cors"

    def parse(self, reply: Reply) -> tuple[CorsRule, ...]:
        """The rules."""
        return tuple(
            CorsRule(
                id=rule.id or None,
                allowed_headers=rule.allowed_headers,
                allowed_methods=rule.allowed_methods,
                allowed_origins=rule.allowed_origins,
                expose_headers=rule.expose_headers,
                max_age_seconds=rule.max_age_seconds,
            )
            for rule in document(CorsDocument, reply, ROOT).rules
        )


@dataclass(frozen=True, slots=True)
class PutBucketCors(ChangeDocument):
    """Replace the rules of a bucket."""

    name: ClassVar[str] = "PutBucketCors"

    rules: tuple[CorsRule, ...]

    def request(self) -> Request:
        """PUT the document."""
        model = CorsDocument(tuple(CorsRuleDocument(**rule) for rule in self.rules))
        return put_document(self.place.path, "cors=", model, ROOT)


@dataclass(frozen=True, slots=True)
class DeleteBucketCors(DeleteDocument):
    """Remove the rules of a bucket."""

    name: ClassVar[str] = "DeleteBucketCors"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "cors"
