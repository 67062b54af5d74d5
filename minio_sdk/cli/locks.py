"""`retention` and `hold`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import click

from minio_sdk.cli.addresses import object_at
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.screen import plain
from minio_sdk.cli.session import Session, command
from minio_sdk.cli.values import Kind, seconds_in
from minio_sdk.errors import ValidationError
from minio_sdk.models.moments import moment_of
from minio_sdk.models.object_lock import Retention


class _Until(Kind):
    """A moment, or how long from now."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        text = str(value)
        seconds = seconds_in(text) if text[-1:].isalpha() else None
        try:
            if seconds is not None:
                return datetime.now(timezone.utc) + timedelta(seconds=seconds)
            return moment_of(text, "moment")
        except (ValidationError, OverflowError):
            self.fail(f"{text!r} is no moment; say it as 2030-01-31, or 30d for in thirty days")


@click.command()
@click.argument("address", type=REMOTE)
@click.option("--until", type=_Until(), help="Lock it until then: 2030-01-31, or 30d from now.")
@click.option(
    "--mode", type=click.Choice(["governance", "compliance"], case_sensitive=False),
    help="Governance may be passed by who is allowed to, compliance by nobody.",
)  # fmt: skip
@click.option("--clear", is_flag=True, help="End it; in governance mode only.")
@click.option("--version-id", help="A version of it.")
@click.option("--bypass-governance", is_flag=True, help="Shorten or end it, where that is allowed.")
@command
def retention(
    session: Session,
    address: str,
    until: datetime | None,
    mode: str | None,
    clear: bool,
    version_id: str | None,
    bypass_governance: bool,
) -> None:
    """Until when an object is locked; --until and --clear change it."""
    place = object_at(address)
    client = session.client(place)
    if (clear and (until or mode)) or (mode and not until):
        raise click.UsageError("give --until with or without --mode, or --clear, or none of them")
    if clear or until is not None:
        wanted = None
        if until is not None:
            wanted = Retention(mode=(mode or "governance").upper(), retain_until_date=until)
        client.set_object_retention(
            place.bucket, place.key, wanted,
            version_id=version_id, bypass_governance=bypass_governance,
        )  # fmt: skip
    found = client.get_object_retention(place.bucket, place.key, version_id=version_id)
    record = {"bucket": place.bucket, "key": place.key, "mode": None, "retain_until_date": None}
    if found is None:
        session.screen.emit(record, "none")
    else:
        session.screen.emit({**record, **found}, found.mode, plain(found.retain_until_date))


@click.command()
@click.argument("address", type=REMOTE)
@click.argument("state", type=click.Choice(["on", "off"]), required=False)
@click.option("--version-id", help="A version of it.")
@command
def hold(session: Session, address: str, state: str | None, version_id: str | None) -> None:
    """Lock an object until it is let go; on and off change it."""
    place = object_at(address)
    client = session.client(place)
    if state == "on":
        client.enable_object_legal_hold(place.bucket, place.key, version_id=version_id)
    elif state == "off":
        client.disable_object_legal_hold(place.bucket, place.key, version_id=version_id)
    held = client.is_object_legal_hold_enabled(place.bucket, place.key, version_id=version_id)
    record = {"bucket": place.bucket, "key": place.key, "legal_hold": held}
    session.screen.emit(record, "on" if held else "off")
