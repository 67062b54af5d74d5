"""What the sources of `cp`, `mv` and `rm` stand for: files, objects, all below a folder, patterns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from minio_sdk.cli.addresses import Local, Remote, fixed_part, pattern
from minio_sdk.cli.session import Session
from minio_sdk.cli.working import Work
from minio_sdk.errors import EncryptionKeyError, MinIOError, NotFoundError, ObjectNotFoundError
from minio_sdk.flows import local_files
from minio_sdk.flows.mirror_sides import Entry
from minio_sdk.models.results import ObjectInfo


@dataclass(frozen=True, slots=True)
class Chosen:
    """One file or object.

    Attributes:
        address: where it is.
        name: its name in a folder that takes it: with the name of the folder that was meant, if one was.
        inner: its name in that folder.
        size: bytes.
        single: whether it was named itself.
        etag: of an object.
        version_id: of an object of which a version was meant.
        stamp: what changes when a file is written to.
    """

    address: Remote | Local
    name: str
    inner: str
    size: int
    single: bool = False
    etag: str | None = None
    version_id: str | None = None
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class How:
    """What is to be chosen besides what is named.

    Attributes:
        recursive: folders with all below them.
        version_id, at: which version of an object.
        unread: whether nothing is read of it, so that the key that it is encrypted with isn't needed.
    """

    recursive: bool = False
    version_id: str | None = None
    at: datetime | None = None
    unread: bool = False


def chosen(session: Session, source: Remote | Local, how: How, work: Work) -> Iterator[Chosen]:
    """All that a source stands for; what isn't there is told as a failure."""
    try:
        if isinstance(source, Local):
            yield from _files(session, source, how, work)
        else:
            yield from _objects(session, source, how, work)
    except (MinIOError, OSError) as error:
        session.screen.fail(error)


# --- files ---------------------------------------------------------------------------------------


def _files(session: Session, source: Local, how: How, work: Work) -> Iterator[Chosen]:
    path = Path(source.path)
    if not path.is_dir():
        found = path.stat()
        if source.path.endswith("/"):
            raise NotADirectoryError(20, os.strerror(20), source.path)
        yield Chosen(
            source, path.name, path.name, found.st_size, single=True, stamp=found.st_mtime_ns
        )
        return
    if not how.recursive:
        raise MinIOError(f"{source.path!r} is a folder", hint="-r takes all that is in it")
    whole = source.path.endswith(("/", os.sep)) or path.name in ("", "..")
    for file in files_below(session, path):
        work.add()
        name = file.name if whole else f"{path.name}/{file.name}"
        where = Local(str(path / file.name))
        yield Chosen(where, name, file.name, file.size, stamp=file.stamp)


def files_below(session: Session, root: Path) -> Iterator[Entry]:
    """All files of a folder and its folders; what can't be looked at is told as a failure."""
    waiting = [""]
    while waiting:
        files, folders, problems = local_files.scan(root, waiting.pop(), "inside")
        waiting += reversed(folders)
        for _, problem in problems:
            session.screen.fail(problem)
        yield from files


# --- objects -------------------------------------------------------------------------------------


def _objects(session: Session, source: Remote, how: How, work: Work) -> Iterator[Chosen]:
    exact = None
    if source.key and not (how.recursive and source.key.endswith("/")):
        exact = _exact(session, source, how)
    if exact is not None:
        yield exact
        if not how.recursive:
            return
    count = 0
    for item, name, inner in _matches(session, source, how):
        work.add()
        count += 1
        where = source.with_key(item.key)
        version = item.version_id if how.at is not None else None
        yield Chosen(where, name, inner, item.size, etag=item.etag, version_id=version)
    if count or exact is not None or (how.recursive and not source.key):
        return
    raise _nothing(source, how)


def _nothing(source: Remote, how: How) -> MinIOError:
    missing = f"nothing is there by the name of {source}"
    if source.is_pattern or how.recursive:
        return ObjectNotFoundError(missing)
    if source.is_folder:
        what = "a folder" if source.key else "a bucket"
        return MinIOError(f"{source} is {what}", hint="-r takes all that is in it")
    return ObjectNotFoundError(missing, hint="ls shows what is there; -r takes folders")


def _exact(session: Session, source: Remote, how: How) -> Chosen | None:
    if source.key.endswith("/") and how.version_id is None and not _is_listed(session, source, how):
        return None  # SeaweedFS answers HEAD for folders as well, and there is no object to remove
    name = source.key.rstrip("/").rpartition("/")[2] or source.key
    try:
        found = session.client(source).get_object_metadata(
            source.bucket, source.key, version_id=how.version_id, at=how.at
        )
    except NotFoundError as error:
        if how.version_id is None and isinstance(error, ObjectNotFoundError):
            return None
        raise
    except EncryptionKeyError:  # which tells that it is there
        if not how.unread:
            raise
        return Chosen(source, name, name, 0, single=True, version_id=how.version_id)
    version = how.version_id or (found.version_id if how.at is not None else None)
    return Chosen(source, name, name, found.size, single=True, etag=found.etag, version_id=version)


def _is_listed(session: Session, source: Remote, how: How) -> bool:
    client = session.client(source)
    found = client.list_objects(source.bucket, source.key, limit=1, at=how.at)
    return any(item.key == source.key for item in found)


def _matches(session: Session, source: Remote, how: How) -> Iterator[tuple[ObjectInfo, str, str]]:
    """Objects below a folder or of a pattern, with their names in it."""
    client = session.client(source)
    if source.is_pattern:
        glob = source.key.rstrip("/") if how.recursive else source.key
        wanted = pattern(glob)
        if how.recursive:
            wanted = re.compile(f"(?:{wanted.pattern})(?:/.*)?", re.DOTALL)
        start = fixed_part(glob).rpartition("/")[0]
        cut = len(start) + 1 if start else 0
        for item in client.iter_objects(source.bucket, fixed_part(glob), at=how.at):
            if wanted.fullmatch(item.key):
                yield item, item.key[cut:], item.key[cut:]
        return
    if not how.recursive:
        return
    prefix = source.prefix
    own = (prefix.rstrip("/").rpartition("/")[2] if prefix else source.bucket) + "/"
    whole = not source.whole if not source.key else source.key.endswith("/")
    for item in client.iter_objects(source.bucket, prefix, at=how.at):
        inner = item.key[len(prefix) :]
        yield item, inner if whole else own + inner, inner
