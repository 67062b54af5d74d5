"""`ls`, `tree`, `find` and `stat`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from minio_sdk.cli.addresses import Remote, bucket_at, fixed_part, object_at, pattern, remote
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.screen import can_write, plain, safe, shown_time
from minio_sdk.cli.session import Session, command, customer_key
from minio_sdk.cli.values import SIZE, WHEN, human
from minio_sdk.errors import MinIOError, ObjectNotFoundError
from minio_sdk.models.results import ObjectInfo


def record_of(address: Remote, item: ObjectInfo) -> dict[str, Any]:
    """An object, a version or a folder of a listing, as JSON has it."""
    kind = "prefix" if item.is_prefix else "delete_marker" if item.is_delete_marker else "object"
    found: dict[str, Any] = {"type": kind, "bucket": address.bucket, "key": item.key}
    if not item.is_prefix:
        names = ("size", "last_modified", "etag", "storage_class")
        found |= {name: plain(item[name]) for name in names}
    if item.version_id is not None:
        found |= {"version_id": item.version_id, "is_latest": item.is_latest}
    return found


def below(session: Session, address: Remote, **options: Any) -> Iterator[ObjectInfo]:
    """All objects of a bucket, below a folder, or that a pattern stands for."""
    client = session.client(address)
    if not address.is_pattern:
        yield from client.iter_objects(address.bucket, address.key, **options)
        return
    wanted = pattern(address.key)
    options["recursive"] = True
    for item in client.iter_objects(address.bucket, fixed_part(address.key), **options):
        if wanted.fullmatch(item.key):
            yield item


@click.command()
@click.argument("address", default="", type=REMOTE)
@click.option("-l", "--long", is_flag=True, help="Dates and sizes as well.")
@click.option("-r", "--recursive", is_flag=True, help="All that is below, and not the folders.")
@click.option("--versions", is_flag=True, help="All versions and delete markers.")
@click.option("--at", type=WHEN, help="What was there at this moment, or so long ago as in 2h.")
@click.option("--limit", type=click.IntRange(1), help="No more than so many.")
@command
def ls(
    session: Session,
    address: str,
    long: bool,
    recursive: bool,
    versions: bool,
    at: datetime | None,
    limit: int | None,
) -> None:
    """List buckets or objects.

    ADDRESS is a bucket, a prefix, an object or a pattern: * and ? within a folder, ** below it too.
    Without it, all buckets are listed.
    """
    place = remote(address)
    if not place.bucket:
        return _buckets(session, place, long)
    options: dict[str, Any] = {"recursive": recursive, "versions": versions, "at": at}
    if not place.is_pattern:
        options["limit"] = limit
    lister = _Lister(session, place, long, versions)
    found = _entered(session, place, options)
    with session.work(f"Listing {place}") as work:
        for item in found:
            work.add(item.size)
            lister.show(item)
            if lister.count == limit:
                break
    lister.end()
    return None


def _entered(session: Session, place: Remote, options: dict[str, Any]) -> Iterator[ObjectInfo]:
    """What is to be listed; a folder that is named without its slash is looked into."""
    items = below(session, place, **options)
    if options["recursive"] or place.is_pattern or place.is_folder:
        return items
    return _looked_into(session, place, options, items)


def _looked_into(
    session: Session, place: Remote, options: dict[str, Any], items: Iterator[ObjectInfo]
) -> Iterator[ObjectInfo]:
    first = [item for item, _ in zip(items, range(2), strict=False)]
    if len(first) == 1 and first[0].is_prefix and first[0].key == place.prefix:
        yield from below(session, place.with_key(place.prefix), **options)
        return
    yield from first
    yield from items


class _Lister:
    """Shows the lines of a listing."""

    def __init__(self, session: Session, place: Remote, long: bool, versions: bool) -> None:
        self._screen = session.screen
        self._place = place
        self._long = long
        self._versions = versions
        self._size = 0
        self.count = 0

    def show(self, item: ObjectInfo) -> None:
        """One object, version or folder."""
        self.count += 1
        self._size += item.size
        record = record_of(self._place, item)
        key = item.key
        if self._screen.as_json:
            self._screen.emit(record)
        elif not self._long:
            more = (item.version_id or "",) if self._versions else ()
            if self._screen.is_terminal and item.is_prefix:
                self._screen.line(record, safe(key), fg="blue", bold=True)
            else:
                self._screen.emit(record, *more, key)
        elif not self._screen.is_terminal:
            size = "" if item.is_prefix else item.size
            cells = [plain(item.last_modified) or "", size]
            if self._versions:
                cells += [item.version_id or "", state_of(item)]
            self._screen.emit(record, *cells, key)
        else:
            self._screen.line(record, self._for_people(item))

    def _for_people(self, item: ObjectInfo) -> str:
        size = "" if item.is_prefix else human(item.size)
        date = " " * 20 if item.is_prefix else shown_time(item.last_modified)
        version = (
            f"  {safe(item.version_id or ''):<32}  {state_of(item):<7}" if self._versions else ""
        )
        name = safe(item.key)
        if item.is_prefix:
            name = self._screen.colored(name, fg="blue", bold=True)
        return f"{self._screen.colored(date, dim=True)}  {size:>10}{version}  {name}"

    def end(self) -> None:
        """Sum it up; what was asked for by name and isn't there is a failure."""
        if not self.count and self._place.key:
            raise ObjectNotFoundError(f"nothing is there by the name of {safe(str(self._place))}")
        if self._long and self._screen.is_terminal:
            self._screen.remark(f"{self.count:,} in all, {human(self._size)}")


