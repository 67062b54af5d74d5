"""What blocking functions open and write while the one who waits for them may be cancelled.

A task that is cancelled leaves its thread behind, which goes on to open a file, to take a lock, or to write
what is out of date by then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from minio_sdk.protocols import Transport


class Closable(Protocol):
    """See `held`."""

    def close(self) -> object:
        """Be done with it; harmless the second time."""
        ...


C = TypeVar("C", bound=Closable)
R = TypeVar("R")


async def held(transport: Transport, make: Callable[[], C]) -> C:
    """What `make` gives; closed when the caller is cancelled or interrupted before that is there."""
    made: list[C] = []
    waiting = True

    def run() -> C:
        made.append(make())
        if not waiting:
            made[0].close()
        return made[0]

    try:
        return await transport.call(run)
    except BaseException:
        waiting = False
        for thing in made:
            thing.close()
        raise


async def done_or_never(transport: Transport, function: Callable[[], R]) -> R:
    """What `function` gives; for a caller who is cancelled or interrupted it is done by then, or never."""
    lock = threading.Lock()
    waiting = True

    def run() -> R | None:
        with lock:
            return function() if waiting else None

    try:
        return cast("R", await transport.call(run))
    except BaseException:
        with lock:
            waiting = False
        raise
