"""What an audit hook is told: what was asked, of what, on whose behalf, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedKey(Record):
    """One key of an operation that has many, and what became of it.

    Attributes:
        key: the tenant's name of it.
        version_id: the version that was named, or None.
        code: the S3 error code; ``"NotReported"`` where the answer doesn't say; None for a success.
    """

    key: str
    version_id: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord(Record):
    """One operation, as the function of ``Config(audit=...)`` is told of it.

    All names are the tenant's. There is no content in it, no metadata, and nothing secret.

    Attributes:
        tenant_id: on whose behalf.
        operation: S3's name of what was asked, such as ``"GetObject"``; for a URL or a form that was signed
            ahead ``"PresignGetObject"``, ``"PresignPost"`` and so on.
        method: the HTTP method.
        bucket: the bucket; None for the server as a whole.
        key: the object; None for a bucket.
        version_id: the version that was named, or else the one that the answer names.
        objects: what an operation on many keys, such as DeleteObjects, did with each.
        source_bucket, source_key, source_version_id: what was copied.
        administered: what an operation of an administrator is about, in the server's words: such as
            ``("user:minio-sdk-acme", "policy:minio-sdk-acme")``; also ``access_key:``, ``group:``, ``uid:``,
            ``arn:``, ``subsystem:``, ``target:``, ``tier:`` and ``id:``.
        in_snapshots: it is about a snapshot of `bucket`, and `key` is a part of that.
        status: the HTTP status of the last answer; None when none came, or nothing was sent.
        code: the S3 error code, or None.
        error: the name of the exception's class; None for a success.
        request_id: the server's id of the request.
        attempts: how many times it was sent; 0 when nothing was, and 1 when that was broken off.
        started: when it began, in UTC.
        seconds: how long it took, with all its attempts.
        bytes_sent, bytes_received: of the request's and the answer's body; None where that isn't known.
        expires: when a URL or form that was signed ahead ends, in UTC; else None.
    """

    tenant_id: str | None
    operation: str
    method: str
    bucket: str | None = None
    key: str | None = None
    version_id: str | None = None
    objects: tuple[AuditedKey, ...] = ()
    source_bucket: str | None = None
    source_key: str | None = None
    source_version_id: str | None = None
    administered: tuple[str, ...] = ()
    in_snapshots: bool = False
    status: int | None = None
    code: str | None = None
    error: str | None = None
    request_id: str | None = None
    attempts: int = 0
    started: datetime
    seconds: float
    bytes_sent: int | None = 0
    bytes_received: int | None = None
    expires: datetime | None = None

    def to_json(self) -> str:
        """The record on one line of ASCII, dates in ISO 8601."""
        document = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in self.items()
        }
        document["objects"] = [dict(each) for each in self.objects]
        return json.dumps(document)
