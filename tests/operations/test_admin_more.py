"""MinIO's admin API beyond users and policies: golden requests, real answers."""

from __future__ import annotations

import base64
import hmac
import json
import zipfile
from dataclasses import replace
from datetime import datetime, timezone
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    AccessDeniedError,
    AzureTier,
    ConflictError,
    GCSTier,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    PolicyUsers,
    RemoteTarget,
    ReplicationCounts,
    S3Tier,
    ServerError,
    Site,
    SitePeer,
    SiteSummary,
    UserAccessKey,
    ValidationError,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.operation import WHOLE_SERVER, Operation, Place
from minio_sdk.operations import admin_access as access
from minio_sdk.operations import admin_config as config
from minio_sdk.operations import admin_jobs as jobs
from minio_sdk.operations import admin_service as service
from minio_sdk.operations import admin_sites as sites
from minio_sdk.operations import admin_targets as targets
from minio_sdk.operations import admin_tiers as tiers
from minio_sdk.operations.admin_accounts import account_in
from minio_sdk.operations.admin_backlog import version_in
from minio_sdk.wire.bearer import metrics_token
from minio_sdk.wire.message import Reply
from minio_sdk.wire.sealing import unseal
from minio_sdk.wire.xml import XmlError
from tests.samples import Asked, admin, answered, asked, refused, replayed
from tests.samples import admin_more as more

ALL = {**more.BEFORE, **more.AT_PEER}
DYNAMIC: dict[str, Operation[Any]] = {
    "AdminSetRemoteTarget": more.TARGETS,
    "AdminListRemoteTargets": targets.AdminListRemoteTargets(more.HERE),
    "AdminReplicationStatus": targets.AdminReplicationStatus(more.HERE),
    "AdminStartResync": targets.AdminStartResync(
        more.HERE, "arn:minio:replication::DEPLOYMENT-1:elsewhere"
    ),
    "AdminResyncStatus": targets.AdminResyncStatus(more.HERE),
    "AdminStartBatchJob": jobs.AdminStartBatchJob(jobs.job_document(more.EXPIRY)),
    "AdminListBatchJobs": jobs.AdminListBatchJobs("expire"),
    "AdminHealStatus": jobs.AdminHealStatus(more.THERE, "", "TOKEN-1"),
    "AdminStopHeal": jobs.AdminStopHeal(more.THERE, ""),
    "AdminStartHeal": jobs.AdminStartHeal(more.THERE, "", more.HEALING),
    "AdminBatchJobStatus": jobs.AdminBatchJobStatus(more.JOB),
    "AdminDescribeBatchJob": jobs.AdminDescribeBatchJob(more.JOB),
    "AdminCancelBatchJob": jobs.AdminCancelBatchJob(more.JOB),
    "AdminRemoveRemoteTarget": targets.AdminRemoveRemoteTarget(more.HERE, more.ARN),
    "AdminExportIAM": service.AdminExportIAM(),
    "AdminReplicationDiff": more.BACKLOG,
    "AdminMetrics": more.METRICS,
    **more.of_pools(*more.POOLS),
}

EACH: dict[str, Operation[Any]] = {**ALL, **DYNAMIC}


def result(case: str) -> Any:
    return replayed(case, "minio", EACH[case])


def opened(case: str) -> bytes:
    return unseal(admin.OPERATOR_SECRET, result(case))


@pytest.mark.parametrize("case", EACH)
def test_each_request_is_what_a_real_server_was_asked(case: str) -> None:
    assert Asked.of(EACH[case].request()) == asked(case)


@pytest.mark.parametrize("case", [c for c, op in ALL.items() if op.request().retry])
def test_what_is_tried_again_does_no_harm_twice(case: str) -> None:
    name = ALL[case].name
    assert not any(
        word in name for word in ("Restart", "Stop", "Freeze", "Update", "Reset", "Restore")
    )
    assert name not in ("AdminStartHeal", "AdminAddSites", "AdminRemoveSites", "AdminForceUnlock")


# -- configuration ---------------------------------------------------------------------------------


def test_the_settings_of_a_sub_system_are_told() -> None:
    names = {each.name: each for each in result("AdminConfigHelp")}
    assert set(names) == {"name", "region", "comment"}
    assert names["region"].kind == "string"
    several = {each.name for each in result("AdminConfigHelp-all") if each.multiple}
    assert {"notify_webhook", "identity_openid"} <= several
    error = refused("AdminConfigHelp-missing", "minio", ALL["AdminConfigHelp-missing"])
    assert "unknown sub-system" in error.message


def test_a_configuration_is_read() -> None:
    (scanner,) = config.configs_in(opened("AdminGetConfig"))
    assert (scanner.subsystem, scanner.target) == ("scanner", "")
    assert scanner.settings["speed"] == "slow"
    (webhook,) = config.configs_in(opened("AdminGetConfig-several"))
    assert webhook.settings["enable"] == "off"
    everything = config.text_in(opened("AdminExportConfig"))
    assert "scanner" in everything
    assert repr(everything) == "'***'"
    assert {each.subsystem for each in config.configs_in(everything.encode())} >= {"site", "api"}


