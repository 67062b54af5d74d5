"""The blocking transport: a pooled `requests.Session` with `TenantAdapter` mounted.

The adapter is where a request becomes an attempt: it adds the tenant and the signature, sends, reads,
and tries again by the one retry policy. It is public, so that a session of one's own can use it:

    session = requests.Session()
    session.mount("http://localhost:9000", TenantAdapter(Config("http://localhost:9000", "acme")))

Our own requests go through `Session.send` as well, so that hooks, instrumentation and `responses` see
them; they are prepared by hand, since preparing through the session would read ``~/.netrc``, cookies and
the environment for each one and re-quote the URL.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import certifi
import requests
import requests.adapters
import urllib3
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import Config
from minio_sdk.credentials import Provider, find_credentials
from minio_sdk.errors import MinIOConnectionError, MinIOError, NotSupportedError, ServerError
from minio_sdk.retry import RetryPolicy, TokenBudget, deadline_over
from minio_sdk.signing import Signing, Skew
from minio_sdk.transport.budgets import ByteBudget
from minio_sdk.transport.forks import forget_after_fork
from minio_sdk.transport.proxies import check_unchanged_by, find_proxy, is_socks, reads_urls
from minio_sdk.transport.reasons import MAX_ERROR, BodyFailed, explain, root
from minio_sdk.transport.stopping import check_running, on_connection, pause
from minio_sdk.transport.threads import ThreadCrew, map_in_threads, spread
from minio_sdk.wire.failure import unmasked
from minio_sdk.wire.message import Reply, Request, StreamBody
from minio_sdk.wire.url import Endpoint, parse_endpoint, query_string, quote_path

T = TypeVar("T")
R = TypeVar("R")

_READ = 1024 * 1024
_BLOCK = 4 * 1024 * 1024
_TRUSTED = 64 * 1024 * 1024


class _Seconds(float):
    """How long to wait for a connection, and with it how long to wait while sending."""

    __slots__ = ("sending",)
    sending: float


def _timeouts(connect: float, read: float) -> tuple[float, float]:
    seconds = _Seconds(connect)
    seconds.sending = read
    return seconds, read


class _SendsInBlocks:
    """A connection that waits `timeout` for each block it sends, as for each that it reads.

    urllib3 leaves the connect timeout on a new socket until it waits for the answer, and `sendall` counts
    the time of all that it sends: on a slow line a large body would always fail.
    """

    def send(self: Any, data: Any) -> None:
        on_connection(self)
        if self.sock is None and self.auto_open:
            self.connect()
            on_connection(self)  # before, there was no socket to shut down
        sending = getattr(self.timeout, "sending", None)
        sock: Any = self.sock
        if sending is not None and sock.gettimeout() != sending:
            sock.settimeout(sending)
        if len(data) <= _READ:
            super().send(data)  # type: ignore[misc]
            return
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _READ):
            super().send(view[start : start + _READ])  # type: ignore[misc]


class _HTTPConnection(_SendsInBlocks, HTTPConnection):
    pass


class _HTTPSConnection(_SendsInBlocks, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls: Any = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls: Any = _HTTPSConnection


class Connections:
    """The connection pool to one server, shared by all views of a client.

    Attributes:
        endpoint: the server.
        proxy: the proxy's URL, or None.
        budget: how much retrying the server is worth.
        skew: its clock against ours.
        memory: how many bytes of transfers may be in memory.
    """

    def __init__(self, config: Config) -> None:
        self.endpoint: Endpoint = parse_endpoint(config.base_url)
        self.proxy = find_proxy(config, self.endpoint)
        self.budget = TokenBudget()
        self.skew = Skew()
        self.memory = ByteBudget(config.memory_budget)
        self._size = config.pool_size
        self._verify = config.verify
        self._cert = config.cert
        self._lock = threading.Lock()
        self._manager: urllib3.PoolManager | None = None
        self._pool: urllib3.HTTPConnectionPool | None = None
        forget_after_fork(self)

    def pool(self) -> urllib3.HTTPConnectionPool:
        """The pool, opened when it isn't."""
        return self._pool or self._open()

    def _open(self) -> urllib3.HTTPConnectionPool:
        with self._lock:
            if self._pool is None:
                self._manager = self._new_manager()
                self._pool = self._manager.connection_from_host(
                    self.endpoint.host, self.endpoint.port, self.endpoint.scheme
                )
            return self._pool

    def _new_manager(self) -> urllib3.PoolManager:
        options: dict[str, Any] = {"num_pools": 4, "maxsize": self._size, "block": False}
        # 16 KiB, http.client's own block, costs a system call for each; 1 MiB doubles large uploads.
        options["blocksize"] = _READ
        if self.endpoint.scheme == "https":
            options |= _tls_options(self._verify, self._cert)
        manager: urllib3.PoolManager
        if self.proxy is None:
            manager = urllib3.PoolManager(**options)
        elif is_socks(self.proxy):
            return _socks_manager(self.proxy, options)
        else:
            auth = parse_url(self.proxy).auth
            headers = urllib3.make_headers(proxy_basic_auth=unquote(auth)) if auth else None
            manager = urllib3.ProxyManager(self.proxy, proxy_headers=headers, **options)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager

    def close(self) -> None:
        """Close idle connections; those in use close when their answer is read."""
        with self._lock:
            manager, self._manager, self._pool = self._manager, None, None
        if manager is not None:
            manager.clear()

    def forget(self) -> None:
        """In a forked child: leave the parent's connections to the parent."""
        self._lock = threading.Lock()
        self.budget.renew_lock()
        self.memory.renew()
        if self._pool is not None:
            # It is emptied when it is collected, which closes this process's copies of the sockets. A
            # thread that isn't here may have been about to take one from it.
            queue: Any = self._pool.pool
            queue.mutex = threading.Lock()
            queue.not_empty = threading.Condition(queue.mutex)
            queue.not_full = threading.Condition(queue.mutex)
        self._manager = self._pool = None


