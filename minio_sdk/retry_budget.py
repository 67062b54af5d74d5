"""How much retrying a server is worth: a count that those who send to it share."""

from __future__ import annotations

import threading


class TokenBudget:
    """How much retrying one server is worth, so that a dying one isn't hammered.

    500 tokens; a retry costs 5, one after a timeout 10; a success gives back what its last retry cost, or 1.
    Shared by all clients of one connection pool.
    """

    CAPACITY = 500
    RETRY = 5
    RETRY_AFTER_TIMEOUT = 10

    def __init__(self) -> None:
        self._tokens = self.CAPACITY
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int:
        """What is left."""
        return self._tokens

    def take(self, cost: int) -> bool:
        """Take `cost` tokens if they are there."""
        with self._lock:
            if self._tokens < cost:
                return False
            self._tokens -= cost
            return True

    def give(self, tokens: int = 1) -> None:
        """Give tokens back; without a lock when the budget is full, as it nearly always is."""
        if self._tokens < self.CAPACITY:
            with self._lock:
                self._tokens = min(self.CAPACITY, self._tokens + tokens)

    def renew_lock(self) -> None:
        """After fork: the lock may have been held by a thread that doesn't exist here."""
        self._lock = threading.Lock()
