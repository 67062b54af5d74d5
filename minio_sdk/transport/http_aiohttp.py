"""The async transport: one `aiohttp.ClientSession` for each event loop, the same retry policy.

aiohttp's own retries, cookies, decoding, redirects and environment lookups are off: one place retries,
and what was signed is what is sent.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
)
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar, cast

import aiohttp
import certifi
from yarl import URL

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import Config
from minio_sdk.credentials import Provider, find_credentials
from minio_sdk.credentials.refreshing import settled
from minio_sdk.errors import MinIOError, NotSupportedError
from minio_sdk.forks import forget_after_fork, leave_to_parent
from minio_sdk.models.credentials import Credentials
from minio_sdk.protocols import Relay
from minio_sdk.reasons import explain, root
from minio_sdk.retry import RetryPolicy, deadline_over
from minio_sdk.retry_budget import TokenBudget
from minio_sdk.signing import Signing, Skew
from minio_sdk.transport.bodies import BodyFailed
from minio_sdk.transport.budgets import AsyncByteBudget
from minio_sdk.transport.direct_async import unobserved
from minio_sdk.transport.feeds_async import TaskFeed
from minio_sdk.transport.lines import Lines
from minio_sdk.transport.odd import BLOCK, read_body
from minio_sdk.transport.pace import Meter, pace_of
from minio_sdk.transport.proxies import check_unchanged_by, find_proxy, is_socks
from minio_sdk.transport.routes import Route
from minio_sdk.transport.sending import Connector, Sending
from minio_sdk.transport.tasks import TaskCrew, TaskRelay, done_or_never, map_in_tasks, within
from minio_sdk.wire.failure import unmasked
from minio_sdk.wire.heads import is_sized
from minio_sdk.wire.message import Reply, Request, StreamBody
from minio_sdk.wire.url import Endpoint, parse_endpoint

T = TypeVar("T")
R = TypeVar("R")

_SMALL = 64 * 1024
_ADDED_BY_AIOHTTP = ("accept", "accept-encoding", "content-type", "user-agent")


class _Here:
    """What one event loop has."""

    def __init__(self, lines: Lines | None) -> None:
        self.lines = lines
        self.session: aiohttp.ClientSession | None = None
        self.feeding: aiohttp.ClientSession | None = None

    @property
    def sessions(self) -> list[aiohttp.ClientSession]:
        """Those that were opened."""
        return [session for session in (self.session, self.feeding) if session is not None]

    async def close(self) -> None:
        """Close all that is open."""
        if self.lines is not None:
            await self.lines.close()
        for session in self.sessions:
            await session.close()


class AsyncConnections:
    """The connections to one server, in each running loop its own; shared by all views of a client.

    Attributes:
        endpoint: the server.
        proxy: the proxy's URL, or None.
        budget: how much retrying the server is worth.
        skew: its clock against ours.
        memory: how many bytes of transfers may be in memory.
        feeds: what is read while it comes, and ends with all that is here.
    """

    def __init__(self, config: Config) -> None:
        self.endpoint: Endpoint = parse_endpoint(config.endpoints[0])
        self.proxy = find_proxy(config, self.endpoint)
        self.budget = TokenBudget()
        self.skew = Skew()
        self.memory = AsyncByteBudget(config.memory_budget)
        self._config = config
        # One entry for each loop, which only the thread of that loop reads and writes.
        self._here: dict[asyncio.AbstractEventLoop, _Here] = {}
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}
        self.feeds: weakref.WeakSet[TaskFeed] = weakref.WeakSet()
        forget_after_fork(self)

    def lines(self) -> Lines | None:
        """The open connections of the running loop; None where all goes through a proxy."""
        loop = asyncio.get_running_loop()
        return (self._here.get(loop) or self._open(loop)).lines

    def session(self) -> aiohttp.ClientSession:
        """aiohttp's session of the running loop, opened when it isn't."""
        loop = asyncio.get_running_loop()
        here = self._here.get(loop) or self._open(loop)
        if here.session is None or here.session.closed:
            here.session = self._new_session(self._config.pool_size)
        return here.session

    def feeding(self) -> aiohttp.ClientSession:
        """aiohttp's session for feeds, of which each has a connection beside those of the pool."""
        loop = asyncio.get_running_loop()
        here = self._here.get(loop) or self._open(loop)
        if here.feeding is None or here.feeding.closed:
            here.feeding = self._new_session(0)
        return here.feeding

    def _open(self, loop: asyncio.AbstractEventLoop) -> _Here:
        self._drop_ended_loops()
        lines = None
        if self.proxy is None:
            lines = Lines(self.endpoint, self._config.pool_size, self._tls())
        here = self._here[loop] = _Here(lines)
        keeper = self._keepers[loop] = _close_with_its_loop(here)
        try:
            keeper.__anext__().send(None)  # to its yield, which makes it known to the loop
        except StopIteration:
            pass
        return here

    def _drop_ended_loops(self) -> None:
        for loop in list(self._here):
            if loop.is_closed():
                self._keepers.pop(loop, None)
                here = self._here.pop(loop, None)
                for session in [] if here is None else here.sessions:
                    _abandon(session)

    def _tls(self) -> Any:
        return _tls(self._config) if self.endpoint.scheme == "https" else None

    def _new_session(self, limit: int) -> aiohttp.ClientSession:
        if is_socks(self.proxy):
            raise NotSupportedError(
                "the async client can't go through a SOCKS proxy",
                hint="an HTTP proxy, proxies={} for a direct connection, or MinIOClient",
            )
        config = self._config
        connector = Connector(
            limit=limit, ttl_dns_cache=60, ssl=self._tls() or True, force_close=False
        )
        session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            raise_for_status=False,
            skip_auto_headers=_ADDED_BY_AIOHTTP,
            timeout=_timeouts(config),
            read_bufsize=BLOCK,
        )
        # aiohttp repeats idempotent requests on a stale connection by itself; our policy does that.
        session._retry_connection = False
        return session

    async def close(self) -> None:
        """Close what this loop has, and forget loops that have ended."""
        self._drop_ended_loops()
        loop = asyncio.get_running_loop()
        for feed in list(self.feeds):
            feed.close_here()
        self._here.pop(loop, None)
        keeper = self._keepers.pop(loop, None)
        if keeper is not None:
            await keeper.aclose()

    def forget(self) -> None:
        """In a forked child: leave the parent's connections to the parent."""
        self.budget.renew_lock()
        self.memory.renew()
        # Not let go of: what they do when they are collected, they do to the parent's loop.
        for feed in list(self.feeds):
            feed.forget()
        self.feeds = weakref.WeakSet()
        sessions = [session for here in self._here.values() for session in here.sessions]
        leave_to_parent(self._here, self._keepers, [_abandon(session) for session in sessions])
        self._here, self._keepers = {}, {}


