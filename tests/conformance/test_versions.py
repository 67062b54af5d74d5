"""What was there at a moment, and what was deleted; boto3 sees what came back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import pytest_asyncio

from minio_sdk import (
    AsyncMinIOClient,
    ConflictError,
    NotSupportedError,
    ObjectNotFoundError,
)
from tests.conformance.setting import Setting, errors_of, wipe

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Undelete, and what was there at a moment"),
]
by_bucket = pytest.mark.parametrize("tenancy", ["bucket"])
blocking = pytest.mark.parametrize("style", ["sync"])

DAY = timedelta(days=1)


def set_versioning(setting: Setting, bucket: str, status: str = "Enabled") -> None:
    setting.s3.put_bucket_versioning(
        Bucket=setting.place(bucket)[0], VersioningConfiguration={"Status": status}
    )


@pytest_asyncio.fixture
async def versioned(setting: Setting) -> AsyncIterator[tuple[AsyncMinIOClient, str]]:
    """A client and a bucket that keeps versions; tenants share one of their own for it."""
    setting.shared_bucket = f"{setting.token}-versions"
    client, bucket = setting.connect(), setting.bucket()
    await client.create_bucket(bucket)
    set_versioning(setting, bucket)
    yield client, bucket
    if setting.tenancy == "prefix":
        wipe(setting.s3, setting.shared_bucket)


@blocking
@by_bucket
async def test_what_was_there(versioned: tuple[AsyncMinIOClient, str], tmp_path: Path) -> None:
    """Before, between and after changes: in reads, listings, copies and mirrors."""
    client, bucket = versioned

    async def written(key: str) -> datetime:
        found = (await client.list_objects(bucket, key, versions=True))[0].last_modified
        assert found is not None
        return found

    for key in ("a", "a!", "gone", "d/x", "e/x"):
        await client.put_object(bucket, key, b"1")
    await client.delete_object(bucket, "e/x")
    await client.put_object(bucket, "last", b"1")
    then = await written("last")
    while await written("last") == then:  # some servers tell whole seconds
        await client.put_object(bucket, "last", b"2")
    await client.put_object(bucket, "a", b"22")
    await client.delete_object(bucket, "gone")
    await client.put_object(bucket, "d/y", b"1")
    now = await written("d/y")

    listed = [item.key for item in await client.list_objects(bucket, at=then)]
    assert listed == ["a", "a!", "d/x", "gone", "last"]
    listed = [item.key for item in await client.list_objects(bucket, at=then, recursive=False)]
    assert listed == ["a", "a!", "d/", "gone", "last"]
    listed = [item.key for item in await client.list_objects(bucket, "d/", at=now)]
    assert listed == ["d/x", "d/y"]
    assert await client.list_objects(bucket, at=then - DAY) == []
    assert await client.get_object(bucket, "a", at=then) == b"1"
    assert await client.get_object(bucket, "a", at=now, range=(1, None)) == b"2"
    assert await client.object_exists(bucket, "gone", at=then)
    assert not await client.object_exists(bucket, "gone", at=now)
    found = await errors_of(
        client.get_object(bucket, "gone", at=now),
        client.get_object(bucket, "e/x", at=then),
        client.get_object(bucket, "a", at=then - DAY),
        client.get_object(bucket, "no-such", at=now),
    )
    assert [type(error) for error in found] == [ObjectNotFoundError] * 4
    done = await client.mirror((bucket, ""), tmp_path / "then", at=then)
    assert done.copied == ("a", "a!", "d/x", "gone", "last")
    assert (tmp_path / "then" / "a").read_bytes() == b"1"
    await client.copy_object(bucket, "a", bucket, "a", at=then)
    assert await client.get_object(bucket, "a") == b"1"


@by_bucket
async def test_what_can_t_be_known(client: AsyncMinIOClient, bucket: str) -> None:
    """A bucket that keeps no versions knows only what was never replaced."""
    await client.put_object(bucket, "a", b"1")
    after = datetime.now(timezone.utc) + DAY
    assert await client.get_object(bucket, "a", at=after) == b"1"
    await client.put_object(bucket, "gone", b"1")
    await client.delete_object(bucket, "gone")
    found = await errors_of(
        client.get_object(bucket, "a", at=after - 2 * DAY),
        client.get_object(bucket, "gone", at=after),
        client.list_objects(bucket, at=after),
        client.undelete_object(bucket, "gone"),
        client.undelete_objects(bucket),
    )
    assert [type(error) for error in found] == [NotSupportedError] * 5


async def test_what_was_deleted_comes_back(
    setting: Setting, versioned: tuple[AsyncMinIOClient, str]
) -> None:
    """One and many, also what was deleted twice; a copy leaves the history as it is."""
    client, bucket = versioned
    stored = await client.put_object(bucket, "a", b"22")
    await client.put_object(bucket, "ab", b"1")
    for key in ("a", "a", "ab"):
        await client.delete_object(bucket, key)
    planned = await client.undelete_objects(bucket, dry_run=True)
    assert [found.key for found in planned] == ["a", "ab"]
    found = await client.undelete_object(bucket, "a")
    assert (found.version_id, found.size) == (stored.version_id, 2)
    name, prefix = setting.place(bucket)
    seen = setting.s3.get_object(Bucket=name, Key=f"{prefix}a")
    assert (seen["Body"].read(), seen["VersionId"]) == (b"22", stored.version_id)
    with pytest.raises(ConflictError, match="isn't deleted"):
        await client.undelete_object(bucket, "a")
    await client.delete_object(bucket, "a")
    done = await client.undelete_objects(bucket, copy=True)
    assert [(each.key, each.copied) for each in done] == [("a", True), ("ab", True)]
    seen = setting.s3.list_object_versions(Bucket=name, Prefix=f"{prefix}a")
    assert len(seen["Versions"]) == 4
    assert len(seen["DeleteMarkers"]) == 2
    with pytest.raises(ObjectNotFoundError):
        await client.undelete_object(bucket, "no-such")


@blocking
@by_bucket
@pytest.mark.needs("delete markers while versions are suspended")
async def test_what_was_deleted_while_versions_were_suspended(
    setting: Setting, versioned: tuple[AsyncMinIOClient, str]
) -> None:
    """The delete marker is called ``null``, and goes all the same."""
    client, bucket = versioned
    await client.put_object(bucket, "a", b"1")
    set_versioning(setting, bucket, "Suspended")
    await client.delete_object(bucket, "a")
    assert (await client.undelete_object(bucket, "a")).removed == ("null",)
    assert await client.get_object(bucket, "a") == b"1"
