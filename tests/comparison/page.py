"""The page `docs/comparison.md`, made of what probes saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.comparison.model import CLIENTS, READ, SDK, Cell, Feature

HEADER = """\
# How it compares

Made by `python -m tests.comparison --write` from [comparison.json](comparison.json), which has what each
probe saw. No cell is written by hand: each is the answer of a program that tried, or searched. Some cells
with a ° only repeat what a client's documentation says of it; in the probes those are `told`, or say `READ`.

* **yes**, **partly**, **no**: a probe did it, with that client, and looked at what came of it.
* A ° after it: not run, but read. No public name of the package, and no command's help, has it; or its
  own source, help or package says so.
* n/a: it can't be, for a client of that kind.

Below each table stands what was seen: all of ours, and what isn't a plain yes of the others. The probes are
the same for all, and as strict with the SDK: `tests/comparison/areas` has them, a file for each area. A
client is used with its own defaults; where a feature needs a setting, with the one that it has for it.
"""

FOOTER = """\
## What others do better

* **boto3** has every operation of AWS S3, inventories and websites included, and all of AWS beside it.
  It compares checksums on every read, into memory too.
* **obstore** speaks to Azure, Google and plain folders by the same calls, bounds a call in time as the SDK
  does, and has nearly no dependencies.
* **s3fs** is at home wherever fsspec is. It has caches of blocks, files and listings, appends to objects on
  servers that can't, and compares checksums on every read.
* **mc** has the most of MinIO's administration, and goes back in time (`--rewind`, `undo`).
* **minio-py** and **miniopy-async** have events, S3 Select, compose and MinIO's administration in one
  package of moderate size.

How fast each of them is, listings included, is measured in [benchmarks.md](benchmarks.md); what servers do
is in [servers.md](servers.md).

## How to run it again

```console
pip install -e ".[bench,admin,cli,fsspec,test,types]" s3fs
export MINIO_SDK_TEST_MINIO=/path/to/minio MINIO_SDK_TEST_MC=/path/to/mc
python -m tests.comparison                         # all, to the terminal
python -m tests.comparison 'fault-*' --clients boto3,minio_sdk
python -m tests.comparison --write                 # and into docs/comparison.json and this page
```

`mc` is built by `go install github.com/minio/mc@latest`. A run takes some minutes, most of which clients
spend waiting for their own retries. A probe that can't tell, or finds a name where none was, fails the run
and leaves its cell as it was. CI holds that the page is what its data say, and that our column says neither
too much nor too little of what is public in the package.
"""


def page(features: Sequence[Feature], setting: Mapping[str, str], cells: Iterable[Cell]) -> str:
    """Its areas in the order of the features, a table and notes for each."""
    known = {(cell.feature, cell.client): cell for cell in cells}
    areas = list(dict.fromkeys(each.area for each in features))
    parts = [HEADER, _tried(setting, list(known.values()))]
    for area in areas:
        rows = [each for each in features if each.area == area]
        parts.append(f"## {area}\n\n{_table(rows, known)}\n\n{_notes(rows, known)}\n")
    return "\n".join([*parts, FOOTER])


def _tried(setting: Mapping[str, str], cells: Sequence[Cell]) -> str:
    if not cells:
        return "Nothing was tried yet.\n"
    dates = sorted({cell.date for cell in cells})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    of = {name: sorted({c.version for c in cells if c.client == name}) for name in CLIENTS}
    told = ", ".join(
        f"{name} {' and '.join(versions)}" for name, versions in of.items() if versions
    )
    run = sum(cell.how != READ for cell in cells)
    return (
        f"{len(cells)} cells, {run} of them run and {len(cells) - run} read, on {when}, with {told}; "
        f"against MinIO {setting['minio']}, a proxy in front of it, and servers that follow a script; "
        f"Python {setting['python']}, mypy {setting['mypy']}, {setting['system']}.\n"
    )


def _table(features: Sequence[Feature], known: Mapping[tuple[str, str], Cell]) -> str:
    rows: list[tuple[str, ...]] = [("", *CLIENTS)]
    rows += [
        (each.title, *(_answer(known.get((each.id, name))) for name in CLIENTS))
        for each in features
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(f"{c:<{w}}" for c, w in zip(r, widths, strict=True)) + " |" for r in rows
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _answer(cell: Cell | None) -> str:
    if cell is None:
        return "not tried"
    return cell.answer + ("°" if cell.how == READ and cell.answer != "n/a" else "")


def _notes(features: Sequence[Feature], known: Mapping[tuple[str, str], Cell]) -> str:
    lines = []
    for each in features:
        told = _told([cell for name in CLIENTS if (cell := known.get((each.id, name)))])
        if told:
            lines.append(f"* **{each.title}**")
            lines += [f"  * {line}" for line in told]
    return "\n".join(lines)


def _told(cells: Sequence[Cell]) -> list[str]:
    """Clients of which the same was seen share a line; a plain yes of a neighbour needs none."""
    shown: dict[str, list[str]] = {}
    for cell in cells:
        if cell.client == SDK or cell.answer != "yes":
            shown.setdefault(cell.shown, []).append(cell.client)
    return [f"{', '.join(clients)}: {_plain(text)}" for text, clients in shown.items()]


def _plain(text: str) -> str:
    """What servers and clients say is text, not markup: only what stands in backticks is left alone."""
    pieces = text.split("`")
    for index in range(0, len(pieces), 2):
        for mark in "<>*_[]|":
            pieces[index] = pieces[index].replace(mark, "\\" + mark)
    return "`".join(pieces)
