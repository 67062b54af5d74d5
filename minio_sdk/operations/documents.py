"""Sub-resources that are documents: what their operations have in common."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import NotSupportedError, invalid
from minio_sdk.models.names import check_version_id
from minio_sdk.operation import Operation, T
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import Node, XmlError, parse, read, write

_LISTINGS = ("ListBucketResult", "ListVersionsResult", "ListAllMyBucketsResult")


@dataclass(frozen=True, slots=True)
class GetDocument(Operation[T]):
    """The question for a document of a bucket.

    Attributes:
        sub_resource: what it is called in URLs.
    """

    sub_resource: ClassVar[str]

    def request(self) -> Request:
        """GET the document."""
        return Request("GET", self.place.path, f"{self.sub_resource}=")


@dataclass(frozen=True, slots=True)
class ChangeDocument(Operation[None]):
    """A change of a document of a bucket; servers answer nothing."""

    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class DeleteDocument(ChangeDocument):
    """The removal of a document of a bucket.

    Attributes:
        sub_resource: what it is called in URLs.
    """

    sub_resource: ClassVar[str]

    def request(self) -> Request:
        """DELETE the document."""
        return Request("DELETE", self.place.path, f"{self.sub_resource}=")


def put_document(path: str, query: str, model: Any, root: str) -> Request:
    """PUT `model` as a document called `root`.

    Raises:
        ValidationError: it has a character that XML can't carry.
    """
    try:
        body = write(model, root)
    except XmlError as error:
        raise invalid(root, "...", str(error)) from None
    return Request("PUT", path, query, document_headers(body), body)


def document_headers(body: bytes, content_type: str = "application/xml") -> dict[str, str]:
    """Type and digest of a document; older servers refuse some without Content-MD5."""
    return {"content-type": content_type, "content-md5": md5_text(body)}


def md5_text(body: bytes | bytearray | memoryview) -> str:
    """The digest of a body as Content-MD5 has it."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def document(cls: type[T], reply: Reply, *roots: str) -> T:
    """The document, as `root_of` takes it, as a `cls`."""
    return read(cls, root_of(reply, *roots))


def root_of(reply: Reply, *roots: str) -> Node:
    """The document as it came.

    Args:
        reply: the answer.
        roots: what the document may be called.

    Raises:
        NotSupportedError: a listing: the server passed over the sub-resource in the question.
        XmlError: another document, or none: the server took the question for another one.
    """
    node = parse(reply.body)
    if node.tag in _LISTINGS:
        raise passed_over(reply)
    if node.tag not in roots:
        raise XmlError(f"<{node.tag[:80]}> where <{roots[0]}> should be")
    return node


def check_conditions(rules: Node, known: Container[str]) -> None:
    """Refuse a condition that would be lost on the way: without it a rule is for more objects.

    Args:
        rules: a document of rules with a ``<Filter>``.
        known: the elements that are read in one.

    Raises:
        NotSupportedError: there is another one.
    """
    for rule in rules.children:
        found = rule.find("Filter") or Node("Filter")
        inner = found.find("And") or Node("And")
        for node in (*found.children, *inner.children):
            if node.tag not in known:
                raise NotSupportedError(
                    f"a rule has a condition that this SDK doesn't know: <{node.tag[:80]}>",
                    hint="change the rules with the program that set them",
                )


def versioned_query(name: str, version_id: str | None) -> str:
    """The query of a sub-resource of an object, or of one version of it."""
    pairs = [(name, "")]
    if version_id is not None:
        pairs.append(("versionId", check_version_id(version_id)))
    return query_string(pairs)


def of_object(cls: type[T], reply: Reply, what: str, *roots: str) -> T:
    """A document of an object as a `cls`.

    Args:
        cls: what it is read as.
        reply: the answer.
        what: what it is about, for the error.
        roots: what the document may be called.

    Raises:
        NotSupportedError: what came is no such document, as from a server that passes the question over and
            sends the object itself.
    """
    try:
        return document(cls, reply, *roots)
    except XmlError as error:
        raise NotSupportedError(
            f"the server doesn't know {what}: what it answered is not <{roots[0]}> ({error})",
            status=reply.status,
            attempts=reply.attempts,
        ) from None


def is_listing(reply: Reply) -> bool:
    """Whether the answer is a listing of a bucket."""
    try:
        return parse(reply.body).tag in _LISTINGS
    except XmlError:
        return False


def passed_over(reply: Reply) -> NotSupportedError:
    """The error for a server that listed the bucket when it was asked for a sub-resource of it."""
    return NotSupportedError(
        "the server doesn't know this question, and listed the bucket instead",
        status=reply.status,
        attempts=reply.attempts,
    )
