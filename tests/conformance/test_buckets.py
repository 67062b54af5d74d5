"""Buckets: made, seen, listed, removed; and what calls say when there is none."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketAlreadyExistsError,
    BucketNotEmptyError,
    BucketNotFoundError,
    ConfigurationError,
    ValidationError,
)
from minio_sdk.flows import listing
from tests.conformance.setting import Setting, errors_of

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Buckets"),
]


async def test_the_life_of_a_bucket(setting: Setting, client: AsyncMinIOClient) -> None:
    """It exists from its creation to its deletion, and is listed meanwhile."""
    name = setting.bucket("life")
    assert not await client.bucket_exists(name)
    await client.create_bucket(name)
    assert await client.bucket_exists(name)
    info = await client.get_bucket_info(name)
    assert info.name == info["name"] == name
    assert isinstance(info.creation_date, datetime)
    assert abs(datetime.now(timezone.utc) - info.creation_date) < timedelta(minutes=5)
    assert name in [bucket.name for bucket in await client.list_buckets()]
    await client.delete_bucket(name)
    assert not await client.bucket_exists(name)
    assert name not in [bucket.name for bucket in await client.list_buckets()]


async def test_list_buckets(setting: Setting, client: AsyncMinIOClient) -> None:
    """All of the tenant's buckets, by name, in the tenant's words."""
    names = [setting.bucket(name) for name in ("b", "a-b", "a.b", "c-0", "a")]
    for name in names:
        await client.create_bucket(name)

    found = [bucket.name for bucket in await client.list_buckets()]
    if setting.tenancy == "plain":
        found = [name for name in found if name.startswith(setting.token)]
    assert found == sorted(names)


@pytest.mark.needs("refusing to make a bucket twice")
async def test_a_bucket_that_exists(client: AsyncMinIOClient, bucket: str) -> None:
    """Making it again is an error, and leaves it as it is."""
    await client.put_object(bucket, "a", b"1")
    with pytest.raises(BucketAlreadyExistsError) as caught:
        await client.create_bucket(bucket)
    assert (caught.value.operation, caught.value.bucket) == ("CreateBucket", bucket)
    await client.create_bucket(bucket, exist_ok=True)
    assert await client.get_object(bucket, "a") == b"1"


@pytest.mark.parametrize("tenancy", ["plain", "bucket"])
async def test_a_bucket_in_the_address(setting: Setting, bucket: str) -> None:
    """What is made there is an object of that bucket, which nobody is told was a bucket."""
    where, _ = setting.place(bucket)
    client = setting.connect(base_url=f"{setting.server.base_url}/{where}")
    with pytest.raises(ConfigurationError, match=f"'/{where}', which the server takes for a buck"):
        await client.create_bucket(setting.bucket("more"))
    listed = setting.s3.list_objects_v2(Bucket=where)["Contents"]
    assert [each["Key"] for each in listed] == [setting.place(setting.bucket("more"))[0]]


async def test_a_bucket_that_is_not_empty(client: AsyncMinIOClient, bucket: str) -> None:
    """It is deleted only with `force`."""
    for key in ("a", "b/c", "b/d", "ü/日本", "tab\tand\x01"):
        await client.put_object(bucket, key, b"1")
    with pytest.raises(BucketNotEmptyError, match="force=True"):
        await client.delete_bucket(bucket)
    assert len(await client.list_objects(bucket)) == 5
    await client.delete_bucket(bucket, force=True)
    assert not await client.bucket_exists(bucket)
    await client.create_bucket(bucket)
    assert await client.list_objects(bucket) == []


async def test_force_removes_versions(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions and delete markers go too, whatever the size of the pages."""
    setting.shared_bucket = f"{setting.token}-all"
    client, bucket = setting.connect(), setting.bucket()
    await client.create_bucket(bucket)
    server_bucket, prefix = setting.place(bucket)
    setting.s3.put_bucket_versioning(
        Bucket=server_bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    for data in (b"1", b"2"):
        assert (await client.put_object(bucket, "a", data)).version_id
        await client.put_object(bucket, "b", data)
    await client.delete_object(bucket, "b")
    monkeypatch.setattr(listing, "PAGE", 2)

    await client.delete_bucket(bucket, force=True)

    assert not await client.bucket_exists(bucket)
    if setting.tenancy == "prefix":
        left = setting.s3.list_object_versions(Bucket=server_bucket, Prefix=prefix)
        assert "Versions" not in left
        assert "DeleteMarkers" not in left


@pytest.mark.needs("unfinished uploads by prefix")
async def test_force_removes_unfinished_uploads(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Uploads that somebody began and never ended are ended."""
    server_bucket, prefix = setting.place(bucket)
    for key in ("a", "b/c d+e", "ü"):
        setting.s3.create_multipart_upload(Bucket=server_bucket, Key=prefix + key)
    assert sorted(setting.unfinished_uploads(bucket)) == [prefix + k for k in ("a", "b/c d+e", "ü")]

    await client.delete_bucket(bucket, force=True)

    assert not await client.bucket_exists(bucket)
    if setting.tenancy == "prefix":
        assert setting.unfinished_uploads(bucket) == []


async def test_a_bucket_that_is_missing(setting: Setting, client: AsyncMinIOClient) -> None:
    """Every call says so, with the tenant's name of it; only questions answer no."""
    name = setting.bucket("missing")

    async def listed() -> None:
        async for _ in client.iter_objects(name):
            pass

    errors = await errors_of(
        client.get_object(name, "a"),
        client.get_object_metadata(name, "a"),
        client.put_object(name, "a", b"1"),
        client.with_(multipart_threshold=0).put_object(name, "a", b"1"),
        client.delete_object(name, "a"),
        client.delete_objects(name, ["a"]),
        client.list_objects(name),
        client.list_objects(name, "b/", recursive=False),
        listed(),
        client.get_bucket_info(name),
        client.delete_bucket(name),
        client.delete_bucket(name, force=True),
    )
    for error in errors:
        assert isinstance(error, BucketNotFoundError)
        assert (error.code, error.bucket) == ("NoSuchBucket", name)
        assert (error.tenant_id, error.endpoint) == (setting.tenant_id, setting.server.base_url)
        assert error.operation
        assert error.hint
    assert not await client.bucket_exists(name)
    assert not await client.object_exists(name, "a")
    assert not await client.bucket_exists(name)  # nothing above has made it


async def test_names_at_their_limits(setting: Setting, client: AsyncMinIOClient) -> None:
    """As long and as short as S3 allows, what stands in front included."""
    server_bucket, _ = setting.place("x")
    room = 63 if setting.tenancy == "prefix" else 63 - (len(server_bucket) - 1)
    start = setting.token if setting.tenancy == "plain" else ""
    longest = (start + "l" * 63)[:room]
    shortest = start or "a"
    for name in (longest, shortest):
        await client.create_bucket(name)
        await client.put_object(name, "a", b"1")
        assert [item.key for item in await client.list_objects(name)] == ["a"]
        assert name in [bucket.name for bucket in await client.list_buckets()]
        await client.delete_bucket(name, force=True)
    with pytest.raises(ValidationError, match="bucket="):
        await client.create_bucket(longest + "l")


@pytest.mark.parametrize(
    "name",
    [
        "", "a_b", "-ab", "ab-", "ab.", ".ab", "Abc", "a b", "a/b", "a%2fb", "../b", "..", "abc\n",
        "a\0b", "ａｂｃ", "ab\u0430", "x" * 64, b"abc", None,
    ],
)  # fmt: skip
async def test_names_that_no_bucket_can_have(unplugged: AsyncMinIOClient, name: str) -> None:
    """They are refused before anything is sent."""
    with pytest.raises(ValidationError, match="bucket="):
        await unplugged.create_bucket(name)


async def test_regions_that_cannot_be(unplugged: AsyncMinIOClient) -> None:
    """A region is a word."""
    with pytest.raises(ValidationError, match="region="):
        await unplugged.create_bucket("docs", region="<x/>")
