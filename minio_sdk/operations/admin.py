"""MinIO's admin API: what its operations have in common, and what the server tells of itself.

Nothing here goes to a server that isn't known to be MinIO (`minio_sdk.flows.admin_calls`): to any other,
``PUT /minio/admin/v3/add-user`` is an upload to bucket ``minio``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.errors import ConflictError, MinIOError, NotFoundError, NotSupportedError, as_class
from minio_sdk.models.admin import (
    AdminDrive,
    AdminNode,
    AdminServerInfo,
    BucketDataUsage,
    DataUsage,
)
from minio_sdk.operation import WHOLE_SERVER, Operation, Place, T
from minio_sdk.wire.failure import error_of
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.url import query_string

PREFIX = "/minio/admin/v3/"

_NOT_OPENED = (
    "the server could not open what was sealed with secret_key; try again if it has just changed"
)
_CLASSES: dict[str | None, tuple[type[MinIOError], str | None]] = {
    "XMinioAdminVersionMismatch": (
        NotSupportedError,
        "a newer MinIO has it, or one of several drives or nodes",
    ),
    "XMinioAdminConfigBadJSON": (MinIOError, _NOT_OPENED),
    "XMinioIAMPolicyInUse": (ConflictError, "detach it from its users and groups first"),
    "XMinioIAMServiceAccountNotAllowed": (ConflictError, "another access key"),
    "XMinioAdminGroupNotEmpty": (ConflictError, "remove its members first"),
    "XMinioAdminNoSuchJob": (NotFoundError, None),
    "XMinioAdminRemoteRemoveDisallowed": (ConflictError, "delete_bucket_replication() first"),
    "XMinioAdminRemoteTargetNotFoundError": (NotFoundError, None),
    "XMinioAdminRebalanceAlreadyStarted": (ConflictError, "stop_rebalance() ends it"),
    "XMinioAdminTierAlreadyExists": (ConflictError, None),
    "XMinioAdminTierBackendInUse": (ConflictError, "another bucket, or another prefix in it"),
    "XMinioAdminTierBackendNotEmpty": (ConflictError, "its objects can be read through it only"),
    "XMinioAdminTierMissingCredentials": (
        MinIOError,
        "access_key and secret_key are for MinIO and S3, credentials_json is for Google",
    ),
    "XMinioAdminTierNotFound": (NotFoundError, None),
    "XMinioHealAlreadyRunning": (ConflictError, "force=True stops it and begins anew"),
    "XMinioHealOverlappingPaths": (ConflictError, "stop_heal() of the other bucket or prefix"),
    "XMinioReplicationNoExistingObjects": (
        ConflictError,
        "existing_objects=True in the rule of set_bucket_replication() that names the target",
    ),
    "XMinioDecommissionNotAllowed": (ConflictError, None),
    "XMinioRebalanceNotAllowed": (ConflictError, None),
    "XMinioAdminConfigIDPCfgNameAlreadyExists": (ConflictError, "update_identity_provider()"),
    "XMinioAdminConfigIDPCfgNameDoesNotExist": (NotFoundError, None),
    "XMinioAdminNoSuchConfigTarget": (NotFoundError, None),
    "XMinioAdminConfigEnvOverridden": (
        ConflictError,
        "change it in the server's environment, which has the last word",
    ),
    "XMinioLDAPNotEnabled": (NotSupportedError, None),
    "OpenIDNotEnabled": (NotSupportedError, None),
    "XMinioAdminPolicyChangeAlreadyApplied": (ConflictError, None),
}
_LACKS = ("requested functionality is not supported", "LDAP is not configured")
"""What MinIO says, as an internal error, of what it has no part for."""


def _could_not_open(message: str) -> bool:
    """Whether MinIO means that; of what it has opened, and finds bad, it says what is bad."""
    told = message.startswith("JSON configuration provided is of incorrect format")
    return told and "importing" not in message


@dataclass(frozen=True, slots=True)
class OfBucket(Operation[T]):
    """Base of the admin API's operations on a bucket, and of all others."""

    def failure(self, reply: Reply) -> Exception:
        """The exception, by MinIO's own codes."""
        error = error_of(reply, self.not_found)
        cls, hint = _CLASSES.get(error.code, (None, None))
        if hint is _NOT_OPENED and not _could_not_open(error.message):
            hint = None
        if cls is None and error.status == 500 and any(words in error.message for words in _LACKS):
            cls = NotSupportedError
        return error if cls is None else as_class(error, cls, error.message, hint or error.hint)

    def _ask(self, method: str, call: str, body: bytes = b"", /, **query: str) -> Request:
        return Request(method, PREFIX + call, query_string(query.items()), body=body)

    def _once(self, method: str, call: str, body: bytes = b"", /, **query: str) -> Request:
        """A request that is sent once: a second one could do harm, or is known to end as the first."""
        request = self._ask(method, call, body, **query)
        request.retry = False
        return request


