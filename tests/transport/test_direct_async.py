"""The short way of an async request: it reads what parsers read, and mixes no answers up."""

from __future__ import annotations

import asyncio
import functools
import gc
import select
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import AsyncMinIOClient, MinIOConnectionError, MinIOTimeoutError, ServerError
from minio_sdk.transport import direct_async
from minio_sdk.transport.bodies import MAX_ERROR
from minio_sdk.transport.direct_async import Line
from minio_sdk.transport.http_aiohttp import AiohttpTransport
from minio_sdk.transport.lines import Lines
from minio_sdk.transport.observing import written
from minio_sdk.transport.odd import Odd, read_body
from minio_sdk.wire.heads import plain
from minio_sdk.wire.message import Request, Room
from tests.both import config_for, stored
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    ScriptedServer,
    Step,
    drop_after,
    drop_before_reply,
    hang,
    hang_up,
    raw,
    reply,
    reply_before_body,
)
from tests.scripted import Request as Asked
from tests.transport.test_direct import PLAIN, answers, by_http_client, cut

# --- what it reads ---------------------------------------------------------------------------------


class Wire:
    """A transport of which a test has the other end."""

    def __init__(self, protocol: Any, taken: int | None = None) -> None:
        self.protocol = protocol
        self.sent = b""
        self.open = True
        self.unsent = 0
        self._taken = taken

    def write(self, data: Any) -> None:
        self.sent += bytes(data)
        if self._taken is not None and len(self.sent) > self._taken:
            self.unsent = len(self.sent) - self._taken
            self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_extra_info(self, name: str) -> None: ...

    def is_closing(self) -> bool:
        return not self.open

    def is_reading(self) -> bool:
        return True

    def abort(self) -> None:
        self.open = False

    close = abort

    def feed(self, pieces: list[bytes]) -> None:
        """Let it read these, as far as it does."""
        for piece in pieces:
            if piece and self.open:
                self.protocol.data_received(piece)

    def end(self) -> None:
        """The end of what the server sends."""
        if self.open:
            self.protocol.eof_received()
        self.open = False
        self.protocol.connection_lost(None)


