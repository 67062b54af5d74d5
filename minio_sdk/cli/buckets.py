"""`mb` and `rb`."""

from __future__ import annotations

import click

from minio_sdk.cli.addresses import bucket_at
from minio_sdk.cli.completing import BUCKET
from minio_sdk.cli.session import Session, command
from minio_sdk.errors import BucketAlreadyExistsError, MinIOError


@click.command()
@click.argument("buckets", nargs=-1, required=True)
@click.option("--region", help="Where they are to be.")
@click.option("--object-lock", is_flag=True, help="Their objects can be locked; for good.")
@click.option("-p", "--ignore-existing", is_flag=True, help="One that is there is fine.")
@command
def mb(
    session: Session,
    buckets: tuple[str, ...],
    region: str | None,
    object_lock: bool,
    ignore_existing: bool,
) -> None:
    """Make buckets."""
    for place in [bucket_at(each) for each in buckets]:
        try:
            session.client(place).create_bucket(
                place.bucket, region=region, object_lock=object_lock
            )
        except BucketAlreadyExistsError as error:
            if not ignore_existing:
                session.screen.fail(error)
        except MinIOError as error:
            session.screen.fail(error)
        else:
            session.screen.did({"bucket": place.bucket}, f"made {place.bucket}")


@click.command()
@click.argument("buckets", nargs=-1, required=True, type=BUCKET)
@click.option("--force", is_flag=True, help="With all objects, versions and unfinished uploads.")
@click.option("--bypass-governance", is_flag=True, help="Also what is locked in governance mode.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@command
def rb(
    session: Session,
    buckets: tuple[str, ...],
    force: bool,
    bypass_governance: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remove buckets; those that have objects with --force only."""
    places = [bucket_at(each) for each in buckets]
    if force and not dry_run:
        names = ", ".join(place.bucket for place in places)
        session.screen.confirm(f"Remove {names} with ALL that is in it", yes)
    for place in places:
        client = session.client(place)
        try:
            if dry_run:
                client.get_bucket_info(place.bucket)
            else:
                with session.work(f"Removing {place.bucket}"):
                    client.delete_bucket(
                        place.bucket, force=force, bypass_governance=bypass_governance
                    )
        except MinIOError as error:
            session.screen.fail(error)
        else:
            done = "would remove" if dry_run else "removed"
            session.screen.did(
                {"bucket": place.bucket, "dry_run": dry_run}, f"{done} {place.bucket}"
            )
