"""How much is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.flows.progress import OnProgress
from minio_sdk.models.usage import TenantUsage

if TYPE_CHECKING:
    from minio_sdk.flows import usage
else:
    usage = Later("minio_sdk.flows.usage")


class Usage(AsyncBase):
    """Count."""

    async def get_tenant_usage(
        self,
        *,
        bucket: str | None = None,
        prefix: str = "",
        versions: bool = False,
        uploads: bool = False,
        snapshots: bool = False,
        concurrency: int | None = None,
        progress: OnProgress | bool | None = None,
    ) -> TenantUsage:
        """How many objects and bytes the tenant stores, in all and by bucket.

        Counted from listings, one request for a thousand objects: exact, and as slow as listing them. What
        the SDK keeps for itself is not among the objects. Without tenancy it counts all buckets that the
        credentials can list, those of snapshots included. A bucket that is removed meanwhile is left out.

        Args:
            bucket: count this one only; None counts all of them.
            prefix: with `bucket`: count only keys that begin with it.
            versions: count noncurrent versions and delete markers as well, which stand apart.
            uploads: count unfinished uploads as well, with one request for each of them.
            snapshots: count what the buckets' snapshots keep as well.
            concurrency: buckets that are listed side by side; None takes 8.
            progress: a function that gets a `TransferProgress` after each bucket, or where there is only one
                bucket after each page of its listing; True for a bar.

        Raises:
            BucketNotFoundError: the bucket that was named doesn't exist.
            AccessDeniedError: these credentials may not list one of the buckets.
            NotSupportedError: MinIO lists no unfinished uploads by prefix, and so with prefix tenancy none.
            MinIOError: it failed after all retries.

        Example:
            >>> usage = await client.get_tenant_usage()
            >>> for each in usage.buckets:
            ...     print(each.bucket, each.objects, each.bytes)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        """
        engine = self._engine.begin()
        question = usage.Question(bucket, prefix, versions, uploads, snapshots, concurrency)
        return await self._run(usage.count(engine, question, progress))
