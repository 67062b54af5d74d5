"""GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.operations.documents import (
    ChangeDocument,
    DeleteDocument,
    GetDocument,
    document_headers,
    is_listing,
    passed_over,
)
from minio_sdk.wire.failure import is_s3
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.policy import write_policy
from minio_sdk.wire.xml import XmlError

NOTHING = "NoSuchBucketPolicy"


@dataclass(frozen=True, slots=True)
class GetBucketPolicy(GetDocument[dict[str, Any]]):
    """The policy of a bucket with the server's names, which `wire.policy` turns into the tenant's."""

    name: ClassVar[str] = "GetBucketPolicy"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "policy"

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The document; no text at all is none."""
        if not reply.body.strip() and is_s3(reply):
            return {}
        if is_listing(reply):
            raise passed_over(reply)
        try:
            document = json.loads(reply.body)
        except (ValueError, RecursionError):
            raise XmlError("a policy that is not JSON") from None
        if not isinstance(document, dict) or "Statement" not in document:
            raise XmlError("not a policy")
        return document


@dataclass(frozen=True, slots=True)
class PutBucketPolicy(ChangeDocument):
    """Replace the policy of a bucket.

    Attributes:
        policy: with the server's names.
    """

    name: ClassVar[str] = "PutBucketPolicy"

    policy: dict[str, Any]

    @property
    def changes(self) -> None:
        """Who may read is another one afterwards."""
        return None

    def request(self) -> Request:
        """PUT the policy."""
        body = write_policy(self.policy)
        headers = document_headers(body, "application/json")
        return Request("PUT", self.place.path, "policy=", headers, body)


@dataclass(frozen=True, slots=True)
class DeleteBucketPolicy(DeleteDocument):
    """Remove the policy of a bucket."""

    name: ClassVar[str] = "DeleteBucketPolicy"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "policy"

    @property
    def changes(self) -> None:
        """Who may read is another one afterwards."""
        return None
