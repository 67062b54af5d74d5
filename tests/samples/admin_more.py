"""What is asked in the samples of the admin API beyond users and policies, and of whom."""

from __future__ import annotations

from typing import Any

from minio_sdk import MinIOTier, RemoteTarget, Site, SitePeer
from minio_sdk.models.credentials import Credentials
from minio_sdk.operation import WHOLE_SERVER, Operation, Place
from minio_sdk.operations import admin_access as access
from minio_sdk.operations import admin_accounts as accounts
from minio_sdk.operations import admin_backlog as backlog
from minio_sdk.operations import admin_config as config
from minio_sdk.operations import admin_jobs as jobs
from minio_sdk.operations import admin_live as live
from minio_sdk.operations import admin_metrics as metrics
from minio_sdk.operations import admin_policies as policies
from minio_sdk.operations import admin_pools as pools
from minio_sdk.operations import admin_service as service
from minio_sdk.operations import admin_sites as sites
from minio_sdk.operations import admin_speed as speed
from minio_sdk.operations import admin_targets as targets
from minio_sdk.operations import admin_tiers as tiers
from tests.samples.admin import sealed

PEER_PORT = 29871
PEER = f"http://127.0.0.1:{PEER_PORT}"
"""Another MinIO of four drives, while samples are recorded."""
PEER_KEYS = Credentials("samples-peer", "secret-of-the-peer")
TRACE = live.AdminTrace(("s3",))
SPEED = speed.AdminSpeedTest(4096, 1, 1)
DRIVES = speed.AdminDriveSpeedTest(1 << 20, 1 << 16)
LOG = live.AdminConsoleLog(last=1)
METRICS = metrics.AdminMetrics("resource")
POOLS = ("/FOLDER/a{1...4}", "/FOLDER/b{1...4}")
HERE = Place("source", "acme-source", "", "/acme-source")
BACKLOG = backlog.AdminReplicationDiff(HERE, prefix="a ")
THERE = Place("elsewhere", "elsewhere", "", "/elsewhere")
COLD = MinIOTier(
    name="COLD", endpoint=PEER, bucket="elsewhere", prefix="cold/",
    access_key=PEER_KEYS.access_key, secret_key=PEER_KEYS.secret_key,
)  # fmt: skip
LOST = MinIOTier(
    name="LOST", endpoint=PEER, bucket="not-there",
    access_key=PEER_KEYS.access_key, secret_key=PEER_KEYS.secret_key,
)  # fmt: skip
EXPIRY = {
    "expire": {
        "apiVersion": "v1",
        "bucket": HERE.server_bucket,
        "rules": [{"type": "object", "olderThan": "7d", "purge": {"retainVersions": 0}}],
    }
}
HEALING = jobs.heal_request(
    recursive=True, dry_run=True, remove_dangling=False, deep=False, update_parity=False
)
SESSION = accounts.AdminTemporaryAccountInfo("SESSION-1")
ARN = "arn:minio:replication::DEPLOYMENT-1:elsewhere"
JOB = "expire-JOB-1:-1"
KEYS: dict[str, Any] = {"access_key": PEER_KEYS.access_key, "secret_key": PEER_KEYS.secret_key}
TARGET = targets.target_request(endpoint=PEER, target_bucket="elsewhere", **KEYS)
TARGETS = targets.AdminSetRemoteTarget(HERE, sealed(TARGET))
SITES = [
    Site(name="one", endpoint=PEER, **KEYS),
    Site(name="two", endpoint="http://127.0.0.1:1", **KEYS),
]
PAIR = policies.association_request(["readwrite"], "uid=ada", None)

