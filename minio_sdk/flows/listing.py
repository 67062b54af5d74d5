"""Listings, page by page; nothing is kept but the page at hand."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import ServerError
from minio_sdk.models.results import ObjectInfo
from minio_sdk.operation import Operation, Place
from minio_sdk.operations.list_objects import ListObjectsV2, ListObjectVersions
from minio_sdk.operations.multipart import (
    ListMultipartUploads,
    ListParts,
    StoredPart,
    Upload,
)
from minio_sdk.wire.listing import NOTHING, Beside, Page
from minio_sdk.wire.quirks import is_minio, key_of_token, sorts_by_folder
from minio_sdk.wire.xml import writable

PAGE = 1000
"""Entries asked for at once; the most that S3 gives."""

Most = Callable[[], int]
"""Says how many entries the next page may have."""


def _whole_page() -> int:
    return PAGE


async def pages(
    engine: Engine,
    place: Place,
    prefix: str = "",
    *,
    delimiter: str = "",
    start_after: str = "",
    most: Most = _whole_page,
    beside: Beside = NOTHING,
) -> AsyncGenerator[Page, None]:
    """The pages of ListObjectsV2; `most` is asked how many entries each may have.

    What comes up to `start_after` may be in them all the same: not every server leaves it out.

    Raises:
        ServerError: the server says there is more and not where, or sends the same page again.
    """
    token = ""
    while True:
        begin = "" if token or sorts_by_folder(engine.api.server) else start_after
        asked = ListObjectsV2(place, prefix, delimiter, token, begin, most(), beside)
        page = await engine.send(asked)
        if begin and sorts_by_folder(engine.api.server):
            continue  # who it is came with this answer, which leaves keys out
        if begin and not page.truncated and await _ends_early(engine, place, prefix, begin):
            start_after, most = "", _whole_page
            continue
        yield page
        if not page.truncated:
            return
        token = next_token(engine, place, page, token)


async def _ends_early(engine: Engine, place: Place, prefix: str, begin: str) -> bool:
    """Whether a listing behind `begin` may have ended for what stands beside its folders.

    MinIO counts ``a!`` for the page behind ``a/b``, leaves it out, and then says that there is no more.
    """
    if not is_minio(engine.api.server):
        return False
    slash = begin.find("/", len(prefix))
    while slash >= 0:
        folder = begin[:slash]
        page = await engine.send(ListObjectsV2(place, folder, "", "", folder, 1))
        if page.objects and page.objects[0].key < folder + "/":
            return True
        slash = begin.find("/", slash + 1)
    return False


def next_token(engine: Engine, place: Place, page: Page, token: str) -> str:
    """The token of the page behind `page`, which was asked for by `token`.

    Raises:
        ServerError: there is none, or the same again.
    """
    following = _following(place, page)
    if not following or following == token:
        raise _endless(ListObjectsV2)
    key = key_of_token(engine.api.server, following)
    if key is not None:
        place.key_back(key)  # refuses another tenant's
    return following


def _endless(asked: type[Operation[Any]]) -> ServerError:
    return ServerError(
        "the server says that the listing goes on, and not where", operation=asked.name
    )


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
    engine: Engine, place: Place, prefix: str = ""
) -> AsyncGenerator[ObjectInfo, None]:
    """The objects below a prefix, lazily."""
    async with aclosing(pages(engine, place, prefix)) as walked:
        async for page in walked:
            for item in page.objects:
                yield item


async def version_pages(
    engine: Engine,
    place: Place,
    prefix: str = "",
    *,
    delimiter: str = "",
    start_after: str = "",
    most: Most = _whole_page,
    beside: Beside = NOTHING,
) -> AsyncGenerator[Page, None]:
    """The pages of ListObjectVersions; else as `pages`."""
    key = place.key_out(start_after, "start_after") if start_after else ""
    version = ""
    while True:
        asked = ListObjectVersions(place, prefix, key, version, most(), delimiter, beside)
        page = await engine.send(asked)
        last = start_after and not page.truncated
        if last and await _ends_early(engine, place, prefix, start_after):
            key = version = start_after = ""
            most = _whole_page
            continue
        yield page
        start_after = ""
        if not page.truncated:
            return
        if not page.next_key or (page.next_key, page.next_version or "") == (key, version):
            raise _endless(ListObjectVersions)
        key, version = page.next_key, page.next_version or ""


async def versions(
    engine: Engine, place: Place, prefix: str = ""
) -> AsyncGenerator[ObjectInfo, None]:
    """All versions and delete markers below a prefix, lazily."""
    async with aclosing(version_pages(engine, place, prefix)) as walked:
        async for page in walked:
            for item in page.objects:
                yield item


async def uploads(engine: Engine, place: Place, prefix: str = "") -> AsyncGenerator[Upload, None]:
    """The unfinished multipart uploads below a prefix, lazily.

    Raises:
        ServerError: the server says there are more and not where, or sends the same page again.
    """
    key = upload_id = ""
    while True:
        page = await engine.send(ListMultipartUploads(place, prefix, key, upload_id))
        for upload in page.uploads:
            yield upload
        if not page.is_truncated:
            return
        before = (key, upload_id)
        key, upload_id = page.next_key_marker or "", page.next_upload_id_marker or ""
        if not key or (key, upload_id) == before:
            raise _endless(ListMultipartUploads)


async def parts(
    engine: Engine, place: Place, key: str, upload_id: str
) -> AsyncGenerator[StoredPart, None]:
    """The parts that an unfinished upload has, lazily.

    Raises:
        ServerError: the server says there are more, and sends none.
    """
    last = 0
    while True:
        page = await engine.send(ListParts(place, key, upload_id, last))
        for part in page.parts:
            yield part
        before, last = last, max((part.part_number for part in page.parts), default=0)
        if not page.is_truncated:
            return
        if last <= before:
            raise _endless(ListParts)
