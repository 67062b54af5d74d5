"""Copies on the server: bytes and all that describes them, from any key, of any size, of any version."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    MinIOError,
    NotFoundError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionFailedError,
)
from minio_sdk.flows import copies
from tests.conformance.setting import Setting, errors_of

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Copies on the server, metadata replaced"),
]

MiB = 1024 * 1024
EXPIRES = datetime(2036, 12, 1, 16, tzinfo=timezone.utc)
DESCRIBED = {
    "ContentType": "text/x-thing",
    "ContentEncoding": "x-thing",
    "ContentDisposition": 'attachment; filename="a b.txt"',
    "ContentLanguage": "de",
    "CacheControl": "max-age=5",
    "Expires": EXPIRES,
}
TAGS = {"status": "final draft", "of": "a=b+c/d:e@f"}


def put_described(setting: Setting, bucket: str, key: str, data: bytes) -> None:
    """An object with all that can be said of one, stored by others."""
    place, prefix = setting.place(bucket)
    setting.s3.put_object(
        Bucket=place, Key=prefix + key, Body=data, Metadata={"who": "Ada", "n": "1"},
        Tagging="status=final+draft&of=a%3Db%2Bc/d:e@f", **DESCRIBED,
    )  # fmt: skip


def told(setting: Setting, bucket: str, key: str) -> dict[str, Any]:
    """What the server tells of an object."""
    place, prefix = setting.place(bucket)
    head = setting.s3.head_object(Bucket=place, Key=prefix + key)
    tags = setting.s3.get_object_tagging(Bucket=place, Key=prefix + key)["TagSet"]
    found = {name: head[name] for name in DESCRIBED if name in head and name != "Expires"}
    if "ExpiresString" in head:
        found["Expires"] = datetime.strptime(
            head["ExpiresString"], "%a, %d %b %Y %H:%M:%S GMT"
        ).replace(tzinfo=timezone.utc)
    found["Metadata"] = head["Metadata"]
    found["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    return found


@pytest.fixture(params=["whole", "in parts"])
def data(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Bytes that are copied in one request, or in two parts, of which the first is S3's smallest."""
    if request.param == "whole":
        return b"some text"
    monkeypatch.setattr(copies, "LARGEST", 5 * MiB)
    monkeypatch.setattr(copies, "PART", 5 * MiB)
    return bytes(range(256)) * 20480 + b"the end"


async def test_everything_is_carried(
    setting: Setting, client: AsyncMinIOClient, bucket: str, data: bytes
) -> None:
    """Into another bucket, and within one; the copy doesn't need its source."""
    other = setting.bucket("other")
    await client.create_bucket(other)
    put_described(setting, bucket, "a", data)
    expected = {**DESCRIBED, "Metadata": {"who": "Ada", "n": "1"}, "Tags": TAGS}
    assert told(setting, bucket, "a") == expected

    for place, key in ((other, "dir/b"), (bucket, "b")):
        response = await client.copy_object(place, key, bucket, "a")
        found = await client.get_object_metadata(place, key)
        assert (response.status, response.key, response.bucket) == ("copied", key, place)
        assert (response.size, response.etag) == (len(data), found.etag)
        assert told(setting, place, key) == expected
    await client.delete_object(bucket, "a")
    assert await client.get_object(other, "dir/b") == data
    assert setting.unfinished_uploads(other) == []


async def test_what_is_given_is_replaced(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """And what isn't, is carried."""
    put_described(setting, bucket, "a", b"1")
    carried = {**DESCRIBED, "Metadata": {"who": "Ada", "n": "1"}, "Tags": TAGS}
    cases: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("metadata", {"metadata": {"new": "Zoë"}}, {"Metadata": {"new": "=?UTF-8?B?Wm/Dqw==?="}}),
        ("tags", {"tags": {"new": "1 + 1 = 2"}}, {"Tags": {"new": "1 + 1 = 2"}}),
        ("type", {"content_type": "text/y"}, {"ContentType": "text/y"}),
        ("none", {"metadata": {}, "tags": {}}, {"Metadata": {}, "Tags": {}}),
        ("cache", {"cache_control": "no-store"}, {"CacheControl": "no-store"}),
    )
    for key, given, expected in cases:
        await client.copy_object(bucket, key, bucket, "a", **given)
        assert (key, told(setting, bucket, key)) == (key, {**carried, **expected})
    assert told(setting, bucket, "a") == carried


