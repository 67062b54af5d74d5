"""Statements of policies, as values.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.record import Record
from minio_sdk.models.secret import FrozenDict
from minio_sdk.policies.actions import arn_of, level, spelled

Effect: TypeAlias = Literal["Allow", "Deny"]
Texts: TypeAlias = str | Iterable[str]
Value: TypeAlias = str | int | float | bool
Conditions: TypeAlias = Mapping[str, Mapping[str, Value | Iterable[Value]]]

_PRINCIPALS = ("AWS", "CanonicalUser", "Federated", "Service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Record):
    """One statement of a policy: who may, or may not, do what to what.

    Texts stand for themselves or in lists of them. ``*`` in an action or resource is any text, ``?`` any one
    character.

    Args:
        effect: ``"Allow"`` or ``"Deny"``; a Deny beats every Allow.
        actions: such as ``"s3:GetObject"``; ``s3:`` may be left out. Names that S3 doesn't have are refused.
        resources: buckets (``"docs"``) and objects (``"docs/reports/*"``), with or without ``arn:aws:s3:::``.
        not_actions: all but these, in place of `actions`.
        not_resources: all but these, in place of `resources`.
        principals: in a bucket's policy, whom it is about: ``"*"`` is everybody, unsigned requests
            included; else ARNs or account numbers, or a dict by kind of principal. None, in a policy that
            is attached to somebody: those it is attached to.
        not_principals: all but these, in place of `principals`.
        conditions: operator, key and values, such as ``{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}``.
        sid: a name for the statement.

    Raises:
        ValidationError: it could never match, or S3 wouldn't take it.

    Example:
        >>> from minio_sdk import Statement
        >>> Statement(actions="GetObject", resources="docs/public/*", principals="*").effect
        'Allow'
    """

    effect: Effect = "Allow"
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: Mapping[str, tuple[str, ...]] | None = None
    not_principals: Mapping[str, tuple[str, ...]] | None = None
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    sid: str | None = None

    def __init__(
        self,
        *,
        actions: Texts = (),
        resources: Texts = (),
        effect: Effect = "Allow",
        not_actions: Texts = (),
        not_resources: Texts = (),
        principals: Texts | Mapping[str, Texts] | None = None,
        not_principals: Texts | Mapping[str, Texts] | None = None,
        conditions: Conditions | None = None,
        sid: str | None = None,
    ) -> None:
        if effect not in get_args(Effect):
            raise invalid("effect", effect, "must be 'Allow' or 'Deny'")
        if sid is not None and not isinstance(sid, str):
            raise invalid("sid", sid, "must be text")
        found: dict[str, Any] = {"effect": effect, "sid": sid}
        for name, given in (("actions", actions), ("not_actions", not_actions)):
            found[name] = tuple(spelled(text, name) for text in _texts(given, name))
        for name, given in (("resources", resources), ("not_resources", not_resources)):
            found[name] = tuple(_resource(text, name) for text in _texts(given, name))
        for name, whom in (("principals", principals), ("not_principals", not_principals)):
            found[name] = None if whom is None else _principals(whom, name)
        found["conditions"] = _conditions({} if conditions is None else conditions)
        _check_pairs(found)
        _check_levels(found)
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def document(self) -> dict[str, Any]:
        """The statement in the policy language."""
        found: dict[str, Any] = {} if self.sid is None else {"Sid": self.sid}
        found["Effect"] = self.effect
        for name, whom in (("Principal", self.principals), ("NotPrincipal", self.not_principals)):
            if whom is not None:
                everybody = whom == {"AWS": ("*",)}
                found[name] = "*" if everybody else {kind: [*who] for kind, who in whom.items()}
        for name, texts in (
            ("Action", self.actions),
            ("NotAction", self.not_actions),
            ("Resource", self.resources),
            ("NotResource", self.not_resources),
        ):
            if texts:
                found[name] = [*texts]
        if self.conditions:
            found["Condition"] = {
                operator: {key: [*values] for key, values in keys.items()}
                for operator, keys in self.conditions.items()
            }
        return found


def _texts(given: object, where: str) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    if isinstance(given, (bytes, Mapping)) or not isinstance(given, Iterable):
        raise invalid(where, given, "must be text or texts")
    found = tuple(given)
    if not all(isinstance(text, str) for text in found):
        raise invalid(where, given, "must be text or texts")
    return tuple(sorted(found)) if isinstance(given, (set, frozenset)) else found


def _resource(text: str, where: str) -> str:
    if not text or text.startswith("/"):
        raise invalid(where, text, "must be a bucket or 'bucket/key', such as 'docs/reports/*'")
    return arn_of(text)


def _principals(given: object, where: str) -> Mapping[str, tuple[str, ...]]:
    kinds = given if isinstance(given, Mapping) else {"AWS": given}
    if unknown := set(kinds) - set(_PRINCIPALS):
        raise invalid(where, min(unknown, key=str), f"is not one of {', '.join(_PRINCIPALS)}")
    found = FrozenDict({kind: _texts(who, where) for kind, who in kinds.items()})
    if not found or not all(found.values()) or not all(all(who) for who in found.values()):
        raise invalid(where, given, "must name somebody; '*' is everybody")
    return found


def _conditions(given: object) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    rule = "must be {operator: {key: value or values}}"
    if not isinstance(given, Mapping):
        raise invalid("conditions", given, rule)
    found: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for operator, keys in given.items():
        if not isinstance(operator, str) or not isinstance(keys, Mapping) or not keys:
            raise invalid("conditions", {operator: keys}, rule)
        found[operator] = FrozenDict({str(key): _values(each, rule) for key, each in keys.items()})
    return FrozenDict(found)


def _values(given: object, rule: str) -> tuple[str, ...]:
    """The values of a condition's key as texts."""
    several = (
        (given,) if isinstance(given, (str, bool, int, float)) or not isinstance(given, Iterable)
        else tuple(given)
    )  # fmt: skip
    if not all(isinstance(value, (str, bool, int, float)) for value in several):
        raise invalid("conditions", given, rule)
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in several)


