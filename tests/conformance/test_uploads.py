"""What can be said of an object when it is stored, and on which condition."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    PreconditionFailedError,
    ValidationError,
)
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Tags, headers and conditions of uploads"),
]
in_both_ways = pytest.mark.parametrize("threshold", [1000, 0], ids=["whole", "in parts"])

EXPIRES = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))


@in_both_ways
async def test_headers_that_come_back_with_the_object(
    client: AsyncMinIOClient, bucket: str, threshold: int
) -> None:
    """How to show, cache and decode it."""
    client = client.with_(multipart_threshold=threshold)
    await client.upload_object(
        bucket, "a.txt.gz", b"12345", content_type="text/plain", content_encoding="gzip",
        content_disposition='attachment; filename="a b.txt"', content_language="de-CH",
        cache_control="max-age=60, private", expires=EXPIRES, metadata={"Author": "Ada"},
    )  # fmt: skip
    found = await client.get_object_metadata(bucket, "a.txt.gz")
    assert (found.content_type, found.content_encoding) == ("text/plain", "gzip")
    assert found.content_disposition == 'attachment; filename="a b.txt"'
    assert (found.content_language, found.cache_control) == ("de-CH", "max-age=60, private")
    assert found.expires == "Mon, 03 Feb 2031 03:05:06 GMT"
    assert dict(found.metadata) == {"author": "Ada"}
    assert await client.get_object(bucket, "a.txt.gz") == b"12345"


@in_both_ways
async def test_tags(
    setting: Setting, client: AsyncMinIOClient, bucket: str, threshold: int
) -> None:
    """They are there as soon as the object is."""
    client = client.with_(multipart_threshold=threshold)
    tags = {"user_id": "7", "type": "document", "A b": "c += /@_.:-"}
    await client.upload_object(bucket, "a", b"12345", tags=tags)
    server_bucket, prefix = setting.place(bucket)
    found = setting.s3.get_object_tagging(Bucket=server_bucket, Key=f"{prefix}a")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == tags


@pytest.mark.needs("letters beyond ASCII in tags")
async def test_tags_in_any_language(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Names and values may be of any letters."""
    await client.upload_object(bucket, "a", b"12345", tags={"Größe": "日本"})
    server_bucket, prefix = setting.place(bucket)
    found = setting.s3.get_object_tagging(Bucket=server_bucket, Key=f"{prefix}a")["TagSet"]
    assert found == [{"Key": "Größe", "Value": "日本"}]


async def test_a_missing_bucket_is_made_by_uploads_and_not_by_put_object(
    setting: Setting, client: AsyncMinIOClient, tmp_path: Path
) -> None:
    """And only when it is missing."""
    first, second = setting.bucket("first"), setting.bucket("second")
    with pytest.raises(BucketNotFoundError):
        await client.put_object(first, "a", b"1")
    assert not await client.bucket_exists(first)
    path = tmp_path / "b.txt"
    path.write_bytes(b"from a file")
    await client.upload_object(first, "a", b"1")
    await client.upload_object(first, "b", b"2")
    stored = await client.upload_file(second, "b.txt", path)
    assert (stored.status, stored.bucket, stored.key, stored.size) == (
        "uploaded", second, "b.txt", 11,
    )  # fmt: skip
    assert await client.get_object(second, "b.txt") == b"from a file"
    assert [item.key for item in await client.list_objects(first)] == ["a", "b"]


@in_both_ways
async def test_only_if_there_is_nothing_yet(
    client: AsyncMinIOClient, bucket: str, threshold: int
) -> None:
    """The first one wins."""
    client = client.with_(multipart_threshold=threshold)
    await client.put_object(bucket, "lock", b"first", if_none_match="*")
    with pytest.raises(PreconditionFailedError) as caught:
        await client.put_object(bucket, "lock", b"second", if_none_match="*")
    assert (caught.value.bucket, caught.value.key) == (bucket, "lock")
    assert await client.get_object(bucket, "lock") == b"first"


