"""Checksums as S3 writes them in headers and documents, and as an answer tells them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping

from minio_sdk.models.object_encryption import SERVER
from minio_sdk.wire.encryption import CUSTOMER_ALGORITHM
from minio_sdk.wire.headers import unquoted

CRC32 = "x-amz-checksum-crc32"
ALGORITHM = "x-amz-checksum-algorithm"
TYPE = "x-amz-checksum-type"
ASK = {"x-amz-checksum-mode": "ENABLED"}

_MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII)


def crc32_text(crc: int) -> str:
    """A CRC32 as it stands in headers and documents."""
    return b64encode(crc.to_bytes(4, "big")).decode()


def crc32_in(text: str | None) -> int | None:
    """The CRC32 that a text holds; None for anything else, such as that of parts (``AAAAAA==-2``)."""
    try:
        data = b64decode(text or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return int.from_bytes(data, "big") if len(data) == 4 else None


def crc32_of_object(headers: Mapping[str, str]) -> int | None:
    """The CRC32 of a whole object, as an answer to GET or HEAD tells it, else None."""
    kind = headers.get(TYPE)
    if kind is None and "-" in headers.get("etag", ""):
        return None  # of an object in parts it may be that of the parts' checksums
    if kind not in (None, "FULL_OBJECT"):
        return None
    return crc32_in(headers.get(CRC32))


def md5_of_object(headers: Mapping[str, str]) -> str | None:
    """The object's MD5, where its ETag is that; the ETags of parts, and of some encryption, are not."""
    etag = unquoted(headers.get("etag")) or ""
    encryption = headers.get(SERVER, "AES256")
    if encryption != "AES256" or CUSTOMER_ALGORITHM in headers:
        return None
    return etag if _MD5.fullmatch(etag) else None
