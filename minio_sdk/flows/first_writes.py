"""The first writes to a bucket, of which it isn't known whether it is there.

SeaweedFS remembers that a bucket wasn't there, and forgets it when the bucket is made. A write that has
looked for it before, and remembers only then, hides the bucket for good: HEAD finds it, and all else says
NoSuchBucket, also to who would make or delete it. So a bucket is made when no write of this client's is on
its way to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from minio_sdk.api import Arrivals
from minio_sdk.engine import Engine
from minio_sdk.operation import Place

T = TypeVar("T")

_PAUSES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
"""Seconds between two looks; who takes longer than all of them is not waited for."""

MOST = 10_000
"""Buckets that are remembered to have been written to."""


async def write(engine: Engine, place: Place, work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives, which writes to a bucket; begins when nobody makes that."""
    api, name = engine.api, place.server_bucket
    if name in api.written:
        return await work()
    arrivals = api.arrivals.setdefault(name, Arrivals())
    await _enter(engine, arrivals)
    try:
        found = await work()
    finally:
        arrivals.writers.pop()
    if len(api.written) >= MOST:
        api.written.clear()
    api.written.add(name)
    api.arrivals.pop(name, None)
    return found


async def make(engine: Engine, place: Place, work: Callable[[], Awaitable[None]]) -> None:
    """Have `work` make a bucket, when no write is on its way to it."""
    engine.api.written.discard(place.server_bucket)
    arrivals = engine.api.arrivals.setdefault(place.server_bucket, Arrivals())
    arrivals.makers.append(None)
    try:
        for pause in _PAUSES:
            if not arrivals.writers:
                break
            await engine.transport.sleep(pause)
        await work()
    finally:
        arrivals.makers.pop()


async def _enter(engine: Engine, arrivals: Arrivals) -> None:
    for pause in _PAUSES:
        arrivals.writers.append(None)
        if not arrivals.makers:  # looked at now, or one could begin in between
            return
        arrivals.writers.pop()
        await engine.transport.sleep(pause)
    arrivals.writers.append(None)
