"""Back up a bucket each night by snapshots, look whether backups are any good, and bring back what was lost.

    python backup.py --tenant acme nightly docs --copy /srv/copy-of-docs
    python backup.py --tenant acme verify  docs --copy /srv/copy-of-docs
    python backup.py --tenant acme restore docs latest --prefix reports/ --to minio://docs/restored

For cron, and whoever looks after it: the exit code is 0 for done, 1 for could not be done, 2 for wrong
usage, 3 for the alarm (a backup is missing, too old, or has lost something), and 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from minio_sdk import (
    Config,
    ConfigurationError,
    ConflictError,
    MinIOClient,
    MinIOError,
    NotFoundError,
    RestoreResult,
    ValidationError,
)

DONE, FAILED, USAGE, ALARM, INTERRUPTED = 0, 1, 2, 3, 130
PREFIX = "nightly-"
# Others are somebody's own, and never removed here.
NIGHTLY = re.compile(rf"{PREFIX}(\d{{4}}-\d\d-\d\d)")


def connect(tenant: str) -> MinIOClient:
    """With the server and keys that the environment has."""
    return MinIOClient(Config.from_env(tenant_id=tenant))


# --- each night --------------------------------------------------------------------------------------


def days(client: MinIOClient, bucket: str) -> list[date]:
    """The days that there is a nightly snapshot of, the oldest first."""
    found = (NIGHTLY.fullmatch(snapshot.name) for snapshot in client.list_snapshots(bucket))
    return sorted(date.fromisoformat(match[1]) for match in found if match)


def kept(there: Iterable[date], daily: int, weekly: int) -> set[date]:
    """Of the days, the newest `daily`, and the last of each of the newest `weekly` weeks.

    Counted are backups and not days gone by: when there have been none for a month, nothing is removed.
    """
    newest_first = sorted(there, reverse=True)
    weeks: dict[tuple[int, int], date] = {}
    for day in newest_first:
        weeks.setdefault(day.isocalendar()[:2], day)
    return {*newest_first[:daily], *list(weeks.values())[:weekly]}


def nightly(client: MinIOClient, args: argparse.Namespace) -> list[str]:
    """Take today's snapshot, look at it, and only then let old ones go."""
    name = f"{PREFIX}{args.now.date()}"
    try:
        made = client.create_snapshot(args.bucket, name)
        print(f"{made.name}: {made.objects} objects, {made.size} bytes")
    except ConflictError:
        print(f"{name}: was taken before")  # cron ran twice, or the last run failed further down
    if args.copy:
        copy(client, args.bucket, args.copy)
    problems = verify(client, args)
    if not problems:  # else an old one may be all there is
        there = days(client, args.bucket)
        for day in sorted(set(there) - kept(there, args.daily, args.weekly)):
            client.delete_snapshot(args.bucket, f"{PREFIX}{day}")
            print(f"{PREFIX}{day}: removed")
    return problems


def copy(client: MinIOClient, bucket: str, folder: Path) -> None:
    """A second copy, on a disk, with a list of checksums that tells years later what the disk has changed."""
    source = f"minio://{bucket}"
    sums = read_sums(folder)
    for name in client.mirror(source, folder, dry_run=True).copied:
        # Before the file changes: a kill must not leave the sum of the old one.
        sums.pop(name, None)
    write_sums(folder, sums)
    # Not with delete=True: a backup keeps what somebody deletes.
    done = client.mirror(source, folder)
    for name in (*done.copied, *done.skipped):
        if name in done.copied or name not in sums:
            sums[name] = sum_of(folder / name)
    write_sums(folder, sums)
    print(f"{folder}: {len(done.copied)} files copied, {len(done.skipped)} were the same")
    for name, error in done.failed.items():
        print(f"{folder}: {name}: {error}", file=sys.stderr)
    if done.failed:
        raise OSError(f"{folder}: {len(done.failed)} files could not be copied")


def sums_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.sha256.json")  # beside it, since all in it are objects


