"""Deleting many objects at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from minio_sdk import AsyncMinIOClient, MinIOClient, ValidationError
from minio_sdk.flows import deletes
from tests.conformance.setting import Setting
from tests.conformance.tap import tap

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Deleting many objects"),
]


async def test_none_and_one(client: AsyncMinIOClient, bucket: str) -> None:
    """No keys is no request; one is one."""
    await client.put_object(bucket, "a", b"1")
    nothing = await client.delete_objects(bucket, [])
    assert (nothing.deleted, nothing.errors, bool(nothing)) == ((), (), True)
    result = await client.delete_objects(bucket, ["a"])
    assert ([item.key for item in result.deleted], result.errors) == (["a"], ())
    assert await client.list_objects(bucket) == []


async def test_missing_and_odd_keys(client: AsyncMinIOClient, bucket: str) -> None:
    """A missing key counts as deleted; keys that XML can't carry are deleted as well."""
    odd = ["\x01", "a\ufffe", "<&>\"'", "tab\there", " lead", "ü", "e\u0301", "%2F", "a+b"]
    for key in (*odd, "stays"):
        await client.put_object(bucket, key, b"1")

    result = await client.delete_objects(bucket, [*odd, "missing"])

    assert (sorted(item.key for item in result.deleted), result.errors) == (
        sorted([*odd, "missing"]), (),
    )  # fmt: skip
    assert [item.key for item in await client.list_objects(bucket)] == ["stays"]


async def test_batches(
    client: AsyncMinIOClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More keys than one request takes go in several."""
    keys = [f"k{number}" for number in range(5)]
    for key in keys:
        await client.put_object(bucket, key, b"1")
    monkeypatch.setattr(deletes, "MAX_KEYS", 2)
    result = await client.delete_objects(bucket, (key for key in keys))
    assert (sorted(item.key for item in result.deleted), bool(result)) == (keys, True)
    assert await client.list_objects(bucket) == []


async def test_versions(setting: Setting) -> None:
    """A pair of key and version id removes that version alone, in one call or in many."""
    setting.shared_bucket = f"{setting.token}-all"
    client, bucket = setting.connect(), setting.bucket()
    await client.create_bucket(bucket)
    setting.s3.put_bucket_versioning(
        Bucket=setting.place(bucket)[0], VersioningConfiguration={"Status": "Enabled"}
    )
    versions = [
        (await client.put_object(bucket, "a", data)).version_id for data in (b"1", b"2", b"3")
    ]
    assert len(set(versions)) == 3

    await client.delete_object(bucket, "a", version_id=versions[2])
    assert await client.get_object(bucket, "a") == b"2"
    result = await client.delete_objects(bucket, [("a", versions[1])])
    assert [(item.key, item.version_id) for item in result.deleted] == [("a", versions[1])]
    assert await client.get_object(bucket, "a") == b"1"
    result = await client.delete_objects(bucket, ["a", ("never there", None)])
    assert sorted(item.key for item in result.deleted) == ["a", "never there"]
    assert not await client.object_exists(bucket, "a")
    assert await client.list_objects(bucket) == []


@pytest.mark.parametrize("style", ["sync"])
@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_more_than_a_thousand(setting: Setting) -> None:
    """1,050 objects from 16 threads on one client: two pages to list, two requests to delete."""
    keys = [f"many/{number:04}" for number in range(1050)]
    with tap(setting.server.base_url) as wire, MinIOClient(setting.config()) as client:
        client.create_bucket("docs")
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda key: client.put_object("docs", key, key.encode()), keys))
        with client.with_(base_url=wire.url) as tapped:
            assert [item.key for item in tapped.list_objects("docs")] == keys
            assert len(wire.requests) == 2
            assert len(tapped.list_objects("docs", "many/", limit=1001)) == 1001
            assert next(iter(tapped.iter_objects("docs"))).key == keys[0]
            before = len(wire.requests)
            result = tapped.delete_objects("docs", keys)
        posts = [request for request in wire.requests[before:] if request.method == "POST"]
        assert len(posts) == 2
        assert ([item.key for item in result.deleted], result.errors) == (keys, ())
        assert client.list_objects("docs") == []


@pytest.mark.parametrize(
    "keys", ["text", b"bytes", [""], [None], [("a", "b", "c")], [("a", 1)], ["a", "\ud800"]],
    ids=repr,
)  # fmt: skip
async def test_what_is_no_list_of_keys(unplugged: AsyncMinIOClient, keys: list[str]) -> None:
    """It is refused whole, before anything is sent."""
    with pytest.raises(ValidationError, match="keys="):
        await unplugged.delete_objects("docs", keys)
