"""The page `docs/benchmarks.md` and its plots, made of the results that lie beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from minio_sdk.config import MiB
from tests.benchmarks import goals, plots
from tests.benchmarks.clients import PROJECT
from tests.benchmarks.measure import median, ratio
from tests.benchmarks.results import Measured, Result

SERVERS = ("null", "seaweedfs", "minio", "moto", "external")
HEADER = """\
# Benchmarks

Made by `python -m tests.benchmarks --write` from [benchmarks.json](benchmarks.json), which has the figures
of every round. [performance.md](performance.md) says how to run it, and what to do with it.

The last two columns of a table are what counts: the SDK's cost divided by that client's, the median over
rounds in which all had their turn, so below 1 the SDK is the cheaper one. Absolute times say more about the
machine. CPU is the client's own, system time included. Against `null`, a server in C that stores nothing,
what is measured is the client; a real server shares the machine with it.
"""


def write(folder: Path, results: Sequence[Result], areas: Sequence[str]) -> None:
    """`benchmarks.md` and `plots/`, and nothing else in there."""
    pictures = folder / "plots"
    pictures.mkdir(parents=True, exist_ok=True)
    made = {plot_name(result): plot(result) for result in results}
    for name, picture in made.items():
        (pictures / name).write_text(picture, encoding="utf-8")
    for left in pictures.glob("*.svg"):
        if left.name not in made:
            left.unlink()
    (folder / "benchmarks.md").write_text(page(results, areas), encoding="utf-8")


def page(results: Iterable[Result], areas: Sequence[str]) -> str:
    """Goals first, then each area in this order, on each server in the order of `SERVERS`."""
    kept = {(result.area, result.server): result for result in results}
    known = [*areas, *sorted({area for area, _ in kept} - {*areas})]
    parts = [HEADER]
    parts.append(_verdicts(goals.judged(kept)))
    for area in known:
        there = [kept[area, server] for server in SERVERS if (area, server) in kept]
        if there:
            parts.append(f"## {area}\n\n{there[0].about}\n")
        for result in there:
            heading = "" if result.title == area else f"### {result.title}\n\n"
            picture = f"![its bars](plots/{plot_name(result)})"
            parts.append(f"{heading}{result.setting}\n\n{picture}\n\n{table(result)}\n")
    return "\n".join(parts)


def section(result: Result) -> str:
    """One area on one server, for the terminal."""
    return f"## {result.title}\n\n{result.about} {result.setting}\n\n{table(result)}\n"


def table(result: Result) -> str:
    """A row for each contender, the SDK's first; Markdown that reads well in a terminal, too."""
    if result.peaks:
        rows = [(p.client, p.what, f"{p.grown / MiB:.0f}") for p in result.peaks]
        return markdown([("client", "what it does", "MiB above the start"), *rows], left=2)
    scale, unit = unit_of(result)
    ours = result.measured[0].costs
    lines: list[tuple[str, ...]] = [
        ("client", f"wall {unit}", f"CPU {unit}", "SDK / it: wall", "SDK / it: CPU")
    ]
    for each in result.measured:
        middle, compared = median(each.costs), ratio(ours, each.costs)
        times = (figure(middle.wall * scale), figure(middle.cpu * scale))
        ratios = (f"{compared.wall:.2f}", f"{compared.cpu:.2f}")
        lines.append((label(each), *times, *ratios))
    return markdown(lines, left=1)


def plot(result: Result) -> str:
    """The medians as bars."""
    if result.peaks:
        rows = [
            plots.Bars(
                f"{p.client}: {p.what}".replace(f"{PROJECT} (async)", "async SDK")
                .replace(PROJECT, "SDK"),
                ((p.grown, f"{p.grown / MiB:.0f}"),),
                p.client.startswith(PROJECT),
            )
            for p in result.peaks
        ]  # fmt: skip
        return plots.plot(result.title, ["MiB above the start"], rows)
    scale, unit = unit_of(result)

    def bars(each: Measured) -> plots.Bars:
        middle = median(each.costs)
        values = tuple((value, figure(value * scale)) for value in (middle.wall, middle.cpu))
        return plots.Bars(label(each), values, each.client.startswith(PROJECT))

    rows = [bars(each) for each in result.measured]
    return plots.plot(result.title, [f"wall {unit}", f"CPU {unit}"], rows)


def plot_name(result: Result) -> str:
    """Of the file in `plots/`."""
    return f"{result.area}-{result.server}.svg"


def label(each: Measured) -> str:
    """The client, its version, and what is special about it."""
    name, bracket, special = each.client.partition(" (")
    return f"{name} {each.version}".strip() + bracket + special


def figure(value: float) -> str:
    """Three digits, and no more than mean anything."""
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def unit_of(result: Result) -> tuple[float, str]:
    """What seconds are multiplied with, and what that is called: by the SDK's own time."""
    return (1e3, "ms") if median(result.measured[0].costs).wall > 2e-3 else (1e6, "us")


def markdown(rows: Sequence[tuple[str, ...]], left: int) -> str:
    """A table, of which so many columns are text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| "
        + " | ".join(f"{c:<{w}}" if i < left else f"{c:>{w}}" for i, (c, w) in enumerate(cells))
        for cells in (zip(row, widths, strict=True) for row in rows)
    ]
    rule = "| " + " | ".join(
        "-" * w if i < left else "-" * (w - 1) + ":" for i, w in enumerate(widths)
    )
    return "\n".join(f"{line} |" for line in [lines[0], rule, *lines[1:]])


def _verdicts(verdicts: Sequence[tuple[goals.Goal, goals.Verdict | None]]) -> str:
    rows: list[tuple[str, ...]] = [("area", "", "what is asked for", "held", "wall", "CPU")]
    for goal, verdict in verdicts:
        told = ("not measured", "", "")
        if verdict is not None:
            told = ("yes" if verdict.held else "no", verdict.wall, verdict.cpu)
        rows.append((goal.area, goal.kind, goal.target.asked, *told))
    about = (
        "What the project wants to reach against `null`, and what was measured last: the median over the "
        "rounds of the ratio of the two times. What counts is the wall clock; CPU is the steadier figure."
    )
    return f"## The goals\n\n{about}\n\n{markdown(rows, left=4)}\n"
