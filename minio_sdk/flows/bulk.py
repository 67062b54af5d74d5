"""Jobs over many objects: what is taken, how many at once, and what they come to.

Rule of this file: items are taken only as fast as they are worked on, and an outcome is kept for each of
them, whatever becomes of the others.
"""

from __future__ import annotations

import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Generator,
    Iterable,
    Mapping,
    Sequence,
    Sized,
)
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from minio_sdk.clock import Clock
from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, ValidationError, invalid
from minio_sdk.flows import copies
from minio_sdk.flows.bulk_items import (
    VERBS,
    Done,
    Outcome,
    Package,
    do,
    do_one,
    failed,
    total_of,
)
from minio_sdk.flows.checkpoint import Checkpoint
from minio_sdk.flows.packing import Pack, Packer
from minio_sdk.flows.progress import Meter, OnProgress, check_progress
from minio_sdk.models.bulk import BulkResult
from minio_sdk.models.names import check_concurrency, check_flag
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.record import Record
from minio_sdk.models.results import UploadResponse
from minio_sdk.operations.delete_objects import MAX_KEYS
from minio_sdk.protocols import AtHand

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
Items = Iterable[Any] | AsyncIterable[Any]

AT_ONCE = 16
"""Objects that are worked on side by side."""

DELETES_AT_ONCE = 4
"""Requests to delete a thousand objects that are under way side by side."""

WAITING = 10_000
"""Items to delete that wait for others of their bucket, at most."""

LARGEST_PACKAGE = 32
"""Items that are handed to an executor together, at most."""


