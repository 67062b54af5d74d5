"""Paths, queries and endpoints, encoded once: the same text is signed and sent.

Rule of this file: a key reaches the wire byte for byte. What S3's signature wants is RFC 3986 with
only the unreserved characters left as they are, and ``/`` between segments:
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

_PLAIN_KEY = re.compile(r"[A-Za-z0-9._~/-]*", re.ASCII).fullmatch


def quote_path(text: str) -> str:
    """Percent-encode all of `text` but unreserved characters and ``/``."""
    return text if _PLAIN_KEY(text) else quote(text, safe="/~")


def quote_value(text: str) -> str:
    """Percent-encode all of `text` but unreserved characters."""
    return quote(text, safe="~")


def query_string(pairs: Iterable[tuple[str, str]]) -> str:
    """The query in the order that signatures want: by encoded name, then by encoded value."""
    encoded = sorted((quote_value(name), quote_value(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def has_dots(path: str) -> bool:
    """Whether an encoded path has a ``.`` or ``..`` between slashes, which a proxy may resolve."""
    return "." in path and any(part in (".", "..") for part in path.replace("%5C", "/").split("/"))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's address, taken apart once.

    Attributes:
        url: scheme, host, port and base path, without a slash at the end.
        scheme: ``"http"`` or ``"https"``.
        host: the bare host name or address.
        port: the port, the scheme's own one included.
        host_header: what the ``Host`` header says.
        path: the base path; empty for nearly all.
        bucket: the bucket whose own host it is; empty for the server's.
    """

    url: str
    scheme: str
    host: str
    port: int
    host_header: str
    path: str
    bucket: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.host_header}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this computer by name or address."""
        return is_loopback(self.host)


@lru_cache(maxsize=256)
def parse_endpoint(url: str) -> Endpoint:
    """Take apart a URL that `Config` has checked."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return Endpoint(
        url=url,
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=port,
        host_header=parts.netloc,
        path=parts.path,
    )


def is_loopback(host: str) -> bool:
    """``localhost`` and what is below it, ``127.0.0.0/8`` and ``::1``; nothing is looked up."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