class Outcome(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


FAILURES = (OSError, aiohttp.ClientError, HttpProcessingError)
loop = asyncio.new_event_loop()


@pytest.fixture(autouse=True, scope="module")
def the_loop() -> Iterator[None]:
    yield
    loop.close()


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return loop.run_until_complete(coroutine)


def by_line(
    pieces: list[bytes], method: str = "GET", most: int | None = None, room: Any = None
) -> tuple[Outcome | None, Line, bool]:
    """What it makes of an answer, None for an error; the connection; and whether the answer was plain."""

    async def main() -> tuple[Outcome | None, Line, bool]:
        line = Line(asyncio.get_running_loop(), lambda _: None)
        wire: Any = Wire(line)
        line.connection_made(wire)
        request = Request(method, "/b/k", max_body=most, room=room)
        asked = line.ask(b"head", request, 30.0)
        wire.feed(pieces)
        was_plain = not isinstance(wire.protocol, Odd)
        reading = asyncio.ensure_future(line.answer(asked, request))
        await asyncio.sleep(0)
        if not reading.done():
            await asyncio.sleep(0)
        if not reading.done():
            wire.end()
        try:
            found = await reading
        except FAILURES:
            assert line.closed
            return None, line, was_plain
        assert line.closed or wire.protocol is line
        names = {name: value.strip(" \t") for name, value in found.headers.items()}
        return Outcome(found.status, names, found.body), line, was_plain

    found: tuple[Outcome | None, Line, bool] = run(main())
    return found


def by_aiohttp(data: bytes, method: str) -> Outcome | None:
    """What aiohttp makes of it."""

    async def main() -> Outcome | None:
        handler = ResponseHandler(asyncio.get_running_loop())
        wire: Any = Wire(handler)
        handler.connection_made(wire)
        handler.set_response_params(
            skip_payload=method == "HEAD", read_until_eof=True, auto_decompress=False
        )
        wire.feed([data])
        handler.connection_lost(None)
        try:
            message, content = await handler.read()
            while message.code < 200 and message.code != 101:
                message, content = await handler.read()
            body, _ = await read_body(message.code, method, None, content, None)
        except FAILURES:
            return None
        names = {name.lower(): value.strip(" \t") for name, value in message.headers.items()}
        return Outcome(message.code, names, body)

    found: Outcome | None = run(main())
    return found


@given(
    answers(), st.lists(st.integers(0, 400), max_size=4), st.sampled_from(["GET", "HEAD", "PUT"])
)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", [], "GET")
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\r\n c\r\n\r\nx", [], "GET")
def test_it_reads_what_the_parsers_read(data: bytes, places: list[int], method: str) -> None:
    found, line, was_plain = by_line(cut(data, places), method)
    want, again = by_http_client(data, method)
    if was_plain and found is not None:
        assert want is not None
        assert found == Outcome(*want)
    usual = by_aiohttp(data, method)
    if found is None or usual is not None:
        assert found == usual
    if not line.closed:
        assert again


@given(answers())
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\n")
def test_in_whatever_pieces_it_comes(data: bytes) -> None:
    """Never two different answers: aiohttp takes offence at some nonsense in one piece, and not in many."""
    whole, first, was_plain = by_line([data])
    dribbled, second, _ = by_line([bytes([byte]) for byte in data])
    assert dribbled == whole or None in (dribbled, whole)
    assert first.closed or not was_plain or second.closed


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def test_a_connection_is_used_again_after_a_whole_answer() -> None:
    twice = PLAIN.replace(b"ETag", b"Set-Cookie: a\r\nSet-Cookie: b\r\nETag")
    for data in (PLAIN, CHUNKED, twice, b"HTTP/1.1 204 No Content\r\nA: b\r\nA: c\r\n\r\n"):
        found, line, _ = by_line([data])
        assert found is not None
        assert not line.closed


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        PLAIN + b"H",
        b"HTTP/1.1 204 No Content\r\n\r\n" + PLAIN,
        CHUNKED + PLAIN,
        CHUNKED + b"HTTP/1.1 2",
        CHUNKED + b"HTTP/1.1 200 OK\r\n\r\n",
        CHUNKED.replace(b"chunked", b"chunked\r\nContent-Length: 5"),
        CHUNKED.replace(b"chunked", b"gzip, chunked"),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        PLAIN.replace(b"ETag", b"A: a\r\nA: b\r\nETag") + b"H",
        PLAIN.replace(b"ETag: ", b"A: a\nA: b\r\nETag: "),
        PLAIN.replace(b"ETag", b"Connection: close\r\nA: a\r\nA: b\r\nETag"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"",
    ],
)
def test_a_connection_with_anything_left_on_it_is_closed(data: bytes, pieces: int) -> None:
    half = len(data) - 3 if pieces == 2 else 0
    _, line, _ = by_line([data[:half], data[half:]])
    assert line.closed


@pytest.mark.parametrize("end", range(len(PLAIN)))
def test_an_answer_that_breaks_off_is_none(end: int) -> None:
    found, line, _ = by_line([PLAIN[:end]])
    assert found is None
    assert line.closed


def test_what_minio_repeats_in_all_its_answers_is_plain() -> None:
    data = PLAIN.replace(b"ETag", b"Vary: Origin\r\nVary: Accept-Encoding\r\nETag")
    found = [plain(data, "GET") for _ in range(200)]  # more often than makes a pattern of it
    assert found == [
        (200, {"vary": "Accept-Encoding", "etag": '"e"', "content-length": "5"}, 5, len(data) - 5)
    ] * len(found)


def test_bytes_that_nobody_asked_for_close_it() -> None:
    _, line, _ = by_line([PLAIN])
    assert not line.closed
    line.data_received(PLAIN)
    assert line.closed


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_part_is_put_where_there_is_room_for_it(step: int) -> None:
    view = memoryview(bytearray(5))
    part = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello"
    head = part[:-5]
    pieces = [head, *(part[at : at + step] for at in range(len(head), len(part), step))]
    found, line, _ = by_line(pieces, room=Room(view))
    assert found is not None
    assert found.body is view
    assert bytes(view) == b"hello"
    assert not line.closed


