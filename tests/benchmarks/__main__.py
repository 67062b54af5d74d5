"""The command line: see `tests/benchmarks/__init__.py`."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import platform
import re
import sys
from pathlib import Path

from tests.benchmarks import areas, peaks
from tests.benchmarks.areas import AREAS, ONLY_ON, ROOT
from tests.benchmarks.clients import installed
from tests.benchmarks.endpoint import NULL, running
from tests.benchmarks.measure import Cost, compare, median, ratio
from tests.servers import Server

DOCUMENT = ROOT / "docs" / "benchmarks.md"
HEADER = """\
# Benchmarks

Made by `python -m tests.benchmarks --write`. The last two columns are what counts: the SDK's cost
divided by that client's, the median over rounds in which all had their turn, so below 1 the SDK is
the cheaper one. Absolute times say more about the machine. CPU is the client's own, system time
included. Against `null`, a server in C that stores nothing, what is measured is the client.
`python -m tests.benchmarks memory --size 1024` measures the memory of large transfers, each in a
process of its own.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument(
        "areas", nargs="*", metavar="AREA", help=f"{', '.join(AREAS)}, memory; default all"
    )
    parser.add_argument("--server", default=NULL, help="null (default), seaweedfs, moto or minio")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--size", type=int, default=256, help="MiB of what is large (upload, download, memory)"
    )
    parser.add_argument("--write", action="store_true", help=f"update {DOCUMENT.name}, too")
    options = parser.parse_args()
    every = [name for name in AREAS if ONLY_ON.get(name, options.server) == options.server]
    every.append("memory")
    asked: list[str] = []
    for name in options.areas:
        # `get-async` is all of `get-async-16` and `get-async-64`; `get` is just that one.
        meant = [name] if name in every else [each for each in every if each.startswith(f"{name}-")]
        if not meant and name not in AREAS:
            parser.error(f"no such area: {name}; there are {', '.join(every)}")
        asked += meant or [name]
    for name in asked:
        if ONLY_ON.get(name, options.server) != options.server:
            parser.error(f"{name} needs --server {ONLY_ON[name]}")
    areas.SIZE = options.size << 20
    with running(options.server) as server:
        for name in asked or every:
            if name == "memory":
                section = memory(server)
                print(section, flush=True)
                if options.write:
                    write(DOCUMENT, section)
                continue
            with contextlib.ExitStack() as stack:
                turns = AREAS[name](server, stack)
                costs = compare(turns, options.rounds)
            heading, on = name, ""
            if name != "import":
                heading, on = f"{name} on {server.kind}", f"On {server.kind} {server.version}. "
            what = (AREAS[name].__doc__ or "").partition("\n")[0]
            if name in ("upload", "download"):
                on += f"{options.size} MiB. "
            about = f"{what} {on}{options.rounds} rounds, {about_here()}."
            section = f"## {heading}\n\n{about}\n\n{table(costs)}\n"
            print(section, flush=True)
            if options.write:
                write(DOCUMENT, section)


def memory(server: Server) -> str:
    """The section on memory, each figure from a process of its own."""
    rows: list[tuple[str, ...]] = [("client", "what it does", "MiB above the start")]
    with areas.large_files() as folder:
        for client, what in peaks.cases():
            grown = peaks.measured(client, what, server, folder / areas.big_key())
            rows.append((client, peaks.SCENARIOS[what], f"{grown / (1 << 20):.0f}"))
            print(*rows[-1], sep="\t", file=sys.stderr, flush=True)
    about = (
        f"The most memory (RSS) that a transfer of {areas.SIZE >> 20} MiB takes beyond what the process "
        f"has when it is connected; 64 at once are of a 16th each. On {server.kind} {server.version}, "
        f"{about_here()}."
    )
    return f"## memory on {server.kind}\n\n{about}\n\n{markdown(rows, left=2)}\n"


def table(costs: dict[str, list[Cost]]) -> str:
    """A row for each contender, the SDK's first; Markdown that reads well in a terminal, too."""
    ours = next(iter(costs.values()))
    scale, unit = (1e3, "ms") if median(ours).wall > 2e-3 else (1e6, "us")
    head = ("client", f"wall {unit}", f"CPU {unit}", "SDK / it: wall", "SDK / it: CPU")
    rows: list[tuple[str, ...]] = [head]
    for name, theirs in costs.items():
        middle, compared = median(theirs), ratio(ours, theirs)
        times = (f"{middle.wall * scale:.1f}", f"{middle.cpu * scale:.1f}")
        ratios = (f"{compared.wall:.2f}", f"{compared.cpu:.2f}")
        rows.append((f"{name} {installed(name.partition(' ')[0]) or ''}".strip(), *times, *ratios))
    return markdown(rows, left=1)


def markdown(rows: list[tuple[str, ...]], left: int) -> str:
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


def about_here() -> str:
    """The day, the interpreter, and the machine, for readers who have another one."""
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if model := re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE):
            processor = model[1]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return f"{today}, Python {platform.python_version()}, {os.cpu_count()} cores of {processor}"


def write(document: Path, section: str) -> None:
    """Put the section in place of the one with the same heading, or at the end."""
    text = document.read_text(encoding="utf-8") if document.exists() else HEADER
    heading = section.partition("\n")[0]
    old = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if old.search(text):
        text = old.sub(lambda _: section + "\n", text)
    else:
        text = f"{text.rstrip()}\n\n{section}"
    document.parent.mkdir(exist_ok=True)
    document.write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
