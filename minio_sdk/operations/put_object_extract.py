"""PutObjectExtract, MinIO's own: a tar that the server unpacks into objects.

AWS has it where files come in with Snowball devices:
https://docs.aws.amazon.com/snowball/latest/developer-guide/batching-small-files.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from minio_sdk.operation import ObjectOperation
from minio_sdk.wire.failure import check_s3
from minio_sdk.wire.headers import http_date
from minio_sdk.wire.message import Reply, Request

UNPACK = "x-amz-meta-snowball-auto-extract"
"""To a server that doesn't know it, this is metadata of an object that holds the tar."""


@dataclass(frozen=True, slots=True)
class PutObjectExtract(ObjectOperation[datetime | None]):
    """Store the entries of a tar as objects.

    Attributes:
        body: the tar; its names are the server's keys.
    """

    name: ClassVar[str] = "PutObjectExtract"
    not_found: ClassVar[str] = "NoSuchBucket"

    body: bytes

    @property
    def changes(self) -> None:
        """Whatever the tar names."""
        return None

    def request(self) -> Request:
        """PUT the tar."""
        headers = {"content-type": "application/x-tar", UNPACK: "true"}
        return Request("PUT", self.place.object_path(self.key), headers=headers, body=self.body)

    def parse(self, reply: Reply) -> datetime | None:
        """When, by the server's clock, it was taken; what came of it has to be looked at."""
        check_s3(reply)
        return http_date(reply.headers.get("date"))