def test_whether_a_restart_is_needed_is_told() -> None:
    assert result("AdminSetConfig") is False
    assert result("AdminSetConfig-restart") is True
    assert result("AdminResetConfig") is False
    error = refused("AdminSetConfig-bad", "minio", ALL["AdminSetConfig-bad"])
    assert error.message == "unknown 'odd' value"
    assert error.hint is None


def test_a_history_hides_what_was_set() -> None:
    first, second = config.changes_in(opened("AdminConfigHistory"))
    moments: list[Any] = [first.created_at, second.created_at]
    assert moments[0] < moments[1]
    assert 'comment="samples, of MinIO"' in second.text
    assert "samples" not in repr(second)
    error = refused("AdminRestoreConfig", "minio", ALL["AdminRestoreConfig"])
    assert isinstance(error, NotFoundError)


def test_secrets_variables_and_targets_are_understood() -> None:
    text = (
        b'# MINIO_NOTIFY_REDIS_ENABLE_q="on"\n'
        b'notify_redis:q address="a:1 b:2" password="x y" key= comment="say ""hi" format=namespace \n'
        b"# etcd enable=off \n\n"
    )
    redis, etcd = config.configs_in(text)
    assert (redis.subsystem, redis.target) == ("notify_redis", "q")
    assert redis.environment == {"MINIO_NOTIFY_REDIS_ENABLE_q": '"on"'}
    assert redis.settings == {
        "address": "a:1 b:2", "password": "x y", "key": "", "comment": 'say ""hi',
        "format": "namespace",
    }  # fmt: skip
    assert "x y" not in repr(redis)
    assert (etcd.subsystem, etcd.settings, etcd.environment) == ("etcd", {"enable": "off"}, {})
    for bad in (b"\xff", b"= nothing"):
        with pytest.raises(XmlError):
            config.configs_in(bad)


NAMES = ["endpoint", "auth_token", "queue_dir"]
VALUES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=20)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1))
def test_a_line_says_what_was_meant_or_is_refused(settings: dict[str, str]) -> None:
    try:
        line = config.config_line("notify_webhook", "q", config.written(settings), NAMES)
    except ValidationError as error:
        assert not any(len(v) > 3 and v in str(error) for v in settings.values())
        return
    # MinIO's own way: where ``name=`` of a known setting stands, one begins.
    text = line.decode().partition(" ")[2]
    names = [*NAMES, "enable", "comment"]
    starts = sorted(i for n in names if (i := text.find(f"{n}=")) >= 0)
    read = {}
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        name, value = text[start:end].strip().split("=", 1)
        read[name] = value.strip().removeprefix('"').removesuffix('"')
    assert read == settings


@pytest.mark.parametrize(
    "settings",
    [
        {}, "speed=slow", {"speed": None}, {"Speed": "x"}, {"a b": "x"}, {"speed": "a\nb"},
        {"speed": " a"}, {"speed": "'a"}, {"speed": 'a"'}, {"speed": 1.5}, {1: "x"},
    ],
)  # fmt: skip
def test_bad_settings_are_refused(settings: Any) -> None:
    with pytest.raises(ValidationError):
        config.written(settings)


def test_flags_and_numbers_are_written_as_minio_does() -> None:
    assert config.written({"enable": True, "a": False, "b": 5}) == {
        "enable": "on", "a": "off", "b": "5"
    }  # fmt: skip
    with pytest.raises(ValidationError, match="has no 'sped'"):
        config.config_line("scanner", None, {"sped": "x"}, ["speed"])
    with pytest.raises(ValidationError, match="would take for that setting"):
        config.config_line("site", None, {"comment": "my region=moon"}, ["region"])


# -- tiers -----------------------------------------------------------------------------------------


def test_a_tier_is_told_without_its_secret() -> None:
    (tier,) = result("AdminListTiers")
    assert tier == replace(more.COLD, secret_key="REDACTED")
    assert result("AdminListTiers-none") == []
    assert result("AdminTierStats") == {}
    again = refused("AdminAddTier-again", "minio", ALL["AdminAddTier-again"])
    assert isinstance(again, ConflictError)
    assert "Bucket not found" in str(
        refused("AdminAddTier-refused", "minio", ALL["AdminAddTier-refused"])
    )
    missing = refused("AdminVerifyTier-missing", "minio", ALL["AdminVerifyTier-missing"])
    assert isinstance(missing, NotFoundError)


TIERS = [
    more.COLD,
    S3Tier(name="A", bucket="b", access_key="k", secret_key="the-secret", storage_class="GLACIER_IR"),
    S3Tier(name="A", bucket="b", aws_role=True, region="eu-west-1"),
    AzureTier(name="A", bucket="b", account_name="n", account_key="the-secret"),
    AzureTier(
        name="A", bucket="b", account_name="n", directory_id="d", client_id="c",
        client_secret="the-secret", endpoint="https://x.example",
    ),
    GCSTier(name="A", bucket="b", credentials_json='{"key": "the-secret"}', prefix="p/"),
]  # fmt: skip


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: type(tier).__name__)
def test_each_kind_of_tier_is_read_as_it_is_written(tier: Any) -> None:
    said = tiers.tier_request(tier)
    assert "the-secret" not in repr(tier) + repr(said)
    (found,) = tiers.AdminListTiers().parse(Reply(200, {}, b"[" + said + b"]"))
    if isinstance(found, GCSTier):
        assert base64.b64decode(found.credentials_json).decode() == tier.credentials_json
        found = replace(found, credentials_json=tier.credentials_json)
    assert found == tier