@dataclass(frozen=True, slots=True)
class AdminOperation(OfBucket[T]):
    """Base of the admin API's operations on the whole server."""

    not_found: ClassVar[str] = "NotFound"

    place: Place = field(default=WHOLE_SERVER, kw_only=True)


@dataclass(frozen=True, slots=True)
class SealedReply(AdminOperation[bytes]):
    """Base of operations whose answer is sealed: `parse` gives it as it is."""

    def parse(self, reply: Reply) -> bytes:
        """The sealed bytes."""
        return reply.body


@dataclass(frozen=True, slots=True)
class Change(AdminOperation[None]):
    """Base of operations whose success says nothing."""

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class AdminInfo(AdminOperation[AdminServerInfo]):
    """GET info: the servers, their drives, what they hold."""

    name: ClassVar[str] = "AdminInfo"

    def request(self) -> Request:
        """GET info."""
        return self._ask("GET", "info")

    def parse(self, reply: Reply) -> AdminServerInfo:
        """What the server says of itself."""
        told = Told.read(reply.body)
        nodes = tuple(_node(server) for server in told.each("servers"))
        first = nodes[0] if nodes else AdminNode(endpoint="", state="")
        drives = [drive for node in nodes for drive in node.drives]
        backend = told.told("backend")
        return AdminServerInfo(
            mode=told.text("mode"),
            version=first.version,
            uptime=first.uptime,
            region=told.text("region"),
            deployment_id=told.text("deploymentID"),
            buckets=told.told("buckets").count("count"),
            objects=told.told("objects").count("count"),
            versions=told.told("versions").count("count"),
            delete_markers=told.told("deletemarkers").count("count"),
            usage=told.told("usage").count("size"),
            drives_online=backend.count("onlineDisks"),
            drives_offline=backend.count("offlineDisks"),
            total=sum(drive.total for drive in drives),
            free=sum(drive.free for drive in drives),
            nodes=nodes,
        )


def _node(told: Told) -> AdminNode:
    return AdminNode(
        endpoint=told.text("endpoint"),
        state=told.text("state"),
        version=told.text("version"),
        uptime=told.count("uptime"),
        drives=tuple(
            AdminDrive(
                endpoint=drive.text("endpoint"),
                state=drive.text("state"),
                total=drive.count("totalspace"),
                used=drive.count("usedspace"),
                free=drive.count("availspace"),
                healing=drive.flag("healing"),
            )
            for drive in told.each("drives")
        ),
    )


@dataclass(frozen=True, slots=True)
class AdminDataUsage(AdminOperation[DataUsage]):
    """GET datausageinfo: what the last scan found, buckets by the server's names."""

    name: ClassVar[str] = "AdminDataUsage"

    def request(self) -> Request:
        """GET datausageinfo."""
        return self._ask("GET", "datausageinfo")

    def parse(self, reply: Reply) -> DataUsage:
        """The figures."""
        told = Told.read(reply.body)
        buckets = told.told("bucketsUsageInfo")
        return DataUsage(
            last_update=told.moment("lastUpdate"),
            size=told.count("objectsTotalSize"),
            objects=told.count("objectsCount"),
            buckets={name: _usage(buckets.told(name)) for name in buckets},
        )


def _usage(told: Told) -> BucketDataUsage:
    return BucketDataUsage(
        size=told.count("size"),
        objects=told.count("objectsCount"),
        versions=told.count("versionsCount"),
        delete_markers=told.count("deleteMarkersCount"),
    )
