"""Whether a socket has anything to be read, its end among that."""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any


def watch(sock: Any) -> Callable[[float], Any]:
    """A function that says, within so many milliseconds, whether there is anything to be read."""
    if not hasattr(select, "poll"):  # on Windows
        return lambda milliseconds: select.select([sock], [], [], milliseconds / 1000)[0]
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return poll.poll
