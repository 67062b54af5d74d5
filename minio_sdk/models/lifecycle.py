"""Lifecycle rules: what happens to objects as time passes.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html

Rule of this file: a rule deletes. Whatever of it can't be read for certain is refused, and never read as less
of a condition than it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime, time, timezone
from typing import Any

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.given import listed, named, rule_id, whole
from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze

MAX_RULES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleFilter(Record):
    """Which objects a rule is for: those that match all that is given; all objects when nothing is.

    Attributes:
        prefix: keys that begin with it.
        tags: objects that have all of these.
        object_size_greater_than, object_size_less_than: bytes.
    """

    prefix: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.tags, Mapping):  # what isn't is refused when the rule is used
            freeze(self, "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiration(Record):
    """When objects end: after some days, on a date, or a lone delete marker at once; one of the three.

    Attributes:
        days: after an object was made.
        date: midnight UTC; a naive one is taken for UTC.
        expired_object_delete_marker: end delete markers that hide nothing.
        expired_object_all_versions: all versions end with the current one. MinIO's own.
    """

    days: int | None = None
    date: datetime | None = None
    expired_object_delete_marker: bool | None = None
    expired_object_all_versions: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition(Record):
    """When objects move to another storage class: after some days or on a date (midnight UTC)."""

    storage_class: str
    days: int | None = None
    date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoncurrentVersionExpiration(Record):
    """When versions that have been replaced end.

    Attributes:
        noncurrent_days: after they were replaced; MinIO alone can do without.
        newer_noncurrent_versions: how many of them stay, the newest, whatever their age.
    """

    noncurrent_days: int | None = None
    newer_noncurrent_versions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoncurrentVersionTransition(Record):
    """When versions that have been replaced move to another storage class."""

    storage_class: str
    noncurrent_days: int
    newer_noncurrent_versions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortIncompleteMultipartUpload(Record):
    """When unfinished uploads are ended, in days after they were begun."""

    days_after_initiation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DelMarkerExpiration(Record):
    """When an object whose latest version is a delete marker ends with all its versions. MinIO's own."""

    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRule(Record):
    """One rule. A dict with the same names, or S3's own, does as well wherever a rule is taken.

    Attributes:
        id: its name; None lets the server choose one.
        status: ``"Enabled"`` or ``"Disabled"``.
        filter: which objects it is for; all of the bucket when it isn't given.
        expiration, transitions, noncurrent_version_expiration, noncurrent_version_transitions,
            abort_incomplete_multipart_upload, del_marker_expiration: what it does; at least one.
    """

    id: str | None = None
    status: str = "Enabled"
    filter: LifecycleFilter = field(default_factory=LifecycleFilter)
    expiration: Expiration | None = None
    transitions: tuple[Transition, ...] = ()
    noncurrent_version_expiration: NoncurrentVersionExpiration | None = None
    noncurrent_version_transitions: tuple[NoncurrentVersionTransition, ...] = ()
    abort_incomplete_multipart_upload: AbortIncompleteMultipartUpload | None = None
    del_marker_expiration: DelMarkerExpiration | None = None


_ONE: dict[str, type[Any]] = {
    "expiration": Expiration,
    "noncurrent_version_expiration": NoncurrentVersionExpiration,
    "abort_incomplete_multipart_upload": AbortIncompleteMultipartUpload,
    "del_marker_expiration": DelMarkerExpiration,
}
_MANY: dict[str, type[Any]] = {
    "transitions": Transition,
    "noncurrent_version_transitions": NoncurrentVersionTransition,
}


def lifecycle_rules(rules: Any) -> tuple[LifecycleRule, ...]:
    """Rules as users give them, checked: `LifecycleRule`s, or dicts with its names or S3's own.

    Raises:
        ValidationError: a rule that S3 would not take; the message says which and why.
    """
    given = listed(rules, "rules", MAX_RULES)
    found = tuple(_rule(rule, f"rules[{number}]") for number, rule in enumerate(given))
    names: set[str] = set()
    for rule in found:
        if rule.id in names:
            raise invalid("rules", rule.id, "is the id of two rules")
        if rule.id is not None:
            names.add(rule.id)
    return found


def _rule(given: Any, where: str) -> LifecycleRule:
    # XML has the plural parts one by one, and before there were filters a rule had a prefix.
    values = named(given, where, LifecycleRule, {"prefix", *(name[:-1] for name in _MANY)})
    old_prefix = values.pop("prefix", None)
    if old_prefix is not None and values.get("filter") is not None:
        raise ValidationError(f"{where}: has prefix beside filter; put it into the filter")
    wanted = values.get("filter")
    values["filter"] = _filter({"prefix": old_prefix} if wanted is None else wanted, where)
    for name, one in _ONE.items():
        if values.get(name) is not None:
            values[name] = _part(values[name], f"{where}.{name}", one)
    for name, many in _MANY.items():
        single, several = values.pop(name[:-1], None), values.get(name)
        if single is not None and several:
            raise ValidationError(f"{where}: has {name[:-1]} beside {name}")
        items = several or (() if single is None else single)
        items = [items] if isinstance(items, (Mapping, many)) else items
        if not isinstance(items, (list, tuple)):
            raise invalid(f"{where}.{name}", items, "must be a list")
        values[name] = tuple(_part(item, f"{where}.{name}", many) for item in items)
    rule = LifecycleRule(**values)
    if rule.status not in ("Enabled", "Disabled"):
        raise invalid(f"{where}.status", rule.status, "must be 'Enabled' or 'Disabled'")
    rule_id(rule.id, where)
    if not any(rule[name] for name in (*_ONE, *_MANY)):
        raise ValidationError(f"{where}: says which objects, and not what becomes of them")
    return rule


