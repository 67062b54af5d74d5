"""What is set on a bucket, as one document; and what is to be done so that it is.

Rule of this file: leaving a section out and saying that there is to be none are two things, and nothing
takes one for the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from enum import Enum
from typing import Any, Literal

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.cors import CorsRule, cors_rules
from minio_sdk.models.encryption import BucketEncryption, bucket_encryption
from minio_sdk.models.given import named, whole
from minio_sdk.models.lifecycle import LifecycleRule, lifecycle_rules
from minio_sdk.models.names import check_flag
from minio_sdk.models.notification import NotificationRule, notification_rules
from minio_sdk.models.object_lock import ObjectLock, object_lock_of
from minio_sdk.models.record import Record
from minio_sdk.models.replication import Replication, replication_of
from minio_sdk.models.secret import frozen
from minio_sdk.models.showing import escaped

SECTIONS = (
    "versioning",
    "object_lock",
    "encryption",
    "tags",
    "policy",
    "cors",
    "lifecycle",
    "notification",
    "replication",
    "quota",
)
"""The sections of a document, in the order in which they are shown."""


class LeftOut(Enum):
    """The type of `LEFT_OUT`."""

    LEFT_OUT = "LEFT_OUT"

    def __bool__(self) -> bool:
        raise TypeError("LEFT_OUT is neither true nor false: ask `section is LEFT_OUT`")

    def __repr__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT: Literal[LeftOut.LEFT_OUT] = LeftOut.LEFT_OUT
"""What a section is that a document says nothing of: whatever is set stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketDocument(Record):
    """What is set on a bucket, or is to be.

    A section that isn't given is `LEFT_OUT`: whatever is set stays as it is. One that is None or empty says
    that there is to be none: what is set is removed. `from_dict` takes each section as its
    ``set_bucket_...`` method does.

    Attributes:
        versioning: whether versions are kept; None is False.
        object_lock: what new objects get: `ObjectLock()` is a bucket with locks that gives them no
            retention, None one where objects can't be locked, as it stays for ever.
        encryption: how new objects are encrypted.
        tags: names and values.
        policy: who may do what, with the tenant's name of the bucket.
        cors: which web pages may ask for its objects.
        lifecycle: what becomes of objects as time passes.
        notification: what the server tells to whom.
        replication: what is copied where.
        quota: the most bytes that it may hold, 1 at least; for operators of MinIO.
    """

    versioning: bool | LeftOut = LEFT_OUT
    object_lock: ObjectLock | LeftOut | None = LEFT_OUT
    encryption: BucketEncryption | LeftOut | None = LEFT_OUT
    tags: Mapping[str, str] | LeftOut = LEFT_OUT
    policy: Mapping[str, Any] | LeftOut = LEFT_OUT
    cors: tuple[CorsRule, ...] | LeftOut = LEFT_OUT
    lifecycle: tuple[LifecycleRule, ...] | LeftOut = LEFT_OUT
    notification: tuple[NotificationRule, ...] | LeftOut = LEFT_OUT
    replication: Replication | LeftOut | None = LEFT_OUT
    quota: int | LeftOut | None = LEFT_OUT

    def __post_init__(self) -> None:
        for name, checked in _CHECKED.items():
            value = getattr(self, name)
            if value is not LEFT_OUT:
                object.__setattr__(self, name, checked(value))
        if isinstance(self.object_lock, ObjectLock) and self.versioning is False:
            raise ValidationError("versioning: must be on in a bucket where objects can be locked")

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that it speaks of."""
        return tuple(name for name in SECTIONS if getattr(self, name) is not LEFT_OUT)

    def only(self, *sections: str) -> BucketDocument:
        """The document with these of its sections, and without all others.

        Args:
            *sections: their names.

        Raises:
            ValidationError: there is no section of that name.

        Example:
            >>> document.only("tags", "lifecycle")
        """
        wanted = check_sections(sections)
        return BucketDocument(**{n: self[n] for n in self.sections if n in wanted})

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> BucketDocument:
        """A document from what JSON, YAML or TOML was read to, checked.

        Args:
            document: sections by name. One that isn't there is left out; null, ``[]`` and ``{}`` say none.

        Raises:
            ValidationError: a section that there isn't, or one that S3 would not take.

        Example:
            >>> BucketDocument.from_dict({"versioning": True, "tags": {"team": "search"}})
        """
        return document_of(document)

    @classmethod
    def from_json(cls, text: str | bytes) -> BucketDocument:
        """A document from JSON; see `from_dict`.

        Raises:
            ValidationError: no JSON, or no such document.
        """
        return document_of(_json(text, "document"))

    def to_dict(self) -> dict[str, Any]:
        """The document as texts, numbers, lists and dicts; `from_dict` gives it back.

        Sections that are left out aren't there; those that say none are, as null, ``[]`` or ``{}``.
        """
        return {name: plain(name, self[name]) for name in self.sections}

    def to_json(self, *, indent: int | None = 2) -> str:
        """The document as JSON; `from_json` gives it back."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def __str__(self) -> str:
        return _printable(self.to_json())


def check_sections(sections: object, argument: str = "sections") -> tuple[str, ...]:
    """Names of sections, in the order of documents.

    Raises:
        ValidationError: something else.
    """
    if isinstance(sections, (str, bytes)) or not isinstance(sections, Iterable):
        raise invalid(argument, sections, "must be a list of names of sections")
    found = list(sections)
    for name in found:
        if not isinstance(name, str) or name not in SECTIONS:
            raise invalid(argument, name, f"is not one of {', '.join(SECTIONS)}")
    return tuple(name for name in SECTIONS if name in found)


