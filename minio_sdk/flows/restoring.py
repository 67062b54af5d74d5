"""Bringing a snapshot back.

Rule of this file: all that can be looked for is looked for before anything is changed; and what was
changed by a run that was interrupted is found as it should be by the next, which goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from os.path import commonprefix
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
    ServerError,
    VersionNotFoundError,
    invalid,
)
from minio_sdk.flows import buckets, copies, listing
from minio_sdk.flows.copy_rules import Changes
from minio_sdk.flows.deletes import delete_many
from minio_sdk.flows.mirror_sides import Remote, side
from minio_sdk.flows.snapshot_entries import Entry, same_bytes, same_writing, tags_of
from minio_sdk.flows.snapshots import (
    AT_ONCE,
    Snapshot,
    check_name,
    entries_of,
    find,
    missing_bucket,
    told,
)
from minio_sdk.models.names import check_flag, check_key, check_prefix
from minio_sdk.models.results import ObjectMetadata
from minio_sdk.models.snapshots import RestoreResult
from minio_sdk.operation import Place
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.object_tagging import DeleteObjectTagging, PutObjectTagging
from minio_sdk.wire.describing import DESCRIBING
from minio_sdk.wire.quirks import lists_versions

AGAIN = "what was restored stays; restore_snapshot() again goes on from there"


@dataclass(frozen=True, slots=True)
class Wish:
    """The arguments of a restore.

    Attributes:
        delete: remove the keys that came later.
        skip_missing: bring back the others when some are lost.
        prefix: which keys are meant.
        keys: which ones of them; None for all.
        to: where to; None for where they were.
        dry_run: look only.

    Raises:
        ValidationError: one of them is of no use.
    """

    delete: bool = False
    skip_missing: bool = False
    prefix: str = ""
    keys: frozenset[str] | None = None
    to: Remote | None = None
    dry_run: bool = False

    @classmethod
    def of(
        cls, prefix: Any, keys: Iterable[str] | None, to: Any, *, dry_run: Any, delete: Any,
        skip_missing: Any,
    ) -> Wish:  # fmt: skip
        """What a user means."""
        for name, flag in (
            ("delete", delete),
            ("skip_missing", skip_missing),
            ("dry_run", dry_run),
        ):
            check_flag(name, flag)
        check_prefix(prefix)
        wanted = None
        if keys is not None:
            if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
                raise invalid("keys", keys, "must be a list or another iterable of keys")
            wanted = frozenset(check_key(key, f"keys[{index}]") for index, key in enumerate(keys))
            if prefix:
                raise invalid("keys", sorted(wanted), "can't be had together with prefix")
            prefix = commonprefix(list(wanted))  # noqa: RUF071 (of text, as S3's are)
        where = side(to, "to") if to is not None else None
        if where is not None and not isinstance(where, Remote):
            raise invalid("to", to, "must be 'minio://bucket/prefix' or (bucket, prefix)")
        if delete and (where is not None or wanted is not None):
            raise invalid("delete", delete, "goes with all of a bucket or prefix, where it was")
        return cls(delete, skip_missing, prefix, wanted, where, dry_run)

    def wants(self, key: str) -> bool:
        """Whether a key of the snapshot is meant."""
        return key.startswith(self.prefix) and (self.keys is None or key in self.keys)


async def restore(
    engine: Engine, bucket: str, name: str, wish: Wish | None = None
) -> RestoreResult:
    """Make the bucket, or what is meant of it, what it was.

    Raises:
        NotFoundError: there is no such snapshot.
        VersionNotFoundError, ObjectNotFoundError: the snapshot can't bring back all that is meant, or never
            had it; nothing was changed.
    """
    name = check_name(name)
    wish = wish or Wish()
    engine.place(bucket).prefix_out(wish.prefix)
    if wish.to is not None:
        engine.place(wish.to.bucket, "to").prefix_out(wish.to.prefix)
    with engine.job("restore_snapshot"):
        return await told(bucket, "RestoreSnapshot", _restore(engine, bucket, name, wish))


async def _restore(engine: Engine, bucket: str, name: str, wish: Wish) -> RestoreResult:
    snapshot = await find(engine, bucket, name)
    entries = [entry for entry in await entries_of(engine, snapshot) if wish.wants(entry.key)]
    _check_keys(snapshot, entries, wish)
    target = wish.to or Remote(bucket, "")
    there = await buckets.exists(engine, target.bucket)
    if snapshot.info.versioned and not (
        there if target.bucket == bucket else await buckets.exists(engine, bucket)
    ):
        raise missing_bucket(engine, bucket)
    if not there and not wish.dry_run:
        await buckets.create_missing(engine, target.bucket)
    # A walk through all versions shows what is lost, and what there is now as well.
    once = snapshot.info.versioned and wish.to is None and lists_versions(engine.api.server)
    now: dict[str, Entry] = {}
    seen = now if once else None
    lost = await _lost(engine, engine.place(bucket), snapshot, entries, wish.prefix, seen)
    if lost and not wish.skip_missing:
        raise _incomplete(snapshot, lost)
    if there and not once:
        now = await _now(engine, snapshot, wish, target)
    gone = set(lost)
    restoring = _Restoring(engine, engine.place(bucket), snapshot, now, target, wish.dry_run)
    try:
        wanted = [entry for entry in entries if entry.key not in gone]
        changed = await engine.transport.map(restoring.one, wanted, AT_ONCE)
        deleted = sorted(now.keys() - {entry.key for entry in entries}) if wish.delete else []
        if not wish.dry_run:
            await _delete(engine, engine.place(bucket), deleted)
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
        dry_run=wish.dry_run,
    )


def _check_keys(snapshot: Snapshot, entries: list[Entry], wish: Wish) -> None:
    """That the snapshot has the keys that were named, and that they can be keys where they go to."""
    unknown = (wish.keys or frozenset()) - {entry.key for entry in entries}
    if unknown:
        raise ObjectNotFoundError(
            f"the snapshot {snapshot.info.name!r} has no object {min(unknown)!r}; nothing was changed",
            key=min(unknown),
        )
    if wish.to is not None:
        for entry in entries:
            check_key(wish.to.prefix + entry.key, "to")


async def _now(engine: Engine, snapshot: Snapshot, wish: Wish, target: Remote) -> dict[str, Entry]:
    """What there is now where the objects go to, by their names in the snapshot."""
    place = engine.place(target.bucket)
    if wish.to is None:
        found = listing.objects(engine, place, wish.prefix)
        return {item.key: Entry.of(item, version_id=item.version_id) async for item in found}
    below = listing.objects(engine, place, target.prefix + wish.prefix)
    # Without its date: an object elsewhere is never the very writing that the snapshot knows.
    return {
        item.key[len(target.prefix) :]: replace(Entry.of(item), modified=None)
        async for item in below
    }


async def _lost(
    engine: Engine, place: Place, snapshot: Snapshot, entries: list[Entry], prefix: str,
    now: dict[str, Entry] | None,
) -> list[str]:  # fmt: skip
    """The keys that the snapshot can't bring back; what there is now goes into `now`."""
    if snapshot.info.versioned:
        return await _lost_versions(engine, place, entries, prefix, now)
    start = snapshot.data
    sizes: dict[str, int] = {}
    async for item in listing.objects(engine, snapshot.home, start):
        sizes[item.key[len(start) :]] = item.size
    return [entry.key for entry in entries if sizes.get(str(entry.copy)) != entry.size]


