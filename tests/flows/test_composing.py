"""Objects made of others: parts of every size, sources and targets that change, servers that lie."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import (
    AsyncMinIOClient,
    Cache,
    ComposeSource,
    Config,
    IntegrityError,
    MinIOClient,
    MinIOError,
    NotSupportedError,
    ObjectChangedError,
    ObjectInfo,
    ObjectNotFoundError,
    PreconditionFailedError,
    TransferProgress,
    ValidationError,
)
from minio_sdk.flows import copies, spans
from minio_sdk.flows.spans import Span, plan, planned
from minio_sdk.operation import CopySource, Place
from tests.both import Connect, both, config_for
from tests.flows.store import Store
from tests.flows.test_copies_faults import when
from tests.scripted import Request, ScriptedServer, reply, s3_error

A, B, C = "/acme-docs/a", "/acme-docs/b", "/acme-docs/c"
PLACE = Place("docs", "acme-docs", "", "/acme-docs")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bytes are enough for a part, and eight are many."""
    monkeypatch.setattr(spans, "SMALLEST", 4)
    monkeypatch.setattr(copies, "PART", 8)


# -- the plan -----------------------------------------------------------------------------------------


def span(key: str, size: int) -> Span:
    return Span(CopySource(PLACE, key, None, "e"), size, 0, size)


@given(st.lists(st.integers(0, 200), max_size=20), st.integers(1, 20), st.integers(2, 5))
@example([1, 0], 2, 2)
def test_parts_are_the_spans_and_none_but_the_last_is_small(
    sizes: list[int], smallest: int, times: int
) -> None:
    largest = smallest * times
    parts = planned([span(str(n), size) for n, size in enumerate(sizes)], smallest, largest)
    found = [
        (each.source.key, each.first + i)
        for part in parts
        for each in part
        for i in range(each.size)
    ]
    assert found == [(str(n), i) for n, size in enumerate(sizes) for i in range(size)]
    held = [sum(each.size for each in part) for part in parts]
    assert all(size >= smallest for size in held[:-1])
    assert all(size <= largest for size in held)
    assert all(each.size for part in parts for each in part)
    assert all(sum(each.size for each in part) <= smallest for part in parts if len(part) > 1)


def test_there_are_no_more_parts_than_s3_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "MAX_PARTS", 10)
    monkeypatch.setattr(spans, "JOINED", 16)
    assert len(plan([span("a", 1000)], 8) or []) <= 10
    many = plan([span(str(n), 3) for n in range(40)], 8)
    assert many is not None
    assert len(many) <= 10
    assert plan([span(str(n), 3) for n in range(100)], 8) is None


# -- what is given ------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("sources", "match"),
    [
        ([], "at least one"),
        ("a", "must be a list of objects"),
        (None, "must be a list of objects"),
        ({"key": "a"}, "must be a list of objects"),
        ([("docs",)], r"sources\[0\]=.*must be a key"),
        (["a", 5], r"sources\[1\]=5"),
        (["a", ""], r"sources\[1\].key=''"),
        ([("BAD!", "a")], "bucket='BAD!'"),
        ([("docs", "a", "")], r"sources\[0\].version_id"),
        ([{"key": "a", "colour": "red"}], "colour"),
        ([{"bucket": "docs"}], r"sources\[0\].key=None"),
        ([ComposeSource(key="a", offset=-1)], r"sources\[0\].offset=-1"),
        ([ComposeSource(key="a", length=0)], r"sources\[0\].length=0"),
        ([ComposeSource(key="a", if_match='"')], "if_match"),
        ([{"key": "a", "encryption": "x"}], r"^sources\[0\].encryption: must be .* not str"),
        (
            ["b", {"key": "a", "encryption": {"key": "x"}}],
            r"^sources\[1\].encryption.key: must be 32",
        ),
    ],
)
def test_bad_sources_are_named_and_nothing_is_sent(
    connect: Connect, sources: Any, match: str
) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=match):
            client.compose_object("docs", "c", sources)


@both
def test_sources_of_every_form(connect: Connect) -> None:
    store = Store({A: b"aaaaaa", B: b"b", "/acme-more/a": b"MORE"}, name="MinIO")
    forms: list[Any] = [
        "a", ("more", "a"), ObjectInfo(key="b"), {"Key": "a", "offset": 1, "length": 2},
        ComposeSource(key="b", bucket="docs"),
    ]  # fmt: skip
    with ScriptedServer(handler=store) as server, connect(server) as client:
        made = client.compose_object("docs", "c", forms)
    assert store.data()[C] == b"aaaaaaMOREbaab"
    assert (made.status, made.size, made.key, made.bucket) == ("composed", 14, "c", "docs")
    assert store.count("HEAD /acme-docs/a") == 2  # looked at once, and once more when it was copied


