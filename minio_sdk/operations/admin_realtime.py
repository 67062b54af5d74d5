"""What MinIO's servers measure of themselves, as of now: once, again and again, and of one resync."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import NotSupportedError, invalid
from minio_sdk.models.admin_realtime import METRIC_KINDS, RealtimeMetrics
from minio_sdk.models.admin_sites import SiteResyncStatus
from minio_sdk.models.names import check_flag
from minio_sdk.operations.admin import AdminOperation
from minio_sdk.wire.admin_entries import MAX_ENTRY
from minio_sdk.wire.admin_figures import realtime_metrics, site_resync
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told

_BITS = {
    "scanner": 1, "disk": 2, "os": 4, "jobs": 8, "net": 32, "memory": 64, "cpu": 128, "rpc": 256,
}  # fmt: skip
_RESYNC = 16
_LONGEST = 86_400.0
# MinIO waits half the interval for its other servers; with one answer it matters for nothing else.
_ONCE = {"n": "1", "interval": "10s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is to be measured.

    Attributes:
        kinds: of what.
        nodes, drives: only of these; empty for all.
        job: only this batch job; empty for all.
        by_node, by_drive: whether each is told by itself, too.
    """

    kinds: tuple[str, ...]
    nodes: tuple[str, ...] = ()
    drives: tuple[str, ...] = ()
    job: str = ""
    by_node: bool = True
    by_drive: bool = False

    def query(self) -> dict[str, str]:
        """As MinIO asks for it.

        Raises:
            ValidationError: a bad value.
        """
        if not self.kinds or not set(self.kinds) <= set(METRIC_KINDS):
            raise invalid(
                "kinds", self.kinds, f"must be 'all', or some of {', '.join(METRIC_KINDS)}"
            )
        if not isinstance(self.job, str) or not self.job.isprintable():
            raise invalid("job", self.job, "must be the id of a batch job")
        query = {"types": str(sum({_BITS[kind] for kind in self.kinds}))}
        for word, name, given in (("hosts", "nodes", self.nodes), ("disks", "drives", self.drives)):
            query[word] = ",".join(_name(name, each) for each in given)
        if check_flag("by_node", self.by_node):
            query["by-host"] = "true"
        if check_flag("by_drive", self.by_drive):
            query["by-disk"] = "true"
        if self.job:
            query["by-jobID"] = self.job
        return query


def _name(argument: str, given: object) -> str:
    # MinIO splits at commas, and takes an empty one for all.
    if not isinstance(given, str) or not given or "," in given or not given.isprintable():
        raise invalid(argument, given, "must be names as `server_info` tells them, without commas")
    return given


@dataclass(frozen=True, slots=True)
class AdminRealtimeMetrics(AdminOperation[RealtimeMetrics]):
    """GET metrics, once."""

    name: ClassVar[str] = "AdminRealtimeMetrics"

    asked: Measured

    def request(self) -> Request:
        """GET it."""
        request = self._ask("GET", "metrics", **self.asked.query(), **_ONCE)
        request.max_body = MAX_ENTRY
        return request

    def parse(self, reply: Reply) -> RealtimeMetrics:
        """What was measured."""
        return realtime_metrics(Told.read(reply.body))


@dataclass(frozen=True, slots=True)
class AdminWatchMetrics(AdminOperation[None]):
    """GET metrics without end.

    Attributes:
        asked: of what.
        interval: seconds between two answers.
    """

    name: ClassVar[str] = "AdminWatchMetrics"

    asked: Measured
    interval: float = 1.0

    def request(self) -> Request:
        """GET it."""
        interval = self.interval
        if not isinstance(interval, (int, float)) or isinstance(interval, bool):
            raise invalid("interval", interval, "must be a number of seconds")
        if not 1 <= interval <= _LONGEST:
            raise invalid("interval", interval, f"must be from 1 to {_LONGEST:.0f} seconds")
        query = {"n": "0", "interval": f"{round(interval * 1000)}ms"}
        # Who listens asks again by rules of its own.
        return self._once("GET", "metrics", **self.asked.query(), **query)

    def parse(self, reply: Reply) -> None:
        """Nothing: what the head has to say is that measurements follow.

        Raises:
            NotSupportedError: it is another answer.
        """
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise NotSupportedError(
                f"the server has no such measurements: it answered with {kind or 'something else'}",
                status=reply.status,
                attempts=reply.attempts,
                hint="MinIO has them; is there a proxy on the way?",
            )


@dataclass(frozen=True, slots=True)
class AdminSiteResyncStatus(AdminOperation[SiteResyncStatus | None]):
    """GET metrics of what `AdminSiteResync` began with a site, by its deployment id."""

    name: ClassVar[str] = "AdminSiteResyncStatus"

    deployment: str

    def request(self) -> Request:
        """GET it."""
        query = {"types": str(_RESYNC), "by-depID": self.deployment}
        return self._ask("GET", "metrics", **query, **_ONCE)

    def parse(self, reply: Reply) -> SiteResyncStatus | None:
        """How far it is; None when there was none."""
        return site_resync(Told.read(reply.body))
