"""Entries of MinIO's trace and log: what is read of them, and what they never show."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import HealedItem, LogEntry, MinIOError, ServerError, TraceEntry
from minio_sdk.models.showing import RecordList
from minio_sdk.wire.admin_entries import entries, identity, log_entry, trace_entry
from tests.strategies import FEW, MODERATE

SECRETS = ("SIGNED", "TOKEN", "SSE-KEY", "COOKIE", "NEW-SECRET", "BODY-IN", "BODY-OUT", "OF-LDAP")
TRACE: dict[str, Any] = {
    "type": 4,
    "nodename": "n1:9000",
    "funcname": "s3.GetObject",
    "time": "2026-11-22T16:41:09.437335123Z",
    "path": "/docs/a b",
    "dur": 1_136_128,
    "bytes": 90,
    "error": "broken\x1b[2Jpipe",
    "custom": {"secretKey": "NEW-SECRET", "attempt": "2"},
    "http": {
        "request": {
            "proto": "HTTP/1.1",
            "method": "GET",
            "rawquery": "versionId=v1&X-Amz-Signature=SIGNED&X-Amz-Security-Token=TOKEN&LDAPPassword=OF-LDAP",
            "headers": {
                "Authorization": ["AWS4-HMAC-SHA256 Signature=SIGNED"],
                "X-Amz-Security-Token": ["TOKEN"],
                "X-Amz-Server-Side-Encryption-Customer-Key": ["SSE-KEY"],
                "Cookie": ["COOKIE"],
                "Referer": ["https://h/docs/a?x=1&X-Amz-Signature=SIGNED"],
                "Accept": ["a", "b"],
            },
            "body": base64.b64encode(b"BODY-IN").decode(),
            "client": "10.0.0.7",
        },
        "response": {
            "headers": {"Set-Cookie": ["COOKIE"], "Etag": ['"e1"']},
            "body": base64.b64encode(b"BODY-OUT").decode(),
            "statuscode": 206,
        },
        "stats": {"inputbytes": 85, "outputbytes": 5, "timetofirstbyte": 1_000_000},
    },
}
LOG: dict[str, Any] = {
    "deploymentid": "d1",
    "level": "ERROR",
    "time": "2026-11-22T16:41:09Z",
    "api": {
        "name": "PutObject",
        "args": {"bucket": "docs", "object": "a", "versionId": "v1", "metadata": {"color": "red"}},
    },
    "remotehost": "10.0.0.7",
    "requestHost": "h:9000",
    "requestID": "R1",
    "userAgent": "x",
    "message": "",
    "error": {
        "message": "no\nspace",
        "source": ["a.go:1", "b.go:2"],
        "variables": {"secretKey": "NEW-SECRET", "tries": 2},
    },
    "node": "n1",
}


def of(text: str | bytes) -> list[Any]:
    return list(entries(text.encode() if isinstance(text, str) else text))


def traced(document: dict[str, Any]) -> TraceEntry:
    (told,) = of(json.dumps(document))
    return trace_entry(told)


def logged(document: dict[str, Any]) -> LogEntry:
    (told,) = of(json.dumps(document))
    return log_entry(told)


def test_a_line_of_many_entries_is_read_once() -> None:
    """Not once for each of them, which would take minutes."""
    assert sum(1 for _ in entries(b'{"a": 1} ' * 500_000)) == 500_000


def test_a_request() -> None:
    found = traced(TRACE)
    assert (found.kind, found.name, found.node) == ("s3", "s3.GetObject", "n1:9000")
    assert (found.method, found.status, found.protocol) == ("GET", 206, "HTTP/1.1")
    assert (found.duration, found.first_byte) == (0.001136128, 0.001)
    assert (found.received, found.sent, found.size) == (85, 5, 90)
    assert (found.path, found.client) == ("/docs/a b", "10.0.0.7")
    assert found.query.startswith("versionId=v1&X-Amz-Signature=SIGNED&")
    assert found.request_headers["authorization"].endswith("SIGNED")
    assert found.request_headers["accept"] == "a, b"
    assert found.response_headers["etag"] == '"e1"'
    assert (found.request_body, found.response_body) == (b"BODY-IN", b"BODY-OUT")
    assert found.details == {"secretKey": "NEW-SECRET", "attempt": "2"}
    assert found.time is not None
    assert found.time.isoformat() == "2026-11-22T16:41:09.437335+00:00"


@pytest.mark.parametrize("found", [traced(TRACE), logged(LOG)])
def test_what_is_printed_has_no_secrets(found: Any) -> None:
    """By any of the ways in which records are shown."""
    shown = [str(found), repr(found), f"{found}", found._repr_html_(), repr(found._asdict())]
    shown += [str(RecordList([found])), RecordList([found])._repr_html_(), f"{[found]}"]
    for text in shown:
        assert not [secret for secret in SECRETS if secret in text]
        assert "\x1b" not in text


def test_lines_that_are_printed() -> None:
    assert str(traced(TRACE)) == (
        "2026-11-22T16:41:09.437+00:00  n1:9000  206  s3.GetObject  GET  /docs/a b?versionId=v1"
        "&X-Amz-Signature=***&X-Amz-Security-Token=***&LDAPPassword=***  10.0.0.7  1.136 ms"
        r"  in 85 B, out 5 B  broken\x1b[2Jpipe"
    )
    assert str(logged(LOG)) == (
        r"2026-11-22T16:41:09.000+00:00  n1  ERROR  PutObject  docs/a  no\nspace"
    )
    bare = {"type": 2, "funcname": "storage.ReadXL", "path": "/d docs a", "dur": 55_000, "bytes": 7}
    assert str(traced(bare)) == "storage.ReadXL  /d docs a  0.055 ms  7 B"


def test_a_line_of_the_log() -> None:
    found = logged(LOG)
    assert (found.level, found.message, found.node) == ("error", "no\nspace", "n1")
    assert (found.api, found.bucket, found.key, found.version_id) == (
        "PutObject",
        "docs",
        "a",
        "v1",
    )
    assert found.details == {"color": "red", "secretKey": "NEW-SECRET", "tries": "2"}
    assert found.source == ("a.go:1", "b.go:2")
    assert (found.remote_host, found.host, found.request_id) == ("10.0.0.7", "h:9000", "R1")
    assert logged({"ConsoleMsg": " hello\n", "level": "ODD"}) == LogEntry(level="", message="hello")


@pytest.mark.parametrize(
    "number, kind",
    [(1, "os"), (2, "storage"), (8, "internal"), (1 << 17, "admin"), (1 << 20, "iam"), (0, "0")],
)
def test_kinds(number: int, kind: str) -> None:
    assert traced({"type": number}).kind == kind


def test_kinds_that_nobody_knows_yet() -> None:
    assert [traced({"type": number}).kind for number in (6, 1 << 40)] == ["6", str(1 << 40)]


def test_something_healed() -> None:
    item = {"type": "object", "bucket": "docs", "object": "a", "objectSize": 5}
    found = traced({"type": 64, "healResult": item}).healed
    assert isinstance(found, HealedItem)
    assert (found.bucket, found.key) == ("docs", "a")
    assert traced({"type": 64, "healResult": None}).healed is None


def test_several_on_a_line() -> None:
    assert [told.plain for told in of('{"a":1}{"b":2}  {"c":"}{"}')] == [
        {"a": 1},
        {"b": 2},
        {"c": "}{"},
    ]
    assert of("") == []


def test_the_same_entry_once_more() -> None:
    """Whatever the order of its members."""
    one, other, third = of('{"a":1,"b":2}{"b":2,"a":1}{"a":1,"b":3}')
    assert identity(one) == identity(other) != identity(third)


@pytest.mark.parametrize(
    "line",
    [
        b"[]", b"5", b"null", b'"x"', b"{", b'{"a":1}x', b"<html>", b"\xff", b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_lines_that_are_no_entries(line: bytes) -> None:
    with pytest.raises(ServerError, match="no entry"):
        of(line)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "s3"},
        {"type": -1},
        {"type": 10**4000, "dur": 10**400},
        {"dur": 1e400},
        {"funcname": 5},
        {"http": []},
        {"http": {"request": {"headers": {"a": "b"}}}},
        {"http": {"request": {"headers": {"a": [5]}}}},
        {"http": {"request": {"body": "*"}}},
        {"http": {"request": {"body": "é"}}},
        {"http": {"response": {"statuscode": -1}}},
        {"custom": 5},
        {"healResult": 5},
    ],
)
def test_traces_with_members_of_another_kind(wrong: dict[str, Any]) -> None:
    with pytest.raises(ServerError, match="no entry"):
        traced({"type": 4, **wrong})


@pytest.mark.parametrize(
    "wrong", [{"level": 5}, {"api": "x"}, {"error": {"source": [5]}}, {"error": {"source": "x"}}]
)
def test_log_lines_with_members_of_another_kind(wrong: dict[str, Any]) -> None:
    with pytest.raises(ServerError, match="no entry"):
        logged(wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=5,
)


@MODERATE
@given(st.sampled_from([TRACE, LOG]), st.data())
def test_whatever_stands_in_place_of_a_member(document: dict[str, Any], data: Any) -> None:
    """It is read and can be shown, or is refused."""
    name = data.draw(st.sampled_from(sorted(document)))
    (told,) = of(json.dumps({**document, name: data.draw(JSON)}))
    for read in (trace_entry, log_entry):
        try:
            found: Any = read(told)
        except ServerError:
            continue
        assert str(found).encode()
        assert repr(found)


@FEW
@given(st.binary(max_size=50))
def test_noise(line: bytes) -> None:
    try:
        of(line)
    except MinIOError as error:
        assert isinstance(error, ServerError)
