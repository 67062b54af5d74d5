"""What a server does of itself with the objects of a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import bucket_services
from minio_sdk.models.encryption import BucketEncryption


class BucketServices(AsyncBase):
    """Encryption; with ``tenancy="prefix"`` it belongs to the bucket that all tenants share."""

    async def set_bucket_encryption(
        self, bucket: str, encryption: BucketEncryption | Mapping[str, Any]
    ) -> None:
        """Have the server encrypt new objects of a bucket that say nothing of it themselves.

        It is read back: of a server that kept something else the call fails.

        Args:
            bucket: its name.
            encryption: such as ``BucketEncryption()`` for SSE-S3 or ``BucketEncryption(algorithm="aws:kms",
                kms_key_id="my-key")`` for SSE-KMS; a dict with these names or S3's own does as well.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: S3 would not take it.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it; MinIO does with a key
                management service only.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_bucket_encryption("docs", BucketEncryption())

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_services.set_encryption(engine, bucket, encryption))

    async def get_bucket_encryption(self, bucket: str) -> BucketEncryption | None:
        """How the server encrypts new objects of a bucket.

        Args:
            bucket: its name.

        Returns:
            The `BucketEncryption`, which can be given back to `set_bucket_encryption`; None where there is
            none, as never on AWS.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> encryption = await client.get_bucket_encryption("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_services.get_encryption(engine, bucket))

    async def delete_bucket_encryption(self, bucket: str) -> None:
        """Let new objects of a bucket be stored as they come; having no encryption is no error.

        On AWS it becomes SSE-S3 again. What is stored stays as it is.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_bucket_encryption("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_services.delete_encryption(engine, bucket))
