"""docs/servers.md: what each server does, as a whole run of the conformance suite has seen it.

    python -m pytest --servers-page          runs the suite and writes the page

A run of everything, on all servers, fails when the page says something else than the run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.conformance.gaps import EVERYWHERE, FEATURES, KEYS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "servers.md"

_NAMES = {"seaweedfs": "SeaweedFS", "minio": "MinIO", "moto": "moto"}
_TENANCY = {"plain": "without tenancy", "bucket": "by bucket", "prefix": "by prefix"}
_VERSIONS = "Seen on "

HEAD = """# What each server does

Made by the conformance suite, which runs every call of the SDK in both clients, without tenancy, with a
tenant's own buckets and with a tenant's own prefix, on real servers. Where a server lacks a feature, the SDK
raises `NotSupportedError` with the server's answer, or shows the server's error. Nothing here is written by
hand: a run that sees something else fails. To know what another server has, such as AWS or Ceph, ask it:
`get_capabilities()`.

"""


class Tally:
    """What became of the tests of each feature on each server."""

    def __init__(self) -> None:
        self.passed: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.lacking: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def add(self, properties: Mapping[str, str], outcome: str) -> None:
        """Count one test; `properties` are those that conftest.py writes on it."""
        feature, server = properties.get("feature"), properties.get("server")
        if feature is None or server is None:
            return
        if outcome == "passed":
            self.passed[feature, server] += 1
        elif outcome == "xfailed":
            self.lacking[feature, server].add(properties["needs"])

    def page(self, versions: Mapping[str, str]) -> str:
        """The page."""
        servers = [name for name in _NAMES if name in versions]
        told = ", ".join(f"{_NAMES[name]} {versions[name]}" for name in servers)
        lines = [f"{_VERSIONS}{told}.", ""]
        lines += _row(["", *(_NAMES[name] for name in servers)])
        lines += _row(["---"] * (len(servers) + 1))
        features = sorted({feature for feature, _ in (*self.passed, *self.lacking)})
        for feature in features:
            lines += _row([feature, *(self._cell(feature, name) for name in servers)])
        lines += ["", "## What is lacking", ""]
        lines += _lacking(servers)
        lines += ["", "## Keys", ""]
        lines += _keys(servers)
        return HEAD + "\n".join(lines) + "\n"

    def _cell(self, feature: str, server: str) -> str:
        lacking = self.lacking.get((feature, server))
        if not lacking:
            return "yes"
        if not self.passed.get((feature, server)):
            return "no"
        return f"yes, but not {', '.join(sorted(lacking))}"


def _row(cells: Iterable[str]) -> list[str]:
    return [f"| {' | '.join(cells)} |"]


def _lacking(servers: list[str]) -> list[str]:
    lines = []
    for name in servers:
        lines += [f"**{_NAMES[name]}**", ""]
        for feature in sorted(FEATURES):
            gap = FEATURES[feature].get(name)
            if gap is not None:
                where = _where(gap.tenancies)
                lines.append(f"- {feature}: {gap.reason}{where}")
        lines.append("")
    return lines[:-1]


def _keys(servers: list[str]) -> list[str]:
    lines = [
        "Keys reach the server byte for byte. Those below a server does not keep; where it would answer 200",
        "and store them under another name, the SDK refuses to send them.",
        "",
    ]
    for name in servers:
        lines += [f"**{_NAMES[name]}**", ""]
        for gap in KEYS.get(name, ()):
            keys = ", ".join(f"`{key!a}`" if len(key) < 40 else "a long one" for key in gap.keys)
            lines.append(f"- {keys}: {gap.outcome}; {gap.reason}{_where(gap.tenancies)}")
        if not KEYS.get(name):
            lines.append("- keeps them all")
        lines.append("")
    return lines[:-1]


def _where(tenancies: tuple[str, ...]) -> str:
    if set(tenancies) == set(EVERYWHERE):
        return ""
    return f" ({' and '.join(_TENANCY[name] for name in tenancies)})"


def says_the_same(one: str, other: str) -> bool:
    """Whether two pages differ in nothing but the servers' versions."""

    def without(page: str) -> list[str]:
        return [line for line in page.splitlines() if not line.startswith(_VERSIONS)]

    return without(one) == without(other)


def tally(stats: Mapping[str, list[Any]]) -> Tally:
    """The tally of a run, from what its terminal reporter has kept."""
    found = Tally()
    for outcome in ("passed", "xfailed"):
        for report in stats.get(outcome, []):
            if getattr(report, "when", "call") == "call":
                found.add(dict(getattr(report, "user_properties", ())), outcome)
    return found
