"""Batch jobs of MinIO, and healing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob(Record):
    """A batch job that the server works at.

    Attributes:
        id: its id.
        kind: ``"replicate"``, ``"expire"`` or ``"keyrotate"``.
        user: the access key of who has started it.
        started_at: when.
        elapsed: seconds since then; 0 in the answer to its start.
    """

    id: str
    kind: str
    user: str = ""
    started_at: datetime | None = None
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJobStatus(Record):
    """How far a batch job is.

    Attributes:
        id, kind, started_at: as in `BatchJob`.
        updated_at: when the server last wrote down how far it is.
        attempts: how often a ``"replicate"`` job has gone through all; 0 for others.
        complete: it has ended, and all is done.
        failed: not all is done. A ``"replicate"`` job goes through it again some times; others have ended.
        objects, objects_failed: versions that were worked on, and that could not be.
        delete_markers, delete_markers_failed: the same of delete markers.
        size, size_failed: bytes that were copied, and that could not be, of a ``"replicate"`` job.
        last_bucket, last_key: where it is; the server's names.
    """

    id: str
    kind: str
    started_at: datetime | None = None
    updated_at: datetime | None = None
    attempts: int = 0
    complete: bool = False
    failed: bool = False
    objects: int = 0
    objects_failed: int = 0
    delete_markers: int = 0
    delete_markers_failed: int = 0
    size: int = 0
    size_failed: int = 0
    last_bucket: str = ""
    last_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealedItem(Record):
    """One thing that a healing run has looked at.

    Attributes:
        kind: ``"metadata"``, ``"bucket"``, ``"bucket-metadata"`` or ``"object"``.
        bucket: the caller's name of its bucket.
        key: of the object; empty where it is none.
        version_id: of the object.
        detail: what is wrong with it, in the server's words.
        size: bytes of the object.
        before, after: how many of its drives had it right, then and now.
        drives: how many should.
    """

    kind: str
    bucket: str = ""
    key: str = ""
    version_id: str = ""
    detail: str = ""
    size: int = 0
    before: int = 0
    after: int = 0
    drives: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HealStatus(Record):
    """What a healing run has done since it was last asked.

    Attributes:
        summary: ``"running"``, also when it is about to begin; ``"finished"`` or ``"stopped"``.
        detail: why it was stopped.
        started_at: when it began.
        found: what it has looked at since the last question; the server tells each once.
    """

    summary: str
    detail: str = ""
    started_at: datetime | None = None
    found: tuple[HealedItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundHealing(Record):
    """What the healing that MinIO does by itself is at.

    Attributes:
        scanned: objects that were looked at since the server was started.
        healing_drives: endpoints of the drives that are being filled again.
        offline_nodes: servers that didn't answer.
        drives_ok, drives_bad: how many there are, by their state.
    """

    scanned: int = 0
    healing_drives: tuple[str, ...] = ()
    offline_nodes: tuple[str, ...] = ()
    drives_ok: int = 0
    drives_bad: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminLock(Record):
    """A lock that the servers of a cluster hold.

    Attributes:
        resource: bucket and key, by the server's names.
        kind: ``"READ"`` or ``"WRITE"``.
        since: when it was taken.
        elapsed: seconds for which it has been held.
        source: the place in MinIO's program that took it.
        owner, id: the server's, and the request's.
        servers: which servers hold it.
        quorum: how many have to.
    """

    resource: str
    kind: str
    since: datetime | None = None
    elapsed: float = 0.0
    source: str = ""
    owner: str = ""
    id: str = ""
    servers: tuple[str, ...] = ()
    quorum: int = 0
