"""GetBucketAcl, GetObjectAcl.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.models.details import AccessControlList, Grant
from minio_sdk.operation import ObjectOperation
from minio_sdk.operations.documents import GetDocument, document, of_object, versioned_query
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import xml

ROOT = "AccessControlPolicy"
MAX_ANSWER = 1024 * 1024
"""Bytes of an answer: a list has 100 grants at most, and an object sent by mistake may be of any size."""


@dataclass(frozen=True, slots=True)
class GrantDocument:
    """``<Grant>``."""

    permission: str = ""
    id: str | None = field(default=None, metadata=xml("Grantee/ID"))
    display_name: str | None = field(default=None, metadata=xml("Grantee/DisplayName"))
    uri: str | None = field(default=None, metadata=xml("Grantee/URI"))
    email: str | None = field(default=None, metadata=xml("Grantee/EmailAddress"))


@dataclass(frozen=True, slots=True)
class AclDocument:
    """``<AccessControlPolicy>``."""

    owner_id: str | None = field(default=None, metadata=xml("Owner/ID"))
    owner_name: str | None = field(default=None, metadata=xml("Owner/DisplayName"))
    grants: tuple[GrantDocument, ...] = field(default=(), metadata=xml("AccessControlList/Grant"))


def _list(found: AclDocument) -> AccessControlList:
    return AccessControlList(
        owner_id=found.owner_id or None,
        owner_name=found.owner_name or None,
        grants=tuple(
            Grant(
                permission=grant.permission,
                id=grant.id or None,
                display_name=grant.display_name or None,
                uri=grant.uri or None,
                email=grant.email or None,
            )
            for grant in found.grants
        ),
    )


@dataclass(frozen=True, slots=True)
class GetBucketAcl(GetDocument[AccessControlList]):
    """The list of a bucket."""

    name: ClassVar[str] = "GetBucketAcl"
    sub_resource: ClassVar[str] = "acl"

    def parse(self, reply: Reply) -> AccessControlList:
        """The list."""
        return _list(document(AclDocument, reply, ROOT))


@dataclass(frozen=True, slots=True)
class GetObjectAcl(ObjectOperation[AccessControlList]):
    """The list of an object, or of one version of it."""

    name: ClassVar[str] = "GetObjectAcl"

    version_id: str | None = None

    def request(self) -> Request:
        """GET the document."""
        query = versioned_query("acl", self.version_id)
        return Request("GET", self.place.object_path(self.key), query, max_body=MAX_ANSWER)

    def parse(self, reply: Reply) -> AccessControlList:
        """The list."""
        return _list(of_object(AclDocument, reply, "access control lists", ROOT))
