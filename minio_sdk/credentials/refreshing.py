"""Credentials that end, and the one refresher that gets the next ones in time.

Rules of this file: whoever asks gets an answer from memory as long as the keys last; one thread at a time
gets new ones, for all threads, tasks and clients; a failure keeps the old ones while they are good.

    fetched ........................... soon ............ must .... end
    from memory                         from memory,      wait      wait, or the error
                                        a thread asks
"""

from __future__ import annotations

import copy
import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.errors import ConfigurationError, CredentialsError, MinIOError, as_class
from minio_sdk.forks import forget_after_fork
from minio_sdk.models.credentials import Credentials

SOON = 900.0
"""Seconds before the end from which on new keys are asked for; a quarter of the life at most."""
MUST = 120.0
"""Seconds before the end from which on callers wait for them; a tenth of the life at most."""
ASK_AGAIN = 300.0
"""Seconds after which a source that had none is asked again."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries, at most; the first pause is one second."""

_FOREVER = float("inf")
_log = logging.getLogger("minio_sdk")

Found = Credentials | CredentialsError | None
"""What a refresh ends with. An error is a value here, since each caller raises one of its own."""


def settled(found: Found) -> Credentials | None:
    """The keys, None for unsigned requests.

    Raises:
        CredentialsError: there are none to be had.
    """
    if isinstance(found, CredentialsError):
        # A copy: callers write their names into it.
        raise copy.copy(found) from found.__cause__
    return found


@dataclass(frozen=True, slots=True)
class _Held:
    """The keys in force, and what is to be done when, on our clock."""

    keys: Credentials | None
    soon: float
    must: float
    end: float


