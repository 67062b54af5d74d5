"""How a server is and what it tells of itself; on both clients."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from minio_sdk import MinIOConnectionError, ServerError
from tests.both import ACCESS_KEY, SECRET_KEY, Connect, both
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    ScriptedServer,
    Step,
    drop_before_reply,
    hang,
    reply,
    s3_error,
)

LISTING = reply(200, b"<ListBucketResult></ListBucketResult>")

# --- health --------------------------------------------------------------------------------------

ANSWERS: dict[str, tuple[Step, str]] = {
    "a listing": (LISTING, "healthy"),
    "no bucket yet": (s3_error(404, "NoSuchBucket"), "healthy"),
    "may not list": (s3_error(403, "AccessDenied"), "healthy"),
    "wrong access key": (s3_error(403, "InvalidAccessKeyId"), "credentials_refused"),
    "wrong secret": (s3_error(403, "SignatureDoesNotMatch"), "credentials_refused"),
    "expired token": (s3_error(400, "ExpiredToken"), "credentials_refused"),
    "starting up": (s3_error(503, "XMinioServerNotInitialized"), "unhealthy"),
    "broken": (reply(500), "unhealthy"),
    "slow down": (s3_error(503, "SlowDown"), "unhealthy"),
    "a web page": (reply(200, b"<html></html>"), "unhealthy"),
    "a web page's 404": (reply(404, b"<html></html>"), "unhealthy"),
    "dropped": (drop_before_reply(), "unreachable"),
    "silent": (hang(), "unreachable"),
}


@both
@pytest.mark.parametrize("how", ANSWERS)
def test_health_is_asked_once_and_is_never_an_exception(connect: Connect, how: str) -> None:
    step, status = ANSWERS[how]
    clock = FakeClock()
    with ScriptedServer([step]) as server, connect(server, clock=clock, timeout=0.2) as client:
        health = client.health_check()
    assert (health.status, bool(health), health.healthy) == (status, *[status == "healthy"] * 2)
    assert clock.slept == []
    assert len(server.requests) == 1
    assert health.details["endpoint"] == server.url
    assert "\n" not in str(health.details)
    assert SECRET_KEY not in str(health)
    assert ("error" in health.details) == (status != "healthy")


@both
def test_a_server_that_is_down_is_a_result_that_says_so(connect: Connect) -> None:
    clock = FakeClock()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with connect(url, clock=clock) as client:
            health = client.health_check()
    assert (health.status, bool(health), clock.slept) == ("unreachable", False, [])
    assert "nothing listens on" in health.details["error"]


@both
def test_a_server_that_is_down_is_asked_once_also_when_its_api_is_not_known(
    connect: Connect,
) -> None:
    """The quick start: no keys, a server on this computer that isn't started."""
    clock = FakeClock()
    with ScriptedServer(handler=lambda _: drop_before_reply()) as server:
        with connect(server, clock=clock, access_key=None, secret_key=None) as client:
            assert client.health_check().status == "unreachable"
    assert (clock.slept, len(server.requests)) == ([], 1)


@both
def test_health_tells_how_long_the_answer_took(connect: Connect) -> None:
    clock = FakeClock()

    def slowly(exchange: Exchange) -> None:
        clock.advance(0.25)
        LISTING(exchange)

    with ScriptedServer([slowly]) as server, connect(server, clock=clock) as client:
        assert client.health_check().latency == 0.25


@both
def test_health_of_the_gateway_is_asked_without_retries(connect: Connect) -> None:
    clock = FakeClock()
    with ScriptedServer([reply(503)]) as server:
        with connect(server, clock=clock, api="enterprise") as client:
            assert client.health_check().status == "unhealthy"
    assert clock.slept == []


# --- information ---------------------------------------------------------------------------------

ADMIN = {
    "mode": "online",
    "region": "eu-west-1",
    "deploymentID": "d-1",
    "buckets": {"count": 3},
    "objects": {"count": 12},
    "usage": {"size": 4096},
    "backend": {"onlineDisks": 1, "offlineDisks": 1},
    "servers": [
        {
            "version": "2025-01-01",
            "uptime": 77,
            "drives": [
                {"endpoint": "/a", "state": "ok", "totalspace": 9, "usedspace": 2, "availspace": 7},
                {"endpoint": "/b", "state": "offline", "healing": True},
            ],
        }
    ],
}


