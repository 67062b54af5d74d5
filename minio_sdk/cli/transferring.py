"""How `cp` and `mv` carry files and objects.

Rule of this file: `mv` removes a source only when its own copy is there, and only if it is still what was
copied.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from minio_sdk.cli import streams
from minio_sdk.cli.addresses import Local, Remote
from minio_sdk.cli.choosing import Chosen, How, chosen
from minio_sdk.cli.session import Session
from minio_sdk.cli.working import Work
from minio_sdk.errors import MinIOError, ObjectChangedError, ValidationError
from minio_sdk.flows import local_files
from minio_sdk.flows.mirror_sides import Names

if TYPE_CHECKING:
    from minio_sdk.client import MinIOClient

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options of a command say.

    Attributes:
        recursive: folders too.
        resume: large ones go on where an earlier run was interrupted.
        dry_run: say what would be done.
        moving: remove the sources afterwards.
        concurrency: how many at once.
        version_id, at: which version of a source.
        describing: the content type, metadata and tags of new objects.
    """

    recursive: bool
    resume: bool = False
    dry_run: bool = False
    moving: bool = False
    concurrency: int | None = None
    version_id: str | None = None
    at: datetime | None = None
    describing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """One source, and where it goes."""

    source: Chosen
    target: Remote | Local

    def __str__(self) -> str:
        return f"{self.source.address} -> {self.target}"

    def record(self, **more: Any) -> dict[str, Any]:
        """It as JSON has it."""
        size = self.source.size
        return {
            "source": str(self.source.address),
            "target": str(self.target),
            "size": size,
            **more,
        }


def transfer(
    session: Session, sources: Sequence[Remote | Local], target: Remote | Local, wish: Wish
) -> None:
    """Carry the sources to the target."""
    if any(isinstance(each, Local) and each.is_stream for each in (*sources, target)):
        _streamed(session, sources, target, wish)
        return
    _check_sides(sources, target, wish)
    how = How(wish.recursive, wish.version_id, wish.at)
    with session.work("Looking") as work:
        pairs = [
            Pair(each, _placed(each, target))
            for source in sources
            for each in chosen(session, source, how, work)
            if not (isinstance(target, Local) and _shows_a_folder(each))
        ]
    pairs = _sound(session, pairs, target)
    if wish.dry_run:
        verb = "move" if wish.moving else "copy"
        for pair in pairs:
            session.screen.did(pair.record(dry_run=True), f"would {verb} {pair}")
    elif pairs:
        _carry(session, pairs, target, wish)


def _check_sides(sources: Sequence[Remote | Local], target: Remote | Local, wish: Wish) -> None:
    local = [each for each in sources if isinstance(each, Local)]
    if local and isinstance(target, Local):
        raise click.UsageError(
            "both sides are local; remote names begin with minio://, as in minio://bucket/key"
        )
    if local and (wish.version_id or wish.at):
        raise click.UsageError("--version-id and --at go with remote sources")
    if isinstance(target, Local) and wish.describing:
        raise click.UsageError("--content-type, --metadata and --tag go with a remote target")
    if len(sources) > 1 and not (
        target.is_folder if isinstance(target, Remote) else Path(target.path).is_dir()
    ):
        need = "several sources need a folder that is there, or a prefix with / at its end"
        raise click.UsageError(f"{str(target)!r}: {need}")


def _streamed(
    session: Session, sources: Sequence[Remote | Local], target: Remote | Local, wish: Wish
) -> None:
    """To standard output, or from standard input."""
    source = sources[0]
    if len(sources) > 1 or wish.recursive or wish.moving or wish.resume:
        raise click.UsageError("- goes with one other side, and without -r and --resume")
    if isinstance(source, Remote) and isinstance(target, Local):
        if not wish.dry_run:
            streams.read_out(session, source, None, wish.version_id, wish.at)
    elif isinstance(source, Local) and source.is_stream and isinstance(target, Remote):
        if target.is_folder:
            raise click.UsageError(f"{str(target)!r}: standard input has no name; give it one here")
        if not wish.dry_run:
            streams.store_input(session, target, **wish.describing)
    else:
        raise click.UsageError("- goes with a remote name on the other side: minio://bucket/key")


def _shows_a_folder(source: Chosen) -> bool:
    """Whether it is what consoles make to show a folder."""
    return not source.single and source.size == 0 and source.name.endswith("/")


