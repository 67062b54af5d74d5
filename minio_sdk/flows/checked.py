"""Checksums with what is uploaded, where the server is known to take them, and until it refuses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotSupportedError, as_class
from minio_sdk.operations.documents import md5_text
from minio_sdk.operations.multipart import CreateMultipartUpload
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.checksums import ALGORITHM, TYPE
from minio_sdk.wire.crc import crc32
from minio_sdk.wire.message import StreamBody
from minio_sdk.wire.quirks import takes_checksums

Checked = TypeVar("Checked", PutObject, CreateMultipartUpload)
T = TypeVar("T")

WORTH = 64 * 1024
"""Bytes from which on a body gets one: its SHA-256 is signed anyway, and small ones must be quick."""

_REFUSALS = ("InvalidRequest", "InvalidArgument", "NotImplemented", "MalformedXML")
_OF_UPLOADS = {ALGORITHM: "CRC32", TYPE: "FULL_OBJECT"}


def wanted(engine: Engine) -> bool:
    """Whether checksums are sent to this server."""
    return engine.api.checksums and takes_checksums(engine.api.server)


def with_checksum(engine: Engine, operation: Checked) -> Checked:
    """The operation with a checksum, if it is to have one."""
    if not wanted(engine):
        return operation
    if isinstance(operation, CreateMultipartUpload):
        return replace(operation, headers={**operation.headers, **_OF_UPLOADS})
    body = operation.body
    if isinstance(body, StreamBody) or len(body) < WORTH:
        return operation
    return replace(operation, crc32=crc32(body))


def refused(error: MinIOError) -> bool:
    """Whether a server may say so of a checksum that it doesn't take."""
    return error.status in (400, 501) and error.code in _REFUSALS


def unrepeatable(engine: Engine, error: MinIOError) -> MinIOError:
    """The refusal of a part of data that can't be read again to be sent without checksums."""
    if "checksum" not in error.message.lower():
        return error  # which may be about something else
    engine.api.checksums = False
    return as_class(
        error,
        NotSupportedError,
        f"the server takes the checksums of uploads and refuses those of parts: {error.message}",
        "give the data anew: the next upload goes without checksums; bytes, files that can seek and "
        "paths are sent again without asking",
    )


def digested(error: MinIOError, operation: Checked) -> Checked | None:
    """The operation with the digest that its refusal asks for; None where it asks for none.

    AWS wants one of what is locked from its beginning, also by its bucket.
    """
    if "content-md5" not in error.message.lower() or not isinstance(operation, PutObject):
        return None
    body = operation.body
    if isinstance(body, StreamBody) or "content-md5" in operation.headers:
        return None
    return replace(operation, headers={**operation.headers, "content-md5": md5_text(body)})


async def sent(
    engine: Engine, operation: Checked, send: Callable[[Checked], Awaitable[T]]
) -> tuple[T, Checked]:
    """What `send` gives, and the operation as it was sent: without a checksum, if those are refused."""
    checked = with_checksum(engine, operation)
    if checked is operation:
        try:
            return await send(operation), operation
        except MinIOError as error:
            again = digested(error, operation)
            if again is None:
                raise
        return await send(again), operation
    try:
        return await send(checked), checked
    except MinIOError as error:
        if not refused(error):
            raise
    result = await send(operation)
    engine.api.checksums = False
    return result, operation
