"""ListObjectsV2 and ListObjectVersions.

Written by hand, since listings are long and a generic reader costs several times as much per key. The
``<Contents>`` of a page are nearly always a row of elements that hold nothing but text; those are cut
out by pattern, and what is left, with every page that has anything else, is read by expat.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import re
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
    plain = _plain_contents(data)
    if plain is None:
        top, raw = _parsed(data)
    else:
        top, raw = _parsed(plain[1])
        if raw:  # entries of other kinds, whose place among these is the document's
            top, raw = _parsed(data)
        else:
            raw = plain[0]
    # A server that ignores encoding-type=url doesn't say that it encoded, and then nothing is decoded.
    encoded = top.get("EncodingType") == "url"
    return Page(
        objects=[_object(tag, values, encoded) for tag, values in raw],
        truncated=top.get("IsTruncated", "").strip() == "true",
        token=top.get("NextContinuationToken") or None,
        next_key=_decoded(top.get("NextKeyMarker", ""), encoded) or None,
        next_version=top.get("NextVersionIdMarker") or None,
        name=top.get("Name") or None,
    )


_Entry = tuple[str, dict[str, str]]

_leaves = re.compile("<([A-Za-z]+)>([^<]*)</\\1>").findall
_CONTROLS = bytes(set(range(32)) - set(b"\t\n"))  # XML has no other; "\r" it reads as "\n"
_BEYOND = (b"<!", b"]]>", "\ufffe".encode(), "\uffff".encode())
_reference = re.compile("&([^;]*;?)").sub
_REFERENCES = {"quot;": '"', "#34;": '"', "amp;": "&", "lt;": "<", "gt;": ">", "apos;": "'"}


def _plain_contents(data: bytes) -> tuple[list[_Entry], bytes] | None:
    """The entries of the ``<Contents>``, and the document without them.

    None unless it is sure that expat would read the same: no comments, CDATA or characters that XML
    doesn't have, no references but the usual ones, and every ``<`` in an entry belongs to an element that
    holds text only, or to the one that holds the owner's. None also where there are folders or nothing
    but other entries, such as versions: expat has to read those all the same.
    """
    if b"<Contents>" not in data or b"<CommonPrefixes>" in data:
        return None
    if len(data.translate(None, _CONTROLS)) != len(data) or any(sign in data for sign in _BEYOND):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    head, *pieces = text.split("<Contents>")
    entries: list[_Entry] = []
    rest = [head]
    try:
        for piece in pieces:
            entry, closed, after = piece.partition("</Contents>")
            if not closed:
                return None
            if after:
                rest.append(after)
            found = _leaves(entry)
            if entry.count("<") != 2 * len(found):
                before, opened, owner = entry.partition("<Owner>")
                owner, ended, behind = owner.partition("</Owner>")
                inner = _leaves(owner)
                found = _leaves(before) + _leaves(behind)
                tags = 2 * (len(found) + len(inner) + 1)
                if not (opened and ended) or entry.count("<") != tags:
                    return None
                if any("&" in value for _, value in inner):
                    return None
            values = dict(found)
            if "&" in entry:
                for name, value in found:
                    if "&" in value:
                        value = value.replace("&quot;", '"')
                        values[name] = _reference(_referred, value) if "&" in value else value
            entries.append(("Contents", values))
    except KeyError:
        return None
    # A comment between them, so that no two of them make an element together.
    return entries, "<!---->".join(rest).encode()


def _referred(match: re.Match[str]) -> str:
    return _REFERENCES[match[1]]


def _parsed(data: bytes) -> tuple[dict[str, str], list[_Entry]]:
    """The elements beside the entries, and the entries."""
    top: dict[str, str] = {}
    entry: dict[str, str] | None = None
    raw: list[_Entry] = []
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
    return top, raw


def _decoded(text: str, encoded: bool) -> str:
    if not encoded or not ("%" in text or "+" in text):
        return text
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise XmlError(f"{text[:80]!r} is not UTF-8 in URL encoding") from None


def _object(tag: str, values: dict[str, Any], encoded: bool) -> ObjectInfo:
    key = values.get("Prefix" if tag == "CommonPrefixes" else "Key")
    if key is None:
        raise XmlError(f"<{tag}> without a name")
    if encoded:
        key = _decoded(key, encoded)
    if tag == "CommonPrefixes":
        return ObjectInfo(key=key, is_prefix=True)
    find = values.get
    return ObjectInfo(
        key=key,
        size=integer(find("Size")),
        last_modified=iso_date(find("LastModified")),
        etag=unquoted(find("ETag")),
        storage_class=find("StorageClass") or None,
        version_id=find("VersionId") or None,
        is_latest=values["IsLatest"] == "true" if "IsLatest" in values else None,
        is_delete_marker=tag == "DeleteMarker",
    )