def state_of(item: ObjectInfo) -> str:
    """What a version is among those of its key."""
    if item.is_delete_marker:
        return "deleted"
    return "current" if item.is_latest else "older"


def _buckets(session: Session, place: Remote, long: bool) -> None:
    with session.work("Listing buckets"):
        found = session.client(place).list_buckets()
    for each in found:
        record = {"type": "bucket", "bucket": each.name, "created": each.creation_date}
        if not long or session.screen.as_json:
            session.screen.emit(record, each.name)
        elif session.screen.is_terminal:
            date = session.screen.colored(shown_time(each.creation_date), dim=True)
            session.screen.line(record, f"{date}  {safe(each.name)}")
        else:
            session.screen.emit(record, plain(each.creation_date) or "", each.name)


@click.command()
@click.argument("address", type=REMOTE)
@click.option("-L", "--depth", type=click.IntRange(1), help="No deeper than so many folders.")
@click.option("-d", "--folders", is_flag=True, help="Folders only.")
@click.option("--at", type=WHEN, help="What was there at this moment.")
@command
def tree(
    session: Session, address: str, depth: int | None, folders: bool, at: datetime | None
) -> None:
    """Show objects as a tree of folders."""
    place = remote(address)
    bucket_at(place.bucket)
    if place.key and not place.is_folder:
        place = place.with_key(place.prefix)
    root: dict[str, Any] = {}
    count = 0
    with session.work(f"Listing {place}") as work:
        for item in below(session, place, at=at):
            work.add(item.size)
            count += 1
            _plant(root, item.key.removeprefix(place.key), item.size)
    if session.screen.as_json:
        try:
            session.screen.emit({"bucket": place.bucket, "prefix": place.key, "tree": root})
        except RecursionError:
            hint = "ls -r --json lists the objects"
            raise MinIOError("a key has too many slashes for one document", hint=hint) from None
        return
    marks = _marks()
    session.screen.line({}, safe(place.bucket + "/" + place.key), fg="blue", bold=True)
    for line in _branches(session, root, depth, folders, marks):
        session.screen.line({}, line)
    session.screen.remark(f"{count:,} objects")


def _plant(root: dict[str, Any], name: str, size: int) -> None:
    """Put a name where it belongs: folders are dicts whose names end in a slash, objects are sizes."""
    *above, last = name.split("/")
    for part in above:
        root = root.setdefault(part + "/", {})
    if last:
        root[last] = size


def _marks() -> tuple[str, str, str, str]:
    if can_write("├└│─"):
        return "├── ", "└── ", "│   ", "    "
    return "|-- ", "`-- ", "|   ", "    "


def _branches(
    session: Session,
    root: dict[str, Any],
    depth: int | None,
    folders: bool,
    marks: tuple[str, str, str, str],
) -> Iterator[str]:
    """The lines of a tree; without recursion, since keys may have a thousand slashes."""
    waiting = [("", 1, _named(root, folders))]
    while waiting:
        before, level, names = waiting[-1]
        if not names:
            waiting.pop()
            continue
        name, inner = names.pop()
        shown = safe(name)
        if isinstance(inner, dict):
            shown = session.screen.colored(shown, fg="blue", bold=True)
        yield before + marks[0 if names else 1] + shown
        if isinstance(inner, dict) and (depth is None or level < depth):
            deeper = before + marks[2 if names else 3]
            waiting.append((deeper, level + 1, _named(inner, folders)))


def _named(folder: dict[str, Any], folders: bool) -> list[tuple[str, Any]]:
    """What a folder has, the last first."""
    found = [each for each in folder.items() if not folders or isinstance(each[1], dict)]
    return found[::-1]


