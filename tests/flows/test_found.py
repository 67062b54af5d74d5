"""Listings are right whatever the pages are like, and take no memory that grows with the bucket."""

from __future__ import annotations

import tracemalloc
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import BucketNotFoundError, NotSupportedError, ServerError, ValidationError
from tests.both import Connect, both
from tests.listing_server import Listed
from tests.scripted import Reply, Request, ScriptedServer, reply, s3_error
from tests.strategies import HOSTILE, MODERATE

names = st.text(st.sampled_from("ab/!-.0~") | st.sampled_from(HOSTILE), min_size=1, max_size=6)
"""Keys that share prefixes and folders, and have what sorts before and after a slash."""


def model(listed: Listed, asked: dict[str, Any]) -> list[tuple[str, str | None]]:
    """What must be found, from all that is there: names, and versions of what is no folder."""
    prefix, versions = asked.get("prefix", ""), asked.get("versions", False)
    found: dict[tuple[str, str | None], None] = {}  # keeps the order and drops folders met again
    for item in sorted(listed.versions if versions else listed.current(), key=lambda v: v.key):
        if item.key.startswith(prefix):
            head, slash, _ = item.key[len(prefix) :].partition("/")
            if slash and not asked.get("recursive", True):
                found[prefix + head + slash, None] = None
            else:
                found[item.key, item.version if versions else None] = None
    wanted = [
        entry
        for entry in found
        if entry[0].endswith(asked.get("suffix", ""))
        and entry[0] > (asked.get("start_after") or "")
    ]
    return wanted[: asked.get("limit")]


questions = st.fixed_dictionaries(
    {},
    optional={
        "prefix": st.just("") | names.map(lambda name: name[:2]),
        "suffix": st.sampled_from(["", "/", "a", "0"]),
        "recursive": st.booleans(),
        "versions": st.booleans(),
        "limit": st.none() | st.integers(0, 6),
        "start_after": st.none() | names,
        "concurrency": st.none() | st.integers(1, 4),
    },
)


@both
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
@pytest.mark.parametrize("by_folder", [False, True])
def test_what_is_found_is_what_is_there(connect: Connect, tenancy: str, by_folder: bool) -> None:
    """Any keys, any question, any size of pages, and two orders of listing."""
    place = "acme/docs/" if tenancy == "prefix" else ""
    listed = Listed()

    def answer(request: Request) -> Reply:
        if request.method == "HEAD":
            return reply(200, headers={"ETag": '"marker"'})
        return listed(request)

    @MODERATE
    @given(st.dictionaries(names, st.integers(0, 3), max_size=12), st.integers(1, 4), questions)
    @example({"a!": 1, "a/b": 1, "a.": 1, "a0": 1}, 1, {"limit": 1})
    @example({"a!": 1, "a/b": 1, "a.": 1, "a0": 1}, 2, {"start_after": "a", "limit": 2})
    @example({"a/": 1, "a/b": 1, "a!": 1}, 1, {"recursive": False, "limit": 1})
    @example({"a b/1": 1, "a/1": 1, "a!": 1}, 2, {"limit": 1})
    def ask(keys: dict[str, int], page: int, asked: dict[str, Any]) -> None:
        if by_folder:
            asked = {**asked, "versions": False}  # its pages of versions are wrong: see gaps.py
        strangers = {"acme/docs2/x": 1, "acme/doc": 1, "other/docs/x": 1} if place else {}
        everything = {**{place + key: number for key, number in keys.items()}, **strangers}
        own = Listed.of(keys)
        listed.__dict__.update(Listed.of(everything, page, by_folder=by_folder).__dict__)
        expected = model(own, asked)
        found = client.list_objects("docs", **asked)
        assert [(item.key, item.version_id) for item in found] == expected
        lazily = list(client.iter_objects("docs", **asked))
        if not by_folder:
            assert lazily == found
        elif asked.get("limit") is None:
            assert sorted(lazily, key=lambda item: item.key) == found
        else:
            assert len(lazily) == len(found)

    with ScriptedServer(handler=answer) as server:
        with connect(server, tenancy=tenancy, shared_bucket="all") as client:
            ask()


