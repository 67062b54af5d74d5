"""What was there at a moment, by the versions that a bucket keeps.

It is the version that was written last by then, unless that is a delete marker. When versions were written is
the server's own word; some servers tell it in whole seconds only.

Rule of this file: what can't be known is an error, never a guess. A bucket that keeps no versions, or didn't
at some time, may have had something that is overwritten, or gone without a trace.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    ServerError,
)
from minio_sdk.flows import listing, objects
from minio_sdk.models.moments import moment_of, moment_or_version
from minio_sdk.models.names import check_key
from minio_sdk.models.results import ObjectInfo, ObjectMetadata
from minio_sdk.operation import ObjectOperation, Operation, Place
from minio_sdk.operations.bucket_versioning import GetBucketVersioning
from minio_sdk.operations.get_object import GetObjectPart
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.list_objects import ListObjectVersions
from minio_sdk.wire.listing import NOTHING, Beside, Page
from minio_sdk.wire.quirks import lists_versions
from minio_sdk.wire.xml import writable

NULL = "null"
"""The id of what is written while a bucket keeps no versions; writing it again replaces it."""

KEEP = "set_bucket_versioning() keeps every version from then on"


class History(Protocol):
    """What is gathered of the versions of one key."""

    def add(self, entry: ObjectInfo) -> None:
        """Take one; they come in the server's order."""
        ...


H = TypeVar("H", bound=History)


@dataclass(slots=True)
class Then:
    """What the versions of a key say of a moment; so much is kept, however many there are.

    Servers differ in where they list delete markers and ``null`` versions of a key among the others, so their
    dates count, and their order only where those are the same.

    Attributes:
        moment: this one.
        found: the version that was written last by then, or the delete marker.
        lost: a ``null`` version that was written later, and may have replaced what was there then.
    """

    moment: datetime
    found: ObjectInfo | None = None
    lost: ObjectInfo | None = None

    def add(self, entry: ObjectInfo) -> None:
        """Take one version or delete marker."""
        written = entry.last_modified
        if written is None:
            raise ServerError("the server doesn't tell when the version was written", key=entry.key)
        if written > self.moment:
            if entry.version_id in (None, NULL):
                self.lost = entry
            return
        now = self.found
        if (
            now is None
            or now.last_modified is None
            or entry.is_latest
            or (not now.is_latest and written > now.last_modified)
        ):
            self.found = entry

    @property
    def object(self) -> ObjectInfo | None:
        """The object that was there; None for none."""
        found = self.found
        return None if found is None or found.is_delete_marker else found


# --- one key ------------------------------------------------------------------------------------------


async def history(
    engine: Engine, place: Place, key: str, gathered: H, enough: Callable[[H], bool]
) -> bool:
    """Gather the versions of one key; whether any is listed.

    Args:
        engine: sends.
        place, key: the object.
        gathered: takes them.
        enough: whether those behind, which are older, are of no interest.
    """
    seen = False
    # What lies below the key as below a folder comes as one entry.
    async with aclosing(listing.version_pages(engine, place, key, delimiter="/")) as pages:
        async for page in pages:
            others = False
            before = seen
            own = 0
            for item in page.objects:
                if item.key == key and not item.is_prefix:
                    gathered.add(item)
                    own += 1
                others = others or item.key > key
            seen = seen or own > 0
            if lists_versions(engine.api.server):
                if others or enough(gathered):
                    break
            elif before and not own:  # there, keys that are greater may come first
                break
    return seen


async def version_at(engine: Engine, place: Place, key: str, moment: datetime) -> ObjectInfo:
    """The version of an object that was there at a moment.

    Raises:
        ObjectNotFoundError: none was.
        NotSupportedError: it can't be known.
    """
    operation = GetObjectPart(place, check_key(key))
    then = Then(moment)
    if not await history(engine, place, key, then, lambda then: then.found is not None):
        return await _unlisted(engine, operation, moment)
    if then.lost is not None:
        raise _unknown(engine, operation, then)
    found = then.object
    if found is None:
        why = f"there was no such object at {_shown(moment)}"
        if then.found is not None:
            why += f": it was deleted at {_shown(then.found.last_modified or moment)}"
        hint = "list_objects(..., versions=True) shows the versions that there are"
        raise engine.named(ObjectNotFoundError(why, code="NoSuchKey", hint=hint), operation)
    return replace(found, version_id=found.version_id or NULL)


