"""What is set on a bucket as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.models.cors import CorsRule
from minio_sdk.models.lifecycle import LifecycleRule

if TYPE_CHECKING:
    from minio_sdk.flows import bucket_settings
else:
    bucket_settings = Later("minio_sdk.flows.bucket_settings")


class BucketSettings(AsyncBase):
    """Versioning, tags, policy, lifecycle, CORS.

    With ``tenancy="prefix"`` a bucket has tags of its own and nothing else of this: the rest is set on a
    whole bucket of the server, which all tenants share there.
    """

    async def set_bucket_versioning(self, bucket: str, enabled: bool = True) -> None:
        """Keep the versions of objects that are replaced or deleted, or stop keeping them.

        Versions that there are stay when it is suspended; it can't be switched off altogether.

        Args:
            bucket: its name.
            enabled: True switches it on, False suspends it.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_bucket_versioning("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.set_versioning(engine, bucket, enabled))

    async def get_bucket_versioning(self, bucket: str) -> bool:
        """Whether versions are kept.

        Args:
            bucket: its name.

        Returns:
            True only when it is on; `get_bucket_info` tells suspended from never.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.get_bucket_versioning("docs")
            True

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.get_versioning(engine, bucket))

    async def set_bucket_tags(self, bucket: str, tags: Mapping[str, str]) -> None:
        """Replace the tags of a bucket, with any tenancy.

        Args:
            bucket: its name.
            tags: up to 50, names to 128 and values to 256 characters; none removes them. Servers may take
                fewer or only some characters: SeaweedFS takes 10, MinIO and AWS no ``&``, ``<`` or ``#``.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: S3 allows no such tags.
            NotSupportedError: the server doesn't offer it, or changed them.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_bucket_tags("docs", {"environment": "production"})

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.set_tags(engine, bucket, tags))

    async def get_bucket_tags(self, bucket: str) -> dict[str, str]:
        """The tags of a bucket.

        Args:
            bucket: its name.

        Returns:
            Names and values; an empty dict when there are none.

        Raises:
            BucketNotFoundError: there is no such bucket.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.get_bucket_tags("docs")
            {'environment': 'production'}

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.get_tags(engine, bucket))

    async def delete_bucket_tags(self, bucket: str) -> None:
        """Remove the tags of a bucket; having none is no error.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_bucket_tags("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.delete_tags(engine, bucket))

    async def set_bucket_policy(self, bucket: str, policy: str | bytes | Mapping[str, Any]) -> None:
        """Replace the policy of a bucket: who may do what with it.

        It is written with the tenant's own name of the bucket, in ``arn:aws:s3:::docs`` and
        ``arn:aws:s3:::docs/...``. A tenant's policy can name that bucket and nothing else.

        Args:
            bucket: its name.
            policy: JSON text or a dict, at most 20 KiB; ``{}`` removes it.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: not JSON, not a policy, or it names another bucket, or could.
            NotSupportedError: with prefix tenancy; or the server doesn't offer it, or kept only a part of
                it, which is taken back then.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_bucket_policy("docs", {
            ...     "Version": "2012-10-17",
            ...     "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]},
            ...                    "Action": ["s3:GetObject"],
            ...                    "Resource": ["arn:aws:s3:::docs/public/*"]}]})

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.set_policy(engine, bucket, policy))

    async def get_bucket_policy(self, bucket: str) -> dict[str, Any]:
        """The policy of a bucket, with the tenant's name of it.

        Args:
            bucket: its name.

        Returns:
            The document as the server writes it; an empty dict when there is none.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            ServerError: another program set one that names other buckets.
            MinIOError: it failed after all retries.

        Example:
            >>> policy = await client.get_bucket_policy("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.get_policy(engine, bucket))

    async def delete_bucket_policy(self, bucket: str) -> None:
        """Remove the policy of a bucket; having none is no error.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_bucket_policy("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.delete_policy(engine, bucket))

    async def set_bucket_lifecycle(
        self, bucket: str, rules: Iterable[LifecycleRule | Mapping[str, Any]]
    ) -> None:
        """Replace the lifecycle rules of a bucket: what becomes of objects as time passes.

        They are read back. Of a server that kept less than it was given, such as a rule without its filter,
        what was there before is put back and the call fails.

        Args:
            bucket: its name.
            rules: up to 1,000; a dict has the names of a `LifecycleRule`, or S3's own. Times are in days,
                dates are midnight UTC. An empty list removes them all.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: a rule that S3 would not take.
            NotSupportedError: with prefix tenancy; or the server doesn't offer it, or kept only a part of
                it, which is taken back then.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_bucket_lifecycle("docs", [
            ...     {"id": "tmp", "status": "Enabled", "expiration": {"days": 7},
            ...      "filter": {"prefix": "temp/"}},
            ...     LifecycleRule(id="old", expiration=Expiration(days=365)),
            ... ])

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.set_lifecycle(engine, bucket, rules))

    async def get_bucket_lifecycle(self, bucket: str) -> list[LifecycleRule]:
        """The lifecycle rules of a bucket.

        Args:
            bucket: its name.

        Returns:
            The rules, which can be given back to `set_bucket_lifecycle`; an empty list when there are none.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> [rule.id for rule in await client.get_bucket_lifecycle("docs")]
            ['tmp', 'old']

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.get_lifecycle(engine, bucket))

    async def delete_bucket_lifecycle(self, bucket: str) -> None:
        """Remove the lifecycle rules of a bucket; having none is no error.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_bucket_lifecycle("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.delete_lifecycle(engine, bucket))

    async def set_bucket_cors(
        self, bucket: str, rules: Iterable[CorsRule | Mapping[str, Any]]
    ) -> None:
        """Replace the CORS rules of a bucket: which web pages may ask for its objects.

        Args:
            bucket: its name.
            rules: up to 100; a dict has the names of a `CorsRule`, or S3's own. An empty
                list removes them all.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: a rule that S3 would not take.
            NotSupportedError: with prefix tenancy; or the server doesn't offer it, or kept only a part of
                it, which is taken back then. MinIO has one setting for the whole server.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_bucket_cors("docs", [CorsRule(
            ...     allowed_origins=("https://example.com",), allowed_methods=("GET",), max_age_seconds=600)])

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.set_cors(engine, bucket, rules))

    async def get_bucket_cors(self, bucket: str) -> list[CorsRule]:
        """The CORS rules of a bucket.

        Args:
            bucket: its name.

        Returns:
            The rules, which can be given back to `set_bucket_cors`; an empty list when there are none.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> rules = await client.get_bucket_cors("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.get_cors(engine, bucket))

    async def delete_bucket_cors(self, bucket: str) -> None:
        """Remove the CORS rules of a bucket; having none is no error.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_bucket_cors("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_settings.delete_cors(engine, bucket))
