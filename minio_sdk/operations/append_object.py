"""PutObject with an offset: AWS's S3 Express One Zone and MinIO AIStor append by it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import ObjectOperation
from minio_sdk.wire.failure import check_s3
from minio_sdk.wire.headers import unquoted
from minio_sdk.wire.message import Reply, Request

OFFSET = "x-amz-write-offset-bytes"
"""To most servers this is nothing: they replace the object."""


@dataclass(frozen=True, slots=True)
class AppendObject(ObjectOperation[UploadResponse]):
    """Append to an object; for servers only that are known to do it (`minio_sdk.flows.native`).

    Attributes:
        offset: how many bytes the object has.
        body: what comes behind them.
    """

    name: ClassVar[str] = "AppendObject"

    offset: int
    body: bytes | memoryview

    def request(self) -> Request:
        """PUT what is appended."""
        headers = {OFFSET: str(self.offset), "content-type": "application/octet-stream"}
        return Request("PUT", self.place.object_path(self.key), headers=headers, body=self.body)

    def parse(self, reply: Reply) -> UploadResponse:
        """The whole object."""
        check_s3(reply)
        return UploadResponse(
            status="appended",
            key=self.key,
            size=self.offset + len(self.body),
            etag=unquoted(reply.headers.get("etag")),
            version_id=reply.headers.get("x-amz-version-id"),
            bucket=self.place.bucket,
        )
