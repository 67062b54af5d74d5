"""The audit hook: makes the record of each operation, and hands it to the user's function.

Rule of this file: a record has the tenant's names and never the server's, and whatever goes wrong here, an
operation ends as it would have ended without it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from inspect import iscoroutine
from pathlib import Path
from typing import Any, Protocol

from minio_sdk.clock import Clock
from minio_sdk.config import Config
from minio_sdk.errors import ConfigurationError, MinIOError, shown
from minio_sdk.models.audit import AuditedKey, AuditRecord
from minio_sdk.models.names import canonical_tenant
from minio_sdk.models.results import DeleteResult
from minio_sdk.operation import CopySource, Operation, Place
from minio_sdk.operations.delete_objects import DeleteObjects
from minio_sdk.tenancy import REGISTRY, TAGS
from minio_sdk.wire.message import Reply, Request

_LOG = logging.getLogger("minio_sdk")

# With prefix tenancy the objects on these shelves are what buckets and their tags are elsewhere.
_SHELVES = {
    REGISTRY: {
        "DeleteObject": "DeleteBucket",
        "HeadObject": "HeadBucket",
        "ListObjectsV2": "ListBuckets",
        "PutObject": "CreateBucket",
    },
    TAGS: {
        "DeleteObject": "DeleteBucketTagging",
        "GetObject": "GetBucketTagging",
        "PutObject": "PutBucketTagging",
    },
}

# What operations that administer a server are about, by the names of their fields.
_ADMINISTERED = (
    "user",
    "uid",
    "group",
    "access_key",
    "policy",
    "arn",
    "subsystem",
    "tier",
    "id",
    "target",
)


class Auditor:
    """Tells the user's function of operations.

    Args:
        tell: the function.
        config: whose operations they are.
        clock: the source of time.
    """

    __slots__ = ("_clock", "_tell", "_tenant_id")

    def __init__(self, tell: Callable[[AuditRecord], object], config: Config, clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._tenant_id = None if config.tenant_id is None else canonical_tenant(config.tenant_id)

    def ended(self, watch: Ended, error: BaseException | None, seconds: float) -> None:
        """Tell of an operation that has ended."""
        self.tell(lambda: _described(watch, error, seconds))

    def signed_ahead(
        self,
        name: str,
        method: str,
        place: Place,
        key: str,
        version_id: str | None,
        seconds: int,
        begins: float | None = None,
    ) -> None:
        """Tell of a URL or form that is good for some seconds, from now or from `begins` on."""
        now = self.time()
        self.tell(
            lambda: {
                "operation": name,
                "method": method,
                "version_id": version_id,
                **_names(place, key),
                "started": _utc(now),
                "seconds": 0.0,
                "expires": _utc((now if begins is None else begins) + seconds),
            }
        )

    def time(self) -> float:
        """Seconds since 1970."""
        return self._clock.time()

    def tell(self, described: Callable[[], dict[str, Any]]) -> None:
        """Hand a record to the user's function; what goes wrong is logged, with the record."""
        record = None
        try:
            record = AuditRecord(tenant_id=self._tenant_id, **described())
            result = self._tell(record)
            if iscoroutine(result):
                result.close()
                raise TypeError("it must be a plain function: what it returned has to be awaited")
        except Exception:
            lost = "none could be made" if record is None else record.to_json()
            _LOG.exception("audit: this record was not taken: %s", lost)


class Ended(Protocol):
    """What is told of: see `minio_sdk.watching.Watch`."""

    request: Request
    operation: Operation[Any] | None
    name: str
    started: float
    reply: Reply | None
    result: object
    streams: bool

    def attempts(self, error: BaseException | None) -> int:
        """How often it was sent."""
        ...

    def status(self, error: BaseException | None) -> int | None:
        """The HTTP status of the last answer."""
        ...


def _described(watch: Ended, error: BaseException | None, seconds: float) -> dict[str, Any]:
    reply, request, operation = watch.reply, watch.request, watch.operation
    ours = error if isinstance(error, MinIOError) else None
    request_id = None
    if reply is not None:
        headers = reply.headers
        request_id = headers.get("x-amz-request-id") or headers.get("x-minio-request-id")
    code = ours.code if ours else None
    fields: dict[str, Any] = {
        "operation": watch.name,
        "method": request.method,
        "status": watch.status(error),
        "code": code,
        "error": None if error is None else type(error).__name__,
        "request_id": request_id or (ours.request_id if ours else None),
        "attempts": watch.attempts(error),
        "started": _utc(watch.started),
        "seconds": seconds,
        "bytes_sent": request.length,
        "bytes_received": _received(watch),
    }
    if operation is not None:
        fields.update(_about(operation, reply))
    if isinstance(operation, DeleteObjects):
        fields["objects"] = _outcomes(operation, watch.result, code)
    return fields


