"""Multipart uploads: create, part, complete, abort, list.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Encrypts, ObjectOperation, Operation
from minio_sdk.wire.checksums import ALGORITHM, CRC32, TYPE, crc32_text
from minio_sdk.wire.encryption import told
from minio_sdk.wire.failure import check_crc32
from minio_sdk.wire.headers import unquoted
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import XmlError, parse, read, write, xml

MAX_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class _UploadId:
    upload_id: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload that has begun.

    Attributes:
        upload_id: its id.
        checksums: ``"FULL_OBJECT"`` or ``"COMPOSITE"``: what the server will make of the parts' CRC32;
            None when it wasn't asked for, or doesn't know checksums.
    """

    upload_id: str
    checksums: str | None = None


@dataclass(frozen=True, slots=True)
class CreateMultipartUpload(ObjectOperation[Begun]):
    """Begin an upload."""

    name: ClassVar[str] = "CreateMultipartUpload"
    encrypts: ClassVar[Encrypts] = "begins"
    not_found: ClassVar[str] = "NoSuchBucket"

    headers: dict[str, str] = field(default_factory=dict)

    def request(self) -> Request:
        """POST the beginning."""
        return Request("POST", self.place.object_path(self.key), "uploads=", self.headers)

    def parse(self, reply: Reply) -> Begun:
        """The upload."""
        upload_id = read(_UploadId, reply.body).upload_id
        if not upload_id:
            raise XmlError("an empty <UploadId>")
        checksums = None
        if ALGORITHM in self.headers and reply.headers.get(ALGORITHM, "").upper() == "CRC32":
            checksums = reply.headers.get(TYPE, "COMPOSITE")
        return Begun(upload_id, checksums)


@dataclass(frozen=True, slots=True)
class UploadPart(ObjectOperation[str]):
    """Store one part; the result is its ETag as the server wrote it, quotes included.

    Attributes:
        upload_id: the upload.
        number: from 1.
        body: the bytes.
        crc32: theirs, for a server that knows checksums.
    """

    name: ClassVar[str] = "UploadPart"
    encrypts: ClassVar[Encrypts] = "stores a part"
    not_found: ClassVar[str] = "NoSuchUpload"

    upload_id: str
    number: int
    body: bytes | memoryview
    crc32: int | None = None

    def request(self) -> Request:
        """PUT the part."""
        query = query_string([("partNumber", str(self.number)), ("uploadId", self.upload_id)])
        headers = {} if self.crc32 is None else {CRC32: crc32_text(self.crc32)}
        return Request("PUT", self.place.object_path(self.key), query, headers, self.body)

    def parse(self, reply: Reply) -> str:
        """The ETag."""
        check_crc32(reply, self.crc32)
        etag = reply.headers.get("etag")
        if not etag:
            raise XmlError("a part was stored without an ETag")
        return etag


@dataclass(frozen=True, slots=True)
class Part:
    """``<Part>``."""

    part_number: int
    etag: str = field(metadata=xml("ETag"))
    checksum_crc32: str | None = field(default=None, metadata=xml("ChecksumCRC32"))


@dataclass(frozen=True, slots=True)
class CompletedUpload:
    """``<CompleteMultipartUpload>``, the request."""

    parts: tuple[Part, ...] = field(metadata=xml("Part"))


@dataclass(frozen=True, slots=True)
class _CompleteAnswer:
    etag: str | None = field(default=None, metadata=xml("ETag"))


@dataclass(frozen=True, slots=True)
class CompleteMultipartUpload(ObjectOperation[UploadResponse]):
    """Make the parts one object.

    Attributes:
        upload_id: the upload.
        etags: the parts' ETags in order.
        size: bytes of the whole, for the result.
        headers: conditions; lower-case names.
        crc32s: the parts' checksums, when they were sent with the parts.
        crc32: that of the whole object, for an upload that was begun so.
        numbers: the parts' numbers; none where they are 1 and on.
    """

    name: ClassVar[str] = "CompleteMultipartUpload"
    encrypts: ClassVar[Encrypts] = "needs the key"
    not_found: ClassVar[str] = "NoSuchUpload"

    upload_id: str
    etags: Sequence[str]
    size: int
    headers: dict[str, str] = field(default_factory=dict)
    crc32s: Sequence[int] = ()
    crc32: int | None = None
    numbers: Sequence[int] = ()

    def request(self) -> Request:
        """POST the list of parts."""
        told: list[str | None] = [crc32_text(crc) for crc in self.crc32s]
        crc32s = told or [None] * len(self.etags)
        numbers = self.numbers or range(1, len(self.etags) + 1)
        parts = tuple(Part(*each) for each in zip(numbers, self.etags, crc32s, strict=True))
        whole = {} if self.crc32 is None else {CRC32: crc32_text(self.crc32), TYPE: "FULL_OBJECT"}
        return Request(
            "POST",
            self.place.object_path(self.key),
            query_string([("uploadId", self.upload_id)]),
            {"content-type": "application/xml", **whole, **self.headers},
            write(CompletedUpload(parts), "CompleteMultipartUpload"),
            error_in_ok=True,
        )

    def parse(self, reply: Reply) -> UploadResponse:
        """The object that the parts became."""
        node = parse(reply.body)
        if node.tag != "CompleteMultipartUploadResult":
            raise XmlError("not the end of a multipart upload")
        return UploadResponse(
            key=self.key,
            size=self.size,
            etag=unquoted(read(_CompleteAnswer, node).etag),
            version_id=reply.headers.get("x-amz-version-id"),
            bucket=self.place.bucket,
            encryption=told(reply.headers),
        )


