"""The facades: `MinIOClient`, and `AsyncMinIOClient` with the same methods.

`aio/` is written by hand, one file for each part of the API; `sync/` is made from it by
`scripts/make_sync.py`. Each is loaded when it is asked for, since few programs need both.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minio_sdk.client.aio.client import AsyncMinIOClient
    from minio_sdk.client.sync.client import MinIOClient

__all__ = ["AsyncMinIOClient", "MinIOClient", "create_client"]

_HOMES = {
    "AsyncMinIOClient": "minio_sdk.client.aio.client",
    "MinIOClient": "minio_sdk.client.sync.client",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def create_client(base_url: str, tenant_id: str | None, **fields: Any) -> MinIOClient:
    """A blocking client in one line.

    Args:
        base_url: the server, such as ``"http://localhost:9000"``.
        tenant_id: the tenant; None for no tenancy.
        **fields: any other field of `Config`.

    Raises:
        ConfigurationError: a setting is not right.

    Example:
        >>> client = create_client("http://localhost:9000", "acme", timeout=60)
    """
    from minio_sdk.client.sync.client import MinIOClient

    return MinIOClient(base_url=base_url, tenant_id=tenant_id, **fields)
