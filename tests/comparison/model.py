"""What the table is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.comparison.lab import Lab

SDK, MINIO, BOTO3, OBSTORE = "minio_sdk", "minio-py", "boto3", "obstore"
S3FS, MINIOPY, MC = "s3fs", "miniopy-async", "mc"
CLIENTS = (SDK, MINIO, BOTO3, OBSTORE, S3FS, MINIOPY, MC)

ANSWERS = ("yes", "partly", "no", "n/a")
RUN, READ = "run", "read"
"""How a cell is known: the probe did it, or it searched the names, the help or the source."""


@dataclass(frozen=True)
class Outcome:
    """What a probe saw."""

    answer: str
    shown: str
    how: str = RUN


def yes(shown: str, how: str = RUN) -> Outcome:
    """It is there, and did what is asked."""
    return Outcome("yes", shown, how)


def partly(shown: str, how: str = RUN) -> Outcome:
    """It is there with a lack, which `shown` names."""
    return Outcome("partly", shown, how)


def no(shown: str, how: str = RUN) -> Outcome:
    """It isn't there, or it went wrong."""
    return Outcome("no", shown, how)


@dataclass(frozen=True)
class Probe:
    """One client's way to a feature, and the public names without which there is none.

    Names are patterns for `fnmatch`: `MinIOClient.listen_*`, or `MinIOClient.put_object(sse)` for an
    argument.
    """

    run: Callable[[Lab], Outcome]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feature:
    """A row."""

    id: str
    area: str
    title: str
    probes: Mapping[str, Probe]


@dataclass(frozen=True)
class Cell:
    """What is kept of a probe's last run."""

    feature: str
    client: str
    answer: str
    how: str
    shown: str
    version: str
    date: str


class Unexpected(Exception):
    """A probe can't say: what it relies on isn't so. The cell stays what it was, and the run fails."""


def feature(
    id: str, area: str, title: str, probes: Mapping[str, Callable[[Lab], Outcome] | Probe]
) -> Feature:
    """A row; every client needs a probe."""
    if missing := set(CLIENTS) - set(probes):
        raise ValueError(f"{id} has no probe for {sorted(missing)}")
    made = {name: p if isinstance(p, Probe) else Probe(p) for name, p in probes.items()}
    return Feature(id, area, title, {name: made[name] for name in CLIENTS})


def load(path: Path) -> tuple[dict[str, str], list[Cell]]:
    """The setting (servers, machine), and the cells."""
    if not path.exists():
        return {}, []
    told = json.loads(path.read_text(encoding="utf-8"))
    return told["setting"], [Cell(**cell) for cell in told["cells"]]


def save(path: Path, setting: Mapping[str, str], cells: Iterable[Cell]) -> None:
    """Sorted, a line for each, so that a change of one cell is a change of one line."""
    order = sorted(cells, key=lambda cell: (cell.feature, CLIENTS.index(cell.client)))
    lines = ",\n".join(json.dumps(asdict(cell)) for cell in order)
    told = json.dumps(dict(sorted(setting.items())))
    path.write_text(f'{{"setting": {told},\n"cells": [\n{lines}\n]}}\n', encoding="utf-8")
