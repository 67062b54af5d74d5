"""`presign`."""

from __future__ import annotations

import shlex

import click

from minio_sdk.cli.addresses import object_at
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.session import Session, command
from minio_sdk.cli.values import DURATION, PAIR, SIZE

LONGEST = 7 * 86400  # seconds; S3's rule


@click.command()
@click.argument("address", type=REMOTE)
@click.option(
    "--method",
    type=click.Choice(["get", "put", "post", "head", "delete"], case_sensitive=False),
    default="get",
    show_default=True,
    help="What may be done with it; post is a form for browsers, with limits.",
)
@click.option("--expires", type=DURATION, default="1h", show_default=True, help="At most 7d.")
@click.option("--version-id", help="A version of it; for get, head and delete.")
@click.option("--header", "headers", type=PAIR, multiple=True, help="To be sent exactly so.")
@click.option("--content-type", help="For put and post: the type that has to be sent.")
@click.option("--max-size", type=SIZE, help="For post: the most bytes it takes.")
@command
def presign(
    session: Session,
    address: str,
    method: str,
    expires: int,
    version_id: str | None,
    headers: tuple[tuple[str, str], ...],
    content_type: str | None,
    max_size: int | None,
) -> None:
    """Sign an address that others can use for some time, without keys.

    For put and post the command is printed as well, on standard error, with which curl uses it.
    """
    place = object_at(address)
    method = method.upper()
    if not 1 <= expires <= LONGEST:
        raise click.UsageError("--expires must be 1s to 7d")
    if max_size is not None and method != "POST":
        raise click.UsageError("--max-size goes with --method post")
    if method == "POST":
        if headers or version_id:
            raise click.UsageError("--header and --version-id don't go with --method post")
        _post(session, address, expires, content_type, max_size)
        return
    if content_type is not None:
        if method != "PUT":
            raise click.UsageError("--content-type goes with --method put and post")
        headers = (*headers, ("content-type", content_type))
    url = session.client(place).get_presigned_url(
        place.bucket, place.key, expires,
        method=method, version_id=version_id, headers=dict(headers) or None,
    )  # fmt: skip
    record = {"url": url, "method": method, "expires_in": expires, "headers": dict(headers)}
    session.screen.emit(record, url)
    if method == "PUT":
        words = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers]
        session.screen.remark(" ".join(["curl -T FILE", *words, shlex.quote(url)]))


def _post(
    session: Session, address: str, expires: int, content_type: str | None, max_size: int | None
) -> None:
    place = object_at(address)
    form = session.client(place).presigned_post(
        place.bucket,
        place.key,
        expires,
        content_length_range=None if max_size is None else (0, max_size),
        content_type=content_type,
    )
    fields = [f"-F {shlex.quote(f'{name}={value}')}" for name, value in form.fields.items()]
    curl = " ".join(["curl", *fields, "-F file=@FILE", shlex.quote(form.url)])
    record = {"url": form.url, "method": "POST", "expires_in": expires, "fields": form.fields}
    session.screen.emit(record, curl)
