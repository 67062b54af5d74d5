"""HTTP for those who give out credentials: small answers, within a time, never sent on elsewhere.

Rule of this file: what goes out and what comes back is secret. It stays in values that hide it, since
tracebacks may show local variables, and no error carries the HTTP library's own.
"""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timezone
from typing import Any, cast

from minio_sdk.clock import Clock
from minio_sdk.config import LONGEST_WAIT
from minio_sdk.errors import (
    CredentialsError,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    ServerError,
    invalid,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import plain
from minio_sdk.models.secret import Secret, hidden
from minio_sdk.reasons import unreached
from minio_sdk.wire.headers import http_date, iso_date
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import Endpoint, parse_endpoint

MAX_ANSWER = 256 * 1024
_BLOCK = 16 * 1024
_AGAIN = frozenset({429, 500, 502, 503, 504})
_UNREAD = frozenset({429, 503})
"""What says that nobody has looked at what was sent."""
_NOISE = 60.0
_SHORTEST = 0.001  # seconds


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a client shows of itself in a handshake of TLS; read anew for each.

    Attributes:
        cert: the path of a file with the certificate, and those that vouch for it.
        key: the path of its private key; that of `cert` where one file has both.
        password: opens the key.
    """

    cert: str
    key: str
    password: str | None = None

    def check(self) -> None:
        """Make sure that there are such files, and that they belong together.

        Raises:
            CredentialsError: they can't be used; the message has no secret in it.
        """
        import ssl

        try:
            # A password in any case: without one OpenSSL would ask for it at the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(
                self.cert, self.key, str.__str__(self.password or "")
            )
        except (OSError, ValueError) as error:  # which ssl's own errors are
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
            raise CredentialsError(
                f"the certificate {self.cert!r} and its key {self.key!r} can't be used: "
                f"{reason or type(error).__name__}",
                hint="both in PEM, of one pair, and key_password where the key is encrypted",
            ) from None


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask.

    Attributes:
        clock: the time source.
        timeout: seconds for one answer from its beginning to its end.
        tries: how often to ask when there is no answer, or one that says that the server failed.
        proxies: as in `requests`; None takes the environment's, and never for a loopback server.
        verify: as in `Config`.
        cert: what is shown to a server that asks for a certificate.
        careful: whether to ask again only when nobody can have read what was sent.
    """

    clock: Clock
    timeout: float = 10.0
    tries: int = 3
    proxies: dict[str, str] | None = None
    verify: bool | str = True
    cert: Certificate | None = None
    careful: bool = False

    def send(self, url: str, request: Request) -> Reply:
        """The answer to `request`, whatever its status.

        Raises:
            MinIOConnectionError: there is none after all tries.
        """
        again = _UNREAD if self.careful else _AGAIN
        for left in range(self.tries - 1, -1, -1):
            try:
                reply = self._once(url, request)
            except MinIOConnectionError as error:
                if not left or error.permanent or (self.careful and not error.unreached):
                    raise
            else:
                if reply.status not in again or not left:
                    return reply
            self.clock.sleep(0.5 * (self.tries - left))
        raise AssertionError("tries is at least 1")

    def _once(self, url: str, request: Request) -> Reply:
        import certifi
        import requests

        end = self.clock.monotonic() + self.timeout
        endpoint = parse_endpoint(url)
        proxies = self.proxies
        if proxies is None:
            local = endpoint.is_loopback
            proxies = {} if local else hidden(requests.utils.get_environ_proxies(url))
        try:
            with requests.Session() as session, _unlogged():
                session.trust_env = False  # ~/.netrc would replace a signature
                verify, cert = self.verify, self.cert
                if cert is not None:
                    session.mount(url, _showing(cert))
                    # Not True: for that requests has one context, which all of a process share.
                    verify = certifi.where() if verify is True else verify
                response = session.request(
                    request.method,
                    url + request.target,
                    headers={"accept-encoding": "identity", **request.headers},
                    data=bytes(cast("bytes", request.body)),
                    timeout=self.timeout,
                    allow_redirects=False,
                    stream=True,
                    proxies=proxies,
                    verify=verify,
                    cert=None if cert is None else (cert.cert, cert.key),
                )
                with response:
                    found = self._read(response.raw, end, endpoint.origin)
        except (requests.Timeout, TimeoutError) as error:
            if isinstance(error, MinIOError):
                raise
            raise _late(endpoint.origin, self.timeout) from None
        except (requests.RequestException, OSError) as error:
            if isinstance(error, MinIOError):
                raise
            proxy = requests.utils.select_proxy(url, proxies)
            raise _unasked(endpoint, error, proxy) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, found)

    def _read(self, raw: Any, end: float, origin: str) -> bytes:
        import urllib3

        found = io.BytesIO()
        try:
            while found.write(raw.read1(_BLOCK, decode_content=False)):
                if found.tell() > MAX_ANSWER:
                    raise ServerError(f"{origin} answers with more than {MAX_ANSWER} bytes")
                if self.clock.monotonic() >= end:
                    raise _late(origin, self.timeout)
        except urllib3.exceptions.ReadTimeoutError:
            raise _late(origin, self.timeout) from None
        except urllib3.exceptions.HTTPError as error:
            reason = type(error).__name__
            raise MinIOConnectionError(f"{origin} broke its answer off ({reason})") from None
        return found.getvalue()


