"""The Enterprise gateway's own REST calls, `Config(api="enterprise")`.

PUT ``/upload?key=``, GET ``/download?key=``, GET ``/list?prefix=``, DELETE ``/delete?key=``, GET ``/``, GET
``/minio/health/live``. Answers are JSON; errors are ``{"error": ...}`` or plain text; 403 means quota. The
gateway keeps tenants apart by ``X-Tenant-ID``, so keys go out as they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import QuotaExceededError, as_class
from minio_sdk.models.names import check_key, check_prefix
from minio_sdk.models.results import ServerInfo, UploadResponse
from minio_sdk.operation import WHOLE_SERVER, Operation, Place, T
from minio_sdk.wire.failure import error_of
from minio_sdk.wire.message import Body, Reply, Request
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import XmlError


def _document(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        raise XmlError("the gateway's answer is not JSON") from None


@dataclass(frozen=True, slots=True)
class GatewayOperation(Operation[T]):
    """Base: what the gateway's calls have in common."""

    api: ClassVar[str] = "enterprise"
    ok: ClassVar[frozenset[int]] = frozenset({200, 201, 204})
    not_found: ClassVar[str] = "NoSuchKey"

    place: Place = WHOLE_SERVER
    key: str | None = None
    signed: bool = True

    @property
    def subject(self) -> str | None:
        """The key."""
        return self.key

    def failure(self, reply: Reply) -> Exception:
        """403 is the tenant's quota, unless the answer has S3's own code: then it isn't the gateway."""
        error = error_of(reply, self.not_found)
        if reply.status == 403 and error.code is None:
            hint = "delete what isn't needed, or ask for a larger quota"
            return as_class(error, QuotaExceededError, error.message, hint)
        return error

    def _ask(self, method: str, path: str, body: Body = b"", **query: str) -> Request:
        return Request(method, path, query_string(query.items()), body=body, signed=self.signed)


@dataclass(frozen=True, slots=True)
class GatewayUpload(GatewayOperation[UploadResponse]):
    """Store an object."""

    name: ClassVar[str] = "Upload"

    body: Body = b""

    def request(self) -> Request:
        """PUT the bytes."""
        key = check_key(self.key)
        return self._ask("PUT", "/upload", self.body, key=key)

    def parse(self, reply: Reply) -> UploadResponse:
        """The gateway's answer; what it leaves out is what was sent."""
        document = _document(reply) if reply.body else {}
        if not isinstance(document, dict):
            raise XmlError("the gateway's answer is not a JSON object")
        size = document.get("size")
        return UploadResponse(
            status=str(document.get("status") or "uploaded"),
            key=str(self.key),
            size=size if isinstance(size, int) else self.request().length or 0,
            etag=document.get("etag"),
            version_id=document.get("version_id"),
        )


@dataclass(frozen=True, slots=True)
class GatewayDownload(GatewayOperation[bytes]):
    """The bytes of an object."""

    name: ClassVar[str] = "Download"
    ok: ClassVar[frozenset[int]] = frozenset({200})

    def request(self) -> Request:
        """GET the bytes."""
        key = check_key(self.key)
        request = self._ask("GET", "/download", key=key)
        request.max_body = None
        return request

    def parse(self, reply: Reply) -> bytes:
        """The body."""
        return reply.body


@dataclass(frozen=True, slots=True)
class GatewayList(GatewayOperation[list[str]]):
    """The keys below a prefix."""

    name: ClassVar[str] = "List"

    prefix: str = ""

    def request(self) -> Request:
        """GET the list."""
        return self._ask("GET", "/list", prefix=check_prefix(self.prefix))

    def parse(self, reply: Reply) -> list[str]:
        """Keys: a JSON list, or an object with ``keys`` or ``objects``, of texts or of ``{"key": ...}``."""
        document = _document(reply)
        if isinstance(document, dict):
            document = document.get("keys", document.get("objects"))
        if document is None:  # an empty list in Go's JSON
            return []
        if not isinstance(document, list):
            raise XmlError("the gateway's answer is not a list of keys")
        keys: list[str] = []
        for item in document:
            key = item.get("key") if isinstance(item, dict) else item
            if not isinstance(key, str):
                raise XmlError("the gateway's answer has a key that is not text")
            keys.append(key)
        return keys


@dataclass(frozen=True, slots=True)
class GatewayDelete(GatewayOperation[None]):
    """Remove an object."""

    name: ClassVar[str] = "Delete"

    def request(self) -> Request:
        """DELETE it."""
        key = check_key(self.key)
        return self._ask("DELETE", "/delete", key=key)

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class GatewayInfo(GatewayOperation[ServerInfo]):
    """What the gateway tells of itself."""

    name: ClassVar[str] = "ServerInfo"

    def request(self) -> Request:
        """GET the root."""
        return self._ask("GET", "/")

    def parse(self, reply: Reply) -> ServerInfo:
        """Its JSON as a record."""
        info = server_info(reply)
        if info is None:
            raise XmlError("the gateway's answer has no status and version")
        return info


@dataclass(frozen=True, slots=True)
class GatewayHealth(GatewayOperation[str]):
    """The gateway's health, as its own words."""

    name: ClassVar[str] = "Health"

    def request(self) -> Request:
        """GET the health."""
        request = self._ask("GET", "/minio/health/live")
        request.retry = False
        return request

    def parse(self, reply: Reply) -> str:
        """The words."""
        return reply.body[:200].decode(errors="replace")


def server_info(reply: Reply) -> ServerInfo | None:
    """The gateway's greeting, None when the answer is somebody else's."""
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not {"status", "version"} <= document.keys():
        return None
    known = {"status", "version", "performance"}
    return ServerInfo(
        status=str(document["status"]),
        version=str(document["version"]),
        performance=document.get("performance"),
        server="MinIO Enterprise gateway",
        details={name: value for name, value in document.items() if name not in known},
    )
