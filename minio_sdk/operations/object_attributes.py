"""GetObjectAttributes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from minio_sdk.models.details import ObjectAttributes, ObjectPart
from minio_sdk.operation import Encrypts, ObjectOperation
from minio_sdk.operations.documents import of_object, versioned_query
from minio_sdk.wire.failure import check_version
from minio_sdk.wire.headers import http_date, unquoted
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import xml

WANTED = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize"
MAX_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer: a thousand parts are far fewer, and an object sent by mistake may be of any size."""

# MinIO begins it with a small letter, moto calls it an output.
_ROOTS = (
    "GetObjectAttributesResponse",
    "getObjectAttributesResponse",
    "GetObjectAttributesOutput",
)


@dataclass(frozen=True, slots=True)
class ChecksumDocument:
    """``<Checksum>``."""

    crc32: str | None = field(default=None, metadata=xml("ChecksumCRC32"))
    crc32c: str | None = field(default=None, metadata=xml("ChecksumCRC32C"))
    crc64nvme: str | None = field(default=None, metadata=xml("ChecksumCRC64NVME"))
    sha1: str | None = field(default=None, metadata=xml("ChecksumSHA1"))
    sha256: str | None = field(default=None, metadata=xml("ChecksumSHA256"))


@dataclass(frozen=True, slots=True)
class WholeChecksumDocument(ChecksumDocument):
    """``<Checksum>`` of the whole object."""

    checksum_type: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectPartDocument(ChecksumDocument):
    """``<Part>``."""

    part_number: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class ObjectPartsDocument:
    """``<ObjectParts>``."""

    parts_count: int | None = None
    next_part_number_marker: int | None = None
    is_truncated: bool = False
    parts: tuple[ObjectPartDocument, ...] = field(default=(), metadata=xml("Part"))


@dataclass(frozen=True, slots=True)
class AttributesDocument:
    """``<GetObjectAttributesResponse>``."""

    etag: str | None = field(default=None, metadata=xml("ETag"))
    checksum: WholeChecksumDocument | None = None
    object_parts: ObjectPartsDocument | None = None
    storage_class: str | None = None
    object_size: int = 0


def _checksums(found: Any) -> dict[str, str]:
    named = ((f.name.upper(), getattr(found, f.name, None)) for f in fields(ChecksumDocument))
    return {name: value for name, value in named if value}


@dataclass(frozen=True, slots=True)
class GetObjectAttributes(ObjectOperation[tuple[ObjectAttributes, int | None]]):
    """What is known of an object, its checksums and parts included.

    Attributes:
        version_id: a version; None for the current one.
        marker: only parts behind this number.
    """

    name: ClassVar[str] = "GetObjectAttributes"
    encrypts: ClassVar[Encrypts] = "needs the key"

    version_id: str | None = None
    marker: int = 0

    def request(self) -> Request:
        """GET the document."""
        headers = {"x-amz-object-attributes": WANTED}
        if self.marker:
            headers["x-amz-part-number-marker"] = str(self.marker)
        query = versioned_query("attributes", self.version_id)
        path = self.place.object_path(self.key)
        return Request("GET", path, query, headers, max_body=MAX_ANSWER)

    def parse(self, reply: Reply) -> tuple[ObjectAttributes, int | None]:
        """The attributes with some of the parts, and behind which part there are more."""
        found = of_object(AttributesDocument, reply, "attributes of objects", *_ROOTS)
        check_version(reply, self.version_id)
        parts = found.object_parts or ObjectPartsDocument()
        attributes = ObjectAttributes(
            key=self.key,
            size=found.object_size,
            etag=unquoted(found.etag),
            storage_class=found.storage_class or None,
            last_modified=http_date(reply.headers.get("last-modified")),
            version_id=reply.headers.get("x-amz-version-id"),
            checksums=_checksums(found.checksum),
            checksum_type=found.checksum.checksum_type if found.checksum else None,
            parts_count=parts.parts_count,
            parts=tuple(
                ObjectPart(part_number=p.part_number, size=p.size, checksums=_checksums(p))
                for p in parts.parts
            ),
        )
        more = parts.is_truncated and parts.parts
        return attributes, parts.next_part_number_marker if more else None