def _socks_manager(proxy: str, options: dict[str, Any]) -> urllib3.PoolManager:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # urllib3 warns before it raises
        try:
            from urllib3.contrib.socks import SOCKSProxyManager
        except ImportError:
            raise NotSupportedError(
                "a SOCKS proxy needs PySocks, which is not installed",
                hint='pip install "requests[socks]", or proxies={} for a direct connection',
            ) from None
    return SOCKSProxyManager(proxy, **options)


def _tls_options(verify: bool | str, cert: str | tuple[str, str] | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if verify is False:
        options |= {"cert_reqs": "CERT_NONE", "assert_hostname": False}
    else:
        from pathlib import Path

        bundle = certifi.where() if verify is True else verify
        name = "ca_cert_dir" if Path(bundle).is_dir() else "ca_certs"
        options |= {"cert_reqs": "CERT_REQUIRED", name: bundle}
    if isinstance(cert, tuple):
        options |= {"cert_file": cert[0], "key_file": cert[1]}
    elif cert is not None:
        options["cert_file"] = cert
    return options


class _Prepared(requests.PreparedRequest):
    """A request prepared by hand, and what it was made from.

    Its `headers` hold what hooks and instrumentation add; each attempt puts its own beside them.
    """

    def __init__(self, request: Request, url: str, deadline: float | None) -> None:
        super().__init__()
        self.wire = request
        self.deadline = deadline
        self.reply: Reply | None = None
        self.method = request.method
        self.url = url
        self.headers = CaseInsensitiveDict()
        body = request.body
        self.body = None if isinstance(body, StreamBody) else cast("bytes", body) or None

    def copy(self) -> _Prepared:
        """A copy for those who change requests in hooks."""
        twin = _Prepared(self.wire, self.url or "", self.deadline)
        twin.headers = self.headers.copy()
        twin.hooks = self.hooks
        return twin


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


def _lower_case(headers: dict[str, str]) -> CaseInsensitiveDict[str]:
    """Headers whose names are in lower case already, without the work of making them so again."""
    made: CaseInsensitiveDict[str] = object.__new__(CaseInsensitiveDict)
    made.__dict__["_store"] = {name: (name, value) for name, value in headers.items()}
    return made


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
        self.config = config
        self.connections = connections or Connections(config)
        self.clock = clock
        self.timeouts = _timeouts(config.connect_timeout, config.timeout)
        self.signing = Signing(
            config, provider or find_credentials(config), clock, self.connections.skew
        )
        shared = self.connections
        self.policy = RetryPolicy(
            config, clock, shared.budget, self.signing.learn_skew, shared.skew, sleep=self._pause
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
        return self.connections.pool()

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Nothing: the pool was made with the configuration's TLS settings."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Path and query exactly as signed; the whole URL for a proxy that reads it."""
        target = self._target(request)
        if reads_urls(self.connections.proxy, self.connections.endpoint):
            return self.connections.endpoint.origin + target
        return target

    def _target(self, request: requests.PreparedRequest) -> str:
        url = request.url or ""
        # Not urlsplit: what follows the origin goes out as it is, doubled slashes and dots included.
        start = url.find("/", url.find("://") + 3)
        return url[start:] if start >= 0 else "/"

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The answer as `requests` shows it."""
        if isinstance(req, _Prepared):
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
        own = isinstance(request, _Prepared)
        call = _Call(self, request, stream, timeout)
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

    def send_once(
        self, request: requests.PreparedRequest, stream: bool, timeout: tuple[float, float]
    ) -> requests.Response:
        """One attempt through `HTTPAdapter.send`, which is where mocking libraries step in."""
        return super().send(request, stream=stream, timeout=timeout, verify=True, proxies={})


class _Call:
    """One call's attempts."""

    __slots__ = (
        "_adapter",
        "_extra",
        "_foreign",
        "_prepared",
        "_stream",
        "_timeout",
        "deadline",
        "response",
        "wire",
    )

    def __init__(
        self, adapter: TenantAdapter, request: requests.PreparedRequest, stream: bool, timeout: Any
    ) -> None:
        self._adapter = adapter
        self._prepared = request
        self._stream = stream
        self._timeout = timeout
        self.response: requests.Response | None = None
        self.deadline: float | None = None
        self._extra: dict[str, str] = {}
        if isinstance(request, _Prepared):
            self._foreign = False
            if request.headers:
                self._extra = {name.lower(): value for name, value in request.headers.items()}
            self.wire = request.wire
            self.deadline = request.deadline
        else:
            self._foreign = True
            self.wire = _wire_of(adapter, request)

    def attempt(self, number: int) -> Reply:
        check_running()
        adapter = self._adapter
        if self.response is not None:  # of the attempt before
            self.response.close()
        # Each try is a request of its own, for those who look at them afterwards. The user's own stays
        # unsigned: `requests` makes its redirects, to anywhere, from it.
        prepared = self._prepared
        if self._foreign or number > 1:
            prepared = prepared.copy()
        wire = self.wire
        headers = adapter.signing.headers(wire)
        if self._foreign:
            for name in ("host", "user-agent", "accept-encoding"):
                headers.pop(name, None)
            prepared.headers.update(headers)
        else:
            _add_length(headers, wire)
            if self._extra:
                headers = {**self._extra, **headers}
            prepared.headers = _lower_case(headers)
            if isinstance(wire.body, StreamBody):
                prepared.body = cast("Any", _Blocks(wire.body))
        try:
            response = adapter.send_once(prepared, self._stream, self._timeouts())
            self.response = response
            return self._read(response)
        except MinIOError:  # a timeout of ours is an OSError as well
            raise
        except BodyFailed as failed:
            raise failed.error from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            check_running()
            timed_out = isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError))
            place = adapter.connections
            explained = explain(error, place.endpoint, timed_out=timed_out, proxy=place.proxy)
            raise explained from (error if self._foreign else root(error))
        finally:
            on_connection(None)

    def _timeouts(self) -> Any:
        if self._foreign and self._timeout is not None:
            return self._timeout
        connect, read = self._adapter.timeouts
        if self.deadline is None:
            return connect, read
        left = self._left(self.deadline)
        return _timeouts(min(connect, left), min(read, left))

    def _left(self, deadline: float) -> float:
        left = deadline - self._adapter.clock.monotonic()
        if left <= 0:
            raise deadline_over(self._adapter.config.deadline)
        return left

    def _read(self, response: requests.Response) -> Reply:
        """The reply with its body, read within the attempt so that a drop is tried again."""
        headers = {name.lower(): value for name, value in response.raw.headers.items()}
        if self._foreign:
            # A stream is the caller's to read; an error's body is needed to judge it.
            body = _read_error(response) if response.status_code >= 400 else b""
            return Reply(response.status_code, headers, body)
        read = response.raw.read if self.deadline is None else self._read_in_time(response.raw)
        try:
            body = _read_body(response, self.wire.max_body, read)
        except BaseException:  # an interrupt as well: a half-read connection is good for nothing
            response.close()
            raise
        response._content = body
        response._content_consumed = True  # type: ignore[attr-defined]
        # Where the session would look for cookies, which nothing here has a use for.
        response.raw._original_response = None
        reply = Reply(response.status_code, headers, body)
        return unmasked(reply) if self.wire.error_in_ok else reply

    def _read_in_time(self, raw: Any) -> Callable[..., bytes]:
        """`raw.read` for a call with a deadline, which no single read would notice."""

        def read(amount: int | None = None, *, decode_content: bool) -> bytes:
            assert self.deadline is not None  # only asked for calls that have one
            found = io.BytesIO()
            left = _READ if amount is None else amount
            while left and self._left(self.deadline):
                block = raw.read1(min(left, _READ), decode_content=decode_content)
                if not block:
                    break
                found.write(block)
                left -= 0 if amount is None else len(block)
            return found.getvalue()

        return read


