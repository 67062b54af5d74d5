"""What snapshot calls return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInfo(Record):
    """A bucket as it was.

    Attributes:
        name: the snapshot's name.
        bucket: the bucket as the caller writes it.
        created: when it was taken (aware, UTC).
        versioned: whether it points at versions of the bucket's objects; else it has copies of them.
        objects: how many objects it holds.
        size: bytes of them all.
    """

    name: str
    bucket: str
    created: datetime
    versioned: bool
    objects: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDiff(Record):
    """What became of a bucket after a snapshot; true when keys or bytes differ.

    Attributes:
        added: keys that the snapshot doesn't have.
        removed: keys that only the snapshot has.
        changed: keys whose bytes are others.
        rewritten: keys with the same bytes that were written anew; metadata may differ.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreResult(Record):
    """What a restore did, or with ``dry_run`` would do; the keys are those of the snapshot.

    Attributes:
        name: the snapshot's name.
        bucket: the bucket as the caller writes it.
        restored: keys that were brought back, wholly or only their tags.
        unchanged: how many objects were as they should be.
        deleted: keys that came later and were removed; only with ``delete=True``.
        missing: keys that the snapshot can no longer bring back; only with ``skip_missing=True``.
        dry_run: whether it is only what would be done.
    """

    name: str
    bucket: str
    restored: tuple[str, ...] = ()
    unchanged: int = 0
    deleted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    dry_run: bool = False
