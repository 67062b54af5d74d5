"""Import a folder tree of many files, on threads or on a cluster of dask's, and go on after a kill.

    python bulk_import.py FOLDER BUCKET[/PREFIX] --tenant acme [--dask [SCHEDULER]]

Standard output gets one line of JSON for each file that failed, and nothing else; standard error is for
people. The exit code says how it ended: 0 all files are stored, 1 some failed, 2 wrong usage, 3 the server
can't be worked with, 130 interrupted. The same command again passes over what is stored, and tries the rest.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from minio_sdk import (
    Config,
    ConfigurationError,
    MinIOClient,
    MinIOError,
    TransferProgress,
    ValidationError,
)

DONE, FAILED, USAGE, UNUSABLE, INTERRUPTED = 0, 1, 2, 3, 130
TERMINAL = sys.stderr.isatty()


class Tree:
    """The files of a folder, as items for `upload_many`.

    They are found while the import goes on, so that millions of them need no memory. What can't be imported
    is kept in `refused`: a file that nobody hears of again is the worst that an import can do.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        self.looked_at = 0
        self.refused: list[dict[str, Any]] = []

    def count(self) -> int:
        """How many there are, so that the progress has an end; names are read, and no contents."""
        return sum(len(files) for _, _, files in os.walk(self.folder))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for above, folders, files in os.walk(self.folder, onerror=self._unreadable):
            folders.sort()  # the same order in each run
            for name in folders:
                if Path(above, name).is_symlink():  # isn't followed, and is told
                    self._refuse(Path(above, name))
            for name in sorted(files):
                self.looked_at += 1
                path = Path(above, name)
                if self._is_file(path):
                    key = self.prefix + path.relative_to(self.folder).as_posix()
                    yield {"key": key, "path": str(path)}

    def path_of(self, key: str) -> str:
        return str(self.folder / key.removeprefix(self.prefix))

    def _is_file(self, path: Path) -> bool:
        try:
            kind = path.lstat().st_mode
        except OSError as error:
            self._unreadable(error)
            return False
        # Opening a pipe would wait for ever; a link may lead anywhere, also out of the folder.
        if not stat.S_ISREG(kind):
            self._refuse(path)
        return stat.S_ISREG(kind)

    def _refuse(self, path: Path) -> None:
        self.refused.append({"path": str(path), "error": "NotAFile", "message": "no plain file"})

    def _unreadable(self, error: OSError) -> None:
        name, why = type(error).__name__, error.strerror
        self.refused.append({"path": error.filename, "error": name, "message": why})


class Screen:
    """Says how far it is: on a terminal in one line that changes, in a log once in ten seconds."""

    def __init__(self, tree: Tree, total: int) -> None:
        self._tree = tree
        self._total = total
        self._every = 0.2 if TERMINAL else 10.0
        self._next = time.monotonic() + self._every

    def __call__(self, progress: TransferProgress) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every
        line = (
            f"{self._tree.looked_at:,} of {self._total:,} files looked at, {progress.objects_done:,} sent, "
            f"{progress.bytes_done / 1e6:,.1f} MB, {progress.rate / 1e6:,.1f} MB/s"
        )
        say(line, end="" if TERMINAL else "\n")


def say(text: str, end: str = "\n") -> None:
    """To people, in the place of what the line said before."""
    print(f"\r\x1b[K{text}" if TERMINAL else text, end=end, file=sys.stderr, flush=True)


def cluster(args: argparse.Namespace, stack: ExitStack) -> Executor | None:
    """The executor that does the work; None for threads of this process."""
    if args.dask is None:
        return None
    from distributed import Client, LocalCluster

    if args.dask:  # workers elsewhere, which have the SDK, and the folder at the same path
        machines = stack.enter_context(Client(args.dask))
    else:
        local = LocalCluster(
            n_workers=args.workers,
            threads_per_worker=1,
            dashboard_address=":0",  # any port that is free
            silence_logs=logging.CRITICAL,  # workers that are stopped complain of the scheduler's end
        )
        machines = stack.enter_context(Client(stack.enter_context(local)))
    executor: Executor = machines.get_executor()
    return executor


def run(args: argparse.Namespace) -> int:
    """Import, and tell on standard output what failed; how many files that were."""
    bucket, _, prefix = args.target.partition("/")
    # Workers have a current folder of their own, so that paths must be whole.
    tree = Tree(args.folder.resolve(), f"{prefix.rstrip('/')}/" if prefix else "")
    args.state.mkdir(parents=True, exist_ok=True)
    state = args.state.resolve()
    config = Config.from_env(tenant_id=args.tenant, state_dir=str(state / "unfinished"))
    with ExitStack() as stack:
        client = stack.enter_context(MinIOClient(config))
        # One clear error, before a million files fail for the same reason.
        client.bucket_exists(bucket)
        done = client.upload_many(
            tree,
            bucket=bucket,  # made when it is missing
            concurrency=args.threads if args.dask is None else None,
            executor=cluster(args, stack),
            progress=Screen(tree, tree.count()),
            # Each file that the server has confirmed is a line in the checkpoint; a large one that was
            # under way has a journal in the folder `unfinished`, and goes on with its next part.
            checkpoint=state / "done",
            resume=True,
        )
    for report in (*(described(error, tree) for error in done.errors), *tree.refused):
        print(json.dumps(report))
    failed = done.failed + len(tree.refused)
    say(
        f"{done.succeeded} files sent, {done.bytes} bytes; {done.skipped} were there from before; "
        f"{failed} failed"
    )
    return failed


def described(error: MinIOError, tree: Tree) -> dict[str, Any]:
    """A failure, for programs."""
    names = ("key", "code", "status", "message", "attempts", "request_id")
    return {
        "path": tree.path_of(error.key or ""),
        "error": type(error).__name__,
        **{name: getattr(error, name) for name in names},
    }


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    found.add_argument("folder", type=Path)
    found.add_argument("target", metavar="BUCKET[/PREFIX]")
    found.add_argument("--tenant", required=True)
    found.add_argument("--state", type=Path, default=Path("import-state"),
                       help="folder for what is done; another one for each import")  # fmt: skip
    found.add_argument("--threads", type=int, default=16)
    found.add_argument("--dask", nargs="?", const="", metavar="SCHEDULER",
                       help="tcp://host:8786; without an address, processes of this machine")  # fmt: skip
    found.add_argument("--workers", type=int, default=os.cpu_count())
    return found


def main(arguments: list[str] | None = None) -> int:
    commands = parser()
    args = commands.parse_args(arguments)
    if not args.folder.is_dir():
        commands.error(f"{args.folder}: is no folder")
    try:
        return FAILED if run(args) else DONE
    except (ValidationError, ConfigurationError, ImportError) as error:
        say(f"bulk_import: {error}")
        return USAGE
    except (MinIOError, OSError) as error:
        say(f"bulk_import: {error}")
        return UNUSABLE
    except KeyboardInterrupt:
        say("bulk_import: interrupted; run it again to go on")
        return INTERRUPTED


def stop(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)  # what systemd and Kubernetes send is an interrupt as well
    sys.exit(main())
