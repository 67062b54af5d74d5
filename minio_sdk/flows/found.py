"""The objects that a user asks for: lazily in the server's order, or as a list in byte order.

Rule of this file: what is found is the same on every server. What a server is asked to leave out is left
out here as well, since not all of them do.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from minio_sdk.engine import Engine
from minio_sdk.errors import NotSupportedError, ValidationError, invalid
from minio_sdk.flows import ahead, buckets, listing, moments
from minio_sdk.models.moments import Moment, moment_of
from minio_sdk.models.names import check_concurrency, check_flag, check_prefix
from minio_sdk.models.results import ObjectInfo
from minio_sdk.models.showing import RecordList
from minio_sdk.operation import Place
from minio_sdk.operations.list_objects import ListObjectsV2
from minio_sdk.wire.listing import Beside, Page
from minio_sdk.wire.quirks import is_minio, sorts_by_folder

_BY_KEY = attrgetter("key")  # code points sort as their UTF-8 does


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for; the fields are the arguments of `list_objects`.

    Raises:
        ValidationError: one of them is of the wrong kind.
    """

    bucket: str
    prefix: str
    suffix: str
    recursive: bool
    versions: bool
    limit: int | None
    start_after: str | None
    concurrency: int | None = None
    at: Moment | None = None
    include_user_meta: bool = False
    fetch_owner: bool = False
    moment: datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        check_prefix(self.prefix)
        check_prefix(self.suffix, "suffix")
        if self.start_after is not None:
            check_prefix(self.start_after, "start_after")  # empty: from the beginning
        for name in ("recursive", "versions", "include_user_meta", "fetch_owner"):
            check_flag(name, getattr(self, name))
        limit = self.limit
        if limit is not None and (
            not isinstance(limit, int) or isinstance(limit, bool) or limit < 0
        ):
            raise invalid("limit", limit, "must be a whole number, or None for all")
        check_concurrency(self.concurrency)
        if self.at is not None:
            object.__setattr__(self, "moment", moment_of(self.at))
            if self.versions:
                raise ValidationError("at, versions: give one of the two")

    @property
    def beside(self) -> Beside:
        """What the entries are to tell beside what they always do."""
        return Beside(owner=self.fetch_owner, metadata=self.include_user_meta)

    def chosen(self, items: list[ObjectInfo]) -> list[ObjectInfo]:
        """Those that are asked for."""
        start, suffix = self.start_after or "", self.suffix
        if start or suffix:
            return [item for item in items if item.key.endswith(suffix) and item.key > start]
        return items

    def most(self, found: int) -> int:
        """How many entries to ask for when so many are found."""
        # A suffix is sorted out here, so that the server must be asked for more than the limit.
        if self.limit is None or self.suffix or found >= self.limit:
            return listing.PAGE
        return min(listing.PAGE, self.limit - found)

    def at_once(self, engine: Engine) -> int:
        """How many requests may be under way for it."""
        if self.versions or self.at is not None or not self.recursive:
            return 1
        pages = None if self.suffix or self.limit is None else -(-self.limit // listing.PAGE)
        at_once = min(self.concurrency or 1, engine.config.pool_size)
        return at_once if pages is None else min(at_once, pages)


async def batches(engine: Engine, question: Question) -> AsyncGenerator[list[ObjectInfo], None]:
    """What is asked for, in the server's order, as lists of what each page has of it."""
    count = 0

    def most() -> int:
        return question.most(count)

    limit = question.limit
    if limit == 0:
        return
    async with aclosing(_pages(engine, question, most)) as pages:
        async for page in pages:
            batch = question.chosen(page.objects)
            if limit is not None:
                batch = batch[: limit - count]
            count += len(batch)
            yield batch
            if count == limit:
                return


async def items(engine: Engine, question: Question) -> AsyncGenerator[ObjectInfo, None]:
    """The same, one by one."""
    async with aclosing(batches(engine, question)) as found:
        async for batch in found:
            for item in batch:
                yield item


async def listed(engine: Engine, question: Question) -> RecordList[ObjectInfo]:
    """What is asked for, in byte order; with a limit, the first of all."""
    limit = question.limit
    kept: RecordList[ObjectInfo] = RecordList()

    def most() -> int:
        if sorts_by_folder(engine.api.server):
            return listing.PAGE  # the limit may not end it, and fewer pages have fewer seams
        return question.most(len(kept))

    if limit == 0:
        return kept
    async with aclosing(_pages(engine, question, most)) as pages:
        async for page in pages:
            kept += question.chosen(page.objects)
            if limit is not None and len(kept) >= limit:
                kept.sort(key=_BY_KEY)  # stable: of one key, the newest stays first
                del kept[limit:]
                if _settled(engine, question.prefix, page, kept[-1].key):
                    return kept
    kept.sort(key=_BY_KEY)
    return kept


def _settled(engine: Engine, prefix: str, page: Page, last: str) -> bool:
    """Whether no key of the pages to come stands before `last` in byte order."""
    if not sorts_by_folder(engine.api.server):
        return True
    # Listed after the folder "d/" and smaller in byte order are "d!", "d-x" ... only, and the first key
    # from "d0" on ends them.
    slash = last.find("/", len(prefix))
    return slash < 0 or any(item.key >= last[:slash] + "0" for item in page.objects)


async def _pages(
    engine: Engine, question: Question, most: listing.Most
) -> AsyncGenerator[Page, None]:
    place = engine.place(question.bucket)
    empty = True
    walked = _walk(engine, place, question, most)
    async with aclosing(walked) as pages:
        async for page in pages:
            empty = empty and not page.objects
            if question.include_user_meta:
                _expect_metadata(engine, place, page)
            yield page
    if empty and place.prefix:
        # Below a shared bucket, nothing to list may mean that the tenant's bucket isn't there.
        await buckets.check(engine, ListObjectsV2(place, question.prefix))


def _expect_metadata(engine: Engine, place: Place, page: Page) -> None:
    """Refuse a page that leaves metadata out: it would look as if there was none.

    Raises:
        NotSupportedError: no object of it has any, though each has a type at least. From MinIO it is a word
            on what the caller may read.
    """
    if is_minio(engine.api.server):
        return
    objects = [item for item in page.objects if not (item.is_prefix or item.is_delete_marker)]
    if objects and all(item.metadata is None for item in objects):
        error = NotSupportedError(
            "the server lists objects without their metadata, which it was asked for",
            hint="get_object_metadata() of each; MinIO has it in listings",
        )
        raise engine.named(error, ListObjectsV2(place))


def _walk(
    engine: Engine, place: Place, question: Question, most: listing.Most
) -> AsyncGenerator[Page, None]:
    start_after, beside = question.start_after or "", question.beside
    if question.moment is not None:
        return moments.pages(
            engine,
            place,
            question.prefix,
            question.moment,
            delimiter="" if question.recursive else "/",
            start_after=start_after,
            beside=beside,
        )
    at_once = question.at_once(engine)
    if at_once > 1:
        return ahead.pages(
            engine, place, question.prefix, at_once, start_after=start_after, beside=beside
        )
    return (listing.version_pages if question.versions else listing.pages)(
        engine,
        place,
        question.prefix,
        delimiter="" if question.recursive else "/",
        start_after=start_after,
        most=most,
        beside=beside,
    )
