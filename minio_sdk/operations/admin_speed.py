"""How fast MinIO's servers and drives are: they measure it, and answer with a line for each moment of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import MinIOError, NotSupportedError, as_class, invalid
from minio_sdk.models.admin_speed import (
    DriveSpeed,
    NetworkSpeed,
    SiteSpeed,
    SpeedFigures,
    SpeedTest,
)
from minio_sdk.models.given import whole
from minio_sdk.models.names import check_flag
from minio_sdk.operation import T
from minio_sdk.operations.admin import AdminOperation
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

PAGE = 4096
"""Bytes that drives are written by at least."""
MAX_OBJECT = 5 * 1024**4
LARGEST_BLOCK = 64 * 1024 * 1024
_MOST_AT_ONCE = 10_000
_LONGEST = 3600
LEAST_BETWEEN = 10
"""Seconds; between servers and between sites MinIO measures no shorter."""


def _within(name: str, value: int, least: int, most: int) -> str:
    """What MinIO is asked for; outside of it, it divides by zero or takes all memory, and ends."""
    whole(value, name, least, most)
    return str(value)


def _flag(name: str, value: object) -> dict[str, str]:
    return {name: "true"} if check_flag(name, value) else {}


def _results(reply: Reply) -> Iterator[Told]:
    """The lines that say something; before the end they are empty, to show that it goes on."""
    for line in reply.body.splitlines():
        told = Told.read(line)
        if told.text("version"):
            yield told


@dataclass(frozen=True, slots=True)
class AdminSpeedTest(AdminOperation[SpeedTest]):
    """POST speedtest: write objects for some time, and read them."""

    name: ClassVar[str] = "AdminSpeedTest"

    size: int
    concurrency: int
    seconds: int
    autotune: bool = False

    def request(self) -> Request:
        """POST it, once: all S3 calls wait meanwhile."""
        query = {
            "size": _within("size", self.size, 1, MAX_OBJECT),
            "concurrent": _within("concurrency", self.concurrency, 1, _MOST_AT_ONCE),
            "duration": _within("seconds", self.seconds, 1, _LONGEST) + "s",
        }
        return self._once("POST", "speedtest", **query, **_flag("autotune", self.autotune))

    def parse(self, reply: Reply) -> SpeedTest:
        """The last result, which is the best one."""
        results = list(_results(reply))
        if not results:
            raise XmlError("there is no result in it")
        told = results[-1]
        return SpeedTest(
            write=_figures(told.told("PUTStats")),
            read=_figures(told.told("GETStats")),
            size=told.count("size"),
            concurrency=told.count("concurrent"),
            servers=told.count("servers"),
            drives=told.count("disks"),
            version=told.text("version"),
        )


def _figures(told: Told) -> SpeedFigures:
    times = told.told("responseTime")
    return SpeedFigures(
        bytes_per_second=told.count("throughputPerSec"),
        objects_per_second=told.count("objectsPerSec"),
        average=times.seconds("avg"),
        median=times.seconds("p50"),
        p99=times.seconds("p99"),
        slowest=times.seconds("max"),
        errors={
            each.text("endpoint"): each.text("err")
            for each in told.each("servers")
            if each.text("err")
        },
    )


@dataclass(frozen=True, slots=True)
class AdminDriveSpeedTest(AdminOperation[list[DriveSpeed]]):
    """POST speedtest/drive: write a file on each drive, and read it."""

    name: ClassVar[str] = "AdminDriveSpeedTest"

    file_size: int
    block_size: int
    serial: bool = False

    def request(self) -> Request:
        """POST it, once: all S3 calls wait meanwhile."""
        block = _within("block_size", self.block_size, PAGE, LARGEST_BLOCK)
        if self.block_size % PAGE:
            raise invalid("block_size", self.block_size, f"must be a multiple of {PAGE}")
        file = _within("file_size", self.file_size, self.block_size, MAX_OBJECT)
        query = {"blocksize": block, "filesize": file}
        return self._once("POST", "speedtest/drive", **query, **_flag("serial", self.serial))

    def parse(self, reply: Reply) -> list[DriveSpeed]:
        """Each drive of each server."""
        found = []
        for told in _results(reply):
            server = told.text("endpoint")
            found += [_drive(server, drive) for drive in told.each("drivePerf")]
            if told.text("string"):  # as MinIO calls what kept a whole server from it
                found.append(_drive(server, Told({"error": told.text("string")})))
        if not found:
            raise XmlError("there is no result in it")
        return found


def _drive(server: str, told: Told) -> DriveSpeed:
    return DriveSpeed(
        server=server,
        path=told.text("path"),
        read=told.count("readThroughput"),
        write=told.count("writeThroughput"),
        error=told.text("error"),
    )


@dataclass(frozen=True, slots=True)
class _Between(AdminOperation[list[T]]):
    """How fast it is between servers or sites; no byte comes until it is measured.

    Attributes:
        seconds: for measuring.
    """

    call: ClassVar[str]
    lacks: ClassVar[tuple[str, str]]
    """What is said of a server that has nothing to measure, and what would help."""

    seconds: int

    def request(self) -> Request:
        """POST it, once."""
        seconds = _within("seconds", self.seconds, LEAST_BETWEEN, _LONGEST)
        return self._once("POST", self.call, duration=f"{seconds}s")

    def failure(self, reply: Reply) -> Exception:
        """MinIO's own words for having nothing to measure are of a header, which there isn't."""
        error = AdminOperation.failure(self, reply)
        if isinstance(error, MinIOError) and error.code == "NotImplemented":
            return as_class(error, NotSupportedError, *self.lacks)
        return error

    def parse(self, reply: Reply) -> list[T]:
        """Of each."""
        found = [self._result(each) for each in Told.read(reply.body).each("nodeResults")]
        if not found:
            raise XmlError("there is no result in it")
        return found

    def _result(self, told: Told) -> T:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AdminNetworkSpeedTest(_Between[NetworkSpeed]):
    """POST speedtest/net: send from each server to each, as much as they can."""

    name: ClassVar[str] = "AdminNetworkSpeedTest"
    call: ClassVar[str] = "speedtest/net"
    lacks: ClassVar[tuple[str, str]] = (
        "there is one server only, and nothing between servers to measure",
        "minio-sdk bench, for the way from here to it",
    )

    def _result(self, told: Told) -> NetworkSpeed:
        return NetworkSpeed(
            server=told.text("endpoint"),
            sent=told.count("tx"),
            received=told.count("rx"),
            error=told.text("error"),
        )


@dataclass(frozen=True, slots=True)
class AdminSiteSpeedTest(_Between[SiteSpeed]):
    """POST speedtest/site: send from each site to each, as much as they can."""

    name: ClassVar[str] = "AdminSiteSpeedTest"
    call: ClassVar[str] = "speedtest/site"
    lacks: ClassVar[tuple[str, str]] = (
        "there is no site replication, and nothing between sites to measure",
        "admin.add_site_replication() first",
    )

    def _result(self, told: Told) -> SiteSpeed:
        return SiteSpeed(
            site=told.text("endpoint"),
            sent=_rate(told, "tx", "txTotalDuration"),
            received=_rate(told, "rx", "rxTotalDuration"),
            connections=told.count("totalConn"),
            error=told.text("error"),
        )


def _rate(told: Told, size: str, time: str) -> int:
    """Bytes per second, of bytes in all; 0 where an interrupted test has a time that is none."""
    nanoseconds = told.number(time)
    return told.count(size) * 10**9 // nanoseconds if nanoseconds > 0 else 0
