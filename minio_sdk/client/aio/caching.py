"""The read cache of `Config.cache`."""

from __future__ import annotations

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import cached
from minio_sdk.models.cache import CacheStats


class Caching(AsyncBase):
    """How it does, and away with it."""

    async def cache_stats(self) -> CacheStats:
        """How often the read cache had what was asked for, and what it holds.

        Returns:
            `CacheStats`, for this client and its views with the same ``cache``; all zero without one.

        Example:
            >>> stats = await client.cache_stats()
            >>> print(f"{stats.hit_rate:.0%}, {stats.bytes_saved} bytes saved")
        """
        return await self._run(cached.stats(self._engine.begin()))

    async def clear_cache(self) -> None:
        """Forget what the read cache holds, of this client and all its views, in memory and on disk.

        What is on disk is gone for all processes that use the same folder.

        Example:
            >>> await client.clear_cache()
        """
        await self._run(cached.clear(self._engine.begin()))
