"""What is asked of MinIO's identity providers in the samples."""

from __future__ import annotations

from typing import Any

from minio_sdk.operation import Operation
from minio_sdk.operations import admin_identity as identity
from minio_sdk.operations.admin_config import config_pairs, written
from minio_sdk.wire.sealing import RANDOM, seal, unseal
from tests.samples.admin_more import PEER_KEYS

PORTAL_PORT = 29872
PORTAL = f"http://127.0.0.1:{PORTAL_PORT}/.well-known/openid-configuration"
"""Who vouches for users, while samples are recorded."""
NAME = "staff"
"""The provider that the server knows from its environment."""
SETTINGS = {
    "config_url": PORTAL,
    "client_id": "guests",
    "client_secret": "secret-of-minio",
    "role_policy": "readonly",
}


def sealed(settings: dict[str, Any]) -> bytes:
    """Settings as the server is told them, with randomness that isn't."""
    line = config_pairs("identity_openid", written(settings), SETTINGS)
    return seal(PEER_KEYS.secret_key, line, bytes(range(RANDOM)))


LISTED = identity.AdminListIdentityProviders("openid")


def known(answer: bytes) -> bool:
    """Whether a server, which asks its providers while it already answers, has `NAME`'s answer."""
    found = identity.providers_in(unseal(PEER_KEYS.secret_key, answer))
    return any(each.enabled for each in found)


EACH: dict[str, Operation[Any]] = {
    "AdminListIdentityProviders": LISTED,
    "AdminListIdentityProviders-ldap": identity.AdminListIdentityProviders("ldap"),
    "AdminGetIdentityProvider": identity.AdminGetIdentityProvider("openid", NAME),
    "AdminGetIdentityProvider-none": identity.AdminGetIdentityProvider("ldap"),
    "AdminGetIdentityProvider-missing": identity.AdminGetIdentityProvider("openid", "nobody"),
    "AdminListOpenIDAccessKeys": identity.AdminListOpenIDAccessKeys(provider=NAME),
    "AdminListOpenIDAccessKeys-nobody": identity.AdminListOpenIDAccessKeys(["nobody"]),
    "AdminListOpenIDAccessKeys-missing": identity.AdminListOpenIDAccessKeys(provider="nobody"),
    "AdminAddIdentityProvider": identity.AdminAddIdentityProvider(
        sealed(SETTINGS), kind="openid", provider="guests"
    ),
    "AdminAddIdentityProvider-taken": identity.AdminAddIdentityProvider(
        sealed(SETTINGS), kind="openid", provider=NAME
    ),
    "AdminAddIdentityProvider-wrong": identity.AdminAddIdentityProvider(
        sealed(SETTINGS),
        kind="openid",
        provider="wrong",
    ),
    "AdminUpdateIdentityProvider": identity.AdminUpdateIdentityProvider(
        sealed({"enable": False}), kind="openid", provider=NAME
    ),
    "AdminUpdateIdentityProvider-missing": identity.AdminUpdateIdentityProvider(
        sealed({"enable": False}), kind="openid", provider="nobody"
    ),
    "AdminRemoveIdentityProvider": identity.AdminRemoveIdentityProvider(kind="openid"),
    "AdminRemoveIdentityProvider-missing": identity.AdminRemoveIdentityProvider(
        kind="openid", provider="nobody"
    ),
    "AdminRemoveIdentityProvider-overridden": identity.AdminRemoveIdentityProvider(
        kind="openid", provider=NAME
    ),
}