class Elsewhere(Protocol):
    """An executor of the user's.

    Attributes:
        engine: what works there, where that is this process; else None.
        limit: how many packages to hand to it at once.
        together: whether several items are better handed to it together.
    """

    engine: Engine | None
    limit: int
    together: bool

    def submit(self, engine: Engine | None, verb: str, package: Package) -> Future[Done]:
        """Have a package done. Whatever becomes of the executor, the future has an outcome for each item."""
        ...

    def close(self, failed: bool) -> None:
        """Wait for what still runs in this process, which is stopped first if the job has failed."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """What the arguments say besides the items.

    Attributes:
        bucket: of items that name none.
        concurrency: how many at once; None chooses it.
        progress: the user's function; True for a bar.
        elsewhere: where it is done; None for here.
        checkpoint: the file that remembers what is done; None for no memory.
        resume: files go on where an earlier run was interrupted in the middle of one.
        pack: small objects go together; True, or how many bytes.
        bypass: versions are removed although they are locked in governance mode.
        encryption, source_encryption: of items that say nothing of it.

    Raises:
        ValidationError: an argument that is of no use for the whole call.
    """

    bucket: str | None = None
    concurrency: int | None = None
    progress: OnProgress | bool | None = None
    elsewhere: Elsewhere | None = None
    checkpoint: str | os.PathLike[str] | None = None
    resume: bool = False
    pack: bool | int | None = None
    bypass: bool = False
    encryption: GivenEncryption = None
    source_encryption: GivenEncryption = None

    def __post_init__(self) -> None:
        check_flag("resume", self.resume)
        check_flag("bypass_governance", self.bypass)
        check_concurrency(self.concurrency)
        check_progress(self.progress)
        if self.pack and self.elsewhere is not None:
            raise invalid("pack", self.pack, "packs here, and can't be had together with executor")

    def limit(self, engine: Engine, verb: str) -> int:
        """How many packages at once."""
        if self.elsewhere is not None:
            return self.concurrency or self.elsewhere.limit
        most = DELETES_AT_ONCE if verb == "delete" else AT_ONCE
        return min(self.concurrency or most, engine.config.pool_size)


async def perform(engine: Engine, verb: str, items: Items, job: Job) -> BulkResult:
    """Do `verb` with each item."""
    with engine.job(f"{verb}_many") as told:
        result = await _perform(engine, verb, items, job)
        told(result)
        return result


async def _perform(engine: Engine, verb: str, items: Items, job: Job) -> BulkResult:
    if isinstance(items, (str, bytes, bytearray, Mapping, Record)) or not isinstance(
        items, (Iterable, AsyncIterable)
    ):
        raise invalid("items", items, f"must be a list or another iterable of {verb}s")
    if job.bucket is not None:
        engine.place(job.bucket)
    # Only to refuse what is of no use for any item.
    copies.begun(engine, job.encryption, job.source_encryption)
    limit = job.limit(engine, verb)
    packer = None
    if job.pack is not None and job.pack is not False:
        packer = Packer(engine, job.pack, limit)
        limit = packer.limit
    meter = Meter(engine.transport.clock, job.progress)
    tally = Tally(engine.transport.clock, meter)
    if job.checkpoint is not None:
        tally.checkpoint = await engine.transport.call(
            Checkpoint, job.checkpoint, verb, engine.config
        )
    try:
        if isinstance(items, Sequence) and meter.heard:
            total = partial(total_of, verb, items, job.bucket, tally.is_done)
            meter.objects_total, meter.bytes_total = await engine.transport.call(total)
        elif isinstance(items, Sized):
            meter.objects_total = len(items)
        packages: Iterable[Package] | AsyncIterable[Package | Pack]
        together = job.elsewhere is not None and job.elsewhere.together
        if isinstance(items, AsyncIterable) or packer or together or verb == "delete":
            packages = _packages(verb, items, job, tally, limit, packer)
        else:  # without three generators between an item and its work
            packages = _alone(verb, items, job, tally)
            if type(items) in (list, tuple):
                packages = AtHand(packages)
        await spread(engine, verb, packages, job, tally, limit, packer)
    finally:
        meter.close()
        if tally.checkpoint is not None:
            tally.checkpoint.close()
    return tally.result()


async def spread(
    engine: Engine,
    verb: str,
    packages: Iterable[Package] | AsyncIterable[Package | Pack],
    job: Job,
    tally: Tally,
    limit: int,
    packer: Packer | None,
) -> None:
    """Have packages done here or elsewhere."""
    elsewhere = job.elsewhere
    if elsewhere is None:
        lane = engine.lane() if packer is None else engine
        own = lane.share(AT_ONCE // limit or 1)

        def one(package: Package | Pack) -> Awaitable[Done]:
            if isinstance(package, Pack):
                assert packer is not None  # who else has packed it?
                return packer.store(engine, package)
            if verb == "delete":
                return do(own, verb, package)
            return do_one(own, act, package[0], relay)

        act = VERBS[verb]
        relay = lane.transport.relay(tally.meter.came) if tally.meter.heard else None
        await lane.transport.map(one, packages, limit, tally.add, relay=relay)
        return
    worker = elsewhere.engine.share(AT_ONCE // limit or 1) if elsewhere.engine else None

    def submit(package: Package | Pack) -> Future[Done]:
        assert not isinstance(package, Pack)  # `Job` has seen to it
        return elsewhere.submit(worker, verb, package)

    failed = True
    try:
        await engine.transport.spread(submit, packages, limit, tally.add)
        failed = False
    finally:
        await engine.transport.call(elsewhere.close, failed)
        if verb != "download" and (worker is None or worker.caches is not engine.caches):
            engine.caches.clear()  # which objects others have changed isn't known here


class Tally:
    """The outcomes of a job.

    Args:
        clock: the source of time.
        meter: what tells the user.

    Attributes:
        meter: the same.
        checkpoint: where what is done is remembered, or None.
    """

    def __init__(self, clock: Clock, meter: Meter) -> None:
        self.checkpoint: Checkpoint | None = None
        self._marks: dict[int, bytes] = {}
        self._skipped = 0
        self._clock = clock
        self.meter = meter
        self._begun = clock.monotonic()
        self._outcomes: dict[int, Outcome] = {}
        self._bytes = 0

    def is_done(self, item: Mapping[str, Any]) -> bool:
        """Whether an earlier run has done it."""
        return self.checkpoint is not None and self.checkpoint.has(self.checkpoint.mark(item))

    def begins(self, index: int, item: Mapping[str, Any]) -> bool:
        """Whether an item has still to be done."""
        if self.checkpoint is None:
            return True
        mark = self.checkpoint.mark(item)
        if self.checkpoint.has(mark):
            self._outcomes[index] = None
            self._skipped += 1
            return False
        self._marks[index] = mark
        return True

    def add(self, done: Done) -> None:
        """Take the outcomes of a package, and tell of each that is a success."""
        for index, outcome in done:
            self._outcomes[index] = outcome
            mark = self._marks.pop(index, None) if self._marks else None
            if not isinstance(outcome, MinIOError):
                if self.checkpoint is not None and mark is not None:
                    self.checkpoint.add(mark)
                size = transferred(outcome)
                self._bytes += size
                self.meter.arrived(index, size)
            else:
                self.meter.lost(index)
        done.clear()  # who ran the job keeps it to its end

    def result(self) -> BulkResult:
        """All of it, in the order of the input."""
        results = tuple(map(self._outcomes.__getitem__, range(len(self._outcomes))))
        errors = tuple(each for each in results if isinstance(each, MinIOError))
        seconds = self._clock.monotonic() - self._begun
        return BulkResult(
            results=results,
            errors=errors,
            ok=not errors,
            succeeded=len(results) - len(errors) - self._skipped,
            failed=len(errors),
            skipped=self._skipped,
            bytes=self._bytes,
            seconds=seconds,
            rate=self._bytes / seconds if seconds > 0 else 0.0,
        )


def transferred(outcome: Outcome) -> int:
    """The bytes that were transferred for a result."""
    if type(outcome) is UploadResponse:
        return outcome.size
    if isinstance(outcome, bytes):
        return len(outcome)
    size = getattr(outcome, "size", 0)
    return size if isinstance(size, int) else 0


# --- packages ---------------------------------------------------------------------------------------


async def each(items: Items) -> AsyncGenerator[Any, None]:
    """The items, of an iterable or of an async one."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _packages(
    verb: str, items: Items, job: Job, tally: Tally, limit: int, packer: Packer | None
) -> AsyncIterator[Package | Pack]:
    # Closed one by one: left to the collector, async generators become tasks of their own.
    async with aclosing(each(items)) as taken, aclosing(_wanted(verb, taken, job, tally)) as wanted:
        gathered: AsyncGenerator[Package | Pack, None] | AsyncGenerator[Package, None]
        if packer is not None:
            gathered = packer.gathered(wanted)
        elif verb == "delete":
            gathered = _by_bucket(wanted)
        else:
            together = job.elsewhere is not None and job.elsewhere.together
            gathered = _growing(wanted, limit) if together else _single(wanted)
        async with aclosing(gathered):
            async for package in gathered:
                yield package