@pytest.mark.parametrize("change", [(b"206", b"200"), (b": 5", b": 4"), (b": 5", b": 6")])
def test_nothing_else_is_put_there(change: tuple[bytes, bytes]) -> None:
    view = memoryview(bytearray(5))
    part = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello!"
    by_line([part.replace(*change)[:-3], part[-3:]], room=Room(view))
    assert view == bytes(5)


def test_what_waits_for_a_disk_is_no_business_of_the_loop_s() -> None:
    class Waiting(Room):
        __slots__ = ()
        waits = True

    view = memoryview(bytearray(5))
    part = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello"
    found, _, _ = by_line([part[:-3], part[-3:]], room=Waiting(view))
    assert found is not None
    assert (found.body, bytes(view)) == (b"hello", bytes(5))


def test_a_call_that_has_ended_writes_no_more_into_its_room() -> None:
    async def main() -> None:
        line = Line(asyncio.get_running_loop(), lambda _: None)
        wire: Any = Wire(line)
        line.connection_made(wire)
        view = memoryview(bytearray(5))
        request = Request("GET", "/b/k", room=Room(view))
        asked = line.ask(b"head", request, 30.0)
        reading = asyncio.ensure_future(line.answer(asked, request))
        wire.protocol.data_received(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhe")
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        line.data_received(b"llo")
        assert bytes(view) == b"he\0\0\0"

    run(main())


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    for data in (PLAIN, CHUNKED, PLAIN[:-5]):
        with pytest.raises(ServerError, match="at most 4|more than 4"):
            by_line([data], most=4)
    assert by_line([PLAIN], most=5)[0] is not None


def test_of_an_error_no_more_is_read_than_is_shown() -> None:
    head = b"HTTP/1.1 500 No\r\nContent-Length: 99999999\r\n\r\n"
    found, line, _ = by_line([head, b"x" * MAX_ERROR, b"x"])
    assert found is not None
    assert len(found.body) == MAX_ERROR
    assert line.closed


def test_an_answer_ends_a_body_that_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_async, "BLOCK", 10)

    async def main(answer: bytes) -> tuple[bytes, bool, bytes]:
        line = Line(asyncio.get_running_loop(), lambda _: None)
        wire: Any = Wire(line, taken=25)
        line.connection_made(wire)
        request = Request("PUT", "/b/k", body=b"x" * 100)
        asked = line.ask(b"head", request, 30.0)
        reading = asyncio.ensure_future(line.answer(asked, request, request.body))
        await asyncio.sleep(0)
        assert not reading.done()
        wire.protocol.data_received(answer)
        return (await reading).body, line.closed, wire.sent

    for answer in (PLAIN, CHUNKED):
        assert run(main(answer)) == (b"hello", True, b"head" + b"x" * 30)


@pytest.mark.parametrize("code", ["100 Continue", "103 Early Hints"])
def test_an_announcement_ends_no_body(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_async, "BLOCK", 10)
    announced = f"HTTP/1.1 {code}\r\n\r\n".encode()

    async def main() -> tuple[bytes, bytes]:
        line = Line(asyncio.get_running_loop(), lambda _: None)
        wire: Any = Wire(line, taken=25)
        line.connection_made(wire)
        request = Request("PUT", "/b/k", body=b"x" * 100)
        asked = line.ask(b"head", request, 30.0)
        reading = asyncio.ensure_future(line.answer(asked, request, request.body))
        await asyncio.sleep(0)
        wire.protocol.data_received(announced)
        wire.protocol.data_received(announced + announced)
        for _ in range(20):
            wire.protocol.resume_writing()
            await asyncio.sleep(0)
        wire.unsent = 0
        wire.protocol.data_received(PLAIN)
        return (await reading).body, wire.sent

    assert run(main()) == (b"hello", b"head" + b"x" * 100)


def test_who_reads_on_knows_that_the_socket_takes_no_more() -> None:
    """asyncio resumes whoever is there when it does, and aiohttp's reader has to have been paused."""

    async def main() -> None:
        line = Line(asyncio.get_running_loop(), lambda _: None)
        wire: Any = Wire(line, taken=25)
        line.connection_made(wire)
        request = Request("PUT", "/b/k", body=b"x" * 100)
        asked = line.ask(b"head", request, 30.0)
        reading = asyncio.ensure_future(line.answer(asked, request, request.body))
        await asyncio.sleep(0)
        wire.protocol.data_received(CHUNKED[:20])
        assert isinstance(wire.protocol, Odd)
        wire.protocol.resume_writing()
        wire.protocol.data_received(CHUNKED[20:])
        assert (await reading).body == b"hello"

    run(main())


