"""CopyObject, UploadPartCopy.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.errors import MinIOError, NotSupportedError, reword
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import CopySource, Encrypts, ObjectOperation, T
from minio_sdk.operations.documents import document
from minio_sdk.wire.encryption import told
from minio_sdk.wire.headers import unquoted
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import xml


@dataclass(frozen=True, slots=True)
class CopyResult:
    """``<CopyObjectResult>`` and ``<CopyPartResult>``."""

    etag: str | None = field(default=None, metadata=xml("ETag"))


@dataclass(frozen=True, slots=True)
class CopyOperation(ObjectOperation[T]):
    """What both have in common.

    Attributes:
        source: what is copied.
    """

    source: CopySource

    def failure(self, reply: Reply) -> Exception:
        """The error, which may speak of the source as well."""
        error = ObjectOperation.failure(self, reply)
        if isinstance(error, MinIOError):
            reword(error, self.source.place.text_back(error.message))
        return error


@dataclass(frozen=True, slots=True)
class CopyObject(CopyOperation[UploadResponse]):
    """Copy an object on the server.

    Attributes:
        size: bytes of the source, for the result.
        headers: directives, and what describes the copy; lower-case names.
    """

    name: ClassVar[str] = "CopyObject"
    encrypts: ClassVar[Encrypts] = "copies"

    size: int
    headers: dict[str, str] = field(default_factory=dict)

    def request(self) -> Request:
        """PUT the copy."""
        path = self.place.object_path(self.key)
        headers = {**self.source.headers(), **self.headers}
        return Request("PUT", path, headers=headers, error_in_ok=True)

    def parse(self, reply: Reply) -> UploadResponse:
        """What the copy became.

        Raises:
            NotSupportedError: the server took the request for an upload of nothing.
        """
        if not reply.body.strip():
            raise NotSupportedError(
                "the server can't copy: it took the request for an upload, and an empty object may "
                "stand where the copy should be",
                status=reply.status,
                attempts=reply.attempts,
                hint="download it and upload it again",
            )
        found = document(CopyResult, reply, "CopyObjectResult")
        return UploadResponse(
            status="copied",
            key=self.key,
            size=self.size,
            etag=unquoted(found.etag),
            version_id=reply.headers.get("x-amz-version-id"),
            bucket=self.place.bucket,
            encryption=told(reply.headers),
        )


@dataclass(frozen=True, slots=True)
class UploadPartCopy(CopyOperation[str]):
    """Copy a range of an object as one part; the result is its ETag as the server wrote it.

    Attributes:
        upload_id: the upload.
        number: of the part, from 1.
        first, last: the range of bytes, both included.
    """

    name: ClassVar[str] = "UploadPartCopy"
    encrypts: ClassVar[Encrypts] = "copies a part"
    not_found: ClassVar[str] = "NoSuchUpload"

    upload_id: str
    number: int
    first: int
    last: int

    def request(self) -> Request:
        """PUT the part."""
        query = query_string([("partNumber", str(self.number)), ("uploadId", self.upload_id)])
        headers = self.source.headers()
        headers["x-amz-copy-source-range"] = f"bytes={self.first}-{self.last}"
        path = self.place.object_path(self.key)
        return Request("PUT", path, query, headers, error_in_ok=True)

    def parse(self, reply: Reply) -> str:
        """The ETag.

        Raises:
            NotSupportedError: the server took the request for a part of nothing.
        """
        etag = document(CopyResult, reply, "CopyPartResult").etag if reply.body.strip() else None
        if not etag:
            raise NotSupportedError(
                "the server can't copy in parts: it took the request for an upload of nothing",
                status=reply.status,
                attempts=reply.attempts,
                hint="download it and upload it again",
            )
        return etag
