"""The command line: see `tests/benchmarks/__init__.py`."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from minio_sdk.config import MiB
from tests.benchmarks import page, peaks, programs, results
from tests.benchmarks.areas import Area, all_areas, large_file
from tests.benchmarks.clients import installed
from tests.benchmarks.endpoint import NULL, running
from tests.benchmarks.measure import ROOT, compare
from tests.benchmarks.results import Measured, Peak, Result
from tests.servers import Server, Unavailable

DOCS = ROOT / "docs"
MEMORY = "memory"


def main() -> None:
    options = _parse()
    areas = all_areas(options.size * MiB, options.objects)
    for kind in options.server:
        names = chosen(options.areas, areas, kind)
        if not names:
            continue
        try:
            with running(kind) as server:
                for name in names:
                    started = time.monotonic()
                    result = (
                        _memory(server, options.size * MiB)
                        if name == MEMORY
                        else _measure(name, areas[name], server, options.rounds)
                    )
                    print(page.section(result), flush=True)
                    print(f"({name} took {time.monotonic() - started:.0f} s)", file=sys.stderr)
                    if options.write:
                        _keep(result)
        except Unavailable as missing:
            raise SystemExit(f"no {kind} here: {missing}") from None
    if options.write:
        page.write(DOCS, results.load(DOCS / "benchmarks.json"), order())


def _parse() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(number) for number in text.split(",")]

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument(
        "areas", nargs="*", metavar="AREA", help=f"{', '.join(order())}; default all"
    )
    parser.add_argument(
        "--server",
        type=lambda text: text.split(","),
        default=[NULL],
        help="null (default), seaweedfs, minio, moto or external; or several with commas",
    )
    parser.add_argument("--rounds", type=int, help="default: 5 to 15, as the area needs")
    parser.add_argument("--size", type=int, default=256, help="MiB of what is large; default 256")
    parser.add_argument(
        "--objects",
        type=numbers,
        default=[64, 1000],
        help="in get-many and put-many; default 64,1000",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="update docs/benchmarks.md, its JSON and its plots, too",
    )
    options = parser.parse_args()
    if unknown := set(options.server) - {*page.SERVERS}:
        parser.error(f"no such server: {', '.join(sorted(unknown))}")
    areas = all_areas(options.size, options.objects)
    for asked in options.areas:
        if not _matching(asked, areas):
            parser.error(f"no such area: {asked}; there are {', '.join([*areas, MEMORY])}")
        if not any(chosen([asked], areas, kind) for kind in options.server):
            parser.error(f"{asked} needs --server {_needs(_matching(asked, areas)[0], areas)}")
    return options


def chosen(asked: list[str], areas: dict[str, Area], kind: str) -> list[str]:
    """The areas to measure on this kind of server: those that are asked for, or all that make sense."""
    names = [name for each in asked for name in _matching(each, areas)] or [*areas, MEMORY]
    return [name for name in names if _needs(name, areas) in (None, kind)]


def _matching(asked: str, areas: dict[str, Area]) -> list[str]:
    """`get` is just that one; `get-many` is all of `get-many-64` and `get-many-1000`."""
    names = [*areas, MEMORY]
    return [asked] if asked in names else [n for n in names if n.startswith(f"{asked}-")]


def _needs(name: str, areas: dict[str, Area]) -> str | None:
    return NULL if name == MEMORY else areas[name].only_on


def order() -> list[str]:
    """Every area, as the page has them."""
    return [*all_areas(MiB), MEMORY]


def _measure(name: str, area: Area, server: Server, rounds: int | None) -> Result:
    rounds = rounds or area.rounds
    setting = f"{rounds} rounds, {_about_here()}."
    with contextlib.ExitStack() as stack:
        costs = compare(area.prepare(server, stack), rounds)
    measured = tuple(
        Measured(client, version_of(client), tuple(each)) for client, each in costs.items()
    )
    return Result(name, server.kind, area.about, f"{_about(server)}{setting}", measured)


def _memory(server: Server, size: int) -> Result:
    """Each figure is from a process of its own."""
    about = (
        f"The most memory (RSS) that a transfer of {size // MiB:,} MiB takes beyond what the process has "
        "when it is connected; 64 at once are of a 16th each."
    )
    setting = f"{_about(server)}{_about_here()}."

    def grown() -> Iterator[Peak]:
        with large_file(size) as path:
            for client, what in peaks.cases():
                peak = Peak(
                    client, peaks.SCENARIOS[what], peaks.measured(client, what, server, path)
                )
                print(client, peak.what, peak.grown // MiB, sep="\t", file=sys.stderr, flush=True)
                yield peak

    return Result(MEMORY, server.kind, about, setting, peaks=tuple(grown()))


def _keep(result: Result) -> None:
    """At once, so that an interrupt loses nothing that was measured."""
    DOCS.mkdir(exist_ok=True)
    path = DOCS / "benchmarks.json"
    results.save(path, results.replaced(results.load(path), result))


def version_of(client: str) -> str:
    """`cachetools.LRUCache, a lock` is of cachetools, `obstore (uvloop)` of obstore."""
    named = re.match(r"[\w-]+", client)
    return (named and (installed(named[0]) or programs.version(named[0]))) or ""


def _about(server: Server) -> str:
    return "" if server.kind == NULL else f"{server.kind} {server.version}. "


def _about_here() -> str:
    """The day, the interpreter, and the machine, for readers who have another one."""
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if model := re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE):
            processor = model[1]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    python, cores = platform.python_version(), os.cpu_count()
    return f"{today}, Python {python}, {cores} cores of {processor}{load}"


if __name__ == "__main__":
    main()
