"""Keys reach the server byte for byte, come back so, and never name another object."""

from __future__ import annotations

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    ValidationError,
)
from tests.conformance.gaps import key_gaps
from tests.conformance.setting import Setting

pytestmark = [pytest.mark.conformance, pytest.mark.asyncio]

KEYS = (
    # what URLs give a meaning to
    "a b+c%2F", "#?&=", "+", " ", "~", "%", "%zz", "%00", "?versionId=x", "a:b|c*", "$@!(),;[]{}^`",
    "'\"<>&", "&amp;",
    # what paths give a meaning to
    "a//b", "//a", "a//", "/lead", "trail/", ".", "..", "./a", "a/.", "a/..", "a/./b", "a/../b",
    "../a", "...", "a/..b", "%2e%2e", "%2E%2E/a", "a\\b", "..\\a",
    # what isn't ASCII: one letter in two forms, outside the BMP, look-alikes of the above
    "ü/日本", "\u00e9", "e\u0301", "😀", "\u200b", "\u2028", "\uff0e\uff0e/a", "a\u2215b", "\ufffe",
    # control characters; XML carries tab and newline only, and NUL nothing does
    "a\nb", "a\tb", "a\rb", "\x01", "\x7f", "a\x00b",
    # long segments
    "s" * 255, "s" * 256,
)  # fmt: skip


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
async def test_keys_are_kept_byte_for_byte(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Each key is stored, read and listed as itself, or is known not to be; then all are deleted."""
    fates = {key: await _fate_of(setting, client, bucket, key) for key in KEYS}
    assert await client.list_objects(bucket) == []  # each was deleted by its own name

    kept = [key for key, fate in fates.items() if fate == "kept"]
    for key in kept:
        await client.put_object(bucket, key, b"again")
    assert {item.key for item in await client.list_objects(bucket)} == set(kept)
    result = await client.delete_objects(bucket, kept)
    assert await client.list_objects(bucket) == []

    misnamed = set(kept) - {item.key for item in result.deleted}
    fates.update(dict.fromkeys(misnamed, "reported by another name when deleted with others"))
    not_kept = {key: fate for key, fate in fates.items() if fate != "kept"}
    assert not_kept == key_gaps(setting.server.kind, setting.tenancy)


async def test_keys_in_parts(client: AsyncMinIOClient, bucket: str) -> None:
    """Beginning, parts and end of a multipart upload name the key as it is."""
    keys = ("a b+c%2F", "#?&=", "'\"<>&", "%2e%2e", "ü/日本", "e\u0301", "😀", "a\tb")
    in_parts = client.with_(multipart_threshold=0)
    for key in keys:
        await in_parts.put_object(bucket, key, key.encode())
        assert await client.get_object(bucket, key) == key.encode()
    assert {item.key for item in await client.list_objects(bucket)} == set(keys)


@pytest.mark.parametrize(("style", "tenancy"), [("sync", "bucket"), ("async", "prefix")])
async def test_a_folder_is_no_object(client: AsyncMinIOClient, bucket: str) -> None:
    """What keys have in common is no key, until an object of that name is stored."""
    await client.put_object(bucket, "dir/a", b"1")
    assert not await client.object_exists(bucket, "dir/")
    for read in (client.get_object, client.get_object_metadata):
        with pytest.raises(ObjectNotFoundError):
            await read(bucket, "dir/")
    await client.put_object(bucket, "dir/", b"")
    assert await client.object_exists(bucket, "dir/")
    assert await client.get_object(bucket, "dir/") == b""
    assert [item.key for item in await client.list_objects(bucket)] == ["dir/", "dir/a"]


async def test_the_longest_key(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """S3's 1,024 bytes go out whole, the tenant's prefix included; one more is refused here."""
    room = 1024 - len(setting.place(bucket)[1])
    key = ("日本/" * 200).encode()[: room - 1].decode(errors="ignore")
    key += "x" * (room - len(key.encode()))

    assert await _fate_of(setting, client, bucket, key) == "kept"
    with pytest.raises(ValidationError, match=f"{room}|1024"):
        await client.put_object(bucket, key + "x", b"")


async def _fate_of(setting: Setting, client: AsyncMinIOClient, bucket: str, key: str) -> str:
    """ "kept", "refused", or the first step that went wrong. Nothing is left in the bucket."""
    data = f"the bytes of {key!r}".encode()
    try:
        await client.put_object(bucket, key, data)
    except MinIOError as error:
        _check_refusal(error, bucket, key)
        await _check_nothing_is_there(client, bucket, key)
        if not isinstance(error, NotSupportedError) or not _sent_anyway(setting, bucket, key, data):
            return "refused"
    listed = [item.key for item in await client.list_objects(bucket)]
    if listed != [key]:
        await client.delete_objects(bucket, listed)
        return f"stored as {', '.join(listed)}"
    got = await client.get_object(bucket, key)
    if got == data:
        metadata = await client.get_object_metadata(bucket, key)
        assert (metadata.key, metadata.size) == (key, len(data))
        assert [item.key for item in await client.list_objects(bucket, key)] == [key]
    await client.delete_object(bucket, key)
    return "kept" if got == data else "its bytes are lost"


def _sent_anyway(setting: Setting, bucket: str, key: str, data: bytes) -> bool:
    """Whether the server takes a key that our client knows better than to send."""
    server_bucket, prefix = setting.place(bucket)
    try:
        setting.s3.put_object(Bucket=server_bucket, Key=prefix + key, Body=data)
    except setting.s3.exceptions.ClientError:
        return False
    return True


def _check_refusal(error: MinIOError, bucket: str, key: str) -> None:
    """The user is told what was refused, where and why, on one line."""
    assert (error.operation, error.bucket, error.key) == ("PutObject", bucket, key)
    assert error.status in (400, 404, None)
    assert error.message
    assert str(error.endpoint) in str(error)
    assert "\n" not in str(error)


async def _check_nothing_is_there(client: AsyncMinIOClient, bucket: str, key: str) -> None:
    """What a server refuses to store it neither shows nor takes for another object."""
    with pytest.raises(MinIOError):
        await client.get_object(bucket, key)
    with pytest.raises(MinIOError):
        await client.get_object_metadata(bucket, key)
    assert await client.list_objects(bucket) == []
