"""`cat`, `head` and `put`: objects through pipes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from minio_sdk.cli.addresses import Remote, object_at
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.screen import is_terminal
from minio_sdk.cli.session import Session, command, customer_key
from minio_sdk.cli.values import PAIR, RANGE, SIZE, WHEN
from minio_sdk.cli.working import Work
from minio_sdk.errors import MinIOError

PIECE = 64 * 1024


@click.command()
@click.argument("addresses", nargs=-1, required=True, type=REMOTE)
@click.option("--range", "part", type=RANGE, help="Some bytes: 0-99, 100-, or -50 for the last 50.")
@click.option("--version-id", help="A version of it.")
@click.option("--at", type=WHEN, help="What it was at this moment, or so long ago as in 2h.")
@customer_key
@command
def cat(
    session: Session,
    addresses: tuple[str, ...],
    part: tuple[int | None, int | None] | None,
    version_id: str | None,
    at: datetime | None,
) -> None:
    """Write objects to standard output, one behind the other."""
    for address in addresses:
        place = object_at(address)
        try:
            read_out(session, place, part, version_id, at)
        except MinIOError as error:
            session.screen.fail(error)


def read_out(
    session: Session,
    place: Remote,
    part: tuple[int | None, int | None] | None,
    version_id: str | None,
    at: datetime | None,
) -> None:
    """Write an object, or a part of it, to standard output."""
    client = session.client(place)
    wanted = part
    if part is not None and part[0] is None:
        # The last so many bytes: how many there are has to be known.
        found = client.get_object_metadata(place.bucket, place.key, version_id=version_id, at=at)
        if not found.size:
            return
        version_id, at = version_id or found.version_id, None if found.version_id else at
        wanted = (max(found.size - (part[1] or 0), 0), None)
    first = None if wanted is None else (wanted[0] or 0, wanted[1])
    pieces = client.download_stream(
        place.bucket, place.key, range=first, version_id=version_id, at=at
    )
    with session.work(f"Reading {place}") as work:
        pour(work, pieces)


def pour(work: Work, pieces: Iterator[bytes]) -> None:
    """Write bytes to standard output as they come."""
    output = sys.stdout.buffer
    for piece in pieces:
        if is_terminal(sys.stdout):
            work.hide()
        output.write(piece)
        work.add(len(piece), 0)
    output.flush()


@click.command()
@click.argument("address", type=REMOTE)
@click.option("-n", "--lines", type=click.IntRange(0), default=10, show_default=True)
@click.option("-c", "--bytes", "count", type=SIZE, help="So many bytes rather than lines.")
@click.option("--version-id", help="A version of it.")
@click.option("--at", type=WHEN, help="What it was at this moment.")
@customer_key
@command
def head(
    session: Session,
    address: str,
    lines: int,
    count: int | None,
    version_id: str | None,
    at: datetime | None,
) -> None:
    """Write the first lines of an object to standard output.

    No more of it is fetched than that takes.
    """
    place = object_at(address)
    pieces = session.client(place).download_stream(
        place.bucket, place.key, version_id=version_id, at=at, piece_size=PIECE
    )
    with session.work(f"Reading {place}") as work:
        pour(work, _first_lines(pieces, lines) if count is None else _first_bytes(pieces, count))


def _first_lines(pieces: Iterator[bytes], left: int) -> Iterator[bytes]:
    while left:
        piece = next(pieces, None)
        if piece is None:
            return
        lines = piece.split(b"\n")
        if len(lines) > left:
            yield b"\n".join(lines[:left]) + b"\n"
            return
        left -= len(lines) - 1
        yield piece


def _first_bytes(pieces: Iterator[bytes], left: int) -> Iterator[bytes]:
    while left:
        piece = next(pieces, None)
        if piece is None:
            return
        yield piece[:left]
        left -= min(len(piece), left)


@click.command()
@click.argument("address", type=REMOTE)
@click.option("--content-type", help="Such as text/csv; by default guessed from the key.")
@click.option("--metadata", type=PAIR, multiple=True, help="May be given several times.")
@click.option("--tag", "tags", type=PAIR, multiple=True, help="May be given several times.")
@click.option("-n", "--no-clobber", is_flag=True, help="Only if there is no such object yet.")
@customer_key
@command
def put(
    session: Session,
    address: str,
    content_type: str | None,
    metadata: tuple[tuple[str, str], ...],
    tags: tuple[tuple[str, str], ...],
    no_clobber: bool,
) -> None:
    """Store standard input as an object, of any length.

    It appears when the input has ended; Ctrl-C before that leaves nothing. A bucket that is missing is made.
    """
    store_input(
        session,
        object_at(address),
        content_type=content_type,
        metadata=dict(metadata) or None,
        tags=dict(tags) or None,
        if_none_match="*" if no_clobber else None,
    )


def store_input(session: Session, place: Remote, **describing: Any) -> None:
    """Store standard input as an object."""
    if is_terminal(sys.stdin):
        session.screen.remark("Ctrl-D ends the input.")
    with session.work(f"Storing {place}") as work:
        found = session.client(place).upload_object(
            place.bucket, place.key, _counted(work), **describing
        )
    record = {"source": "-", "target": str(place), "size": found.size}
    record |= {"etag": found.etag, "version_id": found.version_id}
    session.screen.did(record, f"- -> {place}")


def _counted(work: Work) -> Iterator[bytes]:
    stream = sys.stdin.buffer
    while piece := stream.read(1024 * 1024):
        work.add(len(piece), 0)
        yield piece
