"""`FaultProxy`: a proxy in front of a real server that lets things go wrong to order.

    from minio_sdk import LocalServer, MinIOClient
    from minio_sdk.faults import FaultProxy

    with LocalServer() as server, FaultProxy(server.config(None)) as faults:
        with MinIOClient(faults.config("acme", base_delay=0.01)) as client:
            faults.drop_reply("PutObject", times=1)
            client.upload("a.txt", b"1")  # sent again: nobody knew what had become of it
        print(faults.report())

Any S3 client can go through it, by path-style addresses at `FaultProxy.url`. The pytest plugin has one as the
fixture ``minio_faults``. It listens on 127.0.0.1 and speaks plain HTTP; what it passes on, it passes on
byte for byte (but for the sizes of chunks), a block at a time.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from minio_sdk.config import Config
from minio_sdk.errors import MinIOError, invalid
from minio_sdk.faults.exchanges import Connection, error_answer
from minio_sdk.faults.listening import Listening
from minio_sdk.faults.naming import Asked
from minio_sdk.faults.rules import Answer, Fault, Faults, Plan, Side
from minio_sdk.faults.seen import Seen
from minio_sdk.faults.wire import Wire

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from minio_sdk.models.credentials import Credentials

__all__ = ["Asked", "Fault", "FaultProxy", "Seen", "Where"]

MOST_SEEN = 10_000


class Where(TypedDict, total=False):
    """To which requests a fault happens.

    Attributes:
        method: of this HTTP method.
        bucket: of this bucket, as the tenant calls it. A pattern: ``*``, ``?`` and ``[a-z]``.
        key: of this key, as the tenant calls it. A pattern.
        nth: from the so-manieth of them on; 1 is the first.
        times: so often; None, the default: every time.
        optional: True where it needn't happen for the test to mean something.
    """

    method: str | None
    bucket: str | None
    key: str | None
    nth: int
    times: int | None
    optional: bool


class FaultProxy:
    """A proxy in front of a server; each method but a few makes one thing go wrong. A context manager.

    Every fault takes the operation that it is for (S3's name of it, such as ``"PutObject"``, or a pattern,
    such as ``"Get*"``; None for all), and the words of `Where`. Where several are for one request, delays,
    speeds, flips and clocks add up; of those that end it, the first one does, and the others wait for the
    next request. Safe to share between threads.

    Args:
        server: the server's URL, or a `Config` of one of its clients.
        **fields: fields of `Config` for the requests that the proxy makes itself, such as ``access_key``.

    Raises:
        ConfigurationError: they aren't right (also a `ValueError`).

    Example:
        >>> with FaultProxy("http://localhost:9000") as faults:
        ...     fault = faults.fail("GetObject", 503, key="a.txt", retry_after=1, times=2)
    """

    def __init__(self, server: str | Config, **fields: Any) -> None:
        if isinstance(server, Config):
            self._config = server.with_(tenant_id=None, **fields)
        else:
            self._config = Config(server, None, **fields)
        self._server = urlsplit(self._config.endpoints[0])
        if self._server.path.strip("/"):
            raise invalid("server", self._config.endpoints[0], "must be a URL without a path")
        self._faults = Faults()
        self._lock = threading.Lock()
        self._seen: deque[Seen] = deque(maxlen=MOST_SEEN)
        self._count = 0
        self._failures: list[BaseException] = []
        self._listening = Listening(lambda client, number: Connection(self, client, number))

    # -- life -----------------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen on a free port; where it does already, do nothing."""
        if not self._listening.port:
            self._listening.start()
        return self

    def stop(self) -> None:
        """End all connections and listen no more.

        Raises:
            BaseException: what a function given to `before` has raised.
        """
        if not self._listening.port:
            return
        self._listening.stop()
        if self._failures:
            raise self._failures.pop(0)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, such as ``"http://127.0.0.1:12345"``.

        Raises:
            MinIOError: it isn't started.
        """
        if not self._listening.port:
            raise MinIOError(
                "FaultProxy has no url: it isn't started",
                hint="call start(), or use it in a with statement",
            )
        return f"http://127.0.0.1:{self._listening.port}"

    def config(self, tenant_id: str | None, **fields: Any) -> Config:
        """The settings of a client that goes through it.

        Args:
            tenant_id: on whose behalf, see `Config`; None for no tenancy.
            **fields: other fields of `Config`.
        """
        return self._config.with_(base_url=self.url, tenant_id=tenant_id, **fields)

    def __repr__(self) -> str:
        where = self.url if self._listening.port else "not started"
        return f"<FaultProxy {where}, {self._count} requests>"

    # -- what goes wrong ------------------------------------------------------------------------

    def drop_reply(
        self, operation: str | None = None, *, reset: bool = False, **where: Unpack[Where]
    ) -> Fault:
        """Let the server do it, then close the connection without an answer.

        Where the server refuses, that goes through and doesn't count: nothing was committed.

        Args:
            operation: see the class.
            reset: close by a TCP reset.
            **where: see `Where`.
        """

        def apply(plan: Plan) -> None:
            plan.ending, plan.reset = "drop_reply", reset

        return self._add("drop_reply", True, apply, operation, where)

    def drop_request(
        self, operation: str | None = None, *, reset: bool = False, **where: Unpack[Where]
    ) -> Fault:
        """Close the connection once the request is in, without telling the server of it.

        Args:
            operation: see the class.
            reset: close by a TCP reset.
            **where: see `Where`.
        """

        def apply(plan: Plan) -> None:
            plan.ending, plan.reset = "drop_request", reset

        return self._add("drop_request", True, apply, operation, where)

    def fail(
        self,
        operation: str | None = None,
        status: int = 503,
        code: str | None = None,
        *,
        message: str = "Because the test wants it so.",
        retry_after: float | None = None,
        after_commit: bool = False,
        **where: Unpack[Where],
    ) -> Fault:
        """Answer with an error.

        Args:
            operation: see the class.
            status: the HTTP status. 200 makes it an answer that begins as a success, as S3 may give to
                CompleteMultipartUpload, CopyObject and UploadPartCopy.
            code: S3's code; None takes what goes with the status, such as ``"SlowDown"`` with 503.
            message: S3's message.
            retry_after: seconds, for the header ``Retry-After``.
            after_commit: let the server do it first; where it refuses, that goes through.
            **where: see `Where`.
        """
        if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
            raise invalid("status", status, "must be a whole number from 200 to 599")
        code = code or _CODES.get(status, "InternalError")
        answer = error_answer(
            status, code, message, retry_after=retry_after, after_commit=after_commit
        )
        return self._answering(f"fail {status} {code}", answer, operation, where)

    def error_in_200(
        self,
        operation: str | None = None,
        code: str = "InternalError",
        *,
        after_commit: bool = False,
        **where: Unpack[Where],
    ) -> Fault:
        """Answer 200 with an error in the body: `fail` with this status."""
        return self.fail(operation, 200, code, after_commit=after_commit, **where)

    def answer(
        self,
        operation: str | None = None,
        status: int = 200,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        after_commit: bool = False,
        **where: Unpack[Where],
    ) -> Fault:
        """Answer with anything at all.

        Args:
            operation: see the class.
            status: the HTTP status.
            body: the body.
            headers: headers beside ``Date`` and ``Content-Length``.
            after_commit: let the server do it first; where it refuses, that goes through.
            **where: see `Where`.
        """
        made = Answer(status, bytes(body), tuple((headers or {}).items()), after_commit)
        return self._answering(f"answer {status}", made, operation, where)

    def cut(
        self,
        operation: str | None = None,
        after: int = 0,
        *,
        side: Side = "reply",
        reset: bool = False,
        **where: Unpack[Where],
    ) -> Fault:
        """Close the connection in the middle of a body.

        Args:
            operation: see the class.
            after: how many bytes of the body come through. Its head does.
            side: ``"reply"``, or ``"request"`` for what the client sends.
            reset: close by a TCP reset.
            **where: see `Where`.
        """
        after = _whole("after", after, 0)

        def apply(plan: Plan) -> None:
            plan.ending, plan.cut, plan.reset = "cut", (_side(side), after), reset

        return self._add(f"cut {_side(side)} after {after}", True, apply, operation, where)

    def slow(
        self,
        operation: str | None = None,
        bytes_per_second: float = 1000,
        *,
        side: Side = "reply",
        **where: Unpack[Where],
    ) -> Fault:
        """Let a body come through slowly. Arguments as `cut`."""
        speed = _number("bytes_per_second", bytes_per_second)
        if not speed:
            raise invalid("bytes_per_second", bytes_per_second, "must be more than 0")

        def apply(plan: Plan) -> None:
            plan.slow[_side(side)] = speed

        return self._add(f"slow {_side(side)} {speed:g} B/s", False, apply, operation, where)

    def flip_bytes(
        self,
        operation: str | None = None,
        at: int = 0,
        *,
        count: int = 1,
        side: Side = "reply",
        **where: Unpack[Where],
    ) -> Fault:
        """Change bytes of a body on their way: all their bits.

        Args:
            operation: see the class.
            at: where the first of them is; 0 is the beginning of the body, of a range too.
            count: how many.
            side: ``"reply"``, or ``"request"`` for what the client sends.
            **where: see `Where`.
        """
        flip = (_whole("at", at, 0), _whole("count", count, 1))

        def apply(plan: Plan) -> None:
            plan.flips.setdefault(_side(side), []).append(flip)

        return self._add(f"flip {_side(side)} at {at}", False, apply, operation, where)

    def delay(
        self, operation: str | None = None, seconds: float = 1.0, **where: Unpack[Where]
    ) -> Fault:
        """Wait before the request goes on to the server.

        Args:
            operation: see the class.
            seconds: how long. The end of the proxy ends it.
            **where: see `Where`.
        """
        wait = _number("seconds", seconds)

        def apply(plan: Plan) -> None:
            plan.delay += wait

        return self._add(f"delay {wait:g} s", False, apply, operation, where)

    def before(
        self,
        operation: str | None,
        function: Callable[[Asked], object],
        **where: Unpack[Where],
    ) -> Fault:
        """Call a function before the request goes on to the server.

        Args:
            operation: see the class.
            function: gets what is asked for. It runs on a thread of the proxy; what it raises ends the
                connection, and is raised by `stop`.
            **where: see `Where`.
        """
        return self._add("before", False, lambda p: p.before.append(function), operation, where)

    def swap(
        self,
        data: bytes,
        operation: str | None = "GetObject",
        *,
        nth: int = 2,
        times: int | None = 1,
        **where: Any,
    ) -> Fault:
        """Replace the object that a request is for before the server gets the request.

        Args:
            data: what the object is from then on.
            operation: see the class.
            nth: see `Where`. Default 2: between two ranges of a download.
            times: see `Where`. Default 1.
            **where: see `Where`.
        """
        content = bytes(data)

        def replace(what: Asked) -> None:
            from minio_sdk.client import MinIOClient

            if what.server_bucket is None or what.server_key is None:
                raise MinIOError(f"{what.operation} is about no object that could be replaced")
            with MinIOClient(self._config) as client:
                client.put_object(what.server_bucket, what.server_key, content)

        def apply(plan: Plan) -> None:
            plan.before.append(replace)

        return self._add("swap", False, apply, operation, {**where, "nth": nth, "times": times})  # type: ignore[typeddict-item]

    def skew_clock(
        self, seconds: float, operation: str | None = None, **where: Unpack[Where]
    ) -> Fault:
        """Let the server's clock be wrong: its ``Date``, and what it takes for a valid signature.

        A request that was signed more than 15 minutes off that clock is refused with RequestTimeTooSkewed,
        as S3 servers do; one that was signed by it is signed anew for the real server, where the proxy has
        the keys that it was signed with.

        Args:
            seconds: how far it is ahead; negative for a clock that is behind.
            operation: see the class.
            **where: see `Where`.
        """
        skew = float(seconds)

        def apply(plan: Plan) -> None:
            plan.skew += skew

        return self._add(f"skew {skew:+g} s", False, apply, operation, where)

    @contextlib.contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """In a ``with`` block: nobody listens, and open connections are at their end."""
        with self._listening.interrupted():
            yield

    def clear(self) -> None:
        """No faults any more; those that never happened are forgotten as well."""
        self._faults.clear()

    # -- what was seen ----------------------------------------------------------------------------

    @property
    def requests(self) -> tuple[Seen, ...]:
        """The requests in the order in which they came; the last 10,000 of them."""
        with self._lock:
            return tuple(self._seen)

    def count(self, operation: str | None = None) -> int:
        """How many requests there were; with an operation or a pattern, of its kind among `requests`."""
        if operation is None:
            return self._count
        from fnmatch import fnmatchcase

        return sum(fnmatchcase(seen.operation, operation) for seen in self.requests)

    def never_happened(self) -> list[Fault]:
        """Faults that have met no request: a test with one of them shows nothing."""
        return self._faults.never_happened()

    def report(self) -> str:
        """What was asked and done, one line a request."""
        lines = [str(seen) for seen in self.requests]
        if self._count > len(lines):
            lines.insert(0, f"      {self._count - len(lines)} more before these")
        return "\n".join(lines)

    # -- for its threads ----------------------------------------------------------------------------

    def _add(
        self,
        name: str,
        ends: bool,
        apply: Callable[[Plan], object],
        operation: str | None,
        where: Where,
    ) -> Fault:
        words = Where.__annotations__
        for word in where:
            if word not in words:
                # As Python says it of a function's arguments, which these look like.
                raise TypeError(
                    f"{name.split()[0]}: unexpected keyword argument {word!r}; requests are chosen by the "
                    f"operation and by {', '.join(words)}, where bucket and key may be patterns"
                )
        return self._faults.add(Fault(name, ends, apply, operation, **where))

    def _answering(self, name: str, answer: Answer, operation: str | None, where: Where) -> Fault:
        def apply(plan: Plan) -> None:
            plan.ending = answer

        return self._add(name, True, apply, operation, where)

    def _failed(self, error: BaseException) -> None:
        with self._lock:
            self._failures.append(error)

    def _remember(self, seen: Seen) -> Seen:
        with self._lock:
            self._count += 1
            seen.number = self._count
            self._seen.append(seen)
        return seen

    def _connect(self) -> Wire:
        port = self._server.port or (443 if self._server.scheme == "https" else 80)
        host = self._server.hostname or ""
        connected = socket.create_connection((host, port), self._config.connect_timeout)
        connected.settimeout(None)
        if self._server.scheme == "https":
            import ssl

            verify = self._config.verify
            context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
            if verify is False:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connected = context.wrap_socket(connected, server_hostname=host)
        return Wire(connected)

    def _keys(self) -> Credentials | None:
        from minio_sdk.credentials import find_credentials

        return find_credentials(self._config).credentials()


_CODES = {
    400: "InvalidRequest",
    403: "AccessDenied",
    404: "NoSuchKey",
    409: "OperationAborted",
    412: "PreconditionFailed",
    429: "TooManyRequests",
    503: "SlowDown",
}


def _whole(argument: str, value: int, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise invalid(argument, value, f"must be a whole number from {least}")
    return value


def _number(argument: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
        raise invalid(argument, value, "must be a number from 0")
    return float(value)


def _side(value: Side) -> Side:
    if value not in ("reply", "request"):
        raise invalid("side", value, "must be 'reply' or 'request'")
    return value
