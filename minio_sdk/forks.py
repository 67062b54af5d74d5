"""After `os.fork`, the child forgets the connections it shares with its parent.

Two processes that write to one socket mix their requests, and a lock that another thread held when the
process forked is never released in the child.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol


class Forgetful(Protocol):
    """What holds connections."""

    def forget(self) -> None:
        """Drop connections without closing them for the other process; renew locks."""
        ...


class Busy(Protocol):
    """What must not be half done when the process forks."""

    def hold(self) -> None:
        """Wait for what is under way, and let nothing begin."""
        ...

    def let_go(self) -> None:
        """In the parent, after the fork; in the child there is `Forgetful.forget`."""
        ...


_holders: weakref.WeakSet[Forgetful] = weakref.WeakSet()
_busy: weakref.WeakSet[Busy] = weakref.WeakSet()
_held: list[Busy] = []
_forking = threading.Lock()


def forget_after_fork(holder: Forgetful) -> None:
    """Call `holder.forget()` in every child process that is forked from now on."""
    _holders.add(holder)


def hold_while_forking(busy: Busy) -> None:
    """Call `hold()` before and `let_go()` after each fork from now on."""
    _busy.add(busy)


_left_to_parent: list[object] = []


def leave_to_parent(*things: object) -> None:
    """Never let go of what belongs to the parent: what is collected here would be closed there too."""
    _left_to_parent.extend(things)


def _hold_all() -> None:
    _forking.acquire()
    for each in list(_busy):
        each.hold()
        _held.append(each)


def _let_go_of_all() -> None:
    while _held:
        _held.pop().let_go()
    _forking.release()


def _forget_all() -> None:
    global _forking
    _forking = threading.Lock()
    _held.clear()
    for holder in list(_holders):
        holder.forget()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(
        before=_hold_all, after_in_parent=_let_go_of_all, after_in_child=_forget_all
    )
