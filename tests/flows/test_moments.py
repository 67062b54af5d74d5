"""What was there at a moment: found in listings of all orders, read by its version, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    AccessDeniedError,
    BucketNotFoundError,
    Cache,
    MirrorResult,
    NotSupportedError,
    ObjectChangedError,
    ObjectInfo,
    ObjectNotFoundError,
    ServerError,
    ValidationError,
)
from minio_sdk.blocking import iterate, run
from minio_sdk.client.files import make
from minio_sdk.engine import Engine
from minio_sdk.flows import (
    bulk,
    copies,
    downloads,
    found,
    mirror,
    moments,
    objects,
    reading,
)
from minio_sdk.flows.found import Question
from minio_sdk.flows.mirror import Wish
from minio_sdk.wire.message import Reply
from minio_sdk.wire.message import Request as Sent
from tests.both import Connect, both
from tests.flows.memory import Bucket, Memory
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error
from tests.strategies import FEW

ENABLED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


def at(second: float) -> datetime:
    """That of the version which `Memory` stores as its so many-th."""
    return datetime.fromtimestamp(1_800_000_000, timezone.utc) + timedelta(seconds=second)


@dataclass
class Listed(Memory):
    """A server whose listing of versions is written by hand.

    Attributes:
        entries: key, version, second, and "m" for a delete marker, "l" for the latest.
        size: entries on a page.
        pages: how many were asked for.
    """

    entries: Sequence[tuple[str, str, float, str]] = ()
    size: int = 1000
    pages: int = 0

    def __post_init__(self) -> None:
        Memory.__init__(self)
        self.buckets["acme-docs"] = Bucket(versioned=True)

    def _versions(self, bucket: Bucket, query: dict[str, str]) -> Reply:
        self.pages += 1
        prefix, start = query.get("prefix", ""), int(query.get("version-id-marker", "0"))
        chosen = [entry for entry in self.entries if entry[0].startswith(prefix)]
        lines = []
        for key, version, second, flags in chosen[start : start + self.size]:
            tag = "DeleteMarker" if "m" in flags else "Version"
            lines.append(
                f"<{tag}><Key>{quote(key)}</Key><VersionId>{version}</VersionId>"
                f"<IsLatest>{'true' if 'l' in flags else 'false'}</IsLatest><Size>1</Size>"
                f"<LastModified>{at(second):%Y-%m-%dT%H:%M:%S.%fZ}</LastModified></{tag}>"
            )
        end = start + self.size
        more = end < len(chosen)
        after = f"<NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>{end}</NextVersionIdMarker>"
        body = (
            f"<EncodingType>url</EncodingType><IsTruncated>{'true' if more else 'false'}"
            f"</IsTruncated>{after if more else ''}{''.join(lines)}"
        )
        return Reply(200, {}, f"<ListVersionsResult>{body}</ListVersionsResult>".encode())


def version_at(server: Memory, key: str, second: float) -> str | None:
    engine = server.engine()
    try:
        return run(moments.version_at(engine, engine.place("docs"), key, at(second))).version_id
    except ObjectNotFoundError:
        return None


def listed(server: Memory, second: float, **question: Any) -> dict[str, str | None]:
    wanted = Question(
        **{"bucket": "docs", "prefix": "", "suffix": "", "recursive": True, "versions": False,
           "limit": None, "start_after": None, "at": at(second), **question}
    )  # fmt: skip
    found_ = run(found.listed(server.engine(), wanted))
    return {item.key: item.version_id for item in found_}


# In the order of S3, in that of moto (markers behind), in that of SeaweedFS ("null" behind).
ORDERS = {
    "S3": [("k", "v4", 40, "l"), ("k", "m3", 30, "m"), ("k", "v2", 20, ""), ("k", "v1", 10, "")],
    "moto": [("k", "v4", 40, "l"), ("k", "v2", 20, ""), ("k", "v1", 10, ""), ("k", "m3", 30, "m")],
    "any": [("k", "v1", 10, ""), ("k", "v2", 20, ""), ("k", "v4", 40, "l"), ("k", "m3", 30, "m")],
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_last_version_by_then_in_each_order(order: str) -> None:
    server = Listed(ORDERS[order])
    expected = {5: None, 10: "v1", 19.999: "v1", 20: "v2", 30: None, 39: None, 40: "v4", 99: "v4"}
    assert {second: version_at(server, "k", second) for second in expected} == expected
    for second, version in expected.items():
        assert listed(server, second) == ({} if version is None else {"k": version})


def test_of_one_second_the_first_in_the_list_is_the_last_that_was_written() -> None:
    entries = [("k", "v3", 10, "l"), ("k", "m2", 10, "m"), ("k", "v1", 10, ""), ("k", "v0", 9, "")]
    assert version_at(Listed(entries), "k", 10) == "v3"
    assert version_at(Listed([("k", "m4", 11, "ml"), *entries[1:]]), "k", 10) is None
    assert version_at(Listed([("k", "v4", 11, "l"), *entries[2:]]), "k", 10) == "v1"


def test_the_latest_is_what_is_there_whatever_its_date() -> None:
    """An upload in parts has, on AWS, the date of its beginning."""
    entries = [("k", "v2", 5, "l"), ("k", "v1", 10, "")]
    assert version_at(Listed(entries), "k", 20) == "v2"


@pytest.mark.parametrize("flags", ["l", "ml", ""])
def test_what_a_null_version_has_replaced_is_not_known(flags: str) -> None:
    server = Listed([("k", "null", 30, flags), ("k", "v1", 10, "")])
    for second in (5, 10, 29):
        with pytest.raises(NotSupportedError, match=r"can't be known: it was written at .*:30"):
            version_at(server, "k", second)
        with pytest.raises(NotSupportedError, match="can't be known") as info:
            listed(server, second)
        assert (info.value.bucket, info.value.key) == ("docs", "k")
    assert version_at(server, "k", 30) == (None if "m" in flags else "null")


def test_a_null_version_from_before_is_known() -> None:
    server = Listed([("k", "v2", 20, "l"), ("k", "null", 10, "")])
    assert [version_at(server, "k", n) for n in (10, 20)] == ["null", "v2"]


def test_neighbours_are_not_the_object() -> None:
    entries = [("k", "v1", 10, "l"), ("k!", "w1", 10, "l"), ("k/a", "x1", 10, "l")]
    assert version_at(Listed(entries), "k", 10) == "v1"
    server = Listed(entries[1:])
    assert version_at(server, "k", 10) is None


def test_a_long_history_is_read_up_to_the_moment() -> None:
    entries = [("k", f"v{n}", n, "l" if n == 4999 else "") for n in range(4999, -1, -1)]
    server = Listed([*entries, *(("k-", f"w{n}", 1, "l") for n in range(4000))], size=1000)
    assert version_at(server, "k", 4999) == "v4999"
    assert server.pages == 1
    assert version_at(server, "k", 2500.5) == "v2500"
    assert server.pages == 1 + 3
    server.pages = 0
    assert version_at(server, "k", -1) is None
    assert server.pages == 6  # up to the first page that has another key


KEYS = ["a", "a!", "a/b", "b", "b/c/d", "z"]
histories_ = st.dictionaries(
    st.sampled_from(KEYS), st.lists(st.booleans(), min_size=1, max_size=5), min_size=1
)


@FEW
@given(histories_, st.integers(1, 4), st.booleans(), st.integers(0, 12))
def test_pages_of_any_size_say_the_same(
    history: dict[str, list[bool]], size: int, behind: bool, second: int
) -> None:
    entries: list[tuple[str, str, float, str]] = []
    expected: dict[str, str | None] = {}
    for key in sorted(history):
        stored = list(enumerate(history[key]))
        for number, there in stored[::-1]:
            flags = ("" if there else "m") + ("l" if number == len(stored) - 1 else "")
            entries.append((key, f"{key}{number}", number * 2 + 1, flags))
            if number * 2 + 1 <= second and key not in expected:
                expected[key] = f"{key}{number}" if there else None
    if behind:  # as moto lists them, page by page
        parts = [entries[n : n + size] for n in range(0, len(entries), size)]
        entries = [e for part in parts for e in sorted(part, key=lambda e: "m" in e[3])]
    present = {key: version for key, version in expected.items() if version is not None}
    server = Listed(entries, size)
    assert listed(server, second) == present
    for key in KEYS:
        assert version_at(Listed(entries, 1000), key, second) == expected.get(key)


def test_folders_are_those_that_had_something() -> None:
    server = Memory()
    server.buckets["acme-docs"] = Bucket(versioned=True)
    for key, data in (("a", b"1"), ("d/x", b"1"), ("e/x", b"1"), ("e/x", None), ("f/x", b"1")):
        server.store("acme-docs", key, data)

    def folded(request: Sent) -> None:
        assert "delimiter" not in request.query or "prefix=" not in request.query

    server.before = folded
    engine = server.engine()
    place = engine.place("docs")

    async def walked(second: int) -> list[str]:
        names = []
        async with aclosing(moments.pages(engine, place, "", at(second), delimiter="/")) as pages:
            async for page in pages:
                names += [item.key for item in page.objects]
        return names

    server._versions = folding(server._versions)  # type: ignore[method-assign]
    assert run(walked(2)) == ["a", "d/"]
    assert run(walked(3)) == ["a", "d/", "e/"]
    assert run(walked(9)) == ["a", "d/", "f/"]


def folding(plain: Callable[..., Reply]) -> Callable[..., Reply]:
    """A listing of versions that knows the delimiter."""

    def answer(bucket: Bucket, query: dict[str, str]) -> Reply:
        if "delimiter" not in query:
            return plain(bucket, query)
        tops = {key.partition("/")[0] + "/" for key in bucket.keys if "/" in key}
        rest = Bucket(True, {k: v for k, v in bucket.keys.items() if "/" not in k})
        lines = "".join(
            f"<CommonPrefixes><Prefix>{top}</Prefix></CommonPrefixes>" for top in sorted(tops)
        )
        reply = plain(rest, query)
        end = b"<IsTruncated>"
        assert isinstance(reply.body, bytes)
        return Reply(200, {}, reply.body.replace(end, lines.encode() + end))

    return answer


# --- buckets that keep no versions, and servers that don't say enough --------------------------------


def test_without_versions_only_what_never_changed_is_known() -> None:
    server = Memory()
    server.buckets["acme-docs"] = Bucket()
    server.store("acme-docs", "k", b"1")
    assert version_at(server, "k", 1) == "null"
    with pytest.raises(NotSupportedError, match="can't be known"):
        version_at(server, "k", 0)
    for call in (lambda: version_at(server, "other", 5), lambda: listed(server, 5)):
        with pytest.raises(NotSupportedError, match="left no trace") as info:
            call()
        assert "set_bucket_versioning" in str(info.value)
    with pytest.raises(BucketNotFoundError):
        run(moments.version_at(server.engine(), server.engine().place("no-such"), "k", at(1)))
    with pytest.raises(BucketNotFoundError):
        listed(server, 1, bucket="no-such")


def test_with_prefix_tenancy_a_bucket_may_be_missing() -> None:
    server = Memory()
    server.buckets["tenants"] = Bucket(versioned=True)
    engine = server.engine(tenancy="prefix")
    question = Question("docs", "", "", True, False, None, None, at=at(1))
    for flow in (
        moments.version_at(engine, engine.place("docs"), "k", at(1)),
        found.listed(engine, question),
    ):
        with pytest.raises(BucketNotFoundError):
            run(flow)


def test_a_key_that_the_listing_leaves_out_is_asked_itself() -> None:
    server = Memory()
    server.buckets["acme-docs"] = Bucket(versioned=True)
    server.unlisted = {"k"}
    server.store("acme-docs", "k", b"1")
    assert version_at(server, "k", 2) == "v1"  # HTTP dates are whole seconds
    with pytest.raises(NotSupportedError, match="doesn't list the versions"):
        version_at(server, "k", 1)


def test_seaweedfs_lists_no_key_that_xml_can_t_carry() -> None:
    server = Listed()
    assert version_at(server, "a\x01", 1) is None
    server.name = "SeaweedFS"
    assert version_at(server, "a", 1) is None
    with pytest.raises(NotSupportedError, match="with such characters"):
        version_at(server, "a\x01", 1)


def test_seaweedfs_lists_neighbours_before_the_key() -> None:
    """Its pages are sorted by themselves, and go on in an order of folders."""
    page = [("k!", "w1", 1, "l"), ("k-", "x1", 1, "l"), ("k", "v2", 20, "l"), ("k", "v1", 10, "")]
    for size in (1, 2, 3, 4):
        server = Listed([*page, *((f"k.{n}", "y1", 1, "l") for n in range(9))], size)
        server.name = "SeaweedFS"
        assert [version_at(server, "k", n) for n in (5, 10, 20)] == [None, "v1", "v2"]


def test_a_version_without_a_date_is_an_error() -> None:
    then = moments.Then(at(1))
    with pytest.raises(ServerError, match="doesn't tell when"):
        then.add(ObjectInfo(key="k", version_id="v"))


# --- reading ------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Memory:
    """``k`` is 1, then 22, deleted, and 4444; ``other`` is always there."""
    made = Memory()
    made.buckets["acme-docs"] = Bucket(versioned=True)
    for data in (b"1", b"22", None, b"4444"):
        made.store("acme-docs", "k", data)
    made.store("acme-docs", "other", b"o")
    return made


def chunks(engine: Engine, **how: Any) -> bytes:
    return b"".join(iterate(reading.stream(engine, "docs", "k", **how)))


def in_file(engine: Engine, folder: Path, **how: Any) -> bytes:
    run(downloads.to_file(engine, "docs", "k", folder / "k", **how))
    return (folder / "k").read_bytes()


def in_buffer(engine: Engine, **how: Any) -> bytes:
    buffer = bytearray(4)
    return bytes(buffer[: run(downloads.into(engine, "docs", "k", buffer, **how))])


def opened(engine: Engine, **how: Any) -> bytes:
    reader: Any = make(engine, "docs", "k", "rb", None, None, None, **how)
    run(reader.open())
    data: bytes = run(reader.rest(0))
    return data


@pytest.mark.parametrize("second, expected", [(1, b"1"), (2, b"22"), (3, None), (4, b"4444")])
def test_every_way_of_reading(
    server: Memory, tmp_path: Path, second: int, expected: bytes | None
) -> None:
    engine, moment = server.engine(), at(second)
    ways: list[Callable[[], Any]] = [
        lambda: run(reading.get(engine, "docs", "k", at=moment)),
        lambda: run(reading.get(engine, "docs", "k", (0, None), at=moment.isoformat())),
        lambda: chunks(engine, at=moment),
        lambda: in_file(engine, tmp_path, at=moment),
        lambda: in_buffer(engine, at=moment),
        lambda: opened(engine, at=moment),
        lambda: run(bulk.perform(engine, "download", [item], bulk.Job())).results[0],
    ]
    item = {"bucket": "docs", "key": "k", "at": moment}
    for way in ways[: None if expected is not None else -1]:
        if expected is None:
            with pytest.raises(ObjectNotFoundError, match="was deleted at"):
                way()
        else:
            assert way() == expected
    assert run(moments.exists(engine, "docs", "k", moment)) is (expected is not None)
    if expected is not None:
        found_ = run(moments.head(engine, "docs", "k", at=moment))
        assert (found_.size, found_.version_id) == (len(expected), f"v{second}")
    else:
        assert not (tmp_path / "k").exists()
        assert not run(bulk.perform(engine, "download", [item], bulk.Job()))


def test_bad_arguments_are_refused_before_anything_is_sent(server: Memory, tmp_path: Path) -> None:
    engine = server.engine()
    naive, moment = datetime(2026, 1, 1), at(1)
    for call in (
        lambda: run(reading.get(engine, "docs", "k", at=naive)),
        lambda: run(reading.get(engine, "docs", "k", version_id="v1", at=moment)),
        lambda: reading.stream(engine, "docs", "k", at=naive),
        lambda: run(downloads.to_file(engine, "docs", "k", tmp_path / "k", "v1", at=moment)),
        lambda: make(engine, "docs", "k", "wb", None, None, None, moment),
        lambda: run(moments.head(engine, "docs", "k", "v1", moment)),
        lambda: run(moments.exists(engine, "docs", "k", naive)),
        lambda: listed(server, 1, at=naive),
        lambda: listed(server, 1, versions=True),
        lambda: run(moments.version_at(engine, engine.place("docs"), "", moment)),
        lambda: mirrored(engine, str(tmp_path), ("docs", ""), moment),
        lambda: mirrored(engine, ("docs", ""), str(tmp_path), naive),
        lambda: run(copies.copy(engine, engine.place("docs"), "c", engine.place("docs"), "k",
                                source_version_id="v1", at=moment)),
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            call()
    assert server.asked == 0


@pytest.mark.parametrize("others", [False, True])
def test_a_null_version_that_is_replaced_meanwhile_is_not_given_out(
    server: Memory, others: bool
) -> None:
    server.lists_other_etags = others
    server.buckets["acme-docs"].versioned = False
    server.store("acme-docs", "n", b"old")
    moment = at(6)

    def replaced(request: Sent) -> None:
        if request.path.endswith("/n"):
            server.before = lambda _: None
            server.store("acme-docs", "n", b"new")

    engine = server.engine()
    place = engine.place("docs")
    for flow in (
        lambda: reading.get(engine, "docs", "n", at=moment),
        lambda: moments.head(engine, "docs", "n", at=moment),
        lambda: copies.copy(engine, place, "c", place, "n", at=moment),
    ):
        server._moment = 5
        server.store("acme-docs", "n", b"old")
        server.before = replaced
        with pytest.raises(ObjectChangedError, match="replaced"):
            run(flow())
    assert "c" not in server.buckets["acme-docs"].keys


def test_a_null_version_may_be_listed_with_another_etag(server: Memory) -> None:
    """SeaweedFS does so with what it has encrypted while the bucket kept no versions."""
    server.lists_other_etags = True
    server.buckets["acme-docs"].versioned = False
    server._moment = 5
    server.store("acme-docs", "n", b"old")
    engine, moment = server.engine(), at(6)
    place = engine.place("docs")
    assert run(reading.get(engine, "docs", "n", at=moment)) == b"old"
    assert run(moments.head(engine, "docs", "n", at=moment)).size == 3
    run(copies.copy(engine, place, "c", place, "n", at=moment))
    assert "c" in server.buckets["acme-docs"].keys


def test_the_cache_is_neither_asked_nor_filled(server: Memory) -> None:
    engine = server.engine(cache=Cache(trust=60))
    assert run(reading.get(engine, "docs", "k")) == b"4444"
    asked = server.asked
    assert run(reading.get(engine, "docs", "k")) == b"4444"
    assert server.asked == asked  # it is in the cache
    assert run(reading.get(engine, "docs", "k", at=at(1))) == b"1"
    assert server.asked > asked
    assert run(reading.get(engine, "docs", "k")) == b"4444"


def test_a_copy_brings_back_what_was_there(server: Memory) -> None:
    engine = server.engine()
    place = engine.place("docs")
    done = run(copies.copy(engine, place, "k", place, "k", at=at(1)))
    assert (done.size, run(objects.get(engine, "docs", "k"))) == (1, b"1")
    items = [{"dest_bucket": "docs", "dest_key": "c", "source_bucket": "docs", "source_key": "k",
              "at": at(2)}]  # fmt: skip
    assert run(bulk.perform(engine, "copy", items, bulk.Job()))
    assert run(objects.get(engine, "docs", "c")) == b"22"


def test_a_checkpoint_tells_moments_apart(server: Memory, tmp_path: Path) -> None:
    items = [{"bucket": "docs", "key": "k", "at": at(n)} for n in (1, 2)]
    job = bulk.Job(checkpoint=tmp_path / "done")
    assert run(bulk.perform(server.engine(), "download", items[:1], job)).results == (b"1",)
    assert run(bulk.perform(server.engine(), "download", items, job)).results == (None, b"22")


def mirrored(
    engine: Engine, source: Any, target: Any, moment: datetime, delete: bool = False
) -> MirrorResult:
    wish = Wish(source, target, delete, False, None, None, False, False, None, None, moment)
    return run(mirror.mirror(engine, wish))


def test_a_mirror_of_what_was_there(server: Memory, tmp_path: Path) -> None:
    engine, source, folder = server.engine(), ("docs", ""), str(tmp_path / "t")
    assert mirrored(engine, source, folder, at(9)).copied == ("k", "other")
    # An older file of another size, and one that wasn't there.
    back = mirrored(engine, source, folder, at(1), delete=True)
    assert (back.copied, back.deleted) == (("k",), ("other",))
    assert (tmp_path / "t" / "k").read_bytes() == b"1"
    assert mirrored(engine, source, folder, at(1)).skipped == ("k",)
    server.store("acme-docs", "k", b"5")  # of the same size, and newer
    assert mirrored(engine, source, folder, at(99)).copied == ("k", "other")
    assert mirrored(engine, source, folder, at(1)).copied == ("k",)
    assert (tmp_path / "t" / "k").read_bytes() == b"1"
    server.buckets["acme-copy"] = Bucket()
    assert mirrored(engine, source, ("copy", ""), at(2)).copied == ("k",)
    assert mirrored(engine, source, ("copy", ""), at(2)).skipped == ("k",)
    assert run(objects.get(engine, "copy", "k")) == b"22"


@both
def test_both_clients_ask_for_the_version_that_they_found(connect: Connect) -> None:
    listing = Listed([("k", "v2", 20, "l"), ("k", "v1", 10, "")])

    def answer(request: Request) -> Step:
        if "versions=" in request.query:
            prefix = parse_qs(request.query).get("prefix", [""])[0]
            page = listing._versions(Bucket(), {"prefix": prefix})
            return reply(200, bytes(page.body))
        if "versioning" in request.query:
            return reply(200, ENABLED)
        if request.method == "HEAD":
            return reply(404 if request.path.endswith("other") else 200)
        assert request.query == "versionId=v1"
        return reply(200, b"1", headers={"ETag": '"e"', "x-amz-version-id": "v1"})

    moment = at(15)
    with ScriptedServer(handler=answer) as server, connect(server) as client:
        assert client.get_object("docs", "k", at=moment) == b"1"
        assert b"".join(client.download_stream("docs", "k", at=moment)) == b"1"
        with client.open("docs", "k", at=moment) as file:
            assert file.read() == b"1"
        with pytest.raises(ObjectNotFoundError, match="no version of it is left"):
            client.get_object("docs", "other", at=moment)
        assert [item.version_id for item in client.iter_objects("docs", at=moment)] == ["v1"]
        with pytest.raises(ValidationError, match="time zone"):
            client.iter_objects("docs", at="2026-01-01T10:00")


@both
def test_who_may_not_ask_whether_there_are_versions_is_told(connect: Connect) -> None:
    with ScriptedServer([s3_error(403, "AccessDenied")]) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError) as info:
            client.list_objects("docs", at="2026-01-01")
    assert info.value.operation == "GetBucketVersioning"
