"""Tells a user's function how far a transfer is."""

from __future__ import annotations

from collections.abc import Callable

from minio_sdk.clock import Clock
from minio_sdk.errors import invalid
from minio_sdk.flows.bar import Bar
from minio_sdk.models.progress import TransferProgress
from minio_sdk.protocols import Relay

OnProgress = Callable[[TransferProgress], object]


class Share:
    """What `progress` is of one object among many: it passes on what has come since it was last told.

    Args:
        relay: to `Meter.came`.
        which: stands for the object there.
    """

    def __init__(self, relay: Relay, which: object) -> None:
        self._relay = relay
        self._which = which
        self._done = 0

    def __call__(self, progress: TransferProgress) -> None:
        more = progress.bytes_done - self._done
        # The last bytes are counted with the object itself; most objects have no others.
        if more and progress.bytes_done != progress.bytes_total:
            self._done = progress.bytes_done
            self._relay.tell((self._which, more))


def check_progress(tell: object) -> None:
    """Refuse what can't be told how far it is.

    Raises:
        ValidationError: it can't be called.
    """
    if tell is not None and not isinstance(tell, bool) and not callable(tell):
        rule = "must be a function of one TransferProgress, or True for a bar"
        raise invalid("progress", tell, rule)


class Meter:
    """Counts, and tells; what the user's function raises ends the transfer.

    Args:
        clock: the source of time.
        tell: the user's function; True for a bar; or None.

    Raises:
        ValidationError: it can't be called.
        NotSupportedError: a bar, and rich isn't installed.
    """

    def __init__(self, clock: Clock, tell: OnProgress | bool | None) -> None:
        self._tell: OnProgress | None = None
        self._bar: Bar | None = None
        check_progress(tell)
        if tell is True:
            self._tell = self._bar = Bar()
        elif callable(tell):
            self._tell = tell
        self._clock = clock
        self._begun = clock.monotonic()
        self._bytes = self._objects = 0
        self._came: dict[object, int] = {}
        self.bytes_total: int | None = None
        self.objects_total: int | None = None

    @property
    def heard(self) -> bool:
        """Whether anybody is told."""
        return self._tell is not None

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

    def came(self, news: tuple[object, int]) -> None:
        """Some bytes more of one of many objects have arrived, of which a `Share` tells."""
        which, size = news
        self._came[which] = self._came.get(which, 0) + size
        self.add(size)

    def arrived(self, which: object, size: int) -> None:
        """One of many objects is there, with so many bytes in all."""
        if self._tell is None:  # nobody has been told of some of them
            return
        self.add(size - self._came.pop(which, 0), objects=1)

    def lost(self, which: object) -> None:
        """One of many objects came to nothing; its bytes are taken back."""
        if came := self._came.pop(which, 0):
            self.add(-came)

    def close(self) -> None:
        """Leave the bar as it is, and the terminal to others."""
        if self._bar is not None:
            self._bar.close()
