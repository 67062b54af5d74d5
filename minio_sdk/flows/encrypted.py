"""Making sure that a server encrypts, before it is given what must not be stored in the clear.

One that doesn't know encryption ignores the headers that ask for it, stores the bytes as they are and answers
200. Its answer gives it away (`minio_sdk.encrypting`), but too late. So a server that isn't known to obey is
asked first, once for each kind: for an upload in parts, which is ended again, and nothing is stored by it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minio_sdk.encrypting import Duty
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    EncryptionKeyError,
    MinIOError,
    NotEncryptedError,
    NotSupportedError,
)
from minio_sdk.models.object_encryption import Encryption, ObjectEncryption, SseKms, SseS3
from minio_sdk.models.results import ObjectMetadata, UploadResponse
from minio_sdk.operation import ObjectOperation
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.multipart import (
    AbortMultipartUpload,
    Begun,
    CreateMultipartUpload,
    UploadPart,
)
from minio_sdk.wire.encryption import told
from minio_sdk.wire.quirks import obeys_encryption

BEGINNING = 5.0
"""Seconds that the question has to end by itself after an interrupt, so that no upload is left."""


async def prove(engine: Engine, operation: ObjectOperation[Any]) -> None:
    """Make sure that the server will encrypt what an operation is about to store.

    Raises:
        NotSupportedError: it would not; nothing was stored.
        BucketNotFoundError: there is no bucket to ask it in.
    """
    if engine.encryption is None:
        return
    kind = type(engine.encryption).__name__
    if kind in engine.api.encrypts or obeys_encryption(engine.api.server):
        return

    async def ask(_: None) -> bool:
        return await _ask(engine, operation, kind)

    try:
        # By `map`, which lets it end: an upload whose id never came couldn't be ended.
        obeys = (await engine.transport.map(ask, (None,), 1, grace=BEGINNING))[0]
    except AccessDeniedError:
        return  # these credentials may not ask so; the answer to the operation itself will tell
    except MinIOError as error:
        error.operation = operation.name
        raise
    if not obeys:
        refused = NotSupportedError(
            "the server ignores what it is told of encryption, and would store the object UNENCRYPTED; "
            "nothing was sent",
            hint="a server with SSE, or encryption=False",
        )
        raise engine.named(refused, operation)
    engine.api.encrypts.add(kind)


async def _ask(engine: Engine, operation: ObjectOperation[Any], kind: str) -> bool:
    place, key = operation.place, operation.key
    begun: Begun = await engine.send(CreateMultipartUpload(place, key))
    try:
        if kind in engine.api.echoes or obeys_encryption(engine.api.server):
            return True
        # Not every server says it of the beginning; all say it of a part.
        await engine.send(UploadPart(place, key, begun.upload_id, 1, b""))
        return True
    except NotEncryptedError:
        return False
    finally:
        await _end(engine, AbortMultipartUpload(place, key, begun.upload_id))


async def _end(engine: Engine, operation: AbortMultipartUpload) -> None:
    try:
        await engine.begin().send(operation)
    except Exception:  # what was asked is the news
        return


async def look_at(
    engine: Engine, stored: UploadResponse, operation: ObjectOperation[Any]
) -> UploadResponse:
    """A copy with how it is encrypted, which most servers don't say in their answers.

    Raises:
        EncryptionError: not as it was to be.
    """
    wanted = engine.encryption
    if wanted is None or stored.encryption is not None:  # the latter was compared
        return stored
    version = None if stored.version_id == "null" else stored.version_id
    duty = Duty(operation, wanted, None)
    try:
        found = (await engine.send(HeadObject(operation.place, operation.key, version))).encryption
        wrong = duty.found_wrong(found)
    except EncryptionKeyError:
        wrong, found = duty.found_wrong(None), None
    except MinIOError:
        return stored  # who may write needn't be allowed to read
    if wrong is not None:
        raise engine.named(wrong, operation)
    return replace(stored, encryption=found)


def asked(encryption: Encryption) -> ObjectEncryption | None:
    """What an object is told to be encrypted with, as a server tells it."""
    return told(encryption.headers())


def like(engine: Engine, found: ObjectMetadata | None) -> Engine:
    """The engine that keeps an object encrypted as it is, where nothing else is said."""
    if found is None or engine.encryption is not None:
        return engine
    other = engine.encrypted(kept(found.encryption))
    if other.encryption is not None:  # the server has said that it knows it
        engine.api.encrypts.add(type(other.encryption).__name__)
    return other


def kept(found: ObjectEncryption | None) -> Encryption | None:
    """What keeps an object encrypted as it is, where the server has the keys."""
    if found is None or found.kind == "SSE-C":
        return None
    if found.kind == "SSE-S3":
        return SseS3()
    if found.kind not in ("SSE-KMS", "DSSE-KMS"):
        return None
    bucket_key = True if found.bucket_key else None
    return SseKms(found.kms_key_id, None, bucket_key, found.kind == "DSSE-KMS")
