"""Buckets."""

from __future__ import annotations

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import buckets
from minio_sdk.models.results import BucketInfo


class Buckets(AsyncBase):
    """Make, look at, remove."""

    async def create_bucket(
        self,
        bucket: str,
        *,
        region: str | None = None,
        object_lock: bool = False,
        exist_ok: bool = False,
    ) -> None:
        """Make a bucket.

        Args:
            bucket: 1 to 63 of ``a-z 0-9 . -``, beginning and ending with a letter or digit.
            region: where it is to be; None takes `Config.region`.
            object_lock: whether its objects can be locked; this can't be taken back, and it keeps versions.
            exist_ok: take one of one's own that is there already for made, and leave it as it is.

        Raises:
            NotSupportedError: `object_lock`, with prefix tenancy, or the server made it without.
            BucketAlreadyExistsError: it exists; with `exist_ok`: as somebody else's, or without locks.
            ValidationError: S3 allows no such name.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.create_bucket("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        """
        engine = self._engine.begin()
        return await self._run(buckets.create(engine, bucket, region, object_lock, exist_ok))

    async def delete_bucket(
        self, bucket: str, *, force: bool = False, bypass_governance: bool = False
    ) -> None:
        """Remove a bucket.

        Args:
            bucket: its name.
            force: remove all its objects, versions and unfinished uploads first.
            bypass_governance: with `force`, versions too that are locked in governance mode; these
                credentials must be allowed to.

        Raises:
            BucketNotFoundError: it doesn't exist.
            BucketNotEmptyError: it has objects, and `force` is False; or some that are locked.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_bucket("docs", force=True)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
        """
        engine = self._engine.begin()
        return await self._run(buckets.delete(engine, bucket, force, bypass_governance))

    async def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket exists.

        Raises:
            AccessDeniedError: these credentials may not know.
            MinIOError: it failed after all retries.

        Example:
            >>> if not await client.bucket_exists("docs"):
            ...     await client.create_bucket("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
        """
        return await self._run(buckets.exists(self._engine.begin(), bucket))

    async def get_bucket_info(self, bucket: str) -> BucketInfo:
        """Name, creation date, region and owner of a bucket, as far as the server tells.

        Raises:
            BucketNotFoundError: it doesn't exist.
            MinIOError: it failed after all retries.

        Example:
            >>> print((await client.get_bucket_info("docs")).creation_date)
        """
        return await self._run(buckets.info(self._engine.begin(), bucket))

    async def list_buckets(self) -> list[BucketInfo]:
        """The tenant's buckets, by name.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> names = [bucket.name for bucket in await client.list_buckets()]

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
        """
        return await self._run(buckets.list_all(self._engine.begin()))
