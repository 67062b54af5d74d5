"""Copies on the server, of any size, of one generation of the source.

The source is looked at first. What is copied then is that generation and no other: its ETag, and its
version where it has one, go with each request. What isn't given anew is carried over, in one request and in
parts alike.

A server that doesn't know CopyObject takes it for an upload of nothing. So one that isn't known is asked
first, once, for a copy that can do no harm.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketNotFoundError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionFailedError,
    ServerError,
    ValidationError,
    VersionNotFoundError,
    as_class,
    invalid,
)
from minio_sdk.flows import buckets, encrypted, in_parts, moments, objects, quirks
from minio_sdk.flows.copy_rules import Changes, Conditions
from minio_sdk.models.moments import Moment, moment_or_version
from minio_sdk.models.names import check_key, check_version_id
from minio_sdk.models.object_encryption import Encryption, GivenEncryption, SseC
from minio_sdk.models.results import ObjectMetadata, UploadResponse
from minio_sdk.operation import CopySource, Place
from minio_sdk.operations.copy_object import CopyObject, UploadPartCopy
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.multipart import (
    MAX_PARTS,
    CreateMultipartUpload,
)
from minio_sdk.operations.object_tagging import GetObjectTagging
from minio_sdk.wire.quirks import is_complete, suspicious
from minio_sdk.wire.tags import tags_header

LARGEST = 5 * 1024**3
"""Bytes that one CopyObject can copy; a larger object is copied in parts."""

PART = 128 * 1024**2
"""Bytes of a part at least; the server moves them, and has `Config.timeout` for each."""

AT_ONCE = 8
"""Parts that are copied at the same time."""

PROBE = ".minio-sdk-copy-"
"""How the keys begin with which an unknown server is asked whether it copies."""

_NONE = Changes()
_ANY = Conditions()


@dataclass(frozen=True, slots=True)
class _Job:
    """A copy that has been checked, of a source that has been looked at."""

    dest: Place
    key: str
    source: CopySource
    found: ObjectMetadata
    changes: Changes
    onto_itself: bool


def begun(
    engine: Engine, encryption: GivenEncryption, source_encryption: GivenEncryption
) -> Engine:
    """The engine for one copy: what has a customer's key keeps it, unless it is told otherwise."""
    call = engine.begin(encryption, source_encryption)
    if source_encryption is not None:
        check_opens(call.source_encryption, "source_encryption")
    if encryption is None and call.encryption is None:
        key = call.source_encryption
        return call.encrypted(key if isinstance(key, SseC) else None)
    return call


def check_opens(encryption: Encryption | None, argument: str) -> Encryption | None:
    """What a caller says that the source of a copy is to be opened with.

    Raises:
        ValidationError: no customer's key.
    """
    if encryption is None or isinstance(encryption, SseC):
        return encryption
    raise ValidationError(
        f"{argument}: must be SseC(key), or False for none, not {type(encryption).__name__}: what the "
        "server encrypts with keys of its own it opens by itself"
    )


async def copy(
    engine: Engine,
    dest: Place,
    dest_key: str,
    source: Place,
    source_key: str,
    *,
    source_version_id: str | None = None,
    changes: Changes = _NONE,
    conditions: Conditions = _ANY,
    at: Moment | None = None,
    keeps: bool = True,
) -> UploadResponse:
    """Copy an object; what `changes` doesn't give anew is carried over.

    Args:
        engine: sends.
        dest, dest_key: where to.
        source, source_key: where from.
        source_version_id: a version of the source; None for the current one.
        changes: what is to be different.
        conditions: what must be true of the source.
        at: what the source was at that moment, in place of a version.
        keeps: an object that is copied onto itself stays encrypted as it is, where nothing else is said.

    Raises:
        ObjectChangedError: the source was replaced after it was looked at.
    """
    moment = moment_or_version(at, source_version_id, "source_version_id")
    wanted = CopySource(source, source_key, source_version_id)
    operation = CopyObject(dest, dest_key, wanted, 0)
    onto_itself = _is_onto_itself(operation)
    rekeyed = engine.encryption != engine.source_encryption or not keeps
    of_now = source_version_id is None and moment is None
    if onto_itself and changes == _NONE and of_now and not rekeyed:
        raise ValidationError(
            f"dest_key={dest_key!r}: is the source itself, and nothing is to be changed by the copy",
            hint="another key, or give metadata, tags or another of the arguments that replace",
        )
    then = None if moment is None else await moments.version_at(engine, source, source_key, moment)
    if then is not None:
        source_version_id = then.version_id
        wanted = replace(wanted, version_id=source_version_id)
    found = await look_at(engine, wanted, conditions)
    if then is not None and then.etag not in (None, found.etag):
        await moments.expect_same(engine, HeadObject(source, source_key), then)
    if onto_itself and keeps:
        engine = encrypted.like(engine, found)
    if suspicious(dest_key):
        await quirks.refuse(engine, operation, empty=found.size == 0)
    if dest.bucket == source.bucket:
        await buckets.check(engine, operation)
    else:
        await buckets.check_on_server(engine, operation)
    version = source_version_id
    # Onto itself the ETag alone is better: a version would undo what was stored meanwhile.
    if version is None and not onto_itself and found.version_id != "null":
        version = found.version_id
    pinned = replace(wanted, version_id=version, etag=found.etag)
    job = _Job(dest, dest_key, pinned, found, changes, onto_itself)
    try:
        if found.size > LARGEST:
            return await _in_parts(engine, job)
        return await _whole(engine, job)
    except PreconditionFailedError as error:
        # Our own first try may have changed the ETag, and its answer been lost.
        done = await _done_already(engine, job) if onto_itself and error.attempts > 1 else None
        if done is None:
            raise _changed(error) from None
        return done
    except (ObjectNotFoundError, VersionNotFoundError) as error:
        error.bucket, error.key = source.bucket, source_key  # it was there a moment ago
        raise
    except BucketNotFoundError:
        if dest.bucket is not None:
            engine.known_buckets.pop(dest.bucket, None)
        raise


