"""ListObjectsV2 and ListObjectVersions: golden requests, real answers, and servers that lie."""

from __future__ import annotations

from datetime import timedelta

import pytest

from minio_sdk import BucketNotFoundError, ServerError
from minio_sdk.operation import Place
from minio_sdk.operations.list_objects import ListObjectsV2, ListObjectVersions
from minio_sdk.wire.headers import http_date
from minio_sdk.wire.listing import Beside, Page
from minio_sdk.wire.message import Reply
from tests.samples import BELOW, KEY, OTHER, SAMPLES, SERVERS, answered, refused, replayed

VERSIONED = Place("versioned", "acme-versioned", "", "/acme-versioned")
every_origin = pytest.mark.parametrize("origin", SERVERS)


def facts(page: Page) -> list[tuple[str, int, str | None]]:
    return [(item.key, item.size, item.etag) for item in page.objects]


HELLO = (KEY, 6, "952d2c56d0485958336747bcdd98590d")
EMPTY = (OTHER, 0, "d41d8cd98f00b204e9800998ecf8427e")


@every_origin
def test_a_page_and_the_next(origin: str) -> None:
    page = replayed("ListObjectsV2", origin, ListObjectsV2(SAMPLES, max_keys=1))
    assert facts(page) == [HELLO]
    assert page.truncated
    (item,) = page.objects
    answered_at = http_date(answered("ListObjectsV2", origin).headers["date"])
    assert item.last_modified is not None
    assert answered_at is not None
    assert abs(item.last_modified - answered_at) < timedelta(minutes=1)
    assert item.storage_class == "STANDARD"
    assert page.token == "TOKEN"
    page = replayed("ListObjectsV2-next", origin, ListObjectsV2(SAMPLES, token=page.token))
    assert facts(page) == [EMPTY]
    assert (page.truncated, page.token) == (False, None)


@every_origin
def test_folders_and_objects_of_one_level(origin: str) -> None:
    page = replayed("ListObjectsV2-folders", origin, ListObjectsV2(SAMPLES, delimiter="/"))
    names = sorted((item.key, item.is_prefix) for item in page.objects)
    assert names == [("a b+c/", True), (OTHER, False)]


@every_origin
def test_below_a_prefix_names_go_out_and_come_back_through_it(origin: str) -> None:
    operation = ListObjectsV2(BELOW, "a ", start_after="a ")
    assert facts(replayed("ListObjectsV2-prefix", origin, operation)) == [HELLO]


@every_origin
def test_nothing_is_an_empty_page(origin: str) -> None:
    page = replayed("ListObjectsV2-nothing", origin, ListObjectsV2(SAMPLES, "no such/"))
    assert page == Page()


@every_origin
def test_a_missing_bucket_is_no_empty_page(origin: str) -> None:
    missing = Place("missing", "acme-missing", "", "/acme-missing")
    error = refused("ListObjectsV2-missing-bucket", origin, ListObjectsV2(missing))
    assert type(error) is BucketNotFoundError


def test_what_is_not_said_is_not_asked() -> None:
    assert ListObjectsV2(SAMPLES).request().query == "encoding-type=url&list-type=2&max-keys=1000"
    below = ListObjectsV2(BELOW).request().query
    assert below == "encoding-type=url&list-type=2&max-keys=1000&prefix=acme%2Fsamples%2F"


def test_what_is_told_besides_is_asked_for() -> None:
    asked = ListObjectsV2(SAMPLES, beside=Beside(owner=True, metadata=True)).request().query
    assert asked == "encoding-type=url&fetch-owner=true&list-type=2&max-keys=1000&metadata=true"
    versions = ListObjectVersions(SAMPLES, beside=Beside(owner=True)).request().query
    assert versions == "encoding-type=url&max-keys=1000&versions="  # which tell it unasked
    versions = ListObjectVersions(SAMPLES, beside=Beside(metadata=True)).request().query
    assert versions == "encoding-type=url&max-keys=1000&metadata=true&versions="


@every_origin
@pytest.mark.parametrize("operation", [ListObjectsV2, ListObjectVersions])
def test_owners_and_metadata(
    operation: type[ListObjectsV2] | type[ListObjectVersions], origin: str
) -> None:
    """MinIO tells all, others tell of owners only."""
    asked = operation(SAMPLES, "told/", beside=Beside(owner=True, metadata=True))
    first, second = replayed(f"{operation.name}-told", origin, asked).objects
    assert first.owner_id
    assert first.owner_name
    assert second.owner_id == first.owner_id
    if origin == "minio":
        assert first.content_type == "text/plain"
        assert first.metadata == {"title": "Grüße", "a.b": "<&>"}
        assert first.tags == {"a": "b c", "d": "+"}
        assert second.content_type == "binary/octet-stream"
        assert (second.metadata, second.tags) == ({}, None)
        hash(first)
    else:
        for item in (first, second):
            assert (item.content_type, item.metadata, item.tags) == (None, None, None)