@pytest.mark.parametrize(
    "make",
    [
        lambda: replace(more.COLD, name="cold"),
        lambda: replace(more.COLD, name="STANDARD"),
        lambda: replace(more.COLD, name="../X"),
        lambda: replace(more.COLD, bucket=""),
        lambda: replace(more.COLD, endpoint="cold.example.com"),
        lambda: replace(more.COLD, endpoint="http://u:p@cold"),
        lambda: replace(more.COLD, endpoint="http://cold/x"),
        lambda: replace(more.COLD, endpoint="http://cold:99999"),
        lambda: replace(more.COLD, prefix=5),  # type: ignore[arg-type]
        lambda: replace(more.COLD, secret_key=None),  # type: ignore[arg-type]
        lambda: S3Tier(name="A", bucket="b"),
        lambda: S3Tier(name="A", bucket="b", access_key="k", secret_key="s", aws_role=True),
        lambda: tiers.tier_request({"name": "COLD"}),
        lambda: tiers.AdminVerifyTier("a/b").request(),
        lambda: tiers.tier_keys(
            access_key="a", secret_key=None, account_key=None, credentials_json=None, aws_role=False
        ),
        lambda: tiers.tier_keys(
            access_key="a", secret_key="s", account_key="k", credentials_json=None, aws_role=False
        ),
        lambda: tiers.tier_keys(
            access_key=None,
            secret_key=None,
            account_key=None,
            credentials_json=None,
            aws_role=False,
        ),
    ],
)
def test_bad_tiers_are_refused(make: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        make()
    assert "u:p" not in str(caught.value)


def test_a_tier_of_no_kind_that_is_known_can_t_be_read() -> None:
    for told in (b'[{"Type": "tape", "Name": "A"}]', b'[{"Type": "minio", "Name": "a"}]', b"{}"):
        with pytest.raises(XmlError):
            tiers.AdminListTiers().parse(Reply(200, {}, told))


def test_what_lies_in_a_tier_is_told() -> None:
    told = [
        {
            "Name": "COLD",
            "Type": "minio",
            "Stats": {"totalSize": 5, "numVersions": 2, "numObjects": 1},
        }
    ]
    stats = tiers.AdminTierStats().parse(Reply(200, {}, json.dumps(told).encode()))
    assert dict(stats["COLD"]) == {
        "name": "COLD", "kind": "minio", "size": 5, "objects": 1, "versions": 2
    }  # fmt: skip


# -- batch jobs, healing and locks -----------------------------------------------------------------


@pytest.mark.parametrize("id", ["", "j", "-j", "expire-", "Expire-j"])
def test_what_is_no_id_of_a_job_is_not_asked_about(id: str) -> None:
    with pytest.raises(ValidationError):
        jobs.AdminBatchJobStatus(id).request()


def test_a_job_of_a_kind_that_minio_does_not_know_is_missing() -> None:
    words = "We encountered an internal error, please try again.: cause(job ID format unrecognized)"
    body = json.dumps({"Code": "InternalError", "Message": words}).encode()
    error = jobs.AdminBatchJobStatus("no-j").failure(Reply(500, {}, body))
    assert isinstance(error, NotFoundError)
    assert "try again" not in str(error)
    assert not jobs.AdminBatchJobStatus("no-j").request().retry
    assert jobs.AdminBatchJobStatus("expire-j").request().retry
    other = jobs.AdminBatchJobStatus("no-j").failure(Reply(500, {}, b'{"Code": "InternalError"}'))
    assert isinstance(other, ServerError)


def test_a_batch_job_is_told() -> None:
    job = result("AdminStartBatchJob")
    assert job.id.startswith("expire-")
    assert (job.kind, job.user) == ("expire", admin.OPERATOR)
    assert more.JOB in [each.id for each in result("AdminListBatchJobs")]
    status = result("AdminBatchJobStatus")
    assert (status.id, status.kind, status.failed) == (more.JOB, "expire", False)
    assert status.started_at is not None
    document = result("AdminDescribeBatchJob")
    assert "olderThan" in document
    assert repr(document) == "'***'"
    missing = refused("AdminBatchJobStatus-missing", "minio", ALL["AdminBatchJobStatus-missing"])
    assert isinstance(missing, NotFoundError)
    assert "yaml" in str(refused("AdminStartBatchJob-bad", "minio", ALL["AdminStartBatchJob-bad"]))


def test_what_a_replicating_job_has_done_is_told() -> None:
    told = {
        "LastMetric": {
            "jobID": "replicate-x", "jobType": "replicate", "complete": True, "retryAttempts": 2,
            "replicate": {"objects": 3, "objectsFailed": 1, "bytesTransferred": 9, "lastObject": "k"},
        }
    }  # fmt: skip
    reply = Reply(200, {}, json.dumps(told).encode())
    status = jobs.AdminBatchJobStatus("replicate-x").parse(reply)
    assert (status.objects, status.objects_failed, status.size, status.last_key) == (3, 1, 9, "k")
    assert (status.complete, status.attempts) == (True, 2)


@pytest.mark.parametrize(
    "document", ["", b" ", {}, {"expire": {}, "replicate": {}}, {"x": 1}, 5, None]
)
def test_bad_jobs_are_refused(document: Any) -> None:
    with pytest.raises(ValidationError):
        jobs.job_document(document)


def test_a_document_is_never_part_of_a_message() -> None:
    for document in ({"replicate": {"secretKey": {"the-secret"}}}, {"the-secret": 1}):
        with pytest.raises(ValidationError) as caught:
            jobs.job_document(document)
        assert "the-secret" not in str(caught.value)
    assert "the-secret" not in repr(jobs.job_document("the-secret"))


def test_a_healing_run_is_told() -> None:
    assert result("AdminStartHeal")
    status = result("AdminHealStatus")
    assert status.summary == "finished"
    assert status.found[0].kind == "bucket"
    drives = [{"state": "ok"}, {"state": "offline"}]
    item = {"type": "object", "object": "k", "objectSize": -1, "before": {"drives": drives},
            "after": {"drives": [{"state": "ok"}] * 2}}  # fmt: skip
    body = json.dumps({"Summary": "running", "Items": [item]}).encode()
    (found,) = jobs.AdminHealStatus(more.THERE, "", "t").parse(Reply(200, {}, body)).found
    assert (found.before, found.after, found.drives, found.size) == (1, 2, 2, 0)
    soon = jobs.AdminHealStatus(more.THERE, "", "t").parse(
        Reply(200, {}, b'{"Summary": "not started"}')
    )
    assert soon.summary == "running"
    with pytest.raises(XmlError, match="overlaps"):
        jobs.AdminStartHeal(more.HERE, "", more.HEALING).parse(
            Reply(200, {}, b'  {"Code": "XMinioHealOverlappingPaths", "Message": "it overlaps"}')
        )
    for code in ("XMinioHealAlreadyRunning", "XMinioHealOverlappingPaths"):
        body = json.dumps({"Code": code, "Message": "no"}).encode()
        busy = jobs.AdminStartHeal(more.HERE, "", more.HEALING).failure(Reply(400, {}, body))
        assert isinstance(busy, ConflictError)
        assert busy.hint
    lacking = refused("AdminStartHeal-one-drive", "minio", ALL["AdminStartHeal-one-drive"])
    assert isinstance(lacking, NotSupportedError)
    healing = result("AdminBackgroundHealing")
    assert (healing.drives_ok, healing.drives_bad, healing.offline_nodes) == (4, 0, ())


@pytest.mark.parametrize("prefix", ["../x", "a/../../b", "./a", "/a", "a//b", "a/.."])
def test_a_prefix_can_t_become_another_call(prefix: str) -> None:
    with pytest.raises(ValidationError, match="prefix"):
        jobs.AdminStartHeal(more.HERE, prefix, more.HEALING).request()


def test_a_lock_is_told() -> None:
    told = [{"time": "2026-01-01T00:00:00Z", "elapsed": 1500000000, "resource": "b/k", "type": "WRITE",
             "serverlist": ["a:9000"], "owner": "o", "id": "i", "source": "s", "quorum": 3}]  # fmt: skip
    (lock,) = jobs.AdminTopLocks().parse(Reply(200, {}, json.dumps(told).encode()))
    assert (lock.resource, lock.kind, lock.elapsed, lock.servers) == (
        "b/k",
        "WRITE",
        1.5,
        ("a:9000",),
    )
    assert jobs.AdminTopLocks().parse(Reply(200, {}, b"null")) == []
    for resources in ((), ("a,b",), ("",)):
        with pytest.raises(ValidationError):
            jobs.AdminForceUnlock(resources).request()
    with pytest.raises(ValidationError):
        jobs.AdminTopLocks(0).request()


# -- replication -----------------------------------------------------------------------------------


def test_a_remote_target_is_told_without_its_secret() -> None:
    assert result("AdminSetRemoteTarget") == more.ARN
    (target,) = result("AdminListRemoteTargets")
    assert (target.arn, target.bucket, target.target_bucket) == (more.ARN, "source", "elsewhere")
    assert (target.endpoint, target.secure) == (more.PEER.removeprefix("http://"), False)
    assert (target.access_key, target.health_check) == (more.PEER_KEYS.access_key, 60.0)
    assert result("AdminListRemoteTargets-none") == []
    in_use = refused(
        "AdminRemoveRemoteTarget-in-use",
        "minio",
        targets.AdminRemoveRemoteTarget(more.HERE, more.ARN),
    )
    assert isinstance(in_use, ConflictError)
    missing = refused(
        "AdminRemoveRemoteTarget-missing",
        "minio",
        targets.AdminRemoveRemoteTarget(more.HERE, more.ARN),
    )
    assert isinstance(missing, NotFoundError)


def test_an_answer_about_another_tenant_s_bucket_is_refused() -> None:
    place = Place("source", "acme-source", "", "/acme-source", "acme")
    with pytest.raises(MinIOError, match="another bucket"):
        targets.AdminListRemoteTargets(place).parse(
            Reply(200, {}, b'[{"sourcebucket": "beta-source"}]')
        )


def test_a_change_of_a_target_keeps_where_it_is() -> None:
    operation = more.change("x")
    assert set(operation.changes_of) == {"sync", "healthcheck"}
    said = json.loads(unseal(admin.OPERATOR_SECRET, operation.sealed))
    assert said["endpoint"] == more.PEER.removeprefix("http://")
    assert (said["targetbucket"], said["replicationSync"]) == ("elsewhere", True)
    assert "update=true" in operation.request().query


BAD_TARGETS: list[dict[str, Any]] = [
    {"endpoint": "host:9000"}, {"endpoint": "http://h/path"}, {"endpoint": "http://u:p@h"},
    {"target_bucket": ""}, {"access_key": ""}, {"secret_key": None}, {"synchronous": 1},
    {"bandwidth_limit": 5}, {"bandwidth_limit": True}, {"proxy": None}, {"region": None},
    {"health_check": 0}, {"health_check": "1"}, {"storage_class": "a\nb"},
]  # fmt: skip


@pytest.mark.parametrize("change", BAD_TARGETS, ids=str)
def test_bad_targets_are_refused(change: dict[str, Any]) -> None:
    good = {"endpoint": more.PEER, "target_bucket": "elsewhere", **more.KEYS}
    with pytest.raises(ValidationError):
        targets.target_request(**{**good, **change})


def test_how_replication_is_doing_is_told() -> None:
    assert result("AdminReplicationStatus").uptime > 0
    missing = refused("AdminReplicationStatus-none", "minio", ALL["AdminReplicationStatus-none"])
    assert isinstance(missing, NotFoundError)
    failed = {"totals": {"count": 2, "bytes": 20}, "lastHour": {"count": 1, "bytes": 10}}
    stat = {"completedReplicationSize": 9, "replicationCount": 3, "failed": failed,
            "limitInBits": 100, "currentBandwidth": 1.5}  # fmt: skip
    queued = {"curr": {"count": 1.0, "bytes": 7.0}}
    told = {
        "uptime": 5,
        "currStats": {"Stats": {"arn:a": stat}, "queued": queued, "failed": failed},
    }
    reply = Reply(200, {}, json.dumps(told).encode())
    status = targets.AdminReplicationStatus(more.HERE).parse(reply)
    assert (status.uptime, status.queued_count, status.queued_size) == (5, 1, 7)
    assert (status.failed_count, status.failed_size) == (2, 20)
    assert status.targets == {
        "arn:a": ReplicationCounts(
            size=9, count=3, failed_size=20, failed_count=2, recent_failed_count=1,
            bandwidth_limit=100, bandwidth=1.5,
        )
    }  # fmt: skip


def test_a_resync_is_told() -> None:
    (begun,) = result("AdminStartResync")
    (run,) = result("AdminResyncStatus")
    assert (begun.status, begun.started, begun.updated) == ("", None, None)
    assert (run.arn, run.id, run.key) == (begun.arn, "RESYNC-1", "")
    assert run.status in ("Pending", "Ongoing", "Completed")
    assert run.started <= run.updated
    arn = "arn:minio:replication::DEPLOYMENT-1:elsewhere"
    no = refused("AdminStartResync-refused", "minio", targets.AdminStartResync(more.HERE, arn))
    assert isinstance(no, ConflictError)
    assert "existing_objects=True" in (no.hint or "")
    with pytest.raises(ValidationError, match="arn="):
        targets.AdminResyncStatus(more.HERE, "docs").request()


def test_sites_are_told() -> None:
    assert result("AdminSiteReplication").enabled is False
    assert result("AdminSiteStatus").sites == {}
    told = {
        "Enabled": True, "MaxBuckets": 2,
        "Sites": {"d1": {"name": "one"}, "d2": {"name": "two"}},
        "StatsSummary": {"d1": {"ReplicatedBuckets": 1, "TotalBucketsCount": 2}},
        "BucketStats": {
            "docs": {"d1": {"HasBucket": True}, "d2": {"HasBucket": False}},
            "same": {"d1": {"HasBucket": True}, "d2": {"HasBucket": True}},
        },
        "UserStats": {"ada": {"d1": {"HasUser": True, "PolicyMismatch": True}}},
    }  # fmt: skip
    status = sites.AdminSiteStatus().parse(Reply(200, {}, json.dumps(told).encode()))
    assert (status.enabled, status.buckets) == (True, 2)
    assert status.sites == {"d1": SiteSummary(name="one", buckets=1, buckets_total=2)}
    assert status.out_of_step == {"buckets": ("docs",), "users": ("ada",)}
    body = b"""{"enabled": true, "name": "one",
        "sites": [{"name": "two", "deploymentID": "d2", "sync": "enable"}]}"""
    info = sites.AdminSiteReplication().parse(Reply(200, {}, body))
    assert info.sites == (SitePeer(name="two", endpoint="", deployment_id="d2", synchronous=True),)


@pytest.mark.parametrize(
    ("body", "success"),
    [
        (b'{"success": true, "status": "Requested sites were configured"}', True),
        (b'{"success": false, "status": "Some", "errorDetail": "x"}', False),
        (b'{"status": "Requested site(s) were removed from cluster replication."}', True),
        (b'{"status": "Some site(s) could not be removed", "errorDetail": "x"}', False),
    ],
)
def test_what_became_of_a_change_of_sites_is_told(body: bytes, success: bool) -> None:
    assert sites.AdminRemoveSites(None).parse(Reply(200, {}, body)).success is success


def test_bad_sites_are_refused() -> None:
    one = more.SITES[0]
    for bad in ([], [one], one, "ab", [one, {"name": "two"}], [one, one],
                [one, replace(one, name="two")], [one, replace(one, endpoint="http://x")]):  # fmt: skip
        with pytest.raises(ValidationError):
            sites.sites_request(bad)
    with pytest.raises(ValidationError):
        sites.AdminRemoveSites(()).request()
    for fields in ({"name": ""}, {"endpoint": "x"}, {"secret_key": ""}, {"access_key": 5}):
        with pytest.raises(ValidationError):
            Site(**{**dict(one), **fields})
    assert one.secret_key not in repr(one) + repr(sites.sites_request(more.SITES))


# -- servers, exports, the KMS, accounts -----------------------------------------------------------


def test_what_servers_say_to_a_signal_is_told() -> None:
    (server,) = result("AdminRestart")
    assert (server.error, server.hanging_drives) == ("", ())
    assert result("AdminFreeze") == ()
    update = refused("AdminUpdate", "minio", ALL["AdminUpdate"])
    assert update.code == "MethodNotAllowed"
    told = {
        "results": [
            {"host": "a", "err": "busy", "waitingDrives": {"/d1": {}}, "currentVersion": "1"}
        ]
    }
    (found,) = service.AdminUpdate().parse(Reply(200, {}, json.dumps(told).encode()))
    assert (found.error, found.hanging_drives, found.current_version) == ("busy", ("/d1",), "1")


@pytest.mark.parametrize(
    "operation",
    [
        service.AdminRestart(dry_run="no"),  # type: ignore[arg-type]
        service.AdminUpdate(dry_run=0),  # type: ignore[arg-type]
        service.AdminUpdate("ftp://x"),
        service.AdminProfile(WHOLE_SERVER, (), 1),
        service.AdminProfile(WHOLE_SERVER, ("all",), 1),
        service.AdminProfile(WHOLE_SERVER, ("cpu",), 0),
        service.AdminCreateKMSKey("a/b"),
        service.AdminKMSKeyStatus(""),
        access.AdminListAccessKeys([]),
        access.AdminPolicyEntities(users="ada"),
        config.AdminConfigHistory(0),
        config.AdminGetConfig("a b"),
        config.AdminGetConfig("site", "a b"),
        jobs.AdminListBatchJobs("all"),
        targets.AdminRemoveRemoteTarget(more.HERE, "x"),
    ],
    ids=repr,
)
def test_bad_questions_are_refused(operation: Operation[Any]) -> None:
    with pytest.raises(ValidationError):
        operation.request()


@pytest.mark.parametrize("case", ["AdminProfile", "AdminExportBuckets", "AdminExportIAM"])
def test_files_are_zip_files(case: str) -> None:
    with zipfile.ZipFile(BytesIO(result(case))) as opened:
        assert opened.namelist()
    with pytest.raises(XmlError):
        EACH[case].parse(Reply(200, {}, b'{"Code": "x"}'))


def test_what_an_import_could_not_do_is_told() -> None:
    operation = service.AdminImportBuckets(more.HERE, asked("AdminImportBuckets").body)
    assert replayed("AdminImportBuckets", "minio", operation) == {}
    told = {"buckets": {"b": {"policy": {"isSet": True, "error": "bad"}, "tagging": {"isSet": True}},
                        "c": {"error": "no such bucket"}}}  # fmt: skip
    assert operation.parse(Reply(200, {}, json.dumps(told).encode())) == {
        "b": {"policy": "bad"}, "c": {"": "no such bucket"}
    }  # fmt: skip
    iam: Operation[Any] = service.AdminImportIAM(asked("AdminImportIAM").body)
    assert set(replayed("AdminImportIAM", "minio", iam)) == {
        "added",
        "removed",
        "skipped",
        "failed",
    }


def test_the_kms_is_told() -> None:
    status = result("AdminKMSStatus")
    assert status.default_key == "samples"
    assert set(status.endpoints.values()) == {"online"}
    assert result("AdminKMSKeyStatus").ok
    missing = result("AdminKMSKeyStatus-missing")
    assert not missing.ok
    assert result("AdminListKMSKeys") == ["samples"]
    for case in (
        "AdminCreateKMSKey", "AdminKMSStatus-none", "AdminKMSKeyStatus-none", "AdminListKMSKeys-none"
    ):  # fmt: skip
        assert isinstance(refused(case, "minio", ALL[case]), NotSupportedError), case


def test_a_session_is_told() -> None:
    sealed = replayed("AdminTemporaryAccountInfo", "minio", more.SESSION)
    session = account_in(unseal(more.PEER_KEYS.secret_key, sealed), "SESSION-1")
    assert (session.parent, session.enabled, session.policy) == ("samples-peer", True, None)
    assert session.expires_at is not None
    missing = refused(
        "AdminTemporaryAccountInfo-missing", "minio", ALL["AdminTemporaryAccountInfo-missing"]
    )
    assert isinstance(missing, NotFoundError)


def test_sessions_end() -> None:
    for case in ("AdminRevokeTokens", "AdminRevokeTokens-all"):
        assert replayed(case, "minio", ALL[case]) is None
    untyped = refused("AdminRevokeTokens-untyped", "minio", ALL["AdminRevokeTokens-untyped"])
    assert "everything=True" in (untyped.hint or "")
    elsewhere = refused("AdminRevokeTokens-no-ldap", "minio", ALL["AdminRevokeTokens-no-ldap"])
    assert isinstance(elsewhere, NotSupportedError)
    older = access.AdminRevokeTokens().failure(
        Reply(426, {}, b'{"Code": "XMinioAdminVersionMismatch"}')
    )
    assert isinstance(older, NotSupportedError)


def test_sessions_of_who_has_left_the_directory() -> None:
    """Of a distinguished name that isn't there, MinIO says nothing but that it has failed."""
    operation = access.AdminRevokeTokens("uid=ada", everything=True, provider="ldap")
    assert not operation.request().retry
    for status, code, there in ((500, "InternalError", True), (404, "XMinioAdminNoSuchUser", True),
                                (403, "AccessDenied", False)):  # fmt: skip
        error = operation.failure(Reply(status, {}, json.dumps({"Code": code}).encode()))
        assert isinstance(error, MinIOError)
        assert ("provider='builtin'" in (error.hint or "")) is there


def test_only_the_caller_s_own_sessions_are_ended_once() -> None:
    assert not access.AdminRevokeTokens(token_revoke_type="a").request().retry
    assert access.AdminRevokeTokens("ada", token_revoke_type="a").request().retry


def test_a_key_that_is_there_is_a_conflict() -> None:
    body = b'{"Code": "InternalError", "Message": "(key with given key ID already exits)"}'
    error = service.AdminCreateKMSKey("acme").failure(Reply(500, {}, body))
    assert isinstance(error, ConflictError)
    other = service.AdminCreateKMSKey("acme").failure(Reply(500, {}, b'{"Code": "InternalError"}'))
    assert isinstance(other, ServerError)


def test_an_update_that_is_refused_says_what_to_check() -> None:
    no = service.AdminUpdate().failure(Reply(405, {}, b'{"Code": "MethodNotAllowed"}'))
    assert isinstance(no, NotSupportedError)
    assert "MINIO_UPDATE" in (no.hint or "")
    broken = service.AdminUpdate().failure(Reply(500, {}, b'{"Code": "InternalError"}'))
    assert isinstance(broken, ServerError)


def test_what_is_wrong_with_a_configuration_is_not_what_could_not_be_opened() -> None:
    for message, hint in (
        ("JSON configuration provided is of incorrect format", True),
        ("JSON configuration provided is of incorrect format (sealed by others)", True),
        ("JSON configuration provided is of incorrect format (error importing users.json)", False),
        ("unknown 'warp' value", False),
    ):
        body = json.dumps({"Code": "XMinioAdminConfigBadJSON", "Message": message}).encode()
        error = config.AdminImportConfig(b"").failure(Reply(400, {}, body))
        assert isinstance(error, MinIOError)
        assert (error.message, bool(error.hint)) == (message, hint)


def test_an_account_is_told() -> None:
    info = result("AdminAccountInfo")
    assert info.name == admin.OPERATOR
    assert info.buckets["acme-source"].write
    assert info.policy["Statement"]


def test_whose_policies_are_whose_is_told() -> None:
    entities = access.entities_in(opened("AdminPolicyEntities"))
    assert entities.policies == {"consoleAdmin": PolicyUsers(users=(admin.OPERATOR,))}
    told = b"""{"userMappings": [{"user": "u", "policies": ["p"]}],
        "groupMappings": [{"group": "g", "policies": ["q"]}]}"""
    found = access.entities_in(told)
    assert (found.users, found.groups) == ({"u": ("p",)}, {"g": ("q",)})


def test_the_keys_of_users_are_told() -> None:
    assert admin.OPERATOR in access.access_keys_in(opened("AdminListAccessKeys"))
    told = b"""{"u": {"serviceAccounts": [{"accessKey": "A", "parentUser": "", "name": "n"}],
        "stsKeys": [{"accessKey": "B"}]}}"""
    keys = access.access_keys_in(told)["u"]
    assert keys.service_accounts == (UserAccessKey(access_key="A", parent="u", name="n"),)
    assert keys.temporary == (UserAccessKey(access_key="B", parent="u"),)
    for case in ("AdminListAccessKeys-no-ldap", "AdminAttachLDAPPolicy", "AdminDetachLDAPPolicy"):
        assert isinstance(refused(case, "minio", ALL[case]), NotSupportedError), case


def test_remote_targets_of_later_servers_are_read() -> None:
    body = b'[{"arn": "arn:x", "bandwidthlimit": 100000000, "latency": {"avg": 2000000}, "isOnline": true}]'
    (target,) = targets.AdminListRemoteTargets(more.HERE).parse(Reply(200, {}, body))
    assert target == RemoteTarget(
        arn="arn:x", bucket="source", endpoint="", target_bucket="", bandwidth_limit=10**8,
        latency=0.002, online=True,
    )  # fmt: skip


# -- pools -----------------------------------------------------------------------------------------


def test_pools_are_told() -> None:
    first, second = result("AdminListPools")
    assert (first.name, first.id, second.name, second.id) == (more.POOLS[0], 0, more.POOLS[1], 1)
    assert first.total > first.free > 0
    assert first.decommission is second.decommission is None
    emptied = result("AdminPoolStatus").decommission
    assert (emptied.status, emptied.started is None) == ("complete", False)
    assert emptied.free_before > 0
    for case in ("AdminListPools-none", "AdminStartRebalance-none"):
        assert isinstance(refused(case, "minio", EACH[case]), NotSupportedError)


@pytest.mark.parametrize(
    ("word", "status"),
    [("", "running"), ("complete", "complete"), ("failed", "failed"), ("canceled", "canceled")],
)
def test_each_state_of_a_decommission(word: str, status: str) -> None:
    run = {
        "startTime": "2026-01-31T12:00:00Z",
        "objectsDecommissioned": 3,
        "bytesDecommissioned": 9,
    }
    if word:
        run = {**run, "startTime": "0001-01-01T00:00:00Z", word: True}
    body = json.dumps({"cmdline": "/nothing", "decommissionInfo": run}).encode()
    found = EACH["AdminPoolStatus-missing"].parse(Reply(200, {}, body)).decommission
    assert (found.status, found.objects, found.size) == (status, 3, 9)
    assert (found.started is None) == bool(word)


def test_what_can_t_be_done_with_pools_has_its_error() -> None:
    for case, cls in (
        ("AdminPoolStatus-missing", NotFoundError),
        ("AdminCancelDecommission-idle", ConflictError),
        ("AdminRebalanceStatus-none", NotFoundError),
    ):
        assert isinstance(refused(case, "minio", EACH[case]), cls), case


def test_a_rebalance_is_told() -> None:
    status = result("AdminRebalanceStatus")
    assert status.id == "REBALANCE-1"
    assert [pool.status for pool in status.pools] == ["None", "None"]
    assert not status.running
    progress = {"objects": 2, "versions": 3, "bytes": 4, "elapsed": 10**9, "eta": -(2**63)}
    pools = [{"id": 0, "status": "Started", "used": 0.75, "progress": progress}]
    body = json.dumps({"ID": "r", "pools": pools}).encode()
    status = EACH["AdminRebalanceStatus"].parse(Reply(200, {}, body))
    (pool,) = status.pools
    assert (pool.objects, pool.versions, pool.size, pool.elapsed, pool.remaining) == (
        2,
        3,
        4,
        1,
        None,
    )
    assert status.running
    assert not replace(status, stopped=datetime.now(timezone.utc)).running


def test_what_is_no_site_gets_nothing() -> None:
    error = refused("AdminSiteResync", "minio", EACH["AdminSiteResync"])
    assert (error.status, "not enabled" in error.message) == (400, True)


# -- backlog and metrics ---------------------------------------------------------------------------


def test_a_version_of_a_real_backlog() -> None:
    assert result("AdminReplicationDiff") is None
    (line,) = answered("AdminReplicationDiff", "minio").body.splitlines()
    found = version_in(line)
    assert (found.key, found.status, found.replicated, dict(found.targets)) == ("a b", "", None, {})
    assert found.version_id
    assert found.last_modified
    none = refused("AdminReplicationDiff-none", "minio", EACH["AdminReplicationDiff-none"])
    assert isinstance(none, NotFoundError)


def test_metrics_are_text() -> None:
    text = result("AdminMetrics")
    assert "# TYPE minio_node_" in text
    denied = refused("AdminMetrics-denied", "minio", EACH["AdminMetrics-denied"])
    assert isinstance(denied, AccessDeniedError)
    for kind, body in (("text/html", b"<html>"), ("text/plain", b"\xff"), ("", b"")):
        with pytest.raises(XmlError):
            more.METRICS.parse(Reply(200, {"content-type": kind}, body))


def test_a_token_is_a_jwt_signed_with_the_secret_key() -> None:
    """Of RFC 7515's appendix there is none with HS512, so by another way than the code takes."""
    token = metrics_token(Credentials("AK", "the-secret"), 1_800_000_000.9)
    head, claims, mac = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    assert json.loads(head) == {"alg": "HS512", "typ": "JWT"}
    assert json.loads(claims) == {"exp": 1_800_000_000, "sub": "AK", "iss": "prometheus"}
    assert mac == hmac.digest(b"the-secret", token.rpartition(".")[0].encode(), "sha512")
    assert "=" not in token
    assert repr(token) == "'***'"