async def _close_with_its_loop(here: _Here) -> AsyncGenerator[None, None]:
    """Close what is `here` when this is closed: by us, by the end of `asyncio.run`, or by the collector."""
    try:
        yield
    finally:
        await here.close()


def _abandon(session: aiohttp.ClientSession) -> aiohttp.BaseConnector | None:
    """Drop a session whose loop can't be used; its connector, which goes quietly."""
    connector = session.connector
    session.detach()
    if connector is not None:
        connector._closed = True  # closing it would need the loop
    return connector


def _tls(config: Config) -> Any:
    import ssl

    if config.verify is False:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif isinstance(config.verify, str):
        from pathlib import Path

        folder = Path(config.verify).is_dir()
        context = ssl.create_default_context(
            cafile=None if folder else config.verify, capath=config.verify if folder else None
        )
    else:
        context = ssl.create_default_context(cafile=certifi.where())
    if isinstance(config.cert, tuple):
        context.load_cert_chain(*config.cert)
    elif config.cert is not None:
        context.load_cert_chain(config.cert)
    return context


class AiohttpTransport:
    """Sends through aiohttp.

    Args:
        config: the settings.
        clock: the time source.
        connections: sessions to share with another transport; None opens some.
        provider: the credentials; None finds them.
    """

    ways: tuple[AiohttpTransport, ...] = ()
    route: Route | None = None
    """How this endpoint does, where there are several."""

    def __init__(
        self,
        config: Config,
        clock: Clock = SYSTEM_CLOCK,
        connections: AsyncConnections | None = None,
        provider: Provider | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self._shared = connections is not None
        self.connections = connections or AsyncConnections(config)
        self.memory = self.connections.memory
        self.provider = provider or find_credentials(config)
        self.signing = Signing(config, self.provider, clock, self.connections.skew)
        shared = self.connections
        self.policy = RetryPolicy(
            config,
            clock,
            shared.budget,
            self.signing.learn_skew,
            shared.skew,
            better_keys=self.signing.may_have_better,
        )
        # A session of one's own has these already; a view of another client's says them each time.
        self._timeout = _timeouts(config) if self._shared else None
        self._pace = pace_of(config, clock.monotonic)

    async def send(self, request: Request, deadline: float | None) -> Reply:
        """The answer to a request, after retries."""
        place = self.connections
        check_unchanged_by(place.proxy, place.endpoint, request)
        attempt = partial(self._attempt, request, deadline)
        return await self.policy.asend(attempt, request, deadline)

    async def roam(
        self,
        attempt: Callable[[AiohttpTransport], Awaitable[Reply]],
        request: Request,
        deadline: float | None,
    ) -> Reply:
        """The answer that attempts come to, after retries; each is given what sends."""
        return await self.policy.asend(lambda _: attempt(self), request, deadline)

    @property
    def has_room(self) -> bool:
        """Whether one more request could be sent now."""
        lines = self.connections.lines()
        return lines is None or lines.has_room

    async def once(self, request: Request, deadline: float | None) -> Reply:
        """The answer to one attempt, for a transport that has a retry policy above this one."""
        place = self.connections
        check_unchanged_by(place.proxy, place.endpoint, request)
        return await self._attempt(request, deadline, 1)

    async def _attempt(self, request: Request, deadline: float | None, number: int) -> Reply:
        keys = self.provider.ask() if request.signed else None
        if isinstance(keys, Future):
            keys = await self.come(keys, deadline)
        try:
            if deadline is None:
                return await self._exchange(request, keys)
            left = deadline - self.clock.monotonic()
            if left <= 0:
                raise asyncio.TimeoutError
            return await within(left, self._exchange(request, keys))
        except MinIOError:  # a timeout of ours is an OSError as well
            raise
        except BodyFailed as failed:
            raise failed.error from None
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            timed_out = isinstance(error, asyncio.TimeoutError)
            if timed_out and deadline is not None and self.clock.monotonic() >= deadline:
                raise deadline_over(self.config.deadline) from root(error)
            place, proxy = self.signing.place(request), self.connections.proxy
            # In no variable: the traceback would lead to itself, and to the body that was on its way.
            raise explain(error, place, timed_out=timed_out, proxy=proxy) from root(error)

    async def come(self, keys: Future[Any], deadline: float | None) -> Credentials | None:
        """Keys that are on their way."""
        left = None if deadline is None else max(0.0, deadline - self.clock.monotonic())
        try:
            return settled(await within(left, asyncio.wrap_future(keys)))
        except asyncio.TimeoutError:
            raise deadline_over(self.config.deadline) from None

    async def _exchange(self, request: Request, keys: Credentials | None) -> Reply:
        """Send once, and read the answer."""
        lines = self.connections.lines()
        if lines is None:
            reply = await self._by_aiohttp(request, keys)
        else:
            while not lines.enter():
                doubted = self.route is not None and self.route.until is not None
                await lines.wait()
                if not doubted and self.route is not None and self.route.until is not None:
                    lines.leave()  # it has stopped to answer meanwhile
                    raise ConnectionRefusedError
                if not lines.closed:
                    break
                lines.leave()
                lines = self.connections.lines()
                assert lines is not None  # there is no proxy
            try:
                if unobserved() and not isinstance(request.body, StreamBody):
                    reply = await self._on_a_line(lines, request, keys)
                else:
                    lines.make_room()
                    reply = await self._by_aiohttp(request, keys)
            finally:
                lines.leave()
        return unmasked(reply) if request.error_in_ok else reply

    async def _on_a_line(self, lines: Lines, request: Request, keys: Credentials | None) -> Reply:
        config, body = self.config, cast("bytes", request.body)
        place = self.signing.place(request)
        line = lines.take(place) or await lines.open(config.connect_timeout, place)
        small = len(body) <= _SMALL
        try:
            # The head is in no variable, since tracebacks may show those.
            asked = line.ask(
                self.signing.head(request, keys) + (body if small else b""),
                request,
                config.timeout,
                self._pace,
            )
        except BaseException:
            lines.put(line)
            raise
        reply = await line.answer(asked, request, None if small else body)
        lines.put(line)
        return reply

    async def _by_aiohttp(self, request: Request, keys: Credentials | None) -> Reply:
        headers = self.signing.headers(request, keys)
        url = URL(self.signing.url(request), encoded=True)
        body = request.body
        data: Any = body
        sending: Sending | None = None
        if isinstance(body, StreamBody) or len(body) > _SMALL:
            sending = Sending(body)
            data = sending.blocks()
            length = request.length
            if length is not None:
                headers["content-length"] = str(length)
        elif not is_sized(request):
            data = None
        options: dict[str, Any] = {}
        if self._timeout is not None:
            options["timeout"] = self._timeout
        if self.connections.proxy is not None:
            options["proxy"] = self.connections.proxy
        session = self.connections.session()
        answer = session.request(
            request.method, url, headers=headers, data=data, allow_redirects=False, **options
        )
        if sending is None:
            return await self._answer(request, await answer)
        try:
            response = await sending.watch(answer, self.config.timeout)
            return await self._answer(request, response, sending)
        finally:
            await sending.over()

    async def _answer(
        self, request: Request, response: aiohttp.ClientResponse, sending: Sending | None = None
    ) -> Reply:
        """What is told; the connection is kept where nothing is on its way there any more."""
        try:
            found, whole = await read_body(
                response.status,
                response.method,
                response.content_length,
                response.content,
                request.max_body,
                None if self._pace is None else Meter(self._pace),
            )
            if not whole or not (sending is None or sending.is_given):
                response.close()
        except BaseException:
            response.close()
            raise
        response.release()
        named = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, named, found)

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
        """`function` of each item in at most `limit` tasks, results in order; the first error ends it."""
        return await map_in_tasks(
            function, items, limit, done, grace, cast("TaskRelay | None", relay)
        )

    def lane(self) -> AiohttpTransport:
        """This one: tasks share a thread anyway."""
        return self

    def relay(self, told: Callable[[Any], object]) -> TaskRelay:
        """Carries news to the task that calls `map`."""
        return TaskRelay(told)

    async def spread(
        self,
        submit: Callable[[T], Future[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
    ) -> list[R]:
        """What becomes of each item where `submit` takes it, at most `limit` of them at once."""

        async def one(item: T) -> R:
            # On a thread: it may pickle a lot, or start a process.
            return await asyncio.wrap_future(await asyncio.to_thread(submit, item))

        return await self.map(one, items, limit, done)

    def feed(self) -> TaskFeed:
        """What reads an answer while it comes, in this task."""
        return TaskFeed(self)

    def crew(self, limit: int, *, grace: float = 0.0) -> TaskCrew[Any]:
        """Work in at most `limit` tasks beside the caller's."""
        return TaskCrew(limit, grace)

    async def sleep(self, seconds: float) -> None:
        """Wait in this task."""
        await self.clock.asleep(seconds)

    async def call(self, function: Callable[..., R], *arguments: Any) -> R:
        """The result of a blocking function, on a thread."""
        return await asyncio.to_thread(function, *arguments)

    async def finish(self, function: Callable[..., R], *arguments: Any) -> R:
        """The same; for a task that is cancelled it is done by then, or never will be."""
        return await done_or_never(function, *arguments)

    async def close(self) -> None:
        """Give connections back, unless they are another client's."""
        if not self._shared:
            await self.connections.close()


def _timeouts(config: Config) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=None, sock_connect=config.connect_timeout, sock_read=config.timeout
    )
