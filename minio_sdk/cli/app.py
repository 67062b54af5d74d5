"""The commands of `minio-sdk`, and how each of them ends.

To add a command: a click command in a file beside this one, and a line in `COMMANDS`.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, NoReturn

import click
from click.shell_completion import CompletionItem

from minio_sdk import __version__
from minio_sdk.cli.screen import complain
from minio_sdk.errors import MinIOError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class Entry(NamedTuple):
    """Where a command is, and what help says of it.

    A command's module is loaded when the command is used, so that the others don't wait for it.
    """

    section: str
    module: str
    about: str


LOOK, MOVE, KEEP, SET, SERVER = (
    "Look", "Bring and take", "Versions and copies", "Settings", "Servers",
)  # fmt: skip

COMMANDS = {
    "ls": Entry(LOOK, "listing", "List buckets or objects."),
    "tree": Entry(LOOK, "listing", "Show objects as a tree of folders."),
    "find": Entry(LOOK, "listing", "Find objects by name, size and age."),
    "du": Entry(LOOK, "usage", "Count objects and bytes, by folder, the largest first."),
    "stat": Entry(LOOK, "listing", "What is known of an object or a bucket."),
    "cat": Entry(LOOK, "streams", "Write objects to standard output, one behind the other."),
    "head": Entry(LOOK, "streams", "Write the first lines of an object to standard output."),
    "sql": Entry(
        LOOK, "asking", "Ask for rows of objects with SQL, answered by the server (S3 Select)."
    ),
    "watch": Entry(
        LOOK, "watching", "Show what happens in a bucket while it happens, until Ctrl-C."
    ),
    "cp": Entry(MOVE, "copying", "Copy files and objects, either way or on the server."),
    "mv": Entry(MOVE, "copying", "Move files and objects, either way or on the server."),
    "put": Entry(MOVE, "streams", "Store standard input as an object, of any length."),
    "rm": Entry(MOVE, "removing", "Remove objects."),
    "mb": Entry(MOVE, "buckets", "Make buckets."),
    "rb": Entry(MOVE, "buckets", "Remove buckets; those that have objects with --force only."),
    "mirror": Entry(
        MOVE,
        "syncing",
        "Make a folder or a prefix what another one is; only what differs is transferred.",
    ),
    "diff": Entry(
        MOVE, "syncing", "What differs between two folders or prefixes: by names, sizes and bytes."
    ),
    "presign": Entry(
        MOVE, "presign", "Sign an address that others can use for some time, without keys."
    ),
    "snapshot": Entry(KEEP, "snapshot", "A whole bucket as it was."),
    "versions": Entry(
        KEEP,
        "versions",
        "List the versions of objects, the newest first: of one, or of all below a folder.",
    ),
    "undelete": Entry(
        KEEP, "versions", "Bring deleted objects back, in a bucket that keeps versions."
    ),
    "versioning": Entry(SET, "versions", "Whether a bucket keeps versions; on and off change it."),
    "bucket": Entry(
        SET, "wholes", "All that is set on a bucket as one document: export, plan, apply."
    ),
    "tags": Entry(SET, "tags", "Tags of objects and buckets."),
    "policy": Entry(SET, "documents", "The policy of a bucket."),
    "lifecycle": Entry(SET, "documents", "What happens to a bucket's objects as time passes."),
    "cors": Entry(SET, "documents", "Which web pages may ask for a bucket's objects."),
    "encryption": Entry(SET, "documents", "How a bucket's new objects are encrypted."),
    "lock": Entry(SET, "documents", "How a bucket's new objects are locked."),
    "retention": Entry(
        SET, "locks", "Until when an object is locked; --until and --clear change it."
    ),
    "hold": Entry(SET, "locks", "Lock an object until it is let go; on and off change it."),
    "health": Entry(SERVER, "server", "Whether the server is well; exit 1 when it isn't."),
    "ping": Entry(SERVER, "server", "How long the server takes to answer; exit 1 when it doesn't."),
    "info": Entry(
        SERVER, "server", "What the server tells of itself, and with which settings it was asked."
    ),
    "bench": Entry(SERVER, "bench", "Measure how fast a server is, through this SDK."),
    "tenant": Entry(
        SERVER, "tenant", "Tenants with keys of their own, which the server holds to their names."
    ),
    "serve": Entry(SERVER, "serve", "Run an S3 server for development (SeaweedFS) until Ctrl-C."),
    "demo": Entry(
        SERVER, "demo", "Take the whole tour on an embedded S3 server; nothing to configure."
    ),
    "completion": Entry(SERVER, "completing", "Print what makes a shell complete commands."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"minio_sdk.cli.{COMMANDS[cmd_name].module}")
        command = module.__dict__[cmd_name]
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            # click looks for what was meant among commands that are loaded.
            from difflib import get_close_matches

            near = " or ".join(map(repr, get_close_matches(args[0], COMMANDS)))
            if near and not args[0].startswith("-"):
                said = f"No such command {args[0]!r}. Did you mean {near}?"
                raise click.UsageError(said, ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            rows = [(n, entry.about) for n, entry in COMMANDS.items() if entry.section == section]
            with formatter.section(section):
                formatter.write_dl(rows, col_max=12)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=entry.about)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="minio-sdk")
def app() -> None:
    """S3-compatible object storage for services with many tenants.

    Remote names are minio://bucket/key, or bucket/key where no local path is possible; minio://acme@bucket/key
    is tenant acme's. The server, the keys and the tenant come from MINIO_ENDPOINT, MINIO_ACCESS_KEY,
    MINIO_SECRET_KEY and MINIO_TENANT_ID, or from a profile: COMMAND --profile NAME.
    """


def drop_output() -> None:
    """Forget what standard output didn't take: Python would complain about it once more at its end."""
    with suppress(OSError):  # in a program of somebody else it may be no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(args: Sequence[str] | None) -> int:
    """Run one command; see `minio_sdk.cli.main`."""
    _make_streams_fit()
    if "_MINIO_SDK_COMPLETE" in os.environ:  # a shell asks, and click answers in `app.main`
        import_module("minio_sdk.cli.completing")
    try:
        with _cleaning_up_when_told_to_end():
            code = app.main(
                None if args is None else list(args), prog_name="minio-sdk", standalone_mode=False
            )
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return USAGE
    except click.ClickException as error:
        if isinstance(error, click.NoSuchOption) and error.ctx and error.ctx.command is app:
            click.echo("Options go behind the command, as in: minio-sdk ls --url URL", err=True)
        error.show()
        return error.exit_code
    except MinIOError as error:
        complain(error)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as error:
        if error.errno != errno.EPIPE:  # that is a reader who has seen enough, as `head` has
            complain(error)
        drop_output()
        return FAILED
    return code if isinstance(code, int) else DONE


def _make_streams_fit() -> None:
    """One that was closed is as good as none; names may have characters that a terminal lacks."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


@contextmanager
def _cleaning_up_when_told_to_end() -> Iterator[None]:
    """SIGTERM and a terminal that is closed end a command as Ctrl-C does: nothing is left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {}
    for number in numbers:
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has its own
            before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # once is enough: things are being put in order
    raise SystemExit(128 + number)
