"""How much a tenant stores."""

from __future__ import annotations

from dataclasses import dataclass

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usage(Record):
    objects: int = 0
    bytes: int = 0
    noncurrent_versions: int | None = None
    noncurrent_bytes: int | None = None
    delete_markers: int | None = None
    uploads: int | None = None
    upload_bytes: int | None = None
    snapshot_objects: int | None = None
    snapshot_bytes: int | None = None

    @property
    def total_bytes(self) -> int:
        """All bytes that were counted: of objects, and of whatever else was asked for."""
        others = (self.noncurrent_bytes, self.upload_bytes, self.snapshot_bytes)
        return self.bytes + sum(each or 0 for each in others)


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketUsage(_Usage):
    """How much one bucket holds.

    Attributes:
        bucket: its name.
        objects, bytes: the objects that a listing shows, and the sum of their sizes.
        noncurrent_versions, noncurrent_bytes: versions that are not the current ones; None unless
            ``versions=True``.
        delete_markers: those, current or not; None unless ``versions=True``.
        uploads, upload_bytes: unfinished multipart uploads and the parts they have; None unless
            ``uploads=True``.
        snapshot_objects, snapshot_bytes: what the bucket's snapshots keep, manifests included; None unless
            ``snapshots=True``.
        total_bytes: all of these bytes.
    """

    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantUsage(_Usage):
    """How much a tenant holds: the sums of what its buckets hold.

    Attributes:
        tenant_id: whose it is; None without tenancy.
        buckets: the figures of each bucket, by name.
        objects, bytes: the objects that listings show, and the sum of their sizes.
        noncurrent_versions, noncurrent_bytes, delete_markers, uploads, upload_bytes, snapshot_objects,
            snapshot_bytes: as in `BucketUsage`.
        total_bytes: all of these bytes.
    """

    tenant_id: str | None
    buckets: tuple[BucketUsage, ...] = ()
