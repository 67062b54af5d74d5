"""Snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.models.snapshots import RestoreResult, SnapshotDiff, SnapshotInfo

if TYPE_CHECKING:
    from minio_sdk.flows import restoring, snapshots
else:
    restoring = Later("minio_sdk.flows.restoring")
    snapshots = Later("minio_sdk.flows.snapshots")


class Snapshots(AsyncBase):
    """A bucket as it was: take, list, compare, bring back, remove."""

    async def create_snapshot(
        self, bucket: str, name: str | None = None, *, tags: bool = True
    ) -> SnapshotInfo:
        """Take a snapshot of a whole bucket.

        On a versioned bucket it is a list of version ids and nothing is copied; elsewhere the objects are
        copied on the server. Each object in it is whole, with the metadata and tags it had, and was the
        current one at some moment of this call; S3 can't stop writers meanwhile.

        Args:
            bucket: its name.
            name: 1 to 128 letters, digits, ``.``, ``_`` and ``-``; None takes the time, in UTC.
            tags: remember the tags of each object, at one request for each. With False a restore brings
                back those that the version or the copy has.

        Raises:
            ConflictError: there is a snapshot of this name.
            BucketNotFoundError: the bucket doesn't exist.
            MinIOError: it failed after all retries; then there is no snapshot.

        Example:
            >>> info = await client.create_snapshot("docs", "before-migration")
        """
        engine = self._engine.begin()
        return await self._run(snapshots.create(engine, bucket, name, tags=tags))

    async def list_snapshots(self, bucket: str) -> list[SnapshotInfo]:
        """The snapshots of a bucket, the oldest first; also those of a bucket that is no more.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> newest = (await client.list_snapshots("docs"))[-1]
        """
        return await self._run(snapshots.list_all(self._engine.begin(), bucket))

    async def diff_snapshots(
        self, bucket: str, name: str, other: str | None = None
    ) -> SnapshotDiff:
        """What changed in a bucket after a snapshot.

        Args:
            bucket: its name.
            name: the snapshot to begin from.
            other: the snapshot to end at; None compares with the bucket as it is now.

        Returns:
            `SnapshotDiff`: the keys ``added``, ``removed``, ``changed`` and ``rewritten``; false when
            keys and bytes are the same. Bytes are compared by size and ETag.

        Raises:
            NotFoundError: there is no such snapshot.
            MinIOError: it failed after all retries.

        Example:
            >>> diff = await client.diff_snapshots("docs", "before-migration")
        """
        return await self._run(snapshots.diff(self._engine.begin(), bucket, name, other))

    async def restore_snapshot(
        self,
        bucket: str,
        name: str,
        *,
        prefix: str = "",
        keys: Iterable[str] | None = None,
        to: str | tuple[str, str] | None = None,
        dry_run: bool = False,
        delete: bool = False,
        skip_missing: bool = False,
    ) -> RestoreResult:
        """Make a bucket, or a part of it, what it was: keys, bytes, metadata and tags.

        What is as it should be is left alone. A restore that was interrupted is finished by a second one.
        A bucket that is no more is made again, unless the snapshot was of versions.

        Args:
            bucket: its name.
            name: the snapshot.
            prefix: only keys that begin with it.
            keys: only these keys; not together with `prefix`.
            to: leave the bucket alone, and bring back to ``"minio://bucket/prefix"`` or (bucket, prefix),
                where each key stands whole behind the prefix and a slash.
            dry_run: change nothing, say what would be done. It fails where a restore would for what the
                snapshot has lost, so it is a check of the snapshot as well.
            delete: remove the keys that came later; with `prefix` only those below it.
            skip_missing: bring back the others when the snapshot has lost versions or copies.

        Raises:
            NotFoundError: there is no such snapshot.
            VersionNotFoundError, ObjectNotFoundError: it has lost some of its versions or copies, or has
                never had one of `keys`; nothing was changed.
            MinIOError: it failed after all retries; call it again to go on.

        Example:
            >>> result = await client.restore_snapshot("docs", "before-migration", delete=True)
        """
        engine = self._engine.begin()
        wish = restoring.Wish.of(
            prefix, keys, to, dry_run=dry_run, delete=delete, skip_missing=skip_missing
        )
        return await self._run(restoring.restore(engine, bucket, name, wish))

    async def delete_snapshot(self, bucket: str, name: str) -> None:
        """Remove a snapshot; the bucket itself stays as it is.

        Raises:
            NotFoundError: there is no such snapshot.
            MinIOError: it failed after all retries; call it again to go on.

        Example:
            >>> await client.delete_snapshot("docs", "before-migration")
        """
        return await self._run(snapshots.delete(self._engine.begin(), bucket, name))
