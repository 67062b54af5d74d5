"""The tenant's own keys: no bucket to think about."""

from __future__ import annotations

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import server, tenant_keys
from minio_sdk.flows.sources import Data
from minio_sdk.models.results import HealthStatus, ServerInfo, UploadResponse

# The method `list` shadows the built-in in annotations that come after it.
KeyList = list[str]


class TenantKeys(AsyncBase):
    """upload, download, list, delete; and how the server is."""

    async def upload(self, key: str, data: Data) -> UploadResponse:
        """Store `data` under `key`, in `Config.bucket`, which is made when it is missing.

        Args:
            key: 1 to 1,024 bytes of UTF-8.
            data: bytes-like, a binary file (from its current position), or an iterator of bytes.

        Returns:
            `UploadResponse`: ``status`` is ``"uploaded"``; ``size`` is in bytes.

        Raises:
            ValidationError: a bad key, or data that isn't bytes; nothing was sent.
            QuotaExceededError: no space is left for this tenant.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> response = await client.upload("hello.txt", b"Hello!")
        """
        return await self._run(tenant_keys.upload(self._engine.begin(), key, data))

    async def download(self, key: str) -> bytes:
        """The bytes under `key`, exactly as they were stored; `Config.cache` may have them.

        Raises:
            ObjectNotFoundError: there is no such key.
            MinIOError: it failed after all retries.

        Example:
            >>> data = await client.download("hello.txt")
        """
        try:
            hit = self._hit(key)
        except TypeError:  # no key: it is refused below
            hit = None
        if hit is not None and hit.until > self._now():
            hit.reads += 1
            return hit.data
        return await self._run(tenant_keys.download(self._engine.begin(), key))

    async def list(self, prefix: str = "") -> KeyList:
        """The keys that begin with `prefix`, in the byte order of their UTF-8.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> keys = await client.list("reports/")
        """
        return await self._run(tenant_keys.list_keys(self._engine.begin(), prefix))

    async def delete(self, key: str) -> None:
        """Remove `key`; a missing one is no error.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete("hello.txt")
        """
        return await self._run(tenant_keys.delete(self._engine.begin(), key))

    async def health_check(self) -> HealthStatus:
        """How the server is for this client: asked once, without retries.

        Returns:
            `HealthStatus`, true when healthy. A server that is down is a result, not an error.
            Of several endpoints each is asked, and ``details["endpoints"]`` tells of each.

        Example:
            >>> if await client.health_check():
            ...     print("healthy")
        """
        return await self._run(server.health(self._engine.begin()))

    async def get_server_info(self) -> ServerInfo:
        """What the server tells of itself: ``status``, ``version``, ``performance`` and more.

        MinIO tells credentials with admin rights also its uptime (seconds), drives, and what it holds
        (bytes, objects, buckets), all in ``details``; `client.admin.server_info()` has it typed.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> info = await client.get_server_info()
        """
        return await self._run(server.info(self._engine.begin()))
