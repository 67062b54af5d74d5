"""Listings: prefix, suffix, limit, folders, order, pages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from minio_sdk import AsyncMinIOClient, ValidationError
from minio_sdk.flows import listing
from tests.conformance.setting import Setting
from tests.conformance.tap import tap

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Listings"),
]

KEYS = [
    "a.txt",
    "logs/2025/x.log",
    "logs/2026/a+b c.log",
    "logs/2026/y.log",
    "logs/z",
    "ü/日本.txt",
]


async def _fill(client: AsyncMinIOClient, bucket: str, keys: list[str]) -> None:
    for key in keys:
        await client.put_object(bucket, key, key.encode())


async def _keys(client: AsyncMinIOClient, *arguments: str, **named: Any) -> list[str]:
    """The keys of a listing; `iter_objects` gives the same."""
    found = await client.list_objects(*arguments, **named)
    seen = [item async for item in client.iter_objects(*arguments, **named)]
    assert seen == found
    return [item.key for item in found]


async def test_prefix_suffix_and_limit(client: AsyncMinIOClient, bucket: str) -> None:
    """A prefix and a suffix choose, a limit ends; each works with the others."""
    assert await _keys(client, bucket) == []
    await _fill(client, bucket, KEYS)

    assert await _keys(client, bucket) == KEYS
    assert await _keys(client, bucket, "logs/") == KEYS[1:5]
    assert await _keys(client, bucket, "logs/2026/a+b c") == [KEYS[2]]
    assert await _keys(client, bucket, "ü/日") == [KEYS[5]]
    assert await _keys(client, bucket, "nothing") == []
    assert await _keys(client, bucket, "", ".txt") == [KEYS[0], KEYS[5]]
    assert await _keys(client, bucket, "logs/", ".log") == KEYS[1:4]
    assert await _keys(client, bucket, "logs/", ".log", limit=2) == KEYS[1:3]
    for limit in (0, 1, 5, 6, 7):
        assert await _keys(client, bucket, limit=limit) == KEYS[:limit]


async def test_folders(client: AsyncMinIOClient, bucket: str) -> None:
    """Without `recursive`, what lies below the next slash is one entry, marked as such."""
    await _fill(client, bucket, [*KEYS, "a b+c%2F&/x", "top"])

    found = await client.list_objects(bucket, recursive=False)
    assert {item.key for item in found if item.is_prefix} == {"a b+c%2F&/", "logs/", "ü/"}
    assert {item.key for item in found if not item.is_prefix} == {"a.txt", "top"}
    below = await client.list_objects(bucket, "logs/", recursive=False)
    assert {item.key for item in below if item.is_prefix} == {"logs/2025/", "logs/2026/"}
    assert {item.key for item in below if not item.is_prefix} == {"logs/z"}
    assert await _keys(client, bucket, "a b+c%2F&/", recursive=False) == ["a b+c%2F&/x"]


async def test_what_a_listing_tells(client: AsyncMinIOClient, bucket: str) -> None:
    """Size, date and ETag of each object, as HEAD tells them."""
    response = await client.put_object(bucket, "a", b"12345")
    (item,) = await client.list_objects(bucket)
    metadata = await client.get_object_metadata(bucket, "a")

    assert (item.key, item.size, item.etag) == ("a", 5, response.etag)
    assert item["size"] == dict(item)["size"] == 5
    assert isinstance(item.last_modified, datetime)
    assert isinstance(metadata.last_modified, datetime)
    assert abs(item.last_modified - metadata.last_modified) < timedelta(seconds=2)
    assert abs(datetime.now(timezone.utc) - item.last_modified) < timedelta(minutes=5)
    assert not item.is_prefix


async def test_byte_order(client: AsyncMinIOClient, bucket: str) -> None:
    """Lists are in the byte order of UTF-8, wherever a slash stands, beyond the BMP as well."""
    keys = ["A", "a!", "a-b/c", "a.b", "a/b", "a/b-c", "a/b/c", "a0", "z", "é", "\uffee", "😀"]
    await _fill(client, bucket, [key for key in reversed(keys) if key != "a/b"])
    assert [item.key for item in await client.list_objects(bucket)] == [
        key for key in keys if key != "a/b"
    ]


@pytest.mark.needs("a key below a key")
async def test_a_key_below_a_key(client: AsyncMinIOClient, bucket: str) -> None:
    """``dir`` and ``dir/x`` are two objects, and both are listed."""
    await _fill(client, bucket, ["dir", "dir/x"])
    assert await client.get_object(bucket, "dir") == b"dir"
    assert await client.get_object(bucket, "dir/x") == b"dir/x"
    assert await _keys(client, bucket) == ["dir", "dir/x"]


@pytest.mark.parametrize("page", [1, 3])
async def test_small_pages(
    client: AsyncMinIOClient, bucket: str, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the pages, the listing is the same."""
    await _fill(client, bucket, KEYS)
    monkeypatch.setattr(listing, "PAGE", page)

    cases: list[tuple[list[str], dict[str, Any]]] = [
        (KEYS, {}),
        (KEYS[1:5], {"prefix": "logs/"}),
        ([KEYS[0], KEYS[5]], {"suffix": ".txt"}),
        (KEYS[:1], {"limit": 1}),
        (KEYS[:4], {"limit": 4}),
        (["a.txt", "logs/", "ü/"], {"recursive": False}),
    ]
    for expected, arguments in cases:
        found = await client.list_objects(bucket, **arguments)
        assert (arguments, [item.key for item in found]) == (arguments, expected)


