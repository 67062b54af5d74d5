"""Bodies that dribble: `low_speed_limit` ends them, and the next try goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minio_sdk import MinIOTimeoutError
from minio_sdk.clock import SYSTEM_CLOCK
from tests.both import Connect, both, stored
from tests.clock import FakeClock
from tests.scripted import Exchange, Request, ScriptedServer, Step, reply

SLOW = {"low_speed_limit": 1000, "low_speed_time": 10}


class Dribbling:
    """Sends 500 bytes, lets 11 seconds pass, sends 100 more and then nothing; a later request gets all."""

    def __init__(
        self, clock: FakeClock, size: int, *, chunked: bool = False, times: int = 1
    ) -> None:
        self.clock = clock
        self.data = bytes(range(256)) * (size // 256)
        self.times = times
        self.chunked = chunked

    def __call__(self, request: Request) -> Step:
        whole = self.answer(request)
        if self.times == 0:
            return whole
        self.times -= 1

        def step(exchange: Exchange) -> None:
            sent = bytearray()
            catcher: Any = _Catcher(exchange, sent)
            whole(catcher)
            head = sent.index(b"\r\n\r\n") + 4
            exchange.send(bytes(sent[: head + 500]))
            exchange.stopping.wait(0.1)
            self.clock.advance(11)
            exchange.send(bytes(sent[head + 500 : head + 600]))
            exchange.stopping.wait(10)

        return step

    def answer(self, request: Request) -> Step:
        asked = request.header("Range")
        if asked is None:
            return (
                stored(self.data)
                if not self.chunked
                else reply(200, self.data, headers={"ETag": '"e1"'}, chunked=True)
            )
        first, last = (int(part) for part in asked.removeprefix("bytes=").split("-"))
        body = self.data[first : last + 1]
        told = f"bytes {first}-{first + len(body) - 1}/{len(self.data)}"
        return reply(206, body, headers={"ETag": '"e1"', "Content-Range": told})


class _Catcher:
    """An exchange whose answer is kept."""

    def __init__(self, exchange: Exchange, sent: bytearray) -> None:
        self.request = exchange.request
        self.read_body = exchange.read_body
        self.send = sent.extend


@both
@pytest.mark.parametrize("warm", [False, True], ids=["new", "kept"])
@pytest.mark.parametrize("chunked", [False, True], ids=["sized", "chunked"])
def test_a_body_that_dribbles_is_asked_for_again(
    connect: Connect, warm: bool, chunked: bool
) -> None:
    clock = FakeClock()
    handler = Dribbling(clock, 8192, chunked=chunked, times=0)
    with ScriptedServer(handler=handler) as server, connect(server, clock=clock, **SLOW) as client:
        if warm:
            client.get_object("docs", "k")
        handler.times = 1
        assert client.get_object("docs", "k") == handler.data
        assert len(server.requests) == 2 + warm


@both
def test_it_is_a_timeout_that_names_the_setting(connect: Connect) -> None:
    clock = FakeClock()
    handler = Dribbling(clock, 8192, times=9)
    with (
        ScriptedServer(handler=handler) as server,
        connect(server, clock=clock, max_retries=0, **SLOW) as client,
        pytest.raises(MinIOTimeoutError, match="less than 1000 bytes per second for 10 seconds"),
    ):
        client.get_object("docs", "k")


@both
def test_a_bulk_job(connect: Connect) -> None:
    clock = FakeClock()
    handler = Dribbling(clock, 8192, times=0)
    with ScriptedServer(handler=handler) as server:
        fields: dict[str, Any] = {
            **SLOW,
            "low_speed_time": 0.2,
        }  # the window looks at the real clock
        with connect(server, clock=clock, **fields) as client:
            client.get_object("docs", "k")
            handler.times = 1
            got = client.download_many([f"k{n}" for n in range(20)], bucket="docs", concurrency=4)
            assert list(got) == [handler.data] * 20


@both
def test_a_file_goes_on_where_it_was(connect: Connect, tmp_path: Path) -> None:
    clock = FakeClock()
    handler = Dribbling(clock, 9 * 1024 * 1024, times=0)
    path = tmp_path / "file"
    with ScriptedServer(handler=handler) as server, connect(server, clock=clock, **SLOW) as client:
        client.get_object("docs", "k", range=(0, 10))
        handler.times = 1
        client.download_file("docs", "k", path)
        assert path.read_bytes() == handler.data
        with client.open("docs", "k", "rb") as file:
            file.read(10)
            handler.times = 1
            assert len(file.read()) == len(handler.data) - 10


@both
def test_what_is_slow_and_fast_enough_is_left_alone(connect: Connect) -> None:
    clock = FakeClock()

    def step(exchange: Exchange) -> None:
        exchange.send(b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 100000\r\n\r\n')
        for _ in range(20):
            exchange.send(b"x" * 5000)
            exchange.stopping.wait(0.01)
            clock.advance(4)

    with (
        ScriptedServer(handler=lambda _: step) as server,
        connect(server, clock=clock, low_speed_limit=100, low_speed_time=10) as client,
    ):
        assert client.get_object("docs", "k") == b"x" * 100_000
        assert client.get_object("docs", "k") == b"x" * 100_000
        assert len(server.requests) == 2


@both
def test_the_time_that_a_server_thinks_is_none_of_it(connect: Connect) -> None:
    clock = FakeClock()

    def step(exchange: Exchange) -> None:
        exchange.read_body()
        clock.advance(25)
        stored(b"x" * 100)(exchange)

    with (
        ScriptedServer(handler=lambda _: step) as server,
        connect(server, clock=clock, **SLOW) as client,
    ):
        for _ in range(2):
            client.put_object("docs", "k", b"y" * 300_000)
            assert client.get_object("docs", "k") == b"x" * 100


@both
def test_an_upload_that_nobody_takes_is_sent_again(connect: Connect) -> None:
    """The server reads a little, and then nothing for a real second."""
    taken: list[int] = []

    def step(exchange: Exchange) -> None:
        if exchange.request.method != "PUT" or taken:
            stored()(exchange)
            return
        taken.append(1)
        exchange.stopping.wait(20)

    fields: dict[str, Any] = {"low_speed_limit": 100_000, "low_speed_time": 0.3}
    clock: Any = SYSTEM_CLOCK
    with (
        ScriptedServer([stored(), step, stored(), stored()], strict=False) as server,
        connect(server, clock=clock, base_delay=0, bucket="docs", **fields) as client,
    ):
        client.get_object("docs", "k")
        client.put_object("docs", "k", b"y" * 12_000_000)
        assert [request.method for request in server.requests][-2:] == ["PUT", "PUT"]
