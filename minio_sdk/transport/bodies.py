"""What transports have in common when a body is too large, can't be read or kept, or is over."""

from __future__ import annotations

from minio_sdk.errors import MinIOConnectionError, ServerError

MAX_ERROR = 64 * 1024
"""Bytes of an error's body that are read; S3's documents have less than 2,000."""

TRUSTED = 64 * 1024 * 1024
"""Bytes of a body for which there is room made at once, since its length may be a lie."""


def too_large(most: int, length: int | None = None) -> ServerError:
    """What is said of an answer that is larger than it can be, by its head or by what has come."""
    if length is None:
        return ServerError(f"an answer of more than {most} bytes")
    return ServerError(f"an answer of {length} bytes where at most {most} can be")


def over() -> MinIOConnectionError:
    """What a feed that was closed says to who still waits for it."""
    error = MinIOConnectionError("it was closed")
    error.permanent = True
    return error


class BodyFailed(Exception):
    """What was to be sent can't be read, or what came not be kept: no fault of the connection's."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