def document_of(given: Any, argument: str = "document") -> BucketDocument:
    """A document as users give it, checked.

    Raises:
        ValidationError: no document.
    """
    if isinstance(given, BucketDocument):
        return given
    return BucketDocument(**named(given, argument, BucketDocument))


def _json(text: str | bytes, argument: str) -> Any:
    if not isinstance(text, (str, bytes)):
        raise invalid(argument, text, "must be JSON text")
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise invalid(argument, text, f"is not JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two sections, or statements' parts, of one name json would take the last without a word.
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{max(names, key=names.count)!r} is there twice")
    return found


def _is_none(value: object) -> bool:
    """Whether a section says that there is to be none."""
    if value is None or (isinstance(value, (str, bytes)) and not value):
        return True
    return isinstance(value, (Mapping, list, tuple)) and not isinstance(value, Record) and not value


def _versioning(value: Any) -> bool:
    return False if value is None else check_flag("versioning", value)


def _object_lock(value: Any) -> ObjectLock | None:
    return None if _is_none(value) else object_lock_of(value, "object_lock")


def _encryption(value: Any) -> BucketEncryption | None:
    return None if _is_none(value) else bucket_encryption(value)


def _tags(value: Any) -> Mapping[str, str]:
    value = {} if value is None else value
    if not isinstance(value, Mapping):
        raise invalid("tags", value, "must be a mapping")
    for pair in value.items():
        for text in pair:
            if not isinstance(text, str):
                raise invalid("tags", text, "names and values must be text")
    return frozen(value)


def _policy(value: Any) -> Mapping[str, Any]:
    if _is_none(value):
        return frozen({})
    if isinstance(value, (str, bytes)):
        value = _json(value, "policy")
    if not isinstance(value, Mapping):
        raise invalid("policy", value, "must be JSON text or a dict")
    try:  # a copy, which nobody else holds
        found = json.loads(json.dumps(dict(value), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid("policy", value, f"is not what JSON can say: {error}") from None
    return frozen(found)


def _rules(checked: Any, argument: str) -> Any:
    def rules(value: Any) -> Any:
        try:
            return checked(() if _is_none(value) else value)
        except ValidationError as error:
            raise ValidationError(f"{argument}: {error.message}") from None

    return rules


def _replication(value: Any) -> Replication | None:
    return None if _is_none(value) else replication_of(value)


MAX_QUOTA = 2**63 - 1


def _quota(value: Any) -> int | None:
    if value is None:
        return None
    whole(value, "quota", 1, MAX_QUOTA)
    return int(value)


_CHECKED: dict[str, Any] = {
    "versioning": _versioning,
    "object_lock": _object_lock,
    "encryption": _encryption,
    "tags": _tags,
    "policy": _policy,
    "cors": _rules(cors_rules, "cors"),
    "lifecycle": _rules(lifecycle_rules, "lifecycle"),
    "notification": _rules(notification_rules, "notification"),
    "replication": _replication,
    "quota": _quota,
}


def plain(section: str, value: Any) -> Any:
    """A section as what JSON knows; what says nothing in it is left out."""
    if section == "object_lock" and value == ObjectLock():
        return {"object_lock_enabled": "Enabled"}  # in other words it would be empty, which is none
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        parts = {name: _plain(part) for name, part in value.items()}
        return {
            n: p for n, p in parts.items() if p is not None and p is not False and p not in ([], {})
        }
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.date().isoformat()  # lifecycle rules have whole days only
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketChange(Record):
    """What is to become of one section.

    Attributes:
        section: its name.
        action: ``"add"`` where there was none, ``"remove"`` where there is to be none, else ``"change"``.
        before, after: what it says.
        old, new: the same as it is shown, without what makes no difference.
    """

    section: str
    action: str
    before: Any
    after: Any
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = unified_diff(
            self.old, self.new, f"{self.section} (as it is)", f"{self.section} (as planned)",
            lineterm="",
        )  # fmt: skip
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlan(Record):
    """What is to be done, or was, so that a bucket is as a document says; true when there is something.

    ``print(plan)`` shows it as a unified diff.

    Attributes:
        bucket: its name.
        creates: whether it is made.
        changes: the sections that change, in the order in which they are.
        tenant_id: whose bucket it is.
        endpoint: the server.
    """

    bucket: str
    creates: bool = False
    changes: tuple[BucketChange, ...] = ()
    tenant_id: str | None = None
    endpoint: str = ""

    def __bool__(self) -> bool:
        return self.creates or bool(self.changes)

    def __str__(self) -> str:
        if not self:
            return f"bucket {self.bucket}: nothing to do"
        head = [f"bucket {self.bucket}: to be created"] if self.creates else []
        if self.changes:
            words = (f"{change.action} {change.section}" for change in self.changes)
            head.append(f"bucket {self.bucket}: {', '.join(words)}")
        return "\n".join([*head, *map(str, self.changes)])


def lines_of(shown: Any) -> tuple[str, ...]:
    """A section as lines of a diff; `shown` is what JSON knows, in an order of its own."""
    if shown in (None, False, [], {}):
        return ()
    text = json.dumps(shown, indent=2, ensure_ascii=False)
    return tuple(_printable(line) for line in text.splitlines())


def _printable(text: str) -> str:
    """The text without what a terminal could obey; other people may have written it."""
    return "\n".join(map(escaped, text.split("\n")))