def _alone(
    verb: str, items: Iterable[Any], job: Job, tally: Tally
) -> Generator[Package, None, None]:
    """Each item as a package of its own."""
    numbers = count()  # `enumerate` would hold on to an item while it waits for the next one
    for item in items:
        index = next(numbers)
        given = _checked(verb, item, index, job, tally)
        del item
        if given is not None:
            package = [(index, given)]
            del given
            yield package
            del package


async def _single(
    items: AsyncIterable[tuple[int, dict[str, Any]]],
) -> AsyncGenerator[Package, None]:
    async for item in items:
        package = [item]
        del item
        yield package
        del package


async def _growing(
    items: AsyncIterable[tuple[int, dict[str, Any]]], limit: int
) -> AsyncGenerator[Package, None]:
    """Few items are spread over all that work; of many, more and more go together."""
    package: Package = []
    count = 0
    async for item in items:
        package.append(item)
        if len(package) >= min(LARGEST_PACKAGE, 2 ** (count // limit)):
            yield package
            package = []
            count += 1
    if package:
        yield package


async def _wanted(
    verb: str, items: AsyncIterable[Any], job: Job, tally: Tally
) -> AsyncGenerator[tuple[int, dict[str, Any]], None]:
    """The items that make sense, with their places; the error of each that doesn't goes to `tally`."""
    index = 0
    async for item in items:
        given = _checked(verb, item, index, job, tally)
        del item
        if given is not None:
            yield index, given
        del given
        index += 1


def _checked(verb: str, item: Any, index: int, job: Job, tally: Tally) -> dict[str, Any] | None:
    """An item as arguments; None for one that makes no sense, or has been done."""
    try:
        given = VERBS[verb].fields(item, index, job.bucket)
        if verb == "delete" and not isinstance(given["bucket"], str):
            raise invalid(f"items[{index}].bucket", given["bucket"], "must be text")
    except ValidationError as error:
        error.__traceback__ = None
        tally.add([(index, error)])
        return None
    except Exception as error:  # somebody else's class in place of a dict
        tally.add([(index, failed(error, index, {}))])
        return None
    if job.resume:
        given.setdefault("resume", True)
    if job.bypass:
        given.setdefault("bypass_governance", True)
    # Here, since items go to other processes, too.
    if job.encryption is not None:
        given.setdefault("encryption", job.encryption)
    if job.source_encryption is not None:
        given.setdefault("source_encryption", job.source_encryption)
    return given if tally.begins(index, given) else None


async def _by_bucket(
    items: AsyncIterable[tuple[int, dict[str, Any]]],
) -> AsyncGenerator[Package, None]:
    waiting: dict[str, Package] = {}
    count = 0
    async for index, item in items:
        package = waiting.setdefault(item["bucket"], [])
        package.append((index, item))
        count += 1
        if len(package) < MAX_KEYS and count < WAITING:
            continue
        fullest = max(waiting, key=lambda bucket: len(waiting[bucket]))
        count -= len(waiting[fullest])
        yield waiting.pop(fullest)
    for package in waiting.values():
        yield package