@both
@pytest.mark.parametrize(
    "header, name, version",
    [
        ("SeaweedFS 30GB 4.48", "SeaweedFS", "4.48"),
        ("SeaweedFS/3.97", "SeaweedFS", "3.97"),
        ("AmazonS3", "AmazonS3", ""),
        ("", "", ""),
        ("nginx/1.25.3", "nginx", "1.25.3"),
    ],
)
def test_a_server_tells_its_name_and_version(
    connect: Connect, header: str, name: str, version: str
) -> None:
    greeting = s3_error(403, "AccessDenied", headers={"Server": header} if header else {})
    with ScriptedServer([greeting]) as server, connect(server) as client:
        info = client.get_server_info()
    assert (info.server, info.version, info.status) == (name, version, "online")
    assert info.performance == {"latency": 0.0}
    assert info.details["server_header"] == header
    assert info.details["access"] == "AccessDenied"


@both
def test_minio_tells_more(connect: Connect) -> None:
    script = [
        reply(200, b"<x/>", headers={"Server": "MinIO"}),
        reply(200, json.dumps(ADMIN).encode()),
    ]
    with ScriptedServer(script) as server, connect(server) as client:
        info = client.get_server_info()
    assert (info.server, info.version) == ("MinIO", "2025-01-01")
    details = dict(info.details)
    details.pop("server_header")
    assert details == {
        "uptime": 77,
        "mode": "online",
        "region": "eu-west-1",
        "deployment_id": "d-1",
        "buckets": 3,
        "objects": 12,
        "usage": 4096,
        "drives": 2,
        "drives_online": 1,
        "drives_offline": 1,
        "total": 9,
        "free": 7,
        "disks": [
            {"endpoint": "/a", "state": "ok", "total": 9, "used": 2, "free": 7, "healing": False},
            {
                "endpoint": "/b",
                "state": "offline",
                "total": 0,
                "used": 0,
                "free": 0,
                "healing": True,
            },
        ],
    }
    assert server.requests[1].path == "/minio/admin/v3/info"


@both
@pytest.mark.parametrize(
    "answer, told",
    [
        (s3_error(403, "AccessDenied"), "not for these credentials (AccessDenied)"),
        (reply(404, b"<html>"), "can't be read"),
        (reply(200, b"<html>"), "can't be read"),
        (reply(200, b"[]"), "can't be read"),
        (reply(200, b'{"servers": [5]}'), "can't be read"),
        (reply(200, b'{"buckets": 5}'), "can't be read"),
    ],
)
def test_minio_that_does_not_tell_more_is_online_all_the_same(
    connect: Connect, answer: Step, told: str
) -> None:
    script: list[Step] = [reply(200, b"<x/>", headers={"Server": "MinIO"}), answer]
    with ScriptedServer(script) as server, connect(server) as client:
        info = client.get_server_info()
    assert (info.status, info.server) == ("online", "MinIO")
    assert told in info.details["admin"]


@both
def test_information_is_asked_for_with_retries_and_fails_in_words(connect: Connect) -> None:
    clock = FakeClock()
    with ScriptedServer([drop_before_reply(), reply(503), s3_error(403, "AccessDenied")]) as server:
        with connect(server, clock=clock) as client:
            assert client.get_server_info().status == "online"
    assert clock.slept == [1, 2]
    with ScriptedServer([drop_before_reply()]) as server, connect(server, max_retries=0) as client:
        with pytest.raises(MinIOConnectionError, match="ServerInfo failed at http"):
            client.get_server_info()


@both
def test_a_web_page_is_no_server_of_ours(connect: Connect) -> None:
    page: Any = reply(200, b"<!doctype html><html>", headers={"Server": "nginx/1.25"})
    with ScriptedServer([page]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="a web page came in place of an S3 answer") as caught:
            client.get_server_info()
    assert ACCESS_KEY not in str(caught.value)
