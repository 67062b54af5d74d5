"""What one transfer holds of the client's memory budget.

Rules of this file: bytes are taken before they are read into memory, given back once they are sent or
written, and whatever is left is given back when the transfer ends. A transfer never waits for a second
grant in order to give back its first, also not through code of the user's: what that code asks for,
while we read from it, it gets without waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from minio_sdk.engine import Budget

_inside: ContextVar[bool] = ContextVar("_inside", default=False)


class Lease:
    """The grants of one transfer, each under a number of the transfer's own."""

    __slots__ = ("_budget", "_held")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held: dict[int, int] = {}

    async def take(self, number: int, size: int) -> None:
        """Wait for `size` bytes."""
        cost = min(size, self._budget.capacity)
        await self._budget.take(cost, wait=not _inside.get())
        self._held[number] = cost

    def split(self, number: int, into: int, size: int) -> None:
        """Make `size` bytes of one grant another one."""
        moved = min(size, self._held.get(number, 0))
        if moved:
            self._held[number] -= moved
            self._held[into] = moved

    def give(self, number: int) -> None:
        """Give a grant back, if it is still held."""
        cost = self._held.pop(number, None)
        if cost:
            self._budget.give(cost)

    def close(self) -> None:
        """Give all back."""
        for number in list(self._held):
            self.give(number)


@contextmanager
def users_code() -> Iterator[None]:
    """While code of the user's runs, which may use the client for other transfers."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
