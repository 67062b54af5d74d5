"""Objects that were deleted, in buckets that keep versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.flows.bulk import Job
from minio_sdk.flows.progress import OnProgress
from minio_sdk.models.bulk import BulkResult
from minio_sdk.models.moments import Moment
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.results import UndeletedObject

if TYPE_CHECKING:
    from minio_sdk.flows import undeleting, undeleting_many
else:
    undeleting = Later("minio_sdk.flows.undeleting")
    undeleting_many = Later("minio_sdk.flows.undeleting_many")


class Undeleting(AsyncBase):
    """Bring back one, or all below a prefix."""

    async def undelete_object(
        self,
        bucket: str,
        key: str,
        *,
        copy: bool = False,
        dry_run: bool = False,
        encryption: GivenEncryption = None,
    ) -> UndeletedObject:
        """Bring a deleted object back: remove the delete markers on top of its newest version.

        The object is then what it was, with its version id and date.

        Args:
            bucket: its name; it must keep versions.
            key: its key.
            copy: leave the delete markers in the history, and copy the newest version above them. The copy
                has a date and a version id of its own, and no lock.
            dry_run: say what would be done, and change nothing.
            encryption: the `SseC(key)` that the object has, and that its copy keeps; nothing else needs it.
                None takes `Config.encryption`, else the copy is encrypted as the version is.

        Returns:
            `UndeletedObject`: the version that is current now, and the delete markers that were removed.

        Raises:
            ConflictError: the object isn't deleted.
            ObjectNotFoundError, VersionNotFoundError: nothing of it is left.
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: the bucket keeps no versions: what is deleted in it is gone.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.delete_object("docs", "q4.pdf")
            >>> found = await client.undelete_object("docs", "q4.pdf")
            >>> print(found.version_id, found.removed)

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManagingDelMarkers.html
        """
        engine = self._engine.begin()
        return await self._run(undeleting.undelete(engine, bucket, key, copy, dry_run, encryption))

    async def undelete_objects(
        self,
        bucket: str,
        prefix: str = "",
        *,
        since: Moment | None = None,
        copy: bool = False,
        dry_run: bool = False,
        encryption: GivenEncryption = None,
        concurrency: int | None = None,
        progress: OnProgress | bool | None = None,
    ) -> BulkResult:
        """Bring back every object below a prefix that is deleted.

        All versions below the prefix are listed for it, one page in memory. Objects of which nothing but
        delete markers is left are passed over.

        Args:
            bucket: its name; it must keep versions.
            prefix: only keys that begin with it.
            since: only objects that were deleted at this moment or later: a datetime with a time zone, a
                date (its beginning in UTC), or one of them as ISO 8601 text. Default: all.
            copy, encryption: as of `undelete_object`.
            dry_run: say what would be done, and change nothing.
            concurrency: how many at once; default 16, never more than `Config.pool_size`.
            progress: as of `upload_many`.

        Returns:
            `BulkResult`: for each object that was deleted an `UndeletedObject`, or its `MinIOError`.
            It is true when there are no errors.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: the bucket keeps no versions; or ``progress=True`` without rich.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: the bucket could not be listed to its end; what was brought back stays.

        Example:
            >>> done = await client.undelete_objects("docs", "2026/", since="2026-11-22T09:00:00Z")
            >>> for found in done:
            ...     print(found.key, found.version_id)

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManagingDelMarkers.html
        """
        engine = self._engine
        job = Job(None, concurrency, progress, encryption=encryption)
        return await self._run(
            undeleting_many.undelete(engine, bucket, prefix, since, copy, dry_run, job)
        )
