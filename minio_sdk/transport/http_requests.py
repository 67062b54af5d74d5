"""The blocking transport: a pooled `requests.Session` with `TenantAdapter` mounted.

The adapter is where a request becomes an attempt: it adds the tenant and the signature, sends, reads,
and tries again by the one retry policy. It is public, so that a session of one's own can use it:

    session = requests.Session()
    session.mount("http://localhost:9000", TenantAdapter(Config("http://localhost:9000", "acme")))

Our own requests go through `Session.send` as well when anybody looks on, so that hooks, instrumentation
and `responses` see them; else by a shorter way (`minio_sdk.transport.direct`). They are prepared by hand,
since preparing through the session would read ``~/.netrc``, cookies and the environment for each one and
re-quote the URL.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar, cast

import requests
import requests.adapters
import urllib3
from requests.cookies import RequestsCookieJar
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import Config
from minio_sdk.credentials import Provider, find_credentials
from minio_sdk.errors import ConfigurationError, MinIOConnectionError
from minio_sdk.protocols import Relay
from minio_sdk.retry import RetryPolicy
from minio_sdk.signing import Signing
from minio_sdk.transport.attempts import Call, Direct, Prepared, Raced, target_of
from minio_sdk.transport.begun import Begun, Resumed
from minio_sdk.transport.connections import Connections, timeouts
from minio_sdk.transport.direct import unobserved
from minio_sdk.transport.pace import pace_of
from minio_sdk.transport.proxies import check_unchanged_by, reads_urls
from minio_sdk.transport.stopping import pause
from minio_sdk.transport.threads import ThreadCrew, ThreadRelay, map_in_threads, spread
from minio_sdk.transport.window import Lane
from minio_sdk.wire.message import Reply, Request

if TYPE_CHECKING:
    from minio_sdk.transport.feeds import ThreadFeed
    from minio_sdk.transport.racing import Race

T = TypeVar("T")
R = TypeVar("R")

_NO_HOOKS: dict[str, list[Any]] = default_hooks()


class _Response(requests.Response):
    """A response that works out what nobody may ask for only when somebody does.

    `requests.Response` makes two header mappings and a cookie jar for each answer, which costs more than
    signing it. The body is in `content`; there are no redirects and no cookies to follow.
    """

    def __init__(self, request: requests.PreparedRequest, raw: urllib3.BaseHTTPResponse) -> None:
        # Not super().__init__(), which is what costs.
        self._content = False  # type: ignore[assignment]
        self._content_consumed = False
        self._next = None
        self.status_code = raw.status
        self.reason = raw.reason or ""
        self.raw = raw
        self.url = request.url or ""
        self.request = request
        self.history = []

    def __getattr__(self, name: str) -> Any:
        raw = self.__dict__.get("raw")
        if name == "headers":
            value: Any = CaseInsensitiveDict(raw.headers if raw is not None else {})
        elif name == "cookies":
            value = RequestsCookieJar()
        elif name == "encoding":
            value = get_encoding_from_headers(self.headers)
        elif name == "elapsed":
            value = timedelta(0)
        else:
            raise AttributeError(name)
        self.__dict__[name] = value
        return value

    @property
    def is_redirect(self) -> bool:
        """Never: a signature is good for one place, so that nothing is sent on."""
        return False


class TenantAdapter(requests.adapters.HTTPAdapter):
    """Sends with ``X-Tenant-ID``, signed, with exponential backoff. Mountable on any session.

    Requests of one's own session are signed as they are, up to their path and query, and come back as
    `requests` users expect: a bad status is a response, a failed connection a `requests` exception.
    Their bodies are tried again when they are bytes.

    Args:
        config: the server, the tenant, the credentials and the retry settings.
        clock: the time source; tests give another.
        connections: a pool to share; None opens one.
        provider: the credentials; None finds them.
    """

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock = SYSTEM_CLOCK,
        connections: Connections | None = None,
        provider: Provider | None = None,
    ) -> None:
        super().__init__(max_retries=0)
        if len(config.endpoints) > 1:
            raise ConfigurationError(
                "base_url: a TenantAdapter is for one endpoint; mount one for each of them"
            )
        self.config = config
        self.connections = connections or Connections(config)
        self.clock = clock
        self.timeouts = timeouts(config.connect_timeout, config.timeout)
        self.pace = pace_of(config, clock.monotonic)
        self.signing = Signing(
            config, provider or find_credentials(config), clock, self.connections.skew
        )
        shared = self.connections
        self.policy = RetryPolicy(
            config,
            clock,
            shared.budget,
            self.signing.learn_skew,
            shared.skew,
            sleep=self._pause,
            better_keys=self.signing.may_have_better,
        )

    def _pause(self, seconds: float) -> None:
        if self.clock is not SYSTEM_CLOCK or not pause(seconds):
            self.clock.sleep(seconds)

    def __reduce__(self) -> tuple[Any, ...]:
        return TenantAdapter, (self.config,)

    def init_poolmanager(self, *_: Any, **__: Any) -> None:
        """Nothing: `Connections` has the pool."""

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> Any:
        """The pool to the server."""
        if isinstance(request, Prepared):
            return self.connections.pool(self.signing.place(request.wire))
        return self.connections.pool()

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Nothing: the pool was made with the configuration's TLS settings."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Path and query exactly as signed; the whole URL for a proxy that reads it."""
        target = target_of(request)
        if reads_urls(self.connections.proxy, self.connections.endpoint):
            if isinstance(request, Prepared):
                return self.signing.place(request.wire).origin + target
            return self.connections.endpoint.origin + target
        return target

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The answer as `requests` shows it."""
        if isinstance(req, Prepared):
            return _Response(req, resp)
        return super().build_response(req, resp)

    def close(self) -> None:
        """Give connections back; a later request opens new ones."""
        self.connections.close()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send until it succeeds or the retry policy says stop.

        Args:
            request: the request; its URL must be on this adapter's server.
            stream: as in `requests`, for requests that are not the client's own.
            timeout: as in `requests`; None takes the configuration's.
            verify, cert, proxies: not used; the configuration says them.

        Raises:
            requests.RequestException: the last attempt failed, for requests of one's own session.
            MinIOConnectionError: the same for the client's own requests.
        """
        own = isinstance(request, Prepared)
        call = Call(self, request, stream, timeout)
        try:
            reply = self.policy.send(call.attempt, call.wire, call.deadline)
        except MinIOConnectionError as error:
            if not own and isinstance(error.__cause__, requests.RequestException):
                raise error.__cause__ from error.__cause__.__cause__
            raise
        if own:
            request.reply = reply  # type: ignore[attr-defined]
        response = call.response
        assert response is not None  # an attempt that ended without an error has one
        return response

    def exchange(self, request: Request, deadline: float | None) -> Reply:
        """The answer to one of the client's own requests, with nobody looking on."""
        return self.policy.send(Direct(self, request, deadline).attempt, request, deadline)

    def send_once(
        self, request: requests.PreparedRequest, stream: bool, timeout: tuple[float, float]
    ) -> requests.Response:
        """One attempt through `HTTPAdapter.send`, which is where mocking libraries step in."""
        return super().send(request, stream=stream, timeout=timeout, verify=True, proxies={})