@both
def test_versions_say_what_they_are(connect: Connect) -> None:
    """Of one key the newest comes first, delete markers among them."""
    listed = Listed.of({"b/1": 1, "a": 2, "gone": 0}, page=1)
    with ScriptedServer(handler=listed) as server, connect(server) as client:
        found = client.list_objects("docs", versions=True)
        folded = client.list_objects("docs", versions=True, recursive=False)
    facts = [(i.key, i.version_id, i.is_latest, i.is_delete_marker, i.size) for i in found]
    assert facts == [
        ("a", "2", True, False, 2),
        ("a", "1", False, False, 1),
        ("b/1", "1", True, False, 1),
        ("gone", "9", True, True, 0),
        ("gone", "1", False, False, 1),
    ]
    assert [i.key for i in folded] == ["a", "a", "b/", "gone", "gone"]
    assert [i.key for i in folded if i.is_prefix] == ["b/"]


@both
def test_no_more_is_asked_for_than_is_wanted(connect: Connect) -> None:
    listed = Listed.of({f"{n:04}": 1 for n in range(2500)})

    def asked(server: ScriptedServer) -> list[str]:
        sizes = [parse_qs(request.query)["max-keys"][0] for request in server.requests]
        server.requests.clear()
        return sizes

    with ScriptedServer(handler=listed) as server, connect(server) as client:
        for versions in (False, True):
            assert len(client.list_objects("docs", limit=2, versions=versions)) == 2
            assert asked(server) == ["2"]
            assert len(client.list_objects("docs", limit=1500, versions=versions)) == 1500
            assert asked(server) == ["1000", "500"]
            assert len(list(client.iter_objects("docs", limit=1001, versions=versions))) == 1001
            assert asked(server) == ["1000", "1"]
            assert len(client.list_objects("docs", suffix="9", limit=2, versions=versions)) == 2
            assert asked(server) == ["1000"]
            after = client.list_objects("docs", start_after="1999", limit=3, versions=versions)
            assert [item.key for item in after] == ["2000", "2001", "2002"]
            assert asked(server) == ["3"]
            assert client.list_objects("docs", limit=0, versions=versions) == []
            assert asked(server) == []


@both
def test_a_server_that_is_known_to_skip_keys_is_not_asked_to(connect: Connect) -> None:
    """SeaweedFS leaves ``a/b`` out of what comes after ``a``: its first answer says who it is."""
    listed = Listed.of({"a": 1, "a!": 1, "a/b": 1}, by_folder=True)
    with ScriptedServer(handler=listed) as server, connect(server) as client:
        for _ in range(2):
            found = client.list_objects("docs", start_after="a")
            assert [item.key for item in found] == ["a!", "a/b"]
        sent = ["start-after" in request.query for request in server.requests]
    assert sent == [True, False, False]


@both
def test_a_server_that_takes_no_marker_is_corrected(connect: Connect) -> None:
    """What should have been left out is left out here, and other pages are asked for until enough."""
    listed = Listed.of(dict.fromkeys("abcdef", 2), page=3)

    def deaf(request: Request) -> Reply:
        if "version-id-marker" not in request.query:
            request.line = request.line.replace(b"key-marker", b"ignored")
        request.line = request.line.replace(b"start-after", b"ignored")
        return listed(request)

    with ScriptedServer(handler=deaf) as server, connect(server) as client:
        cases: list[tuple[dict[str, Any], str]] = [
            ({}, "def"),
            ({"limit": 2}, "de"),
            ({"versions": True}, "ddeeff"),
            ({"versions": True, "limit": 3}, "dde"),
        ]
        for arguments, expected in cases:
            found = client.list_objects("docs", start_after="c", **arguments)
            assert "".join(item.key for item in found) == expected


