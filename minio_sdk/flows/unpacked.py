"""What a server has made of a tar: each object is looked for, with its size, MD5 and date.

An answer of 200 proves nothing, and an object of the same bytes that was there before isn't ours: it may have
other metadata. So the date counts too, by the server's own clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from os.path import commonprefix

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOConnectionError, MinIOError
from minio_sdk.flows import listing
from minio_sdk.models.results import ObjectInfo, ObjectMetadata, UploadResponse
from minio_sdk.operation import Place
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.wire.describing import DESCRIBING
from minio_sdk.wire.metadata import read_metadata

AT_ONCE = 16
FEW = 16
"""Where a page settles fewer than these, other keys lie between: the rest is asked for one by one."""

_SLACK = timedelta(seconds=2)
"""Dates in headers have no parts of seconds."""


@dataclass(slots=True)
class Expected:
    """An object that is to be there.

    Attributes:
        key: the tenant's.
        size: bytes.
        headers: what describes it.
        etag: the MD5 of its bytes.
    """

    key: str
    size: int
    headers: Mapping[str, str]
    etag: str | None = None

    def described(self, found: ObjectMetadata) -> bool:
        """Whether the object has what describes it."""
        headers = self.headers
        for name in DESCRIBING:
            value = headers.get(name.replace("_", "-"))
            if value is not None and value != getattr(found, name):
                return False
        tags = headers.get("x-amz-tagging", "")
        return found.metadata == read_metadata(headers) and found.tag_count == (
            tags.count("&") + 1 if tags else 0
        )


class Unpacked:
    """Looks for what was in a tar.

    Args:
        engine: sends.
        place: the bucket.
        expected: what is to be there, by key.
        date: when the server had taken the tar, by its clock; None when it didn't say.
        seconds: how long that had taken.

    Attributes:
        spoiled: an object is there and isn't described as it was to be; nothing counts then.
    """

    def __init__(
        self,
        engine: Engine,
        place: Place,
        expected: Mapping[str, Expected],
        date: datetime | None,
        seconds: float,
    ) -> None:
        self.spoiled = False
        self._engine = engine
        self._place = place
        self._expected = expected
        self._since = date - timedelta(seconds=seconds) - _SLACK if date is not None else None
        self._found: dict[str, UploadResponse] = {}
        self._versioned = False

    async def found(self) -> dict[str, UploadResponse]:
        """Those that are there, by key.

        Raises:
            MinIOConnectionError: nobody answers.
        """
        keys = sorted(self._expected)
        if self._since is None or not keys:
            return {}
        richest = max(keys, key=lambda key: len(self._expected[key].headers))
        if not await self._head(richest):
            return {}
        while keys and not self.spoiled:
            first, *keys = keys
            if first != richest:
                await self._head(first)
            covered = await self._listed(first, keys)
            keys = keys[covered:]
            if covered < FEW:
                limit = min(AT_ONCE, self._engine.config.pool_size)
                await self._engine.transport.map(self._head, keys, limit)
                break
        return {} if self.spoiled else self._found

    async def _head(self, key: str) -> bool:
        """Look at one object."""
        try:
            found = await self._engine.send(HeadObject(self._place, key))
        except MinIOConnectionError:
            raise
        except MinIOError:
            return False
        if not self._is_ours(found):
            return False
        if not self._expected[key].described(found):
            self.spoiled = True
        self._versioned = self._versioned or found.version_id not in (None, "null")
        self._take(found)
        return True

    async def _listed(self, first: str, keys: list[str]) -> int:
        """Look at a page of what comes behind `first`; how many of the sorted keys it settles."""
        if not keys:
            return 0
        walk = listing.version_pages if self._versioned else listing.pages
        prefix = commonprefix([first, keys[-1]])  # noqa: RUF071 (of characters, indeed)
        found = walk(self._engine, self._place, prefix, start_after=first)
        try:
            async with aclosing(found) as pages:
                async for page in pages:
                    for item in page.objects:
                        if item.is_latest is not False and self._is_ours(item):
                            self._take(item)
                    if not page.truncated:
                        return len(keys)
                    return bisect_right(keys, page.objects[-1].key) if page.objects else 0
        except MinIOConnectionError:
            raise
        except MinIOError:
            return 0  # it may not be listed
        return 0

    def _is_ours(self, found: ObjectInfo | ObjectMetadata) -> bool:
        expected = self._expected.get(found.key)
        if expected is None or found.last_modified is None or self._since is None:
            return False
        same = (found.size, found.etag) == (expected.size, expected.etag)
        return same and found.last_modified >= self._since

    def _take(self, found: ObjectInfo | ObjectMetadata) -> None:
        self._found[found.key] = UploadResponse(
            key=found.key,
            size=found.size,
            etag=found.etag,
            version_id=found.version_id,
            bucket=self._place.bucket,
        )
