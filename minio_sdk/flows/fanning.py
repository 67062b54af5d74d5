"""The same bytes under many keys: sent for each where they are few, else sent once and copied by the server.

MinIO has a form for it (PutObjectFanOut), which isn't used: it checks the permission for one key that is made
up, and not for those in its list; it drops content types; it takes 16 MiB at most; and to any other server it
is the upload of an object nobody wants.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from minio_sdk.config import MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotSupportedError, ValidationError, invalid
from minio_sdk.flows import uploads
from minio_sdk.flows.bulk import AT_ONCE, Tally
from minio_sdk.flows.bulk_items import VERBS, Done, do_one, failed
from minio_sdk.flows.leases import users_code
from minio_sdk.flows.progress import Meter, OnProgress
from minio_sdk.flows.sources import Source
from minio_sdk.models.bulk import BulkResult
from minio_sdk.models.names import check_concurrency, check_key
from minio_sdk.models.record import Record
from minio_sdk.models.results import UploadResponse
from minio_sdk.protocols import AtHand

SMALL = MiB
"""Bytes that are sent for each key; a copy of more is quicker than to send them again."""

KNOWN = frozenset({"key", "content_type", "metadata", "tags", "storage_class"})


@dataclass(frozen=True, slots=True)
class Fan:
    """What is to be stored under which keys.

    Attributes:
        bucket: its name.
        items: for each key, what describes the object.
        common: what describes all of them.
        concurrency: how many at once; None chooses it.
        progress: the user's function; True for a bar.
    """

    bucket: str
    items: list[dict[str, Any]]
    common: dict[str, Any]
    concurrency: int | None
    progress: OnProgress | bool | None

    def __post_init__(self) -> None:
        check_concurrency(self.concurrency)


def items_of(given: Any) -> list[dict[str, Any]]:
    """The items as users give them: keys, or dicts.

    Raises:
        ValidationError: no list, one that isn't right, or a key that is there twice.
    """
    if isinstance(given, (str, bytes, Mapping, Record, AsyncIterable)) or not isinstance(
        given, Iterable
    ):
        raise invalid("items", given, "must be a list of keys, or of dicts")
    items: list[dict[str, Any]] = []
    keys: set[str] = set()
    for number, each in enumerate(given):
        where = f"items[{number}]"
        item = {"key": each} if isinstance(each, str) else each
        if not isinstance(item, Mapping):
            raise invalid(where, each, "must be a key or a dict")
        if not item.keys() <= KNOWN:
            name = next(name for name in item if name not in KNOWN)
            raise invalid(where, name, f"is not one of {', '.join(sorted(KNOWN))}")
        key = check_key(item.get("key"), f"{where}.key")
        if key in keys:
            raise invalid(f"{where}.key", key, "is there already")
        keys.add(key)
        items.append({name: value for name, value in item.items() if value is not None})
    return items


async def fan_out(engine: Engine, fan: Fan, source: Source) -> BulkResult:
    """Store the bytes under each key."""
    engine.place(fan.bucket)
    for number, item in enumerate(fan.items):
        try:
            uploads.object_headers(item["key"], **_described(fan, item))
        except ValidationError as error:
            error.message = f"items[{number}].{error.message}"
            raise
    meter = Meter(engine.transport.clock, fan.progress)
    meter.objects_total = len(fan.items)
    tally = Tally(engine.transport.clock, meter)
    try:
        if fan.items:
            await _Job(engine, fan, source, tally).run()
    finally:
        meter.close()
    return tally.result()


def _described(fan: Fan, item: Mapping[str, Any]) -> dict[str, Any]:
    """What describes one of the objects, as arguments."""
    own = {name: value for name, value in item.items() if name not in ("bucket", "key")}
    return {"content_type": None, "metadata": None, **fan.common, **own}


@dataclass(frozen=True, slots=True)
class _Job:
    """One fan-out on its way; each key has an outcome of its own."""

    engine: Engine
    fan: Fan
    source: Source
    tally: Tally

    async def run(self) -> None:
        """Do it."""
        source, fan = self.source, self.fan
        body = source.whole
        if body is None:
            with users_code():
                body = await source.read(self.engine.transport, SMALL + 1)
            if len(body) > SMALL:
                source.unread(body)
        everything = range(len(fan.items))
        if len(body) <= SMALL:
            if source.whole is None:
                source.check_length(len(body))
            given = {index: {**self._item(index), "data": bytes(body)} for index in everything}
            await self._spread("upload", given)
            return
        first, stored = await self._seed()
        if stored is not None:
            await self._copy(stored, everything[first + 1 :])

    def _item(self, index: int) -> dict[str, Any]:
        item = self.fan.items[index]
        return {"bucket": self.fan.bucket, "key": item["key"], **_described(self.fan, item)}

    async def _spread(self, verb: str, given: Mapping[int, dict[str, Any]]) -> list[Done]:
        """Do the same with many items side by side."""
        engine = self.engine
        limit = min(self.fan.concurrency or AT_ONCE, engine.config.pool_size)
        lane = engine.lane()
        own = lane.share(AT_ONCE // limit or 1)
        done: list[Done] = []

        async def one(index: int) -> Done:
            return await do_one(own, VERBS[verb], (index, dict(given[index])))

        def add(outcomes: Done) -> None:
            again = [each for each in outcomes if isinstance(each[1], NotSupportedError)]
            if verb == "copy" and again:
                done.append(again)
                return
            self.tally.add([(index, _uploaded(outcome)) for index, outcome in outcomes])

        await lane.transport.map(one, AtHand(given), limit, add)
        return done

    async def _seed(self) -> tuple[int, UploadResponse | None]:
        """Send the bytes for the first key that takes them; which one, and what it became."""
        for index in range(len(self.fan.items)):
            outcome = await self._send(index)
            self.tally.add([(index, outcome)])
            if isinstance(outcome, UploadResponse):
                return index, outcome
            if not await self.source.rewind(self.engine.transport):
                rest = range(index + 1, len(self.fan.items))
                self.tally.add([(other, self._unsent(other, outcome)) for other in rest])
                break
        return 0, None

    def _unsent(self, index: int, cause: MinIOError) -> MinIOError:
        key = self.fan.items[index]["key"]
        error = MinIOError(
            f"items[{index}]: the data can't be read again after an earlier key failed",
            bucket=self.fan.bucket,
            key=key,
            hint="give bytes, or a file that can seek",
        )
        error.__cause__ = cause
        return error

    async def _send(self, index: int) -> Any:
        engine, item = self.engine.begin(), self.fan.items[index]
        try:
            headers = uploads.object_headers(item["key"], **_described(self.fan, item))
            place = engine.place(self.fan.bucket)
            return await uploads.put(
                engine, place, item["key"], self.source, headers, create_bucket=True
            )
        except Exception as error:
            return failed(error, index, {"bucket": self.fan.bucket, "key": item["key"]})

    async def _copy(self, stored: UploadResponse, others: range) -> None:
        """Have the server copy what is stored; where it can't, the bytes are sent again."""
        given: dict[int, dict[str, Any]] = {}
        for index in others:
            item = self._item(index)
            headers = uploads.object_headers(item["key"], **_described(self.fan, item))
            given[index] = {
                **_described(self.fan, item),
                "dest_bucket": item["bucket"],
                "dest_key": item["key"],
                "source_bucket": item["bucket"],
                "source_key": stored.key,
                "if_match": stored.etag,
                "content_type": headers["content-type"],
                "metadata": item["metadata"] or {},
                "tags": item.get("tags") or {},
            }
        for outcomes in await self._spread("copy", given):
            for index, refused in outcomes:
                again = await self.source.rewind(self.engine.transport)
                self.tally.add([(index, await self._send(index) if again else refused)])


def _uploaded(outcome: Any) -> Any:
    return replace(outcome, status="uploaded") if isinstance(outcome, UploadResponse) else outcome
