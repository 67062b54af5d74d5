"""Bringing a snapshot back.

Rule of this file: all that can be looked for is looked for before anything is changed; and what was
changed by a run that was interrupted is found as it should be by the next, which goes on from there.
"""

from __future__ import annotations

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
    ServerError,
    VersionNotFoundError,
)
from minio_sdk.flows import buckets, copies, listing
from minio_sdk.flows.copy_rules import Changes
from minio_sdk.flows.deletes import delete_many
from minio_sdk.flows.snapshot_entries import Entry, current, same_bytes, same_writing, tags_of
from minio_sdk.flows.snapshots import (
    AT_ONCE,
    Snapshot,
    check_name,
    entries_of,
    find,
    missing_bucket,
    told,
)
from minio_sdk.models.names import check_flag
from minio_sdk.models.results import ObjectMetadata
from minio_sdk.models.snapshots import RestoreResult
from minio_sdk.operation import Place
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.object_tagging import DeleteObjectTagging, PutObjectTagging
from minio_sdk.wire.describing import DESCRIBING

AGAIN = "what was restored stays; restore_snapshot() again goes on from there"


async def restore(
    engine: Engine, bucket: str, name: str, *, delete: bool = False, skip_missing: bool = False
) -> RestoreResult:
    """Make the bucket what it was.

    Raises:
        NotFoundError: there is no such snapshot.
        VersionNotFoundError, ObjectNotFoundError: the snapshot can't bring back all of its objects;
            nothing was changed.
    """
    name = check_name(name)
    check_flag("delete", delete)
    check_flag("skip_missing", skip_missing)
    engine.place(bucket)
    with engine.job("restore_snapshot"):
        return await told(
            bucket, "RestoreSnapshot", _restore(engine, bucket, name, delete, skip_missing)
        )


async def _restore(
    engine: Engine, bucket: str, name: str, delete: bool, skip_missing: bool
) -> RestoreResult:
    snapshot = await find(engine, bucket, name)
    entries = await entries_of(engine, snapshot)
    place = engine.place(bucket)
    if not await buckets.exists(engine, bucket):
        if snapshot.info.versioned:
            raise missing_bucket(engine, bucket)
        await buckets.create_missing(engine, bucket)
    now, lost = await _look(engine, place, snapshot, entries)
    if lost and not skip_missing:
        raise _incomplete(snapshot, lost)
    gone = set(lost)
    restoring = _Restoring(engine, place, snapshot, now)
    try:
        wanted = [entry for entry in entries if entry.key not in gone]
        changed = await engine.transport.map(restoring.one, wanted, AT_ONCE)
        deleted = sorted(now.keys() - {entry.key for entry in entries}) if delete else []
        await _delete(engine, place, deleted)
    except MinIOError as error:
        error.hint = AGAIN if error.hint is None else f"{error.hint}; {AGAIN}"
        raise
    restored = [entry.key for entry, done in zip(wanted, changed, strict=True) if done]
    return RestoreResult(
        name=name,
        bucket=bucket,
        restored=tuple(sorted(restored)),
        unchanged=len(wanted) - len(restored),
        deleted=tuple(deleted),
        missing=tuple(sorted(lost)),
    )


async def _look(
    engine: Engine, place: Place, snapshot: Snapshot, entries: list[Entry]
) -> tuple[dict[str, Entry], list[str]]:
    """What the bucket has now, and the keys that the snapshot can't bring back."""
    now: dict[str, Entry] = {}
    if snapshot.info.versioned:
        async for item in current(engine, place, versioned=True):
            now[item.key] = Entry.of(item, version_id=item.version_id)
        return now, await _lost_versions(engine, place, entries)
    async for item in listing.objects(engine, place):
        now[item.key] = Entry.of(item)
    start = snapshot.data
    there: set[str] = set()
    async for item in listing.objects(engine, snapshot.home, start):
        there.add(item.key[len(start) :])
    return now, [entry.key for entry in entries if str(entry.copy) not in there]


