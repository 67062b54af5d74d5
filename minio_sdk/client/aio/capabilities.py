"""What the server has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.models.capabilities import ServerCapabilities

if TYPE_CHECKING:
    from minio_sdk.flows import capabilities
else:
    capabilities = Later("minio_sdk.flows.capabilities")


class Capabilities(AsyncBase):
    """The probe of a server."""

    async def get_capabilities(
        self, bucket: str | None = None, *, probe: str = "read", refresh: bool = False
    ) -> ServerCapabilities:
        """What this server has.

        It is remembered for a day: by the clients of one connection pool, and with `Config.state_dir` by
        later processes too.

        Args:
            bucket: a bucket that is asked for its settings; None takes the client's own, or the first
                there is. With prefix tenancy none is asked, and what is set on buckets stays unknown.
            probe: ``"read"`` asks harmless questions only. ``"write"`` also tries what questions can't tell,
                in a bucket ``probe-...`` of the tenant that is made for it and removed.
            refresh: ask anew.

        Returns:
            The capabilities; None stands for what isn't known.

        Raises:
            BucketNotFoundError: there is no such bucket.
            AccessDeniedError: ``probe="write"``, and these credentials may not make a bucket.
            ValidationError: `probe` is something else.
            MinIOError: it failed after all retries.

        Example:
            >>> capabilities = await client.get_capabilities()
            >>> if capabilities.cors is False:
            ...     print(capabilities)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
        """
        engine = self._engine.begin()
        return await self._run(capabilities.get(engine, bucket, probe, refresh))
