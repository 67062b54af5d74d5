"""Configuration, tiers, jobs, replication and servers of MinIO, on servers that fail or lie; both clients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minio_sdk import (
    Admin,
    AuditRecord,
    BucketAccess,
    ConflictError,
    IntegrityError,
    MinIOError,
    MinIOTier,
    NotFoundError,
    NotSupportedError,
    ServerError,
    Site,
    ValidationError,
)
from tests.both import Connect, both
from tests.flows.admin_calls import ARN, MORE, ONCE, TARGET, Call, zipped
from tests.flows.test_admin import IS_MINIO, MINIO, asked, opened, quick, sealed, told
from tests.samples import admin_more as more
from tests.scripted import ScriptedServer, drop_before_reply, reply
from tests.test_secrecy import shown

__all__ = ["quick"]  # each test here is one of them, without Argon2id

NEVER = reply(204, headers=MINIO)


def said(document: Any, **headers: str) -> Any:
    return reply(200, json.dumps(document).encode(), headers={**MINIO, **headers})


# -- what is sent once -----------------------------------------------------------------------------


@both
@pytest.mark.parametrize("name", ONCE)
def test_what_could_do_harm_twice_is_sent_once(connect: Connect, name: str) -> None:
    for answer in (drop_before_reply(), reply(503, headers=MINIO)):
        with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
            with pytest.raises(MinIOError) as caught:
                ONCE[name](client)
            assert caught.value.attempts == 1
        assert len(asked(server)) == 1


@pytest.mark.parametrize(
    "name",
    [
        *(n for n in ONCE if n not in ("profile", "create_kms_key", "unfreeze_server")),
        "remove_tier",
    ],
)
def test_what_is_dangerous_says_so(name: str) -> None:
    if name.startswith("list_"):
        return
    text = " ".join((getattr(Admin, name).__doc__ or "").split())
    assert "Danger: " in text
    assert "sent once and never tried again" in text.replace(
        "never tried again:", "never tried again"
    )


@both
def test_a_reading_call_is_tried_again(connect: Connect) -> None:
    script = [IS_MINIO, reply(503, headers=MINIO), said([])]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.admin.list_tiers() == []


# -- bad arguments ---------------------------------------------------------------------------------

BAD: dict[str, Call] = {
    "subsystem": lambda client: client.admin.get_config("a b"),
    "target": lambda client: client.admin.get_config("site", target="a b"),
    "settings": lambda client: client.admin.set_config("site", {}),
    "a line": lambda client: client.admin.set_config("site", {"name": "a\nb"}),
    "names": lambda client: client.admin.reset_config("site", names="name"),
    "limit": lambda client: client.admin.config_history(0),
    "id": lambda client: client.admin.restore_config(""),
    "text": lambda client: client.admin.import_config(" "),
    "tier": lambda client: client.admin.add_tier("COLD"),  # type: ignore[arg-type]
    "tier name": lambda client: client.admin.remove_tier("cold"),
    "force": lambda client: client.admin.remove_tier("COLD", force=1),  # type: ignore[arg-type]
    "tier keys": lambda client: client.admin.edit_tier("COLD"),
    "job": lambda client: client.admin.start_batch_job({"delete": {}}),
    "kind": lambda client: client.admin.list_batch_jobs("x"),
    "job id": lambda client: client.admin.cancel_batch_job(""),
    "heal": lambda client: client.admin.start_heal(deep=1),  # type: ignore[arg-type]
    "heal bucket": lambda client: client.admin.start_heal("Docs!"),
    "heal prefix": lambda client: client.admin.start_heal("docs", "../x"),
    "token": lambda client: client.admin.heal_status(""),
    "locks": lambda client: client.admin.top_locks(0),
    "resources": lambda client: client.admin.force_unlock(),
    "endpoint": lambda client: client.admin.add_remote_target(
        "docs", **{**TARGET, "endpoint": "x"}
    ),
    "arn": lambda client: client.admin.remove_remote_target("docs", "x"),
    "nothing to change": lambda client: client.admin.edit_remote_target("docs", ARN),
    "half a pair": lambda client: client.admin.edit_remote_target("docs", ARN, access_key="k"),
    "one site": lambda client: client.admin.add_site_replication([more.SITES[0]]),
    "no site": lambda client: client.admin.remove_site_replication([]),
    "no change": lambda client: client.admin.edit_site_replication("one"),
    "dry run": lambda client: client.admin.stop_server(dry_run="yes"),  # type: ignore[arg-type]
    "url": lambda client: client.admin.update_server("file:///x"),
    "profile": lambda client: client.admin.profile("everything"),
    "longer than the timeout": lambda client: client.admin.profile(seconds=30),
    "all buckets": lambda client: client.admin.export_bucket_metadata(),
    "no zip": lambda client: client.admin.import_bucket_metadata(b"{}"),
    "a broken zip": lambda client: client.admin.import_iam(b"PK nothing"),
    "key": lambda client: client.admin.create_kms_key("a/b"),
    "prefixes": lambda client: client.admin.account_info(prefixes=1),  # type: ignore[arg-type]
    "users": lambda client: client.admin.list_access_keys([]),
    "users of no kind": lambda client: client.admin.list_access_keys(5),  # type: ignore[arg-type]
    "kinds": lambda client: client.admin.profile(None),  # type: ignore[arg-type]
    "sites": lambda client: client.admin.remove_site_replication(5),  # type: ignore[arg-type]
    "members": lambda client: client.admin.add_to_group("g", {"ada": 1}),
    "expiry": lambda client: client.admin.edit_site_replication("one", replicate_expiry=[]),  # type: ignore[arg-type]
    "prefix of no bucket": lambda client: client.admin.start_heal(prefix="in/"),
    "whole text": lambda client: client.admin.import_config("a b=\udc80"),
    "job text": lambda client: client.admin.start_batch_job("expire: \udc80"),
    "nobody": lambda client: client.admin.attach_ldap_policy("p"),
}


@both
@pytest.mark.parametrize("what", BAD)
def test_bad_arguments_are_refused_before_anything_is_sent(connect: Connect, what: str) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        with pytest.raises(ValidationError):
            BAD[what](client)
    assert server.requests == []


# -- tenants ---------------------------------------------------------------------------------------

OF_BUCKETS = [
    "start_heal", "add_remote_target", "list_remote_targets", "edit_remote_target",
    "remove_remote_target", "replication_status", "export_bucket_metadata", "import_bucket_metadata",
]  # fmt: skip


@both
@pytest.mark.parametrize("name", OF_BUCKETS)
def test_what_is_of_a_whole_bucket_is_refused_where_tenants_share_one(
    connect: Connect, name: str
) -> None:
    with ScriptedServer([]) as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(NotSupportedError, match="prefix"):
            MORE[name](client)


@both
def test_buckets_are_the_tenant_s(connect: Connect) -> None:
    info = {
        "AccountName": "ada",
        "Buckets": [{"name": "acme-docs", "access": {"read": True}}, {"name": "beta-docs"}],
    }
    healing = {"Summary": "finished", "Items": [{"type": "bucket", "bucket": "acme-docs"}]}
    script = [IS_MINIO, said(info), said({"clientToken": "t"}), said(healing)]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.admin.account_info().buckets == {"docs": BucketAccess(read=True, write=False)}
        token = client.admin.start_heal("docs", "a/b")
        status = client.admin.heal_status(token, "docs", "a/b")
        assert [item.bucket for item in status.found] == ["docs"]
    assert asked(server)[1:] == [
        "POST heal/acme-docs/a/b", "POST heal/acme-docs/a/b?clientToken=t"
    ]  # fmt: skip


@both
def test_a_file_with_another_tenant_s_bucket_is_not_sent(connect: Connect) -> None:
    for names in (["acme-docs/policy.json", "beta-docs/policy.json"], ["policy.json"], ["../x/y"]):
        with ScriptedServer([]) as server, connect(server) as client:
            with pytest.raises(ValidationError, match="no bucket of this tenant"):
                client.admin.import_bucket_metadata(zipped(*names))
    wrong = {"buckets": {"acme-docs": {"policy": {"error": "bad"}}, "beta-x": {"error": "odd"}}}
    with ScriptedServer([IS_MINIO, said(wrong)]) as server, connect(server) as client:
        errors = client.admin.import_bucket_metadata(zipped("acme-docs/policy.json"))
    assert errors == {"docs": {"policy": "bad"}, "***": {"": "odd"}}


# -- configuration ---------------------------------------------------------------------------------

HELP = said({"subSys": "scanner", "keysHelp": [{"key": "speed"}]})


@both
def test_a_setting_is_written_as_the_server_reads_it(connect: Connect) -> None:
    applied = reply(200, headers={**MINIO, "x-minio-config-applied": "true"})
    script = [IS_MINIO, HELP, applied, HELP, reply(200, headers=MINIO)]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.admin.set_config("scanner", {"speed": "slow"}) is False
        assert client.admin.set_config("scanner", {"speed": "slow"}) is True
    *_, last = server.requests
    from minio_sdk.wire.sealing import unseal
    from tests.both import SECRET_KEY

    assert unseal(SECRET_KEY, last.body) == b'scanner speed="slow"'


@both
def test_a_setting_that_there_isn_t_is_not_sent(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, HELP]) as server, connect(server) as client:
        with pytest.raises(ValidationError, match="has no 'sped'"):
            client.admin.set_config("scanner", {"sped": "the-secret"})
    assert asked(server) == ["GET help-config-kv?key=&subSys=scanner"]


@both
def test_an_answer_that_was_not_sealed_for_us_is_refused(connect: Connect) -> None:
    for answer in (sealed({}, "another-secret"), said({}), reply(200, b"", headers=MINIO)):
        with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
            with pytest.raises(IntegrityError):
                client.admin.get_config("site")


# -- tiers -----------------------------------------------------------------------------------------

EXISTS = told(409, "XMinioAdminTierAlreadyExists")


def _listed(tier: MinIOTier) -> Any:
    theirs = {"Endpoint": tier.endpoint, "AccessKey": tier.access_key, "SecretKey": "REDACTED",
              "Bucket": tier.bucket, "Prefix": tier.prefix}  # fmt: skip
    return said([{"Version": "v1", "Type": "minio", "Name": tier.name, "MinIO": theirs}])


@both
def test_a_tier_that_our_first_try_has_made_is_no_error(connect: Connect) -> None:
    script = [IS_MINIO, drop_before_reply(), EXISTS, _listed(more.COLD)]
    with ScriptedServer(script) as server, connect(server) as client:
        client.admin.add_tier(more.COLD)
    other = MinIOTier(**{**dict(more.COLD), "bucket": "another"})
    script = [IS_MINIO, drop_before_reply(), EXISTS, _listed(other)]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(ConflictError):
            client.admin.add_tier(more.COLD)
    with ScriptedServer([IS_MINIO, EXISTS]) as server, connect(server) as client:
        with pytest.raises(ConflictError):
            client.admin.add_tier(more.COLD)


# -- replication -----------------------------------------------------------------------------------


@both
def test_new_keys_of_a_target_come_with_where_it_is(connect: Connect) -> None:
    theirs = ARN.replace(":docs", ":acme-docs")
    target = {"arn": theirs, "sourcebucket": "acme-docs", "endpoint": "other:9000",
              "targetbucket": "acme-docs", "secure": True}  # fmt: skip
    script = [IS_MINIO, said([target]), said(theirs)]
    with ScriptedServer(script) as server, connect(server) as client:
        client.admin.edit_remote_target("docs", ARN, access_key="new", secret_key="new-secret")
    document = opened(server.requests[-1])
    assert (document["endpoint"], document["targetbucket"], document["secure"]) == (
        "other:9000", "acme-docs", True
    )  # fmt: skip
    assert document["credentials"] == {"accessKey": "new", "secretKey": "new-secret"}
    with ScriptedServer([IS_MINIO, said([])]) as server, connect(server) as client:
        with pytest.raises(NotFoundError, match="no remote target"):
            client.admin.edit_remote_target("docs", ARN, proxy=False)


@both
def test_targets_are_told_in_the_tenant_s_words(connect: Connect) -> None:
    found = [
        {"arn": f"arn:minio:replication::{n}:{bucket}", "targetbucket": bucket}
        for n, bucket in enumerate(["acme-copy", "beta-copy"])
    ]
    stats: dict[str, Any] = {"currStats": {"Stats": {"arn:minio:replication::1:beta-copy": {}}}}
    script = [IS_MINIO, said("arn:minio:replication::x:acme-copy"), said(found), said(stats)]
    with ScriptedServer(script) as server, connect(server) as client:
        arn = client.admin.add_remote_target("docs", **TARGET)
        (mine,) = client.admin.list_remote_targets("docs")
        status = client.admin.replication_status("docs")
    assert arn == "arn:minio:replication::x:copy"
    assert opened(server.requests[1])["targetbucket"] == "acme-copy"
    assert (mine.arn, mine.target_bucket) == ("arn:minio:replication::0:copy", "copy")
    assert status.targets == {}


@both
def test_a_target_that_our_first_try_has_removed_is_no_error(connect: Connect) -> None:
    missing = told(404, "XMinioAdminRemoteTargetNotFoundError")
    with (
        ScriptedServer([IS_MINIO, drop_before_reply(), missing]) as server,
        connect(server) as client,
    ):
        client.admin.remove_remote_target("docs", ARN)


@both
def test_no_arn_is_no_success(connect: Connect) -> None:
    for answer in (
        reply(200, b'""', headers=MINIO),
        reply(200, b"", headers=MINIO),
        said({"a": 1}),
    ):
        with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
            with pytest.raises(ServerError):
                client.admin.add_remote_target("docs", **TARGET)


@both
def test_a_site_is_changed_by_its_name(connect: Connect) -> None:
    info = {
        "enabled": True,
        "sites": [{"name": "one", "endpoint": "http://one", "deploymentID": "d1"}],
    }
    done = {"success": True, "status": "Cluster replication configuration updated successfully"}
    script = [IS_MINIO, said(info), said(done)]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.admin.edit_site_replication("one", synchronous=True).success
    document = opened(server.requests[-1])
    assert (document["deploymentID"], document["sync"], document["endpoint"]) == (
        "d1",
        "enable",
        "",
    )
    script = [IS_MINIO, said(info), said(done)]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.admin.edit_site_replication("one", replicate_expiry=True).success
    assert opened(server.requests[-1])["deploymentID"] == ""
    assert "enableILMExpiryReplication=true" in server.requests[-1].target
    with ScriptedServer([IS_MINIO, said(info)]) as server, connect(server) as client:
        with pytest.raises(NotFoundError, match="no site 'two'"):
            client.admin.edit_site_replication("two", endpoint="http://two")


# -- secrets and audits ----------------------------------------------------------------------------


@both
def test_secrets_are_nowhere_to_be_seen(connect: Connect) -> None:
    secret = "a-secret-of-theirs"
    target = {**TARGET, "secret_key": secret}
    sites = [
        more.SITES[0],
        Site(name="two", endpoint="http://two", access_key="k", secret_key=secret),
    ]
    job = {"replicate": {"target": {"credentials": {"secretKey": secret}}}}
    tier = MinIOTier(**{**dict(more.COLD), "secret_key": secret})
    calls: list[Call] = [
        lambda client: client.admin.add_remote_target("docs", **target),
        lambda client: client.admin.add_site_replication(sites),
        lambda client: client.admin.start_batch_job(job),
        lambda client: client.admin.add_tier(tier),
        lambda client: client.admin.edit_tier("COLD", access_key="k", secret_key=secret),
        lambda client: client.admin.import_config(f"notify_redis password={secret}"),
    ]
    records: list[AuditRecord] = []
    for call in calls:
        script = [IS_MINIO, told(400, "InvalidRequest")]
        with ScriptedServer(script) as server, connect(server, audit=records.append) as client:
            with pytest.raises(MinIOError) as caught:
                call(client)
        assert secret not in shown(caught.value)
        if call is not calls[2]:
            assert secret.encode() not in server.requests[-1].body
    assert secret not in repr(records)


@both
@pytest.mark.parametrize("value", ["a-secret-of-theirs", "a-secret speed=of-theirs", "a-secret\n"])
def test_a_secret_setting_is_nowhere_to_be_seen(connect: Connect, value: str) -> None:
    answers = [IS_MINIO, HELP, told(400, "InvalidRequest")]
    with ScriptedServer(answers, strict=False) as server, connect(server) as client:
        with pytest.raises(MinIOError) as caught:
            client.admin.set_config("scanner", {"comment": value})
    assert "a-secret" not in shown(caught.value)


@both
def test_an_audit_is_told_what_it_was_about(connect: Connect) -> None:
    records: list[AuditRecord] = []
    script = [IS_MINIO, HELP, reply(200, headers=MINIO), NEVER, NEVER]
    with ScriptedServer(script) as server, connect(server, audit=records.append) as client:
        client.admin.set_config("scanner", {"speed": "slow"})
        client.admin.remove_tier("COLD")
        client.admin.cancel_batch_job("j")
    told_of = [(record.operation, record.administered) for record in records[-3:]]
    assert told_of == [
        ("AdminSetConfig", ("subsystem:scanner",)),
        ("AdminRemoveTier", ("tier:COLD",)),
        ("AdminCancelBatchJob", ("id:j",)),
    ]


# -- answers that can't be -------------------------------------------------------------------------

ODD = {
    "nothing": b"",
    "text": b"<html>",
    "another kind": b'{"a": [1]}',
    "a list": b"[1]",
    "deep": b"[" * 9999,
}
PLAIN = [
    "config_help", "list_tiers", "tier_usage", "list_batch_jobs", "batch_job_status", "heal_status",
    "background_healing", "top_locks", "list_remote_targets", "replication_status",
    "site_replication", "site_replication_status", "export_bucket_metadata", "export_iam",
    "kms_status", "kms_key_status", "account_info", "restart_server", "start_batch_job", "start_heal",
]  # fmt: skip


@both
@pytest.mark.parametrize("what", ODD)
def test_odd_answers_are_errors_of_ours(connect: Connect, what: str) -> None:
    answers = [reply(200, ODD[what], headers=MINIO) for _ in PLAIN]
    with ScriptedServer([IS_MINIO, *answers]) as server, connect(server) as client:
        for name in PLAIN:
            try:
                MORE[name](client)
            except ServerError as error:
                assert (error.operation or "").startswith("Admin"), name
            else:  # an object that says none of it is one that says nothing
                assert what == "another kind", name
