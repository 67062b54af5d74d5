"""The blocking transport's connections: one pool to one server, shared by all views of a client."""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import sys
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url

from minio_sdk.config import Config
from minio_sdk.errors import NotSupportedError
from minio_sdk.forks import forget_after_fork
from minio_sdk.retry_budget import TokenBudget
from minio_sdk.signing import Skew
from minio_sdk.transport.budgets import ByteBudget
from minio_sdk.transport.proxies import find_proxy, is_socks
from minio_sdk.transport.stopping import on_connection
from minio_sdk.transport.watching import watch
from minio_sdk.wire.url import Endpoint, parse_endpoint

if TYPE_CHECKING:
    from minio_sdk.transport.feeds import ThreadFeed

_INTERIM = 20  # answers before the answer, such as 103
_FIELDS, _LINE = 100, 65536  # http.client takes no more

_HOSTS = 16
"""Buckets with hosts of their own to which connections are kept."""

READ = 1024 * 1024
"""Bytes that are read or sent in one go."""


class _Seconds(float):
    """How long to wait for a connection, and with it how long to wait while sending."""

    __slots__ = ("sending",)
    sending: float


def timeouts(connect: float, read: float) -> tuple[float, float]:
    """The two timeouts as `requests` takes them, in seconds; a block may take `read` to send, too."""
    seconds = _Seconds(connect)
    seconds.sending = read
    return seconds, read


NEAR = 256 * 1024
"""Bytes that a socket to this very machine may hold back.

Left to itself it takes 4 MiB, which no cache keeps until they are read at the other end: sending costs
twice the CPU, and half of the throughput. Between machines it needs what is on its way.
"""


class _SendsInBlocks:
    """A connection that waits `timeout` for each block it sends, as for each that it reads.

    urllib3 leaves the connect timeout on a new socket until it waits for the answer, and `sendall` counts
    the time of all that it sends: on a slow line a large body would always fail.
    """

    holder: int | None = None
    """The thread that has it from the pool."""

    _watched: tuple[Any, Callable[[float], Any]] | None = None

    @property
    def is_connected(self: Any) -> bool:
        """Whether it is open, and has brought neither its end nor bytes that nobody has asked for.

        As urllib3's own, with an object to ask that is kept as long as its socket is; and one thing more,
        since bytes that TLS has deciphered already are on no socket.
        """
        sock = self.sock
        if sock is None:
            return False
        watched = self._watched
        if watched is None or watched[0] is not sock:
            watched = self._watched = sock, watch(sock)
        return not watched[1](0) and not (isinstance(sock, ssl.SSLSocket) and sock.pending())

    def _new_conn(self: Any) -> Any:
        sock: Any = super()._new_conn()  # type: ignore[misc]
        if sys.platform == "linux" and _is_here(sock):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NEAR)
        return sock

    def send(self: Any, data: Any) -> None:
        on_connection(self)
        if self.sock is None and self.auto_open:
            self.connect()
            on_connection(self)  # before, there was no socket to shut down
        sending = getattr(self.timeout, "sending", None)
        sock: Any = self.sock
        if sending is not None and sock.gettimeout() != sending:
            sock.settimeout(sending)
        if len(data) <= READ:
            super().send(data)  # type: ignore[misc]
            return
        view = memoryview(data).cast("B")
        for start in range(0, len(view), READ):
            super().send(view[start : start + READ])  # type: ignore[misc]


def _is_here(sock: Any) -> bool:
    """Whether the other end is on this machine."""
    try:
        here: object = sock.getpeername()[0] == sock.getsockname()[0]
    except (OSError, AttributeError, IndexError):  # it has dropped already; a SOCKS library's own
        return False
    return bool(here)


class WholeHead(http.client.HTTPResponse):
    """An answer whose head ends with an empty line, and says in one way only where its body ends.

    For `http.client` a head that breaks off is one without the headers that are missing: an object's
    bytes would end where the connection did, and nobody could tell. It also takes 103 for an answer, after
    which the real one would be taken for the answer to the next request; and of two lengths it takes one,
    where what stands between may have taken the other.
    """

    def begin(self) -> None:
        """Read the head."""
        file: Any = self.fp
        lines: Any = _Lines(file)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:
                self.fp = file
        if not lines.ended:
            raise http.client.IncompleteRead(b"")
        if self.status == 101:
            raise http.client.HTTPException(
                "the server changes to a protocol that nobody asked for"
            )
        if self.status in (204, 304):
            self.chunked = False  # there is no body, whatever the headers say
        elif self._method != "HEAD":  # type: ignore[attr-defined]
            self._check_framing()

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_INTERIM):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 101 < found[1] < 200:  # `begin` itself goes on after 100
                return found
            for _ in range(_FIELDS):
                if self.fp.readline(_LINE) in (b"\r\n", b"\n", b""):
                    break
            else:
                raise http.client.HTTPException(f"got more than {_FIELDS} headers")
        raise http.client.HTTPException("the server announces an answer again and again")

    def _check_framing(self) -> None:
        codings = self.headers.get_all("transfer-encoding", [])
        lengths = {length.strip() for length in self.headers.get_all("content-length", [])}
        if codings:
            known = len(codings) == 1 and codings[0].strip().lower() in ("chunked", "identity")
            sure = known and not lengths
        else:
            sure = len(lengths) <= 1 and all(n.isascii() and n.isdigit() for n in lengths)
        if not sure:
            raise http.client.HTTPException("the answer doesn't say in one way where it ends")


