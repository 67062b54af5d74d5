"""When two policies say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.wire.policy import meaning
from tests.strategies import MANY

BASE: dict[str, Any] = {
    "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
}  # fmt: skip


def said(**changes: Any) -> frozenset[str]:
    return meaning({"Version": "2012-10-17", "Statement": [{**BASE, **changes}]})


def under(operator: str, value: Any, key: str = "k") -> frozenset[str]:
    return said(Condition={operator: {key: value}})


def test_what_is_written_in_another_way_says_the_same() -> None:
    """As servers were seen to write it, and as AWS says it does."""
    alike: list[dict[str, Any]] = [
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["*"]}},
        {"Action": ["s3:getobject"]},
        {"Resource": ["arn:aws:s3:::b/*"]},
        {"Sid": "x"},
        {"Condition": {}},
    ]
    for changes in alike:
        assert said(**changes) == said()
    assert meaning({"Statement": BASE}) == meaning({"Statement": [BASE, BASE]}) == said()
    assert said(Principal={"AWS": "123456789012"}) == said(
        Principal={"AWS": ["arn:aws:iam::123456789012:root"]}
    )
    assert under("IpAddress", "10.1.2.3") == under("IpAddress", ["10.1.2.3/32"])
    assert under("Bool", True) == under("Bool", "true") == under("bool", ["True"], "K")
    assert under("NumericLessThan", 10) == under("NumericLessThan", "10")
    assert under("DateLessThan", "2030-01-01T00:00:00Z") == under(
        "DateLessThan", "2030-01-01T00:00:00+00:00"
    )
    assert under("StringEquals", ["a", "b"]) == under("StringEquals", ["b", "a"])


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": "123456789012"}},
        {"Principal": {"CanonicalUser": "*"}},
        {"Action": "s3:PutObject"},
        {"Resource": "arn:aws:s3:::b/A*"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    ],
)
def test_what_says_something_else_differs(changes: dict[str, Any]) -> None:
    assert said(**changes) != said()
    moved = {"NotAction": "s3:GetObject", **{k: v for k, v in BASE.items() if k != "Action"}}
    assert meaning({"Statement": [moved]}) != said()


@pytest.mark.parametrize(
    ("operator", "one", "other"),
    [
        ("IpAddress", "10.0.0.0/8", "10.0.0.0/9"),
        ("StringEquals", "a", "A"),
        ("StringEquals", "true", "True"),
        ("Bool", True, False),
        ("DateLessThan", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00+01:00"),
    ],
)
def test_conditions_differ_by_what_they_compare_with(operator: str, one: Any, other: Any) -> None:
    assert under(operator, one) != under(operator, other)


@pytest.mark.parametrize("odd", ["x", 5, None, [], {"Condition": ["x"]}, {"Condition": {"a": 1}}])
def test_what_no_policy_has_differs_from_what_one_has(odd: Any) -> None:
    """A server may have anything."""
    assert meaning({"Statement": [odd]}) != said()
    assert meaning({"Statement": [odd]}) != meaning({"Statement": ["y"]})
    assert meaning({"Statement": [{**BASE, "Principal": {"AWS": None}}]}) != said()


texts = st.sampled_from(["a", "b", "10.0.0.1", "true", "2030-01-01T00:00:00Z"])
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Principal": st.sampled_from(["*", {"AWS": "*"}, {"AWS": ["x", "y"]}]),
        "Action": st.lists(texts, min_size=1, max_size=2) | texts,
        "Condition": st.dictionaries(
            st.sampled_from(["IpAddress", "Bool", "DateLessThan", "ForAnyValue:StringLike"]),
            st.dictionaries(texts, st.lists(texts, max_size=2) | st.booleans() | texts, max_size=2),
            max_size=2,
        ),
    },
)


@MANY
@given(st.lists(statements, max_size=3), st.randoms())
def test_the_order_of_statements_says_nothing(found: list[Any], random: Any) -> None:
    mixed = [dict(reversed(statement.items())) for statement in found]
    random.shuffle(mixed)
    assert meaning({"Statement": mixed}) == meaning({"Statement": found})
    assert all(json.loads(text) for text in meaning({"Statement": found}))
