"""Setting, reading and removing a document of a whole bucket, whatever its kind.

Rules of this file. Nothing is sent that a server could take for something else: to one that doesn't know
``?cors``, PUT is CreateBucket and DELETE is DeleteBucket, so a bucket is looked for before the one, and
what is to be removed before the other. And nobody is told that something is set which isn't: it is read
back, and what the server kept only in part is taken back. A lifecycle rule that lost its filter would
delete everything; a policy that lost its condition would show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketAlreadyExistsError,
    BucketNotFoundError,
    ConflictError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    as_class,
)
from minio_sdk.operation import Operation, Place
from minio_sdk.operations.buckets import HeadBucket

T = TypeVar("T")

SETTLES_IN = (0.25, 0.5, 1.0, 2.0)
"""Seconds between questions for a change that doesn't show yet: AWS keeps settings on several machines."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of document.

    Attributes:
        get, put, delete: its operations; `put` is never given `nothing`.
        nothing: what `get` gives where nothing is set.
        lost: what of the first is not in the second, in words; None when they say the same.
        shuts_out: whether what is set may forbid to read it.
    """

    get: Callable[[Place], Operation[T]]
    put: Callable[[Place, Any], Operation[None]]
    delete: Callable[[Place], Operation[None]]
    nothing: T
    lost: Callable[[T, T], str | None]
    shuts_out: bool = False


def own_place(engine: Engine, bucket: str, operation: str, argument: str = "bucket") -> Place:
    """The place of a bucket that is the tenant's alone; `argument` is what the caller calls it.

    Raises:
        NotSupportedError: with prefix tenancy, by the operation's name.
    """
    place = engine.place(bucket, argument)
    if place.prefix:
        raise NotSupportedError(
            "it is set on a whole bucket of the server, and with tenancy='prefix' all tenants share "
            "one",
            operation=operation,
            bucket=bucket,
            tenant_id=engine.config.tenant_id,
            hint="tenancy='bucket'",
        )
    return place


def lost_rules(
    wanted: Sequence[Any], found: Sequence[Any], essence: Callable[[Any], Mapping[str, object]]
) -> str | None:
    """The first of `wanted` that isn't among `found`, and what is different in the nearest one there is.

    Args:
        wanted: rules, or statements, in any order.
        found: those to be compared with them.
        essence: what one says, part by part.
    """
    left = [essence(item) for item in found]
    for number, item in enumerate(wanted, 1):
        mine = essence(item)
        if mine in left:
            left.remove(mine)
            continue
        nearest = min(
            left, key=lambda other: sum(mine[n] != other.get(n) for n in mine), default={}
        )
        parts = [name for name in mine if nearest and mine[name] != nearest.get(name)]
        return f"number {number}" + (f": {', '.join(parts)}" if parts else "")
    return f"{len(left)} more than were set" if left else None


async def read(engine: Engine, kind: Kind[T], place: Place, *, sure: bool = False) -> T:
    """What is set, or `kind.nothing`.

    Args:
        engine: what sends.
        kind: what is asked for.
        place: of the bucket.
        sure: whether the bucket must be known to exist, and not only that nothing says it doesn't.

    Raises:
        BucketNotFoundError: there is no bucket; some servers say then that nothing is set.
    """
    asked = kind.get(place)
    try:
        found = await engine.send(asked)
        if not sure or found != kind.nothing:
            return found
    except BucketNotFoundError:
        raise
    except NotFoundError:  # NoSuchTagSet, NoSuchBucketPolicy, NoSuchCORSConfiguration ...
        pass
    try:
        await engine.send(HeadBucket(place))
    except BucketNotFoundError as error:
        error.operation = asked.name
        raise
    except AccessDeniedError:
        if sure:
            raise
    return kind.nothing


async def read_before(
    engine: Engine, kind: Kind[T], change: Operation[None], *, sure: bool = False
) -> T:
    """What is set before a change, by whose name a missing bucket is told."""
    try:
        return await read(engine, kind, change.place, sure=sure)
    except BucketNotFoundError as error:
        error.operation = change.name
        raise


async def _pause(engine: Engine, seconds: float) -> None:
    """Wait, but not beyond the deadline of the call: the next question says that it is over."""
    if engine.deadline is not None:
        seconds = min(seconds, max(0.0, engine.deadline - engine.transport.clock.monotonic()))
    await engine.transport.sleep(seconds)


async def _settled(engine: Engine, kind: Kind[T], place: Place, before: T, wanted: T) -> T:
    """What is set after a change, once it is anything else than before, or patience is at its end."""
    found = await read(engine, kind, place)
    for seconds in SETTLES_IN:
        if not kind.lost(wanted, found) or kind.lost(before, found):
            break
        await _pause(engine, seconds)
        found = await read(engine, kind, place)
    return found


async def write(engine: Engine, kind: Kind[T], place: Place, wanted: T) -> None:
    """Replace what is set, and make sure of it; nothing removes it.

    Raises:
        BucketNotFoundError: there is no bucket; nothing was sent that could make one.
        NotSupportedError: the server kept something else, which was taken back.
    """
    if wanted == kind.nothing:
        await remove(engine, kind, place)
        return
    put = kind.put(place, wanted)
    put.request()  # what is wrong with it is said before anything is sent
    before = await read_before(engine, kind, put, sure=True)
    try:
        first = found = await _put(engine, kind, put, before, wanted)
        if kind.lost(wanted, found) and kind.lost(before, found):
            # Once more, in case that another client has set it at the same moment.
            found = await _put(engine, kind, put, before, wanted)
    except _ShutOutError:
        return
    lost = kind.lost(wanted, found)
    if lost is None:
        return
    wrong: MinIOError
    if not kind.lost(before, found):
        wrong = unchanged(engine, put)
    elif kind.lost(first, found):
        wrong = ConflictError("somebody else sets the same at the same time", hint="try again")
    else:
        wrong = await _undone(engine, kind, place, before, found, lost)
    raise engine.named(wrong, put)


class _ShutOutError(Exception):
    """What was set is in force: it forbids to read it, which was allowed a moment ago."""


async def _put(engine: Engine, kind: Kind[T], put: Operation[None], before: T, wanted: T) -> T:
    try:
        await engine.send(put)
    except BucketAlreadyExistsError as error:  # SeaweedFS: there is the bucket, fortunately
        why = f"the server doesn't know it, and took it for CreateBucket: {error.message}"
        raise as_class(error, NotSupportedError, why) from None
    try:
        return await _settled(engine, kind, put.place, before, wanted)
    except AccessDeniedError:
        if kind.shuts_out:
            raise _ShutOutError from None
        raise


async def _undone(
    engine: Engine, kind: Kind[T], place: Place, before: T, found: T, lost: str
) -> MinIOError:
    """The error for what a server didn't keep as it was given, once that is taken back."""
    why = f"the server kept something else than it was given ({lost})"
    try:
        fresh = before == kind.nothing
        await engine.send(kind.delete(place) if fresh else kind.put(place, before))
        after = await _settled(engine, kind, place, found, before)
    except MinIOError as failure:
        return NotSupportedError(f"{why}, and taking it back failed: {failure}")
    if kind.lost(before, after):
        return NotSupportedError(f"{why}, and that could not be taken back")
    return NotSupportedError(f"{why}; what was there before is back")


