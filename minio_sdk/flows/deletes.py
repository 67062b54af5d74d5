"""DeleteObjects for any number of keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotSupportedError
from minio_sdk.flows import versions
from minio_sdk.models.results import DeletedObject, DeleteError, DeleteResult
from minio_sdk.operation import Place
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.delete_objects import MAX_KEYS, DeleteObjects, listable

NOT_REPORTED = "the server did not say what became of it"

Pair = tuple[str, str | None]
Report = DeletedObject | DeleteError


def reports(pairs: Iterable[Pair], result: DeleteResult) -> dict[Pair, Report]:
    """What a server has said of each pair of key and version; those it was silent about are missing.

    Not all servers repeat the version, and some name one where none was asked for: such a report counts
    for a key of which one pair is open, or of which there are as many open pairs as such reports.
    """
    asked = set(pairs)
    found: dict[Pair, Report] = {}
    loose: dict[str, list[Report]] = {}
    said: list[Report] = [*result.errors, *result.deleted]
    for report in said:
        pair = (report.key, report.version_id)
        if pair in asked and pair not in found:
            found[pair] = report
        else:
            loose.setdefault(report.key, []).append(report)
    still_open: dict[str, list[Pair]] = {}
    for pair in asked - found.keys():
        still_open.setdefault(pair[0], []).append(pair)
    for key, waiting in still_open.items():
        answers = loose.get(key, [])
        alike = len({type(answer) for answer in answers}) == 1
        if answers and alike and len(waiting) <= len(answers):
            found.update(zip(waiting, answers, strict=False))
    return found


def whose(pairs: Sequence[Pair], result: DeleteResult) -> tuple[DeleteError, ...]:
    """The errors with the versions that were asked for, which not all servers repeat."""
    if all(error.version_id is not None for error in result.errors):
        return result.errors
    asked = {id(report): pair for pair, report in reports(pairs, result).items()}
    return tuple(
        replace(each, version_id=asked.get(id(each), (each.key, each.version_id))[1])
        for each in result.errors
    )


async def delete_many(
    engine: Engine, place: Place, pairs: Sequence[Pair], *, bypass: bool = False
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
            result = await engine.send(DeleteObjects(place, batch, bypass))
        except NotSupportedError as error:
            if error.status is None:  # not the server's word, but the engine's: it wasn't asked
                raise
            single.extend(batch)
            continue
        deleted.extend(result.deleted)
        errors.extend(result.errors)
        reported = reports(batch, result)
        errors.extend(
            DeleteError(key=key, version_id=version, code="NotReported", message=NOT_REPORTED)
            for key, version in batch
            if (key, version) not in reported
        )
    for key, version in single:
        try:
            await engine.send(DeleteObject(place, key, version, bypass))
            deleted.append(DeletedObject(key=key, version_id=version))
        except MinIOError as error:
            errors.append(
                DeleteError(
                    key=key, version_id=version, code=error.code or "", message=error.message
                )
            )
    return DeleteResult(deleted=tuple(deleted), errors=tuple(errors))
