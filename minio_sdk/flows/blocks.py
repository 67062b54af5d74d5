"""Memory for parts, which goes back to the system as soon as nobody needs it any more.

What `malloc` has for large blocks, it keeps for each of the threads that ask.
"""

from __future__ import annotations

import mmap
import sys

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
