"""MinIO's pools of drives."""

from __future__ import annotations

from collections.abc import Iterable

from minio_sdk.engine import Engine
from minio_sdk.flows.admin_calls import send
from minio_sdk.models.admin_pools import Rebalance, StoragePool
from minio_sdk.models.showing import RecordList
from minio_sdk.operations import admin_pools as ops
from minio_sdk.operations.admin_users import names_of


async def list_pools(engine: Engine) -> RecordList[StoragePool]:
    """All pools."""
    found = await send(engine, ops.AdminListPools())
    return RecordList(found)


async def pool_status(engine: Engine, pool: str) -> StoragePool:
    """One of them."""
    return await send(engine, ops.AdminPoolStatus(pool))


async def start_decommission(engine: Engine, pools: str | Iterable[str]) -> None:
    """Move everything out of pools."""
    await send(engine, ops.AdminStartDecommission(names_of("pools", pools)))


async def cancel_decommission(engine: Engine, pool: str) -> None:
    """Move no more."""
    await send(engine, ops.AdminCancelDecommission(pool))


async def start_rebalance(engine: Engine) -> str:
    """Use all pools alike."""
    return await send(engine, ops.AdminStartRebalance())


async def rebalance_status(engine: Engine) -> Rebalance:
    """How far that is."""
    return await send(engine, ops.AdminRebalanceStatus())


async def stop_rebalance(engine: Engine) -> None:
    """Move no more."""
    await send(engine, ops.AdminStopRebalance())
