"""A real HTTP server that misbehaves to order, for tests of what a client does about it.

It listens on 127.0.0.1, takes whatever connects, writes down every request exactly as it came, and
answers from a script, one step a request in the order in which the requests arrive:

    with ScriptedServer([reply(503, headers={"Retry-After": "2"}), reply(200, b"hello")]) as server:
        assert fetch(server.url + "/a%2Fb?x") == b"hello"
    assert [request.target for request in server.requests] == ["/a%2Fb?x", "/a%2Fb?x"]

or from a function, which is asked once the whole request is in:

    ScriptedServer(handler=lambda request: reply(200, request.body))

The steps:

    reply(status, body, headers=, content_length=, chunked=, close=)    an answer, true or lying
    s3_error(status, code)          the answer of an S3 server that says no
    redirect(location)              a 307
    raw(b"HTTP/1.1 200 OK...")      any bytes at all
    hang_up(step)                   answers, then closes unannounced: leaves a stale pooled socket
    drop_before_reply()             takes the request, answers nothing, closes
    drop_before_body()              closes as soon as it has read the head
    drop_after(reply, bytes=100)    closes after so many bytes of the reply's body
    dribble(reply, step=1)          sends the reply in tiny pieces
    reply_before_body(reply)        answers before the request's body was read
    stay_open(reply)                sends the reply, and then nothing until the test ends
    hang(until=event)               answers nothing until the event is set, or the test ends

Any function that takes an `Exchange` is a step, too. With `tls=True` it speaks TLS, with a
certificate made on the spot; `server.ca_file` is what a client must trust to accept it.

A script that is used up answers 500, and leaving the `with` block then fails the test; so do steps
that nobody asked for, and anything that went wrong inside the server. `strict=False` turns the
first two off. Nothing here sleeps, and no port is fixed.
"""

from __future__ import annotations

import contextlib
import functools
import http
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal

import trustme

Headers = Mapping[str, str] | Sequence[tuple[str, str]]

# How long the end of a test may wait for a connection's thread, and a test for a request. Neither
# is ever reached by a test that passes.
PATIENCE = 10.0


@dataclass
class Request:
    """One request as it came over the wire."""

    connection: int
    """The first connection is 1, the next 2; requests on one kept-alive connection share it."""
    line: bytes
    """The request line without its line end, byte for byte."""
    headers: list[tuple[str, str]]
    """Names in the case in which they were sent, in order, repeated ones included."""
    body: bytes = b""
    """What was sent, without chunked framing; complete only if `complete` says so."""
    trailers: list[tuple[str, str]] = field(default_factory=list)
    complete: bool = False

    @property
    def method(self) -> str:
        return self._part(0)

    @property
    def target(self) -> str:
        """Path and query byte for byte: nothing decoded, nothing normalised."""
        return self._part(1)

    @property
    def path(self) -> str:
        """The target up to its first `?`, as sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target after its first `?`, as sent."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The value of a header; an AssertionError if it was sent twice."""
        values = self.header_all(name)
        assert len(values) < 2, f"{name} was sent {len(values)} times: {values}"
        return values[0] if values else None

    def header_all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def _part(self, index: int) -> str:
        parts = self.line.decode("latin-1").split(" ")
        return parts[index] if index < len(parts) else ""


class Exchange:
    """One request and the way to answer it: what a step works with."""

    def __init__(self, request: Request, connection: _Connection) -> None:
        self.request = request
        self.stopping = connection.server.stopping
        self._connection = connection

    def read_body(self, *, invite: bool = True) -> bytes:
        """The request's body, read if it wasn't yet; `invite` answers `Expect: 100-continue`."""
        if not self.request.complete:
            if invite and (self.request.header("Expect") or "").lower() == "100-continue":
                self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._connection.read_body(self.request)
        return self.request.body

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._connection.socket.sendall(data)

    def close(self, *, reset: bool = False) -> None:
        """Close the connection; with `reset` the client gets a TCP reset instead of an end."""
        self._connection.close(reset=reset)

    @property
    def closed(self) -> bool:
        return self._connection.closed


Step = Callable[[Exchange], None]


