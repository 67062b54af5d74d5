"""RestoreObject. https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.operation import ObjectOperation
from minio_sdk.operations.documents import document_headers, versioned_query
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import write, xml

TIERS = ("Standard", "Bulk", "Expedited")


@dataclass(frozen=True, slots=True)
class RestoreDocument:
    """``<RestoreRequest>``."""

    days: int = 1
    tier: str | None = field(default=None, metadata=xml("GlacierJobParameters/Tier"))


@dataclass(frozen=True, slots=True)
class RestoreObject(ObjectOperation[None]):
    """Bring a copy of an archived object back for some days.

    Attributes:
        days: how long it is there.
        tier: how soon; None for the server's own choice.
        version_id: a version; None for the current one.
    """

    name: ClassVar[str] = "RestoreObject"
    ok: ClassVar[frozenset[int]] = frozenset({200, 202})

    days: int
    tier: str | None = None
    version_id: str | None = None

    def request(self) -> Request:
        """POST the wish."""
        body = write(RestoreDocument(self.days, self.tier), "RestoreRequest")
        query = versioned_query("restore", self.version_id)
        path = self.place.object_path(self.key)
        return Request("POST", path, query, document_headers(body), body)

    def parse(self, reply: Reply) -> None:
        """Nothing."""