# -- versions --------------------------------------------------------------------------------------


@every_origin
def test_versions_and_their_markers(origin: str) -> None:
    page = replayed("ListObjectVersions", origin, ListObjectVersions(VERSIONED))
    found = {
        item.version_id: (item.key, item.size, item.is_latest, item.is_delete_marker)
        for item in page.objects
    }
    assert found == {
        "VERSION-3": (KEY, 0, True, True),
        "VERSION-2": (KEY, 5, False, False),
        "VERSION-1": (KEY, 3, False, False),
    }
    assert (page.truncated, page.next_key) == (False, None)


@every_origin
def test_a_page_of_versions_says_where_the_next_begins(origin: str) -> None:
    page = replayed("ListObjectVersions-first", origin, ListObjectVersions(VERSIONED, max_keys=2))
    assert page.truncated
    assert len(page.objects) == 2
    assert page.next_version == "VERSION-2"
    # MinIO writes a note of its own behind the key, to be given back as it is.
    mark = "[minio_cache:v2,return:]" if origin == "minio" else ""
    assert page.next_key == KEY + mark
    following = ListObjectVersions(VERSIONED, "", KEY + mark, "VERSION-2").request().query
    assert "&version-id-marker=VERSION-2&" in following


@every_origin
def test_versions_of_one_level(origin: str) -> None:
    operation = ListObjectVersions(VERSIONED, key_marker="a", max_keys=100, delimiter="/")
    page = replayed("ListObjectVersions-folders", origin, operation)
    found = sorted((item.key, item.is_prefix, item.version_id) for item in page.objects)
    assert found == [("a b+c/", True, None), (OTHER, False, "VERSION-4")]


@pytest.mark.parametrize("place", [SAMPLES, BELOW], ids=["bucket", "prefix"])
def test_a_marker_of_the_server_may_be_longer_than_a_key(place: Place) -> None:
    longest = "k" * (1024 - len(place.prefix))
    query = ListObjectVersions(place, "", f"{longest}[minio_cache:v2,return:]", "v").request().query
    assert "minio_cache" in query


# -- servers that lie ------------------------------------------------------------------------------


def listing(*keys: str, root: str = "ListBucketResult", more: str = "") -> Reply:
    entries = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
    return Reply(200, {}, f"<{root}>{entries}{more}</{root}>".encode())


@pytest.mark.parametrize(
    "name",
    [
        "acme/docs/k",
        "acme/samples",
        "acme/samples2/k",
        "other/samples/secret-name",
        "",
        "samples/k",
    ],
)
@pytest.mark.parametrize("operation", [ListObjectsV2(BELOW), ListObjectVersions(BELOW)])
def test_a_key_that_is_not_the_tenant_s_is_an_error_and_nothing_is_shown(
    operation: ListObjectsV2 | ListObjectVersions, name: str
) -> None:
    replies = [
        listing("acme/samples/fine", name),
        listing(more=f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"),
        listing(more=f"<Version><Key>{name}</Key></Version>", root="ListVersionsResult"),
        listing(more=f"<DeleteMarker><Key>{name}</Key></DeleteMarker>", root="ListVersionsResult"),
    ]
    for reply in replies:
        with pytest.raises(ServerError) as caught:
            operation.parse(reply)
        assert "outside this tenant's prefix" in str(caught.value)
        assert "secret-name" not in str(caught.value)


def test_a_marker_that_is_not_the_tenant_s_is_an_error_too() -> None:
    more = "<IsTruncated>true</IsTruncated><NextKeyMarker>other/secret-name</NextKeyMarker>"
    with pytest.raises(ServerError) as caught:
        ListObjectVersions(BELOW).parse(listing(more=more, root="ListVersionsResult"))
    assert "secret-name" not in str(caught.value)


def test_the_folder_that_a_prefix_is_to_some_servers_is_no_object() -> None:
    page = ListObjectsV2(BELOW).parse(listing("acme/samples/", "acme/samples/k"))
    assert [item.key for item in page.objects] == ["k"]


def test_without_a_prefix_names_are_the_server_s() -> None:
    page = ListObjectsV2(SAMPLES).parse(listing("acme/samples/k"))
    assert [item.key for item in page.objects] == ["acme/samples/k"]
