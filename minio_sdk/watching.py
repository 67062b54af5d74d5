"""The one watch that is kept on each operation: for the audit, telemetry, hooks and the log.

Rule of this file: nobody who looks on changes what comes of an operation, and nothing secret gets to them.
What isn't asked for costs nothing: the engine has a `Watcher` only where somebody looks on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Container, Iterator
from contextlib import contextmanager
from typing import Any

from minio_sdk.auditing import Auditor
from minio_sdk.clock import Clock
from minio_sdk.config import Config
from minio_sdk.errors import MinIOError
from minio_sdk.models.hooks import Hook, ReceivedReply, SentRequest
from minio_sdk.models.secret import masked
from minio_sdk.operation import Operation
from minio_sdk.wire.message import Reply, Request, shown_headers

LOG = logging.getLogger("minio_sdk")
is_logged = LOG.isEnabledFor  # all that an operation costs while nobody looks on

_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Watcher:
    """All who look on at the operations of one engine.

    Args:
        config: whose operations they are, and who looks on.
        clock: the source of time.
        auditor: tells the audit; None where there is none.
    """

    __slots__ = ("auditor", "clock", "config", "hooks", "telemetry")

    def __init__(self, config: Config, clock: Clock, auditor: Auditor | None) -> None:
        self.config = config
        self.clock = clock
        self.auditor = auditor
        self.telemetry = config.telemetry
        hooks = config.hooks or ()
        self.hooks: tuple[Hook, ...] = hooks if isinstance(hooks, tuple) else (hooks,)

    def watch(self, request: Request, operation: Operation[Any] | None, name: str = "") -> Watch:
        """Watch a request while a block runs, and tell of it at its end, whatever ends it.

        Args:
            request: what is about to be sent.
            operation: what it is; None for a question that is none of S3's operations.
            name: of such a question.
        """
        return Watch(self, request, operation, name)

    @contextmanager
    def job(self, name: str) -> Iterator[Callable[[Any], None]]:
        """Watch a job of many operations; what this gives is told the job's result."""
        begun = self.clock.monotonic()
        LOG.debug("%s begins", name)
        how = "failed"
        try:
            if self.telemetry is None:
                yield _unheard
            else:
                with self.telemetry.job(name, self.config) as told:
                    yield told
            how = "ended"
        finally:
            LOG.debug("%s %s after %.3f s", name, how, self.clock.monotonic() - begun)


def watcher_of(config: Config, clock: Clock, auditor: Auditor | None) -> Watcher | None:
    """Who looks on by these settings; None for nobody."""
    if auditor is None and config.telemetry is None and not config.hooks:
        return None
    return Watcher(config, clock, auditor)


def _unheard(_: Any) -> None:
    """Nobody listens."""


class Watch:
    """One request on its way; an interrupt ends it as well, and the server may have done it.

    Attributes:
        request: what is sent.
        operation: what it is; None for a question that is none of S3's operations.
        name: S3's name of it, or that of the question.
        started: when it began, in seconds since 1970.
        reply: the answer, once it is there.
        result: what was made of it.
        streams: whether a success is read while it comes, so that its size isn't known.
    """

    __slots__ = (
        "_begun",
        "_end",
        "_watcher",
        "name",
        "operation",
        "reply",
        "request",
        "result",
        "started",
        "streams",
    )

    def __init__(
        self, watcher: Watcher, request: Request, operation: Operation[Any] | None, name: str
    ) -> None:
        self._watcher = watcher
        self.request = request
        self.operation = operation
        self.name = name or (request.method if operation is None else operation.name)
        self.started = watcher.clock.time()
        self._begun = watcher.clock.monotonic()
        self._end: Callable[[BaseException | None, float], None] | None = None
        self.reply: Reply | None = None
        self.result: object = None
        self.streams = False

    def __enter__(self) -> Watch:
        watcher = self._watcher
        if watcher.hooks:
            self.request.watch = _Attempts(watcher, self.name, self.request)
        if watcher.telemetry is not None:
            try:
                self._end = watcher.telemetry.operation(self, watcher.config)
            except Exception:
                LOG.exception("telemetry: %s is not told of", self.name)
        return self

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        watcher = self._watcher
        seconds = watcher.clock.monotonic() - self._begun
        self.request.watch = None  # which refers to the request, and so to a body
        end, self._end = self._end, None  # in a circle as well
        if end is not None:
            try:
                end(error, seconds)
            except Exception:
                LOG.exception("telemetry: the end of %s is not told of", self.name)
        if watcher.auditor is not None:
            watcher.auditor.ended(self, error, seconds)
        if LOG.isEnabledFor(logging.DEBUG):
            self._log(error, seconds)

    def attempts(self, error: BaseException | None) -> int:
        """How often it was sent; 0 where nothing was."""
        if self.reply is not None:
            return self.reply.attempts
        return error.attempts if isinstance(error, MinIOError) else 0

    def status(self, error: BaseException | None) -> int | None:
        """The HTTP status of the last answer; None where none came."""
        if self.reply is not None:
            return self.reply.status
        return error.status if isinstance(error, MinIOError) else None

    def _log(self, error: BaseException | None, seconds: float) -> None:
        operation, reply = self.operation, self.reply
        what = ""
        if operation is not None and operation.place.bucket is not None:
            key = operation.subject
            what = f" {operation.place.bucket}" + (f"/{key!r}"[:200] if key is not None else "")
        outcome = str(self.status(error) or "no answer")
        if error is not None:
            outcome += f" {type(error).__name__} {_code(error) or ''}".rstrip()
        LOG.debug(
            "%s%s tenant=%s: %s in %.1f ms, attempts=%d, sent=%s, received=%s",
            self.name,
            what,
            self._watcher.config.tenant_id,
            outcome,
            seconds * 1000,
            self.attempts(error),
            self.request.length,
            None if reply is None else len(reply.body),
        )