def _received(watch: Ended) -> int | None:
    reply = watch.reply
    coming = watch.streams and reply is not None and reply.status < 400
    return None if reply is None or coming else len(reply.body)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _about(operation: Operation[Any], reply: Reply | None) -> dict[str, Any]:
    """What an operation is, and what it is about, in the tenant's words."""
    place = operation.place
    fields: dict[str, Any] = {"operation": operation.name, **_names(place, operation.subject)}
    shelf = _SHELVES.get(place.prefix.rstrip("/").rpartition("/")[2])
    if shelf is not None:
        fields["operation"] = shelf.get(operation.name, operation.name)
        fields["key"] = None
    # None but operations on a version, and on a copy's source, have these.
    version = getattr(operation, "version_id", None)
    if version is None and reply is not None and fields["key"] is not None:
        version = reply.headers.get("x-amz-version-id")
    fields["version_id"] = version
    if place.bucket is None and fields["key"] is None:
        fields["administered"] = tuple(
            f"{name}:{value}"
            for name in _ADMINISTERED
            if isinstance(value := getattr(operation, name, None), str)
        )
    source = getattr(operation, "source", None)
    if isinstance(source, CopySource):
        names = _names(source.place, source.key)
        fields["source_bucket"], fields["source_key"] = names["bucket"], names["key"]
        fields["source_version_id"] = source.version_id
    return fields


def _names(place: Place, key: str | None) -> dict[str, Any]:
    bucket = place.bucket
    last = place.prefix.rstrip("/").rpartition("/")[2]
    # A place that has a prefix and is no bucket's is that of the snapshots of one (`Scope.snapshots`).
    if bucket is None and last and last not in _SHELVES:
        return {"bucket": last, "key": key, "in_snapshots": True}
    return {"bucket": bucket, "key": key}


def _outcomes(operation: DeleteObjects, result: object, code: str | None) -> tuple[AuditedKey, ...]:
    """What became of each key; without a result, what became of the whole."""
    if not isinstance(result, DeleteResult):
        code = code or "NotReported"
        return tuple(AuditedKey(key=k, version_id=v, code=code) for k, v in operation.objects)
    refused = {(f.key, f.version_id): f.code for f in result.errors}
    of_key = {f.key: f.code for f in result.errors}
    deleted = {d.key for d in result.deleted}

    def outcome(key: str, version_id: str | None) -> str | None:
        if (key, version_id) in refused:
            return refused[key, version_id] or "NotReported"
        return None if key in deleted else of_key.get(key) or "NotReported"

    return tuple(AuditedKey(key=k, version_id=v, code=outcome(k, v)) for k, v in operation.objects)


@dataclass(frozen=True, slots=True)
class JsonLinesAudit:
    """Appends each record to a file, one line of JSON a record. For ``Config(audit=...)``.

    Many threads, processes and clients may write to one file at once: a record is one write to the end of
    it. The file is opened for each record, so that it may be moved away at any time, as logrotate does;
    nothing here rotates it. It should lie on a disk of this machine. A new one can be read by its owner only.

    Args:
        path: the file; made when it is missing, and its folder has to be there.

    Raises:
        ConfigurationError: it can't be written to.

    Example:
        >>> config = Config("http://localhost:9000", "acme", audit=JsonLinesAudit("audit.jsonl"))
    """

    path: str

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
            raise ConfigurationError(f"path={shown(path)}: must be the path of a file")
        # Absolute, so that workers in other folders find it.
        object.__setattr__(self, "path", str(Path(path).absolute()))
        try:
            self._append(b"")
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"path={shown(self.path)}: can't be written to: {error}"
            ) from None

    def __call__(self, record: AuditRecord) -> None:
        """Append a record."""
        self._append(record.to_json().encode("ascii") + b"\n")

    def _append(self, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        file = os.open(self.path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            written = os.write(file, line)
            if written < len(line):
                # The disk is full: what has come of the line must not spoil the next one.
                os.write(file, b"\n")
                raise OSError(f"only {written} of {len(line)} bytes could be written")
        finally:
            os.close(file)
