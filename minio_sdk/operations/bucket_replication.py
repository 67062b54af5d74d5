"""GetBucketReplication, PutBucketReplication, DeleteBucketReplication; with the server's names of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.models.replication import Replication, ReplicationRule
from minio_sdk.operations.documents import (
    ChangeDocument,
    DeleteDocument,
    GetDocument,
    check_conditions,
    put_document,
    root_of,
)
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.tags import Tag
from minio_sdk.wire.xml import read, xml

ROOT = "ReplicationConfiguration"
NOTHING = "ReplicationConfigurationNotFoundError"


@dataclass(frozen=True, slots=True)
class StatusDocument:
    """``<Status>`` in an element of its own."""

    status: str | None = None


@dataclass(frozen=True, slots=True)
class ReplicationAndDocument:
    """``<And>``."""

    prefix: str | None = None
    tags: tuple[Tag, ...] = field(default=(), metadata=xml("Tag"))


@dataclass(frozen=True, slots=True)
class ReplicationFilterDocument:
    """``<Filter>``: one condition, or several in ``<And>``."""

    prefix: str | None = None
    tag: Tag | None = None
    both: ReplicationAndDocument | None = field(default=None, metadata=xml("And"))


@dataclass(frozen=True, slots=True)
class DestinationDocument:
    """``<Destination>``."""

    bucket: str = ""
    storage_class: str | None = None


@dataclass(frozen=True, slots=True)
class ReplicationRuleDocument:
    """``<Rule>``."""

    id: str | None = field(default=None, metadata=xml("ID"))
    priority: int | None = None
    status: str = "Enabled"
    prefix: str | None = None
    filter: ReplicationFilterDocument | None = None
    destination: DestinationDocument = field(default_factory=DestinationDocument)
    existing_object_replication: StatusDocument | None = None
    delete_marker_replication: StatusDocument | None = None
    delete_replication: StatusDocument | None = None


@dataclass(frozen=True, slots=True)
class ReplicationDocument:
    """``<ReplicationConfiguration>``."""

    role: str | None = None
    rules: tuple[ReplicationRuleDocument, ...] = field(default=(), metadata=xml("Rule"))


def _status(on: bool) -> StatusDocument:
    return StatusDocument("Enabled" if on else "Disabled")


def _is_on(found: StatusDocument | None) -> bool:
    return found is not None and found.status == "Enabled"


def _out(rule: ReplicationRule) -> ReplicationRuleDocument:
    tags = tuple(Tag(name, value) for name, value in rule.tags.items())
    if len(tags) + (rule.prefix is not None) > 1:
        wanted = ReplicationFilterDocument(both=ReplicationAndDocument(rule.prefix, tags))
    elif tags:
        wanted = ReplicationFilterDocument(tag=tags[0])
    else:
        wanted = ReplicationFilterDocument(prefix=rule.prefix or "")
    existing = rule.existing_objects
    return ReplicationRuleDocument(
        id=rule.id,
        priority=rule.priority,
        status=rule.status,
        filter=wanted,
        destination=DestinationDocument(rule.destination, rule.storage_class),
        existing_object_replication=None if existing is None else _status(existing),
        delete_marker_replication=_status(rule.delete_markers),
        delete_replication=_status(True) if rule.deletes else None,
    )


def _back(rule: ReplicationRuleDocument) -> ReplicationRule:
    found = rule.filter or ReplicationFilterDocument()
    inner = found.both or ReplicationAndDocument()
    tags = (*((found.tag,) if found.tag else ()), *inner.tags)
    existing = rule.existing_object_replication
    return ReplicationRule(
        destination=rule.destination.bucket,
        id=rule.id or None,
        status=rule.status,
        priority=rule.priority,
        prefix=inner.prefix or found.prefix or rule.prefix or None,
        tags={tag.key: tag.value for tag in tags},
        storage_class=rule.destination.storage_class or None,
        delete_markers=_is_on(rule.delete_marker_replication),
        deletes=_is_on(rule.delete_replication),
        existing_objects=None if existing is None else _is_on(existing),
    )


@dataclass(frozen=True, slots=True)
class GetBucketReplication(GetDocument[Replication | None]):
    """The replication of a bucket; None where a server answers with no rule."""

    name: ClassVar[str] = "GetBucketReplication"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "replication"

    def parse(self, reply: Reply) -> Replication | None:
        """The rules."""
        root = root_of(reply, ROOT)
        found = read(ReplicationDocument, root)
        check_conditions(root, ("Prefix", "Tag", "And"))
        if not found.rules:
            return None
        return Replication(rules=tuple(_back(r) for r in found.rules), role=found.role or None)


@dataclass(frozen=True, slots=True)
class PutBucketReplication(ChangeDocument):
    """Replace the replication of a bucket."""

    name: ClassVar[str] = "PutBucketReplication"

    replication: Replication

    def request(self) -> Request:
        """PUT the document."""
        rules = tuple(_out(rule) for rule in self.replication.rules)
        model = ReplicationDocument(self.replication.role, rules)
        return put_document(self.place.path, "replication=", model, ROOT)


@dataclass(frozen=True, slots=True)
class DeleteBucketReplication(DeleteDocument):
    """Remove the replication of a bucket."""

    name: ClassVar[str] = "DeleteBucketReplication"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "replication"
