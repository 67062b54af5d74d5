# Made by scripts/make_sync.py from client/aio/bucket_services.py: change that one.
"""What a server does of itself with the objects of a bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from minio_sdk.client.later import Later
from minio_sdk.client.sync.base import Base
from minio_sdk.models.encryption import BucketEncryption
from minio_sdk.models.notification import NotificationRule
from minio_sdk.models.replication import Replication

if TYPE_CHECKING:
    from minio_sdk.flows import bucket_services
else:
    bucket_services = Later("minio_sdk.flows.bucket_services")


class BucketServices(Base):
    """Encryption, replication, notifications.

    With ``tenancy="prefix"`` they belong to the bucket that all tenants share, and are refused by name.
    """

    def set_bucket_encryption(
        self, bucket: str, encryption: BucketEncryption | Mapping[str, Any]
    ) -> None:
        """Have the server encrypt new objects of a bucket that say nothing of it themselves.

        It is read back: of a server that kept something else the call fails.

        Args:
            bucket: its name.
            encryption: such as ``BucketEncryption()`` for SSE-S3 or ``BucketEncryption(algorithm="aws:kms",
                kms_key_id="my-key")`` for SSE-KMS; a dict with these names or S3's own does as well.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: S3 would not take it.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it; MinIO does with a key
                management service only.
            MinIOError: it failed after all retries.

        Example:
            >>> client.set_bucket_encryption("docs", BucketEncryption())

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.set_encryption(engine, bucket, encryption))

    def get_bucket_encryption(self, bucket: str) -> BucketEncryption | None:
        """How the server encrypts new objects of a bucket.

        Args:
            bucket: its name.

        Returns:
            The `BucketEncryption`, which can be given back to `set_bucket_encryption`; None where there is
            none, as never on AWS.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> encryption = client.get_bucket_encryption("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.get_encryption(engine, bucket))

    def delete_bucket_encryption(self, bucket: str) -> None:
        """Let new objects of a bucket be stored as they come; having no encryption is no error.

        On AWS it becomes SSE-S3 again. What is stored stays as it is.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.delete_bucket_encryption("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.delete_encryption(engine, bucket))

    def set_bucket_replication(
        self, bucket: str, replication: Replication | Mapping[str, Any]
    ) -> None:
        """Have the server copy new objects of a bucket to other buckets.

        They are the tenant's own, by its own names; `get_object_metadata` tells the ``replication_status`` of
        each object. It is read back: what was kept only in part is taken back.

        Args:
            bucket: its name; it and the destinations must keep versions.
            replication: rules and, on AWS, a role; a dict with the same names does as well.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: S3 would not take it, or it names what isn't the tenant's.
            NotSupportedError: with prefix tenancy; or the server doesn't offer it, or kept something else.
            MinIOError: it failed after all retries.

        Example:
            >>> client.set_bucket_replication("docs", Replication(
            ...     role="arn:aws:iam::123456789012:role/copies",
            ...     rules=(ReplicationRule(destination="backup", prefix="2026/"),)))

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.set_replication(engine, bucket, replication))

    def get_bucket_replication(self, bucket: str) -> Replication | None:
        """To which other buckets the server copies objects of a bucket, with the tenant's names.

        Args:
            bucket: its name.

        Returns:
            The `Replication`, which can be given back to `set_bucket_replication`; None where there is none.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            ServerError: another program set one that names other buckets.
            MinIOError: it failed after all retries.

        Example:
            >>> replication = client.get_bucket_replication("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.get_replication(engine, bucket))

    def delete_bucket_replication(self, bucket: str) -> None:
        """Have no more objects of a bucket copied; having no replication is no error.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.delete_bucket_replication("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketReplication.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.delete_replication(engine, bucket))

    def set_bucket_notification(
        self, bucket: str, rules: Iterable[NotificationRule | Mapping[str, Any]]
    ) -> None:
        """Have the server tell of events of a bucket; it replaces all rules.

        Whom it may tell is the operator's to say. What is told has the server's name of the bucket.

        Args:
            bucket: its name.
            rules: up to 100, as `NotificationRule` or a dict with the same names. An empty list removes them.

        Raises:
            BucketNotFoundError: there is no such bucket.
            ValidationError: a rule that S3 would not take.
            NotSupportedError: with prefix tenancy; or the server doesn't offer it, or kept something else.
            MinIOError: it failed after all retries; also where the server knows no such target.

        Example:
            >>> client.set_bucket_notification("docs", [NotificationRule(
            ...     arn="arn:minio:sqs::1:webhook", events=("s3:ObjectCreated:*",), prefix="in/")])

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.set_notification(engine, bucket, rules))

    def get_bucket_notification(self, bucket: str) -> list[NotificationRule]:
        """Which events of a bucket the server tells to whom.

        Args:
            bucket: its name.

        Returns:
            The rules, which can be given back to `set_bucket_notification`; an empty list for none.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it; or there is a rule of a
                kind that this SDK doesn't know.
            MinIOError: it failed after all retries.

        Example:
            >>> rules = client.get_bucket_notification("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.get_notification(engine, bucket))

    def delete_bucket_notification(self, bucket: str) -> None:
        """Have nobody told of events of a bucket; having no rules is no error.

        Args:
            bucket: its name.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: with prefix tenancy, or the server doesn't offer it.
            MinIOError: it failed after all retries.

        Example:
            >>> client.delete_bucket_notification("docs")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
        """
        engine = self._engine.begin()
        return self._run(bucket_services.delete_notification(engine, bucket))
