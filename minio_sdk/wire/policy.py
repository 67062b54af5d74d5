"""Bucket policies: the tenant's own bucket names in their ARNs, both ways.

A policy is the user's JSON; only names of S3's buckets in it are touched. What it can reach is named in
``Resource`` and ``NotResource`` of each statement, and in ARNs among its conditions: there a tenant can write
the bucket that the policy is for, and nothing else.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from ipaddress import ip_network
from typing import Any

from minio_sdk.errors import ValidationError, invalid

MAX_POLICY = 20 * 1024
ARN = "arn:aws:s3:::"
# S3's in whatever spelling a server might take for one: partition, letter case, stars in its parts.
_ANY_ARN = re.compile(r"arn:[^:]*:(?:s3|[^:]*[*?])[^:]*:", re.IGNORECASE)
_BUCKET_ARN = re.compile(r"arn:[^:]*:s3:::([^/*?$]+)(?:/.*)?", re.DOTALL)
_ALL = ("*", f"{ARN}*")
"""Resources that name nobody: a policy says so of its own bucket."""
_PARTS = {"Version", "Id", "Statement"}
_RESOURCES = ("Resource", "NotResource")
_STATEMENT = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", *_RESOURCES, "Condition",
}  # fmt: skip


def read_policy(policy: object) -> dict[str, Any]:
    """A policy as JSON text or a mapping, as a document; an empty one is an empty dict.

    Raises:
        ValidationError: not JSON, not an object, or with names that no policy has.
    """
    if isinstance(policy, (str, bytes)):
        text = policy
    elif isinstance(policy, Mapping):
        try:
            text = json.dumps(dict(policy), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise invalid("policy", policy, f"is not what JSON can say: {error}") from None
    else:
        raise invalid("policy", policy, "must be JSON text or a dict")
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise invalid("policy", policy, f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise invalid("policy", document, "must be an object")
    if document:
        _check_names(document)
    return document


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _check_names(document: dict[str, Any]) -> None:
    """Servers in Go take ``resource`` for ``Resource``, and others pass it over: neither is meant."""
    if not document.get("Statement"):
        raise invalid("policy", document, "must have a Statement")
    if unknown := set(document) - _PARTS:
        raise invalid("policy", min(unknown), f"is not one of {', '.join(sorted(_PARTS))}")
    for statement in statements(document):
        if not isinstance(statement, dict):
            raise invalid("policy", statement, "a statement must be an object")
        if unknown := set(statement) - _STATEMENT:
            rule = f"is not one of {', '.join(sorted(_STATEMENT))}"
            raise invalid("policy", min(unknown), rule)
        for name in _RESOURCES:
            if not all(isinstance(text, str) for text in _several(statement.get(name, []))):
                raise invalid("policy", statement[name], f"{name} must be text or a list of texts")
        tests = statement.get("Condition", {})
        if not isinstance(tests, dict) or not all(isinstance(t, dict) for t in tests.values()):
            raise invalid("policy", tests, "Condition must be an object of objects")


def statements(document: Mapping[str, Any]) -> list[Any]:
    """The statements; one may stand without a list around it."""
    return _several(document.get("Statement", []))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def write_policy(document: Mapping[str, Any]) -> bytes:
    """The document as it is sent.

    Raises:
        ValidationError: longer than S3's 20 KiB, or with what is no character.
    """
    try:
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValidationError("policy: has half a character (a lone surrogate)") from None
    if len(body) > MAX_POLICY:
        raise ValidationError(f"policy: {len(body)} bytes, and S3 allows {MAX_POLICY}")
    return body


def to_server(document: dict[str, Any], bucket: str, server_bucket: str) -> dict[str, Any]:
    """A policy with the server's name of the bucket that it is for.

    Raises:
        ValidationError: it names another bucket, or could.
    """
    rule = (
        f"a policy of bucket {bucket!r} can speak of '{ARN}{bucket}' and '{ARN}{bucket}/...' only"
    )

    def resource(text: str) -> str:
        if bucket == server_bucket:  # no tenancy: the server knows what it allows
            named = _BUCKET_ARN.fullmatch(text)
            if named and named[1] != bucket:
                raise invalid("policy", text, rule)
            return text
        renamed = _renamed(text, bucket, server_bucket)
        if renamed is None:
            raise invalid("policy", text, rule)
        return renamed

    def condition(text: str) -> str:
        if bucket == server_bucket or not _ANY_ARN.match(text):
            return text
        return resource(text)

    return _mapped(document, resource, condition)


def from_server(document: dict[str, Any], bucket: str, server_bucket: str) -> dict[str, Any]:
    """A policy with the tenant's name of its bucket.

    Raises:
        ValueError: it names another bucket, which is not for this tenant to see.
    """

    def resource(text: str) -> str:
        renamed = _renamed(text, server_bucket, bucket)
        if renamed is None and text not in _ALL and bucket != server_bucket:
            raise ValueError("the policy names another bucket")
        return text if renamed is None else renamed

    def condition(text: str) -> str:
        return resource(text) if _ANY_ARN.match(text) else text

    return _mapped(document, resource, condition)


def _renamed(text: str, old: str, new: str) -> str | None:
    """An ARN of bucket `old`, or of what is in it, as one of `new`; None for any other text."""
    name, slash, rest = text.partition("/")
    return f"{ARN}{new}{slash}{rest}" if name == ARN + old else None


def _mapped(
    document: dict[str, Any], resource: Callable[[str], str], condition: Callable[[str], str]
) -> dict[str, Any]:
    def changed(statement: Any) -> Any:
        if not isinstance(statement, dict):
            return statement
        found = dict(statement)
        for name in _RESOURCES:
            if name in found:
                found[name] = _walk(found[name], resource)
        if "Condition" in found:
            found["Condition"] = _walk(found["Condition"], condition)
        # MinIO writes an empty Resource beside NotResource, and other servers refuse the two together.
        if found.get("Resource") == [] and "NotResource" in found:
            del found["Resource"]
        return found

    # MinIO takes no statement without a list around it.
    return {**document, "Statement": [changed(statement) for statement in statements(document)]}


def _walk(value: Any, text: Callable[[str], str]) -> Any:
    """`value` with each text in it changed."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_walk(item, text) for item in value]
    if isinstance(value, dict):
        return {name: _walk(item, text) for name, item in value.items()}
    return value