def _check_pairs(found: Mapping[str, Any]) -> None:
    for name, needed in (("actions", True), ("resources", True), ("principals", False)):
        there = [n for n in (name, f"not_{name}") if found[n]]
        if len(there) > 1:
            raise invalid(f"not_{name}", found[f"not_{name}"], f"can't stand beside {name}")
        if needed and not there:
            raise ValidationError(f"{name}: is missing")


def _check_levels(found: Mapping[str, Any]) -> None:
    """Refuse an action that no resource of the statement is for: such a statement never matches."""
    resources = found["resources"]
    for action in found["actions"]:
        kind = level(action)
        if kind is None or not resources:
            continue
        if kind == "object" and not any(set(text) & set("/*?$") for text in resources):
            rule = (
                f"is done to objects, and {resources[0]!r} is a bucket: its objects are 'bucket/*'"
            )
            raise invalid("actions", action, rule)
        if kind == "bucket" and all("/" in text for text in resources):
            rule = f"is done to buckets, and {resources[0]!r} names objects; a bucket has no '/'"
            raise invalid("actions", action, rule)


def parsed(given: Mapping[str, Any], where: str) -> Statement:
    """A statement as it was written, of which only the form is checked."""
    effect = given.get("Effect")
    if effect not in get_args(Effect):
        raise invalid(f"{where}.Effect", effect, "must be 'Allow' or 'Deny'")
    found: dict[str, Any] = {"effect": effect, "sid": given.get("Sid")}
    for name, short in (
        ("Action", "actions"),
        ("NotAction", "not_actions"),
        ("Resource", "resources"),
        ("NotResource", "not_resources"),
    ):
        found[short] = _texts(given.get(name, ()), f"{where}.{name}")
    for name, short in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
        whom = given.get(name)
        found[short] = None if whom is None else _principals(whom, f"{where}.{name}")
    found["conditions"] = _conditions(given.get("Condition", {}))
    _check_pairs(found)
    statement = object.__new__(Statement)
    for name, value in found.items():
        object.__setattr__(statement, name, value)
    return statement
