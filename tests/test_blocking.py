"""Flows run to their end without an event loop, and what can't is refused in words."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Generator

import pytest

from minio_sdk.blocking import iterate, run
from tests.both import blocking, stored
from tests.scripted import Request, ScriptedServer, Step, reply


async def three() -> int:
    return 3


class Pause:
    """Something that can only be awaited in an event loop."""

    def __await__(self) -> Generator[None, None, None]:
        yield


def test_the_result_of_a_flow_that_never_suspends() -> None:
    assert run(three()) == 3


def test_an_error_keeps_its_type_and_a_traceback_without_a_loop() -> None:
    async def fail() -> None:
        await three()
        raise KeyError("a")

    with pytest.raises(KeyError) as caught:
        run(fail())
    assert [entry.name for entry in caught.traceback][1:] == ["run", "fail"]


def test_a_flow_that_suspends_is_refused_and_its_cleanup_is_run() -> None:
    ended: list[str] = []

    async def flow() -> None:
        try:
            await Pause()
        finally:
            ended.append("closed")

    with pytest.raises(RuntimeError, match="use AsyncMinIOClient for async iterators"):
        run(flow())
    assert ended == ["closed"]


def test_it_works_inside_a_running_loop_as_in_a_notebook() -> None:
    async def cell() -> int:
        return run(three())

    assert asyncio.run(cell()) == 3


async def count(ended: list[str], most: int = 3) -> AsyncIterator[int]:
    try:
        for number in range(most):
            yield number
    finally:
        await three()
        ended.append("closed")


def test_items_come_one_by_one() -> None:
    ended: list[str] = []
    items = iterate(count(ended))
    assert next(items) == 0
    assert ended == []
    assert list(items) == [1, 2]
    assert ended == ["closed"]


@pytest.mark.parametrize("how", ["break", "close", "error", "forgotten"])
def test_leaving_off_midway_closes_the_flow(how: str) -> None:
    ended: list[str] = []
    items = iterate(count(ended))
    next(items)
    if how == "break":
        for _ in items:
            break
        del items
    elif how == "close":
        items.close()
    elif how == "error":
        with pytest.raises(ZeroDivisionError):
            items.throw(ZeroDivisionError())
    else:
        del items
    gc.collect()
    assert ended == ["closed"]


def test_items_that_have_to_be_waited_for_are_refused() -> None:
    async def slowly() -> AsyncIterator[int]:
        yield 1
        await Pause()

    items = iterate(slowly())
    assert next(items) == 1
    with pytest.raises(RuntimeError, match="use AsyncMinIOClient"):
        next(items)


def test_an_async_iterator_that_waits_is_refused_and_leaves_nothing_on_the_server() -> None:
    """The upload has begun when the client finds out: it is ended again, and the error says why."""
    seen: list[str] = []

    def answer(request: Request) -> Step:
        seen.append(f"{request.method} {request.query.partition('=')[0]}")
        if request.method == "POST":
            xml = "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
            return reply(200, xml.encode())
        return reply(204) if request.method == "DELETE" else stored()

    async def data() -> AsyncIterator[bytes]:
        yield b"x" * 3000
        yield b"y" * (5 << 20)
        await Pause()

    with ScriptedServer(handler=answer) as server:
        with blocking(server, multipart_threshold=1000, part_size=5 << 20) as client:
            with pytest.raises(
                RuntimeError, match="the blocking client was given something to await"
            ):
                client.upload("a", data())
    assert seen == ["POST uploads", "PUT partNumber", "DELETE uploadId"]


def test_an_async_iterator_that_never_waits_is_fine() -> None:
    async def data() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"c"

    with ScriptedServer([stored()]) as server, blocking(server) as client:
        client.upload("a", data())
    assert server.requests[0].body == b"abc"


@pytest.mark.parametrize("pauses", [1, 2, 5])
def test_a_flow_that_takes_no_notice_is_refused_all_the_same(pauses: int) -> None:
    async def stubborn() -> None:
        for _ in range(pauses):
            with contextlib.suppress(RuntimeError):
                await Pause()

    with pytest.raises(RuntimeError, match="given something to await"):
        run(stubborn())
