"""Each call of the admin API beyond users and policies, with good arguments."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from minio_sdk import MinIOClient
from tests.samples import admin_more as more

Call = Callable[[MinIOClient], object]


def zipped(*names: str) -> bytes:
    """A zip file with such entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return file.getvalue()


ARCHIVE = zipped("acme-docs/policy.json")
ARN = "arn:minio:replication::x:docs"
TARGET: dict[str, Any] = {"endpoint": "http://other:9000", "target_bucket": "copy", **more.KEYS}

ONCE: dict[str, Call] = {
    "reset_config": lambda client: client.admin.reset_config("scanner"),
    "restore_config": lambda client: client.admin.restore_config("r"),
    "import_config": lambda client: client.admin.import_config("site name=here"),
    "start_batch_job": lambda client: client.admin.start_batch_job(more.EXPIRY),
    "start_heal": lambda client: client.admin.start_heal("docs"),
    "force_unlock": lambda client: client.admin.force_unlock("docs/a"),
    "add_site_replication": lambda client: client.admin.add_site_replication(more.SITES),
    "remove_site_replication": lambda client: client.admin.remove_site_replication("one"),
    "restart_server": lambda client: client.admin.restart_server(),
    "stop_server": lambda client: client.admin.stop_server(),
    "freeze_server": lambda client: client.admin.freeze_server(),
    "unfreeze_server": lambda client: client.admin.unfreeze_server(),
    "update_server": lambda client: client.admin.update_server(),
    "speedtest": lambda client: client.admin.speedtest(),
    "drive_speedtest": lambda client: client.admin.drive_speedtest(),
    "network_speedtest": lambda client: client.admin.network_speedtest(),
    "site_speedtest": lambda client: client.admin.site_speedtest(),
    "start_decommission": lambda client: client.admin.start_decommission("/a{1...4}"),
    "cancel_decommission": lambda client: client.admin.cancel_decommission("/a{1...4}"),
    "start_rebalance": lambda client: client.admin.start_rebalance(),
    "profile": lambda client: client.admin.profile(seconds=1),
    "import_iam": lambda client: client.admin.import_iam(ARCHIVE),
    "create_kms_key": lambda client: client.admin.create_kms_key("acme"),
    "remove_identity_provider": lambda client: client.admin.remove_identity_provider("openid"),
    "revoke_tokens": lambda client: client.admin.revoke_tokens(everything=True),
    "list_access_keys": lambda client: client.admin.list_access_keys(),
    "list_ldap_access_keys": lambda client: client.admin.list_ldap_access_keys("uid=a"),
}
"""Those that are one request, which is sent once."""

MORE: dict[str, Call] = {
    **ONCE,
    "config_help": lambda client: client.admin.config_help(),
    "get_config": lambda client: client.admin.get_config("site"),
    "set_config": lambda client: client.admin.set_config("site", {"name": "here"}),
    "config_history": lambda client: client.admin.config_history(),
    "clear_config_history": lambda client: client.admin.clear_config_history("all"),
    "export_config": lambda client: client.admin.export_config(),
    "list_identity_providers": lambda client: client.admin.list_identity_providers(),
    "list_openid_access_keys": lambda client: client.admin.list_openid_access_keys(),
    "get_identity_provider": lambda client: client.admin.get_identity_provider("ldap"),
    "add_identity_provider": lambda client: client.admin.add_identity_provider(
        "openid", {"client_id": "minio"}, name="staff"
    ),
    "update_identity_provider": lambda client: client.admin.update_identity_provider(
        "ldap", {"enable": False}
    ),
    "add_tier": lambda client: client.admin.add_tier(more.COLD),
    "list_tiers": lambda client: client.admin.list_tiers(),
    "edit_tier": lambda client: client.admin.edit_tier("COLD", **more.KEYS),
    "remove_tier": lambda client: client.admin.remove_tier("COLD"),
    "verify_tier": lambda client: client.admin.verify_tier("COLD"),
    "tier_usage": lambda client: client.admin.tier_usage(),
    "list_batch_jobs": lambda client: client.admin.list_batch_jobs(),
    "batch_job_status": lambda client: client.admin.batch_job_status("expire-j"),
    "describe_batch_job": lambda client: client.admin.describe_batch_job("j"),
    "cancel_batch_job": lambda client: client.admin.cancel_batch_job("j"),
    "heal_status": lambda client: client.admin.heal_status("t"),
    "stop_heal": lambda client: client.admin.stop_heal(),
    "background_healing": lambda client: client.admin.background_healing(),
    "top_locks": lambda client: client.admin.top_locks(),
    "replication_backlog": lambda client: list(client.admin.replication_backlog("docs")),
    "list_pools": lambda client: client.admin.list_pools(),
    "pool_status": lambda client: client.admin.pool_status("/a{1...4}"),
    "rebalance_status": lambda client: client.admin.rebalance_status(),
    "stop_rebalance": lambda client: client.admin.stop_rebalance(),
    "add_remote_target": lambda client: client.admin.add_remote_target("docs", **TARGET),
    "list_remote_targets": lambda client: client.admin.list_remote_targets("docs"),
    "edit_remote_target": lambda client: client.admin.edit_remote_target("docs", ARN, proxy=False),
    "remove_remote_target": lambda client: client.admin.remove_remote_target("docs", ARN),
    "start_replication_resync": lambda client: client.admin.start_replication_resync("docs", ARN),
    "replication_resync_status": lambda client: client.admin.replication_resync_status("docs", ARN),
    "replication_status": lambda client: client.admin.replication_status("docs"),
    "site_replication": lambda client: client.admin.site_replication(),
    "site_replication_status": lambda client: client.admin.site_replication_status(),
    "edit_site_replication": lambda client: client.admin.edit_site_replication(
        "one", synchronous=True
    ),
    "start_site_resync": lambda client: client.admin.start_site_resync("one"),
    "cancel_site_resync": lambda client: client.admin.cancel_site_resync("one"),
    "site_resync_status": lambda client: client.admin.site_resync_status("one"),
    "export_bucket_metadata": lambda client: client.admin.export_bucket_metadata("docs"),
    "import_bucket_metadata": lambda client: client.admin.import_bucket_metadata(ARCHIVE),
    "inspect": lambda client: client.admin.inspect("docs", "a/xl.meta"),
    "export_iam": lambda client: client.admin.export_iam(),
    "kms_status": lambda client: client.admin.kms_status(),
    "kms_key_status": lambda client: client.admin.kms_key_status(),
    "list_kms_keys": lambda client: client.admin.list_kms_keys(),
    "get_temporary_account": lambda client: client.admin.get_temporary_account("SESSION"),
    "account_info": lambda client: client.admin.account_info(),
    "policy_entities": lambda client: client.admin.policy_entities(),
    "ldap_policy_entities": lambda client: client.admin.ldap_policy_entities(),
    "attach_ldap_policy": lambda client: client.admin.attach_ldap_policy("p", user="uid=a"),
    "detach_ldap_policy": lambda client: client.admin.detach_ldap_policy("p", group="cn=g"),
}
