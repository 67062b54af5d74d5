"""What policies decide. That a server decides the same, `tests/conformance/test_policies.py` shows."""

from __future__ import annotations

import fnmatch
import re
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import Policy, Statement, ValidationError
from minio_sdk.policies.deciding import _like
from tests.strategies import MODERATE

EVE = "arn:aws:iam::111122223333:user/eve"


def conditioned(conditions: dict[str, Any]) -> Policy:
    return Policy(Statement(actions="*", resources="*", conditions=conditions))


def test_a_deny_wins_and_silence_allows_nothing() -> None:
    policy = Policy(
        Statement(actions="GetObject", resources="docs/*"),
        Statement(effect="Deny", actions="s3:*", resources="docs/secret/*"),
    )
    allowed = policy.check("s3:GetObject", "docs/a")
    assert allowed
    assert allowed.statement == policy.statements[0]
    denied = policy.check("s3:GetObject", "docs/secret/a")
    assert (bool(denied), denied.effect, denied.reason) == (False, "Deny", "statement 2 denies it")
    silent = policy.check("PutObject", "docs/a")
    assert (silent.allowed, silent.effect, silent.statement) == (False, None, None)
    assert policy.check("s3:getobject", "arn:aws:s3:::docs/a")


def test_all_but_some() -> None:
    policy = Policy(
        Statement(not_actions=["s3:Delete*"], not_resources=["docs/locked/*"], not_principals=EVE)
    )
    assert policy.check("PutObject", "docs/a")
    assert not policy.check("DeleteObject", "docs/a")
    assert not policy.check("PutObject", "docs/locked/a")
    assert not policy.check("PutObject", "docs/a", principal=EVE)


@pytest.mark.parametrize(
    ("principals", "principal", "found"),
    [
        ("*", None, True),
        ("*", EVE, True),
        (EVE, EVE, True),
        (EVE, None, False),
        (EVE, f"{EVE}2", False),
        ("111122223333", EVE, True),
        ("arn:aws:iam::111122223333:root", EVE, True),
        ("arn:aws:iam::999922223333:root", EVE, False),
        ({"Service": "*"}, EVE, False),
        ({"Service": "logs.example"}, "logs.example", True),
        (None, EVE, True),
        (None, None, True),
    ],
)
def test_whom_it_is_about(principals: Any, principal: str | None, found: bool) -> None:
    policy = Policy(Statement(actions="*", resources="*", principals=principals))
    assert policy.check("GetObject", "docs/a", principal=principal).allowed is found


CONTEXT = {
    "aws:SourceIp": "10.1.2.3",
    "aws:username": "ada",
    "aws:SecureTransport": True,
    "aws:CurrentTime": datetime(2026, 11, 22, tzinfo=timezone.utc),
    "s3:max-keys": 10,
    "s3:prefix": "home/ada/",
    "aws:TagKeys": ["a", "b"],
    "aws:PrincipalArn": EVE,
}