def _read_body(response: requests.Response, most: int | None, read: Callable[..., bytes]) -> bytes:
    # What is left to read: 0 after HEAD, whatever its Content-Length says; None when only the end tells.
    length: int | None = response.raw.length_remaining
    ok = response.status_code < 400
    limit = most if ok else MAX_ERROR
    if limit is None:
        if length is not None and length <= _TRUSTED:
            return read(decode_content=False)
        # The length, of a body or of a chunk, may be a lie: one read would ask for all its memory. What
        # comes is not kept in blocks, since joining them takes the memory for it twice.
        found = io.BytesIO()
        while block := read(_BLOCK, decode_content=False):
            found.write(block)
            del block  # or two of them are in memory while the next is read
        return found.getvalue()
    if ok and length is not None and length > limit:
        raise ServerError(f"an answer of {length} bytes where at most {limit} can be")
    data = read(limit + 1, decode_content=False)
    if len(data) > limit:
        if ok:
            raise ServerError(f"an answer of more than {limit} bytes")
        response.close()
        return data[:limit]
    if response.raw.closed or not data:
        return data
    return data + read(limit + 1 - len(data), decode_content=False)


def _read_error(response: requests.Response) -> bytes:
    """The body of an error for a user's own session, which finds it in the response; at most 1 MiB."""
    body: bytes = response.raw.read(_READ, decode_content=True)
    if len(body) < _READ and not response.raw.closed:
        body += response.raw.read(_READ - len(body), decode_content=True)
    response._content = body
    response._content_consumed = True  # type: ignore[attr-defined]
    if len(body) == _READ:
        response.raw.close()
    return body


