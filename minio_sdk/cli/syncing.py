"""`mirror` and `diff`."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from minio_sdk.cli.addresses import Local, Remote, either
from minio_sdk.cli.choosing import files_below
from minio_sdk.cli.completing import ANY
from minio_sdk.cli.screen import safe
from minio_sdk.cli.session import Session, command, customer_key
from minio_sdk.cli.values import WHEN
from minio_sdk.cli.working import Work
from minio_sdk.flows import local_files
from minio_sdk.flows.parts import DEFAULT_PART
from minio_sdk.models.bulk import MirrorResult

Side = str | tuple[str, str]


@click.command()
@click.argument("source", type=ANY)
@click.argument("target", type=ANY)
@click.option("--delete", is_flag=True, help="Remove what only the target has.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
@click.option("--include", multiple=True, help="Only names like this: *.csv, logs/*")
@click.option("--exclude", multiple=True, help="No names like this.")
@click.option("--checksum", is_flag=True, help="Compare bytes and not dates.")
@click.option("--follow-symlinks", is_flag=True, help="Also links that lead out of the folder.")
@click.option("--concurrency", type=click.IntRange(1), help="How many at once.")
@click.option("--at", type=WHEN, help="What a remote source was at this moment.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask before --delete.")
@customer_key
@command
def mirror(
    session: Session, source: str, target: str, delete: bool, dry_run: bool, yes: bool, **given: Any
) -> None:
    """Make a folder or a prefix what another one is; only what differs is transferred.

    Remote names have the scheme here: minio://bucket/prefix.
    """
    sides = either(source), either(target)
    client = session.client(_same_tenant(session, *sides))
    given["include"] = given["include"] or None
    given["exclude"] = given["exclude"] or None
    words = _side(sides[0]), _side(sides[1])
    if delete and not dry_run and not yes:
        with session.work("Comparing") as work:
            found = client.mirror(
                *words, delete=True, dry_run=True, progress=work.tell, **given
            ).deleted
        if found:
            session.screen.confirm(f"Remove {len(found):,} names at {sides[1]}", yes)
    with session.work("Comparing" if dry_run else "Mirroring") as work:
        result = client.mirror(*words, delete=delete, dry_run=dry_run, progress=work.tell, **given)
    _tell(session, result)


def _tell(session: Session, result: MirrorResult) -> None:
    would = "would " if result.dry_run else ""
    for verb, names in (("copy", result.copied), ("delete", result.deleted)):
        for name in names:
            record = {"action": verb, "name": name, "dry_run": result.dry_run}
            session.screen.did(record, f"{would}{verb} {name}")
    for name, error in result.failed.items():
        if error.operation is None:
            error = type(error)(f"{name}: {error.message}", hint=error.hint)
        session.screen.fail(error)
    if not result.dry_run:
        session.screen.total("Copied", len(result.copied), result.bytes, result.seconds)
    session.screen.remark(f"{len(result.skipped):,} were the same")


def _side(address: Remote | Local) -> Side:
    if isinstance(address, Remote):
        return address.bucket, address.key
    return address.path


def _same_tenant(session: Session, *sides: Remote | Local) -> Remote | None:
    """The remote side; of two, both must be of one tenant."""
    found = [side for side in sides if isinstance(side, Remote)]
    if not found:
        raise click.UsageError(
            "one of the two must be remote; those are written minio://bucket/prefix"
        )
    if len({session.client(side).config.tenant_id for side in found}) > 1:
        raise click.UsageError("both sides must be of one tenant; cp -r copies to another one")
    return found[0]


# --- diff ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of a side: its size, and its ETag or its file."""

    size: int
    etag: str | None = None
    path: Path | None = None


@click.command()
@click.argument("source", type=ANY)
@click.argument("target", type=ANY)
@click.option("--sizes", is_flag=True, help="Compare sizes only, and read no files.")
@click.option("--at", type=WHEN, help="What the source was at this moment.")
@click.option("--exit-code", is_flag=True, help="End with 1 when something differs.")
@customer_key
@command
def diff(
    session: Session, source: str, target: str, sizes: bool, at: datetime | None, exit_code: bool
) -> None:
    """What differs between two folders or prefixes: by names, sizes and bytes.

    < is in SOURCE only, > in TARGET only, ! in both, and different. Bytes are compared by checksums (ETags);
    of two objects that were uploaded in parts of other sizes those differ, though the bytes may be the same.
    """
    sides = either(source), either(target)
    if at is not None and isinstance(sides[0], Local):
        raise click.UsageError("--at goes with a remote source")
    with session.work("Comparing") as work:
        ours = dict(_entries(session, sides[0], at, work))
        theirs = dict(_entries(session, sides[1], None, work))
        found = [
            (name, _mark(session, ours.get(name), theirs.get(name), sizes))
            for name in sorted(ours.keys() | theirs.keys())
        ]
    colors = {"<": "green", ">": "red", "!": "yellow"}
    kinds = {"<": "only_source", ">": "only_target", "!": "differs"}
    count = 0
    for name, mark in found:
        if mark == "=":
            continue
        count += 1
        mine, other = ours.get(name), theirs.get(name)
        record: dict[str, Any] = {"type": kinds[mark], "name": name}
        record |= {
            "source_size": mine.size if mine else None,
            "target_size": other.size if other else None,
        }
        if session.screen.is_terminal:
            sign = session.screen.colored(mark, fg=colors[mark])
            session.screen.line(record, f"{sign} {safe(name)}")
        else:
            session.screen.emit(record, mark, name)
    session.screen.remark(f"{count:,} differ, {len(found) - count:,} are the same")
    if exit_code and count:
        session.screen.failures += 1


def _entries(
    session: Session, side: Remote | Local, at: datetime | None, work: Work
) -> Iterator[tuple[str, Entry]]:
    if isinstance(side, Remote):
        prefix = side.prefix
        for item in session.client(side).iter_objects(side.bucket, prefix, at=at):
            work.add(0)
            if item.key != prefix:
                yield item.key[len(prefix) :], Entry(item.size, item.etag)
        return
    root = Path(side.path)
    for file in files_below(session, root):
        work.add(0)
        yield file.name, Entry(file.size, None, root / file.name)


def _mark(session: Session, mine: Entry | None, other: Entry | None, sizes: bool) -> str:
    if mine is None or other is None:
        return ">" if mine is None else "<"
    if mine.size != other.size:
        return "!"
    if sizes:
        return "="
    try:
        return "=" if _same(session, mine, other) else "!"
    except OSError as error:
        session.screen.fail(error)
        return "!"


def _same(session: Session, mine: Entry, other: Entry) -> bool:
    if mine.path is not None and other.path is not None:
        return filecmp.cmp(mine.path, other.path, shallow=False)
    path = mine.path or other.path
    etag = (mine.etag or other.etag or "").lower()
    if path is None:
        return mine.etag is not None and mine.etag == other.etag
    parts = {session.config.part_size or DEFAULT_PART, *local_files.USUAL_PARTS}
    return local_files.has_etag(path, etag, mine.size, parts)
