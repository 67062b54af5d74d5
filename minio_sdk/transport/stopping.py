"""Stops threads that work on something that is no longer wanted, as cancelling stops tasks.

A thread can't be interrupted, but what it waits for can: its socket is shut down, its pauses between
two tries end, and no further try begins. It is told once; what it then does to clean up runs as usual.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_LOOK = 0.2
"""Seconds between two looks at whether the one who waits has been told to stop."""


class Stopped(BaseException):
    """What this thread was doing is no longer wanted. Never leaves the call that stopped it."""


class Worker:
    """One piece of work of a `Team`, on a thread of its own."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.told = False
        self.connection: Any = None

    def begin(self) -> None:
        """Raise `Stopped` where nothing more is to begin, though this team may still have its grace."""
        worker: Worker | None = self
        while worker is not None and not worker.told:  # who was told has begun it to clean up
            if worker.team.stopped.is_set():
                raise Stopped
            worker = worker.team.parent

    def check(self) -> None:
        """Raise `Stopped`, the first time that it is asked after the team was stopped."""
        if self.team.stopped.is_set() and not self.told:
            self.told = True
            raise Stopped

    def take(self, connection: Any) -> None:
        """Say which connection it waits for; None for none.

        Whoever stops the team says so first and looks for connections then; so this looks afterwards.
        """
        self.connection = connection
        if connection is not None:
            connection.used_by = self
            self.check()

    def cut(self) -> None:
        """Let whatever it reads or writes fail."""
        connection = self.connection
        sock = getattr(connection, "sock", None)
        # Back in the pool, a connection may be somebody else's meanwhile.
        if sock is not None and connection.used_by is self and not self.told:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # it is closed already
                pass


class Team:
    """All that works for one call of `map`, and the teams of the calls below it.

    Args:
        grace: seconds that its work gets to end by itself when it is stopped from above.
    """

    def __init__(self, grace: float = 0.0) -> None:
        self.grace = grace
        self.stopped = threading.Event()
        self.parent = _here.get()
        self._lock = threading.Condition()
        self._workers: set[Worker] = set()
        self._teams: set[Team] = set()
        if self.parent is not None:
            self.parent.team.join(self)

    def join(self, member: Worker | Team) -> None:
        """Be told when this team is stopped."""
        with self._lock:
            if isinstance(member, Worker):
                self._workers.add(member)
                return
            self._teams.add(member)
        if self.stopped.is_set() and not (member.parent and member.parent.told):
            member.stop()

    def leave(self, member: Worker | Team) -> None:
        """No longer be told."""
        with self._lock:
            if isinstance(member, Worker):
                self._workers.discard(member)
                self._lock.notify_all()
            else:
                self._teams.discard(member)

    def wait(self, seconds: float | None) -> None:
        """Wait until nobody is at work; None waits for as long as it takes."""
        with self._lock:
            self._lock.wait_for(lambda: not self._workers, seconds)

    def stop(self) -> None:
        """Stop all that is under way."""
        self.stopped.set()
        with self._lock:
            workers, teams = list(self._workers), list(self._teams)
        for worker in workers:
            worker.cut()
        since = time.monotonic()
        for team in teams:
            team.wait(max(0.0, team.grace - (time.monotonic() - since)))
        for team in teams:
            team.stop()

    def end(self, *, failed: bool) -> None:
        """It has no more members; and if it failed as it was stopped from above, the caller knows that."""
        if self.parent is not None:
            self.parent.team.leave(self)
            if failed and self.stopped.is_set() and self.parent.team.stopped.is_set():
                self.parent.told = True


_here: ContextVar[Worker | None] = ContextVar("_here", default=None)


def at_work(worker: Worker) -> None:
    """From now on this thread is `worker`."""
    _here.set(worker)


@contextmanager
def working_as(worker: Worker) -> Iterator[None]:
    """This thread is `worker` while a block runs."""
    token = _here.set(worker)
    try:
        yield
    finally:
        _here.reset(token)


def check_running() -> None:
    """Raise `Stopped` where this thread's work is no longer wanted."""
    worker = _here.get()
    if worker is not None:
        worker.check()


def wait_for_change(changed: threading.Condition) -> None:
    """Wait a little while for what this thread's work waits for; raise `Stopped` as `check_running`."""
    changed.wait(_LOOK)
    check_running()


def on_connection(connection: Any) -> None:
    """This thread's work waits for `connection` from now on."""
    worker = _here.get()
    if worker is not None:
        worker.take(connection)


def pause(seconds: float) -> bool:
    """Sleep as far as this thread may be stopped in it; False where nobody would stop it."""
    worker = _here.get()
    if worker is None or worker.told:
        return False
    worker.team.stopped.wait(seconds)
    worker.check()
    return True
