"""`AsyncProvisioner`: credentials that reach one tenant, made on the server itself."""

from __future__ import annotations

from typing import Any

from minio_sdk.client.aio.client import AsyncMinIOClient
from minio_sdk.engine import Engine
from minio_sdk.errors import invalid
from minio_sdk.flows.provisioning import lifecycle, servers
from minio_sdk.flows.provisioning.backend import Operator
from minio_sdk.flows.provisioning.records import Tenant, TenantAccess

# The method `list` shadows the built-in in annotations that come after it.
TenantList = list[Tenant]


class AsyncProvisioner:
    """Adds, lists and removes tenants on a server, and renews their keys, with async and await.

    Each tenant gets a user of its own, which the server holds to that tenant's names: `Config.tenancy`
    and ``shared_bucket`` of the client say which those are. Everything can be called again after a failure
    in the middle, and goes on where that one stopped.

    Args:
        client: an operator's: ``tenant_id`` None, and the keys of an administrator.
        backend: ``"minio"``, ``"seaweedfs"``, ``"aws"`` or ``"ceph"``; None, the default, asks the server.
        iam_url: where IAM is for ``"aws"``. Default: AWS's own address, or the client's ``base_url``.

    Raises:
        ValidationError: the client acts for a tenant, or there is no such backend.

    Example:
        >>> async with AsyncMinIOClient(Config("http://localhost:9000", None)) as client:
        ...     access = await AsyncProvisioner(client).add("acme")
    """

    def __init__(
        self, client: AsyncMinIOClient, *, backend: str | None = None, iam_url: str | None = None
    ) -> None:
        if not isinstance(client, AsyncMinIOClient):
            raise invalid("client", client, "must be an AsyncMinIOClient")
        servers.check_operator(client.config.tenant_id)
        self._client = client
        self._backend = servers.check_backend(backend)
        if iam_url is not None:
            client.config.with_(base_url=iam_url)  # refuses what is no URL
        self._iam_url = iam_url

    def _operator(self) -> Operator:
        return Operator(self._client._engine.begin(), self._view, self._iam_url)

    def _view(self, **changes: Any) -> Engine:
        return self._client.with_(**changes)._engine.begin()

    async def add(
        self, tenant_id: str, *, quota: int | None = None, read_only: bool = False
    ) -> TenantAccess:
        """Give a tenant a user and keys that reach its names and nothing else.

        For a tenant that has them, what it may do and its quota become what this call says, and its keys
        stay as they are: the answer then has the newest access key, and no secret. `rotate` gives others.

        Args:
            tenant_id: the tenant, as in `Config`.
            quota: bytes, None for no limit. MinIO: of each of its buckets, and the tenant can't make
                buckets itself. Ceph: of all that it owns.
            read_only: let it read and list only.

        Returns:
            `TenantAccess`, whose `config()` makes the settings of a client.

        Raises:
            ValidationError: a bad argument; nothing was sent.
            NotSupportedError: the server can't do it; nothing was made.
            ConflictError: the server has a user of that name that is not this tenant's.
            MinIOError: it failed after all retries; call it again.

        Example:
            >>> access = await provisioner.add("acme")
            >>> client = AsyncMinIOClient(access.config())
        """
        operator = self._operator()
        return await self._client._run(
            lifecycle.add(operator, self._backend, tenant_id, quota, read_only)
        )

    async def list(self) -> TenantList:
        """The tenants that have a user, by id, with their keys and buckets.

        Returns:
            `Tenant` records. The last one has ``tenant_id`` None and the buckets of nobody who is known,
            when there are such.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> for tenant in await provisioner.list():
            ...     print(tenant.tenant_id, tenant.buckets)
        """
        return await self._client._run(lifecycle.tenants(self._operator(), self._backend))

    async def remove(self, tenant_id: str, *, delete_data: bool = False) -> bool:
        """End a tenant's keys, its rights and its user.

        Args:
            tenant_id: the tenant.
            delete_data: delete its buckets as well, with everything in them and its snapshots.

        Returns:
            Whether there was anything to remove.

        Raises:
            ConflictError: the user of that name is not this tenant's; or `delete_data` with another
                `tenancy` or `shared_bucket` than the tenant was added with.
            MinIOError: it failed after all retries; call it again.

        Example:
            >>> await provisioner.remove("acme")
        """
        return await self._client._run(
            lifecycle.remove(self._operator(), self._backend, tenant_id, delete_data)
        )

    async def rotate(self, tenant_id: str, *, keep_old: bool = False) -> TenantAccess:
        """Give a tenant new keys; once the server takes them, end all the old ones.

        Args:
            tenant_id: the tenant.
            keep_old: leave the old keys in force, until `revoke` or the next `rotate` ends them. AWS has
                room for two pairs, so that the older of two ends all the same.

        Returns:
            `TenantAccess` with the new keys; ``replaced`` and ``kept`` name the old ones.

        Raises:
            NotFoundError: the tenant has no user.
            ConflictError: somebody else is changing the same keys, or the client has another `tenancy` or
                `shared_bucket` than the tenant was added with.
            MinIOError: it failed after all retries. The old keys still work; call it again.

        Example:
            >>> access = await provisioner.rotate("acme")
        """
        return await self._client._run(
            lifecycle.rotate(self._operator(), self._backend, tenant_id, keep_old)
        )

    async def revoke(self, tenant_id: str, access_key: str) -> bool:
        """End one pair of keys of a tenant.

        Returns:
            Whether the tenant had it; another tenant's is left alone.

        Raises:
            NotFoundError: the tenant has no user.
            MinIOError: it failed after all retries.

        Example:
            >>> access = await provisioner.rotate("acme", keep_old=True)
            >>> await provisioner.revoke("acme", access.kept[0])
        """
        return await self._client._run(
            lifecycle.revoke(self._operator(), self._backend, tenant_id, access_key)
        )
