"""MinIO's live events as lines of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import MinIOError, ServerError
from minio_sdk.wire.event_lines import MAX_LINE, Lines, event_of, names_of, records
from tests.strategies import FEW, MODERATE

RECORD: dict[str, Any] = {
    "eventVersion": "2.0",
    "eventSource": "minio:s3",
    "awsRegion": "",
    "eventTime": "2026-11-22T13:12:59.166Z",
    "eventName": "s3:ObjectCreated:Put",
    "userIdentity": {"principalId": "AKACME"},
    "requestParameters": {"sourceIPAddress": "127.0.0.1"},
    "responseElements": {"x-amz-request-id": "18EA60344A6E7004"},
    "s3": {
        "bucket": {"name": "acme-docs", "arn": "arn:aws:s3:::acme-docs"},
        "object": {
            "key": "a b+ü%41.txt",
            "size": 2,
            "eTag": '"e1"',
            "contentType": "text/plain",
            "versionId": "v1",
            "userMetadata": {
                "X-Amz-Meta-Author": "=?UTF-8?B?w4lsb8OvZQ==?=",
                "content-type": "text/plain",
            },
            "sequencer": "18EA60344A782F12",
        },
    },
    "source": {"host": "127.0.0.1", "port": "", "userAgent": "x"},
}


def test_an_event() -> None:
    found = event_of(RECORD, *names_of(RECORD))
    assert (found.bucket, found.key) == ("acme-docs", "a b+ü%41.txt")
    assert (found.name, found.size, found.etag) == ("s3:ObjectCreated:Put", 2, "e1")
    assert dict(found.metadata) == {"author": "Éloïe"}
    assert (found.version_id, found.content_type, found.user) == ("v1", "text/plain", "AKACME")
    assert found.time is not None
    assert found.time.isoformat() == "2026-11-22T13:12:59.166000+00:00"
    assert (found.source_host, found.user_agent, found.region) == ("127.0.0.1", "x", None)
    assert (found.sequencer, found.request_id) == ("18EA60344A782F12", "18EA60344A6E7004")


def test_an_event_that_says_little() -> None:
    bare = {"s3": {"bucket": {"name": "b"}, "object": None}, "eventTime": "soon"}
    found = event_of(bare, *names_of(bare))
    assert (found.key, found.size, found.time, found.metadata) == ("", None, None, {})


@FEW
@given(st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"")), max_size=6), st.data())
def test_lines_in_every_split(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"\n".join([*lines, b""])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=6)))
    blocks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    splitter = Lines()
    found = [line for block in blocks for line in splitter.feed(block)]
    assert found == [line.strip() for line in lines if line.strip()]


def test_blanks_for_days_take_no_memory() -> None:
    splitter = Lines()
    for _ in range(3 * MAX_LINE // 4096):
        assert list(splitter.feed(b" " * 4096)) == []
    assert list(splitter.feed(b" {}\n")) == [b"{}"]


@pytest.mark.parametrize("size", [1 << 10, 1 << 16, 1 << 22])
def test_a_line_without_end_is_refused(size: int) -> None:
    splitter = Lines()
    with pytest.raises(ServerError, match="more than"):
        for _ in range(2 * MAX_LINE // size + 1):
            list(splitter.feed(b"x" * size))


@pytest.mark.parametrize("line", [b'{"Records":null}', b'{"Records":[]}', b"{}", b"[]"])
def test_signs_of_life(line: bytes) -> None:
    assert records(line) == []


@pytest.mark.parametrize(
    "line", [b"<a/>", b"nul", b"1", b'"x"', b'{"Records":1}', b'{"Records":[1]}', b"[" * 100_000]
)
def test_what_is_no_event(line: bytes) -> None:
    with pytest.raises(ServerError):
        records(line)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@MODERATE
@given(st.sampled_from(["s3", "source", "userIdentity", "eventName", "responseElements"]), anything)
def test_a_member_of_any_kind_is_read_or_refused(member: str, value: Any) -> None:
    record = json.loads(json.dumps({**RECORD, member: value}))
    try:
        event_of(record, *names_of(record))
    except MinIOError:
        pass
