"""The quota of a bucket of MinIO."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import invalid
from minio_sdk.models.bucket_document import MAX_QUOTA
from minio_sdk.operations.admin import OfBucket
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told


def check_quota(argument: str, size: object) -> int | None:
    """The most bytes that something may hold; None for no limit.

    Raises:
        ValidationError: neither.
    """
    if size is None:
        return None
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_QUOTA:
        rule = f"must be a whole number of bytes, 1 to {MAX_QUOTA}, or None"
        raise invalid(argument, size, rule)
    return size


@dataclass(frozen=True, slots=True)
class AdminSetBucketQuota(OfBucket[None]):
    """PUT set-bucket-quota: the most bytes that a bucket may hold; None for no limit."""

    name: ClassVar[str] = "AdminSetBucketQuota"

    size: int | None

    def request(self) -> Request:
        """PUT the limit."""
        size = check_quota("size", self.size)
        # Releases before August 2023 know "quota" only.
        document: dict[str, object] = {"quota": size or 0, "size": size or 0}
        if size is not None:
            document["quotatype"] = "hard"
        body = json.dumps(document).encode()
        return self._ask("PUT", "set-bucket-quota", body, bucket=self.place.server_bucket)

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class AdminGetBucketQuota(OfBucket[int | None]):
    """GET get-bucket-quota: bytes, None when there is no limit."""

    name: ClassVar[str] = "AdminGetBucketQuota"

    def request(self) -> Request:
        """GET the limit."""
        return self._ask("GET", "get-bucket-quota", bucket=self.place.server_bucket)

    def parse(self, reply: Reply) -> int | None:
        """The limit."""
        told = Told.read(reply.body)
        return told.count("size") or told.count("quota") or None
