"""How the async client runs flows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from minio_sdk.client.base import BaseClient
from minio_sdk.client.workers import Away, elsewhere
from minio_sdk.config import Config
from minio_sdk.errors import NotSupportedError
from minio_sdk.protocols import Transport

T = TypeVar("T")


class AsyncBase(BaseClient):
    """Flows are awaited as they are."""

    def _new_transport(self, config: Config, connections: Any) -> Transport:
        try:
            if len(config.endpoints) > 1 or config.hedge is not None:
                from minio_sdk.transport.routed_async import RoutedAsync

                return RoutedAsync(config, self._clock, connections)
            from minio_sdk.transport.http_aiohttp import AiohttpTransport
        except ModuleNotFoundError as error:
            if error.name not in ("aiohappyeyeballs", "aiohttp", "yarl"):
                raise
            raise NotSupportedError(
                "AsyncMinIOClient needs aiohttp, which is not installed",
                hint='pip install "minio-enterprise-sdk[async]"',
            ) from None
        return AiohttpTransport(config, self._clock, connections)

    @staticmethod
    def _run(flow: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        return flow

    @staticmethod
    def _iterate(flow: AsyncIterator[T]) -> AsyncIterator[T]:
        return flow

    @staticmethod
    async def _each(flow: AsyncGenerator[list[T], None]) -> AsyncIterator[T]:
        async with aclosing(flow) as batches:
            async for batch in batches:
                for item in batch:
                    yield item

    def _elsewhere(self, executor: object) -> Away | None:
        return elsewhere(executor, self.config, None)
