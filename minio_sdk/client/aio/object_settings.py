"""What objects have beside their bytes: tags and metadata; and copies of objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import copies, object_tags
from minio_sdk.flows.copy_rules import Changes, Conditions
from minio_sdk.models.moments import Moment
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.results import UploadResponse


class ObjectSettings(AsyncBase):
    """Copy, describe, tag."""

    async def copy_object(
        self,
        dest_bucket: str,
        dest_key: str,
        source_bucket: str,
        source_key: str,
        *,
        source_version_id: str | None = None,
        at: Moment | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        expires: datetime | str | None = None,
        storage_class: str | None = None,
        encryption: GivenEncryption = None,
        source_encryption: GivenEncryption = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        if_modified_since: datetime | None = None,
        if_unmodified_since: datetime | None = None,
    ) -> UploadResponse:
        """Copy an object on the server, of any size; its bytes don't pass through this computer.

        What isn't given anew is carried over: metadata, tags, content type and the other headers that
        describe the content. Up to 5 GiB are one request, more are copied in parts, several at a time;
        a copy that fails leaves nothing behind.

        Args:
            dest_bucket, dest_key: where to; an object that is there is replaced.
            source_bucket, source_key: where from.
            source_version_id: a version of the source; None copies the current one.
            at: what the source was at this moment, as for `get_object`.
            metadata: the user's metadata in place of the source's; ``{}`` for none.
            tags: tags in place of the source's, at most 10; ``{}`` for none.
            content_type, content_encoding, content_disposition, content_language, cache_control: in
                place of the source's.
            expires: when the content is stale, in place of the source's; as a datetime with a time zone.
            storage_class: such as ``"STANDARD_IA"``; None gives the server's default, or keeps the class
                of an object that is copied onto itself.
            encryption: of the copy: `SseS3()`, `SseKms(...)` or `SseC(key)`; False for none. None takes
                `Config.encryption`, else a source with a customer's key keeps that, an object that is copied
                onto itself stays as it is, and any other is encrypted as its bucket has it.
            source_encryption: the `SseC(key)` of the source; None takes `Config.encryption`.
            if_match, if_none_match: copy only if the source has this ETag, or has it not. They are about
                the source, never about what is at the destination.
            if_modified_since, if_unmodified_since: copy only if the source was changed after this moment,
                or was not; with a time zone. They count where no ETag is given with them.

        Returns:
            `UploadResponse` with the status ``"copied"``, and size, ETag and version of the copy.

        Raises:
            ObjectNotFoundError, VersionNotFoundError: the source isn't there.
            BucketNotFoundError: one of the buckets isn't there; the error names it.
            PreconditionFailedError: a condition doesn't hold.
            ObjectChangedError: the source was replaced while it was being copied.
            EncryptionKeyError: the key of the source is missing, or another one.
            NotEncryptedError: the copy was to be encrypted, and isn't.
            NotSupportedError: the server doesn't copy, or not with encryption; or what was there at `at`
                can't be known.
            ValidationError: a bad argument, or a copy of an object onto itself that changes nothing.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.copy_object("archive", "2026/report.pdf", "docs", "report.pdf")
            >>> await client.copy_object("docs", "a.txt", "docs", "a.txt", source_version_id=old)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        engine = copies.begun(self._engine, encryption, source_encryption)
        changes = Changes(
            metadata=metadata,
            tags=tags,
            content_type=content_type,
            content_encoding=content_encoding,
            content_disposition=content_disposition,
            content_language=content_language,
            cache_control=cache_control,
            expires=expires,
            storage_class=storage_class,
        )
        conditions = Conditions(if_match, if_none_match, if_modified_since, if_unmodified_since)
        return await self._run(
            copies.copy(
                engine,
                engine.place(dest_bucket, "dest_bucket"),
                dest_key,
                engine.place(source_bucket, "source_bucket"),
                source_key,
                source_version_id=source_version_id,
                changes=changes,
                conditions=conditions,
                at=at,
                keeps=encryption is None,
            )
        )

    async def set_object_metadata(
        self,
        bucket: str,
        key: str,
        metadata: Mapping[str, str],
        *,
        encryption: GivenEncryption = None,
    ) -> UploadResponse:
        """Replace the user's metadata of an object; everything else of it stays.

        S3 can't change metadata in place: the object is copied onto itself, on the server. Its date
        becomes now, and a versioned bucket gets a new version.

        Args:
            bucket: its name.
            key: its key.
            metadata: names, with ``x-amz-meta-`` in front or not, and values; ``{}`` removes all.
            encryption: the `SseC(key)` that the object has, and keeps; None takes `Config.encryption`.

        Returns:
            `UploadResponse` with the status ``"copied"``, and the new version.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            ObjectChangedError: it was replaced meanwhile, and is left as it is.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_object_metadata("docs", "report.pdf", {"reviewed": "yes"})

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        engine = self._engine.begin()
        return await self._run(copies.set_metadata(engine, bucket, key, metadata, encryption))

    async def set_object_tags(
        self, bucket: str, key: str, tags: Mapping[str, str], *, version_id: str | None = None
    ) -> None:
        """Replace the tags of an object.

        Args:
            bucket: its name.
            key: its key.
            tags: at most 10; names of 1 to 128, values of at most 256 characters. S3 allows letters,
                digits, blanks and ``+ - = . _ : / @`` in them. ``{}`` removes all.
            version_id: a version of it; None for the current one.

        Raises:
            ObjectNotFoundError, VersionNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server has no tags.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.set_object_tags("docs", "report.pdf", {"status": "final"})

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
        """
        return await self._run(object_tags.put(self._engine.begin(), bucket, key, tags, version_id))

    async def get_object_tags(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> dict[str, str]:
        """The tags of an object; empty when it has none.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.

        Raises:
            ObjectNotFoundError, VersionNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server has no tags.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.get_object_tags("docs", "report.pdf")
            {'status': 'final'}

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
        """
        return await self._run(object_tags.get(self._engine.begin(), bucket, key, version_id))

    async def delete_object_tags(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> None:
        """Remove all tags of an object; it is no error when it has none.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.

        Raises:
            ObjectNotFoundError, VersionNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server has no tags.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_object_tags("docs", "report.pdf")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html
        """
        return await self._run(object_tags.delete(self._engine.begin(), bucket, key, version_id))
