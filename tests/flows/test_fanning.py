"""The same bytes under many keys: an outcome for each, whatever becomes of the others."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from minio_sdk import IntegrityError, MinIOError, TransferProgress, UploadResponse, ValidationError
from minio_sdk.flows import fanning
from tests.both import Connect, both
from tests.flows.store import Store
from tests.flows.test_copies_faults import when
from tests.scripted import ScriptedServer, s3_error

DATA = b"0123456789"
KINDS: dict[str, Callable[[], Any]] = {
    "bytes": lambda: DATA,
    "a file": lambda: io.BytesIO(DATA),
    "an iterator": lambda: iter([DATA[:3], DATA[3:]]),
}
ITEMS: list[Any] = ["a.txt", {"key": "b.csv", "metadata": {"m": "1"}, "tags": {"t": "1"}}, "c"]


@pytest.fixture(params=[5, 100], ids=["copied", "sent"])
def copied(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the bytes are more than are sent for each key."""
    most: int = request.param
    monkeypatch.setattr(fanning, "SMALL", most)
    return len(DATA) > most


def path(key: str) -> str:
    return f"/acme-docs/{key}"


@both
@pytest.mark.parametrize("kind", KINDS)
def test_each_object_is_described_by_itself(connect: Connect, kind: str, copied: bool) -> None:
    told: list[TransferProgress] = []
    store = Store(name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        done = client.fan_out(
            "docs", KINDS[kind](), ITEMS, content_encoding="x", metadata={"all": "1"},
            progress=told.append,
        )  # fmt: skip
    assert done.ok
    assert [(each.key, each.status, each.size) for each in done] == [
        (key, "uploaded", 10) for key in ("a.txt", "b.csv", "c")
    ]
    assert store.data() == dict.fromkeys(map(path, ("a.txt", "b.csv", "c")), DATA)
    a, b, c = (store.objects[path(key)] for key in ("a.txt", "b.csv", "c"))
    assert [each.headers["content-type"] for each in (a, b, c)] == [
        "text/plain", "text/csv", "application/octet-stream",
    ]  # fmt: skip
    assert {each.headers["content-encoding"] for each in (a, b, c)} == {"x"}
    assert [each.headers.get("x-amz-meta-m") for each in (a, b, c)] == [None, "1", None]
    assert [each.headers.get("x-amz-meta-all") for each in (a, b, c)] == ["1", None, "1"]
    assert (a.tags, b.tags, c.tags) == ("", "t=1", "")
    assert (told[-1].objects_done, told[-1].bytes_done) == (3, 30)
    assert any("x-amz-copy-source" in dict(r.headers) for r in store.requests) is copied


@both
@pytest.mark.parametrize("failing", ["a.txt", "b.csv"])
def test_one_that_fails_loses_none_of_the_others(
    connect: Connect, failing: str, copied: bool
) -> None:
    store = Store(name="MinIO")
    store.fault = when("PUT", f"/{failing}", s3_error(403, "AccessDenied"), times=9)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        done = client.fan_out("docs", io.BytesIO(DATA), ITEMS)
    assert [(error.bucket, error.key) for error in done.errors] == [("docs", failing)]
    assert sorted(store.data().values()) == [DATA, DATA]


@both
def test_data_that_can_not_be_read_again(connect: Connect, copied: bool) -> None:
    store = Store(name="MinIO")
    store.fault = when("PUT", "/a.txt", s3_error(403, "AccessDenied"), times=9)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        done = client.fan_out("docs", iter([DATA]), ITEMS)
    assert len(done) == 3
    assert [isinstance(each, UploadResponse) for each in done] == [False, not copied, not copied]
    assert all(each.key for each in done)


@both
def test_a_server_that_does_not_copy(connect: Connect, copied: bool) -> None:
    store = Store(copies=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        assert client.fan_out("docs", io.BytesIO(DATA), ITEMS).ok
        done = client.fan_out("docs", iter([DATA]), ["d", "e"])
    assert done.ok is not copied
    for key in ("a.txt", "b.csv", "c", "d"):
        assert store.data()[path(key)] == DATA


@both
@pytest.mark.parametrize(
    ("items", "match"),
    [
        ("a", "must be a list"),
        ([5], r"items\[0\]=5"),
        (["a", {"key": ""}], r"items\[1\].key"),
        (["a", {}], r"items\[1\].key=None"),
        (["a", {"key": "a"}], r"items\[1\].key='a': is there already"),
        ([{"key": "a", "bucket": "b"}], "bucket"),
        ([{"key": "a", "tags": {"": "x"}}], r"items\[0\]"),
    ],
)
def test_bad_items_are_named_and_nothing_is_sent(connect: Connect, items: Any, match: str) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=match):
            client.fan_out("docs", DATA, items)
        assert client.fan_out("docs", DATA, []).ok


@both
def test_data_that_ends_too_early(connect: Connect, copied: bool) -> None:
    store = Store(name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        try:
            done = client.fan_out("docs", iter([DATA]), ["a", "b"], length=20)
        except IntegrityError:
            assert not copied
        else:
            assert all(isinstance(each, MinIOError) for each in done)
    assert store.data() == {}
