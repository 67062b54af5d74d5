"""Who may do what on MinIO: accounts, the policies in force, the keys of LDAP's users, and the KMS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze

UserProvider = Literal["builtin", "ldap"]
"""Who says what a user's name means: MinIO itself, or its LDAP directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess(Record):
    """A bucket, as whoever asks may use it.

    Attributes:
        read, write: what of it these credentials may do.
        size: bytes, as of the last scan.
        objects: how many, as of the last scan.
        created_at: when it was made.
        quota: the most bytes that it may hold; None for no limit.
        prefixes: bytes below each folder at its top, when they were asked for.
    """

    read: bool
    write: bool
    size: int = 0
    objects: int = 0
    created_at: datetime | None = None
    quota: int | None = None
    prefixes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "prefixes")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo(Record):
    """Who these credentials are, and what they may do.

    Attributes:
        name: the access key, or the user that it belongs to.
        policy: the policy in force.
        buckets: those that may be read or written, by name; with a tenant, the tenant's only.
    """

    name: str
    policy: Mapping[str, Any] = field(default_factory=dict)
    buckets: Mapping[str, BucketAccess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "buckets")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUsers(Record):
    """Whom a policy is attached to.

    Attributes:
        users, groups: their names.
    """

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntities(Record):
    """Which policies are attached to whom.

    Attributes:
        users: the policies of each user that was asked for, its groups' not included.
        groups: the policies of each group that was asked for.
        policies: users and groups of each policy that was asked for, or of all when nothing was.
    """

    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: Mapping[str, PolicyUsers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "users", "groups", "policies")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAccessKey(Record):
    """A key that belongs to a user; `get_service_account` tells more of one.

    Attributes:
        access_key: its access key.
        parent: the user.
        expires_at: when it ends; None for never.
        name, description: as they were given. MinIO tells them of the service accounts of LDAP's users
            only.
    """

    access_key: str
    parent: str
    expires_at: datetime | None = None
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAccessKeys(Record):
    """The keys that belong to one user, without their secrets.

    Attributes:
        service_accounts: those that last.
        temporary: those that STS has given out.
    """

    service_accounts: tuple[UserAccessKey, ...] = ()
    temporary: tuple[UserAccessKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIDUserAccessKeys(UserAccessKeys):
    """The keys that belong to a user of a provider of OpenID Connect, without their secrets.

    Attributes:
        service_accounts: those that last.
        temporary: those that STS has given out.
        provider: the provider's name; empty for the one that has none.
        user: what MinIO calls the user, which is the `parent` of the keys.
        id: who that is for the provider, which is the claim ``sub`` unless the provider is set to another.
        name: what people call the user, by the claim that the provider is set to; empty without one.
    """

    provider: str
    user: str
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KMSStatus(Record):
    """The key management that MinIO encrypts with.

    Attributes:
        name: what it is.
        default_key: the key for objects that name none.
        endpoints: ``"online"`` or ``"offline"`` for each address.
    """

    name: str
    default_key: str
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "endpoints")


@dataclass(frozen=True, slots=True, kw_only=True)
class KMSKeyStatus(Record):
    """Whether a key of the KMS works, which the server has tried.

    Attributes:
        key: its name.
        encryption_error, decryption_error: what went wrong; empty when it works.
    """

    key: str
    encryption_error: str = ""
    decryption_error: str = ""

    @property
    def ok(self) -> bool:
        """Whether both went well."""
        return not self.encryption_error and not self.decryption_error
