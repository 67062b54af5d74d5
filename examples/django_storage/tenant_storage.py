"""A storage for Django that keeps files in S3, apart for each tenant.

    STORAGES = {
        "default": {
            "BACKEND": "tenant_storage.TenantStorage",
            "OPTIONS": {"bucket": "media", "tenant": current_tenant},
        },
        "staticfiles": {
            "BACKEND": "tenant_storage.TenantStaticStorage",
            "OPTIONS": {"bucket": "static", "tenant": "assets"},
        },
    }

`tenant` is an id, or a function that tells it: then it is asked at each use, so that one storage (and one
`FileField`) serves all tenants. A function that doesn't know must raise; there is no default tenant.
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri
from django.utils.timezone import make_naive

from minio_sdk import (
    BucketNotFoundError,
    Config,
    MinIOClient,
    NotFoundError,
    ObjectMetadata,
    PreconditionFailedError,
)

ATTEMPTS = 10
_tenant: ContextVar[str] = ContextVar("_tenant")


@contextmanager
def acting_for(tenant: str) -> Iterator[None]:
    """Everything within is on behalf of the tenant; for middleware, commands and tasks."""
    token = _tenant.set(tenant)
    try:
        yield
    finally:
        _tenant.reset(token)


def current_tenant() -> str:
    """On whose behalf we are acting.

    Raises:
        ImproperlyConfigured: on nobody's. A file without a tenant would be everybody's.
    """
    try:
        return _tenant.get()
    except LookupError:
        raise ImproperlyConfigured("a file was asked for outside of acting_for(tenant)") from None


@lru_cache
def _client(**fields: Any) -> MinIOClient:
    """One client for each server and process: safe in threads, and in workers that are forked later."""
    return MinIOClient(
        Config.from_env(tenant_id=None, timeout=10, max_retries=2, base_delay=0.2, **fields)
    )


@deconstructible
class TenantStorage(Storage):
    """Files in one bucket of the tenant.

    Args:
        bucket: its name; it is made when it is missing.
        tenant: an id, or a function that tells it.
        allow_overwrite: store in place of a file of the same name, as `FileSystemStorage` calls it; default
            is to give the new one another name.
        base_url: where browsers find the files, when a proxy or a CDN serves them; it ends with a slash.
            None signs an address for each.
        url_expiry: seconds that such an address works. Default 1 hour.
        server: fields of `Config`, such as `{"base_url": "http://localhost:9000"}`, in place of the
            environment's.
    """

    def __init__(
        self,
        *,
        bucket: str,
        tenant: str | Callable[[], str],
        allow_overwrite: bool = False,
        base_url: str | None = None,
        url_expiry: int = 3600,
        server: dict[str, Any] | None = None,
    ) -> None:
        self.bucket = bucket
        self._whose = tenant
        self._overwrites = allow_overwrite
        self._base_url = base_url
        self._url_expiry = url_expiry
        self._server = server or {}

    @property
    def storage(self) -> MinIOClient:
        """The tenant's view of the client; made for each use, as the tenant may be another."""
        tenant = self._whose() if callable(self._whose) else self._whose
        if not tenant:  # `with_(tenant_id=None)` would be the store without tenants
            raise ImproperlyConfigured("a storage needs a tenant")
        return _client(**self._server).with_(tenant_id=tenant)

    # --- what Django asks for --------------------------------------------------------------------

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Store a file under its name, or under another one that nobody has.

        Between the question whether a name is free and the upload, another process may take it. So the
        upload says that there must be no such file, and the server decides who was first.
        """
        for _ in range(ATTEMPTS):
            try:
                saved: str = super().save(name, content, max_length)
                return saved
            except FileExistsError:
                continue  # the next look finds the name taken, and makes up another
        raise FileExistsError(f"{name}: somebody else was first, {ATTEMPTS} times")

    def _save(self, name: str, content: File) -> str:
        key = self._key(name)
        if content.seekable():
            content.seek(0)  # may be the second attempt
        text = isinstance(content.file, io.TextIOBase)  # as that of ContentFile("text")
        data = content.read().encode() if text else content
        try:
            # The type is guessed from the name. What the browser says, it may have been told by anybody.
            self.storage.upload_object(
                self.bucket, key, data, if_none_match=None if self._overwrites else "*"
            )
        except PreconditionFailedError:
            raise FileExistsError(f"{name}: there is such a file") from None
        return key

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode not in ("rb", "wb"):
            raise ValueError(f"mode {mode!r}: files in this storage are open as 'rb' or 'wb'")
        key = self._key(name)
        try:
            file = self.storage.open(self.bucket, key, mode)  # type: ignore[call-overload]
        except NotFoundError:
            raise FileNotFoundError(f"{name}: there is no such file") from None
        return File(file, name) if mode == "rb" else _Written(file, name)

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Whether a file may be stored under the name; asked by `get_available_name`."""
        fits = not max_length or len(name) <= max_length
        return fits and (self._overwrites or not self.exists(name))

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return self.storage.object_exists(self.bucket, self._key(name))

    def delete(self, name: str) -> None:
        """Remove a file; one that isn't there is no error."""
        try:
            self.storage.delete_object(self.bucket, self._key(name))
        except BucketNotFoundError:
            pass

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Folders and files directly below a path; nothing where there is no such path."""
        prefix = "" if path in ("", ".", "/") else self._key(path) + "/"
        try:
            found = self.storage.list_objects(self.bucket, prefix, recursive=False)
        except BucketNotFoundError:
            found = []
        folders = [item.key[len(prefix) : -1] for item in found if item.is_prefix]
        return folders, [item.key[len(prefix) :] for item in found if not item.is_prefix]

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self._look(name).size

    def get_modified_time(self, name: str) -> datetime:
        """When it was stored; with a time zone if `USE_TZ`."""
        found = self._look(name).last_modified
        assert found is not None  # every server tells
        return found if settings.USE_TZ else make_naive(found)

    def url(self, name: str) -> str:
        """Where a browser finds the file: below `base_url`, or by an address that works for some time."""
        key = self._key(name)
        if self._base_url is not None:
            return urljoin(self._base_url, str(filepath_to_uri(key)).lstrip("/"))
        return self.storage.get_presigned_url(self.bucket, key, self._url_expiry)

    # --- names -----------------------------------------------------------------------------------

    def _look(self, name: str) -> ObjectMetadata:
        try:
            return self.storage.get_object_metadata(self.bucket, self._key(name))
        except NotFoundError:
            raise FileNotFoundError(f"{name}: there is no such file") from None

    @staticmethod
    def _key(name: str) -> str:
        """A name as a key. Keys are no paths, but whoever copies a bucket to a disk makes paths of them.

        Raises:
            SuspiciousFileOperation: it leads out of the storage, or holds what can't be seen, or is longer
                than keys are. Django makes a 400 of it.
        """
        key = posixpath.normpath(str(name).replace("\\", "/"))
        outside = key in (".", "..") or key.startswith(("/", "../"))
        if outside or not key.isprintable() or len(key.encode()) > 1024:
            raise SuspiciousFileOperation(f"{str(name)[:200]!r} is no name of a file")
        return key


class TenantStaticStorage(ManifestFilesMixin, TenantStorage):
    """For `collectstatic`: names with a hash of the contents, so that browsers may keep the files."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_overwrite": True, **options})


class _Written(File):
    """Django's own closes the file after an exception too, and that would publish the half of it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.__exit__(kind, error, trace)