@dataclass(frozen=True, slots=True)
class AbortMultipartUpload(ObjectOperation[None]):
    """End an upload and drop its parts."""

    name: ClassVar[str] = "AbortMultipartUpload"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})
    not_found: ClassVar[str] = "NoSuchUpload"

    upload_id: str

    def request(self) -> Request:
        """DELETE the upload."""
        query = query_string([("uploadId", self.upload_id)])
        return Request("DELETE", self.place.object_path(self.key), query)

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Upload:
    """``<Upload>``: one that was begun and not ended."""

    key: str
    upload_id: str
    initiated: datetime | None = None
    storage_class: str | None = None


@dataclass(frozen=True, slots=True)
class UploadsPage:
    """``<ListMultipartUploadsResult>``."""

    uploads: tuple[Upload, ...] = field(default=(), metadata=xml("Upload"))
    is_truncated: bool = False
    next_key_marker: str | None = None
    next_upload_id_marker: str | None = None
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class ListMultipartUploads(Operation[UploadsPage]):
    """A page of unfinished uploads, with the tenant's keys.

    Attributes:
        prefix: only keys that begin with it.
        key_marker, upload_id_marker: where the page before ended, in the server's own words, which go
            back as they came; empty for the first.
    """

    name: ClassVar[str] = "ListMultipartUploads"

    prefix: str = ""
    key_marker: str = ""
    upload_id_marker: str = ""

    def request(self) -> Request:
        """GET the page."""
        pairs = [("uploads", "")]
        prefix = self.place.prefix_out(self.prefix)
        if prefix:
            pairs.append(("prefix", prefix))
        if self.key_marker:
            pairs.append(("key-marker", self.key_marker))
        if self.upload_id_marker:
            pairs.append(("upload-id-marker", self.upload_id_marker))
        return Request("GET", self.place.path, query_string(pairs))

    def parse(self, reply: Reply) -> UploadsPage:
        """The page."""
        node = parse(reply.body)
        if node.tag != "ListMultipartUploadsResult":
            raise XmlError("not a list of uploads")
        page = read(UploadsPage, node)
        self.place.check_name(page.bucket)
        back = self.place.key_back
        if page.next_key_marker:
            back(page.next_key_marker)  # refuses another tenant's; it goes back as it came
        uploads = (replace(u, key=back(u.key)) for u in page.uploads)
        return UploadsPage(
            # Not every server leaves out what doesn't begin with the prefix.
            uploads=tuple(u for u in uploads if u.key.startswith(self.prefix)),
            is_truncated=page.is_truncated,
            next_key_marker=page.next_key_marker or None,
            next_upload_id_marker=page.next_upload_id_marker or None,
        )


@dataclass(frozen=True, slots=True)
class StoredPart:
    """``<Part>`` in a list: one that the server has."""

    part_number: int
    etag: str = field(metadata=xml("ETag"))
    size: int = 0
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartsPage:
    """``<ListPartsResult>``."""

    parts: tuple[StoredPart, ...] = field(default=(), metadata=xml("Part"))
    is_truncated: bool = False
    next_part_number_marker: int | None = None


@dataclass(frozen=True, slots=True)
class ListParts(ObjectOperation[PartsPage]):
    """A page of the parts that an unfinished upload has.

    Attributes:
        upload_id: the upload.
        marker: only parts behind this number.
    """

    name: ClassVar[str] = "ListParts"
    encrypts: ClassVar[Encrypts] = "needs the key"
    not_found: ClassVar[str] = "NoSuchUpload"

    upload_id: str
    marker: int = 0

    def request(self) -> Request:
        """GET the page."""
        pairs = [("uploadId", self.upload_id)]
        if self.marker:
            pairs.append(("part-number-marker", str(self.marker)))
        return Request("GET", self.place.object_path(self.key), query_string(pairs))

    def parse(self, reply: Reply) -> PartsPage:
        """The page."""
        node = parse(reply.body)
        # moto calls it a response.
        if node.tag not in ("ListPartsResult", "ListPartsResponse"):
            raise XmlError("not a list of parts")
        return read(PartsPage, node)
