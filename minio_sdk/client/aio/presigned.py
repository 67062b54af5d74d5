"""Addresses signed ahead."""

from __future__ import annotations

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import objects


class Presigned(AsyncBase):
    """URLs that others can use for some time."""

    async def get_presigned_url(
        self, bucket: str, key: str, expiry_seconds: int = 3600, *, method: str = "GET"
    ) -> str:
        """A URL that anyone can use for one method on one object, for some time.

        Args:
            bucket: its name.
            key: the key.
            expiry_seconds: 1 to 604,800 (7 days).
            method: ``"GET"``, ``"PUT"``, ``"HEAD"``, ``"DELETE"`` or ``"POST"``.

        Raises:
            ValidationError: a bad argument.
            ConfigurationError: there are no credentials to sign with.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        """
        engine = self._engine.begin()
        return await self._run(objects.presign(engine, bucket, key, expiry_seconds, method))

    async def get_presigned_put_url(self, bucket: str, key: str, expiry_seconds: int = 3600) -> str:
        """A URL that anyone can upload one object to, for some time; else as `get_presigned_url`."""
        engine = self._engine.begin()
        return await self._run(objects.presign(engine, bucket, key, expiry_seconds, "PUT"))
