"""The second request of a hedged read, on a thread of its own beside the first one's.

Threads begin only for answers that are late, or for a first request that has no open connection to be
watched. What is dropped finds its socket shut, as everything that is stopped
(`minio_sdk.transport.stopping`); its connection is closed and never used again.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from minio_sdk.transport.routes import is_good
from minio_sdk.transport.stopping import Stopped, Team, Worker, at_work, check_running
from minio_sdk.transport.watching import wait_for_any, watch
from minio_sdk.wire.message import Reply

_LOOK = 0.2  # seconds between two looks at whether the caller's work is still wanted


class _Runner:
    """A request on a thread, which rings when it has ended."""

    def __init__(self, work: Callable[[], Reply], ring: Callable[[], None]) -> None:
        self._work = work
        self._ring = ring
        self._team = Team()
        self.outcome: Reply | BaseException | None = None
        run = copy_context().run
        thread = threading.Thread(
            target=run, args=(self._run,), name="minio-sdk-hedge", daemon=True
        )
        try:
            thread.start()
        except BaseException:
            self._team.end(failed=False)
            raise

    def _run(self) -> None:
        worker = Worker(self._team)
        at_work(worker)
        self._team.join(worker)
        outcome: Reply | BaseException = Stopped()
        try:
            worker.begin()
            outcome = self._work()
        except BaseException as error:
            outcome = error.with_traceback(None)  # which would lead to the request
        finally:
            self._team.leave(worker)
            self.outcome = outcome
            self._ring()

    def drop(self) -> None:
        """It isn't wanted any more; it ends by itself."""
        if self.outcome is None:
            self._team.stop()
        self._team.end(failed=False)


class Race:
    """One attempt, and maybe a second request beside it.

    Args:
        after: seconds after which the answer is late; None where that isn't known.
        second: what sends the second request, if there may be one now.
        tell: told how long the first one's answer took to begin.
        since: when the first was sent, if that was before.
    """

    def __init__(
        self,
        after: float | None,
        second: Callable[[], Callable[[], Reply] | None],
        tell: Callable[[float], None],
        since: float | None = None,
    ) -> None:
        self._after = after
        self._second = second
        self._tell = tell
        self._since = time.monotonic() if since is None else since
        self._told = False
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._runner: _Runner | None = None
        self._first: _Runner | None = None

    def late(self, connection: Any, patience: float) -> Reply | None:
        """The second's answer, where it is good and there before the first one's begins.

        Args:
            connection: where the first's comes, whose socket nobody has read from since it was sent.
            patience: seconds to wait for either.

        Raises:
            TimeoutError: neither comes.
        """
        sock = connection.sock
        after = patience if self._after is None else min(self._after, patience)
        waited = time.monotonic() - self._since
        ready = watch(sock)(max(0.0, after - waited) * 1000)
        if ready or self._after is None or not self._begin():
            self._tell_once()
            return None
        end = time.monotonic() + patience
        while True:
            check_running()
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            came = wait_for_any((sock, self._bell_here()), min(left, _LOOK))
            if sock in came:
                self._tell_once()
                return None
            second = self._runner
            assert second is not None  # it has begun
            if second.outcome is not None:
                self._tell_once()  # it took at least so long
                return self._good_second()

    def beside(self, first: Callable[[], Reply]) -> Reply:
        """The first good answer of the two, both on threads; else what has become of the first."""
        if self._after is None:
            reply = first()
            self._tell_once()
            return reply
        try:
            runner = self._first = _Runner(first, self._ring_for(self._bell_pair()))
        except (RuntimeError, OSError):
            return first()
        self._wait(lambda: runner.outcome is not None, self._after)
        if runner.outcome is None:
            self._begin()
        self._wait(lambda: self._settled(runner), None)
        self._tell_once()
        outcome = runner.outcome
        if not is_good(outcome):
            outcome = self._good_second() or outcome
        if isinstance(outcome, Reply):
            return outcome
        assert outcome is not None  # else it would be waited for
        check_running()
        raise outcome

    def _settled(self, first: _Runner) -> bool:
        second = self._runner
        if is_good(first.outcome) or second is None:
            return first.outcome is not None
        return is_good(second.outcome) or (first.outcome is not None and second.outcome is not None)

    def rescue(self) -> Reply | None:
        """The second's good answer, waited for since the first has none; None where it has none either."""
        second = self._runner
        if second is None:
            return None
        self._wait(lambda: second.outcome is not None, None)
        return self._good_second()

    def _good_second(self) -> Reply | None:
        outcome = None if self._runner is None else self._runner.outcome
        return outcome if isinstance(outcome, Reply) and is_good(outcome) else None

    def end(self) -> None:
        """Drop what is still under way."""
        for runner in (self._first, self._runner):
            if runner is not None:
                runner.drop()
        bell, self._bell = self._bell, None
        for end in bell or ():
            end.close()

    def _begin(self) -> bool:
        send = self._second()
        if send is None:
            return False
        try:
            self._runner = _Runner(send, self._ring_for(self._bell_pair()))
        except (RuntimeError, OSError):  # no more threads, or files: the first will do
            return False
        return True

    def _tell_once(self) -> None:
        if not self._told:
            self._told = True
            self._tell(time.monotonic() - self._since)

    # --- the bell --------------------------------------------------------------------------------

    def _bell_pair(self) -> tuple[socket.socket, socket.socket]:
        if self._bell is None:
            self._bell = socket.socketpair()
            for end in self._bell:
                end.setblocking(False)
        return self._bell

    def _bell_here(self) -> socket.socket:
        return self._bell_pair()[0]

    @staticmethod
    def _ring_for(bell: tuple[socket.socket, socket.socket]) -> Callable[[], None]:
        def ring() -> None:
            try:
                bell[1].send(b"!")
            except OSError:  # the race is over
                return

        return ring

    def _wait(self, ended: Callable[[], bool], seconds: float | None) -> None:
        end = None if seconds is None else time.monotonic() + seconds
        while not ended():
            left = _LOOK if end is None else min(_LOOK, end - time.monotonic())
            if left <= 0:
                return
            check_running()
            here = self._bell_here()
            if wait_for_any((here,), left):
                try:
                    here.recv(64)
                except BlockingIOError:
                    pass