@contextmanager
def _unlogged() -> Iterator[None]:
    """While this thread asks, urllib3 doesn't log at which URL: there may be a token in it."""
    mine = threading.get_ident()

    def others(_: logging.LogRecord) -> bool:
        return threading.get_ident() != mine

    log = logging.getLogger("urllib3.connectionpool")
    log.addFilter(others)
    try:
        yield
    finally:
        log.removeFilter(others)


def _showing(cert: Certificate) -> Any:
    """An adapter of requests that opens an encrypted key, for which that has no argument."""
    from requests.adapters import HTTPAdapter

    class Showing(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs, key_password=cert.password)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            return super().proxy_manager_for(proxy, **kwargs, key_password=cert.password)

    return Showing()


def _unasked(endpoint: Endpoint, error: Exception, proxy: str | None) -> MinIOConnectionError:
    import urllib3

    found = unreached(error, endpoint, proxy, "the endpoint")
    # No other words of the HTTP library's: it tells URLs with the secrets that are in them.
    why = type(error).__name__ if found is None else found.message
    failure = MinIOConnectionError(f"{endpoint.origin} can't be asked: {why}")
    if found is not None:
        failure.hint = found.hint
        failure.permanent = found.permanent
    reason = getattr(error.args[0], "reason", None) if error.args else None
    failure.unreached = isinstance(reason, urllib3.exceptions.NewConnectionError)
    return failure


def _late(origin: str, seconds: float) -> MinIOTimeoutError:
    return MinIOTimeoutError(f"no whole answer from {origin} within {seconds:g} seconds")


def offset_of(reply: Reply, clock: Clock) -> float:
    """How far the clock of those who answer is ahead of ours; 0 when that is next to nothing."""
    when = http_date(reply.headers.get("date"))
    offset = 0.0 if when is None else when.timestamp() - clock.time()
    return offset if abs(offset) > _NOISE else 0.0


def document_of(text: bytes | str, who: str) -> dict[str, Any]:
    """A JSON object whose texts are hidden.

    Raises:
        ServerError: something else came.
    """
    try:
        document = json.loads(text, object_hook=_hidden)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ServerError(f"{who} answers with what is no JSON object")
    return document


def _hidden(found: dict[str, Any]) -> dict[str, Any]:
    return {k: Secret(v) if isinstance(v, str) else v for k, v in found.items()}


def keys_in(document: dict[str, Any], token: str, who: str) -> Credentials:
    """The credentials in a document as AWS's metadata services and `credential_process` write it.

    Args:
        document: the object.
        token: the name of the session token in it.
        who: the one who wrote it.

    Raises:
        ServerError: a key is missing or is none.
    """
    try:
        return credentials_of(
            document.get("AccessKeyId"),
            document.get("SecretAccessKey"),
            document.get(token) or None,
            document.get("Expiration") or None,
        )
    except ValueError as error:
        raise ServerError(f"{who} answers with no credentials: {error}") from None


def credentials_of(access: Any, secret: Any, token: Any, expiration: Any) -> Credentials:
    """Credentials as they were read.

    Raises:
        ValueError: they are none; the message shows no value.
    """
    if not isinstance(access, str) or not isinstance(secret, str):
        raise ValueError("an access key or its secret is missing")
    ends = None
    if expiration is not None:
        ends = iso_date(plain(expiration)) if isinstance(expiration, str) else None
        if ends is None:
            raise ValueError("the moment of their end can't be read")
        ends = ends.astimezone(timezone.utc)
    if isinstance(token, str):
        token = Secret(token)
    return Credentials(plain(access), Secret(secret), token, ends)


def check_seconds(argument: str, value: Any) -> float:
    """A number of seconds."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not _SHORTEST <= value <= LONGEST_WAIT:
        rule = f"must be a number of seconds, at least {_SHORTEST:g} and at most {LONGEST_WAIT}"
        raise invalid(argument, value, rule)
    return float(value)
