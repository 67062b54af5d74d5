"""`cp` and `mv`: files and objects, either way, and objects on the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from minio_sdk.cli.addresses import either
from minio_sdk.cli.completing import ANY
from minio_sdk.cli.session import Session, command, customer_key
from minio_sdk.cli.transferring import Wish, transfer
from minio_sdk.cli.values import PAIR, WHEN

F = Callable[..., Any]


def _options(function: F) -> F:
    """What `cp` and `mv` have in common."""
    for option in reversed(
        (
            click.argument("sources", nargs=-1, required=True, type=ANY, metavar="SOURCE..."),
            click.argument("target", type=ANY),
            click.option("-r", "--recursive", is_flag=True, help="Folders with all below them."),
            click.option(
                "--resume", is_flag=True, help="Go on where an earlier run was interrupted."
            ),
            click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing."),
            click.option("--concurrency", type=click.IntRange(1), help="How many at once."),
            click.option("--content-type", help="Of new objects; by default guessed."),
            click.option("--metadata", type=PAIR, multiple=True, help="Of new objects."),
            click.option("--tag", "tags", type=PAIR, multiple=True, help="Of new objects."),
        )
    ):
        function = option(function)
    return function


def _wish(given: dict[str, Any], **others: Any) -> Wish:
    describing = {
        "content_type": given.pop("content_type"),
        "metadata": dict(given.pop("metadata")) or None,
        "tags": dict(given.pop("tags")) or None,
    }
    describing = {name: value for name, value in describing.items() if value is not None}
    return Wish(**given, **others, describing=describing)


@click.command()
@_options
@click.option("--version-id", help="A version of the source.")
@click.option("--at", type=WHEN, help="What the source was at this moment.")
@customer_key
@command
def cp(session: Session, sources: tuple[str, ...], target: str, **given: Any) -> None:
    """Copy files and objects, either way or on the server.

    Remote names have the scheme here: minio://bucket/key. A target that ends in / (or is a bucket, or a
    folder that is there) takes each source by its name; of a source folder that ends in / only what is in
    it. * and ? in remote names stand for any characters within a folder, ** below it too. - is standard
    input or output.
    """
    transfer(session, [either(each) for each in sources], either(target), _wish(given))


@click.command()
@_options
@customer_key
@command
def mv(session: Session, sources: tuple[str, ...], target: str, **given: Any) -> None:
    """Move files and objects, either way or on the server.

    As cp, and then the sources are removed whose copies are there.
    """
    wish = _wish(given, moving=True)
    transfer(session, [either(each) for each in sources], either(target), wish)
