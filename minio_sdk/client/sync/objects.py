# Made by scripts/make_sync.py from client/aio/objects.py: change that one.
"""Objects that are there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import found, moments, objects, reading
from minio_sdk.flows.found import Question
from minio_sdk.flows.objects import Keys
from minio_sdk.models.moments import Moment
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.results import DeleteResult, ObjectInfo, ObjectMetadata


class Objects(Base):
    """Get, look at, list, remove."""

    def get_object(
        self,
        bucket: str,
        key: str,
        *,
        range: tuple[int, int | None] | None = None,
        version_id: str | None = None,
        at: Moment | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        if_modified_since: datetime | None = None,
        if_unmodified_since: datetime | None = None,
        encryption: GivenEncryption = None,
    ) -> bytes:
        """The bytes of an object, exactly as they were stored.

        Args:
            bucket: its name.
            key: its key.
            range: first and last byte, both included, counted from 0; the last may be None or lie behind
                the end, which gives all up to the end.
            version_id: a version of it; None for the current one.
            at: what was there at this moment, in place of a version, in a bucket that keeps versions: a
                datetime with a time zone, a date (its beginning in UTC), or one of them as ISO 8601 text.
            if_match: only if it has this ETag.
            if_none_match: only if it has another ETag than this.
            if_modified_since: only if it is newer than this date, which must have a time zone.
            if_unmodified_since: only if it is no newer than this date.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Raises:
            PreconditionFailedError: one of the conditions did not hold.
            ValidationError: a bad argument, before anything is sent; or a range that begins behind the
                end of the object.
            VersionNotFoundError: it has no such version.
            ObjectNotFoundError, BucketNotFoundError: it isn't there, or wasn't at that moment.
            NotSupportedError: what was there at that moment can't be known, such as in a bucket that keeps
                no versions.
            EncryptionKeyError: a customer's key is missing, or isn't the object's.
            MinIOError: it failed after all retries.

        Example:
            >>> head = client.get_object("docs", "film.mp4", range=(0, 1023))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        engine = self._engine.begin(encryption)
        return self._run(
            reading.get(
                engine,
                bucket,
                key,
                range,
                version_id,
                if_match,
                if_none_match,
                if_modified_since,
                if_unmodified_since,
                at,
            )
        )

    def get_object_metadata(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        at: Moment | None = None,
        encryption: GivenEncryption = None,
    ) -> ObjectMetadata:
        """Size, type, ETag, dates and the user's metadata of an object.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.
            at: what it was at this moment, as for `get_object`.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Raises:
            VersionNotFoundError: it has no such version.
            ObjectNotFoundError, BucketNotFoundError: it isn't there, or wasn't at that moment.
            NotSupportedError: what was there at that moment can't be known, such as in a bucket that keeps
                no versions.
            EncryptionKeyError: a customer's key is missing, or isn't the object's.
            MinIOError: it failed after all retries.

        Example:
            >>> found = client.get_object_metadata("docs", "q4.pdf")
            >>> print(found.size, found["content_type"], found.metadata)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        engine = self._engine.begin(encryption)
        return self._run(moments.head(engine, bucket, key, version_id, at))

    def object_exists(
        self,
        bucket: str,
        key: str,
        *,
        at: Moment | None = None,
        encryption: GivenEncryption = None,
    ) -> bool:
        """Whether the object exists; False too when its bucket doesn't.

        Args:
            bucket: its name.
            key: its key.
            at: whether it existed at this moment, as for `get_object`.
            encryption: `SseC(key)` with the key that it was stored with, without which some servers don't
                tell; None takes `Config.encryption`.

        Raises:
            NotSupportedError: what was there at that moment can't be known.
            MinIOError: it failed after all retries.

        Example:
            >>> if client.object_exists("docs", "q4.pdf"):
            ...     print("there")
        """
        engine = self._engine.begin(encryption)
        return self._run(moments.exists(engine, bucket, key, at))

    def delete_object(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        bypass_governance: bool = False,
    ) -> None:
        """Remove an object, or one version of it; a missing object is no error.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one, of which a versioned bucket keeps the
                bytes behind a delete marker.
            bypass_governance: remove the version although it is locked in governance mode; these
                credentials must be allowed to.

        Raises:
            ObjectLockedError: the version has a retention or a legal hold.
            BucketNotFoundError: the bucket doesn't exist.
            MinIOError: it failed after all retries.

        Example:
            >>> client.delete_object("docs", "q4.pdf")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
        """
        engine = self._engine.begin()
        return self._run(objects.delete(engine, bucket, key, version_id, bypass_governance))

    def delete_objects(
        self, bucket: str, keys: Keys, *, bypass_governance: bool = False
    ) -> DeleteResult:
        """Remove any number of objects, 1,000 a request.

        Args:
            bucket: its name.
            keys: keys, or pairs (key, version_id).
            bypass_governance: remove versions although they are locked in governance mode.

        Returns:
            `DeleteResult`: ``deleted`` and ``errors``; true when there are no errors.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            MinIOError: a whole request failed after all retries.

        Example:
            >>> result = client.delete_objects("docs", ["a.txt", "b.txt"])
            >>> for error in result.errors:
            ...     print(error.key, error.message)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        """
        engine = self._engine.begin()
        return self._run(objects.delete_objects(engine, bucket, keys, bypass_governance))

    def list_objects(
        self,
        bucket: str,
        prefix: str = "",
        suffix: str = "",
        *,
        recursive: bool = True,
        versions: bool = False,
        limit: int | None = None,
        start_after: str | None = None,
        concurrency: int | None = None,
        at: Moment | None = None,
        include_user_meta: bool = False,
        fetch_owner: bool = False,
    ) -> list[ObjectInfo]:
        """The objects of a bucket as a list in byte order; `iter_objects` takes no memory for it.

        Args:
            bucket: its name.
            prefix: only keys that begin with it.
            suffix: only what ends with it, folders as well; sorted out here, not on the server.
            recursive: False folds what lies below the next ``/`` into one entry with ``is_prefix``.
            versions: all versions and delete markers, of one key the newest first.
            limit: at most this many entries; default all.
            start_after: only entries behind this key in byte order, whether it exists or not.
            concurrency: how many pages of a large bucket to ask for at once; default 1, never more than
                `Config.pool_size`. One after the other all the same: versions, `at`, and `recursive=False`.
            at: what was there at this moment, with the ids of the versions, as for `get_object`. All versions
                below the prefix are listed for it. Not together with `versions`.
            include_user_meta: `content_type`, `metadata` and `tags` of each object, which MinIO puts into its
                listings.
            fetch_owner: `owner_id` and `owner_name` of each object.

        Returns:
            A list of `ObjectInfo`.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: `versions`, and the server lists none; or `at`, and what was there then can't
                be known; or `include_user_meta`, and the server lists objects without it.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> for item in client.list_objects("docs", "2026/", ".pdf"):
            ...     print(item.key, item.size)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
        """
        engine = self._engine.begin()
        question = Question(
            bucket,
            prefix,
            suffix,
            recursive,
            versions,
            limit,
            start_after,
            concurrency,
            at,
            include_user_meta,
            fetch_owner,
        )
        return self._run(found.listed(engine, question))

    def iter_objects(
        self,
        bucket: str,
        prefix: str = "",
        suffix: str = "",
        *,
        recursive: bool = True,
        versions: bool = False,
        limit: int | None = None,
        start_after: str | None = None,
        concurrency: int | None = None,
        at: Moment | None = None,
        include_user_meta: bool = False,
        fetch_owner: bool = False,
    ) -> Iterator[ObjectInfo]:
        """The objects of a bucket one by one in the server's order, asked for page by page.

        The arguments are those of `list_objects`. The order is that of bytes on most servers; SeaweedFS
        lists ``a/b`` before ``a!``, and a `limit` then takes the first in that order. With `concurrency` the
        order is the same; up to three pages for each request at once are then in memory.

        Raises:
            ValidationError: a bad argument; nothing was sent.
            BucketNotFoundError, MinIOError: as of `list_objects`, when the first item is asked for.

        Example:
            >>> for item in client.iter_objects("docs", "2026/"):
            ...     print(item.key, item.size)
        """
        engine = self._engine.begin()
        question = Question(
            bucket,
            prefix,
            suffix,
            recursive,
            versions,
            limit,
            start_after,
            concurrency,
            at,
            include_user_meta,
            fetch_owner,
        )
        return self._each(found.batches(engine, question))
