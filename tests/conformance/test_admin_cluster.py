"""Healing, locks and batch jobs, on a cluster of two MinIOs with two drives each."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from minio_sdk import (
    AsyncMinIOClient,
    BatchJobStatus,
    HealedItem,
    HealStatus,
    MinIOError,
    NotFoundError,
    ValidationError,
)
from tests.conformance.admin_servers import client_of, eventually, outcome_of
from tests.conformance.setting import Setting
from tests.servers import Server

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.parametrize("tenancy", ["bucket"]),
]


@pytest.fixture
def tested_server(minio_two: Server) -> Server:
    return minio_two


# -- healing ---------------------------------------------------------------------------------------


async def healed(
    client: AsyncMinIOClient, bucket: str, prefix: str = "", **options: bool
) -> tuple[str, dict[str, HealedItem]]:
    """A run to its end: its token, and what was found by key, the bucket itself by none."""
    token = await client.admin.start_heal(bucket, prefix, **options)
    found: list[HealedItem] = []

    async def told() -> HealStatus:
        status = await client.admin.heal_status(token, bucket, prefix)
        found.extend(status.found)  # which is told once
        return status

    status = await eventually(told, lambda status: status.summary != "running")
    assert (status.summary, status.detail) == ("finished", "")
    assert status.started_at is not None
    assert abs(datetime.now(timezone.utc) - status.started_at) < timedelta(minutes=5)
    return token, {item.key: item for item in found}


def states(item: HealedItem) -> tuple[str, int, int, int]:
    """What it is, and how many drives have it right: before, after, and how many should."""
    return (item.kind, item.before, item.after, item.drives)


@pytest_asyncio.fixture
async def drives(client: AsyncMinIOClient) -> list[Path]:
    """The folders of the cluster's four drives."""
    nodes = (await client.admin.server_info()).nodes
    return [Path(urlsplit(drive.endpoint).path) for node in nodes for drive in node.drives]


async def test_what_a_drive_has_lost_is_healed(
    setting: Setting, client: AsyncMinIOClient, bucket: str, drives: list[Path]
) -> None:
    await client.put_object(bucket, "in/a b", b"x" * 1000)
    await client.put_object(bucket, "large", os.urandom(1 << 20))
    place = setting.place(bucket)[0]
    lost = drives[1] / place / "in" / "a b" / "xl.meta"
    kept = lost.read_bytes()
    shutil.rmtree(lost.parent)
    _, found = await healed(client, bucket, dry_run=True)
    assert set(found) == {"", "in/a b", "large"}
    assert {item.bucket for item in found.values()} == {bucket}
    assert states(found["in/a b"]) == ("object", 3, 3, 4)
    assert states(found["large"]) == ("object", 4, 4, 4)
    assert found["in/a b"].size == 1000
    assert not lost.exists()
    token, found = await healed(client, bucket, "in/")
    assert states(found[""]) == ("bucket", 4, 4, 4)
    assert states(found["in/a b"]) == ("object", 3, 4, 4)
    assert "large" not in found
    assert len(lost.read_bytes()) == len(kept)
    assert (await client.admin.heal_status(token, bucket, "in/")).found == ()  # told once
    with pytest.raises(MinIOError, match="token"):
        await client.admin.heal_status("another", bucket, "in/")

    (part,) = (drives[2] / place / "large").glob("*/part.1")
    damaged = bytearray(part.read_bytes())
    damaged[5000] ^= 255
    part.write_bytes(damaged)
    _, found = await healed(client, bucket, "large")
    assert states(found["large"]) == ("object", 4, 4, 4)  # not looked into
    _, found = await healed(client, bucket, "large", deep=True)
    assert states(found["large"]) == ("object", 3, 4, 4)
    assert part.read_bytes() != damaged

    shutil.rmtree(drives[0] / place)
    _, found = await healed(client, bucket, recursive=False)
    assert {key: states(item) for key, item in found.items()} == {"": ("bucket", 3, 4, 4)}
    assert (drives[0] / place).is_dir()
    for _ in range(2):
        await client.admin.stop_heal(bucket)  # there is none any more
    status = await client.admin.heal_status("another", bucket)
    assert (status.summary, status.started_at, status.found) == ("finished", None, ())


async def test_even_a_dry_run_removes_what_most_drives_know_nothing_of(
    setting: Setting, client: AsyncMinIOClient, bucket: str, drives: list[Path]
) -> None:
    """MinIO does so whatever it is told, which is why the documentation warns of it."""
    await client.put_object(bucket, "a", b"x")
    place = setting.place(bucket)[0]
    for drive in drives[:3]:
        shutil.rmtree(drive / place / "a")
    _, found = await healed(client, bucket, dry_run=True)
    assert "not found" in found["a"].detail
    assert states(found["a"]) == ("object", 0, 0, 0)
    assert not (drives[3] / place / "a").exists()


