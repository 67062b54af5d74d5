"""Keys that a known server does not keep as they are: it stores the bytes under another key, or nowhere.

Seen on real servers by the conformance suite (tests/conformance/gaps.py). Such a key is refused before it
is sent, since the server would answer 200.
"""

from __future__ import annotations


def suspicious(key: str) -> bool:
    """Whether any known server might not keep the key; cheap, as every upload asks."""
    return key[0] == "/" or key[-1] == "/" or "//" in key or "\\" in key


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
            return "SeaweedFS cleans keys as paths, and would store it under another key"
        if whole.endswith("/") and not empty:
            return "SeaweedFS takes a slash at the end for a folder, and would lose the bytes"
    if name.startswith("minio") and whole.startswith("/"):
        return "MinIO drops slashes at the beginning, and would store it under another key"
    return None
