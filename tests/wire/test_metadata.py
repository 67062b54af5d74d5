"""User metadata travels in headers and comes back as it was, whatever characters it has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import ValidationError
from minio_sdk.wire.metadata import (
    MAX_METADATA,
    carried_headers,
    metadata_headers,
    read_metadata,
)
from tests.strategies import HOSTILE, MANY, anything

names = st.text("abcXYZ019!#$%&'*+.^_`|~-", min_size=1, max_size=12).filter(
    lambda name: name.lower() != "x-amz-meta-"
)


@MANY
@given(st.dictionaries(names.map(str.lower), st.text(anything, max_size=40), max_size=4))
@example({"a": HOSTILE})
@example({"a": "=?UTF-8?B?eA==?="})
@example({"a": " "})
@example({"a": "a  b"})
@example({"a": "a\r\nx-amz-acl: public-read"})
@example({"a": "=?"})
def test_values_come_back_as_they_were(metadata: dict[str, str]) -> None:
    headers = metadata_headers(metadata)
    assert read_metadata(headers) == metadata
    for name, value in headers.items():
        assert name.startswith("x-amz-meta-")
        # What a header can carry on every way: no line break, no blank that somebody trims.
        assert value.isascii()
        assert value.isprintable()
        assert value == " ".join(value.split())


@given(st.dictionaries(names.map(str.lower), st.text(anything, max_size=40), max_size=4))
def test_what_a_server_has_told_is_told_back(metadata: dict[str, str]) -> None:
    assert carried_headers(metadata) == metadata_headers(metadata)
    longer = {**metadata, "long": "x" * (MAX_METADATA + 1)}  # some servers take more than S3
    assert read_metadata(carried_headers(longer)) == longer


def test_a_plain_value_goes_as_it_is_and_another_as_an_encoded_word() -> None:
    assert metadata_headers({"Author": "Ada Lovelace", "x-amz-meta-Title": "Grüße"}) == {
        "x-amz-meta-author": "Ada Lovelace",
        "x-amz-meta-title": "=?UTF-8?B?R3LDvMOfZQ==?=",
    }


def test_no_metadata_is_no_headers() -> None:
    assert metadata_headers(None) == metadata_headers({}) == {}


@pytest.mark.parametrize(
    "metadata, complaint",
    [
        ({"a b": "1"}, "metadata='a b': a name must be of letters"),
        ({"": "1"}, "metadata='': a name must be of letters"),
        ({"x-amz-meta-": "1"}, "a name must be of letters"),
        ({"é": "1"}, "metadata='é': a name must be of letters"),
        ({"a:b": "1"}, "a name must be of letters"),
        ({"a\n": "1"}, "a name must be of letters"),
        ({"A": "1", "a": "2"}, "metadata='a': stands there twice"),
        ({"a": "1", "X-Amz-Meta-A": "2"}, "stands there twice"),
        ({"a": 1}, "names and values must be text"),
        ({1: "a"}, "names and values must be text"),
        ({"a": b"1"}, "names and values must be text"),
        ({"a": "\ud800"}, "half of a surrogate pair"),
        ([("a", "1")], "metadata=[('a', '1')]: must be a mapping"),
        ("a=1", "metadata='a=1': must be a mapping"),
        ([], "metadata=[]: must be a mapping"),
        ("", "metadata='': must be a mapping"),
        ({"a": "x" * MAX_METADATA}, f"metadata: {MAX_METADATA + 1} bytes of names and values"),
        ({"a": "ü" * 1024}, "metadata: 2049 bytes of names and values, and S3 allows 2048"),
    ],
)
def test_what_s3_does_not_allow_is_refused_by_name(metadata: Any, complaint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        metadata_headers(metadata)
    assert complaint in str(caught.value)


def test_the_largest_metadata_is_allowed() -> None:
    assert len(metadata_headers({"a": "x" * (MAX_METADATA - 1)})) == 1


def test_only_the_user_s_own_headers_are_metadata() -> None:
    headers = {"x-amz-meta-a": "1", "x-amz-storage-class": "GLACIER", "etag": "e"}
    assert read_metadata(headers) == {"a": "1"}


@pytest.mark.parametrize(
    "sent, value",
    [
        ("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ==?=", "Grüße"),
        ("=?UTF-8?B?R3LDvA==?= =?UTF-8?B?w59l?=", "Grüße"),
        ("=?ISO-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("Grüße".encode().decode("latin-1"), "Grüße"),
        ("Gr\xfc\xdfe", "Gr\xfc\xdfe"),
        ("=?no-such-charset?B?eA==?=", "=?no-such-charset?B?eA==?="),
        ("=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="),
        ("1 =? 2", "1 =? 2"),
    ],
)
def test_what_servers_and_other_clients_write_is_read(sent: str, value: str) -> None:
    assert read_metadata({"x-amz-meta-a": sent}) == {"a": value}


@MANY
@given(st.text(st.characters(max_codepoint=255), max_size=30).map(lambda text: f"=?{text}?="))
def test_no_value_of_a_server_is_an_exception(value: str) -> None:
    assert isinstance(read_metadata({"x-amz-meta-a": value})["a"], str)
