"""`AsyncMinIOClient`, put together from the files beside this one.

They hold signatures, docstrings and one `return` each; the work is in `minio_sdk.flows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from minio_sdk.client.aio.archives import Archives
from minio_sdk.client.aio.bucket_documents import BucketDocuments
from minio_sdk.client.aio.bucket_services import BucketServices
from minio_sdk.client.aio.bucket_settings import BucketSettings
from minio_sdk.client.aio.buckets import Buckets
from minio_sdk.client.aio.bulk import Bulk
from minio_sdk.client.aio.caching import Caching
from minio_sdk.client.aio.capabilities import Capabilities
from minio_sdk.client.aio.composing import Composing
from minio_sdk.client.aio.details import Details
from minio_sdk.client.aio.files import Files
from minio_sdk.client.aio.live import Live
from minio_sdk.client.aio.object_lock import ObjectLocks
from minio_sdk.client.aio.object_settings import ObjectSettings
from minio_sdk.client.aio.objects import Objects
from minio_sdk.client.aio.presigned import Presigned
from minio_sdk.client.aio.reading import Reading
from minio_sdk.client.aio.snapshots import Snapshots
from minio_sdk.client.aio.tenant_keys import TenantKeys
from minio_sdk.client.aio.transfers import Transfers
from minio_sdk.client.aio.undeleting import Undeleting
from minio_sdk.client.aio.uploads import Uploads
from minio_sdk.client.aio.usage import Usage
from minio_sdk.client.base import extras_of_view
from minio_sdk.flows import cached

if TYPE_CHECKING:
    from minio_sdk.client.aio.admin import AsyncAdmin


class AsyncMinIOClient(
    TenantKeys,
    Buckets,
    BucketSettings,
    BucketServices,
    BucketDocuments,
    Capabilities,
    Uploads,
    Objects,
    ObjectSettings,
    ObjectLocks,
    Composing,
    Archives,
    Undeleting,
    Details,
    Live,
    Reading,
    Files,
    Presigned,
    Snapshots,
    Bulk,
    Transfers,
    Usage,
    Caching,
):
    """S3-compatible object storage for one tenant, with async and await.

    Safe to share between tasks; it makes connections when they are needed and keeps them. Use it as a
    context manager, or call `close()`; both may be done again and again on one client.

    Args:
        config: the settings. Without it they come from the other arguments and the environment.
        host, port: the server, in place of ``base_url``; port 9000 by default.
        secure: https rather than http for `host` and `port`.
        clock: the source of time; tests give their own.
        **fields: any field of `Config`, and ``user_id`` as another name for ``tenant_id``.

    Without ``base_url`` or `host`: the environment, then Consul when ``CONSUL_HTTP_ADDR`` is set (one
    question of at most 3 seconds, asked here), then ``http://localhost:9000``.

    Raises:
        ConfigurationError: a setting is not right.

    Example:
        >>> async with AsyncMinIOClient(Config("http://localhost:9000", "acme")) as client:
        ...     await client.upload("hello.txt", b"Hello!")
    """

    def with_(self, **changes: Any) -> AsyncMinIOClient:
        """A client with other settings on the same connections; closing it leaves them open.

        Args:
            **changes: any fields of `Config`.

        Raises:
            ConfigurationError: a setting is not right.

        Example:
            >>> other = client.with_(tenant_id="other", timeout=5)
        """
        view: AsyncMinIOClient = self._view(changes)
        return view

    def with_extras(
        self,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> AsyncMinIOClient:
        """A client that adds headers and parameters to each of its requests, on the same connections.

        They are signed, and go with every try of every operation, but with nothing that is sent elsewhere,
        such as to STS, and not with `admin`. The parameters stand in presigned URLs as well. Values are never
        logged or shown. A view that adds something has no read cache.

        Args:
            headers: names and values, in addition to those that this client adds already. What the SDK says
                itself, or has an argument for, is refused.
            query: the same for parameters of the query.

        Raises:
            ValidationError: one that can't be added.

        Example:
            >>> traced = client.with_extras(headers={"x-request-id": "4711"})
            >>> await traced.download("hello.txt")
        """
        view: AsyncMinIOClient = self._view(extras_of_view(self.config, headers, query))
        return view

    @property
    def admin(self) -> AsyncAdmin:
        """MinIO's admin API: the server, its users, policies, service accounts and quotas."""
        from minio_sdk.client.aio.admin import AsyncAdmin  # which few programs need

        return self._part(AsyncAdmin)

    async def __aenter__(self) -> AsyncMinIOClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back. A later call opens new ones; closing twice is fine.

        Example:
            >>> await client.close()
        """
        await self._run(cached.close(self._engine, self._own_caches))
