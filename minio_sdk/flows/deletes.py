"""DeleteObjects for any number of keys."""

from __future__ import annotations

from collections.abc import Sequence

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotSupportedError
from minio_sdk.flows import versions
from minio_sdk.models.results import DeletedObject, DeleteError, DeleteResult
from minio_sdk.operation import Place
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.delete_objects import MAX_KEYS, DeleteObjects, listable


async def delete_many(
    engine: Engine, place: Place, pairs: Sequence[tuple[str, str | None]]
) -> DeleteResult:
    """Remove objects, 1,000 a request; those whose keys can't stand in its body one by one.

    A pair that is there twice is removed, and reported, once: MinIO's answer to such a request has holes.
    """
    deleted: list[DeletedObject] = []
    pairs = list(dict.fromkeys(pairs))
    mistaken = dict.fromkeys(await versions.mistaken(engine, place, pairs))
    errors = [
        DeleteError(key=key, version_id=version, code="NoSuchVersion", message=versions.NO_VERSIONS)
        for key, version in mistaken
    ]
    wanted = [pair for pair in pairs if pair not in mistaken]
    plain = [pair for pair in wanted if listable(pair[0])]
    single = [pair for pair in wanted if not listable(pair[0])]
    for start in range(0, len(plain), MAX_KEYS):
        batch = plain[start : start + MAX_KEYS]
        try:
            result = await engine.send(DeleteObjects(place, batch))
        except NotSupportedError as error:
            if error.status is None:  # not the server's word, but the engine's: it wasn't asked
                raise
            single.extend(batch)
            continue
        deleted.extend(result.deleted)
        errors.extend(result.errors)
        told = {d.key for d in result.deleted} | {e.key for e in result.errors}
        errors.extend(
            DeleteError(
                key=key,
                version_id=version,
                code="NotReported",
                message="the server did not say what became of it",
            )
            for key, version in batch
            if key not in told
        )
    for key, version in single:
        try:
            await engine.send(DeleteObject(place, key, version))
            deleted.append(DeletedObject(key=key, version_id=version))
        except MinIOError as error:
            errors.append(
                DeleteError(
                    key=key, version_id=version, code=error.code or "", message=error.message
                )
            )
    return DeleteResult(deleted=tuple(deleted), errors=tuple(errors))