def _is_onto_itself(operation: CopyObject) -> bool:
    """Whether source and destination are one; refuses bad names."""
    source = operation.source
    check_key(operation.key, "dest_key")
    check_key(source.key, "source_key")
    if source.version_id is not None:
        check_version_id(source.version_id, "source_version_id")
    return operation.place.object_path(operation.key) == source.place.object_path(source.key)


async def set_metadata(
    engine: Engine,
    bucket: str,
    key: str,
    metadata: Mapping[str, str],
    encryption: GivenEncryption = None,
) -> UploadResponse:
    """Replace the user's metadata of an object, and nothing else of it."""
    engine = engine.begin(encryption, encryption)
    if metadata is None:
        raise invalid("metadata", metadata, "must be a mapping; {} removes all of it")
    place = engine.place(bucket)
    try:
        changes = Changes(metadata=metadata)
        return await copy(engine, place, key, place, key, changes=changes)
    except ValidationError as error:
        error.message = error.message.replace("dest_key=", "key=", 1)
        raise


async def look_at(
    engine: Engine, source: CopySource, conditions: Conditions = _ANY
) -> ObjectMetadata:
    """What a source is.

    Raises:
        PreconditionFailedError: a condition doesn't hold.
    """
    operation = HeadObject(source.place, source.key, source.version_id)
    try:
        found = await objects.read(of_source(engine), operation)
        check_conditions(engine, source, conditions, found)
    except MinIOError as error:
        engine.named(error, operation)
        error.operation = CopyObject.name  # the user asked for no HEAD
        if error.hint is not None and "encryption=SseC" in error.hint:
            error.hint = error.hint.replace("encryption=", "source_encryption=", 1)
        raise
    return found


def check_conditions(
    engine: Engine, source: CopySource, conditions: Conditions, found: ObjectMetadata
) -> None:
    """Refuse to copy where a condition doesn't hold."""
    failed = conditions.failed(found)
    if failed is None:
        return
    error = PreconditionFailedError(
        f"{failed} doesn't hold for the source of the copy", code="PreconditionFailed", status=412
    )
    engine.named(error, HeadObject(source.place, source.key))
    error.operation = CopyObject.name
    raise error


def of_source(engine: Engine) -> Engine:
    """The engine that reads the source."""
    return engine.encrypted(engine.source_encryption)


def _changed(error: MinIOError) -> ObjectChangedError:
    why = "the source was replaced while it was being copied"
    return as_class(error, ObjectChangedError, why, "copy it again")


async def _done_already(engine: Engine, job: _Job) -> UploadResponse | None:
    """The result of a copy onto itself, where the object is what it was to become."""
    wanted = job.changes.description(job.found)
    if wanted == _NONE.description(job.found):
        return None  # it would look the same without our copy
    again = await engine.send(HeadObject(job.dest, job.key))
    if again.size != job.found.size or _NONE.description(again) != wanted:
        return None
    return UploadResponse(
        status="copied",
        key=job.key,
        size=again.size,
        etag=again.etag,
        version_id=again.version_id,
        bucket=job.dest.bucket,
    )


# --- in one request ----------------------------------------------------------------------------------


async def _whole(engine: Engine, job: _Job) -> UploadResponse:
    changes, found = job.changes, job.found
    headers: dict[str, str] = {}
    # MinIO forgets Expires unless it is told anew, and S3 refuses a copy of an object onto itself that
    # changes its tags only; SeaweedFS, one that changes its key only.
    anew = job.onto_itself and (changes.tags is not None or engine.encryption is not None)
    if changes.describes or found.expires or anew:
        headers["x-amz-metadata-directive"] = "REPLACE"
        headers.update(changes.description(found))
    if changes.tags is not None:
        headers["x-amz-tagging-directive"] = "REPLACE"
        if changes.tags:
            headers["x-amz-tagging"] = tags_header(changes.tags)
    headers.update(_storage_class(job))
    operation = CopyObject(job.dest, job.key, job.source, found.size, headers)
    if engine.api.copies is None and is_complete(engine.api.server):
        engine.api.copies = True
    if not engine.api.copies:
        await _prove(engine, operation)
    await encrypted.prove(engine, operation)
    try:
        return await encrypted.look_at(engine, await engine.send(operation), operation)
    except NotSupportedError as error:
        if error.status == 200:  # not a word of the server on this copy: it took it for an upload
            engine.api.copies = False
        raise


