"""`versions`, `undelete` and `versioning`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from minio_sdk.cli.addresses import Remote, bucket_at, remote
from minio_sdk.cli.completing import BUCKET, REMOTE
from minio_sdk.cli.listing import record_of, state_of
from minio_sdk.cli.screen import plain, shown_time
from minio_sdk.cli.session import Session, command
from minio_sdk.cli.values import WHEN, human
from minio_sdk.errors import ObjectNotFoundError
from minio_sdk.models.results import ObjectInfo, UndeletedObject


@click.command()
@click.argument("address", type=REMOTE)
@command
def versions(session: Session, address: str) -> None:
    """List the versions of objects, the newest first: of one, or of all below a folder."""
    place = remote(address)
    bucket_at(place.bucket)
    with session.work(f"Listing {place}") as work:
        found = list(_of(session, place))
        work.add(objects=len(found))
    if not found and place.key:
        raise ObjectNotFoundError(f"nothing is there by the name of {place}")
    screen = session.screen
    rows = []
    for item in found:
        size = "" if item.is_delete_marker else human(item.size)
        if not screen.is_terminal:
            size = "" if item.is_delete_marker else str(item.size)
        date = item.last_modified
        when = shown_time(date) if screen.is_terminal else plain(date) or ""
        cells = (when, size, item.version_id or "", state_of(item), item.key)
        rows.append((record_of(place, item), cells))
    screen.table(("STORED", "SIZE", "VERSION", "IS", "KEY"), rows, right=("SIZE",))


def _of(session: Session, place: Remote) -> Iterator[ObjectInfo]:
    for item in session.client(place).iter_objects(place.bucket, place.key, versions=True):
        if place.is_folder or item.key == place.key:
            yield item


@click.command()
@click.argument("address", type=REMOTE)
@click.option("-r", "--recursive", is_flag=True, help="All that is deleted below it.")
@click.option("--since", type=WHEN, help="Only what was deleted after this moment, or since 2h.")
@click.option("--copy", is_flag=True, help="Keep the deletion in the history, and copy above it.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
@click.option("--concurrency", type=click.IntRange(1), help="How many at once.")
@command
def undelete(
    session: Session,
    address: str,
    recursive: bool,
    since: datetime | None,
    copy: bool,
    dry_run: bool,
    concurrency: int | None,
) -> None:
    """Bring deleted objects back, in a bucket that keeps versions."""
    place = remote(address)
    bucket_at(place.bucket)
    client = session.client(place)
    if not recursive:
        if place.is_folder:
            raise click.UsageError(f"{str(place)!r} is a folder; -r takes all that is in it")
        if since is not None:
            raise click.UsageError("--since goes with -r")
        _undeleted(
            session, client.undelete_object(place.bucket, place.key, copy=copy, dry_run=dry_run)
        )
        return
    with session.work("Bringing back") as work:
        found = client.undelete_objects(
            place.bucket, place.prefix, since=since, copy=copy, dry_run=dry_run,
            concurrency=concurrency, progress=work.tell,
        )  # fmt: skip
    for each in found.results:
        if isinstance(each, UndeletedObject):
            _undeleted(session, each)
        else:
            session.screen.fail(each)
    session.screen.remark(f"{found.succeeded:,} objects")


def _undeleted(session: Session, found: UndeletedObject) -> None:
    would = "would bring back" if found.dry_run else "brought back"
    session.screen.did(dict(found), f"{would} {found.bucket}/{found.key}")


@click.command()
@click.argument("bucket", type=BUCKET)
@click.argument("state", type=click.Choice(["on", "off"]), required=False)
@command
def versioning(session: Session, bucket: str, state: str | None) -> None:
    """Whether a bucket keeps versions; on and off change it. What has been kept stays."""
    place = bucket_at(bucket)
    client = session.client(place)
    if state is not None:
        client.set_bucket_versioning(place.bucket, state == "on")
    status = client.get_bucket_info(place.bucket).versioning
    if status is None and client.get_bucket_versioning(place.bucket):
        status = "Enabled"
    session.screen.emit({"bucket": place.bucket, "versioning": status}, status or "Never")