@click.command()
@click.argument("address", type=REMOTE)
@click.option("--name", help="Only where the name behind the last slash is like this: *.csv")
@click.option("--path", help="Only where the key is like this; * is any characters, / too.")
@click.option("-i", "--ignore-case", is_flag=True, help="Take A for a in these two.")
@click.option("--larger", type=SIZE, help="Only of more bytes than this.")
@click.option("--smaller", type=SIZE, help="Only of fewer bytes than this.")
@click.option(
    "--newer", type=WHEN, help="Only stored after this moment, or since so long as in 7d."
)
@click.option("--older", type=WHEN, help="Only stored before this moment.")
@click.option("--at", type=WHEN, help="Among what was there at this moment.")
@click.option("-l", "--long", is_flag=True, help="Dates and sizes as well.")
@click.option("-0", "--print0", is_flag=True, help="Names as they are, with NULs behind them.")
@command
def find(
    session: Session, address: str, long: bool, print0: bool, at: datetime | None, **wanted: Any
) -> None:
    """Find objects by name, size and age.

    They are printed as bucket/key, which the other commands take.
    """
    place = remote(address)
    bucket_at(place.bucket)
    if print0 and (long or session.screen.as_json):
        raise click.UsageError("--print0 goes with neither --long nor --json")
    wants = _wish(**wanted)
    lister = _Lister(session, place, long, versions=False)
    with session.work(f"Looking in {place}") as work:
        for item in below(session, place, at=at):
            work.add(item.size)
            if not wants(item):
                continue
            if print0:
                sys.stdout.buffer.write(f"{place.bucket}/{item.key}\0".encode())
            elif long or session.screen.as_json:
                lister.show(item)
            else:
                session.screen.emit({}, f"{place.bucket}/{item.key}")


def _wish(
    name: str | None,
    path: str | None,
    ignore_case: bool,
    larger: int | None,
    smaller: int | None,
    newer: datetime | None,
    older: datetime | None,
) -> Any:
    import fnmatch

    flags = re.IGNORECASE if ignore_case else 0
    named = None if name is None else re.compile(fnmatch.translate(name), flags)
    whole = None if path is None else re.compile(fnmatch.translate(path), flags)

    def wants(item: ObjectInfo) -> bool:
        date = item.last_modified
        return (
            (named is None or bool(named.match(item.key.rpartition("/")[2])))
            and (whole is None or bool(whole.match(item.key)))
            and (larger is None or item.size > larger)
            and (smaller is None or item.size < smaller)
            and (newer is None or (date is not None and date > newer))
            and (older is None or (date is not None and date < older))
        )

    return wants


@click.command()
@click.argument("addresses", nargs=-1, required=True, type=REMOTE)
@click.option("--version-id", help="A version of the object.")
@click.option("--at", type=WHEN, help="What it was at this moment.")
@customer_key
@command
def stat(
    session: Session, addresses: tuple[str, ...], version_id: str | None, at: datetime | None
) -> None:
    """What is known of an object or a bucket."""
    for number, address in enumerate(addresses):
        place = remote(address)
        if number and not session.screen.as_json:
            session.screen.line({}, "")
        try:
            if place.key:
                _object(session, object_at(address), version_id, at)
            else:
                _bucket(session, bucket_at(address))
        except MinIOError as error:
            session.screen.fail(error)


def _object(session: Session, place: Remote, version_id: str | None, at: datetime | None) -> None:
    client = session.client(place)
    found = client.get_object_metadata(place.bucket, place.key, version_id=version_id, at=at)
    facts: dict[str, object] = {"bucket": place.bucket}
    for name, value in found.items():
        if name == "metadata":
            facts |= {f"metadata {each}": text for each, text in value.items()}
        elif name == "size":
            facts[name] = f"{value} ({human(value)})" if session.screen.is_terminal else value
        elif name == "retention" and value is not None:
            facts[name] = f"{value.mode} until {plain(value.retain_until_date)}"
        elif name not in ("tag_count", "legal_hold") or value:
            facts[name.replace("_", " ")] = plain(value)
    record = {"type": "object", "bucket": place.bucket, **dict(found)}
    session.screen.facts(record, facts)


def _bucket(session: Session, place: Remote) -> None:
    found = session.client(place).get_bucket_info(place.bucket)
    record = {"type": "bucket", "bucket": found.name, **dict(found)}
    del record["name"]
    record["created"] = record.pop("creation_date")
    facts = {
        name.replace("_", " "): plain(value) for name, value in record.items() if name != "type"
    }
    session.screen.facts(record, facts)
