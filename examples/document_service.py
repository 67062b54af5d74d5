"""A service that keeps its users' documents: store, list, share, back up, and let old ones go.

Start a server with `minio-sdk serve`, or set MINIO_ENDPOINT, MINIO_ACCESS_KEY and MINIO_SECRET_KEY.
"""

from __future__ import annotations

from collections.abc import Mapping

import requests

from minio_sdk import (
    LifecycleRule,
    MinIOClient,
    ObjectInfo,
    PreconditionFailedError,
    RestoreResult,
    SnapshotInfo,
    UploadResponse,
)

BUCKET = "documents"


class DocumentService:
    """Documents of many users in one bucket of one tenant."""

    def __init__(self, storage: MinIOClient) -> None:
        self.storage = storage
        storage.create_bucket(BUCKET, exist_ok=True)

    def store(
        self, user: str, name: str, data: bytes, metadata: Mapping[str, str] | None = None
    ) -> UploadResponse:
        """A new document; one of the same name is never overwritten."""
        return self.storage.upload_object(
            BUCKET,
            self._key(user, name),
            data,
            metadata=metadata,
            tags={"user": user, "type": "document"},
            if_none_match="*",
        )

    def documents(self, user: str) -> list[ObjectInfo]:
        """What a user has."""
        return self.storage.list_objects(BUCKET, prefix=self._key(user, ""))

    def share(self, user: str, name: str, hours: int = 24) -> str:
        """A link that anyone can download the document by, for some hours."""
        return self.storage.get_presigned_url(
            BUCKET,
            self._key(user, name),
            expiry_seconds=hours * 3600,
            response_headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    def back_up(self) -> SnapshotInfo:
        """All documents as they are now."""
        return self.storage.create_snapshot(BUCKET)

    def go_back_to(self, backup: SnapshotInfo) -> RestoreResult:
        """All documents as they were then; later ones go."""
        return self.storage.restore_snapshot(BUCKET, backup.name, delete=True)

    def retain(self) -> list[LifecycleRule]:
        """Temporary files stay for a week, the archive for a year."""
        self.storage.set_bucket_lifecycle(
            BUCKET,
            [
                {
                    "id": "delete-temporary-files",
                    "status": "Enabled",
                    "expiration": {"days": 7},
                    "filter": {"prefix": "temp/"},
                },
                {
                    "id": "end-of-the-archive",
                    "status": "Enabled",
                    "expiration": {"days": 365},
                    "filter": {"prefix": "archive/"},
                },
            ],
        )
        return self.storage.get_bucket_lifecycle(BUCKET)

    @staticmethod
    def _key(user: str, name: str) -> str:
        return f"users/{user}/docs/{name}"


def main() -> None:
    """A day in the life of the service."""
    with MinIOClient(user_id="doc-service") as storage:
        service = DocumentService(storage)

        for name in ("report.txt", "notes.txt"):
            stored = service.store("ada", name, b"By Ada: " + name.encode(), {"Author": "Ada"})
            print(f"stored   {stored.key}, {stored.size} bytes")
        service.store("bob", "letter.txt", b"By Bob")
        try:
            service.store("ada", "notes.txt", b"again")
        except PreconditionFailedError as error:
            print(f"refused  {error.key}: {error.message}")

        for item in service.documents("ada"):
            found = storage.get_object_metadata(BUCKET, item.key)
            tags = storage.get_object_tags(BUCKET, item.key)
            print(f"has      {item.key}, by {found.metadata['author']}, tags {tags}")

        answer = requests.get(service.share("ada", "report.txt"), timeout=10)
        print(f"shared   {answer.text!r}, {answer.headers['content-disposition']}")

        for rule in service.retain():
            assert rule.expiration is not None
            print(f"rule     {rule.id}: after {rule.expiration.days} days")

        backup = service.back_up()
        print(f"saved    {backup.objects} documents, {backup.size} bytes")
        storage.delete_object(BUCKET, "users/ada/docs/report.txt")
        service.store("ada", "mistake.txt", b"")
        result = service.go_back_to(backup)
        print(f"restored {', '.join(result.restored)}; removed {', '.join(result.deleted)}")
        names = [item.key for item in service.documents("ada")]
        print(f"has      {', '.join(names)}")

        storage.delete_snapshot(BUCKET, backup.name)
        storage.delete_bucket(BUCKET, force=True)


if __name__ == "__main__":
    main()
