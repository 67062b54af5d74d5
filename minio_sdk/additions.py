"""What a configuration has to say in each request, besides what its operation says."""

from __future__ import annotations

from typing import Any

from minio_sdk.config import Config
from minio_sdk.operation import Operation
from minio_sdk.operations.copy_object import CopyOperation
from minio_sdk.wire.addressing import is_virtual
from minio_sdk.wire.extras import OWNER, SOURCE_OWNER, Extras, extras_of
from minio_sdk.wire.message import Request

_OPERATORS = ("Admin", "Rgw")
"""What operations of the operator's APIs are called, which nothing is added to."""


class Additions:
    """The bucket as a host's name, the user's headers and parameters, and whose the bucket has to be.

    Attributes:
        extras: the user's; None for none.
    """

    __slots__ = ("_by_host", "_owner", "extras")

    def __init__(self, by_host: bool, extras: Extras | None, owner: str | None) -> None:
        self._by_host = by_host
        self.extras = extras
        self._owner = owner

    def add_to(self, request: Request, operation: Operation[Any]) -> None:
        """Say all of it in a request of `operation`."""
        if not operation.name.startswith(_OPERATORS):
            if self.extras is not None:
                self.extras.add_to(request)
            if owners := self.owners(operation):
                request.headers = {**request.headers, **owners}
        bucket = operation.place.server_bucket
        if self._by_host and bucket and operation.api == "s3":
            whole = f"{request.path}/"
            if whole.startswith(f"/{bucket}/") and not whole.startswith("/minio/"):
                request.bucket = bucket

    def add_to_question(self, request: Request, name: str) -> None:
        """Say the user's in a request of that name which is none of S3's operations."""
        if self.extras is not None and not name.startswith(_OPERATORS):
            self.extras.add_to(request)

    def owners(self, operation: Operation[Any]) -> dict[str, str]:
        """The headers that say whose the buckets of an operation have to be."""
        if self._owner is None or operation.api != "s3" or not operation.place.server_bucket:
            return {}
        if operation.name == "CreateBucket" or operation.name.startswith(_OPERATORS):
            return {}  # S3 doesn't have it for these
        found = {OWNER: self._owner}
        if isinstance(operation, CopyOperation):
            found[SOURCE_OWNER] = self._owner
        return found


def additions_of(config: Config) -> Additions | None:
    """What `config` adds to requests; None for nothing."""
    by_host = any(is_virtual(config.addressing, url) for url in config.endpoints)
    extras = extras_of(config.extra_headers, config.extra_query_params)
    owner = config.expected_bucket_owner
    if not by_host and extras is None and owner is None:
        return None
    return Additions(by_host, extras, owner)
