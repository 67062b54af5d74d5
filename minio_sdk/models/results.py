"""What calls return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from minio_sdk.models.object_encryption import ObjectEncryption
from minio_sdk.models.object_lock import Retention
from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResponse(Record):
    """What became of an upload.

    Attributes:
        status: ``"uploaded"``, ``"copied"``, ``"composed"`` or ``"appended"``.
        key: the key as the caller wrote it.
        size: bytes stored.
        etag: the object's ETag without quotes; None where the server gave none.
        version_id: the new version, on a versioned bucket.
        bucket: the bucket as the caller wrote it.
        encryption: how the server says that it is encrypted; None where it says nothing.
    """

    status: str = "uploaded"
    key: str
    size: int
    etag: str | None = None
    version_id: str | None = None
    bucket: str | None = None
    encryption: ObjectEncryption | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthStatus(Record):
    """How the server is; true when it is healthy.

    Attributes:
        healthy: it answers, and serves this client; of several endpoints, one does.
        status: ``"healthy"``, ``"unhealthy"``, ``"unreachable"`` or ``"credentials_refused"``;
            ``"degraded"`` where some of several endpoints are healthy.
        latency: seconds that the answer took.
        details: what was asked and what came back.
    """

    healthy: bool
    status: str
    latency: float
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "details")

    def __bool__(self) -> bool:
        return self.healthy


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo(Record):
    """What the server tells of itself.

    Attributes:
        status: ``"online"``, or the gateway's own word.
        version: its version; empty when it doesn't tell.
        performance: figures; the gateway's own, or what this call measured (``latency`` in seconds).
        server: its name, such as ``"SeaweedFS"`` or ``"MinIO"``.
        details: everything else it told.
    """

    status: str
    version: str
    performance: Any
    server: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "details")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketInfo(Record):
    """One bucket.

    Attributes:
        name: as the caller writes it.
        creation_date: when it was made (aware, UTC); None where the server doesn't tell.
        region: where it is; None where the server doesn't tell.
        owner_id: the owner's id; None where the server doesn't tell.
        versioning: ``"Enabled"``, ``"Suspended"``, or None for never, with prefix tenancy, where the
            server doesn't tell, and in lists of buckets.
    """

    name: str
    creation_date: datetime | None = None
    region: str | None = None
    owner_id: str | None = None
    versioning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo(Record):
    """One object in a listing.

    Attributes:
        key: as the caller writes it.
        size: bytes.
        last_modified: aware, UTC.
        etag: without quotes.
        storage_class: such as ``"STANDARD"``; None where the server doesn't tell.
        version_id: in listings of versions.
        is_latest: in listings of versions, whether this is the current one.
        is_delete_marker: in listings of versions.
        is_prefix: a "folder" of a listing that is not recursive; its size is 0.
        owner_id, owner_name: whose it is, with ``fetch_owner=True``; None where the server doesn't tell.
        content_type: with ``include_user_meta=True``, such as ``"text/plain"``.
        metadata: with ``include_user_meta=True``, the user's metadata, names in lower case without
            ``x-amz-meta-``; None for folders and delete markers, and for what the caller may not read.
        tags: with ``include_user_meta=True``; None where it has none, or the caller may not read them.
    """

    key: str
    size: int = 0
    last_modified: datetime | None = None
    etag: str | None = None
    storage_class: str | None = None
    version_id: str | None = None
    is_latest: bool | None = None
    is_delete_marker: bool = False
    is_prefix: bool = False
    owner_id: str | None = None
    owner_name: str | None = None
    content_type: str | None = None
    metadata: Mapping[str, str] | None = None
    tags: Mapping[str, str] | None = None

    if not TYPE_CHECKING:  # to which any name would be an attribute then

        def __getattr__(self, name: str) -> None:
            if name in SELDOM_TOLD:
                for each in SELDOM_TOLD:  # so that nobody has to come here again
                    object.__setattr__(self, each, None)
                return
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self)


SELDOM_TOLD = frozenset({"is_latest", "owner_id", "owner_name", "content_type", "metadata", "tags"})
"""Fields of which a listing fills all or none, and that are None then: an eighth of its time is saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectMetadata(Record):
    """What HEAD tells of an object.

    Attributes:
        key: as the caller writes it.
        size: bytes.
        etag: without quotes.
        last_modified: aware, UTC.
        content_type: such as ``"text/plain"``.
        metadata: the user's metadata, names in lower case without ``x-amz-meta-``.
        tag_count: how many tags it has, as far as the server tells; `get_object_tags` has them.
        version_id: on a versioned bucket.
        storage_class: None means the standard one.
        content_encoding, content_disposition, content_language, cache_control, expires: as stored.
        restore: what the server tells of bringing it back from an archive, such as
            ``ongoing-request="true"``.
        replication_status: ``"PENDING"``, ``"COMPLETED"``, ``"FAILED"`` or ``"REPLICA"``; None where no rule
            of `set_bucket_replication` is for it.
        retention: until when it is locked, as far as the server tells.
        legal_hold: whether it is held, as far as the server tells.
        encryption: how the server says that it is encrypted; None where it says nothing.
    """

    key: str
    size: int
    etag: str | None = None
    last_modified: datetime | None = None
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tag_count: int = 0
    version_id: str | None = None
    storage_class: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None
    expires: str | None = None
    restore: str | None = None
    replication_status: str | None = None
    retention: Retention | None = None
    legal_hold: bool = False
    encryption: ObjectEncryption | None = None

    def __post_init__(self) -> None:
        freeze(self, "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedObject(Record):
    """One object that DeleteObjects removed."""

    key: str
    version_id: str | None = None
    delete_marker: bool = False
    delete_marker_version_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteError(Record):
    """One object that DeleteObjects did not remove, and why.

    Attributes:
        key: as the caller writes it.
        version_id: the version, where one was asked for.
        code: the server's.
        message: the server's; where a lock is the reason, which lock it is and then the server's.
        locked: whether a retention or a legal hold of the version is the reason.
        hint: what to try then.
    """

    key: str
    version_id: str | None = None
    code: str = ""
    message: str = ""
    locked: bool = False
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeletedObject(Record):
    """One object that was deleted, and is there again.

    Attributes:
        bucket: as the caller writes it.
        key: as the caller writes it.
        version_id: the version that is current now; with `dry_run` the one that would be, or be copied.
        size: bytes.
        etag: without quotes.
        last_modified: when that version was written (aware, UTC); None where the server didn't tell.
        removed: the ids of the delete markers that were removed.
        copied: whether the version is a copy, above the delete markers.
        dry_run: whether nothing was changed.
    """

    bucket: str
    key: str
    version_id: str | None = None
    size: int = 0
    etag: str | None = None
    last_modified: datetime | None = None
    removed: tuple[str, ...] = ()
    copied: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteResult(Record):
    """What `delete_objects` did; true when there were no errors."""

    deleted: tuple[DeletedObject, ...] = ()
    errors: tuple[DeleteError, ...] = ()

    def __bool__(self) -> bool:
        return not self.errors
