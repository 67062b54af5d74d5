"""`tags`."""

from __future__ import annotations

import click

from minio_sdk.cli.addresses import Remote, remote
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.session import Session, command
from minio_sdk.cli.values import PAIR


@click.group()
def tags() -> None:
    """Tags of objects and buckets."""


def _place(address: str, version_id: str | None) -> Remote:
    place = remote(address)
    if not place.bucket:
        raise click.UsageError(f"{address!r} names no bucket")
    if version_id is not None and not place.key:
        raise click.UsageError("--version-id goes with an object")
    return place


def _read(session: Session, place: Remote, version_id: str | None) -> dict[str, str]:
    client = session.client(place)
    if place.key:
        return client.get_object_tags(place.bucket, place.key, version_id=version_id)
    return client.get_bucket_tags(place.bucket)


@tags.command()
@click.argument("address", type=REMOTE)
@click.option("--version-id", help="A version of the object.")
@command
def get(session: Session, address: str, version_id: str | None) -> None:
    """Print them, as name and value."""
    place = _place(address, version_id)
    for name, value in sorted(_read(session, place, version_id).items()):
        session.screen.emit({"name": name, "value": value}, name, value)


@tags.command("set")
@click.argument("address", type=REMOTE)
@click.argument("pairs", nargs=-1, required=True, type=PAIR, metavar="NAME=VALUE...")
@click.option("--add", is_flag=True, help="Keep the others that are there.")
@click.option("--version-id", help="A version of the object.")
@command
def set_(
    session: Session,
    address: str,
    pairs: tuple[tuple[str, str], ...],
    add: bool,
    version_id: str | None,
) -> None:
    """Set them in place of those that are there."""
    place = _place(address, version_id)
    client = session.client(place)
    found = {**(_read(session, place, version_id) if add else {}), **dict(pairs)}
    if place.key:
        client.set_object_tags(place.bucket, place.key, found, version_id=version_id)
    else:
        client.set_bucket_tags(place.bucket, found)
    session.screen.did({"address": str(place), "tags": found}, f"set the tags of {place}")


@tags.command()
@click.argument("address", type=REMOTE)
@click.option("--version-id", help="A version of the object.")
@command
def delete(session: Session, address: str, version_id: str | None) -> None:
    """Remove them all."""
    place = _place(address, version_id)
    client = session.client(place)
    if place.key:
        client.delete_object_tags(place.bucket, place.key, version_id=version_id)
    else:
        client.delete_bucket_tags(place.bucket)
    session.screen.did({"address": str(place), "tags": {}}, f"removed the tags of {place}")