BEFORE: dict[str, Operation[Any]] = {
    "AdminConfigHelp": config.AdminConfigHelp("site"),
    "AdminConfigHelp-all": config.AdminConfigHelp(),
    "AdminConfigHelp-missing": config.AdminConfigHelp("nothing"),
    "AdminSetConfig": config.AdminSetConfig(
        sealed(config.config_line("scanner", None, {"speed": "slow"}, ["speed"]))
    ),
    "AdminSetConfig-restart": config.AdminSetConfig(
        sealed(config.config_line("site", None, {"comment": "samples, of MinIO"}, ["name", "region"]))
    ),
    "AdminSetConfig-bad": config.AdminSetConfig(
        sealed(config.config_line("scanner", None, {"speed": "odd"}, ["speed"]))
    ),
    "AdminGetConfig": config.AdminGetConfig("scanner"),
    "AdminGetConfig-several": config.AdminGetConfig("notify_webhook"),
    "AdminConfigHistory": config.AdminConfigHistory(2),
    "AdminResetConfig": config.AdminResetConfig(sealed(config.reset_line("scanner", None, ()))),
    "AdminRestoreConfig": config.AdminRestoreConfig("nothing"),
    "AdminClearConfigHistory": config.AdminClearConfigHistory("all"),
    "AdminExportConfig": config.AdminExportConfig(),
    "AdminImportConfig": config.AdminImportConfig(sealed(config.check_whole("site name=here\n"))),
    "AdminListTiers-none": tiers.AdminListTiers(),
    "AdminAddTier": tiers.AdminAddTier(sealed(tiers.tier_request(COLD))),
    "AdminAddTier-again": tiers.AdminAddTier(sealed(tiers.tier_request(COLD))),
    "AdminAddTier-refused": tiers.AdminAddTier(sealed(tiers.tier_request(LOST))),
    "AdminListTiers": tiers.AdminListTiers(),
    "AdminVerifyTier": tiers.AdminVerifyTier("COLD"),
    "AdminVerifyTier-missing": tiers.AdminVerifyTier("NOTHING"),
    "AdminEditTier": tiers.AdminEditTier(
        "COLD",
        sealed(
            tiers.tier_keys(**KEYS, account_key=None, credentials_json=None, aws_role=False)
        ),
    ),
    "AdminTierStats": tiers.AdminTierStats(),
    "AdminRemoveTier": tiers.AdminRemoveTier("COLD"),
    "AdminListRemoteTargets-none": targets.AdminListRemoteTargets(HERE),
    "AdminReplicationStatus-none": targets.AdminReplicationStatus(HERE),
    "AdminSiteReplication": sites.AdminSiteReplication(),
    "AdminSiteStatus": sites.AdminSiteStatus(),
    "AdminAddSites": sites.AdminAddSites(sealed(sites.sites_request(SITES))),
    "AdminSiteResync": sites.AdminSiteResync(
        SitePeer(name="one", endpoint=PEER, deployment_id="d")
    ),
    "AdminRemoveSites": sites.AdminRemoveSites(None),
    "AdminEditSite": sites.AdminEditSite(
        sealed(
            sites.peer_request(
                SitePeer(name="one", endpoint=PEER, deployment_id="d"),
                endpoint=None, synchronous=True, bandwidth_limit=None,
            )
        )
    ),
    "AdminRestart": service.AdminRestart(dry_run=True),
    "AdminStop": service.AdminStop(dry_run=True),
    "AdminFreeze": service.AdminFreeze(),
    "AdminUnfreeze": service.AdminUnfreeze(),
    "AdminUpdate": service.AdminUpdate("http://127.0.0.1:1/nothing", dry_run=True),
    "AdminProfile": service.AdminProfile(WHOLE_SERVER, ("goroutines",), 0.01),
    "AdminExportBuckets": service.AdminExportBuckets(HERE),
    "AdminListKMSKeys-none": service.AdminListKMSKeys("acme"),
    "AdminTemporaryAccountInfo-missing": accounts.AdminTemporaryAccountInfo("NOTHING"),
    "AdminRevokeTokens": access.AdminRevokeTokens("samples user", "app 1"),
    "AdminRevokeTokens-all": access.AdminRevokeTokens("samples user", everything=True),
    "AdminRevokeTokens-untyped": access.AdminRevokeTokens(),
    "AdminRevokeTokens-no-ldap": access.AdminRevokeTokens("ada", everything=True, provider="ldap"),
    "AdminKMSStatus-none": service.AdminKMSStatus(),
    "AdminCreateKMSKey-none": service.AdminCreateKMSKey("acme"),
    "AdminKMSKeyStatus-none": service.AdminKMSKeyStatus("acme"),
    "AdminAccountInfo": access.AdminAccountInfo(prefixes=True),
    "AdminPolicyEntities": access.AdminPolicyEntities(policies=["consoleAdmin"]),
    "AdminListAccessKeys": access.AdminListAccessKeys(["samples-operator"]),
    "AdminListAccessKeys-no-ldap": access.AdminListAccessKeys(["uid=ada"], ldap=True),
    "AdminAttachLDAPPolicy": policies.AdminAttachLDAPPolicy(sealed(PAIR)),
    "AdminDetachLDAPPolicy": policies.AdminDetachLDAPPolicy(sealed(PAIR)),
    "AdminStartHeal-one-drive": jobs.AdminStartHeal(HERE, "a/b", HEALING),
    "AdminTopLocks": jobs.AdminTopLocks(),
    "AdminForceUnlock": jobs.AdminForceUnlock(("acme-source/a b",)),
    "AdminStartBatchJob-bad": jobs.AdminStartBatchJob(b"expire: ["),
    "AdminReplicationDiff-none": backlog.AdminReplicationDiff(HERE),
    "AdminMetrics-denied": metrics.AdminMetrics("node"),
    "AdminListPools-none": pools.AdminListPools(),
    "AdminStartRebalance-none": pools.AdminStartRebalance(),
    "AdminBatchJobStatus-missing": jobs.AdminBatchJobStatus("expire-nothing"),
}  # fmt: skip
"""What needs nothing of an answer before it."""

