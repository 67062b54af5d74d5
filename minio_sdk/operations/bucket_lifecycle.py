"""GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration, DeleteBucketLifecycle.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from minio_sdk.models.lifecycle import (
    AbortIncompleteMultipartUpload,
    DelMarkerExpiration,
    Expiration,
    LifecycleFilter,
    LifecycleRule,
    NoncurrentVersionExpiration,
    NoncurrentVersionTransition,
    Transition,
)
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

ROOT = "LifecycleConfiguration"
NOTHING = "NoSuchLifecycleConfiguration"


@dataclass(frozen=True, slots=True)
class AndDocument:
    """``<And>``."""

    prefix: str | None = None
    tags: tuple[Tag, ...] = field(default=(), metadata=xml("Tag"))
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None


@dataclass(frozen=True, slots=True)
class FilterDocument:
    """``<Filter>``: one condition, or several in ``<And>``."""

    prefix: str | None = None
    tags: tuple[Tag, ...] = field(default=(), metadata=xml("Tag"))
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None
    both: AndDocument | None = field(default=None, metadata=xml("And"))


@dataclass(frozen=True, slots=True)
class ExpirationDocument:
    """``<Expiration>``."""

    days: int | None = None
    date: datetime | None = None
    expired_object_delete_marker: bool | None = None
    expired_object_all_versions: bool | None = None


@dataclass(frozen=True, slots=True)
class TransitionDocument:
    """``<Transition>``."""

    days: int | None = None
    date: datetime | None = None
    storage_class: str = ""


@dataclass(frozen=True, slots=True)
class NoncurrentExpirationDocument:
    """``<NoncurrentVersionExpiration>``."""

    noncurrent_days: int | None = None
    newer_noncurrent_versions: int | None = None


@dataclass(frozen=True, slots=True)
class NoncurrentTransitionDocument:
    """``<NoncurrentVersionTransition>``."""

    noncurrent_days: int = 0
    newer_noncurrent_versions: int | None = None
    storage_class: str = ""


@dataclass(frozen=True, slots=True)
class AbortDocument:
    """``<AbortIncompleteMultipartUpload>``."""

    days_after_initiation: int


@dataclass(frozen=True, slots=True)
class DelMarkerDocument:
    """``<DelMarkerExpiration>``, which is MinIO's."""

    days: int


@dataclass(frozen=True, slots=True)
class RuleDocument:
    """``<Rule>``."""

    id: str | None = field(default=None, metadata=xml("ID"))
    filter: FilterDocument | None = None
    prefix: str | None = None
    status: str = "Enabled"
    expiration: ExpirationDocument | None = None
    transitions: tuple[TransitionDocument, ...] = field(default=(), metadata=xml("Transition"))
    noncurrent_version_expiration: NoncurrentExpirationDocument | None = None
    noncurrent_version_transitions: tuple[NoncurrentTransitionDocument, ...] = field(
        default=(), metadata=xml("NoncurrentVersionTransition")
    )
    abort_incomplete_multipart_upload: AbortDocument | None = None
    del_marker_expiration: DelMarkerDocument | None = None


@dataclass(frozen=True, slots=True)
class LifecycleDocument:
    """``<LifecycleConfiguration>``."""

    rules: tuple[RuleDocument, ...] = field(default=(), metadata=xml("Rule"))


def _filter_out(wanted: LifecycleFilter) -> FilterDocument:
    tags = tuple(Tag(name, value) for name, value in wanted.tags.items())
    sizes = (wanted.object_size_greater_than, wanted.object_size_less_than)
    conditions = (wanted.prefix is not None) + len(tags) + sum(s is not None for s in sizes)
    if conditions > 1:
        return FilterDocument(both=AndDocument(wanted.prefix, tags, *sizes))
    if tags:
        return FilterDocument(tags=tags)
    if any(size is not None for size in sizes):
        return FilterDocument(None, (), *sizes)
    # An empty prefix, written out, is every server's way to say "all objects".
    return FilterDocument(prefix=wanted.prefix or "")


def _filter_back(rule: RuleDocument) -> LifecycleFilter:
    """All conditions, wherever in a rule a server writes them."""
    found = rule.filter or FilterDocument()
    inner = found.both or AndDocument()
    return LifecycleFilter(
        prefix=inner.prefix or found.prefix or rule.prefix or None,
        tags={tag.key: tag.value for tag in (*found.tags, *inner.tags)},
        object_size_greater_than=(
            inner.object_size_greater_than or found.object_size_greater_than or None
        ),
        object_size_less_than=inner.object_size_less_than or found.object_size_less_than or None,
    )


