"""ListObjectsV2 and ListObjectVersions, read in one pass.

Written by hand, since listings are long and a generic reader costs several times as much per key:
the handlers below touch only the elements that a listing has.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus
from xml.parsers import expat

from minio_sdk.models.results import ObjectInfo
from minio_sdk.wire.headers import integer, iso_date, unquoted
from minio_sdk.wire.xml import XmlError, refuse_doctype

_ENTRIES = frozenset({"Contents", "Version", "DeleteMarker", "CommonPrefixes"})


@dataclass(slots=True)
class Page:
    """One page of a listing, with the names as the server wrote them.

    Attributes:
        objects: keys, versions, markers and folders, in the order of the document.
        truncated: whether there is more.
        token: where the next page begins: ListObjectsV2's continuation token.
        next_key, next_version: where the next page of a listing of versions begins.
        name: the bucket that it is about; None where the server doesn't tell.
    """

    objects: list[ObjectInfo] = field(default_factory=list)
    truncated: bool = False
    token: str | None = None
    next_key: str | None = None
    next_version: str | None = None
    name: str | None = field(default=None, compare=False)


def read_listing(data: bytes) -> Page:
    """Read one page.

    Raises:
        XmlError: not a listing.
    """
    page = Page()
    top: dict[str, str] = {}
    entry: dict[str, str] | None = None
    raw: list[tuple[str, dict[str, str]]] = []
    text: list[str] = []
    root = ""
    prefixed = False  # some servers put a namespace's prefix before every name
    depth = 0

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal depth, root, prefixed, entry
        depth += 1
        if prefixed:
            tag = tag.rpartition(":")[2]
        if depth == 1:
            root = tag.rpartition(":")[2]
            prefixed = root != tag
        elif depth == 2 and tag in _ENTRIES:
            entry = {}
            raw.append((tag, entry))
        text.clear()

    def end(tag: str) -> None:
        nonlocal depth, entry
        if prefixed:
            tag = tag.rpartition(":")[2]
        if depth == 3 and entry is not None:
            entry[tag] = "".join(text)
        elif depth == 2:
            entry = None
            if tag not in _ENTRIES:
                top[tag] = "".join(text)
        depth -= 1
        text.clear()

    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    refuse_doctype(parser)
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError(f"not well-formed XML: {error}") from None
    if root not in ("ListBucketResult", "ListVersionsResult"):
        raise XmlError(f"<{root[:80]}> where a listing should be")
    # A server that ignores encoding-type=url doesn't say that it encoded, and then nothing is decoded.
    encoded = top.get("EncodingType") == "url"
    page.objects = [_object(tag, values, encoded) for tag, values in raw]
    page.truncated = top.get("IsTruncated", "").strip() == "true"
    page.token = top.get("NextContinuationToken") or None
    page.next_key = _decoded(top.get("NextKeyMarker", ""), encoded) or None
    page.next_version = top.get("NextVersionIdMarker") or None
    page.name = top.get("Name") or None
    return page


def _decoded(text: str, encoded: bool) -> str:
    if not encoded or not ("%" in text or "+" in text):
        return text
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise XmlError(f"{text[:80]!r} is not UTF-8 in URL encoding") from None


def _object(tag: str, values: dict[str, Any], encoded: bool) -> ObjectInfo:
    is_prefix = tag == "CommonPrefixes"
    key = values.get("Prefix" if is_prefix else "Key")
    if key is None:
        raise XmlError(f"<{tag}> without a name")
    key = _decoded(key, encoded)
    if is_prefix:
        return ObjectInfo(key=key, is_prefix=True)
    return ObjectInfo(
        key=key,
        size=integer(values.get("Size")),
        last_modified=iso_date(values.get("LastModified")),
        etag=unquoted(values.get("ETag")),
        storage_class=values.get("StorageClass") or None,
        version_id=values.get("VersionId") or None,
        is_latest=values["IsLatest"] == "true" if "IsLatest" in values else None,
        is_delete_marker=tag == "DeleteMarker",
    )
