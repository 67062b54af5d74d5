"""Tells a user's function how far a transfer is."""

from __future__ import annotations

from collections.abc import Callable

from minio_sdk.clock import Clock
from minio_sdk.errors import invalid
from minio_sdk.models.progress import TransferProgress

OnProgress = Callable[[TransferProgress], object]


class Meter:
    """Counts, and tells; what the user's function raises ends the transfer.

    Args:
        clock: the source of time.
        tell: the user's function, or None.

    Raises:
        ValidationError: it can't be called.
    """

    def __init__(self, clock: Clock, tell: OnProgress | None) -> None:
        if tell is not None and not callable(tell):
            raise invalid("progress", tell, "must be a function of one TransferProgress")
        self._clock = clock
        self._tell = tell
        self._begun = clock.monotonic()
        self._bytes = self._objects = 0
        self.bytes_total: int | None = None
        self.objects_total: int | None = None

    def add(self, size: int, objects: int = 0) -> None:
        """Some bytes, or some objects, more have arrived."""
        self._bytes += size
        self._objects += objects
        if self._tell is None:
            return
        seconds = self._clock.monotonic() - self._begun
        self._tell(
            TransferProgress(
                bytes_done=self._bytes,
                bytes_total=self.bytes_total,
                objects_done=self._objects,
                objects_total=self.objects_total,
                rate=self._bytes / seconds if seconds > 0 else 0.0,
            )
        )
