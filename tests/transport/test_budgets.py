"""The memory budget: first come, first served, nothing lost, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from minio_sdk.blocking import run
from minio_sdk.transport.budgets import AsyncByteBudget, ByteBudget
from minio_sdk.transport.stopping import Stopped, Team, Worker, at_work
from tests.processes import eventually


def test_threads_hold_no_more_than_there_is() -> None:
    budget = ByteBudget(100)
    held: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        size = 1 + number * 7 % 60
        run(budget.take(size))
        held.append(size)
        most.append(sum(held))
        held.remove(size)
        budget.give(size)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(400)))
    assert max(most) <= 100
    assert budget.free == 100


def test_what_is_more_than_all_there_is_goes_alone() -> None:
    budget = ByteBudget(100)
    run(budget.take(10))
    got = threading.Event()

    def work() -> None:
        run(budget.take(1000))
        got.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not got.wait(0.05)
    budget.give(10)
    thread.join(10)
    assert (got.is_set(), budget.free) == (True, 0)
    budget.give(1000)
    assert budget.free == 100


def test_a_small_wish_does_not_pass_a_large_one() -> None:
    """Else the large one would wait for ever."""
    budget = ByteBudget(100)
    run(budget.take(60))
    order: list[int] = []

    def work(size: int) -> None:
        run(budget.take(size))
        order.append(size)
        budget.give(size)

    threads = []
    for waiting, size in enumerate((90, 5), 1):
        threads.append(threading.Thread(target=work, args=(size,)))
        threads[-1].start()
        assert eventually(lambda: len(budget._queue) == waiting)  # noqa: B023
    budget.give(60)
    for thread in threads:
        thread.join(10)
    assert order == [90, 5]


def test_who_may_not_wait_takes_what_is_not_there() -> None:
    budget = ByteBudget(100)
    run(budget.take(100))
    run(budget.take(50, wait=False))
    budget.give(100)
    assert budget.free == 50


def test_a_thread_that_is_stopped_waits_no_longer() -> None:
    budget = ByteBudget(100)
    run(budget.take(100))
    team = Team()
    ended: list[BaseException] = []

    def work() -> None:
        worker = Worker(team)
        at_work(worker)
        try:
            run(budget.take(1))
        except Stopped as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert eventually(lambda: len(budget._queue) == 1)
    team.stop()
    thread.join(10)
    assert len(ended) == 1
    assert len(budget._queue) == 0


def test_tasks_hold_no_more_than_there_is() -> None:
    budget = AsyncByteBudget(100)

    async def main() -> None:
        held = most = 0

        async def work(number: int) -> None:
            nonlocal held, most
            size = 1 + number * 7 % 130
            await budget.take(size)
            held += min(size, 100)
            most = max(most, held)
            await asyncio.sleep(0)
            held -= min(size, 100)
            budget.give(size)

        await asyncio.gather(*(work(number) for number in range(300)))
        assert most <= 100
        assert budget.free == 100

    asyncio.run(main())
    asyncio.run(main())  # another loop begins with all of it


@pytest.mark.parametrize("granted", [True, False])
def test_a_task_that_is_cancelled_keeps_nothing(granted: bool) -> None:
    budget = AsyncByteBudget(100)

    async def main() -> None:
        await budget.take(100)
        first = asyncio.ensure_future(budget.take(80))
        second = asyncio.ensure_future(budget.take(90))
        await asyncio.sleep(0)
        if granted:
            budget.give(100)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        if not granted:
            budget.give(100)
        await second
        assert budget.free == 10

    asyncio.run(main())