@dataclass(frozen=True)
class Reply:
    """An answer as `reply` makes it; calling it, as the server does, sends it."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    content_length: int | Literal["auto"] | None
    chunked: bool
    close: bool
    reason: str | None

    def __call__(self, exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(self.head(exchange.request) + self.payload(exchange.request))
        if self.ends_connection(exchange.request):
            exchange.close()

    def head(self, request: Request) -> bytes:
        """The status line, the headers and the blank line."""
        reason = self.reason if self.reason is not None else _reason(self.status)
        headers = list(self.headers)
        if self.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif self.content_length == "auto":
            if self.status >= 200 and self.status not in (204, 304):
                headers.append(("Content-Length", str(len(self.body))))
        elif self.content_length is not None:
            headers.append(("Content-Length", str(self.content_length)))
        if self.close:
            headers.append(("Connection", "close"))
        lines = [
            f"HTTP/1.1 {self.status} {reason}",
            *(f"{name}: {value}" for name, value in headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def payload(self, request: Request) -> bytes:
        """The body as it goes over the wire: none to HEAD, and none with 1xx, 204 and 304."""
        if request.method == "HEAD" or self.status < 200 or self.status in (204, 304):
            return b""
        if self.chunked:
            chunk = b"%x\r\n%b\r\n" % (len(self.body), self.body) if self.body else b""
            return chunk + b"0\r\n\r\n"
        return self.body

    def ends_connection(self, request: Request) -> bool:
        """Whether the connection ends with this answer: said by either side, or told by its end.

        A body shorter than its Content-Length leaves the client waiting for more: it ends as well.
        """
        if self.close or (request.header("Connection") or "").lower() == "close":
            return True
        if self.chunked or request.method == "HEAD" or self.status in (204, 304):
            return False
        return self.content_length is None or (
            self.content_length != "auto" and self.content_length > len(self.body)
        )


def reply(
    status: int = 200,
    body: bytes = b"",
    *,
    headers: Headers = (),
    content_length: int | Literal["auto"] | None = "auto",
    chunked: bool = False,
    close: bool = False,
    reason: str | None = None,
) -> Reply:
    """An answer. No header but Content-Length is added, so a Date is there only if you give one.

    `content_length` may be a lie; None sends none, and the body ends with the connection.
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return Reply(status, body, tuple(pairs), content_length, chunked, close, reason)


def s3_error(
    status: int, code: str, message: str = "Because the script says so.", *, headers: Headers = ()
) -> Reply:
    """The XML document with which S3 servers refuse."""
    document = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return reply(status, document.encode(), headers=[("Content-Type", "application/xml"), *pairs])


def redirect(location: str, status: int = 307) -> Reply:
    """An answer that points somewhere else."""
    return reply(status, headers={"Location": location})


