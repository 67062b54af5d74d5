"""How remote names are written: ``minio://bucket/key``, with the tenant in front where one is to be named.

Where a local path is possible too (`cp`, `mv`, `mirror`, `diff`), the scheme tells them apart; elsewhere it
may be left out. ``minio://acme@docs/a.txt`` is of tenant ``acme``: a bucket's name has no ``@``. A tenant's
id that has ``/``, ``@`` or ``%`` in it is written with ``%2F``, ``%40`` and ``%25``; keys are taken as
they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

import click

_SCHEME = re.compile(r"(?:minio|s3)://(.*)", re.DOTALL)
_OTHER = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_GLOB = re.compile(r"[*?]")
STREAM = "-"


@dataclass(frozen=True, slots=True)
class Remote:
    """A bucket, an object, or what lies below a prefix.

    Attributes:
        bucket: its name; empty for all buckets.
        key: a key or a prefix; empty for the whole bucket.
        tenant: whose it is; None for the one in force.
        whole: whether nothing, not even a slash, is behind the bucket.
    """

    bucket: str
    key: str
    tenant: str | None = None
    whole: bool = False

    def __str__(self) -> str:
        owner = "" if self.tenant is None else quote(self.tenant, safe=" !$&'()*+,;=:~") + "@"
        return f"minio://{owner}{self.bucket}" + ("" if self.whole else f"/{self.key}")

    @property
    def is_folder(self) -> bool:
        """Whether it is written as something that holds others."""
        return not self.key or self.key.endswith("/")

    @property
    def is_pattern(self) -> bool:
        """Whether it may stand for several keys."""
        return _GLOB.search(self.key) is not None

    @property
    def prefix(self) -> str:
        """What all keys below it begin with: its own and a slash; nothing for a whole bucket."""
        return self.key if self.is_folder else self.key + "/"

    def with_key(self, key: str) -> Remote:
        """Another key of the same bucket."""
        return Remote(self.bucket, key, self.tenant)


@dataclass(frozen=True, slots=True)
class Local:
    """A file, a folder, or ``-`` for standard input or output."""

    path: str

    def __str__(self) -> str:
        return self.path

    @property
    def is_stream(self) -> bool:
        """Whether it is standard input or output."""
        return self.path == STREAM


def remote(text: str) -> Remote:
    """A remote name, with the scheme or without it.

    Raises:
        UsageError: it is none.
    """
    found = _SCHEME.fullmatch(text)
    if found is None and _OTHER.match(text):
        raise click.UsageError(f"{text!r} is no remote name; they are written minio://bucket/key")
    rest = text if found is None else found[1]
    owner, slash, key = rest.partition("/")
    tenant, at, bucket = owner.rpartition("@")
    if at and not tenant:
        raise click.UsageError(f"{text!r} names no tenant in front of the @")
    if key and not bucket:
        raise click.UsageError(f"{text!r} has no bucket; remote names are minio://bucket/key")
    return Remote(bucket, key, unquote(tenant) if at else None, not slash)


def either(text: str) -> Remote | Local:
    """A remote name when it has the scheme, else a local path.

    Raises:
        UsageError: it is neither.
    """
    if _SCHEME.fullmatch(text):
        found = remote(text)
        if not found.bucket:
            raise click.UsageError(f"{text!r} names no bucket")
        return found
    if not text or "\0" in text or _OTHER.match(text):
        raise click.UsageError(
            f"{text!r} is neither a path nor a remote name; those are written minio://bucket/key"
        )
    return Local(text)


def object_at(text: str) -> Remote:
    """The name of one object.

    Raises:
        UsageError: it has no key.
    """
    found = remote(text)
    if not found.bucket or not found.key:
        raise click.UsageError(f"{text!r} names no object; say bucket/key")
    return found


def bucket_at(text: str) -> Remote:
    """The name of one bucket.

    Raises:
        UsageError: it has a key, or is none.
    """
    found = remote(text)
    if not found.bucket or found.key:
        raise click.UsageError(f"{text!r} names no bucket; say its name alone")
    return found


def pattern(glob: str) -> re.Pattern[str]:
    """What a pattern of keys stands for: ``*`` and ``?`` within a folder, ``**`` through all below it."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part) or re.escape(part) for part in parts), re.DOTALL)


def fixed_part(glob: str) -> str:
    """What all keys that a pattern stands for begin with."""
    return _GLOB.split(glob, maxsplit=1)[0]
