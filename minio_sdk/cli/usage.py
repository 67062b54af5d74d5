"""`du`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from minio_sdk.cli.addresses import Remote, remote
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.screen import can_write, safe
from minio_sdk.cli.session import Session, command
from minio_sdk.cli.values import WHEN, human
from minio_sdk.models.moments import Moment

BAR = 30  # columns of the longest bar
MOST = 40  # bars on a terminal, unless all are asked for


@dataclass(slots=True)
class Sum:
    """Objects and bytes below one prefix."""

    objects: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """One object more."""
        self.objects += 1
        self.bytes += size


@click.command()
@click.argument("address", default="", type=REMOTE)
@click.option(
    "-d", "--depth", type=click.IntRange(0), default=1, show_default=True, help="Folders."
)
@click.option("--versions", is_flag=True, help="Older versions count as well.")
@click.option("--at", type=WHEN, help="What was there at this moment.")
@click.option("-a", "--all", "everything", is_flag=True, help="All folders, not the largest only.")
@command
def du(
    session: Session,
    address: str,
    depth: int,
    versions: bool,
    at: Moment | None,
    everything: bool,
) -> None:
    """Count objects and bytes, by folder, the largest first.

    Without ADDRESS all buckets are counted. They are counted from listings: exact, and as slow as those.
    """
    place = remote(address)
    client = session.client(place)
    buckets = [place.bucket] if place.bucket else [each.name for each in client.list_buckets()]
    prefix = place.prefix
    sums: dict[tuple[str, str], Sum] = {}
    total = Sum()
    with session.work("Counting") as work:
        for bucket in buckets:
            if not place.bucket:
                sums[bucket, ""] = Sum()
            for item in client.iter_objects(bucket, prefix, versions=versions, at=at):
                work.add(item.size)
                total.add(item.size)
                if not place.bucket:
                    folder = ""
                else:
                    parts = item.key[len(prefix) :].split("/")[:-1][:depth]
                    folder = prefix + "".join(f"{part}/" for part in parts)
                sums.setdefault((bucket, folder), Sum()).add(item.size)
    _show(session, place, prefix, sums, total, everything)


def _show(
    session: Session,
    place: Remote,
    prefix: str,
    sums: dict[tuple[str, str], Sum],
    total: Sum,
    everything: bool,
) -> None:
    screen = session.screen
    order = sorted(sums.items(), key=lambda pair: (-pair[1].bytes, pair[0]))
    for_people = screen.is_terminal and not screen.as_json
    shown = order if everything or not for_people else order[:MOST]
    most = max((each.bytes for _, each in order), default=0)
    for (bucket, folder), each in shown:
        record: dict[str, Any] = {"type": "prefix", "bucket": bucket, "prefix": folder}
        record |= {"objects": each.objects, "bytes": each.bytes}
        name = f"{bucket}/{folder}"
        if for_people:
            bar = screen.colored(_bar(each.bytes, most), fg="cyan")
            screen.line(
                record, f"{human(each.bytes):>11}  {each.objects:>10,}  {bar}  {safe(name)}"
            )
        else:
            screen.emit(record, each.bytes, each.objects, name)
    if left := len(order) - len(shown):
        screen.remark(f"... and {left:,} smaller ones; --all shows them")
    whole: dict[str, Any] = {"type": "total", "bucket": place.bucket or None, "prefix": prefix}
    whole |= {"objects": total.objects, "bytes": total.bytes}
    if for_people:
        screen.line(whole, f"{human(total.bytes):>11}  {total.objects:>10,}  in all", bold=True)
    else:
        screen.emit(whole, total.bytes, total.objects, "total")


def _bar(size: int, most: int) -> str:
    """A bar of eighths of blocks, or of signs where there are no blocks."""
    eighths = round(BAR * 8 * size / most) if most else 0
    full, part = divmod(eighths, 8)
    bar = "█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")
    if not can_write(bar):
        bar = "#" * (full + (part > 3))
    return f"{bar:<{BAR}}"