def unchanged(engine: Engine, operation: Operation[Any]) -> NotSupportedError:
    """The error for a change that the server says it has made, and hasn't."""
    error = NotSupportedError("the server answered that it did, and changed nothing")
    return engine.named(error, operation)


async def remove(engine: Engine, kind: Kind[T], place: Place) -> None:
    """Remove what is set, and make sure of it; nothing set is no error, and nothing is sent then."""
    delete = kind.delete(place)
    try:
        before = await read(engine, kind, place)
        if before == kind.nothing:
            return
        await engine.send(delete)
        after = await _settled(engine, kind, place, before, kind.nothing)
    except BucketNotFoundError as error:
        error.operation = delete.name
        raise
    except NotFoundError:
        return  # somebody else was quicker
    if not kind.lost(before, after):
        raise unchanged(engine, delete)


async def switch(
    engine: Engine, put: Operation[None], get: Operation[T], holds: Callable[[T], bool]
) -> None:
    """Set what is always there in one state or another, and make sure of it.

    Raises:
        BucketNotFoundError: there is no bucket; nothing was sent that could make one.
        NotSupportedError: the server doesn't know it, or changed nothing.
    """
    try:
        await engine.send(HeadBucket(put.place))
        await engine.send(get)
    except BucketNotFoundError as error:
        error.operation = put.name
        raise
    except NotFoundError as error:
        unknown = NotSupportedError(
            f"the server doesn't know it: {error.message}", code=error.code, status=error.status
        )
        raise engine.named(unknown, put) from None
    await engine.send(put)
    for seconds in SETTLES_IN:
        if holds(await engine.send(get)):
            return
        await _pause(engine, seconds)
    if not holds(await engine.send(get)):
        raise unchanged(engine, put)
