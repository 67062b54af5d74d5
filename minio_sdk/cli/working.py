"""Something that goes on, on standard error: a bar with rate and time left, or a count.

It appears when the work takes longer than a moment, on a terminal only; one that can't move its cursor gets a
line every few seconds.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from types import TracebackType
from typing import Any

import click

from minio_sdk.cli.screen import Screen, is_dumb, safe
from minio_sdk.cli.values import human
from minio_sdk.models.progress import TransferProgress

PATIENCE = 0.4  # seconds that may pass in silence
PACE = 5.0  # seconds between two lines on a dumb terminal


class Work:
    """Shows how far something is, while the `with` block lasts.

    Args:
        screen: where else is printed.
        label: what is being done, such as ``"Uploading a.txt"``.
        size: bytes in all, where that is known.
        count: objects in all, where that is known.
    """

    def __init__(
        self, screen: Screen, label: str, size: int | None = None, count: int | None = None
    ) -> None:
        self._screen = screen
        self._label = safe(label)
        self._size = size
        self._count = count
        self._bytes = 0
        self._objects = 0
        self._before = (0, 0)
        self._begun = time.monotonic()
        self._lock = threading.RLock()
        self._ended = False
        self._shown: Any = None
        self._timer: threading.Timer | None = None
        self._next_line = 0.0

    def __enter__(self) -> Work:
        self._begun = time.monotonic()
        if self._screen.is_watched:
            self._screen.work = self
            self._later(PATIENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._ended = True
            self._screen.work = None
            if self._timer is not None:
                self._timer.cancel()
            self._take_away()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._begun

    def tell(self, progress: TransferProgress) -> None:
        """What the SDK says about it; a function for ``progress=``."""
        self._bytes = self._before[0] + progress.bytes_done
        self._objects = self._before[1] + progress.objects_done
        if self._size is None:
            self._size = progress.bytes_total
        if self._count is None:
            self._count = progress.objects_total
        self._update()

    def go_on(self) -> None:
        """What is told from now on comes on top of what there is."""
        self._before = (self._bytes, self._objects)

    def add(self, size: int = 0, objects: int = 1) -> None:
        """Some more has been done."""
        self._bytes += size
        self._objects += objects
        if self._shown is not None:
            self._update()

    def hide(self) -> None:
        """Make room for a line; it comes back when there is quiet."""
        with self._lock:
            if self._shown is not None:
                self._take_away()
                self._later(PATIENCE)

    # --- below: with the lock, since a timer calls as well -------------------------------------------

    def _later(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def _appear(self) -> None:
        with self._lock:
            if self._ended or self._shown is not None:
                return
            if is_dumb():
                click.echo(f"{self._label}  {self.text()}", err=True)
                self._later(PACE)
                return
            self._shown = _bar(self, self._total())
            self._task = self._shown.add_task(self._label, total=self._total())
            self._shown.start()
            self._update()

    def _take_away(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

    def _update(self) -> None:
        with self._lock:
            if self._shown is not None:
                done = self._bytes if self._by_bytes() else self._objects
                self._shown.update(self._task, completed=done, total=self._total())

    def _by_bytes(self) -> bool:
        return self._size is not None or (self._count is None and self._bytes > 0)

    def _total(self) -> int | None:
        return self._size if self._by_bytes() else self._count

    def text(self) -> str:
        """How far it is: objects, bytes, rate, time left."""
        parts = []
        if self._count != 1 and (self._objects or self._count is not None):
            total = f"/{self._count:,}" if self._count is not None else ""
            parts.append(f"{self._objects:,}{total} objects")
        if self._bytes or self._size:
            total = f"/{human(self._size)}" if self._size is not None else ""
            parts.append(human(self._bytes) + total)
            parts.append(f"{human(self._bytes / max(self.seconds, 0.001))}/s")
        done, total_ = (
            (self._bytes, self._size) if self._by_bytes() else (self._objects, self._count)
        )
        if total_ and done:
            left = round(max(total_ - done, 0) * self.seconds / done)
            parts.append(f"{timedelta(seconds=left)} left")
        return "  ".join(parts) or f"{self.seconds:.0f} s"


def _bar(work: Work, total: int | None) -> Any:
    """A bar of rich's, which is loaded when there is something to show."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TextColumn,
    )
    from rich.table import Column
    from rich.text import Text

    class Now(ProgressColumn):
        """Asked at each refresh, so that a rate goes down when nothing comes."""

        def render(self, task: Task) -> Text:
            return Text(work.text())

    label = TextColumn(
        "{task.description}",
        markup=False,
        table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
    )
    columns: list[Any] = [SpinnerColumn("line"), label]
    if total is not None:
        columns.append(BarColumn(20))
    return Progress(
        *columns,
        Now(table_column=Column(no_wrap=True)),
        console=Console(file=sys.stderr),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        refresh_per_second=8,
        expand=True,
    )
