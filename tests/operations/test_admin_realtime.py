"""What MinIO's servers measure: golden requests, real answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    BatchJobStatus,
    NotSupportedError,
    RealtimeMetrics,
    TimedAction,
    ValidationError,
)
from minio_sdk.models.admin_realtime import METRIC_KINDS
from minio_sdk.operations.admin_realtime import AdminWatchMetrics, Measured
from minio_sdk.wire.admin_entries import entries
from minio_sdk.wire.admin_figures import realtime_metrics, site_resync
from minio_sdk.wire.message import Reply
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError
from tests.samples import answered, replayed, sites

NODES = {"node1:9000", "node2:9000"}


def test_everything_that_two_real_servers_measure() -> None:
    found = replayed("AdminRealtimeMetrics", "minio", sites.ALL)
    assert set(found.nodes) == set(found.by_node) == NODES
    total = found.total
    assert total.disk is not None
    assert (total.disk.drives, total.disk.offline, total.disk.healing) == (4, 0, 0)
    assert total.disk.counts["RenameData"] == 8
    done = total.disk.last_minute["RenameData"]
    assert (done.count, done.seconds) == (6, 0.01335995)
    assert done.average == done.seconds / 6
    assert total.os is not None
    assert total.os.counts["Mkdir"] > 0
    assert total.scanner is not None
    assert (total.scanner.cycle, total.scanner.cycle_started) == (0, None)
    assert total.jobs == {}
    assert (total.memory, total.cpu) == (None, None)
    assert total.net is not None
    assert total.net.received_bytes > total.net.received_packets > 0
    assert total.rpc is not None
    assert set(total.rpc.by_destination) == {f"http://{node}" for node in NODES}
    assert total.rpc.connected == 2
    assert sum(each.connected for each in total.rpc.by_destination.values()) == 2
    for node in found.by_node.values():
        assert node.memory is not None
        assert node.memory.total >= node.memory.limit > node.memory.used > 0
        assert node.cpu is not None
        assert (node.cpu.count, node.cpu.user > 0) == (2, True)
    assert len(found.by_drive) == 4
    for drive in found.by_drive.values():
        assert (drive.drives, drive.collected) == (1, None)
        assert drive.written_bytes % 512 == 0
        assert min(drive.reads, drive.writes, drive.read_bytes, drive.busy_time) > 0
    assert found.errors == ()


def test_real_servers_that_are_not_there() -> None:
    assert replayed("AdminRealtimeMetrics-nowhere", "minio", sites.NOWHERE) == RealtimeMetrics()


def test_a_real_stream() -> None:
    replayed("AdminWatchMetrics", "minio", sites.WATCHED)
    (told,) = entries(answered("AdminWatchMetrics", "minio").body.strip())
    found = realtime_metrics(told)
    assert set(found.by_node) == NODES
    assert found.total.disk is None


def test_a_real_resync_of_a_site() -> None:
    found = replayed("AdminSiteResyncStatus", "minio", sites.RESYNC)
    assert found is not None
    assert (found.id, found.deployment_id, found.status) == (
        "RESYNC-1",
        "DEPLOYMENT-2",
        "Completed",
    )
    assert (found.buckets, found.count, found.size, found.failed_count) == (1, 1, 1, 0)
    assert (found.bucket, found.key, found.failed_buckets) == ("acme-docs", "a b", ())
    assert found.started is not None
    assert found.updated is not None
    assert found.started < found.updated
    assert replayed("AdminSiteResyncStatus-none", "minio", sites.RESYNC) is None


def test_what_real_drives_have_is_a_sealed_file() -> None:
    for case, operation in sites.OF_ONE.items():
        if case.startswith("AdminInspect"):
            assert replayed(case, "minio", operation) == answered(case, "minio").body
    for body in (b"", b"PK", b"\x02" + bytes(80), b"<html>"):
        with pytest.raises(XmlError):
            sites.INSPECTED.parse(Reply(200, {}, body))


def test_all_there_is_to_ask_for() -> None:
    asked = Measured(
        kinds=("scanner", "rpc", "rpc"),
        nodes=("a:1", "b"),
        drives=("/d 1",),
        job="j",
        by_drive=True,
    )
    assert asked.query() == {
        "types": "257", "hosts": "a:1,b", "disks": "/d 1",
        "by-host": "true", "by-disk": "true", "by-jobID": "j",
    }  # fmt: skip
    assert replace(asked, by_node=False, by_drive=False, job="").query().keys() == {
        "types", "hosts", "disks"
    }  # fmt: skip
    for kind in METRIC_KINDS:
        assert int(Measured(kinds=(kind,)).query()["types"]).bit_count() == 1
    assert "interval=86400000ms" in AdminWatchMetrics(asked, 86_400).request().query


@pytest.mark.parametrize("interval", [0, 0.99, -1, float("nan"), 1e9, True, "1", None])
def test_intervals_that_minio_would_not_keep(interval: Any) -> None:
    with pytest.raises(ValidationError, match="^.*interval"):
        AdminWatchMetrics(Measured(kinds=("os",)), interval).request()


def test_heads_that_nothing_follows() -> None:
    for kind in ("text/event-stream", "application/xml", ""):
        with pytest.raises(NotSupportedError, match="measurements"):
            sites.WATCHED.parse(Reply(200, {"content-type": kind}))
    sites.WATCHED.parse(Reply(200, {"content-type": "Application/JSON; charset=utf-8"}))


def test_what_the_samples_have_nothing_of() -> None:
    scanner = {
        "current_cycle": 7, "current_started": "2026-11-22T10:00:00Z",
        "cycle_complete_times": ["2026-11-22T09:00:00Z"], "ongoing_buckets": 2,
        "life_time_ops": {"ScanObject": 5}, "ilm_ops": {"Delete": 1}, "active": ["docs/a"],
        "last_minute": {
            "actions": {"ScanObject": {"count": 2, "acc_time_ns": 3, "min_ns": 1, "max_ns": 2}},
            "ilm": {"Delete": {"count": 0, "bytes": 9}},
        },
        "excessive": ["docs/many"],
    }  # fmt: skip
    job = {"jobID": "j", "jobType": "expire", "expired": {"objects": 3}, "complete": True}
    told = Told({"aggregated": {"scanner": scanner, "batchJobs": {"Jobs": {"j": job}}}})
    total = realtime_metrics(told).total
    assert total.scanner is not None
    assert (total.scanner.cycle, total.scanner.ongoing_buckets) == (7, 2)
    assert str(total.scanner.cycle_started) == "2026-11-22 10:00:00+00:00"
    assert [when.hour for when in total.scanner.cycles_completed] == [9]
    assert total.scanner.last_minute == {
        "ScanObject": TimedAction(count=2, seconds=3e-9, fastest=1e-9, slowest=2e-9)
    }
    assert total.scanner.ilm_last_minute["Delete"].average == 0
    assert (total.scanner.counts, total.scanner.ilm_counts) == ({"ScanObject": 5}, {"Delete": 1})
    assert (total.scanner.active, total.scanner.excessive) == (("docs/a",), ("docs/many",))
    assert total.jobs == {"j": BatchJobStatus(id="j", kind="expire", objects=3, complete=True)}


words = st.sampled_from(
    ["aggregated", "by_host", "by_disk", "scanner", "disk", "os", "batchJobs", "Jobs", "net", "mem",
     "cpu", "rpc", "byDestination", "last_minute", "actions", "operations", "iostats", "read_ticks",
     "acc_time_ns", "lastPingMS", "loadStat", "load1", "collected", "siteResync", "failedBuckets",
     "hosts", "errors", "life_time_ops", "cycle_complete_times"]
)  # fmt: skip
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(words, documents, max_size=5))
def test_whatever_comes_is_read_or_refused(document: dict[str, Any]) -> None:
    told = Told.read(json.dumps(document).encode())
    for read in (realtime_metrics, site_resync):
        try:
            read(told)
        except XmlError:
            pass