@both
def test_the_object_may_be_one_of_its_sources(connect: Connect) -> None:
    store = Store({A: b"12345678", B: b"b"})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.compose_object("docs", "a", ["b", "a", "a", "b"])
        with pytest.raises(ValidationError, match="^key='a': is the source itself"):
            client.compose_object("docs", "a", ["a"])
    assert store.data()[A] == b"b1234567812345678b"
    assert not store.unfinished


@both
def test_what_is_not_given_is_the_first_source_s(connect: Connect) -> None:
    for count in (1, 2):
        store = Store({A: b"aaaaaa", B: b"bbbbbb"}, name="MinIO")
        store.objects[A].headers = {"content-type": "text/x", "x-amz-meta-m": "1"}
        store.objects[A].tags = "t=1"
        with ScriptedServer(handler=store) as server, connect(server) as client:
            client.compose_object("docs", "c", ["a", "b"][:count])
            made = store.objects[C]
            assert made.headers.items() >= store.objects[A].headers.items()
            assert made.tags == "t=1"
            client.compose_object(
                "docs", "c", ["a", "b"][:count], metadata={}, tags={}, content_type="x/y"
            )
        assert store.objects[C].headers["content-type"] == "x/y"
        assert "x-amz-meta-m" not in store.objects[C].headers
        assert store.objects[C].tags == ""


@both
def test_progress_is_told(connect: Connect) -> None:
    told: list[TransferProgress] = []
    store = Store({A: b"a" * 20, B: b"b"})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.compose_object("docs", "c", ["a", "b"], progress=told.append)
    assert (told[-1].bytes_done, told[-1].bytes_total, told[-1].objects_done) == (21, 21, 1)


@both
def test_a_range_behind_the_end_of_its_source(connect: Connect) -> None:
    store = Store({A: b"aaaaaa"})
    source = ComposeSource(key="a", offset=4, length=3)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(ValidationError, match=r"sources\[1\].*which has 6 bytes"):
            client.compose_object("docs", "c", ["a", source])
        client.compose_object("docs", "c", [ComposeSource(key="a", offset=6), "a"])
    assert store.data()[C] == b"aaaaaa"


# -- conditions ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("conditional", [True, False])
def test_conditions_of_the_target(connect: Connect, conditional: bool) -> None:
    store = Store({A: b"aaaaaa", B: b"b", C: b"there"}, name="MinIO", conditional=conditional)
    etag = store.objects[C].etag
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for sources in (["a", "a"], ["b", "b"], ["a"]):
            for given in ({"if_none_match": "*"}, {"if_match": "0" * 32}):
                with pytest.raises(PreconditionFailedError):
                    client.compose_object("docs", "c", sources, **given)  # type: ignore[arg-type]
        assert store.data()[C] == b"there"
        client.compose_object("docs", "c", ["a", "b"], if_match=etag)
        client.compose_object("docs", "new", ["a"], if_none_match="*")
    assert (store.data()[C], store.data()["/acme-docs/new"]) == (b"aaaaaab", b"aaaaaa")
    assert not store.unfinished


@both
def test_conditions_of_sources(connect: Connect) -> None:
    store = Store({A: b"aaaaaa", B: b"b"}, name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        other = ComposeSource(key="b", if_match="x")
        cases: list[list[Any]] = [[other], ["a", other]]
        for sources in cases:
            with pytest.raises(PreconditionFailedError, match="if_match doesn't hold") as caught:
                client.compose_object("docs", "c", sources)
            assert (caught.value.bucket, caught.value.key) == ("docs", "b")
    assert store.count("P") == 0


# -- sources that change ------------------------------------------------------------------------------


def replaced(store: Store, which: str) -> Any:
    """Somebody replaces an object before the first request with such a text."""

    def fault(request: Request) -> None:
        if which in f"{request.method} {request.target}":
            store.objects[A].data = b"changed!"

    return fault


@both
@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("which", ["partNumber=1", "partNumber=2", "GET /acme-docs/a", "uploads="])
def test_a_source_that_changes_meanwhile_is_named(
    connect: Connect, conditional: bool, which: str
) -> None:
    store = Store({A: b"aaaaaaaa", B: b"b"}, conditional=conditional)
    store.fault = replaced(store, which)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError) as caught:
            client.compose_object("docs", "c", ["a", "b", "a"])
        assert (caught.value.bucket, caught.value.key) == ("docs", "a")
    assert C not in store.objects
    assert not store.unfinished