@pytest.mark.parametrize("versions, pages", [(False, 200), (True, 20)])
@both
def test_a_bucket_of_any_size_takes_no_memory(connect: Connect, versions: bool, pages: int) -> None:
    """200,000 keys pass by; what is held is about one page."""
    root = "ListVersionsResult" if versions else "ListBucketResult"
    tag = "Version" if versions else "Contents"
    token = "NextKeyMarker" if versions else "NextContinuationToken"
    entries = "".join(f"<{tag}><Key>folder/{n:04}</Key></{tag}>" for n in range(1000))

    def answer(request: Request) -> Reply:
        query = parse_qs(request.query)
        following = 1 + int(query.get("key-marker", query.get("continuation-token", ["0"]))[0])
        more = f"<IsTruncated>true</IsTruncated><{token}>{following}</{token}>"
        text = f"<{root}>{entries}{more if following < pages else ''}</{root}>"
        return reply(200, text.encode(), headers={"ETag": '"e"'})

    with ScriptedServer(handler=answer) as server, connect(server) as client:
        items = client.iter_objects("docs", versions=versions)
        count = sum(1 for _ in islice(items, 3000))
        tracemalloc.start()
        try:
            count += sum(1 for _ in islice(items, 12_000))
            held = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        count += sum(1 for _ in items)
    assert count == pages * 1000
    # A page takes half of that; what has passed by would be more than twice as much again.
    assert held < 1_500_000


# -- servers that lie, and arguments that are wrong ------------------------------------------------


@both
@pytest.mark.parametrize("versions", [False, True])
def test_a_listing_that_goes_on_nowhere_ends(connect: Connect, versions: bool) -> None:
    root = "ListVersionsResult" if versions else "ListBucketResult"
    more = "<IsTruncated>true</IsTruncated>"
    token = "<NextKeyMarker>k</NextKeyMarker><NextContinuationToken>t</NextContinuationToken>"
    for answers in ([more], [more + token, more + token]):
        script = [reply(200, f"<{root}>{text}</{root}>".encode()) for text in answers]
        with ScriptedServer(script) as server, connect(server) as client:
            with pytest.raises(ServerError, match="and not where") as caught:
                client.list_objects("docs", versions=versions, start_after="a")
            assert caught.value.operation in ("ListObjectsV2", "ListObjectVersions")


@both
@pytest.mark.parametrize("versions", [False, True])
def test_another_tenant_s_keys_are_an_error(connect: Connect, versions: bool) -> None:
    listed = Listed.of({"acme/docs/a": 1, "other/docs/secret-name": 1})

    def answer(request: Request) -> Reply:
        request.line = request.line.replace(b"prefix=", b"ignored=")
        return listed(request)

    with ScriptedServer(handler=answer) as server:
        with connect(server, tenancy="prefix") as client:
            for recursive in (True, False):
                with pytest.raises(ServerError, match="outside this tenant's prefix") as caught:
                    client.list_objects("docs", versions=versions, recursive=recursive)
                assert "secret-name" not in str(caught.value)


@both
def test_nothing_below_a_shared_bucket_may_be_no_bucket(connect: Connect) -> None:
    with ScriptedServer(handler=Listed()) as server, connect(server, tenancy="prefix") as client:
        asked: list[dict[str, Any]] = [{}, {"versions": True}, {"start_after": "z"}]
        for arguments in [*asked, {"recursive": False}]:
            with pytest.raises(BucketNotFoundError):
                client.list_objects("docs", **arguments)


@both
def test_a_server_that_lists_no_versions_says_so(connect: Connect) -> None:
    with ScriptedServer([s3_error(501, "NotImplemented")]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="Because the script"):
            client.list_objects("docs", versions=True)


