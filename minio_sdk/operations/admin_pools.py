"""Pools of drives: what they hold, moving everything out of one, and using them alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import ConflictError, MinIOError, NotFoundError, as_class, invalid
from minio_sdk.models.admin_pools import Decommission, PoolRebalance, Rebalance, StoragePool
from minio_sdk.operation import T
from minio_sdk.operations.admin import AdminOperation, Change
from minio_sdk.operations.admin_users import check_name
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

_IDLE = "decommission is not in progress"


def _checked(pool: str) -> str:
    """The name of one pool. MinIO takes a comma for the end of a name."""
    check_name(pool, "pool")
    if "," in pool:
        raise invalid("pool", pool, "must be the name of one pool, as list_pools() tells it")
    return pool


@dataclass(frozen=True, slots=True)
class _OfPool(AdminOperation[T]):
    """Base of what is asked of a pool by its name."""

    def failure(self, reply: Reply) -> Exception:
        """The exception; MinIO says of a pool that it doesn't have that an argument is invalid."""
        error = AdminOperation.failure(self, reply)
        if not isinstance(error, MinIOError):
            return error
        if error.code == "XMinioAdminInvalidArgument":
            hint = "the names of list_pools(), on a server of several pools"
            return as_class(error, NotFoundError, error.message, hint)
        if _IDLE in error.message:
            return as_class(error, ConflictError, error.message, error.hint)
        return error


@dataclass(frozen=True, slots=True)
class AdminListPools(AdminOperation[list[StoragePool]]):
    """GET pools/list."""

    name: ClassVar[str] = "AdminListPools"

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "pools/list")

    def parse(self, reply: Reply) -> list[StoragePool]:
        """All pools."""
        return [_pool(each) for each in Told.all(reply.body)]


@dataclass(frozen=True, slots=True)
class AdminPoolStatus(_OfPool[StoragePool]):
    """GET pools/status."""

    name: ClassVar[str] = "AdminPoolStatus"

    pool: str

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "pools/status", pool=_checked(self.pool))

    def parse(self, reply: Reply) -> StoragePool:
        """The pool."""
        pool = _pool(Told.read(reply.body))
        if pool.name != self.pool:
            raise XmlError("it is about another pool")
        return pool


def _pool(told: Told) -> StoragePool:
    run = told.told("decommissionInfo")
    started = run.moment("startTime")
    ended = [word for word in ("complete", "failed", "canceled") if run.flag(word)]
    return StoragePool(
        name=told.text("cmdline"),
        id=told.count("id"),
        updated=told.moment("lastUpdate"),
        total=run.count("totalSize"),
        free=run.count("currentSize"),
        decommission=None
        if started is None and not ended
        else Decommission(
            status=ended[0] if ended else "running",
            started=started,
            objects=run.count("objectsDecommissioned"),
            size=run.count("bytesDecommissioned"),
            failed_objects=run.count("objectsDecommissionedFailed"),
            failed_size=run.count("bytesDecommissionedFailed"),
            free_before=run.count("startSize"),
        ),
    )


@dataclass(frozen=True, slots=True)
class AdminStartDecommission(_OfPool[None]):
    """POST pools/decommission."""

    name: ClassVar[str] = "AdminStartDecommission"

    pools: Sequence[str]

    def request(self) -> Request:
        """POST it, once."""
        names = [_checked(pool) for pool in self.pools]
        if not names or len(set(names)) < len(names):
            raise invalid("pools", names, "must be one name or several different ones")
        return self._once("POST", "pools/decommission", pool=",".join(names))

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class AdminCancelDecommission(_OfPool[None]):
    """POST pools/cancel."""

    name: ClassVar[str] = "AdminCancelDecommission"

    pool: str

    def request(self) -> Request:
        """POST it, once: that there is nothing to cancel is an internal error to MinIO."""
        return self._once("POST", "pools/cancel", pool=_checked(self.pool))

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class AdminStartRebalance(AdminOperation[str]):
    """POST rebalance/start."""

    name: ClassVar[str] = "AdminStartRebalance"

    def request(self) -> Request:
        """POST it, once."""
        return self._once("POST", "rebalance/start")

    def parse(self, reply: Reply) -> str:
        """The run's id."""
        found = Told.read(reply.body).text("id")
        if not found:
            raise XmlError("it has no id")
        return found


@dataclass(frozen=True, slots=True)
class AdminStopRebalance(Change):
    """POST rebalance/stop."""

    name: ClassVar[str] = "AdminStopRebalance"

    def request(self) -> Request:
        """POST it."""
        return self._ask("POST", "rebalance/stop")


@dataclass(frozen=True, slots=True)
class AdminRebalanceStatus(AdminOperation[Rebalance]):
    """GET rebalance/status."""

    name: ClassVar[str] = "AdminRebalanceStatus"

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "rebalance/status")

    def parse(self, reply: Reply) -> Rebalance:
        """How far it is."""
        told = Told.read(reply.body)
        return Rebalance(
            id=told.text("ID"),
            pools=tuple(_moved(pool) for pool in told.each("pools")),
            stopped=told.moment("stoppedAt"),
        )


def _moved(told: Told) -> PoolRebalance:
    run = told.told("progress")
    remaining = run.seconds("eta")
    return PoolRebalance(
        id=told.count("id"),
        status=told.text("status"),
        used=told.amount("used"),
        objects=run.count("objects"),
        versions=run.count("versions"),
        size=run.count("bytes"),
        # MinIO divides by what was moved, and before anything was that is no time.
        elapsed=max(run.seconds("elapsed"), 0.0),
        remaining=remaining if remaining > 0 else None,
    )
