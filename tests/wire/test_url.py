"""Paths and queries are encoded once and right; endpoints are taken apart as `Config` wrote them."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk.config import Config
from minio_sdk.wire.url import (
    has_dots,
    is_loopback,
    parse_endpoint,
    query_string,
    quote_path,
    quote_value,
)
from tests.strategies import HOSTILE, MANY, MODERATE, keys

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


@pytest.mark.parametrize(
    "key, path",
    [
        ("a b+c%2F", "a%20b%2Bc%252F"),
        ("ü/日本", "%C3%BC/%E6%97%A5%E6%9C%AC"),
        ("#?&=", "%23%3F%26%3D"),
        ("//", "//"),
        ("a/", "a/"),
        (".", "."),
        ("../..", "../.."),
        ("test$file.text", "test%24file.text"),
        ("\0\n\x7f", "%00%0A%7F"),
        ("~", "~"),
        ("k" * 1024, "k" * 1024),
    ],
)
def test_a_key_is_encoded_byte_for_byte(key: str, path: str) -> None:
    assert quote_path(key) == path


@MANY
@given(keys)
@example(HOSTILE)
def test_a_path_gives_the_key_back_and_has_only_unreserved_characters(key: str) -> None:
    path = quote_path(key)
    assert unquote(path, errors="strict") == key
    assert set(path) <= set(UNRESERVED + "/%")
    assert path.count("/") == key.count("/")


@MODERATE
@given(keys)
def test_a_value_is_encoded_like_a_path_and_its_slashes_too(text: str) -> None:
    assert quote_value(text) == quote(text, safe="-._~") == quote_path(text).replace("/", "%2F")


def test_a_query_is_sorted_by_encoded_name_and_then_by_encoded_value() -> None:
    pairs = [("b", ""), ("a", "2"), ("a", "10"), ("A", "z"), ("ü", "1"), ("a b", "+"), ("a+", "/")]
    assert query_string(pairs) == "%C3%BC=1&A=z&a=10&a=2&a%20b=%2B&a%2B=%2F&b="


@MODERATE
@given(st.lists(st.tuples(keys, keys), max_size=5))
def test_a_query_says_each_pair_once_whatever_their_order(pairs: list[tuple[str, str]]) -> None:
    query = query_string(pairs)
    assert query == query_string(reversed(pairs))
    parts = [part.split("=") for part in query.split("&")] if pairs else []
    assert sorted((unquote(n), unquote(v)) for n, v in parts) == sorted(pairs)


@pytest.mark.parametrize(
    "url, scheme, host, port, header, path",
    [
        ("http://localhost:9000", "http", "localhost", 9000, "localhost:9000", ""),
        ("https://s3.example.com", "https", "s3.example.com", 443, "s3.example.com", ""),
        ("http://s3.example.com:80", "http", "s3.example.com", 80, "s3.example.com", ""),
        ("http://[::1]:9000", "http", "::1", 9000, "[::1]:9000", ""),
        ("https://h/base/path/", "https", "h", 443, "h", "/base/path"),
    ],
)
def test_an_endpoint_is_taken_apart(
    url: str, scheme: str, host: str, port: int, header: str, path: str
) -> None:
    endpoint = parse_endpoint(Config(url, None).base_url)
    assert (endpoint.scheme, endpoint.host, endpoint.port) == (scheme, host, port)
    assert (endpoint.host_header, endpoint.path) == (header, path)
    assert endpoint.origin == f"{scheme}://{header}"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.255.0.3", "::1"],
)
def test_this_computer_is_known_by_name_and_address(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost.example.com",
        "notlocalhost",
        "128.0.0.1",
        "10.0.0.1",
        "0.0.0.0",
        "127.0.0.1.nip.io",
        "::",
        "fe80::1%lo",
        "",
    ],
)
def test_what_only_looks_like_this_computer_gets_no_development_keys(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "key, dots",
    [
        ("..", True), ("a/../b", True), ("./a", True), ("a/.", True), ("..\\a", True), ("a\\.\\b", True),
        ("...", False), ("a..b", False), (".a/b.", False), ("%2e%2e/a", False), ("a//b", False),
    ],
)  # fmt: skip
def test_segments_that_a_proxy_may_resolve(key: str, dots: bool) -> None:
    assert has_dots(f"/bucket/{quote_path(key)}") is dots