@both
def test_a_source_that_goes_away_meanwhile_is_named(connect: Connect) -> None:
    store = Store({A: b"aaaaaaaa", B: b"b"})
    store.fault = when("PUT", "partNumber=1", s3_error(404, "NoSuchKey"))
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError) as caught:
            client.compose_object("docs", "c", ["a", "b"])
        assert caught.value.key == "a"
        with pytest.raises(ObjectNotFoundError) as missing:
            client.compose_object("docs", "c", ["a", ("docs", "nothing")])
        assert missing.value.key == "nothing"
    assert not store.unfinished


# -- servers that fail and lie ------------------------------------------------------------------------


@both
def test_a_server_that_takes_no_copies_loses_nothing(connect: Connect) -> None:
    store = Store({A: b"aaaaaa", C: b"there"}, copies=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="can't copy in parts"):
            client.compose_object("docs", "c", ["a", "a"])
    assert store.data()[C] == b"there"
    assert not store.unfinished


@both
def test_a_server_that_copies_more_than_it_is_asked_for(connect: Connect) -> None:
    store = Store({A: b"aaaaaaaaaa", C: b"there"}, ranges=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(
            IntegrityError, match="part 1 is to have 5 bytes, and the server has 10"
        ):
            client.compose_object("docs", "c", ["a", "a"])
    assert store.data()[C] == b"there"
    assert not store.unfinished


@both
@pytest.mark.parametrize(
    "where", ["uploads=", "partNumber=1", "partNumber=3", "POST /acme-docs/c?uploadId"]
)
def test_a_failure_anywhere_leaves_nothing(connect: Connect, where: str) -> None:
    def fault(request: Request) -> Any:
        failing = where in f"{request.method} {request.target}"
        return reply(500) if failing else None

    store = Store({A: b"a" * 20, B: b"b"}, fault=fault)
    with ScriptedServer(handler=store) as server, connect(server, max_retries=1) as client:
        with pytest.raises(MinIOError):
            client.compose_object("docs", "c", ["a", "b", "a"])
    assert C not in store.objects
    assert not store.unfinished


@both
def test_a_source_without_an_etag_is_not_taken(connect: Connect) -> None:
    store = Store({A: b"aaaaaa"}, name="MinIO")
    store.fault = when(
        "HEAD", "/a", reply(200, headers={"x-amz-request-id": "1"}, content_length=6)
    )
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="no ETag"):
            client.compose_object("docs", "c", ["a", "a"])


@both
def test_nothing_of_another_tenant_is_named(connect: Connect) -> None:
    """A prefix tenant's sources lie below its prefix, whatever it writes."""
    store = Store(
        {"/tenants/acme/.buckets/docs": b"", "/tenants/beta/docs/a": b"b"}, name="AmazonS3"
    )
    with ScriptedServer(handler=store) as server, connect(server, tenancy="prefix") as client:
        for source in ("../../beta/docs/a", ("docs", "/beta/docs/a"), ("docs", "%2e%2e/a")):
            with pytest.raises(ObjectNotFoundError):
                client.compose_object("docs", "c", [source])
    assert all("/tenants/acme/" in line for line in store.asked)


def test_a_cached_object_is_forgotten() -> None:
    store = Store({A: b"aaaaaa", B: b"b", C: b"old"}, name="MinIO")
    with ScriptedServer(handler=store) as server:
        config = config_for(server, cache=Cache(), bucket="docs")
        with MinIOClient(config) as client:
            assert client.download("c") == b"old"
            client.compose_object("docs", "c", ["a", "b"])
            assert client.download("c") == b"aaaaaab"
            client.append_object("docs", "c", b"!")
            assert client.download("c") == b"aaaaaab!"


@pytest.mark.asyncio
async def test_what_is_wrong_is_said_without_a_connection() -> None:
    client = AsyncMinIOClient(Config("http://127.0.0.1:9", "acme"))
    with pytest.raises(ValidationError):
        await client.compose_object("docs", "c", [])
    await client.close()
