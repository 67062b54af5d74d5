"""Bytes and objects on their way: read, store, copy, remove."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from glob import has_magic
from pathlib import Path
from typing import Any

from minio_sdk.errors import AccessDeniedError, MinIOError, ValidationError
from minio_sdk.flows.reading import PIECE, Reader
from minio_sdk.fs.contents import Deferred, Sink
from minio_sdk.fs.errors import as_os_error, is_directory, missing, translated
from minio_sdk.fs.library import DEFAULT_CALLBACK, isfilelike, run_coros, sync_wrapper
from minio_sdk.fs.looking import Looking
from minio_sdk.fs.ranges import cut, generation, merged, of_one_generation
from minio_sdk.models.progress import TransferProgress
from minio_sdk.models.results import DeleteResult
from minio_sdk.wire.quirks import sorts_by_folder
from minio_sdk.wire.ranges import BEYOND


class Moving(Looking):
    """Reads and changes objects."""

    def _object(self, path: str) -> tuple[str, str, str | None]:
        bucket, key, version = self.split_path(path)
        if not key:
            raise is_directory(path)
        return bucket, key, version

    def _to_store(self, path: str) -> tuple[str, str]:
        bucket, key, version = self._object(path)
        if version is not None:
            raise ValueError(f"{path}: a version can't be written; leave it out")
        return bucket, key

    @contextlib.contextmanager
    def _changing(self, path: str, changed: str | None) -> Iterator[None]:
        """What goes wrong in here is said of `path`; listings with what it changes are forgotten.

        Args:
            path: what the caller works on.
            changed: what may be another afterwards; None for anything.
        """
        try:
            with translated(path):
                yield
        finally:
            self.invalidate_cache(changed)

    # --- reading ---------------------------------------------------------------------------------

    async def _cat_file(
        self,
        path: str,
        start: int | None = None,
        end: int | None = None,
        version_id: str | None = None,
        **_: Any,
    ) -> bytes:
        bucket, key, version = self._object(path)
        version = version_id or version
        with translated(path):
            if start is None and end is None:
                return await self.client.get_object(bucket, key, version_id=version)
            return (await self._range(path, start, end, version))[0]

    async def _range(
        self, path: str, start: int | None, end: int | None, version: str | None
    ) -> tuple[bytes, tuple[Any, ...]]:
        """Bytes as a slice would name them, and what tells which generation they are of."""
        bucket, key, own = self._object(path)
        reader = Reader(self.client._engine.begin(), bucket, key, version or own)
        start = start or 0
        if -PIECE <= start < 0 and end is None:
            data, at = await reader.end(-start)
            size = reader.size or 0
            start = max(0, size + start)
            if at <= start and at + len(data) == size:
                return data[start - at :], generation(reader)
        if start < 0 or (end is not None and end <= max(start, 0)):
            await reader.start(0)  # tells the size
            start, end, _ = slice(start, end).indices(reader.size or 0)
            if end <= start:
                return b"", generation(reader)
        try:
            data = await reader.range(start, None if end is None else end - 1)
        except ValidationError as error:
            if error.code != BEYOND:
                raise
            data = b""
        return data, generation(reader)

    async def _cat_ranges(
        self,
        paths: list[str],
        starts: Any,
        ends: Any,
        max_gap: int | None = None,
        batch_size: int | None = None,
        on_error: str = "return",
        **options: Any,
    ) -> list[Any]:
        if not isinstance(paths, list):
            raise TypeError("paths: must be a list")
        begins = starts if isinstance(starts, (list, tuple)) else [starts] * len(paths)
        stops = ends if isinstance(ends, (list, tuple)) else [ends] * len(paths)
        if not len(paths) == len(begins) == len(stops):
            raise ValueError("paths, starts, ends: must be of one length")
        wanted = [
            (self._strip_protocol(path), begin, stop)
            for path, begin, stop in zip(paths, begins, stops, strict=True)
        ]
        within = merged(wanted, max_gap)
        asked = list(dict.fromkeys(within))
        came = await run_coros(
            [self._of_range(*each, **options) for each in asked],
            batch_size=batch_size or self.batch_size,
            nofiles=True,
            return_exceptions=True,
        )
        found = dict(zip(asked, of_one_generation(asked, came), strict=True))
        out = [cut(each, whole, found[whole]) for each, whole in zip(wanted, within, strict=True)]
        if on_error != "return":
            for each in out:
                if isinstance(each, BaseException):
                    raise each
        return out

    async def _of_range(
        self, path: str, start: int | None, end: int | None, version_id: str | None = None
    ) -> tuple[bytes, tuple[Any, ...]]:
        with translated(path):
            return await self._range(path, start, end, version_id)

    async def _get_file(
        self,
        rpath: str,
        lpath: Any,
        callback: Any = DEFAULT_CALLBACK,
        version_id: str | None = None,
        **_: Any,
    ) -> None:
        bucket, key, version = self.split_path(rpath)
        version = version_id or version
        _check_inside(key, lpath)
        if isfilelike(lpath):
            with translated(rpath):
                async for piece in self.client.download_stream(bucket, key, version_id=version):
                    lpath.write(piece)
                    callback.relative_update(len(piece))
            return
        if _made(lpath, whole=not key):
            return
        try:
            with translated(rpath):
                await self.client.download_file(
                    bucket, key, lpath, version_id=version, progress=_telling(callback)
                )
        except FileNotFoundError:
            if version is not None or not await self._has_below(bucket, key):
                raise
            _made(lpath, whole=True)

    # --- storing ---------------------------------------------------------------------------------

    async def _pipe_file(
        self, path: str, value: Any, mode: str = "overwrite", **options: Any
    ) -> None:
        bucket, key = self._to_store(path)
        if self._intrans:
            return await self._deferred(path, mode, [value], options)
        with self._changing(path, path):
            await self.client.put_object(bucket, key, value, **_conditions(mode), **options)
        return None

    async def _put_file(
        self,
        lpath: str,
        rpath: str,
        callback: Any = DEFAULT_CALLBACK,
        mode: str = "overwrite",
        **options: Any,
    ) -> None:
        if _is_folder(lpath):
            return await self._makedirs(rpath, exist_ok=True)
        bucket, key = self._to_store(rpath)
        if self._intrans:
            with open(lpath, "rb") as file:  # noqa: ASYNC230, PTH123
                pieces = iter(lambda: file.read(PIECE), b"")
                return await self._deferred(rpath, mode, pieces, options)
        options = {**_conditions(mode), **options, "progress": _telling(callback)}
        with self._changing(rpath, rpath), open(lpath, "rb") as file:  # noqa: ASYNC230, PTH123
            await self.client.put_object(bucket, key, file, **options)
        return None

    async def _deferred(self, path: str, mode: str, pieces: Any, options: dict[str, Any]) -> None:
        """Send what is to appear at the end of the transaction."""
        sink = Sink(self, path, "xb" if mode == "create" else "wb", options)
        try:
            await sink.open()
            for piece in pieces:
                await sink.write(memoryview(piece).cast("B"))
        except BaseException:
            await sink.discard()
            raise
        self.transaction.files.append(Deferred(self, path, sink))

    async def _touch(self, path: str, truncate: bool = True, **options: Any) -> None:
        if truncate:
            return await self._pipe_file(path, b"", **options)
        try:
            await self._pipe_file(path, b"", mode="create", **options)
        except FileExistsError:
            raise NotImplementedError(
                "touch: S3 keeps the time at which an object was stored"
            ) from None

    async def _cp_file(self, path1: str, path2: str, **options: Any) -> None:
        bucket, key, version = self.split_path(path1)
        if not key:  # a bucket whose objects are copied
            return
        target, name = self._to_store(path2)
        with self._changing(path1, path2):
            await self.client.copy_object(
                target, name, bucket, key, source_version_id=version, **options
            )

    async def _mv(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        **options: Any,
    ) -> None:
        if path1 == path2:
            return
        # Only what was there before is removed: what others store meanwhile has not been copied.
        before = await self._targets(path1, recursive, maxdepth)
        await self._copy(path1, path2, recursive=recursive, maxdepth=maxdepth, **options)
        await self._remove(before)

    async def _mv_file(self, path1: str, path2: str, **_: Any) -> None:
        await self._cp_file(path1, path2)
        await self._rm_file(path1)

    # --- removing --------------------------------------------------------------------------------

    async def _rm_file(self, path: str, **_: Any) -> None:
        bucket, key, version = self._object(path)
        with self._changing(path, path):
            await self.client.delete_object(bucket, key, version_id=version)

    async def _rm(
        self,
        path: Any,
        recursive: bool = False,
        batch_size: int | None = None,
        maxdepth: int | None = None,
        **_: Any,
    ) -> None:
        given = [path] if isinstance(path, str) else list(path)
        buckets: list[str] = []
        if recursive and maxdepth is None:
            buckets = [each for each in given if not self.split_path(each)[1]]
            buckets = [each for each in buckets if not has_magic(self._strip_protocol(each))]
        others = path if not buckets else [each for each in given if each not in buckets]
        if others:
            await self._remove(await self._targets(others, recursive, maxdepth))
        for each in buckets:
            bucket = self.split_path(each)[0]
            if not bucket:
                raise is_directory(each)
            with self._changing(bucket, None):
                await self.client.delete_bucket(bucket, force=True)

    async def _targets(self, path: Any, recursive: bool, maxdepth: int | None) -> Targets:
        """What is meant by paths."""
        found = Targets()
        given = [path] if isinstance(path, str) else path
        for each in map(self._strip_protocol, given):
            bucket, key, version = self.split_path(each)
            if not bucket:
                raise is_directory(each)
            if version is None and has_magic(each):
                for name, entry in (await self._glob(each, detail=True)).items():
                    if entry["type"] == "file":
                        found.add(bucket, self.split_path(name)[1])
                    elif recursive:
                        await self._tree(name, maxdepth and maxdepth - 1, found)
            elif recursive and version is None:
                await self._tree(each, maxdepth, found)
            else:
                if isinstance(path, str):
                    entry = await self._info(each, refresh=True)
                    if entry["type"] != "file":
                        raise is_directory(each)
                if key:
                    found.add(bucket, key if version is None else (key, version))
        if not found.keys and isinstance(path, str) and has_magic(path):
            raise missing(path)
        return found

    async def _tree(self, path: str, maxdepth: int | None, found: Targets) -> None:
        """The keys at a path and below it, the markers of directories included."""
        bucket, key, _ = self.split_path(path)
        if maxdepth is not None:
            for name in await self._find(path, maxdepth=maxdepth) if maxdepth else ():
                found.add(bucket, self.split_path(name)[1])
            return
        items = await self._items(path, bucket, f"{key}/" if key else "", recursive=True)
        for item in items:
            found.add(bucket, item.key)
            found.add_folders(bucket, item.key, key)
        if not key:
            return
        try:
            with translated(path):
                await self.client.get_object_metadata(bucket, key)
            found.add(bucket, key)
        except FileNotFoundError:
            if not items:
                raise missing(path) from None

    async def _remove(self, targets: Targets) -> None:
        for bucket, keys in targets.keys.items():
            with self._changing(bucket, None):
                _check_removed(await self.client.delete_objects(bucket, list(keys)))
        if sorts_by_folder(self.client._engine.api.server):
            # SeaweedFS goes on to list folders that are empty; those that aren't, it keeps.
            for bucket, folder in sorted(targets.folders, reverse=True):
                with contextlib.suppress(MinIOError):
                    await self.client.delete_object(bucket, folder)

    # --- directories -----------------------------------------------------------------------------

    async def _mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:
        bucket, key, _ = self.split_path(path)
        if not bucket:
            raise ValueError("path: names no bucket")
        if key and not create_parents:
            if not await self._exists(bucket):
                raise missing(bucket)
            return
        if key and await self._exists(bucket):
            return
        try:
            with self._changing(bucket, bucket):
                await self.client.create_bucket(bucket, **options)
        except FileExistsError:
            if not key:
                raise

    async def _makedirs(self, path: str, exist_ok: bool = False) -> None:
        try:
            await self._mkdir(path)
        except FileExistsError:
            if not exist_ok:
                raise

    async def _rmdir(self, path: str) -> None:
        bucket, key, _ = self.split_path(path)
        if not key:
            with self._changing(path, None):
                await self.client.delete_bucket(bucket)
            return
        items = await self._items(path, bucket, f"{key}/", recursive=True)
        if not items:
            raise missing(path)
        if [item.key for item in items] != [f"{key}/"]:
            raise OSError(errno.ENOTEMPTY, "is not empty", path)
        targets = Targets()
        targets.add(bucket, f"{key}/")
        await self._remove(targets)

    touch = sync_wrapper(_touch)
    mv = sync_wrapper(_mv)
    rmdir = sync_wrapper(_rmdir)


class Targets:
    """What is to be removed.

    Attributes:
        keys: by bucket, each once; with its version where one is meant.
        folders: the folders, as pairs (bucket, key), that have nothing else in them.
    """

    def __init__(self) -> None:
        self.keys: dict[str, dict[Any, None]] = {}
        self.folders: set[tuple[str, str]] = set()

    def add(self, bucket: str, key: str | tuple[str, str]) -> None:
        """One key, or one with its version."""
        self.keys.setdefault(bucket, {})[key] = None

    def add_folders(self, bucket: str, key: str, top: str) -> None:
        """The folders of a key, up to that which is called `top`."""
        while (key := key.rpartition("/")[0]).startswith(top) and key:
            self.folders.add((bucket, f"{key}/"))


def _check_inside(key: str, path: Any) -> None:
    """Refuse to let ``..`` in a key lead out of the folder that somebody downloads to."""
    if ".." in key.split("/") and isinstance(path, (str, Path)) and ".." in Path(path).parts:
        raise ValueError(f"{path}: the key {key!r} would be stored outside of the folder")


def _is_folder(path: Any) -> bool:
    return Path(path).is_dir()


def _made(path: Any, *, whole: bool) -> bool:
    """Make the local folders above a path, or the path as well; whether it is a folder then."""
    place = Path(path)
    (place if whole else place.parent).mkdir(parents=True, exist_ok=True)
    return place.is_dir()


def _conditions(mode: str) -> dict[str, Any]:
    if mode not in ("overwrite", "create"):
        raise ValueError(f"mode={mode!r}: must be 'overwrite' or 'create'")
    return {"if_none_match": "*"} if mode == "create" else {}


def _telling(callback: Any) -> Callable[[TransferProgress], None] | None:
    """What tells fsspec's callback how far a transfer is."""
    if callback is DEFAULT_CALLBACK:
        return None

    def tell(progress: TransferProgress) -> None:
        if progress.bytes_total is not None and callback.size != progress.bytes_total:
            callback.set_size(progress.bytes_total)
        callback.absolute_update(progress.bytes_done)

    return tell


def _check_removed(result: DeleteResult) -> None:
    for each in result.errors:
        denied = each.locked or each.code == "AccessDenied"
        cause = (AccessDeniedError if denied else MinIOError)(
            each.message, code=each.code, key=each.key, hint=each.hint
        )
        raise as_os_error(cause, each.key) from cause
