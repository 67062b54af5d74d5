"""What a policy decides about a request, by the rules that S3's servers share.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from minio_sdk.errors import invalid
from minio_sdk.models.record import Record
from minio_sdk.policies.actions import arn_of, spelled
from minio_sdk.policies.statements import Effect, Statement

_Context = Mapping[str, tuple[str, ...]]
_Pattern = tuple[str, ...]
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Record):
    """What a policy decides; true when the request is allowed.

    Attributes:
        allowed: whether it is.
        effect: ``"Allow"``, ``"Deny"``, or None where no statement matches, which allows nothing.
        statement: the one that decided.
        reason: the same for people.
    """

    allowed: bool
    effect: Effect | None
    statement: Statement | None
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


def decide(statements: Iterable[Statement], request: Asked) -> Decision:
    """What statements decide: a Deny wins, then any Allow."""
    allowing: tuple[int, Statement] | None = None
    for number, statement in enumerate(statements, 1):
        if request.matches(statement):
            if statement.effect == "Deny":
                why = f"statement {number} denies it"
                return Decision(allowed=False, effect="Deny", statement=statement, reason=why)
            allowing = allowing or (number, statement)
    if allowing is None:
        why = "no statement allows it"
        return Decision(allowed=False, effect=None, statement=None, reason=why)
    number, statement = allowing
    why = f"statement {number} allows it"
    return Decision(allowed=True, effect="Allow", statement=statement, reason=why)


def asked_of(
    action: str,
    resource: str,
    principal: str | None,
    context: Mapping[str, Any] | None,
    *,
    variables: bool,
) -> Asked:
    """A request as `Policy.check` takes it, checked; `variables` are a matter of the policy's version."""
    asked = spelled(action, "action")
    if "*" in asked or "?" in asked:
        raise invalid("action", action, "must be one action, without * or ?")
    if not isinstance(resource, str) or not resource:
        raise invalid("resource", resource, "must be a bucket or 'bucket/key'")
    if principal is not None and (not isinstance(principal, str) or not principal):
        raise invalid("principal", principal, "must be an ARN, or None for an unsigned request")
    known = _known({} if context is None else context)
    return Asked(asked, arn_of(resource), principal, known, variables)


def _known(context: Mapping[str, Any]) -> _Context:
    if not isinstance(context, Mapping):
        raise invalid("context", context, "must be a dict of condition keys and values")
    found: dict[str, tuple[str, ...]] = {}
    for key, given in context.items():
        if not isinstance(key, str):
            raise invalid("context", key, "must be a condition key, such as 'aws:SourceIp'")
        several = given if isinstance(given, (list, tuple, set, frozenset)) else (given,)
        found[key.lower()] = tuple(_text(key, value) for value in several)
    return found


