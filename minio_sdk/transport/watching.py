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


def wait_for_any(socks: tuple[Any, ...], seconds: float) -> list[Any]:
    """Those of some sockets that have anything to be read, within so many seconds."""
    if not hasattr(select, "poll"):  # on Windows
        return select.select(socks, [], [], seconds)[0]
    poll = select.poll()
    numbers = {}
    for sock in socks:
        number = sock.fileno()
        if number < 0:  # somebody has closed it, which reading will say
            return [sock]
        numbers[number] = sock
        poll.register(number, select.POLLIN)
    return [numbers[number] for number, _ in poll.poll(seconds * 1000)]
