"""Configuration, tiers, remote targets, batch jobs and servers of a real MinIO."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import threading
import zipfile

import pytest
import requests

from minio_sdk import (
    AccessDeniedError,
    AssumeRoleProvider,
    AsyncMinIOClient,
    ConflictError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
)
from tests.conformance.admin_servers import client_of, eventually
from tests.conformance.setting import Setting
from tests.servers import start_minio

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Users, policies, service accounts and quotas"),
    pytest.mark.needs("MinIO's admin API"),
]
without_tenant = pytest.mark.parametrize("tenancy", ["plain"])
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
    info = await eventually(  # MinIO remembers for a second which buckets there are
        admin.account_info, lambda info: bucket in info.buckets
    )
    assert info.buckets[bucket].write
    assert "acme-x" not in info.buckets
    assert not (await admin.site_replication()).enabled
    archive = await admin.export_bucket_metadata(bucket)
    assert await admin.import_bucket_metadata(archive) == {}
    await client.put_object(bucket, "a b", b"x")
    with zipfile.ZipFile(io.BytesIO(await admin.inspect(bucket, "a b/xl.meta"))) as opened:
        assert [name for name in opened.namelist() if name.endswith("/a b/xl.meta")]
    with pytest.raises(NotFoundError):
        await admin.inspect(bucket, "nothing")
    assert (await admin.profile("goroutines", seconds=0.05)).startswith(b"PK")
    with pytest.raises(NotSupportedError):
        await admin.top_locks()


@without_tenant
async def test_a_session_is_told(setting: Setting, client: AsyncMinIOClient) -> None:
    with pytest.raises(NotFoundError):
        await client.admin.get_temporary_account("NOTHING")
    name, secret = f"{setting.token}-ada", "a-secret-of-ada"
    await client.admin.add_user(name, secret)
    await client.admin.attach_policy("readwrite", user=name)
    reads = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::x/*"]}
    provider = AssumeRoleProvider(
        setting.server.base_url,
        name,
        secret,
        policy={"Version": "2012-10-17", "Statement": [reads]},
    )
    keys = await asyncio.to_thread(provider.fetch)
    assert keys is not None
    session = await client.admin.get_temporary_account(keys.access_key)
    assert (session.parent, session.expires_at) == (name, keys.expires_at)
    assert session.policy is not None
    assert session.policy["Statement"] == [reads]
    await client.admin.remove_user(name)


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


async def copy_of(setting: Setting, client: AsyncMinIOClient, bucket: str) -> str:
    """A bucket that it can be replicated to: both have versions now."""
    copy = setting.bucket("copy")
    await client.create_bucket(copy)
    for each in (bucket, copy):
        await client.set_bucket_versioning(each)
    return copy


async def targeted(setting: Setting, client: AsyncMinIOClient, bucket: str, copy: str) -> str:
    """The ARN of a remote target, which is another bucket of the same server."""
    return await client.admin.add_remote_target(
        bucket,
        endpoint=setting.server.base_url,
        target_bucket=copy,
        access_key=setting.server.access_key,
        secret_key=setting.server.secret_key,
    )


@one_tenancy
async def test_a_bucket_is_replicated_to_a_remote_target(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    copy = await copy_of(setting, client, bucket)
    arn = await targeted(setting, client, bucket, copy)
    (found,) = await client.admin.list_remote_targets(bucket)
    assert (found.arn, found.bucket, found.target_bucket) == (arn, bucket, copy)
    await client.admin.edit_remote_target(bucket, arn, health_check=30)
    assert (await client.admin.list_remote_targets(bucket))[0].health_check == 30
    rule = {"destination": arn, "existing_objects": True}
    await client.set_bucket_replication(bucket, {"rules": [rule]})
    begun = await client.admin.start_replication_resync(bucket, arn)
    (run,) = await client.admin.replication_resync_status(bucket, arn)
    assert (run.arn, run.id) == (begun.arn, begun.id) == (arn, begun.id)
    await client.delete_bucket_replication(bucket)  # with which MinIO forgets the target, too
    assert await client.admin.list_remote_targets(bucket) == []
    arn = await targeted(setting, client, bucket, copy)
    await client.admin.remove_remote_target(bucket, arn)
    assert await client.admin.list_remote_targets(bucket) == []
    with pytest.raises(NotFoundError):
        await client.admin.replication_status(bucket)
    assert arn.endswith(f":{copy}")


@pytest.mark.parametrize("style", ["sync"])
@without_tenant
async def test_how_fast_a_server_is(setting: Setting, client: AsyncMinIOClient) -> None:
    """While it measures it answers no other call, so only as long as it must."""
    speed = await client.admin.speedtest(size=4096, concurrency=1, seconds=1)
    assert speed.write.objects_per_second > 0
    (drive,) = await client.admin.drive_speedtest(file_size=1 << 16, block_size=1 << 16)
    assert (drive.error, drive.read > 0) == ("", True)


@without_tenant
async def test_what_a_server_does_is_told(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Requests of another client, of which only those that failed are asked for."""
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.02):
            setting.s3.list_objects_v2(Bucket=bucket)
            with pytest.raises(setting.s3.exceptions.NoSuchKey):
                setting.s3.get_object(Bucket=bucket, Key="a b/ü")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        entries = client.admin.trace(errors_only=True)
        entry = await entries.__anext__()
        while not entry.path.startswith(f"/{bucket}"):
            entry = await entries.__anext__()
    finally:
        done.set()
        thread.join()
    assert (entry.kind, entry.name, entry.method, entry.status) == (
        "s3",
        "s3.GetObject",
        "GET",
        404,
    )
    assert entry.path == f"/{bucket}/a b/ü"
    assert entry.request_headers["authorization"].startswith("AWS4-HMAC-SHA256")
    assert "AWS4-HMAC-SHA256" not in f"{entry!r} {entry}"