def _add_length(headers: dict[str, str], wire: Request) -> None:
    length = wire.length
    if length is None:
        headers["transfer-encoding"] = "chunked"
    elif length or wire.method in ("PUT", "POST"):
        headers["content-length"] = str(length)


class _Blocks:
    """A stream as an iterable that `requests` sends block by block."""

    __slots__ = ("_body",)

    def __init__(self, body: StreamBody) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        try:
            for block in self._body.blocks():
                yield bytes(block)
        except Exception as error:
            raise BodyFailed(error) from error


def _wire_of(adapter: TenantAdapter, request: requests.PreparedRequest) -> Request:
    """A request of somebody's own session as one of ours."""
    url = request.url or ""
    endpoint = adapter.connections.endpoint
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    path, _, query = adapter._target(request).partition("?")
    if (parts.scheme, parts.hostname, port) != (
        endpoint.scheme,
        endpoint.host,
        endpoint.port,
    ) or not f"{path}/".startswith(f"{endpoint.path}/"):
        raise requests.exceptions.InvalidURL(
            f"this adapter is for {endpoint.url}; mount it there only"
        )
    body: Any = request.body if request.body is not None else b""
    if isinstance(body, str):
        body = request.body = body.encode()
    data = body
    if not isinstance(body, (bytes, bytearray, memoryview)):
        data = StreamBody(blocks=lambda: body, length=None, replayable=False)
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    headers.pop("accept-encoding", None)
    # What `requests` leaves bare, such as "!" and "(", stands encoded in the canonical form.
    path = quote_path(unquote(path.removeprefix(endpoint.path))) or "/"
    pairs = parse_qsl(query, keep_blank_values=True)
    return Request(request.method or "GET", path, query_string(pairs), headers, data)


