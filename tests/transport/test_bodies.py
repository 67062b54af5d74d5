"""Bodies of answers: all of them, whatever their size and form, and not twice in memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from minio_sdk import MinIOConnectionError, NotSupportedError
from minio_sdk.config import MiB
from tests.both import Connect, both
from tests.scripted import Exchange, ScriptedServer, drop_after, reply

FORMS: dict[str, dict[str, Any]] = {
    "length": {},
    "chunked": {"chunked": True},
    "to the end": {"content_length": None},
}


@pytest.fixture(params=[None, 60.0], ids=["", "deadline"])
def deadline(request: pytest.FixtureRequest) -> float | None:
    """With a deadline, bodies are read in other steps."""
    found: float | None = request.param
    return found


def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with large bodies, with small ones."""
    monkeypatch.setattr("minio_sdk.transport.attempts.TRUSTED", 1000)
    monkeypatch.setattr("minio_sdk.transport.attempts._BLOCK", 300)
    monkeypatch.setattr("minio_sdk.transport.direct_async.TRUSTED", 1000)
    monkeypatch.setattr("minio_sdk.transport.direct_async.BLOCK", 300)
    monkeypatch.setattr("minio_sdk.transport.odd.TRUSTED", 1000)
    monkeypatch.setattr("minio_sdk.transport.odd.BLOCK", 300)


@both
@pytest.mark.parametrize("form", FORMS)
def test_every_size(
    connect: Connect, form: str, deadline: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_steps(monkeypatch)
    data = bytes(range(256)) * 20
    sizes = (0, 1, 299, 300, 301, 600, 1000, 1001, 1200, 5120)
    script = [reply(200, data[:size], headers={"ETag": '"e"'}, **FORMS[form]) for size in sizes]
    with ScriptedServer(script) as server, connect(server, deadline=deadline) as client:
        for size in sizes:
            assert client.get_object("docs", "a") == data[:size]


@both
@pytest.mark.parametrize("form", ["length", "chunked"])
@pytest.mark.parametrize("cut", [0, 299, 300, 1001, 4000])
def test_a_body_that_breaks_off_is_none(
    connect: Connect, form: str, cut: int, deadline: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_steps(monkeypatch)
    answer = reply(200, b"x" * 5120, headers={"ETag": '"e"'}, **FORMS[form])
    with (
        ScriptedServer([drop_after(answer, bytes=cut)]) as server,
        connect(server, deadline=deadline, max_retries=0) as client,
    ):
        with pytest.raises(MinIOConnectionError):
            client.get_object("docs", "a")


@both
@pytest.mark.parametrize("form", FORMS)
def test_more_than_was_asked_for(connect: Connect, form: str) -> None:
    """A server that knows no ranges sends everything, of which no more than 64 MiB are read."""
    answer = reply(200, bytes(64 * MiB + 1), headers={"ETag": '"e"'}, **FORMS[form])
    with ScriptedServer([answer]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="67108864"):
            client.get_object("docs", "a", range=(0, 9))


@both
def test_a_large_body_is_not_twice_in_memory(
    connect: Connect, deadline: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minio_sdk.transport.attempts.TRUSTED", 0)
    block, count = bytes(MiB), 32

    def large(exchange: Exchange) -> None:
        head = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: %d\r\n\r\n'
        exchange.send(head % (count * len(block)))
        for _ in range(count):
            exchange.send(block)

    with ScriptedServer([large]) as server, connect(server, deadline=deadline) as client:
        tracemalloc.start()
        try:
            found = client.get_object("docs", "a")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert len(found) == count * MiB
    assert peak < 1.6 * len(found)
