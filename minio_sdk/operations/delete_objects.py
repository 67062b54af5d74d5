"""DeleteObjects. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.errors import invalid
from minio_sdk.models.results import DeletedObject, DeleteError, DeleteResult
from minio_sdk.operation import Operation
from minio_sdk.operations.documents import document_headers
from minio_sdk.wire.locking import BYPASS
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import XmlError, parse, read, writable, write, xml

MAX_KEYS = 1000

_DOTS = re.compile(r"(?:^|[/\\])\.\.?(?:[/\\]|$)")


def listable(key: str) -> bool:
    """Whether a key may stand in the body; if not, it is deleted by a request of its own.

    Some characters XML can't carry. And ``.`` or ``..`` between slashes MinIO checks only in a request's
    path: in this body it resolves them, and ``../../other/docs/x`` deletes another tenant's object.
    """
    return writable(key) and not _DOTS.search(key)


@dataclass(frozen=True, slots=True)
class ObjectToDelete:
    """``<Object>``: a key, with a version or without."""

    key: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """``<Delete>``, the request."""

    objects: tuple[ObjectToDelete, ...] = field(metadata=xml("Object"))


@dataclass(frozen=True, slots=True)
class Deleted:
    """``<Deleted>`` in the answer."""

    key: str
    version_id: str | None = None
    delete_marker: bool = False
    delete_marker_version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """``<Error>`` in the answer."""

    key: str
    version_id: str | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class DeleteObjectsAnswer:
    """``<DeleteResult>``."""

    deleted: tuple[Deleted, ...] = ()
    errors: tuple[Error, ...] = field(default=(), metadata=xml("Error"))


@dataclass(frozen=True, slots=True)
class DeleteObjects(Operation[DeleteResult]):
    """Remove up to 1,000 objects in one request.

    Attributes:
        objects: pairs of key and version id (or None).
        bypass: pass retentions in governance mode by.
    """

    name: ClassVar[str] = "DeleteObjects"

    objects: Sequence[tuple[str, str | None]]
    bypass: bool = False

    @property
    def changes(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(key for key, _ in self.objects)

    def request(self) -> Request:
        """POST the list."""
        for key, _ in self.objects:
            if not listable(key):
                raise invalid("keys", key, "must be deleted by a request of its own")
        wanted = tuple(ObjectToDelete(self.place.key_out(k), v) for k, v in self.objects)
        body = write(Delete(wanted), "Delete")
        headers = {**document_headers(body), **(BYPASS if self.bypass else {})}
        return Request("POST", self.place.path, "delete=", headers, body, error_in_ok=True)

    def parse(self, reply: Reply) -> DeleteResult:
        """What was removed and what was not, of what was asked for."""
        node = parse(reply.body)
        if node.tag not in ("DeleteResult", "DeleteObjectsResult"):
            raise XmlError("not a result of deleting")
        answer = read(DeleteObjectsAnswer, node)
        asked = {key for key, _ in self.objects}
        back = self.place.key_back
        return DeleteResult(
            deleted=tuple(
                DeletedObject(
                    key=back(d.key),
                    version_id=d.version_id,
                    delete_marker=d.delete_marker,
                    delete_marker_version_id=d.delete_marker_version_id,
                )
                for d in answer.deleted
                if back(d.key) in asked
            ),
            errors=tuple(
                DeleteError(
                    key=back(f.key),
                    version_id=f.version_id,
                    code=f.code,
                    message=self.place.text_back(f.message),
                )
                for f in answer.errors
                if back(f.key) in asked
            ),
        )
