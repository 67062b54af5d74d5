# Made by scripts/make_sync.py from client/aio/files.py: change that one.
"""Objects as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, overload

from minio_sdk.client.sync.base import Base
from minio_sdk.client.sync.handles import ObjectReader, ObjectWriter, opened
from minio_sdk.models.moments import Moment
from minio_sdk.models.object_encryption import GivenEncryption


class Files(Base):
    """Reading at any position, and writing bit by bit."""

    @overload
    def open(
        self,
        bucket: str,
        key: str,
        mode: Literal["rb"] = "rb",
        *,
        version_id: str | None = None,
        at: Moment | None = None,
        encryption: GivenEncryption = None,
    ) -> ObjectReader: ...

    @overload
    def open(
        self,
        bucket: str,
        key: str,
        mode: Literal["wb", "xb"],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        storage_class: str | None = None,
        tags: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
        encryption: GivenEncryption = None,
    ) -> ObjectWriter: ...

    def open(
        self,
        bucket: str,
        key: str,
        mode: str = "rb",
        *,
        version_id: str | None = None,
        at: Moment | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        storage_class: str | None = None,
        tags: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
        encryption: GivenEncryption = None,
    ) -> ObjectReader | ObjectWriter:
        """An object as a binary file.

        For reading it is seekable, and of one generation of the object. What is written appears as an
        object when the file is closed; a block that an exception leaves stores nothing.

        Args:
            bucket: its name; for writing it must exist.
            key: its key.
            mode: ``"rb"``, ``"wb"``, or ``"xb"``: as ``"wb"`` with ``if_none_match="*"``.
            version_id: for reading, a version of it; None for the current one.
            at: for reading, what it was at this moment, as for `get_object`.
            content_type: for writing, such as ``"text/plain"``; None guesses it from the key.
            metadata: for writing, names, with ``x-amz-meta-`` in front or not, and values.
            storage_class: for writing, such as ``"STANDARD_IA"``; None takes the server's default.
            tags: for writing, at most 10 names and values.
            if_none_match: for writing, ``"*"`` stores it only if there is no such object. That is asked
                before anything is sent, and again when the file is closed.
            if_match: for writing, an ETag; stores it only if that is still the one of the object.
            encryption: for writing `SseS3()`, `SseKms(...)` or `SseC(key)`, for reading the `SseC(key)` that
                it was stored with; False for none; None takes `Config.encryption`.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there; for writing, when it is closed or
                the first part is full.
            PreconditionFailedError: `if_none_match` or `if_match` didn't hold; nothing was stored. It comes
                when the file is closed or the first part is full.
            ValidationError: a bad argument, such as a mode for text; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> with client.open("docs", "log.txt", "wb") as file:
            ...     file.write(b"first line")
            >>> with client.open("docs", "log.txt") as file:
            ...     print(file.read(5))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        engine = self._engine.begin(encryption)
        return opened(
            engine, bucket, key, mode, version_id, content_type, metadata, at, storage_class,
            tags, if_none_match, if_match,
        )  # fmt: skip
