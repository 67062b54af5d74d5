"""What a copy carries, replaces, demands of its source, and refuses before anything is sent."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from minio_sdk import PreconditionFailedError, ValidationError
from tests.both import Connect, both
from tests.flows.store import Store, Stored
from tests.scripted import ScriptedServer

SOURCE, DEST = "/acme-docs/a", "/acme-docs/b"

# --- what is carried and what is replaced -------------------------------------------------------------


@both
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("data", [b"1", b"0123456789"], ids=["whole", "in parts"])
def test_metadata_is_replaced_and_nothing_else(connect: Connect, data: bytes) -> None:
    store = Store(name="MinIO")
    described = {
        "content-type": "text/x", "content-encoding": "x-thing", "cache-control": "no-store",
        "content-disposition": "inline", "content-language": "de",
        "x-amz-storage-class": "STANDARD_IA",
    }  # fmt: skip
    store.objects[SOURCE] = Stored(data, {**described, "x-amz-meta-old": "1"}, "a=b")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        response = client.set_object_metadata("docs", "a", {"x-amz-meta-New": "2"})
    assert response.key == "a"
    assert store.objects == {SOURCE: Stored(data, {**described, "x-amz-meta-new": "2"}, "a=b")}


@both
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("data", [b"1", b"0123456789"], ids=["whole", "in parts"])
def test_all_that_can_be_replaced(connect: Connect, data: bytes) -> None:
    store = Store(name="MinIO")
    old = {"content-type": "text/old", "cache-control": "no-store", "x-amz-meta-old": "1"}
    store.objects[SOURCE] = Stored(data, old, "a=b")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object(
            "docs", "b", "docs", "a", metadata={"m": "ü"}, tags={"t": "1&2"}, content_type="text/x",
            content_encoding="gzip", content_disposition="inline", content_language="de",
            cache_control="max-age=1", expires=datetime(2036, 12, 1, 16, tzinfo=timezone.utc),
            storage_class="STANDARD_IA",
        )  # fmt: skip
    headers = {
        "content-type": "text/x", "content-encoding": "gzip", "content-disposition": "inline",
        "content-language": "de", "cache-control": "max-age=1",
        "expires": "Mon, 01 Dec 2036 16:00:00 GMT", "x-amz-meta-m": "=?UTF-8?B?w7w=?=",
        "x-amz-storage-class": "STANDARD_IA",
    }  # fmt: skip
    assert store.objects[DEST] == Stored(data, headers, "t=1%262")


@both
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("data", [b"1", b"0123456789"], ids=["whole", "in parts"])
def test_nothing_is_a_replacement_too(connect: Connect, data: bytes) -> None:
    store = Store(name="MinIO")
    store.objects[SOURCE] = Stored(data, {"x-amz-meta-old": "1", "content-type": "a/b"}, "a=b")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "b", "docs", "a", metadata={}, tags={})
    assert store.objects[DEST] == Stored(data, {"content-type": "a/b"}, "")


@both
@pytest.mark.parametrize(
    "stored, carried",
    [("gzip,aws-chunked", "gzip"), ("aws-chunked", None), ("AWS-Chunked, br , x", "br,x")],
)
def test_how_the_source_was_uploaded_is_not_carried(
    connect: Connect, stored: str, carried: str | None
) -> None:
    store = Store(name="MinIO")
    store.objects[SOURCE] = Stored(b"1", {"content-encoding": stored})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.set_object_metadata("docs", "a", {})
    assert store.objects[SOURCE].headers.get("content-encoding") == carried


@both
def test_tags_alone_can_be_changed_by_a_copy_onto_itself(connect: Connect) -> None:
    """S3 refuses it unless something else is replaced, be it by what was there."""
    store = Store(name="MinIO")
    described = {"content-type": "a/b", "x-amz-meta-m": "1"}
    store.objects[SOURCE] = Stored(b"1", described)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "a", "docs", "a", tags={"t": "1"})
    assert store.objects == {SOURCE: Stored(b"1", described, "t=1")}
    assert store.requests[-1].header("x-amz-metadata-directive") == "REPLACE"


@both
def test_a_version_is_pinned_but_not_onto_itself(connect: Connect) -> None:
    """There, a version would undo what somebody stored meanwhile."""
    store = Store(name="MinIO")
    store.objects[SOURCE] = Stored(b"1", {"x-amz-version-id": "v/1 +"})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "b", "docs", "a")
        assert store.requests[-1].header("x-amz-copy-source") == "acme-docs/a?versionId=v%2F1%20%2B"
        client.set_object_metadata("docs", "a", {})
        assert store.requests[-1].header("x-amz-copy-source") == "acme-docs/a"
        store.objects[SOURCE] = Stored(b"1", {"x-amz-version-id": "v0"})
        client.copy_object("docs", "a", "docs", "a", source_version_id="v0")
        assert store.requests[-1].header("x-amz-copy-source") == "acme-docs/a?versionId=v0"
        store.objects[SOURCE] = Stored(b"1", {"x-amz-version-id": "null"})
        client.copy_object("docs", "b", "docs", "a")
        assert store.requests[-1].header("x-amz-copy-source") == "acme-docs/a"


# --- conditions ---------------------------------------------------------------------------------------

ETAG = Stored(b"source").etag
BEFORE = datetime(2026, 11, 22, 1, 59, 59, tzinfo=timezone.utc)
SAME = datetime(2026, 11, 22, 2, tzinfo=timezone.utc)


@both
@pytest.mark.parametrize(
    "conditions, failed",
    [
        ({"if_match": ETAG}, None),
        ({"if_match": f'"{ETAG}"'}, None),
        ({"if_match": "*"}, None),
        ({"if_match": "other"}, "if_match"),
        ({"if_none_match": "other"}, None),
        ({"if_none_match": f'"{ETAG}"'}, "if_none_match"),
        ({"if_modified_since": BEFORE}, None),
        ({"if_modified_since": SAME}, "if_modified_since"),
        ({"if_unmodified_since": SAME}, None),
        ({"if_unmodified_since": BEFORE}, "if_unmodified_since"),
        ({"if_match": ETAG, "if_unmodified_since": BEFORE}, None),
        ({"if_none_match": "other", "if_modified_since": SAME}, None),
        ({"if_match": ETAG, "if_none_match": ETAG}, "if_none_match"),
    ],
)
def test_conditions_are_about_the_source(
    connect: Connect, conditions: dict[str, Any], failed: str | None
) -> None:
    store = Store({SOURCE: b"source"}, name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        if failed is None:
            client.copy_object("docs", "b", "docs", "a", **conditions)
        else:
            with pytest.raises(PreconditionFailedError, match=f"{failed} ") as info:
                client.copy_object("docs", "b", "docs", "a", **conditions)
            assert (info.value.status, info.value.key) == (412, "a")
    assert (DEST in store.objects) is (failed is None)


# --- bad arguments ------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"dest_key": ""}, "dest_key="),
        ({"source_key": "x" * 1025}, "source_key="),
        ({"dest_bucket": 5}, "dest_bucket=5"),
        ({"source_bucket": "No"}, "source_bucket='No'"),
        ({"source_version_id": ""}, "source_version_id="),
        ({"metadata": {"ü": "1"}}, "metadata="),
        ({"metadata": 5}, "metadata="),
        ({"tags": {"a": "x" * 257}}, "tags="),
        ({"tags": {str(n): "" for n in range(11)}}, "tags: 11"),
        ({"content_type": "text"}, "content_type="),
        ({"content_encoding": "ü"}, "content_encoding="),
        ({"content_disposition": "a\r\nb"}, "content_disposition="),
        ({"content_language": ""}, "content_language="),
        ({"cache_control": 5}, "cache_control="),
        ({"expires": datetime(2036, 1, 1)}, "expires="),
        ({"storage_class": "cold one"}, "storage_class="),
        ({"if_match": '""'}, "if_match="),
        ({"if_none_match": "*"}, "if_none_match="),
        ({"if_modified_since": datetime(2026, 1, 1)}, "if_modified_since="),
        ({"if_unmodified_since": "yesterday"}, "if_unmodified_since="),
        ({"dest_key": "a"}, "dest_key='a'"),
    ],
)
def test_a_bad_argument_is_named_and_nothing_is_sent(
    connect: Connect, arguments: dict[str, Any], named: str
) -> None:
    call: dict[str, Any] = {
        "dest_bucket": "docs", "dest_key": "b", "source_bucket": "docs", "source_key": "a",
        **arguments,
    }  # fmt: skip
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError) as info:
            client.copy_object(**call)
    assert str(info.value).startswith(named)


@both
@pytest.mark.parametrize("metadata", [None, "x", {"a": 1}])
def test_metadata_is_a_mapping_of_texts(connect: Connect, metadata: object) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=r"^metadata="):
            client.set_object_metadata("docs", "a", metadata)  # type: ignore[arg-type]


@both
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_names_of_all_kinds_are_encoded_in_the_source(connect: Connect, tenancy: str) -> None:
    keys = ("a b+c%2F", "ü/日本", "#?&=", "?versionId=x", "x" * 900 + "ü" * 50, "'\"<>")
    store = Store(name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server, tenancy=tenancy) as client:
        if tenancy == "prefix":
            store.objects["/tenants/acme/.buckets/docs"] = Stored(b"")
        for key in keys:
            client.put_object("docs", key, key.encode())
            client.copy_object("docs", "copy of it", "docs", key)
            assert client.get_object("docs", "copy of it") == key.encode()
