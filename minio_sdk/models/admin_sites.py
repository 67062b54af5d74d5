"""Remote targets of buckets, how replication is doing, and replication of whole sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.errors import invalid
from minio_sdk.models.admin_tiers import check_http
from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze, hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTarget(Record):
    """Another server's bucket that a bucket of MinIO is replicated to.

    Attributes:
        arn: what a replication rule names as its destination.
        bucket: the bucket here, as the caller writes it.
        endpoint: host and port of the other server.
        target_bucket: its bucket, by its own name.
        access_key: who replicates there; the secret isn't told.
        secure: whether it is reached by TLS.
        region: of that bucket.
        synchronous: an upload here ends only when it is there as well.
        bandwidth_limit: bytes a second; 0 for no limit.
        proxy: whether reads of what isn't here yet are passed on.
        storage_class: of the objects there.
        health_check: seconds between two looks at it.
        online: whether it answered the last of them.
        last_online: when it answered; None for never.
        latency: seconds that an answer takes on average.
    """

    arn: str
    bucket: str
    endpoint: str
    target_bucket: str
    access_key: str = ""
    secure: bool = False
    region: str = ""
    synchronous: bool = False
    bandwidth_limit: int = 0
    proxy: bool = True
    storage_class: str = ""
    health_check: float = 0.0
    online: bool = False
    last_online: datetime | None = None
    latency: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationCounts(Record):
    """What was replicated to one target, since the server was started.

    Attributes:
        size, count: bytes and versions that are there now.
        failed_size, failed_count: that could not be sent; MinIO tries them again.
        recent_failed_count: of these, in the last hour.
        bandwidth_limit: bytes a second for this bucket; 0 for no limit.
        bandwidth: bytes a second at this time.
    """

    size: int = 0
    count: int = 0
    failed_size: int = 0
    failed_count: int = 0
    recent_failed_count: int = 0
    bandwidth_limit: int = 0
    bandwidth: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationStatus(Record):
    """How the replication of a bucket is doing, since the server was started.

    Attributes:
        uptime: seconds since then.
        size, count: bytes and versions that were sent.
        replica_size, replica_count: that came here from elsewhere.
        queued_size, queued_count: that wait to be sent.
        failed_size, failed_count: that could not be sent.
        targets: the same for each target, by its ARN.
    """

    uptime: int = 0
    size: int = 0
    count: int = 0
    replica_size: int = 0
    replica_count: int = 0
    queued_size: int = 0
    queued_count: int = 0
    failed_size: int = 0
    failed_count: int = 0
    targets: Mapping[str, ReplicationCounts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "targets")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationResync(Record):
    """How far MinIO is with replicating to a target once more what is in a bucket.

    Attributes:
        arn: the target's.
        id: of this run.
        status: ``"Pending"``, ``"Ongoing"``, ``"Completed"``, ``"Failed"`` or ``"Canceled"``; empty where it
            isn't told, as of one that was started just now.
        started: when it was.
        updated: when this was last known; the end, when it has ended.
        size, count: bytes and versions that are there by now.
        failed_size, failed_count: that could not be sent.
        key: the object that was looked at last.
    """

    arn: str
    id: str
    status: str = ""
    started: datetime | None = None
    updated: datetime | None = None
    size: int = 0
    count: int = 0
    failed_size: int = 0
    failed_count: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreplicatedVersion(Record):
    """A version that isn't where the bucket's replication rules want it, as of when MinIO looked.

    Attributes:
        key: the object.
        version_id: of the version.
        status: ``"PENDING"`` or ``"FAILED"``; empty of what was there before its rule.
        last_modified: when it was written.
        replicated: when it was sent last; None for never.
        delete_marker: whether it is a delete marker.
        targets: the status at each target, by its ARN.
    """

    key: str
    version_id: str | None = None
    status: str = ""
    last_modified: datetime | None = None
    replicated: datetime | None = None
    delete_marker: bool = False
    targets: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "targets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Record):
    """A MinIO installation that is to be one of several that hold the same.

    Attributes:
        name: its name among them.
        endpoint: its URL.
        access_key, secret_key: of its root user, or of one with all rights; hidden in `repr`.
    """

    name: str
    endpoint: str
    access_key: str
    secret_key: str

    def __post_init__(self) -> None:
        for name in ("name", "access_key"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value or not value.isprintable():
                raise invalid(name, value, "must be printable text, not empty")
        if not isinstance(self.secret_key, str) or not self.secret_key:
            raise invalid("secret_key", "***", "must be text, not empty")
        object.__setattr__(self, "endpoint", check_http("endpoint", self.endpoint))
        object.__setattr__(self, "secret_key", hidden(self.secret_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePeer(Record):
    """One of the installations that hold the same.

    Attributes:
        name, endpoint: as in `Site`.
        deployment_id: the installation's own id.
        synchronous: uploads to it end only when they are with the others as well.
        bandwidth_limit: bytes a second for each bucket; 0 for no limit.
        replicates_expiry: whether rules of expiry are replicated, too.
    """

    name: str
    endpoint: str
    deployment_id: str
    synchronous: bool = False
    bandwidth_limit: int = 0
    replicates_expiry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReplication(Record):
    """Which installations hold the same.

    Attributes:
        enabled: whether there are any.
        name: of the one that was asked.
        sites: all of them.
        access_key: the service account that they use among themselves.
    """

    enabled: bool
    name: str = ""
    sites: tuple[SitePeer, ...] = ()
    access_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReplicationResult(Record):
    """What became of a change of site replication.

    Attributes:
        status: in the server's words.
        success: whether all sites have it.
        error: what went wrong with some of them.
        sync_error: why what is there already wasn't replicated, after sites were added.
    """

    status: str
    success: bool
    error: str = ""
    sync_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteResync(Record):
    """That a site begins to send another all that it has once more, or ends to.

    Attributes:
        id: of this run.
        status: ``"Ongoing"``, ``"Canceled"`` or ``"Failed"``.
        errors: what went wrong with a bucket, by the server's name of it.
    """

    id: str
    status: str
    errors: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteResyncStatus(Record):
    """How far a site is with sending another all that it has once more.

    Attributes:
        id: of this run.
        deployment_id: of the other site.
        status: ``"Ongoing"``, ``"Completed"``, ``"Failed"`` or ``"Canceled"``. MinIO goes on saying
            ``"Ongoing"`` of a cancelled run until it is started anew, and of a run without buckets.
        started: when it was.
        updated: when this was last known; the end, when it has ended.
        buckets: how many there are to be sent.
        size, count: bytes and versions that are there by now.
        failed_size, failed_count: that could not be sent.
        failed_buckets: which could not, by the server's names.
        bucket, key: what was looked at last.
    """

    id: str
    deployment_id: str = ""
    status: str = ""
    started: datetime | None = None
    updated: datetime | None = None
    buckets: int = 0
    size: int = 0
    count: int = 0
    failed_size: int = 0
    failed_count: int = 0
    failed_buckets: tuple[str, ...] = ()
    bucket: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSummary(Record):
    """What one site has of what it should.

    Attributes:
        name: the site's.
        buckets, buckets_total: in step with the others, and all there are.
        users, users_total, groups, groups_total, policies, policies_total: likewise.
    """

    name: str
    buckets: int = 0
    buckets_total: int = 0
    users: int = 0
    users_total: int = 0
    groups: int = 0
    groups_total: int = 0
    policies: int = 0
    policies_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReplicationStatus(Record):
    """Whether all sites hold the same.

    Attributes:
        enabled: whether there are any.
        buckets, users, groups, policies: the most that any site has.
        sites: what each has, by its deployment id.
        out_of_step: names of buckets, users, groups and policies that differ, by these words.
    """

    enabled: bool
    buckets: int = 0
    users: int = 0
    groups: int = 0
    policies: int = 0
    sites: Mapping[str, SiteSummary] = field(default_factory=dict)
    out_of_step: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "sites")
        freeze(self, "out_of_step")
