"""Which proxy stands between this computer and a server."""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass

from minio_sdk.config import Config
from minio_sdk.errors import ValidationError
from minio_sdk.wire.message import Request
from minio_sdk.wire.url import Endpoint


def find_proxy(config: Config, endpoint: Endpoint) -> str | None:
    """The proxy's URL, or None.

    What `Config.proxies` says; else the environment (``HTTPS_PROXY``, ``NO_PROXY`` ...), which is never
    asked for a loopback server: a proxy elsewhere can't reach it.
    """
    proxies = config.proxies
    if proxies is None:
        if endpoint.is_loopback or proxy_bypass(endpoint.host):
            return None
        proxies = getproxies()
    return (
        proxies.get(f"{endpoint.scheme}://{endpoint.host}")
        or proxies.get(endpoint.scheme)
        or proxies.get("all")
        or None
    )


def check_unchanged_by(proxy: str | None, endpoint: Endpoint, request: Request) -> None:
    """Refuse what a proxy would change on its way: over plain HTTP it reads the URL and may tidy it.

    Raises:
        ValidationError: a ``.`` or ``..`` between slashes, which a proxy may resolve: the request would
            then be for another object, maybe another tenant's.
    """
    if proxy is None or endpoint.scheme == "https":
        return
    if any(part in (".", "..") for part in request.path.split("/")):
        raise ValidationError(
            "key: has a '.' or '..' between slashes, which an HTTP proxy may resolve",
            hint="https://, or proxies={} for a direct connection",
        )