async def test_nothing_is_healed_in_the_background(client: AsyncMinIOClient) -> None:
    healing = await client.admin.background_healing()
    assert (healing.drives_ok, healing.drives_bad) == (4, 0)
    assert (healing.healing_drives, healing.offline_nodes) == ((), ())


# -- locks -----------------------------------------------------------------------------------------


async def test_a_lock_is_seen_and_taken_away(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Who reads an object holds one, here by reading no further."""
    await client.put_object(bucket, "large", os.urandom(32 << 20))
    resource = f"{setting.place(bucket)[0]}/large"
    reading = setting.s3.get_object(Bucket=setting.place(bucket)[0], Key="large")["Body"]
    reading.read(1)
    try:
        locks = await client.admin.top_locks(1000)
        (lock,) = [each for each in locks if each.resource == resource]
        nodes = {node.endpoint for node in (await client.admin.server_info()).nodes}
        assert (lock.kind, lock.quorum >= 1, bool(lock.id)) == ("READ", True, True)
        assert set(lock.servers) <= nodes
        assert lock.owner in nodes
        assert "GetObject" in lock.source
        assert lock.since is not None
        assert timedelta(0) < datetime.now(timezone.utc) - lock.since < timedelta(minutes=5)
        assert 0 < lock.elapsed < 300
        moments = [each.since for each in locks if each.since is not None]
        assert moments == sorted(moments)
        (oldest,) = await client.admin.top_locks(1)  # which may be of another test
        assert oldest.since is not None
        assert oldest.since <= lock.since
        await client.admin.force_unlock(resource, f"{resource}-of-nobody")
        left = await client.admin.top_locks(1000, stale=True)
        assert resource not in [each.resource for each in left]
    finally:
        reading.close()


# -- batch jobs ------------------------------------------------------------------------------------


async def ended(client: AsyncMinIOClient, job: dict[str, Any]) -> BatchJobStatus:
    """What became of a job that does all it should."""
    begun = await client.admin.start_batch_job(job)
    assert (begun.kind, begun.started_at is not None) == (*job, True)
    found = await outcome_of(client, begun)
    assert (found.id, found.kind, found.complete) == (begun.id, begun.kind, True)
    assert (found.failed, found.objects_failed, found.delete_markers_failed) == (False, 0, 0)
    assert (found.started_at, found.size_failed) == (begun.started_at, 0)
    return found


async def test_a_job_copies_a_bucket(
    setting: Setting,
    client: AsyncMinIOClient,
    bucket: str,
    minio: Server,
    cold: str,
    other_view: Any,
) -> None:
    other_view.put_bucket_versioning(Bucket=cold, VersioningConfiguration={"Status": "Enabled"})
    await client.set_bucket_versioning(bucket)
    for key in ("a", "a", "b"):
        await client.put_object(bucket, key, b"x" * 500)
    await client.delete_object(bucket, "b")
    target = {
        "type": "minio",
        "bucket": cold,
        "endpoint": minio.base_url,
        "credentials": {"accessKey": minio.access_key, "secretKey": minio.secret_key},
    }
    source = {"type": "minio", "bucket": setting.place(bucket)[0]}
    done = await ended(
        client, {"replicate": {"apiVersion": "v1", "source": source, "target": target}}
    )
    assert (done.objects, done.delete_markers, done.size, done.attempts) == (3, 1, 1500, 1)
    assert (done.last_bucket, done.last_key in ("a", "b")) == (source["bucket"], True)
    told = other_view.list_object_versions(Bucket=cold)
    assert (len(told["Versions"]), len(told["DeleteMarkers"])) == (3, 1)


async def test_a_job_removes_objects(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    for key in ("tmp/a", "tmp/b", "kept"):
        await client.put_object(bucket, key, b"x")
    rule = {"type": "object", "name": "tmp/*", "purge": {"retainVersions": 0}}
    place = setting.place(bucket)[0]
    done = await ended(client, {"expire": {"apiVersion": "v1", "bucket": place, "rules": [rule]}})
    assert (done.objects, done.last_bucket, done.size, done.attempts) == (2, place, 0, 0)
    operator = client_of(setting, setting.server)
    jobs = (await operator.admin.realtime_metrics("jobs", job=done.id)).total.jobs
    assert {id: told.objects for id, told in (jobs or {}).items()} == {done.id: 2}
    left = setting.s3.list_objects_v2(Bucket=place)["Contents"]
    assert [each["Key"] for each in left] == ["kept"]


@pytest.mark.parametrize("job", ["no-job", "expire-none"])
async def test_a_job_that_is_not_there(client: AsyncMinIOClient, job: str) -> None:
    with pytest.raises(NotFoundError):
        await client.admin.batch_job_status(job)
    with pytest.raises(ValidationError, match="expire-"):
        await client.admin.batch_job_status("none")
