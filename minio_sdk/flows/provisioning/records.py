"""What provisioning gives: the keys of a tenant, and who there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minio_sdk.config import Config, Tenancy
from minio_sdk.errors import ConfigurationError
from minio_sdk.models.record import Record
from minio_sdk.models.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantAccess(Record):
    """Keys that reach one tenant, and what they are good for.

    Attributes:
        tenant_id: the tenant.
        access_key: the access key. Not secret.
        secret_key: the secret, hidden in `repr`; None when the keys were there before, since no server
            tells a secret twice.
        server: ``"minio"``, ``"seaweedfs"``, ``"aws"`` or ``"ceph"``.
        user: what the server calls the tenant's user.
        read_only: whether they can only read and list.
        base_url, region, tenancy, shared_bucket: the settings of the client that made them.
        replaced: access keys that these replaced, and that work no longer.
        kept: older access keys of the tenant that still work.
    """

    tenant_id: str
    access_key: str
    secret_key: str | None = None
    server: str
    user: str
    read_only: bool = False
    base_url: str
    region: str = "us-east-1"
    tenancy: Tenancy = "bucket"
    shared_bucket: str = "tenants"
    replaced: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.secret_key is not None:
            object.__setattr__(self, "secret_key", Secret(self.secret_key))

    def config(self, **fields: Any) -> Config:
        """The settings of a client that works with these keys.

        Args:
            **fields: any fields of `Config`; ``base_url=`` where tenants see another address.

        Raises:
            ConfigurationError: a field is not right, or the secret isn't known.

        Example:
            >>> client = MinIOClient(access.config(timeout=5))
        """
        if self.secret_key is None:
            raise ConfigurationError(
                "secret_key: these keys were there before, and servers don't tell a secret twice",
                hint="rotate() makes new ones",
            )
        own: dict[str, Any] = {
            "base_url": self.base_url,
            "tenant_id": self.tenant_id,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "region": self.region,
            "tenancy": self.tenancy,
            "shared_bucket": self.shared_bucket,
        }
        return Config(**{**own, **fields})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant(Record):
    """A tenant that has credentials of its own on the server.

    Attributes:
        tenant_id: the tenant; None for the one entry that has the buckets of nobody who is known.
        slug: what its names on the server begin with; empty where `tenant_id` is None.
        server: as in `TenantAccess`.
        user: what the server calls its user; empty where `tenant_id` is None.
        access_keys: its access keys, the oldest first.
        buckets: its buckets by the server's names; with prefix tenancy the shared bucket and the prefix.
        quota: bytes; None for no limit.
        read_only: whether its keys can only read and list.
        created: when its user was made; None where the server doesn't tell.
    """

    tenant_id: str | None
    slug: str = ""
    server: str
    user: str = ""
    access_keys: tuple[str, ...] = ()
    buckets: tuple[str, ...] = field(default=())
    quota: int | None = None
    read_only: bool = False
    created: datetime | None = None