# --- in the client ---------------------------------------------------------------------------------


def loops() -> list[str]:
    try:
        import uvloop  # noqa: F401
    except ImportError:
        return ["asyncio"]
    return ["asyncio", "uvloop"]


class Run(NamedTuple):
    """Runs a coroutine on a loop of one kind, and looks what it leaves."""

    kind: str

    def __call__(self, main: Coroutine[Any, Any, Any]) -> Any:
        if self.kind == "asyncio":
            here = asyncio.new_event_loop()
        else:
            import uvloop

            here = uvloop.new_event_loop()
        try:
            return here.run_until_complete(main)
        finally:
            assert not asyncio.all_tasks(here)
            here.run_until_complete(here.shutdown_asyncgens())
            here.run_until_complete(here.shutdown_default_executor())
            here.close()
            gc.collect()


@pytest.fixture(params=loops())
def on_loop(request: pytest.FixtureRequest) -> Run:
    """A loop of each kind there is."""
    return Run(request.param)


def client_of(server: ScriptedServer, **fields: Any) -> AsyncMinIOClient:
    return AsyncMinIOClient(config_for(server, **fields), clock=FakeClock())


def lines_of(client: AsyncMinIOClient) -> Lines:
    transport = client._engine.transport
    assert isinstance(transport, AiohttpTransport)
    lines = transport.connections.lines()
    assert lines is not None
    return lines


def idle(client: AsyncMinIOClient) -> bool:
    lines = lines_of(client)
    return not lines.at_work and not lines._waiting


GOOD = stored(b"good")


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_one_connection_for_one_call_after_the_other(tls: bool, on_loop: Run) -> None:
    chunked = reply(200, b"x" * 3000, headers={"ETag": '"e"'}, chunked=True)
    big = stored(bytes(range(256)) * 8000)

    async def main() -> None:
        async with client_of(server) as client:
            assert await client.get_object("docs", "a") == b"good"
            assert await client.get_object("docs", "a") == b"x" * 3000
            assert await client.get_object("docs", "a") == big.body
            await client.put_object("docs", "a", big.body)
            assert await client.get_object("docs", "a") == b"good"

    with ScriptedServer([GOOD, chunked, big, GOOD, GOOD], tls=tls) as server:
        on_loop(main())
    assert server.requests[3].body == big.body
    assert [request.connection for request in server.requests] == [1] * 5


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    "fault",
    [
        drop_before_reply(),
        drop_after(stored(b"x" * 1000), bytes=500),
        raw(b"HTTP/1.1 200 OK\r\nContent-Le", close=True),
        raw(b"garbage\r\n\r\n"),
        reply(503, b"busy"),
        reply(200, b"x" * 10, headers={"Content-Length": "10, 11"}, content_length=None),
    ],
    ids=["no reply", "cut body", "cut head", "no HTTP", "503", "two lengths"],
)
def test_a_failed_answer_is_asked_for_again(fault: Step, tls: bool, on_loop: Run) -> None:
    async def main() -> None:
        async with client_of(server) as client:
            assert await client.get_object("docs", "a") == b"good"
            assert await client.get_object("docs", "a") == b"good"

    with ScriptedServer([GOOD, fault, GOOD], tls=tls) as server:
        on_loop(main())
    assert len(server.requests) == 3


def test_a_server_that_hangs_is_a_timeout(on_loop: Run) -> None:
    """Also on a connection whose timer was set for longer."""
    release = threading.Event()

    async def main() -> None:
        async with client_of(server, max_retries=0) as client:
            await client.get_object("docs", "a")
            with pytest.raises(MinIOTimeoutError):
                await client.with_(timeout=0.05).get_object("docs", "a")
            assert idle(client)

    with ScriptedServer([GOOD, hang(until=release)]) as server:
        on_loop(main())
        release.set()


