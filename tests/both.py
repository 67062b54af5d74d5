"""One test body for both clients: the async one is given a face that waits.

    @both
    def test_a_failed_get_is_tried_again(connect: Connect) -> None:
        with ScriptedServer([reply(503), stored(b"x")]) as server, connect(server) as client:
            assert client.get_object("docs", "a") == b"x"

`connect` makes a client of the tenant "acme" with keys of its own and without jitter, on a fake clock
unless `clock=` gives another. When its `with` block ends, the client is closed, and on the async side
no task may be left.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar, cast

import pytest

from minio_sdk import (
    AsyncAdmin,
    AsyncAdminStream,
    AsyncBucketEvents,
    AsyncMinIOClient,
    AsyncObjectReader,
    AsyncObjectWriter,
    AsyncProvisioner,
    AsyncSelectedRows,
    Config,
    MinIOClient,
    Provisioner,
)
from tests.clock import FakeClock
from tests.scripted import Reply, ScriptedServer, reply

T = TypeVar("T")

ACCESS_KEY = "AKACME"
SECRET_KEY = "the-secret-of-acme"
TOKEN = "the-session-token-of-acme"

Connect = Callable[..., AbstractContextManager[MinIOClient]]


def stored(body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
    """The answer of an S3 server that has an object, or has stored one."""
    return reply(200, body, headers={"ETag": '"e1"', **(headers or {})})


def config_for(server: ScriptedServer | str, **fields: Any) -> Config:
    """The settings of these tests: keys of a tenant, no jitter."""
    url = server if isinstance(server, str) else server.url
    keys: dict[str, Any] = {}
    if "credentials" not in fields:
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    if isinstance(server, ScriptedServer) and url.startswith("https:"):
        keys["verify"] = server.ca_file
    return Config(url, **{"tenant_id": "acme", "jitter": 0.0, **keys, **fields})


@contextmanager
def blocking(
    server: ScriptedServer | str, *, clock: FakeClock | None = None, **fields: Any
) -> Iterator[MinIOClient]:
    """A `MinIOClient`."""
    with MinIOClient(config_for(server, **fields), clock=clock or FakeClock()) as client:
        yield client


@contextmanager
def awaited(
    server: ScriptedServer | str, *, clock: FakeClock | None = None, **fields: Any
) -> Iterator[MinIOClient]:
    """An `AsyncMinIOClient` on a loop of its own, to be called without `await`."""
    loop = asyncio.new_event_loop()
    try:
        config = config_for(server, **fields)
        client = AsyncMinIOClient(config, clock=clock or FakeClock())
        try:
            yield cast("MinIOClient", _Waiting(client, loop))
        finally:
            loop.run_until_complete(client.close())
            # Before aiohttp 3.12, closing doesn't wait for the end of TLS connections.
            loop.run_until_complete(
                asyncio.sleep(0.05 if config.endpoints[0].startswith("https") else 0)
            )
            loop.run_until_complete(loop.shutdown_default_executor())
        assert not asyncio.all_tasks(loop), "tasks outlive their calls"
    finally:
        loop.close()


class _Waiting:
    """The methods of an async client, each run to its end on a loop."""

    def __init__(
        self, client: AsyncMinIOClient | AsyncAdmin, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if isinstance(found, AsyncAdmin):
            return _Waiting(found, self._loop)
        if not callable(found):
            return found
        return lambda *arguments, **named: self._settled(found(*arguments, **named))

    def gathered(self, calls: Iterable[Callable[[Any], Any]]) -> list[Any]:
        """The results of several calls of the async client at once."""

        async def gather() -> list[Any]:
            return await asyncio.gather(*(call(self._client) for call in calls))

        return self._loop.run_until_complete(gather())

    def _settled(self, result: Any) -> Any:
        if inspect.iscoroutine(result):
            coroutine: Coroutine[Any, Any, Any] = result
            return self._loop.run_until_complete(coroutine)
        if isinstance(result, AsyncMinIOClient):
            return _Waiting(result, self._loop)
        if isinstance(result, (AsyncObjectReader, AsyncObjectWriter)):
            return _WaitingFile(result, self._loop).__enter__()
        if isinstance(result, (AsyncAdminStream, AsyncBucketEvents, AsyncSelectedRows)):
            return _WaitingStream(result, self._loop)
        return _each(result, self._loop) if hasattr(result, "__anext__") else result


def _each(items: Any, loop: asyncio.AbstractEventLoop) -> Iterator[Any]:
    try:
        while True:
            try:
                item = loop.run_until_complete(items.__anext__())
            except StopAsyncIteration:
                return
            yield item
    finally:
        loop.run_until_complete(items.aclose())


class _WaitingStream:
    """An async answer that is read while it comes, each step run to its end on a loop."""

    def __init__(self, stream: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._stream = stream
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._stream, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            result = found(*arguments, **named)
            if inspect.iscoroutine(result):
                return self._loop.run_until_complete(result)
            return _each(result, self._loop)

        return call

    def __enter__(self) -> _WaitingStream:
        self._loop.run_until_complete(self._stream.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        self._loop.run_until_complete(self._stream.__aexit__(*error))

    def __iter__(self) -> _WaitingStream:
        return self

    def __next__(self) -> Any:
        try:
            return self._loop.run_until_complete(self._stream.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None


class _WaitingFile:
    """The methods of an async file, each run to its end on a loop."""

    def __init__(self, file: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._file = file
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._file, name)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *arguments: self._loop.run_until_complete(found(*arguments))

    def __enter__(self) -> _WaitingFile:
        self._loop.run_until_complete(self._file.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        self._loop.run_until_complete(self._file.__aexit__(*error))

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line


def provisioner_of(client: MinIOClient, **options: Any) -> Provisioner:
    """The provisioner of a client of either kind, to be called without `await`."""
    if isinstance(client, _Waiting):
        inner: Any = client._client
        provisioner: Any = AsyncProvisioner(inner, **options)
        return cast("Provisioner", _Waiting(provisioner, client._loop))
    return Provisioner(client, **options)


def at_once(client: MinIOClient, calls: Iterable[Callable[[MinIOClient], T]]) -> list[T]:
    """The results of calls made all at the same time: each in a thread, or each in a task."""
    if isinstance(client, _Waiting):
        return cast("list[T]", client.gathered(calls))
    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(lambda call: call(client), calls))


both = pytest.mark.parametrize("connect", [blocking, awaited], ids=["sync", "async"])
