"""Why a server gave no usable answer, in words, from whatever an HTTP library raised.

Both transports hand their exceptions here, so that one cause has one explanation.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from minio_sdk.errors import MinIOConnectionError, MinIOTimeoutError
from minio_sdk.wire.url import Endpoint


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it, arguments that are exceptions included."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        item = todo.pop(0)
        if item is None or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        todo += [a for a in item.args if isinstance(a, BaseException)]
        todo += [getattr(item, "reason", None), item.__cause__, item.__context__]
        todo = [t for t in todo if isinstance(t, BaseException)]


def explain(error: BaseException, endpoint: Endpoint, *, timed_out: bool) -> MinIOConnectionError:
    """The connection error with a reason and a hint.

    Args:
        error: what the HTTP library raised.
        endpoint: where it was going.
        timed_out: whether the library called it a timeout.
    """
    causes = list(chain(error))
    for cause in causes:
        found = _known(cause, endpoint)
        if found is not None:
            return found
    if timed_out or any(isinstance(cause, TimeoutError) for cause in causes):
        return _error(
            MinIOTimeoutError,
            "no answer in time",
            "a larger timeout, or see why the server is slow",
        )
    text = " ".join(str(cause) for cause in causes).lower()
    if any(sign in text for sign in _NOT_HTTP):
        hint = "check the port, and https:// in place of http:// if the server speaks TLS"
        return _error(MinIOConnectionError, "what came back is not HTTP", hint)
    if any(sign in text for sign in _DROPPED):
        message = "the server closed the connection before its answer was whole"
        return _error(MinIOConnectionError, message, _drop_hint(endpoint))
    last = causes[-1]
    return _error(MinIOConnectionError, f"{type(last).__name__}: {last}", None)


_NOT_HTTP = ("badstatusline", "bad status line", "expected http/", "invalid http", "bad http")
_DROPPED = (
    "remote end closed",
    "incompleteread",
    "connection broken",
    "server disconnected",
    "connection aborted",
    "connection lost",
    "payload is not completed",
    "not enough data",
    "clientpayloaderror",
    "transfer length header",
)


def _drop_hint(endpoint: Endpoint) -> str | None:
    if endpoint.scheme == "http":
        return "https:// in place of http:// if the server speaks TLS"
    return None


def _known(cause: BaseException, endpoint: Endpoint) -> MinIOConnectionError | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _error(
            MinIOConnectionError,
            f"the server's TLS certificate is not trusted: {cause.verify_message}",
            "verify='/path/to/ca.pem' with the authority that signed it",
            permanent=True,
        )
    if isinstance(cause, ssl.SSLError):
        text = str(cause).lower()
        if any(
            sign in text
            for sign in ("wrong_version", "wrong version", "record_layer", "http_request")
        ):
            return _error(
                MinIOConnectionError,
                "the server doesn't speak TLS on this port",
                f"http://{endpoint.host_header}",
                permanent=True,
            )
        return _error(MinIOConnectionError, f"TLS failed: {cause.reason or cause}", None)
    if isinstance(cause, socket.gaierror):
        return _error(
            MinIOConnectionError,
            f"the host name {endpoint.host!r} can't be resolved",
            "check base_url's spelling and this computer's DNS",
        )
    if isinstance(cause, ConnectionRefusedError):
        return _error(
            MinIOConnectionError,
            f"nothing listens on {endpoint.host}:{endpoint.port}",
            "is the server started? check host and port of base_url",
        )
    if isinstance(cause, OSError) and cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return _error(MinIOConnectionError, "the network has no way there", "check the network")
    if isinstance(cause, (ConnectionResetError, BrokenPipeError)):
        return _error(
            MinIOConnectionError, "the server dropped the connection", _drop_hint(endpoint)
        )
    return None


def _error(
    cls: type[MinIOConnectionError], message: str, hint: str | None, *, permanent: bool = False
) -> MinIOConnectionError:
    error = cls(message, hint=hint, endpoint=None)
    error.permanent = permanent
    return error
