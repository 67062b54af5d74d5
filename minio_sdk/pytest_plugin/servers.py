"""The server of a test run, and how a test's tenant leaves it."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    Config,
    LocalServer,
    MinIOClient,
    MinIOError,
    NotFoundError,
)
from minio_sdk.tenancy import slug_of

_KEYS = {
    "access_key": "PYTEST_MINIO_ACCESS_KEY",
    "secret_key": "PYTEST_MINIO_SECRET_KEY",
    "session_token": "PYTEST_MINIO_SESSION_TOKEN",
}


class Server:
    """A server that tests talk to.

    Args:
        base_url: where it is.
        fields: what else of `Config` every client of it has, such as its keys.
        external: whether it was there before the tests, and stays after them.

    Attributes:
        base_url: where it is, such as ``"http://127.0.0.1:12345"``.
        external: whether it was there before the tests, and stays after them.
    """

    def __init__(self, base_url: str, fields: Mapping[str, Any], *, external: bool) -> None:
        self.base_url = base_url
        self.external = external
        self._fields = dict(fields)

    def config(self, tenant_id: str | None, **fields: Any) -> Config:
        """The settings of a client of this server.

        Args:
            tenant_id: on whose behalf, see `Config`; None for no tenancy.
            **fields: other fields of `Config`.
        """
        if {"access_key", "credentials"} & fields.keys():
            return Config(self.base_url, tenant_id, **fields)
        return Config(self.base_url, tenant_id, **{**self._fields, **fields})

    def client(self, tenant_id: str | None, **fields: Any) -> MinIOClient:
        """A blocking client of this server; arguments as for `config`."""
        return MinIOClient(self.config(tenant_id, **fields))

    def async_client(self, tenant_id: str | None, **fields: Any) -> AsyncMinIOClient:
        """A client for asyncio of this server; arguments as for `config`."""
        return AsyncMinIOClient(self.config(tenant_id, **fields))

    def __repr__(self) -> str:
        return f"<Server {self.base_url}{' external' if self.external else ''}>"


@contextlib.contextmanager
def serving(url: str) -> Iterator[Server]:
    """The server at `url`, or an embedded one where that is empty."""
    if url:
        keys = {field: os.environ[name] for field, name in _KEYS.items() if name in os.environ}
        yield _external(url, keys)
        return
    try:
        local = LocalServer().start()
    except MinIOError as error:
        pytest.fail(str(error), pytrace=False)
    try:
        keys = {"access_key": local.access_key, "secret_key": local.secret_key}
        yield Server(local.base_url, keys, external=False)
    finally:
        local.stop()


def _external(url: str, keys: dict[str, str]) -> Server:
    try:
        server = Server(url, keys, external=True)
        with server.client(None, max_retries=0) as client:
            health = client.health_check()
    except MinIOError as error:
        pytest.fail(f"minio_url: {error}", pytrace=False)
    if not health:
        pytest.fail(f"minio_url: the server at {url} is {health.status}", pytrace=False)
    return server


def clean(server: Server, tenant: str | None, tenancy: str) -> None:
    """Remove what a tenant has on the server.

    Args:
        server: where.
        tenant: whose; None removes every bucket.
        tenancy: ``"bucket"``, ``"prefix"`` or ``"none"``.
    """
    try:
        if tenant is not None and tenancy == "prefix":
            _clean_prefix(server, tenant)
        else:
            _clean_buckets(server, tenant)
    except MinIOError as error:
        # Such as an object under a lock. An embedded server takes it along at its end.
        if server.external:
            what = f"tenant {tenant!r} could not be removed from {server.base_url}: {error}"
            warnings.warn(pytest.PytestWarning(what), stacklevel=1)


def _clean_buckets(server: Server, tenant: str | None) -> None:
    with server.client(tenant) as client:
        buckets = client.list_buckets()
        for bucket in buckets:
            client.delete_bucket(bucket.name, force=True)
        if buckets and tenant is not None:
            with contextlib.suppress(NotFoundError):
                # Snapshots lie where no tenant's bucket can.
                everybody = client.with_(tenant_id=None)
                everybody.delete_bucket(f"{slug_of(tenant)}--snapshots", force=True)


def _clean_prefix(server: Server, tenant: str) -> None:
    with server.client(None) as client:
        shared = client.config.shared_bucket
        with contextlib.suppress(NotFoundError):
            found = client.list_objects(shared, f"{slug_of(tenant)}/")
            if found:
                client.delete_objects(shared, [item.key for item in found])
