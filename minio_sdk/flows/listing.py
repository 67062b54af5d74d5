"""Listings, page by page; nothing is kept but the page at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator

from minio_sdk.engine import Engine
from minio_sdk.errors import ServerError
from minio_sdk.models.results import ObjectInfo
from minio_sdk.operation import Place
from minio_sdk.operations.list_objects import ListObjectsV2, ListObjectVersions
from minio_sdk.wire.listing import Page
from minio_sdk.wire.xml import writable

PAGE = 1000
"""Entries asked for at once; the most that S3 gives."""


async def pages(
    engine: Engine,
    place: Place,
    prefix: str = "",
    *,
    delimiter: str = "",
    start_after: str = "",
    limit: int | None = None,
) -> AsyncIterator[Page]:
    """The pages of ListObjectsV2.

    Raises:
        ServerError: the server says there is more and not where, or sends the same page again.
    """
    token = ""
    seen = 0
    while True:
        most = PAGE if limit is None else min(PAGE, limit - seen)
        page = await engine.send(
            ListObjectsV2(place, prefix, delimiter, token, "" if token else start_after, most)
        )
        yield page
        seen += len(page.objects)
        if not page.truncated or (limit is not None and seen >= limit):
            return
        following = _following(place, page)
        if not following or following == token:
            raise ServerError(
                "the server says that the listing goes on, and not where", operation="ListObjectsV2"
            )
        token = following


def _following(place: Place, page: Page) -> str | None:
    """The token of the next page.

    SeaweedFS takes the last key for it, and writes that into XML, which can't carry all characters:
    they come as U+FFFD. Taken as it came, such a token would leave keys out or list them twice.
    """
    token = page.token
    if not token or "\ufffd" not in token:
        return token
    keys = (place.prefix + item.key for item in page.objects)
    meant = (k for k in keys if "".join(c if writable(c) else "\ufffd" for c in k) == token)
    return max(meant, default=token)


async def objects(
    engine: Engine, place: Place, prefix: str = "", *, limit: int | None = None
) -> AsyncIterator[ObjectInfo]:
    """The objects below a prefix, lazily."""
    async for page in pages(engine, place, prefix, limit=limit):
        for item in page.objects:
            yield item


async def versions(engine: Engine, place: Place, prefix: str = "") -> AsyncIterator[ObjectInfo]:
    """All versions and delete markers below a prefix, lazily."""
    key = version = ""
    while True:
        page = await engine.send(ListObjectVersions(place, prefix, key, version, PAGE))
        for item in page.objects:
            yield item
        if not page.truncated:
            return
        if not page.next_key or (page.next_key, page.next_version or "") == (key, version):
            raise ServerError(
                "the server says that the listing goes on, and not where",
                operation="ListObjectVersions",
            )
        key, version = page.next_key, page.next_version or ""
