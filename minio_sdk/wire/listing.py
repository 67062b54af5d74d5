"""ListObjectsV2 and ListObjectVersions.

Written by hand, since listings are long and a generic reader costs several times as much per key. The
entries of a page nearly always look alike, and are read in columns (`minio_sdk.wire.columns`); what is
beside them, and every page whose entries don't, is read by expat.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from minio_sdk.models.results import ObjectInfo
from minio_sdk.models.secret import FrozenDict
from minio_sdk.wire import columns
from minio_sdk.wire.columns import ENTRIES, Rows, decoded
from minio_sdk.wire.headers import integer, iso_date, unquoted
from minio_sdk.wire.metadata import read_metadata
from minio_sdk.wire.tags import tags_in_query
from minio_sdk.wire.xml import XmlError, refuse_doctype

_ENTRIES = frozenset(ENTRIES)
_HOLDERS = frozenset(("Owner", "UserMetadata"))
_METADATA = re.compile(b"<UserMetadata>(?:(?!</UserMetadata>).)*", re.DOTALL)
_MEMBER = re.compile(b"<([^<>/]+)>([^<]*)</\\1>")
_MEMBERS = "UserMetadata/"
_PLAIN = "in-hex."


@dataclass(frozen=True, slots=True)
class Beside:
    """What entries are to tell beside what they always do.

    Attributes:
        owner: whose an object is.
        metadata: its type, metadata and tags, which MinIO tells.
    """

    owner: bool = False
    metadata: bool = False

    def __bool__(self) -> bool:
        return self.owner or self.metadata


NOTHING = Beside()


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


def read_listing(data: bytes, beside: Beside = NOTHING) -> Page:
    """Read one page.

    Args:
        data: the document.
        beside: what its entries are to tell besides; they don't look alike then, and expat reads them.

    Raises:
        XmlError: not a listing.
    """
    found = None if beside else _cut(data)
    if beside.metadata:
        data = _METADATA.sub(_with_plain_names, data)
    raw: list[_Entry] = []
    if found is None:
        top, raw = _parsed(data)
    else:
        top = found[0]
    # A server that ignores encoding-type=url doesn't say that it encoded, and then nothing is decoded.
    encoded = top.get("EncodingType") == "url"
    return Page(
        objects=(
            [_object(tag, values, encoded, beside) for tag, values in raw]
            if found is None
            else columns.objects(found[1], encoded)
        ),
        truncated=top.get("IsTruncated", "").strip() == "true",
        token=top.get("NextContinuationToken") or None,
        next_key=decoded(top.get("NextKeyMarker", ""), encoded) or None,
        next_version=top.get("NextVersionIdMarker") or None,
        name=top.get("Name") or None,
    )


def _with_plain_names(found: re.Match[bytes]) -> bytes:
    """Metadata with names that XML allows: MinIO makes elements of any, such as ``<X-Amz-Meta-A+b>``."""
    return _MEMBER.sub(lambda member: _in_hex(member[1], member[2]), found[0])


def _in_hex(name: bytes, value: bytes) -> bytes:
    plain = f"{_PLAIN}{name.hex()}".encode()
    return b"<%b>%b</%b>" % (plain, value, plain)


_Entry = tuple[str, dict[str, str]]


def _cut(data: bytes) -> tuple[dict[str, str], list[Rows]] | None:
    """The elements beside the entries, and the entries in columns; None: not without expat."""
    try:
        found = columns.cut(data.decode())
    except UnicodeDecodeError:
        return None
    if found is None:
        return None
    before, behind, rows = found
    # Instead of the entries there is a comment, which shows whether they are where entries count.
    here = before.encode()
    try:
        top, raw = _parsed(b"".join([here, b"<!---->", behind.encode()]), len(here))
    except XmlError:  # which is to be told of the page as it came
        return None
    return None if raw else (top, rows)


def _parsed(data: bytes, at: int | None = None) -> tuple[dict[str, str], list[_Entry]]:
    """The elements beside the entries, and the entries.

    Raises:
        XmlError: not a listing; or there is no comment `at` this byte beside the entries.
    """
    top: dict[str, str] = {}
    entry: dict[str, str] | None = None
    raw: list[_Entry] = []
    text: list[str] = []
    root = ""
    prefixed = False  # some servers put a namespace's prefix before every name
    holder = ""
    depth = 0
    commented = at is None

    def comment(_: str) -> None:
        nonlocal commented
        commented = commented or (depth == 1 and parser.CurrentByteIndex == at)

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal depth, root, prefixed, entry, holder
        depth += 1
        if prefixed:
            tag = tag.rpartition(":")[2]
        if depth == 1:
            root = tag.rpartition(":")[2]
            prefixed = root != tag
        elif depth == 2 and tag in _ENTRIES:
            entry = {}
            raw.append((tag, entry))
        elif depth == 3:
            holder = tag
        text.clear()

    def end(tag: str) -> None:
        nonlocal depth, entry
        if prefixed:
            tag = tag.rpartition(":")[2]
        if depth == 3 and entry is not None:
            entry[tag] = "".join(text)
        elif depth == 4 and entry is not None and holder in _HOLDERS:
            entry[f"{holder}/{tag}"] = "".join(text)
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
    parser.CommentHandler = comment
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError(f"not well-formed XML: {error}") from None
    if root not in ("ListBucketResult", "ListVersionsResult"):
        raise XmlError(f"<{root[:80]}> where a listing should be")
    if not commented:
        raise XmlError("the entries of the listing are not where they belong")
    return top, raw


def _object(tag: str, values: dict[str, Any], encoded: bool, beside: Beside) -> ObjectInfo:
    key = values.get("Prefix" if tag == "CommonPrefixes" else "Key")
    if key is None:
        raise XmlError(f"<{tag}> without a name")
    if encoded:
        key = decoded(key, encoded)
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
        **(_told(values, beside) if beside else {}),
    )


def _told_name(name: str) -> str:
    name = name.removeprefix(_MEMBERS)
    if name.startswith(_PLAIN):
        try:
            name = bytes.fromhex(name.removeprefix(_PLAIN)).decode("latin-1")
        except ValueError:
            raise XmlError(f"<{name[:80]}> is no name of metadata") from None
    return name.lower()


def _told(values: dict[str, str], beside: Beside) -> dict[str, Any]:
    """What an entry tells besides."""
    told: dict[str, Any] = {}
    if beside.owner:
        told["owner_id"] = values.get("Owner/ID") or None
        told["owner_name"] = values.get("Owner/DisplayName") or None
    if beside.metadata and "UserMetadata" in values:
        headers = {
            _told_name(name): value for name, value in values.items() if name.startswith(_MEMBERS)
        }
        told["content_type"] = headers.get("content-type") or None
        told["metadata"] = FrozenDict(read_metadata(headers))
    if beside.metadata and values.get("UserTags"):
        told["tags"] = FrozenDict(tags_in_query(values["UserTags"]))
    return told
