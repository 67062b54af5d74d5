"""`minio-sdk completion`, and what shells complete: names of buckets and objects too, if it's quick."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from minio_sdk.cli.addresses import remote
from minio_sdk.cli.values import Kind

QUICK = 2.0  # seconds that somebody waits after the tab key
MOST = 200  # names that are looked for

_BASH = """\
%(complete_func)s() {
    local item type value
    COMPREPLY=()
    while IFS= read -r item; do
        [[ -n "$item" ]] || continue
        type="${item%%%%,*}"
        value="${item#*,}"
        if [[ "$type" == "dir" ]]; then
            compopt -o dirnames
        elif [[ "$type" == "file" ]]; then
            compopt -o default
        else
            [[ "$type" == "more" ]] && compopt -o nospace
            COMPREPLY+=("$value")
        fi
    done < <(env COMP_LINE="${COMP_LINE:0:$COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class _Bash(BashComplete):
    """Bash takes ``minio://docs`` apart at its colon, and puts it together again without asking."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)
        self._word = "" if not line or line[-1].isspace() or not words else words.pop()
        return words[1:], self._word

    def format_completion(self, item: CompletionItem) -> str:
        value = item.value
        before, colon, _ = self._word.rpartition(":")
        if colon and ":" in os.environ.get("COMP_WORDBREAKS", ":"):
            value = value.removeprefix(before + colon)
        more = item.type == "plain" and value.endswith("/")
        return f"{'more' if more else item.type},{value}"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands.

    \b
    bash:  eval "$(minio-sdk completion bash)"               in ~/.bashrc
    zsh:   eval "$(minio-sdk completion zsh)"                in ~/.zshrc, behind compinit
    fish:  minio-sdk completion fish | source                in ~/.config/fish/config.fish
    """
    from minio_sdk.cli.app import app

    found = get_completion_class(shell)
    assert found is not None  # click knows these three
    made = found(app, {}, "minio-sdk", "_MINIO_SDK_COMPLETE")
    sys.stdout.write(made.source_template % made.source_vars() + "\n")


def items(names: Callable[[], Iterable[str]], incomplete: str) -> list[CompletionItem]:
    """The names that begin with what is typed; none where they can't be had."""
    try:
        # What no shell can be given as one plain word is left to be typed.
        return [
            CompletionItem(name)
            for name in names()
            if name.startswith(incomplete) and name.isprintable()
        ]
    except Exception:
        return []


class Address(Kind):
    """A remote name.

    Args:
        buckets: whether it is that of a bucket.
        local: whether it may be a local path as well.
    """

    name = "address"

    def __init__(self, *, buckets: bool = False, local: bool = False) -> None:
        self._buckets = buckets
        self._local = local

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin with what is typed."""
        if self._local and "://" not in incomplete:
            schemes = [CompletionItem("minio://")] if "minio://".startswith(incomplete) else []
            return [CompletionItem(incomplete, type="file"), *(schemes if incomplete else [])]
        return items(lambda: _names(ctx, incomplete, self._buckets), incomplete)


def _names(ctx: click.Context, incomplete: str, buckets: bool) -> Iterable[str]:
    from minio_sdk.cli.screen import Screen
    from minio_sdk.cli.session import Session

    quick: dict[str, Any] = {
        "max_retries": 0, "timeout": QUICK, "connect_timeout": QUICK / 2, "deadline": QUICK,
    }  # fmt: skip
    typed = remote(incomplete)
    with Session(Screen(), ctx.params, **quick) as session:
        client = session.client(typed)
        if typed.bucket and not typed.whole:
            if buckets:
                return []
            start = incomplete.removesuffix(typed.key)
            found = client.list_objects(typed.bucket, typed.key, recursive=False, limit=MOST)
            return [start + each.key for each in found]
        start = incomplete.removesuffix(typed.bucket)
        end = "" if buckets else "/"
        return [f"{start}{each.name}{end}" for each in client.list_buckets()]


REMOTE = Address()
BUCKET = Address(buckets=True)
ANY = Address(local=True)
