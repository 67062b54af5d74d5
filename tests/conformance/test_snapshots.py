"""Snapshots: what is taken is what was there, and comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    ConflictError,
    NotFoundError,
    ObjectNotFoundError,
    ValidationError,
    VersionNotFoundError,
)
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Snapshots"),
]
unscoped = pytest.mark.parametrize("tenancy", ["plain", "bucket"])


async def _filled(client: AsyncMinIOClient, bucket: str) -> None:
    await client.upload_object(
        bucket, "a/ü&1.txt", b"one", content_type="text/x-one", metadata={"author": "Zoë"},
        tags={"kind": "first"}, cache_control="no-cache",
    )  # fmt: skip
    await client.upload_object(bucket, "b", b"two")
    await client.upload_object(bucket, "c", b"")


async def _changed(client: AsyncMinIOClient, bucket: str) -> None:
    await client.upload_object(bucket, "a/ü&1.txt", b"other", metadata={"author": "nobody"})
    await client.delete_object(bucket, "b")
    await client.set_object_tags(bucket, "c", {"late": "1"})
    await client.upload_object(bucket, "new", b"new")


async def _is_as_filled(client: AsyncMinIOClient, bucket: str, *, with_new: bool) -> None:
    keys = [item.key for item in await client.list_objects(bucket)]
    assert keys == ["a/ü&1.txt", "b", "c"] + (["new"] if with_new else [])
    assert await client.get_object(bucket, "a/ü&1.txt") == b"one"
    found = await client.get_object_metadata(bucket, "a/ü&1.txt")
    assert (found.content_type, dict(found.metadata)) == ("text/x-one", {"author": "Zoë"})
    assert found.cache_control == "no-cache"
    assert await client.get_object_tags(bucket, "a/ü&1.txt") == {"kind": "first"}
    assert await client.get_object(bucket, "b") == b"two"
    assert await client.get_object(bucket, "c") == b""
    assert await client.get_object_tags(bucket, "c") == {}


async def _round(client: AsyncMinIOClient, bucket: str, *, versioned: bool) -> None:
    await _filled(client, bucket)
    info = await client.create_snapshot(bucket, "before")
    assert (info.name, info.bucket, info.objects, info.size) == ("before", bucket, 3, 6)
    assert info.versioned is versioned
    assert await client.list_snapshots(bucket) == [info]
    assert not await client.diff_snapshots(bucket, "before")
    await _changed(client, bucket)
    diff = await client.diff_snapshots(bucket, "before")
    assert (diff.added, diff.removed, diff.changed) == (("new",), ("b",), ("a/ü&1.txt",))
    plan = await client.restore_snapshot(bucket, "before", dry_run=True)
    assert (plan.restored, plan.dry_run) == (("a/ü&1.txt", "b", "c"), True)
    await client.restore_snapshot(bucket, "before", prefix="a/", to=(bucket, "drill"))
    assert await client.get_object(bucket, "drill/a/ü&1.txt") == b"one"
    assert await client.get_object_tags(bucket, "drill/a/ü&1.txt") == {"kind": "first"}
    await client.delete_object(bucket, "drill/a/ü&1.txt")
    result = await client.restore_snapshot(bucket, "before")
    assert result.restored == ("a/ü&1.txt", "b", "c")
    assert (result.unchanged, result.deleted, result.missing) == (0, (), ())
    await _is_as_filled(client, bucket, with_new=True)
    again = await client.restore_snapshot(bucket, "before", delete=True)
    assert (again.restored, again.unchanged, again.deleted) == ((), 3, ("new",))
    await _is_as_filled(client, bucket, with_new=False)
    await client.delete_snapshot(bucket, "before")
    assert await client.list_snapshots(bucket) == []
    with pytest.raises(NotFoundError, match="no snapshot called 'before'"):
        await client.restore_snapshot(bucket, "before")
    await _is_as_filled(client, bucket, with_new=False)


async def test_a_bucket_without_versions(client: AsyncMinIOClient, bucket: str) -> None:
    """Its objects are copied, and come back with all that they had."""
    await _round(client, bucket, versioned=False)


@unscoped
async def test_a_bucket_with_versions(client: AsyncMinIOClient, bucket: str) -> None:
    """Its versions are remembered, and come back with all that they had."""
    await client.set_bucket_versioning(bucket)
    await _round(client, bucket, versioned=True)


async def test_two_snapshots_and_what_lies_between_them(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Names, order, comparison; no listing of the tenant's shows them."""
    await _filled(client, bucket)
    first = await client.create_snapshot(bucket)
    await _changed(client, bucket)
    second = await client.create_snapshot(bucket, "second.2")
    assert await client.list_snapshots(bucket) == [first, second]
    diff = await client.diff_snapshots(bucket, first.name, "second.2")
    assert (diff.added, diff.removed, diff.changed) == (("new",), ("b",), ("a/ü&1.txt",))
    assert not await client.diff_snapshots(bucket, "second.2", "second.2")
    assert "new" in [item.key for item in await client.list_objects(bucket)]
    assert len(await client.list_objects(bucket)) == 3
    if setting.tenancy != "plain":
        assert [info.name for info in await client.list_buckets()] == [bucket]


