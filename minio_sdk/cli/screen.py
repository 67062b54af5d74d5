"""What commands print: results on standard output, everything else on standard error.

Rule of this file: no name that a server tells reaches a terminal or a pipe before `safe` has seen it. Results
are lines with tabs between their columns, a table on a terminal, or JSON, one value a line.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, TextIO

import click

from minio_sdk.cli.values import human
from minio_sdk.errors import MinIOError
from minio_sdk.models.record import Record
from minio_sdk.models.showing import escaped

if TYPE_CHECKING:
    from minio_sdk.cli.working import Work


def safe(text: str) -> str:
    """`text` with everything escaped that a terminal may obey, or that would end the line."""
    return escaped(text)


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at it."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def can_write(text: str) -> bool:
    """Whether standard output has all characters of a text."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def is_dumb() -> bool:
    """Whether the terminal can't move its cursor, and so shows no bar that grows."""
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def is_colored(stream: TextIO) -> bool:
    """Whether colours are wanted there."""
    return is_terminal(stream) and not is_dumb() and not os.environ.get("NO_COLOR")


# What an error's hint says to programs, in the words of the command line.
HINTS = {
    "an https:// base_url; for tests alone Config(allow_sse_c_over_http=True)": (
        "an https:// --url; for tests alone MINIO_ALLOW_SSE_C_OVER_HTTP=true"
    ),
    "another name, or bucket_exists() first": "another name",
    "another name, or delete_snapshot() first": "another name, or snapshot delete first",
    "bypass_governance=True with keys that may, of delete_objects() and delete_many() too": (
        "--bypass-governance with keys that may"
    ),
    "copy=True": "--copy",
    "create=True makes it": "--create makes it",
    "copy_object(..., source_version_id=...)": "cp --version-id",
    "create_bucket() first": "mb makes it",
    "delete its objects first, or delete_bucket(..., force=True)": "--force removes it with all in it",
    "delete_bucket_replication() removes it": "its operator",
    "follow_symlinks=True follows it": "name what it leads to",
    "get_object_metadata() tells the size": "stat tells the size",
    "list_buckets() shows those there are": "ls shows those there are",
    "list_objects() shows the keys there are": "ls shows what is there",
    "list_snapshots() shows those there are": "snapshot list shows those there are",
    "object lock needs create_bucket(..., object_lock=True)": "object lock needs mb --object-lock",
    "restore_snapshot(..., skip_missing=True)": "--skip-missing",
    "set_bucket_policy() replaces it, delete_bucket_policy() removes it": "policy set, policy delete",
    "set_bucket_tags() writes it anew": "tags set writes it anew",
    "use it as it is; exist_ok=True makes that no error": "mb -p takes one that is there",
}


def told(error: Exception) -> str:
    """An error as the command line says it."""
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    for words, ours in HINTS.items():
        text = text.replace(words, ours)
    return text


def complain(error: Exception) -> None:
    """One line about a failure, on standard error."""
    line = safe(f"minio-sdk: {told(error)}")
    colored = is_colored(sys.stderr)
    click.echo(click.style(line, fg="red") if colored else line, err=True, color=colored)


