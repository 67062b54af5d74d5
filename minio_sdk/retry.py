"""What may be tried again, how long to wait, when to stop. The only file that knows tenacity.

Rule of this file: one place retries. Both transports hand their attempts to `RetryPolicy`, and every
other layer's own retries are off. A first try that succeeds costs nothing here; tenacity is imported
after the first failure.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from traceback import clear_frames
from typing import TYPE_CHECKING, Any, Protocol

from minio_sdk.clock import Clock
from minio_sdk.config import Config
from minio_sdk.errors import MinIOConnectionError, MinIOError, MinIOTimeoutError, ServerError
from minio_sdk.models.showing import printable
from minio_sdk.retry_budget import TokenBudget
from minio_sdk.wire.failure import QUOTA_CODES, Failure, read_failure
from minio_sdk.wire.headers import retry_after
from minio_sdk.wire.message import Reply, Request

if TYPE_CHECKING:
    import tenacity

_LOG = logging.getLogger("minio_sdk")

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
STARTING_CODES = frozenset(
    {
        "XMinioServerNotInitialized",
        "XMinioIAMNotInitialized",
        "XMinioBucketMetadataNotInitialized",
    }
)
"""Of a MinIO that is starting. It asks for 60 seconds then, and is mostly there after a few."""

RETRIED_CODES = STARTING_CODES | frozenset(
    {
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "ServerBusy",
        "ServiceUnavailable",
        "SlowDown",
        "SlowDownRead",
        "SlowDownWrite",
    }
)

LONGEST_RETRY_AFTER = 120.0
"""Seconds. A server that asks for more is not waited for: its wish is in the error instead."""


def deadline_over(seconds: float | None) -> MinIOTimeoutError:
    """The error of a call that has used up its `Config.deadline`."""
    return MinIOTimeoutError(f"the deadline of {seconds} seconds is over", hint="a longer deadline")


class Offset(Protocol):
    """The server's clock against ours, as it is known at the moment."""

    seconds: float


class _Failed(Exception):
    """One failed attempt, on its way through tenacity.

    Attributes:
        wait: seconds that the server asked for.
        delay: seconds until the next attempt; None until chance has been asked.
        starting: whether the server says that it is just being started.
        number: the number of the attempt, not counting those that went on to another endpoint.
        moves: whether the next attempt goes to another endpoint.
    """

    def __init__(
        self,
        *,
        error: MinIOError | None = None,
        reply: Reply | None = None,
        wait: float = 0.0,
        delay: float | None = None,
        starting: bool = False,
    ) -> None:
        super().__init__()
        self.error = error
        self.reply = reply
        self.wait = wait
        self.delay = delay
        self.starting = starting
        self.number = 1
        self.moves = False
        timed_out = isinstance(error, MinIOTimeoutError)
        self.cost = TokenBudget.RETRY_AFTER_TIMEOUT if timed_out else TokenBudget.RETRY

    @property
    def reason(self) -> str:
        """What has failed, for the log."""
        if self.reply is not None:
            text = f"{self.reply.status} {read_failure(self.reply).code or ''}".rstrip()
        else:
            text = type(self.error).__name__ + (f": {self.error.message}" if self.error else "")
        return printable(text + (", next at another endpoint" if self.moves else ""), 300)

    def move(self) -> None:
        """Let the next attempt go to another endpoint at once, which costs this one nothing."""
        self.moves, self.delay, self.wait, self.cost = True, 0.0, 0.0, 0

    def outcome(self, attempts: int, why: list[str]) -> Reply:
        """The last answer, or the last error raised, of which this lets go."""
        error, self.error = self.error, None
        if error is not None:
            error.attempts = attempts
            hints = dict.fromkeys(filter(None, (error.hint, *why)))
            error.hint = "; ".join(hints) or None
            try:
                raise error
            finally:
                del error  # else its traceback would lead to itself
        assert self.reply is not None  # one of the two is always there
        self.reply.attempts = attempts
        return self.reply

    def forget(self) -> None:
        """Let go of what nobody will see.

        Tracebacks lead to the request and, also those of urllib3, in a circle to themselves: the memory of
        a part, or a buffer of the user's, would be held until the collector comes.
        """
        error: BaseException | None = self.error
        while error is not None:
            clear_frames(error.__traceback__)
            error = error.__context__
        self.error = self.reply = self.__context__ = self.__traceback__ = None


