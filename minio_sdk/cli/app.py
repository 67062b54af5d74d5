"""The commands of `minio-sdk`, and how each of them ends.

To add a command: a file beside this one with a click command of the same name, and a line in `COMMANDS`.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

import click

from minio_sdk import __version__
from minio_sdk.errors import MinIOError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

# A command's module is loaded when the command is used, so that the others don't wait for it.
COMMANDS = ("demo", "serve", "tenant")


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"minio_sdk.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="minio-sdk")
def app() -> None:
    """S3-compatible object storage for services with many tenants."""


def drop_output() -> None:
    """Forget what standard output didn't take: Python would complain about it once more at its end."""
    with suppress(OSError):  # in a program of somebody else it may be no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(args: Sequence[str] | None) -> int:
    """Run one command; see `minio_sdk.cli.main`."""
    try:
        code = app.main(
            None if args is None else list(args), prog_name="minio-sdk", standalone_mode=False
        )
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return USAGE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MinIOError as error:
        click.secho(f"minio-sdk: {error}", fg="red", err=True)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as error:
        if error.errno != errno.EPIPE:  # that is a reader who has seen enough, as `head` has
            click.secho(f"minio-sdk: {error}", fg="red", err=True)
        drop_output()
        return FAILED
    return code if isinstance(code, int) else DONE