async def test_metadata_is_set(
    setting: Setting, client: AsyncMinIOClient, bucket: str, data: bytes
) -> None:
    """Of an object that stays what it is."""
    put_described(setting, bucket, "a", data)
    await client.set_object_metadata(bucket, "a", {"x-amz-meta-New": "Zoë, 日本"})
    found = await client.get_object_metadata(bucket, "a")
    assert dict(found.metadata) == {"new": "Zoë, 日本"}
    assert await client.get_object(bucket, "a") == data
    seen = told(setting, bucket, "a")
    assert {**seen, "Metadata": {}} == {**DESCRIBED, "Metadata": {}, "Tags": TAGS}
    await client.set_object_metadata(bucket, "a", {})
    assert dict((await client.get_object_metadata(bucket, "a")).metadata) == {}


async def test_the_storage_class_stays(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Of an object whose metadata is set; a copy has that which is asked for."""
    await client.put_object(bucket, "a", b"1")
    await client.copy_object(bucket, "b", bucket, "a", storage_class="REDUCED_REDUNDANCY")
    await client.set_object_metadata(bucket, "b", {"x": "y"})
    found = await client.get_object_metadata(bucket, "b")
    assert (found.storage_class, dict(found.metadata)) == ("REDUCED_REDUNDANCY", {"x": "y"})


async def test_tags_are_replaced_onto_itself(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Which S3 refuses as a change of nothing, unless it is asked in another way."""
    put_described(setting, bucket, "a", b"1")
    await client.copy_object(bucket, "a", bucket, "a", tags={"x": "y"})
    expected = {**DESCRIBED, "Metadata": {"who": "Ada", "n": "1"}, "Tags": {"x": "y"}}
    assert told(setting, bucket, "a") == expected


async def test_keys_of_all_kinds(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """A key is read from the header as it is from a path."""
    room = 1024 - len(setting.place(bucket)[1])
    keys = (
        "a b+c%2F", "#?&=", "?versionId=x", "ü/日本", "e\u0301", "😀", "%2e%2e", "'\"<>&", "a\tb",
        "+", "~", ("x" * 200 + "/") * 4 + "y" * (room - 804),
    )  # fmt: skip
    for number, key in enumerate(keys):
        await client.put_object(bucket, key, key.encode())
        await client.copy_object(bucket, f"copy {number}", bucket, key)
        assert await client.get_object(bucket, f"copy {number}") == key.encode()
        await client.copy_object(bucket, "back " + key[: room - 5], bucket, f"copy {number}")
        assert await client.get_object(bucket, "back " + key[: room - 5]) == key.encode()


async def test_what_is_missing_is_named(client: AsyncMinIOClient, bucket: str) -> None:
    """The source's key, its bucket, or the bucket of the copy."""
    await client.put_object(bucket, "a", b"1")
    nowhere = f"{bucket}-nowhere"
    found = await errors_of(
        client.copy_object(bucket, "b", bucket, "missing"),
        client.copy_object(bucket, "b", nowhere, "a"),
        client.copy_object(nowhere, "b", bucket, "a"),
        client.set_object_metadata(bucket, "missing", {}),
    )
    assert [(type(e), e.bucket, e.key) for e in found if e] == [
        (ObjectNotFoundError, bucket, "missing"),
        (BucketNotFoundError, nowhere, "a"),
        (BucketNotFoundError, nowhere, "b"),
        (ObjectNotFoundError, bucket, "missing"),
    ]
    assert [item.key for item in await client.list_objects(bucket)] == ["a"]


@pytest.fixture
def overtaken(setting: Setting, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the source of a copy has been looked at, somebody replaces it."""
    look_at = copies.look_at
    place, prefix = setting.place(bucket)

    async def look_and_lose(*arguments: Any) -> Any:
        found = await look_at(*arguments)
        setting.s3.put_object(Bucket=place, Key=prefix + "a", Body=b"new")
        return found

    monkeypatch.setattr(copies, "look_at", look_and_lose)


@pytest.mark.needs("conditions on the source of a copy")
@pytest.mark.usefixtures("overtaken")
async def test_a_source_that_is_replaced_meanwhile(client: AsyncMinIOClient, bucket: str) -> None:
    """It is not what was meant to be copied."""
    await client.put_object(bucket, "a", b"old")
    with pytest.raises(ObjectChangedError):
        await client.copy_object(bucket, "b", bucket, "a")


@pytest.mark.usefixtures("overtaken")
async def test_a_source_of_parts_that_is_replaced_meanwhile(
    setting: Setting, client: AsyncMinIOClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is any part of it."""
    monkeypatch.setattr(copies, "LARGEST", 2)
    await client.put_object(bucket, "a", b"old")
    with pytest.raises(ObjectChangedError):
        await client.copy_object(bucket, "b", bucket, "a")
    assert not await client.object_exists(bucket, "b")
    assert setting.unfinished_uploads(bucket) == []


async def test_conditions(client: AsyncMinIOClient, bucket: str) -> None:
    """They are about the source."""
    etag = (await client.put_object(bucket, "a", b"1")).etag
    now = datetime.now(timezone.utc)
    hour = timedelta(hours=1)
    await client.copy_object(bucket, "b", bucket, "a", if_match=etag)
    await client.copy_object(bucket, "b", bucket, "a", if_unmodified_since=now + hour)
    await client.copy_object(bucket, "b", bucket, "a", if_modified_since=now - hour)
    await client.delete_object(bucket, "b")
    failing: tuple[dict[str, Any], ...] = (
        {"if_match": "0" * 32},
        {"if_none_match": etag},
        {"if_unmodified_since": now - hour},
        {"if_modified_since": now + hour},
    )
    for conditions in failing:
        with pytest.raises(PreconditionFailedError):
            await client.copy_object(bucket, "b", bucket, "a", **conditions)
    assert not await client.object_exists(bucket, "b")


@pytest.mark.parametrize("tenancy", ["plain", "bucket"])
async def test_versions(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """An older one is copied, and restored over a newer one and over a deletion."""
    place, _ = setting.place(bucket)
    setting.s3.put_bucket_versioning(Bucket=place, VersioningConfiguration={"Status": "Enabled"})
    old = (await client.put_object(bucket, "a", b"old", metadata={"n": "1"})).version_id
    new = (await client.put_object(bucket, "a", b"new")).version_id
    copied = await client.copy_object(bucket, "b", bucket, "a", source_version_id=old)
    assert await client.get_object(bucket, "b") == b"old"
    assert copied.version_id == (await client.get_object_metadata(bucket, "b")).version_id

    await client.copy_object(bucket, "a", bucket, "a", source_version_id=old)
    assert await client.get_object(bucket, "a") == b"old"
    await client.delete_object(bucket, "a")
    with pytest.raises(ObjectNotFoundError):
        await client.copy_object(bucket, "b", bucket, "a")
    await client.copy_object(bucket, "a", bucket, "a", source_version_id=new)
    assert await client.get_object(bucket, "a") == b"new"
    changed = await client.set_object_metadata(bucket, "a", {"n": "2"})
    assert changed.version_id not in (old, new, None)
    versions = setting.s3.list_object_versions(Bucket=place, Prefix="a")["Versions"]
    assert len(versions) == 5
    none = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(NotFoundError):
        await client.copy_object(bucket, "b", bucket, "a", source_version_id=none)


async def test_a_key_that_is_not_kept_is_no_other(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Some servers take these keys for a/b or for lead; nothing that is done to them reaches those."""
    for key in ("a/b", "lead"):
        await client.put_object(bucket, key, b"1")
    for key in ("a//b", "a\\b", "//a/b", "/lead"):
        assert not await client.object_exists(bucket, key)
        await client.delete_object(bucket, key)
        result = await client.delete_objects(bucket, [key])
        assert [item.key for item in result.deleted] == [key]
        found = await errors_of(
            client.get_object(bucket, key),
            client.get_object_metadata(bucket, key),
            client.get_object_tags(bucket, key),
            client.set_object_tags(bucket, key, {"x": "y"}),
            client.delete_object_tags(bucket, key),
            client.copy_object(bucket, "c", bucket, key),
            client.set_object_metadata(bucket, key, {}),
        )
        assert [type(error) for error in found] == [ObjectNotFoundError] * 7
    assert [item.key for item in await client.list_objects(bucket)] == ["a/b", "lead"]
    assert await client.get_object_tags(bucket, "a/b") == {}


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
async def test_another_tenant_s_objects_cannot_be_copied(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """No name leads to them, whichever way the server reads it."""
    victim = setting.connect(tenant_id=setting.new_tenant())
    await victim.create_bucket("docs2")
    await victim.put_object("docs2", "secret", b"1")
    place, prefix = setting.place("docs2", victim.config.tenant_id)
    for key in (
        f"../../{prefix}secret", f"../{place}/secret", f"/{place}/{prefix}secret",
        f"x/../../../{prefix}secret", f"..\\..\\{prefix}secret",
    ):  # fmt: skip
        with pytest.raises(MinIOError):
            await client.copy_object(bucket, "stolen", bucket, key)
        with pytest.raises(MinIOError):
            await client.copy_object(bucket, "stolen", bucket, "a", source_version_id=f"&/{key}")
    assert await client.list_objects(bucket) == []