class RequestsTransport:
    """Sends through `requests`. Its coroutines never suspend.

    Args:
        config: the settings.
        clock: the time source.
        connections: a pool to share with another transport; None opens one.
        provider: the credentials; None finds them.
    """

    ways: tuple[RequestsTransport, ...] = ()

    def __init__(
        self,
        config: Config,
        clock: Clock = SYSTEM_CLOCK,
        connections: Connections | None = None,
        provider: Provider | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self._shared = connections is not None
        self.provider = provider or find_credentials(config)
        self.adapter = TenantAdapter(
            config, clock=clock, connections=connections, provider=self.provider
        )
        self.signing = self.adapter.signing
        self.connections = self.adapter.connections
        self.memory = self.connections.memory
        self.policy: RetryPolicy = self.adapter.policy
        self.session = new_session(self.adapter)

    async def send(self, request: Request, deadline: float | None) -> Reply:
        """The answer to a request, after retries."""
        if self._goes_unseen(request):
            return self.adapter.exchange(request, deadline)
        return self._by_session(request, deadline)

    def once(self, request: Request, deadline: float | None, race: Race | None = None) -> Reply:
        """The answer to one attempt, for a transport that has a retry policy above this one."""
        if self._goes_unseen(request):
            if race is None:
                return Direct(self.adapter, request, deadline).attempt(1)
            return Raced(self.adapter, request, deadline, race).attempt(1)
        send = partial(self._by_session, request, deadline)
        return send() if race is None else race.beside(send)

    def roam(
        self,
        attempt: Callable[[RequestsTransport, int], Reply],
        request: Request,
        deadline: float | None,
    ) -> Reply:
        """The answer that attempts come to, after retries; each is given what sends, and its number."""
        return self.policy.send(partial(attempt, self), request, deadline)

    def resume(self, request: Request, deadline: float | None, begun: Begun) -> Reply:
        """The answer to a request whose first attempt has begun."""
        attempts = Resumed(self, request, deadline, begun)
        return self.policy.send(attempts.attempt, request, deadline, begun.offset)

    def way(self) -> RequestsTransport | None:
        """What sends, where there are several; None where that isn't clear."""
        return self

    def _goes_unseen(self, request: Request) -> bool:
        """Whether nobody looks on, so that the short way will do."""
        alone = self.session.hooks == _NO_HOOKS and unobserved()
        if self.connections.proxy is not None:
            check_unchanged_by(self.connections.proxy, self.connections.endpoint, request)
        elif alone:
            return True
        if not alone:
            request.room = None  # who looks on finds the bytes in the response, and may keep them
        return False

    def _by_session(self, request: Request, deadline: float | None) -> Reply:
        prepared = Prepared(request, self.signing.url(request), deadline)
        prepared.hooks = self.session.hooks
        # proxies is given so that the session doesn't search the environment.
        self.session.send(
            prepared, stream=True, allow_redirects=False, proxies={}, verify=True, cert=None
        )
        assert prepared.reply is not None  # set by the adapter, or send raised
        return prepared.reply

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
        """`function` of each item on at most `limit` threads, results in order; the first error ends it."""
        return map_in_threads(
            function, items, limit, done, grace, cast("ThreadRelay | None", relay)
        )

    def lane(self) -> Lane:
        """The same for one call of `map`, of work that asks little."""
        return Lane(self)

    def relay(self, told: Callable[[Any], object]) -> ThreadRelay:
        """Carries news to the thread that calls `map`."""
        return ThreadRelay(told)

    async def spread(
        self,
        submit: Callable[[T], Future[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
    ) -> list[R]:
        """What becomes of each item where `submit` takes it, at most `limit` of them at once."""
        return spread(submit, items, limit, done)

    def feed(self) -> ThreadFeed:
        """What reads an answer while it comes, in this thread."""
        from minio_sdk.transport.feeds import ThreadFeed

        return ThreadFeed(self)

    def crew(self, limit: int, *, grace: float = 0.0) -> ThreadCrew[Any]:
        """Work on at most `limit` threads beside the caller's."""
        return ThreadCrew(limit, grace)

    async def sleep(self, seconds: float) -> None:
        """Wait in this thread."""
        self.clock.sleep(seconds)

    async def call(self, function: Callable[..., R], *arguments: Any) -> R:
        """The result of `function`, which may block: so does this transport."""
        return function(*arguments)

    async def finish(self, function: Callable[..., R], *arguments: Any) -> R:
        """The same: nothing is left to another thread."""
        return function(*arguments)

    async def close(self) -> None:
        """Give connections back, unless they are another client's."""
        if not self._shared:
            self.connections.close()


class _Session(requests.Session):
    """A session whose adapters are for the hosts of buckets, too."""

    def get_adapter(self, url: str) -> requests.adapters.BaseAdapter:
        """The adapter of the endpoint, or of that which is the bucket's host without its first labels."""
        scheme, _, rest = url.partition("://")
        while True:
            try:
                return super().get_adapter(f"{scheme}://{rest}")
            except requests.exceptions.InvalidSchema:
                _, dot, rest = rest.partition(".")
                if not dot:
                    raise


def new_session(adapter: TenantAdapter) -> requests.Session:
    """A session that has nothing of its own to add: no cookies, no environment, no redirects."""
    session = _Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount(adapter.connections.endpoint.origin, adapter)
    return session