async def _unlisted(
    engine: Engine, operation: ObjectOperation[Any], moment: datetime
) -> ObjectInfo:
    """What can be known of a key of which no version is listed.

    Some keys are left out of listings: MinIO's below another key, SeaweedFS's beside the end of a page.
    """
    place, key = operation.place, operation.key
    try:
        current = await objects.read(engine, HeadObject(place, key))
    except ObjectNotFoundError:
        await expect_versions(engine, operation)
        why = f"there was no such object at {_shown(moment)}, and no version of it is left"
        raise engine.named(ObjectNotFoundError(why, code="NoSuchKey"), operation) from None
    written = current.last_modified
    # HTTP tells whole seconds: it may have been written up to one second later.
    if written is None or written + timedelta(seconds=1) > moment:
        error = NotSupportedError("the server doesn't list the versions of this object")
        raise engine.named(error, operation)
    return ObjectInfo(
        key=key,
        size=current.size,
        last_modified=written,
        etag=current.etag,
        version_id=current.version_id or NULL,
        is_latest=True,
    )


async def expect_versions(engine: Engine, operation: Operation[Any]) -> None:
    """Make sure that the bucket keeps versions, or did, and that a key without any in the listing has none.

    Raises:
        NotSupportedError: it never did, and what was replaced or removed left no trace; or SeaweedFS can't
            list the key.
    """
    key = operation.subject
    if not lists_versions(engine.api.server) and isinstance(key, str) and not writable(key):
        unlisted = NotSupportedError("the server can't list versions of a key with such characters")
        raise engine.named(unlisted, operation)
    if await engine.send(GetBucketVersioning(operation.place)) is None:
        why = "the bucket keeps no versions, and what was replaced or removed left no trace"
        raise engine.named(NotSupportedError(why, hint=KEEP), operation)


def _unknown(engine: Engine, operation: ObjectOperation[Any], then: Then) -> NotSupportedError:
    written = then.lost.last_modified if then.lost else None
    error = NotSupportedError(
        f"what it was at {_shown(then.moment)} can't be known: it was written at "
        f"{_shown(written or then.moment)}, while its bucket kept no versions",
        hint=KEEP,
    )
    return engine.named(error, operation)


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


async def head(
    engine: Engine, bucket: str, key: str, version_id: str | None = None, at: object = None
) -> ObjectMetadata:
    """What is known of an object, of one version of it, or of what it was at a moment."""
    moment = moment_or_version(at, version_id)
    if moment is None:
        return await objects.head(engine, bucket, key, version_id)
    place = engine.place(bucket)
    wanted = await version_at(engine, place, key, moment)
    operation = HeadObject(place, key, wanted.version_id)
    found = await objects.read(engine, operation)
    if wanted.version_id == NULL and wanted.etag != found.etag:
        await expect_same(engine, operation, wanted)
    return found


async def expect_same(engine: Engine, operation: ObjectOperation[Any], wanted: ObjectInfo) -> None:
    """Make sure that a version, whose ETag isn't the one that was listed, wasn't replaced meanwhile.

    SeaweedFS lists another ETag than it answers with for what it has encrypted while its bucket kept no
    versions. So the listing is asked once more: what was replaced before it was read is another one there.

    Raises:
        ObjectChangedError: it was replaced.
    """
    now = _Named(wanted.version_id)
    await history(engine, operation.place, operation.key, now, lambda now: now.entry is not None)
    if now.entry is None or _generation(now.entry) != _generation(wanted):
        raise changed(engine, operation)


@dataclass(slots=True)
class _Named:
    """The version of a key that has an id."""

    version_id: str | None
    entry: ObjectInfo | None = None

    def add(self, entry: ObjectInfo) -> None:
        if (entry.version_id or NULL) == self.version_id:
            self.entry = entry


