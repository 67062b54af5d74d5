"""Hedged reads: when an answer is late, and whether a second request may be sent. No I/O."""

from __future__ import annotations

import threading

from minio_sdk.models.hedge import Hedge

_KNOWN = 16
"""Answers of a kind that must have come before it is known when one is late."""

_KEPT = 256
_LEAST = 0.005  # seconds: below this a second request costs more than it saves
_MOST_TOKENS = 10.0  # second requests at once after a quiet time


class _Recent:
    """How long the last answers of one kind took."""

    __slots__ = ("_at", "_times", "late")

    def __init__(self) -> None:
        self._times: list[float] = []
        self._at = 0
        self.late: float | None = None

    def tell(self, seconds: float) -> None:
        times, at = self._times, self._at
        if len(times) < _KEPT:
            times.append(seconds)
        else:
            times[at % _KEPT] = seconds
        self._at = at = at + 1
        if not at % _KNOWN:
            ordered = sorted(times)
            self.late = max(_LEAST, 2 * ordered[len(ordered) * 9 // 10])


class Hedger:
    """What the reads of one client and its views share.

    Args:
        settings: the user's.

    Attributes:
        reads: how many could have been sent twice.
        sent: how many were.
    """

    def __init__(self, settings: Hedge) -> None:
        self._after = settings.after
        self._share = settings.budget
        self._tokens = 0.0
        self._lock = threading.Lock()
        self._recent: dict[str, _Recent] = {}
        self.reads = 0
        self.sent = 0

    def begin(self, kind: str) -> float | None:
        """Count a read; the seconds after which its answer is late, None where that isn't known."""
        with self._lock:
            self.reads += 1
            self._tokens = min(self._tokens + self._share, _MOST_TOKENS)
        if self._after is not None:
            return self._after
        recent = self._recent.get(kind)
        return None if recent is None else recent.late

    @property
    def has_any(self) -> bool:
        """Whether a second request could be sent now."""
        return self._tokens >= 1

    def take(self) -> bool:
        """Whether a second request may be sent."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            self.sent += 1
            return True

    def tell(self, kind: str, seconds: float) -> None:
        """An answer took so long, or at least so long."""
        if self._after is None:
            with self._lock:
                recent = self._recent.get(kind)
                if recent is None:
                    recent = self._recent[kind] = _Recent()
                recent.tell(seconds)

    def renew_lock(self) -> None:
        """After fork: the lock may have been held by a thread that doesn't exist here."""
        self._lock = threading.Lock()