def read_sums(folder: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(sums_of(folder).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def write_sums(folder: Path, sums: dict[str, str]) -> None:
    new = sums_of(folder).with_suffix(".new")
    new.write_text(json.dumps(sums, indent=0), encoding="utf-8")
    new.replace(sums_of(folder))


def sum_of(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


# --- are they any good? ------------------------------------------------------------------------------


def verify(client: MinIOClient, args: argparse.Namespace) -> list[str]:
    """What is wrong with the newest backup and the second copy; nothing if all could be brought back."""
    problems = []
    there = days(client, args.bucket)
    if not there:
        problems.append(f"{args.bucket}: has no backup")
    elif args.now.date() - there[-1] > timedelta(days=args.max_age):
        problems.append(f"{args.bucket}: the newest backup is of {there[-1]}")
    for day in there[-1:] if not args.all else there:
        name = f"{PREFIX}{day}"
        try:
            # A plan looks for every version or copy that a restore would need.
            plan = client.restore_snapshot(args.bucket, name, dry_run=True, skip_missing=True)
            problems += [f"{name}: {key} is lost" for key in plan.missing]
        except NotFoundError as error:
            problems.append(f"{name}: {error}")
    if args.copy:
        for key, expected in read_sums(args.copy).items():
            path = args.copy / key
            if not path.is_file():
                problems.append(f"{path}: is lost")
            elif sum_of(path) != expected:
                problems.append(f"{path}: is damaged")
    return problems


# --- bring back --------------------------------------------------------------------------------------


def restore(client: MinIOClient, args: argparse.Namespace) -> RestoreResult:
    """Show what would be done; with ``--yes`` do it. One that was killed is run again, and does the rest."""
    name = args.name
    if name == "latest":
        there = days(client, args.bucket)
        if not there:
            raise NotFoundError(f"{args.bucket}: has no backup")
        name = f"{PREFIX}{there[-1]}"

    def run(dry_run: bool) -> RestoreResult:
        return client.restore_snapshot(
            args.bucket,
            name,
            keys=args.key,
            prefix=args.prefix,
            to=args.to,
            delete=args.delete,
            skip_missing=args.skip_missing,
            dry_run=dry_run,
        )

    plan = run(dry_run=True)
    for mark, keys in (("+", plan.restored), ("-", plan.deleted), ("?", plan.missing)):
        for key in keys:
            print(f"{mark} {key}")
    print(
        f"{len(plan.restored)} to restore, {len(plan.deleted)} to delete, {plan.unchanged} are as they were"
    )
    if not args.yes:
        print("nothing is done without --yes")
        return plan
    if args.to is None:  # even the right restore may have been the wrong idea
        before = client.create_snapshot(args.bucket, f"before-restore-{args.now:%Y%m%dT%H%M%S.%f}Z")
        print(f"as it is now: {before.name}")
    done = run(dry_run=False)
    print(f"{len(done.restored)} restored, {len(done.deleted)} deleted")
    return done


def number_from(least: int) -> Callable[[str], int]:
    """What an option takes: with no day to keep, the backup that was just made would go."""

    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more")
        return int(text)

    return number


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    found.add_argument("--tenant", required=True)
    found.add_argument("--now", type=datetime.fromisoformat, default=datetime.now(timezone.utc),
                       help="another time than now, for tests and drills")  # fmt: skip
    commands = found.add_subparsers(dest="command", required=True)
    for command in ("nightly", "verify"):
        each = commands.add_parser(command)
        each.add_argument("bucket")
        each.add_argument("--copy", type=Path, metavar="FOLDER", help="the second copy")
        each.add_argument("--max-age", type=int, default=1, metavar="DAYS")
        each.add_argument("--all", action="store_true", help="verify all that there are")
        if command == "nightly":
            each.add_argument("--daily", type=number_from(1), default=7)
            each.add_argument("--weekly", type=number_from(0), default=4)
    each = commands.add_parser("restore")
    each.add_argument("bucket")
    each.add_argument("name", help="of a snapshot, or: latest")
    each.add_argument("--key", action="append", help="only this one; may be given again")
    each.add_argument("--prefix", default="")
    each.add_argument("--to", metavar="minio://BUCKET/PREFIX", help="leave the bucket as it is")
    each.add_argument("--delete", action="store_true", help="what came later goes")
    each.add_argument("--skip-missing", action="store_true", help="go on without what is lost")
    each.add_argument("--yes", action="store_true", help="do it, after the plan")
    return found


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        with connect(args.tenant) as client:
            if args.command == "restore":
                return ALARM if restore(client, args).missing else DONE
            problems = (nightly if args.command == "nightly" else verify)(client, args)
    except (ValidationError, ConfigurationError) as error:
        print(f"backup: {error}", file=sys.stderr)
        return USAGE
    except (MinIOError, OSError) as error:
        print(f"backup: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("backup: interrupted; run it again to go on", file=sys.stderr)
        return INTERRUPTED
    for problem in problems:
        print(f"ALARM {problem}", file=sys.stderr)
    return ALARM if problems else DONE


if __name__ == "__main__":
    sys.exit(main())
