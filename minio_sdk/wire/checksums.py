"""CRC32 as S3 writes it: of a body, of parts put together, and as an answer tells it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from zlib import crc32 as crc32

from minio_sdk.wire.headers import unquoted

CRC32 = "x-amz-checksum-crc32"
ALGORITHM = "x-amz-checksum-algorithm"
TYPE = "x-amz-checksum-type"
ASK = {"x-amz-checksum-mode": "ENABLED"}

_POLYNOMIAL = 0xEDB88320
_MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII)
_CUSTOMER_KEY = "x-amz-server-side-encryption-customer-algorithm"


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


def crc32_combine(first: int, second: int, size: int) -> int:
    """The CRC32 of two pieces one after the other.

    Args:
        first, second: the CRC32 of each.
        size: bytes of the second.

    What the first contributes is multiplied by x^(8 * size) modulo the polynomial (as zlib does it).
    """
    return _times(_shift(size), first) ^ second if size else first


@lru_cache(maxsize=64)  # all parts but the last are of one size
def _shift(size: int) -> int:
    """x^(8 * size) modulo the polynomial."""
    factor, power, bits = 1 << 31, 1 << 30, size * 8  # x^0, x^1
    while bits:
        if bits & 1:
            factor = _times(power, factor)
        power = _times(power, power)
        bits >>= 1
    return factor


def _times(a: int, b: int) -> int:
    """The product of two polynomials, bits reflected."""
    product = 0
    bit = 1 << 31
    while bit:
        if a & bit:
            product ^= b
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
        bit >>= 1
    return product


def crc32_joined(pieces: list[tuple[int, int]]) -> int:
    """The CRC32 of pieces one after the other, each given as its CRC32 and its size."""
    whole = 0
    for crc, size in pieces:
        whole = crc32_combine(whole, crc, size)
    return whole


def md5_of_object(headers: Mapping[str, str]) -> str | None:
    """The object's MD5, where its ETag is that; the ETags of parts, and of some encryption, are not."""
    etag = unquoted(headers.get("etag")) or ""
    encryption = headers.get("x-amz-server-side-encryption", "AES256")
    if encryption != "AES256" or _CUSTOMER_KEY in headers:
        return None
    return etag if _MD5.fullmatch(etag) else None
