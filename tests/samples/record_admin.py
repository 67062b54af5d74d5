"""The samples of MinIO's admin API beyond users and policies, which take a second MinIO."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from minio_sdk.models.replication import Replication, ReplicationRule
from minio_sdk.operations import admin_jobs as jobs
from minio_sdk.operations import admin_service as service
from minio_sdk.operations import admin_targets as targets
from minio_sdk.operations import buckets
from minio_sdk.operations.bucket_replication import DeleteBucketReplication, PutBucketReplication
from minio_sdk.operations.bucket_versioning import PutBucketVersioning
from minio_sdk.wire.message import Reply
from tests import servers
from tests.samples import admin_more as more
from tests.servers import Server

if TYPE_CHECKING:
    from tests.samples.record import Recorder

Take = Callable[..., Reply]


@contextlib.contextmanager
def peer() -> Iterator[Server]:
    """A MinIO of four drives with a KMS, at a port that is written in samples."""
    keys = more.PEER_KEYS
    environment = servers._environment(
        MINIO_ROOT_USER=keys.access_key,
        MINIO_ROOT_PASSWORD=keys.secret_key,
        MINIO_KMS_SECRET_KEY="samples:" + base64.b64encode(bytes(32)).decode(),
        MINIO_CI_CD="1",
        MINIO_BROWSER="off",
    )
    folder = servers._folder()
    drives = [str(folder / f"drive{number}") for number in range(1, 5)]
    command = [servers.find_minio(), "server", *drives, "--address", f"127.0.0.1:{more.PEER_PORT}"]
    process = servers.Guarded(command, folder, environment)
    try:
        process.wait_until(lambda _: servers.answers(more.PEER_PORT, "/minio/health/ready") or None)
        yield Server("minio", more.PEER, keys.access_key, keys.secret_key, "")
    finally:
        process.stop()


def record_more(recorder: Recorder, take: Take, ask: Take) -> None:
    """Asked of MinIO only, by the samples' operator."""
    with peer() as other:
        away = type(recorder)(other)
        while away.ask(buckets.ListBuckets(more.THERE).request()).status == 503:
            time.sleep(0.1)
        for where, place in ((recorder, more.HERE), (away, more.THERE), (away, more.HERE)):
            where.ask(buckets.CreateBucket(place).request())
            where.ask(PutBucketVersioning(place, True).request())
        for case, operation in more.BEFORE.items():
            take(case, operation)
        exported = recorder.ask(service.AdminExportBuckets(more.HERE).request()).body
        take("AdminImportBuckets", service.AdminImportBuckets(more.HERE, exported))
        exported = take("AdminExportIAM", service.AdminExportIAM()).body
        take("AdminImportIAM", service.AdminImportIAM(exported))
        _targets(recorder, take, ask)
        _jobs(recorder, take, ask)
        for case, operation in more.AT_PEER.items():
            away.take(case, operation)
        _healing(away)


def _targets(recorder: Recorder, take: Take, ask: Take) -> None:
    arn = more.TARGETS.parse(ask(more.TARGETS.request()))
    deployment = recorder.learn(arn.split(":")[4], "DEPLOYMENT-1")
    take("AdminSetRemoteTarget", more.TARGETS)
    take("AdminListRemoteTargets", targets.AdminListRemoteTargets(more.HERE))
    ask(more.change(deployment).request())
    rule = ReplicationRule(destination=arn, id="all", priority=1)
    ask(PutBucketReplication(more.HERE, Replication(rules=(rule,))).request())
    take("AdminReplicationStatus", targets.AdminReplicationStatus(more.HERE))
    take("AdminRemoveRemoteTarget-in-use", targets.AdminRemoveRemoteTarget(more.HERE, arn))
    ask(DeleteBucketReplication(more.HERE).request())  # with which MinIO forgets the target, too
    arn = more.TARGETS.parse(ask(more.TARGETS.request()))
    recorder.learn(arn.split(":")[4], "DEPLOYMENT-1")
    take("AdminRemoveRemoteTarget", targets.AdminRemoveRemoteTarget(more.HERE, arn))
    take("AdminRemoveRemoteTarget-missing", targets.AdminRemoveRemoteTarget(more.HERE, arn))


def _jobs(recorder: Recorder, take: Take, ask: Take) -> None:
    start = jobs.AdminStartBatchJob(jobs.job_document(more.EXPIRY))
    job = start.parse(ask(start.request()))
    recorder.learn(job.id.removeprefix("expire-").partition(":")[0], "JOB-1")
    take("AdminListBatchJobs", jobs.AdminListBatchJobs("expire"))
    while ask(jobs.AdminBatchJobStatus(job.id).request()).status != 200:
        time.sleep(0.1)
    take("AdminBatchJobStatus", jobs.AdminBatchJobStatus(job.id))
    take("AdminDescribeBatchJob", jobs.AdminDescribeBatchJob(job.id))
    take("AdminCancelBatchJob", jobs.AdminCancelBatchJob(job.id))
    reply = take("AdminStartBatchJob", start)
    ask(jobs.AdminCancelBatchJob(json.loads(reply.body)["id"]).request())


def _healing(away: Recorder) -> None:
    operation = jobs.AdminStartHeal(more.THERE, "", more.HEALING)
    reply = away.take("AdminStartHeal", operation)
    token = away.learn(operation.parse(reply), "TOKEN-1")
    time.sleep(1)
    away.take("AdminHealStatus", jobs.AdminHealStatus(more.THERE, "", token))
    away.take("AdminStopHeal", jobs.AdminStopHeal(more.THERE, ""))
