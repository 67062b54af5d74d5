"""What jobs over many objects return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from minio_sdk.errors import MinIOError
from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult(Record):
    """What became of many items; true when there were no errors.

    It is the sequence of its results: ``for result in bulk``, ``bulk[0]`` and ``len(bulk)`` are about
    them. ``bulk["bytes"]`` and ``dict(bulk)`` are about the fields, as with every record.

    Attributes:
        results: in the order of the input, for each item its result or its `MinIOError`; None for what
            a checkpoint says was done by an earlier run.
        errors: the errors among them.
        ok: whether there are none.
        succeeded, failed: how many of each.
        skipped: how many an earlier run has done, as the checkpoint says.
        bytes: bytes of the objects that were transferred.
        seconds: how long it took.
        rate: bytes per second.
    """

    results: tuple[Any, ...] = field(repr=False)
    errors: tuple[MinIOError, ...] = ()
    ok: bool = True
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    bytes: int = 0
    seconds: float = 0.0
    rate: float = 0.0

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[Any]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, name: Any) -> Any:
        if isinstance(name, (int, slice)):
            return self.results[name]
        return Record.__getitem__(self, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorResult(Record):
    """What `mirror` did, or with ``dry_run`` would do; true when nothing failed.

    All names are relative to the folder and the prefix, with ``/`` between their parts.

    Attributes:
        copied: what differed or was missing, and was transferred.
        skipped: what was the same on both sides.
        deleted: what was removed at the target.
        failed: the error of each name that could not be transferred or removed.
        bytes: bytes that were transferred.
        seconds: how long it took.
        rate: bytes per second.
        dry_run: whether it is only what would be done.
    """

    copied: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    failed: Mapping[str, MinIOError] = field(default_factory=dict)
    bytes: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    dry_run: bool = False

    def __post_init__(self) -> None:
        freeze(self, "failed")

    def __bool__(self) -> bool:
        return not self.failed
