"""PutObject. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.models.object_encryption import SERVER, ObjectEncryption
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Encrypts, ObjectOperation
from minio_sdk.operations.documents import md5_text
from minio_sdk.wire.checksums import CRC32, crc32_text
from minio_sdk.wire.encryption import CUSTOMER_ALGORITHM, told
from minio_sdk.wire.failure import check_crc32, check_s3
from minio_sdk.wire.headers import unquoted
from minio_sdk.wire.locking import asks_for_lock
from minio_sdk.wire.message import Body, Reply, Request, StreamBody, length_of


@dataclass(frozen=True, slots=True)
class PutObject(ObjectOperation[UploadResponse]):
    """Store an object in one request.

    Attributes:
        body: what to store.
        headers: content type, metadata, conditions and the like; lower-case names.
        crc32: that of the body, for a server that knows checksums.
    """

    name: ClassVar[str] = "PutObject"
    not_found: ClassVar[str] = "NoSuchBucket"
    encrypts: ClassVar[Encrypts] = "stores"

    body: Body
    headers: dict[str, str] = field(default_factory=dict)
    crc32: int | None = None

    def request(self) -> Request:
        """PUT the object."""
        path = self.place.object_path(self.key)
        headers = self.headers
        if self.crc32 is not None:
            headers = {**headers, CRC32: crc32_text(self.crc32)}
        elif asks_for_lock(headers) and not isinstance(self.body, StreamBody):
            headers = {**headers, "content-md5": md5_text(self.body)}  # which S3 wants of these
        return Request("PUT", path, headers=headers, body=self.body)

    def parse(self, reply: Reply) -> UploadResponse:
        """What the server says it stored."""
        check_s3(reply)
        if self.crc32 is not None:
            check_crc32(reply, self.crc32)
        body = self.body
        size = len(body) if type(body) is bytes else length_of(body)
        headers = reply.headers
        etag, version_id = unquoted(headers.get("etag")), headers.get("x-amz-version-id")
        found = told(headers) if SERVER in headers or CUSTOMER_ALGORITHM in headers else None
        return _stored(self.key, size or 0, etag, version_id, self.place.bucket, found)


# Thousands are made in a moment: a third of the time is left by setting the slots without the frozen
# dataclass in between.
_new = object.__new__
_STATUS, _KEY, _SIZE, _ETAG, _VERSION_ID, _BUCKET, _ENCRYPTION = (
    getattr(UploadResponse, name).__set__
    for name in ("status", "key", "size", "etag", "version_id", "bucket", "encryption")
)


def _stored(
    key: str,
    size: int,
    etag: str | None,
    version_id: str | None,
    bucket: str | None,
    encryption: ObjectEncryption | None,
) -> UploadResponse:
    made = _new(UploadResponse)
    _STATUS(made, "uploaded")
    _KEY(made, key)
    _SIZE(made, size)
    _ETAG(made, etag)
    _VERSION_ID(made, version_id)
    _BUCKET(made, bucket)
    _ENCRYPTION(made, encryption)
    return made