def _placed(source: Chosen, target: Remote | Local) -> Remote | Local:
    """Where a source goes."""
    if isinstance(target, Remote):
        if target.is_folder:
            return target.with_key(target.key + source.name)
        return target if source.single else target.with_key(f"{target.key}/{source.inner}")
    path = Path(target.path)
    if target.path.endswith(("/", os.sep)) or path.is_dir():
        return Local(os.path.join(path, source.name))  # noqa: PTH118 - of a key, that is checked later
    return target if source.single else Local(os.path.join(path, source.inner))  # noqa: PTH118


# --- what can be done ----------------------------------------------------------------------------


def _sound(session: Session, pairs: list[Pair], target: Remote | Local) -> list[Pair]:
    """Those that can be done: a target each, within the folder, that isn't the source itself."""
    sound: list[Pair] = []
    names = Names(local_files.folds_case(Path(target.path))) if isinstance(target, Local) else None
    taken: dict[str, Pair] = {}
    for pair in pairs:
        try:
            _check(session, pair, names)
            other = taken.setdefault(str(pair.target), pair)
            if other is not pair:
                raise ValidationError(f"{pair}: {other.source.address} goes there as well")
        except MinIOError as error:
            session.screen.fail(error)
        else:
            sound.append(pair)
    return sound


def _check(session: Session, pair: Pair, names: Names | None) -> None:
    source, target = pair.source.address, pair.target
    if names is not None:
        if not (pair.source.single and Path(target.path).name != pair.source.name):  # type: ignore[union-attr]
            names.take(pair.source.name)
        return
    if isinstance(source, Remote) and isinstance(target, Remote):
        mine, theirs = (session.client(each).config.tenant_id for each in (source, target))
        same = (mine, source.bucket, source.key) == (theirs, target.bucket, target.key)
        if same and not pair.source.version_id:
            raise ValidationError(f"{pair}: they are the same object")


# --- doing it ------------------------------------------------------------------------------------


def _carry(session: Session, pairs: list[Pair], target: Remote | Local, wish: Wish) -> None:
    """Copy them all, with one bar; then remove what is to be moved."""
    verb = "Moving" if wish.moving else "Copying"
    label = f"{verb} {pairs[0].source.address}" if len(pairs) == 1 else verb
    size = sum(pair.source.size for pair in pairs)
    arrived: list[tuple[Pair, Any]] = []
    with session.work(label, size, len(pairs)) as work:
        for ours in _groups(session, pairs):
            results = _results(session, ours, target, wish, work)
            work.go_on()
            for pair, result in zip(ours, results, strict=True):
                if isinstance(result, Exception):
                    session.screen.fail(_about(pair, result))
                else:
                    arrived.append((pair, result))
        seconds = work.seconds
        if wish.moving:
            arrived = _removed(session, arrived)
    if wish.moving:
        _remove_empty(pairs)
    for pair, _ in arrived:
        session.screen.did(pair.record(), str(pair))
    if len(pairs) > 1:
        done = sum(pair.source.size for pair, _ in arrived)
        session.screen.total("Moved" if wish.moving else "Copied", len(arrived), done, seconds)


def _groups(session: Session, pairs: Iterable[Pair]) -> list[list[Pair]]:
    """Pairs that one client can take together: files, and the objects of each tenant."""
    groups: dict[int, list[Pair]] = {}
    for pair in pairs:
        source = pair.source.address
        whose = 0 if isinstance(source, Local) else id(session.client(source))
        groups.setdefault(whose, []).append(pair)
    return list(groups.values())


def _results(
    session: Session, pairs: list[Pair], target: Remote | Local, wish: Wish, work: Work
) -> Sequence[Any]:
    """For each pair what became of it, or its error."""
    limit = wish.concurrency or min(AT_ONCE, len(pairs))  # a single one has all connections
    options: dict[str, Any] = {"progress": work.tell, "concurrency": limit}
    source = pairs[0].source.address
    if isinstance(source, Local):
        assert isinstance(target, Remote)  # two local sides are refused
        items = [_upload(pair, wish) for pair in pairs]
        return session.client(target).upload_many(items, resume=wish.resume, **options).results
    client = session.client(source)
    if isinstance(target, Local):
        items = [_download(pair, target) for pair in pairs]
        return client.download_many(items, resume=wish.resume, **options).results
    if client.config.tenant_id == session.client(target).config.tenant_id:
        if not client.bucket_exists(target.bucket):  # uploads make theirs as well
            client.create_bucket(target.bucket)
        return client.copy_many([_copy(pair, wish) for pair in pairs], **options).results
    return [_across(client, session.client(target), pair, wish, work) for pair in pairs]