async def test_pages_end_at_odd_keys(
    client: AsyncMinIOClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a page ends, the next begins, whatever characters the key there has."""
    keys = [
        "a b+c%2B", "a&<>", "a+b", "b\x01", "b\x02", "c\tc", "d\u2028", "e\u0301", "f\x01/x",
        "f\x02/y", "g%", "é", "\ufffd", "\ufffe", "😀",
    ]  # fmt: skip
    await _fill(client, bucket, keys)
    for page in (1, 2):
        monkeypatch.setattr(listing, "PAGE", page)
        assert [item.key for item in await client.list_objects(bucket)] == keys
        folded = await client.list_objects(bucket, recursive=False)
        assert [item.key for item in folded if item.is_prefix] == ["f\x01/", "f\x02/"]


@pytest.mark.parametrize("tenancy", ["bucket"])
async def test_pages_are_asked_for_when_they_are_needed(
    setting: Setting, client: AsyncMinIOClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`iter_objects` sends nothing before the first item, and stops when its reader does."""
    await _fill(client, bucket, KEYS)
    monkeypatch.setattr(listing, "PAGE", 2)
    with tap(setting.server.base_url) as wire:
        async with setting.connect(base_url=wire.url) as tapped:
            items = tapped.iter_objects(bucket)
            assert len(wire.requests) == 0
            seen = []
            async for item in items:
                seen.append(item.key)
                assert len(wire.requests) == (len(seen) + 1) // 2
                if len(seen) == 3:
                    break
            assert len(wire.requests) == 2
            assert seen == KEYS[:3]


async def test_several_pages_at_once(
    client: AsyncMinIOClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes, and its order, is as of one page after the other."""
    numbered = [f"scans/{number:02}.tif" for number in range(12)]
    await client.upload_many([(bucket, key, b"") for key in [*KEYS, *numbered]])
    monkeypatch.setattr(listing, "PAGE", 3)
    one_by_one = [item async for item in client.iter_objects(bucket)]
    assert [item async for item in client.iter_objects(bucket, concurrency=4)] == one_by_one
    assert (
        await _keys(client, bucket, "scans/", concurrency=4, start_after="scans/01.tif")
        == (numbered[2:])
    )
    assert sorted(item.key for item in one_by_one) == sorted([*KEYS, *numbered])


# -- behind a key ----------------------------------------------------------------------------------

ODD = ["A", "a!", "a-b/c", "a.b", "a/b", "a/c/d", "a0", "logs/1", "logs/2", "z", "é", "ü/日", "😀"]


async def test_start_after(client: AsyncMinIOClient, bucket: str) -> None:
    """What comes behind a key in byte order, whether the key exists or not."""
    await _fill(client, bucket, ODD)
    for key in ("0", "a", "a!", "a.", "a/", "a/b", "a/c", "a~", "logs/1", "z", "ü/", "😀"):
        wanted = [name for name in ODD if name > key]
        found = await client.list_objects(bucket, start_after=key)
        assert (key, [item.key for item in found]) == (key, wanted)
        some = await client.list_objects(bucket, start_after=key, limit=2)
        assert (key, [item.key for item in some]) == (key, wanted[:2])
    assert await _keys(client, bucket, "logs/", start_after="logs/1") == ["logs/2"]
    assert await _keys(client, bucket, "logs/", start_after="a") == ["logs/1", "logs/2"]
    assert await _keys(client, bucket, "logs/", start_after="z") == []
    found = await client.list_objects(bucket, suffix="b", start_after="a.")
    assert [item.key for item in found] == ["a.b", "a/b"]


async def test_start_after_with_many_beside_the_folder(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """MinIO counts these for the page, and then says that there is no more."""
    keys = [f"x/docs-{number:02}" for number in range(12)] + ["x/docs/1", "x/docs/2", "y"]
    await client.upload_many([(bucket, key, b"") for key in keys])
    for limit in (1, 2, None):
        found = await client.list_objects(bucket, start_after="x/docs/1", limit=limit)
        assert [item.key for item in found] == ["x/docs/2", "y"][:limit]
    found = await client.list_objects(bucket, start_after="x/docs/1", limit=2, versions=True)
    assert [item.key for item in found] == ["x/docs/2", "y"]


async def test_start_after_among_folders(client: AsyncMinIOClient, bucket: str) -> None:
    """A folder stands at its own name, wherever what is in it stands."""
    await _fill(client, bucket, ODD)
    level = ["A", "a!", "a-b/", "a.b", "a/", "a0", "logs/", "z", "é", "ü/", "😀"]
    for key in ("a", "a-b/", "a-b/c", "a/", "a/b", "logs/1", "ü/日"):
        found = await client.list_objects(bucket, recursive=False, start_after=key)
        wanted = [name for name in level if name > key]
        assert (key, [item.key for item in found]) == (key, wanted)
        assert [item.is_prefix for item in found] == [name.endswith("/") for name in wanted]


async def test_page_by_page_in_byte_order(client: AsyncMinIOClient, bucket: str) -> None:
    """A list, and then the one behind its last key, and so on: all keys, each once."""
    await _fill(client, bucket, ODD)
    for recursive in (True, False):
        whole = await client.list_objects(bucket, recursive=recursive)
        seen: list[str] = []
        while some := await client.list_objects(
            bucket, recursive=recursive, limit=2, start_after=seen[-1] if seen else None
        ):
            seen += [item.key for item in some]
        assert seen == [item.key for item in whole]


async def test_suffixes_of_folders(client: AsyncMinIOClient, bucket: str) -> None:
    """A suffix chooses among all entries of a level: ``/`` the folders, another one objects only."""
    await _fill(client, bucket, ["a.txt", "b.pdf", "c/x.pdf", "d.pdf/y"])
    assert await _keys(client, bucket, suffix=".pdf", recursive=False) == ["b.pdf"]
    assert await _keys(client, bucket, suffix="/", recursive=False) == ["c/", "d.pdf/"]
    assert await _keys(client, bucket, suffix=".pdf") == ["b.pdf", "c/x.pdf"]


# -- versions --------------------------------------------------------------------------------------

no_shared_bucket = pytest.mark.parametrize("tenancy", ["plain", "bucket"])
"""A test that switches the versions of a bucket on can't do so where tenants share one."""


async def _versions(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Two versions of ``a``, one of each other key, and one key that is deleted."""
    setting.s3.put_bucket_versioning(
        Bucket=setting.place(bucket)[0], VersioningConfiguration={"Status": "Enabled"}
    )
    for key in ("a", "a b+c%2F/1", "a b+c%2F/1", "a", "b/1", "ü"):
        await client.put_object(bucket, key, key.encode())
    await client.delete_object(bucket, "b/1")


@no_shared_bucket
async def test_versions(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """All versions and markers; each version can be had by its id, and only the latest by none."""
    await _versions(setting, client, bucket)
    found = await client.list_objects(bucket, versions=True)
    keys = ["a", "a", "a b+c%2F/1", "a b+c%2F/1", "b/1", "b/1", "ü"]
    assert [item.key for item in found] == keys
    assert [item.key for item in found if item.is_delete_marker] == ["b/1"]
    latest = [item for item in found if item.is_latest]
    assert [item.key for item in latest] == ["a", "a b+c%2F/1", "b/1", "ü"]
    assert len({item.version_id for item in found}) == 7
    assert [found[0].is_latest, found[1].is_latest] == [True, False]
    assert [item.key for item in await client.list_objects(bucket)] == ["a", "a b+c%2F/1", "ü"]
    for item in found:
        if not item.is_delete_marker:
            assert item.size == len(item.key.encode())
            url = await client.get_presigned_url(bucket, item.key, version_id=item.version_id)
            assert requests.get(url, timeout=30).content == item.key.encode()


@no_shared_bucket
async def test_versions_by_prefix_suffix_limit_and_folder(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """The other arguments choose among versions as among objects."""
    await _versions(setting, client, bucket)
    cases: list[tuple[list[str], dict[str, Any]]] = [
        (["a", "a", "a b+c%2F/", "b/", "ü"], {"recursive": False}),
        (["b/1", "b/1"], {"prefix": "b/", "recursive": False}),
        (["a b+c%2F/1", "a b+c%2F/1"], {"prefix": "a "}),
        (["a b+c%2F/1", "a b+c%2F/1", "b/1"], {"suffix": "/1", "limit": 3}),
        (["a", "a", "a b+c%2F/1"], {"limit": 3}),
        ([], {"prefix": "nothing"}),
    ]
    for expected, arguments in cases:
        found = await client.list_objects(bucket, versions=True, **arguments)
        assert (arguments, [item.key for item in found]) == (arguments, expected)


@pytest.mark.needs("the newest version first")
@no_shared_bucket
async def test_the_newest_version_first(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Of one key, in the order in which they came, delete markers in their place."""
    await _versions(setting, client, bucket)
    await client.put_object(bucket, "b/1", b"")
    found = await client.list_objects(bucket, "b/", versions=True)
    assert [item.is_delete_marker for item in found] == [False, True, False]
    assert [item.is_latest for item in found] == [True, False, False]
    assert [item.size for item in found] == [0, 0, 3]


@no_shared_bucket
async def test_versions_behind_a_key(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """All versions of the keys behind it, and none of its own."""
    await _versions(setting, client, bucket)
    all_keys = ["a b+c%2F/1", "a b+c%2F/1", "b/1", "b/1", "ü"]
    found = await client.list_objects(bucket, versions=True, start_after="a")
    assert [item.key for item in found] == all_keys
    found = await client.list_objects(bucket, versions=True, start_after="a", limit=3)
    assert [item.key for item in found] == all_keys[:3]
    found = await client.list_objects(bucket, versions=True, start_after="a ", recursive=False)
    assert [item.key for item in found] == ["a b+c%2F/", "b/", "ü"]


@pytest.mark.needs("versions behind a key that isn't there")
@no_shared_bucket
async def test_versions_behind_a_key_that_is_not_there(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """The key need not exist."""
    await _versions(setting, client, bucket)
    found = await client.list_objects(bucket, versions=True, start_after="a c")
    assert [item.key for item in found] == ["b/1", "b/1", "ü"]


@pytest.mark.needs("small pages of versions")
@no_shared_bucket
async def test_small_pages_of_versions(
    setting: Setting, client: AsyncMinIOClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the pages, the listing is the same, wherever a slash stands."""
    await _versions(setting, client, bucket)
    for key in ("b!", "b.c/1", "b0"):
        await client.put_object(bucket, key, b"")
    whole = await client.list_objects(bucket, versions=True)
    folded = await client.list_objects(bucket, versions=True, recursive=False)
    for page in (1, 2, 3):
        monkeypatch.setattr(listing, "PAGE", page)
        assert await client.list_objects(bucket, versions=True) == whole
        assert await client.list_objects(bucket, versions=True, recursive=False) == folded


@pytest.mark.needs("odd characters in listings of versions")
@no_shared_bucket
async def test_odd_characters_in_listings_of_versions(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """What XML can't carry comes encoded, keys and folders."""
    await _versions(setting, client, bucket)
    await _fill(client, bucket, ["c\x01", "d\x02/x", "e\u2028&<", "\ufffe"])
    found = await client.list_objects(bucket, start_after="c", versions=True, recursive=False)
    keys = [item.key for item in found]
    assert keys == ["c\x01", "d\x02/", "e\u2028&<", "ü", "\ufffe"]


@pytest.mark.needs("metadata in listings")
async def test_metadata_tags_and_types_in_listings(client: AsyncMinIOClient, bucket: str) -> None:
    """What each object is described by, without asking for each; names that XML has none for as well."""
    said = {"color": "red & <blue>", "a+b": "Grüße", "empty-1.x": "1"}
    await client.put_object(
        bucket, "a/1", b"1", content_type="text/plain", metadata=said, tags={"a": "b+c=1"}
    )
    await client.put_object(bucket, "b", b"2", content_type="image/png")
    ways: list[dict[str, Any]] = [{}, {"versions": True}, {"concurrency": 2}]
    for how in ways:
        found = await client.list_objects(bucket, include_user_meta=True, **how)
        told = [(item.content_type, item.metadata, item.tags) for item in found]
        assert told == [("text/plain", said, {"a": "b+c=1"}), ("image/png", {}, None)]
    folder, item = await client.list_objects(bucket, recursive=False, include_user_meta=True)
    assert (folder.key, folder.metadata) == ("a/", None)
    assert (item.key, item.metadata) == ("b", {})


async def test_owners_in_listings(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Whose an object is, as boto3 sees it; only when it is asked for."""
    await client.put_object(bucket, "a", b"1")
    (item,) = await client.list_objects(bucket, fetch_owner=True)
    name, prefix = setting.place(bucket)
    page = setting.s3.list_objects_v2(Bucket=name, Prefix=f"{prefix}a", FetchOwner=True)
    owner = page["Contents"][0]["Owner"]
    assert item.owner_id
    assert (item.owner_id, item.owner_name) == (owner["ID"], owner["DisplayName"])
    (item,) = await client.list_objects(bucket, versions=True, fetch_owner=True)
    assert item.owner_id == owner["ID"]
    (item,) = await client.list_objects(bucket)
    assert (item.owner_id, item.owner_name) == (None, None)


@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_versions_below_a_tenant_s_prefix(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """In a shared bucket, those of the tenant's bucket and no others."""
    other = setting.connect(tenant_id=setting.new_tenant())
    await other.create_bucket(bucket)
    await other.put_object(bucket, "theirs", b"")
    await client.create_bucket(f"{bucket}2")
    await client.put_object(f"{bucket}2", "beside", b"")
    await _fill(client, bucket, ["a/1", "b"])
    found = await client.list_objects(bucket, versions=True)
    assert [item.key for item in found] == ["a/1", "b"]
    folded = await client.list_objects(bucket, versions=True, recursive=False)
    assert [(item.key, item.is_prefix) for item in folded] == [("a/", True), ("b", False)]
    after = await client.list_objects(bucket, versions=True, start_after="a/1")
    assert [item.key for item in after][-1:] == ["b"]


@pytest.mark.parametrize("limit", [-1, 1.5, "1", True])
async def test_limits_that_are_none(unplugged: AsyncMinIOClient, limit: int) -> None:
    """A limit is a whole number from 0, or None."""
    with pytest.raises(ValidationError, match="limit="):
        await unplugged.list_objects("docs", limit=limit)
