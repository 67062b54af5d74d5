"""What a server has, as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze

CHECKSUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCapabilities(Record):
    """What a server has: True, False, or None where it isn't known; nothing is guessed.

    Without ``probe="write"``, True says that the server answers questions about it as S3 does. What was tried
    is in `tried`. ``print`` shows it as a table.

    Attributes:
        endpoint: the server.
        server: ``"minio"``, ``"seaweedfs"``, ``"aws"``, ``"ceph"``, ``"garage"``, ``"versitygw"``, or None.
        version: None where it doesn't tell.
        api: ``"s3"`` or ``"enterprise"``.
        versioning, object_lock, encryption, tags, policy, cors, lifecycle, notification, replication: what
            can be set on a bucket.
        quota: whether buckets have quotas; with MinIO's admin API.
        acl, list_versions, list_uploads: what can be asked of a bucket.
        object_tags: tags of objects.
        conditional_create: a write with ``if_none_match="*"`` that is refused where there is an object.
        conditional_replace: a write with ``if_match`` that is refused where there is another object.
        append: bytes behind an object's end.
        select: questions in SQL about the content of an object.
        listen: events of a bucket as they happen; MinIO's own.
        extract: reads inside of zip objects; MinIO's own.
        admin: MinIO's admin API.
        checksums: by algorithm, whether the server compares what it gets with it.
        tried: what was found by doing it.
        found_at: when.
    """

    endpoint: str
    server: str | None = None
    version: str | None = None
    api: str = "s3"
    versioning: bool | None = None
    object_lock: bool | None = None
    encryption: bool | None = None
    tags: bool | None = None
    policy: bool | None = None
    cors: bool | None = None
    lifecycle: bool | None = None
    notification: bool | None = None
    replication: bool | None = None
    quota: bool | None = None
    acl: bool | None = None
    list_versions: bool | None = None
    list_uploads: bool | None = None
    object_tags: bool | None = None
    conditional_create: bool | None = None
    conditional_replace: bool | None = None
    append: bool | None = None
    select: bool | None = None
    listen: bool | None = None
    extract: bool | None = None
    admin: bool | None = None
    checksums: Mapping[str, bool | None] = field(default_factory=dict)
    tried: tuple[str, ...] = ()
    found_at: datetime

    def __post_init__(self) -> None:
        known = {name: self.checksums.get(name) for name in CHECKSUMS}
        object.__setattr__(self, "checksums", known)
        freeze(self, "checksums")

    def __str__(self) -> str:
        name = " ".join(filter(None, (self.server or "unknown server", self.version)))
        rows = [(feature, getattr(self, feature)) for feature in FEATURES]
        rows += [(f"checksums {name}", value) for name, value in self.checksums.items()]
        width = max(len(feature) for feature, _ in rows)
        lines = [f"{name} at {self.endpoint}, {self.found_at:%Y-%m-%d %H:%M} UTC"]
        for feature, value in rows:
            word = "unknown" if value is None else "yes" if value else "no"
            tried = " (tried)" if feature.replace(" ", ".") in self.tried else ""
            lines.append(f"  {feature:<{width}}  {word}{tried}")
        return "\n".join(lines)


FEATURES = (
    "versioning", "object_lock", "encryption", "tags", "policy", "cors", "lifecycle", "notification",
    "replication", "quota", "acl", "list_versions", "list_uploads", "object_tags", "conditional_create",
    "conditional_replace", "append", "select", "listen", "extract", "admin",
)  # fmt: skip
"""The features that a server has or not, in the order of the table."""
