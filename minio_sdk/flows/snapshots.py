"""Snapshots: a bucket as it was, to compare with and to bring back.

On a versioned bucket a snapshot is a list of version ids, and nothing is copied. Elsewhere the objects are
copied on the server. A snapshot lies in a place of the tenant's own that is no bucket (`Scope.snapshots`):

    {name}/manifest.json            what it is; written last: until it is there, there is no snapshot
    {name}/{run}/objects.ndjson     a line for each object
    {name}/{run}/data/{number}      the copies

What "consistent" means here: each object in a snapshot is whole, of one generation, with the metadata and
tags of that generation, and was the current one at some moment between the beginning and the end of
`create`. One that is replaced while it is copied is copied again; one that is removed meanwhile is left out.
S3 has no way to stop the writers of a bucket, so two objects in a snapshot may be of different moments
within that span.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    BucketAlreadyExistsError,
    BucketNotFoundError,
    ConflictError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    PreconditionFailedError,
    ServerError,
    as_class,
    invalid,
)
from minio_sdk.flows import buckets, copies, listing, uploads
from minio_sdk.flows.conditions import Condition
from minio_sdk.flows.copy_rules import Conditions
from minio_sdk.flows.deletes import delete_many
from minio_sdk.flows.snapshot_entries import Entry, current, same_bytes, same_writing, tags_of
from minio_sdk.flows.sources import Source
from minio_sdk.models.names import check_flag, plain
from minio_sdk.models.results import ObjectInfo
from minio_sdk.models.showing import RecordList
from minio_sdk.models.snapshots import SnapshotDiff, SnapshotInfo
from minio_sdk.operation import Place
from minio_sdk.operations.bucket_versioning import GetBucketVersioning
from minio_sdk.operations.buckets import CreateBucket, HeadBucket
from minio_sdk.operations.get_object import GetObject
from minio_sdk.operations.head_object import HeadObject

T = TypeVar("T")

FORMAT = 1
AT_ONCE = 16
TRIES = 5
"""How often an object that keeps changing is copied before the snapshot gives up."""

_BATCH = 1000
_RUN = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that is there: what it is, and where its parts lie."""

    info: SnapshotInfo
    home: Place
    run: str

    @property
    def data(self) -> str:
        """What the keys of its copies begin with."""
        return f"{self.run}/data/"


def check_name(name: object, argument: str = "name") -> str:
    """A snapshot's name.

    Raises:
        ValidationError: not 1 to 128 letters, digits, '.', '_' and '-'.
    """
    if not isinstance(name, str) or not _is_name(name):
        rule = "must be 1 to 128 letters, digits, '.', '_' and '-', a letter or digit at both ends"
        raise invalid(argument, name, rule)
    return plain(name)


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and ".." not in name


async def told(bucket: str, operation: str, flow: Coroutine[Any, Any, T]) -> T:
    """The result of `flow`, whose errors are given the name of the bucket: the places here have none."""
    try:
        return await flow
    except MinIOError as error:
        error.operation = error.operation or operation
        error.bucket = error.bucket or bucket
        raise


async def create(
    engine: Engine, bucket: str, name: str | None = None, *, tags: bool = True
) -> SnapshotInfo:
    """Take a snapshot.

    Raises:
        ConflictError: there is one of this name.
        BucketNotFoundError: the bucket doesn't exist.
    """
    now = datetime.fromtimestamp(engine.transport.clock.time(), timezone.utc)
    name = f"{now:%Y%m%dT%H%M%S}.{now.microsecond:06}Z" if name is None else check_name(name)
    check_flag("tags", tags)
    engine.place(bucket)
    with engine.job("create_snapshot"):
        return await told(bucket, "CreateSnapshot", _create(engine, bucket, name, now, tags))


