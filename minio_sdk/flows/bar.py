"""A bar in a terminal or a notebook, for ``progress=True``. It needs rich, which is in the extra ``cli``."""

from __future__ import annotations

from typing import Any

from minio_sdk.errors import NotSupportedError
from minio_sdk.models.progress import TransferProgress


class Bar:
    """Shows each `TransferProgress` that it is called with; it has no thread of its own.

    Raises:
        NotSupportedError: rich isn't installed.
    """

    def __init__(self) -> None:
        try:
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
            from rich.progress import TransferSpeedColumn as SpeedColumn
        except ModuleNotFoundError:
            raise NotSupportedError(
                "progress=True draws its bar with rich, which is not installed",
                hint='pip install "minio-enterprise-sdk[cli]", or progress=your_function',
            ) from None
        self._progress: Any = Progress(
            BarColumn(),
            TextColumn("{task.fields[objects]}"),
            DownloadColumn(),
            SpeedColumn(),
            auto_refresh=False,
        )
        self._task: Any = None

    def __call__(self, found: TransferProgress) -> None:
        """Show how far it is."""
        total = f"/{found.objects_total}" if found.objects_total is not None else ""
        objects = f"{found.objects_done}{total} objects"
        if self._task is None:
            self._progress.start()
            self._task = self._progress.add_task("", total=None, objects=objects)
        self._progress.update(
            self._task, completed=found.bytes_done, total=found.bytes_total, objects=objects
        )
        self._progress.refresh()

    def close(self) -> None:
        """Leave the last state on the screen."""
        if self._task is not None:
            self._progress.stop()
