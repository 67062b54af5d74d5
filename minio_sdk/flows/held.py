"""What a blocking function opens, and has to be closed whatever becomes of the one who waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from minio_sdk.protocols import Transport


class Closable(Protocol):
    """See `held`."""

    def close(self) -> object:
        """Be done with it; harmless the second time."""
        ...


C = TypeVar("C", bound=Closable)


async def held(transport: Transport, make: Callable[[], C]) -> C:
    """What `make` gives; closed when the caller is cancelled or interrupted before that is there.

    A task that is cancelled leaves its thread behind, which goes on to open a file, or to take a lock.
    """
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
