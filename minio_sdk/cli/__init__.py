"""The command line `minio-sdk`. It needs the extra ``cli``; this file runs without it, and says so."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        args: its words, without the program's name; None takes them from ``sys.argv``.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    try:
        import click
        import rich
    except ImportError as missing:
        print(
            f"minio-sdk needs {missing.name}, which isn't installed: "
            'pip install "minio-enterprise-sdk[cli]"',
            file=sys.stderr,
        )
        return 1
    del click, rich
    try:
        from minio_sdk.cli.app import run

        return run(args)
    except KeyboardInterrupt:  # while it was being loaded
        return 130
