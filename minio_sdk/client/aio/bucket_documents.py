"""What is set on buckets, as documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.models.bucket_document import BucketDocument, BucketPlan
from minio_sdk.models.bulk import BulkResult

if TYPE_CHECKING:
    from minio_sdk.flows import bucket_documents
else:
    bucket_documents = Later("minio_sdk.flows.bucket_documents")


class BucketDocuments(AsyncBase):
    """Export, plan, apply.

    With ``tenancy="prefix"`` a bucket's tags are all that a document may have; the rest belongs to the bucket
    that all tenants share, and is refused by name.
    """

    async def export_bucket(
        self, bucket: str, *, sections: Iterable[str] | None = None
    ) -> BucketDocument:
        """What is set on a bucket, in the form that `apply_bucket` takes.

        Args:
            bucket: its name.
            sections: those that are wanted, such as ``("tags", "lifecycle")``; None takes all that the
                server and the tenancy have, and these credentials may see of quotas.

        Returns:
            The document; what the server lacks is left out of it, and what isn't set says none.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: there is no such section.
            NotSupportedError: a section that was asked for by name, and isn't to be had.
            MinIOError: it failed after all retries; the message names the section.

        Example:
            >>> document = await client.export_bucket("docs")
            >>> print(document.to_json())

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-config-options-intro.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_documents.export(engine, bucket, sections))

    async def plan_bucket(
        self, bucket: str, document: BucketDocument | Mapping[str, Any], *, create: bool = False
    ) -> BucketPlan:
        """What would have to change so that a bucket is as a document says; nothing is changed.

        What servers write in another way is the same: the order of rules, names that they give to rules, a
        text where a list of one may stand.

        Args:
            bucket: its name.
            document: sections that it leaves out stay as they are; those that are None or empty are removed.
            create: whether a bucket that isn't there is to be made.

        Returns:
            The plan; false where there is nothing to do. ``print(plan)`` shows it as a diff.

        Raises:
            BucketNotFoundError: there is no such bucket, and `create` is False.
            ValidationError: a section that S3 would not take.
            NotSupportedError: a section that the server or the tenancy doesn't have, by name.
            MinIOError: it failed after all retries; the message names the section.

        Example:
            >>> plan = await client.plan_bucket("docs", {"versioning": True, "tags": {"team": "search"}})
            >>> print(plan)

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-config-options-intro.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_documents.plan(engine, bucket, document, create))

    async def apply_bucket(
        self,
        bucket: str,
        document: BucketDocument | Mapping[str, Any] | BucketPlan,
        *,
        create: bool = False,
    ) -> BucketPlan:
        """Make a bucket what a document, or a plan, says.

        Each section is set as its own method sets it: wholly, and read back. Versions are kept before
        anything is locked or copied, and the policy comes last. It stops at the first failure.

        Args:
            bucket: its name.
            document: the document, or a plan of it, which must still be about what is there.
            create: whether a bucket that isn't there is made, with locks where the document has them; a plan
                says so itself.

        Returns:
            What was done; false where there was nothing to do.

        Raises:
            PlanOutdatedError: what the plan was made for has changed since; nothing was done.
            PartlyAppliedError: some sections are set, and one has failed.
            BucketNotFoundError: there is no such bucket, and `create` is False.
            ValidationError: a section that S3 would not take, or a plan for something else.
            NotSupportedError: a section that the server or the tenancy doesn't have, by name; nothing was
                done.
            MinIOError: the first change failed, and so nothing was done.

        Example:
            >>> done = await client.apply_bucket("docs", {"versioning": True}, create=True)
            >>> [change.section for change in done.changes]
            ['versioning']

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-config-options-intro.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_documents.apply(engine, bucket, document, create))

    async def plan_buckets(
        self,
        documents: Mapping[str, BucketDocument | Mapping[str, Any]],
        *,
        create: bool = False,
    ) -> dict[str, BucketPlan]:
        """As `plan_bucket`, for several buckets.

        Args:
            documents: a document for each bucket, by its name.
            create: whether buckets that aren't there are to be made.

        Returns:
            The plans, also of buckets where there is nothing to do.

        Raises:
            MinIOError: as `plan_bucket`; the first of them.

        Example:
            >>> plans = await client.plan_buckets({"docs": {"versioning": True}, "logs": {"tags": {}}})
            >>> for plan in filter(None, plans.values()):
            ...     print(plan)

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-config-options-intro.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_documents.plan_all(engine, documents, create))

    async def apply_buckets(
        self,
        documents: Mapping[str, BucketDocument | Mapping[str, Any] | BucketPlan],
        *,
        create: bool = False,
    ) -> BulkResult:
        """As `apply_bucket`, for several buckets; nothing is changed before all of them are planned.

        Args:
            documents: a document, or a plan, for each bucket, by its name.
            create: whether buckets that aren't there are made.

        Returns:
            For each bucket, in order, what was done or the error that ended it; others go on.

        Raises:
            MinIOError: one of them can't be planned; nothing was done.

        Example:
            >>> done = await client.apply_buckets({"docs": {"versioning": True}, "logs": {"tags": {}}})
            >>> done.ok
            True

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-config-options-intro.html
        """
        engine = self._engine.begin()
        return await self._run(bucket_documents.apply_all(engine, documents, create))
