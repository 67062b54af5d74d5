"""How the blocking client runs flows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any, TypeVar

from minio_sdk.blocking import iterate, run
from minio_sdk.client.base import BaseClient
from minio_sdk.client.workers import Away, elsewhere
from minio_sdk.config import Config
from minio_sdk.protocols import Transport

T = TypeVar("T")


class Base(BaseClient):
    """Flows are run to their end, without an event loop."""

    def _new_transport(self, config: Config, connections: Any) -> Transport:
        if len(config.endpoints) > 1 or config.hedge is not None:
            from minio_sdk.transport.routed import Routed

            return Routed(config, self._clock, connections)
        from minio_sdk.transport.http_requests import RequestsTransport

        return RequestsTransport(config, self._clock, connections)

    _run = staticmethod(run)
    _iterate = staticmethod(iterate)

    @staticmethod
    def _each(flow: AsyncIterator[list[T]]) -> Iterator[T]:
        with closing(iterate(flow)) as batches:
            for batch in batches:
                yield from batch

    def _elsewhere(self, executor: object) -> Away | None:
        return elsewhere(executor, self.config, self._engine)
