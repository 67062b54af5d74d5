"""Remote targets of buckets, and how their replication is doing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.admin_sites import (
    RemoteTarget,
    ReplicationCounts,
    ReplicationResync,
    ReplicationStatus,
)
from minio_sdk.models.admin_tiers import check_http
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import check_flag
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operation import Place
from minio_sdk.operations.admin import OfBucket
from minio_sdk.operations.admin_users import check_name
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import XmlError

LEAST_BANDWIDTH = 100_000_000
"""Bytes a second; MinIO takes no smaller limit."""


def check_arn(value: object) -> str:
    """The ARN of a remote target.

    Raises:
        ValidationError: it can't be one.
    """
    arn = check_name(value, "arn")
    if not arn.startswith("arn:"):
        raise invalid("arn", value, "must begin with 'arn:', as list_remote_targets tells it")
    return arn


def check_bandwidth(value: object) -> int:
    """Bytes a second that replication may take; 0 for no limit.

    Raises:
        ValidationError: MinIO wouldn't take it.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, int) or not whole or not (value == 0 or value >= LEAST_BANDWIDTH):
        rule = f"must be 0 for no limit, or at least {LEAST_BANDWIDTH} bytes a second"
        raise invalid("bandwidth_limit", value, rule)
    return value


def _seconds(value: object) -> int:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 1 <= value <= 86_400:
        raise invalid("health_check", value, "must be 1 to 86400 seconds")
    return int(value * 1e9)


def _keys(access_key: object, secret_key: object) -> dict[str, str]:
    for name, value in (("access_key", access_key), ("secret_key", secret_key)):
        if not isinstance(value, str) or not value or not value.isprintable():
            shown = value if name == "access_key" else "***"
            raise invalid(name, shown, "must be printable text, not empty")
    return {"accessKey": str(access_key), "secretKey": str(secret_key)}


def target_request(
    *,
    endpoint: object,
    target_bucket: object,
    access_key: object,
    secret_key: object,
    region: object = "",
    synchronous: object = False,
    bandwidth_limit: object = 0,
    proxy: object = True,
    storage_class: object = "",
    health_check: object = 60.0,
) -> SecretBytes:
    """What `AdminSetRemoteTarget` says of a new one, before it is sealed.

    Raises:
        ValidationError: a bad argument.
    """
    parts = urlsplit(check_http("endpoint", endpoint))
    for name, value in (("region", region), ("storage_class", storage_class)):
        if not isinstance(value, str) or not value.isprintable():
            raise invalid(name, value, "must be printable text")
    document: dict[str, Any] = {
        "endpoint": parts.netloc,
        "secure": parts.scheme == "https",
        "credentials": _keys(access_key, secret_key),
        "targetbucket": check_name(target_bucket, "target_bucket"),
        "type": "replication",
        "api": "s3v4",
        "path": "auto",
        "region": region,
        "storageclass": storage_class,
        "replicationSync": check_flag("synchronous", synchronous),
        "bandwidthlimit": check_bandwidth(bandwidth_limit),
        "disableProxy": not check_flag("proxy", proxy),
        "healthCheckDuration": _seconds(health_check),
    }
    return SecretBytes(json.dumps(document).encode())


def target_change(
    target: RemoteTarget,
    *,
    keys: Credentials | None,
    synchronous: bool | None,
    bandwidth_limit: int | None,
    proxy: bool | None,
    health_check: float | None,
) -> tuple[SecretBytes, tuple[str, ...]]:
    """What `AdminSetRemoteTarget` says of a change, before it is sealed, and what it is that changes.

    Raises:
        ValidationError: a bad argument, or none.
    """
    document: dict[str, Any] = {
        "arn": target.arn,
        # With new keys MinIO takes all of these four, and so they are what they were.
        "endpoint": target.endpoint,
        "secure": target.secure,
        "targetbucket": target.target_bucket,
        "credentials": {},
        "type": "replication",
    }
    changes = []
    if keys is not None:
        document["credentials"] = _keys(keys.access_key, keys.secret_key)
        changes.append("creds")
    if synchronous is not None:
        document["replicationSync"] = check_flag("synchronous", synchronous)
        changes.append("sync")
    if bandwidth_limit is not None:
        document["bandwidthlimit"] = check_bandwidth(bandwidth_limit)
        changes.append("bandwidth")
    if proxy is not None:
        document["disableProxy"] = not check_flag("proxy", proxy)
        changes.append("proxy")
    if health_check is not None:
        document["healthCheckDuration"] = _seconds(health_check)
        changes.append("healthcheck")
    if not changes:
        raise ValidationError("a change of a remote target: give at least one thing to change")
    return SecretBytes(json.dumps(document).encode()), tuple(changes)


@dataclass(frozen=True, slots=True)
class AdminSetRemoteTarget(OfBucket[str]):
    """PUT set-remote-target: a new one, or a change of one there is.

    Attributes:
        sealed: the `target_request`, or the `target_change`.
        changes_of: what of it changes; nothing for a new one.
    """

    name: ClassVar[str] = "AdminSetRemoteTarget"

    sealed: bytes
    changes_of: tuple[str, ...] = ()

    def request(self) -> Request:
        """PUT it; of one that is there MinIO tells the ARN."""
        query = {"bucket": self.place.server_bucket, **dict.fromkeys(self.changes_of, "true")}
        if self.changes_of:
            query["update"] = "true"
        return self._ask("PUT", "set-remote-target", self.sealed, **query)

    def parse(self, reply: Reply) -> str:
        """Its ARN."""
        arn = Told.word(reply.body)
        if not arn.startswith("arn:"):
            raise XmlError("there is no ARN in it")
        return arn


