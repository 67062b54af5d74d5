"""How fast MinIO is: golden requests, real answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minio_sdk import MinIOError, NetworkSpeed, NotSupportedError, SiteSpeed
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError
from tests.samples import admin_more as more
from tests.samples import refused, replayed, sites


def test_a_real_speed_test() -> None:
    found = replayed("AdminSpeedTest", "minio", more.SPEED)
    assert (found.size, found.concurrency, found.servers, found.drives) == (4096, 1, 1, 1)
    for half in (found.write, found.read):
        assert half.bytes_per_second >= half.objects_per_second * 4096 > 0
        assert 0 < half.median <= half.p99 <= half.slowest < 10
        assert half.errors == {}


def test_real_drives() -> None:
    (drive,) = replayed("AdminDriveSpeedTest", "minio", more.DRIVES)
    assert drive.server.startswith("http://")
    assert drive.path
    assert min(drive.read, drive.write) > 0


def test_drives_without_room() -> None:
    full = replace(more.SPEED, size=1 << 42, concurrency=10_000)
    error = refused("AdminSpeedTest-full", "minio", full)
    assert isinstance(error, MinIOError)
    assert (error.status, error.code) == (507, "XMinioSpeedtestInsufficientCapacity")
    assert "not enough usable space" in error.message


def test_all_there_is_to_ask_for() -> None:
    query = replace(more.SPEED, autotune=True).request().query
    assert query == "autotune=true&concurrent=1&duration=1s&size=4096"
    assert "serial=true" in replace(more.DRIVES, serial=True).request().query


def test_the_last_result_counts() -> None:
    lines = [b'{"version":""}', b'{"version":"v","size":1}', b'{"version":"v","size":2}']
    assert more.SPEED.parse(Reply(200, {}, b"\n".join(lines))).size == 2


def test_what_went_wrong_is_told() -> None:
    wrong = b'{"endpoint":"a","err":"down"},{"endpoint":"b","err":""}'
    body = b'{"version":"v","PUTStats":{"servers":[' + wrong + b"]}}"
    assert more.SPEED.parse(Reply(200, {}, body)).write.errors == {"a": "down"}
    lines = b'{"version":"v","endpoint":"a","string":"down"}\n{"version":"v","drivePerf":[{"error":"x"}]}'
    found = more.DRIVES.parse(Reply(200, {}, lines))
    assert [(drive.server, drive.error) for drive in found] == [("a", "down"), ("", "x")]


@pytest.mark.parametrize("body", [b"", b'{"version":""}', b"{", b"[]", b'{"version":5}'])
def test_answers_without_a_result(body: bytes) -> None:
    for operation in (more.SPEED, more.DRIVES):
        with pytest.raises(XmlError):
            operation.parse(Reply(200, {}, body))


def test_real_servers_reach_each_other() -> None:
    assert replayed("AdminNetworkSpeedTest", "minio", sites.NETWORK) == [
        NetworkSpeed(server="http://node1:9000", sent=659367526, received=644178169),
        NetworkSpeed(server="http://node2:9000", sent=678543360, received=667056171),
    ]
    lone = refused("AdminNetworkSpeedTest-one", "minio", sites.NETWORK)
    assert isinstance(lone, NotSupportedError)
    assert lone.message.startswith("there is one server only")


def test_real_sites_reach_each_other() -> None:
    """MinIO tells bytes and how long they took."""
    first, second = replayed("AdminSiteSpeedTest", "minio", sites.SITES)
    assert first == SiteSpeed(
        site="http://127.0.0.1:9000",
        sent=712776089,
        received=6476693504 * 10**9 // 9389654150,
        connections=18,
    )
    assert second.sent == 683006361
    lone = refused("AdminSiteSpeedTest-none", "minio", sites.SITES)
    assert isinstance(lone, NotSupportedError)
    assert "add_site_replication" in str(lone.hint)


def test_a_way_that_broke_off_has_no_speed() -> None:
    """Where MinIO noticed it, the time that is told is negative."""
    wrong = b'{"tx":5,"txTotalDuration":0,"rx":5,"rxTotalDuration":-7,"error":"unstable"}'
    (found,) = sites.SITES.parse(Reply(200, {}, b'{"nodeResults":[' + wrong + b"]}"))
    assert (found.sent, found.received, found.error) == (0, 0, "unstable")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"nodeResults":[5]}', b'{"nodeResults":5}'])
def test_answers_without_a_speed(body: bytes) -> None:
    for operation in (sites.NETWORK, sites.SITES):
        with pytest.raises(XmlError):
            operation.parse(Reply(200, {}, body))
