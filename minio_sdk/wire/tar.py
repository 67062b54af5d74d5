"""Tar archives (POSIX pax) as MinIO unpacks them, and the keys that come out of one as they went in.

https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_01
"""

from __future__ import annotations

from collections.abc import Mapping

BLOCK = 512
END = bytes(2 * BLOCK)

_SEGMENT = 255
_USTAR = b"ustar\x0000"
_FILE, _PAX = b"0", b"x"


def keeps_key(key: str) -> bool:
    """Whether an entry of this name is unpacked under just this name.

    MinIO cleans names as paths: ``a//b``, ``/a`` and ``a/../b`` come out as others, the last one as a key
    that may be another tenant's. A slash at the end makes a folder, a backslash is one on Windows, and
    a segment that no file system takes fails the whole archive.
    """
    if "\0" in key or "\\" in key:
        return False
    segments = key.split("/")
    return not any(
        segment in ("", ".", "..") or len(segment.encode()) > _SEGMENT for segment in segments
    )


def entry_head(name: str, size: int, records: Mapping[str, str]) -> bytes:
    """What stands before the bytes of an entry: its name, and `records`, in a pax header; its size.

    The time is 1970, which MinIO takes for none and writes its own: with ours, an object might be
    older than the version that it replaces, and so never be seen.
    """
    told = b"".join(_record(key, value) for key, value in {"path": name, **records}.items())
    # The name in the old header is for those who don't read pax; no tenant's key is like it.
    return _header(_PAX, len(told)) + padded(told) + _header(_FILE, size)


def padding(size: int) -> bytes:
    """What stands behind so many bytes, up to the end of their last block."""
    return bytes(-size % BLOCK)


def padded(data: bytes) -> bytes:
    """Bytes, up to the end of their last block."""
    return data + padding(len(data))


def _record(key: str, value: str) -> bytes:
    """``"%d %s=%s\\n"``, where the number is the length of it all, its own digits included."""
    rest = f" {key}={value}\n".encode()
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _header(kind: bytes, size: int) -> bytes:
    fields = (
        b"minio-sdk".ljust(100, b"\0"),
        b"0000644\0",  # mode
        b"0000000\0" * 2,  # owner and group
        b"%011o\0" % size,
        b"%011o\0" % 0,  # time
        b" " * 8,  # the sum is made with blanks in its place
        kind,
        bytes(100),
        _USTAR,
    )
    block = padded(b"".join(fields))
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]
