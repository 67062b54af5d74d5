"""The facades: `MinIOClient`, and `AsyncMinIOClient` with the same methods.

`aio/` is written by hand, one file for each part of the API; `sync/` is made from it by
`scripts/make_sync.py`.
"""

from __future__ import annotations

from typing import Any

from minio_sdk.client.aio.client import AsyncMinIOClient
from minio_sdk.client.sync.client import MinIOClient

__all__ = ["AsyncMinIOClient", "MinIOClient", "create_client"]


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
    return MinIOClient(base_url=base_url, tenant_id=tenant_id, **fields)
