"""Uploads that may have begun without anybody having learned their id.

Between the server's answer to CreateMultipartUpload and the line in the journal a process may be killed.
So the journal has the moment of asking before it is asked, and a later run looks for what came of it.

Rule of this file: an upload of somebody else is never ended. No server tells anything of an unfinished
upload that we could have put there as a mark, so ours is known by what it can't have: it is of the very
key, begun within `WINDOW` of the moment, and has no part, since parts are sent only when the journal has
the id. That may be true of another client's as well while that one sends its first part, but not for long:
what has no part after `QUIET` is nobody's any more. What is younger is left, and remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ServerError,
)
from minio_sdk.flows import listing
from minio_sdk.operation import Place
from minio_sdk.operations.multipart import AbortMultipartUpload, StoredPart, Upload

WINDOW = 900.0
"""Seconds between our clock and the server's at most: S3 refuses what is signed further off."""

QUIET = 3600.0
"""Seconds after which an upload without a part is nobody's."""


async def end_strays(
    engine: Engine, place: Place, key: str, asked: Sequence[float], ours: str | None
) -> list[float]:
    """End what came of the asking at these moments, and is nobody's by now.

    Args:
        engine: sends.
        place: the bucket.
        key: the key.
        asked: when uploads of it were asked for, in the server's time.
        ours: the id of an upload that goes on.

    Returns:
        The moments of which something may be left.
    """
    left: set[float] = set()
    for upload in await _uploads_of(engine, place, key):
        begun = upload.initiated
        if upload.upload_id == ours or begun is None:
            continue
        moments = [moment for moment in asked if abs(begun.timestamp() - moment) <= WINDOW]
        if not moments or not await _is_empty(engine, place, key, upload.upload_id):
            continue
        if engine.transport.signing.now() - begun.timestamp() < QUIET:
            left.update(moments)
        else:
            await end_upload(engine, place, key, upload.upload_id)
    return [moment for moment in asked if moment in left]


async def _uploads_of(engine: Engine, place: Place, key: str) -> list[Upload]:
    """The unfinished uploads of one key; none where the server doesn't tell them to us."""
    try:
        async with aclosing(listing.uploads(engine, place, key)) as uploads:
            return [upload async for upload in uploads if upload.key == key]
    except MinIOError as error:
        if isinstance(error, AccessDeniedError) or _tells_nothing(error):
            return []
        raise


async def _is_empty(engine: Engine, place: Place, key: str, upload_id: str) -> bool:
    try:
        return await stored_parts(engine, place, key, upload_id) == {}
    except AccessDeniedError:
        return False


async def stored_parts(
    engine: Engine, place: Place, key: str, upload_id: str
) -> dict[int, StoredPart] | None:
    """The parts that the server has; None when it has no such upload, or can't tell."""
    try:
        async with aclosing(listing.parts(engine, place, key, upload_id)) as parts:
            return {part.part_number: part async for part in parts}
    except MinIOError as error:
        if _tells_nothing(error):
            return None
        raise


def _tells_nothing(error: MinIOError) -> bool:
    """Whether there is nothing to list, or the server sends something else than a list."""
    if isinstance(error, ServerError):
        return error.status in (None, 200)
    return isinstance(error, (NotFoundError, NotSupportedError))


async def end_upload(engine: Engine, place: Place, key: str, upload_id: str) -> None:
    """End an upload, if there is one."""
    try:
        await engine.send(AbortMultipartUpload(place, key, upload_id))
    except NotFoundError:
        return