async def _create(
    engine: Engine, bucket: str, name: str, now: datetime, tags: bool
) -> SnapshotInfo:
    place, home = engine.place(bucket), engine.scope.snapshots(bucket)
    if not await buckets.exists(engine, bucket):
        raise missing_bucket(engine, bucket)
    manifest = f"{name}/manifest.json"
    if await _is_there(engine, home, manifest):
        raise _taken(engine, name)
    await _make(engine, home)
    taking = _Taking(engine, place, home, f"{name}/{uuid.uuid4().hex}", tags)
    try:
        versioned = await _is_versioned(engine, place)
        lines = Source(taking.versions() if versioned else taking.copies())
        ndjson = {"content-type": "application/x-ndjson"}
        await uploads.put(engine, home, f"{taking.run}/objects.ndjson", lines, ndjson)
        info = SnapshotInfo(
            name=name, bucket=bucket, created=now, versioned=versioned,
            objects=taking.count, size=taking.size,
        )  # fmt: skip
        document = {**info, "created": now.isoformat(), "format": FORMAT, "run": taking.run}
        body = Source(json.dumps(document).encode())
        headers = {"content-type": "application/json"}
        await uploads.put(engine, home, manifest, body, headers, condition=Condition(None))
    except PreconditionFailedError as error:
        await _drop(engine, home, taking.run)
        raise as_class(error, ConflictError, str(_taken(engine, name).message)) from None
    except BaseException:
        await _drop(engine, home, taking.run)
        raise
    return info


def missing_bucket(engine: Engine, bucket: str) -> BucketNotFoundError:
    """The error for a bucket that isn't there."""
    error = BucketNotFoundError(
        "the bucket does not exist",
        code="NoSuchBucket",
        hint="check the tenant and the spelling; list_buckets() shows those there are",
    )
    return engine.named(error, HeadBucket(engine.place(bucket)))


def _taken(engine: Engine, name: str) -> ConflictError:
    return ConflictError(
        f"there is a snapshot called {name!r} already",
        tenant_id=engine.config.tenant_id,
        hint="another name, or delete_snapshot() first",
    )


async def _is_versioned(engine: Engine, place: Place) -> bool:
    if place.prefix:
        return False  # whether versions of a shared bucket stay is not the tenant's to say
    try:
        return await engine.send(GetBucketVersioning(place)) == "Enabled"
    except (NotSupportedError, ServerError, NotFoundError):
        return False


async def _is_there(engine: Engine, place: Place, key: str) -> bool:
    try:
        await engine.send(HeadObject(place, key))
    except NotFoundError:
        return False
    return True


async def _make(engine: Engine, home: Place) -> None:
    """Make the bucket that snapshots lie in, when it isn't there."""
    if engine.scope.registry() is not None:
        # It is the one that all share, where the marker of the tenant's bucket has just been seen;
        # and keys for one tenant may not ask about it.
        return
    whole = replace(home, prefix="")
    try:
        await engine.send(HeadBucket(whole))
    except NotFoundError:
        try:
            await buckets.create_on_server(engine, CreateBucket(whole, engine.config.region))
        except BucketAlreadyExistsError as error:
            await buckets.prove_own(engine, error, whole)


