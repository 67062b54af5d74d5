"""A request knows its hash, its length and whether it can be sent again, and shows no secret."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from minio_sdk.wire.message import EMPTY_SHA256, UNSIGNED_PAYLOAD, Reply, Request, StreamBody


@pytest.mark.parametrize("body", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_a_body_in_memory_is_hashed_measured_and_can_be_sent_again(body: Any) -> None:
    request = Request("PUT", "/", body=body)
    assert request.payload_hash == hashlib.sha256(b"abc").hexdigest()
    assert request.length == 3
    assert request.replayable


def test_the_length_of_a_view_is_in_bytes() -> None:
    assert Request("PUT", "/", body=memoryview(bytes(12)).cast("I")).length == 12


def test_no_body_is_an_empty_one() -> None:
    assert (Request("GET", "/").payload_hash, Request("GET", "/").length) == (EMPTY_SHA256, 0)


@pytest.mark.parametrize(("length", "replayable"), [(None, False), (7, True)])
def test_a_stream_is_sent_unhashed_and_says_itself_what_it_can(
    length: int | None, replayable: bool
) -> None:
    request = Request("PUT", "/", body=StreamBody(lambda: [b"x"], length, replayable))
    assert request.payload_hash == UNSIGNED_PAYLOAD
    assert (request.length, request.replayable) == (length, replayable)


def test_a_body_is_hashed_once_for_all_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request("PUT", "/", body=b"abc")
    first = request.payload_hash
    monkeypatch.setattr(hashlib, "sha256", None)
    assert request.payload_hash is first


def test_the_target_has_a_question_mark_only_before_a_query() -> None:
    assert Request("GET", "/a").target == "/a"
    assert Request("GET", "/a", "x=").target == "/a?x="


def test_a_request_shows_neither_secret_headers_nor_its_query_nor_its_body() -> None:
    secret = "can" + "ary"
    headers: dict[str, str] = dict.fromkeys(
        (
            "authorization",
            "cookie",
            "proxy-authorization",
            "x-amz-security-token",
            "x-amz-server-side-encryption-customer-key",
            "x-amz-copy-source-server-side-encryption-customer-key",
        ),
        secret,
    )
    request = Request("PUT", "/b/k", f"X-Amz-Signature={secret}", headers, secret.encode())
    shown = repr(request)
    assert secret not in shown
    assert shown.startswith("Request(PUT /b/k, headers={'authorization': '***'")


def test_a_reply_shows_neither_its_headers_nor_its_body() -> None:
    assert (
        repr(Reply(200, {"set-cookie": "canary"}, b"canary", 2))
        == "Reply(200, 6 bytes, attempts=2)"
    )