@dataclass(frozen=True, slots=True)
class AdminListRemoteTargets(OfBucket[list[RemoteTarget]]):
    """GET list-remote-targets of a bucket."""

    name: ClassVar[str] = "AdminListRemoteTargets"

    def request(self) -> Request:
        """GET them."""
        bucket = self.place.server_bucket
        return self._ask("GET", "list-remote-targets", bucket=bucket, type="replication")

    def parse(self, reply: Reply) -> list[RemoteTarget]:
        """The targets."""
        return [self._target(told) for told in Told.all(reply.body)]

    def _target(self, told: Told) -> RemoteTarget:
        self.place.check_name(told.text("sourcebucket"))
        return RemoteTarget(
            arn=told.text("arn"),
            bucket=self.place.bucket or "",
            endpoint=told.text("endpoint"),
            target_bucket=told.text("targetbucket"),
            access_key=told.told("credentials").text("accessKey"),
            secure=told.flag("secure"),
            region=told.text("region"),
            synchronous=told.flag("replicationSync"),
            bandwidth_limit=told.count("bandwidthlimit"),
            proxy=not told.flag("disableProxy"),
            storage_class=told.text("storageclass"),
            health_check=told.seconds("healthCheckDuration"),
            online=told.flag("isOnline"),
            last_online=told.moment("lastOnline"),
            latency=told.told("latency").seconds("avg"),
        )


@dataclass(frozen=True, slots=True)
class AdminRemoveRemoteTarget(OfBucket[None]):
    """DELETE remove-remote-target."""

    name: ClassVar[str] = "AdminRemoveRemoteTarget"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    arn: str

    def request(self) -> Request:
        """DELETE it."""
        bucket, arn = self.place.server_bucket, check_arn(self.arn)
        return self._ask("DELETE", "remove-remote-target", bucket=bucket, arn=arn)

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class AdminReplicationStatus(OfBucket[ReplicationStatus]):
    """GET of a bucket's replication-metrics, which is beside S3's own calls."""

    name: ClassVar[str] = "AdminReplicationStatus"

    def request(self) -> Request:
        """GET it."""
        return Request("GET", self.place.path, "replication-metrics=2")

    def parse(self, reply: Reply) -> ReplicationStatus:
        """How it is doing."""
        whole = Told.read(reply.body)
        told = whole.told("currStats")
        queued = told.told("queued").told("curr")
        failed = told.told("failed").told("totals")
        return ReplicationStatus(
            uptime=whole.count("uptime"),
            size=told.count("completedReplicationSize"),
            count=told.count("replicationCount"),
            replica_size=told.count("replicaSize"),
            replica_count=told.count("replicaCount"),
            queued_size=int(queued.amount("bytes")),
            queued_count=int(queued.amount("count")),
            failed_size=int(failed.amount("bytes")),
            failed_count=int(failed.amount("count")),
            targets={arn: _counts(each) for arn, each in told.by_name("Stats").items()},
        )


def _counts(told: Told) -> ReplicationCounts:
    failed = told.told("failed")
    return ReplicationCounts(
        size=told.count("completedReplicationSize"),
        count=told.count("replicationCount"),
        failed_size=int(failed.told("totals").amount("bytes")),
        failed_count=int(failed.told("totals").amount("count")),
        recent_failed_count=int(failed.told("lastHour").amount("count")),
        bandwidth_limit=told.number("limitInBits"),
        bandwidth=told.amount("currentBandwidth"),
    )


@dataclass(frozen=True, slots=True)
class AdminStartResync(OfBucket[list[ReplicationResync]]):
    """PUT of a bucket's replication-reset, which is beside S3's own calls.

    Attributes:
        arn: the target's.
    """

    name: ClassVar[str] = "AdminStartResync"

    arn: str

    def request(self) -> Request:
        """PUT it, once: of a second one MinIO says that the first is under way."""
        query = query_string([("arn", check_arn(self.arn)), ("replication-reset", "")])
        return Request("PUT", self.place.path, query, retry=False)

    def parse(self, reply: Reply) -> list[ReplicationResync]:
        """What was begun."""
        return _resyncs(self.place, reply)


@dataclass(frozen=True, slots=True)
class AdminResyncStatus(OfBucket[list[ReplicationResync]]):
    """GET of a bucket's replication-reset-status.

    Attributes:
        arn: of one target; None for all.
    """

    name: ClassVar[str] = "AdminResyncStatus"

    arn: str | None = None

    def request(self) -> Request:
        """GET it."""
        pairs = [("replication-reset-status", "")]
        if self.arn is not None:
            pairs.insert(0, ("arn", check_arn(self.arn)))
        return Request("GET", self.place.path, query_string(pairs))

    def parse(self, reply: Reply) -> list[ReplicationResync]:
        """How far each is."""
        return _resyncs(self.place, reply)


def _resyncs(place: Place, reply: Reply) -> list[ReplicationResync]:
    found = []
    for told in Told.read(reply.body).each("target"):
        place.check_name(told.text("bucket"))
        found.append(
            ReplicationResync(
                arn=told.text("arn"),
                id=told.text("resetid"),
                status=told.text("resyncStatus"),
                started=told.moment("startTime"),
                updated=told.moment("endTime"),
                size=told.count("completedReplicationSize"),
                count=told.count("replicationCount"),
                failed_size=told.count("failedReplicationSize"),
                failed_count=told.count("failedReplicationCount"),
                key=told.text("object"),
            )
        )
    return found
