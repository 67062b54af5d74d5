"""What a tenant stores, counted: exactly, in constant memory, and never as a zero that isn't one."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    AccessDeniedError,
    BucketNotFoundError,
    BucketUsage,
    NotSupportedError,
    ServerError,
    TenantUsage,
    TransferProgress,
    ValidationError,
)
from minio_sdk.blocking import run
from minio_sdk.flows import buckets, snapshots, uploads, usage
from minio_sdk.flows.sources import Source
from minio_sdk.wire.message import Reply, Request
from tests.both import Connect, both
from tests.flows.memory import Bucket, Memory
from tests.listing_server import Listed, Version
from tests.scripted import Reply as Answer
from tests.scripted import Request as Came
from tests.scripted import ScriptedServer, reply, s3_error
from tests.strategies import FEW

Handler = Callable[[Came], Answer]


def serving(of_buckets: dict[str, Handler], others: tuple[str, ...] = ()) -> Handler:
    """A server with these buckets of acme's, which lists other names as well."""
    names = [*(f"acme-{name}" for name in of_buckets), *others]
    listed = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in names)

    def answer(request: Came) -> Answer:
        if request.path == "/":
            root = "ListAllMyBucketsResult"
            return reply(200, f"<{root}><Buckets>{listed}</Buckets></{root}>".encode())
        name = request.path.removeprefix("/acme-").partition("/")[0]
        return of_buckets[name](request)

    return answer


def sized(sizes: dict[str, int], page: int = 1000) -> Listed:
    """A bucket of objects with these sizes."""
    return Listed([Version(key, "1", size) for key, size in sorted(sizes.items())], page)


def gone(_: Came) -> Answer:
    return s3_error(404, "NoSuchBucket")


def refused(_: Came) -> Answer:
    return s3_error(403, "AccessDenied")


# --- all buckets ---------------------------------------------------------------------------------


@both
def test_all_buckets_of_the_tenant_and_no_others(connect: Connect) -> None:
    handler = serving(
        {
            "b": sized({f"k{n}": n for n in range(10)}, page=3),
            "a": sized({"x": 5}),
            "empty": sized({}),
        },
        others=("other-b", "acme--snapshots", "acmeb"),
    )
    with ScriptedServer(handler=handler) as server, connect(server) as client:
        found = client.get_tenant_usage()
    assert found == TenantUsage(
        tenant_id="acme",
        objects=11,
        bytes=50,
        buckets=(
            BucketUsage(bucket="a", objects=1, bytes=5),
            BucketUsage(bucket="b", objects=10, bytes=45),
            BucketUsage(bucket="empty", objects=0, bytes=0),
        ),
    )
    assert found.total_bytes == found["bytes"] == 50
    assert dict(found.buckets[0])["delete_markers"] is None
    assert pickle.loads(pickle.dumps(found)) == found


@both
def test_without_tenancy_all_buckets_that_are_listed(connect: Connect) -> None:
    handler = serving({"a": sized({"x": 5}), "b": sized({"y": 6, "z": 7})})
    with ScriptedServer(handler=handler) as server:
        with connect(server, tenant_id=None) as client:
            found = client.get_tenant_usage()
    assert [(u.bucket, u.objects, u.bytes) for u in found.buckets] == [
        ("acme-a", 1, 5),
        ("acme-b", 2, 13),
    ]
    assert (found.tenant_id, found.objects, found.bytes) == (None, 3, 18)


@both
def test_a_tenant_without_buckets_stores_nothing(connect: Connect) -> None:
    with ScriptedServer(handler=serving({})) as server, connect(server) as client:
        found = client.get_tenant_usage(versions=True, uploads=True, snapshots=True)
    assert (found.buckets, found.objects, found.bytes) == ((), 0, 0)
    assert (found.delete_markers, found.uploads, found.snapshot_bytes) == (0, 0, 0)


