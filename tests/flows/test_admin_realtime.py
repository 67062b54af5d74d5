"""What MinIO's servers measure, told by servers that break off, lie or have none; both clients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    EventGap,
    MinIOConnectionError,
    NotSupportedError,
    ServerError,
)
from minio_sdk.flows import admin_live
from minio_sdk.flows import admin_realtime as flow
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.scripted import (
    Reply,
    ScriptedServer,
    Step,
    dribble,
    hang,
    reply,
    s3_error,
    stay_open,
)

HEAD = {"Content-Type": "application/json"}
BUCKETS = reply(
    200, b"<ListAllMyBucketsResult></ListAllMyBucketsResult>", headers={"Server": "MinIO"}
)


def sample(count: int) -> bytes:
    document = {"hosts": ["n1"], "aggregated": {"os": {"life_time_ops": {"Mkdir": count}}}}
    return json.dumps(document).encode() + b"\n"


def stream(*pieces: bytes) -> Reply:
    """An answer of these, after which the connection ends."""
    return reply(200, b"".join(pieces), headers=HEAD, content_length=None)


def stays_open(*pieces: bytes) -> Step:
    """These, and then silence."""
    return stay_open(stream(*pieces))


def served(*steps: Step) -> ScriptedServer:
    """A server with these answers to watching, and one to what is asked before."""
    left = list(steps)
    return ScriptedServer(
        handler=lambda request: left.pop(0) if "/v3/metrics" in request.target else BUCKETS
    )


def mkdirs(entry: Any) -> int:
    return int(entry.total.os.counts["Mkdir"])


@both
def test_measurements_are_told_as_they_come(connect: Connect) -> None:
    found = dribble(stream(sample(1), b" \n", sample(2)), step=7)
    with served(found) as server, connect(server, tenant_id=None, max_retries=0) as client:
        samples = client.admin.watch_metrics("os", interval=1.5, nodes="n1", reconnect_for=0)
        assert [mkdirs(next(samples)) for _ in range(2)] == [1, 2]
        with pytest.raises(MinIOConnectionError, match="ended the measurements"):
            next(samples)
        assert samples.closed
    asked = "/minio/admin/v3/metrics?by-host=true&disks=&hosts=n1&interval=1500ms&n=0&types=4"
    assert server.requests[-1].target == asked


@both
def test_a_lost_connection_is_had_again_and_the_gap_is_told(connect: Connect) -> None:
    clock, gaps = FakeClock(), list[EventGap]()
    steps = (stream(sample(1)), s3_error(503, "XMinioServerNotInitialized"), stays_open(sample(2)))
    with (
        served(*steps) as server,
        connect(server, tenant_id=None, clock=clock, base_delay=1.0) as client,
        client.admin.watch_metrics(on_reconnect=gaps.append) as samples,
    ):
        assert [mkdirs(next(samples)) for _ in range(2)] == [1, 2]
        assert (samples.reconnects, samples.last_gap) == (1, gaps[-1])


@both
def test_a_long_interval_is_no_silence(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience comes on top of it."""
    monkeypatch.setattr(admin_live, "PATIENCE", -0.8)

    with served(hang()) as server, connect(server, tenant_id=None) as client:
        with pytest.raises(NotSupportedError, match="tells nothing.* 0 seconds"):
            client.admin.watch_metrics(interval=1).connect()
    with served() as server, connect(server, tenant_id=None) as client:
        assert client.admin.watch_metrics(interval=60)._flow._patience == pytest.approx(59.2)


@both
@pytest.mark.parametrize(
    "body",
    [b"<html>\n", b"[]\n", b"{}\n", b'{"aggregated": 5}\n', b'{"aggregated": {"cpu": [1]}}\n'],
)
def test_noise_ends_it_after_what_came_before(connect: Connect, body: bytes) -> None:
    with (
        served(stays_open(sample(1), body)) as server,
        connect(server, tenant_id=None) as client,
    ):
        samples = client.admin.watch_metrics()
        next(samples)
        with pytest.raises(ServerError, match="no entry"):
            next(samples)
        assert samples.closed


@both
def test_a_measurement_without_end_is_refused(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow.MetricsFeed, "longest", 1000)
    with served(stays_open(b'{"a":"' + b"x" * 2000)) as server:
        with connect(server, tenant_id=None) as client, pytest.raises(ServerError, match="1000"):
            next(client.admin.watch_metrics())


@both
def test_servers_that_have_none_say_so_at_once(connect: Connect) -> None:
    page = {"Content-Type": "text/html"}
    for answer, error in (
        (reply(200, b"<html></html>", headers=page), NotSupportedError),
        (s3_error(501, "NotImplemented"), NotSupportedError),
        (reply(405), NotSupportedError),
        (s3_error(403, "AccessDenied"), AccessDeniedError),
    ):
        with served(answer) as server, connect(server, tenant_id=None) as client:
            with pytest.raises(error, match="AdminWatchMetrics"):
                next(client.admin.watch_metrics())
    seaweedfs = reply(200, BUCKETS.body, headers={"Server": "SeaweedFS"})
    with ScriptedServer([seaweedfs]) as server, connect(server, tenant_id=None) as client:
        for call in (
            lambda: client.admin.watch_metrics().connect(),
            lambda: client.admin.realtime_metrics(),
            lambda: client.admin.scanner_status(),
        ):
            with pytest.raises(NotSupportedError, match="not MinIO"):
                call()
    assert not any("/v3/metrics" in request.target for request in server.requests)