@pytest.mark.parametrize(
    ("operator", "key", "values", "found"),
    [
        ("StringEquals", "aws:username", ["eve", "ada"], True),
        ("StringEquals", "AWS:UserName", "ada", True),
        ("stringequals", "aws:username", "ada", True),
        ("StringEquals", "aws:username", "Ada", False),
        ("StringEqualsIgnoreCase", "aws:username", "Ada", True),
        ("StringNotEquals", "aws:username", ["eve", "ada"], False),
        ("StringNotEquals", "aws:username", ["eve", "bob"], True),
        ("StringNotEqualsIgnoreCase", "aws:username", "ADA", False),
        ("StringLike", "s3:prefix", "home/${aws:username}/*", True),
        ("StringLike", "s3:prefix", "home/${aws:userid}/*", False),
        ("StringLike", "s3:prefix", "home/${aws:userid, 'ada'}/*", True),
        ("StringEquals", "s3:prefix", "home/${aws:username}/", True),
        ("StringEquals", "s3:prefix", "home/${*}/", False),
        ("StringNotLike", "s3:prefix", "home/*", False),
        ("StringLike", "aws:username", "a?a", True),
        ("NumericEquals", "s3:max-keys", "10.0", True),
        ("NumericNotEquals", "s3:max-keys", 10, False),
        ("NumericLessThan", "s3:max-keys", 10, False),
        ("NumericLessThanEquals", "s3:max-keys", 10, True),
        ("NumericGreaterThan", "s3:max-keys", "9", True),
        ("NumericGreaterThanEquals", "s3:max-keys", "11", False),
        ("DateLessThan", "aws:CurrentTime", "2026-11-22T00:00:01Z", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-11-22", False),
        ("DateEquals", "aws:CurrentTime", "2026-11-22T01:00:00+01:00", True),
        ("DateGreaterThanEquals", "aws:CurrentTime", "1700000000", True),
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:SecureTransport", False, False),
        ("IpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.0.0.0/8"], True),
        ("IpAddress", "aws:SourceIp", "10.1.2.4", False),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", False),
        ("NotIpAddress", "aws:SourceIp", "2001:db8::/32", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", True),
        ("ArnNotEquals", "aws:PrincipalArn", EVE, False),
        ("Null", "aws:username", "false", True),
        ("Null", "aws:username", "true", False),
        ("Null", "aws:userid", True, True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a"], False),
        ("ForAllValues:StringEquals", "aws:userid", ["a"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["b"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["c"], False),
        ("ForAnyValue:StringEquals", "aws:userid", ["c"], False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["a"], True),
        # Of what the request hasn't: false, unless something is forbidden, or if it exists.
        ("StringEquals", "aws:userid", "x", False),
        ("StringEqualsIfExists", "aws:userid", "x", True),
        ("StringEqualsIfExists", "aws:username", "x", False),
        ("StringNotEquals", "aws:userid", "x", True),
        ("NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/8", True),
        ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8", False),
    ],
)
def test_conditions(operator: str, key: str, values: Any, found: bool) -> None:
    policy = conditioned({operator: {key: values}})
    assert policy.check("GetObject", "docs/a", context=CONTEXT).allowed is found


def test_every_condition_has_to_hold() -> None:
    policy = conditioned({"Bool": {"a:b": True, "a:c": True}, "StringEquals": {"a:d": "x"}})
    context: dict[str, Any] = {"a:b": True, "a:c": True, "a:d": "x"}
    assert policy.check("GetObject", "docs/a", context=context)
    for key in context:
        assert not policy.check("GetObject", "docs/a", context={**context, key: "other"})


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"StringSounds": {"aws:username": "a"}}, "StringSounds"),
        ({"Some:StringEquals": {"aws:username": "a"}}, "Some:StringEquals"),
        ({"BoolNot": {"aws:SecureTransport": "true"}}, "BoolNot"),
        ({"NotBool": {"aws:SecureTransport": "true"}}, "NotBool"),
        ({"NumericLessThan": {"s3:max-keys": "many"}}, "must be a number"),
        ({"DateLessThan": {"aws:CurrentTime": "soon"}}, "must be a date"),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}}, "can't be compared"),
    ],
)
def test_what_cannot_be_decided_is_said(conditions: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        conditioned(conditions).check("GetObject", "docs/a", context=CONTEXT)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"action": "GetObjects"}, "perhaps"),
        ({"action": "s3:*"}, "must be one action"),
        ({"resource": ""}, "resource="),
        ({"principal": ""}, "principal="),
        ({"context": {"a": None}}, "must be text"),
        ({"context": {1: "a"}}, "condition key"),
        ({"context": []}, "must be a dict"),
    ],
)
def test_bad_questions(arguments: dict[str, Any], words: str) -> None:
    policy = conditioned({})
    with pytest.raises(ValidationError, match=words):
        policy.check(**{"action": "GetObject", "resource": "docs/a", **arguments})


def test_variables_stand_for_themselves_and_never_for_patterns() -> None:
    policy = Policy(Statement(actions="GetObject", resources="docs/${aws:username}/*"))
    assert policy.check("GetObject", "docs/ada/a", context=CONTEXT)
    assert not policy.check("GetObject", "docs/eve/a", context=CONTEXT)
    assert not policy.check("GetObject", "docs/eve/a", context={"aws:username": "*"})
    assert policy.check("GetObject", "docs/*/a", context={"aws:username": "*"})
    assert not policy.check("GetObject", "docs//a")
    old = Policy.parse({**policy, "Version": "2008-10-17"})
    assert not old.check("GetObject", "docs/ada/a", context=CONTEXT)
    assert old.check("GetObject", "docs/${aws:username}/a")


@MODERATE
@given(st.text("ab*?", max_size=12), st.text("abc\n", max_size=12))
def test_wildcards_as_fnmatch_reads_them(pattern: str, text: str) -> None:
    assert _like(pattern, text) is bool(re.match(fnmatch.translate(pattern), text))


def test_no_pattern_is_slow() -> None:
    """Work is bounded by the product of both lengths: an expression would try for years."""
    assert not _like("*a" * 500 + "b", "a" * 2000)
