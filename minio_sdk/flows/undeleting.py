"""Bringing deleted objects back, in buckets that keep versions.

A delete of such a bucket puts a delete marker on top; without it, the version below is the current one again.

Rule of this file: only what the server has just called the latest of a key is removed, and only when it is a
delete marker with a version below it. So what others store meanwhile stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    ConflictError,
    EncryptionKeyError,
    MinIOError,
    ObjectNotFoundError,
    ServerError,
    VersionNotFoundError,
)
from minio_sdk.flows import buckets, copies, moments, objects
from minio_sdk.models.names import check_flag, check_key
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.results import ObjectInfo, UndeletedObject
from minio_sdk.operation import Place
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.head_object import HeadObject


@dataclass(slots=True)
class Deleted:
    """What is gathered of the versions of a key to see whether it is deleted, and what is below.

    Attributes:
        latest: what is on top.
        version: the newest version that is no delete marker.
        markers: delete markers that are newer than it, as far as dates tell.
    """

    latest: ObjectInfo | None = None
    version: ObjectInfo | None = None
    markers: list[ObjectInfo] = field(default_factory=list)

    def add(self, entry: ObjectInfo) -> None:
        """Take one version or delete marker."""
        if entry.is_latest:
            self.latest = entry
        if entry.is_delete_marker:
            if self.version is None or _newer(entry, self.version):
                self.markers.append(entry)
        elif self.version is None or entry.is_latest or _newer(entry, self.version):
            self.version = entry
            self.markers = [marker for marker in self.markers if not _newer(entry, marker)]

    @property
    def restorable(self) -> bool:
        """Whether it is deleted, and can be brought back."""
        return self.latest is not None and self.latest.is_delete_marker and self.version is not None

    def went_after(self, since: datetime | None) -> bool:
        """Whether the object was there until that moment, or is not asked about."""
        if since is None:
            return True
        first = min(self.markers, key=_when, default=self.latest)
        return first is not None and _when(first) >= since.timestamp()


def _when(entry: ObjectInfo) -> float:
    return entry.last_modified.timestamp() if entry.last_modified is not None else 0.0


def _newer(one: ObjectInfo, other: ObjectInfo) -> bool:
    return _when(one) > _when(other)


async def undelete(
    engine: Engine,
    bucket: str,
    key: str,
    copy: bool = False,
    dry_run: bool = False,
    encryption: GivenEncryption = None,
) -> UndeletedObject:
    """Bring a deleted object back.

    Raises:
        ConflictError: it isn't deleted.
        ObjectNotFoundError, VersionNotFoundError: nothing of it is left.
        NotSupportedError: the bucket keeps no versions.
    """
    check_flag("copy", copy)
    check_flag("dry_run", dry_run)
    engine = engine.begin(encryption, encryption)
    place = engine.place(bucket)
    question = HeadObject(place, check_key(key))
    await buckets.check(engine, question)
    try:
        return await _undelete(engine, question, copy, dry_run)
    except MinIOError as error:
        if error.status is None and not error.attempts:  # found out here, by several questions
            error.operation = "UndeleteObject"
        raise


async def _undelete(
    engine: Engine, question: HeadObject, copy: bool, dry_run: bool
) -> UndeletedObject:
    place, key, bucket = question.place, question.key, str(question.place.bucket)
    removed: list[str] = []
    while True:
        found = await _look(engine, place, key)
        top, version = found.latest, found.version
        if version is None or top is None:
            why = "only delete markers are left of it" if top else "none of its versions is current"
            raise engine.named(VersionNotFoundError(why, code="NoSuchVersion"), question)
        if not top.is_delete_marker:
            if removed:
                return _told(bucket, top, removed)
            raise _not_deleted(engine, question)
        if dry_run:
            ids = (
                [] if copy else [each.version_id or moments.NULL for each in found.markers or [top]]
            )
            return _told(bucket, version, ids, copied=copy, dry_run=True)
        if copy:
            return await _copied(engine, place, key, version)
        marker = top.version_id or moments.NULL
        if marker in removed:
            why = "the server has removed the delete marker, and shows it still"
            raise engine.named(ServerError(why, hint="copy=True"), question)
        await engine.send(DeleteObject(place, key, marker))
        removed.append(marker)


async def _look(engine: Engine, place: Place, key: str) -> Deleted:
    found = Deleted()
    if not await moments.history(engine, place, key, found, lambda each: each.version is not None):
        operation = HeadObject(place, key)
        try:
            await objects.read(engine, operation)
        except EncryptionKeyError:
            pass  # it is there
        except ObjectNotFoundError:
            await moments.expect_versions(engine, operation)
            why = "no version of it is left"
            raise engine.named(ObjectNotFoundError(why, code="NoSuchKey"), operation) from None
        raise _not_deleted(engine, operation)
    return found


def _not_deleted(engine: Engine, operation: HeadObject) -> MinIOError:
    hint = "copy_object(..., source_version_id=...) brings an older version back"
    return engine.named(ConflictError("the object isn't deleted", hint=hint), operation)


async def _copied(engine: Engine, place: Place, key: str, version: ObjectInfo) -> UndeletedObject:
    id = version.version_id or moments.NULL
    done = await copies.copy(engine, place, key, place, key, source_version_id=id)
    return UndeletedObject(
        bucket=str(place.bucket),
        key=key,
        version_id=done.version_id,
        size=done.size,
        etag=done.etag,
        copied=True,
    )


def _told(
    bucket: str,
    now: ObjectInfo,
    removed: list[str],
    *,
    copied: bool = False,
    dry_run: bool = False,
) -> UndeletedObject:
    return UndeletedObject(
        bucket=bucket,
        key=now.key,
        version_id=now.version_id,
        size=now.size,
        etag=now.etag,
        last_modified=now.last_modified,
        removed=tuple(removed),
        copied=copied,
        dry_run=dry_run,
    )
