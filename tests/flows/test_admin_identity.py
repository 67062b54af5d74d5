"""MinIO's identity providers on servers that fail or lie; both clients."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import (
    AuditRecord,
    ConflictError,
    NotFoundError,
    NotSupportedError,
    ServerError,
    ValidationError,
)
from minio_sdk.wire.sealing import unseal
from tests.both import SECRET_KEY, Connect, both
from tests.flows.test_admin import IS_MINIO, MINIO, asked, quick, sealed, told
from tests.flows.test_admin_more import said
from tests.scripted import ScriptedServer, Step, drop_before_reply, reply
from tests.test_secrecy import shown

__all__ = ["quick"]  # each test here is one of them, without Argon2id

SECRET = "can" + "ary-secret"
SETTINGS: dict[str, Any] = {"client_id": "minio", "client_secret": SECRET, "enable": True}
KEYS = ["client_id", "client_secret", "claim_name"]
HELP = said({"subSys": "identity_openid", "keysHelp": [{"key": key} for key in KEYS]})
DONE = reply(200, headers=MINIO)


@both
def test_settings_are_told_as_the_server_reads_them(connect: Connect) -> None:
    script = [IS_MINIO, HELP, DONE, HELP, DONE]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.admin.add_identity_provider("openid", SETTINGS, name="staff") is True
        assert client.admin.update_identity_provider("openid", {"claim_name": "role"}) is True
    assert asked(server) == [
        "GET help-config-kv?key=&subSys=identity_openid",
        "PUT idp-config/openid/staff",
        "GET help-config-kv?key=&subSys=identity_openid",
        "POST idp-config/openid/_",
    ]
    _, _, added, _, changed = server.requests
    assert unseal(SECRET_KEY, added.body) == (
        f'client_id="minio" client_secret="{SECRET}" enable="on"'.encode()
    )
    assert unseal(SECRET_KEY, changed.body) == b'claim_name="role"'


@both
def test_what_the_server_would_misread_is_not_sent(connect: Connect) -> None:
    for settings, words in (
        ({"client_ids": SECRET}, "has no 'client_ids'"),
        ({"client_id": f"claim_name={SECRET}"}, "would take for that setting"),
    ):
        with ScriptedServer([IS_MINIO, HELP]) as server, connect(server) as client:
            with pytest.raises(ValidationError, match=words) as caught:
                client.admin.add_identity_provider("openid", settings, name="staff")
        assert SECRET not in shown(caught.value)
        assert caught.value.operation == "AdminAddIdentityProvider"


@both
def test_no_secret_is_told_of_a_refusal_or_to_an_audit(connect: Connect) -> None:
    records: list[AuditRecord] = []
    refusal = told(400, "XMinioAdminConfigIDPCfgNameAlreadyExists")
    with ScriptedServer([IS_MINIO, HELP, refusal]) as server:
        with connect(server, audit=records.append) as client:
            with pytest.raises(ConflictError, match="update_identity_provider") as caught:
                client.admin.add_identity_provider("openid", SETTINGS, name="staff")
    assert SECRET not in f"{shown(caught.value)} {records}"
    assert records[-1].operation == "AdminAddIdentityProvider"


@both
def test_both_kinds_are_asked_for(connect: Connect) -> None:
    openid = [{"type": "openid", "name": "_"}, {"type": "openid", "name": "staff", "enabled": True}]
    directory = [{"type": "ldap", "name": "_", "enabled": True}]
    script: list[Step] = [IS_MINIO, sealed(openid), sealed(directory), sealed(None)]
    with ScriptedServer(script) as server, connect(server) as client:
        found = client.admin.list_identity_providers()
        assert [(each.kind, each.name, each.enabled) for each in found] == [
            ("openid", "", False), ("openid", "staff", True), ("ldap", "", True)
        ]  # fmt: skip
        assert client.admin.list_identity_providers("ldap") == []
    assert asked(server) == [
        "GET idp-config/openid", "GET idp-config/ldap", "GET idp-config/ldap"
    ]  # fmt: skip


@both
def test_an_answer_about_another_is_none(connect: Connect) -> None:
    others: list[Any] = [{"type": "openid", "name": "_"}, {"type": "ldap", "name": "staff"}, []]
    for other in others:
        with ScriptedServer([IS_MINIO, sealed(other)]) as server, connect(server) as client:
            with pytest.raises(ServerError):
                client.admin.get_identity_provider("openid", name="staff")


@both
def test_a_change_whose_answer_was_lost_is_made_again(connect: Connect) -> None:
    """MinIO knows nothing of the first until it is started again, and says yes once more."""
    script = [IS_MINIO, HELP, drop_before_reply(), DONE]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.admin.add_identity_provider("openid", SETTINGS) is True
    first, second = server.requests[2:]
    assert first.body == second.body


@both
def test_a_server_that_applies_a_change_at_once_is_believed(connect: Connect) -> None:
    applied = reply(200, headers={**MINIO, "x-minio-config-applied": "true"})
    with ScriptedServer([IS_MINIO, applied]) as server, connect(server) as client:
        assert client.admin.remove_identity_provider("openid") is False


@both
def test_none_of_that_name(connect: Connect) -> None:
    missing = told(400, "XMinioAdminNoSuchConfigTarget")
    with ScriptedServer([IS_MINIO, missing, missing]) as server, connect(server) as client:
        for call in (client.admin.get_identity_provider, client.admin.remove_identity_provider):
            with pytest.raises(NotFoundError):
                call("openid", name="staff")


@both
def test_a_server_without_openid_has_no_keys_of_its_users(connect: Connect) -> None:
    refusal = reply(400, b'{"Code": "OpenIDNotEnabled", "Message": "none"}', headers=MINIO)
    with ScriptedServer([IS_MINIO, refusal]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="OpenIDNotEnabled"):
            client.admin.list_openid_access_keys("ada", provider="")
    assert asked(server) == [
        "GET idp/openid/list-access-keys-bulk?configName=_&listType=all&users=ada"
    ]