class _Taking:
    """A snapshot that is being taken: its lines, and what they add up to."""

    def __init__(self, engine: Engine, place: Place, home: Place, run: str, tags: bool) -> None:
        self._engine = engine
        self._place = place
        self._home = home
        self._tags = tags
        self.run = run
        self.count = 0
        self.size = 0

    async def versions(self) -> AsyncIterator[bytes]:
        """The lines of a bucket that keeps versions: which one is current of each key."""
        engine, place = self._engine, self._place

        async def one(found: ObjectInfo) -> Entry | None:
            try:
                version = found.version_id
                if version is None:  # from a listing that doesn't tell
                    head = await engine.send(HeadObject(place, found.key))
                    version = head.version_id or "null"
                    found = replace(found, size=head.size, etag=head.etag)
                tags = await self._tags_of(place, found.key, version)
            except NotFoundError:
                return None  # removed for good since it was listed
            return Entry.of(found, version_id=version, tags=tags)

        async for batch in _batches(current(engine, place, versioned=True)):
            yield self._lines(await engine.transport.map(one, batch, AT_ONCE))

    async def copies(self) -> AsyncIterator[bytes]:
        """The lines of any other bucket; what they speak of has been copied."""
        number = 0
        async for batch in _batches(listing.objects(self._engine, self._place)):
            numbered = list(enumerate(batch, number))
            number += len(batch)
            entries = await self._engine.transport.map(self._copied, numbered, AT_ONCE)
            yield self._lines(entries)

    def _lines(self, entries: list[Entry | None]) -> bytes:
        there = [entry for entry in entries if entry is not None]
        self.count += len(there)
        self.size += sum(entry.size for entry in there)
        return b"".join(entry.line() for entry in there)

    async def _copied(self, item: tuple[int, ObjectInfo]) -> Entry | None:
        number, found = item
        where = f"{self.run}/data/{number}"
        engine, place, home = self._engine, self._place, self._home
        entry: Entry | None = Entry.of(found)
        for attempt in range(TRIES):
            try:
                if entry is None:
                    head = await engine.send(HeadObject(place, found.key))
                    entry = Entry(found.key, head.size, head.etag)
                copy = await copies.copy(
                    engine,
                    home,
                    where,
                    place,
                    found.key,
                    conditions=Conditions(if_match=entry.etag),
                )
            except (ObjectChangedError, PreconditionFailedError):
                if attempt == TRIES - 1:
                    raise
                entry = None  # what the listing said of it is no longer true
                continue
            except NotFoundError:
                return None
            # Asked of the copy: the object itself may have got others meanwhile.
            tags = await self._tags_of(home, where, None)
            return Entry(
                entry.key, copy.size, entry.etag, entry.modified,
                copy=number, copy_etag=copy.etag, tags=tags,
            )  # fmt: skip
        raise AssertionError("the last attempt returns or raises")

    async def _tags_of(
        self, place: Place, key: str, version_id: str | None
    ) -> dict[str, str] | None:
        if not self._tags:
            return None
        try:
            return await tags_of(self._engine, place, key, version_id)
        except (NotSupportedError, ServerError) as error:
            # A server that has never heard of tags may also answer 200 with something else.
            if isinstance(error, ServerError) and error.status != 200:
                raise
            self._tags = False
            return None


async def _batches(items: AsyncIterator[ObjectInfo]) -> AsyncIterator[list[ObjectInfo]]:
    batch: list[ObjectInfo] = []
    async for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _drop(engine: Engine, home: Place, start: str) -> None:
    """Remove what was stored so far; a failure here is not the news, what led to it is."""
    try:
        await _delete_below(engine.begin(), home, f"{start}/")
    except Exception:  # whatever it is
        return


async def _delete_below(engine: Engine, home: Place, prefix: str) -> bool:
    """Whether there was anything."""
    found = False
    while True:
        keys: list[tuple[str, str | None]] = []
        async for item in listing.objects(engine, home, prefix):
            keys.append((item.key, None))
            if len(keys) == _BATCH:
                break
        if not keys:
            return found
        found = True
        result = await delete_many(engine, home, keys)
        if result.errors:
            first = result.errors[0]
            raise ServerError(
                f"{len(result.errors)} objects of the snapshot could not be removed: {first.message}",
                code=first.code,
            )


# --- what there is -------------------------------------------------------------------------------


async def find(engine: Engine, bucket: str, name: str) -> Snapshot:
    """A snapshot.

    Raises:
        NotFoundError: there is none of this name.
    """
    home = engine.scope.snapshots(bucket)
    try:
        body = await engine.send(GetObject(home, f"{name}/manifest.json"))
    except NotFoundError as error:
        hint = "list_snapshots() shows those there are"
        raise as_class(
            error, NotFoundError, f"there is no snapshot called {name!r}", hint, key=None
        ) from None
    try:
        document = json.loads(body)
        if document.pop("format") != FORMAT:
            raise NotSupportedError(
                f"the snapshot {name!r} is of a kind that this version doesn't know",
                hint="a newer minio-enterprise-sdk",
            )
        run = document.pop("run")
        created = datetime.fromisoformat(document.pop("created"))
        info = SnapshotInfo(**document, created=created)
        # What is shown and where is looked is never a stranger's word, whoever wrote the manifest.
        if (info.name, info.bucket) != (name, bucket) or not _is_run(run, name):
            raise ValueError
        return Snapshot(info, home, run)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ServerError(f"the manifest of snapshot {name!r} can't be read") from None


