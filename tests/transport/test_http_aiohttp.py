"""The async transport: loops that come and go, tasks that are cancelled, clients that nobody closes."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, MinIOTimeoutError, NotSupportedError
from minio_sdk.transport.http_aiohttp import AiohttpTransport
from tests.both import awaited, config_for, stored
from tests.clock import FakeClock
from tests.scripted import Exchange, Request, ScriptedServer, Step, drop_before_reply, hang


def echo(request: Request) -> Step:
    """The content of each object is its path."""
    return stored(request.path.encode())


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No test leaves something that only the collector closes."""
    yield
    gc.collect()


def client_of(server: ScriptedServer, **fields: Any) -> AsyncMinIOClient:
    return AsyncMinIOClient(config_for(server, **fields), clock=FakeClock())


# --- loops ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("close", [False, True])
def test_one_client_in_one_asyncio_run_after_the_other(tls: bool, close: bool) -> None:
    """Each loop has connections of its own, which end with it, also when nobody closes the client."""
    with ScriptedServer(handler=echo, tls=tls) as server:
        client = client_of(server)

        async def main() -> None:
            view = client.with_(tenant_id="other")
            assert await client.get_object("docs", "a") == b"/acme-docs/a"
            assert await view.get_object("docs", "b") == b"/other-docs/b"
            if close:
                await client.close()

        for _ in range(3):
            asyncio.run(main())
            gc.collect()
    assert server.connections == 3


def test_one_client_in_two_loops_in_two_threads_at_once() -> None:
    with ScriptedServer(handler=echo) as server:
        client = client_of(server)
        together = threading.Barrier(4, timeout=10)
        wrong: list[object] = []

        async def main(name: str) -> None:
            for number in range(40):
                if number % 10 == 0:
                    await client.close()
                    together.wait()  # so that they open their sessions at the same moment
                keys = [f"{name}{number}{letter}" for letter in "xyz"]
                bodies = await asyncio.gather(*(client.get_object("docs", key) for key in keys))
                wrong.extend(set(bodies) ^ {f"/acme-docs/{key}".encode() for key in keys})
            await client.close()

        def run(name: str) -> None:
            try:
                asyncio.run(main(name))
            except BaseException as error:
                wrong.append(error)
                together.abort()

        threads = [threading.Thread(target=run, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert wrong == []
    assert len(server.requests) == 4 * 40 * 3


def test_a_loop_that_was_simply_closed_does_not_spoil_the_next() -> None:
    """Without `asyncio.run`: nobody has told the session. asyncio's own warning is all there is."""
    with ScriptedServer(handler=echo) as server:
        client = client_of(server)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.get_object("docs", "a"))
        loop.close()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert asyncio.run(client.get_object("docs", "b")) == b"/acme-docs/b"
            gc.collect()
    assert {warning.category for warning in caught} == {ResourceWarning}
    assert all(str(warning.message).startswith("unclosed") for warning in caught)


def test_a_client_that_nobody_closes_goes_quietly() -> None:
    async def main(server: ScriptedServer) -> None:
        client = client_of(server)
        await client.get_object("docs", "a")
        del client
        gc.collect()
        await asyncio.sleep(0)
        view = client_of(server).with_(timeout=3)
        await view.get_object("docs", "a")

    with ScriptedServer(handler=echo) as server:
        asyncio.run(main(server))
        gc.collect()


def test_a_client_made_outside_of_any_loop_works_in_one() -> None:
    with ScriptedServer(handler=echo) as server, awaited(server) as client:
        assert client.get_object("docs", "a") == b"/acme-docs/a"


def test_used_outside_of_any_loop_it_says_so() -> None:
    with ScriptedServer() as server:
        call = client_of(server).get_object("docs", "a")
        with pytest.raises(RuntimeError, match="no running event loop"):
            call.send(None)
        call.close()


# --- cancellation --------------------------------------------------------------------------------


def is_idle(client: AsyncMinIOClient) -> bool:
    """Whether no connection of the client is in use."""
    transport = client._engine.transport
    assert isinstance(transport, AiohttpTransport)
    lines = transport.connections.lines()
    assert lines is not None
    return not lines.at_work and all(line.closed or line in lines._idle for line in lines._all)


def half(exchange: Exchange) -> None:
    """The head and ten bytes of a hundred, then silence."""
    exchange.send(stored(b"x" * 100).head(exchange.request) + b"x" * 10)
    hang()(exchange)


def takes_nothing(exchange: Exchange) -> None:
    """Reads no more than the head."""
    exchange.stopping.wait()


CALLS: dict[str, tuple[Step, Callable[[AsyncMinIOClient], Awaitable[Any]]]] = {
    "head": (hang(), lambda client: client.get_object("docs", "a")),
    "body": (half, lambda client: client.get_object("docs", "a")),
    "sending": (takes_nothing, lambda client: client.put_object("docs", "a", b"x" * (15 << 20))),
    "listing": (half, lambda client: client.list_objects("docs")),
    "deadline": (half, lambda client: client.with_(deadline=60).get_object("docs", "a")),
}


@pytest.mark.parametrize("how", CALLS)
def test_a_cancelled_call_leaves_no_connection_and_no_task(how: str) -> None:
    step, call = CALLS[how]

    async def main(server: ScriptedServer) -> None:
        async with client_of(server) as client:
            task = asyncio.ensure_future(call(client))
            await asyncio.to_thread(server.wait_for, 1)
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0)
            assert is_idle(client)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert await client.get_object("docs", "b") == b"whole"

    with ScriptedServer([step, stored(b"whole")]) as server:
        asyncio.run(main(server))
    assert server.requests[1].connection == 2  # the one that was in doubt is not used again


