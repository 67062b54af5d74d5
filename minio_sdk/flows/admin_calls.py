"""How MinIO's admin API is asked: only of MinIO, and with what is secret sealed.

Rule of this file: nothing but a harmless question goes to a server that isn't known to be MinIO. To others
``PUT /minio/admin/v3/add-user`` is an upload to bucket ``minio``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ServerError,
)
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operation import Operation
from minio_sdk.operations.admin import AdminInfo
from minio_sdk.retry import RETRIED_STATUSES
from minio_sdk.wire.failure import error_of
from minio_sdk.wire.message import Reply
from minio_sdk.wire.quirks import is_minio
from minio_sdk.wire.sealing import RANDOM, seal, unseal
from minio_sdk.wire.xml import XmlError

T = TypeVar("T")
R = TypeVar("R")


async def has_admin(engine: Engine) -> bool:
    """Whether the server is MinIO; asked with a question that no server takes for a change.

    What is known for sure is remembered. A proxy may say no in its own words, and yes a moment later.

    Raises:
        ServerError: the server is not up yet; the next call asks again.
    """
    api = engine.api
    if api.admin is None:
        admin = is_minio(api.server) if await engine.speaks() == "s3" else False
        if admin is None:
            reply = await engine.exchange(AdminInfo().request(), AdminInfo.name)
            if reply.status in RETRIED_STATUSES:
                raise error_of(reply, "")
            admin = is_minio(reply.headers.get("server"))
            if admin is None:
                admin = _speaks_admin(reply)
                if not admin:
                    return False
        api.admin = admin
    return api.admin


def _speaks_admin(reply: Reply) -> bool:
    """Whether an answer to `AdminInfo` is what no S3 server says."""
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    # S3 says no in XML; only the admin API does it in JSON, and names its own path.
    asked = AdminInfo().request().path
    words = {"mode", "servers"} if reply.status == 200 else {"Code", "HostId"}
    return words <= set(document) and (reply.status == 200 or document.get("Resource") == asked)


async def known(engine: Engine, operation: Operation[Any]) -> None:
    """Make sure that an operation of the admin API may be sent; its arguments come first."""
    try:
        operation.request()
        if not await has_admin(engine):
            server = engine.api.server
            raise NotSupportedError(
                "it belongs to MinIO's admin API, and this server is not MinIO"
                + (f" (it says that it is {server!r})" if server else "")
            )
    except MinIOError as error:
        engine.named(error, operation)
        raise


async def send(engine: Engine, operation: Operation[T]) -> T:
    """The result of an operation whose body and answer are plain."""
    await known(engine, operation)
    return await engine.send(operation)


async def _secret(engine: Engine, operation: Operation[Any]) -> str:
    """The secret key in force, for which a provider may have to wait."""
    try:
        keys = await engine.keys()
        if keys is None:
            raise AccessDeniedError(
                "the admin API is not for anonymous clients", hint="give access_key and secret_key"
            )
    except MinIOError as error:
        engine.named(error, operation)
        raise
    return keys.secret_key


async def sealed(
    engine: Engine, make: Callable[[bytes], Operation[T]], plain: SecretBytes
) -> tuple[T, str]:
    """The answer to an operation whose body is sealed, and the secret key that it is sealed with."""
    draft = make(b"")
    await _secret(engine, draft)
    await known(engine, draft)
    for last in (False, True):
        secret = await _secret(engine, draft)
        random = os.urandom(RANDOM)
        try:
            body = await engine.transport.call(seal, secret, plain, random)
        except MinIOError as error:
            engine.named(error, draft)
            raise
        try:
            return await engine.send(make(body)), secret
        except MinIOError as error:
            # Short-lived keys may have been replaced between sealing and signing.
            if last or await _secret(engine, draft) == secret:
                raise
            # What is sent once is sent again only when the server has said no to it.
            if not draft.request().retry and (error.status is None or error.status >= 500):
                raise
    raise AssertionError("the second try returns or raises")


async def opened(
    engine: Engine, operation: Operation[Any], body: bytes, read: Callable[[bytes], R], secret: str
) -> R:
    """What `read` makes of a sealed answer."""
    try:
        try:
            plain = SecretBytes(await engine.transport.call(unseal, secret, body))
        except MinIOError:
            now = await _secret(engine, operation)
            if now == secret:
                raise
            plain = SecretBytes(await engine.transport.call(unseal, now, body))
        return read(plain)
    except XmlError as reason:
        raise engine.named(ServerError(f"the answer can't be read: {reason}"), operation) from None
    except MinIOError as error:
        engine.named(error, operation)
        raise


async def told(engine: Engine, operation: Operation[bytes], read: Callable[[bytes], R]) -> R:
    """What `read` makes of the sealed answer to a plain question."""
    secret = await _secret(engine, operation)
    await known(engine, operation)
    return await opened(engine, operation, await engine.send(operation), read, secret)


async def gone(engine: Engine, operation: Operation[None]) -> None:
    """Remove something. That it isn't there is an error, unless our own first try has removed it."""
    try:
        await send(engine, operation)
    except NotFoundError as error:
        if error.attempts == 1:
            raise
