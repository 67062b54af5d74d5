"""After `os.fork`, the child forgets the connections it shares with its parent.

Two processes that write to one socket mix their requests, and a lock that another thread held when the
process forked is never released in the child.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forgetful(Protocol):
    """What holds connections."""

    def forget(self) -> None:
        """Drop connections without closing them for the other process; renew locks."""
        ...


_holders: weakref.WeakSet[Forgetful] = weakref.WeakSet()


def forget_after_fork(holder: Forgetful) -> None:
    """Call `holder.forget()` in every child process that is forked from now on."""
    _holders.add(holder)


_left_to_parent: list[object] = []


def leave_to_parent(*things: object) -> None:
    """Never let go of what belongs to the parent: what is collected here would be closed there too."""
    _left_to_parent.extend(things)


def _forget_all() -> None:
    for holder in list(_holders):
        holder.forget()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_forget_all)