def _upload(pair: Pair, wish: Wish) -> dict[str, Any]:
    assert isinstance(pair.target, Remote)
    path = str(pair.source.address)
    return {"bucket": pair.target.bucket, "key": pair.target.key, "path": path, **wish.describing}


def _download(pair: Pair, target: Local) -> dict[str, Any]:
    source = pair.source.address
    assert isinstance(source, Remote)
    path = Path(str(pair.target))
    if not pair.source.single or target.path.endswith(("/", os.sep)):
        path.parent.mkdir(parents=True, exist_ok=True)
    item: dict[str, Any] = {"bucket": source.bucket, "key": source.key, "path": str(path)}
    return {**item, "version_id": pair.source.version_id}


def _copy(pair: Pair, wish: Wish) -> dict[str, Any]:
    source, target = pair.source.address, pair.target
    assert isinstance(source, Remote)
    assert isinstance(target, Remote)
    return {
        "dest_bucket": target.bucket,
        "dest_key": target.key,
        "source_bucket": source.bucket,
        "source_key": source.key,
        "source_version_id": pair.source.version_id,
        # Of a version there is but one; else what is moved must be what was seen.
        "if_match": pair.source.etag if pair.source.version_id is None else None,
        **wish.describing,
    }


def _across(client: MinIOClient, other: MinIOClient, pair: Pair, wish: Wish, work: Work) -> Any:
    """Copy to another tenant, through this computer: no server's copy may read both."""
    source, target = pair.source.address, pair.target
    assert isinstance(source, Remote)
    assert isinstance(target, Remote)
    version = pair.source.version_id
    try:
        found = client.get_object_metadata(source.bucket, source.key, version_id=version)
        names = ("content_type", "content_encoding", "content_disposition", "content_language")
        described = {name: found[name] for name in (*names, "cache_control", "metadata")}
        tags = client.get_object_tags(source.bucket, source.key, version_id=version)
        pieces = client.download_stream(
            source.bucket, source.key, version_id=version, if_match=found.etag
        )
        described |= {"tags": tags or None, **wish.describing}
        result = other.upload_object(target.bucket, target.key, pieces, **described)
    except MinIOError as error:
        return error
    work.add(found.size)
    return result


def _about(pair: Pair, error: Exception) -> Exception:
    """The error of one of many, which says whose it is in words of the command line."""
    if isinstance(error, MinIOError) and error.operation is None:
        said = re.sub(r"^items\[\d+\][.:] ?", "", error.message)
        return type(error)(f"{pair}: {said}", hint=error.hint)
    return error


# --- moving --------------------------------------------------------------------------------------


def _removed(session: Session, arrived: list[tuple[Pair, Any]]) -> list[tuple[Pair, Any]]:
    """Remove the sources whose copies are there; those that could be removed."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        answers = list(pool.map(lambda each: _is_removed(session, *each), arrived))
    finally:
        pool.shutdown(cancel_futures=True)
    return [each for each, answer in zip(arrived, answers, strict=True) if answer]


def _is_removed(session: Session, pair: Pair, result: Any) -> bool:
    """Remove a source whose copy is there, if it is still what was copied."""
    source = pair.source.address
    try:
        if isinstance(source, Local):
            path = Path(source.path)
            if path.stat().st_mtime_ns != pair.source.stamp:
                raise ObjectChangedError(f"{source} has changed meanwhile; it stays")
            path.unlink()
            return True
        client = session.client(source)
        etag = pair.source.etag if isinstance(pair.target, Remote) else result.etag
        now = client.get_object_metadata(source.bucket, source.key)
        if now.etag != etag:
            raise ObjectChangedError(f"{source} has changed meanwhile; it stays")
        client.delete_object(source.bucket, source.key)
    except (MinIOError, OSError) as error:
        session.screen.fail(error)
        return False
    return True


def _remove_empty(pairs: Iterable[Pair]) -> None:
    """Remove the folders that have nothing in them any more, as far up as they were named."""
    folders: set[Path] = set()
    for pair in pairs:
        if isinstance(pair.source.address, Local) and not pair.source.single:
            path = Path(pair.source.address.path)
            above = list(path.parents)[: pair.source.inner.count("/") + 1]
            folders.update(above)
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        try:
            folder.rmdir()
        except OSError:
            pass  # something is in it
