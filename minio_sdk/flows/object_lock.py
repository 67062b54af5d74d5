"""Retention and legal hold of objects, and the lock of a bucket.

A server that doesn't know ``?retention`` may take a PUT of it for the object's new bytes. So one that isn't
known to have locks must answer a question about them first; and what was set is read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotSupportedError, ObjectLockedError
from minio_sdk.flows import locked
from minio_sdk.flows.settings import Kind, own_place, read, read_before, unchanged, write
from minio_sdk.flows.sub_resources import ask, check, expect_there, send_exactly
from minio_sdk.models.names import check_flag
from minio_sdk.models.object_lock import ObjectLock, Retention, object_lock_of, retention_of
from minio_sdk.operation import ObjectOperation, T
from minio_sdk.operations.bucket_object_lock import GetBucketObjectLock, PutBucketObjectLock
from minio_sdk.operations.object_lock import (
    GetObjectLegalHold,
    GetObjectRetention,
    PutObjectLegalHold,
    PutObjectRetention,
    says_nothing_is_set,
)
from minio_sdk.wire.quirks import is_complete


def _lost(wanted: ObjectLock | None, found: ObjectLock | None) -> str | None:
    return None if wanted == found else "what new objects get"


LOCK: Kind[ObjectLock | None] = Kind(
    GetBucketObjectLock,
    PutBucketObjectLock,
    lambda place: PutBucketObjectLock(place, ObjectLock()),  # the lock itself stays for ever
    None,
    _lost,
)


async def set_lock(engine: Engine, bucket: str, lock: ObjectLock | Mapping[str, Any]) -> None:
    """Replace what new objects of a bucket get."""
    place = own_place(engine, bucket, PutBucketObjectLock.name)
    await write(engine, LOCK, place, object_lock_of(lock))


async def get_lock(engine: Engine, bucket: str) -> ObjectLock | None:
    """What new objects of a bucket get; None where objects can't be locked."""
    return await read(engine, LOCK, own_place(engine, bucket, GetBucketObjectLock.name))


async def delete_lock(engine: Engine, bucket: str) -> None:
    """Let new objects of a bucket have no retention of themselves."""
    place = own_place(engine, bucket, PutBucketObjectLock.name)
    nothing = ObjectLock()
    found = await read_before(engine, LOCK, PutBucketObjectLock(place, nothing))
    if found not in (None, nothing):
        await write(engine, LOCK, place, nothing)


async def get_retention(
    engine: Engine, bucket: str, key: str, version_id: str | None = None
) -> Retention | None:
    """The retention of an object; None where it has none."""
    operation = GetObjectRetention(engine.place(bucket), key, version_id)
    await check(engine, operation)
    return await _ask(engine, operation, None)


async def set_retention(
    engine: Engine,
    bucket: str,
    key: str,
    retention: Retention | Mapping[str, Any] | None,
    version_id: str | None = None,
    bypass: bool = False,
) -> None:
    """Replace the retention of an object; None removes it."""
    wanted = None if retention is None else retention_of(retention)
    check_flag("bypass_governance", bypass)
    place = engine.place(bucket)
    put = PutObjectRetention(place, key, wanted, version_id, bypass)
    get = GetObjectRetention(place, key, version_id)
    await check(engine, put)
    if wanted is None and await _ask(engine, get, None) is None:
        return
    try:
        await _change(engine, put, get)
    except ObjectLockedError as error:
        governed = "governance" in error.message and error.code == "InvalidRequest"
        if wanted is None and bypass and governed:  # which this would pass by
            why = f"the server doesn't remove a retention: {error.message}"
            unable = NotSupportedError(why, code=error.code, status=error.status)
            raise engine.named(unable, put) from None
        raise
    if not locked.same(wanted, await _ask(engine, get, None)):
        raise unchanged(engine, put)


async def is_held(engine: Engine, bucket: str, key: str, version_id: str | None = None) -> bool:
    """Whether an object has a legal hold."""
    operation = GetObjectLegalHold(engine.place(bucket), key, version_id)
    await check(engine, operation)
    return await _ask(engine, operation, False)


async def hold(
    engine: Engine, bucket: str, key: str, on: bool, version_id: str | None = None
) -> None:
    """Put a legal hold on an object, or take it off."""
    place = engine.place(bucket)
    put = PutObjectLegalHold(place, key, on, version_id)
    get = GetObjectLegalHold(place, key, version_id)
    await check(engine, put)
    await _change(engine, put, get)
    if await _ask(engine, get, False) is not on:
        raise unchanged(engine, put)


async def _ask(engine: Engine, get: ObjectOperation[T], nothing: T, *, sure: bool = False) -> T:
    """What is set; with `sure` only an answer that speaks of locks will do."""
    try:
        return await ask(engine, get, "locks of objects")
    except MinIOError as error:
        if sure and error.code == "InvalidRequest":
            raise locked.lockless(error) from None
        if not says_nothing_is_set(error):
            raise
        if error.code == "InvalidRequest":  # said of the bucket, whether the object is there or not
            await expect_there(engine, get)
        return nothing


async def _change(engine: Engine, put: ObjectOperation[None], get: ObjectOperation[Any]) -> None:
    if not is_complete(engine.api.server):
        await _ask(engine, get, None, sure=True)
    try:
        await send_exactly(engine, put)
    except MinIOError as error:
        found = await locked.explained(engine, error, put)
        raise (locked.lockless(error) if found is error else found) from None
