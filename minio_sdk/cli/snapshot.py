"""`snapshot`."""

from __future__ import annotations

import click

from minio_sdk.cli.addresses import bucket_at
from minio_sdk.cli.completing import BUCKET
from minio_sdk.cli.screen import shown_time
from minio_sdk.cli.session import Session, command, customer_key
from minio_sdk.cli.values import human


@click.group()
def snapshot() -> None:
    """A whole bucket as it was."""


@snapshot.command()
@click.argument("bucket", type=BUCKET)
@click.argument("name", required=False)
@click.option("--no-tags", is_flag=True, help="Don't ask for the tags of each object.")
@customer_key
@command
def create(session: Session, bucket: str, name: str | None, no_tags: bool) -> None:
    """Take a snapshot; without NAME it is called by the time."""
    place = bucket_at(bucket)
    with session.work(f"Taking a snapshot of {place.bucket}"):
        found = session.client(place).create_snapshot(place.bucket, name, tags=not no_tags)
    session.screen.emit(found, found.name)
    session.screen.remark(f"{found.objects:,} objects, {human(found.size)}")


@snapshot.command("list")
@click.argument("bucket", type=BUCKET)
@customer_key
@command
def list_(session: Session, bucket: str) -> None:
    """List a bucket's snapshots, the oldest first."""
    place = bucket_at(bucket)
    with session.work("Listing"):
        found = session.client(place).list_snapshots(place.bucket)
    columns = ("NAME", "TAKEN", "OBJECTS", "BYTES", "KEEPS")
    people = session.screen.is_terminal
    rows = [
        (
            each,
            (
                each.name,
                shown_time(each.created),
                f"{each.objects:,}" if people else each.objects,
                human(each.size) if people else each.size,
                "versions" if each.versioned else "copies",
            ),
        )
        for each in found
    ]
    session.screen.table(columns, rows, right=("OBJECTS", "BYTES"))


@snapshot.command("diff")
@click.argument("bucket", type=BUCKET)
@click.argument("name")
@click.argument("other", required=False)
@click.option("--exit-code", is_flag=True, help="End with 1 when something differs.")
@customer_key
@command
def diff_(session: Session, bucket: str, name: str, other: str | None, exit_code: bool) -> None:
    """What changed after the snapshot NAME, until OTHER or until now.

    + was added, - removed, ! changed.
    """
    place = bucket_at(bucket)
    with session.work("Comparing"):
        found = session.client(place).diff_snapshots(place.bucket, name, other)
    for mark, kind in (("+", "added"), ("-", "removed"), ("!", "changed"), ("~", "rewritten")):
        for key in found[kind]:
            session.screen.emit({"type": kind, "key": key}, mark, key)
    if exit_code and found:
        session.screen.failures += 1


@snapshot.command()
@click.argument("bucket", type=BUCKET)
@click.argument("name")
@click.option("--delete", is_flag=True, help="Remove the keys that came later.")
@click.option("--skip-missing", is_flag=True, help="Go on though some of it is lost.")
@click.option("--dry-run", is_flag=True, help="Say what differs; do nothing.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@customer_key
@command
def restore(
    session: Session,
    bucket: str,
    name: str,
    delete: bool,
    skip_missing: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Make a bucket what it was."""
    place = bucket_at(bucket)
    client = session.client(place)
    if dry_run:
        with session.work("Comparing"):
            diff = client.diff_snapshots(place.bucket, name)
        for key in (*diff.removed, *diff.changed):
            session.screen.did(
                {"action": "restore", "key": key, "dry_run": True}, f"would restore {key}"
            )
        for key in diff.added if delete else ():
            session.screen.did(
                {"action": "delete", "key": key, "dry_run": True}, f"would delete {key}"
            )
        return
    later = " and remove what came later" if delete else ""
    session.screen.confirm(f"Make {place.bucket} what it was in {name}{later}", yes)
    with session.work(f"Restoring {place.bucket}"):
        found = client.restore_snapshot(
            place.bucket, name, delete=delete, skip_missing=skip_missing
        )
    for kind in ("restored", "deleted", "missing"):
        for key in found[kind]:
            session.screen.did({"action": kind, "key": key}, f"{kind} {key}")
    session.screen.remark(f"{found.unchanged:,} were as they should be")
    session.screen.failures += bool(found.missing)


@snapshot.command()
@click.argument("bucket", type=BUCKET)
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@customer_key
@command
def delete(session: Session, bucket: str, name: str, yes: bool) -> None:
    """Remove a snapshot; the bucket stays as it is."""
    place = bucket_at(bucket)
    session.screen.confirm(f"Remove snapshot {name} of {place.bucket}", yes)
    with session.work("Removing"):
        session.client(place).delete_snapshot(place.bucket, name)
    session.screen.did({"bucket": place.bucket, "name": name}, f"removed {name}")
