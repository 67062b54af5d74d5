"""What else can be asked of objects and buckets, and of uploads that have not ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.flows import uploads
from minio_sdk.flows.conditions import condition
from minio_sdk.models.details import (
    AccessControlList,
    MultipartUpload,
    ObjectAttributes,
    UploadedPart,
)
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.results import UploadResponse

if TYPE_CHECKING:
    from minio_sdk.flows import details, unfinished
else:
    details = Later("minio_sdk.flows.details")
    unfinished = Later("minio_sdk.flows.unfinished")


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

    async def create_multipart_upload(
        self,
        bucket: str,
        key: str,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        expires: datetime | str | None = None,
        storage_class: str | None = None,
        encryption: GivenEncryption = None,
    ) -> MultipartUpload:
        """Begin an upload whose parts others send, such as a browser: up to 10,000, of up to 5 GiB each.

        `get_presigned_part_url` gives the permission for each part, `complete_multipart_upload` makes them
        an object, and `abort_multipart_upload` drops them. What the SDK itself uploads needs none of these.

        Args:
            bucket: its name; it has to exist.
            key: the key of the object.
            content_type, metadata, tags, content_encoding, content_disposition, content_language,
                cache_control, expires, storage_class, encryption: of the object, as for `upload_object`.

        Returns:
            `MultipartUpload`, whose ``upload_id`` the other calls take. Parts cost space until the upload is
            completed or aborted.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: the server would not encrypt it, or keep it under this key.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> upload = await client.create_multipart_upload("films", "in/1.mp4")
            >>> url = await client.get_presigned_part_url("films", "in/1.mp4", upload.upload_id, 1)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
        """
        engine = self._engine.begin(encryption)
        headers = uploads.object_headers(
            key,
            content_type,
            metadata,
            tags=tags,
            content_encoding=content_encoding,
            content_disposition=content_disposition,
            content_language=content_language,
            cache_control=cache_control,
            expires=expires,
            storage_class=storage_class,
        )
        return await self._run(unfinished.begin(engine, bucket, key, headers))

    async def complete_multipart_upload(
        self,
        bucket: str,
        key: str,
        upload_id: str,
        parts: Iterable[UploadedPart | tuple[int, str]] | None = None,
        *,
        size: int | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
        encryption: GivenEncryption = None,
    ) -> UploadResponse:
        """Make the parts that others have sent one object.

        The server is asked first which parts it has, so that nothing is stored that isn't whole.

        Args:
            bucket: its name.
            key: its key.
            upload_id: the upload's.
            parts: those that it is to have, as `list_parts` gives them, or pairs of a number and the ETag
                that the answer to its PUT had; None takes all that the server has, from 1 on without a gap,
                and the newer of one that was sent again.
            size: the bytes that they must have together; None doesn't look.
            if_none_match, if_match: as for `upload_object`.
            encryption: the same as for `create_multipart_upload`.

        Returns:
            `UploadResponse`, as of `upload_object`.

        Raises:
            IntegrityError: a part is missing or another one, one but the last is below 5 MiB, all of them
                don't have `size`, or the server doesn't tell which of two was sent last. Nothing was stored,
                and the upload goes on.
            UploadNotFoundError: it was completed, aborted, or never begun.
            PreconditionFailedError: `if_none_match` or `if_match` didn't hold; the upload goes on.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.complete_multipart_upload("films", "in/1.mp4", upload_id, size=7_000_000_000)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
        """
        engine = self._engine.begin(encryption)
        wanted = condition(if_none_match, if_match)
        flow = unfinished.complete(engine, bucket, key, upload_id, parts, size, wanted)
        return await self._run(flow)

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