AT_PEER: dict[str, Operation[Any]] = {
    "AdminBackgroundHealing": jobs.AdminBackgroundHealing(),
    "AdminKMSStatus": service.AdminKMSStatus(),
    "AdminKMSKeyStatus": service.AdminKMSKeyStatus(),
    "AdminListKMSKeys": service.AdminListKMSKeys(),
    "AdminKMSKeyStatus-missing": service.AdminKMSKeyStatus("nothing"),
    "AdminCreateKMSKey": service.AdminCreateKMSKey("acme"),
}
"""What is asked of a MinIO with four drives and a KMS."""


def of_pools(first: str, second: str) -> dict[str, Operation[Any]]:
    """What is asked of a MinIO with two pools of these names, in this order."""
    return {
        "AdminListPools": pools.AdminListPools(),
        "AdminRebalanceStatus-none": pools.AdminRebalanceStatus(),
        "AdminStopRebalance": pools.AdminStopRebalance(),
        "AdminStartRebalance": pools.AdminStartRebalance(),
        "AdminRebalanceStatus": pools.AdminRebalanceStatus(),
        "AdminPoolStatus-missing": pools.AdminPoolStatus("/nothing"),
        "AdminCancelDecommission-idle": pools.AdminCancelDecommission(first),
        "AdminStartDecommission": pools.AdminStartDecommission((first,)),
        "AdminStartDecommission-again": pools.AdminStartDecommission((second,)),
        "AdminStartRebalance-refused": pools.AdminStartRebalance(),
        "AdminPoolStatus": pools.AdminPoolStatus(first),
        "AdminCancelDecommission": pools.AdminCancelDecommission(first),
    }


def change(deployment: str) -> targets.AdminSetRemoteTarget:
    """A change of the remote target, whose ARN has the id of its deployment in it."""
    target = RemoteTarget(
        arn=ARN.replace("DEPLOYMENT-1", deployment), bucket="source",
        endpoint=PEER.removeprefix("http://"), target_bucket="elsewhere",
    )  # fmt: skip
    plain, changes = targets.target_change(
        target, keys=None, synchronous=True, bandwidth_limit=None, proxy=None, health_check=30
    )
    return targets.AdminSetRemoteTarget(HERE, sealed(plain), changes)
