"""What a tenant stores, counted; and a quota that is used up."""

from __future__ import annotations

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    BucketUsage,
    QuotaExceededError,
)
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Usage, quotas and audit"),
]


async def test_usage(setting: Setting, client: AsyncMinIOClient) -> None:
    """By bucket, by prefix, and without what is the SDK's own."""
    docs, empty = setting.bucket("docs"), setting.bucket("empty")
    for bucket in (docs, empty):
        await client.create_bucket(bucket)
    for number, key in enumerate(("a", "logs/a b+c", "logs/ü", "tab\tkey"), 1):
        await client.put_object(docs, key, b"x" * number)
    await client.create_snapshot(docs, "s1")

    expected = (
        BucketUsage(bucket=docs, objects=4, bytes=10),
        BucketUsage(bucket=empty, objects=0, bytes=0),
    )
    if setting.tenancy == "plain":  # all buckets are those of other tests as well
        both = [await client.get_tenant_usage(bucket=bucket) for bucket in (docs, empty)]
        assert tuple(each for usage in both for each in usage.buckets) == expected
    else:
        assert (await client.get_tenant_usage()).buckets == expected

    one = await client.get_tenant_usage(bucket=docs, prefix="logs/", versions=True)
    assert (one.objects, one.bytes, one.noncurrent_versions, one.delete_markers) == (2, 5, 0, 0)
    whole = await client.get_tenant_usage(bucket=docs, snapshots=True)
    assert (whole.objects, whole.bytes, whole.tenant_id) == (4, 10, _canonical(setting))
    if setting.tenancy == "plain":
        assert whole.snapshot_objects is None
    else:
        server_bucket, prefix = setting.snapshots(docs)
        kept = setting.s3.list_objects_v2(Bucket=server_bucket, Prefix=prefix)["Contents"]
        assert whole.snapshot_objects == len(kept) == 6  # four copies, their list, the manifest
        assert whole.snapshot_bytes == sum(item["Size"] for item in kept)
    with pytest.raises(BucketNotFoundError):
        await client.get_tenant_usage(bucket=setting.bucket("missing"))


def _canonical(setting: Setting) -> str | None:
    known = setting.tenant_id
    return known.lower() if known is not None and len(known) == 36 else known


@pytest.mark.parametrize("tenancy", ["bucket"])
async def test_usage_of_versions(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Versions and delete markers stand apart."""
    await client.set_bucket_versioning(bucket)
    for data in (b"1", b"22", b"333"):
        await client.put_object(bucket, "a", data)
        await client.put_object(bucket, "b", data)
    await client.delete_object(bucket, "b")
    plain = await client.get_tenant_usage(bucket=bucket)
    assert (plain.objects, plain.bytes, plain.noncurrent_versions) == (1, 3, None)
    found = await client.get_tenant_usage(bucket=bucket, versions=True)
    assert (found.objects, found.bytes) == (1, 3)
    assert (found.noncurrent_versions, found.noncurrent_bytes, found.delete_markers) == (5, 9, 1)


@pytest.mark.needs("unfinished uploads by prefix")
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
async def test_usage_of_unfinished_uploads(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Their parts take space as well."""
    server_bucket, prefix = setting.place(bucket)
    name = {"Bucket": server_bucket, "Key": f"{prefix}a/b"}
    upload = setting.s3.create_multipart_upload(**name)["UploadId"]
    for number in (1, 2):
        setting.s3.upload_part(**name, UploadId=upload, PartNumber=number, Body=b"x" * 100)
    found = await client.get_tenant_usage(uploads=True)
    assert (found.objects, found.uploads, found.upload_bytes) == (0, 1, 200)
    setting.s3.abort_multipart_upload(**name, UploadId=upload)


@pytest.mark.needs("quotas of buckets")
@pytest.mark.parametrize("tenancy", ["bucket"])
async def test_a_quota_that_is_used_up(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """It has an error of its own, for uploads and for copies, and what is stored stays."""
    await client.put_object(bucket, "fits", b"x" * 2000)
    await client.admin.set_bucket_quota(bucket, 1000)
    once = client.with_(max_retries=0)
    for call in (
        once.put_object(bucket, "large", b"x" * 1001),
        once.with_(multipart_threshold=0).put_object(bucket, "large", b"x" * 1001),
        once.copy_object(bucket, "copy", bucket, "fits"),
    ):
        with pytest.raises(QuotaExceededError) as caught:
            await call
        assert (caught.value.code, caught.value.bucket) == (
            "XMinioAdminBucketQuotaExceeded",
            bucket,
        )
        assert caught.value.attempts == 1
        assert "larger quota" in (caught.value.hint or "")
    assert [item.key for item in await client.list_objects(bucket)] == ["fits"]
    assert setting.unfinished_uploads(bucket) == []
