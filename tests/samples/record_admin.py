"""The samples of MinIO's admin API beyond users and policies, which take a second MinIO."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from minio_sdk.credentials.sts import AssumeRoleProvider, WebIdentityProvider
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.replication import Replication, ReplicationRule
from minio_sdk.operations import admin_jobs as jobs
from minio_sdk.operations import admin_service as service
from minio_sdk.operations import admin_targets as targets
from minio_sdk.operations import buckets
from minio_sdk.operations.admin_identity import providers_in
from minio_sdk.operations.bucket_replication import DeleteBucketReplication, PutBucketReplication
from minio_sdk.operations.bucket_versioning import PutBucketVersioning
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.bearer import metrics_token
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.sealing import unseal
from minio_sdk.wire.url import quote_value
from tests import servers
from tests.identity import portal
from tests.samples import admin_more as more
from tests.samples import providers
from tests.servers import Server

if TYPE_CHECKING:
    from tests.samples.record import Recorder

Take = Callable[..., Reply]


class _Bearer:
    """What a request for metrics has in place of a signature."""

    def __init__(self, recorder: Recorder) -> None:
        endpoint, server = recorder.signing.endpoint, recorder.server
        token = metrics_token(Credentials(server.access_key, server.secret_key), time.time() + 60)
        self._headers = {"host": endpoint.host_header, "authorization": f"Bearer {token}"}

    def headers(self, _: Request) -> dict[str, str]:
        return self._headers


@contextlib.contextmanager
def peer(port: int, *drives: str, **more_environment: str) -> Iterator[tuple[Server, Path]]:
    """A MinIO of such drives in a folder of its own, with a KMS."""
    keys = more.PEER_KEYS
    environment = servers.clean_environment(
        MINIO_ROOT_USER=keys.access_key,
        MINIO_ROOT_PASSWORD=keys.secret_key,
        MINIO_KMS_SECRET_KEY="samples:" + base64.b64encode(bytes(32)).decode(),
        MINIO_CI_CD="1",
        MINIO_BROWSER="off",
        **more_environment,
    )
    folder = servers.new_folder()
    paths = [str(folder / drive) for drive in drives]
    command = [servers.find_minio(), "server", *paths, "--address", f"127.0.0.1:{port}"]
    process = servers.Guarded(command, folder, environment)
    try:
        process.wait_until(lambda _: servers.answers(port, "/minio/health/ready") or None)
        url = f"http://127.0.0.1:{port}"
        yield Server("minio", url, keys.access_key, keys.secret_key, ""), folder
    finally:
        process.stop()


def record_more(recorder: Recorder, take: Take, ask: Take) -> None:
    """Asked of MinIO only, by the samples' operator."""
    with peer(more.PEER_PORT, *(f"drive{number}" for number in range(1, 5))) as (other, _):
        away = _ready(recorder, other)
        for where, place in ((recorder, more.HERE), (away, more.THERE), (away, more.HERE)):
            where.ask(buckets.CreateBucket(place).request())
            where.ask(PutBucketVersioning(place, True).request())
        for case, operation in more.BEFORE.items():
            take(case, operation)
        exported = recorder.ask(service.AdminExportBuckets(more.HERE).request()).body
        take("AdminImportBuckets", service.AdminImportBuckets(more.HERE, exported))
        exported = take("AdminExportIAM", service.AdminExportIAM()).body
        take("AdminImportIAM", service.AdminImportIAM(exported))
        take(
            "AdminTrace",
            more.TRACE,
            meanwhile=lambda: ask(buckets.ListBuckets(more.HERE).request()),
        )
        take(
            "AdminConsoleLog", more.LOG, meanwhile=lambda: None
        )  # of the sites that were asked before
        take("AdminMetrics", more.METRICS, signing=_Bearer(recorder))
        take("AdminSpeedTest", more.SPEED)
        take("AdminDriveSpeedTest", more.DRIVES)
        take("AdminSpeedTest-full", replace(more.SPEED, size=1 << 42, concurrency=10_000))
        for case, operation in (("AdminTrace", more.TRACE), ("AdminConsoleLog", more.LOG)):
            take(f"{case}-denied", operation, signing=None, denied=True)
        _targets(recorder, take, ask)
        _jobs(recorder, take, ask)
        for case, operation in more.AT_PEER.items():
            away.take(case, operation)
        _healing(away)
        _session(away)
    with peer(servers.free_port(), "a{1...4}", "b{1...4}") as (other, folder):
        _pools(_ready(recorder, other), folder)
    record_identity(recorder)


