"""What a user adds to requests: nothing that the SDK says itself, in no spelling, and never shown."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import Config, ConfigurationError, ValidationError
from minio_sdk.models.extras import LONGEST, extra_headers, extra_query
from minio_sdk.wire.extras import extras_of
from minio_sdk.wire.message import Request
from minio_sdk.wire.url import query_string
from tests.samples import FOLDER, asked
from tests.strategies import MODERATE

CANARY = "can" + "ary"
OPEN = {
    "x-amz-mfa", "x-amz-optional-object-attributes", "x-amz-request-payer",
    "x-amz-website-redirect-location",
}  # fmt: skip
"""What S3 knows, and the SDK has no argument for."""


def _said() -> Iterator[str]:
    """All names that requests of the SDK have, but those of the operator's APIs."""
    for case in sorted(path.name for path in FOLDER.iterdir() if (path / "request.http").exists()):
        request = asked(case)
        if case.startswith(("Admin", "Rgw")) or request.target.startswith("/minio/"):
            continue
        yield from request.headers
        for pair in filter(None, request.target.partition("?")[2].split("&")):
            yield pair.partition("=")[0]


def _of_s3() -> Iterator[str]:
    """All names of headers and parameters that S3 has."""
    model = botocore.session.get_session().get_service_model("s3")
    names: Any = model.operation_names
    for name in names:
        operation = model.operation_model(name)
        query = operation.http["requestUri"].partition("?")[2]
        yield from (pair.partition("=")[0] for pair in query.split("&") if pair)
        shape: Any = operation.input_shape
        for member in shape.members.values() if shape is not None else ():
            place = member.serialization
            if place.get("location") in ("header", "querystring"):
                yield place["name"]
            elif place.get("location") == "headers":
                yield place["name"] + "author"


OF_THE_WIRE = [
    "Host", "Authorization", "X-Tenant-ID", "Content-Length", "Transfer-Encoding", "TE", "Connection",
    "User-Agent", "Accept-Encoding", "Expect", "Proxy-Authorization", "Date", "X-Amz-Date",
    "X-Amz-Security-Token", "X-Amz-Content-SHA256", "X-Amz-Signature", "X-Amz-Credential",
    "AWSAccessKeyId", "Signature", "Expires", "X-HTTP-Method-Override", "X-Forwarded-Host",
    "X-Original-URL", "X-Rewrite-URL", "Forwarded", "X-Minio-Force-Delete", "X-Minio-Extract",
    "x-amz-source-expected-bucket-owner", "x-amz-acl", "x-amz-grant-read", "response-content-type",
    "lambdaArn", "ping", "events", "replication-check", "replication-reset", "Action", "Version",
    "user_id", "tenant_id",
]  # fmt: skip


@pytest.mark.parametrize("name", sorted({*_said(), *_of_s3(), *OF_THE_WIRE} - OPEN))
def test_what_the_sdk_says_itself_is_refused(name: str) -> None:
    """As a header and as a parameter, since servers take the one for the other; so in other spellings."""
    spellings = [name.upper(), name.title(), name.replace("-", "_"), f"{name[:1]}-{name[1:]}"]
    for spelling in (name, *spellings):
        for make in (extra_headers, extra_query):
            with pytest.raises(ValidationError, match="SDK's own to say"):
                make({"a": "1", spelling: "1"}, "given")


def test_what_it_does_not_say_is_taken() -> None:
    names = [
        *OPEN,
        "X-Request-ID",
        "traceparent",
        "x-api-key",
        "cookie",
        "X-Forwarded-For",
        "trace",
    ]
    assert extra_headers(dict.fromkeys(names, "1")) == {name.lower(): "1" for name in names}
    assert extra_query(dict.fromkeys(names, "")) == dict.fromkeys(names, "")
    assert extra_headers({}) == extra_query({}) == {}


@pytest.mark.parametrize("make", [extra_headers, extra_query])
@pytest.mark.parametrize(
    "given",
    [
        *(
            None,
            "x",
            ["a"],
            5,
            {"": "1"},
            {"a b": "1"},
            {"a:": "1"},
            {5: "1"},
            {"ä": "1"},
            {"-a": "1"},
        ),
        *({"a\r\nHost": "1"}, {"a" * 129: "1"}, {"a": 1}, {"a": None}, {"a": b"1"}, {"a": ["1"]}),
        *({"a": "x" * (LONGEST + 1)}, {"a": "1\r\nHost: evil"}, {"a": "1\n"}, {"a": "\0"}),
    ],
)
def test_what_is_no_name_or_value(make: Any, given: Any) -> None:
    with pytest.raises(ValidationError, match="given"):
        make(given, "given")


@pytest.mark.parametrize("value", ["", " a", "a ", "ü", "\x7f", "日"])
def test_values_that_a_header_can_not_carry(value: str) -> None:
    with pytest.raises(ValidationError, match=r"headers\['a'\]: must be printable ASCII"):
        extra_headers({"a": value}, "headers")
    assert value == "\x7f" or extra_query({"a": value}) == {"a": value}


def test_a_name_in_two_spellings() -> None:
    with pytest.raises(ValidationError, match="twice"):
        extra_headers({"X-A": "1", "x-a": "2"})


@pytest.mark.parametrize("name", ["extra_headers", "extra_query_params"])
def test_no_message_and_no_repr_has_a_value(name: str) -> None:
    for value in (f"{CANARY}\n", CANARY * LONGEST, [CANARY]):
        settings: dict[str, Any] = {name: {"a": value}}
        with pytest.raises(ConfigurationError, match=name) as caught:
            Config("http://h", None, **settings)
        assert CANARY not in str(caught.value)
    settings = {name: {"x-a": CANARY}}
    config = Config("http://h", None, **settings)
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert hash(again) == hash(config)
    assert getattr(again, name) == {"x-a": CANARY}
    for each in (config, again, config.with_(timeout=5)):
        assert CANARY not in repr(each)
        assert "x-a" in repr(each)
    assert getattr(config.with_(**{name: None}), name) is None
    assert getattr(Config("http://h", None, **{name: {}}), name) is None  # type: ignore[arg-type]


words = st.text("abyzZ-._0", min_size=1, max_size=4)
pairs = st.dictionaries(words, st.text("a=&+%ü ", max_size=3), max_size=4)


@MODERATE
@given(pairs, pairs.map(lambda d: {f"t{name}": value for name, value in d.items()}))
@example({"a-b": "1", "a": "2"}, {"ta": "1", "ta-b": ""})
def test_a_query_stays_sorted(own: dict[str, str], added: dict[str, str]) -> None:
    request = Request("GET", "/b", query_string(own.items()))
    extras = extras_of(None, extra_query(added) or None)
    if extras is None:
        return
    for _ in range(2):  # the second time, it has them already
        extras.add_to(request)
        assert request.query == query_string([*own.items(), *added.items()])


def test_what_a_call_says_wins_and_other_services_get_nothing() -> None:
    extras = extras_of(extra_headers({"x-a": "1", "traceparent": "2"}), None)
    assert extras is not None
    assert extras.signed == {"x-a"}  # proxies make the other one anew
    own = {"x-a": "own"}
    request = Request("GET", "/b", "c=1", own)
    extras.add_to(request)
    assert request.headers == {"traceparent": "2", "x-a": "own"}
    assert own == {"x-a": "own"}
    assert "2" not in re.sub(r"\d+ bytes", "", repr(request))
    for service in ("sts", "iam"):
        request = Request("POST", "/", service=service)
        extras.add_to(request)
        assert (request.headers, request.extras) == ({}, None)