@both
def test_a_bucket_that_goes_meanwhile_is_left_out_unless_it_was_named(connect: Connect) -> None:
    handler = serving({"a": sized({"x": 5}), "b": gone})
    with ScriptedServer(handler=handler) as server, connect(server) as client:
        found = client.get_tenant_usage()
        assert [each.bucket for each in found.buckets] == ["a"]
        with pytest.raises(BucketNotFoundError) as caught:
            client.get_tenant_usage(bucket="b")
    assert caught.value.bucket == "b"


@both
def test_a_bucket_that_may_not_be_listed_is_an_error_that_names_it(connect: Connect) -> None:
    handler = serving({"a": sized({"x": 5}), "b": refused})
    with ScriptedServer(handler=handler) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError) as caught:
            client.get_tenant_usage()
    assert (caught.value.bucket, caught.value.tenant_id) == ("b", "acme")


@both
def test_progress_is_told_by_bucket_or_by_page(connect: Connect) -> None:
    told: list[TransferProgress] = []
    a, b = sized({f"k{n}": n for n in range(10)}, page=4), sized({"x": 5})
    with ScriptedServer(handler=serving({"a": a, "b": b})) as server, connect(server) as client:
        client.get_tenant_usage(progress=told.append, concurrency=1)
        assert [(t.objects_done, t.bytes_done) for t in told] == [(10, 45), (11, 50)]
        told.clear()
        client.get_tenant_usage(bucket="a", progress=told.append)
        assert [(t.objects_done, t.bytes_done) for t in told] == [(4, 6), (8, 28), (10, 45)]


@both
def test_a_listing_that_lies_is_an_error(connect: Connect) -> None:
    page = reply(200, b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")
    with ScriptedServer(handler=lambda _: page) as server, connect(server) as client:
        with pytest.raises(ServerError, match="and not where"):
            client.get_tenant_usage(bucket="a")


# --- what is counted -----------------------------------------------------------------------------


@both
def test_versions_and_markers_stand_apart(connect: Connect) -> None:
    versions = [
        Version("a", "3", 10), Version("a", "2", 5), Version("a", "1", 1), Version("b", "2", None),
        Version("b", "1", 7), Version("c", "1", 100),
    ]  # fmt: skip
    handler = serving({"docs": Listed(versions, page=2)})
    with ScriptedServer(handler=handler) as server, connect(server) as client:
        found = client.get_tenant_usage(versions=True)
        plain = client.get_tenant_usage()
    assert (found.objects, found.bytes) == (plain.objects, plain.bytes) == (2, 110)
    assert (found.noncurrent_versions, found.noncurrent_bytes) == (3, 13)
    assert (found.delete_markers, found.total_bytes) == (1, 123)
    assert plain.noncurrent_versions is None


@FEW
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9)), max_size=20).map(
        lambda found: sorted(found, key=lambda each: each[0])
    ),
    st.integers(1, 4),
)
def test_the_figures_are_those_of_the_versions(
    history: list[tuple[str, int | None]], page: int
) -> None:
    """Whatever the sizes of the pages; the first of each key is the latest."""
    versions = [Version(key, str(n), size) for n, (key, size) in enumerate(history)]
    listed = Listed(versions, page)
    first = dict(reversed(history))
    current = [size for size in first.values() if size is not None]
    sizes = [size for _, size in history if size is not None]

    class Transport(Memory):
        async def send(self, request: Request, deadline: float | None) -> Reply:
            line = f"GET {request.target} HTTP/1.1".encode()
            answer = listed(Came(1, line, []))
            return Reply(answer.status, {}, answer.body)

    question = usage.Question("docs", versions=True)
    found = run(usage.count(Transport().engine(), question, None))
    assert (found.objects, found.bytes) == (len(current), sum(current))
    assert found.noncurrent_versions == len(sizes) - len(current)
    assert found.noncurrent_bytes == sum(sizes) - sum(current)
    assert found.delete_markers == len(history) - len(sizes)


@both
def test_a_prefix_counts_what_begins_with_it_on_servers_that_ignore_it_as_well(
    connect: Connect,
) -> None:
    everything = sized({"logs/a": 1, "logs/b": 2, "other": 4})
    ignoring = everything(Came(1, b"GET /acme-docs?list-type=2&max-keys=9 HTTP/1.1", []))
    for handler in (everything, lambda _: ignoring):
        with ScriptedServer(handler=handler) as server, connect(server) as client:
            found = client.get_tenant_usage(bucket="docs", prefix="logs/")
        assert (found.objects, found.bytes) == (2, 3)


