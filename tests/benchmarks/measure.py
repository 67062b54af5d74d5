"""Rounds in which every contender has its turn, and the medians over them."""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TURN_SECONDS = 0.2  # long enough for the clock, short enough that all meet the same weather


@dataclass(frozen=True)
class Cost:
    """Of one operation, in seconds."""

    wall: float
    cpu: float


Turn = Callable[[int], Cost]
"""Does the operation so many times, and tells what one cost."""


def in_this_process(operation: Callable[[], object], each_of: int = 1) -> Turn:
    """Of this process, all of its threads included: obstore works in threads of its own.

    Programs that the operation runs count as well. What it cost is shared by `each_of` objects.
    """

    def turn(times: int) -> Cost:
        before, started = cpu_used(), time.perf_counter()
        for _ in range(times):
            operation()
        wall, count = time.perf_counter() - started, times * each_of
        return Cost(wall / count, (cpu_used() - before) / count)

    return turn


def one_by_one(operation: Callable[[], object], after: Callable[[], object]) -> Turn:
    """As `in_this_process`, with something to do after each operation that doesn't count."""
    one = in_this_process(operation)

    def turn(times: int) -> Cost:
        costs = []
        for _ in range(times):
            costs.append(one(1))
            after()
        return Cost(sum(c.wall for c in costs) / times, sum(c.cpu for c in costs) / times)

    return turn


def in_new_processes(code: str) -> Turn:
    """Of one piece of code, each time in an interpreter of its own, whose start doesn't count.

    What it imports is compiled once and kept, as packages that pip installs are: the checkout too.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    script = (
        "import time; wall, cpu = time.perf_counter(), time.process_time()\n"
        f"{code}\n"
        "print(time.perf_counter() - wall, time.process_time() - cpu)"
    )

    def turn(times: int) -> Cost:
        told = [
            subprocess.run(
                [sys.executable, "-c", script],
                check=True,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                env=environment,
            ).stdout.split()
            for _ in range(times)
        ]
        walls, cpus = zip(*told, strict=True)
        return Cost(sum(map(float, walls)) / times, sum(map(float, cpus)) / times)

    return turn


def compare(turns: Mapping[str, Turn], rounds: int) -> dict[str, list[Cost]]:
    """What each contender's operation cost in each round."""
    times = {name: _calibrate(turn) for name, turn in turns.items()}
    gc.collect()
    gc.freeze()  # one contender's many modules are not to slow another's garbage collection
    try:
        costs: dict[str, list[Cost]] = {name: [] for name in turns}
        names = list(turns)
        for number in range(rounds):
            shift = number % len(names)
            for name in names[shift:] + names[:shift]:
                costs[name].append(turns[name](times[name]))
        return costs
    finally:
        gc.unfreeze()


def median(costs: Sequence[Cost]) -> Cost:
    """Of wall and CPU time, each for itself."""
    return Cost(
        statistics.median(cost.wall for cost in costs), statistics.median(c.cpu for c in costs)
    )


def ratio(ours: Sequence[Cost], theirs: Sequence[Cost]) -> Cost:
    """The median of the rounds' ratios: what slowed a whole round down cancels out."""
    pairs = list(zip(ours, theirs, strict=True))
    return Cost(
        statistics.median(our.wall / max(their.wall, 1e-9) for our, their in pairs),
        statistics.median(our.cpu / max(their.cpu, 1e-9) for our, their in pairs),
    )


def _calibrate(turn: Turn) -> int:
    """Warm the operation up, and find how often it goes into one turn."""
    times = 1
    while (took := _seconds(turn, times)) < TURN_SECONDS / 4:
        times *= 2
    return max(1, round(times * TURN_SECONDS / took))


def _seconds(turn: Turn, times: int) -> float:
    """By the clock on the wall: what a turn tells may be the cost of a single object among many."""
    started = time.perf_counter()
    turn(times)
    return time.perf_counter() - started


def cpu_used() -> float:
    """Seconds of this process, all threads and the system's work included, and of its ended children."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
