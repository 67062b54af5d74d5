"""The command line: see `tests/comparison/__init__.py`."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import datetime
import fnmatch
import importlib.metadata
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence

from tests import servers
from tests.benchmarks.measure import ROOT
from tests.comparison import model, names, page
from tests.comparison.areas import FEATURES
from tests.comparison.lab import Lab
from tests.comparison.model import CLIENTS, Cell, Feature, Unexpected

DATA = ROOT / "docs" / "comparison.json"
PAGE = ROOT / "docs" / "comparison.md"
PATIENCE = 240.0  # seconds for a feature; a client that hangs is told as such


def main() -> None:
    options = _parse()
    features = [f for f in FEATURES if _asked(f.id, options.features)]
    if not features:
        raise SystemExit(f"no such feature; there are {', '.join(f.id for f in FEATURES)}")
    versions = {name: names.version(name) for name in options.clients}
    if missing := [name for name, version in versions.items() if version is None]:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    failed = []
    with contextlib.ExitStack() as stack:
        lab = Lab(stack)
        lab.prepare(options.clients)
        for feature in features:
            cells, problems = _tried(feature, options.clients, lab, versions)
            failed += problems
            _show(feature, cells, problems)
            if options.write:
                _keep(cells)
    if options.write:
        PAGE.write_text(page.page(FEATURES, *model.load(DATA)), encoding="utf-8")
    # Not by the usual way: a client that hangs has threads that Python would wait for.
    sys.stdout.flush()
    os._exit(1 if failed else 0)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.comparison")
    parser.add_argument("features", nargs="*", metavar="FEATURE", help="ids, or patterns of ids")
    parser.add_argument(
        "--clients", type=lambda text: text.split(","), default=list(CLIENTS), help="default: all"
    )
    parser.add_argument("--write", action="store_true", help="update docs/comparison.*")
    options = parser.parse_args()
    if unknown := set(options.clients) - {*CLIENTS}:
        parser.error(f"no such client: {', '.join(sorted(unknown))}")
    return options


def _asked(id: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch.fnmatch(id, pattern) for pattern in patterns)


def _tried(
    feature: Feature, clients: Sequence[str], lab: Lab, versions: dict[str, str | None]
) -> tuple[list[Cell], list[str]]:
    """All clients side by side: most of the time is theirs to wait."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    cells, problems = [], []
    pool = concurrent.futures.ThreadPoolExecutor(len(CLIENTS))
    running = {name: pool.submit(feature.probes[name].run, lab) for name in clients}
    end = time.monotonic() + PATIENCE
    for name, future in running.items():
        if not concurrent.futures.wait([future], max(0.0, end - time.monotonic())).done:
            problems.append(f"{name}: not finished after {PATIENCE:g} s")
            continue
        try:
            seen = future.result()
        except Unexpected as problem:
            problems.append(f"{name}: {problem}")
        except Exception:
            problems.append(f"{name}: {traceback.format_exc(limit=-4)}")
        else:
            version = versions[name] or ""
            cells.append(Cell(feature.id, name, seen.answer, seen.how, seen.shown, version, today))
    pool.shutdown(wait=False)
    return cells, problems


def _show(feature: Feature, cells: Sequence[Cell], problems: Sequence[str]) -> None:
    print(f"\n{feature.id}: {feature.title}")
    for cell in cells:
        print(f"  {cell.client:<14} {cell.answer:<7} {cell.how:<5} {cell.shown}")
    for problem in problems:
        print(f"  FAILED {problem}")
    sys.stdout.flush()


def _keep(cells: Sequence[Cell]) -> None:
    """Those that ran, in place of the older ones; at once, so that an interrupt loses nothing."""
    setting, kept = model.load(DATA)
    known = {(f.id, name) for f in FEATURES for name in CLIENTS}
    new = {(cell.feature, cell.client): cell for cell in [*kept, *cells]}
    model.save(DATA, {**setting, **_here()}, [new[at] for at in new if at in known])


def _here() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "minio": servers.version("minio"),
        "mypy": _mypy(),
    }


def _mypy() -> str:
    return importlib.metadata.version("mypy")


if __name__ == "__main__":
    main()
