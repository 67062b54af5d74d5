"""Memory for parts, which goes back to the system as soon as nobody needs it any more.

What `malloc` has for large blocks, it keeps for each of the threads that ask. New memory costs as much
as what is done with it, since the system clears it: so what a transfer has done with, the next part gets.
"""

from __future__ import annotations

import mmap
import sys
from typing import Any
from weakref import WeakValueDictionary

_HUGE = 2 * 1024 * 1024


def block(size: int) -> mmap.mmap:
    """`size` bytes of zeros."""
    if sys.platform != "linux":
        return mmap.mmap(-1, size)
    # Private and in huge pages, as far as there are any: filling it costs a third of the time.
    found = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size >= _HUGE:
        try:
            found.madvise(mmap.MADV_HUGEPAGE)
        except (OSError, AttributeError):  # this kernel, or this Python, knows none
            pass
    return found


class Blocks:
    """Blocks of one size, each of which is used again when nobody has any of it.

    They are shared by the transfers that go on at a time, so that there are never more of them than were in
    use at once, which the memory budget limits; with the last transfer they go.

    Args:
        size: bytes of each.
    """

    __slots__ = ("__weakref__", "_free", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._free: list[mmap.mmap] = []

    @classmethod
    def of(cls, size: int) -> Blocks:
        """Those of this size that there are now."""
        found = _in_use.get(size)
        if found is None:
            found = _in_use[size] = cls(size)
        return found

    def take(self) -> list[mmap.mmap]:
        """One, alone in a list, with whatever is in it."""
        try:
            return [self._free.pop()]
        except IndexError:
            return [block(self.size)]

    def give(self, held: list[mmap.mmap]) -> None:
        """Take it back, unless somebody still has a view of it: a library that sends, a mock, a hook."""
        if _count(held) == _ALONE:
            self._free.append(held.pop())


def _count(held: list[Any]) -> int:
    """How many references there are to what is in the list; every view of a block has one."""
    return _references(held[0])


def _unknown(_: object) -> int:
    return 0


_references = getattr(sys, "getrefcount", _unknown)
_ALONE = _count([bytearray()]) if _references is not _unknown else -1
_in_use: WeakValueDictionary[int, Blocks] = WeakValueDictionary()
