"""The read cache's memory, and what keeps it from giving anybody what isn't theirs or isn't so any more.

Who reads finds an `Entry` in a `Shelf`, a dict, without a lock: that the entry was used is a number in it,
which counts the hits as well. The lock is for what changes the shelves: keeping, evicting, forgetting.

    shelf     one identity (server, tenant, keys) in one bucket: key -> entry
    name      one object as the server knows it: whoever changes it changes it for all shelves

An answer that was under way while its object was being changed may hold either state. So each question
has a `Fill`, which a change of its object spoils, and the answer of a spoilt one is not kept.

Eviction gives a second chance: the oldest entry goes, unless it was used since it was looked at before.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from minio_sdk.errors import ConfigurationError
from minio_sdk.forks import forget_after_fork
from minio_sdk.models.cache import Cache, CacheStats

if TYPE_CHECKING:
    from minio_sdk.cache.disk import Disk

Name = tuple[str, str, str]
"""An object: the server's address, its bucket and key there."""

OVERHEAD = 768
"""Bytes that an entry takes besides its body, key and name, rounded up; a test measures them."""

NEVER = float("-inf")
_UNSEEN = -1  # instead of the number of reads: it was used, though no read was without a question
_CHANCES = 32  # how many entries one that comes may pass over: so long it holds the lock


def digest(*words: object) -> bytes:
    """What stands for names on disk, where nobody needs them."""
    return hashlib.sha256(repr(words).encode("utf-8", "surrogatepass")).digest()


class Entry:
    """An object in memory.

    Attributes:
        data: its bytes.
        etag: as the server has sent it.
        until: until when it may be used without asking, on the monotonic clock.
        reads: how often that was done.
    """

    __slots__ = ("_key", "_name", "_seen", "_shelf", "_size", "data", "etag", "reads", "until")

    def __init__(self, shelf: Shelf, key: str, name: Name, data: bytes, etag: str) -> None:
        self.data = data
        self.etag = etag
        self.until = NEVER
        self.reads = 0
        self._seen = 0
        self._shelf = shelf
        self._key = key
        self._name = name
        self._size = len(data) + len(etag) + 4 * (len(key) + len(name[2])) + OVERHEAD


class Shelf(dict[str, Entry]):
    """What one identity has of one bucket, by key."""

    __slots__ = ("__weakref__",)


class Fill:
    """A question to the server whose answer may be kept.

    Attributes:
        good: nothing was changed meanwhile.
    """

    __slots__ = ("good", "name")

    def __init__(self, name: Name, good: bool) -> None:
        self.name = name
        self.good = good


@dataclass(frozen=True, slots=True)
class Change:
    """What is being changed: some objects, or all of a bucket below a prefix."""

    origin: str
    bucket: str
    prefix: str
    keys: tuple[str, ...] | None

    @property
    def names(self) -> list[Name]:
        """The objects; none where it is all of a bucket."""
        return [(self.origin, self.bucket, key) for key in self.keys or ()]

    def covers(self, name: Name) -> bool:
        """Whether it may change an object, where it is all of a bucket."""
        origin, bucket, key = name
        return (origin, bucket) == (self.origin, self.bucket) and key.startswith(self.prefix)