@without_tenant
async def test_what_a_server_logs_is_told(setting: Setting, client: AsyncMinIOClient) -> None:
    """What was logged before, too."""
    with pytest.raises(MinIOError):
        await client.admin.start_batch_job("expire: [")
    entries = client.admin.console_log(level="error", last=10_000)
    entry = await entries.__anext__()
    while entry.api != "StartBatchJob":
        entry = await entries.__anext__()
    assert "yaml" in entry.message
    assert entry.source


@pytest.mark.parametrize("style", ["sync"])
@without_tenant
async def test_a_pool_is_emptied(setting: Setting, client: AsyncMinIOClient) -> None:
    """On a MinIO of its own, which has two pools."""
    await client.admin.server_info()
    with pytest.raises(NotSupportedError):
        await client.admin.list_pools()
    with contextlib.ExitStack() as stack:
        server = start_minio(stack, drives=("a{1...4}", "b{1...4}"), MINIO_CI_CD="1")
        large = client_of(setting, server)
        await large.create_bucket("docs")
        for number in range(20):
            await large.put_object("docs", str(number), b"x")
        admin = large.admin
        assert await admin.start_rebalance() == (await admin.rebalance_status()).id
        await admin.stop_rebalance()
        assert (await admin.rebalance_status()).stopped
        first, second = await admin.list_pools()
        await admin.start_decommission(first.name)
        with pytest.raises(ConflictError):
            await admin.start_decommission(second.name)
        emptied = await eventually(
            lambda: admin.pool_status(first.name),
            lambda pool: pool.decommission is not None and pool.decommission.status != "running",
        )
        assert emptied.decommission is not None
        assert emptied.decommission.status == "complete"
        await admin.cancel_decommission(first.name)
        for number in range(20):
            assert await large.get_object("docs", str(number)) == b"x"


@one_tenancy
async def test_what_is_not_replicated_yet(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Nothing can be, since the bucket there is gone."""
    copy = await copy_of(setting, client, bucket)
    arn = await targeted(setting, client, bucket, copy)
    await client.set_bucket_replication(bucket, {"rules": [{"destination": arn}]})
    await client.delete_bucket(copy)
    put = await client.put_object(bucket, "a b/ü", b"x")
    (found,) = [each async for each in client.admin.replication_backlog(bucket, "a b/", arn=arn)]
    assert (found.key, found.version_id) == ("a b/ü", put.version_id)
    assert found.status in ("PENDING", "FAILED")
    assert list(found.targets) == [arn]
    assert [each async for each in client.admin.replication_backlog(bucket, "b")] == []


@without_tenant
async def test_prometheus_is_told_metrics(setting: Setting, client: AsyncMinIOClient) -> None:
    """Also by keys that may do nothing else."""
    reads = {"Effect": "Allow", "Action": ["admin:Prometheus"]}
    keys = await client.admin.add_service_account(
        policy={"Version": "2012-10-17", "Statement": [reads]}
    )
    watching = setting.connect(access_key=keys.access_key, secret_key=keys.secret_key)
    for kind, name in (
        ("cluster", "minio_cluster_"), ("node", "minio_node_"), ("resource", "minio_node_"),
    ):  # fmt: skip
        assert f"# TYPE {name}" in await watching.admin.metrics(kind)
    await watching.admin.metrics("bucket")
    _, *lines = (await watching.admin.prometheus_config("node")).splitlines()
    job = {
        name.strip("- "): json.loads(value) for name, _, value in (x.partition(": ") for x in lines)
    }
    (where,) = job["static_configs"][0]["targets"]
    headers = {"Authorization": f"Bearer {job['bearer_token']}"}
    got = requests.get(f"{job['scheme']}://{where}{job['metrics_path']}", headers=headers)
    assert "# TYPE minio_node_" in got.text
    await client.admin.remove_service_account(keys.access_key)
    with pytest.raises(AccessDeniedError):
        await watching.admin.metrics()
