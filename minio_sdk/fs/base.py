"""Settings, paths, and what is remembered of listings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from minio_sdk.client import AsyncMinIOClient
from minio_sdk.config import Config
from minio_sdk.errors import ConfigurationError
from minio_sdk.fs.identity import Surroundings, exact, inexact
from minio_sdk.fs.library import (
    AsyncFileSystem,
    Cached,
    get_loop,
    iothread,
    make_instance,
    reset_lock,
)

VERSION = "?versionId="
REMEMBERED = 10.0
"""Seconds for which a listing is believed."""

_OTHER_NAMES = {
    "key": "access_key",
    "secret": "secret_key",
    "token": "session_token",
    "endpoint_url": "base_url",
}
"""How s3fs calls the same settings."""

_SECRETS = ("secret_key", "session_token", "secret", "token", "credentials", "config", "proxies")


def nobody() -> None:
    """The credentials of who has none: requests aren't signed."""


class _Instances(Cached):  # type: ignore[misc]
    """One instance for the same options, and never for others."""

    def __call__(cls, *args: Any, **options: Any) -> Any:  # pyright: ignore[reportSelfClsParameterName]
        told = {name: exact(value) for name, value in options.items()}
        instance = super().__call__(*args, **told)
        instance.storage_options = {
            name: inexact(value) for name, value in instance.storage_options.items()
        }
        return instance


class Base(AsyncFileSystem, metaclass=_Instances):  # type: ignore[misc]
    """What all parts of the file system need; `MinIOFileSystem` tells about the arguments."""

    protocol = "minio"
    _pid: int
    _surroundings = Surroundings()
    _extra_tokenize_attributes = ("_surroundings",)

    def __init__(
        self,
        *,
        config: Config | None = None,
        version_aware: bool = False,
        anon: bool = False,
        default_block_size: int | None = None,
        default_cache_type: str = "readahead",
        use_listings_cache: bool = True,
        listings_expiry_time: float | None = REMEMBERED,
        max_paths: int | None = None,
        asynchronous: bool = False,
        loop: Any = None,
        batch_size: int | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(
            asynchronous=asynchronous,
            loop=inexact(loop),
            batch_size=batch_size,
            use_listings_cache=use_listings_cache,
            listings_expiry_time=listings_expiry_time,
            max_paths=max_paths,
        )
        given = _renamed({name: inexact(value) for name, value in fields.items()})
        if anon:
            given["credentials"] = nobody
        self.version_aware = version_aware
        self.default_block_size = default_block_size
        self.default_cache_type = default_cache_type
        self._changes = 0
        self.client = AsyncMinIOClient(inexact(config), **given)
        self._options = {
            "version_aware": version_aware,
            "default_block_size": default_block_size,
            "default_cache_type": default_cache_type,
            "use_listings_cache": use_listings_cache,
            "listings_expiry_time": listings_expiry_time,
            "max_paths": max_paths,
            "asynchronous": asynchronous,
            "batch_size": batch_size,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # With the settings that were found here: another process may have another environment.
        return make_instance, (type(self), (), {"config": self.client.config, **self._options})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.client.config!r})"

    @property
    def loop(self) -> Any:
        """The event loop that does the work; after a fork the child's own."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            if iothread[0] is not None and not iothread[0].is_alive():
                reset_lock()  # older versions keep the loop of the parent
            self._loop = None if self.asynchronous else get_loop()
        return self._loop

    @property
    def fsid(self) -> str:
        """Tells file systems apart, in each process by the same word."""
        config = self.client.config
        where = (config.endpoints[0], config.tenant_id, config.tenancy, config.shared_bucket)
        return f"minio-{sha256(repr(where).encode()).hexdigest()[:16]}"

    def to_dict(self, *, include_password: bool = True) -> dict[str, Any]:
        """The options for JSON.

        Args:
            include_password: whether secrets are among them.
        """
        found: dict[str, Any] = super().to_dict(include_password=include_password)
        if include_password:
            return found
        return {name: value for name, value in found.items() if name not in _SECRETS}

    # --- paths -----------------------------------------------------------------------------------

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        """``bucket/key`` of any way to write it; a slash at the end never tells two paths apart."""
        if isinstance(path, (list, tuple)):
            return [cls._strip_protocol(each) for each in path]
        return super()._strip_protocol(path).lstrip("/")

    def split_path(self, path: str) -> tuple[str, str, str | None]:
        """Bucket, key and version of a path; the key is empty for a bucket.

        Args:
            path: with the protocol or without. Nothing in it is decoded. ``?versionId=`` begins a version
                where the file system is `version_aware`, and belongs to the key elsewhere.
        """
        bucket, _, key = self._strip_protocol(path).partition("/")
        if self.version_aware and VERSION in key:
            key, _, version = key.rpartition(VERSION)
            return bucket, key, version or None
        return bucket, key, None

    # --- listings --------------------------------------------------------------------------------

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget listings: those that `path` is in, or all of them.

        Args:
            path: what has changed; None for everything.
        """
        self._changes += 1
        if path is None:
            self.dircache.clear()
        else:
            above = path = self._strip_protocol(path)
            while above:
                self.dircache.pop(above, None)
                above = above.rpartition("/")[0]
            self.dircache.pop("", None)
        super().invalidate_cache(path)

    def _remembered(self, path: str) -> list[dict[str, Any]] | None:
        try:
            found: list[dict[str, Any]] = self.dircache[path]
        except KeyError:
            return None
        return found

    def _remember(self, since: int, listings: Mapping[str, list[dict[str, Any]]]) -> None:
        """Keep listings, unless something has changed since they were asked for."""
        if since == self._changes:
            for path, entries in listings.items():
                self.dircache[path] = entries


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    for other, name in _OTHER_NAMES.items():
        if other in fields:
            if name in fields:
                raise ConfigurationError(f"{other}: is another name for {name}; give only one")
            fields[name] = fields.pop(other)
    if "client_kwargs" in fields:
        raise ConfigurationError(
            "client_kwargs: give fields of Config in its place, such as base_url for endpoint_url"
        )
    return fields
