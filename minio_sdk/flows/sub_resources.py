"""Asking for what an object has beside its bytes: of that very key, and of no server that sends the bytes."""

from __future__ import annotations

from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import EncryptionKeyError, MinIOError, NotSupportedError, ServerError
from minio_sdk.flows import objects, versions
from minio_sdk.operation import ObjectOperation, T
from minio_sdk.operations.head_object import HeadObject


async def check(engine: Engine, operation: ObjectOperation[Any]) -> None:
    """Refuse bad names before anything is sent, then a version in a bucket that keeps none.

    Raises:
        ValidationError: a bad name.
        VersionNotFoundError: the server would take the current object for the version.
    """
    operation.request()
    await versions.expect(engine, operation)


async def send_exactly(engine: Engine, operation: ObjectOperation[T]) -> T:
    """Send what is asked of a sub-resource of an object, of that very key."""
    key = operation.key
    if isinstance(key, str) and key.endswith("/"):
        # SeaweedFS takes it for the key without the slash, but not when it looks for the object.
        await expect_there(engine, operation)
    return await objects.read(engine, operation)


async def expect_there(engine: Engine, operation: ObjectOperation[T]) -> None:
    """Make sure that there is the object that an operation is about."""
    version_id: str | None = getattr(operation, "version_id", None)
    try:
        await objects.read(engine, HeadObject(operation.place, operation.key, version_id))
    except EncryptionKeyError:
        return  # it is there, with a key that this has no need of
    except MinIOError as error:
        error.operation = operation.name
        raise


async def ask(engine: Engine, operation: ObjectOperation[T], what: str) -> T:
    """Send a question that a server which passes it over answers with the object itself.

    Args:
        engine: sends.
        operation: the question; its answer has a limit.
        what: what it is about, for the error.

    Raises:
        NotSupportedError: the server doesn't know it.
    """
    try:
        return await send_exactly(engine, operation)
    except ServerError as error:
        if error.status is not None:
            raise
        # It was cut off: what came was longer than any such answer.
        refused = NotSupportedError(f"the server doesn't know {what}: {error.message}")
        raise engine.named(refused, operation) from None
