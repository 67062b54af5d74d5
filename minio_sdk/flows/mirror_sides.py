"""The two sides of a mirror: what users write, and what may have which name there."""

from __future__ import annotations

import fnmatch
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minio_sdk.errors import invalid

_SCHEME = re.compile(r"(?:minio|s3)://([^/]*)/?(.*)", re.DOTALL)
_ON_WINDOWS = re.compile(r'[<>:"\\|?*\x00-\x1f]|[. ]$')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Folder:
    """A local folder."""

    path: Path


@dataclass(frozen=True, slots=True)
class Remote:
    """A prefix of a bucket; all of its keys begin with `prefix`, which is empty or ends with ``/``."""

    bucket: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or an object.

    Attributes:
        name: relative, with ``/`` between its parts.
        size: bytes.
        modified: seconds since 1970; None where the server doesn't tell.
        etag: the object's.
        stamp: what changes when a file is written to.
        version_id: of an object as it was at a moment.
    """

    name: str
    size: int
    modified: float | None
    etag: str | None = None
    stamp: int = 0
    version_id: str | None = None


def side(given: Any, argument: str) -> Folder | Remote:
    """What the user means by one.

    Raises:
        ValidationError: nothing that can be mirrored.
    """
    rule = "must be a folder's path, 'minio://bucket/prefix' or (bucket, prefix)"
    if isinstance(given, (tuple, list)):
        if len(given) != 2 or not all(isinstance(part, str) for part in given):
            raise invalid(argument, given, rule)
        return _remote(*given)
    if isinstance(given, os.PathLike):
        given = os.fspath(given)
    if not isinstance(given, str) or not given or "\0" in given:
        raise invalid(argument, given, rule)
    found = _SCHEME.fullmatch(given)
    if found:
        return _remote(*found.groups())
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", given):
        raise invalid(argument, given, rule)
    return Folder(Path(given))


def _remote(bucket: str, prefix: str) -> Remote:
    return Remote(bucket, f"{prefix}/" if prefix and not prefix.endswith("/") else prefix)


class Filter:
    """Which names are meant.

    Args:
        include: patterns, one of which a name must match; None for all.
        exclude: patterns that it must not match.

    Raises:
        ValidationError: they are no patterns.
    """

    def __init__(self, include: object, exclude: object) -> None:
        self._include = _patterns(include, "include")
        self._exclude = _patterns(exclude, "exclude") or ()

    def wants(self, name: str) -> bool:
        """Whether the name is meant."""
        if any(pattern.fullmatch(name) for pattern in self._exclude):
            return False
        return self._include is None or any(p.fullmatch(name) for p in self._include)


def _patterns(given: object, argument: str) -> tuple[re.Pattern[str], ...] | None:
    if given is None:
        return None
    if isinstance(given, str):
        given = (given,)
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        raise invalid(argument, given, "must be a pattern such as '*.tmp', or several")
    found = tuple(given)
    for pattern in found:
        if not isinstance(pattern, str) or not pattern:
            raise invalid(argument, pattern, "must be a pattern such as '*.tmp'")
    return tuple(re.compile(fnmatch.translate(pattern)) for pattern in found)


def check_local(name: str, windows: bool = os.name == "nt") -> None:
    """Refuse a key that is no file's name below a folder.

    Raises:
        ValidationError: it would lie elsewhere, or is another file's name too.
    """
    for part in name.split("/"):
        if part == "":
            raise invalid(
                "key", name, "has no file's name: nothing stands beside one of its slashes"
            )
        if part in (".", ".."):
            raise invalid(
                "key", name, "has no file's name: it leads out of the folder, or around in it"
            )
        if "\0" in part:
            raise invalid("key", name, "has no file's name: it has a NUL")
        if windows and (_ON_WINDOWS.search(part) or _DEVICES.fullmatch(part)):
            raise invalid("key", name, "has no file's name on Windows")


class Names:
    """The names that a mirror has met at a folder, no two of which may be one file.

    Args:
        folds: whether the folder's file system takes ``A`` for ``a``.
    """

    def __init__(self, folds: bool) -> None:
        self._folds = folds
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def folded(self, name: str) -> str:
        """What is the same for all names of one file."""
        return unicodedata.normalize("NFC", name).casefold() if self._folds else name

    def take(self, name: str) -> None:
        """Make sure that `name` is a file of its own.

        Raises:
            ValidationError: it can't be one, or another name has it already.
        """
        check_local(name)
        folded = self.folded(name)
        other = self._files.get(folded) or self._folders.get(folded)
        parts = folded.split("/")
        above = ["/".join(parts[:n]) for n in range(1, len(parts))]
        if other is None:
            other = next((self._files[each] for each in above if each in self._files), None)
        if other is not None:
            raise invalid("key", name, f"can't be a file here beside {other!r}")
        self._files[folded] = name
        for each in above:
            self._folders.setdefault(each, name)
