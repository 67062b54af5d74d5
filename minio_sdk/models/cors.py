"""CORS rules: which web pages may ask for a bucket's objects.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.given import listed, named, rule_id, whole
from minio_sdk.models.record import Record

METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "DELETE"})
MAX_RULES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsRule(Record):
    """One rule. A dict with the same names, or S3's own, does as well wherever a rule is taken.

    Attributes:
        allowed_origins: such as ``"https://example.com"``, each with at most one ``*``.
        allowed_methods: of GET, PUT, HEAD, POST, DELETE.
        allowed_headers: request headers a page may send, each with at most one ``*``.
        expose_headers: reply headers a page may read.
        max_age_seconds: how long a browser may remember the answer.
        id: a name for the rule.
    """

    allowed_origins: tuple[str, ...]
    allowed_methods: tuple[str, ...]
    allowed_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age_seconds: int | None = None
    id: str | None = None


def cors_rules(rules: Any) -> tuple[CorsRule, ...]:
    """Rules as users give them, checked.

    Raises:
        ValidationError: a rule that S3 would not take.
    """
    found = listed(rules, "rules", MAX_RULES)
    return tuple(_rule(rule, f"rules[{number}]") for number, rule in enumerate(found))


_LISTS = ("allowed_origins", "allowed_methods", "allowed_headers", "expose_headers")


def _rule(given: Any, where: str) -> CorsRule:
    values = named(given, where, CorsRule)
    for name in _LISTS:
        values[name] = _texts(values.get(name), f"{where}.{name}", stars=name != "expose_headers")
    if not values["allowed_origins"]:
        raise ValidationError(f"{where}.allowed_origins: is missing")
    if not values["allowed_methods"] or not METHODS.issuperset(values["allowed_methods"]):
        rule = f"must be of {', '.join(sorted(METHODS))}"
        raise invalid(f"{where}.allowed_methods", values["allowed_methods"], rule)
    if values.get("max_age_seconds") is not None:
        whole(values["max_age_seconds"], f"{where}.max_age_seconds", 0)
    rule_id(values.get("id"), where)
    return CorsRule(**values)


def _texts(items: Any, where: str, stars: bool) -> tuple[str, ...]:
    items = () if items is None else items
    if not isinstance(items, (list, tuple, set, frozenset)) or not all(
        isinstance(item, str) and item for item in items
    ):
        raise invalid(where, items, "must be a list of texts")
    if any(not item.isprintable() or item != item.strip() for item in items):
        # Servers compare it with a header, which has none of these: such an entry matches nothing.
        rule = "an entry may have no blank at either end, no line end and no control character"
        raise invalid(where, items, rule)
    if stars and any(item.count("*") > 1 for item in items):
        raise invalid(where, items, "an entry may have one * at most")
    return tuple(sorted(items) if isinstance(items, (set, frozenset)) else items)


def essence(rule: CorsRule) -> Mapping[str, object]:
    """What a rule says, however it is written; its id says nothing."""
    return {
        # In browsers, and so in most servers, methods and origins are as they are, headers are not.
        "allowed_origins": frozenset(rule.allowed_origins),
        "allowed_methods": frozenset(rule.allowed_methods),
        "allowed_headers": frozenset(header.lower() for header in rule.allowed_headers),
        "expose_headers": frozenset(header.lower() for header in rule.expose_headers),
        # SeaweedFS writes 0 for a rule that says nothing of it.
        "max_age_seconds": rule.max_age_seconds or 0,
    }
