"""Which proxy stands between this computer and a server."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib.request import getproxies, proxy_bypass

from minio_sdk.config import Config
from minio_sdk.errors import ValidationError
from minio_sdk.wire.message import Request
from minio_sdk.wire.url import Endpoint, has_dots


def find_proxy(config: Config, endpoint: Endpoint) -> str | None:
    """The proxy's URL, or None.

    What `Config.proxies` says; else the environment (``HTTPS_PROXY``, ``NO_PROXY`` ...), which is never
    asked for a loopback server: a proxy elsewhere can't reach it.
    """
    proxies = config.proxies
    if proxies is None:
        if endpoint.is_loopback or _bypassed(endpoint):
            return None
        proxies = getproxies()
    proxy = (
        proxies.get(f"{endpoint.scheme}://{endpoint.host}")
        or proxies.get(endpoint.scheme)
        or proxies.get("all")
        or None
    )
    # The environment may leave the scheme out, as curl allows.
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _bypassed(endpoint: Endpoint) -> bool:
    """Whether ``NO_PROXY`` names the server: by name, by domain, by address, with a port or without."""
    if proxy_bypass(endpoint.host) or proxy_bypass(f"{endpoint.host}:{endpoint.port}"):
        return True
    try:
        address = ip_address(endpoint.host)
    except ValueError:
        return False
    for entry in getproxies().get("no", "").split(","):
        try:
            if address in ip_network(entry.strip(), strict=False):
                return True
        except ValueError:  # a name, which was looked at already
            continue
    return False


def is_socks(proxy: str | None) -> bool:
    """Whether the proxy passes bytes on and reads none of them."""
    return proxy is not None and proxy.lower().startswith("socks")


def reads_urls(proxy: str | None, endpoint: Endpoint) -> bool:
    """Whether the proxy gets the request itself, and with it the whole URL."""
    return proxy is not None and endpoint.scheme == "http" and not is_socks(proxy)


def check_unchanged_by(proxy: str | None, endpoint: Endpoint, request: Request) -> None:
    """Refuse what a proxy would change on its way: over plain HTTP it reads the URL and may tidy it.

    Raises:
        ValidationError: a ``.`` or ``..`` between slashes, which a proxy may resolve: the request would
            then be for another object, maybe another tenant's.
    """
    if not reads_urls(proxy, endpoint):
        return
    if has_dots(request.path):
        raise ValidationError(
            "key: has a '.' or '..' between slashes, which an HTTP proxy may resolve",
            hint="https://, or proxies={} for a direct connection",
        )