def uploading(first: bytes = b"", more: bool = False) -> Handler:
    """A bucket with two unfinished uploads, of which one ends when its parts are asked for."""

    def answer(request: Came) -> Answer:
        if "uploads=" in request.query:
            named = b"".join(
                b"<Upload><Key>%s</Key><UploadId>%s</UploadId></Upload>" % (first + key, key)
                for key in (b"a", b"b")
            )
            ends = b"<IsTruncated>true</IsTruncated>" if more else b""
            root = b"ListMultipartUploadsResult"
            return reply(200, b"<%s>%s%s</%s>" % (root, named, ends, root))
        if "uploadId=b" in request.query:
            return s3_error(404, "NoSuchUpload")
        if "uploadId=a" in request.query:
            second = "part-number-marker=1" in request.query
            part = b"<PartNumber>%d</PartNumber><ETag>e</ETag><Size>%d</Size>"
            part %= (2, 7) if second else (1, 5)
            ends = b"" if second else b"<IsTruncated>true</IsTruncated>"
            root = b"ListPartsResult"
            return reply(200, b"<%s><Part>%s</Part>%s</%s>" % (root, part, ends, root))
        return sized({"x": 5})(request)

    return answer


@both
def test_unfinished_uploads_are_counted_by_their_parts(connect: Connect) -> None:
    handler = serving({"docs": uploading()})
    with ScriptedServer(handler=handler) as server, connect(server) as client:
        found = client.get_tenant_usage(uploads=True)
        assert (found.uploads, found.upload_bytes, found.bytes, found.total_bytes) == (1, 12, 5, 17)
        below = client.get_tenant_usage(bucket="docs", prefix="a", uploads=True)
        assert (below.uploads, below.upload_bytes) == (1, 12)


@both
def test_a_list_of_uploads_without_end_is_an_error(connect: Connect) -> None:
    handler = serving({"docs": uploading(more=True)})
    with ScriptedServer(handler=handler) as server, connect(server) as client:
        with pytest.raises(ServerError, match="and not where") as caught:
            client.get_tenant_usage(uploads=True)
    assert caught.value.operation == "ListMultipartUploads"


@both
def test_uploads_by_prefix_are_no_zero_where_the_server_lists_none(connect: Connect) -> None:
    listed = sized({"a": 5})

    def minio(request: Came) -> Answer:
        answer = listed(request)
        return reply(answer.status, answer.body, headers={"Server": "MinIO"})

    with ScriptedServer(handler=minio) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="none by prefix") as caught:
            client.get_tenant_usage(bucket="docs", prefix="a", uploads=True)
    assert (caught.value.operation, caught.value.bucket) == ("ListMultipartUploads", "docs")


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_what_the_sdk_keeps_for_itself_stands_apart(tenancy: str) -> None:
    memory = Memory()
    engine = memory.engine("acme", tenancy=tenancy)
    place = engine.place("docs")

    async def stores() -> tuple[TenantUsage, TenantUsage]:
        await buckets.create(engine, "docs")
        for key in ("a", "b"):
            await uploads.put(engine, place, key, Source(b"x" * 10), {})
        await snapshots.create(engine, "docs", "s1")
        plain = usage.Question("docs")
        whole = usage.Question("docs", snapshots=True)
        return await usage.count(engine, plain, None), await usage.count(engine, whole, None)

    plain, whole = run(stores())
    assert (plain.objects, plain.bytes, plain.snapshot_objects) == (2, 20, None)
    home = engine.scope.snapshots("docs")
    kept = [
        len(versions[0].data or b"")
        for key, versions in memory.buckets[home.server_bucket].keys.items()
        if key.startswith(home.prefix)
    ]
    assert len(kept) == 4  # two copies, their list, the manifest
    assert (whole.objects, whole.bytes) == (2, 20)
    assert (whole.snapshot_objects, whole.snapshot_bytes) == (4, sum(kept))


