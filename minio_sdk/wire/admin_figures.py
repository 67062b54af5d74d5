"""What MinIO's servers measure of themselves, which comes as JSON, once or again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from minio_sdk.models.admin_jobs import BatchJobStatus
from minio_sdk.models.admin_realtime import (
    CPUMetrics,
    DiskMetrics,
    MemoryMetrics,
    NetworkMetrics,
    RealtimeMetrics,
    RPCMetrics,
    ScannerMetrics,
    ServerMetrics,
    SystemCallMetrics,
    TimedAction,
)
from minio_sdk.models.admin_sites import SiteResyncStatus
from minio_sdk.wire.headers import iso_date
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

T = TypeVar("T")

_SECTOR = 512
"""Bytes; the kernel counts in these, whatever the drive has."""
_COUNTS = {"replicate": "replicate", "expire": "expired", "keyrotate": "rotation"}


def realtime_metrics(told: Told) -> RealtimeMetrics:
    """What servers measured at one moment.

    Raises:
        XmlError: a member is not what it should be.
    """
    if "aggregated" not in told:
        raise XmlError("there are no measurements in it")
    return RealtimeMetrics(
        nodes=told.texts("hosts"),
        total=_server(told.told("aggregated")),
        by_node={name: _server(each) for name, each in told.by_name("by_host").items()},
        by_drive={name: _disk(each) for name, each in told.by_name("by_disk").items()},
        errors=told.texts("errors"),
    )


def _server(told: Told) -> ServerMetrics:
    def of(name: str, read: Callable[[Told], T]) -> T | None:
        return None if told.plain.get(name) is None else read(told.told(name))

    return ServerMetrics(
        scanner=of("scanner", _scanner),
        disk=of("disk", _disk),
        os=of("os", _system_calls),
        jobs=of("batchJobs", _jobs),
        net=of("net", _network),
        memory=of("mem", _memory),
        cpu=of("cpu", _cpu),
        rpc=of("rpc", _rpc),
    )


def _counts(told: Told, name: str) -> dict[str, int]:
    found = told.told(name)
    return {each: found.count(each) for each in found}


def _times(told: Told, name: str) -> dict[str, TimedAction]:
    return {
        action: TimedAction(
            count=each.count("count"),
            seconds=each.seconds("acc_time_ns"),
            fastest=each.seconds("min_ns"),
            slowest=each.seconds("max_ns"),
            size=each.count("bytes"),
        )
        for action, each in told.told("last_minute").by_name(name).items()
    }


def _scanner(told: Told) -> ScannerMetrics:
    return ScannerMetrics(
        collected=told.moment("collected"),
        cycle=told.count("current_cycle"),
        cycle_started=told.moment("current_started"),
        cycles_completed=_moments(told.texts("cycle_complete_times")),
        ongoing_buckets=told.count("ongoing_buckets"),
        counts=_counts(told, "life_time_ops"),
        last_minute=_times(told, "actions"),
        ilm_counts=_counts(told, "ilm_ops"),
        ilm_last_minute=_times(told, "ilm"),
        active=told.texts("active"),
        excessive=told.texts("excessive"),
    )


def _moments(texts: tuple[str, ...]) -> tuple[datetime, ...]:
    return tuple(when for when in map(iso_date, texts) if when is not None)


def _disk(told: Told) -> DiskMetrics:
    device = told.told("iostats")
    return DiskMetrics(
        collected=told.moment("collected"),
        drives=told.count("n_disks"),
        offline=told.count("offline"),
        healing=told.count("healing"),
        counts=_counts(told, "life_time_ops"),
        last_minute=_times(told, "operations"),
        reads=device.count("read_ios"),
        writes=device.count("write_ios"),
        read_bytes=device.count("read_sectors") * _SECTOR,
        written_bytes=device.count("wrte_sectors") * _SECTOR,  # as MinIO spells it
        read_time=device.milliseconds("read_ticks"),
        write_time=device.milliseconds("write_ticks"),
        busy_time=device.milliseconds("total_ticks"),
        in_flight=device.count("current_ios"),
    )


def _system_calls(told: Told) -> SystemCallMetrics:
    return SystemCallMetrics(
        collected=told.moment("collected"),
        counts=_counts(told, "life_time_ops"),
        last_minute=_times(told, "operations"),
    )


def _jobs(told: Told) -> dict[str, BatchJobStatus]:
    return {name: job_status(each) for name, each in told.by_name("Jobs").items()}


def job_status(told: Told) -> BatchJobStatus:
    """How far a batch job is.

    Raises:
        XmlError: a member is not what it should be.
    """
    kind = told.text("jobType")
    counts = told.told(_COUNTS.get(kind, ""))
    return BatchJobStatus(
        id=told.text("jobID"),
        kind=kind,
        started_at=told.moment("startTime"),
        updated_at=told.moment("lastUpdate"),
        attempts=told.count("retryAttempts"),
        complete=told.flag("complete"),
        failed=told.flag("failed"),
        objects=counts.count("objects"),
        objects_failed=counts.count("objectsFailed"),
        delete_markers=counts.count("deleteMarkers"),
        delete_markers_failed=counts.count("deleteMarkersFailed"),
        size=counts.count("bytesTransferred"),
        size_failed=counts.count("bytesFailed"),
        last_bucket=counts.text("lastBucket"),
        last_key=counts.text("lastObject"),
    )


def _network(told: Told) -> NetworkMetrics:
    line = told.told("netstats")
    return NetworkMetrics(
        collected=told.moment("collected"),
        interface=told.text("interfaceName"),
        received_bytes=line.count("rx_bytes"),
        received_packets=line.count("rx_packets"),
        received_errors=line.count("rx_errors"),
        received_dropped=line.count("rx_dropped"),
        sent_bytes=line.count("tx_bytes"),
        sent_packets=line.count("tx_packets"),
        sent_errors=line.count("tx_errors"),
        sent_dropped=line.count("tx_dropped"),
    )


def _memory(told: Told) -> MemoryMetrics:
    info = told.told("memInfo")
    return MemoryMetrics(
        collected=told.moment("collected"),
        total=info.count("total"),
        used=info.count("used"),
        free=info.count("free"),
        available=info.count("available"),
        shared=info.count("shared"),
        cache=info.count("cache"),
        buffers=info.count("buffer"),
        swap_total=info.count("swap_space_total"),
        swap_free=info.count("swap_space_free"),
        limit=info.count("limit"),
    )


def _cpu(told: Told) -> CPUMetrics:
    times, load = told.told("timesStat"), told.told("loadStat")
    names = ("user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest")
    return CPUMetrics(
        collected=told.moment("collected"),
        count=told.count("cpuCount"),
        **{name: load.amount(name) for name in ("load1", "load5", "load15")},
        **{name: times.amount(name) for name in names},
    )


def _rpc(told: Told) -> RPCMetrics:
    """One level of destinations, which is all there is: deeper ones are not read."""
    by_name = told.by_name("byDestination")
    return _connections(told, {name: _connections(each, {}) for name, each in by_name.items()})


def _connections(told: Told, destinations: dict[str, RPCMetrics]) -> RPCMetrics:
    return RPCMetrics(
        collected=told.moment("collectedAt"),
        connected=told.count("connected"),
        disconnected=told.count("disconnected"),
        reconnects=told.count("reconnectCount"),
        outgoing_streams=told.count("outgoingStreams"),
        incoming_streams=told.count("incomingStreams"),
        outgoing_bytes=told.count("outgoingBytes"),
        incoming_bytes=told.count("incomingBytes"),
        outgoing_messages=told.count("outgoingMessages"),
        incoming_messages=told.count("incomingMessages"),
        queued=told.count("outQueue"),
        last_connect=told.moment("lastConnectTime"),
        last_pong=told.moment("lastPongTime"),
        last_ping=told.milliseconds("lastPingMS"),
        slowest_ping=told.milliseconds("maxPingDurMS"),
        by_destination=destinations,
    )


def site_resync(told: Told) -> SiteResyncStatus | None:
    """How far a site is with sending another everything once more; None when it never was asked to.

    Raises:
        XmlError: a member is not what it should be.
    """
    found = told.told("aggregated").told("siteResync")
    if not found.plain:
        return None
    return SiteResyncStatus(
        id=found.text("resyncID"),
        deployment_id=found.text("deplID"),
        status=found.text("resyncStatus"),
        started=found.moment("startTime"),
        updated=found.moment("lastUpdate"),
        buckets=found.count("numBuckets"),
        size=found.count("completedReplicationSize"),
        count=found.count("replicationCount"),
        failed_size=found.count("failedReplicationSize"),
        failed_count=found.count("failedReplicationCount"),
        failed_buckets=found.texts("failedBuckets"),
        bucket=found.text("bucket"),
        key=found.text("object"),
    )
