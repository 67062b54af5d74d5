# Made by scripts/make_sync.py from client/aio/reading.py: change that one.
"""Reading objects: whole or in part, in pieces, into memory, into files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import downloads, reading
from minio_sdk.flows.progress import OnProgress
from minio_sdk.models.moments import Moment
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.results import ObjectMetadata


class Reading(Base):
    """All pieces of a read are of one generation of the object."""

    def download_stream(
        self,
        bucket: str,
        key: str,
        *,
        range: tuple[int, int | None] | None = None,
        version_id: str | None = None,
        at: Moment | None = None,
        piece_size: int = reading.PIECE,
        if_match: str | None = None,
        if_none_match: str | None = None,
        if_modified_since: datetime | None = None,
        if_unmodified_since: datetime | None = None,
        encryption: GivenEncryption = None,
    ) -> Iterator[bytes]:
        """The bytes of an object in pieces, one of which is in memory; an empty object has none.

        Each piece is asked for when the one before has been used, so that nothing is left open between
        them or when you stop early. `Config.deadline` is for each piece.

        Args:
            bucket: its name.
            key: its key.
            range: first and last byte, both included, counted from 0; the last may be None.
            version_id: a version of it; None for the current one.
            at: what it was at this moment, as for `get_object`.
            piece_size: bytes of each piece but the last. Default 8 MiB.
            if_match, if_none_match, if_modified_since, if_unmodified_since: as for `get_object`.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there; at the first piece.
            EncryptionKeyError: a customer's key is missing, or isn't the object's.
            ObjectChangedError: it was replaced or removed between two pieces.
            ValidationError: a bad argument; at once.
            MinIOError: a piece failed after all retries.

        Example:
            >>> for piece in client.download_stream("docs", "film.mp4"):
            ...     print(len(piece))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        engine = self._engine.begin(encryption)
        return self._iterate(
            reading.stream(
                engine,
                bucket,
                key,
                range,
                version_id,
                piece_size,
                if_match,
                if_none_match,
                if_modified_since,
                if_unmodified_since,
                at,
            )
        )

    def download_file(
        self,
        bucket: str,
        key: str,
        path: str | os.PathLike[str],
        *,
        version_id: str | None = None,
        at: Moment | None = None,
        encryption: GivenEncryption = None,
        progress: OnProgress | bool | None = None,
        resume: bool = False,
    ) -> ObjectMetadata:
        """Put an object into a file, which appears when all of it is there and has been checked.

        It grows under another name in the same folder, in pieces of 8 MiB, several at a time. A file that
        is there already stays as it is until it is replaced; after a failure nothing else is left.

        Args:
            bucket: its name.
            key: its key.
            path: the file, in a folder that exists.
            version_id: a version of it; None for the current one.
            at: what it was at this moment, as for `get_object`.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.
            progress: a function that gets a `TransferProgress` after each piece, and one with
                ``objects_done=1`` before the file appears; what it raises ends the download. True shows
                a bar in a terminal or notebook, which needs the extra ``cli``.
            resume: go on where an earlier call with the same bucket, key, path and version was
                interrupted, also by the end of the process; until then what there is stays beside the file.
                `list_transfers` and `discard_transfer` look after those that nobody goes on with.

        Returns:
            What is known of the object that was downloaded.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            EncryptionKeyError: a customer's key is missing, or isn't the object's.
            ConflictError: with `resume`, another run of the same download is under way.
            ObjectChangedError: it was replaced or removed meanwhile.
            IntegrityError: what arrived is not what the server said it has.
            ValidationError: a bad argument, such as a path that is a folder; nothing was sent.
            OSError: the file can't be written.
            MinIOError: it failed after all retries.

        Example:
            >>> found = client.download_file("docs", "film.mp4", "/tmp/film.mp4")
            >>> found.size

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        engine = self._engine.begin(encryption)
        return self._run(
            downloads.to_file(engine, bucket, key, path, version_id, progress, resume, at)
        )

    def download_into(
        self,
        bucket: str,
        key: str,
        buffer: Any,
        *,
        version_id: str | None = None,
        at: Moment | None = None,
        encryption: GivenEncryption = None,
    ) -> int:
        """Put an object into memory of your own, several pieces at a time.

        Args:
            bucket: its name.
            key: its key.
            buffer: a bytearray, memoryview, array or the like that can be written to.
            version_id: a version of it; None for the current one.
            at: what it was at this moment, as for `get_object`.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Returns:
            How many bytes the object has; what lies behind them in the buffer stays as it is.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            EncryptionKeyError: a customer's key is missing, or isn't the object's.
            ObjectChangedError: it was replaced or removed meanwhile; what the buffer then holds is not
                the object.
            ValidationError: the buffer is too small, and stays as it is; or can't be written to.
            MinIOError: it failed after all retries.

        Example:
            >>> buffer = bytearray(1024)
            >>> size = client.download_into("docs", "small.bin", buffer)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        engine = self._engine.begin(encryption)
        return self._run(downloads.into(engine, bucket, key, buffer, version_id, at))
