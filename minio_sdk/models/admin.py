"""What MinIO's admin API tells: the server, its disks and usage, users, groups, service accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDrive(Record):
    """One drive of a MinIO server.

    Attributes:
        endpoint: its path, with the server's address before it in a cluster.
        state: ``"ok"``, or what is wrong, such as ``"offline"``.
        total, used, free: bytes; 0 where the server doesn't tell.
        healing: it is being filled again.
    """

    endpoint: str
    state: str
    total: int = 0
    used: int = 0
    free: int = 0
    healing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminNode(Record):
    """One server process of a MinIO installation.

    Attributes:
        endpoint: host and port.
        state: ``"online"``, ``"offline"`` or ``"initializing"``.
        version: its release.
        uptime: seconds since it was started.
        drives: its drives.
    """

    endpoint: str
    state: str
    version: str = ""
    uptime: int = 0
    drives: tuple[AdminDrive, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminServerInfo(Record):
    """A MinIO installation as a whole.

    Attributes:
        mode: ``"online"``, or ``"initializing"``.
        version: the release of its first server.
        uptime: seconds since its first server was started.
        region: as it is set; empty when it isn't.
        deployment_id: the installation's own id.
        buckets, objects, versions, delete_markers: how many, as of the last scan.
        usage: bytes of all objects, as of the last scan.
        drives_online, drives_offline: how many.
        total, free: bytes of all drives.
        nodes: its servers, with their drives.
    """

    mode: str
    version: str = ""
    uptime: int = 0
    region: str = ""
    deployment_id: str = ""
    buckets: int = 0
    objects: int = 0
    versions: int = 0
    delete_markers: int = 0
    usage: int = 0
    drives_online: int = 0
    drives_offline: int = 0
    total: int = 0
    free: int = 0
    nodes: tuple[AdminNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketDataUsage(Record):
    """What the last scan found in one bucket.

    Attributes:
        size: bytes, all versions.
        objects, versions, delete_markers: how many.
    """

    size: int = 0
    objects: int = 0
    versions: int = 0
    delete_markers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUsage(Record):
    """What the last scan of the data found: of the tenant's buckets, without tenancy of all.

    Attributes:
        last_update: when the scan was; None when there was none yet.
        size: bytes in the buckets.
        objects: how many objects are in them.
        buckets: each bucket by name, as the caller writes it.
    """

    last_update: datetime | None = None
    size: int = 0
    objects: int = 0
    buckets: Mapping[str, BucketDataUsage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Record):
    """A user of the server. There is no secret in it, since servers don't tell it.

    Attributes:
        access_key: the user's name.
        enabled: whether it may sign requests.
        policies: names of the policies that are attached to it.
        groups: names of its groups.
        updated_at: when it was last changed; None where the server doesn't tell.
    """

    access_key: str
    enabled: bool
    policies: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Record):
    """A group of users.

    Attributes:
        name: its name.
        enabled: whether its policies are in force.
        members: access keys of its users.
        policies: names of the policies that are attached to it.
        updated_at: when it was last changed; None where the server doesn't tell.
    """

    name: str
    enabled: bool
    members: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount(Record):
    """A further pair of keys of a user, with the user's rights or fewer.

    Attributes:
        access_key: its access key.
        parent: the user that it belongs to.
        enabled: whether it may sign requests.
        name, description: as they were given.
        expires_at: when it ends; None for never.
        policy: what it may do of what its user may; None for all of that. Lists don't tell it
            (`get_service_account` does).
        implied_policy: whether it has no policy of its own.
    """

    access_key: str
    parent: str
    enabled: bool
    name: str = ""
    description: str = ""
    expires_at: datetime | None = None
    policy: Mapping[str, Any] | None = None
    implied_policy: bool = True
