"""Configuration, tiers, jobs, replication and servers of MinIO, on servers that fail or lie; both clients."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from minio_sdk import (
    AccessDeniedError,
    Admin,
    AuditRecord,
    BucketAccess,
    ConflictError,
    IntegrityError,
    MinIOConnectionError,
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
from tests.samples import answered
from tests.scripted import ScriptedServer, Step, dribble, drop_before_reply, reply
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


@both
def test_sessions_of_others_are_ended_again_when_the_answer_is_lost(connect: Connect) -> None:
    script: list[Step] = [IS_MINIO, drop_before_reply(), reply(204, headers=MINIO)]
    with ScriptedServer(script) as server, connect(server) as client:
        client.admin.revoke_tokens("ada", token_revoke_type="app 1")
    call = "POST revoke-tokens/builtin?tokenRevokeType=app%201&user=ada"
    assert asked(server) == [call, call]


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
    "kind of provider": lambda client: client.admin.list_identity_providers("saml"),  # type: ignore[arg-type]
    "provider": lambda client: client.admin.get_identity_provider("openid", name="a b"),
    "provider of no kind": lambda client: client.admin.remove_identity_provider(None),  # type: ignore[arg-type]
    "two directories": lambda client: client.admin.add_identity_provider(
        "ldap", {"server_addr": "x"}, name="second"
    ),
    "provider's settings": lambda client: client.admin.update_identity_provider("openid", {}),
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
    "backlog prefix": lambda client: client.admin.replication_backlog("docs", 5),  # type: ignore[arg-type]
    "backlog arn": lambda client: client.admin.replication_backlog("docs", arn="x"),
    "resync": lambda client: client.admin.start_site_resync(""),
    "no change": lambda client: client.admin.edit_site_replication("one"),
    "dry run": lambda client: client.admin.stop_server(dry_run="yes"),  # type: ignore[arg-type]
    "url": lambda client: client.admin.update_server("file:///x"),
    "profile": lambda client: client.admin.profile("everything"),
    "longer than the timeout": lambda client: client.admin.profile(seconds=30),
    "all buckets": lambda client: client.admin.export_bucket_metadata(),
    "no zip": lambda client: client.admin.import_bucket_metadata(b"{}"),
    "a broken zip": lambda client: client.admin.import_iam(b"PK nothing"),
    "key": lambda client: client.admin.create_kms_key("a/b"),
    "speed size": lambda client: client.admin.speedtest(size=0),
    "speed seconds": lambda client: client.admin.speedtest(seconds=0.5),  # type: ignore[arg-type]
    "no seconds": lambda client: client.admin.speedtest(seconds=0),
    "speed at once": lambda client: client.admin.speedtest(concurrency=10**6),
    "autotune": lambda client: client.admin.speedtest(autotune=1),  # type: ignore[arg-type]
    "block": lambda client: client.admin.drive_speedtest(block_size=5000),
    "large block": lambda client: client.admin.drive_speedtest(block_size=1 << 40),
    "file": lambda client: client.admin.drive_speedtest(file_size=4096),
    "serial": lambda client: client.admin.drive_speedtest(serial=None),  # type: ignore[arg-type]
    "network seconds": lambda client: client.admin.network_speedtest(seconds=9),
    "no whole seconds": lambda client: client.admin.network_speedtest(seconds=10.0),  # type: ignore[arg-type]
    "beyond the timeout": lambda client: client.admin.site_speedtest(seconds=26),
    "resync of no site": lambda client: client.admin.site_resync_status(""),
    "kms prefix": lambda client: client.admin.list_kms_keys("a/"),
    "no kms prefix": lambda client: client.admin.list_kms_keys(None),  # type: ignore[arg-type]
    "session": lambda client: client.admin.get_temporary_account(""),
    "inspected path": lambda client: client.admin.inspect("docs", ""),
    "path that climbs": lambda client: client.admin.inspect("docs", "a/../../b"),
    "system of a tenant": lambda client: client.admin.inspect(
        ".minio.sys", "config/iam/format.json"
    ),
    "measured": lambda client: client.admin.realtime_metrics("sanner"),
    "measured by nobody": lambda client: client.admin.realtime_metrics([]),
    "measured by number": lambda client: client.admin.realtime_metrics([5]),  # type: ignore[list-item]
    "nodes": lambda client: client.admin.scanner_status("a,b"),
    "no node": lambda client: client.admin.scanner_status([""]),
    "drives": lambda client: client.admin.realtime_metrics(drives=5),  # type: ignore[arg-type]
    "metrics job": lambda client: client.admin.realtime_metrics(job=5),  # type: ignore[arg-type]
    "by node": lambda client: client.admin.realtime_metrics(by_node=1),  # type: ignore[arg-type]
    "by drive": lambda client: client.admin.watch_metrics(by_drive="x"),  # type: ignore[arg-type]
    "interval": lambda client: client.admin.watch_metrics(interval=0.5),
    "interval of text": lambda client: client.admin.watch_metrics(interval="1"),  # type: ignore[arg-type]
    "pool": lambda client: client.admin.pool_status("/a,/b"),
    "no pools": lambda client: client.admin.start_decommission([]),
    "a pool twice": lambda client: client.admin.start_decommission(["/a", "/a"]),
    "two pools": lambda client: client.admin.start_decommission("/a,/b"),
    "cancelled pool": lambda client: client.admin.cancel_decommission(0),  # type: ignore[arg-type]
    "prefixes": lambda client: client.admin.account_info(prefixes=1),  # type: ignore[arg-type]
    "users": lambda client: client.admin.list_access_keys([]),
    "users of no kind": lambda client: client.admin.list_access_keys(5),  # type: ignore[arg-type]
    "sessions of nobody": lambda client: client.admin.revoke_tokens("", everything=True),
    "sessions of no type": lambda client: client.admin.revoke_tokens("ada", token_revoke_type=""),
    "sessions of a long type": lambda client: client.admin.revoke_tokens(
        token_revoke_type="x" * 129
    ),
    "sessions of which type": lambda client: client.admin.revoke_tokens("ada"),
    "sessions of a type and all": lambda client: client.admin.revoke_tokens(
        token_revoke_type="app", everything=True
    ),
    "all sessions": lambda client: client.admin.revoke_tokens("ada", everything=1),  # type: ignore[arg-type]
    "sessions elsewhere": lambda client: client.admin.revoke_tokens(
        "ada",
        everything=True,
        provider="openid",  # type: ignore[arg-type]
    ),
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


@both
def test_what_is_wrong_is_named_as_it_is_called(connect: Connect) -> None:
    """And filters that let nothing through are none that let everything through."""
    with ScriptedServer([]) as server, connect(server, tenant_id=None) as client:
        for words, call in (
            ("prefix='a b'", lambda: client.admin.list_kms_keys("a b")),
            (r"nodes=\[\]", lambda: client.admin.scanner_status([])),
            (r"nodes=\[\]", lambda: client.admin.watch_metrics(nodes=[])),
            (r"drives=\[\]", lambda: client.admin.realtime_metrics(drives=[])),
            ("kinds=.*'all', or some of scanner", lambda: client.admin.realtime_metrics("x")),
            ("kinds=.*'all', or some of os", lambda: client.admin.trace(["all", "s3"])),
        ):
            with pytest.raises(ValidationError, match=f"^{words}"):
                call()
    assert server.requests == []


@both
def test_a_bad_bucket_elsewhere_is_named(connect: Connect) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        for name in ("BAD!", "", None):
            with pytest.raises(ValidationError, match=r"^target_bucket="):
                client.admin.add_remote_target("docs", **{**TARGET, "target_bucket": name})


# -- tenants ---------------------------------------------------------------------------------------

OF_BUCKETS = [
    "start_heal", "add_remote_target", "list_remote_targets", "edit_remote_target",
    "remove_remote_target", "replication_status", "export_bucket_metadata", "import_bucket_metadata",
    "start_replication_resync", "replication_resync_status", "replication_backlog", "inspect",
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


@both
def test_the_history_is_that_of_the_last_changes(connect: Connect) -> None:
    """Of more than it is asked for MinIO leaves out any, so it is asked for all."""
    changes = [
        {"restoreId": str(day), "createTime": f"2026-01-{day:02}T00:00:00Z", "data": "x"}
        for day in range(1, 21)
    ]
    script: list[Any] = [IS_MINIO, sealed(changes), sealed(changes[:2]), sealed(None)]
    with ScriptedServer(script) as server, connect(server) as client:
        assert [each.id for each in client.admin.config_history(3)] == ["18", "19", "20"]
        assert [each.id for each in client.admin.config_history(3)] == ["1", "2"]
        assert client.admin.config_history() == []
    assert asked(server) == ["GET list-config-history-kv?count=10000"] * 3


# -- tiers -----------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "keys",
    [{"account_key": "k"}, {"credentials_json": "{}"}, {"aws_role": True}],
    ids=lambda keys: next(iter(keys)),
)
def test_keys_of_another_kind_of_tier_are_not_sent(connect: Connect, keys: Any) -> None:
    """MinIO passes over them, and says that all went well."""
    of = {"Bucket": "b", "AccessKey": "k", "SecretKey": "REDACTED", "Endpoint": "https://s3.x"}
    cloud = {"Bucket": "b", "Creds": "x", "AccountName": "a", "AccountKey": "k"}
    listed = {
        "account_key": {"Type": "azure", "Name": "COLD", "Azure": cloud},
        "credentials_json": {"Type": "gcs", "Name": "COLD", "GCS": cloud},
        "aws_role": {"Type": "s3", "Name": "COLD", "S3": of},
    }
    fitting = listed.pop(next(iter(keys)))
    wrong = [said([{**each, "Name": "WARM"}, each]) for each in listed.values()]
    wrong.append(said([{"Type": "minio", "Name": "COLD", "MinIO": of}]))
    right = [
        said([fitting]),
        reply(204, headers=MINIO),
        said([]),
        told(404, "XMinioAdminTierNotFound"),
    ]
    with ScriptedServer([IS_MINIO, *wrong, *right]) as server, connect(server) as client:
        for _ in wrong:
            with pytest.raises(ValidationError, match="and COLD is a"):
                client.admin.edit_tier("COLD", **keys)
        client.admin.edit_tier("COLD", **keys)
        with pytest.raises(NotFoundError):
            client.admin.edit_tier("COLD", **keys)
    assert asked(server) == ["GET tier"] * 3 + ["GET tier", "POST tier/COLD"] * 2


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
def test_a_resync_is_told_in_the_tenant_s_words(connect: Connect) -> None:
    theirs = ARN.replace(":docs", ":acme-docs")
    run = {"arn": theirs, "resetid": "r", "bucket": "acme-docs", "object": "k", "replicationCount": 2,
           "resyncStatus": "Ongoing", "startTime": "2026-01-31T12:00:00Z",
           "endTime": "0001-01-01T00:00:00Z"}  # fmt: skip
    other = {"arn": ARN.replace(":docs", ":beta-docs"), "resetid": "s"}
    begun = {"target": [{"arn": theirs, "resetid": "r"}]}
    with ScriptedServer([IS_MINIO, said(begun), said({"target": [run, other]})]) as server:
        with connect(server) as client:
            started = client.admin.start_replication_resync("docs", ARN)
            (found,) = client.admin.replication_resync_status("docs")
    assert (started.arn, started.id, started.status) == (ARN, "r", "")
    assert (found.arn, found.key, found.count, found.status) == (ARN, "k", 2, "Ongoing")
    assert (str(found.started), found.updated) == ("2026-01-31 12:00:00+00:00", None)
    assert server.requests[1].method == "PUT"
    assert server.requests[1].target.startswith("/acme-docs?arn=arn%3A")


@both
def test_a_resync_of_something_else_is_no_success(connect: Connect) -> None:
    theirs = ARN.replace(":docs", ":acme-docs")
    odd: list[Any] = [
        {"target": None},
        {"target": [{"arn": ARN.replace(":docs", ":beta-docs")}]},
        {"target": [{"arn": theirs, "bucket": "beta-docs"}]},
        {"target": [{"arn": theirs, "replicationCount": -1}]},
    ]
    for answer in odd:
        with ScriptedServer([IS_MINIO, said(answer)]) as server, connect(server) as client:
            with pytest.raises(ServerError):
                client.admin.start_replication_resync("docs", ARN)
    with ScriptedServer([IS_MINIO, drop_before_reply()]) as server, connect(server) as client:
        with pytest.raises(MinIOError):  # asked once
            client.admin.start_replication_resync("docs", ARN)


def backlog_line(key: str, arn: str = ARN) -> bytes:
    targets = {arn.replace(":docs", ":acme-docs"): {"rStatus": "FAILED"}}
    version = {"object": key, "versionId": "v", "rStatus": "FAILED", "targets": targets}
    return json.dumps(version).encode() + b"\n"


@both
def test_a_backlog_is_told_line_by_line(connect: Connect) -> None:
    body = b"  " + backlog_line("in/a") + b" " + backlog_line("in/b") + b"   "
    answer = reply(200, body, headers=MINIO, chunked=True)
    for step in (answer, dribble(answer, step=7)):
        with ScriptedServer([IS_MINIO, step]) as server, connect(server) as client:
            found = list(client.admin.replication_backlog("docs", "in/", arn=ARN))
        assert [(each.key, each.status, dict(each.targets)) for each in found] == [
            ("in/a", "FAILED", {ARN: "FAILED"}), ("in/b", "FAILED", {ARN: "FAILED"})
        ]  # fmt: skip
    arn = ARN.replace(":docs", ":acme-docs").replace(":", "%3A")
    assert asked(server) == [f"POST replication/diff?arn={arn}&bucket=acme-docs&prefix=in%2F"]


@both
def test_a_backlog_that_breaks_off_is_not_taken_for_all_of_it(connect: Connect) -> None:
    whole = backlog_line("a")
    for rest, cls in (
        (b'{"object": "b", ', MinIOConnectionError),
        (b'{"error": {}}\n', ServerError),
        (b"<html>\n", ServerError),
        (b'{"object": ""}\n', ServerError),
    ):
        answer = reply(200, whole + rest, headers=MINIO, chunked=True)
        with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
            versions = iter(client.admin.replication_backlog("docs"))
            assert next(versions).key == "a"
            with pytest.raises(cls) as caught:
                next(versions)
            assert caught.value.operation == "AdminReplicationDiff"
    cut = reply(200, whole, headers=MINIO, content_length=len(whole) + 9)
    with ScriptedServer([IS_MINIO, cut]) as server, connect(server) as client:
        with pytest.raises(MinIOConnectionError):
            list(client.admin.replication_backlog("docs"))


@both
def test_another_tenant_s_backlog_is_not_told(connect: Connect) -> None:
    other = backlog_line("a").replace(b":acme-docs", b":beta-docs")
    for line, prefix in ((other, ""), (backlog_line("b"), "a")):
        answer = reply(200, line, headers=MINIO)
        with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
            with pytest.raises(ServerError):
                list(client.admin.replication_backlog("docs", prefix))


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


@both
def test_a_site_is_sent_everything_once_more(connect: Connect) -> None:
    peers = [{"name": "one", "endpoint": "http://one", "deploymentID": "d1"}]
    info = {"enabled": True, "sites": peers}
    begun = {"op": "start", "id": "r", "status": "Ongoing", "errorDetail": "partial",
             "buckets": [{"bucket": "docs", "errorDetail": "no target"}]}  # fmt: skip
    with ScriptedServer([IS_MINIO, said(info), said(begun)]) as server, connect(server) as client:
        run = client.admin.start_site_resync("one")
    assert (run.id, run.status, dict(run.errors)) == ("r", "Ongoing", {"docs": "no target"})
    assert json.loads(server.requests[-1].body) == peers[0]
    with ScriptedServer([IS_MINIO, said(info)]) as server, connect(server) as client:
        with pytest.raises(NotFoundError, match="no site 'two'"):
            client.admin.cancel_site_resync("two")
    for answer in (said(begun), said({"op": "cancel"}), drop_before_reply()):
        with ScriptedServer([IS_MINIO, said(info), answer]) as server, connect(server) as client:
            with pytest.raises(MinIOError):
                client.admin.cancel_site_resync("one")


# -- pools -----------------------------------------------------------------------------------------


@both
def test_pools_that_are_emptied_together(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, reply(200, headers=MINIO)]) as server, connect(server) as client:
        client.admin.start_decommission(["/b{1...4}", "/a{1...4}"])
    assert asked(server) == ["POST pools/decommission?pool=%2Fb%7B1...4%7D%2C%2Fa%7B1...4%7D"]


@both
def test_what_is_no_answer_about_a_pool_is_no_success(connect: Connect) -> None:
    calls: list[tuple[Any, Call]] = [
        ({"cmdline": "/other"}, MORE["pool_status"]),
        ([{"cmdline": "/a", "decommissionInfo": {"totalSize": -1}}], MORE["list_pools"]),
        ({"pools": "all"}, MORE["list_pools"]),
        ({}, MORE["start_rebalance"]),
        ({"ID": 5}, MORE["rebalance_status"]),
        ({"ID": "r", "pools": [{"used": "half"}]}, MORE["rebalance_status"]),
    ]
    for answer, call in calls:
        with ScriptedServer([IS_MINIO, said(answer)]) as server, connect(server) as client:
            with pytest.raises(ServerError):
                call(client)


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
    "start_replication_resync", "replication_resync_status",
    "site_replication", "site_replication_status", "export_bucket_metadata", "export_iam",
    "kms_status", "kms_key_status", "list_kms_keys", "account_info", "restart_server",
    "start_batch_job", "start_heal",
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


@both
def test_a_session_that_there_is_not_is_asked_for_once(connect: Connect) -> None:
    """MinIO has no code of its own for it, but one that is tried again elsewhere."""
    body = {"Code": "InternalError", "Message": "(Specified temporary account does not exist)"}
    missing = reply(500, json.dumps(body).encode(), headers=MINIO)
    with ScriptedServer([IS_MINIO, missing]) as server, connect(server) as client:
        with pytest.raises(NotFoundError, match="no such session"):
            client.admin.get_temporary_account("SESSION")
    with (
        ScriptedServer([IS_MINIO, told(500, "InternalError")]) as server,
        connect(server) as client,
    ):
        with pytest.raises(ServerError):
            client.admin.get_temporary_account("SESSION")


# -- what servers measure --------------------------------------------------------------------------

SITES = {"sites": [{"name": "there", "deploymentID": "d-2"}]}


@both
def test_a_site_s_resync_is_found_by_the_site_s_name(connect: Connect) -> None:
    run = {"resyncID": "r", "deplID": "d-2", "resyncStatus": "Completed", "failedBuckets": ["b"]}
    answers = [said({"aggregated": {"siteResync": run}}), said({"aggregated": {}})]
    for answer in answers:
        with ScriptedServer([IS_MINIO, said(SITES), answer]) as server, connect(server) as client:
            found = client.admin.site_resync_status("there")
        assert asked(server)[-1] == "GET metrics?by-depID=d-2&interval=10s&n=1&types=16"
        if answer is answers[0]:
            assert found is not None
            assert (found.id, found.status, found.failed_buckets) == ("r", "Completed", ("b",))
        else:
            assert found is None
    with ScriptedServer([IS_MINIO, said(SITES)]) as server, connect(server) as client:
        with pytest.raises(NotFoundError, match="elsewhere"):
            client.admin.site_resync_status("elsewhere")


@both
def test_what_is_measured_is_for_no_tenant(connect: Connect) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        for call in (
            lambda: client.admin.realtime_metrics(),
            lambda: client.admin.scanner_status(),
            lambda: client.admin.watch_metrics(),
        ):
            with pytest.raises(NotSupportedError, match="all tenants"):
                call()
    assert server.requests == []


@both
def test_servers_that_measure_nothing(connect: Connect) -> None:
    nobody: dict[str, Any] = {"hosts": None, "aggregated": {}, "final": True}
    with (
        ScriptedServer([IS_MINIO, said(nobody), said(nobody)]) as server,
        connect(server, tenant_id=None) as client,
    ):
        with pytest.raises(NotFoundError):
            client.admin.scanner_status("nowhere:1")
        with pytest.raises(ServerError, match="scanner"):
            client.admin.scanner_status()
    odd: list[Any] = [
        {},
        [],
        {"hosts": [5], "aggregated": {}},
        {"aggregated": {"scanner": []}},
        {"aggregated": {"scanner": {"life_time_ops": {"a": -1}}}},
        {"aggregated": {"disk": {"last_minute": {"operations": {"a": {"acc_time_ns": 10**400}}}}}},
        {"aggregated": {"disk": {"iostats": {"read_ticks": 10**400}}}},
        {"aggregated": {}, "by_host": {"a": {"rpc": {"byDestination": {"b": 5}}}}},
        {"aggregated": {}, "by_disk": {"a": None}, "errors": "x"},
    ]
    for answer in odd:
        with (
            ScriptedServer([IS_MINIO, said(answer)]) as server,
            connect(server, tenant_id=None) as client,
        ):
            with pytest.raises(ServerError):
                client.admin.realtime_metrics()


@both
def test_what_cannot_be_measured_says_why(connect: Connect) -> None:
    for answer in (said({}), said({"nodeResults": []}), said({"nodeResults": [{"tx": -1}]})):
        with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
            with pytest.raises(ServerError):
                client.admin.network_speedtest()
    lacks = told(501, "NotImplemented")
    with ScriptedServer([IS_MINIO, lacks, lacks]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="one server only"):
            client.admin.network_speedtest()
        with pytest.raises(NotSupportedError, match="no site replication"):
            client.admin.site_speedtest()
    refused = told(403, "AccessDenied")
    with ScriptedServer([IS_MINIO, refused]) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError):
            client.admin.site_speedtest()


@both
def test_what_is_read_of_drives(connect: Connect) -> None:
    found, nothing = (
        reply(200, answered(case, "minio").body, headers=MINIO)
        for case in ("AdminInspect", "AdminInspect-none")
    )
    with ScriptedServer([IS_MINIO, found, nothing]) as server, connect(server) as client:
        with zipfile.ZipFile(io.BytesIO(client.admin.inspect("docs", "a b/xl.meta"))) as archive:
            assert any(name.endswith("acme-docs/a b/xl.meta") for name in archive.namelist())
        with pytest.raises(NotFoundError):
            client.admin.inspect("docs", "nothing")
    assert asked(server)[0] == "GET inspect-data?file=a%20b%2Fxl.meta&volume=acme-docs"
    with ScriptedServer([IS_MINIO, found]) as server, connect(server, tenant_id=None) as client:
        client.admin.inspect(".minio.sys", "format.json")
    assert asked(server)[0] == "GET inspect-data?file=format.json&volume=.minio.sys"


@both
def test_what_was_read_of_drives_and_changed_is_refused(connect: Connect) -> None:
    body = answered("AdminInspect", "minio").body
    no_zip = AESGCM(bytes(32))
    tag = no_zip.encrypt(bytes(12), b"", b"")
    sealed = no_zip.encrypt(bytes(8) + b"\x01\0\0\0", b"no zip", b"\x80" + tag)
    for answer, error in (
        (body[:-1], IntegrityError),
        (b"\x01", IntegrityError),
        (b"<html>", ServerError),
        (b"\x01" + bytes(32) + sealed, ServerError),
    ):
        script = [IS_MINIO, reply(200, answer, headers=MINIO)]
        with ScriptedServer(script) as server, connect(server) as client:
            with pytest.raises(error) as caught:
                client.admin.inspect("docs", "a")
            assert caught.value.operation == "AdminInspect"
