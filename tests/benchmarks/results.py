"""What was measured, kept beside the page that is made of it: a line of JSON for each area and server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Cost


@dataclass(frozen=True)
class Measured:
    """A client's costs, one for each round; the rounds of all clients of a result go together."""

    client: str
    version: str
    costs: tuple[Cost, ...]


@dataclass(frozen=True)
class Peak:
    """How many bytes a process grew by while its client did something."""

    client: str
    what: str
    grown: int


@dataclass(frozen=True)
class Result:
    """An area on a server, and where and when that was."""

    area: str
    server: str
    about: str
    setting: str
    measured: tuple[Measured, ...] = ()
    peaks: tuple[Peak, ...] = ()

    @property
    def title(self) -> str:
        """What it is about, in short; an import needs no server."""
        return self.area if self.area == "import" else f"{self.area} on {self.server}"

    def costs(self, client: str) -> list[Cost] | None:
        """Of one client, None if it wasn't there."""
        return next((list(each.costs) for each in self.measured if each.client == client), None)


def load(path: Path) -> list[Result]:
    """All that is kept; nothing yet if there is no file."""
    if not path.exists():
        return []
    return [_result(told) for told in json.loads(path.read_text(encoding="utf-8"))]


def save(path: Path, results: Iterable[Result]) -> None:
    """A line for each, with as many digits as mean anything."""
    lines = (json.dumps(_rounded(asdict(result))) for result in results)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def replaced(results: Iterable[Result], new: Result) -> list[Result]:
    """With the new one for the older one of its area and server."""
    kept = [each for each in results if (each.area, each.server) != (new.area, new.server)]
    return [*kept, new]


def _result(told: dict[str, Any]) -> Result:
    measured = tuple(
        Measured(each["client"], each["version"], tuple(Cost(**cost) for cost in each["costs"]))
        for each in told.pop("measured")
    )
    return Result(
        **{**told, "measured": measured, "peaks": tuple(Peak(**each) for each in told["peaks"])}
    )


def _rounded(told: Any) -> Any:
    if isinstance(told, float):
        return float(f"{told:.4g}")
    if isinstance(told, dict):
        return {name: _rounded(value) for name, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [_rounded(value) for value in told]
    return told