class Refresher:
    """Holds the keys of one source.

    Args:
        describe: gives the source's name in messages.
        fetch: gets new keys; it may block, and is called by one thread at a time.
        clock: the time source.
        required: whether a source that has no keys is an error; else requests are not signed.
        chance: a number from 0 to 1: many processes shall not ask at the same moment.
    """

    def __init__(
        self,
        describe: Callable[[], str],
        fetch: Callable[[], Credentials | None],
        clock: Clock,
        required: bool,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.offset = 0.0
        self._describe = describe
        self._fetch = fetch
        self._clock = clock
        self._required = required
        self._chance = chance
        self._held: _Held | None = None
        self._renewal: Future[Found] | None = None
        self._failure: CredentialsError | None = None
        self._failures = 0
        self._pause_until = self._no_refusal_until = -_FOREVER
        self._lock = threading.Lock()
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: the thread that refreshes is the parent's."""
        self._lock = threading.Lock()
        self._renewal = None

    def ask(self) -> Credentials | Future[Found] | None:
        """The keys in force, or the future of the ones that have to be waited for.

        Raises:
            CredentialsError: there are none, and it is too early to try again.
        """
        held = self._held
        now = self._clock.time()
        if held is not None and now < held.soon:
            return held.keys
        with self._lock:
            held = self._held
            if held is not None and now < held.soon:
                return held.keys
            renewal = self._renewal
            begins = renewal is None
            if renewal is None:
                if self._clock.monotonic() < self._pause_until:
                    if held is None or now >= held.end:
                        return settled(self._failure)
                    return held.keys
                renewal = self._renewal = Future()
                renewal.set_running_or_notify_cancel()  # nobody who waits can cancel it for the others
        if begins:
            self._begin(renewal)
        return renewal if held is None or now >= held.must else held.keys

    def _begin(self, renewal: Future[Found]) -> None:
        thread = threading.Thread(
            target=self._renew, args=(renewal,), name="minio-sdk-credentials", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # no thread can be started any more: the interpreter is ending
            self._renew(renewal)

    def _renew(self, renewal: Future[Found]) -> None:
        outcome: Found = CredentialsError("the refresh came to no end")
        try:
            try:
                held = self._judged(self._fetch())
            except BaseException as error:  # also what would end a thread in silence
                outcome = self._failed(error)
            else:
                outcome = held.keys
                with self._lock:
                    self._held = held
                    self._failures = 0
                    self._pause_until = -_FOREVER
        finally:
            with self._lock:
                if self._renewal is renewal:  # else this is a fork's child, and has another one
                    self._renewal = None
            renewal.set_result(outcome)

    def _judged(self, keys: Credentials | None) -> _Held:
        now = self._clock.time()
        if keys is None:
            held = self._held
            if self._required or (held is not None and held.keys is not None):
                raise CredentialsError("it has no credentials", hint="another source, or fill it")
            return _Held(None, now + ASK_AGAIN, _FOREVER, _FOREVER)
        if not isinstance(keys, Credentials):
            # Not its value: it may hold the secret.
            raise ConfigurationError(f"fetch() gave a {type(keys).__name__}, not Credentials")
        if keys.expires_at is None:
            return _Held(keys, _FOREVER, _FOREVER, _FOREVER)
        end = keys.expires_at.timestamp() - self.offset
        life = end - now
        if life <= 0:
            raise CredentialsError(
                f"the credentials that came had ended already, at {keys.expires_at.isoformat()}",
                hint="set this computer's clock right, and look at what gives them",
            )
        early = min(SOON, life / 4) * (1 - self._chance() / 3)
        return _Held(keys, end - early, end - min(MUST, life / 10), end)

    def _failed(self, error: BaseException) -> Found:
        failure = self._described(error)
        with self._lock:
            self._failure = failure
            pause = min(LONGEST_PAUSE, 2.0 ** min(self._failures, 10))
            self._failures += 1
            self._pause_until = self._clock.monotonic() + pause
            held = self._held
        left = -1.0 if held is None else held.end - self._clock.time()
        if held is None or left <= 0:
            return failure
        if left < _FOREVER:
            _log.warning(
                "%s; the old ones are good for %d seconds more, next try in %d",
                failure,
                left,
                pause,
            )
        else:
            _log.warning("%s; the old ones are used on, next try in %d seconds", failure, pause)
        return held.keys

    def _described(self, error: BaseException) -> CredentialsError:
        if isinstance(error, MinIOError):
            message = f"no new credentials from {self._describe()}: {error.message}"
            return as_class(error, CredentialsError, message, error.hint)
        # Not its text: only its author knows whether a secret is in it.
        failure = CredentialsError(
            f"no new credentials from {self._describe()}: {type(error).__name__}",
            hint="the cause of this error says more",
        )
        failure.__cause__ = error
        return failure

    def refused(self, keys: Credentials) -> bool:
        """Whether there are, or may be, better keys than these, which the server has refused.

        Once a minute at most new ones are asked for because of this; the next `ask` waits for them.
        """
        with self._lock:
            held = self._held
            if held is None or held.keys is not keys:
                return True
            now = self._clock.monotonic()
            if now < max(self._no_refusal_until, self._pause_until):
                return False
            self._no_refusal_until = now + LONGEST_PAUSE
            self._held = replace(held, soon=-_FOREVER, must=-_FOREVER)
            return True


class RefreshingProvider:
    """The base of providers whose credentials end; derive from it and write `fetch`.

    One refresher serves all threads, tasks and clients that share the provider. New keys are asked for in
    the background a quarter of their life before they end (15 minutes at most), by a thread that lives as
    long as the question. Calls wait only for the first ones, and in the last tenth of a life (two minutes at
    most) when nothing has come until then. A failure is logged as a warning, and tried again with growing
    pauses; it is raised as `CredentialsError` when there are no keys that are still good.

    A copy or a pickle carries the settings and not the keys.

    Args:
        clock: the time source; tests give another.

    Example:
        >>> class Vault(RefreshingProvider):
        ...     def fetch(self):
        ...         secret = vault.read("storage")
        ...         return Credentials(secret.user, secret.password, expires_at=secret.ends)
        >>> config = Config("https://s3.example.com", "acme", credentials=Vault())
    """

    _required = True

    def __init__(self, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._refresher = Refresher(self.__repr__, self.fetch, clock, self._required)

    def fetch(self) -> Credentials | None:
        """New credentials; it may block. None says that there are none.

        Raises:
            Exception: whatever went wrong; the old ones stay in force while they are good.
        """
        raise NotImplementedError

    def credentials(self) -> Credentials | None:
        """The credentials in force; waits only when there are none that will last.

        Raises:
            CredentialsError: there are none to be had.
        """
        found = self.ask()
        return settled(found.result()) if isinstance(found, Future) else found

    def ask(self) -> Credentials | Future[Found] | None:
        """The credentials in force, or the future of those that have to be waited for; never blocks."""
        return self._refresher.ask()

    def refused(self, keys: Credentials) -> bool:
        """Whether better ones than these may be had, which a server has refused."""
        return self._refresher.refused(keys)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_refresher"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        RefreshingProvider.__init__(self, clock=self._clock)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
