"""A listing by several requests at once.

Only when a page is there it is known where the next one begins. So that is guessed for a few of them from
the keys of the last (`minio_sdk.wire.key_space`), and those are asked for ahead, with ``start-after``: each
begins a range of keys, which is read page by page up to where the next one begins.

Rule of this file: what a range begins with has to be the very key with which the one before it would have
gone on. Then all of them together are what one request after the other would have listed, none left out and
none twice, whatever order the server lists in, and whatever it does with ``start-after``. A range that begins
with anything else is dropped, and the one before it goes on in its place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError
from minio_sdk.flows import listing
from minio_sdk.models.results import ObjectInfo
from minio_sdk.operation import Place
from minio_sdk.operations.list_objects import ListObjectsV2
from minio_sdk.protocols import Crew
from minio_sdk.wire.key_space import beginnings
from minio_sdk.wire.listing import NOTHING, Beside, Page
from minio_sdk.wire.quirks import is_minio

_MISSES = 3
"""Ranges that didn't go on where the one before them ended, until no more are begun."""

_HELD = 3
"""Pages in memory for each request at once, beyond those of the range that is being read."""


@dataclass(slots=True, eq=False)
class _Range:
    """Keys that are listed one page after the other.

    Attributes:
        after: they come behind this key.
        until: the last that they may have; None: to the end of the listing.
        guesses: where ranges behind this one may begin.
        token: of the next page.
        asked: whether a page is under way.
        came: the page that has come, until it is looked at.
        error: why none has come.
        pages: those that have come and were not read.
        begun: whether it is known what it begins with.
        begins: that key; None: it has none, and nothing is behind it.
        ended: whether all of it has come.
        behind: the rest of its last page, which is the next one's: it begins with the key there.
    """

    after: str
    until: str | None
    guesses: Iterator[str]
    token: str = ""
    asked: bool = False
    came: Page | None = None
    error: MinIOError | None = None
    pages: deque[Page] = field(default_factory=deque)
    begun: bool = False
    begins: str | None = None
    ended: bool = False
    behind: Page | None = None

    @property
    def waits(self) -> bool:
        """Whether its next page can be asked for."""
        return not (self.asked or self.ended or self.error)


async def pages(
    engine: Engine,
    place: Place,
    prefix: str,
    at_once: int,
    *,
    start_after: str = "",
    beside: Beside = NOTHING,
) -> AsyncGenerator[Page, None]:
    """What `listing.pages` gives, in its order, by up to `at_once` requests at once.

    Raises:
        ServerError: as there.
    """
    walk = listing.pages(engine, place, prefix, start_after=start_after, beside=beside)
    async with aclosing(walk) as walked:
        first = await anext(walked)
    if not first.truncated:
        yield first
        return
    ranges = _Walk(engine, place, prefix, at_once, beside)
    ranges.take(ranges.ranges[0], first)
    async with aclosing(ranges.pages()) as found:
        async for page in found:
            yield page


