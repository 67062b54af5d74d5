"""What MinIO's servers tell of themselves while it happens: what they do, and their log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.models.admin_jobs import HealedItem
from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze, masked
from minio_sdk.models.showing import escaped

TRACE_KINDS = (
    "os", "storage", "s3", "internal", "scanner", "decommission", "healing", "batch-replication",
    "batch-keyrotation", "batch-expire", "rebalance", "replication-resync", "bootstrap", "ftp", "ilm",
    "kms", "formatting",
)  # fmt: skip
"""What `trace` can tell of, in the order of the server's own numbers."""
LOG_LEVELS = ("fatal", "warning", "error", "event", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry(Record):
    """Something that a server of MinIO's has done. Printed, it is a line.

    What it printed, and its `repr`, have no secrets: neither values of headers like ``authorization``, nor
    signatures in the query, nor bodies. The fields have them.

    Attributes:
        kind: one of those that were asked for, such as ``"s3"``.
        name: what, such as ``"s3.PutObject"``.
        node: which server.
        time: when it began (aware, UTC).
        path: of the request, or of what it was done to; the server's names.
        duration: seconds that it took.
        size: bytes that were moved.
        message, error: what the server says of it; empty for nothing.
        details: what else it says, by name.
        method, status, protocol: of a request, such as ``"PUT"``, ``200`` and ``"HTTP/1.1"``.
        query: of a request, as it was sent.
        client: the address that the request came from.
        request_headers, response_headers: by names in lower case.
        request_body, response_body: as far as the server keeps them; of objects it is ``b"<BLOB>"``.
        received, sent: bytes of the request with its headers, and of the body of the answer.
        first_byte: seconds until the answer began.
        healed: what was healed.
    """

    kind: str
    name: str
    node: str = ""
    time: datetime | None = None
    path: str = ""
    duration: float = 0.0
    size: int = 0
    message: str = ""
    error: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    method: str | None = None
    status: int | None = None
    protocol: str | None = None
    query: str = ""
    client: str | None = None
    request_headers: Mapping[str, str] = field(default_factory=dict)
    response_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: bytes = b""
    response_body: bytes = b""
    received: int = 0
    sent: int = 0
    first_byte: float | None = None
    healed: HealedItem | None = None

    def __post_init__(self) -> None:
        freeze(self, "details", "request_headers", "response_headers")

    def __str__(self) -> str:
        words = [_moment(self.time), self.node]
        if self.status is not None:
            words += [str(self.status)]
        words += [self.name, self.method or "", self.path]
        if self.query:
            words[-1] += f"?{masked(self.query)}"
        words += [self.client or "", f"{self.duration * 1000:.3f} ms"]
        if self.method is not None:
            words += [f"in {self.received} B, out {self.sent} B"]
        elif self.size:
            words += [f"{self.size} B"]
        return escaped("  ".join(word for word in (*words, self.message, self.error) if word))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry(Record):
    """A line of the log of a server of MinIO's. Printed, it is a line here as well.

    Attributes:
        level: ``"fatal"``, ``"warning"``, ``"error"``, ``"event"`` or ``"info"``; empty where the server says
            nothing.
        message: what it says.
        node: which server; empty for the only one.
        time: when (aware, UTC).
        api: what was asked, such as ``"PutObject"``.
        bucket, key, version_id: of what; the server's names.
        details: what else it says of the request and of the failure, by name; values whose names say that
            they are secret are hidden in `repr`.
        source: the places in MinIO's program, the innermost first.
        remote_host, host, user_agent, request_id: of the request.
        deployment_id: of the installation.
    """

    level: str
    message: str
    node: str = ""
    time: datetime | None = None
    api: str = ""
    bucket: str | None = None
    key: str | None = None
    version_id: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    remote_host: str = ""
    host: str = ""
    user_agent: str = ""
    request_id: str = ""
    deployment_id: str = ""

    def __post_init__(self) -> None:
        freeze(self, "details")

    def __str__(self) -> str:
        about = "/".join(name for name in (self.bucket, self.key) if name)
        words = (_moment(self.time), self.node, self.level.upper(), self.api, about, self.message)
        return escaped("  ".join(word for word in words if word))


def _moment(time: datetime | None) -> str:
    return "" if time is None else time.isoformat(timespec="milliseconds")
