"""What known servers do with keys that they don't keep as they are, and what they are known to offer.

A key that isn't kept is taken for another one, or for none: seen on real servers by the conformance suite
(tests/conformance/gaps.py). It is never sent, since the server would answer 200.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

_COMPLETE = ("minio", "seaweedfs", "amazons3", "ceph")
"""How the ``Server`` header of those begins that are known to copy objects and to tag them."""


_CHECKSUMS = ("minio", "seaweedfs", "amazons3")
"""How the ``Server`` header of those begins that are known to take checksums."""


_OBEYING = ("minio", "amazons3")
"""How the ``Server`` header of those begins that encrypt as they are told, or refuse."""


_OTHERS = (*_COMPLETE[1:], "werkzeug", "garage", "versitygw")
"""How the ``Server`` header of those begins that are known not to be MinIO."""


def is_minio(server: str | None) -> bool | None:
    """Whether a server is MinIO, by its ``Server`` header; None when that doesn't tell.

    Proxies put a name of their own there.
    """
    name = (server or "").lower()
    if name.startswith("minio"):
        return True
    return False if name.startswith(_OTHERS) else None


def is_aws(server: str | None) -> bool:
    """Whether a server is AWS's, by its ``Server`` header."""
    return (server or "").lower().startswith("amazons3")


def suspicious(key: object) -> bool:
    """Whether any known server might not keep the key; cheap, as every call on an object asks.

    What is no key at all isn't suspicious: the operation will say what is wrong with it.
    """
    return isinstance(key, str) and (
        "//" in key or "\\" in key or key.startswith("/") or key.endswith("/")
    )


CLIMBING_HINT = "another key: this server takes none with '.' or '..' between slashes"


def is_climbing(key: str | None) -> bool:
    """Whether a key has parts that file systems take for folders above; MinIO and SeaweedFS refuse them."""
    return key is not None and any(part in (".", "..") for part in key.split("/"))


def is_complete(server: str | None) -> bool:
    """Whether a server, by its ``Server`` header, is known to copy objects and to tag them.

    One that doesn't would take a copy for an upload of nothing, and tags for the object's new bytes.
    """
    return server is not None and server.lower().startswith(_COMPLETE)


def takes_checksums(server: str | None) -> bool:
    """Whether a server, by its ``Server`` header, is known to take checksums in plain headers."""
    return server is not None and server.lower().startswith(_CHECKSUMS)


def tells_checksums(server: str | None) -> bool:
    """Whether a server, by its ``Server`` header, may tell the checksum of what is read.

    One that isn't known yet is asked: to a server without checksums the question is a header like any other.
    """
    return server is None or takes_checksums(server)


def obeys_encryption(server: str | None) -> bool:
    """Whether a server, by its ``Server`` header, is known never to pass over what asks for encryption."""
    return server is not None and server.lower().startswith(_OBEYING)


def not_kept(server: str, whole: str, empty: bool) -> str | None:
    """Why the server would not keep a key, or None when it does as far as is known.

    Args:
        server: its ``Server`` header.
        whole: the key as the server gets it.
        empty: whether the object has no bytes.
    """
    name = server.lower()
    if name.startswith("seaweedfs"):
        if "\\" in whole or "//" in whole or whole.startswith("/"):
            return "SeaweedFS cleans keys as paths, and would take it for another key"
        if whole.endswith("/") and not empty:
            return "SeaweedFS takes a slash at the end for a folder, and would lose the bytes"
    if name.startswith("minio") and (whole.startswith("/") or "//" in whole):
        return "MinIO has no empty segments in keys, and would take it for another key"
    return None


def sorts_by_folder(server: str | None) -> bool:
    """Whether a server lists ``a/b`` before ``a!``, and takes ``start-after`` in that order.

    SeaweedFS does. Asked for what comes after ``a``, it leaves ``a/b`` out.

    Args:
        server: its ``Server`` header; None when it isn't known yet.
    """
    return (server or "").lower().startswith("seaweedfs")


def is_only_a_folder(key: str, headers: Mapping[str, str]) -> bool:
    """Whether an answer is about a folder that other keys have made, and not about an object.

    SeaweedFS has folders, and answers for them as for empty objects of a key that ends in ``/``. Its listings
    don't show them, and the ETag tells them from such as were stored.

    Args:
        key: what was asked for.
        headers: of the answer.
    """
    if not key.endswith("/") or not sorts_by_folder(headers.get("server")):
        return False
    return headers.get("etag", "").strip('"').endswith("-0")


def key_of_token(server: str | None, token: str) -> str | None:
    """The key that a continuation token names, where the server is known to put one into it.

    Args:
        server: its ``Server`` header; None when it isn't known yet.
        token: as it came.
    """
    name = (server or "").lower()
    if name.startswith("seaweedfs"):
        return token if "/" in token else None
    if is_minio(server):
        try:
            text = base64.b64decode(token, validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        key, mark, _ = text.partition("[minio_cache:")
        return key if mark else None
    return None


def lists_versions(server: str | None) -> bool:
    """Whether a listing of versions has them all.

    SeaweedFS leaves keys out where a page ends in a folder that has neighbours such as ``a!`` beside ``a/``.

    Args:
        server: its ``Server`` header; None when it isn't known yet.
    """
    return not sorts_by_folder(server)


def lacks_setting(server: str | None, section: str) -> str | None:
    """Why a server is known not to have a setting of buckets that it answers questions about, or None.

    Args:
        server: its ``Server`` header; None when it isn't known yet.
        section: such as ``"replication"``.
    """
    if sorts_by_folder(server) and section in ("notification", "replication"):
        return "SeaweedFS doesn't know it"
    return None


def locks_from_the_beginning(server: str | None) -> bool:
    """Whether a server, by its ``Server`` header, gives locks only to buckets that are made with them."""
    return (server or "").lower().startswith(("minio", "seaweedfs", "ceph"))


_KINDS = {
    "minio": "minio", "seaweedfs": "seaweedfs", "amazons3": "aws", "ceph": "ceph", "garage": "garage",
    "versitygw": "versitygw",
}  # fmt: skip


def kind_of(server: str | None) -> str | None:
    """What a server is, by its ``Server`` header; None when that doesn't tell."""
    name = (server or "").lower()
    return next((kind for start, kind in _KINDS.items() if name.startswith(start)), None)


def only_asked(server: str | None, section: str) -> bool:
    """Whether a server answers questions about a setting also where it can't be set.

    MinIO does: it takes no CORS rules, and encryption only where its operator has set up keys.
    """
    return is_minio(server) is True and section in ("cors", "encryption")
