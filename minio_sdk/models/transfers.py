"""Transfers that can go on after they were interrupted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Record):
    """An upload or download with ``resume=True`` that has not ended.

    Attributes:
        id: what `discard_transfer` takes.
        kind: ``"upload"`` or ``"download"``.
        bucket: the bucket as the caller wrote it.
        key: the key as the caller wrote it.
        path: the file, as an absolute path.
        size: bytes in all.
        bytes_done: bytes that need not be fetched again; None for an upload, of which the server knows.
        started: when it was begun (aware, UTC).
        running: whether a process is at it right now.
        unsure: when an upload was asked for, and no run has learned whether it began: the server may have
            one of this key, begun at about this moment (aware, UTC), that has no parts. The next run
            of the transfer, and `discard_transfer`, end it when it is an hour old.
    """

    id: str
    kind: str
    bucket: str
    key: str
    path: str
    size: int
    bytes_done: int | None
    started: datetime
    running: bool
    unsure: tuple[datetime, ...] = ()


class TransferRestartedWarning(UserWarning):
    """A transfer could not go on where it had stopped, and was begun anew: its source has changed."""