async def _lost_versions(engine: Engine, place: Place, entries: list[Entry]) -> list[str]:
    """The keys whose version is no more; what the listing doesn't show is asked for by itself."""
    wanted = {(entry.key, entry.version_id): entry for entry in entries}
    async for item in listing.versions(engine, place):
        entry = wanted.get((item.key, item.version_id))
        # The version "null" is overwritten once versioning is suspended.
        if entry is not None and entry.etag == item.etag:
            del wanted[item.key, item.version_id]

    async def is_lost(entry: Entry) -> bool:
        try:
            found = await engine.send(HeadObject(place, entry.key, entry.version_id))
        except NotFoundError:
            return True
        return found.etag != entry.etag

    left = list(wanted.values())
    lost = await engine.transport.map(is_lost, left, AT_ONCE)
    return [entry.key for entry, gone in zip(left, lost, strict=True) if gone]


def _incomplete(snapshot: Snapshot, lost: list[str]) -> MinIOError:
    info = snapshot.info
    cls = VersionNotFoundError if info.versioned else ObjectNotFoundError
    what = "versions" if info.versioned else "copies"
    return cls(
        f"the snapshot {info.name!r} has lost {len(lost)} of its {info.objects} {what}, that of "
        f"{min(lost)!r} for one; nothing was changed",
        code="NoSuchVersion" if info.versioned else "NoSuchKey",
        hint="restore_snapshot(..., skip_missing=True) brings back the others",
    )


class _Restoring:
    """Brings objects back, each by itself."""

    def __init__(
        self, engine: Engine, place: Place, snapshot: Snapshot, now: dict[str, Entry]
    ) -> None:
        self._engine = engine
        self._place = place
        self._snapshot = snapshot
        self._now = now

    async def one(self, entry: Entry) -> bool:
        """Whether anything had to be done."""
        place, key, version = self._source(entry)
        now = self._now.get(entry.key)
        if now is None or not await self._is_as_it_was(entry, now):
            await copies.copy(
                self._engine, self._place, entry.key, place, key,
                source_version_id=version, changes=await self._changes(entry),
            )  # fmt: skip
            return True
        return entry.tags is not None and await self._retagged(entry.key, entry.tags)

    async def _changes(self, entry: Entry) -> Changes:
        """What the source no longer has; what it still has is carried over as it is."""
        if entry.tags is None or not self._snapshot.info.versioned:
            return Changes()
        try:
            now = await tags_of(self._engine, self._place, entry.key, entry.version_id)
        except NotSupportedError:
            return Changes()
        return Changes() if now == entry.tags else Changes(tags=entry.tags)

    def _source(self, entry: Entry) -> tuple[Place, str, str | None]:
        if self._snapshot.info.versioned:
            return self._place, entry.key, entry.version_id
        return self._snapshot.home, f"{self._snapshot.data}{entry.copy}", None

    async def _is_as_it_was(self, entry: Entry, now: Entry) -> bool:
        if not same_bytes(entry, now):
            return False
        if entry.modified is not None and same_writing(entry, now):
            return True
        place, key, version = self._source(entry)
        try:
            found = await self._engine.send(HeadObject(self._place, entry.key))
            source = await self._engine.send(HeadObject(place, key, version))
        except NotFoundError:
            return False
        return _description(found) == _description(source)

    async def _retagged(self, key: str, tags: dict[str, str]) -> bool:
        try:
            if await tags_of(self._engine, self._place, key) == tags:
                return False
        except NotSupportedError:
            return False
        if tags:
            await self._engine.send(PutObjectTagging(self._place, key, tags))
        else:
            await self._engine.send(DeleteObjectTagging(self._place, key))
        return True


def _description(found: ObjectMetadata) -> tuple[object, ...]:
    described = (getattr(found, name) for name in DESCRIBING)
    return (found.size, found.storage_class, dict(found.metadata), *described)


async def _delete(engine: Engine, place: Place, keys: list[str]) -> None:
    if not keys:
        return
    result = await delete_many(engine, place, [(key, None) for key in keys])
    if result.errors:
        first = result.errors[0]
        raise ServerError(
            f"{len(result.errors)} of {len(keys)} later objects could not be removed, {first.key!r} "
            f"for one: {first.message or first.code}",
            code=first.code,
        )