def _filter(given: Any, where: str) -> LifecycleFilter:
    """A filter, also in S3's own form with ``Tag``, ``Tags`` as a list, and ``And``."""
    where = f"{where}.filter"
    values = named(given, where, LifecycleFilter, {"tag", "and"})
    inner = values.pop("and", None)
    if inner is not None:
        if any(value not in (None, "", {}, ()) for value in values.values()):
            raise ValidationError(f"{where}: has conditions beside And; put them into it")
        return _filter(inner, where)
    values["tags"] = _tags(values.pop("tag", None), values.get("tags"), where)
    for name in ("object_size_greater_than", "object_size_less_than"):
        if values.get(name) is not None:
            whole(values[name], f"{where}.{name}", 0)
    prefix = values.get("prefix")
    if prefix is not None and not isinstance(prefix, str):
        raise invalid(f"{where}.prefix", prefix, "must be text")
    values["prefix"] = prefix or None
    return LifecycleFilter(**values)


def _tags(tag: Any, tags: Any, where: str) -> dict[str, str]:
    where = f"{where}.tags"
    tags = () if tags is None else tags
    if isinstance(tags, Mapping):
        pairs = list(tags.items())
    elif isinstance(tags, (list, tuple)):
        pairs = [_pair(item, where) for item in tags]
    else:
        raise invalid(where, tags, 'must be a mapping, or a list of {"Key": ..., "Value": ...}')
    if tag is not None:
        pairs.append(_pair(tag, where))
    found: dict[str, str] = {}
    for name, value in pairs:
        if not isinstance(name, str) or not isinstance(value, str) or not name:
            raise invalid(where, {name: value}, "names and values must be text")
        if name in found:  # one of the two conditions would be lost
            raise invalid(where, name, "is the name of two tags")
        found[name] = value
    return found


def _pair(tag: Any, where: str) -> tuple[Any, Any]:
    if isinstance(tag, Mapping):
        names = {str(name).lower(): value for name, value in tag.items()}
        if set(names) == {"key", "value"} and len(tag) == 2:
            return names["key"], names["value"]
    raise invalid(where, tag, 'must be {"Key": ..., "Value": ...}')


def _part(given: Any, where: str, cls: type[Any]) -> Any:
    """A dated or counted part of a rule."""
    values = {n: v for n, v in named(given, where, cls).items() if v is not None}
    for name, value in values.items():
        if name == "date":
            values[name] = _midnight(value, f"{where}.date")
        elif name == "storage_class":
            if not (isinstance(value, str) and value):
                raise invalid(f"{where}.storage_class", value, "must be text such as 'GLACIER'")
        elif name.startswith("expired_object"):
            if not isinstance(value, bool):
                raise invalid(f"{where}.{name}", value, "must be True or False")
            values[name] = value or None  # False says no more than leaving it out
        else:
            moves = cls in (Transition, NoncurrentVersionTransition) and "days" in name
            whole(value, f"{where}.{name}", 0 if moves else 1)
    needed = [f.name for f in fields(cls) if f.default is MISSING and f.name not in values]
    if needed:
        raise ValidationError(f"{where}: lacks {', '.join(needed)}")
    part = cls(**values)
    _check_part(part, where)
    return part


def _check_part(part: Record, where: str) -> None:
    given = {name for name, value in part.items() if value is not None}
    if isinstance(part, Expiration):
        ways = given - {"expired_object_all_versions"}
        if len(ways) != 1:
            rule = "must have one of days, date and expired_object_delete_marker"
            raise invalid(where, {name: part[name] for name in sorted(given)}, rule)
    if isinstance(part, Transition) and len(given & {"days", "date"}) != 1:
        raise invalid(where, {name: part[name] for name in sorted(given)}, "must have days or date")
    if not given:
        raise ValidationError(f"{where}: is empty")


def _midnight(value: Any, where: str) -> datetime:
    """S3 takes whole days of UTC only."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            raise invalid(where, value, "must be a date such as '2027-01-31'") from None
    if isinstance(value, datetime):
        try:
            utc = value.astimezone(timezone.utc) if value.tzinfo else value
        except OverflowError:
            raise invalid(where, value, "must be a date such as '2027-01-31'") from None
        utc = utc.replace(tzinfo=timezone.utc)
        if utc.time() != time(0):
            raise invalid(where, value, "must be midnight UTC: S3 knows whole days only")
        return utc
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    raise invalid(where, value, "must be a date")


def essence(rule: LifecycleRule) -> Mapping[str, object]:
    """What a rule says, part by part, whatever its name and the order of what is in it."""
    parts: dict[str, object] = {name: rule[name] for name in ("status", *_ONE)}
    for name in _MANY:
        parts[name] = frozenset(rule[name])
    wanted = rule.filter
    sizes = (wanted.object_size_greater_than, wanted.object_size_less_than)
    parts["filter"] = (wanted.prefix or None, frozenset(wanted.tags.items()), *sizes)
    return parts