class Store:
    """The objects in memory, and where they are on disk.

    Attributes:
        settings: what was asked for.
        disk: the disk, or None.
    """

    def __init__(self, settings: Cache, disk: Disk | None = None) -> None:
        self.settings = settings
        self.disk = disk
        self._shelves: WeakValueDictionary[Hashable, Shelf] = WeakValueDictionary()
        self._entries: OrderedDict[Entry, None] = OrderedDict()
        self._named: dict[Name, list[Entry]] = {}
        self._fills: dict[Name, list[Fill]] = {}
        self._changing: dict[Name, int] = {}
        self._sweeping: list[Change] = []
        self._size = 0
        self._hits = self._saved = self._revalidated = self._misses = 0
        self._evictions = self._disk_hits = 0
        self._lock = threading.Lock()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: begin anew, since another thread may have been at it when it forked."""
        self._lock = threading.Lock()
        for shelf in list(self._shelves.values()):
            shelf.clear()
        self._entries, self._named, self._fills = OrderedDict(), {}, {}
        self._changing, self._sweeping, self._size = {}, [], 0

    def shelf(self, identity: Hashable) -> Shelf:
        """The shelf of an identity; it is the same one as long as anybody has it."""
        shelf = self._shelves.get(identity)
        if shelf is None:
            with self._lock:
                shelf = self._shelves.setdefault(identity, Shelf())
        return shelf

    def takes(self, size: int) -> bool:
        """Whether a body of so many bytes is kept."""
        return size <= self.settings.max_object

    # --- questions -------------------------------------------------------------------------------

    @contextmanager
    def filling(self, name: Name) -> Iterator[Fill]:
        """While the server is asked for an object."""
        with self._lock:
            good = name not in self._changing and not any(
                change.covers(name) for change in self._sweeping
            )
            fill = Fill(name, good)
            self._fills.setdefault(name, []).append(fill)
        try:
            yield fill
        finally:
            with self._lock:
                fills = self._fills.get(name, [])
                if fill in fills:  # a fork forgets them
                    fills.remove(fill)
                if not fills:
                    self._fills.pop(name, None)

    def keep(
        self, fill: Fill, shelf: Shelf, key: str, data: bytes, etag: str, until: float
    ) -> None:
        """Keep what the server has sent, or confirmed."""
        entry = Entry(shelf, key, fill.name, data, etag)
        with self._lock:
            if not fill.good:
                return
            before = shelf.get(key)
            if before is not None:
                if before.etag == etag and before.data == data:
                    before.until = max(before.until, until)
                    before._seen = _UNSEEN
                    return
                self._drop(before)
            if entry._size > self.settings.memory:
                return
            entry.until = until
            shelf[key] = entry
            self._entries[entry] = None
            self._named.setdefault(fill.name, []).append(entry)
            self._size += entry._size
            self._make_room()

    def lose(self, shelf: Shelf, key: str) -> None:
        """Forget an object of one identity."""
        with self._lock:
            entry = shelf.get(key)
            if entry is not None:
                self._drop(entry)

    def count(self, outcome: str, size: int = 0) -> None:
        """Count a read: ``"hit"``, ``"revalidated"``, ``"disk"`` (that too), or ``"miss"``."""
        with self._lock:
            self._saved += size
            if outcome == "hit":
                self._hits += 1
            elif outcome == "miss":
                self._misses += 1
            else:
                self._revalidated += 1
                self._disk_hits += outcome == "disk"

    # --- changes ---------------------------------------------------------------------------------

    def begin(self, change: Change) -> None:
        """From now on no question about it has an answer to keep."""
        with self._lock:
            if change.keys is None:
                self._sweeping.append(change)
            for name in change.names:
                self._changing[name] = self._changing.get(name, 0) + 1
            self._forget(change)

    def end(self, change: Change) -> None:
        """What is asked from now on may be kept again."""
        with self._lock:
            if change in self._sweeping:
                self._sweeping.remove(change)
            for name in change.names:
                left = self._changing.get(name, 0) - 1
                if left > 0:
                    self._changing[name] = left
                else:
                    self._changing.pop(name, None)
            self._forget(change)

    def clear(self) -> None:
        """Forget all objects; those under way aren't kept either."""
        with self._lock:
            for entry in list(self._entries):
                self._drop(entry)
            for fills in self._fills.values():
                for fill in fills:
                    fill.good = False

    def stats(self) -> CacheStats:
        """How it does, as far as memory knows."""
        with self._lock:
            hits, saved = self._hits, self._saved
            for entry in self._entries:
                hits += entry.reads
                saved += entry.reads * len(entry.data)
            good, all_ = hits + self._revalidated, hits + self._revalidated + self._misses
            return CacheStats(
                hits=hits,
                revalidated=self._revalidated,
                misses=self._misses,
                bytes_saved=saved,
                hit_rate=good / all_ if all_ else 0.0,
                objects=len(self._entries),
                size=self._size,
                evictions=self._evictions,
                disk_hits=self._disk_hits,
            )

    # --- with the lock ---------------------------------------------------------------------------

    def _forget(self, change: Change) -> None:
        if change.keys is None:
            names = [n for n in {*self._named, *self._fills} if change.covers(n)]
        else:
            names = change.names
        for name in names:
            for entry in list(self._named.get(name, ())):
                self._drop(entry)
            for fill in self._fills.get(name, ()):
                fill.good = False

    def _drop(self, entry: Entry) -> None:
        entry.until = NEVER
        if entry._shelf.get(entry._key) is entry:
            del entry._shelf[entry._key]
        if entry not in self._entries:
            return
        del self._entries[entry]
        same = self._named[entry._name]
        same.remove(entry)
        if not same:
            del self._named[entry._name]
        self._size -= entry._size
        self._hits += entry.reads
        self._saved += entry.reads * len(entry.data)

    def _make_room(self) -> None:
        chances = _CHANCES
        while self._size > self.settings.memory:
            entry = next(iter(self._entries))
            if entry.reads != entry._seen and chances:
                chances -= 1
                entry._seen = entry.reads
                self._entries.move_to_end(entry)
                continue
            self._drop(entry)
            self._evictions += 1


class Caches:
    """The stores of a client and all its views: one for each setting that one of them has.

    Whatever one of them changes, it changes for all, also for those that read past the cache.

    Attributes:
        stores: by setting; replaced as a whole, so that it can be read without a lock.
    """

    def __init__(self) -> None:
        self.stores: dict[Cache, Store] = {}
        self._changes: list[Change] = []
        self._lock = threading.Lock()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child."""
        self._lock = threading.Lock()
        self._changes = []

    def store(self, settings: Cache | None) -> Store | None:
        """The store of a setting.

        Raises:
            ConfigurationError: its disk can't be used.
        """
        if settings is None:
            return None
        with self._lock:
            found = self.stores.get(settings)
            if found is None:
                disk = None
                if settings.disk is not None:
                    try:
                        from minio_sdk.cache.disk import Disk
                    except ImportError as error:
                        raise ConfigurationError(f"cache.disk: needs sqlite3: {error}") from None
                    disk = Disk(settings.disk, settings.disk_size)
                found = Store(settings, disk)
                for change in self._changes:
                    found.begin(change)
                self.stores = {**self.stores, settings: found}
        return found

    @contextmanager
    def changing(self, changes: Iterable[Change]) -> Iterator[None]:
        """While objects are being changed, and whatever comes of it."""
        changes = list(changes)
        with self._lock:
            self._changes += changes
            for store in self.stores.values():
                for change in changes:
                    store.begin(change)
        try:
            yield
        finally:
            with self._lock:
                for change in changes:
                    if change in self._changes:  # a fork forgets them
                        self._changes.remove(change)
                for store in self.stores.values():
                    for change in changes:
                        store.end(change)

    def disks(self) -> list[Disk]:
        """The disks of all stores."""
        return [store.disk for store in self.stores.values() if store.disk is not None]

    def clear(self) -> None:
        """Forget what is in memory."""
        for store in self.stores.values():
            store.clear()
