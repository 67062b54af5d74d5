"""What the engine and the flows ask of a transport: the blocking and the async one both answer it."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar

from minio_sdk.clock import Clock
from minio_sdk.signing import Signing
from minio_sdk.wire.message import Reply, Request

T = TypeVar("T")
R = TypeVar("R")


class Budget(Protocol):
    """How many bytes may be in memory; see `minio_sdk.transport.budgets`."""

    @property
    def capacity(self) -> int:
        """All there are."""
        ...

    async def take(self, size: int, *, wait: bool = True) -> None:
        """Wait for `size` bytes; with `wait=False` take them even if they aren't there."""
        ...

    async def take_aside(self, size: int) -> bool:
        """Wait for `size` bytes, or for one's turn to go beyond; whether it is beyond."""
        ...

    def ask(self, size: int) -> bool:
        """Keep `size` bytes between two calls of the user's, if there is room; never waits."""
        ...

    async def keep(self, size: int, patience: float) -> bool:
        """As `ask`, waiting for it so many seconds; where nothing else is kept, also more than half."""
        ...

    def move(self, size: int) -> None:
        """What was kept is now under way."""
        ...

    def give(self, size: int, *, kept: bool = False, aside: bool = False) -> None:
        """Give back what was taken with the same size; from anywhere."""
        ...


class Budgets(Protocol):
    """Where a transfer finds its budget."""

    def here(self) -> Budget:
        """That of the running event loop; without one, the same for all threads."""
        ...


class Crew(Protocol[R]):
    """Work that goes on while its owner does something else, between the calls of the user's too."""

    @property
    def failed(self) -> bool:
        """Whether some of it has failed, which the next `begin` or `end` raises."""
        ...

    async def begin(self, work: Callable[[], Awaitable[R]]) -> None:
        """Have it done; waits while as much as may be is under way."""
        ...

    async def rest(self) -> bool:
        """Wait until something that is under way ends; False where there is nothing."""
        ...

    async def end(self) -> list[R]:
        """Wait for all of it; the results in order."""
        ...

    async def stop(self) -> None:
        """Let nothing more begin; what is under way has its grace, is stopped then, and waited for."""
        ...


class Feed(Protocol):
    """An answer that is read while it comes, over a connection of its own; it may be asked for again.

    For one task or thread at a time, but for `close`.
    """

    @property
    def closed(self) -> bool:
        """Whether it has been closed, by us or with its client: what comes to nothing now is no failure."""
        ...

    async def open(self, request: Request, deadline: float | None, patience: float) -> Reply:
        """Ask, after retries; the head, with a body where it is a failure.

        Args:
            request: the question.
            deadline: the end of the call on the monotonic clock; None for no end.
            patience: seconds of silence after which the connection counts as lost.
        """
        ...

    async def read(self) -> bytes:
        """Some of what comes next; empty at the end of the answer."""
        ...

    async def pause(self, failures: int, least: float) -> None:
        """Wait as the retry policy does after so many failures, or `least` seconds; `close` ends it."""
        ...

    def drop(self) -> None:
        """Close the connection, for another question or for none."""
        ...

    def close(self) -> None:
        """Close it for good, from anywhere; whoever waits for something waits no longer."""
        ...


class Relay(Protocol):
    """Carries news from inside the work of `map` to who has called it."""

    def tell(self, news: Any) -> None:
        """Have the news told; after the end of the job nobody hears them."""
        ...


class AtHand(Generic[T]):
    """Items of which none has to be waited for, as those of an iterator of the user's may have to be.

    Args:
        items: the items.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)


class Transport(Protocol):
    """What sends. The blocking one's coroutines never suspend."""

    signing: Signing
    clock: Clock

    @property
    def ways(self) -> tuple[Transport, ...]:
        """What sends to each of several endpoints, once and without retries; empty for one endpoint."""
        ...

    @property
    def memory(self) -> Budgets:
        """The bytes of transfers that may be in memory, for all clients of one connection pool."""
        ...

    async def send(self, request: Request, deadline: float | None) -> Reply:
        """The answer to a request, after retries."""
        ...

    async def map(
        self,
        function: Callable[[T], Awaitable[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
        *,
        grace: float = 0.0,
        relay: Relay | None = None,
    ) -> list[R]:
        """`function` of each item, at most `limit` at once, results in order; the first error ends it.

        Items are taken one by one, in order, as places become free; of `AtHand` maybe some together, before
        the requests of the first are sent. `done` gets each result as soon as it
        is there, one at a time, on the thread of the caller; the news of a `relay`, which this transport has
        made, are told in the same way. After an error, an interrupt or a cancellation nothing more begins;
        what is under way has `grace` seconds to end by itself before it is stopped, and this returns only
        when all of it has ended.
        """
        ...

    def relay(self, told: Callable[[Any], object]) -> Relay:
        """What lets the work of one call of `map` tell its caller something; an error of `told` ends it."""
        ...

    def lane(self) -> Transport:
        """The same for one call of `map`, of work that asks little: small requests may share a thread.

        Its `relay` is for that call.
        """
        ...

    async def spread(
        self,
        submit: Callable[[T], Future[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
    ) -> list[R]:
        """As `map`, for work that `submit` hands to others; what they are at is not waited for."""
        ...

    def feed(self) -> Feed:
        """What reads an answer while it comes."""
        ...

    def crew(self, limit: int, *, grace: float = 0.0) -> Crew[Any]:
        """Workers for at most `limit` pieces of work at once; there are none while there is no work."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def call(self, function: Callable[..., R], *arguments: Any) -> R:
        """The result of a blocking function, without blocking an event loop."""
        ...

    async def finish(self, function: Callable[..., R], *arguments: Any) -> R:
        """The same; for a caller who is cancelled or interrupted it is done by then, or never will be.

        A task that is cancelled while it waits for `call` leaves a thread behind, which may write what is
        out of date by then.
        """
        ...

    async def close(self) -> None:
        """Give connections back; a later call opens new ones."""
        ...
