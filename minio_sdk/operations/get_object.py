"""GetObject. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.operation import ObjectOperation
from minio_sdk.wire.failure import check_s3
from minio_sdk.wire.message import Reply, Request


@dataclass(frozen=True, slots=True)
class GetObject(ObjectOperation[bytes]):
    """The bytes of an object."""

    name: ClassVar[str] = "GetObject"

    def request(self) -> Request:
        """GET the object; its size has no limit."""
        return Request("GET", self.place.object_path(self.key), max_body=None)

    def parse(self, reply: Reply) -> bytes:
        """The body as it is stored."""
        check_s3(reply)
        return reply.body
