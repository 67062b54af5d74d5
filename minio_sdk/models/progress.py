"""How far a transfer is."""

from __future__ import annotations

from dataclasses import dataclass

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProgress(Record):
    """How far a transfer is, as the function given as ``progress`` gets it.

    Attributes:
        bytes_done: bytes that have arrived: on disk, or, of an upload, at the server.
        bytes_total: bytes in all; None while that isn't known.
        objects_done: objects that have arrived whole.
        objects_total: objects in all; None while that isn't known.
        rate: bytes per second since the transfer began.
    """

    bytes_done: int
    bytes_total: int | None
    objects_done: int
    objects_total: int | None
    rate: float
