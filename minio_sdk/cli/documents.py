"""`policy`, `lifecycle`, `cors`, `encryption` and `lock`: settings of a bucket that are documents.

All are JSON, in the words of the Python API; what `get` prints, `set` takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, BinaryIO

import click

from minio_sdk.cli.addresses import bucket_at
from minio_sdk.cli.completing import BUCKET
from minio_sdk.cli.session import Session, command
from minio_sdk.errors import NotFoundError, ValidationError
from minio_sdk.models.record import Record


def _setting(name: str, about: str, example: str) -> click.Group:
    """The commands of one setting: get, set, delete."""
    method = {"lock": "object_lock"}.get(name, name)

    def get(session: Session, bucket: str) -> None:
        place = bucket_at(bucket)
        with session.work(f"Asking for {name}"):
            found = getattr(session.client(place), f"get_bucket_{method}")(place.bucket)
        if not found:
            raise NotFoundError(f"bucket {place.bucket!r} has none")
        session.screen.document(_tidy(found))

    def set_(session: Session, bucket: str, file: BinaryIO) -> None:
        place = bucket_at(bucket)
        change = getattr(session.client(place), f"set_bucket_{method}")
        change(place.bucket, _document(file))
        record = {"bucket": place.bucket, "setting": name, "is_set": True}
        session.screen.did(record, f"set the {name} of {place.bucket}")

    def remove(session: Session, bucket: str, yes: bool) -> None:
        place = bucket_at(bucket)
        session.screen.confirm(f"Remove the {name} of {place.bucket}", yes)
        getattr(session.client(place), f"delete_bucket_{method}")(place.bucket)
        record = {"bucket": place.bucket, "setting": name, "is_set": False}
        session.screen.did(record, f"removed the {name} of {place.bucket}")

    group = click.Group(name, help=about)
    group.add_command(_command("get", get, "Print it as JSON."))
    file = click.Argument(["file"], type=click.File("rb"))
    group.add_command(
        _command("set", set_, f"Set it from FILE, or from - for standard input.\n\n{example}", file)
    )
    yes = click.Option(["-y", "--yes"], is_flag=True, help="Don't ask.")
    group.add_command(_command("delete", remove, "Remove it.", yes))
    return group


def _command(
    name: str, function: Callable[..., None], about: str, *params: click.Parameter
) -> click.Command:
    made = click.command(name, help=about)(command(function))
    made.params[:0] = [click.Argument(["bucket"], type=BUCKET), *params]
    return made


def _document(file: BinaryIO) -> Any:
    try:
        return json.loads(file.read())
    except ValueError as error:
        raise ValidationError(
            f"{getattr(file, 'name', 'standard input')}: is no JSON: {error}"
        ) from None


def _tidy(value: Any) -> Any:
    """A document without what isn't set."""
    if isinstance(value, Record):
        value = dict(value)
    if isinstance(value, dict):
        return {
            name: _tidy(each) for name, each in value.items() if each is not None and each != ()
        }
    if isinstance(value, (list, tuple)):
        return [_tidy(each) for each in value]
    return value


policy = _setting(
    "policy",
    "The policy of a bucket.",
    'Such as {"Version": "2012-10-17", "Statement": [...]}, with this bucket\'s name in its ARNs.',
)
lifecycle = _setting(
    "lifecycle",
    "What happens to a bucket's objects as time passes.",
    'Such as [{"id": "tmp", "filter": {"prefix": "tmp/"}, "expiration": {"days": 7}}]',
)
cors = _setting(
    "cors",
    "Which web pages may ask for a bucket's objects.",
    'Such as [{"allowed_origins": ["https://example.com"], "allowed_methods": ["GET"]}]',
)
encryption = _setting(
    "encryption", "How a bucket's new objects are encrypted.", 'Such as {"algorithm": "AES256"}'
)
lock = _setting(
    "lock",
    "How a bucket's new objects are locked.",
    'Such as {"mode": "GOVERNANCE", "days": 30}',
)
