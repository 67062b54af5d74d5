"""`minio-sdk serve`: an S3 server on this computer until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from pathlib import Path
from typing import NoReturn

import click

from minio_sdk.errors import MinIOError
from minio_sdk.local_server import LocalServer

DEVELOPMENT_KEY = "minioadmin"
LOOK = 0.2  # seconds between two looks at the server; Windows notices Ctrl-C only in between


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9000,
    show_default=True,
    help="Where to listen on 127.0.0.1; 0 takes a free port.",
)
@click.option(
    "--data",
    "data_dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Keep the objects in this folder. Without it they are gone at the end.",
)
@click.option(
    "--access-key",
    envvar="MINIO_ROOT_USER",
    default=DEVELOPMENT_KEY,
    show_default=True,
    show_envvar=True,
    help="The administrator's access key.",
)
@click.option(
    "--secret-key",
    envvar="MINIO_ROOT_PASSWORD",
    default=DEVELOPMENT_KEY,
    show_envvar=True,
    help="Its secret; better in the environment, since command lines can be seen by all.",
)
def serve(port: int, data_dir: Path | None, access_key: str, secret_key: str) -> None:
    """Run an S3 server for development (SeaweedFS) until Ctrl-C."""
    _leave_on_sigterm()
    server = LocalServer(data_dir, port=port, access_key=access_key, secret_key=secret_key)
    with server:
        place = server.data_dir if data_dir else "a temporary folder, gone at the end"
        click.echo(f"SeaweedFS {server.version} on {server.base_url}, for this computer only")
        click.echo(f"Objects are in {place}\n")
        click.echo(how_to_connect(server, "acme"))
        wait_for_the_end(server)


def how_to_connect(server: LocalServer, tenant_id: str) -> str:
    """The lines that other programs need to use the server.

    Args:
        server: a running server.
        tenant_id: the tenant of the example.
    """
    url = server.base_url
    known = server.access_key == server.secret_key == DEVELOPMENT_KEY
    # A secret that isn't the one everybody knows is not for a screen or a log.
    secret = DEVELOPMENT_KEY if known else "THE-SECRET-YOU-GAVE"
    keys = "" if known else f", access_key={server.access_key!r}, secret_key={secret!r}"
    access = shlex.quote(server.access_key)
    define = "export" if os.name == "posix" else "set"
    return f"""\
Python:
  from minio_sdk import create_client
  client = create_client({url!r}, {tenant_id!r}{keys})
  client.upload("hello.txt", b"Hello!")

minio-sdk and its Python clients, from the environment:
  {define} MINIO_ENDPOINT={url}
  {define} MINIO_ACCESS_KEY={access}
  {define} MINIO_SECRET_KEY={secret}
  {define} MINIO_TENANT_ID={shlex.quote(tenant_id)}

The AWS command line:
  {define} AWS_ACCESS_KEY_ID={access}
  {define} AWS_SECRET_ACCESS_KEY={secret}
  aws --endpoint-url {url} --region us-east-1 s3 ls

MinIO's mc:
  mc alias set local {url} {access} {secret}
"""


def wait_for_the_end(server: LocalServer) -> None:
    """Wait until somebody interrupts this, by Ctrl-C or SIGTERM.

    Raises:
        MinIOError: the server ended by itself.
    """
    _leave_on_sigterm()
    click.echo("Ctrl-C ends it.")
    never = threading.Event()
    while server.running:
        never.wait(LOOK)
    raise MinIOError(
        f"the server on {server.base_url} has ended by itself",
        hint="another program may have stopped it, or the system ran out of memory",
    )


def _leave_on_sigterm() -> None:
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the server is being stopped
    raise SystemExit(0)
