"""What probes are made of."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from tests.comparison.lab import Lab
from tests.comparison.model import (
    CLIENTS,
    MC,
    MINIO,
    MINIOPY,
    READ,
    SDK,
    Outcome,
    Probe,
    Unexpected,
    no,
)
from tests.comparison.names import ours_missing, searched
from tests.comparison.peers import Missing, connected

Try = Callable[[Lab, str], Outcome]
"""The same thing tried by any client, whose name it is given."""


def each(tried: Try, needs: tuple[str, ...] = (), **instead: Probe) -> dict[str, Probe]:
    """The same for every client; `instead` is for clients that are asked otherwise (`_` for `-`)."""
    probes = {name: Probe(_bound(tried, name), needs if name == SDK else ()) for name in CLIENTS}
    return {**probes, **_named(instead)}


def ours(run: Callable[[Any, Lab], Outcome], *names: str, **settings: Any) -> dict[str, Probe]:
    """The SDK's probe, and the public names without which it has no such thing."""

    def connect(lab: Lab) -> Outcome:
        with connected(SDK, lab.minio, **settings) as peer:
            return run(peer, lab)

    return our(connect, *names)


def our(tried: Callable[[Lab], Outcome], *names: str) -> dict[str, Probe]:
    """The same for what needs no client on MinIO."""

    def run(lab: Lab) -> Outcome:
        if missing := ours_missing(names):
            return no(f"There is no {', '.join(f'`{each}`' for each in missing)}.", READ)
        return tried(lab)

    return {SDK: Probe(run, names)}


def way(name: str, run: Callable[[Any, Lab], Outcome], **settings: Any) -> dict[str, Probe]:
    """A client's own way, on MinIO."""

    def tried(lab: Lab) -> Outcome:
        with connected(name, lab.minio, **settings) as peer:
            return run(peer, lab)

    return {name: Probe(tried)}


def both(run: Callable[[Any, Lab], Outcome], **settings: Any) -> dict[str, Probe]:
    """minio-py and miniopy-async, which have the same calls."""
    return {**way(MINIO, run, **settings), **way(MINIOPY, run, **settings)}


def absent(pattern: str, *clients: str, but: str = "", answer: str = "no") -> dict[str, Probe]:
    """These clients have no public name in which the pattern occurs.

    `but` are names that mean other things; `answer` is "n/a" where a client that can't do a thing at all
    can't do it wrong either.
    """
    return {name: Probe(_searching(name, pattern, but, answer)) for name in clients}


def told(outcome: Outcome, *clients: str) -> dict[str, Probe]:
    """What needs no try: not applicable, or a thing of another kind."""
    return {name: Probe(lambda lab: outcome) for name in clients}


def _searching(client: str, pattern: str, but: str, answer: str) -> Callable[[Lab], Outcome]:
    def tried(lab: Lab) -> Outcome:
        found = [n for n in searched(client, pattern) if not (but and re.search(but, n))]
        if found:
            raise Unexpected(f"{client} has names with {pattern!r}: {', '.join(found[:8])}")
        where = "help of any command" if client == MC else "public name"
        shown = pattern.replace("|", " or ").replace("\\b", "").replace("\\", "")
        return Outcome(answer, f"No {where} has `{shown}`.", READ)

    return tried


def _bound(tried: Try, name: str) -> Callable[[Lab], Outcome]:
    def run(lab: Lab) -> Outcome:
        try:
            return tried(lab, name)
        except Missing:
            return no("It has no such call.", READ)

    return run


def _named(probes: Mapping[str, Probe]) -> dict[str, Probe]:
    return {
        next(c for c in CLIENTS if c.replace("-", "_") == name): probe
        for name, probe in probes.items()
    }


def error(problem: BaseException) -> str:
    """Its class, and the beginning of what it says, without what differs from run to run."""
    words = " ".join(str(problem).split()).removesuffix(".")
    for pattern, instead in _CHANGING:
        words = re.sub(pattern, instead, words)
    return f"{type(problem).__name__}: {textwrap.shorten(words, 110, placeholder=' ...')}"


_CHANGING = (
    (r"(http://)?127\.0\.0\.1:\d+", "the server"),
    (r"/tmp/[\w./-]*", "a file"),
    (r"\blab-[0-9a-f]{12}\b", "lab"),
)