async def _lost_versions(
    engine: Engine, place: Place, entries: list[Entry], prefix: str, now: dict[str, Entry] | None
) -> list[str]:
    """The keys whose version is no more; what the listing doesn't show is asked for by itself."""
    wanted = {(entry.key, entry.version_id): entry for entry in entries}
    async for item in listing.versions(engine, place, prefix):
        if now is not None and item.is_latest and not item.is_delete_marker:
            now[item.key] = Entry.of(item, version_id=item.version_id)
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
    """Brings objects back, each by itself.

    Args:
        place: where the snapshot's versions are.
        now: what is at the target.
        target: where they go to.
        dry_run: look only.
    """

    def __init__(
        self, engine: Engine, place: Place, snapshot: Snapshot, now: dict[str, Entry],
        target: Remote, dry_run: bool,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._place = place
        self._snapshot = snapshot
        self._now = now
        self._target = engine.place(target.bucket)
        self._start = target.prefix
        self._dry_run = dry_run

    async def one(self, entry: Entry) -> bool:
        """Whether anything had to be done."""
        key, now = self._start + entry.key, self._now.get(entry.key)
        if now is None or not await self._is_as_it_was(entry, now):
            if not self._dry_run:
                place, source, version = self._source(entry)
                await copies.copy(
                    self._engine, self._target, key, place, source,
                    source_version_id=version, changes=await self._changes(entry),
                )  # fmt: skip
            return True
        return entry.tags is not None and await self._retagged(key, entry.tags)

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
            found = await self._engine.send(HeadObject(self._target, self._start + entry.key))
            source = await self._engine.send(HeadObject(place, key, version))
        except NotFoundError:
            return False
        return _description(found) == _description(source)

    async def _retagged(self, key: str, tags: dict[str, str]) -> bool:
        try:
            if await tags_of(self._engine, self._target, key) == tags:
                return False
        except NotSupportedError:
            return False
        if self._dry_run:
            return True
        if tags:
            await self._engine.send(PutObjectTagging(self._target, key, tags))
        else:
            await self._engine.send(DeleteObjectTagging(self._target, key))
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