def test_a_call_that_is_cancelled_while_it_waits_for_its_next_try_ends_at_once() -> None:
    async def main(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(server, base_delay=60.0, max_delay=60.0)) as client:
            task = asyncio.ensure_future(client.get_object("docs", "a"))
            await asyncio.to_thread(server.wait_for, 1)
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with ScriptedServer([drop_before_reply()]) as server:
        asyncio.run(main(server))


def test_a_timeout_of_the_callers_own_is_the_callers() -> None:
    """`asyncio.wait_for` around a call is not taken for a timeout of the server's and tried again."""

    async def main(server: ScriptedServer) -> None:
        async with client_of(server) as client:
            with pytest.raises(asyncio.TimeoutError) as caught:
                await asyncio.wait_for(client.get_object("docs", "a"), 0.05)
            assert not isinstance(caught.value, MinIOTimeoutError)

    with ScriptedServer([hang()]) as server:
        asyncio.run(main(server))
    assert len(server.requests) == 1


def test_closing_does_not_wait_for_a_server_that_no_longer_listens() -> None:
    """TLS has a farewell, for which the other side may let one wait for ever."""

    def answers_and_sleeps(exchange: Exchange) -> None:
        stored(b"x")(exchange)
        exchange.stopping.wait()

    async def main(server: ScriptedServer) -> None:
        client = client_of(server)
        await client.get_object("docs", "a")
        await asyncio.wait_for(client.close(), 10)

    with ScriptedServer([answers_and_sleeps], tls=True) as server:
        asyncio.run(main(server))


def test_closing_while_calls_are_on_their_way_does_not_hang_or_mix_answers() -> None:
    async def main(server: ScriptedServer) -> None:
        client = client_of(server)
        calls = [asyncio.ensure_future(client.get_object("docs", f"{n}")) for n in range(20)]
        await asyncio.to_thread(server.wait_for, 1)
        await client.close()
        answers = await asyncio.gather(*calls)  # tried again on a session of their own
        assert answers == [f"/acme-docs/{n}".encode() for n in range(20)]
        await client.close()

    with ScriptedServer(handler=echo) as server:
        asyncio.run(main(server))


# --- map -----------------------------------------------------------------------------------------


def mapped(function: Callable[[int], Awaitable[Any]], items: Any, limit: int) -> Any:
    async def main() -> Any:
        transport = AiohttpTransport(config_for("http://127.0.0.1:9"), FakeClock())
        try:
            return await transport.map(function, items, limit)
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(main())


def test_map_keeps_the_order_and_takes_no_more_than_it_can_work_on() -> None:
    taken: list[int] = []
    working: set[int] = set()
    most = 0

    def items() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    async def double(number: int) -> int:
        nonlocal most
        working.add(number)
        most = max(most, len(working))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        assert len(taken) <= number + 4 + 7
        working.remove(number)
        return number * 2

    assert mapped(double, items(), 4) == [number * 2 for number in range(50)]
    assert most == 4


def test_map_ends_with_the_first_error_and_cancels_the_others() -> None:
    cancelled: list[int] = []

    async def fail(number: int) -> None:
        if number == 3:
            raise LookupError("three")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(LookupError, match="three"):
        mapped(fail, iter(range(1000)), 8)
    assert set(cancelled) <= set(range(8)) - {3}


def test_map_tells_of_each_result_until_one_is_refused() -> None:
    told: list[int] = []

    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return number * 2

    def done(result: int) -> None:
        told.append(result)
        if len(told) == 13:
            raise KeyError("enough")

    async def main(count: int) -> list[int]:
        transport = AiohttpTransport(config_for("http://127.0.0.1:9"), FakeClock())
        return await transport.map(double, range(count), 4, done)

    assert asyncio.run(main(10)) == list(range(0, 20, 2))
    assert sorted(told) == list(range(0, 20, 2))
    with pytest.raises(KeyError, match="enough"):
        asyncio.run(main(50))
    assert len(told) == 13


def test_map_of_nothing_is_nothing() -> None:
    async def never(_: int) -> int:
        raise AssertionError

    assert mapped(never, [], 4) == []


# --- the rest ------------------------------------------------------------------------------------


def test_a_blocking_function_does_not_block_the_loop() -> None:
    async def main() -> tuple[int, float]:
        transport = AiohttpTransport(config_for("http://127.0.0.1:9"), FakeClock())
        done = threading.Event()
        call = asyncio.ensure_future(transport.call(done.wait, 10))
        await asyncio.sleep(0)
        begun = time.monotonic()
        done.set()
        return await call, time.monotonic() - begun

    result, seconds = asyncio.run(main())
    assert result is True
    assert seconds < 5


def test_a_socks_proxy_is_refused_in_words() -> None:
    config = config_for("http://minio.example", proxies={"http": "socks5://127.0.0.1:1080"})
    client = AsyncMinIOClient(config, clock=FakeClock())
    with pytest.raises(NotSupportedError, match="can't go through a SOCKS proxy"):
        asyncio.run(client.get_object("docs", "a"))


@pytest.mark.parametrize("loops", ["asyncio", "uvloop"])
def test_other_loops(loops: str) -> None:
    if loops == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop
    else:
        factory = asyncio.new_event_loop
    with ScriptedServer(handler=echo) as server:
        client = client_of(server)
        for _ in range(2):
            loop = factory()
            try:
                body = loop.run_until_complete(client.get_object("docs", "a"))
                loop.run_until_complete(loop.shutdown_asyncgens())
            finally:
                loop.close()
            assert body == b"/acme-docs/a"
            gc.collect()
