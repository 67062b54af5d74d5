"""Faults: which requests each is for, how often, and what it does to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from minio_sdk.errors import invalid
from minio_sdk.faults.naming import Asked

if TYPE_CHECKING:
    from typing_extensions import Self

Side = Literal["reply", "request"]


@dataclass(frozen=True)
class Answer:
    """An answer of the proxy's own."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    after_commit: bool


@dataclass
class Plan:
    """What is going to be done to one request.

    Attributes:
        names: the faults, as the record shows them.
        delay: seconds to wait before the request goes on.
        before: what is called before it does.
        ending: what it ends with, where that isn't the server's answer; there is one at most.
        cut: after how many bytes of which body the connection ends.
        slow: bytes per second of each body.
        flips: places in each body, and how many bytes there are made others.
        skew: seconds that the server's clock seems to be ahead.
        reset: whether connections end by a reset.
        source: whose `ending` is.
    """

    names: list[str] = field(default_factory=list)
    delay: float = 0.0
    before: list[Callable[[Asked], object]] = field(default_factory=list)
    ending: Answer | Literal["drop_request", "drop_reply", "cut"] | None = None
    cut: tuple[Side, int] | None = None
    slow: dict[Side, float] = field(default_factory=dict)
    flips: dict[Side, list[tuple[int, int]]] = field(default_factory=dict)
    skew: float = 0.0
    reset: bool = False
    source: Fault | None = None

    def withdraw(self) -> None:
        """Let it end as the server wants it: what it should have ended with has not happened."""
        if self.source is not None:
            self.names.remove(self.source.name)
            self.source._take_back()
        self.ending, self.reset, self.source = None, False, None


class Fault:
    """One fault, as the methods of `FaultProxy` make it. In a ``with`` block it ends with the block.

    Attributes:
        name: what it does, such as ``"drop_reply"``.
        matched: how many requests were of its kind.
        happened: to how many of them it happened.
        optional: whether it may as well never happen.
    """

    def __init__(
        self,
        name: str,
        ends: bool,
        apply: Callable[[Plan], object],
        operation: str | None = None,
        *,
        method: str | None = None,
        bucket: str | None = None,
        key: str | None = None,
        nth: int = 1,
        times: int | None = None,
        optional: bool = False,
    ) -> None:
        for argument, value in [
            ("operation", operation),
            ("method", method),
            ("bucket", bucket),
            ("key", key),
        ]:
            if value is not None and (not isinstance(value, str) or not value):
                raise invalid(argument, value, "must be a name or a pattern such as 'Get*'")
        if isinstance(nth, bool) or not isinstance(nth, int) or nth < 1:
            raise invalid("nth", nth, "must be a whole number from 1")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int)):
            raise invalid("times", times, "must be a whole number from 1, or None for every time")
        if times is not None and times < 1:
            raise invalid("times", times, "must be a whole number from 1, or None for every time")
        self.name = name
        self.matched = 0
        self.happened = 0
        self.optional = optional
        self._ends = ends
        self._apply = apply
        self._wanted = (operation, method, bucket, key)
        self._nth = nth
        self._times = times
        self._cancelled = False
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Let it not happen any more."""
        self._cancelled = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cancel()

    def __repr__(self) -> str:
        words = ("operation", "method", "bucket", "key")
        parts = [
            f"{word}={value!r}"
            for word, value in zip(words, self._wanted, strict=True)
            if value is not None
        ]
        parts += [f"nth={self._nth}"] if self._nth > 1 else []
        parts += [f"times={self._times}"] if self._times is not None else []
        return f"<{self.name}({', '.join(parts)}) happened {self.happened} times>"

    def _is_for(self, method: str, what: Asked) -> bool:
        found = (what.operation, method, what.bucket, what.key)
        return not self._cancelled and all(
            pattern is None or (value is not None and fnmatchcase(value, pattern))
            for pattern, value in zip(self._wanted, found, strict=True)
        )

    def plan(self, method: str, what: Asked, plan: Plan) -> None:
        """Take part in what is done to a request, if it is one of those that are meant."""
        with self._lock:
            self._plan(method, what, plan)

    def _plan(self, method: str, what: Asked, plan: Plan) -> None:
        if not self._is_for(method, what) or (self._ends and plan.ending is not None):
            return
        self.matched += 1
        if self.matched < self._nth or (self._times is not None and self.happened >= self._times):
            return
        self.happened += 1
        plan.names.append(self.name)
        self._apply(plan)
        if self._ends:
            plan.source = self

    def _take_back(self) -> None:
        with self._lock:
            self.matched -= 1
            self.happened -= 1


class Faults:
    """All of them, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._all: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """One more."""
        with self._lock:
            self._all.append(fault)
        return fault

    def clear(self) -> None:
        """None any more."""
        with self._lock:
            for fault in self._all:
                fault.cancel()
            self._all.clear()

    def plan(self, method: str, what: Asked) -> Plan:
        """What they do to a request."""
        plan = Plan()
        with self._lock:
            for fault in self._all:
                fault.plan(method, what, plan)
        return plan

    def never_happened(self) -> list[Fault]:
        """Those that have met no request, though they should have."""
        with self._lock:
            return [f for f in self._all if not f.happened and not f.optional]