class _Walk:
    """The ranges of a listing, in order; the first is the one that is being read."""

    def __init__(
        self, engine: Engine, place: Place, prefix: str, at_once: int, beside: Beside
    ) -> None:
        self._engine = engine
        self._place = place
        self._prefix = prefix
        self._at_once = at_once
        self._beside = beside
        self._under_way: list[_Range] = []
        self._misses = 0
        # MinIO walks the whole bucket for each listing that doesn't go on with a token.
        self._guesses = not is_minio(engine.api.server)
        self._trust = 2  # ranges that may be asked for before it is known what they begin with
        self.ranges = [_Range("", None, iter(()))]

    async def pages(self) -> AsyncGenerator[Page, None]:
        crew = self._engine.transport.crew(self._at_once)
        try:
            while self.ranges:
                self._look()
                await self._ask(crew)
                front = self.ranges[0]
                if front.pages:
                    yield front.pages.popleft()
                elif front.error is not None:
                    raise front.error
                elif front.ended and self._is_joined(front):
                    self.ranges.pop(0)
                elif self._under_way and not await crew.rest() and crew.failed:
                    await crew.end()  # raises what it has failed with
        finally:
            await crew.stop()

    # -- what came --------------------------------------------------------------------------------------

    def _look(self) -> None:
        """See what has come meanwhile."""
        for found in list(self._under_way):
            page = found.came
            if page is not None or found.error is not None:
                self._under_way.remove(found)
                found.asked = False
                found.came = None
                if page is not None and found in self.ranges:
                    self.take(found, page)

    def take(self, found: _Range, page: Page) -> None:
        """A range's next page."""
        objects = page.objects
        if objects and not found.begun:
            found.begun, found.begins = True, objects[0].key
            self._widen(found, objects[0].key)
            if objects[0].key <= found.after:  # the server didn't hear where to begin
                self._misses = _MISSES
                found.ended = True
                return
        keys = [item.key for item in objects]
        until = found.until
        if until is not None and keys and max(keys) > until:
            at = next(at for at, key in enumerate(keys) if key > until)
            found.behind = _part(page, objects[at:])
            found.ended = True
            page = _part(page, objects[:at])
        elif page.truncated:
            try:
                found.token = listing.next_token(self._engine, self._place, page, found.token)
            except MinIOError as error:
                found.error = error
            if len(keys) > 1:
                # Some are left for what is behind folders, should what is in them end sooner.
                folders = min(2, keys[-1].count("/", len(self._prefix)))
                evenly = max(1, self._at_once - 1 - folders)
                found.guesses = beginnings(keys, self._prefix, evenly)
        else:
            found.begun = found.ended = True
        if page.objects:
            found.pages.append(page)

    def _widen(self, found: _Range, begins: str) -> None:
        """Let a range that has nothing be one with those behind it, down to where something is."""
        at = self.ranges.index(found) + 1
        while found.until is not None and begins > found.until and not self.ranges[at].begun:
            following = self.ranges.pop(at)
            found.until = following.until
            if following.asked:
                self._judge(useful=False)

    def _judge(self, *, useful: bool) -> None:
        """Ask for more ahead where that was of use, and for less where it wasn't."""
        self._trust = min(self._at_once, self._trust + 1) if useful else max(1, self._trust - 2)

    def _is_joined(self, front: _Range) -> bool:
        """Whether the next range goes on where this one has ended; False too while that isn't known."""
        page = front.behind
        if page is None:  # the listing ends here
            del self.ranges[1:]
            return True
        following = self.ranges[1]
        if following.error is None:
            if not following.begun:
                return False
            if following.begins == page.objects[0].key:
                self._judge(useful=bool(following.pages))
                return True
        self._misses += 1
        del self.ranges[1]
        front.until, front.ended, front.behind = following.until, False, None
        self.take(front, page)
        return False

    # -- what to ask for --------------------------------------------------------------------------------

    async def _ask(self, crew: Crew[None]) -> None:
        """Have as many requests under way as may be: for what is read first at first."""
        held = sum(len(found.pages) for found in self.ranges[1:]) + len(self._under_way)
        at = 0
        while at < len(self.ranges) and len(self._under_way) < self._at_once:
            found = self.ranges[at]
            if at and held >= self._at_once * _HELD:
                return
            if found.waits:
                found.asked = True
                self._under_way.append(found)
                held += 1
                await crew.begin(partial(self._fetch, found))
            following = self._split(found)
            if following is not None:
                self.ranges.insert(at + 1, following)
            at += 1

    async def _fetch(self, found: _Range) -> None:
        """The crew's work: another page of a range."""
        begin = "" if found.token else found.after
        operation = ListObjectsV2(
            self._place, self._prefix, "", found.token, begin, listing.PAGE, self._beside
        )
        try:
            found.came = await self._engine.send(operation)
        except MinIOError as error:
            found.error = error

    def _split(self, found: _Range) -> _Range | None:
        """A range for what is behind the next page of this one, if that can be guessed."""
        if found.ended or not self._guesses or self._misses >= _MISSES:
            return None
        if sum(not each.begun for each in self.ranges) >= self._trust:
            return None
        for guess in found.guesses:
            if found.until is not None and guess >= found.until:
                break
            if guess > found.after:
                following = _Range(guess, found.until, found.guesses)
                found.until, found.guesses = guess, iter(())
                return following
        found.guesses = iter(())
        return None


def _part(page: Page, objects: list[ObjectInfo]) -> Page:
    return Page(objects, page.truncated, page.token)
