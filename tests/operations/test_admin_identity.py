"""MinIO's identity providers: golden requests, real answers."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import (
    ConflictError,
    IdentityProvider,
    IdentityProviderConfig,
    MinIOError,
    NotFoundError,
    OpenIDUserAccessKeys,
    UserAccessKey,
    ValidationError,
)
from minio_sdk.operations import admin_identity as ops
from minio_sdk.wire.sealing import unseal
from minio_sdk.wire.xml import XmlError
from tests.samples import Asked, asked, providers, refused, replayed
from tests.samples.admin_more import PEER_KEYS


def opened(case: str) -> bytes:
    return unseal(PEER_KEYS.secret_key, replayed(case, "minio", providers.EACH[case]))


@pytest.mark.parametrize("case", providers.EACH)
def test_each_request_is_what_a_real_server_was_asked(case: str) -> None:
    assert Asked.of(providers.EACH[case].request()) == asked(case)


def test_only_a_removal_is_sent_once() -> None:
    once = {case for case, each in providers.EACH.items() if not each.request().retry}
    assert {case.partition("-")[0] for case in once} == {"AdminRemoveIdentityProvider"}


def test_settings_are_sealed() -> None:
    body = asked("AdminAddIdentityProvider").body
    assert (
        unseal(PEER_KEYS.secret_key, body)
        == (
            f'config_url="{providers.PORTAL}" client_id="guests" client_secret="secret-of-minio" '
            'role_policy="readonly"'
        ).encode()
    )
    assert (
        unseal(PEER_KEYS.secret_key, asked("AdminUpdateIdentityProvider").body) == b'enable="off"'
    )


def test_all_are_told() -> None:
    unnamed, staff = ops.providers_in(opened("AdminListIdentityProviders"))
    assert unnamed == IdentityProvider(kind="openid")
    assert (staff.kind, staff.name, staff.enabled) == ("openid", providers.NAME, True)
    assert staff.role_arn.startswith("arn:minio:iam:::role/")
    assert ops.providers_in(opened("AdminListIdentityProviders-ldap")) == [
        IdentityProvider(kind="ldap")
    ]


def test_the_keys_of_users_of_openid_are_told() -> None:
    (ada,) = ops.openid_keys_in(opened("AdminListOpenIDAccessKeys"))
    (session,) = ada.temporary
    assert (ada.provider, ada.id, ada.service_accounts) == (providers.NAME, "ada", ())
    assert (session.parent, session.expires_at is None) == (ada.user, False)
    assert ops.openid_keys_in(opened("AdminListOpenIDAccessKeys-nobody")) == []
    case = "AdminListOpenIDAccessKeys-missing"
    assert isinstance(refused(case, "minio", providers.EACH[case]), NotFoundError)
    told = b"""[{"configName": "_", "users": [{"minioAccessKey": "u", "ID": "1", "readableName": "Ada",
        "serviceAccounts": [{"accessKey": "A", "expiration": "1970-01-01T00:00:00Z"}]}]},
        {"configName": "staff", "users": null}]"""
    assert ops.openid_keys_in(told) == [
        OpenIDUserAccessKeys(
            provider="",
            user="u",
            id="1",
            name="Ada",
            service_accounts=(UserAccessKey(access_key="A", parent="u"),),
        )
    ]


@pytest.mark.parametrize(
    "operation",
    [
        ops.AdminListOpenIDAccessKeys([]),
        ops.AdminListOpenIDAccessKeys(["a\n"]),
        ops.AdminListOpenIDAccessKeys(provider="a/b"),
    ],
    ids=repr,
)
def test_nobody_and_no_provider_are_not_asked_for(operation: Any) -> None:
    with pytest.raises(ValidationError):
        operation.request()


def test_one_is_told_without_its_secret() -> None:
    found = ops.provider_in(opened("AdminGetIdentityProvider"))
    assert (found.kind, found.name) == ("openid", providers.NAME)
    assert found.settings == {
        "config_url": providers.PORTAL,
        "client_id": "minio",
        "role_policy": "readonly",
        "enable": "on",
    }
    assert found.overridden == ("client_id", "config_url", "role_policy")
    assert found.role_arn.startswith("arn:minio:iam:::role/")
    none = ops.provider_in(opened("AdminGetIdentityProvider-none"))
    assert none == IdentityProviderConfig(kind="ldap")


def test_what_a_server_does_tell_is_hidden() -> None:
    found = ops.provider_in(
        b'{"type": "ldap", "name": "_", "info": [{"key": "lookup_bind_password", "value": "canary", '
        b'"isCfg": true}, {"key": "client_secret", "value": "canary", "isCfg": true, "isEnv": true}, '
        b'{"key": "other", "value": "x"}]}'
    )
    assert found.settings["lookup_bind_password"] == "canary"
    assert set(found.settings) == {"lookup_bind_password", "client_secret"}
    assert "canary" not in f"{found!r} {found}"


@pytest.mark.parametrize(
    "plain",
    [b"", b"[]", b'{"type": "saml"}', b'{"type": "ldap", "info": [5]}', b'{"type": 5}'],
)
def test_what_is_no_provider_is_not_read(plain: bytes) -> None:
    with pytest.raises(XmlError):
        ops.provider_in(plain)


def test_a_restart_is_needed_for_each_change() -> None:
    for case in ("Add", "Update", "Remove"):
        name = f"Admin{case}IdentityProvider"
        assert replayed(name, "minio", providers.EACH[name]) is True


REFUSED: dict[str, tuple[type[MinIOError], str]] = {
    "AdminGetIdentityProvider-missing": (NotFoundError, "No such named"),
    "AdminAddIdentityProvider-taken": (ConflictError, "already exists"),
    "AdminAddIdentityProvider-wrong": (MinIOError, "present with multiple"),
    "AdminUpdateIdentityProvider-missing": (NotFoundError, "No such IDP"),
    "AdminRemoveIdentityProvider-missing": (NotFoundError, "No such named"),
    "AdminRemoveIdentityProvider-overridden": (ConflictError, "environment variable"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_what_is_wrong(case: str) -> None:
    cls, words = REFUSED[case]
    error = refused(case, "minio", providers.EACH[case])
    assert type(error) is cls
    assert words in error.message
    assert "secret_key" not in (error.hint or "")


@pytest.mark.parametrize(
    "kind, name, argument",
    [
        ("saml", "", "kind"), (None, "", "kind"), (["openid"], "", "kind"), ("openid", "a/b", "name"),
        ("openid", "_", "name"), ("openid", None, "name"), ("openid", "x" * 65, "name"),
        ("ldap", "second", "name"),
    ],
)  # fmt: skip
def test_what_can_be_no_provider_is_named(kind: Any, name: Any, argument: str) -> None:
    with pytest.raises(ValidationError, match=f"^{argument}="):
        ops.AdminGetIdentityProvider(kind, name).request()
