"""How fast MinIO's servers and drives are."""

from __future__ import annotations

from minio_sdk.engine import Engine
from minio_sdk.errors import invalid
from minio_sdk.flows.admin_calls import send
from minio_sdk.models.admin_speed import DriveSpeed, NetworkSpeed, SiteSpeed, SpeedTest
from minio_sdk.models.showing import RecordList
from minio_sdk.operation import Operation, T
from minio_sdk.operations.admin_speed import (
    AdminDriveSpeedTest,
    AdminNetworkSpeedTest,
    AdminSiteSpeedTest,
    AdminSpeedTest,
)

_MORE = 10
"""Seconds that MinIO waits for connections to end, beyond those that it measures."""


async def objects(
    engine: Engine, size: int, concurrency: int, seconds: int, autotune: bool
) -> SpeedTest:
    """Of the servers with objects."""
    return await send(engine, AdminSpeedTest(size, concurrency, seconds, autotune))


async def drives(
    engine: Engine, file_size: int, block_size: int, serial: bool
) -> RecordList[DriveSpeed]:
    """Of the drives with a file."""
    found = await send(engine, AdminDriveSpeedTest(file_size, block_size, serial))
    return RecordList(found)


async def network(engine: Engine, seconds: int) -> RecordList[NetworkSpeed]:
    """Between servers."""
    return await _between(engine, seconds, AdminNetworkSpeedTest(seconds))


async def sites(engine: Engine, seconds: int) -> RecordList[SiteSpeed]:
    """Between sites."""
    return await _between(engine, seconds, AdminSiteSpeedTest(seconds))


async def _between(engine: Engine, seconds: int, operation: Operation[list[T]]) -> RecordList[T]:
    operation.request()  # before anything is done with the seconds
    timeout = engine.config.timeout
    if seconds + _MORE > timeout:
        rule = f"must be {_MORE} s less than the client's timeout of {timeout} s, in which no byte comes"
        raise invalid("seconds", seconds, rule)
    found = await send(engine, operation)
    return RecordList(found)
