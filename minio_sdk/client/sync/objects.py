# Made by scripts/make_sync.py from client/aio/objects.py: change that one.
"""Objects."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import found, objects, reading, uploads
from minio_sdk.flows.conditions import condition
from minio_sdk.flows.found import Question
from minio_sdk.flows.objects import Keys
from minio_sdk.flows.progress import OnProgress
from minio_sdk.flows.sources import Data, Source
from minio_sdk.models.object_lock import Retention
from minio_sdk.models.results import DeleteResult, ObjectInfo, ObjectMetadata, UploadResponse


class Objects(Base):
    """Put, get, look at, list, remove."""

    def upload_object(
        self,
        bucket: str,
        key: str,
        data: Data,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        expires: datetime | str | None = None,
        storage_class: str | None = None,
        retention: Retention | Mapping[str, Any] | None = None,
        legal_hold: bool = False,
        progress: OnProgress | bool | None = None,
    ) -> UploadResponse:
        """Store an object; its bucket is made when the server says that it is missing.

        Args:
            bucket: its name.
            key: 1 to 1,024 bytes of UTF-8.
            data: bytes-like, a binary file (from its current position), or an iterator of bytes.
            content_type: such as ``"text/plain"``; None guesses it from the key.
            metadata: names, with ``x-amz-meta-`` in front or not, and values; 2 KiB in all.
            tags: at most 10 names and values.
            if_none_match: ``"*"`` stores it only if there is no such object yet. Where two uploads in parts
                end at the same moment, SeaweedFS may let both win.
            if_match: an ETag; stores it only if that is still the one of the object.
            content_encoding, content_disposition, content_language, cache_control: headers that come
                back with the object.
            expires: when caches should let go of it; an aware datetime, or an HTTP date.
            storage_class: such as ``"STANDARD_IA"``; None takes the bucket's own.
            retention: until when it is locked, as a `Retention`; its bucket must have object lock.
            legal_hold: lock it until `disable_object_legal_hold`; its bucket must have object lock.
            progress: a function that gets a `TransferProgress` after each part that the server has, and
                one with ``objects_done=1`` when the object is stored; what it raises before that ends
                the upload, and nothing is stored. True shows a bar in a terminal or notebook, which
                needs the extra ``cli``.

        Returns:
            `UploadResponse`: ``size`` in bytes, ``etag``, and ``version_id`` on a versioned bucket.

        Raises:
            PreconditionFailedError: `if_none_match` or `if_match` didn't hold; nothing was stored.
            ValidationError: a bad argument; nothing was sent.
            ConflictError: it was to be locked, and its bucket has no object lock.
            NotSupportedError: the server stored it without the lock that it was to have.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> client.upload_object("docs", "q4.pdf", data, metadata={"author": "Ada"})

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        """
        engine = self._engine.begin()
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
            retention=retention,
            legal_hold=legal_hold,
        )
        wanted = condition(if_none_match, if_match)
        place = engine.place(bucket)
        source = Source(data)
        return self._run(
            uploads.put(
                engine,
                place,
                key,
                source,
                headers,
                create_bucket=True,
                condition=wanted,
                progress=progress,
            )
        )

    def put_object(
        self,
        bucket: str,
        key: str,
        data: Data,
        length: int | None = None,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        expires: datetime | str | None = None,
        storage_class: str | None = None,
        retention: Retention | Mapping[str, Any] | None = None,
        legal_hold: bool = False,
        progress: OnProgress | bool | None = None,
    ) -> UploadResponse:
        """Store an object in a bucket that exists; else as `upload_object`.

        Args:
            bucket: its name.
            key: 1 to 1,024 bytes of UTF-8.
            data: bytes-like, a binary file (from its current position), or an iterator of bytes.
            length: take exactly this many bytes; None takes all.
            content_type: such as ``"text/plain"``; None guesses it from the key.
            metadata: names, with ``x-amz-meta-`` in front or not, and values; 2 KiB in all.
            tags: at most 10 names and values.
            if_none_match: ``"*"`` stores it only if there is no such object yet. Where two uploads in parts
                end at the same moment, SeaweedFS may let both win.
            if_match: an ETag; stores it only if that is still the one of the object.
            content_encoding, content_disposition, content_language, cache_control: headers that come
                back with the object.
            expires: when caches should let go of it; an aware datetime, or an HTTP date.
            storage_class: such as ``"STANDARD_IA"``; None takes the bucket's own.
            retention: until when it is locked, as a `Retention`; its bucket must have object lock.
            legal_hold: lock it until `disable_object_legal_hold`; its bucket must have object lock.
            progress: a function that gets a `TransferProgress` after each part that the server has, and
                one with ``objects_done=1`` when the object is stored; what it raises before that ends
                the upload, and nothing is stored. True shows a bar in a terminal or notebook, which
                needs the extra ``cli``.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            PreconditionFailedError: `if_none_match` or `if_match` didn't hold; nothing was stored.
            ValidationError: a bad argument; nothing was sent.
            ConflictError: it was to be locked, and its bucket has no object lock.
            NotSupportedError: the server stored it without the lock that it was to have.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> client.put_object("docs", "log", stream, if_none_match="*")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        """
        engine = self._engine.begin()
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
            retention=retention,
            legal_hold=legal_hold,
        )
        wanted = condition(if_none_match, if_match)
        place = engine.place(bucket)
        source = Source(data, length)
        return self._run(
            uploads.put(engine, place, key, source, headers, condition=wanted, progress=progress)
        )

    def upload_file(
        self,
        bucket: str,
        key: str,
        path: str | os.PathLike[str],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        expires: datetime | str | None = None,
        storage_class: str | None = None,
        retention: Retention | Mapping[str, Any] | None = None,
        legal_hold: bool = False,
        progress: OnProgress | bool | None = None,
        resume: bool = False,
    ) -> UploadResponse:
        """Store a file; its bucket is made when the server says that it is missing.

        Args:
            bucket: its name.
            key: 1 to 1,024 bytes of UTF-8.
            path: the file. One that changes its size meanwhile is an IntegrityError.
            content_type: such as ``"text/plain"``; None guesses it from the key.
            metadata: names, with ``x-amz-meta-`` in front or not, and values; 2 KiB in all.
            tags: at most 10 names and values.
            if_none_match: ``"*"`` stores it only if there is no such object yet. Where two uploads in parts
                end at the same moment, SeaweedFS may let both win.
            if_match: an ETag; stores it only if that is still the one of the object.
            content_encoding, content_disposition, content_language, cache_control: headers that come
                back with the object.
            expires: when caches should let go of it; an aware datetime, or an HTTP date.
            storage_class: such as ``"STANDARD_IA"``; None takes the bucket's own.
            retention: until when it is locked, as a `Retention`; its bucket must have object lock.
            legal_hold: lock it until `disable_object_legal_hold`; its bucket must have object lock.
            progress: a function that gets a `TransferProgress` after each part that the server has, and
                one with ``objects_done=1`` when the object is stored; what it raises before that ends
                the upload, and nothing is stored. True shows a bar in a terminal or notebook, which
                needs the extra ``cli``.
            resume: go on where an earlier call with the same bucket, key and path was interrupted, also
                by the end of the process; until then its parts stay on the server. `list_transfers` and
                `discard_transfer` look after those that nobody goes on with.

        Raises:
            OSError: the file can't be opened or read.
            ConflictError: with `resume`, another run of the same upload is under way.
            IntegrityError: the file was changed meanwhile, or the server has got other bytes.
            PreconditionFailedError: `if_none_match` or `if_match` didn't hold; nothing was stored.
            ValidationError: a bad argument; nothing was sent.
            ConflictError: it was to be locked, and its bucket has no object lock.
            NotSupportedError: the server stored it without the lock that it was to have.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> client.upload_file("docs", "uploads/video.mp4", "video.mp4")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        """
        engine = self._engine.begin()
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
            retention=retention,
            legal_hold=legal_hold,
        )
        wanted = condition(if_none_match, if_match)
        place = engine.place(bucket)
        return self._run(
            uploads.put_file(
                engine,
                place,
                key,
                path,
                headers,
                condition=wanted,
                progress=progress,
                resume=resume,
            )
        )

    def get_object(
        self,
        bucket: str,
        key: str,
        *,
        range: tuple[int, int | None] | None = None,
        version_id: str | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        if_modified_since: datetime | None = None,
        if_unmodified_since: datetime | None = None,
    ) -> bytes:
        """The bytes of an object, exactly as they were stored.

        Args:
            bucket: its name.
            key: its key.
            range: first and last byte, both included, counted from 0; the last may be None or lie behind
                the end, which gives all up to the end.
            version_id: a version of it; None for the current one.
            if_match: only if it has this ETag.
            if_none_match: only if it has another ETag than this.
            if_modified_since: only if it is newer than this date, which must have a time zone.
            if_unmodified_since: only if it is no newer than this date.

        Raises:
            PreconditionFailedError: one of the conditions did not hold.
            ValidationError: a bad argument, before anything is sent; or a range that begins behind the
                end of the object.
            VersionNotFoundError: it has no such version.
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            MinIOError: it failed after all retries.

        Example:
            >>> head = client.get_object("docs", "film.mp4", range=(0, 1023))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        engine = self._engine.begin()
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
            )
        )

    def get_object_metadata(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> ObjectMetadata:
        """Size, type, ETag, dates and the user's metadata of an object.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.

        Raises:
            VersionNotFoundError: it has no such version.
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            MinIOError: it failed after all retries.

        Example:
            >>> found = client.get_object_metadata("docs", "q4.pdf")
            >>> print(found.size, found["content_type"], found.metadata)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        return self._run(objects.head(self._engine.begin(), bucket, key, version_id))

    def object_exists(self, bucket: str, key: str) -> bool:
        """Whether the object exists; False too when its bucket doesn't.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> if client.object_exists("docs", "q4.pdf"):
            ...     print("there")
        """
        return self._run(objects.object_exists(self._engine.begin(), bucket, key))

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
                `Config.pool_size`. One after the other all the same: versions, and `recursive=False`.

        Returns:
            A list of `ObjectInfo`.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: `versions`, and the server lists none.
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
            bucket, prefix, suffix, recursive, versions, limit, start_after, concurrency
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
            bucket, prefix, suffix, recursive, versions, limit, start_after, concurrency
        )
        return self._each(found.batches(engine, question))
