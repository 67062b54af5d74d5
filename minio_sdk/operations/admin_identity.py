"""Who vouches for MinIO's users: OpenID Connect's providers, any number of them, and one LDAP directory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import invalid
from minio_sdk.models.admin_access import OpenIDUserAccessKeys
from minio_sdk.models.admin_config import IdentityProvider, IdentityProviderConfig, ProviderKind
from minio_sdk.operations.admin import SealedReply
from minio_sdk.operations.admin_access import keys_of, of_users
from minio_sdk.operations.admin_config import ConfigChange
from minio_sdk.wire.message import Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import XmlError

SUBSYSTEMS: dict[ProviderKind, str] = {"openid": "identity_openid", "ldap": "identity_ldap"}
"""The part of the configuration that each kind is."""

_UNNAMED = "_"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def check_provider(kind: object, name: object = "") -> str:
    """Where MinIO's admin API has a provider.

    Raises:
        ValidationError: there can be none such.
    """
    if not isinstance(kind, str) or kind not in SUBSYSTEMS:
        raise invalid("kind", kind, f"must be {' or '.join(map(repr, SUBSYSTEMS))}")
    if name == "":
        return f"idp-config/{kind}/{_UNNAMED}"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid("name", name, "must be letters, digits, '_' and '-', or empty")
    if kind == "ldap":
        raise invalid("name", name, "must be empty, since MinIO has one LDAP directory at most")
    return f"idp-config/{kind}/{name}"


@dataclass(frozen=True, slots=True)
class AdminListIdentityProviders(SealedReply):
    """GET idp-config: all providers of a kind; `providers_in` reads what is opened."""

    name: ClassVar[str] = "AdminListIdentityProviders"

    kind: ProviderKind

    def request(self) -> Request:
        """GET them."""
        return self._ask("GET", check_provider(self.kind).rpartition("/")[0])


@dataclass(frozen=True, slots=True)
class AdminGetIdentityProvider(SealedReply):
    """GET idp-config of one provider; `provider_in` reads what is opened."""

    name: ClassVar[str] = "AdminGetIdentityProvider"

    kind: ProviderKind
    provider: str = ""

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", check_provider(self.kind, self.provider))


@dataclass(frozen=True, slots=True)
class _ProviderChange(ConfigChange):
    kind: ProviderKind = "openid"
    provider: str = ""

    def _put(self, method: str) -> Request:
        request = self._ask(method, check_provider(self.kind, self.provider), self.sealed)
        # MinIO refuses any other.
        request.headers["content-type"] = "application/octet-stream"
        return request


@dataclass(frozen=True, slots=True)
class AdminAddIdentityProvider(_ProviderChange):
    """PUT idp-config: a new provider.

    Attributes:
        sealed: the `config_pairs`.
        kind, provider: which.
    """

    name: ClassVar[str] = "AdminAddIdentityProvider"

    def request(self) -> Request:
        """PUT it."""
        return self._put("PUT")


@dataclass(frozen=True, slots=True)
class AdminUpdateIdentityProvider(_ProviderChange):
    """POST idp-config: other settings of a provider.

    Attributes:
        sealed: the `config_pairs`.
        kind, provider: which.
    """

    name: ClassVar[str] = "AdminUpdateIdentityProvider"

    def request(self) -> Request:
        """POST it."""
        return self._put("POST")


@dataclass(frozen=True, slots=True)
class AdminRemoveIdentityProvider(ConfigChange):
    """DELETE idp-config: a provider, and all that was set of it."""

    name: ClassVar[str] = "AdminRemoveIdentityProvider"

    sealed: bytes = b""
    kind: ProviderKind = "openid"
    provider: str = ""

    def request(self) -> Request:
        """DELETE it, once."""
        return self._once("DELETE", check_provider(self.kind, self.provider))


@dataclass(frozen=True, slots=True)
class AdminListOpenIDAccessKeys(SealedReply):
    """GET idp/openid/list-access-keys-bulk; `openid_keys_in` reads what is opened.

    Attributes:
        users: by MinIO's name or by the provider's; None for all.
        provider: whose; None for all.
    """

    name: ClassVar[str] = "AdminListOpenIDAccessKeys"

    users: Sequence[str] | None = None
    provider: str | None = None

    def request(self) -> Request:
        """GET them."""
        pairs = of_users("users", self.users)
        if self.provider is None:
            pairs.append(("allConfigs", "true"))
        else:
            place = check_provider("openid", self.provider)
            pairs.append(("configName", place.rpartition("/")[2]))
        request = self._ask("GET", "idp/openid/list-access-keys-bulk")
        request.query = query_string(pairs)
        return request


def openid_keys_in(plain: bytes) -> list[OpenIDUserAccessKeys]:
    """The keys of each user of each provider.

    Raises:
        XmlError: it can't be read.
    """
    return [
        OpenIDUserAccessKeys(
            provider=_named(each.text("configName")),
            user=user.text("minioAccessKey"),
            id=user.text("ID"),
            name=user.text("readableName"),
            service_accounts=keys_of(user.text("minioAccessKey"), user, "serviceAccounts"),
            temporary=keys_of(user.text("minioAccessKey"), user, "stsKeys"),
        )
        for each in Told.all(plain)
        for user in each.each("users")
    ]


def providers_in(plain: bytes) -> list[IdentityProvider]:
    """The providers of a kind.

    Raises:
        XmlError: it can't be read.
    """
    return [
        IdentityProvider(
            kind=_kind(each.text("type")),
            name=_named(each.text("name")),
            enabled=each.flag("enabled"),
            role_arn=each.text("roleARN"),
        )
        for each in Told.all(plain)
    ]


def provider_in(plain: bytes) -> IdentityProviderConfig:
    """One provider.

    Raises:
        XmlError: it can't be read.
    """
    told = Told.read(plain)
    settings, role, overridden = {}, "", []
    for each in told.each("info"):
        name, value = each.text("key"), each.text("value")
        if not each.flag("isCfg"):
            role = value if name == "roleARN" else role
            continue
        settings[name] = value
        if each.flag("isEnv"):
            overridden.append(name)
    return IdentityProviderConfig(
        kind=_kind(told.text("type")),
        name=_named(told.text("name")),
        settings=settings,
        overridden=tuple(overridden),
        role_arn=role,
    )


def _kind(told: str) -> ProviderKind:
    for kind in SUBSYSTEMS:
        if kind == told:
            return kind
    raise XmlError("it is of another kind")


def _named(told: str) -> str:
    return "" if told == _UNNAMED else told
