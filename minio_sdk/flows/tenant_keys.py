"""The tenant's own keys: upload, download, list and delete without a bucket to think about.

On S3 they live in `Config.bucket`, which the first upload makes; until then it reads as empty. On the
Enterprise gateway they are its own calls.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

from minio_sdk.config import MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    BucketNotFoundError,
    IntegrityError,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
    as_class,
)
from minio_sdk.flows import cached, listing, objects, uploads
from minio_sdk.flows.sources import BinaryFile, Data, Source
from minio_sdk.models.names import check_key, check_prefix
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Operation
from minio_sdk.operations.gateway import GatewayDelete, GatewayDownload, GatewayList, GatewayUpload
from minio_sdk.wire.message import Body, StreamBody

_IN_MEMORY = 16 * MiB


async def upload(engine: Engine, key: str, data: Data) -> UploadResponse:
    """Store `data` under `key`."""
    check_key(key)
    source = Source(data)
    if await engine.speaks() == "s3":
        place = engine.place(engine.config.bucket)
        headers = uploads.object_headers(key, None, None)
        return await uploads.put(engine, place, key, source, headers, create_bucket=True)
    _refuse_encryption(engine, GatewayUpload(key=key, body=b""))
    body, file = await _gateway_body(engine, source)
    try:
        return await engine.send(GatewayUpload(key=key, body=body, signed=_signed(engine)))
    finally:
        if file is not None:
            file.close()


async def download(engine: Engine, key: str) -> bytes:
    """The bytes under `key`."""
    if await engine.speaks() == "enterprise":
        operation = GatewayDownload(key=key, signed=_signed(engine))
        _refuse_encryption(engine, operation)
        return await engine.send(operation)
    try:
        return await cached.get(engine, engine.config.bucket, key)
    except BucketNotFoundError as error:
        why, hint = "no object has this key", "list() shows the keys there are"
        raise as_class(error, ObjectNotFoundError, why, hint, code="NoSuchKey") from None


async def list_keys(engine: Engine, prefix: str = "") -> list[str]:
    """The keys that begin with `prefix`, in byte order."""
    check_prefix(prefix)
    if await engine.speaks() == "enterprise":
        return await engine.send(GatewayList(prefix=prefix, signed=_signed(engine)))
    place = engine.place(engine.config.bucket)
    keys: list[str] = []
    try:
        async with aclosing(listing.pages(engine, place, prefix)) as pages:
            async for page in pages:
                keys += [item.key for item in page.objects]
        return sorted(keys)  # some servers (SeaweedFS) list "a/b" before "a!"
    except BucketNotFoundError:
        return []


async def delete(engine: Engine, key: str) -> None:
    """Remove `key`; a missing one is no error."""
    check_key(key)
    try:
        if await engine.speaks() == "enterprise":
            await engine.send(GatewayDelete(key=key, signed=_signed(engine)))
        else:
            await objects.delete(engine, engine.config.bucket, key)
    except NotFoundError:
        return


def _refuse_encryption(engine: Engine, operation: Operation[Any]) -> None:
    """The gateway's API has no word for it, and would pass it over."""
    if engine.encryption is None:
        return
    why = "the gateway's own API can't be told how to encrypt"
    error = NotSupportedError(why, hint="Config(api='s3'), or encryption=None")
    raise engine.named(error, operation)


def _signed(engine: Engine) -> bool:
    # The development pair is a guess; a gateway knows tenants and not it.
    return engine.transport.signing.provider.found


async def _gateway_body(
    engine: Engine, source: Source
) -> tuple[Body, tempfile.SpooledTemporaryFile[bytes] | None]:
    """A body of known length that can be sent again, and the temporary file behind it, if any.

    The gateway has no multipart uploads. A file is sent from where it is; a stream goes through a
    temporary file, since its length must be said first.
    """
    if source.whole is not None:
        return source.whole, None
    here = source.in_place()
    if here is not None and source.length is not None:
        return _file_body(here[0], here[1], source.length), None
    # Closed by `upload`, when the body has been sent.
    file: tempfile.SpooledTemporaryFile[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    try:
        length = 0
        while block := await source.read(engine.transport, MiB):
            await engine.transport.call(file.write, block)
            length += len(block)
    except BaseException:
        file.close()
        raise
    return _file_body(file, 0, length), file


def _file_body(file: BinaryFile, start: int, length: int) -> StreamBody:
    def blocks() -> Iterator[bytes]:
        file.seek(start)  # type: ignore[attr-defined]
        left = length
        while left and (block := file.read(min(MiB, left))):
            left -= len(block)
            yield block
        if left:
            raise IntegrityError(
                f"the file has {left} bytes fewer than the {length} it had when the upload began"
            )

    return StreamBody(blocks, length, replayable=True)
