"""What hooks are told of each request that is sent and of each answer, and what telemetry is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest(Record):
    """One attempt that is about to be sent, as the function of ``Config(hooks=...)`` is told of it.

    Nothing secret is in it: no signature, no keys, and no body. Names are the server's, as they are sent.

    Attributes:
        operation: S3's name of what is asked, such as ``"GetObject"``.
        attempt: 1 for the first, 2 for the first retry, and so on.
        method: the HTTP method.
        target: path and query, percent-encoded; values that are secret are ``***``.
        headers: those that say what is asked, in lower case. Those that signing adds to every request, such
            as ``host`` and ``authorization``, are not among them; values that are secret are ``***``.
        size: bytes of the body; None where only its end will tell.
    """

    operation: str
    attempt: int
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    size: int | None = 0

    def __post_init__(self) -> None:
        freeze(self, "headers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedReply(Record):
    """What came of one attempt, as the function of ``Config(hooks=...)`` is told of it.

    Attributes:
        request: the attempt.
        status: the HTTP status; None where no answer came.
        headers: the answer's, in lower case; values that are secret are ``***``.
        size: bytes of the answer's body; None where no answer came.
        seconds: from sending to the end of the answer.
        error: the name of the exception's class where no answer came; else None.
    """

    request: SentRequest
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    seconds: float
    error: str | None = None

    def __post_init__(self) -> None:
        freeze(self, "headers")


Hook = Callable[[SentRequest | ReceivedReply], object]
"""A function of ``Config(hooks=...)``."""


@runtime_checkable
class Instrument(Protocol):
    """What ``Config(telemetry=...)`` takes: `minio_sdk.telemetry.Telemetry`."""

    def operation(self, watch: Any, config: Any) -> Callable[[BaseException | None, float], None]:
        """Told of an operation that begins; what it returns, of its end: the error, and the seconds."""
        ...

    def job(self, name: str, config: Any) -> AbstractContextManager[Callable[[Any], None]]:
        """Around a job of many operations; what it gives is told the job's result."""
        ...
