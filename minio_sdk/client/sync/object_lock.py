# Made by scripts/make_sync.py from client/aio/object_lock.py: change that one.
"""Object lock: versions of objects that can't be removed for a time, or until somebody lets them go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import object_lock
from minio_sdk.models.object_lock import ObjectLock, Retention


class ObjectLocks(Base):
    """Locks of buckets, retention and legal hold of objects.

    A bucket has object lock from when it is made, with ``create_bucket(..., object_lock=True)``. With
    ``tenancy="prefix"`` objects can be locked where the operator has made the shared bucket so.
    """

    def set_bucket_object_lock(self, bucket: str, lock: ObjectLock | Mapping[str, Any]) -> None:
        """Replace the retention that new objects of a bucket get when they say nothing of it themselves.

        Args:
            bucket: its name; it must have object lock. On AWS this gives it to one that keeps versions.
            lock: such as ``ObjectLock(mode="GOVERNANCE", days=30)``, or a dict with these names or S3's
                own; ``ObjectLock()`` for no retention.

        Raises:
            ConflictError: the bucket has no object lock.
            BucketNotFoundError: there is no such bucket.
            ValidationError: S3 would not take it.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.set_bucket_object_lock("docs", ObjectLock(mode="GOVERNANCE", days=30))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
        """
        engine = self._engine.begin()
        return self._run(object_lock.set_lock(engine, bucket, lock))

    def get_bucket_object_lock(self, bucket: str) -> ObjectLock | None:
        """The retention that new objects of a bucket get.

        Args:
            bucket: its name.

        Returns:
            The `ObjectLock`, whose mode is None where they get none; None where the bucket has no object
            lock.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> lock = client.get_bucket_object_lock("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html
        """
        engine = self._engine.begin()
        return self._run(object_lock.get_lock(engine, bucket))

    def delete_bucket_object_lock(self, bucket: str) -> None:
        """Let new objects of a bucket have no retention; those there are stay locked.

        The object lock of the bucket itself stays for ever.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.delete_bucket_object_lock("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
        """
        engine = self._engine.begin()
        return self._run(object_lock.delete_lock(engine, bucket))

    def set_object_retention(
        self,
        bucket: str,
        key: str,
        retention: Retention | Mapping[str, Any] | None,
        *,
        version_id: str | None = None,
        bypass_governance: bool = False,
    ) -> None:
        """Lock a version of an object until a moment.

        Whoever may set it can make it longer. In governance mode it can be made shorter, or removed, with
        `bypass_governance`; in compliance mode by nobody.

        Args:
            bucket: its name; it must have object lock.
            key: its key.
            retention: mode and end, as a `Retention` or a dict; None removes it, which SeaweedFS can't, and
                is no error where there is none.
            version_id: a version of it; None for the current one.
            bypass_governance: change a retention in governance mode; these credentials must be allowed to.

        Raises:
            ObjectLockedError: it is locked in a way that this would weaken.
            ConflictError: the bucket has no object lock.
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            ValidationError: a bad argument; nothing was sent.
            NotSupportedError: the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> until = datetime.now(timezone.utc) + timedelta(days=365)
            >>> client.set_object_retention(
            ...     "docs", "q4.pdf", Retention(mode="GOVERNANCE", retain_until_date=until))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html
        """
        engine = self._engine.begin()
        return self._run(
            object_lock.set_retention(engine, bucket, key, retention, version_id, bypass_governance)
        )

    def get_object_retention(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> Retention | None:
        """Until when a version of an object is locked.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.

        Returns:
            The `Retention`, which may lie in the past; None where it has none.

        Raises:
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> retention = client.get_object_retention("docs", "q4.pdf")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html
        """
        engine = self._engine.begin()
        return self._run(object_lock.get_retention(engine, bucket, key, version_id))

    def enable_object_legal_hold(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> None:
        """Lock a version of an object until `disable_object_legal_hold`; any retention is beside it.

        Args:
            bucket: its name; it must have object lock.
            key: its key.
            version_id: a version of it; None for the current one.

        Raises:
            ConflictError: the bucket has no object lock.
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.enable_object_legal_hold("docs", "q4.pdf")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html
        """
        engine = self._engine.begin()
        return self._run(object_lock.hold(engine, bucket, key, True, version_id))

    def disable_object_legal_hold(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> None:
        """Take the legal hold off a version of an object; its retention stays.

        Args:
            bucket: its name; it must have object lock.
            key: its key.
            version_id: a version of it; None for the current one.

        Raises:
            ConflictError: the bucket has no object lock.
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.disable_object_legal_hold("docs", "q4.pdf")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html
        """
        engine = self._engine.begin()
        return self._run(object_lock.hold(engine, bucket, key, False, version_id))

    def is_object_legal_hold_enabled(
        self, bucket: str, key: str, *, version_id: str | None = None
    ) -> bool:
        """Whether a version of an object has a legal hold.

        Args:
            bucket: its name.
            key: its key.
            version_id: a version of it; None for the current one.

        Raises:
            VersionNotFoundError, ObjectNotFoundError, BucketNotFoundError: it isn't there.
            NotSupportedError: the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.is_object_legal_hold_enabled("docs", "q4.pdf")
            True

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html
        """
        engine = self._engine.begin()
        return self._run(object_lock.is_held(engine, bucket, key, version_id))
