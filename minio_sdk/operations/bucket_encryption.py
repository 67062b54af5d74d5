"""GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.models.encryption import BucketEncryption
from minio_sdk.operations.documents import (
    ChangeDocument,
    DeleteDocument,
    GetDocument,
    document,
    put_document,
)
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import xml

ROOT = "ServerSideEncryptionConfiguration"
NOTHING = "ServerSideEncryptionConfigurationNotFoundError"


@dataclass(frozen=True, slots=True)
class DefaultEncryptionDocument:
    """``<ApplyServerSideEncryptionByDefault>``."""

    algorithm: str | None = field(default=None, metadata=xml("SSEAlgorithm"))
    kms_key_id: str | None = field(default=None, metadata=xml("KMSMasterKeyID"))


@dataclass(frozen=True, slots=True)
class EncryptionRuleDocument:
    """``<Rule>``."""

    default: DefaultEncryptionDocument | None = field(
        default=None, metadata=xml("ApplyServerSideEncryptionByDefault")
    )
    bucket_key_enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class EncryptionDocument:
    """``<ServerSideEncryptionConfiguration>``."""

    rules: tuple[EncryptionRuleDocument, ...] = field(default=(), metadata=xml("Rule"))


@dataclass(frozen=True, slots=True)
class GetBucketEncryption(GetDocument[BucketEncryption | None]):
    """The encryption of a bucket; None where a server answers with no rule."""

    name: ClassVar[str] = "GetBucketEncryption"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "encryption"

    def parse(self, reply: Reply) -> BucketEncryption | None:
        """The first rule, which is the only one that S3 has."""
        for rule in document(EncryptionDocument, reply, ROOT).rules:
            if rule.default is not None and rule.default.algorithm:
                return BucketEncryption(
                    algorithm=rule.default.algorithm,
                    kms_key_id=rule.default.kms_key_id or None,
                    bucket_key_enabled=bool(rule.bucket_key_enabled),
                )
        return None


@dataclass(frozen=True, slots=True)
class PutBucketEncryption(ChangeDocument):
    """Replace the encryption of a bucket."""

    name: ClassVar[str] = "PutBucketEncryption"

    encryption: BucketEncryption

    def request(self) -> Request:
        """PUT the document."""
        wanted = self.encryption
        default = DefaultEncryptionDocument(wanted.algorithm, wanted.kms_key_id)
        rule = EncryptionRuleDocument(default, wanted.bucket_key_enabled or None)
        return put_document(self.place.path, "encryption=", EncryptionDocument((rule,)), ROOT)


@dataclass(frozen=True, slots=True)
class DeleteBucketEncryption(DeleteDocument):
    """Remove the encryption of a bucket; on AWS it becomes SSE-S3."""

    name: ClassVar[str] = "DeleteBucketEncryption"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "encryption"