def _storage_class(job: _Job) -> dict[str, str]:
    """S3 gives a copy the standard class unless it is told; an object copied onto itself keeps its own."""
    chosen = job.changes.storage_class or (job.found.storage_class if job.onto_itself else None)
    return {"x-amz-storage-class": chosen} if chosen else {}


async def _prove(engine: Engine, operation: CopyObject) -> None:
    """Make sure that the server copies, before something can be lost to one that doesn't.

    Raises:
        NotSupportedError: it doesn't copy, or it can't be told and the destination is there.
    """
    why = "the server doesn't copy objects: it takes a copy for an upload of nothing"
    if engine.api.copies is None:
        try:
            engine.api.copies = await _ask(engine, operation.place)
        except AccessDeniedError:
            # Some servers tell this to those who may not list the bucket.
            if await _is_missing(engine, operation):
                return
            why = "it can't be told whether the server copies objects: it refuses the question"
        if engine.api.copies:
            return
    raise engine.named(NotSupportedError(why, hint="download it and upload it again"), operation)


async def _ask(engine: Engine, place: Place) -> bool:
    """Whether the server copies.

    It is asked for a copy of an object that isn't there, to a key that nobody has. A server that copies
    says that there is no such object; another one stores nothing under that key, which is removed again.
    """
    key = f"{PROBE}{secrets.token_hex(8)}"
    engine = engine.begin(encryption=False, source_encryption=False)
    try:
        await engine.send(CopyObject(place, key, CopySource(place, f"{key}-missing"), 0))
    except ObjectNotFoundError:  # of a missing bucket any server would speak
        return True
    except NotSupportedError as error:
        if error.status != 200:
            return False
    except ServerError as error:
        if error.status != 200:
            raise
    await _remove(engine, DeleteObject(place, key))
    return False


async def _is_missing(engine: Engine, operation: CopyObject) -> bool:
    try:
        await engine.send(HeadObject(operation.place, operation.key))
    except NotFoundError:
        return True
    return False


async def _remove(engine: Engine, operation: DeleteObject) -> None:
    try:
        await engine.send(operation)
    except MinIOError:
        return  # what led here is the news


# --- in parts ----------------------------------------------------------------------------------------


async def _in_parts(engine: Engine, job: _Job) -> UploadResponse:
    found, source = job.found, job.source
    if source.etag is None:
        raise without_etag(engine, CopyObject(job.dest, job.key, source, found.size))
    headers = {**await carried(engine, job.changes, source, found), **_storage_class(job)}
    size = max(PART, -(-found.size // MAX_PARTS))
    starts = range(0, found.size, size)

    async def fill(upload_id: str) -> tuple[list[str], int]:
        async def copy_part(number: int) -> str:
            first = starts[number]
            last = min(first + size, found.size) - 1
            return await engine.send(
                UploadPartCopy(job.dest, job.key, source, upload_id, number + 1, first, last)
            )

        limit = min(AT_ONCE, engine.config.pool_size)
        etags = await engine.transport.map(copy_part, range(len(starts)), limit)
        await check_unchanged(engine, source)
        return etags, found.size

    create = CreateMultipartUpload(job.dest, job.key, headers)
    done = await in_parts.assemble(engine, create, fill)
    return replace(done, status="copied")


def without_etag(engine: Engine, operation: CopyObject) -> NotSupportedError:
    """The error for a source of which nothing tells one generation from another."""
    error = NotSupportedError(
        "the server gives the source no ETag, so that its parts could be of different generations"
    )
    return engine.named(error, operation)


async def carried(
    engine: Engine, changes: Changes, source: CopySource, found: ObjectMetadata
) -> dict[str, str]:
    """The headers that describe what is made of a source in parts, its tags included."""
    headers = changes.description(found)
    tags = changes.tags
    if tags is None:
        tags = await _tags_of(engine, source)
    if tags:
        headers["x-amz-tagging"] = tags_header(tags)
    return headers


async def _tags_of(engine: Engine, source: CopySource) -> dict[str, str]:
    """A source's tags; none where the server has no tags at all."""
    try:
        return await engine.send(GetObjectTagging(source.place, source.key, source.version_id))
    except NotSupportedError as error:
        if error.status is None:  # not the server's word
            raise
        return {}
    except ServerError as error:
        if error.status is not None:
            raise
        return {}  # too long for tags: it was sending the object itself


async def check_unchanged(engine: Engine, source: CopySource) -> None:
    """Some servers pass the condition over that each part carries."""
    if source.version_id is not None:
        return
    operation = HeadObject(source.place, source.key)
    again = await of_source(engine).send(operation)
    if again.etag != source.etag:
        error = PreconditionFailedError("", code="PreconditionFailed", status=412)
        raise engine.named(error, operation)
