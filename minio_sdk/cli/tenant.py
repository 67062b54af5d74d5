"""`minio-sdk tenant`: add, list and remove tenants of a server, and renew their keys.

A secret is printed once, on standard output, by the command that makes it; everything that is said
beside that goes to standard error.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from minio_sdk.cli.app import drop_output
from minio_sdk.cli.screen import Screen
from minio_sdk.cli.session import PROFILE, settings
from minio_sdk.cli.values import bytes_in
from minio_sdk.errors import MinIOError
from minio_sdk.flows.provisioning.records import Tenant, TenantAccess
from minio_sdk.flows.provisioning.servers import BACKENDS
from minio_sdk.tenancy import slug_of

if TYPE_CHECKING:
    from minio_sdk.client.sync.provisioner import Provisioner

F = TypeVar("F", bound=Callable[..., Any])


def size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """The bytes that a text such as ``10GiB`` means.

    Raises:
        BadParameter: it isn't one.
    """
    if value is None:
        return None
    found = bytes_in(value)
    if not found:
        raise click.BadParameter(
            f"{value!r} is no size; say it as 500MB, 10GiB or a number of bytes", ctx, param
        )
    return found


@click.group()
@click.option(
    "--profile",
    type=PROFILE,
    help="An alias of mc, or a profile of AWS's files, of an administrator.",
)
@click.option("--url", help="The server; MINIO_ENDPOINT and its like by default.")
@click.option(
    "--backend", type=click.Choice(list(BACKENDS)), help="What it is; it is asked by default."
)
@click.option("--iam-url", help="Where IAM is, for --backend aws; AWS's own by default.")
@click.option(
    "--tenancy",
    type=click.Choice(["bucket", "prefix"]),
    help="Buckets of their own, or a prefix in one that is shared.",
)
@click.option("--shared-bucket", help="The bucket that is shared with --tenancy prefix.")
@click.pass_context
def tenant(ctx: click.Context, /, **given: str | None) -> None:
    """Tenants with keys of their own, which the server holds to their names.

    The keys of an administrator come from the environment, MINIO_ACCESS_KEY and MINIO_SECRET_KEY, or from a
    profile.
    """
    ctx.obj = given


@contextmanager
def _provisioner(given: dict[str, str | None]) -> Iterator[Provisioner]:
    from minio_sdk.client import MinIOClient
    from minio_sdk.client.sync.provisioner import Provisioner

    shared = given["shared_bucket"]
    fields = {} if shared is None else {"shared_bucket": shared}
    with MinIOClient(settings({**given, "no_tenant": True}, fields)) as client:
        yield Provisioner(client, backend=given["backend"], iam_url=given["iam_url"])


_as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _forms(command: F) -> F:
    """The options that say how keys are printed."""
    command = _as_json(command)
    return click.option(
        "--env", "as_env", is_flag=True, help='For shells: eval "$(minio-sdk tenant add x --env)".'
    )(command)


def _check_forms(as_env: bool, as_json: bool) -> None:
    if as_env and as_json:
        raise click.UsageError("--env and --json are two forms of the same; give one of them")


@tenant.command()
@click.argument("tenant_id", metavar="TENANT")
@click.option(
    "--quota", metavar="SIZE", callback=size, help="The most it may store, such as 10GiB."
)
@click.option("--read-only", is_flag=True, help="It may read and list only.")
@_forms
@click.pass_obj
def add(
    given: dict[str, str | None],
    tenant_id: str,
    quota: int | None,
    read_only: bool,
    as_env: bool,
    as_json: bool,
) -> None:
    """Give TENANT a user and keys. For one that has them: set its quota and what it may do."""
    _check_forms(as_env, as_json)
    with _provisioner(given) as provisioner:
        _show(provisioner.add(tenant_id, quota=quota, read_only=read_only), as_env, as_json)


@tenant.command()
@click.argument("tenant_id", metavar="TENANT")
@click.option("--keep-old", is_flag=True, help="The old keys work on until `revoke` ends them.")
@_forms
@click.pass_obj
def rotate(
    given: dict[str, str | None], tenant_id: str, keep_old: bool, as_env: bool, as_json: bool
) -> None:
    """Give TENANT new keys; once the server takes them, end the old ones."""
    _check_forms(as_env, as_json)
    with _provisioner(given) as provisioner:
        _show(provisioner.rotate(tenant_id, keep_old=keep_old), as_env, as_json)


@tenant.command()
@click.argument("tenant_id", metavar="TENANT")
@click.argument("access_key")
@_as_json
@click.pass_obj
def revoke(given: dict[str, str | None], tenant_id: str, access_key: str, as_json: bool) -> None:
    """End one pair of TENANT's keys."""
    with _provisioner(given) as provisioner:
        if not provisioner.revoke(tenant_id, access_key):
            raise MinIOError(f"tenant {tenant_id!r} has no access key {access_key!r}")
    Screen(as_json).did(
        {"tenant_id": tenant_id, "access_key": access_key, "revoked": True},
        f"{access_key} of tenant {tenant_id!r} is no longer taken",
    )


