"""What a job has done, in a file that a later run reads: one line for each item, added when it is done.

A line is written in one piece, so that a killed process leaves whole lines, and at most one torn at the end
by a full disk, which is passed over. An item is known by its names, not by its data. Blocking.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from minio_sdk.config import Config
from minio_sdk.errors import ValidationError, invalid
from minio_sdk.flows.journal import home_of

_LINE = re.compile(rb"[0-9a-f]{32}")
_NAMES = (
    "bucket",
    "key",
    "version_id",
    "path",
    "dest_bucket",
    "dest_key",
    "source_bucket",
    "source_key",
    "source_version_id",
    "at",
)


class Checkpoint:
    """The file of one job, open until `close`.

    Args:
        path: the file, which is made when it is missing.
        verb: what the job does.
        config: for which server and tenant.

    Raises:
        ValidationError: it is no file of such a job.
        OSError: it can't be read or written.
    """

    def __init__(self, path: Any, verb: str, config: Config) -> None:
        if not isinstance(path, (str, os.PathLike)) or not path:
            raise invalid("checkpoint", path, "must be a file's path")
        where = [2, verb, *home_of(config)]
        head = json.dumps({"minio-sdk checkpoint": where}).encode()
        # Unbuffered, and each write goes to the end, whoever else writes.
        self._file = Path(path).open("a+b", buffering=0)  # noqa: SIM115 (until `close`)
        self._done: set[bytes] = set()
        try:
            self._file.seek(0)
            lines = self._file.readall().split(b"\n")
            if lines == [b""]:
                self._file.write(head + b"\n")
            elif lines[0] != head:
                raise ValidationError(
                    f"checkpoint={str(path)!r}: is no checkpoint of this job",
                    hint="another file for each job, server and tenant",
                )
            elif lines[-1]:  # torn
                self._file.write(b"\n")
        except BaseException:
            self._file.close()
            raise
        self._done.update(bytes.fromhex(x.decode()) for x in lines if _LINE.fullmatch(x))

    def has(self, mark: bytes) -> bool:
        """Whether an earlier run has done it."""
        return mark in self._done

    @staticmethod
    def mark(item: Mapping[str, Any]) -> bytes:
        """What stands for an item."""
        names = {name: str(item[name]) for name in _NAMES if name in item}
        return sha256(json.dumps(names, sort_keys=True).encode()).digest()[:16]

    def add(self, mark: bytes) -> None:
        """It is done."""
        self._file.write(mark.hex().encode() + b"\n")

    def close(self) -> None:
        """No more will be done."""
        self._file.close()
