"""The async SDK and its async peers, as `clients.py` has the blocking ones: each on a loop of its own."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from minio_sdk import AsyncMinIOClient
from tests.benchmarks.clients import BUCKET, KEY, PROJECT, REGION, installed, obstore_s3, settings
from tests.benchmarks.measure import Cost, Turn, cpu_used
from tests.servers import Server

UVLOOP = " (uvloop)"
CONNECTIONS = 64
"""For those who have to be told: as many as there are tasks at most."""

Get = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class AsyncContender:
    """A library, and how to get `KEY` with it; what it opens goes on the stack."""

    package: str
    connect: Callable[[Server, AsyncExitStack], Awaitable[Get]]
    uvloop: bool = False

    @property
    def name(self) -> str:
        """The package's, and the loop if it isn't asyncio's own."""
        return self.package + (UVLOOP if self.uvloop else "")

    def there(self) -> bool:
        """Whether it is installed."""
        return bool(installed(self.package)) and (not self.uvloop or bool(installed("uvloop")))

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """The kind that it is measured on."""
        if self.uvloop:
            loop: asyncio.AbstractEventLoop = importlib.import_module("uvloop").new_event_loop()
            return loop
        return asyncio.new_event_loop()


async def _sdk(server: Server, stack: AsyncExitStack) -> Get:
    client = await stack.enter_async_context(AsyncMinIOClient(settings(server)))
    return lambda: client.get_object(BUCKET, KEY)


async def _obstore(server: Server, stack: AsyncExitStack) -> Get:
    get, store = importlib.import_module("obstore").get_async, obstore_s3(server)

    async def once() -> bytes:
        return bytes(await (await get(store, KEY)).bytes_async())

    return once


async def _miniopy(server: Server, stack: AsyncExitStack) -> Get:
    aiohttp, retry = importlib.import_module("aiohttp"), importlib.import_module("aiohttp_retry")
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    session = aiohttp.ClientSession(connector=connector)  # 10 connections otherwise
    client = importlib.import_module("miniopy_async").Minio(
        server.base_url.removeprefix("http://"),
        access_key=server.access_key,
        secret_key=server.secret_key,
        region=REGION,
        secure=False,
        session=await stack.enter_async_context(retry.RetryClient(session)),
    )

    async def once() -> bytes:
        response = await client.get_object(BUCKET, KEY)
        try:
            return bytes(await response.read())
        finally:
            response.release()

    return once


async def _aiobotocore(server: Server, stack: AsyncExitStack) -> Get:
    config = importlib.import_module("aiobotocore.config").AioConfig
    session = importlib.import_module("aiobotocore.session").get_session()
    client: Any = await stack.enter_async_context(
        session.create_client(
            "s3",
            endpoint_url=server.base_url,
            aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
            region_name=REGION,
            config=config(max_pool_connections=CONNECTIONS),
        )
    )

    async def once() -> bytes:
        async with (await client.get_object(Bucket=BUCKET, Key=KEY))["Body"] as body:
            return bytes(await body.read())

    return once


# The first is the one that the others are compared with.
ASYNC_CONTENDERS = (
    AsyncContender(PROJECT, _sdk),
    AsyncContender(PROJECT, _sdk, uvloop=True),
    AsyncContender("obstore", _obstore),
    AsyncContender("obstore", _obstore, uvloop=True),
    AsyncContender("miniopy-async", _miniopy),
    AsyncContender("aiobotocore", _aiobotocore),
)


class Connected:
    """A contender on its loop, ready to be asked; to be closed in the end."""

    def __init__(self, contender: AsyncContender, server: Server) -> None:
        self._loop, self._opened = contender.new_loop(), AsyncExitStack()
        self._get = self._loop.run_until_complete(contender.connect(server, self._opened))

    def get(self) -> bytes:
        """One GET."""
        return self._loop.run_until_complete(self._get())

    def turn(self, tasks: int) -> Turn:
        """So many GETs by so many tasks, each of which does one after the other."""

        def turn(times: int) -> Cost:
            cpu, started = cpu_used(), time.perf_counter()
            self._loop.run_until_complete(_share(self._get, times, tasks))
            return Cost((time.perf_counter() - started) / times, (cpu_used() - cpu) / times)

        return turn

    def close(self) -> None:
        """Close what was opened, and the loop."""
        self._loop.run_until_complete(self._opened.aclose())
        self._loop.close()


async def _share(get: Get, times: int, tasks: int) -> None:
    left = iter(range(times))

    async def work() -> None:
        for _ in left:
            await get()

    await asyncio.gather(*(work() for _ in range(tasks)))
