"""Finds a server through Consul's HTTP API.

https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

SERVICE = "minio"
TIMEOUT = 3.0

_log = logging.getLogger("minio_sdk")


def find_service(env: Mapping[str, str], service: str = SERVICE) -> str | None:
    """The URL of a passing instance, one by chance; None when there is none, which is logged.

    Args:
        env: ``CONSUL_HTTP_ADDR``, and where they are set ``CONSUL_HTTP_TOKEN`` and ``CONSUL_HTTP_SSL``.
        service: the service's name.
    """
    import requests

    address = env["CONSUL_HTTP_ADDR"]
    if "://" not in address:
        secure = env.get("CONSUL_HTTP_SSL", "").lower() in ("1", "true")
        address = f"{'https' if secure else 'http'}://{address}"
    url = f"{address.rstrip('/')}/v1/health/service/{quote(service, safe='')}?passing=1"
    token = env.get("CONSUL_HTTP_TOKEN")
    headers = {"X-Consul-Token": token} if token else {}
    try:
        with requests.Session() as session:
            session.trust_env = False
            # No redirects: the token is for this address only.
            answer = session.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            answer.raise_for_status()
            instances = answer.json()
        urls = [found for item in instances if (found := _url(item))]
    except (requests.RequestException, ValueError, AttributeError, TypeError) as error:
        _log.warning("Consul could not be asked for %r: %s", service, type(error).__name__)
        return None
    if not urls:
        _log.warning("Consul knows no passing instance of %r", service)
        return None
    return random.choice(urls)  # noqa: S311 (spreading load is no secret)


def _url(item: Mapping[str, Any]) -> str | None:
    """The address of an instance; one without an address of its own lives on its node's."""
    found = item.get("Service") or {}
    host = found.get("Address") or (item.get("Node") or {}).get("Address")
    port = found.get("Port")
    if not host or not port:
        return None
    marks = {*(found.get("Tags") or ()), (found.get("Meta") or {}).get("scheme")}
    scheme = "https" if marks & {"https", "tls"} else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
