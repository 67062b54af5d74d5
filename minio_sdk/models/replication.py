"""Replication: which objects of a bucket the server copies to which other bucket.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.given import listed, named, rule_id, unique, whole
from minio_sdk.models.names import check_flag, check_prefix
from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze

MAX_RULES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRule(Record):
    """One rule. A dict with the same names does as well wherever a rule is taken.

    Attributes:
        destination: the bucket that it copies to, by the tenant's own name of it; or an ARN that ends in
            it, ``"arn:aws:s3:::backup"``, and on MinIO that of a remote target,
            ``"arn:minio:replication::{id}:backup"``.
        id: its name; None lets the server choose one.
        status: ``"Enabled"`` or ``"Disabled"``.
        priority: which of two rules counts for an object, the higher one; None takes the place in the list.
        prefix: only keys that begin with it.
        tags: only objects that have all of these.
        storage_class: of the copies; None takes that of the object.
        delete_markers: also that objects are deleted.
        deletes: also that versions are deleted. MinIO's own.
        existing_objects: also objects that were there before the rule; None leaves it to the server.
    """

    destination: str
    id: str | None = None
    status: str = "Enabled"
    priority: int | None = None
    prefix: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    storage_class: str | None = None
    delete_markers: bool = False
    deletes: bool = False
    existing_objects: bool | None = None

    def __post_init__(self) -> None:
        if isinstance(self.tags, Mapping):  # what isn't is refused when the rule is used
            freeze(self, "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication(Record):
    """The replication of a bucket. A dict with the same names does as well.

    Attributes:
        rules: what is copied where.
        role: the ARN of the role that AWS copies as; None elsewhere.
    """

    rules: tuple[ReplicationRule, ...]
    role: str | None = None


def replication_of(given: Any, argument: str = "replication") -> Replication:
    """A replication as users give it, checked but for its names of buckets.

    Raises:
        ValidationError: S3 would not take it.
    """
    values = named(given, argument, Replication)
    rules = listed(values.get("rules", ()), f"{argument}.rules", MAX_RULES)
    if not rules:
        raise ValidationError(
            f"{argument}.rules: is empty; delete_bucket_replication() removes them"
        )
    role = values.get("role")
    if role is not None and not (isinstance(role, str) and role and role.isprintable()):
        raise invalid(f"{argument}.role", role, "must be an ARN, or None")
    checked = tuple(_rule(rule, f"{argument}.rules[{n}]", n + 1) for n, rule in enumerate(rules))
    unique((rule.id for rule in checked), f"{argument}.rules", "id")
    unique((rule.priority for rule in checked), f"{argument}.rules", "priority")
    return Replication(rules=checked, role=role)


def _rule(given: Any, where: str, number: int) -> ReplicationRule:
    values = named(given, where, ReplicationRule)
    destination = values.get("destination")
    if not isinstance(destination, str):
        raise invalid(f"{where}.destination", destination, "must be the name or ARN of a bucket")
    rule_id(values.get("id"), where)
    if values.get("status", "Enabled") not in ("Enabled", "Disabled"):
        raise invalid(f"{where}.status", values["status"], "must be 'Enabled' or 'Disabled'")
    if values.get("priority") is None:
        values["priority"] = number
    whole(values["priority"], f"{where}.priority", 0)
    if values.get("prefix") is not None:
        check_prefix(values["prefix"], f"{where}.prefix")
    tags = values.get("tags") or {}
    if not isinstance(tags, Mapping) or not all(
        isinstance(text, str) for pair in tags.items() for text in pair
    ):
        raise invalid(f"{where}.tags", tags, "must be a mapping of texts")
    storage_class = values.get("storage_class")
    if storage_class is not None and not isinstance(storage_class, str):
        raise invalid(f"{where}.storage_class", storage_class, "must be text")
    for flag in ("delete_markers", "deletes", "existing_objects"):
        if values.get(flag) is not None or flag != "existing_objects":
            check_flag(f"{where}.{flag}", values.get(flag, False))
    return ReplicationRule(**{**values, "tags": tags, "prefix": values.get("prefix") or None})


def essence(rule: ReplicationRule) -> Mapping[str, object]:
    """What a rule says, however it is written; its id says nothing."""
    return {
        **replace(rule, id=None),
        "tags": dict(rule.tags),
        "existing_objects": bool(rule.existing_objects),
    }
