"""What the SDK is to reach, beside what was measured last. Taken from the null server's figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from minio_sdk.config import MiB
from tests.benchmarks.async_clients import UVLOOP
from tests.benchmarks.caching import CACHETOOLS
from tests.benchmarks.clients import PROJECT
from tests.benchmarks.endpoint import NULL
from tests.benchmarks.measure import median, ratio
from tests.benchmarks.results import Result

MUST, GOAL = "must", "goal"


@dataclass(frozen=True)
class Verdict:
    """What it is by the wall clock and by CPU, and whether that is enough."""

    wall: str
    cpu: str
    held: bool


@dataclass(frozen=True)
class Target:
    """What is asked for, and what a result says to that; None if the peer wasn't there."""

    asked: str
    judge: Callable[[Result], Verdict | None]


@dataclass(frozen=True)
class Goal:
    """Of an area."""

    area: str
    kind: str
    target: Target


def takes(share: float, peer: str, ours: str = PROJECT) -> Target:
    """At most so much of a peer's time."""

    def judge(result: Result) -> Verdict | None:
        return _compared(result, ours, peer, lambda times: times <= share)

    return Target(f"<= {share:g}x the time of {peer}", judge)


def outruns(factor: float, peer: str, ours: str = PROJECT) -> Target:
    """At least so many times a peer's speed."""

    def judge(result: Result) -> Verdict | None:
        return _compared(result, peer, ours, lambda times: times >= factor)

    return Target(f">= {factor:g}x the speed of {peer}", judge)


def per_second(rate: float) -> Target:
    """At least so many operations, on whatever machine."""

    def judge(result: Result) -> Verdict | None:
        return _alone(result, lambda time: f"{1 / time:,.0f}/s", lambda time: 1 / time >= rate)

    return Target(f">= {rate:,.0f} a second", judge)


def within(seconds: float) -> Target:
    """At most so long, on whatever machine."""

    def judge(result: Result) -> Verdict | None:
        return _alone(result, lambda time: f"{time * 1e3:.1f} ms", lambda time: time <= seconds)

    return Target(f"<= {seconds * 1e3:g} ms", judge)


def grows_by(most: int, what: str) -> Target:
    """At most so many bytes, by the blocking client and the async one."""

    def judge(result: Result) -> Verdict | None:
        peaks = [p for p in result.peaks if p.what == what and p.client.startswith(PROJECT)]
        if not peaks:
            return None
        grown = max(peak.grown for peak in peaks)
        return Verdict(f"{grown / MiB:.0f} MiB", "", grown <= most)

    return Target(f"{what}: memory grows by <= {most // MiB} MiB", judge)


GOALS = (
    Goal("get", MUST, takes(1.0, "obstore")),
    Goal("get", MUST, takes(0.5, "minio")),
    Goal("get", GOAL, takes(0.75, "obstore")),
    Goal("put", MUST, takes(1.2, "obstore")),
    Goal("put", MUST, takes(0.5, "minio")),
    Goal("put", GOAL, takes(0.85, "obstore")),
    *(
        Goal(f"{area}-{count}", kind, outruns(factor, peer))
        for area in ("get-many", "put-many")
        for count in (64, 1000)
        for kind, factor, peer in (
            (MUST, 1.0, "obstore"),
            (MUST, 5.0, "minio"),
            (GOAL, 1.5, "obstore"),
            *([(GOAL, 2.0, "s5cmd")] if area == "put-many" else []),
        )
    ),
    Goal("upload", MUST, outruns(1.6, "obstore")),
    Goal("memory", MUST, grows_by(64 * MiB, "upload_file")),
    Goal("upload", GOAL, outruns(1.0, "curl")),
    Goal("download", MUST, outruns(1.1, "obstore")),
    Goal("download", MUST, outruns(2.0, "boto3")),
    Goal("download", GOAL, outruns(1.4, "obstore")),
    Goal("list", MUST, takes(1.2, "obstore")),
    Goal("list", MUST, takes(0.15, "minio")),
    Goal("list", GOAL, takes(0.6, "obstore")),
    *(
        Goal(f"get-async-{tasks}", kind, target)
        for tasks in (16, 64)
        for kind, target in (
            (MUST, takes(0.9, "obstore")),
            (MUST, takes(0.5, "miniopy-async")),
            (GOAL, takes(1.0, f"obstore{UVLOOP}", f"{PROJECT}{UVLOOP}")),
        )
    ),
    Goal("cache", MUST, outruns(2.0, CACHETOOLS)),
    Goal("cache-4", MUST, outruns(8.0, CACHETOOLS)),
    Goal("cache", GOAL, per_second(2e6)),
    Goal("import", MUST, within(0.060)),
    Goal("import", GOAL, takes(1.0, "obstore")),
)


def judged(results: Mapping[tuple[str, str], Result]) -> list[tuple[Goal, Verdict | None]]:
    """All of them, in order; None for what wasn't measured."""
    there = [(goal, results.get((goal.area, NULL))) for goal in GOALS]
    return [(goal, goal.target.judge(result) if result else None) for goal, result in there]


def _alone(
    result: Result, told: Callable[[float], str], enough: Callable[[float], bool]
) -> Verdict | None:
    costs = result.costs(PROJECT)
    if costs is None:
        return None
    middle = median(costs)
    return Verdict(told(middle.wall), told(middle.cpu), enough(middle.wall))


def _compared(
    result: Result, costly: str, cheap: str, enough: Callable[[float], bool]
) -> Verdict | None:
    over, under = result.costs(costly), result.costs(cheap)
    if not over or not under:
        return None
    times = ratio(over, under)
    return Verdict(f"{times.wall:.2f}x", f"{times.cpu:.2f}x", enough(times.wall))
