"""What else can be asked of objects and buckets, and of uploads that have not ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import details, unfinished
from minio_sdk.models.details import (
    AccessControlList,
    MultipartUpload,
    ObjectAttributes,
    UploadedPart,
)
from minio_sdk.models.object_encryption import GivenEncryption


class Details(AsyncBase):
    """Attributes, access control lists, archived objects, unfinished uploads."""

    async def get_object_attributes(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        encryption: GivenEncryption = None,
    ) -> ObjectAttributes:
        """Size, ETag, checksums and parts of an object, as far as the server tells.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Raises:
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> found = await client.get_object_attributes("docs", "film.mp4")
            >>> print(found.checksums, found.parts_count)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
        """
        engine = self._engine.begin(encryption)
        return await self._run(details.attributes(engine, bucket, key, version_id))

    async def get_object_acl(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> AccessControlList:
        """The access control list of an object; most servers have one that says "the owner, everything".

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.

        Raises:
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> acl = await client.get_object_acl("docs", "q4.pdf")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
        """
        engine = self._engine.begin()
        return await self._run(details.object_acl(engine, bucket, key, version_id))

    async def get_bucket_acl(self, bucket: str) -> AccessControlList:
        """The access control list of a bucket; what it grants beside policies.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> for grant in (await client.get_bucket_acl("docs")).grants:
            ...     print(grant.id, grant.permission)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
        """
        engine = self._engine.begin()
        return await self._run(details.bucket_acl(engine, bucket))

    async def restore_object(
        self,
        bucket: str,
        key: str,
        days: int = 1,
        *,
        tier: str | None = None,
        version_id: str | None = None,
    ) -> None:
        """Ask for a copy of an archived object that can be read for some days.

        This returns when the server has taken the wish; ``get_object_metadata(...).restore`` tells when it
        is there, which may take hours.

        Args:
            bucket: its name.
            key: its key; in a storage class such as ``"GLACIER"``.
            days: how long the copy is to be there.
            tier: ``"Standard"``, ``"Bulk"`` (later, cheaper) or ``"Expedited"``; None for the server's own.
            version_id: a version of it; None for the current one.

        Raises:
            ConflictError: the object is not archived, or is on its way already.
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server doesn't offer it.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.restore_object("docs", "1999.zip", 7)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
        """
        engine = self._engine.begin()
        return await self._run(details.restore(engine, bucket, key, days, tier, version_id))

    def list_multipart_uploads(
        self, bucket: str, prefix: str = ""
    ) -> AsyncIterator[MultipartUpload]:
        """The uploads in parts that were begun and not ended, one by one.

        Args:
            bucket: its name.
            prefix: only keys that begin with it.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: with prefix tenancy on MinIO, which lists none by prefix.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> async for upload in client.list_multipart_uploads("docs"):
            ...     print(upload.key, upload.initiated)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
        """
        engine = self._engine.begin()
        return self._iterate(unfinished.uploads(engine, bucket, prefix))

    def list_parts(self, bucket: str, key: str, upload_id: str) -> AsyncIterator[UploadedPart]:
        """The parts that an unfinished upload has, one by one.

        Args:
            bucket: its name.
            key: its key.
            upload_id: the upload's; see `list_multipart_uploads`.

        Raises:
            UploadNotFoundError: it was completed, aborted, or never begun.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> async for part in client.list_parts("docs", "film.mp4", upload_id):
            ...     print(part.part_number, part.size)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
        """
        engine = self._engine.begin()
        return self._iterate(unfinished.parts(engine, bucket, key, upload_id))

    async def abort_multipart_upload(self, bucket: str, key: str, upload_id: str) -> None:
        """End an unfinished upload and drop its parts.

        Args:
            bucket: its name.
            key: its key.
            upload_id: the upload's; see `list_multipart_uploads`.

        Raises:
            UploadNotFoundError: it was completed, aborted, or never begun; some servers don't say so.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.abort_multipart_upload("docs", "film.mp4", upload_id)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
        """
        engine = self._engine.begin()
        return await self._run(unfinished.abort(engine, bucket, key, upload_id))

    async def abort_incomplete_uploads(
        self, bucket: str, prefix: str = "", *, older_than: timedelta | float = 86400.0
    ) -> list[MultipartUpload]:
        """End the uploads that were begun some time ago and never ended; whoever began them.

        Args:
            bucket: its name.
            prefix: only keys that begin with it.
            older_than: how long ago they were begun at least, as a timedelta or in seconds. One that is
                still at work can be as old: choose it longer than the longest upload takes.

        Returns:
            Those that were ended. One of which the server doesn't tell the age is left.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: with prefix tenancy on MinIO, which lists none by prefix.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> ended = await client.abort_incomplete_uploads("docs", older_than=timedelta(days=7))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
        """
        engine = self._engine.begin()
        return await self._run(unfinished.abort_old(engine, bucket, prefix, older_than))
