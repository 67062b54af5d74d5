"""What a request may name, worked out anew: nothing here asks the library where a tenant's names lie.

The tenant is always `acme`, whose slug is its id. A request is looked at as it goes out: decoded, with its
document parsed, and with its path tidied as a proxy on the way might do it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit
from xml.etree import ElementTree

SLUG = "acme"
SHARED = "tenants"
HOST = "127.0.0.1:9"

_BUCKET = re.compile(r"acme-(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|-snapshots)")
_ENCODED = re.compile(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*")
_SETTINGS = {
    "policy", "lifecycle", "cors", "tagging", "versioning", "object-lock", "encryption", "acl", "replication",
    "notification",
}  # fmt: skip
_OF_OBJECTS = {"retention", "legal-hold", "acl", "attributes", "restore", "select", "select-type"}
_KEYS = {"prefix", "start-after", "marker", "key-marker", "continuation-token"}
_OPAQUE = {"versionId", "uploadId", "version-id-marker", "upload-id-marker"}
_PLAIN = {
    "list-type", "encoding-type", "delimiter", "max-keys", "versions", "uploads", "partNumber", "delete",
    "part-number-marker", "events", "ping", "suffix",
}  # fmt: skip
_HEADERS = {
    "host", "user-agent", "accept-encoding", "authorization", "x-tenant-id", "x-amz-date", "range",
    "x-amz-content-sha256", "x-amz-copy-source", "x-amz-copy-source-range", "x-amz-copy-source-if-match",
    "x-amz-metadata-directive", "x-amz-tagging-directive", "x-amz-tagging", "x-amz-storage-class",
    "x-amz-bucket-object-lock-enabled", "x-amz-checksum-mode", "x-amz-checksum-crc32",
    "x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-type", "content-type",
    "content-encoding", "content-disposition", "content-language", "cache-control", "expires", "content-md5",
    "x-amz-object-attributes", "x-amz-part-number-marker",
    "x-amz-bypass-governance-retention", "x-amz-object-lock-mode", "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-retain-until-date",
    "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha1", "x-amz-checksum-sha256",
    "x-amz-write-offset-bytes",
    "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "content-length",
}  # fmt: skip


OF_ITS_OBJECT = ("versionId", "partNumber", "uploadId")
"""Parameters of a presigned URL that choose among what is the key's own."""


