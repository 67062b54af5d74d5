"""The client for tests that pytest-asyncio runs, one fixture for each loop that a test can be on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal, cast

import pytest_asyncio

from minio_sdk import AsyncMinIOClient, Config

Scope = Literal["function", "class", "module", "package", "session"]
SCOPES: tuple[Scope, ...] = ("function", "class", "module", "package", "session")


def _client_on(scope: Scope) -> Any:
    async def client(minio_config: Config) -> AsyncIterator[AsyncMinIOClient]:
        async with AsyncMinIOClient(minio_config) as made:
            yield made

    name = f"_minio_client_on_{scope}_loop"
    return cast("Any", pytest_asyncio.fixture)(client, name=name, loop_scope=scope)


for _scope in SCOPES:
    globals()[f"client_on_{_scope}_loop"] = _client_on(_scope)
