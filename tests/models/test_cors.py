"""CORS rules as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import CorsRule, Expiration, ValidationError
from minio_sdk.models.cors import cors_rules, essence

PLAIN = {"allowed_origins": ["https://example.com"], "allowed_methods": ["GET"]}


def test_every_form_is_the_same_rule() -> None:
    meant = CorsRule(
        id="a",
        allowed_origins=("https://example.com",),
        allowed_methods=("GET", "PUT"),
        allowed_headers=("x-*",),
        expose_headers=("ETag",),
        max_age_seconds=0,
    )
    camel = {
        "ID": "a",
        "AllowedOrigins": ["https://example.com"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["x-*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 0,
    }
    for given in (meant, dict(meant), camel, {**meant, "allowed_methods": {"PUT", "GET"}}):
        assert cors_rules([given]) == (meant,)
    assert cors_rules([{**PLAIN, "expose_headers": None}]) == (
        CorsRule(allowed_origins=("https://example.com",), allowed_methods=("GET",)),
    )


@pytest.mark.parametrize(
    "rule, message",
    [
        (5, "must be a dict or a CorsRule"),
        (Expiration(days=1), "must be a dict or a CorsRule"),
        ({"allowed_methods": ["GET"]}, "allowed_origins: is missing"),
        ({"allowed_origins": ["*"]}, "allowed_methods"),
        ({**PLAIN, "allowed_methods": ["PATCH"]}, "must be of DELETE, GET, HEAD, POST, PUT"),
        ({**PLAIN, "allowed_methods": ["get"]}, "must be of DELETE, GET, HEAD, POST, PUT"),
        ({**PLAIN, "allowed_methods": "GET"}, "must be a list of texts"),
        ({**PLAIN, "allowed_origins": 5}, "must be a list of texts"),
        ({**PLAIN, "allowed_origins": [""]}, "must be a list of texts"),
        ({**PLAIN, "allowed_headers": [5]}, "must be a list of texts"),
        ({**PLAIN, "allowed_origins": ["*.*"]}, "one * at most"),
        ({**PLAIN, "allowed_origins": ["https://a.com\n"]}, "no line end"),
        ({**PLAIN, "allowed_origins": ["https://a.com\r\nhttps://b.com"]}, "no line end"),
        ({**PLAIN, "allowed_origins": [" https://a.com"]}, "no blank at either end"),
        ({**PLAIN, "allowed_headers": ["x-a\0"]}, "no control character"),
        ({**PLAIN, "expose_headers": ["etag\t"]}, "no blank at either end"),
        ({**PLAIN, "max_age_seconds": -1}, "of at least 0"),
        ({**PLAIN, "max_age_seconds": "60"}, "must be a whole number"),
        ({**PLAIN, "max_age_seconds": True}, "must be a whole number"),
        ({**PLAIN, "id": ""}, "text of 1 to 255 characters"),
        ({**PLAIN, "origin": "*"}, "is not one of"),
    ],
)
def test_a_rule_that_can_t_be_meant_is_refused_by_name(rule: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        cors_rules([PLAIN, rule])
    assert message in str(caught.value)
    assert "rules[1]" in str(caught.value)


@pytest.mark.parametrize("rules", [None, "rules", PLAIN, cors_rules([PLAIN])[0]])
def test_rules_are_a_list(rules: Any) -> None:
    with pytest.raises(ValidationError, match="must be a list of rules"):
        cors_rules(rules)


def test_rules_have_a_limit() -> None:
    assert len(cors_rules([PLAIN] * 100)) == 100
    with pytest.raises(ValidationError, match="101 of them, and S3 allows 100"):
        cors_rules([PLAIN] * 101)


def test_a_rule_says_the_same_by_any_name_and_in_any_order() -> None:
    (rule,) = cors_rules(
        [{**PLAIN, "allowed_headers": ["A", "b"], "allowed_methods": ["GET", "PUT"]}]
    )
    other = {"id": "x", "allowed_headers": ["B", "a"], "allowed_methods": ["PUT", "GET"]}
    (turned,) = cors_rules([{**rule, **other, "max_age_seconds": 0}])
    assert essence(turned) == essence(rule)
    for change in (
        {"allowed_origins": ["*"]},
        {"allowed_methods": ["GET"]},
        {"allowed_headers": ["*"]},
        {"expose_headers": ["a"]},
        {"max_age_seconds": 1},
    ):
        assert essence(cors_rules([{**rule, **change}])[0]) != essence(rule)
