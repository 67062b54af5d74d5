"""What else can be asked of objects, buckets and unfinished uploads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipartUpload(Record):
    """An upload in parts that was begun, and neither completed nor aborted.

    Attributes:
        key: of the object that it is to be.
        upload_id: the server's name of it.
        initiated: when it was begun (aware, UTC); None where the server doesn't tell.
        storage_class: None where the server doesn't tell.
    """

    key: str
    upload_id: str
    initiated: datetime | None = None
    storage_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedPart(Record):
    """One part of an unfinished upload that the server has.

    Attributes:
        part_number: from 1.
        size: bytes.
        etag: without quotes.
        last_modified: aware, UTC; None where the server doesn't tell.
    """

    part_number: int
    size: int
    etag: str
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPart(Record):
    """One part of an object that was uploaded in parts.

    Attributes:
        part_number: from 1.
        size: bytes.
        checksums: by algorithm, such as ``"CRC32"``, as S3 writes them (base64).
    """

    part_number: int
    size: int
    checksums: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "checksums")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAttributes(Record):
    """What GetObjectAttributes tells; servers tell more or less of it.

    Attributes:
        key: as the caller writes it.
        size: bytes.
        etag: without quotes.
        storage_class: None means the standard one.
        last_modified: aware, UTC.
        version_id: on a versioned bucket.
        checksums: by algorithm, such as ``"CRC32"``, as S3 writes them (base64).
        checksum_type: ``"FULL_OBJECT"`` or ``"COMPOSITE"``; None where there is none.
        parts_count: how many parts it was uploaded in; None where the server doesn't tell.
        parts: those parts, as far as the server tells.
    """

    key: str
    size: int
    etag: str | None = None
    storage_class: str | None = None
    last_modified: datetime | None = None
    version_id: str | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str | None = None
    parts_count: int | None = None
    parts: tuple[ObjectPart, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "checksums")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Record):
    """One line of an access control list.

    Attributes:
        permission: ``"FULL_CONTROL"``, ``"READ"``, ``"WRITE"``, ``"READ_ACP"`` or ``"WRITE_ACP"``.
        id, display_name: of an account.
        uri: of a group, such as all users.
        email: of an account.
    """

    permission: str
    id: str | None = None
    display_name: str | None = None
    uri: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessControlList(Record):
    """Who may do what with a bucket or an object, in the way S3 had before policies.

    Attributes:
        owner_id, owner_name: the owner's; None where the server doesn't tell.
        grants: what is granted to whom.
    """

    owner_id: str | None = None
    owner_name: str | None = None
    grants: tuple[Grant, ...] = ()
