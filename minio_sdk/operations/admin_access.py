"""Who may do what on MinIO: accounts, policies in force, and what LDAP's users have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.admin import ServiceAccount
from minio_sdk.models.admin_access import (
    AccountInfo,
    BucketAccess,
    PolicyEntities,
    PolicyUsers,
    UserAccessKeys,
)
from minio_sdk.operations.admin import AdminOperation, SealedReply
from minio_sdk.operations.admin_users import check_name
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.url import query_string


@dataclass(frozen=True, slots=True)
class AdminAccountInfo(AdminOperation[AccountInfo]):
    """GET accountinfo: who asks, and what they may do. Buckets have the server's names."""

    name: ClassVar[str] = "AdminAccountInfo"

    prefixes: bool = False

    def request(self) -> Request:
        """GET it."""
        query = {"prefix-usage": "true"} if self.prefixes else {}
        return self._ask("GET", "accountinfo", **query)

    def parse(self, reply: Reply) -> AccountInfo:
        """What it says."""
        told = Told.read(reply.body)
        return AccountInfo(
            name=told.text("AccountName"),
            policy=told.told("Policy").plain,
            buckets={each.text("name"): _access(each) for each in told.each("Buckets")},
        )


def _access(told: Told) -> BucketAccess:
    access, usage = told.told("access"), told.told("prefixUsage")
    quota = told.told("details").told("quota")
    return BucketAccess(
        read=access.flag("read"),
        write=access.flag("write"),
        size=told.count("size"),
        objects=told.count("objects"),
        created_at=told.moment("created"),
        quota=quota.count("size") or quota.count("quota") or None,
        prefixes={name: usage.count(name) for name in usage},
    )


@dataclass(frozen=True, slots=True)
class AdminPolicyEntities(SealedReply):
    """GET policy-entities, MinIO's own or LDAP's; `entities_in` reads what is opened."""

    name: ClassVar[str] = "AdminPolicyEntities"

    users: Sequence[str] = ()
    groups: Sequence[str] = ()
    policies: Sequence[str] = ()
    ldap: bool = False

    def request(self) -> Request:
        """GET them."""
        pairs = [("user", check_name(name, "users")) for name in _names("users", self.users)]
        pairs += [("group", check_name(name, "groups")) for name in _names("groups", self.groups)]
        names = _names("policies", self.policies)
        pairs += [("policy", check_name(name, "policies")) for name in names]
        request = self._ask("GET", f"idp/{'ldap' if self.ldap else 'builtin'}/policy-entities")
        request.query = query_string(pairs)
        return request


def _names(argument: str, value: object) -> list[str]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise invalid(argument, value, "must be a list of names")
    return list(value)


def entities_in(plain: bytes) -> PolicyEntities:
    """Which policies are attached to whom.

    Raises:
        XmlError: it can't be read.
    """
    told = Told.read(plain)
    return PolicyEntities(
        users={each.text("user"): each.texts("policies") for each in told.each("userMappings")},
        groups={each.text("group"): each.texts("policies") for each in told.each("groupMappings")},
        policies={
            each.text("policy"): PolicyUsers(users=each.texts("users"), groups=each.texts("groups"))
            for each in told.each("policyMappings")
        },
    )


@dataclass(frozen=True, slots=True)
class AdminListAccessKeys(SealedReply):
    """GET list-access-keys-bulk, MinIO's own users' or LDAP's; `access_keys_in` reads what is opened."""

    name: ClassVar[str] = "AdminListAccessKeys"

    users: Sequence[str] | None = None
    ldap: bool = False

    def request(self) -> Request:
        """GET them, once: where there is no LDAP, MinIO says so with a 500."""
        argument = "userDNs" if self.ldap else "users"
        pairs = [("listType", "all")]
        if self.users is None:
            pairs.append(("all", "true"))
        else:
            names = _names("users", self.users)
            if not names:
                raise ValidationError("users: must be one name or several, or None for all")
            pairs += [(argument, check_name(name, "users")) for name in names]
        path = "idp/ldap/list-access-keys-bulk" if self.ldap else "list-access-keys-bulk"
        request = self._once("GET", path)
        request.query = query_string(pairs)
        return request


def access_keys_in(plain: bytes) -> Mapping[str, UserAccessKeys]:
    """The keys of each user.

    Raises:
        XmlError: it can't be read.
    """
    return {
        user: UserAccessKeys(
            service_accounts=_accounts(told, "serviceAccounts"),
            temporary=_accounts(told, "stsKeys"),
        )
        for user, told in Told(Told.read(b'{"": ' + plain + b"}").plain).by_name("").items()
    }


def _accounts(told: Told, name: str) -> tuple[ServiceAccount, ...]:
    return tuple(
        ServiceAccount(
            access_key=each.text("accessKey"),
            parent=each.text("parentUser"),
            enabled=each.text("accountStatus") in ("on", "enabled", ""),
            name=each.text("name"),
            description=each.text("description"),
            expires_at=each.moment("expiration"),
            implied_policy=each.flag("impliedPolicy"),
        )
        for each in told.each(name)
    )
