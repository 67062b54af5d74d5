"""Object lock: what is locked stays, and boto3 sees the lock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import pytest_asyncio

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotEmptyError,
    ConflictError,
    MinIOError,
    NotSupportedError,
    ObjectLock,
    ObjectLockedError,
    ObjectNotFoundError,
    Retention,
)
from tests.conformance.setting import Setting, errors_of

pytestmark = [pytest.mark.conformance, pytest.mark.asyncio, pytest.mark.feature("Object lock")]
unscoped = pytest.mark.parametrize("tenancy", ["plain", "bucket"])
by_bucket = pytest.mark.parametrize("tenancy", ["bucket"])

GOVERNED = Retention(
    mode="GOVERNANCE", retain_until_date=datetime.now(timezone.utc) + timedelta(days=9)
)


@pytest_asyncio.fixture
async def locked(setting: Setting, client: AsyncMinIOClient) -> AsyncIterator[str]:
    """A bucket with object lock; what a test leaves locked in it is let go."""
    name = setting.bucket("locked")
    await client.create_bucket(name, object_lock=True)
    yield name
    bucket, _ = setting.place(name)
    for version in setting.s3.list_object_versions(Bucket=bucket).get("Versions", []):
        found = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
        setting.s3.put_object_legal_hold(**found, LegalHold={"Status": "OFF"})
        setting.s3.delete_object(**found, BypassGovernanceRetention=True)


@unscoped
async def test_the_lock_of_a_bucket(client: AsyncMinIOClient, locked: str, bucket: str) -> None:
    """It is set, replaced and removed, where the bucket was made for it; new objects get it."""
    assert await client.get_bucket_object_lock(bucket) is None
    assert await client.get_bucket_object_lock(locked) == ObjectLock()
    for lock in (ObjectLock(mode="COMPLIANCE", years=2), ObjectLock(mode="GOVERNANCE", days=3)):
        await client.set_bucket_object_lock(locked, lock)
        assert await client.get_bucket_object_lock(locked) == lock
    with pytest.raises(ConflictError, match="object_lock=True"):
        await client.set_bucket_object_lock(bucket, ObjectLock(mode="GOVERNANCE", days=1))
    assert await client.get_bucket_object_lock(bucket) is None
    await client.delete_bucket_object_lock(locked)
    await client.delete_bucket_object_lock(locked)
    assert await client.get_bucket_object_lock(locked) == ObjectLock()
    await client.set_bucket_object_lock(locked, lock)
    await client.put_object(locked, "a", b"1")
    found = (await client.get_object_metadata(locked, "a")).retention
    assert found is not None
    left = found.retain_until_date - datetime.now(timezone.utc)
    assert (found.mode, left.days) == ("GOVERNANCE", 2)


@by_bucket
@pytest.mark.needs("retention of objects")
async def test_retention(setting: Setting, client: AsyncMinIOClient, locked: str) -> None:
    """Longer for anybody, shorter for those only who say so; versions each have their own."""
    old = (await client.put_object(locked, "a b/ü", b"1")).version_id
    await client.put_object(locked, "a b/ü", b"2")
    assert await client.get_object_retention(locked, "a b/ü") is None
    await client.set_object_retention(locked, "a b/ü", GOVERNED, version_id=old)
    assert await client.get_object_retention(locked, "a b/ü") is None
    found = await client.get_object_retention(locked, "a b/ü", version_id=old)
    assert found is not None
    seen = setting.s3.get_object_retention(
        Bucket=setting.place(locked)[0], Key="a b/ü", VersionId=old
    )["Retention"]
    assert (seen["Mode"], seen["RetainUntilDate"]) == tuple(found.values())
    assert (
        timedelta(0) <= found.retain_until_date - GOVERNED.retain_until_date <= timedelta(seconds=1)
    )
    shorter = {**GOVERNED, "retain_until_date": found.retain_until_date - timedelta(days=1)}
    with pytest.raises(ObjectLockedError, match="governance mode until"):
        await client.set_object_retention(locked, "a b/ü", shorter, version_id=old)
    await client.set_object_retention(
        locked, "a b/ü", shorter, version_id=old, bypass_governance=True
    )
    await client.set_object_retention(locked, "a b/ü", found, version_id=old)


@by_bucket
@pytest.mark.needs("removing a retention")
async def test_removing_a_retention(client: AsyncMinIOClient, locked: str) -> None:
    """By those only who say so."""
    await client.put_object(locked, "a", b"1", retention=GOVERNED)
    with pytest.raises(ObjectLockedError):
        await client.set_object_retention(locked, "a", None)
    await client.set_object_retention(locked, "a", None, bypass_governance=True)
    assert await client.get_object_retention(locked, "a") is None


@unscoped
async def test_what_is_locked_stays(client: AsyncMinIOClient, locked: str) -> None:
    """A legal hold holds everybody off, governance mode all but those who pass it by."""
    held = (await client.put_object(locked, "held", b"1")).version_id
    await client.enable_object_legal_hold(locked, "held", version_id=held)
    assert await client.is_object_legal_hold_enabled(locked, "held", version_id=held)
    governed = (await client.put_object(locked, "governed", b"2", retention=GOVERNED)).version_id
    assert not await client.is_object_legal_hold_enabled(locked, "governed")
    found = await errors_of(
        client.delete_object(locked, "held", version_id=held),
        client.delete_object(locked, "held", version_id=held, bypass_governance=True),
        client.delete_object(locked, "governed", version_id=governed),
    )
    assert [type(error) for error in found] == [ObjectLockedError] * 3
    assert "a legal hold" in str(found[0])
    assert "governance mode until" in str(found[2])
    result = await client.delete_objects(locked, [("held", held), ("governed", governed)])
    assert [error.locked for error in result.errors] == [True, True]
    with pytest.raises(BucketNotEmptyError, match="it is locked"):
        await client.delete_bucket(locked, force=True)
    assert await client.get_object(locked, "held", version_id=held) == b"1"
    await client.disable_object_legal_hold(locked, "held", version_id=held)
    assert not await client.is_object_legal_hold_enabled(locked, "held", version_id=held)
    done = await client.delete_many([("governed", governed)], bucket=locked)
    assert [type(error) for error in done] == [ObjectLockedError]
    assert await client.delete_many([("governed", governed)], bucket=locked, bypass_governance=True)
    await client.put_object(locked, "governed", b"2", retention=GOVERNED)
    await client.delete_bucket(locked, force=True, bypass_governance=True)
    await client.create_bucket(locked)


@unscoped
async def test_uploads_that_are_locked_from_their_beginning(
    setting: Setting, client: AsyncMinIOClient, locked: str, bucket: str
) -> None:
    """The server has the lock; in a bucket without object lock nothing is stored."""
    await client.put_object(locked, "a", b"1", retention=dict(GOVERNED), legal_hold=True)
    seen = setting.s3.head_object(Bucket=setting.place(locked)[0], Key="a")
    assert (seen["ObjectLockMode"], seen["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")
    found = await client.get_object_metadata(locked, "a")
    assert found.legal_hold
    assert found.retention is not None
    assert found.retention.retain_until_date == seen["ObjectLockRetainUntilDate"]
    locks: list[Any] = [{"retention": GOVERNED}, {"legal_hold": True}]
    for lock in locks:
        with pytest.raises(ConflictError, match="object_lock=True"):
            await client.put_object(bucket, "a", b"1", **lock)
    assert not await client.object_exists(bucket, "a")


@by_bucket
@pytest.mark.needs("locks of uploads in parts")
async def test_an_upload_in_parts_that_is_locked(setting: Setting, locked: str) -> None:
    """As one in a single request."""
    client = setting.connect(multipart_threshold=5 * 2**20, part_size=5 * 2**20)
    await client.put_object(locked, "a", b"x" * (5 * 2**20 + 1), retention=GOVERNED)
    found = (await client.get_object_metadata(locked, "a")).retention
    assert found is not None
    assert found.mode == "GOVERNANCE"


@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_by_prefix_the_bucket_is_the_operator_s(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """The lock of a bucket is refused by name; an object is locked only where the shared bucket can."""
    found = await errors_of(
        client.create_bucket("other", object_lock=True),
        client.set_bucket_object_lock(bucket, ObjectLock()),
        client.get_bucket_object_lock(bucket),
        client.delete_bucket_object_lock(bucket),
    )
    assert [type(error) for error in found] == [NotSupportedError] * 4
    await client.put_object(bucket, "a", b"1")
    with pytest.raises(ConflictError, match="object_lock=True"):
        await client.enable_object_legal_hold(bucket, "a")
    with pytest.raises(ObjectNotFoundError):
        await client.is_object_legal_hold_enabled(bucket, "missing")
    with pytest.raises(MinIOError):
        await client.put_object(bucket, "b", b"1", legal_hold=True)
    assert not await client.object_exists(bucket, "b")