@both
@pytest.mark.parametrize(
    "name, value",
    [
        ("recursive", "false"), ("recursive", 0), ("recursive", None), ("versions", "yes"),
        ("versions", 1), ("limit", -1), ("limit", "1"), ("limit", 1.0), ("limit", True),
        ("concurrency", 0), ("concurrency", True), ("concurrency", "4"),
        ("start_after", 5), ("start_after", b"a"), ("start_after", "x" * 1025),
        ("start_after", "x" * 1020), ("prefix", None), ("prefix", 5), ("suffix", b".txt"),
        ("suffix", None), ("bucket", "A/B"),
    ],
)  # fmt: skip
def test_what_is_refused(connect: Connect, name: str, value: Any) -> None:
    """By name, before anything is sent, and with a limit of 0 as well."""
    with connect("http://127.0.0.1:1", tenancy="prefix") as client:
        for limit in (None, 0):
            arguments = {"limit": limit, name: value}
            if limit == 0 and (name == "bucket" or len(str(value)) == 1020):
                continue
            with pytest.raises(ValidationError, match=f"^{name}="):
                client.list_objects(**{"bucket": "docs", **arguments})
            with pytest.raises(ValidationError, match=f"^{name}="):
                list(client.iter_objects(**{"bucket": "docs", **arguments}))


def _page(entries: str, root: str = "ListBucketResult") -> Reply:
    return reply(200, f"<{root}>{entries}</{root}>".encode())


_BARE = "<Contents><Key>{}</Key><Size>1</Size></Contents>"
_FOLDER = "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"
_MARKER = "<DeleteMarker><Key>a</Key><VersionId>v</VersionId></DeleteMarker>"
_TOLD = "<Contents><Key>{}</Key><UserMetadata><content-type>a/b</content-type></UserMetadata></Contents>"


@both
@pytest.mark.parametrize("how", [{}, {"recursive": False}, {"concurrency": 2}, {"limit": 5}])
def test_a_listing_that_leaves_metadata_out_is_no_answer(
    connect: Connect, how: dict[str, Any]
) -> None:
    """What looks like objects without metadata is a server that doesn't list it."""
    answers = [_page(_FOLDER + _BARE.format("b"))] * 2
    with ScriptedServer(answers) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="without their metadata") as caught:
            client.list_objects("docs", include_user_meta=True, **how)
        assert (caught.value.operation, caught.value.bucket) == ("ListObjectsV2", "docs")
        with pytest.raises(NotSupportedError, match="get_object_metadata"):
            list(client.iter_objects("docs", include_user_meta=True, **how))
        assert all("metadata=true" in request.target for request in server.requests)


@both
def test_what_has_no_metadata_asks_for_none(connect: Connect) -> None:
    """Folders, delete markers and empty buckets are listed everywhere; one object that tells is enough."""
    script = [
        _page(_FOLDER),
        _page(_MARKER, "ListVersionsResult"),
        _page(""),
        _page(_TOLD.format("a") + _BARE.format("b")),
    ]
    with ScriptedServer(script) as server, connect(server) as client:
        (folder,) = client.list_objects("docs", recursive=False, include_user_meta=True)
        assert (folder.metadata, folder.tags, folder.content_type) == (None, None, None)
        (marker,) = client.list_objects("docs", versions=True, include_user_meta=True)
        assert marker.is_delete_marker
        assert client.list_objects("docs", include_user_meta=True) == []
        told, silent = client.list_objects("docs", include_user_meta=True)
        assert (told.content_type, told.metadata) == ("a/b", {})
        assert silent.metadata is None


@both
def test_minio_leaves_out_what_the_caller_may_not_read(connect: Connect) -> None:
    answer = reply(
        200,
        f"<ListBucketResult>{_BARE.format('b')}</ListBucketResult>".encode(),
        headers={"Server": "MinIO"},
    )
    with ScriptedServer([answer]) as server, connect(server) as client:
        (item,) = client.list_objects("docs", include_user_meta=True)
        assert item.metadata is None


@both
def test_flags_of_listings_are_flags(connect: Connect) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        for name in ("include_user_meta", "fetch_owner"):
            with pytest.raises(ValidationError, match=f"{name}="):
                client.list_objects("docs", **{name: "yes"})  # type: ignore[arg-type]