def _generation(entry: ObjectInfo) -> tuple[object, ...]:
    return entry.etag, entry.last_modified, entry.size, entry.is_delete_marker


def changed(engine: Engine, operation: ObjectOperation[Any]) -> ObjectChangedError:
    """A version called ``null`` was replaced between looking for it and reading it."""
    why = "the version was replaced, as its bucket keeps no versions now"
    return engine.named(ObjectChangedError(why, hint=KEEP), operation)


async def exists(engine: Engine, bucket: str, key: str, at: object = None) -> bool:
    """Whether the object is there, or was; false too when its bucket isn't."""
    if at is None:
        return await objects.object_exists(engine, bucket, key)
    moment = moment_of(at)
    try:
        await version_at(engine, engine.place(bucket), key, moment)
    except NotFoundError:
        return False
    return True


# --- listings -----------------------------------------------------------------------------------------


async def pages(
    engine: Engine,
    place: Place,
    prefix: str,
    moment: datetime,
    *,
    delimiter: str = "",
    start_after: str = "",
    beside: Beside = NOTHING,
) -> AsyncGenerator[Page, None]:
    """The pages of a listing as it was at a moment, with the versions of the objects.

    Raises:
        NotSupportedError: it can't be known.
    """
    await expect_versions(engine, ListObjectVersions(place, prefix))
    walked = _walked(engine, place, prefix, moment, delimiter, start_after, beside)
    async with aclosing(walked) as found:
        async for page in found:
            yield page


async def histories(
    engine: Engine,
    place: Place,
    prefix: str,
    make: Callable[[], H],
    *,
    delimiter: str = "",
    start_after: str = "",
    beside: Beside = NOTHING,
) -> AsyncGenerator[tuple[Page, dict[str, H | ObjectInfo]], None]:
    """Each page of versions, and what is gathered of the keys that end there; folders as they came."""
    held: dict[str, H] = {}
    versions = listing.version_pages(
        engine, place, prefix, delimiter=delimiter, start_after=start_after, beside=beside
    )
    async with aclosing(versions) as found:
        async for page in found:
            gathered, folders = held, {}
            order: dict[str, None] = dict.fromkeys(held)
            split = _unfinished(page)
            for item in page.objects:
                order[item.key] = None
                if item.is_prefix:
                    folders[item.key] = item
                    continue
                of_key = gathered.get(item.key)
                if of_key is None:
                    of_key = gathered[item.key] = make()
                of_key.add(item)
            held = {key: each for key, each in gathered.items() if key in split}
            yield page, {key: folders.get(key) or gathered[key] for key in order if key not in held}


async def _walked(
    engine: Engine,
    place: Place,
    prefix: str,
    moment: datetime,
    delimiter: str = "",
    start_after: str = "",
    beside: Beside = NOTHING,
) -> AsyncGenerator[Page, None]:
    walked = histories(
        engine,
        place,
        prefix,
        lambda: Then(moment),
        delimiter=delimiter,
        start_after=start_after,
        beside=beside,
    )
    async with aclosing(walked) as found:
        async for page, known in found:
            page.objects = []
            for key, each in known.items():
                if isinstance(each, ObjectInfo):
                    if await _was_there(engine, place, key, moment):
                        page.objects.append(each)
                elif each.lost is not None:
                    raise _unknown(engine, GetObjectPart(place, key), each)
                elif each.object is not None:
                    page.objects.append(each.object)
            yield page


def _unfinished(page: Page) -> set[str]:
    """The keys of a page whose versions may go on in the next one."""
    keys = [item.key for item in page.objects if not item.is_prefix]
    # The last one, also where delete markers stand behind the versions of all keys.
    return {keys[-1], max(keys)} if keys and page.truncated else set()


async def _was_there(engine: Engine, place: Place, folder: str, moment: datetime) -> bool:
    """Whether a folder had any object."""
    async with aclosing(_walked(engine, place, folder, moment)) as found:
        async for page in found:
            if page.objects:
                return True
    return False