@tenant.command()
@click.argument("tenant_id", metavar="TENANT")
@click.option("--delete-data", is_flag=True, help="Delete its buckets with all that is in them.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@_as_json
@click.pass_obj
def remove(
    given: dict[str, str | None],
    tenant_id: str,
    delete_data: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """End TENANT's keys, its rights and its user; its data only if that is said."""
    screen = Screen(as_json)
    what = "its keys and ALL ITS DATA" if delete_data else "its keys; its data stays"
    with _provisioner(given) as provisioner:
        if dry_run:
            steps = list(_removal(provisioner.list(), slug_of(tenant_id), delete_data))
            for kind, name, text in steps:
                screen.did({"type": kind, "name": name, "dry_run": True}, text)
            if not steps and not as_json:
                click.echo(f"Tenant {tenant_id!r} has nothing to remove")
            return
        if not yes and not click.confirm(f"Remove tenant {tenant_id!r}: {what}?", err=True):
            raise MinIOError("nothing was removed")
        there = provisioner.remove(tenant_id, delete_data=delete_data)
    done = "is removed" if there else "had nothing to remove"
    record = {"tenant_id": tenant_id, "removed": there, "data_deleted": there and delete_data}
    screen.did(record, f"Tenant {tenant_id!r} {done}")


def _removal(tenants: list[Tenant], slug: str, delete_data: bool) -> Iterator[tuple[str, str, str]]:
    """What `remove` does to a tenant: the kind and the name of what goes, and a line about it."""
    for each in tenants:
        mine = each.tenant_id is not None and each.slug == slug
        if mine:
            yield "user", each.user, f"would remove user {each.user}"
            for key in each.access_keys:
                yield "access_key", key, f"would end access key {key}"
        for name in each.buckets if delete_data else ():
            if mine or (each.tenant_id is None and _owner(name) == slug):
                yield "bucket", name, f"would delete bucket {name} with all that is in it"


def _owner(bucket: str) -> str:
    """The slug in a bucket's name as `Tenant.buckets` has it."""
    if "/" in bucket:  # behind the name of the shared one
        return bucket.split("/")[1]
    return bucket.partition("-")[0] if "-" in bucket else ""


@tenant.command("list")
@_as_json
@click.pass_obj
def list_(given: dict[str, str | None], as_json: bool) -> None:
    """Which tenants there are, and which bucket belongs to whom."""
    with _provisioner(given) as provisioner:
        found = provisioner.list()
    screen = Screen(as_json)
    if screen.is_terminal and not as_json:
        Console().print(_table(found))
        return
    for each in found:
        quota = "" if each.quota is None else each.quota
        names, keys = " ".join(each.buckets), " ".join(each.access_keys)
        screen.emit(each, _name(each), each.user, names, keys, quota, _may(each))


def _name(found: Tenant) -> str:
    return found.tenant_id or "(of nobody known)"


def _may(found: Tenant) -> str:
    if found.tenant_id is None:
        return ""
    return "read" if found.read_only else "read, write"


def _table(found: list[Tenant]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("TENANT", "USER", "BUCKETS", "ACCESS KEYS", "QUOTA", "MAY"):
        table.add_column(name, overflow="fold")
    for each in found:
        nobody = each.tenant_id is None
        cells = (
            _name(each),
            each.user,
            "\n".join(each.buckets),
            "\n".join(each.access_keys),
            "" if nobody else "none" if each.quota is None else f"{each.quota:,} bytes",
            _may(each),
        )
        table.add_row(*map(Text, cells))  # names may look like markup
    return table


def _show(access: TenantAccess, as_env: bool, as_json: bool) -> None:
    """Print the keys of a tenant; say so where nobody can have read them."""
    try:
        _print(access, as_env, as_json)
    except OSError as error:
        if access.secret_key is None:
            raise
        drop_output()
        raise MinIOError(
            f"tenant {access.tenant_id!r} has new keys, which could not be printed: {error}",
            hint="`rotate` makes others",
        ) from None


def _print(access: TenantAccess, as_env: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dict(access)))
        return
    told = access.secret_key is not None
    if not told:
        note = "It has keys already, and no server tells a secret twice; `rotate` makes new ones."
        if as_env:
            raise MinIOError(f"{note} What it may do and its quota are as you said.")
        click.echo(note, err=True)
    if as_env:
        click.echo("\n".join(_environment(access)))
        return
    if access.kept:
        click.echo(f"These keys of it work as well: {', '.join(access.kept)}", err=True)
    may = "may read" if access.read_only else "may read and write"
    click.echo(f"Tenant      {access.tenant_id}, which {may} on {access.base_url}")
    click.echo(f"User        {access.user}")
    click.echo(f"Access key  {access.access_key}")
    if told:
        click.echo(f"Secret key  {access.secret_key}")
        click.echo("The secret is shown this once.", err=True)


def _environment(access: TenantAccess) -> Iterator[str]:
    """The lines that make a shell's programs work as the tenant."""
    names = {
        "MINIO_ENDPOINT": access.base_url,
        "MINIO_TENANT_ID": access.tenant_id,
        "MINIO_ACCESS_KEY": access.access_key,
        "MINIO_SECRET_KEY": str(access.secret_key),
        "MINIO_REGION": access.region,
        "MINIO_TENANCY": access.tenancy,
    }
    if access.tenancy == "prefix":
        names["MINIO_SHARED_BUCKET"] = access.shared_bucket
    yield "unset MINIO_SESSION_TOKEN"  # that of an operator's session; these keys have none
    for name, value in names.items():
        yield f"export {name}={shlex.quote(value)}"
