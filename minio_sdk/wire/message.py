"""A request as it will be sent, and a reply as it came."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minio_sdk.models.credentials import Credentials
from minio_sdk.models.secret import Secret

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

MAX_DOCUMENT = 64 * 1024 * 1024
"""The largest XML or JSON answer that is read; a page of 1,000 keys is at most about 4 MiB."""

HIDDEN = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-security-token",
        "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-customer-key",
    }
)
"""Headers whose values are never shown."""


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with ``***`` for what is never shown."""
    return {
        name: "***" if name in HIDDEN or isinstance(value, Secret) else value
        for name, value in headers.items()
    }


@dataclass(frozen=True, slots=True)
class StreamBody:
    """A body that is not in memory.

    Attributes:
        blocks: starts the body from its beginning and yields its blocks; blocking.
        length: bytes, or None when only the end will tell.
        replayable: whether `blocks` can be called again for a further attempt.
    """

    blocks: Callable[[], Iterable[bytes | memoryview]]
    length: int | None
    replayable: bool


Body = bytes | bytearray | memoryview | StreamBody


def length_of(body: Body) -> int | None:
    """Bytes of a body, None when unknown."""
    if isinstance(body, StreamBody):
        return body.length
    return body.nbytes if isinstance(body, memoryview) else len(body)


class Room:
    """Where the bytes of a body are put as they come; here, a buffer of its size.

    Each try begins at 0 again, whatever came before.

    Args:
        view: the buffer.
        exact: for a body of its very size only, and none that is smaller.

    Attributes:
        size: bytes of the body that it is for.
        waits: whether putting bytes here may wait for a disk, as no event loop should.
    """

    __slots__ = ("_exact", "_view", "size")
    waits = False

    def __init__(self, view: memoryview, *, exact: bool = True) -> None:
        self._view = view
        self._exact = exact
        self.size = view.nbytes

    def takes(self, length: int | None) -> bool:
        """Whether a body of this length is put here."""
        if not self._exact and length is not None and length <= self._view.nbytes:
            self.size = length
        return length == self.size

    def space(self, at: int) -> memoryview:
        """Where to put some of the bytes from `at` on."""
        return self._view[at : self.size]

    def filled(self, at: int, count: int) -> None:
        """So many bytes from `at` on have been put where `space(at)` begins.

        Raises:
            OSError: they can't be kept.
        """

    @property
    def body(self) -> Any:
        """What stands for the body, once all of it is there."""
        return self._view if len(self._view) == self.size else self._view[: self.size]


@dataclass(slots=True)
class Request:
    """One HTTP request before it is signed.

    Attributes:
        method: ``"GET"``, ``"PUT"`` ...
        path: percent-encoded, beginning with ``/``, without the endpoint's base path.
        query: encoded and sorted, without ``?``.
        headers: lower-case names; the transport adds host, tenant, date and signature.
        body: bytes-like, or a `StreamBody`.
        max_body: the most bytes of reply that are read; None for an object of any size.
        signed: False for a question that needs no credentials.
        retry: False for a question that is asked once.
        error_in_ok: a 200 may carry an error document, which counts as the status it stands for.
        room: where the body may be put as it comes; that of the reply is then `Room.body`.
        bucket: the server's name of the bucket that `path` begins with, where that may become a host's name;
            empty where it is to stay.
        service: whose signature it bears; ``"iam"`` and ``"sts"`` are signed like ``"s3"``.
        keys: what the last attempt was signed with; signing writes it.
        region: the region that it was signed for; None for the configuration's. Signing writes it.
        moved: whether the server has named another region than it was signed for before.
        watch: what tells hooks of each attempt (`minio_sdk.watching`); None where there are none.
        extras: what the user has added to it (`minio_sdk.wire.extras`); None for nothing.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Body = b""
    max_body: int | None = MAX_DOCUMENT
    signed: bool = True
    retry: bool = True
    error_in_ok: bool = False
    service: str = "s3"
    room: Room | None = None
    keys: Credentials | None = field(default=None, compare=False)
    bucket: str = ""
    region: str | None = field(default=None, compare=False)
    moved: bool = field(default=False, compare=False)
    watch: Any = field(default=None, compare=False)
    extras: Any = field(default=None, compare=False)
    _sha256: str | None = None

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def payload_hash(self) -> str:
        """SHA-256 of the body in hexadecimal, computed once for all attempts."""
        if self._sha256 is None:
            if isinstance(self.body, StreamBody):
                self._sha256 = UNSIGNED_PAYLOAD
            else:
                self._sha256 = hashlib.sha256(self.body).hexdigest() if self.body else EMPTY_SHA256
        return self._sha256

    @property
    def replayable(self) -> bool:
        """Whether the body can be sent again."""
        return not isinstance(self.body, StreamBody) or self.body.replayable

    @property
    def length(self) -> int | None:
        """Bytes of the body, None when unknown."""
        return length_of(self.body)

    def __repr__(self) -> str:
        shown = shown_headers(self.headers)
        return f"Request({self.method} {self.path}, headers={shown}, body={self.length} bytes)"


@dataclass(slots=True)
class Reply:
    """One HTTP answer, its body read.

    Attributes:
        status: the HTTP status.
        headers: lower-case names.
        body: as it came, never decoded.
        attempts: how many requests it took.
        via: where there are several endpoints, the one that has answered (`minio_sdk.transport.routes`).
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    attempts: int = 1
    via: Any = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"Reply({self.status}, {len(self.body)} bytes, attempts={self.attempts})"
