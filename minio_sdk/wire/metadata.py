"""User metadata as headers, both ways.

Values outside printable ASCII travel as RFC 2047 words, the form in which S3 itself returns them:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.wire.headers import META

MAX_METADATA = 2048
"""Bytes of all names and values together, S3's limit."""

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)


def metadata_headers(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Headers for a user's metadata; its names may have ``x-amz-meta-`` in front or not.

    Raises:
        ValidationError: a name that a header can't have, a value that isn't text, or over 2 KiB in all.
    """
    headers: dict[str, str] = {}
    if metadata is None:
        return headers
    if not isinstance(metadata, Mapping):
        raise invalid("metadata", metadata, 'must be a mapping such as {"author": "Ada"}')
    size = 0
    for name, value in metadata.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise invalid("metadata", {name: value}, "names and values must be text")
        short = name.lower().removeprefix(META)
        if not TOKEN.fullmatch(short):
            raise invalid("metadata", name, "a name must be of letters, digits and !#$%&'*+.^_`|~-")
        if META + short in headers:
            raise invalid("metadata", name, "stands there twice (case and x-amz-meta- don't count)")
        size += len(short) + len(value.encode(errors="replace"))
        headers[META + short] = _encoded(value)
    if size > MAX_METADATA:
        raise ValidationError(
            f"metadata: {size} bytes of names and values, and S3 allows {MAX_METADATA}"
        )
    return headers


def carried_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Headers for metadata that a server has told: it has taken them once, whatever our rules are."""
    return {META + name: _encoded(value) for name, value in metadata.items()}


def _encoded(value: str) -> str:
    plain = value.isascii() and value.isprintable() and value == value.strip() and "  " not in value
    if plain and "=?" not in value:
        return value
    try:
        text = base64.b64encode(value.encode()).decode()
    except UnicodeEncodeError:
        raise invalid("metadata", value, "has half of a surrogate pair") from None
    return f"=?UTF-8?B?{text}?="


def read_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """The user's metadata among an answer's headers, names without ``x-amz-meta-``."""
    return {
        name[len(META) :]: _decoded(value)
        for name, value in headers.items()
        if name.startswith(META)
    }


def _decoded(value: str) -> str:
    if "=?" not in value:
        # Some servers send UTF-8 as it is; HTTP libraries read it as Latin-1.
        if value.isascii():
            return value
        try:
            return value.encode("latin-1").decode()
        except UnicodeError:
            return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value