def _is_run(run: object, name: str) -> bool:
    return isinstance(run, str) and _RUN.fullmatch(run.removeprefix(f"{name}/")) is not None


async def entries_of(engine: Engine, snapshot: Snapshot) -> list[Entry]:
    """All objects of a snapshot.

    Raises:
        ServerError: the list is damaged.
    """
    body = await engine.send(GetObject(snapshot.home, f"{snapshot.run}/objects.ndjson"))
    try:
        entries = [Entry.read(line) for line in body.splitlines()]
    except (ValueError, TypeError):
        entries = []
    if len(entries) != snapshot.info.objects:
        raise ServerError(f"the list of snapshot {snapshot.info.name!r} is damaged")
    return entries


async def list_all(engine: Engine, bucket: str) -> RecordList[SnapshotInfo]:
    """The snapshots of a bucket, the oldest first."""
    engine.place(bucket)
    return RecordList(await told(bucket, "ListSnapshots", _list(engine, bucket)))


async def _list(engine: Engine, bucket: str) -> list[SnapshotInfo]:
    home = engine.scope.snapshots(bucket)
    names: list[str] = []
    try:
        async for page in listing.pages(engine, home, delimiter="/"):
            folders = (item.key.removesuffix("/") for item in page.objects if item.is_prefix)
            names += filter(_is_name, folders)
    except BucketNotFoundError:
        return []

    async def one(name: str) -> SnapshotInfo | None:
        try:
            return (await find(engine, bucket, name)).info
        except NotFoundError:
            return None  # one that is being taken, or that was given up

    found = await engine.transport.map(one, names, AT_ONCE)
    return sorted((info for info in found if info), key=lambda info: (info.created, info.name))


async def delete(engine: Engine, bucket: str, name: str) -> None:
    """Remove a snapshot, also what an interrupted `create` has left of it.

    Raises:
        NotFoundError: there is none of this name.
    """
    name = check_name(name)
    engine.place(bucket)
    await told(bucket, "DeleteSnapshot", _delete(engine, bucket, name))


async def _delete(engine: Engine, bucket: str, name: str) -> None:
    home = engine.scope.snapshots(bucket)
    manifest = f"{name}/manifest.json"
    try:
        # The manifest first: half a snapshot is none.
        found = await _is_there(engine, home, manifest)
        if found:
            await delete_many(engine, home, [(manifest, None)])
        found = await _delete_below(engine, home, f"{name}/") or found
    except BucketNotFoundError:
        found = False
    if not found:
        raise NotFoundError(
            f"there is no snapshot called {name!r}",
            tenant_id=engine.config.tenant_id,
            hint="list_snapshots() shows those there are",
        )


async def diff(engine: Engine, bucket: str, name: str, other: str | None = None) -> SnapshotDiff:
    """What became of a bucket after the snapshot `name`: until snapshot `other`, or until now."""
    name = check_name(name)
    if other is not None:
        other = check_name(other, "other")
    engine.place(bucket)
    return await told(bucket, "DiffSnapshots", _diff(engine, bucket, name, other))


async def _diff(engine: Engine, bucket: str, name: str, other: str | None) -> SnapshotDiff:
    before = {e.key: e for e in await entries_of(engine, await find(engine, bucket, name))}
    if other is not None:
        after = {e.key: e for e in await entries_of(engine, await find(engine, bucket, other))}
    else:
        versioned = any(entry.version_id for entry in before.values())
        after = {
            item.key: Entry.of(item, version_id=item.version_id)
            async for item in current(engine, engine.place(bucket), versioned)
        }
    both = sorted(before.keys() & after.keys())
    changed = [key for key in both if not same_bytes(before[key], after[key])]
    rewritten = [key for key in both if not same_writing(before[key], after[key])]
    return SnapshotDiff(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(changed),
        rewritten=tuple(sorted(set(rewritten) - set(changed))),
    )
