"""Policies: a tenant writes its own bucket's name in them, and can write nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import ValidationError
from minio_sdk.wire.policy import (
    MAX_POLICY,
    distinct,
    essence,
    from_server,
    read_policy,
    to_server,
    write_policy,
)
from tests.strategies import MANY, MODERATE, anything

STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": ["*"]},
    "Action": ["s3:GetObject"],
    "Resource": ["arn:aws:s3:::docs/public/*"],
}
POLICY: dict[str, Any] = {"Version": "2012-10-17", "Statement": [STATEMENT]}
OWN = "arn:aws:s3:::docs"


def with_(**changes: Any) -> dict[str, Any]:
    """The policy with another statement; None takes a part out."""
    changed = {**STATEMENT, **changes}
    statement = {name: value for name, value in changed.items() if value is not None}
    return {**POLICY, "Statement": [statement]}


def out(policy: Any) -> dict[str, Any]:
    return to_server(read_policy(policy), "docs", "acme-docs")


def back(policy: dict[str, Any]) -> dict[str, Any]:
    return from_server(policy, "docs", "acme-docs")


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [POLICY, json.dumps(POLICY), json.dumps(POLICY).encode()])
def test_a_policy_is_a_dict_or_its_text(form: Any) -> None:
    assert read_policy(form) == POLICY


@pytest.mark.parametrize("nothing", [{}, "{}", b" {} "])
def test_an_empty_policy_is_none(nothing: Any) -> None:
    assert read_policy(nothing) == {}


@pytest.mark.parametrize(
    "policy, message",
    [
        (None, "must be JSON text or a dict"),
        ([POLICY], "must be JSON text or a dict"),
        ("", "is not JSON"),
        ("{", "is not JSON"),
        (b"\xff", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be an object"),
        ('"text"', "must be an object"),
        ({"Statement": {1}}, "is not what JSON can say"),
        ({"Statement": float("nan")}, "is not what JSON can say"),
        ('{"Statement": [NaN]}', "NaN is no number"),
        ({"Version": "2012-10-17"}, "must have a Statement"),
        ({"Statement": []}, "must have a Statement"),
        ({"statement": [STATEMENT]}, "must have a Statement"),
        ({**POLICY, "statement": []}, "'statement': is not one of"),
        ({"Statement": ["s"]}, "a statement must be an object"),
        ({"Statement": [{**STATEMENT, "resource": "x"}]}, "'resource': is not one of"),
        (with_(Resource={"a": "b"}), "Resource must be text or a list of texts"),
        (with_(NotResource=[5]), "NotResource must be text or a list of texts"),
        (with_(Condition=["a"]), "Condition must be an object of objects"),
        (with_(Condition={"StringEquals": "a"}), "Condition must be an object of objects"),
    ],
)
def test_what_is_no_policy_is_refused(policy: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_policy(policy)
    assert message in str(caught.value)


def test_a_policy_has_a_limit_in_bytes() -> None:
    room = MAX_POLICY - len(write_policy({"Id": ""}))
    assert len(write_policy({"Id": "x" * room})) == MAX_POLICY
    with pytest.raises(ValidationError, match="20481 bytes, and S3 allows 20480"):
        write_policy({"Id": "x" * (room - 1) + "ü"})
    with pytest.raises(ValidationError, match="half a character"):
        write_policy({"Id": "\ud800"})


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mine, servers",
    [
        (OWN, "arn:aws:s3:::acme-docs"),
        (f"{OWN}/*", "arn:aws:s3:::acme-docs/*"),
        ([OWN, f"{OWN}/docs/${{aws:username}}/?"],
         ["arn:aws:s3:::acme-docs", "arn:aws:s3:::acme-docs/docs/${aws:username}/?"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", ["Resource", "NotResource"])
def test_the_bucket_s_name_is_turned_both_ways(mine: Any, servers: Any, part: str) -> None:
    policy = with_(**{"Resource": None, part: mine})
    there = with_(**{"Resource": None, part: servers})
    assert out(policy) == there
    assert back(there) == policy
    assert back(out(policy)) == policy


def test_conditions_are_turned_where_they_are_arns_of_s3_and_stay_otherwise() -> None:
    stays = {
        "StringLike": {"s3:prefix": ["docs/*", "acme-docs", "", "*"], "aws:Referer": "arn"},
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
        "Bool": {"aws:SecureTransport": True},
        "NumericLessThanEquals": {"s3:max-keys": 10},
        "ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/docs"},
    }
    mine = {**stays, "ArnLike": {"aws:SourceArn": [OWN, f"{OWN}/*"]}}
    theirs = {
        **stays,
        "ArnLike": {"aws:SourceArn": [f"{OWN[:-4]}acme-docs", f"{OWN[:-4]}acme-docs/*"]},
    }
    there = out(with_(Condition=mine))
    assert there["Statement"][0]["Condition"] == theirs
    assert back(there) == with_(Condition=mine)


def test_a_statement_may_stand_alone() -> None:
    """It is sent in a list: MinIO takes nothing else."""
    assert out({**POLICY, "Statement": STATEMENT}) == out(POLICY)


FOREIGN = [
    "*", "**", "docs", "docs/*", "acme-docs/*", "/docs", "",
    "arn:aws:s3:::*", "arn:aws:s3:::d*", "arn:aws:s3:::doc?", "arn:aws:s3:::docs*", "arn:aws:s3:::",
    "arn:aws:s3:::${aws:username}", "arn:aws:s3:::docs${x}/*", "arn:aws:s3:::/docs/*",
    "arn:aws:s3:::acme-docs", "arn:aws:s3:::acme-docs/*", "arn:aws:s3:::other-docs/*",
    "arn:aws:s3:::docs-2", "arn:aws:s3:::DOCS", "arn:aws:s3:::docs ", " arn:aws:s3:::docs",
    "arn:aws-cn:s3:::docs", "arn:aws-us-gov:s3:::docs/*", "arn:*:s3:::docs", "arn:aws:s3:::docs\n",
    "ARN:AWS:S3:::docs", "arn:aws:s3:us-east-1::docs", "arn:aws:s3::acme:docs", "arn:aws:*:::docs",
    "arn:aws:s3:us-east-1:123456789012:accesspoint/docs", "arn:aws:s3:::docs:x", "arn:aws:s3",
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("part", ["Resource", "NotResource"])
def test_another_resource_is_refused(part: str, name: str) -> None:
    for value in (name, [f"{OWN}/*", name]):
        with pytest.raises(ValidationError, match="^policy=.*can speak of 'arn:aws:s3:::docs' and"):
            out(with_(**{"Resource": None, part: value}))


@pytest.mark.parametrize(
    "name",
    ["arn:aws:s3:::other-docs", "arn:aws:s3:::*", "arn:aws-cn:s3:::docs", "ARN:AWS:S3:::other-docs",
     "arn:*:s3:::other-docs", "arn:aws:s?:::other-docs", "arn:aws:s3::acme:docs"],
)  # fmt: skip
def test_another_bucket_in_a_condition_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="can speak of"):
        out(with_(Condition={"ArnLike": {"aws:SourceArn": [OWN, name]}}))


@MANY
@given(
    st.text(st.sampled_from("arn:aws:s3:::docs/acme-*?$ ") | anything, max_size=40)
    | st.builds("arn:aws:s3:::{}{}".format, st.text("docs-acme*?", max_size=12), st.text("/*dx:"))
)
@example("arn:aws:s3:::docs")
def test_what_is_sent_names_the_tenant_s_bucket_whatever_was_written(name: str) -> None:
    try:
        (statement,) = out(with_(Resource=name))["Statement"]
    except ValidationError:
        return
    bucket, _, _ = statement["Resource"].removeprefix("arn:aws:s3:::").partition("/")
    assert bucket == "acme-docs"


def test_without_tenancy_names_are_the_server_s() -> None:
    free = with_(
        Resource=["arn:aws:s3:::docs", "arn:aws-cn:s3:::docs/*", "arn:aws:s3:::*", "*"],
        Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::logs"}},
    )
    assert to_server(read_policy(free), "docs", "docs") == free
    assert from_server(free, "docs", "docs") == free
    for name in ("arn:aws:s3:::logs", "arn:aws-cn:s3:::logs/*"):
        with pytest.raises(ValidationError, match="can speak of"):
            to_server(read_policy(with_(Resource=name)), "docs", "docs")


@pytest.mark.parametrize(
    "changes",
    [
        {"Resource": "arn:aws:s3:::other-docs/*"},
        {"Resource": ["arn:aws:s3:::acme-docs", "arn:aws-cn:s3:::secret"]},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other-docs"}}},
    ],
)
def test_a_bucket_of_others_is_not_shown(changes: Any) -> None:
    with pytest.raises(ValueError, match="names another bucket") as caught:
        back(with_(**changes))
    assert "other-docs" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_what_names_nobody_is_shown_as_it_is() -> None:
    wide = with_(Resource=["*", "arn:aws:s3:::*"])
    assert back(wide) == wide


def test_an_empty_resource_beside_not_resource_is_minio_s_way_to_say_nothing() -> None:
    there = with_(Resource=[], NotResource=["arn:aws:s3:::acme-docs/x"])
    (statement,) = back(there)["Statement"]
    assert "Resource" not in statement
    assert out(back(there))["Statement"][0]["NotResource"] == ["arn:aws:s3:::acme-docs/x"]


# -- sameness --------------------------------------------------------------------------------------


def test_a_statement_says_the_same_in_each_server_s_own_way() -> None:
    mine = {
        **STATEMENT,
        "Sid": "x",
        "Action": ["s3:PutObject", "s3:GetObject"],
        "Condition": {"IpAddress": {"aws:SourceIp": "1.2.3.4"}},
    }
    theirs = {
        **STATEMENT,
        "Principal": "*",
        "Action": ["s3:getobject", "s3:PutObject"],
        "Resource": "arn:aws:s3:::docs/public/*",
        "Condition": {"IpAddress": {"aws:sourceip": ["1.2.3.4/32"]}},
    }
    assert essence(mine) == essence(theirs)
    assert distinct({"Statement": [mine, theirs, STATEMENT]}) == [mine, STATEMENT]


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Action": ["s3:*"]},
        {"NotAction": ["s3:PutObject"]},
        {"Resource": ["arn:aws:s3:::docs/*"]},
        {"NotResource": ["arn:aws:s3:::docs/*"]},
        {"Principal": None},
        {"NotPrincipal": "*"},
        {"Condition": {}},
        {"Condition": {"StringEquals": {"s3:prefix": ["a"], "aws:Referer": "x"}}},
        {"Condition": {"StringEquals": {"s3:prefix": ["a", "b"]}}},
        {"Condition": {"StringLike": {"s3:prefix": ["a"]}}},
    ],
)
def test_a_statement_that_lost_or_gained_something_says_another_thing(change: Any) -> None:
    conditioned = {**STATEMENT, "Condition": {"StringEquals": {"s3:prefix": "a"}}}
    assert essence({**conditioned, **change}) != essence(conditioned)


@MODERATE
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["Statement", "Condition", "Resource", "Action", "Effect", "Sid"]),
                inner,
            )
        ),
    )
)
def test_any_answer_can_be_compared_and_turned(value: Any) -> None:
    document = {"Statement": value}
    for statement in distinct(document):
        assert essence(statement) == essence(statement)
    try:
        assert "Statement" in back(document)
    except ValueError as why:
        assert "Resource" in str(value), why