def test_without_tenancy_snapshots_count_as_the_buckets_they_lie_in() -> None:
    memory = Memory()
    memory.buckets["docs"] = Bucket()
    engine = memory.engine(None)
    question = usage.Question("docs", snapshots=True)
    found = run(usage.count(engine, question, None))
    assert (found.tenant_id, found.snapshot_objects, found.snapshot_bytes) == (None, None, None)


def test_a_bucket_that_is_a_marker_and_is_gone_is_left_out() -> None:
    memory = Memory()
    engine = memory.engine("acme", tenancy="prefix")

    def goes(request: Request) -> None:
        if request.method == "GET" and "prefix=acme%2Fb%2F" in request.query:
            memory.store("tenants", "acme/.buckets/b", None)

    async def meanwhile() -> TenantUsage:
        await buckets.create(engine, "a")
        await buckets.create(engine, "b")
        memory.before = goes
        found = await usage.count(engine, usage.Question(), None)
        with pytest.raises(BucketNotFoundError):
            await usage.count(engine, usage.Question("b"), None)
        return found

    assert [each.bucket for each in run(meanwhile()).buckets] == ["a"]


# --- bounds --------------------------------------------------------------------------------------


def test_fifteen_thousand_objects_take_the_memory_of_a_page() -> None:
    pages = 15
    entries = "".join(
        f"<Contents><Key>{'k' * 40}{n}</Key><Size>1</Size><ETag>e{n}</ETag></Contents>"
        for n in range(1000)
    )

    class Transport(Memory):
        async def send(self, request: Request, deadline: float | None) -> Reply:
            self.asked += 1
            more = "true" if self.asked < pages else "false"
            end = f"<NextContinuationToken>{self.asked}</NextContinuationToken>"
            body = f"{entries}<IsTruncated>{more}</IsTruncated>{end}"
            return Reply(200, {}, f"<ListBucketResult>{body}</ListBucketResult>".encode())

    engine = Transport().engine()
    gc.collect()
    tracemalloc.start()
    try:
        found = run(usage.count(engine, usage.Question("d"), None))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.objects == found.bytes == 1000 * pages
    assert peak < 2_500_000  # a page takes 1 MB, all of them 4


@pytest.mark.parametrize("asked, pool, limit", [(None, 100, 8), (3, 100, 3), (50, 20, 20)])
def test_few_buckets_are_listed_at_once(asked: int | None, pool: int, limit: int) -> None:
    limits: list[int] = []

    class Transport(Memory):
        async def map(
            self,
            function: Callable[[Any], Awaitable[Any]],
            items: Iterable[Any] | AsyncIterable[Any],
            limit: int,
            *rest: Any,
            **named: Any,
        ) -> list[Any]:
            limits.append(limit)
            return await super().map(function, items, limit, *rest, **named)

    engine = Transport().engine("acme", tenancy="prefix", pool_size=pool)
    run(usage.count(engine, usage.Question(concurrency=asked), None))
    assert limits == [limit]


@both
@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"bucket": "A"}, "bucket='A'"),
        ({"bucket": 5}, "bucket=5"),
        ({"prefix": "a"}, "prefix='a': goes with a bucket"),
        ({"bucket": "a", "prefix": None}, "prefix=None"),
        ({"bucket": "a", "prefix": "b", "snapshots": True}, "snapshots: are of whole buckets"),
        ({"versions": "no"}, "versions='no'"),
        ({"uploads": 1}, "uploads=1"),
        ({"snapshots": None}, "snapshots=None"),
        ({"concurrency": 0}, "concurrency=0"),
        ({"concurrency": True}, "concurrency=True"),
        ({"progress": "bar"}, "progress='bar'"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent(
    connect: Connect, arguments: dict[str, Any], named: str
) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError) as caught:
            client.get_tenant_usage(**arguments)
    assert str(caught.value).startswith(named)


@both
def test_the_gateway_has_no_usage(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, api="enterprise") as client:
        with pytest.raises(NotSupportedError, match="needs api='s3'"):
            client.get_tenant_usage()
