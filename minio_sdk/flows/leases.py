"""What one transfer, or one handle, holds of the client's memory budget.

Rules of this file: bytes are taken before they are read into memory, given back once they are sent or
written, and whatever is left is given back when the transfer ends. A transfer never waits for a second
grant in order to give back its first, also not through code of the user's: what that code asks for,
while we read from it, it gets without waiting. A handle, which may be left alone at any time, never
waits for what it keeps: it does with less. Nor does an upload of what a sender may stop sending, for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from minio_sdk.protocols import Budget, Budgets

UNCOUNTED = 64 * 1024
"""Bytes of an upload that may be in memory without asking the budget."""

_inside: ContextVar[bool] = ContextVar("_inside", default=False)


@dataclass(slots=True)
class _Grant:
    """Some bytes.

    Attributes:
        size: how many.
        kept: whether they are kept between two calls of the user's.
        aside: whether they are beyond the capacity.
    """

    size: int
    kept: bool = False
    aside: bool = False


class Lease:
    """The grants of one transfer, each under a number of the transfer's own."""

    __slots__ = ("_budget", "_budgets", "_held")

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._budget: Budget | None = None
        self._held: dict[int, _Grant] = {}

    def __del__(self) -> None:
        self.close()

    def _here(self) -> Budget:
        budget = self._budget
        if budget is None:
            budget = self._budget = self._budgets.here()
        return budget

    async def take(self, number: int, size: int) -> None:
        """Wait for `size` bytes."""
        budget = self._here()
        cost = min(size, budget.capacity)
        await budget.take(cost, wait=not _inside.get())
        self._held[number] = _Grant(cost)

    async def take_aside(self, number: int, size: int) -> None:
        """Wait for `size` bytes, but never for what may be waiting for this very user."""
        budget = self._here()
        cost = min(size, budget.capacity)
        aside = False
        if _inside.get():
            await budget.take(cost, wait=False)
        else:
            aside = await budget.take_aside(cost)
        self._held[number] = _Grant(cost, aside=aside)

    def ask(self, number: int, size: int) -> bool:
        """Keep `size` bytes more under a number, if there is room for them."""
        if not self._here().ask(size):
            return False
        grant = self._held.setdefault(number, _Grant(0, kept=True))
        grant.size += size
        return True

    async def keep(self, number: int, size: int, patience: float) -> bool:
        """Keep `size` bytes more under a number, if there is room for them within so many seconds."""
        budget = self._here()
        cost = min(size, budget.capacity)
        if not await budget.keep(cost, 0 if _inside.get() else patience):
            return False
        grant = self._held.setdefault(number, _Grant(0, kept=True))
        grant.size += cost
        return True

    def split(self, number: int, into: int, size: int) -> None:
        """Make `size` bytes of one grant another one."""
        grant = self._held.get(number)
        if grant is not None and grant.size:
            moved = min(size, grant.size)
            grant.size -= moved
            self._held[into] = _Grant(moved, grant.kept)

    def use(self, number: int) -> None:
        """What was kept is now under way."""
        grant = self._held.get(number)
        if grant is not None and grant.kept:
            grant.kept = False
            self._here().move(grant.size)

    def give(self, number: int) -> None:
        """Give a grant back, if it is still held."""
        grant = self._held.get(number)
        if grant is not None:
            # An interrupt while the budget's lock is waited for leaves the grant here, to be given later.
            self._here().give(grant.size, kept=grant.kept, aside=grant.aside)
            self._held.pop(number, None)

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
