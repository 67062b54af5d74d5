"""Many objects at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    DeletedObject,
    ObjectNotFoundError,
    UploadResponse,
    ValidationError,
)
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Many objects at once"),
]


async def test_up_across_down_and_away(
    setting: Setting, client: AsyncMinIOClient, bucket: str, tmp_path: Path
) -> None:
    """Results in the order of the input, each a result or its error; what is there is what was sent."""
    (tmp_path / "file").write_bytes(b"from a file")
    other = setting.bucket("other")
    up = await client.upload_many(
        [
            *({"bucket": bucket, "key": f"a/{n}", "data": b"x" * n} for n in range(20)),
            {"bucket": other, "key": "new", "path": tmp_path / "file", "metadata": {"a": "b"}},
            {"bucket": bucket},
        ]
    )
    assert [type(each) for each in up] == [UploadResponse] * 21 + [ValidationError]
    assert (up.succeeded, up.failed, up.bytes) == (21, 1, sum(range(20)) + 11)
    server_bucket, prefix = setting.place(bucket)
    stored = setting.s3.get_object(Bucket=server_bucket, Key=f"{prefix}a/7")["Body"].read()
    assert stored == b"x" * 7

    across = await client.copy_many(
        [(other, "copied", bucket, "a/7"), (other, "none", bucket, "missing")]
    )
    assert across[0].status == "copied"
    assert isinstance(across[1], ObjectNotFoundError)

    down = await client.download_many(
        [(other, "copied"), (other, "new", tmp_path / "back"), (bucket, "missing"), (bucket, "a/0")]
    )
    assert (down[0], down[3]) == (b"x" * 7, b"")
    assert down[1].metadata == {"a": "b"}
    assert (tmp_path / "back").read_bytes() == b"from a file"
    assert isinstance(down[2], ObjectNotFoundError)

    keys = [f"a/{n}" for n in range(20)]
    away = await client.delete_many([*keys, "a/0", "missing"], bucket=bucket)
    assert [type(each) for each in away] == [DeletedObject] * 22
    assert await client.list_objects(bucket) == []


async def test_the_calls_of_the_predecessors(client: AsyncMinIOClient, bucket: str) -> None:
    """Dicts in, lists out."""
    uploads = [
        {"bucket": bucket, "key": f"f{n}.txt", "data": f"Batch {n}".encode()} for n in range(9)
    ]
    names = [{"bucket": bucket, "key": f"f{n}.txt"} for n in range(9)]
    assert [r["key"] for r in await client.upload_many_concurrent(uploads)] == [
        each["key"] for each in names
    ]
    assert await client.download_many_concurrent(names) == [each["data"] for each in uploads]
    assert len(await client.delete_many_concurrent(names)) == 9


async def test_a_missing_bucket(setting: Setting, client: AsyncMinIOClient) -> None:
    """Each of its items says so."""
    missing = setting.bucket("missing")
    for done in (
        await client.download_many(["a", "b"], bucket=missing),
        await client.delete_many(["a", "b"], bucket=missing),
    ):
        assert [type(each) for each in done] == [BucketNotFoundError] * 2


async def test_what_a_listing_gives_is_deleted(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """A listing is a list of items; on the async client also while it is still read."""
    await client.upload_many(((f"k{n:04}", b"") for n in range(30)), bucket=bucket)
    if setting.style == "async":
        done = await client.delete_many(client.iter_objects(bucket), bucket=bucket)
    else:
        done = await client.delete_many(await client.list_objects(bucket), bucket=bucket)
    assert (len(done), done.ok) == (30, True)
    assert await client.list_objects(bucket) == []


async def test_small_objects_in_tars(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Where the server unpacks tars and where it doesn't, each object is what it was to be."""
    told = {"metadata": {"Author": "Ada"}, "tags": {"a": "b"}, "content_type": "text/x-own"}
    items: list[dict[str, object]] = [
        {"key": f"k/{n:02}.json", "data": b"x" * n} for n in range(30)
    ]
    items += [{"key": k, "data": b"?"} for k in ("ä/ö.txt", "a/" * 60 + "x", "with blanks.csv")]
    items += [{"key": "described", "data": b"!", **told}]
    hostile = [{"key": key, "data": b"!"} for key in ("../../other/docs/x", "../x", "k/../y")]
    plain = await client.upload_many([{**item, "bucket": bucket} for item in items])
    packed = await client.upload_many([*items, *hostile], bucket=bucket, pack=True)
    assert list(plain) == list(packed)[: len(items)]
    assert client._engine.api.unpacks is (True if setting.server.kind == "minio" else None)
    server_bucket, prefix = setting.place(bucket)
    for key, kind in (("k/02.json", "application/json"), ("described", "text/x-own")):
        head = setting.s3.head_object(Bucket=server_bucket, Key=prefix + key)
        assert head["ContentType"] == kind
    assert head["Metadata"] == {"author": "Ada"}
    tags = setting.s3.get_object_tagging(Bucket=server_bucket, Key=prefix + "described")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]
    for start in (prefix, "other/"):
        listed = setting.s3.list_objects_v2(Bucket=server_bucket, Prefix=start).get("Contents", [])
        names = [item["Key"] for item in listed]
        assert "other/docs/x" not in names
        assert not [name for name in names if name.endswith(".tar")]
    if setting.tenancy != "prefix":  # which has no versions
        await client.set_bucket_versioning(bucket)
        versions = await client.upload_many(items, bucket=bucket, pack=True)
        for each in (versions[0], versions[20]):
            head = setting.s3.head_object(Bucket=server_bucket, Key=each.key)
            assert each.version_id == head["VersionId"]
