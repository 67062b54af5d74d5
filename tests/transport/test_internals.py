"""What the short way takes for granted in requests, urllib3 and http.client, and that it isn't needed.

The short way (`minio_sdk.transport.direct`) goes below what those promise. It is proven with the versions in
`PROVEN`, by this folder's tests; where what it takes for granted isn't there, all goes the usual way.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

from minio_sdk.transport import direct
from minio_sdk.transport.connections import Connections, LendingPool, _Idle
from minio_sdk.transport.observing import written
from tests.scripted import ScriptedServer, reply
from tests.transport.test_direct import GOOD, WARM, connect, counted

__all__ = ["counted"]

PROVEN = {"requests": ("2.32.2", "2.34"), "urllib3": ("2.2.1", "2.8")}
"""The oldest and the newest with which these tests were seen to pass; `tox -e oldest` runs the oldest."""

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


@pytest.mark.parametrize("name", PROVEN)
def test_the_installed_version_is_a_proven_one(name: str) -> None:
    oldest, newest = PROVEN[name]
    installed = importlib.metadata.version(name)
    assert numbers(oldest) <= numbers(installed), f"{name} {installed} is older than any promised"
    assert numbers(installed)[:2] <= numbers(newest), (
        f"{name} {installed} is installed, and nobody has looked at one newer than {newest}. If the rest of "
        f"tests/transport passes, and its changelog has nothing on connections, pools and heads, write it "
        f"into PROVEN; else the short way has to be mended"
    )
    assert f'"{name}>={oldest},<{numbers(newest)[0] + 1}"' in PYPROJECT.read_text(encoding="utf-8")


def test_what_is_taken_for_granted_is_there() -> None:
    assert direct._ALL_THERE
    assert direct.unobserved()
    with ScriptedServer([WARM]) as server, connect(server) as client:
        client.get_object("docs", "a")
        pool = client._engine.transport.connections.pool()  # type: ignore[attr-defined]
        assert isinstance(pool, LendingPool)
        assert isinstance(pool.pool, _Idle)
        connection = pool.take_open()
        assert connection is not None
        assert type(connection).response_class.__name__ == "WholeHead"
        pool.give_back(connection)


@pytest.fixture
def another_urllib3(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    match request.param:
        case "pools of its own":
            make = Connections._new_manager

            def plain(self: Connections) -> urllib3.PoolManager:
                manager = make(self)
                manager.pool_classes_by_scheme = urllib3.poolmanager.pool_classes_by_scheme
                return manager

            monkeypatch.setattr(Connections, "_new_manager", plain)
        case "queues of its own":
            monkeypatch.setattr(LendingPool, "QueueCls", queue.LifoQueue)
        case "other names":
            monkeypatch.setattr(direct, "_ALL_THERE", False)


@pytest.mark.parametrize(
    "another_urllib3", ["pools of its own", "queues of its own", "other names"], indirect=True
)
@pytest.mark.usefixtures("another_urllib3")
def test_without_it_all_goes_the_usual_way(counted: list[str]) -> None:
    chunked = reply(200, b"in chunks", headers={"ETag": '"e"'}, chunked=True)
    script = [WARM, GOOD, reply(200, headers={"ETag": '"e"'}), chunked, reply(503), GOOD]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.get_object("docs", "a") == b"warm"
        assert client.get_object("docs", "a") == b"good"
        assert client.put_object("docs", "a", b"x").size == 1
        assert client.get_object("docs", "a") == b"in chunks"
        assert client.get_object("docs", "a") == b"good"
    assert counted == []
    assert {request.connection for request in server.requests} == {1}


def test_a_function_that_is_gone_is_not_missed() -> None:
    class Other:
        pass

    assert written(Other, "send", requests.sessions) is None


# --- OpenTelemetry's own instrumentation ----------------------------------------------------------


class Spans:
    """A tracer that writes down what it is told to trace."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def get_tracer(self, *_: Any, **__: Any) -> Any:
        return self

    @contextlib.contextmanager
    def start_as_current_span(self, name: str, *_: Any, **__: Any) -> Iterator[Any]:
        from opentelemetry import trace

        self.names.append(name)
        context = trace.SpanContext(1, 2, False, trace.TraceFlags(1))
        with trace.use_span(trace.NonRecordingSpan(context)) as span:
            yield span


def test_opentelemetry_sees_each_call_and_the_server_sees_the_trace(counted: list[str]) -> None:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.requests")
    spans = Spans()
    instrument = instrumentation.RequestsInstrumentor()
    with ScriptedServer([WARM, GOOD, reply(503), GOOD, GOOD]) as server, connect(server) as client:
        client.get_object("docs", "a")
        instrument.instrument(tracer_provider=spans)
        try:
            assert client.get_object("docs", "a") == b"good"
            assert client.get_object("docs", "a") == b"good"  # after a retry
            assert counted == []
        finally:
            instrument.uninstrument()
        assert client.get_object("docs", "a") == b"good"
    assert counted == ["GET"]
    assert len(spans.names) == 2
    assert all(name.startswith("GET") for name in spans.names)
    traced = [request.header("traceparent") is not None for request in server.requests]
    assert traced == [False, True, True, True, False]
    signed = [request.header("authorization") or "" for request in server.requests]
    assert all("traceparent" not in line for line in signed)
