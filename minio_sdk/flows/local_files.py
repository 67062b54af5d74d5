"""Files of a folder, for mirrors. Every function blocks, and is called through the transport.

Rule of this file: nothing is read or written that lies outside of the folder, unless links are followed
by the user's own wish.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from minio_sdk.config import MiB
from minio_sdk.errors import MinIOError, invalid
from minio_sdk.flows.mirror_sides import Entry

Links = Literal["inside", "follow", "ignore"]

_GROWING = re.compile(r"\.minio-sdk-[0-9a-f]{32}\.part", re.ASCII)
_BLOCK = 1024 * 1024


def scan(
    root: Path, folder: str, links: Links
) -> tuple[list[Entry], list[str], list[tuple[str, Exception]]]:
    """What one folder below `root` has: files, folders, and names that could not be looked at.

    Args:
        root: where it begins.
        folder: relative to it; empty, or ending with ``/``.
        links: which to follow: those to what lies below `root`, all, or none, as if not there.
    """
    files: list[Entry] = []
    folders: list[str] = []
    problems: list[tuple[str, Exception]] = []
    with os.scandir(root / folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = folder + entry.name
        if _GROWING.fullmatch(entry.name):
            continue
        try:
            if entry.is_symlink():
                if links == "ignore":
                    continue
                _check_link(root, folder, entry.path, links)
            if entry.is_dir():
                folders.append(f"{name}/")
            elif entry.is_file():
                found_at = entry.stat()
                when = found_at.st_mtime_ns
                files.append(Entry(name, found_at.st_size, when / 1e9, None, when))
            elif links != "ignore":
                raise MinIOError(f"{entry.path}: is no ordinary file")
        except (OSError, MinIOError) as error:
            problems.append((name, error))
    return files, folders, problems


def _check_link(root: Path, folder: str, path: str, links: Links) -> None:
    real = Path(os.path.realpath(path))
    if links == "inside" and not real.is_relative_to(os.path.realpath(root)):
        raise MinIOError(
            f"{path}: is a link that leads out of the folder",
            hint="follow_symlinks=True follows it",
        )
    if not real.exists():
        raise MinIOError(f"{path}: is a link to what isn't there")
    if real.is_dir() and Path(os.path.realpath(root / folder)).is_relative_to(real):
        raise MinIOError(f"{path}: is a link that leads back to where it is")


def stamp(path: Path) -> tuple[int, int]:
    """What changes when the file is written to."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def ready(root: Path, name: str, follow: bool) -> Path:
    """Where the file of this name shall be, its folder made.

    Raises:
        ValidationError: a link stands in the way.
    """
    path = root
    for part in name.split("/"):
        path = path / part
        if not follow and path.is_symlink():
            raise invalid("key", name, f"{str(path)!r} is a link, and links are not followed")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def set_time(path: Path, modified: float) -> None:
    """Give a file the date of its object."""
    os.utime(path, (modified, modified))


def folds_case(folder: Path) -> bool:
    """Whether the file system of a folder takes ``A`` for ``a``, as far as its own name can tell."""
    for each in (folder.absolute(), *folder.absolute().parents):
        other = each.with_name(each.name.swapcase()) if each.name else each
        if other == each or not each.exists():
            continue
        try:
            return other.samefile(each)
        except OSError:
            return False
    return os.name == "nt" or sys.platform == "darwin"


def has_etag(path: Path, etag: str, size: int, parts: Iterable[int]) -> bool:
    """Whether a file has the bytes that an ETag was made of.

    Args:
        path: the file.
        etag: the MD5 of an object, or of the MD5s of its parts.
        size: of both.
        parts: sizes of parts that may have been used.
    """
    if re.fullmatch(r"[0-9a-f]{32}", etag, re.ASCII):
        return _md5s(path, max(size, 1))[0].hex() == etag
    found = re.fullmatch(r"([0-9a-f]{32})-(\d{1,5})", etag, re.ASCII)
    if not found:
        return False
    digest, count = found[1], int(found[2])
    fitting = sorted({part for part in parts if part > 0 and -(-size // part) == count})
    return any(
        hashlib.md5(b"".join(_md5s(path, part)), usedforsecurity=False).hexdigest() == digest
        for part in fitting
    )


def _md5s(path: Path, part: int) -> list[bytes]:
    """The MD5 of each `part` bytes of a file; of an empty one, that of nothing."""
    digests: list[bytes] = []
    with path.open("rb") as file:
        while True:
            digest = hashlib.md5(usedforsecurity=False)
            left = part
            while left and (block := file.read(min(left, _BLOCK))):
                digest.update(block)
                left -= len(block)
            if left == part and digests:
                return digests
            digests.append(digest.digest())
            if left:
                return digests


USUAL_PARTS = tuple(n * MiB for n in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512))
"""Sizes of parts that S3 clients use."""
