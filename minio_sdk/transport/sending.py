"""Bodies that aiohttp sends block by block, watched while they are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextvars import ContextVar
from math import inf
from typing import Any

import aiohttp

from minio_sdk.transport.bodies import BodyFailed
from minio_sdk.transport.odd import BLOCK
from minio_sdk.transport.tasks import ended
from minio_sdk.wire.message import StreamBody, length_of


class Sending:
    """A body on its way out, block by block.

    Attributes:
        transport: where it goes, once there is a connection.
    """

    def __init__(self, body: bytes | bytearray | memoryview | StreamBody) -> None:
        length = length_of(body)
        self._body = body
        self._replayable = isinstance(body, StreamBody) and body.replayable
        self._reading: asyncio.Future[Any] | None = None
        self._over = False
        self._left = inf if length is None else length
        self._taken = 0
        self._ended = False
        self._failure: Exception | None = None
        self.transport: asyncio.Transport | None = None

    async def blocks(self) -> AsyncIterator[Any]:
        """The blocks, each given when the one before has left."""
        try:
            if isinstance(self._body, StreamBody):
                source: Iterator[bytes | memoryview] = iter(self._body.blocks())
                while (block := await self._next(source)) is not None:
                    self._taken += 1
                    self._left -= len(block)
                    yield block
                return
            view = memoryview(self._body).cast("B")
            for start in range(0, len(view), BLOCK):
                self._taken += 1
                self._left = len(view) - start - BLOCK
                yield view[start : start + BLOCK]
        except Exception as error:
            self._failure = error
            raise
        finally:
            self._ended = True

    async def _next(self, source: Iterator[bytes | memoryview]) -> bytes | memoryview | None:
        if self._over:
            return None
        loop = asyncio.get_running_loop()
        self._reading = loop.run_in_executor(None, next, source, None)
        return await asyncio.shield(self._reading)

    @property
    def is_given(self) -> bool:
        """Whether no more of it is to be sent."""
        return self._ended or self._left <= 0

    async def over(self) -> None:
        """Wait until nobody reads the body any more; another attempt may be about to read it again."""
        self._over = True
        if self._reading is not None and self._replayable:
            await ended(self._reading)

    async def watch(
        self, answer: Coroutine[Any, Any, aiohttp.ClientResponse], seconds: float
    ) -> aiohttp.ClientResponse:
        """`answer`; a server that takes nothing for so many seconds is a timeout.

        aiohttp has none for writing, and begins to count for reading only when all is written.
        """
        token = _on_its_way.set(self)
        task = asyncio.ensure_future(answer)
        _on_its_way.reset(token)
        try:
            while True:
                taken = self._taken
                await asyncio.wait({task}, timeout=seconds)
                if task.done():
                    if self._failure is not None:
                        await asyncio.gather(task, return_exceptions=True)  # it failed for that
                        raise BodyFailed(self._failure)
                    return task.result()
                if taken == self._taken and not self._ended:
                    raise asyncio.TimeoutError
        finally:
            self._body = (
                b""  # aiohttp keeps this in a cycle, which the collector may find much later
            )
            if not task.done():
                task.cancel()
                if self.transport is not None:
                    # Closing it would wait, maybe for ever, until the server takes what is buffered.
                    self.transport.abort()
                await asyncio.gather(task, return_exceptions=True)


_on_its_way: ContextVar[Sending | None] = ContextVar("_on_its_way", default=None)


class Connector(aiohttp.TCPConnector):
    """Tells a body on its way out which transport it goes to."""

    async def connect(self, *arguments: Any, **named: Any) -> Any:
        """A connection, of which the body under way has been told."""
        connection = await super().connect(*arguments, **named)
        sending = _on_its_way.get()
        if sending is not None:
            sending.transport = connection.transport
        return connection
