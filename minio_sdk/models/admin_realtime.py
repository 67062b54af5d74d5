"""What MinIO's servers measure of themselves, as of this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.models.admin_jobs import BatchJobStatus
from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze

METRIC_KINDS = ("scanner", "disk", "os", "jobs", "net", "memory", "cpu", "rpc")
"""What `realtime_metrics` can tell of; each is a field of `ServerMetrics`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedAction(Record):
    """How often something was done, and how long it took.

    Attributes:
        count: how often.
        seconds: all of them together.
        fastest, slowest: seconds of one; 0 where the server doesn't tell.
        size: bytes of all together; 0 where it has none.
    """

    count: int = 0
    seconds: float = 0.0
    fastest: float = 0.0
    slowest: float = 0.0
    size: int = 0

    @property
    def average(self) -> float:
        """Seconds that one took."""
        return self.seconds / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerMetrics(Record):
    """What MinIO's scanner does, which looks through all data for what is damaged or has expired.

    Attributes:
        collected: when it was measured.
        cycle: the number of the run through all data that is under way.
        cycle_started: when that began; None when none is.
        cycles_completed: when those before it ended.
        ongoing_buckets: how many are looked through now.
        counts: how often each of its actions was done since the servers were started.
        last_minute: the same of the last minute, with times.
        ilm_counts, ilm_last_minute: the same of what lifecycle rules had it do.
        active: the paths that it is at, with the server's names of buckets.
        excessive: prefixes with more entries than is good, of the last day; servers from 2025 on tell them.
    """

    collected: datetime | None = None
    cycle: int = 0
    cycle_started: datetime | None = None
    cycles_completed: tuple[datetime, ...] = ()
    ongoing_buckets: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    last_minute: Mapping[str, TimedAction] = field(default_factory=dict)
    ilm_counts: Mapping[str, int] = field(default_factory=dict)
    ilm_last_minute: Mapping[str, TimedAction] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    excessive: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "counts", "last_minute", "ilm_counts", "ilm_last_minute")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskMetrics(Record):
    """What drives do; of one, or of several together.

    The figures of the device are the kernel's, since it was started; MinIO tells them by drive only.

    Attributes:
        collected: when it was measured; None by drive.
        drives, offline, healing: how many.
        counts: how often each storage call was made since the servers were started.
        last_minute: the same of the last minute, with times.
        reads, writes: operations of the device.
        read_bytes, written_bytes: of the device.
        read_time, write_time: seconds that they took, those that waited at once counted each.
        busy_time: seconds in which the device was busy.
        in_flight: operations that are under way now.
    """

    collected: datetime | None = None
    drives: int = 0
    offline: int = 0
    healing: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    last_minute: Mapping[str, TimedAction] = field(default_factory=dict)
    reads: int = 0
    writes: int = 0
    read_bytes: int = 0
    written_bytes: int = 0
    read_time: float = 0.0
    write_time: float = 0.0
    busy_time: float = 0.0
    in_flight: int = 0

    def __post_init__(self) -> None:
        freeze(self, "counts", "last_minute")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCallMetrics(Record):
    """What MinIO's servers ask of their operating system.

    Attributes:
        collected: when it was measured.
        counts: how often each call was made since the servers were started.
        last_minute: the same of the last minute, with times.
    """

    collected: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    last_minute: Mapping[str, TimedAction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "counts", "last_minute")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMetrics(Record):
    """What went through the network interface that servers reach each other by, since it is up.

    Attributes:
        collected: when it was measured.
        interface: its name; empty of several servers together.
        received_bytes, received_packets, received_errors, received_dropped: what came in.
        sent_bytes, sent_packets, sent_errors, sent_dropped: what went out.
    """

    collected: datetime | None = None
    interface: str = ""
    received_bytes: int = 0
    received_packets: int = 0
    received_errors: int = 0
    received_dropped: int = 0
    sent_bytes: int = 0
    sent_packets: int = 0
    sent_errors: int = 0
    sent_dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMetrics(Record):
    """The memory of a server's machine, in bytes.

    Attributes:
        collected: when it was measured.
        total, used, free, available, shared, cache, buffers: as Linux counts them.
        swap_total, swap_free: of swap space.
        limit: what the server may take, by its control group; `total` where there is none.
    """

    collected: datetime | None = None
    total: int = 0
    used: int = 0
    free: int = 0
    available: int = 0
    shared: int = 0
    cache: int = 0
    buffers: int = 0
    swap_total: int = 0
    swap_free: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CPUMetrics(Record):
    """The processors of a server's machine.

    Attributes:
        collected: when it was measured.
        count: how many there are.
        load1, load5, load15: the load of the last 1, 5 and 15 minutes.
        user, system, idle, nice, iowait, irq, softirq, steal, guest: seconds since the machine was started,
            of all processors together.
    """

    collected: datetime | None = None
    count: int = 0
    load1: float = 0.0
    load5: float = 0.0
    load15: float = 0.0
    user: float = 0.0
    system: float = 0.0
    idle: float = 0.0
    nice: float = 0.0
    iowait: float = 0.0
    irq: float = 0.0
    softirq: float = 0.0
    steal: float = 0.0
    guest: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RPCMetrics(Record):
    """How servers talk to each other.

    Attributes:
        collected: when it was measured; None when there is one server only.
        connected, disconnected, reconnects: connections.
        outgoing_streams, incoming_streams: that are open.
        outgoing_bytes, incoming_bytes, outgoing_messages, incoming_messages: since they were started.
        queued: messages that wait to be sent.
        last_connect, last_pong: when they last connected, and heard of each other.
        last_ping, slowest_ping: seconds until a ping was answered.
        by_destination: the same by the address that is talked to.
    """

    collected: datetime | None = None
    connected: int = 0
    disconnected: int = 0
    reconnects: int = 0
    outgoing_streams: int = 0
    incoming_streams: int = 0
    outgoing_bytes: int = 0
    incoming_bytes: int = 0
    outgoing_messages: int = 0
    incoming_messages: int = 0
    queued: int = 0
    last_connect: datetime | None = None
    last_pong: datetime | None = None
    last_ping: float = 0.0
    slowest_ping: float = 0.0
    by_destination: Mapping[str, RPCMetrics] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "by_destination")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMetrics(Record):
    """What one server measures, or all of them together; None is what wasn't asked for, or isn't told.

    Attributes:
        scanner, disk, os, net, memory, cpu, rpc: of this kind.
        jobs: batch jobs that are under way or ended lately, by id.
    """

    scanner: ScannerMetrics | None = None
    disk: DiskMetrics | None = None
    os: SystemCallMetrics | None = None
    jobs: Mapping[str, BatchJobStatus] | None = None
    net: NetworkMetrics | None = None
    memory: MemoryMetrics | None = None
    cpu: CPUMetrics | None = None
    rpc: RPCMetrics | None = None

    def __post_init__(self) -> None:
        if self.jobs is not None:
            freeze(self, "jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeMetrics(Record):
    """What MinIO's servers measure, as of one moment.

    Attributes:
        nodes: the servers that have told.
        total: of all of them together; MinIO doesn't add up memory and processors.
        by_node: of each of them.
        by_drive: of each drive; empty unless it was asked for.
        errors: what couldn't be measured, and why.
    """

    nodes: tuple[str, ...] = ()
    total: ServerMetrics = ServerMetrics()
    by_node: Mapping[str, ServerMetrics] = field(default_factory=dict)
    by_drive: Mapping[str, DiskMetrics] = field(default_factory=dict)
    errors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "by_node", "by_drive")