def raw(data: bytes, *, close: bool = False) -> Step:
    """These bytes, whatever they mean."""

    def step(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(data)
        if close:
            exchange.close()

    return step


def hang_up(answer: Step) -> Step:
    """Answer, then close without a word: the client keeps a socket that is no longer good."""

    def step(exchange: Exchange) -> None:
        answer(exchange)
        exchange.close()

    return step


def drop_before_reply(*, reset: bool = False) -> Step:
    """Take the whole request, then close: the client cannot know what became of it."""

    def step(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.close(reset=reset)

    return step


def drop_before_body() -> Step:
    """Close as soon as the head was read; a client in the middle of sending gets a reset."""
    return lambda exchange: exchange.close(reset=True)


def drop_after(answer: Reply | None = None, *, bytes: int, reset: bool = False) -> Step:
    """Send the head and so many bytes of the body (of 1 MiB, if no answer is given), then close."""
    whole = answer if answer is not None else reply(200, b"x" * (1 << 20))

    def step(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(whole.head(exchange.request) + whole.payload(exchange.request)[:bytes])
        exchange.close(reset=reset)

    return step


def dribble(answer: Reply, *, step: int = 1) -> Step:
    """Send head and body `step` bytes at a time, each piece a packet of its own."""

    def dribbled(exchange: Exchange) -> None:
        exchange.read_body()
        data = answer.head(exchange.request) + answer.payload(exchange.request)
        for start in range(0, len(data), step):
            exchange.send(data[start : start + step])
        if answer.ends_connection(exchange.request):
            exchange.close()

    return dribbled


def reply_before_body(answer: Reply, *, drain: bool = True) -> Step:
    """Answer as soon as the head was read, as servers do that refuse a request.

    With `drain` the body is read after the answer; without, the connection is closed on it, and
    the client may see the answer or a reset, as with real servers.
    """

    def step(exchange: Exchange) -> None:
        exchange.send(answer.head(exchange.request) + answer.payload(exchange.request))
        if drain:
            exchange.read_body(invite=False)
        if not drain or answer.ends_connection(exchange.request):
            exchange.close()

    return step


def stay_open(answer: Reply) -> Step:
    """Send the reply, and stay silent until the end of the `with` block."""

    def step(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(answer.head(exchange.request) + answer.payload(exchange.request))
        exchange.stopping.wait()

    return step


def hang(until: threading.Event | None = None, then: Step | None = None) -> Step:
    """Take the request and stay silent until the event is set; then do `then`, or close.

    The end of the `with` block ends the silence in any case.
    """

    def step(exchange: Exchange) -> None:
        exchange.read_body()
        released = until if until is not None else exchange.stopping
        while not released.wait(0.02) and not exchange.stopping.is_set():
            pass  # two events cannot be waited for at once: a bounded poll, not a pause
        if then is not None and released.is_set() and not exchange.stopping.is_set():
            then(exchange)
        else:
            exchange.close()

    return step


class ScriptedServer:
    """See the top of this file."""

    def __init__(
        self,
        script: Iterable[Step] = (),
        *,
        handler: Callable[[Request], Step] | None = None,
        tls: bool = False,
        tls_names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        strict: bool = True,
    ) -> None:
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._script = list(script)
        self._handler = handler
        self._tls_names = tls_names if tls else None
        self._strict = strict
        self._changed = threading.Condition()
        self._connections: list[_Connection] = []
        self._unexpected: list[Request] = []
        self._failures: list[BaseException] = []
        self._resources = contextlib.ExitStack()

    # -- what a test asks ------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"{'https' if self._tls_names else 'http'}://{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        return len(self._connections)

    @property
    def ca_file(self) -> str:
        """The file a client must trust to accept this server's certificate."""
        assert self._tls_names, "only a server with tls=True has a certificate"
        return str(self._ca_file)

    def wait_for(self, requests: int) -> None:
        """Wait until so many requests have come in, heads at least."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.requests) >= requests, PATIENCE)
        assert arrived, f"{len(self.requests)} of {requests} requests came in {PATIENCE:g} s"

    # -- its life --------------------------------------------------------------------------------

    def __enter__(self) -> ScriptedServer:
        with contextlib.ExitStack() as stack:
            self._context = self._make_context(stack)
            self._listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
            self.host, self.port = self._listener.getsockname()[:2]
            self._acceptor = threading.Thread(target=self._accept, name="scripted", daemon=True)
            self._acceptor.start()
            self._resources = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopping.set()
        with self._resources:
            # A thread in accept() isn't woken by closing the socket, only by a connection.
            with contextlib.suppress(OSError):
                socket.create_connection((self.host, self.port), timeout=PATIENCE).close()
            self._acceptor.join(PATIENCE)
            threads = [self._acceptor]
            for connection in self._connections:
                connection.shut_down()
                connection.join(PATIENCE)
                threads.append(connection)
        if error is None:
            self._report([thread.name for thread in threads if thread.is_alive()])

    def _report(self, stuck: list[str]) -> None:
        """Fail the test for what went wrong here while it ran."""
        if self._failures:
            raise AssertionError("the scripted server itself failed") from self._failures[0]
        assert not stuck, f"these threads of the scripted server didn't end: {stuck}"
        if self._strict and self._unexpected:
            lines = [request.line.decode("latin-1") for request in self._unexpected]
            raise AssertionError(f"the script was over when these requests came: {lines}")
        if self._strict and self._script:
            raise AssertionError(f"nobody asked for the last {len(self._script)} of the steps")

    def _make_context(self, stack: contextlib.ExitStack) -> ssl.SSLContext | None:
        if self._tls_names is None:
            return None
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="scripted-"))
        self._ca_file = Path(folder, "ca.pem")
        authority = _authority()
        authority.cert_pem.write_to_path(str(self._ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*self._tls_names).configure_cert(context)
        return context

    def _accept(self) -> None:
        while True:
            accepted, _ = self._listener.accept()
            if self.stopping.is_set():
                accepted.close()
                return
            connection = _Connection(self, accepted, len(self._connections) + 1)
            self._connections.append(connection)
            connection.start()

    # -- for the connections ---------------------------------------------------------------------

    @property
    def context(self) -> ssl.SSLContext | None:
        """How to wrap a new connection, if at all."""
        return self._context

    def next_step(self, exchange: Exchange) -> Step:
        """Write the request down and choose its answer."""
        request = exchange.request
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            if self._handler is None and self._script:
                return self._script.pop(0)
            if self._handler is None:
                self._unexpected.append(request)
        if self._handler is not None:
            exchange.read_body()
            return self._handler(request)
        line = request.line.decode("latin-1")
        return reply(500, f"The script is over; nothing is left to answer: {line}\n".encode())

    def failed(self, error: BaseException) -> None:
        """Keep what went wrong on a connection's thread for the end of the test."""
        self._failures.append(error)


class _Connection(threading.Thread):
    """One client's connection: requests in, a step's answer out, until a side is done."""

    def __init__(self, server: ScriptedServer, accepted: socket.socket, number: int) -> None:
        super().__init__(name=f"scripted-{number}", daemon=True)
        self.server = server
        self.socket = accepted
        self.number = number
        self.closed = False
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        try:
            if self.server.context is not None:
                # The handshake comes later, so that `shut_down` can always reach the socket.
                self.socket = self.server.context.wrap_socket(
                    self.socket, server_side=True, do_handshake_on_connect=False
                )
                if self.server.stopping.is_set():
                    return  # `shut_down` may have met the old socket
                self.socket.do_handshake()
            with self.socket.makefile("rb") as self._input:
                self._serve()
        except OSError:
            pass  # the client went away or refused our certificate: its good right
        except BaseException as error:
            self.server.failed(error)
        finally:
            self.close()

    def _serve(self) -> None:
        while (request := self._read_head()) is not None:
            exchange = Exchange(request, self)
            self.server.next_step(exchange)(exchange)
            if self.closed:
                return
            exchange.read_body(invite=False)

    def _read_head(self) -> Request | None:
        line = self._input.readline()
        if not line.endswith(b"\n"):
            return None
        return Request(self.number, line.rstrip(b"\r\n"), _read_fields(self._input))

    def read_body(self, request: Request) -> None:
        """Read what the head has announced; a client that stops midway ends the connection."""
        if (request.header("Transfer-Encoding") or "").lower() == "chunked":
            while size := self._read_chunk_size():
                self._append(request, size)
                self._input.readline()
            request.trailers = _read_fields(self._input)
        else:
            self._append(request, int(request.header("Content-Length") or 0))
        request.complete = True

    def _read_chunk_size(self) -> int:
        line = self._input.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the client stopped in the middle of a chunked body")
        return int(line.partition(b";")[0], 16)

    def _append(self, request: Request, size: int) -> None:
        data = self._input.read(size)
        request.body += data
        if len(data) < size:
            raise ConnectionError("the client stopped in the middle of a body")

    def close(self, *, reset: bool = False) -> None:
        """End the connection from our side."""
        self.closed = True
        if reset:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.shut_down()
        self.socket.close()
        # The descriptor lives as long as the file made from it.
        with contextlib.suppress(OSError, AttributeError):
            self._input.close()

    def shut_down(self) -> None:
        """Wake whoever reads from or writes to this connection."""
        with contextlib.suppress(OSError):
            # Not `SSLSocket.shutdown`, which pulls the TLS state from under a thread that uses it.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


def _read_fields(stream: BinaryIO) -> list[tuple[str, str]]:
    """Header or trailer lines up to the blank one."""
    fields: list[tuple[str, str]] = []
    while (line := stream.readline().rstrip(b"\r\n")) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        fields.append((name, value.strip(" \t")))
    return fields


def _reason(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@functools.cache
def _authority() -> trustme.CA:
    """One certificate authority a process: making its key is the slow part."""
    return trustme.CA()
