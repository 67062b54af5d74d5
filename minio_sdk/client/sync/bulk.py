# Made by scripts/make_sync.py from client/aio/bulk.py: change that one.
"""Many objects at once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import bulk, copies, mirror
from minio_sdk.flows.bulk import Items, Job
from minio_sdk.flows.mirror import Wish
from minio_sdk.flows.progress import OnProgress
from minio_sdk.models.bulk import BulkResult, MirrorResult
from minio_sdk.models.moments import Moment
from minio_sdk.models.object_encryption import GivenEncryption

Side = str | os.PathLike[str] | tuple[str, str]
"""A folder's path, or ``"minio://bucket/prefix"``, or (bucket, prefix)."""


class Bulk(Base):
    """Up, down, away and across; `Config.deadline` is for each object."""

    def upload_many(
        self,
        items: Items,
        *,
        bucket: str | None = None,
        concurrency: int | None = None,
        executor: Executor | None = None,
        progress: OnProgress | bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        pack: bool | int | None = None,
        encryption: GivenEncryption = None,
    ) -> BulkResult:
        """Store many objects; their buckets are made when they are missing.

        One that fails loses none of the others. An interrupt ends it soon, and leaves nothing half done.

        Args:
            items: dicts with ``bucket``, ``key``, either ``data`` or ``path`` (a file), and any option of
                `upload_object`; or tuples (bucket, key, data), with `bucket` (key, data).
                Any iterable of them: it is taken from only as fast as they are worked on.
            bucket: of items that name none.
            concurrency: how many at once; default 16, never more than `Config.pool_size`.
            executor: does the work instead: any `concurrent.futures.Executor`. Threads share this client; to
                other processes and machines go the configuration and the items, pickled, in packages of
                up to 32, of which `concurrency` (default 32) are handed over at once.
            progress: a function that gets a `TransferProgress` as bytes and objects arrive, one call at a
                time, on the calling thread; what it raises ends the job. True shows a bar, which needs the
                extra ``cli``.
            checkpoint: a file to which each item that is done is added at once. A later run of the job passes
                over those it finds there, by their names; it goes on after an interrupt or a killed process.
            resume: large files go on where an earlier run was interrupted, also a killed process, as with
                `upload_file`; a failure then leaves their unfinished uploads. Items with ``data`` begin
                anew. An item may say it for itself.
            pack: send objects of up to 128 KiB together, as tars that MinIO unpacks: True for tars of 1 MiB,
                or bytes, from 262144 up to a quarter of `Config.memory_budget`. Each object is looked
                for before it counts as stored. What a tar can't carry, and all of it for servers other
                than MinIO, is uploaded as usual, and so is what is encrypted. Not together with `executor`.
            encryption: as of `upload_object`, for items that don't say it themselves.

        Returns:
            `BulkResult`: for each item, in the order of the input, an `UploadResponse` or its `MinIOError`.
            It is true when there are no errors.

        Raises:
            ValidationError: `items` or another argument is of no use for all of them. An item that isn't
                right is an error in the result, like every other failure of one item.
            NotSupportedError: ``progress=True`` without rich.
            OSError: the checkpoint can't be read or written.

        Example:
            >>> done = client.upload_many([{"bucket": "docs", "key": "a.txt", "data": b"A"}])
            >>> for error in done.errors:
            ...     print(error)
        """
        engine = self._engine
        away = self._elsewhere(executor)
        job = Job(
            bucket, concurrency, progress, away, checkpoint, resume, pack, encryption=encryption
        )
        return self._run(bulk.perform(engine, "upload", items, job))

    def download_many(
        self,
        items: Items,
        *,
        bucket: str | None = None,
        concurrency: int | None = None,
        executor: Executor | None = None,
        progress: OnProgress | bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        encryption: GivenEncryption = None,
    ) -> BulkResult:
        """Fetch many objects, into memory or into files.

        Without paths all of their bytes are in the result, and so in memory.

        Args:
            items: dicts with ``bucket``, ``key``, and if wanted ``path`` (a file in a folder that exists)
                and ``version_id`` or ``at``; tuples (bucket, key[, path]); with `bucket` plain keys,
                (key, path), or the items of a listing.
                Any iterable of them: it is taken from only as fast as they are worked on.
            bucket: of items that name none.
            concurrency: how many at once; default 16, never more than `Config.pool_size`.
            executor: does the work instead: any `concurrent.futures.Executor`. Threads share this client; to
                other processes and machines go the configuration and the items, pickled, in packages of
                up to 32, of which `concurrency` (default 32) are handed over at once.
            progress: a function that gets a `TransferProgress` as bytes and objects arrive, one call at a
                time, on the calling thread; what it raises ends the job. True shows a bar, which needs the
                extra ``cli``.
            checkpoint: a file to which each item that is done is added at once. A later run of the job passes
                over those it finds there, by their names; it goes on after an interrupt or a killed process.
            resume: large files go on where an earlier run was interrupted, also a killed process, as with
                `download_file`; a failure then leaves what is on disk. Items without a path begin anew. An
                item may say it for itself.
            encryption: as of `get_object`, for items that don't say it themselves.

        Returns:
            `BulkResult`: for each item, in the order of the input, its bytes, or
            with a path its `ObjectMetadata`, or its `MinIOError`.
            It is true when there are no errors.

        Raises:
            ValidationError: `items` or another argument is of no use for all of them. An item that isn't
                right is an error in the result, like every other failure of one item.
            NotSupportedError: ``progress=True`` without rich.
            OSError: the checkpoint can't be read or written.

        Example:
            >>> done = client.download_many(["a.txt", "b.txt"], bucket="docs")
            >>> done.results[0]
        """
        engine = self._engine
        job = Job(
            bucket,
            concurrency,
            progress,
            self._elsewhere(executor),
            checkpoint,
            resume,
            encryption=encryption,
        )
        return self._run(bulk.perform(engine, "download", items, job))

    def delete_many(
        self,
        items: Items,
        *,
        bucket: str | None = None,
        concurrency: int | None = None,
        executor: Executor | None = None,
        progress: OnProgress | bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        bypass_governance: bool = False,
    ) -> BulkResult:
        """Remove many objects, a thousand in one request.

        One that is not there counts as removed.

        Args:
            items: dicts with ``bucket``, ``key``, and if wanted ``version_id`` and
                ``bypass_governance``; tuples (bucket, key[, version_id]); with `bucket` plain keys,
                (key, version_id), or the items of a listing.
                Any iterable of them: it is taken from only as fast as they are worked on.
            bucket: of items that name none.
            concurrency: how many requests at once; default 4.
            executor: does the work instead: any `concurrent.futures.Executor`. Threads share this client; to
                other processes and machines go the configuration and the items, pickled, in packages of
                up to 32, of which `concurrency` (default 32) are handed over at once.
            progress: a function that gets a `TransferProgress` after each object, one call at a time; what
                it raises ends the job. True shows a bar, which needs the extra ``cli``.
            checkpoint: a file to which each item that is done is added at once. A later run of the job passes
                over those it finds there, by their names; it goes on after an interrupt or a killed process.
            bypass_governance: remove versions although they are locked in governance mode; these
                credentials must be allowed to.

        Returns:
            `BulkResult`: for each item, in the order of the input, a `DeletedObject` or its `MinIOError`,
            for a locked version an `ObjectLockedError`.
            It is true when there are no errors.

        Raises:
            ValidationError: `items` or another argument is of no use for all of them. An item that isn't
                right is an error in the result, like every other failure of one item.
            NotSupportedError: ``progress=True`` without rich.
            OSError: the checkpoint can't be read or written.

        Example:
            >>> old = client.iter_objects("docs", "tmp/")
            >>> done = client.delete_many(old, bucket="docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        """
        engine = self._engine
        away = self._elsewhere(executor)
        job = Job(bucket, concurrency, progress, away, checkpoint, bypass=bypass_governance)
        return self._run(bulk.perform(engine, "delete", items, job))

    def copy_many(
        self,
        items: Items,
        *,
        concurrency: int | None = None,
        executor: Executor | None = None,
        progress: OnProgress | bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        encryption: GivenEncryption = None,
        source_encryption: GivenEncryption = None,
    ) -> BulkResult:
        """Copy many objects on the server.

        Each is copied as by `copy_object`.

        Args:
            items: dicts with the arguments of `copy_object`, or tuples (dest_bucket, dest_key,
                source_bucket, source_key).
                Any iterable of them: it is taken from only as fast as they are worked on.
            concurrency: how many at once; default 16, never more than `Config.pool_size`.
            executor: does the work instead: any `concurrent.futures.Executor`. Threads share this client; to
                other processes and machines go the configuration and the items, pickled, in packages of
                up to 32, of which `concurrency` (default 32) are handed over at once.
            progress: a function that gets a `TransferProgress` after each object, one call at a time; what
                it raises ends the job. True shows a bar, which needs the extra ``cli``.
            checkpoint: a file to which each item that is done is added at once. A later run of the job passes
                over those it finds there, by their names; it goes on after an interrupt or a killed process.
            encryption, source_encryption: as of `copy_object`, for items that don't say it themselves.

        Returns:
            `BulkResult`: for each item, in the order of the input, an `UploadResponse` or its `MinIOError`.
            It is true when there are no errors.

        Raises:
            ValidationError: `items` or another argument is of no use for all of them. An item that isn't
                right is an error in the result, like every other failure of one item.
            NotSupportedError: ``progress=True`` without rich.
            OSError: the checkpoint can't be read or written.

        Example:
            >>> done = client.copy_many([("archive", "2026/a.txt", "docs", "a.txt")])

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        engine = self._engine
        away = self._elsewhere(executor)
        job = Job(
            None,
            concurrency,
            progress,
            away,
            checkpoint,
            encryption=encryption,
            source_encryption=source_encryption,
        )
        return self._run(bulk.perform(engine, "copy", items, job))

    def upload_many_concurrent(self, uploads: Items, *, resume: bool = False) -> list[Any]:
        """As `upload_many`, with a plain list as the result.

        Args:
            uploads: the items, as of `upload_many`.
            resume: as of `upload_many`.

        Returns:
            For each item, in the order of the input, an `UploadResponse` or its `MinIOError`.

        Raises:
            ValidationError: `uploads` is no list or other iterable of items.

        Example:
            >>> results = client.upload_many_concurrent([{"bucket": "docs", "key": "a", "data": b"A"}])
        """
        engine = self._engine
        return list(self._run(bulk.perform(engine, "upload", uploads, Job(resume=resume))))

    def download_many_concurrent(self, downloads: Items, *, resume: bool = False) -> list[Any]:
        """As `download_many`, with a plain list as the result.

        Args:
            downloads: the items, as of `download_many`.
            resume: as of `download_many`.

        Returns:
            For each item, in the order of the input, its bytes or its `MinIOError`.

        Raises:
            ValidationError: `downloads` is no list or other iterable of items.

        Example:
            >>> results = client.download_many_concurrent([{"bucket": "docs", "key": "a"}])
        """
        engine = self._engine
        return list(self._run(bulk.perform(engine, "download", downloads, Job(resume=resume))))

    def delete_many_concurrent(self, deletes: Items) -> list[Any]:
        """As `delete_many`, with a plain list as the result.

        Args:
            deletes: the items, as of `delete_many`.

        Returns:
            For each item, in the order of the input, a `DeletedObject` or its `MinIOError`.

        Raises:
            ValidationError: `deletes` is no list or other iterable of items.

        Example:
            >>> results = client.delete_many_concurrent([{"bucket": "docs", "key": "a"}])
        """
        engine = self._engine
        return list(self._run(bulk.perform(engine, "delete", deletes, Job())))

    def mirror(
        self,
        source: Side,
        target: Side,
        *,
        delete: bool = False,
        dry_run: bool = False,
        include: str | Iterable[str] | None = None,
        exclude: str | Iterable[str] | None = None,
        checksum: bool = False,
        follow_symlinks: bool = False,
        concurrency: int | None = None,
        progress: OnProgress | bool | None = None,
        at: Moment | None = None,
        encryption: GivenEncryption = None,
        source_encryption: GivenEncryption = None,
    ) -> MirrorResult:
        """Make a folder or a prefix what another one is; only what differs is transferred.

        What has another size, or is newer at the source, differs. A downloaded file gets the date of its
        object. A change that leaves size and date as they were is seen with `checksum` only.

        Args:
            source, target: a folder's path, or ``"minio://bucket/prefix"`` or (bucket, prefix); one of
                them at least is remote. Missing target folders and buckets are made.
            delete: remove what only the target has. Nothing is removed when the source isn't there, or
                for the part of it that can't be read.
            dry_run: say what would be done, and change nothing.
            include, exclude: patterns such as ``"*.csv"`` or ``"logs/*"`` for names relative to the two
                sides, where ``*`` matches ``/`` too. What they leave out is left alone on both sides.
            checksum: compare bytes instead of dates: files by the ETags that S3 makes of MD5s, also of
                parts of usual sizes. What has other ETags, as with encryption, is transferred anew.
            follow_symlinks: follow links that lead out of the folder, which are failures otherwise, and
                write through links in a target folder.
            concurrency: how many at once; default 16, never more than `Config.pool_size`.
            progress: as of `upload_many`.
            at: what a remote source was at this moment, as for `get_object`; of two files of a size, that of
                another date then differs too, since what was there then is older.
            encryption: of what is stored, or the `SseC(key)` of what goes into a folder; None takes
                `Config.encryption`.
            source_encryption: the `SseC(key)` of objects that are copied; None takes `Config.encryption`.

        Returns:
            `MirrorResult`: what was copied, skipped, deleted, and failed with which error; true when
            nothing failed. A key that can't be a file of its own below the folder, such as ``../a`` or
            ``a`` beside ``a/b``, is among the failures, and so is a file that changes while it is sent.

        Raises:
            ValidationError: a bad argument, a source folder that isn't there, or with `delete` a source
                prefix without objects; nothing was changed.
            BucketNotFoundError: the source's bucket doesn't exist.
            MinIOError: one of the sides could not be listed; nothing was deleted.

        Example:
            >>> done = client.mirror("reports", "minio://docs/reports", delete=True)
            >>> print(len(done.copied), len(done.deleted), done.failed)
        """
        engine = copies.begun(self._engine, encryption, source_encryption)
        wish = Wish(
            source,
            target,
            delete,
            dry_run,
            include,
            exclude,
            checksum,
            follow_symlinks,
            concurrency,
            progress,
            at,
        )
        return self._run(mirror.mirror(engine, wish))