_CONDITIONS = {"Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And"}


def rule_out(rule: LifecycleRule) -> RuleDocument:
    """A rule as its element."""
    expiration, noncurrent = rule.expiration, rule.noncurrent_version_expiration
    abort, markers = rule.abort_incomplete_multipart_upload, rule.del_marker_expiration
    return RuleDocument(
        id=rule.id,
        filter=_filter_out(rule.filter),
        status=rule.status,
        expiration=ExpirationDocument(**expiration) if expiration else None,
        transitions=tuple(TransitionDocument(**item) for item in rule.transitions),
        noncurrent_version_expiration=(
            NoncurrentExpirationDocument(**noncurrent) if noncurrent else None
        ),
        noncurrent_version_transitions=tuple(
            NoncurrentTransitionDocument(**item) for item in rule.noncurrent_version_transitions
        ),
        abort_incomplete_multipart_upload=AbortDocument(**abort) if abort else None,
        del_marker_expiration=DelMarkerDocument(**markers) if markers else None,
    )


def rule_back(rule: RuleDocument) -> LifecycleRule:
    """An element as a rule. A 0 or an empty text says no more than its absence, but for a transition."""
    abort, markers = rule.abort_incomplete_multipart_upload, rule.del_marker_expiration
    return LifecycleRule(
        id=rule.id or None,
        status=rule.status,
        filter=_filter_back(rule),
        expiration=_expiration_back(rule.expiration),
        transitions=tuple(
            Transition(
                storage_class=item.storage_class,
                days=item.days if item.date or item.days is not None else 0,
                date=item.date,
            )
            for item in rule.transitions
        ),
        noncurrent_version_expiration=_noncurrent_back(rule.noncurrent_version_expiration),
        noncurrent_version_transitions=tuple(
            NoncurrentVersionTransition(
                storage_class=item.storage_class,
                noncurrent_days=item.noncurrent_days,
                newer_noncurrent_versions=item.newer_noncurrent_versions or None,
            )
            for item in rule.noncurrent_version_transitions
        ),
        abort_incomplete_multipart_upload=(
            AbortIncompleteMultipartUpload(days_after_initiation=abort.days_after_initiation)
            if abort and abort.days_after_initiation
            else None
        ),
        del_marker_expiration=(
            DelMarkerExpiration(days=markers.days) if markers and markers.days else None
        ),
    )


def _expiration_back(found: ExpirationDocument | None) -> Expiration | None:
    if found is None or not (found.days or found.date or found.expired_object_delete_marker):
        return None
    return Expiration(
        days=found.days or None,
        date=found.date,
        expired_object_delete_marker=found.expired_object_delete_marker or None,
        expired_object_all_versions=found.expired_object_all_versions or None,
    )


def _noncurrent_back(
    found: NoncurrentExpirationDocument | None,
) -> NoncurrentVersionExpiration | None:
    if found is None or not (found.noncurrent_days or found.newer_noncurrent_versions):
        return None
    return NoncurrentVersionExpiration(
        noncurrent_days=found.noncurrent_days or None,
        newer_noncurrent_versions=found.newer_noncurrent_versions or None,
    )


@dataclass(frozen=True, slots=True)
class GetBucketLifecycle(GetDocument[tuple[LifecycleRule, ...]]):
    """The rules of a bucket."""

    name: ClassVar[str] = "GetBucketLifecycleConfiguration"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "lifecycle"

    def parse(self, reply: Reply) -> tuple[LifecycleRule, ...]:
        """The rules."""
        root = root_of(reply, ROOT)
        found = read(LifecycleDocument, root)
        check_conditions(root, _CONDITIONS)
        return tuple(rule_back(rule) for rule in found.rules)


@dataclass(frozen=True, slots=True)
class PutBucketLifecycle(ChangeDocument):
    """Replace the rules of a bucket."""

    name: ClassVar[str] = "PutBucketLifecycleConfiguration"

    rules: tuple[LifecycleRule, ...]

    def request(self) -> Request:
        """PUT the document."""
        model = LifecycleDocument(tuple(rule_out(rule) for rule in self.rules))
        return put_document(self.place.path, "lifecycle=", model, ROOT)


@dataclass(frozen=True, slots=True)
class DeleteBucketLifecycle(DeleteDocument):
    """Remove the rules of a bucket."""

    name: ClassVar[str] = "DeleteBucketLifecycle"
    not_found: ClassVar[str] = NOTHING
    sub_resource: ClassVar[str] = "lifecycle"