def record_identity(recorder: Recorder) -> None:
    """Of a MinIO that knows one provider of OpenID Connect from its environment."""
    with portal(providers.PORTAL_PORT) as found:
        name = providers.NAME
        environment = {
            f"MINIO_IDENTITY_OPENID_CONFIG_URL_{name}": found.config_url,
            f"MINIO_IDENTITY_OPENID_CLIENT_ID_{name}": "minio",
            f"MINIO_IDENTITY_OPENID_CLIENT_SECRET_{name}": "secret-of-minio",
            f"MINIO_IDENTITY_OPENID_ROLE_POLICY_{name}": "readonly",
        }
        with peer(servers.free_port(), "drive", **environment) as (other, _):
            away = _ready(recorder, other)
            while not providers.known(away.ask(providers.LISTED.request()).body):
                time.sleep(0.1)
            listed = unseal(other.secret_key, away.ask(providers.LISTED.request()).body)
            role = {each.name: each.role_arn for each in providers_in(listed)}[name]
            token = found.token("ada", aud="minio")
            WebIdentityProvider(other.base_url, lambda: token, role_arn=role).fetch()
            for case, operation in providers.EACH.items():
                away.take(case, operation)


def _ready(recorder: Recorder, other: Server) -> Recorder:
    """What records from another server, once that answers."""
    away = type(recorder)(other)
    while away.ask(buckets.ListBuckets(more.THERE).request()).status == 503:
        time.sleep(0.1)
    return away


def _pools(away: Recorder, folder: Path) -> None:
    away.learn(str(folder), "/FOLDER")
    away.learn(quote_value(str(folder)), quote_value("/FOLDER"))
    names = (str(folder / drives) for drives in ("a{1...4}", "b{1...4}"))
    for case, operation in more.of_pools(*names).items():
        reply = away.take(case, operation)
        if case == "AdminStartRebalance":
            away.learn(operation.parse(reply), "REBALANCE-1")


def _targets(recorder: Recorder, take: Take, ask: Take) -> None:
    arn = more.TARGETS.parse(ask(more.TARGETS.request()))
    deployment = recorder.learn(arn.split(":")[4], "DEPLOYMENT-1")
    take("AdminSetRemoteTarget", more.TARGETS)
    take("AdminListRemoteTargets", targets.AdminListRemoteTargets(more.HERE))
    ask(more.change(deployment).request())
    ask(PutObject(more.HERE, "a b", b"x", {}).request())
    rule = ReplicationRule(destination=arn, id="all", priority=1)
    ask(PutBucketReplication(more.HERE, Replication(rules=(rule,))).request())
    take("AdminReplicationStatus", targets.AdminReplicationStatus(more.HERE))
    take("AdminStartResync-refused", targets.AdminStartResync(more.HERE, arn))
    rule = replace(rule, existing_objects=True)
    ask(PutBucketReplication(more.HERE, Replication(rules=(rule,))).request())
    take("AdminReplicationDiff", more.BACKLOG)
    reply = take("AdminStartResync", targets.AdminStartResync(more.HERE, arn))
    recorder.learn(json.loads(reply.body)["target"][0]["resetid"], "RESYNC-1")
    take("AdminResyncStatus", targets.AdminResyncStatus(more.HERE))
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


def _session(away: Recorder) -> None:
    provider = AssumeRoleProvider(more.PEER, more.PEER_KEYS.access_key, more.PEER_KEYS.secret_key)
    keys = provider.fetch()
    assert keys is not None
    away.learn(keys.access_key, "SESSION-1")
    away.take("AdminTemporaryAccountInfo", replace(more.SESSION, access_key=keys.access_key))


def _healing(away: Recorder) -> None:
    operation = jobs.AdminStartHeal(more.THERE, "", more.HEALING)
    reply = away.take("AdminStartHeal", operation)
    token = away.learn(operation.parse(reply), "TOKEN-1")
    time.sleep(1)
    away.take("AdminHealStatus", jobs.AdminHealStatus(more.THERE, "", token))
    away.take("AdminStopHeal", jobs.AdminStopHeal(more.THERE, ""))
