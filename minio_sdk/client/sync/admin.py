# Made by scripts/make_sync.py from client/aio/admin.py: change that one.
"""MinIO's admin API: the whole of it, of which server, usage and quotas are here and the rest is beside."""

from __future__ import annotations

from minio_sdk.client.sync.admin_config import ConfigAdmin
from minio_sdk.client.sync.admin_identity import IdentityAdmin
from minio_sdk.client.sync.admin_live import LiveAdmin
from minio_sdk.client.sync.admin_metrics import MetricsAdmin
from minio_sdk.client.sync.admin_pools import PoolsAdmin
from minio_sdk.client.sync.admin_service import ServiceAdmin
from minio_sdk.client.sync.admin_sites import SitesAdmin
from minio_sdk.client.sync.admin_speed import SpeedAdmin
from minio_sdk.client.sync.admin_storage import StorageAdmin
from minio_sdk.client.sync.admin_users import UsersAdmin
from minio_sdk.flows import admin
from minio_sdk.models.admin import AdminServerInfo, DataUsage


class Admin(
    ConfigAdmin,
    IdentityAdmin,
    LiveAdmin,
    MetricsAdmin,
    PoolsAdmin,
    ServiceAdmin,
    SitesAdmin,
    SpeedAdmin,
    StorageAdmin,
    UsersAdmin,
):
    """What an operator of MinIO does, as ``client.admin``; it shares the client's connections.

    It needs MinIO, credentials with admin rights, and ``pip install "minio-enterprise-sdk[admin]"``. On
    other servers each method is a `NotSupportedError`, and nothing is sent that they could take for S3.

    Users, groups, policies and service accounts are the server's, whatever the client's tenant: names go
    as they are written. Buckets are the tenant's: quotas and `data_usage` know no others. What does
    harm when it is done twice is sent once, and says so.

    Example:
        >>> info = client.admin.server_info()
    """

    def server_info(self) -> AdminServerInfo:
        """The servers of the installation, their drives, and what they hold.

        Figures of buckets and objects are as of the server's last scan.

        Returns:
            `AdminServerInfo`.

        Raises:
            AccessDeniedError: these credentials have no admin rights.
            NotSupportedError: the server is not MinIO.

        Example:
            >>> info = client.admin.server_info()
            >>> print(info.version, info.uptime, info.free, [node.state for node in info.nodes])

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-info.html
        """
        engine = self._engine.begin()
        return self._run(admin.server_info(engine))

    def data_usage(self) -> DataUsage:
        """What the server's last scan of its data found, bucket by bucket.

        With a tenant: of this tenant's buckets only. It is as old as ``last_update``.

        Returns:
            `DataUsage`.

        Raises:
            AccessDeniedError: these credentials have no admin rights.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``, as buckets are counted
                whole.

        Example:
            >>> usage = client.admin.data_usage()
            >>> print(usage.size, {name: bucket.size for name, bucket in usage.buckets.items()})
        """
        engine = self._engine.begin()
        return self._run(admin.data_usage(engine))

    def set_bucket_quota(self, bucket: str, size: int | None) -> None:
        """Limit what a bucket may hold; an upload beyond it is a `QuotaExceededError`.

        MinIO compares with its last scan, so that a bucket can grow somewhat beyond its quota.

        Args:
            bucket: a bucket of the tenant.
            size: bytes, or None for no limit.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> client.admin.set_bucket_quota("docs", 10 * 2**30)
        """
        engine = self._engine.begin()
        return self._run(admin.set_bucket_quota(engine, bucket, size))

    def get_bucket_quota(self, bucket: str) -> int | None:
        """The most bytes that a bucket may hold; None when there is no limit.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> limit = client.admin.get_bucket_quota("docs")
        """
        engine = self._engine.begin()
        return self._run(admin.get_bucket_quota(engine, bucket))
