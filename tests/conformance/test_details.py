"""Attributes, access control lists, archived objects and unfinished uploads, as boto3 sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    UploadNotFoundError,
)
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Attributes, access lists, archives, unfinished uploads"),
]
by_bucket = pytest.mark.parametrize("tenancy", ["bucket"])
NOW = timedelta(0)


def begin(setting: Setting, bucket: str, key: str, *parts: bytes) -> str:
    """An upload that is not ended."""
    place, prefix = setting.place(bucket)
    named = {"Bucket": place, "Key": prefix + key}
    upload_id: str = setting.s3.create_multipart_upload(**named)["UploadId"]
    for number, body in enumerate(parts, 1):
        setting.s3.upload_part(**named, UploadId=upload_id, PartNumber=number, Body=body)
    return upload_id


async def test_attributes_and_lists_of_objects(client: AsyncMinIOClient, bucket: str) -> None:
    """What an upload has told is what they tell."""
    stored = await client.put_object(bucket, "a b/ü", b"Hello")
    found = await client.get_object_attributes(bucket, "a b/ü")
    assert (found.key, found.size, found.etag) == ("a b/ü", 5, stored.etag)
    acl = await client.get_object_acl(bucket, "a b/ü")
    assert [grant.permission for grant in acl.grants] == ["FULL_CONTROL"]
    for call in (client.get_object_attributes, client.get_object_acl):
        with pytest.raises(ObjectNotFoundError):
            await call(bucket, "missing")


@by_bucket
@pytest.mark.needs("parts of objects")
async def test_attributes_of_parts(setting: Setting, bucket: str) -> None:
    """Number and size of each."""
    client = setting.connect(multipart_threshold=5 * 2**20, part_size=5 * 2**20)
    await client.put_object(bucket, "a", b"x" * (5 * 2**20 + 1))
    found = await client.get_object_attributes(bucket, "a")
    assert [(part.part_number, part.size) for part in found.parts] == [(1, 5 * 2**20), (2, 1)]


@by_bucket
async def test_the_list_of_a_bucket(client: AsyncMinIOClient, bucket: str) -> None:
    """Its owner may do everything."""
    acl = await client.get_bucket_acl(bucket)
    assert [grant.permission for grant in acl.grants] == ["FULL_CONTROL"]


@by_bucket
async def test_what_is_not_archived_is_not_restored(client: AsyncMinIOClient, bucket: str) -> None:
    """And the error is no denial."""
    await client.put_object(bucket, "a", b"1")
    with pytest.raises(MinIOError, match="InvalidObjectState|MethodNotAllowed"):
        await client.restore_object(bucket, "a")


@by_bucket
@pytest.mark.needs("archived objects")
async def test_archived_objects(client: AsyncMinIOClient, bucket: str) -> None:
    """They are asked for, and the object says so."""
    await client.put_object(bucket, "a", b"1", storage_class="GLACIER")
    await client.restore_object(bucket, "a", 2, tier="Standard")
    assert "ongoing-request" in str((await client.get_object_metadata(bucket, "a")).restore)


@pytest.mark.needs("unfinished uploads by prefix")
async def test_unfinished_uploads(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """They are listed by prefix, looked into, and ended one by one or all."""
    first = begin(setting, bucket, "a/1", b"12345", b"67")
    begin(setting, bucket, "a/2")
    begin(setting, bucket, "b/1")
    found = [upload async for upload in client.list_multipart_uploads(bucket, "a/")]
    assert sorted(upload.key for upload in found) == ["a/1", "a/2"]
    parts = [part async for part in client.list_parts(bucket, "a/1", first)]
    assert [(part.part_number, part.size) for part in parts] == [(1, 5), (2, 2)]
    assert parts[0].etag == "827ccb0eea8a706c4c34a16891f84e7b"
    await client.abort_multipart_upload(bucket, "a/1", first)
    with pytest.raises(UploadNotFoundError):
        _ = [part async for part in client.list_parts(bucket, "a/1", first)]
    ended = await client.abort_incomplete_uploads(bucket, "a/", older_than=NOW)
    assert [upload.key for upload in ended] == ["a/2"]
    assert [upload.key async for upload in client.list_multipart_uploads(bucket)] == ["b/1"]


@by_bucket
@pytest.mark.needs("the moment at which uploads began")
async def test_young_uploads_are_left(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Somebody may be at work on them."""
    begin(setting, bucket, "a")
    assert await client.abort_incomplete_uploads(bucket) == []
    assert len(await client.abort_incomplete_uploads(bucket, older_than=NOW)) == 1


@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_the_list_of_a_shared_bucket_is_the_operator_s(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """It is refused by name."""
    with pytest.raises(NotSupportedError):
        await client.get_bucket_acl(bucket)