def without_secrets(target: str, extra: Container[str] = ()) -> str:
    """Path and query with ``***`` for values that let others do something, and for those of `extra`."""
    path, mark, query = target.partition("?")
    return path + mark + masked(query, extra)


def kind_of_error(error: BaseException) -> str:
    """What failed, in a word: a code of S3's, or the exception's class."""
    return _code(error) or type(error).__name__


def _code(error: BaseException) -> str | None:
    code = error.code if isinstance(error, MinIOError) else None
    return code if code and _CODE.fullmatch(code) else None  # a server may say anything


class _Attempts:
    """Tells hooks of each attempt of one request; the retry policy runs attempts through it.

    Args:
        watcher: who is told.
        name: of the operation.
        request: what is sent.
    """

    __slots__ = ("_name", "_request", "_watcher")

    def __init__(self, watcher: Watcher, name: str, request: Request) -> None:
        self._watcher = watcher
        self._name = name
        self._request = request

    def around(self, attempt: Callable[[int], Reply]) -> Callable[[int], Reply]:
        """`attempt`, looked at."""

        def watched(number: int) -> Reply:
            with _Attempt(self._watcher, self._sent(number)) as one:
                one.reply = attempt(number)
                return one.reply

        return watched

    def around_async(
        self, attempt: Callable[[int], Awaitable[Reply]]
    ) -> Callable[[int], Awaitable[Reply]]:
        """The same in a task."""

        async def watched(number: int) -> Reply:
            with _Attempt(self._watcher, self._sent(number)) as one:
                one.reply = await attempt(number)
                return one.reply

        return watched

    def _sent(self, number: int) -> SentRequest:
        request = self._request
        extra = () if request.extras is None else request.extras.names
        return SentRequest(
            operation=self._name,
            attempt=number,
            method=request.method,
            target=without_secrets(request.target, extra),
            headers=shown_headers(request.headers),
            size=request.length,
        )


class _Attempt:
    """One attempt, while it lasts."""

    __slots__ = ("_begun", "_sent", "_watcher", "reply")

    def __init__(self, watcher: Watcher, sent: SentRequest) -> None:
        self._watcher = watcher
        self._sent = sent
        self.reply: Reply | None = None

    def __enter__(self) -> _Attempt:
        self._tell(self._sent)
        self._begun = self._watcher.clock.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        reply = self.reply
        self._tell(
            ReceivedReply(
                request=self._sent,
                status=None if reply is None else reply.status,
                headers={} if reply is None else shown_headers(reply.headers),
                size=None if reply is None else len(reply.body),
                seconds=self._watcher.clock.monotonic() - self._begun,
                error=None if kind is None else kind.__name__,
            )
        )

    def _tell(self, event: SentRequest | ReceivedReply) -> None:
        for hook in self._watcher.hooks:
            try:
                hook(event)
            except Exception:
                LOG.exception("hooks: %s has failed", getattr(hook, "__qualname__", type(hook)))