def shown_time(moment: datetime | None) -> str:
    """A date for people, in UTC; the same number of characters for all of them."""
    if moment is None:
        return "-" * 20
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(value: Any) -> Any:
    """A value as JSON has it: dates are ISO 8601 in UTC, records are objects."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, MinIOError):
        return error_record(value)
    if isinstance(value, (Record, Mapping)):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def error_record(error: Exception) -> dict[str, Any]:
    """An error as JSON has it."""
    found: dict[str, Any] = {"error": type(error).__name__, "message": told(error)}
    for name in ("code", "status", "operation", "bucket", "key", "request_id"):
        found[name] = getattr(error, name, None)
    return found


class Screen:
    """Where a command prints.

    Args:
        as_json: results are JSON.
        quiet: nothing but results and failures.
    """

    def __init__(self, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.failures = 0
        self.is_terminal = is_terminal(sys.stdout)
        self.is_watched = not quiet and is_terminal(sys.stderr)
        self.work: Work | None = None

    # --- results ---------------------------------------------------------------------------------

    def emit(self, record: Mapping[str, Any] | Record, *cells: object) -> None:
        """One result: a line of JSON, or its cells with tabs between them."""
        self._aside()
        if self.as_json:
            line = json.dumps(plain(record))
        else:
            line = "\t".join(safe(str(cell)) for cell in cells)
        sys.stdout.write(f"{line}\n")

    def line(self, record: Mapping[str, Any] | Record, text: str, **style: Any) -> None:
        """One result as JSON, or as a line of text in a colour; `text` is safe already."""
        if self.as_json:
            return self.emit(record)
        self._aside()
        if style and self.is_terminal:
            text = self.colored(text, **style)
        sys.stdout.write(f"{text}\n")
        return None

    def colored(self, text: str, **style: Any) -> str:
        """`text` in a colour, where there are any."""
        return click.style(text, **style) if is_colored(sys.stdout) else text

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[tuple[Mapping[str, Any] | Record, Sequence[object]]],
        right: Sequence[str] = (),
    ) -> None:
        """Several results: pairs of a record and its cells, which are aligned on a terminal only.

        Args:
            columns: their names, for a terminal.
            rows: the results.
            right: columns that are numbers.
        """
        if self.as_json or not self.is_terminal:
            for record, cells in rows:
                self.emit(record, *cells)
            return
        from rich.cells import cell_len  # how many columns a text takes, in any script

        # Not rich's table, which folds names that are longer than the terminal is wide: an id of a
        # version is there to be copied.
        lines = [columns, *([safe(str(cell)) for cell in cells] for _, cells in rows)]
        widths = [max(cell_len(line[place]) for line in lines) for place in range(len(columns))]
        for number, line in enumerate(lines):
            text = "  ".join(
                " " * (width - cell_len(cell)) + cell
                if name in right
                else cell + " " * (width - cell_len(cell))
                for name, cell, width in zip(columns, line, widths, strict=True)
            ).rstrip()
            self.line({}, text, **({} if number else {"bold": True}))

    def facts(self, record: Mapping[str, Any] | Record, pairs: Mapping[str, object]) -> None:
        """One result of many sides: a line of JSON, or a line for each side."""
        if self.as_json:
            return self.emit(record)
        given = {name: value for name, value in pairs.items() if value not in (None, "", {}, ())}
        if not self.is_terminal:
            for name, value in given.items():
                self.emit({}, name, value)
            return None
        width = max(map(len, given), default=0) + 2
        for name, value in given.items():
            label = self.colored(f"{name:<{width}}", bold=True)
            self.line({}, label + safe(str(value)))
        return None

    def document(self, value: object) -> None:
        """A document: JSON on one line with ``--json``, else over several."""
        self._aside()
        sys.stdout.write(json.dumps(plain(value), indent=None if self.as_json else 2) + "\n")

    # --- what is said beside them ------------------------------------------------------------------

    def did(self, record: Mapping[str, Any], text: str) -> None:
        """Say what was done, or would be, which is a result; `text` is made safe here."""
        if not self.quiet or record.get("dry_run"):
            self.emit(record, text)

    def remark(self, text: str) -> None:
        """Something for a person who looks on, on standard error."""
        if self.is_watched:
            self._aside(always=True)
            click.echo(safe(text), err=True)

    def aside(self, record: Mapping[str, Any], text: str) -> None:
        """Something that isn't a result, and that is said on standard error whoever looks on."""
        self._aside(always=True)
        self.flush()
        click.echo(json.dumps(plain(record)) if self.as_json else safe(text), err=True)

    def fail(self, error: Exception) -> None:
        """Tell of a failure, and go on; the command ends with 1."""
        self.failures += 1
        self._aside(always=True)
        self.flush()
        if self.as_json:
            click.echo(json.dumps(error_record(error)), err=True)
        else:
            complain(error)

    def total(self, what: str, count: int, size: int, seconds: float) -> None:
        """Sum up many transfers, for a person who looks on."""
        rate = f", {human(size / seconds)}/s" if size and seconds > 0 else ""
        things = "object" if count == 1 else "objects"
        self.remark(f"{what} {count:,} {things}, {human(size)} in {seconds:.1f} s{rate}")

    def confirm(self, question: str, yes: bool) -> None:
        """Ask before something that can't be taken back.

        Raises:
            MinIOError: the answer is no, or there is nobody to ask.
        """
        if yes:
            return
        self._aside(always=True)
        if not is_terminal(sys.stdin):
            raise MinIOError(f"{safe(question)}: nobody can be asked", hint="--yes says so before")
        if not click.confirm(f"{safe(question)}?", err=True):
            raise MinIOError("nothing was changed")

    def flush(self) -> None:
        """Let readers of standard output have what there is."""
        sys.stdout.flush()

    def _aside(self, always: bool = False) -> None:
        """Take the bar away before a line is printed on its terminal."""
        if self.work is not None and (always or self.is_terminal):
            self.work.hide()
