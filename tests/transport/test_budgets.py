"""The memory budget: first come, first served, nothing lost, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from minio_sdk.blocking import run
from minio_sdk.flows.leases import Lease
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
    budgets = AsyncByteBudget(100)

    async def main() -> None:
        budget = budgets.here()
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
    budgets = AsyncByteBudget(100)

    async def main() -> None:
        budget = budgets.here()
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


# --- handles, which a user may leave alone at any time --------------------------------------------


@pytest.fixture(params=["threads", "tasks"])
def account(request: pytest.FixtureRequest) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine for a budget of each kind."""
    if request.param == "threads":
        yield run
    else:
        with contextlib.closing(asyncio.new_event_loop()) as loop:
            yield loop.run_until_complete


def budget_for(runner: Any) -> Any:
    return ByteBudget(100) if runner is run else AsyncByteBudget(100)


def test_handles_keep_half_of_it_at_most(account: Any) -> None:
    budgets = budget_for(account)

    async def main() -> None:
        budget = budgets.here()
        assert [budget.ask(30), budget.ask(30), budget.ask(20), budget.ask(1)] == [
            True, False, True, False,
        ]  # fmt: skip
        assert budget.free == 50
        budget.move(30)
        assert budget.ask(30)
        budget.give(30)
        budget.give(50, kept=True)
        assert budget.free == 100

    account(main())


def test_handles_get_nothing_that_transfers_have(account: Any) -> None:
    budgets = budget_for(account)

    async def main() -> None:
        budget = budgets.here()
        await budget.take(90)
        assert not budget.ask(20)
        assert budget.ask(10)

    account(main())


def test_nobody_waits_for_what_handles_keep(account: Any) -> None:
    """Who would, might wait for himself."""
    budgets = budget_for(account)

    async def main() -> None:
        budget = budgets.here()
        assert budget.ask(50)
        await budget.take(100)
        assert budget.free == -50
        budget.give(100)
        assert await budget.take_aside(100)
        budget.give(100, aside=True)
        assert not await budget.take_aside(50)
        assert budget.free == 0

    account(main())


def test_aside_only_one_at_a_time_goes_beyond() -> None:
    budget = ByteBudget(100)
    run(budget.take(100))
    assert run(budget.take_aside(60))
    others: list[bool] = []
    threads = [
        threading.Thread(target=lambda: others.append(run(budget.take_aside(60)))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert not eventually(lambda: len(others) > 0, 0.05)
    budget.give(60, aside=True)
    assert eventually(lambda: len(others) == 1)
    budget.give(60, aside=True)
    for thread in threads:
        thread.join(10)
    assert others == [True, True]
    budget.give(60, aside=True)
    budget.give(100)
    assert budget.free == 100


@pytest.mark.parametrize("granted", [True, False])
def test_aside_a_task_that_is_cancelled_keeps_nothing(granted: bool) -> None:
    budgets = AsyncByteBudget(100)

    async def main() -> None:
        budget = budgets.here()
        await budget.take(100)
        assert await budget.take_aside(60)
        first = asyncio.ensure_future(budget.take_aside(70))
        second = asyncio.ensure_future(budget.take_aside(80))
        await asyncio.sleep(0)
        if granted:
            budget.give(60, aside=True)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        if not granted:
            budget.give(60, aside=True)
        assert await second
        budget.give(80, aside=True)
        budget.give(100)
        assert budget.free == 100

    asyncio.run(main())


def test_aside_passes_those_that_wait_in_order() -> None:
    """They may be waiting for what the user who comes aside has to do first."""
    budget = ByteBudget(100)
    run(budget.take(100))
    waiting = threading.Thread(target=lambda: run(budget.take(50)))
    waiting.start()
    assert eventually(lambda: len(budget._queue) == 1)
    assert run(budget.take_aside(10))
    budget.give(10, aside=True)
    budget.give(100)
    waiting.join(10)
    assert budget.free == 50


def test_a_lease_that_is_lost_gives_back_what_it_has(account: Any) -> None:
    budgets = budget_for(account)

    async def main() -> None:
        budget = budgets.here()
        for _ in range(2):
            lease = Lease(budgets)
            assert lease.ask(1, 50)
            await lease.take(2, 1000)
            await lease.take_aside(3, 10)
            lease.split(1, 4, 20)
            lease.use(4)
            assert budget.free == -60
            del lease
            assert budget.free == 100

    account(main())


def test_a_lease_of_a_loop_is_given_back_from_anywhere() -> None:
    budgets = AsyncByteBudget(100)
    leases: list[Lease] = []

    async def main() -> None:
        lease = Lease(budgets)
        await lease.take(1, 100)
        leases.append(lease)
        waiting = asyncio.ensure_future(budgets.here().take(10))
        await asyncio.sleep(0)
        del lease
        await asyncio.to_thread(leases.clear)
        await waiting
        assert budgets.free == 90
        lease = Lease(budgets)
        await lease.take(1, 10)
        leases.append(lease)

    asyncio.run(main())
    leases.clear()  # its loop is gone, and so is what it had
