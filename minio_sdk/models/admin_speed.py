"""How fast MinIO's servers and drives are, as they have measured it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedFigures(Record):
    """What came of writing, or of reading, in a speed test.

    Attributes:
        bytes_per_second, objects_per_second: of all servers together.
        average, median, p99, slowest: seconds that one object took.
        errors: why a server couldn't, by its address; empty when all went well.
    """

    bytes_per_second: int
    objects_per_second: int
    average: float
    median: float
    p99: float
    slowest: float
    errors: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedTest(Record):
    """What came of a speed test.

    Attributes:
        write, read: of writing and of reading.
        size: bytes of each object.
        concurrency: how many were on their way at once, on each server; the best where that was tried out.
        servers, drives: how many took part.
        version: MinIO's.
    """

    write: SpeedFigures
    read: SpeedFigures
    size: int
    concurrency: int
    servers: int
    drives: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveSpeed(Record):
    """How fast a drive is.

    Attributes:
        server: its address.
        path: where the drive is mounted.
        read, write: bytes per second.
        error: why it couldn't be measured; empty when it was.
    """

    server: str
    path: str
    read: int
    write: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpeed(Record):
    """How fast a server sends to all others at once, and receives from them.

    Attributes:
        server: its address.
        sent, received: bytes per second.
        error: why it couldn't be measured; empty when it was.
    """

    server: str
    sent: int
    received: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpeed(Record):
    """How fast a site sends to all others at once, and receives from them.

    Attributes:
        site: its URL.
        sent, received: bytes per second.
        connections: to each other site.
        error: why it couldn't be measured; empty when it was.
    """

    site: str
    sent: int
    received: int
    connections: int = 0
    error: str = ""
