"""Pools of drives, and how MinIO moves objects out of one or between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Decommission(Record):
    """How far MinIO is with moving everything out of a pool.

    Attributes:
        status: ``"running"``, ``"complete"``, ``"canceled"`` or ``"failed"``, which MinIO also says of
            one that was canceled while objects were on their way.
        started: when it was; None when it was canceled or failed.
        objects, size: versions and bytes that were moved.
        failed_objects, failed_size: that could not be.
        free_before: bytes of the pool that could be written when it began.
    """

    status: str
    started: datetime | None = None
    objects: int = 0
    size: int = 0
    failed_objects: int = 0
    failed_size: int = 0
    free_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePool(Record):
    """Drives that objects are spread over; a MinIO that was enlarged has several such pools.

    Attributes:
        name: what the servers' command line says of it, such as ``"/mnt/drive{1...4}"``.
        id: its place among them, from 0.
        updated: when it was added, or its decommission changed.
        total, free: bytes for objects, without what parity takes.
        decommission: None when it was never begun.
    """

    name: str
    id: int
    updated: datetime | None = None
    total: int = 0
    free: int = 0
    decommission: Decommission | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRebalance(Record):
    """What a rebalance has moved out of one pool.

    Attributes:
        id: the pool's place among them, from 0.
        status: ``"Started"``, ``"Completed"``, ``"Stopped"`` or ``"Failed"``; ``"None"`` for a pool that
            nothing is moved out of.
        used: which part of its bytes is in use, from 0 to 1.
        objects, versions, size: that were moved.
        elapsed: seconds that it has taken.
        remaining: seconds that it may take still; None where that can't be told.
    """

    id: int
    status: str
    used: float = 0.0
    objects: int = 0
    versions: int = 0
    size: int = 0
    elapsed: float = 0.0
    remaining: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalance(Record):
    """How far MinIO is with using its pools alike.

    Attributes:
        id: of this run.
        pools: what was moved out of each.
        stopped: when `stop_rebalance` was called; None when it wasn't.
    """

    id: str
    pools: tuple[PoolRebalance, ...] = ()
    stopped: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether objects are still moved."""
        return self.stopped is None and any(pool.status == "Started" for pool in self.pools)
