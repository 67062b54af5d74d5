"""HeadObject. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.models.names import check_version_id
from minio_sdk.models.results import ObjectMetadata
from minio_sdk.operation import Encrypts, ObjectOperation
from minio_sdk.wire.checksums import crc32_of_object
from minio_sdk.wire.encryption import told
from minio_sdk.wire.failure import check_folder, check_s3, check_version
from minio_sdk.wire.headers import http_date, integer, unquoted
from minio_sdk.wire.locking import is_held, retention_in
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.metadata import read_metadata
from minio_sdk.wire.url import query_string


@dataclass(frozen=True, slots=True)
class HeadObject(ObjectOperation[ObjectMetadata]):
    """What is known of an object without its bytes.

    Attributes:
        version_id: a version; None for the current one.
        headers: conditions; lower-case names.
    """

    name: ClassVar[str] = "HeadObject"
    encrypts: ClassVar[Encrypts] = "reads"

    version_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self) -> Request:
        """HEAD the object."""
        query = ""
        if self.version_id is not None:
            query = query_string([("versionId", check_version_id(self.version_id))])
        return Request("HEAD", self.place.object_path(self.key), query, dict(self.headers))

    def parse(self, reply: Reply) -> ObjectMetadata:
        """The headers as a record."""
        check_s3(reply)
        check_folder(reply, self.key)
        check_version(reply, self.version_id)
        headers = reply.headers
        return ObjectMetadata(
            key=self.key,
            size=integer(headers.get("content-length")),
            etag=unquoted(headers.get("etag")),
            last_modified=http_date(headers.get("last-modified")),
            content_type=headers.get("content-type"),
            metadata=read_metadata(headers),
            tag_count=integer(headers.get("x-amz-tagging-count")),
            version_id=headers.get("x-amz-version-id"),
            storage_class=headers.get("x-amz-storage-class"),
            content_encoding=headers.get("content-encoding"),
            content_disposition=headers.get("content-disposition"),
            content_language=headers.get("content-language"),
            cache_control=headers.get("cache-control"),
            expires=headers.get("expires"),
            restore=headers.get("x-amz-restore"),
            replication_status=headers.get("x-amz-replication-status"),
            retention=retention_in(headers),
            legal_hold=is_held(headers),
            encryption=told(headers),
        )


@dataclass(frozen=True, slots=True)
class HeadChecksum(ObjectOperation[tuple[str | None, int | None]]):
    """The ETag of an object, and the CRC32 of all of it where the server knows it."""

    name: ClassVar[str] = "HeadObject"
    encrypts: ClassVar[Encrypts] = "reads"

    version_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self) -> Request:
        """HEAD the object, and ask for checksums."""
        return HeadObject(self.place, self.key, self.version_id, self.headers).request()

    def parse(self, reply: Reply) -> tuple[str | None, int | None]:
        """The two."""
        check_s3(reply)
        return unquoted(reply.headers.get("etag")), crc32_of_object(reply.headers)
