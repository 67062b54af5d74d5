"""The fake clock keeps the contract of the real one, minus the waiting."""

from __future__ import annotations

import asyncio

import pytest

from minio_sdk.clock import Clock
from tests.clock import FakeClock


def test_sleeping_is_recorded_and_moves_both_times() -> None:
    clock: Clock = (fake := FakeClock(now=100.0))
    started = clock.monotonic()
    clock.sleep(1.5)
    asyncio.run(clock.asleep(2))
    fake.advance(10)
    assert fake.slept == [1.5, 2]
    assert clock.time() == 113.5
    assert clock.monotonic() - started == 13.5


def test_a_negative_sleep_is_refused_as_time_sleep_does() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        FakeClock().sleep(-1)


def test_a_sleeping_task_lets_the_others_run() -> None:
    async def count(seen: list[int], own: int) -> None:
        for _ in range(3):
            seen.append(own)
            await FakeClock().asleep(1)

    async def both() -> list[int]:
        seen: list[int] = []
        await asyncio.gather(count(seen, 1), count(seen, 2))
        return seen

    assert asyncio.run(both()) == [1, 2, 1, 2, 1, 2]
