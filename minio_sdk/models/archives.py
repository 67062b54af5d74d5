"""What is in a zip archive that is an object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveEntry(Record):
    """One entry of a zip archive.

    Attributes:
        name: as the archive has it; it may be any text, ``../`` included, and is no path to write to.
        size: bytes, as the archive says.
        compressed_size: bytes that it takes in the archive.
        modified: without a time zone, since archives have none; None for what is no date.
        crc32: its checksum.
        method: ``"stored"``, ``"deflated"``, or the number of another method.
        encrypted: whether it takes a password.
        is_dir: a folder, whose name ends with ``/``.
    """

    name: str
    size: int
    compressed_size: int
    modified: datetime | None = None
    crc32: int = 0
    method: str = "stored"
    encrypted: bool = False
    is_dir: bool = False
