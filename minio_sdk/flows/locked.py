"""What a lock is the reason of, and whether what was to be locked is.

Servers refuse to remove a locked version in different words, some in none that speak of locks. So a refusal
is looked into: the version tells itself whether it is locked. And servers that don't know locks store an
object without one and answer 200, so what was stored is looked at, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketNotFoundError,
    ConflictError,
    EncryptionKeyError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectLockedError,
    as_class,
)
from minio_sdk.models.object_lock import Retention
from minio_sdk.models.results import DeleteError, UploadResponse
from minio_sdk.operation import ObjectOperation, Operation, Place
from minio_sdk.operations.bucket_object_lock import GetBucketObjectLock
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.object_lock import GetObjectLegalHold, GetObjectRetention
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.locking import is_held, retention_in

_BYPASS = "bypass_governance=True with keys that may, of delete_objects() and delete_many() too"
_REFUSALS = frozenset({"AccessDenied", "InvalidRequest", "ObjectLocked"})
_FEW = 8
_NO_LOCK = (
    "objects can be locked in buckets that were made with create_bucket(..., object_lock=True), "
    "and until a moment that is still to come"
)


@dataclass(frozen=True, slots=True)
class Lock:
    """Why a version can't be removed, and what to try."""

    why: str
    hint: str


async def lock_of(engine: Engine, operation: ObjectOperation[Any]) -> Lock | None:
    """The lock of the version that an operation is about; None where none is in force, as far as is told."""
    try:
        until, held = await _locks(engine, operation)
    except MinIOError:
        return None
    reasons, hints = [], []
    now = datetime.fromtimestamp(engine.transport.signing.now(), timezone.utc)
    if until is not None and until.retain_until_date > now:
        date = until.retain_until_date.isoformat(timespec="seconds")
        reasons.append(f"{until.mode.lower()} mode until {date}")
        free = until.mode == "GOVERNANCE"
        hints.append(_BYPASS if free else "again after that")
    if held:
        reasons.append("a legal hold")
        hints.append("disable_object_legal_hold() first")
    if not reasons:
        return None
    return Lock(f"it is locked: {' and '.join(reasons)}", "; ".join(hints))


async def _locks(
    engine: Engine, operation: ObjectOperation[Any]
) -> tuple[Retention | None, bool | None]:
    """The retention and the legal hold of a version, for which nobody has to have its key."""
    place, key = operation.place, operation.key
    version_id: str | None = getattr(operation, "version_id", None)
    try:
        found = await engine.send(HeadObject(place, key, version_id))
    except EncryptionKeyError:
        until: Retention | None = None
        try:
            until = await engine.send(GetObjectRetention(place, key, version_id))
        except NotFoundError:  # it has none
            pass
        try:
            return until, await engine.send(GetObjectLegalHold(place, key, version_id))
        except NotFoundError:
            return until, False
    return found.retention, found.legal_hold


async def explained(
    engine: Engine, error: MinIOError, operation: ObjectOperation[Any]
) -> MinIOError:
    """A refusal as what it is, where a lock is the reason."""
    if not isinstance(error, AccessDeniedError) and error.code not in _REFUSALS:
        return error
    lock = await lock_of(engine, operation)
    return error if lock is None else as_class(error, ObjectLockedError, lock.why, lock.hint)


async def explained_all(
    engine: Engine, place: Place, errors: Sequence[DeleteError]
) -> tuple[DeleteError, ...]:
    """Refusals to remove versions as what they are, where locks are the reason."""
    refused = [
        (index, each)
        for index, each in enumerate(errors)
        if each.version_id is not None and each.code in _REFUSALS
    ]
    told = list(errors)

    async def look(found: tuple[int, DeleteError]) -> bool:
        index, each = found
        lock = await lock_of(engine, DeleteObject(place, each.key, each.version_id))
        if lock is not None:
            why = f"{lock.why} ({each.message})" if each.message else lock.why
            told[index] = replace(each, message=why, locked=True, hint=lock.hint)
        return lock is not None

    # Where none of the first is locked, credentials are the likely reason, and of a thousand too.
    for part in (refused[:_FEW], refused[_FEW:]):
        if not any(await engine.transport.map(look, part, _FEW)):
            break
    return tuple(told)


def lockless(error: MinIOError) -> MinIOError:
    """The refusal of a lock, where a bucket that has none is the likely reason."""
    if error.code != "InvalidRequest":
        return error
    return as_class(error, ConflictError, error.message, _NO_LOCK)


def same(one: Retention | None, other: Retention | None) -> bool:
    """Whether two retentions are the same, to the second."""
    if one is None or other is None:
        return one is other
    apart = abs((one.retain_until_date - other.retain_until_date).total_seconds())
    return one.mode == other.mode and apart < 1


async def prove(
    engine: Engine, place: Place, stored: UploadResponse, headers: Mapping[str, str]
) -> None:
    """Make sure that what was stored is locked as its headers said.

    Raises:
        NotSupportedError: it is stored, and not locked.
    """
    found = await engine.send(HeadObject(place, stored.key, stored.version_id))
    if same(found.retention, retention_in(headers)) and found.legal_hold is is_held(headers):
        return
    error = NotSupportedError(
        "the object is stored, but the server did not lock it as it was told to"
        + (f" (version_id={stored.version_id!r})" if stored.version_id else ""),
        hint="set_object_retention() or enable_object_legal_hold(), or remove it",
    )
    raise engine.named(error, PutObject(place, stored.key, b""))


async def expect_lock(engine: Engine, create: Operation[Any]) -> None:
    """Make sure that a bucket that was just made has object lock.

    Raises:
        NotSupportedError: it was made without.
    """
    try:
        if await engine.send(GetBucketObjectLock(create.place)) is not None:
            return
    except BucketNotFoundError:
        raise
    except NotFoundError:
        pass
    error = NotSupportedError("the bucket was made, but the server gave it no object lock")
    raise engine.named(error, create)