def test_a_server_that_goes_on_is_no_timeout(on_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer rings in the middle of an answer that is on its way."""
    rung: list[float] = []
    ring = Line._ring

    def ringing(line: Line) -> None:
        rung.append(line._due)
        line._due += 60.0  # a block has come since it was set
        ring(line)

    monkeypatch.setattr(Line, "_ring", ringing)
    release = threading.Event()

    def later(exchange: Exchange) -> None:
        release.wait(10)
        GOOD(exchange)

    async def main() -> None:
        async with client_of(server, max_retries=0, timeout=0.02) as client:
            call = asyncio.ensure_future(client.get_object("docs", "a"))
            while not rung:
                await asyncio.sleep(0.005)
            release.set()
            assert await call == b"good"

    with ScriptedServer([later]) as server:
        on_loop(main())
    assert len(rung) == 1


def test_an_upload_that_nobody_takes_is_a_timeout(on_loop: Run) -> None:
    async def main() -> None:
        async with client_of(server, max_retries=0, timeout=0.2) as client:
            with pytest.raises(MinIOTimeoutError):
                await client.put_object("docs", "a", bytes(15 << 20))
            assert idle(client)

    def takes_nothing(exchange: Exchange) -> None:
        exchange.stopping.wait()

    with ScriptedServer([takes_nothing]) as server:
        on_loop(main())


def test_an_answer_before_the_body_is_the_answer(on_loop: Run) -> None:
    refused = reply(403, b"<Error><Code>AccessDenied</Code></Error>", close=True)

    async def main() -> None:
        async with client_of(server, max_retries=0) as client:
            with pytest.raises(Exception, match="AccessDenied"):
                await client.put_object("docs", "a", bytes(200_000))

    with ScriptedServer([reply_before_body(refused)]) as server:
        on_loop(main())


def test_a_connection_closed_meanwhile_is_not_used(on_loop: Run) -> None:
    async def main() -> None:
        async with client_of(server, max_retries=0) as client:
            await client.get_object("docs", "a")
            while lines_of(client)._all:
                await asyncio.sleep(0.005)
            assert await client.get_object("docs", "a") == b"good"

    with ScriptedServer([hang_up(GOOD), GOOD]) as server:
        on_loop(main())
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.parametrize("tls", [False, True])
def test_what_came_while_the_loop_was_busy_is_no_answer(tls: bool, on_loop: Run) -> None:
    """The loop has not told of it yet when the next request is sent."""
    more = threading.Event()

    def twice(exchange: Exchange) -> None:
        GOOD(exchange)
        assert more.wait(10)
        exchange.send(PLAIN)

    async def main() -> None:
        async with client_of(server, max_retries=0) as client:
            await client.get_object("docs", "a")
            [line] = lines_of(client)._idle
            assert line.transport is not None
            sock = line.transport.get_extra_info("socket")
            more.set()
            select.select([sock], [], [], 10)
            assert await client.get_object("docs", "a") == b"next"

    with ScriptedServer([twice, stored(b"next")], tls=tls) as server:
        on_loop(main())


def test_a_failure_is_explained(on_loop: Run) -> None:
    async def main() -> None:
        async with client_of(server, max_retries=0) as client:
            with pytest.raises(MinIOConnectionError, match="before its answer was whole") as caught:
                await client.get_object("docs", "a")
            assert (caught.value.attempts, caught.value.key) == (1, "a")

    with ScriptedServer([drop_before_reply()]) as server:
        on_loop(main())


# --- places ----------------------------------------------------------------------------------------


def test_never_more_connections_than_the_pool_has_places(on_loop: Run) -> None:
    def echo(request: Asked) -> Step:
        return stored(request.path.encode())

    async def main() -> None:
        async with client_of(server, pool_size=3) as client:

            async def get(number: int) -> None:
                body = await client.get_object("docs", str(number))
                assert body == f"/acme-docs/{number}".encode()

            await asyncio.gather(*(get(number) for number in range(60)))
            assert idle(client)
            assert len(lines_of(client)._idle) == 3

    with ScriptedServer(handler=echo) as server:
        on_loop(main())
    assert server.connections == 3
    assert len(server.requests) == 60


def test_who_waits_is_served_in_order() -> None:
    async def main() -> None:
        lines = Lines(None, 1, None)  # type: ignore[arg-type]
        assert lines.enter()
        assert not lines.enter()
        served: list[int] = []

        async def one(number: int) -> None:
            await lines.wait()
            served.append(number)
            await asyncio.sleep(0)
            lines.leave()

        tasks = [asyncio.ensure_future(one(number)) for number in range(6)]
        await asyncio.sleep(0)
        tasks[0].cancel()  # who waits
        lines.leave()
        tasks[1].cancel()  # whose turn it has just become
        tasks[3].cancel()
        lines_after = await asyncio.gather(*tasks, return_exceptions=True)
        assert served == [2, 4, 5]
        assert [isinstance(one, asyncio.CancelledError) for one in lines_after] == [
            *(True, True, False, True, False, False)
        ]
        assert (lines.at_work, len(lines._waiting)) == (0, 0)
        assert lines.enter()

    run(main())


def test_a_place_that_is_given_to_one_who_is_cancelled_meanwhile_goes_on() -> None:
    async def main() -> None:
        lines = Lines(None, 1, None)  # type: ignore[arg-type]
        lines.enter()
        first, second = (asyncio.ensure_future(lines.wait()) for _ in range(2))
        await asyncio.sleep(0)
        lines.leave()
        first.cancel()
        await asyncio.wait_for(second, 10)
        assert first.cancelled()
        assert lines.at_work == 1

    run(main())


def test_what_nobody_uses_is_closed_after_a_time(
    on_loop: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with client_of(server) as client:
            await client.get_object("docs", "a")
            lines = lines_of(client)
            lines._sweep()
            assert len(lines._idle) == 1  # too early
            lines._idle[0].since -= 16.0
            lines._sweep()
            assert lines._idle == []
            await client.get_object("docs", "a")
            lines._idle[0].since -= 16.0
            await client.get_object("docs", "a")

    with ScriptedServer([GOOD, GOOD, GOOD]) as server:
        on_loop(main())
    assert [request.connection for request in server.requests] == [1, 2, 3]


@pytest.mark.parametrize("pool_size", [1, 4])
def test_cancelled_at_any_moment(pool_size: int, on_loop: Run) -> None:
    """The place is free again, and the next call gets its own answer."""

    def echo(request: Asked) -> Step:
        return stored(request.path.encode() * 30_000)

    async def main() -> None:
        async with client_of(server, pool_size=pool_size) as client:
            for rounds in range(24):
                calls = [
                    asyncio.ensure_future(client.get_object("docs", f"{rounds}-{n}"))
                    for n in range(3)
                ]
                for _ in range(rounds):
                    await asyncio.sleep(0)
                calls[rounds % 3].cancel()
                found = await asyncio.gather(*calls, return_exceptions=True)
                for number, body in enumerate(found):
                    if not isinstance(body, asyncio.CancelledError):
                        assert body == f"/acme-docs/{rounds}-{number}".encode() * 30_000
                assert idle(client)
                assert asyncio.all_tasks() == {asyncio.current_task()}

    with ScriptedServer(handler=echo, strict=False) as server:
        on_loop(main())


@pytest.mark.parametrize("deadline", [None, 60.0])
def test_a_cancellation_that_comes_with_the_answer_is_one(
    deadline: float | None, on_loop: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Line._finish
    cancelled: list[bool] = []

    def cancel_in(rounds: int, call: asyncio.Task[Any]) -> None:
        if rounds:
            asyncio.get_running_loop().call_soon(cancel_in, rounds - 1, call)
        else:
            cancelled.append(call.cancel())

    async def main() -> None:
        async with client_of(server, deadline=deadline) as client:
            for delay in range(6):
                call = asyncio.ensure_future(client.get_object("docs", "a"))

                def finishing(line: Line, found: Any, call: Any = call, delay: int = delay) -> None:
                    finish(line, found)
                    cancel_in(delay, call)

                monkeypatch.setattr(Line, "_finish", finishing)
                cancelled.clear()
                done = (await asyncio.gather(call, return_exceptions=True))[0]
                assert isinstance(done, asyncio.CancelledError) == any(cancelled), delay

    with ScriptedServer(handler=lambda _: GOOD) as server:
        on_loop(main())


def test_what_is_cancelled_while_it_connects_is_forgotten(
    on_loop: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = Line.connection_made

    async def main() -> None:
        async with client_of(server) as client:
            lines = lines_of(client)
            for _ in range(3):
                call = asyncio.ensure_future(client.get_object("docs", "a"))

                def made(line: Line, transport: Any, call: asyncio.Future[Any] = call) -> None:
                    connected(line, transport)
                    call.cancel()

                monkeypatch.setattr(Line, "connection_made", made)
                with pytest.raises(asyncio.CancelledError):
                    await call
            await asyncio.wait_for(until_none(lines), 10)

    async def until_none(lines: Lines) -> None:
        while lines._all:
            await asyncio.sleep(0.005)

    with ScriptedServer(handler=lambda _: GOOD) as server:
        on_loop(main())


def test_connecting_has_an_end(on_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("aiohappyeyeballs.start_connection", never)

    async def main() -> None:
        client = AsyncMinIOClient(
            config_for("http://localhost:9", connect_timeout=0.05, max_retries=0), clock=FakeClock()
        )
        with pytest.raises(MinIOTimeoutError):
            await client.get_object("docs", "a")
        assert not lines_of(client)._all
        await client.close()

    on_loop(main())


def test_a_connection_that_comes_too_late_is_closed() -> None:
    async def main() -> None:
        gone: list[Line] = []
        line = Line(asyncio.get_running_loop(), gone.append)
        line.close()
        wire: Any = Wire(line)
        line.connection_made(wire)
        assert not wire.open

    run(main())


# --- those who look on -----------------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went the short way."""
    calls: list[str] = []
    ask = Line.ask

    def counting(line: Line, data: bytes, request: Request, seconds: float, pace: Any) -> Any:
        calls.append(request.method)
        return ask(line, data, request, seconds, pace)

    monkeypatch.setattr(Line, "ask", counting)
    return calls


def test_mocks_answer_in_place_of_the_server(
    monkeypatch: pytest.MonkeyPatch, counted: list[str], on_loop: Run
) -> None:
    """As `aioresponses` does it, and instrumentation by wrapping."""
    request = aiohttp.ClientSession._request
    seen: list[str] = []

    @functools.wraps(request)
    async def instrumented(session: Any, method: str, *given: Any, **options: Any) -> Any:
        seen.append(method)
        return await request(session, method, *given, **options)

    async def main() -> None:
        async with client_of(server) as client:
            await client.get_object("docs", "a")
            with monkeypatch.context() as patched:
                patched.setattr(aiohttp.ClientSession, "_request", instrumented)
                await client.get_object("docs", "a")
            assert (seen, counted) == (["GET"], ["GET"])
            await client.get_object("docs", "a")
            assert (seen, counted) == (["GET"], ["GET", "GET"])

    with ScriptedServer([GOOD, GOOD, GOOD]) as server:
        on_loop(main())


def test_instrumentation_by_trace_configs_sees_every_call(
    monkeypatch: pytest.MonkeyPatch, counted: list[str], on_loop: Run
) -> None:
    """As OpenTelemetry's for aiohttp's client does it."""
    seen: list[str] = []

    async def started(session: Any, context: Any, params: Any) -> None:
        seen.append(params.method)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(started)
    init = aiohttp.ClientSession.__init__

    @functools.wraps(init)
    def instrumented(session: Any, *given: Any, **options: Any) -> None:
        init(session, *given, **options, trace_configs=[trace])

    async def main() -> None:
        async with client_of(server) as client:
            await client.get_object("docs", "a")
            monkeypatch.setattr(aiohttp.ClientSession, "__init__", instrumented)
            await client.get_object("docs", "a")

    with ScriptedServer([GOOD, GOOD]) as server:
        on_loop(main())
    assert (seen, counted) == (["GET"], ["GET"])


def test_what_was_wrapped_before_us_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(*given: Any, **options: Any) -> None: ...

    assert all(direct_async._WRITTEN)
    monkeypatch.setattr(aiohttp.ClientSession, "_request", other)
    assert written(aiohttp.ClientSession, "_request", aiohttp.client) is None
