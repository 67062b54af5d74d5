"""`rm`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from minio_sdk.cli.addresses import Remote, fixed_part, pattern, remote
from minio_sdk.cli.choosing import How, chosen
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.session import Session, command
from minio_sdk.cli.working import Work
from minio_sdk.errors import MinIOError, ObjectNotFoundError

Target = tuple[Remote, str | None, int]
"""An object, a version of it, and its size."""


@click.command()
@click.argument("addresses", nargs=-1, required=True, type=REMOTE)
@click.option("-r", "--recursive", is_flag=True, help="Folders with all below them.")
@click.option("--versions", is_flag=True, help="All versions and delete markers, for good.")
@click.option("--version-id", help="One version of one object, for good.")
@click.option("--bypass-governance", is_flag=True, help="Also what is locked in governance mode.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@command
def rm(
    session: Session,
    addresses: tuple[str, ...],
    recursive: bool,
    versions: bool,
    version_id: str | None,
    bypass_governance: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remove objects.

    A bucket that keeps versions has them afterwards as well, and undelete brings them back. Before more than
    what is named is removed (-r, --versions, patterns), you are asked.
    """
    places = [remote(address) for address in addresses]
    for place in places:
        if not place.bucket:
            raise click.UsageError(f"{str(place)!r} names no bucket")
    if version_id is not None and (len(places) > 1 or recursive or versions):
        raise click.UsageError("--version-id goes with one object, and without -r and --versions")
    how = How(recursive, version_id, unread=True)
    found: list[Target] = []
    with session.work("Looking") as work:
        for place in places:
            if versions:
                found += _versions(session, place, recursive, work)
            else:
                found += [
                    (each.address, version_id, each.size)
                    for each in chosen(session, place, how, work)
                    if isinstance(each.address, Remote)
                ]
    if dry_run:
        for place, version, _ in found:
            record = _record(place, version, dry_run=True)
            session.screen.did(record, f"would remove {_named(place, version)}")
        return
    if found and (recursive or versions or any(place.is_pattern for place in places)):
        things = "versions" if versions else "objects"
        where = ", ".join(str(place) for place in places[:3]) + (", ..." if places[3:] else "")
        session.screen.confirm(f"Remove {len(found):,} {things} of {where}", yes)
    _remove(session, found, bypass_governance)


def _versions(session: Session, place: Remote, recursive: bool, work: Work) -> Iterator[Target]:
    """All versions of an object, of those below a folder, or of a pattern."""
    if not recursive and place.is_folder and not place.is_pattern:
        session.screen.fail(MinIOError(f"{place} is a folder", hint="-r takes all that is in it"))
        return
    wanted = pattern(place.key)
    folder = place.prefix
    count = 0
    client = session.client(place)
    start = fixed_part(place.key)
    for item in client.iter_objects(place.bucket, start, versions=True):
        below = recursive and item.key.startswith(folder)
        if below or item.key == place.key or (place.is_pattern and wanted.fullmatch(item.key)):
            count += 1
            work.add()
            yield place.with_key(item.key), item.version_id, item.size
    if not count and place.key:
        session.screen.fail(ObjectNotFoundError(f"nothing is there by the name of {place}"))


def _remove(session: Session, found: list[Target], bypass: bool) -> None:
    """Remove them, all of a client in one go."""
    groups: dict[int, list[Target]] = {}
    for target in found:
        groups.setdefault(id(session.client(target[0])), []).append(target)
    with session.work("Removing", count=len(found)) as work:
        for targets in groups.values():
            items = [
                {"bucket": place.bucket, "key": place.key, "version_id": version}
                for place, version, _ in targets
            ]
            done = session.client(targets[0][0]).delete_many(
                items, progress=work.tell, bypass_governance=bypass
            )
            work.go_on()
            for (place, version, _), result in zip(targets, done.results, strict=True):
                if isinstance(result, Exception):
                    session.screen.fail(result)
                else:
                    session.screen.did(_record(place, version), f"removed {_named(place, version)}")


def _record(place: Remote, version: str | None, **more: Any) -> dict[str, Any]:
    return {"bucket": place.bucket, "key": place.key, "version_id": version, **more}


def _named(place: Remote, version: str | None) -> str:
    return str(place) if version is None else f"{place} version {version}"
