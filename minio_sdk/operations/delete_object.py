"""DeleteObject. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.models.names import check_version_id
from minio_sdk.operation import ObjectOperation
from minio_sdk.wire.locking import BYPASS
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string


@dataclass(frozen=True, slots=True)
class DeleteObject(ObjectOperation[None]):
    """Remove an object, or one version of it; a missing one is no error, as S3 defines it.

    Attributes:
        version_id: a version; None for the current one.
        bypass: pass a retention in governance mode by.
    """

    name: ClassVar[str] = "DeleteObject"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    version_id: str | None = None
    bypass: bool = False

    def request(self) -> Request:
        """DELETE the object."""
        query = ""
        if self.version_id is not None:
            query = query_string([("versionId", check_version_id(self.version_id))])
        headers = dict(BYPASS) if self.bypass else {}
        return Request("DELETE", self.place.object_path(self.key), query, headers)

    def parse(self, reply: Reply) -> None:
        """Nothing."""
