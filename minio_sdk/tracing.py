"""A hook that writes down what is sent and what comes, for people who look for a mistake."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from minio_sdk.errors import ConfigurationError
from minio_sdk.models.hooks import ReceivedReply, SentRequest
from minio_sdk.models.showing import escaped


@dataclass(frozen=True, slots=True)
class TraceRequests:
    """Writes each request and each answer to a stream, without bodies and secrets. For ``Config(hooks=...)``.

    Lines of one event are one write, so that those of several threads don't mix. Users' metadata are in
    headers, and are written.

    Args:
        stream: a text stream. Default None: ``sys.stderr`` as it is at that moment, and on other processes
            theirs.

    Raises:
        ConfigurationError: it has no ``write``.

    Example:
        >>> config = Config("http://localhost:9000", "acme", hooks=TraceRequests())
    """

    stream: TextIO | None = None

    def __post_init__(self) -> None:
        if self.stream is not None and not callable(getattr(self.stream, "write", None)):
            raise ConfigurationError(
                f"stream: a {type(self.stream).__name__} has no write(); it must be a text stream"
            )

    def __call__(self, event: SentRequest | ReceivedReply) -> None:
        """Write an event."""
        if isinstance(event, SentRequest):
            again = "" if event.attempt == 1 else f", attempt {event.attempt}"
            first = f"> {event.method} {event.target} ({event.operation}{again})"
            text = _lines(first, event.headers, ">", event.size)
        else:
            what = event.error if event.status is None else str(event.status)
            first = f"< {what} in {event.seconds * 1000:.1f} ms ({event.request.operation})"
            text = _lines(first, event.headers, "<", event.size)
        stream = self.stream or sys.stderr
        if stream is not None:  # as without a console on Windows
            stream.write(text)
            stream.flush()


def _lines(first: str, headers: Mapping[str, str], mark: str, size: int | None) -> str:
    lines = [first, *(f"{mark} {name}: {value}" for name, value in headers.items())]
    if size:
        lines.append(f"{mark} ({size} bytes)")
    return "".join(f"{escaped(line)}\n" for line in lines)
