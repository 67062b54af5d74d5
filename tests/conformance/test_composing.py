"""Objects made of others, bytes appended, many keys at once, entries of archives: as boto3 sees them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    ComposeSource,
    NotSupportedError,
    ObjectNotFoundError,
)
from minio_sdk.config import MiB
from minio_sdk.flows import appending
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Objects made of others, and archives"),
]
# What tenancy can change, a prefix shows; that both clients are one, the tests in tests/flows/ do.
by_prefix = pytest.mark.parametrize(("style", "tenancy"), [("async", "prefix")])
sync_by_prefix = pytest.mark.parametrize(("style", "tenancy"), [("sync", "prefix")])
of_each = pytest.mark.parametrize(
    ("style", "tenancy"), [("sync", "plain"), ("async", "bucket"), ("sync", "prefix")]
)
sync_by_bucket = pytest.mark.parametrize(("style", "tenancy"), [("sync", "bucket")])

FIVE = bytes(range(256)) * (5 * MiB // 256)


def there(setting: Setting, bucket: str, key: str) -> bytes:
    """An object, as boto3 gets it."""
    place, prefix = setting.place(bucket)
    data: bytes = setting.s3.get_object(Bucket=place, Key=prefix + key)["Body"].read()
    return data


@of_each
async def test_pieces_of_all_sizes(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """What S3 wouldn't take as a part, ranges, another bucket, and the object itself."""
    other = setting.bucket("other")
    await client.create_bucket(other)
    await client.put_object(bucket, "a b/ü", FIVE, metadata={"m": "1"}, tags={"t": "1"})
    await client.put_object(other, "small", b"small")
    tail = ComposeSource(key="a b/ü", offset=5 * MiB - 3)
    made = await client.compose_object(bucket, "z", ["a b/ü", (other, "small"), "a b/ü", tail])
    whole = FIVE + b"small" + FIVE + FIVE[-3:]
    assert there(setting, bucket, "z") == whole
    assert made.size == len(whole)
    found = await client.get_object_metadata(bucket, "z")
    assert (found.etag, found.metadata) == (made.etag, {"m": "1"})
    assert await client.get_object_tags(bucket, "z") == {"t": "1"}
    await client.compose_object(bucket, "z", [(other, "small"), "z", (other, "small")])
    assert there(setting, bucket, "z") == b"small" + whole + b"small"
    with pytest.raises(ObjectNotFoundError):
        await client.compose_object(bucket, "z", ["a b/ü", (other, "z")])
    if setting.tenancy != "prefix" or setting.server.kind != "minio":
        assert setting.unfinished_uploads(bucket) == []


@by_prefix
async def test_bytes_are_appended(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """To nothing, to little and to much; all that describes the object stays."""
    for word in (b"1", b"", b"2"):
        await client.append_object(bucket, "log", word, content_type="text/x", metadata={"m": "1"})
    assert there(setting, bucket, "log") == b"12"
    found = await client.get_object_metadata(bucket, "log")
    assert (found.content_type, found.metadata) == ("text/x", {"m": "1"})
    await client.put_object(bucket, "a", FIVE, content_type="text/x", tags={"t": "1"})
    await client.append_object(bucket, "a", iter([b"3", b"4"]))
    assert there(setting, bucket, "a") == FIVE + b"34"
    assert (await client.get_object_metadata(bucket, "a")).content_type == "text/x"
    assert await client.get_object_tags(bucket, "a") == {"t": "1"}


@sync_by_bucket
@pytest.mark.parametrize("old", [b"old", FIVE], ids=["small", "in parts"])
async def test_what_others_append_meanwhile_stays(
    setting: Setting, bucket: str, old: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object that was looked at isn't there any more when this comes to its end."""
    client = setting.connect()
    await client.put_object(bucket, "a", old)
    described, place = appending._description, setting.place(bucket)[0]
    others = [b"-", b"-"]

    async def overtaken(*arguments: Any) -> dict[str, str]:
        if others:
            body = there(setting, bucket, "a") + others.pop()
            setting.s3.put_object(Bucket=place, Key="a", Body=body)
        return await described(*arguments)

    monkeypatch.setattr(appending, "_description", overtaken)
    await client.append_object(bucket, "a", b"mine")
    assert there(setting, bucket, "a") == old + b"--mine"


@sync_by_bucket
async def test_what_no_server_here_has(setting: Setting, bucket: str) -> None:
    """Appending by the server, and questions: refused, and nothing is lost."""
    client = setting.connect()
    await client.put_object(bucket, "a", b"old")
    with pytest.raises(NotSupportedError, match="doesn't append"):
        await client.append_object(bucket, "a", b"new", native=True)
    with pytest.raises(NotSupportedError, match="language models"):
        await client.prompt_object(bucket, "a", "What is it?")
    assert there(setting, bucket, "a") == b"old"
    assert [item.key for item in await client.list_objects(bucket)] == ["a"]


@sync_by_prefix
async def test_the_same_bytes_under_many_keys(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Sent for each, and copied."""
    for data in (b"some", FIVE):
        items: list[Any] = ["a.txt", {"key": "ü/b", "metadata": {"m": "1"}, "tags": {"t": "1"}}]
        done = await client.fan_out(bucket, data, items)
        assert [each.status for each in done] == ["uploaded"] * 2
        assert there(setting, bucket, "a.txt") == there(setting, bucket, "ü/b") == data
        found = await client.get_object_metadata(bucket, "ü/b")
        assert (found.metadata, found.content_type) == ({"m": "1"}, "application/octet-stream")
        assert (await client.get_object_metadata(bucket, "a.txt")).metadata == {}


@by_prefix
async def test_entries_of_archives(client: AsyncMinIOClient, bucket: str) -> None:
    """The same everywhere, whatever the archive is called."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/ü.txt", b"text")
        archive.writestr("five", FIVE, zipfile.ZIP_STORED)
    for key in ("a.zip", "dir.zip/b"):
        await client.put_object(bucket, key, made.getvalue())
        found = await client.list_archive(bucket, key)
        assert [(each.name, each.size) for each in found] == [("a/ü.txt", 4), ("five", len(FIVE))]
        assert await client.read_archive(bucket, key, "a/ü.txt") == b"text"
    assert await client.read_archive(bucket, "dir.zip/b", "five") == FIVE
