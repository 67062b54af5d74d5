"""Tags of objects: what is set comes back, of the object and the version that was meant."""

from __future__ import annotations

import pytest

from minio_sdk import AsyncMinIOClient, BucketNotFoundError, NotFoundError, ObjectNotFoundError
from tests.conformance.setting import Setting, errors_of

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Tags of objects"),
]

KEY = "a b+c%2F/ü.txt"


async def test_tags(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """They are set, replaced as a whole, and removed; the object isn't touched."""
    etag = (await client.put_object(bucket, KEY, b"Hello", metadata={"n": "1"})).etag
    assert await client.get_object_tags(bucket, KEY) == {}
    ten = {f"name {n}": "v" * 256 for n in range(9)} | {"n" * 128: ""}
    for tags in ({"status": "final"}, {"a": "1 + 1 = 2", "b": "x/y:z@w.-_"}, ten):
        await client.set_object_tags(bucket, KEY, tags)
        assert await client.get_object_tags(bucket, KEY) == tags
        place, prefix = setting.place(bucket)
        seen = setting.s3.get_object_tagging(Bucket=place, Key=prefix + KEY)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in seen} == tags
    assert (await client.get_object_metadata(bucket, KEY)).tag_count == 10
    await client.delete_object_tags(bucket, KEY)
    assert await client.get_object_tags(bucket, KEY) == {}
    await client.delete_object_tags(bucket, KEY)
    await client.set_object_tags(bucket, KEY, {"x": "y"})
    await client.set_object_tags(bucket, KEY, {})
    assert await client.get_object_tags(bucket, KEY) == {}
    found = await client.get_object_metadata(bucket, KEY)
    assert (found.etag, dict(found.metadata)) == (etag, {"n": "1"})
    assert await client.get_object(bucket, KEY) == b"Hello"


@pytest.mark.needs("letters beyond ASCII in tags")
async def test_letters(client: AsyncMinIOClient, bucket: str) -> None:
    """S3 allows those of every language, in the body and in the header of a copy."""
    tags = {"Zustand": "geprüft", "状態": "日本"}
    await client.put_object(bucket, "a", b"1")
    await client.set_object_tags(bucket, "a", tags)
    assert await client.get_object_tags(bucket, "a") == tags
    await client.copy_object(bucket, "b", bucket, "a", tags=tags)
    assert await client.get_object_tags(bucket, "b") == tags


async def test_what_is_missing_has_no_tags(client: AsyncMinIOClient, bucket: str) -> None:
    """And the error says whether it is the object or the bucket."""
    nowhere = f"{bucket}-nowhere"
    for name, expected in ((bucket, ObjectNotFoundError), (nowhere, BucketNotFoundError)):
        found = await errors_of(
            client.get_object_tags(name, "missing"),
            client.set_object_tags(name, "missing", {"a": "b"}),
            client.delete_object_tags(name, "missing"),
        )
        assert [(type(e), e.bucket, e.key) for e in found if e] == [(expected, name, "missing")] * 3
    assert await client.list_objects(bucket) == []


async def test_a_key_with_a_slash_behind_it_is_another(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """SeaweedFS would show and change the tags of the object without it."""
    await client.put_object(bucket, "a", b"1")
    await client.set_object_tags(bucket, "a", {"x": "y"})
    found = await errors_of(
        client.get_object_tags(bucket, "a/"),
        client.set_object_tags(bucket, "a/", {"z": "z"}),
        client.delete_object_tags(bucket, "a/"),
        client.copy_object(bucket, "b", bucket, "a/"),
    )
    assert [(type(e), e.key) for e in found if e] == [(ObjectNotFoundError, "a/")] * 4
    assert await client.get_object_tags(bucket, "a") == {"x": "y"}


@pytest.mark.parametrize("tenancy", ["plain", "bucket"])
async def test_tags_of_versions(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Each version has its own."""
    place, _ = setting.place(bucket)
    setting.s3.put_bucket_versioning(Bucket=place, VersioningConfiguration={"Status": "Enabled"})
    old = (await client.put_object(bucket, "a", b"1")).version_id
    new = (await client.put_object(bucket, "a", b"2")).version_id
    await client.set_object_tags(bucket, "a", {"of": "old"}, version_id=old)
    await client.set_object_tags(bucket, "a", {"of": "new"})
    assert await client.get_object_tags(bucket, "a", version_id=old) == {"of": "old"}
    assert await client.get_object_tags(bucket, "a", version_id=new) == {"of": "new"}
    await client.delete_object_tags(bucket, "a", version_id=old)
    assert await client.get_object_tags(bucket, "a", version_id=old) == {}
    assert await client.get_object_tags(bucket, "a") == {"of": "new"}
    with pytest.raises(NotFoundError):
        none = "00000000-0000-0000-0000-000000000000"
        await client.get_object_tags(bucket, "a", version_id=none)
