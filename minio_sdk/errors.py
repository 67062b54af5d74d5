"""Every error this package raises, as one tree.

    MinIOError
    ├── MinIOConnectionError      no usable answer: refused, dropped, not HTTP, TLS
    │   └── MinIOTimeoutError     (also TimeoutError) no answer in time
    ├── ServerError               an answer that says the server failed, or that isn't S3
    ├── AccessDeniedError         401, 403
    ├── CredentialsError          no keys to sign with: their source failed, or has none
    ├── NotFoundError             404
    │   ├── BucketNotFoundError
    │   ├── ObjectNotFoundError
    │   ├── VersionNotFoundError
    │   └── UploadNotFoundError
    ├── ConflictError             409
    │   ├── BucketAlreadyExistsError
    │   ├── BucketNotEmptyError
    │   ├── ObjectLockedError     a retention or a legal hold keeps the version of an object
    │   └── PlanOutdatedError     what a plan was made for has changed since
    ├── PreconditionFailedError   412
    ├── RateLimitError            429, SlowDown
    ├── QuotaExceededError        a quota of the tenant, the bucket or the account is used up
    ├── IntegrityError            bytes that are not the ones that were sent
    │   └── ObjectChangedError    two generations of one object met in one read
    ├── EncryptionError           what is encrypted, or with what, is not as it was asked for
    │   ├── EncryptionKeyError    a customer's key is missing, or isn't the object's
    │   └── NotEncryptedError     the server has stored it unencrypted
    ├── PartlyAppliedError        some changes of a plan are made, and one has failed
    ├── NotSupportedError         this server, or this installation, can't do it
    ├── ValidationError           (also ValueError) a bad argument, found before anything was sent
    └── ConfigurationError        (also ValueError) a bad setting

Rule of this file: an error knows what failed, where, why and what to try, and prints as one line.
The classes follow https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

__all__ = [
    "AccessDeniedError",
    "BucketAlreadyExistsError",
    "BucketNotEmptyError",
    "BucketNotFoundError",
    "ConfigurationError",
    "ConflictError",
    "CredentialsError",
    "EncryptionError",
    "EncryptionKeyError",
    "IntegrityError",
    "MinIOConnectionError",
    "MinIOError",
    "MinIOTimeoutError",
    "NotEncryptedError",
    "NotFoundError",
    "NotSupportedError",
    "ObjectChangedError",
    "ObjectLockedError",
    "ObjectNotFoundError",
    "PartlyAppliedError",
    "PlanOutdatedError",
    "PreconditionFailedError",
    "QuotaExceededError",
    "RateLimitError",
    "ServerError",
    "UploadNotFoundError",
    "ValidationError",
    "VersionNotFoundError",
]

_MAX_TEXT = 500
_Error = TypeVar("_Error", bound="MinIOError")


def one_line(text: object) -> str:
    """`text` on one line, without control characters, at most 500 characters."""
    line = " ".join(str(text).split())
    line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return line if len(line) <= _MAX_TEXT else line[: _MAX_TEXT - 1] + "…"


class _Stars:
    def __repr__(self) -> str:
        return "***"


_STARS = _Stars()
_SECRET_NAMES = frozenset(
    {"encryption", "source_encryption", "SSECustomerKey", "secret_key", "session_token"}
)
_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
"""32 bytes in base64."""


def veiled(value: object, depth: int = 4) -> object:
    """A value without what is, or may well be, a customer's key: 32 bytes, or their base64 form."""
    if isinstance(value, (bytes, bytearray)):
        return _STARS if len(value) == 32 else value
    if isinstance(value, str):
        return _STARS if _KEY.fullmatch(value) else value
    if depth and type(value) is dict:
        return {
            name: _STARS if name in _SECRET_NAMES and inner else veiled(inner, depth - 1)
            for name, inner in value.items()
        }
    if depth and type(value) in (list, tuple):
        items: Any = value
        # No more of them is shown.
        return type(items)([*(veiled(each, depth - 1) for each in items[:100]), *items[100:]])
    return value


def shown(value: object) -> str:
    """A value as an error message shows it: its repr, cut after 100 characters when it is long.

    What users give in lists and dicts may have a customer's key in it, which is left out.
    """
    try:
        text = repr(veiled(value) if isinstance(value, (dict, list, tuple)) else value)
    except Exception:  # somebody else's class, or a number of more digits than Python writes
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 120 else text[:100] + f"… ({len(text)} characters)"