def essence(statement: Any) -> dict[str, object]:
    """What a statement says, as far as servers keep it when they write it in their own way.

    They sort, make lists of texts and texts of lists, write "*" as {"AWS": ["*"]}, and an address as a
    network: of principals and conditions it is which there are that must stay.
    """
    if not isinstance(statement, dict):
        return {}
    found: dict[str, object] = {"Effect": statement.get("Effect")}
    for name in ("Action", "NotAction", *_RESOURCES):
        texts = frozenset(str(text) for text in _several(statement.get(name, [])))
        found[name] = frozenset(t.lower() for t in texts) if "Action" in name else texts
    for name in ("Principal", "NotPrincipal"):
        found[name] = bool(statement.get(name))
    tests = statement.get("Condition") or {}
    found["Condition"] = frozenset(
        (operator.lower(), key.lower(), len({str(value) for value in _several(values)}))
        for operator, keys in (tests.items() if isinstance(tests, dict) else ())
        for key, values in (keys.items() if isinstance(keys, dict) else ())
    )
    return found


def distinct(document: Mapping[str, Any]) -> list[Any]:
    """The statements without those that say what another says: servers keep one of them."""
    kept: list[tuple[dict[str, object], Any]] = []
    for statement in statements(document):
        mine = essence(statement)
        if all(mine != known for known, _ in kept):
            kept.append((mine, statement))
    return [statement for _, statement in kept]


def plainly(statement: Any) -> dict[str, Any]:
    """A statement in the one form of those that say the same; its Sid says nothing.

    `essence` passes over how servers write principals and conditions; this says which they are.
    """
    if not isinstance(statement, dict):
        return {"": statement}  # which no policy has
    found: dict[str, Any] = {"Effect": statement.get("Effect")}
    for name in ("Principal", "NotPrincipal"):
        if statement.get(name):
            found[name] = _principals(statement[name])
    for name in ("Action", "NotAction", *_RESOURCES):
        if texts := statement.get(name):
            found[name] = sorted({str(text) for text in _several(texts)})
    tests = statement.get("Condition") or {}
    if isinstance(tests, dict) and all(isinstance(keys, dict) for keys in tests.values()):
        tests = {
            operator: {key: _tested(operator, values) for key, values in sorted(keys.items())}
            for operator, keys in sorted(tests.items())
        }
    if tests:
        found["Condition"] = tests
    return found


def meaning(document: Mapping[str, Any]) -> frozenset[str]:
    """What a policy says, whatever the order and the letter case of what has none."""
    said = set()
    for statement in statements(document):
        parts = plainly(statement)
        for name in ("Action", "NotAction"):
            if name in parts:
                parts[name] = sorted({text.lower() for text in parts[name]})
        tests = parts.get("Condition")
        if isinstance(tests, dict) and all(isinstance(keys, dict) for keys in tests.values()):
            parts["Condition"] = {
                operator.lower(): {key.lower(): values for key, values in keys.items()}
                for operator, keys in tests.items()
            }
        said.add(json.dumps(parts, sort_keys=True))
    return frozenset(said)


_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def _principals(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if set(value) == {"AWS"} and "*" in _several(value["AWS"]):
        return "*"
    return {
        kind: sorted(
            {
                f"arn:aws:iam::{text}:root" if _ACCOUNT.fullmatch(str(text)) else str(text)
                for text in _several(texts)
            }
        )
        for kind, texts in sorted(value.items())
    }


def _tested(operator: str, values: Any) -> list[str]:
    """What a condition compares with."""
    kind = operator.lower().rpartition(":")[2].removesuffix("ifexists")
    return sorted({_written(kind, value) for value in _several(values)})


def _written(kind: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if kind in ("bool", "null"):
        return text.lower()
    try:
        if kind in ("ipaddress", "notipaddress"):
            return str(ip_network(text, strict=False))
        if kind.startswith("date"):
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
            return moment.replace(tzinfo=moment.tzinfo or timezone.utc).isoformat()
    except ValueError:
        pass
    return text