def _text(key: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise invalid(
        f"context[{key!r}]", value, "must be text, a number, a bool, a datetime, or a list"
    )


class Asked:
    """What is asked."""

    def __init__(
        self, action: str, resource: str, principal: str | None, context: _Context, variables: bool
    ) -> None:
        self._action = action.lower()
        self._resource = resource
        self._principal = principal
        self._context = context
        self._variables = variables

    def matches(self, statement: Statement) -> bool:
        """Whether a statement is about this request."""
        return (
            self._concerns(statement)
            and self._acts(statement)
            and self._reaches(statement)
            and all(
                self._holds(operator, key, values)
                for operator, keys in statement.conditions.items()
                for key, values in keys.items()
            )
        )

    def _acts(self, statement: Statement) -> bool:
        listed = statement.actions or statement.not_actions
        found = any(_like(pattern.lower(), self._action) for pattern in listed)
        return found is bool(statement.actions)

    def _reaches(self, statement: Statement) -> bool:
        listed = statement.resources or statement.not_resources
        found = any(_match(self._pattern(text), self._resource) for text in listed)
        return found is bool(statement.resources)

    def _concerns(self, statement: Statement) -> bool:
        if statement.principals is not None:
            return self._named_in(statement.principals)
        if statement.not_principals is not None:
            return not self._named_in(statement.not_principals)
        return True

    def _named_in(self, principals: Mapping[str, tuple[str, ...]]) -> bool:
        for kind, names in principals.items():
            for name in names:
                if name == "*" and kind == "AWS":
                    return True
                if self._principal is not None and _is(name, self._principal):
                    return True
        return False

    def _pattern(self, text: str) -> _Pattern:
        """A text with ``*`` and ``?``, in which variables stand for what the request has, literally."""
        if not self._variables or "${" not in text:
            return _wild(text)
        built: list[str] = []
        at = 0
        for variable in _VARIABLE.finditer(text):
            built += _wild(text[at : variable.start()])
            built += self._value(variable)
            at = variable.end()
        return (*built, *_wild(text[at:]))

    def _filled(self, text: str) -> str:
        if not self._variables or "${" not in text:
            return text
        return _VARIABLE.sub(self._value, text)

    def _value(self, variable: re.Match[str]) -> str:
        name, comma, default = variable[1].partition(",")
        if name in ("*", "?", "$"):
            return name
        values = self._context.get(name.strip().lower(), ())
        if len(values) == 1:
            return values[0]
        default = default.strip()
        if comma and len(default) > 1 and default[0] == default[-1] == "'":
            return default[1:-1]
        return "\ue000"  # of a request that hasn't the key; no name has this

    def _holds(self, operator: str, key: str, values: tuple[str, ...]) -> bool:
        quantity, colon, name = operator.rpartition(":")
        short = name.lower()
        if_exists = short.endswith("ifexists")
        short = short.removesuffix("ifexists")
        asked = self._context.get(key.lower())
        if short == "null":
            return any((value.lower() == "true") is not bool(asked) for value in values)
        negated, compare = _operator(short, operator)
        for_all = quantity.lower() == "forallvalues"
        if colon and not for_all and quantity.lower() != "foranyvalue":
            raise invalid("policy", operator, "is no condition that is known here")
        if not asked:
            # Also a key that must not have some value hasn't it.
            return if_exists or for_all or (negated and not colon)

        def meets(value: str) -> bool:
            if short.endswith("like") or short.startswith("arn"):
                found = any(_match(self._pattern(wanted), value) for wanted in values)
            else:
                found = any(compare(value, self._filled(wanted)) for wanted in values)
            return found is not negated

        if for_all or (negated and not colon):
            return all(meets(value) for value in asked)
        return any(meets(value) for value in asked)


def _is(name: str, principal: str) -> bool:
    if name == principal:
        return True
    # An account, by its number or as its root, is everybody in it.
    account = name if _ACCOUNT.fullmatch(name) else None
    if name.startswith("arn:") and name.endswith(":root"):
        account = name.split(":")[4]
    parts = principal.split(":")
    return bool(account) and len(parts) > 4 and parts[4] == account


_STAR, _ONE = "*" * 2, "?" * 2


@lru_cache(maxsize=1024)
def _wild(pattern: str) -> _Pattern:
    """A pattern taken to pieces: characters, and what stands for one of them or any number."""
    special = {"*": _STAR, "?": _ONE}
    return tuple(special.get(character, character) for character in pattern)


def _match(pattern: _Pattern, text: str) -> bool:
    """Whether all of `text` fits; no pattern makes it slow, as it could an expression."""
    at = start = 0
    star = resumed = -1
    while start < len(text):
        piece = pattern[at] if at < len(pattern) else None
        if piece is _STAR:
            star, resumed = at, start
            at += 1
        elif piece is _ONE or piece == text[start]:
            at += 1
            start += 1
        elif star >= 0:  # the last star takes one character more
            at = star + 1
            resumed += 1
            start = resumed
        else:
            return False
    return all(piece is _STAR for piece in pattern[at:])


def _like(pattern: str, text: str) -> bool:
    return _match(_wild(pattern), text)


def _operator(name: str, written: str) -> tuple[bool, Callable[[str, str], bool]]:
    """Whether it is negated, and how one value is compared with one of the policy's."""
    if name == "notipaddress":
        return True, _in_network
    positive = name.replace("not", "", 1)
    compare = _OPERATORS.get(positive)
    if compare is None or (positive != name and not positive.endswith(_MAY_BE_NEGATED)):
        raise invalid("policy", written, "is no condition that is known here")
    return positive != name, compare


def _in_network(value: str, wanted: str) -> bool:
    try:
        address = ipaddress.ip_address(value)
        network = ipaddress.ip_network(wanted, strict=False)
    except ValueError as error:
        raise invalid("aws:SourceIp", f"{value}, {wanted}", f"can't be compared: {error}") from None
    return address in network


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise invalid("conditions", text, "must be a number") from None


def _moment(text: str) -> datetime:
    try:
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            return datetime.fromtimestamp(float(text), timezone.utc)
        found = datetime.fromisoformat(
            text.removesuffix("Z") + ("+00:00" if text[-1:] == "Z" else "")
        )
    except (ValueError, OverflowError, OSError):
        raise invalid("conditions", text, "must be a date, such as 2026-11-22T00:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _ordered(kind: Callable[[str], Any]) -> Iterable[tuple[str, Callable[[str, str], bool]]]:
    yield "equals", lambda value, wanted: bool(kind(value) == kind(wanted))
    yield "lessthan", lambda value, wanted: bool(kind(value) < kind(wanted))
    yield "lessthanequals", lambda value, wanted: bool(kind(value) <= kind(wanted))
    yield "greaterthan", lambda value, wanted: bool(kind(value) > kind(wanted))
    yield "greaterthanequals", lambda value, wanted: bool(kind(value) >= kind(wanted))


_MAY_BE_NEGATED = ("equals", "equalsignorecase", "like")
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda value, wanted: value == wanted,
    "stringequalsignorecase": lambda value, wanted: value.lower() == wanted.lower(),
    "stringlike": _like,
    "arnequals": _like,
    "arnlike": _like,
    "binaryequals": lambda value, wanted: value == wanted,
    "bool": lambda value, wanted: value.lower() == wanted.lower(),
    "ipaddress": _in_network,
    **{f"numeric{name}": compare for name, compare in _ordered(_number)},
    **{f"date{name}": compare for name, compare in _ordered(_moment)},
}
