"""`watch`: what happens in a bucket, while it happens."""

from __future__ import annotations

import re
from typing import Any

import click

from minio_sdk.cli.addresses import fixed_part, pattern, remote
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.screen import safe, shown_time
from minio_sdk.cli.session import Session, command
from minio_sdk.cli.values import DURATION, human
from minio_sdk.errors import NotSupportedError
from minio_sdk.models.events import BucketEvent, EventGap
from minio_sdk.models.hooks import ReceivedReply, SentRequest

# What users of mc call them.
SHORT = {
    "put": ("s3:ObjectCreated:*",),
    "delete": ("s3:ObjectRemoved:*",),
    "get": ("s3:ObjectAccessed:*",),
    "replica": ("s3:Replication:*",),
    "ilm": ("s3:ObjectRestore:*", "s3:ObjectTransition:*"),
}
COLORS = {"ObjectCreated": "green", "ObjectRemoved": "red"}


@click.command()
@click.argument("address", default="", type=REMOTE)
@click.option(
    "--events",
    multiple=True,
    default=("put,delete,get",),
    show_default=True,
    help=f"Of {', '.join(SHORT)}; or S3's names, such as s3:ObjectCreated:Put.",
)
@click.option("--prefix", default="", help="The same as behind the bucket's name in ADDRESS.")
@click.option("--suffix", default="", help="Only keys that end so.")
@click.option("-n", "--count", type=click.IntRange(1), help="End after so many events.")
@click.option(
    "--reconnect-for",
    type=DURATION,
    help="How long a lost connection is tried to be had again; for ever by default.",
)
@command
def watch(
    session: Session,
    address: str,
    events: tuple[str, ...],
    prefix: str,
    suffix: str,
    count: int | None,
    reconnect_for: int | None,
) -> None:
    """Show what happens in a bucket while it happens, until Ctrl-C.

    ADDRESS is a bucket, a prefix or a pattern; without it, all buckets are watched where the server can tell
    of them. MinIO has live events, and no other server. Of a time without connection nothing is known: it is
    told on standard error.
    """
    place = remote(address)
    if prefix and place.key:
        raise click.UsageError("--prefix goes with a bucket alone; else it is a part of ADDRESS")
    if prefix:
        place = place.with_key(prefix)
    words = [word for given in events for word in given.split(",")]
    names = [name for word in words for name in SHORT.get(word, (word,))]
    start = fixed_part(place.key) if place.is_pattern else place.key
    wanted = pattern(place.key) if place.is_pattern else None
    news = _News(session)
    client = session.client(place).with_(hooks=news.asked)
    found = client.listen_bucket(
        place.bucket or None, start, suffix, names, reconnect_for=reconnect_for,
        on_reconnect=news.gap,
    )  # fmt: skip
    name = str(place) if place.bucket else "all buckets"
    with session.work(f"Waiting until {name} can be watched"):
        try:
            found.connect()
        except NotSupportedError as error:
            error.hint = error.hint or "MinIO, which alone has live events"
            raise
    session.screen.remark(f"Watching {name}; Ctrl-C ends it")
    news.connected = True
    with found:
        shown = 0
        for event in found:
            if wanted is None or wanted.fullmatch(event.key):
                _show(session, event)
                shown += 1
            if shown == count:
                break


def _show(session: Session, event: BucketEvent) -> None:
    screen = session.screen
    record = {"type": "event", **event}
    name = f"{event.bucket}/{event.key}"
    if screen.is_terminal and not screen.as_json:
        kind = re.sub("^s3:", "", event.name)
        label = screen.colored(f"{safe(kind):<24}", fg=COLORS.get(kind.partition(":")[0], "cyan"))
        size = "" if event.size is None else human(event.size)
        screen.line(record, f"{shown_time(event.time)}  {size:>11}  {label}  {safe(name)}")
    else:
        size = "" if event.size is None else str(event.size)
        screen.emit(record, shown_time(event.time), size, event.name, name)
    screen.flush()  # whoever reads a pipe wants it now


class _News:
    """Says when the connection is lost, and what is missing when it is there again."""

    def __init__(self, session: Session) -> None:
        self._screen = session.screen
        self.connected = False

    def asked(self, seen: SentRequest | ReceivedReply) -> None:
        """A hook. As long as there is a connection, nothing is asked beside it."""
        if self.connected and isinstance(seen, SentRequest):
            self.connected = False
            self._screen.remark("The connection is lost; trying to have it again")

    def gap(self, gap: EventGap) -> None:
        """Nobody listened for some time."""
        self.connected = True
        record: dict[str, Any] = {"warning": "EventGap", **gap}
        since, until = shown_time(gap.since), shown_time(gap.until)
        self._screen.aside(
            record,
            f"minio-sdk: nobody listened from {since} to {until}, and events may be missing: {gap.reason}",
        )
