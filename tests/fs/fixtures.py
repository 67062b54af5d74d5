"""File systems on the embedded server, each of a tenant of its own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest

from minio_sdk.fs import MinIOFileSystem
from tests.servers import Server

fsspec: Any = import_module("fsspec")

# For a checkout that isn't installed; `test_entry_point` looks whether fsspec finds it by itself.
fsspec.register_implementation("minio", MinIOFileSystem, clobber=True)


@pytest.fixture(scope="module")
def options(seaweedfs: Server) -> dict[str, Any]:
    """The storage options of a fresh tenant."""
    return {
        "base_url": seaweedfs.base_url,
        "tenant_id": f"fs{uuid4().hex[:8]}",
        "access_key": seaweedfs.access_key,
        "secret_key": seaweedfs.secret_key,
    }


@pytest.fixture(scope="module")
def files(options: dict[str, Any]) -> Iterator[MinIOFileSystem]:
    """Its file system, with a bucket `docs`."""
    found: MinIOFileSystem = fsspec.filesystem("minio", **options)
    found.mkdir("docs")
    yield found
    found.clear_instance_cache()