async def test_names(client: AsyncMinIOClient, bucket: str) -> None:
    """A name that is taken, one of a snapshot that isn't there, a bucket that isn't there."""
    await client.upload_object(bucket, "a", b"1")
    info = await client.create_snapshot(bucket, "s")
    with pytest.raises(ConflictError, match="snapshot called 's' already") as taken:
        await client.create_snapshot(bucket, "s")
    assert (taken.value.operation, taken.value.bucket) == ("CreateSnapshot", bucket)
    assert await client.list_snapshots(bucket) == [info]
    for call in (
        client.restore_snapshot(bucket, "none"),
        client.diff_snapshots(bucket, "none"),
        client.diff_snapshots(bucket, "s", "none"),
        client.delete_snapshot(bucket, "none"),
    ):
        with pytest.raises(NotFoundError, match="no snapshot called 'none'") as missing:
            await call
        assert missing.value.bucket == bucket
    with pytest.raises(BucketNotFoundError):
        await client.create_snapshot("no-such-bucket", "s")
    assert await client.list_snapshots("no-such-bucket") == []


@pytest.mark.parametrize("name", ["", "a/b", "..", "a..b", ".a", "a-", "ü", "x" * 129, 5, b"a"])
async def test_what_is_no_name(unplugged: AsyncMinIOClient, name: Any) -> None:
    """It is refused before anything is sent."""
    for call in (
        unplugged.create_snapshot,
        unplugged.restore_snapshot,
        unplugged.diff_snapshots,
        unplugged.delete_snapshot,
    ):
        with pytest.raises(ValidationError, match="name="):
            await call("docs", name)


async def test_a_bucket_that_was_deleted_comes_back(client: AsyncMinIOClient, bucket: str) -> None:
    """The copies are elsewhere."""
    await _filled(client, bucket)
    await client.create_snapshot(bucket, "s")
    await client.delete_bucket(bucket, force=True)
    assert [info.name for info in await client.list_snapshots(bucket)] == ["s"]
    await client.restore_snapshot(bucket, "s")
    await _is_as_filled(client, bucket, with_new=False)


async def test_a_copy_that_was_lost(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """It is missed before anything is changed."""
    await _filled(client, bucket)
    await client.create_snapshot(bucket, "s")
    home, prefix = setting.snapshots(bucket)
    (copy,) = [
        item["Key"]
        for item in setting.s3.list_objects_v2(Bucket=home, Prefix=f"{prefix}s/")["Contents"]
        if item["Key"].endswith("/data/1")
    ]
    setting.s3.delete_object(Bucket=home, Key=copy)
    await _changed(client, bucket)
    with pytest.raises(ObjectNotFoundError, match="lost 1 of its 3 copies.*nothing was changed"):
        await client.restore_snapshot(bucket, "s")
    assert await client.get_object(bucket, "a/ü&1.txt") == b"other"
    result = await client.restore_snapshot(bucket, "s", skip_missing=True)
    assert len(result.missing) == 1
    assert len(result.restored) == 2


@unscoped
async def test_a_version_that_was_lost(client: AsyncMinIOClient, bucket: str) -> None:
    """It is missed before anything is changed."""
    await client.set_bucket_versioning(bucket)
    await client.upload_object(bucket, "a", b"1")
    lost = await client.upload_object(bucket, "b", b"2")
    await client.create_snapshot(bucket, "s")
    await client.upload_object(bucket, "a", b"11")
    await client.delete_object(bucket, "b", version_id=lost.version_id)
    with pytest.raises(VersionNotFoundError, match="lost 1 of its 2 versions, that of 'b'"):
        await client.restore_snapshot(bucket, "s")
    assert await client.get_object(bucket, "a") == b"11"
    result = await client.restore_snapshot(bucket, "s", skip_missing=True)
    assert (result.restored, result.missing) == (("a",), ("b",))
    assert await client.get_object(bucket, "a") == b"1"


async def test_an_empty_bucket(client: AsyncMinIOClient, bucket: str) -> None:
    """It is a snapshot as well."""
    info = await client.create_snapshot(bucket, "nothing")
    assert (info.objects, info.size) == (0, 0)
    await client.upload_object(bucket, "a", b"1")
    assert (await client.restore_snapshot(bucket, "nothing", delete=True)).deleted == ("a",)


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
async def test_no_tenant_sees_another_s(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Same bucket, same snapshot's name."""
    other = client.with_(tenant_id=setting.new_tenant())
    await client.upload_object(bucket, "mine", b"1")
    await other.upload_object(bucket, "theirs", b"2")
    await client.create_snapshot(bucket, "s")
    assert await other.list_snapshots(bucket) == []
    await other.create_snapshot(bucket, "s")
    await client.delete_snapshot(bucket, "s")
    await other.delete_bucket(bucket, force=True)
    await other.restore_snapshot(bucket, "s")
    assert [item.key for item in await other.list_objects(bucket)] == ["theirs"]
    assert [item.key for item in await client.list_objects(bucket)] == ["mine"]