class MinIOError(Exception):
    """The root of all errors of this package.

    Attributes:
        message: what went wrong, without the context that `str(error)` adds.
        code: the S3 error code such as ``"NoSuchKey"``, or None.
        status: the HTTP status, or None when there was no answer.
        operation: the S3 name of what was asked, such as ``"GetObject"``.
        bucket, key: the names as the caller wrote them.
        tenant_id: the tenant on whose behalf it was asked.
        request_id: the server's id of the request, for its operator.
        attempts: how many times it was sent; 0 when nothing was.
        endpoint: scheme, host and port of the server.
        hint: what to try.
        retry_after: seconds the server asked to wait, or None.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        operation: str | None = None,
        bucket: str | None = None,
        key: str | None = None,
        tenant_id: str | None = None,
        request_id: str | None = None,
        attempts: int = 0,
        endpoint: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.operation = operation
        self.bucket = bucket
        self.key = key
        self.tenant_id = tenant_id
        self.request_id = request_id
        self.attempts = attempts
        self.endpoint = endpoint
        self.hint = hint
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own __reduce__ calls the class with args alone; the attributes travel as state,
        # which also carries what a subclass or a user added.
        return type(self), (self.message,), self.__dict__.copy()

    def __repr__(self) -> str:
        # What a list of errors is printed with.
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        nothing_sent = isinstance(self, ValidationError) and not self.attempts
        if nothing_sent or (self.operation is None and self.endpoint is None):
            text = one_line(self.message)
            return self._with_hint(text)
        what = self.operation or "request"
        if self.bucket is not None:
            target = self.bucket if self.key is None else f"{self.bucket}/{self.key}"
            what += f" {shown(target)}"
        where = f" at {one_line(self.endpoint)}" if self.endpoint else ""
        facts = []
        if self.code:
            facts.append(one_line(self.code))
        if self.status is not None:
            facts.append(f"HTTP {self.status}")
        if self.tenant_id is not None:
            facts.append(f"tenant {shown(self.tenant_id)}")
        if self.attempts > 1:
            facts.append(f"{self.attempts} attempts")
        if self.request_id:
            facts.append(f"request id {one_line(self.request_id)}")
        line = f"{one_line(what)} failed{where}: {one_line(self.message)}"
        if facts:
            line += f" [{', '.join(facts)}]"
        return self._with_hint(line)

    def _with_hint(self, text: str) -> str:
        # Servers end their sentences with a full stop, and we don't.
        return f"{text.removesuffix('.')}. Try: {one_line(self.hint)}" if self.hint else text


def as_class(
    error: MinIOError, cls: type[_Error], message: str, hint: str | None = None, **changes: Any
) -> _Error:
    """The same failure as an error of another class, which knows better what it means."""
    other = cls(message)
    other.__dict__.update({**error.__dict__, "message": message, "hint": hint, **changes})
    return other


def reword(error: MinIOError, message: str) -> None:
    """Say it in other words, and leave the old ones nowhere."""
    error.message = message
    error.args = (message,)


class MinIOConnectionError(MinIOError):
    """The server gave no usable answer: refused, unreachable, dropped, or not speaking HTTP or TLS.

    Attributes:
        permanent: trying again can't help, as with a certificate that isn't trusted.
        unreached: there was no connection to be had.
    """

    permanent: bool = False
    unreached: bool = False


class MinIOTimeoutError(MinIOConnectionError, TimeoutError):
    """No answer within `timeout`, `connect_timeout` or `deadline` seconds."""


class ServerError(MinIOError):
    """The server says it failed (HTTP 5xx), or its answer is not what S3 answers."""


class AccessDeniedError(MinIOError):
    """HTTP 401 or 403: the credentials are wrong, or may not do this."""


class CredentialsError(MinIOError):
    """There are no keys to sign with: where they come from has none, or failed until the old ones ended."""


class NotFoundError(MinIOError):
    """HTTP 404: what was asked for is not there."""


class BucketNotFoundError(NotFoundError):
    """NoSuchBucket."""


class ObjectNotFoundError(NotFoundError):
    """NoSuchKey."""


class VersionNotFoundError(NotFoundError):
    """NoSuchVersion."""


class UploadNotFoundError(NotFoundError):
    """NoSuchUpload: the multipart upload was completed, aborted, or never begun."""


class ConflictError(MinIOError):
    """HTTP 409: the state of the bucket or object forbids it."""


class BucketAlreadyExistsError(ConflictError):
    """BucketAlreadyExists, BucketAlreadyOwnedByYou."""


class BucketNotEmptyError(ConflictError):
    """BucketNotEmpty."""


class ObjectLockedError(ConflictError):
    """The version of an object has a retention or a legal hold; its status is the server's own."""


class PlanOutdatedError(ConflictError):
    """What a plan was made for has changed since; nothing was done."""


class PartlyAppliedError(MinIOError):
    """Some changes of a plan are made, and one has failed; ``__cause__`` is why.

    Attributes:
        done: the sections that are as planned.
        failed: the section that isn't; whether it has changed, the message says.
        left: those that were not tried any more.
    """

    done: tuple[str, ...] = ()
    failed: str = ""
    left: tuple[str, ...] = ()


class PreconditionFailedError(MinIOError):
    """HTTP 412 (or 304 for a read): `if_match` or `if_none_match` did not hold."""


class RateLimitError(MinIOError):
    """HTTP 429 or SlowDown, still after all retries; `retry_after` has the server's wish in seconds."""


class QuotaExceededError(MinIOError):
    """A quota is used up: the tenant's, the bucket's or the account's. It isn't tried again."""


class IntegrityError(MinIOError):
    """Bytes arrived that are not those that were sent."""


class ObjectChangedError(IntegrityError):
    """The object was replaced while it was being read."""


class EncryptionError(MinIOError):
    """How an object is encrypted is not as it was asked for."""


class EncryptionKeyError(EncryptionError):
    """A customer's key is missing, isn't the one of the object, or the object has none."""


class NotEncryptedError(EncryptionError):
    """The server has stored unencrypted what was to be encrypted."""


class NotSupportedError(MinIOError):
    """This server does not offer it, or an optional package is not installed."""


class ValidationError(MinIOError, ValueError):
    """A bad argument; nothing was sent, but for a range of which only the server knows the end."""


class ConfigurationError(MinIOError, ValueError):
    """A bad setting in `Config` or in the environment."""


def invalid(argument: str, value: object, rule: str) -> ValidationError:
    """The `ValidationError` that names the argument, the value and the rule."""
    return ValidationError(f"{argument}={shown(value)}: {rule}")


def bad_setting(name: str, value: object, rule: str) -> ConfigurationError:
    """The `ConfigurationError` that names the setting, the value and the rule."""
    return ConfigurationError(f"{name}={shown(value)}: {rule}")
