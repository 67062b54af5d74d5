"""Policies as values: what they refuse, what they say, and that nothing of a parsed one is lost."""

from __future__ import annotations

import copy
import json
import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import Policy, Statement, ValidationError, tenant_policy
from minio_sdk.wire.policy import read_policy
from tests.strategies import FEW

READS = Statement(actions="GetObject", resources="docs/public/*", principals="*", sid="read")


def test_a_policy_in_the_policy_language() -> None:
    policy = Policy(
        READS,
        Statement(
            effect="Deny",
            not_actions=["s3:GetObject", "s3:ListBucket"],
            not_resources="arn:aws:s3:::docs/free/*",
            principals={"AWS": "arn:aws:iam::111122223333:user/eve", "Service": ["a.example"]},
            conditions={
                "Bool": {"aws:SecureTransport": False},
                "NumericLessThan": {"s3:max-keys": 10},
            },
        ),
        id="mine",
    )
    assert dict(policy) == {
        "Version": "2012-10-17",
        "Id": "mine",
        "Statement": [
            {
                "Sid": "read",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::docs/public/*"],
            },
            {
                "Effect": "Deny",
                "Principal": {
                    "AWS": ["arn:aws:iam::111122223333:user/eve"],
                    "Service": ["a.example"],
                },
                "NotAction": ["s3:GetObject", "s3:ListBucket"],
                "NotResource": ["arn:aws:s3:::docs/free/*"],
                "Condition": {
                    "Bool": {"aws:SecureTransport": ["false"]},
                    "NumericLessThan": {"s3:max-keys": ["10"]},
                },
            },
        ],
    }
    assert json.loads(policy.to_json()) == json.loads(policy.to_json(indent=2)) == dict(policy)


def test_a_policy_is_a_value() -> None:
    policy = Policy(READS)
    same = Policy.parse(policy.to_json())
    assert policy == same == dict(policy)
    assert hash(policy) == hash(same) == hash(copy.copy(policy))
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert eval(repr(policy), {"Policy": Policy}) == policy
    assert policy != Policy(READS, READS)
    assert policy != "policy"
    with pytest.raises(AttributeError):
        policy.id = "other"
    policy["Statement"][0]["Effect"] = "Deny"
    assert policy["Statement"][0]["Effect"] == "Allow"
    assert set(policy) == {"Version", "Statement"}
    assert len(policy) == 2


def test_it_is_taken_where_policies_are() -> None:
    assert read_policy(Policy(READS)) == dict(Policy(READS))


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_the_tenant_s_policy_is_one(tenancy: Any) -> None:
    document = tenant_policy("acme", tenancy=tenancy)
    assert dict(Policy.parse(document)) == document


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"resources": "docs/*"}, "actions: is missing"),
        ({"actions": "GetObject"}, "resources: is missing"),
        ({"actions": "GetObjects", "resources": "docs/*"}, "perhaps 's3:GetObject'"),
        ({"actions": "xyzzy", "resources": "docs/*"}, "no action of S3 known here; Policy.parse"),
        ({"actions": " s3:GetObject", "resources": "docs/*"}, "must be an action"),
        ({"actions": 5, "resources": "docs/*"}, "must be text or texts"),
        ({"actions": [5], "resources": "docs/*"}, "must be text or texts"),
        ({"actions": "GetObject", "resources": "docs"}, "its objects are 'bucket/*'"),
        ({"actions": "ListBucket", "resources": "docs/*"}, "a bucket has no '/'"),
        ({"actions": "GetObject", "resources": "/docs/*"}, "must be a bucket or 'bucket/key'"),
        ({"actions": "*", "not_actions": "*", "resources": "*"}, "can't stand beside actions"),
        ({"actions": "*", "resources": "*", "principals": []}, "must name somebody"),
        ({"actions": "*", "resources": "*", "principals": {"Aws": "*"}}, "is not one of AWS"),
        ({"actions": "*", "resources": "*", "effect": "allow"}, "'Allow' or 'Deny'"),
        ({"actions": "*", "resources": "*", "conditions": []}, "must be {operator"),
        ({"actions": "*", "resources": "*", "conditions": {"Bool": {}}}, "must be {operator"),
        ({"actions": "*", "resources": "*", "conditions": {"Bool": {"a": None}}}, "must be {oper"),
        ({"actions": "*", "resources": "*", "sid": 1}, "sid=1"),
    ],
)
def test_what_would_never_match_or_never_be_taken(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        Statement(**fields)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "is not JSON"),
        ({}, "must have a Statement"),
        ({"Version": "2020-01-01", "Statement": {"Effect": "Allow"}}, "Version must be"),
        ({"Id": 1, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "Id=1"),
        ({"Statement": [{"Effect": "Maybe"}]}, "Statement[0].Effect"),
        ({"Statement": [{"Effect": "Allow", "Resource": "*"}]}, "actions: is missing"),
        ({"Statement": [{"Effect": "Allow", "Action": {}, "Resource": "*"}]}, "text or texts"),
    ],
)
def test_what_is_no_policy(document: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        Policy.parse(document)


def test_a_policy_has_statements() -> None:
    with pytest.raises(ValidationError, match="one at least"):
        Policy()
    with pytest.raises(ValidationError, match=r"Policy\.parse\(\) reads JSON"):
        Policy({"Effect": "Allow"})  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="id=1"):
        Policy(READS, id=1)  # type: ignore[arg-type]


_texts = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3)
_statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": _texts, "Resource": _texts},
    optional={
        "Sid": st.text(max_size=5),
        "Principal": st.just("*") | st.fixed_dictionaries({"AWS": _texts}),
        "Condition": st.dictionaries(
            st.sampled_from(["StringLike", "Bool"]),
            st.dictionaries(st.text(min_size=1, max_size=5), _texts, min_size=1, max_size=2),
            min_size=1,
        ),
    },
)


@FEW
@given(st.lists(_statements, min_size=1, max_size=3))
def test_a_parsed_policy_says_what_was_written(found: list[dict[str, Any]]) -> None:
    for statement in found:
        if statement.get("Principal") == {"AWS": ["*"]}:
            statement["Principal"] = "*"  # another way to write it
    document = {"Version": "2012-10-17", "Statement": found}
    assert dict(Policy.parse(json.dumps(document))) == document
