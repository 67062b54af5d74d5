"""Listings: prefix, suffix, limit, folders, order, pages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

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


@pytest.mark.parametrize("limit", [-1, 1.5, "1", True])
async def test_limits_that_are_none(unplugged: AsyncMinIOClient, limit: int) -> None:
    """A limit is a whole number from 0, or None."""
    with pytest.raises(ValidationError, match="limit="):
        await unplugged.list_objects("docs", limit=limit)
