"""MinIO's admin API: the whole of it, of which server, usage and quotas are here and the rest is beside."""

from __future__ import annotations

from minio_sdk.client.aio.admin_config import AsyncConfigAdmin
from minio_sdk.client.aio.admin_identity import AsyncIdentityAdmin
from minio_sdk.client.aio.admin_live import AsyncLiveAdmin
from minio_sdk.client.aio.admin_metrics import AsyncMetricsAdmin
from minio_sdk.client.aio.admin_pools import AsyncPoolsAdmin
from minio_sdk.client.aio.admin_service import AsyncServiceAdmin
from minio_sdk.client.aio.admin_sites import AsyncSitesAdmin
from minio_sdk.client.aio.admin_speed import AsyncSpeedAdmin
from minio_sdk.client.aio.admin_storage import AsyncStorageAdmin
from minio_sdk.client.aio.admin_users import AsyncUsersAdmin
from minio_sdk.flows import admin
from minio_sdk.models.admin import AdminServerInfo, DataUsage


class AsyncAdmin(
    AsyncConfigAdmin,
    AsyncIdentityAdmin,
    AsyncLiveAdmin,
    AsyncMetricsAdmin,
    AsyncPoolsAdmin,
    AsyncServiceAdmin,
    AsyncSitesAdmin,
    AsyncSpeedAdmin,
    AsyncStorageAdmin,
    AsyncUsersAdmin,
):
    """What an operator of MinIO does, as ``client.admin``; it shares the client's connections.

    It needs MinIO, credentials with admin rights, and ``pip install "minio-enterprise-sdk[admin]"``. On
    other servers each method is a `NotSupportedError`, and nothing is sent that they could take for S3.

    Users, groups, policies and service accounts are the server's, whatever the client's tenant: names go
    as they are written. Buckets are the tenant's: quotas and `data_usage` know no others. What does
    harm when it is done twice is sent once, and says so.

    Example:
        >>> info = await client.admin.server_info()
    """

    async def server_info(self) -> AdminServerInfo:
        """The servers of the installation, their drives, and what they hold.

        Figures of buckets and objects are as of the server's last scan.

        Returns:
            `AdminServerInfo`.

        Raises:
            AccessDeniedError: these credentials have no admin rights.
            NotSupportedError: the server is not MinIO.

        Example:
            >>> info = await client.admin.server_info()
            >>> print(info.version, info.uptime, info.free, [node.state for node in info.nodes])

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-info.html
        """
        engine = self._engine.begin()
        return await self._run(admin.server_info(engine))

    async def data_usage(self) -> DataUsage:
        """What the server's last scan of its data found, bucket by bucket.

        With a tenant: of this tenant's buckets only. It is as old as ``last_update``.

        Returns:
            `DataUsage`.

        Raises:
            AccessDeniedError: these credentials have no admin rights.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``, as buckets are counted
                whole.

        Example:
            >>> usage = await client.admin.data_usage()
            >>> print(usage.size, {name: bucket.size for name, bucket in usage.buckets.items()})
        """
        engine = self._engine.begin()
        return await self._run(admin.data_usage(engine))

    async def set_bucket_quota(self, bucket: str, size: int | None) -> None:
        """Limit what a bucket may hold; an upload beyond it is a `QuotaExceededError`.

        MinIO compares with its last scan, so that a bucket can grow somewhat beyond its quota.

        Args:
            bucket: a bucket of the tenant.
            size: bytes, or None for no limit.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> await client.admin.set_bucket_quota("docs", 10 * 2**30)
        """
        engine = self._engine.begin()
        return await self._run(admin.set_bucket_quota(engine, bucket, size))

    async def get_bucket_quota(self, bucket: str) -> int | None:
        """The most bytes that a bucket may hold; None when there is no limit.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> limit = await client.admin.get_bucket_quota("docs")
        """
        engine = self._engine.begin()
        return await self._run(admin.get_bucket_quota(engine, bucket))
