"""What is there: listings, details, sizes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from minio_sdk.errors import NotFoundError, ValidationError
from minio_sdk.fs.base import VERSION, Base
from minio_sdk.fs.errors import is_directory, missing, translated
from minio_sdk.fs.library import run_coros, sync_wrapper
from minio_sdk.models.moments import Moment
from minio_sdk.models.results import ObjectInfo, ObjectMetadata

Entry = dict[str, Any]


def directory(name: str) -> Entry:
    """What is told of a directory."""
    return {"name": name, "size": 0, "type": "directory"}


def file_entry(name: str, item: ObjectInfo | ObjectMetadata) -> Entry:
    """What is told of a file, by a listing or by the object itself."""
    entry: Entry = {
        "name": name,
        "size": item.size,
        "type": "file",
        "etag": item.etag,
        "last_modified": item.last_modified,
        "storage_class": item.storage_class,
        "version_id": item.version_id,
        # What s3fs calls them, and pyarrow.
        "ETag": item.etag,
        "LastModified": item.last_modified,
        "mtime": item.last_modified.timestamp() if item.last_modified else None,
    }
    if isinstance(item, ObjectMetadata):
        entry["content_type"] = item.content_type
        entry["metadata"] = dict(item.metadata)
    elif item.version_id is not None and item.is_latest is not None:
        entry["is_latest"] = item.is_latest
    return entry


class Looking(Base):
    """Looks at objects and their names as at files in directories."""

    # --- one -------------------------------------------------------------------------------------

    async def _info(
        self,
        path: str,
        refresh: bool = False,
        version_id: str | None = None,
        at: Moment | None = None,
        **_: Any,
    ) -> Entry:
        path = self._strip_protocol(path)
        bucket, key, version = self.split_path(path)
        version = version_id or version
        if not bucket:
            return directory("")
        if not key:
            try:
                with translated(path):
                    there = await self.client.bucket_exists(bucket)
            except ValidationError as error:
                raise missing(path, error) from error
            if not there:
                raise missing(path)
            return directory(bucket)
        exact = version is not None or at is not None
        if not refresh and not exact:
            for entry in self._remembered(path.rpartition("/")[0]) or ():
                if entry["name"] == path:
                    return entry
        try:
            with translated(path):
                return await self._details(path, bucket, key, version, at)
        except FileNotFoundError as error:
            if not exact and await self._has_below(bucket, key):
                return directory(path)
            raise missing(path) from error.__cause__
        except ValidationError as error:
            if exact:
                raise
            raise missing(path, error) from error

    async def _details(
        self, path: str, bucket: str, key: str, version: str | None, at: Moment | None
    ) -> Entry:
        found = await self.client.get_object_metadata(bucket, key, version_id=version, at=at)
        return file_entry(path, found)

    async def _has_below(self, bucket: str, key: str) -> bool:
        try:
            with translated(bucket):
                return bool(await self.client.list_objects(bucket, prefix=f"{key}/", limit=1))
        except FileNotFoundError:
            return False

    async def _modified(self, path: str) -> datetime:
        entry = await self._info(path, refresh=True)
        if entry["type"] == "file":
            return _known(entry["last_modified"], path)
        bucket, key, _ = self.split_path(path)
        if key or not bucket:
            raise is_directory(path)
        with translated(path):
            return _known((await self.client.get_bucket_info(bucket)).creation_date, path)

    async def _ukey(self, path: str) -> str:
        entry = await self._info(path, refresh=True)
        names = ("name", "size", "etag") if entry.get("etag") else ("name", "size", "mtime")
        told = [entry.get(name) for name in names]
        return sha256(repr(told).encode()).hexdigest()

    async def _checksum(self, path: str) -> int:
        return int(await self._ukey(path), 16)

    async def _sign(self, path: str, expiration: int = 100, **options: Any) -> str:
        bucket, key, version = self.split_path(path)
        if not key:
            raise is_directory(path)
        if version is not None:
            options.setdefault("version_id", version)
        with translated(path):
            return await self.client.get_presigned_url(bucket, key, expiration, **options)

    # --- a directory -----------------------------------------------------------------------------

    async def _ls(
        self,
        path: str,
        detail: bool = True,
        refresh: bool = False,
        versions: bool = False,
        **_: Any,
    ) -> list[Any]:
        path = self._strip_protocol(path)
        if versions:
            entries = await self._versions(path)
        else:
            known = None if refresh else self._remembered(path)
            entries = await self._listed(path) if known is None else list(known)
        return entries if detail else sorted(entry["name"] for entry in entries)

    async def _listed(self, path: str) -> list[Entry]:
        since = self._changes
        bucket, key, version = self.split_path(path)
        if not bucket:
            with translated(path):
                entries = [directory(each.name) for each in await self.client.list_buckets()]
        elif version is not None:
            return [await self._info(path)]
        else:
            prefix = f"{key}/" if key else ""
            items = await self._items(path, bucket, prefix)
            if key and not items:
                return [await self._info(path, refresh=True)]  # a file, or nothing
            entries = _entries(bucket, items, prefix)
        self._remember(since, {path: entries})
        return list(entries)

    async def _items(
        self, path: str, bucket: str, prefix: str, recursive: bool = False
    ) -> list[ObjectInfo]:
        try:
            with translated(path):
                items = await self.client.list_objects(bucket, prefix, recursive=recursive)
        except ValidationError as error:
            raise missing(path, error) from error
        # SeaweedFS shows a folder in itself once it is empty; a marker that somebody stored has an ETag.
        return [item for item in items if item.key != prefix or item.etag is not None]

    async def _versions(self, path: str) -> list[Entry]:
        if not self.version_aware:
            raise ValueError("versions: the file system has to be made with version_aware=True")
        bucket, key, _ = self.split_path(path)
        with translated(path):
            items = await self.client.list_objects(bucket, key, versions=True)
        return [
            file_entry(f"{bucket}/{item.key}{VERSION}{item.version_id}", item)
            for item in items
            if not item.is_delete_marker
            and (not key or item.key == key or item.key.startswith(f"{key}/"))
        ]

    # --- all below -------------------------------------------------------------------------------

    async def _find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        prefix: str = "",
        **_: Any,
    ) -> Any:
        if maxdepth is not None and maxdepth < 1:
            raise ValueError("maxdepth must be at least 1")
        path = self._strip_protocol(path)
        try:
            if maxdepth is not None:
                found = await self._levels(path, maxdepth, prefix)
            elif path:
                found = await self._all_below(path, prefix)
            else:
                found = await self._everywhere(prefix)
        except FileNotFoundError:
            found = {}
        if path and (withdirs or not found):
            try:
                own = directory(path) if found and path not in found else await self._info(path)
                found[path] = own
            except FileNotFoundError:
                pass
        if not withdirs:
            found = {name: each for name, each in found.items() if each["type"] != "directory"}
        names = sorted(found)
        return {name: found[name] for name in names} if detail else names

    async def _everywhere(self, prefix: str) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for bucket in await self._ls(""):
            if bucket["name"].startswith(prefix):
                found[bucket["name"]] = bucket
                found.update(await self._all_below(bucket["name"], ""))
        return found

    async def _all_below(self, path: str, start: str) -> dict[str, Entry]:
        """Files and directories at any depth, with one listing."""
        since = self._changes
        bucket, key, version = self.split_path(path)
        if version is not None:
            return {path: await self._info(path)}
        prefix = f"{key}/" if key else ""
        items = await self._items(path, bucket, prefix + start, recursive=True)
        found: dict[str, Entry] = {}
        listings: dict[str, list[Entry]] = {path: []} if items else {}
        for entry in _entries(bucket, items, prefix):
            if entry["name"] in found and entry["type"] == "directory":
                continue
            found[entry["name"]] = entry
            name = entry["name"]
            while (above := name.rpartition("/")[0]) != path and above not in found:
                name = above
                if not name.endswith("/"):
                    found[name] = directory(name)
        for name, entry in found.items():
            above = name.rpartition("/")[0]
            listings.setdefault(above, []).append(entry)
            if entry["type"] == "directory":
                listings.setdefault(name, [])
        if not start:
            self._remember(since, listings)
        return found

    async def _levels(self, path: str, most: int, start: str) -> dict[str, Entry]:
        """Files and directories down to a depth, with a listing for each directory."""
        found: dict[str, Entry] = {}
        level = [path]
        for depth in range(most):
            listings = await run_coros(
                [self._level(each, "" if depth else start) for each in level],
                batch_size=self.batch_size,
                nofiles=True,
            )
            level = []
            for entry in (entry for listing in listings for entry in listing):
                name = entry["name"]
                if entry["type"] == "directory":
                    if name.endswith("/"):  # of keys with "//": no path leads there
                        continue
                    level.append(name)
                found[name] = entry
        return found

    async def _level(self, path: str, start: str) -> list[Entry]:
        bucket, key, _ = self.split_path(path)
        if not start or not bucket:
            listed = await self._ls(path)
            return [each for each in listed if bucket or each["name"].startswith(start)]
        prefix = f"{key}/" if key else ""
        return _entries(bucket, await self._items(path, bucket, prefix + start), prefix)

    async def _du(
        self, path: str, total: bool = True, maxdepth: int | None = None, **options: Any
    ) -> Any:
        found = await self._find(path, maxdepth=maxdepth, detail=True, **options)
        sizes = {name: entry["size"] for name, entry in found.items()}
        return sum(sizes.values()) if total else sizes

    async def _expand_path(self, path: Any, *arguments: Any, **options: Any) -> list[str]:
        if not self.version_aware:
            return list(await super()._expand_path(path, *arguments, **options))
        # The question mark of a version is no pattern.
        given = [self._strip_protocol(each) for each in ([path] if isinstance(path, str) else path)]
        exact = [each for each in given if self.split_path(each)[2] is not None]
        others = [each for each in given if each not in exact]
        if others:
            exact += await super()._expand_path(others, *arguments, **options)
        return sorted(set(exact))

    ukey = sync_wrapper(_ukey)
    checksum = sync_wrapper(_checksum)
    modified = sync_wrapper(_modified)
    created = modified  # an object is never changed: what is there was made then
    sign = sync_wrapper(_sign)


def _entries(bucket: str, items: Iterable[ObjectInfo], prefix: str) -> list[Entry]:
    """What a listing shows of what is below a prefix; markers of directories are directories."""
    entries: dict[str, Entry] = {}
    for item in items:
        name = f"{bucket}/{item.key}"
        folder = item.is_prefix or (item.key.endswith("/") and not item.size)
        if not folder:
            entries[name] = file_entry(name, item)
        elif item.key != prefix:
            entries.setdefault(name[:-1], directory(name[:-1]))
    return list(entries.values())


def _known(moment: datetime | None, path: str) -> datetime:
    if moment is None:
        raise missing(path, NotFoundError("the server doesn't tell when it was stored"))
    return moment
