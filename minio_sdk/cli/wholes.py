"""`bucket`: all that is set on a bucket, as one document."""

from __future__ import annotations

import sys
from typing import Any, BinaryIO

import click

from minio_sdk.cli.addresses import bucket_at
from minio_sdk.cli.completing import BUCKET
from minio_sdk.cli.screen import Screen
from minio_sdk.cli.session import Session, command
from minio_sdk.errors import ValidationError
from minio_sdk.models.bucket_document import SECTIONS, BucketDocument, BucketPlan
from minio_sdk.models.bucket_document import plain as section_as_json

COLORS = {"+": "green", "-": "red", "@": "cyan"}

_name = click.argument("bucket", type=BUCKET)
_file = click.argument("file", type=click.File("rb"))
_create = click.option("--create", is_flag=True, help="Make it where it isn't there.")


@click.group()
def bucket() -> None:
    """All that is set on a bucket as one document: export, plan, apply.

    Its sections are versioning, object_lock, encryption, tags, policy, cors, lifecycle, notification,
    replication and quota. One that isn't in the document stays as it is; one that is null or empty is
    removed. FILE is JSON, or TOML when its name ends so; - is standard input.
    """


@bucket.command()
@_name
@click.option(
    "--section",
    "sections",
    multiple=True,
    type=click.Choice(SECTIONS),
    help="Only this one; may be given several times.",
)
@command
def export(session: Session, bucket: str, sections: tuple[str, ...]) -> None:
    """Print what is set on a bucket; plan and apply take it."""
    place = bucket_at(bucket)
    with session.work(f"Asking for {place.bucket}"):
        found = session.client(place).export_bucket(place.bucket, sections=sections or None)
    session.screen.document(found.to_dict())


@bucket.command()
@_name
@_file
@_create
@click.option("--exit-code", is_flag=True, help="End with 1 when something would change.")
@command
def plan(session: Session, bucket: str, file: BinaryIO, create: bool, exit_code: bool) -> None:
    """Show what would change so that a bucket is as FILE says; change nothing."""
    found = _planned(session, bucket, file, create)
    _show(session.screen, found, {"dry_run": True})
    if exit_code and found:
        session.screen.failures += 1


@bucket.command()
@_name
@_file
@_create
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@command
def apply(
    session: Session, bucket: str, file: BinaryIO, create: bool, dry_run: bool, yes: bool
) -> None:
    """Make a bucket what FILE says, after showing what that changes and asking."""
    screen = session.screen
    found = _planned(session, bucket, file, create)
    if dry_run or not found:
        _show(screen, found, {"dry_run": dry_run})
        return
    if not screen.as_json and not screen.quiet:
        _show(screen, found, {})
    screen.confirm(f"Change {found.bucket}", yes)
    place = bucket_at(bucket)
    with session.work(f"Changing {place.bucket}"):
        # The plan, and not the document: what has changed since it was shown is not overwritten.
        done = session.client(place).apply_bucket(place.bucket, found)
    if screen.as_json:
        _show(screen, done, {"dry_run": False})
    else:
        screen.did({}, f"bucket {done.bucket}: done")


def _planned(session: Session, bucket: str, file: BinaryIO, create: bool) -> BucketPlan:
    place = bucket_at(bucket)
    document = _document(file)
    with session.work(f"Comparing {place.bucket}"):
        return session.client(place).plan_bucket(place.bucket, document, create=create)


def _document(file: BinaryIO) -> BucketDocument:
    name = str(getattr(file, "name", "<stdin>")).replace("<stdin>", "standard input")
    text = file.read()
    try:
        if not name.lower().endswith(".toml"):
            return BucketDocument.from_json(text)
        return BucketDocument.from_dict(_toml(text))
    except ValidationError as error:
        raise ValidationError(f"{name}: {error.message}", hint=error.hint) from None


def _toml(text: bytes) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib

        try:
            return tomllib.loads(text.decode())
        except ValueError as error:
            raise ValidationError(f"is no TOML: {error}") from None
    raise ValidationError("Python reads TOML from 3.11 on; write it as JSON")


def _show(screen: Screen, plan: BucketPlan, more: dict[str, Any]) -> None:
    if screen.as_json:
        changes = [
            {
                "section": change.section,
                "action": change.action,
                "before": section_as_json(change.section, change.before),
                "after": section_as_json(change.section, change.after),
            }
            for change in plan.changes
        ]
        screen.emit({"bucket": plan.bucket, "creates": plan.creates, "changes": changes, **more})
        return
    for line in str(plan).splitlines():
        color = COLORS.get(line[:1])
        if line.startswith(("+++", "---", "bucket ")):
            screen.line({}, line, bold=True)
        elif color is not None:
            screen.line({}, line, fg=color)
        else:
            screen.line({}, line)
