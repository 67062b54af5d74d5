"""Storing objects: what is in memory or comes as a stream, and files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import uploads
from minio_sdk.flows.conditions import condition
from minio_sdk.flows.progress import OnProgress
from minio_sdk.flows.sources import Data, Source
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.object_lock import Retention
from minio_sdk.models.results import UploadResponse


class Uploads(AsyncBase):
    """Nothing of an object is seen before all of it is stored."""

    async def upload_object(
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
        encryption: GivenEncryption = None,
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
            encryption: `SseS3()`, `SseKms(...)` or `SseC(key)`; False for none; None as
                `Config.encryption` has it.
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
            NotSupportedError: the server stored it without the lock that it was to have, or would not
                encrypt it.
            NotEncryptedError: the server stored it unencrypted, though it was to be encrypted.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> await client.upload_object("docs", "q4.pdf", data, metadata={"author": "Ada"})

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
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
            retention=retention,
            legal_hold=legal_hold,
        )
        wanted = condition(if_none_match, if_match)
        place = engine.place(bucket)
        source = Source(data)
        return await self._run(
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

    async def put_object(
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
        encryption: GivenEncryption = None,
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
            encryption: `SseS3()`, `SseKms(...)` or `SseC(key)`; False for none; None as
                `Config.encryption` has it.
            progress: a function that gets a `TransferProgress` after each part that the server has, and
                one with ``objects_done=1`` when the object is stored; what it raises before that ends
                the upload, and nothing is stored. True shows a bar in a terminal or notebook, which
                needs the extra ``cli``.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            PreconditionFailedError: `if_none_match` or `if_match` didn't hold; nothing was stored.
            ValidationError: a bad argument; nothing was sent.
            ConflictError: it was to be locked, and its bucket has no object lock.
            NotSupportedError: the server stored it without the lock that it was to have, or would not
                encrypt it.
            NotEncryptedError: the server stored it unencrypted, though it was to be encrypted.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> await client.put_object("docs", "log", stream, if_none_match="*")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
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
            retention=retention,
            legal_hold=legal_hold,
        )
        wanted = condition(if_none_match, if_match)
        place = engine.place(bucket)
        source = Source(data, length)
        return await self._run(
            uploads.put(engine, place, key, source, headers, condition=wanted, progress=progress)
        )

    async def upload_file(
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
        encryption: GivenEncryption = None,
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
            encryption: `SseS3()`, `SseKms(...)` or `SseC(key)`; False for none; None as
                `Config.encryption` has it.
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
            NotSupportedError: the server stored it without the lock that it was to have, or would not
                encrypt it.
            NotEncryptedError: the server stored it unencrypted, though it was to be encrypted.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> await client.upload_file("docs", "uploads/video.mp4", "video.mp4")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
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
            retention=retention,
            legal_hold=legal_hold,
        )
        wanted = condition(if_none_match, if_match)
        place = engine.place(bucket)
        return await self._run(
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
