"""Why a server gave no usable answer, in words, from whatever an HTTP library raised.

Both transports and the providers of credentials hand their exceptions here, so that one cause has one
explanation.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from minio_sdk.errors import MinIOConnectionError, MinIOTimeoutError
from minio_sdk.wire.url import Endpoint


def chain(error: Exception) -> Iterator[Exception]:
    """An exception and all that led to it, arguments that are exceptions included.

    Without `__context__`: that may be an exception of the caller's, who is handling it meanwhile.
    """
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        item = todo.pop(0)
        if not isinstance(item, Exception) or id(item) in seen:  # a task's end is no reason
            continue
        seen.add(id(item))
        yield item
        todo += [*item.args, getattr(item, "reason", None), item.__cause__]


def root(error: Exception) -> Exception | None:
    """The first of the exceptions that led to `error`, without the frames that it went through.

    An HTTP library's frames hold the request as it was sent, signature and token in plain text, and
    tracebacks may show local variables. None for those of aiohttp's that hold it themselves, and tell
    the proxy's URL with its password.
    """
    *_, first = chain(error)
    return None if hasattr(first, "request_info") else first.with_traceback(None)


def explain(
    error: Exception, endpoint: Endpoint, *, timed_out: bool, proxy: str | None = None
) -> MinIOConnectionError:
    """The connection error with a reason and a hint.

    Args:
        error: what the HTTP library raised.
        endpoint: where it was going.
        timed_out: whether the library called it a timeout.
        proxy: the proxy on the way there.
    """
    found = unreached(error, endpoint, proxy)
    if found is not None:
        return found
    causes = list(chain(error))
    if timed_out or any(isinstance(cause, TimeoutError) for cause in causes):
        return _error(
            MinIOTimeoutError,
            "no answer in time",
            "a larger timeout, or see why the server is slow",
        )
    text = " ".join(f"{type(cause).__name__} {cause}" for cause in causes).lower()
    if any(sign in text for sign in _NOT_HTTP):
        hint = "check the port, and https:// in place of http:// if the server speaks TLS"
        return _error(MinIOConnectionError, "what came back is not HTTP", hint)
    if any(sign in text for sign in _DROPPED):
        message = "the server closed the connection before its answer was whole"
        return _error(MinIOConnectionError, message, _drop_hint(endpoint))
    last = causes[-1]
    return _error(MinIOConnectionError, f"{type(last).__name__}: {last}", None)


def unreached(
    error: Exception, endpoint: Endpoint, proxy: str | None = None, called: str = "base_url"
) -> MinIOConnectionError | None:
    """Why there is no connection, where that is what went wrong; nothing in it is of what was to be sent.

    Args:
        error: what the HTTP library raised.
        endpoint: where it was going.
        proxy: the proxy on the way there.
        called: the setting that has the address.
    """
    for cause in chain(error):
        found = _of_tls(cause, endpoint, called)
        if found is None and proxy is not None:
            found = _of_proxy(cause, proxy)
        found = found or _of_network(cause, endpoint, called)
        if found is not None:
            return found
    return None


_NOT_TLS = ("wrong_version", "wrong version", "record_layer", "http_request")
_PROXY_REFUSAL = re.compile(r"Tunnel connection failed: (.*)").match
_PROXY_HINT = "check proxies, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
_NOT_HTTP = (
    "badstatusline",
    "bad status line",
    "expected http/",
    "httpprocessingerror",  # an older aiohttp's, from in between its parser and its client
    "invalid http",
    "bad http",
)
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


def _of_tls(cause: Exception, endpoint: Endpoint, called: str) -> MinIOConnectionError | None:
    if isinstance(cause, ssl.CertificateError):
        # aiohttp's class of this kind has none of its attributes.
        why = getattr(cause, "verify_message", None)
        if why is None:
            return None
        return _error(
            MinIOConnectionError,
            f"the server's TLS certificate is not trusted: {why}",
            "verify='/path/to/ca.pem' with the authority that signed it",
            permanent=True,
        )
    if not isinstance(cause, ssl.SSLError):
        return None
    text = str(cause).lower()
    if any(sign in text for sign in _NOT_TLS):
        hint = f"http://{endpoint.host_header}"
        if called != "base_url":  # passwords go there, which are not to go in plain text
            hint = f"check scheme, host and port of {called}"
        message = "the server doesn't speak TLS on this port"
        return _error(MinIOConnectionError, message, hint, permanent=True)
    return _error(
        MinIOConnectionError, f"TLS failed: {getattr(cause, 'reason', None) or cause}", None
    )


def _of_proxy(cause: Exception, proxy: str) -> MinIOConnectionError | None:
    """What went wrong on the way to the proxy, whose URL may hold a password."""
    refusal = _PROXY_REFUSAL(str(cause))
    if refusal or type(cause).__name__ == "ClientHttpProxyError":
        words = refusal[1] if refusal else getattr(cause, "message", "")
        return _error(MinIOConnectionError, f"the proxy refused: {words}", _PROXY_HINT)
    parts = urlsplit(proxy)
    if isinstance(cause, socket.gaierror):
        message = f"the proxy's host name {parts.hostname!r} can't be resolved"
        return _error(MinIOConnectionError, message, _PROXY_HINT)
    if isinstance(cause, ConnectionRefusedError):
        place = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
        message = f"nothing listens on the proxy {place}"
        return _error(MinIOConnectionError, message, _PROXY_HINT)
    return None


def _of_network(cause: Exception, endpoint: Endpoint, called: str) -> MinIOConnectionError | None:
    if isinstance(cause, socket.gaierror):
        hint = f"check {called}'s spelling and this computer's DNS"
        if endpoint.bucket:
            hint += ", which has to know the names of buckets below it; or addressing='path'"
        return _error(
            MinIOConnectionError,
            f"the host name {endpoint.host!r} can't be resolved",
            hint,
            unreached=True,
        )
    if isinstance(cause, ConnectionRefusedError):
        return _error(
            MinIOConnectionError,
            f"nothing listens on {endpoint.host}:{endpoint.port}",
            f"is the server started? check host and port of {called}",
            unreached=True,
        )
    if isinstance(cause, OSError) and cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return _error(
            MinIOConnectionError,
            "the network has no way there",
            "check the network",
            unreached=True,
        )
    if isinstance(cause, (ConnectionResetError, BrokenPipeError)):
        return _error(
            MinIOConnectionError, "the server dropped the connection", _drop_hint(endpoint)
        )
    return None


def _error(
    cls: type[MinIOConnectionError],
    message: str,
    hint: str | None,
    *,
    permanent: bool = False,
    unreached: bool = False,
) -> MinIOConnectionError:
    error = cls(message, hint=hint, endpoint=None)
    error.permanent = permanent
    error.unreached = unreached
    return error
