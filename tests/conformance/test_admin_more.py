"""Configuration, tiers, remote targets, batch jobs and servers of a real MinIO."""

from __future__ import annotations

import asyncio

import pytest

from minio_sdk import AsyncMinIOClient, NotFoundError, NotSupportedError
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Users, policies, service accounts and quotas"),
    pytest.mark.needs("MinIO's admin API"),
]
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])


@one_tenancy
async def test_what_an_operator_reads_and_changes(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Nothing of it is in another test's way: the server is everybody's."""
    admin = client.admin
    assert "scanner" in [each.name for each in await admin.config_help()]
    assert await admin.set_config("scanner", {"speed": "slow", "comment": "a b=c"}) is False
    (scanner,) = await admin.get_config("scanner")
    assert scanner.settings["speed"] == "slow"
    assert await admin.reset_config("scanner") is False
    assert (await admin.config_history(1))[0].id
    for server in (
        *await admin.restart_server(dry_run=True),
        *await admin.stop_server(dry_run=True),
    ):
        assert not server.error
    info = await admin.account_info()
    for _ in range(100):  # MinIO remembers for a second which buckets there are
        if bucket in info.buckets:
            break
        await asyncio.sleep(0.1)
        info = await admin.account_info()
    assert info.buckets[bucket].write
    assert "acme-x" not in info.buckets
    assert not (await admin.site_replication()).enabled
    archive = await admin.export_bucket_metadata(bucket)
    assert await admin.import_bucket_metadata(archive) == {}
    assert (await admin.profile("goroutines", seconds=0.05)).startswith(b"PK")
    with pytest.raises(NotSupportedError):
        await admin.top_locks()


@one_tenancy
async def test_a_batch_job_is_worked_at(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    admin = client.admin
    rule = {"type": "object", "olderThan": "100d", "purge": {"retainVersions": 0}}
    whole = setting.place(bucket)[0]
    job = await admin.start_batch_job(
        {"expire": {"apiVersion": "v1", "bucket": whole, "rules": [rule]}}
    )
    assert whole in await admin.describe_batch_job(job.id)
    assert job.id in [each.id for each in await admin.list_batch_jobs("expire")]
    await admin.cancel_batch_job(job.id)
    with pytest.raises(NotFoundError):
        await admin.describe_batch_job(job.id)


@one_tenancy
async def test_a_bucket_is_replicated_to_a_remote_target(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    copy = setting.bucket("copy")
    await client.create_bucket(copy)
    for each in (bucket, copy):
        await client.set_bucket_versioning(each)
    arn = await client.admin.add_remote_target(
        bucket,
        endpoint=setting.server.base_url,
        target_bucket=copy,
        access_key=setting.server.access_key,
        secret_key=setting.server.secret_key,
    )
    (found,) = await client.admin.list_remote_targets(bucket)
    assert (found.arn, found.bucket, found.target_bucket) == (arn, bucket, copy)
    await client.admin.edit_remote_target(bucket, arn, health_check=30)
    assert (await client.admin.list_remote_targets(bucket))[0].health_check == 30
    await client.admin.remove_remote_target(bucket, arn)
    assert await client.admin.list_remote_targets(bucket) == []
    with pytest.raises(NotFoundError):
        await client.admin.replication_status(bucket)
    assert arn.endswith(f":{copy}")
