"""Who may do what on MinIO: accounts, policies in force, and what LDAP's users have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import MinIOError, NotSupportedError, ValidationError, as_class, invalid
from minio_sdk.models.admin_access import (
    AccountInfo,
    BucketAccess,
    PolicyEntities,
    PolicyUsers,
    UserAccessKey,
    UserAccessKeys,
    UserProvider,
)
from minio_sdk.models.names import check_flag, check_revoke_type
from minio_sdk.operations.admin import AdminOperation, Change, SealedReply
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
        pairs = of_users("userDNs" if self.ldap else "users", self.users)
        path = "idp/ldap/list-access-keys-bulk" if self.ldap else "list-access-keys-bulk"
        request = self._once("GET", path)
        request.query = query_string(pairs)
        return request


def of_users(parameter: str, users: Sequence[str] | None) -> list[tuple[str, str]]:
    """Whose keys are asked for.

    Raises:
        ValidationError: nobody's.
    """
    if users is None:
        return [("listType", "all"), ("all", "true")]
    names = _names("users", users)
    if not names:
        raise ValidationError("users: must be one name or several, or None for all")
    return [("listType", "all"), *((parameter, check_name(name, "users")) for name in names)]


def access_keys_in(plain: bytes) -> Mapping[str, UserAccessKeys]:
    """The keys of each user.

    Raises:
        XmlError: it can't be read.
    """
    return {
        user: UserAccessKeys(
            service_accounts=keys_of(user, told, "serviceAccounts"),
            temporary=keys_of(user, told, "stsKeys"),
        )
        for user, told in Told(Told.read(b'{"": ' + plain + b"}").plain).by_name("").items()
    }


def keys_of(user: str, told: Told, name: str) -> tuple[UserAccessKey, ...]:
    """The keys of one kind that a user has."""
    # MinIO tells no more of a key here, however many fields its answer has.
    return tuple(
        UserAccessKey(
            access_key=each.text("accessKey"),
            parent=user,
            expires_at=each.moment("expiration"),
            name=each.text("name"),
            description=each.text("description"),
        )
        for each in told.each(name)
    )


_LEFT = "provider='builtin' with the distinguished name, for who is no longer in the directory"


@dataclass(frozen=True, slots=True)
class AdminRevokeTokens(Change):
    """POST revoke-tokens: sessions of a user end.

    Attributes:
        user: whose; None for the caller's own.
        token_revoke_type: of this type only.
        everything: of any type and of none.
        provider: who knows the user.
    """

    name: ClassVar[str] = "AdminRevokeTokens"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    user: str | None = None
    token_revoke_type: str | None = None
    everything: bool = False
    provider: UserProvider = "builtin"

    def request(self) -> Request:
        """POST it; once where the caller's own keys may end with it, or MinIO may say with a 500 that
        the directory has no such user."""
        path, query = f"revoke-tokens/{self._check_provider()}", self._which()
        if self.user is None:
            return self._once("POST", path, **query)
        user = check_name(self.user, "user")
        if not query:
            raise ValidationError("user: give token_revoke_type or everything=True with it")
        send = self._once if self.provider == "ldap" else self._ask
        return send("POST", path, user=user, **query)

    def _check_provider(self) -> str:
        if self.provider not in ("builtin", "ldap"):
            raise invalid("provider", self.provider, "must be 'builtin' or 'ldap'")
        return self.provider

    def _which(self) -> dict[str, str]:
        everything = check_flag("everything", self.everything)
        if self.token_revoke_type is None:
            return {"fullRevoke": "true"} if everything else {}
        if everything:
            raise invalid("everything", everything, "must be False with token_revoke_type")
        return {"tokenRevokeType": check_revoke_type(self.token_revoke_type)}

    def failure(self, reply: Reply) -> Exception:
        """The exception, of which MinIO's codes tell little."""
        error = Change.failure(self, reply)
        if not isinstance(error, MinIOError):
            return error
        if error.code == "XMinioIAMActionNotAllowed":
            hint = "provider='builtin' is for users that MinIO has itself"
            return as_class(error, NotSupportedError, "the server knows no LDAP directory", hint)
        if error.code == "InvalidArgument":
            error.hint = "token_revoke_type=, or everything=True"
        elif self.provider == "ldap" and error.status in (404, 500):
            error.hint = _LEFT
        return error
