"""Rounds in which every contender has its turn, and the medians over them."""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

TURN_SECONDS = 0.2  # long enough for the clock, short enough that all meet the same weather


@dataclass(frozen=True)
class Cost:
    """Of one operation, in seconds."""

    wall: float
    cpu: float


Turn = Callable[[int], Cost]
"""Does the operation so many times, and tells what one cost."""


def in_this_process(operation: Callable[[], object]) -> Turn:
    """Of this process, all of its threads included: obstore works in threads of its own."""

    def turn(times: int) -> Cost:
        before, started = cpu_of_this_process(), time.perf_counter()
        for _ in range(times):
            operation()
        wall = time.perf_counter() - started
        return Cost(wall / times, (cpu_of_this_process() - before) / times)

    return turn


def in_new_processes(code: str, root: Path) -> Turn:
    """Of one piece of code, each time in an interpreter of its own, whose start doesn't count."""
    script = (
        "import time; wall, cpu = time.perf_counter(), time.process_time()\n"
        f"{code}\n"
        "print(time.perf_counter() - wall, time.process_time() - cpu)"
    )

    def turn(times: int) -> Cost:
        told = [
            subprocess.run(
                [sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, cwd=root
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


def median(costs: list[Cost]) -> Cost:
    """Of wall and CPU time, each for itself."""
    return Cost(
        statistics.median(cost.wall for cost in costs), statistics.median(c.cpu for c in costs)
    )


def ratio(ours: list[Cost], theirs: list[Cost]) -> Cost:
    """The median of the rounds' ratios: what slowed a whole round down cancels out."""
    pairs = list(zip(ours, theirs, strict=True))
    return Cost(
        statistics.median(our.wall / max(their.wall, 1e-9) for our, their in pairs),
        statistics.median(our.cpu / max(their.cpu, 1e-9) for our, their in pairs),
    )


def _calibrate(turn: Turn) -> int:
    """Warm the operation up, and find how often it goes into one turn."""
    times = 1
    while (took := turn(times).wall * times) < TURN_SECONDS / 4:
        times *= 2
    return max(1, round(times * TURN_SECONDS / took))


def cpu_of_this_process() -> float:
    """Seconds, the system's included, of all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