class RequestsTransport:
    """Sends through `requests`. Its coroutines never suspend.

    Args:
        config: the settings.
        clock: the time source.
        connections: a pool to share with another transport; None opens one.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock = SYSTEM_CLOCK,
        connections: Connections | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self._shared = connections is not None
        self.provider = find_credentials(config)
        self.adapter = TenantAdapter(
            config, clock=clock, connections=connections, provider=self.provider
        )
        self.signing = self.adapter.signing
        self.connections = self.adapter.connections
        self.memory = self.connections.memory
        self.session = new_session(self.adapter)

    async def send(self, request: Request, deadline: float | None) -> Reply:
        """The answer to a request, after retries."""
        endpoint = self.connections.endpoint
        if self.connections.proxy is not None:
            check_unchanged_by(self.connections.proxy, endpoint, request)
        prepared = _Prepared(request, endpoint.url + request.target, deadline)
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
        ended: Callable[[], object] | None = None,
        *,
        grace: float = 0.0,
    ) -> list[R]:
        """`function` of each item on at most `limit` threads, results in order; the first error ends it."""
        return map_in_threads(function, items, limit, done, ended, grace)

    async def spread(
        self,
        submit: Callable[[T], Future[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
        ended: Callable[[], object] | None = None,
    ) -> list[R]:
        """What becomes of each item where `submit` takes it, at most `limit` of them at once."""
        return spread(submit, items, limit, done, ended)

    def crew(self, limit: int, *, grace: float = 0.0) -> ThreadCrew[Any]:
        """Work on at most `limit` threads beside the caller's."""
        return ThreadCrew(limit, grace)

    async def sleep(self, seconds: float) -> None:
        """Wait in this thread."""
        self.clock.sleep(seconds)

    async def call(self, function: Callable[..., R], *arguments: Any) -> R:
        """The result of `function`, which may block: so does this transport."""
        return function(*arguments)

    async def close(self) -> None:
        """Give connections back, unless they are another client's."""
        if not self._shared:
            self.connections.close()


def new_session(adapter: TenantAdapter) -> requests.Session:
    """A session that has nothing of its own to add: no cookies, no environment, no redirects."""
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount(adapter.connections.endpoint.origin, adapter)
    return session
