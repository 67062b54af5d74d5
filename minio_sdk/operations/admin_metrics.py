"""MinIO's figures for Prometheus."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.errors import invalid
from minio_sdk.models.secret import Secret
from minio_sdk.operations.admin import AdminOperation
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import XmlError

METRICS = ("cluster", "node", "bucket", "resource")
"""Of what there are figures."""


def metrics_path(kind: object) -> str:
    """Where they are.

    Raises:
        ValidationError: there are none of it.
    """
    if not isinstance(kind, str) or kind not in METRICS:
        raise invalid("kind", kind, f"must be one of {', '.join(METRICS)}")
    return f"/minio/v2/metrics/{kind}"


@dataclass(frozen=True, slots=True)
class AdminMetrics(AdminOperation[str]):
    """GET of figures, which takes a token and no signature.

    Attributes:
        kind: of what.
        token: what is sent in place of a signature.
    """

    name: ClassVar[str] = "AdminMetrics"

    kind: str
    token: Secret | None = field(default=None, repr=False)

    def request(self) -> Request:
        """GET it."""
        request = Request("GET", metrics_path(self.kind), signed=False)
        if self.token is not None:
            request.headers["authorization"] = Secret(f"Bearer {self.token}")
        return request

    def parse(self, reply: Reply) -> str:
        """The text, as Prometheus reads it."""
        kind = reply.headers.get("content-type", "")
        if not kind.startswith(("text/plain", "application/openmetrics-text")):
            raise XmlError("it is no text for Prometheus")
        try:
            return reply.body.decode()
        except UnicodeDecodeError:
            raise XmlError("it is not UTF-8") from None