class _Lines:
    """A file that remembers whether its last line was one."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.ended = False

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(limit)
        self.ended = line.endswith(b"\n")
        return line

    def close(self) -> None:
        self._file.close()


class _HTTPConnection(_SendsInBlocks, HTTPConnection):
    response_class = WholeHead


class _HTTPSConnection(_SendsInBlocks, HTTPSConnection):
    response_class = WholeHead


class _Idle:
    """The idle connections of a pool, the last used first, as urllib3 asks its queue for them.

    Nobody waits for one here, so that no lock is needed beyond a deque's own.
    """

    def __init__(self, maxsize: int) -> None:
        self._size = maxsize
        self._items: deque[Any] = deque()

    def get(self, block: bool = False, timeout: float | None = None) -> Any:
        try:
            return self._items.pop()
        except IndexError:
            raise queue.Empty from None

    def put(self, item: Any, block: bool = False) -> None:
        if len(self._items) >= self._size:
            raise queue.Full
        self._items.append(item)

    def qsize(self) -> int:
        return len(self._items)


class LendingPool(urllib3.HTTPConnectionPool):
    """A pool that lends its open connections to `minio_sdk.transport.direct`.

    Who cleans up after an interrupt may give back what was given back just before it. A connection that
    two have at a time would give one of them the other's answer, so only the thread that has it can
    give it back, and once; from any other it is let go.
    """

    QueueCls: Any = _Idle

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        connection.holder = get_ident()
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            if conn.holder != get_ident():
                return
            conn.holder = None
        super()._put_conn(conn)

    def take_open(self) -> Any | None:
        """An open connection that nobody uses; None when there is none."""
        idle = self.pool
        if not isinstance(idle, _Idle):  # it was closed, or is of another urllib3's making
            return None
        try:
            connection = idle.get()
        except queue.Empty:
            return None
        if connection is not None:
            connection.holder = get_ident()
            if connection.sock is not None:
                if connection.is_connected:
                    return connection
                connection.close()
        self.give_back(connection)
        return None

    def drain(self) -> None:
        """Close its idle connections; whoever has it still may go on."""
        idle = self.pool
        if isinstance(idle, _Idle):
            try:
                while True:
                    connection = idle.get()
                    if connection is not None:
                        connection.close()
            except queue.Empty:
                pass

    def give_back(self, connection: Any) -> None:
        """Take a connection back, open or closed."""
        idle = self.pool
        if connection is None or idle is None or connection.holder != get_ident():
            self._put_conn(connection)
            return
        connection.holder = None
        try:
            idle.put(connection)
        except queue.Full:
            super()._put_conn(connection)  # which closes it, and says that pool_size is too small


class _HTTPPool(LendingPool):
    ConnectionCls: Any = _HTTPConnection


class _HTTPSPool(LendingPool, urllib3.HTTPSConnectionPool):
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
        self.endpoint: Endpoint = parse_endpoint(config.endpoints[0])
        self.proxy = find_proxy(config, self.endpoint)
        self.budget = TokenBudget()
        self.skew = Skew()
        self.memory = ByteBudget(config.memory_budget)
        self._size = config.pool_size
        self._verify = config.verify
        self._cert = config.cert
        self._lock = threading.Lock()
        self._manager: urllib3.PoolManager | None = None
        self._pool: LendingPool | None = None
        self._hosts: dict[str, tuple[urllib3.PoolManager, LendingPool]] = {}
        self._feeds: weakref.WeakSet[ThreadFeed] = weakref.WeakSet()
        forget_after_fork(self)

    def pool(self, place: Endpoint | None = None) -> LendingPool:
        """The pool, opened when it isn't.

        Args:
            place: the host of a bucket on the server; None for the server itself.
        """
        if place is None or place is self.endpoint:
            return self._pool or self._open()
        found = self._hosts.get(place.host)
        return found[1] if found is not None else self._open_host(place)

    def _open_host(self, place: Endpoint) -> LendingPool:
        if place == self.endpoint:  # the address is the same, the object isn't
            return self._pool or self._open()
        with self._lock:
            found = self._hosts.get(place.host)
            if found is None:
                while len(self._hosts) >= _HOSTS:
                    _, oldest = self._hosts.pop(next(iter(self._hosts)))
                    oldest.drain()
                # One of its own: what one manager lets go of, it closes under those who use it.
                manager = self._new_manager()
                opened = manager.connection_from_host(place.host, place.port, place.scheme)
                found = self._hosts[place.host] = manager, cast("LendingPool", opened)
            return found[1]

    def _open(self) -> LendingPool:
        with self._lock:
            if self._pool is None:
                self._manager = self._new_manager()
                place = self.endpoint
                opened = self._manager.connection_from_host(place.host, place.port, place.scheme)
                self._pool = cast("LendingPool", opened)
            return self._pool

    def _new_manager(self) -> urllib3.PoolManager:
        options: dict[str, Any] = {"num_pools": 4, "maxsize": self._size, "block": False}
        # 16 KiB, http.client's own block, costs a system call for each; 1 MiB doubles large uploads.
        options["blocksize"] = READ
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

    def keep(self, feed: ThreadFeed) -> None:
        """Close a feed with all that is here."""
        with self._lock:
            self._feeds.add(feed)

    def close(self) -> None:
        """Close feeds and idle connections; others that are in use close when their answer is read."""
        with self._lock:
            manager, self._manager, self._pool = self._manager, None, None
            hosts, self._hosts = self._hosts, {}
            feeds = list(self._feeds)
        for feed in feeds:
            feed.close()
        for each in (manager, *(one for one, _ in hosts.values())):
            if each is not None:
                each.clear()

    def forget(self) -> None:
        """In a forked child: leave the parent's connections to the parent."""
        self._lock = threading.Lock()
        self.budget.renew_lock()
        self.memory.renew()
        for feed in list(self._feeds):
            feed.forget()
        self._feeds = weakref.WeakSet()
        # The pool is emptied when it is collected, which closes this process's copies of the sockets.
        self._manager = self._pool = None
        self._hosts = {}


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