def check_request(
    tenancy: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Make sure that a request names nothing outside of acme's own area.

    Raises:
        AssertionError: it does, or it has a part that this oracle doesn't know.
    """
    pairs = list(_pairs(query))
    _check_headers(tenancy, headers)
    bucket, key = _names(path)
    if not bucket:
        assert (method, key) == ("GET", ""), path
        for name, value in pairs:
            assert (name, value) == ("prefix", "acme-") or name == "continuation-token", query
        return
    if bucket == "minio" and key.startswith("admin/v3/"):
        assert not pairs
        return
    _check_place(tenancy, bucket, key)
    names = {name for name, _ in pairs}
    if tenancy == "prefix" and not key:
        asks_versioning = (method, names) == ("GET", {"versioning"})  # of which all must know
        assert asks_versioning or not names & _SETTINGS, f"set for all: {method} {query}"
        assert method in ("GET", "HEAD", "POST") or (method == "PUT" and not names), method
        assert (
            method != "GET"
            or asks_versioning
            or ("prefix" in names and names & {"list-type", "versions", "uploads", "events"})
        )
        assert method != "POST" or names == {"delete"}
    for name, value in pairs:
        if name in _KEYS:
            assert tenancy == "bucket" or value.startswith("acme/"), f"{name}={value!r}"
        else:
            known = _OPAQUE | _PLAIN | _SETTINGS | (_OF_OBJECTS if key else set())
            assert name in known or name.startswith("response-"), name
    if not _inside(tenancy, _tidied(path)):
        assert "authorization" in headers, (
            "a proxy could lead this elsewhere, and no signature breaks"
        )
    if "delete" in names:
        _check_deletes(tenancy, body)
    if "replication" in names and method == "PUT":
        _check_replication(body)
    if "policy" in names and method == "PUT":
        check_policy(json.loads(body))


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        assert equals, query
        for text in (name, value):
            assert quote(unquote_to_bytes(text), safe="~") == text, f"not encoded: {query!r}"
        yield unquote(name, errors="strict"), unquote(value, errors="strict")


def _names(path: str) -> tuple[str, str]:
    assert path.startswith("/"), path
    assert _ENCODED.fullmatch(path), f"not encoded: {path!r}"
    bucket, _, key = path[1:].partition("/")
    assert "%" not in bucket, path
    return bucket, unquote(key, errors="strict")


def _check_place(tenancy: str, bucket: str, key: str) -> None:
    if tenancy == "bucket":
        assert _BUCKET.fullmatch(bucket), f"another's bucket: {bucket!r}"
        assert len(bucket) <= 63
    else:
        assert bucket == SHARED, f"another bucket: {bucket!r}"
        assert not key or re.match(
            r"acme/(?:[a-z0-9]|\.(?:buckets|bucket-tags|snapshots)/)", key
        ), key


def _tidied(path: str) -> str:
    """A path as a proxy may make it: decoded, backslashes turned, dots resolved, slashes folded."""
    parts: list[str] = []
    for part in re.split(r"[/\\]+", unquote(path)):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _inside(tenancy: str, tidied: str) -> bool:
    bucket, _, key = tidied.partition("/")
    if tenancy == "bucket":
        return _BUCKET.fullmatch(bucket) is not None
    return bucket == SHARED and (not key or key.startswith("acme/"))


def _check_headers(tenancy: str, headers: Mapping[str, str]) -> None:
    assert headers["x-tenant-id"] == SLUG
    assert headers["host"] == HOST
    for name, value in headers.items():
        assert name == name.lower()
        assert name in _HEADERS or name.startswith("x-amz-meta-"), f"unknown header {name}"
        assert not re.search(r"[\r\n\0]", f"{name}{value!s}"), f"{name}: {value!r}"
    source = headers.get("x-amz-copy-source")
    if source is not None:
        path, _, version = source.partition("?")
        assert not version or re.fullmatch(r"versionId=(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", version)
        bucket, key = _names(f"/{path}")
        assert key
        _check_place(tenancy, bucket, key)


def _check_deletes(tenancy: str, body: bytes) -> None:
    """Keys in a document are resolved by some servers, and no signature speaks of what they become."""
    found = [node.text or "" for node in ElementTree.fromstring(body).iter() if _is(node, "Key")]
    assert found
    for key in found:
        assert tenancy == "bucket" or re.match(r"acme/[a-z0-9.]", key), key
        assert not {".", ".."} & set(re.split(r"[/\\]", key)), key


def _check_replication(body: bytes) -> None:
    """A rule copies to a bucket of acme's, and no role is a bucket."""
    nodes = list(ElementTree.fromstring(body).iter())
    found = [node.text or "" for node in nodes if _is(node, "Bucket")]
    assert found
    for arn in found:
        assert re.fullmatch(
            r"arn:aws:s3:::acme-[a-z0-9.-]+|arn:minio:replication:[^:/]*:[^:/]+:acme-[a-z0-9.-]+",
            arn,
        ), arn
    for role in (node.text or "" for node in nodes if _is(node, "Role")):
        assert re.fullmatch(r"arn:aws:iam::\d{12}:role/[^:]+", role), role


def _is(node: ElementTree.Element, tag: str) -> bool:
    return node.tag.rpartition("}")[2] == tag


def check_policy(document: Mapping[str, Any]) -> None:
    """Make sure that all that a policy speaks of is in the bucket docs of acme, or in one that is tried."""
    for statement in document["Statement"]:
        for name in ("Resource", "NotResource"):
            for text in _texts(statement.get(name, [])):
                assert re.match(r"arn:aws:s3:::acme-(?:docs|probe-[0-9a-f]{12})(?:/|\Z)", text), (
                    text
                )
        for text in _texts(statement.get("Condition", {})):
            if re.match(r"arn:[^:]*:(?:s3|[^:]*[*?])[^:]*:", text, re.IGNORECASE):
                assert re.match(r"arn:aws:s3:::acme-(?:docs|probe-[0-9a-f]{12})(?:/|\Z)", text), (
                    text
                )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def check_url(tenancy: str, url: str) -> None:
    """Make sure that a URL which was signed ahead is good for acme's own area alone."""
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("http", HOST, "")
    bucket, key = _names(parts.path)
    assert key
    _check_place(tenancy, bucket, key)
    pairs = dict(_pairs(parts.query))
    assert pairs.pop("X-Amz-Signature")
    signed = pairs["X-Amz-SignedHeaders"].split(";")
    assert not {"x-tenant-id", "x-amz-copy-source"} & set(signed)
    for name in pairs:
        assert name.startswith(("X-Amz-", "response-")) or name in OF_ITS_OBJECT, name


def check_form(tenancy: str, url: str, fields: Mapping[str, str]) -> None:
    """Make sure that a form can upload into acme's own area alone."""
    bucket, key = _names(urlsplit(url).path)
    assert not key
    assert fields.get("bucket", bucket) == bucket
    _check_place(tenancy, bucket, fields["key"])
    conditions: list[Any] = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    assert {"bucket": bucket} in conditions
    exact = [c["key"] for c in conditions if isinstance(c, dict) and "key" in c]
    begins = [c[2] for c in conditions if isinstance(c, list) and c[:2] == ["starts-with", "$key"]]
    assert len(exact + begins) == 1
    for text in exact + begins:
        assert tenancy == "bucket" or re.match(r"acme/[a-z0-9][a-z0-9.-]*/", text), text
        assert fields["key"].startswith(text)