@in_both_ways
async def test_only_if_it_is_still_what_was_read(
    setting: Setting, client: AsyncMinIOClient, bucket: str, threshold: int
) -> None:
    """Two who change the same object can't undo each other's work unseen."""
    client = client.with_(multipart_threshold=threshold)
    first = await client.put_object(bucket, "a", b"1")
    second = await client.put_object(bucket, "a", b"22", if_match=first.etag)
    for etag in (first.etag, "0" * 32):
        with pytest.raises(PreconditionFailedError):
            await client.put_object(bucket, "a", b"333", if_match=etag)
    with pytest.raises(PreconditionFailedError):
        await client.put_object(bucket, "nothing", b"1", if_match=second.etag)
    assert await client.get_object(bucket, "a") == b"22"
    assert setting.unfinished_uploads(bucket) == []


@pytest.mark.parametrize("tenancy", ["bucket"])
@pytest.mark.parametrize(
    "headers", [{"IfNoneMatch": "*"}, {"IfMatch": '"00000000000000000000000000000000"'}]
)
async def test_the_server_itself_holds_to_conditions(
    setting: Setting, bucket: str, client: AsyncMinIOClient, headers: dict[str, str]
) -> None:
    """So that even two writers within one moment can't both win; asked by boto3, without our check."""
    await client.put_object(bucket, "a", b"1")
    with pytest.raises(setting.s3.exceptions.ClientError, match="PreconditionFailed"):
        setting.s3.put_object(Bucket=setting.place(bucket)[0], Key="a", Body=b"2", **headers)


@pytest.mark.parametrize(
    "named",
    [
        {"tags": {str(n): "" for n in range(11)}}, {"tags": {"": "1"}}, {"tags": {"a": 1}},
        {"tags": ["a"]}, {"tags": {"a": "x" * 257}}, {"content_encoding": ""},
        {"content_disposition": "attachment; filename=ü"}, {"cache_control": "a\r\nx: y"},
        {"content_language": 5}, {"expires": datetime(2031, 1, 1)}, {"expires": 5},
        {"storage_class": "cold"}, {"storage_class": 5},
    ],
    ids=lambda named: next(iter(named)),
)  # fmt: skip
async def test_what_a_header_or_s3_does_not_take(
    unplugged: AsyncMinIOClient, named: dict[str, Any]
) -> None:
    """It is refused before anything is sent, by the argument's name."""
    calls: tuple[Any, ...] = (
        unplugged.upload_object, unplugged.put_object, unplugged.upload_file,
    )  # fmt: skip
    for call in calls:
        with pytest.raises(ValidationError, match=f"^{next(iter(named))}"):
            await call("docs", "a", b"1", **named)


@pytest.mark.parametrize("path", [5, b"a.txt", None])
async def test_what_is_no_path(unplugged: AsyncMinIOClient, path: Any) -> None:
    """Bytes are no path here: they may have been meant as the data."""
    with pytest.raises(ValidationError, match="path="):
        await unplugged.upload_file("docs", "a", path)


async def test_a_file_that_is_not_there(unplugged: AsyncMinIOClient, tmp_path: Path) -> None:
    """The file system's own error, before anything is sent."""
    with pytest.raises(FileNotFoundError):
        await unplugged.upload_file("docs", "a", tmp_path / "nothing")


@pytest.mark.parametrize("tenancy", ["bucket"])
async def test_a_large_file_goes_up_in_parts(
    client: AsyncMinIOClient, bucket: str, tmp_path: Path
) -> None:
    """And what comes back is what it was."""
    data = bytes(range(256)) * (6 * 4096)
    path = tmp_path / "large.bin"
    path.write_bytes(data)
    client = client.with_(part_size=5 << 20, multipart_threshold=1 << 20)
    stored = await client.upload_file(bucket, "large.bin", str(path))
    assert (stored.size, str(stored.etag)[-2:]) == (len(data), "-2")
    assert await client.get_object(bucket, "large.bin") == data