class RetryPolicy:
    """Sends attempts until one succeeds or it is time to stop.

    Args:
        config: `max_retries`, `base_delay`, `max_delay` and `jitter` are read.
        clock: waits and measures.
        budget: shared with the other clients of the same server.
        learn_skew: told of each refusal, and of the offset that its request was signed with; True means
            that a better one is known now, and that one more attempt is worth it.
        skew: that offset.
        chance: a number from 0 to 1, for jitter.
        sleep: waits in a thread; None takes the clock's.
        better_keys: told of each request that was refused, and how; True means that the next
            attempt is signed with other keys, and need not wait.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        budget: TokenBudget,
        learn_skew: Callable[[Reply, str | None, float], bool],
        skew: Offset,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], None] | None = None,
        better_keys: Callable[[Request, Reply, str | None], bool] = lambda *_: False,
    ) -> None:
        self.max_retries = config.max_retries
        self.base_delay = config.base_delay
        self.max_delay = config.max_delay
        self.jitter = config.jitter
        self.clock = clock
        self.budget = budget
        self._learn_skew = learn_skew
        self._skew = skew
        self._chance = chance
        self.pause = sleep or clock.sleep
        self._better_keys = better_keys

    @property
    def offset(self) -> float:
        """What the next attempt's signature takes for the offset of the server's clock."""
        return self._skew.seconds

    def send(
        self,
        attempt: Callable[[int], Reply],
        request: Request,
        deadline: float | None = None,
        offset: float | None = None,
        elsewhere: Callable[[], bool] | None = None,
    ) -> Reply:
        """Run attempts, blocking.

        Args:
            attempt: sends once; gets the number of the attempt, from 1.
            request: what is sent; one whose body can't be replayed is sent once.
            deadline: the end of the whole call on the monotonic clock.
            offset: what the first attempt was signed with, if it was begun before.
            elsewhere: says whether an attempt has failed for its endpoint, and the next goes to another. Then
                it goes at once, and doesn't count as a retry.

        Returns:
            The last reply, which may still be a failure.

        Raises:
            MinIOConnectionError: the last attempt got no usable answer.
        """
        if offset is None:
            offset = self._skew.seconds
        if request.watch is not None:
            attempt = request.watch.around(attempt)
        try:
            reply = attempt(1)
        except (MinIOConnectionError, ServerError) as error:
            failure = _failure_of(error, 1)
        else:
            judged = self.judged(request, reply, offset)
            if judged is None:
                self.budget.give()
                return reply
            failure = judged
        return self._again(attempt, request, deadline, failure, elsewhere)

    async def asend(
        self,
        attempt: Callable[[int], Awaitable[Reply]],
        request: Request,
        deadline: float | None = None,
        elsewhere: Callable[[], bool] | None = None,
    ) -> Reply:
        """Run attempts in a task; else as `send`."""
        offset = self._skew.seconds
        if request.watch is not None:
            attempt = request.watch.around_async(attempt)
        try:
            reply = await attempt(1)
        except (MinIOConnectionError, ServerError) as error:
            failure = _failure_of(error, 1)
        else:
            judged = self.judged(request, reply, offset)
            if judged is None:
                self.budget.give()
                return reply
            failure = judged
        return await self._again_async(attempt, request, deadline, failure, elsewhere)

    def judged(self, request: Request, reply: Reply, offset: float) -> _Failed | None:
        """The failure that a reply is, when it is one that may be tried again, else None.

        Args:
            request: what was sent.
            reply: the reply.
            offset: what the request's signature took for the offset of the server's clock.
        """
        if reply.status < 400:
            return None
        failure: Failure = read_failure(reply)
        if failure.code in QUOTA_CODES:  # some say it with 429 or 503; no later try has more room
            return None
        wait = retry_after(reply.headers, self.clock.time()) or 0.0
        retried = reply.status in RETRIED_STATUSES or failure.code in RETRIED_CODES
        if retried or self._learn_skew(reply, failure.code, offset):
            starting = failure.code in STARTING_CODES
            wait = min(wait, self.max_delay) if starting else wait
            return _Failed(reply=reply, wait=wait, starting=starting)
        if self._better_keys(request, reply, failure.code):
            return _Failed(reply=reply, delay=0.0)
        return None

    def _delay(self, deadline: float | None, state: tenacity.RetryCallState) -> float:
        """Seconds to wait after the attempt that has failed."""
        failure = _failed(state)
        if failure.delay is None:  # asked for twice, in an order that depends on tenacity's version
            own = self.backoff(failure.number)
            failure.delay = max(own, failure.wait)
            if failure.starting and deadline is not None:
                late = self.clock.monotonic() + failure.delay >= deadline
                failure.delay = own if late else failure.delay  # it may well be there sooner
        return failure.delay

    def backoff(self, failures: int) -> float:
        """Seconds to wait after so many failures, at least one, in a row."""
        # 2 ** 1000 overflows a float; no delay grows for more than 60 doublings.
        grown = self.base_delay * 2.0 ** min(failures - 1, 60)
        return min(grown, self.max_delay) * (1.0 - self.jitter * self._chance())

    def _stops(
        self, request: Request, deadline: float | None
    ) -> tuple[Callable[[tenacity.RetryCallState], bool], list[str]]:
        """The decision to stop, and the reason it leaves behind."""
        why: list[str] = []

        def stop(state: tenacity.RetryCallState) -> bool:
            failure = _failed(state)
            delay = self._delay(deadline, state)
            if not request.retry:
                return True
            if not request.replayable:
                why.append("send a file or bytes: this body can't be sent a second time")
            elif failure.number > self.max_retries and not failure.moves:
                if failure.error is not None and not failure.error.hint:
                    why.append("is the server up and reachable? a larger max_retries waits longer")
            elif failure.wait > LONGEST_RETRY_AFTER:
                why.append(f"again in {failure.wait:.0f} seconds: that is what the server asks for")
            elif deadline is not None and self.clock.monotonic() + delay >= deadline:
                why.append("a longer deadline")
            elif not self.budget.take(failure.cost):
                why.append("later: so many calls failed that retries are held back for now")
            else:
                _LOG.info(
                    "%s %s: %s; attempt %d in %.2f s",
                    request.method,
                    request.path,
                    failure.reason,
                    state.attempt_number + 1,
                    delay,
                )
                return False
            return True

        return stop, why

    def _again(
        self,
        attempt: Callable[[int], Reply],
        request: Request,
        deadline: float | None,
        first: _Failed,
        elsewhere: Callable[[], bool] | None,
    ) -> Reply:
        import tenacity

        series = _Series(self, request, attempt, first, elsewhere)

        def step() -> Reply:
            if series.begin():
                raise first
            try:
                return series.judge(series.attempt(series.count))
            except (MinIOConnectionError, ServerError) as error:
                raise series.failed(_failure_of(error, series.count)) from None

        stop, why = self._stops(request, deadline)
        retrying = tenacity.Retrying(
            sleep=self.pause,
            stop=stop,
            wait=partial(self._delay, deadline),
            retry=tenacity.retry_if_exception_type(_Failed),
            reraise=True,
        )
        try:
            with suppress(_Failed):  # the last is known, and no error is to be raised while it is
                return retrying(step)
            return series.last.outcome(series.count, why)
        finally:
            series.forget()
            first.forget()

    async def _again_async(
        self,
        attempt: Callable[[int], Awaitable[Reply]],
        request: Request,
        deadline: float | None,
        first: _Failed,
        elsewhere: Callable[[], bool] | None,
    ) -> Reply:
        import tenacity

        series = _Series(self, request, attempt, first, elsewhere)

        async def step() -> Reply:
            if series.begin():
                raise first
            try:
                return series.judge(await series.attempt(series.count))
            except (MinIOConnectionError, ServerError) as error:
                raise series.failed(_failure_of(error, series.count)) from None

        stop, why = self._stops(request, deadline)
        retrying = tenacity.AsyncRetrying(
            sleep=self.clock.asleep,
            stop=stop,
            wait=partial(self._delay, deadline),
            retry=tenacity.retry_if_exception_type(_Failed),
            reraise=True,
        )
        try:
            with suppress(_Failed):  # the last is known, and no error is to be raised while it is
                return await retrying(step)
            return series.last.outcome(series.count, why)
        finally:
            series.forget()
            first.forget()


class _Series:
    """The attempts of one call after the first has failed."""

    __slots__ = (
        "_elsewhere",
        "_moved",
        "_offset",
        "_policy",
        "_request",
        "attempt",
        "count",
        "last",
    )

    def __init__(
        self,
        policy: RetryPolicy,
        request: Request,
        attempt: Callable[[int], Any],
        first: _Failed,
        elsewhere: Callable[[], bool] | None,
    ) -> None:
        self._policy = policy
        self._request = request
        self.attempt = attempt
        self._elsewhere = elsewhere
        self._moved = 0
        self._offset = 0.0
        self.count = 0
        self.last = first

    def begin(self) -> bool:
        """Count an attempt; true for the first one, which has been made already."""
        self.count += 1
        self._offset = self._policy.offset
        if self.count > 1:
            return False
        self._place(self.last)
        return True

    def failed(self, failure: _Failed) -> _Failed:
        self.last.forget()
        self.last = failure
        self._place(failure)
        return failure

    def _place(self, failure: _Failed) -> None:
        failure.number = self.count - self._moved
        if self._elsewhere is not None and failure.delay is None and self._elsewhere():
            failure.move()
            self._moved += 1

    def forget(self) -> None:
        """Let go of the request: tenacity's objects refer to each other, and to this."""
        self.last.forget()
        del self.attempt, self._request, self._elsewhere

    def judge(self, reply: Reply) -> Reply:
        failure = self._policy.judged(self._request, reply, self._offset)
        if failure is not None:
            raise self.failed(failure)
        self._policy.budget.give(self.last.cost)
        reply.attempts = self.count
        return reply


def _failure_of(error: MinIOConnectionError | ServerError, attempts: int) -> _Failed:
    """The failure that may be tried again; an error that trying again can't help is raised."""
    if isinstance(error, ServerError) or error.permanent:
        error.attempts = attempts
        try:
            raise error
        finally:
            del error  # else its traceback would lead to itself
    return _Failed(error=error)


def _failed(state: tenacity.RetryCallState) -> _Failed:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, _Failed)
    return error
