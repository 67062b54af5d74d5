"""Sub-resources that are XML documents: what their operations have in common."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, TypeVar

from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import XmlError, parse, read, write

T = TypeVar("T")


def put_document(path: str, query: str, model: Any, root: str) -> Request:
    """PUT `model` as a document called `root`."""
    body = write(model, root)
    return Request("PUT", path, query, document_headers(body), body)


def document_headers(body: bytes, content_type: str = "application/xml") -> dict[str, str]:
    """Type and digest of a document; older servers refuse some without Content-MD5."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return {"content-type": content_type, "content-md5": base64.b64encode(digest).decode()}


def document(cls: type[T], reply: Reply, root: str) -> T:
    """The document as a `cls`.

    Raises:
        XmlError: another document, or none: the server took the question for another one.
    """
    node = parse(reply.body)
    if node.tag != root:
        raise XmlError(f"<{node.tag[:80]}> where <{root}> should be")
    return read(cls, node)
