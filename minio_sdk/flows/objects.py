"""Objects: get, head, delete."""

from __future__ import annotations

from collections.abc import Iterable

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    BucketNotFoundError,
    EncryptionKeyError,
    MinIOError,
    NotFoundError,
    ObjectNotFoundError,
    VersionNotFoundError,
    as_class,
    invalid,
)
from minio_sdk.flows import buckets, locked, quirks, versions
from minio_sdk.flows.deletes import delete_many, whose
from minio_sdk.models.names import check_flag, check_key, check_version_id
from minio_sdk.models.results import DeletedObject, DeleteResult, ObjectMetadata
from minio_sdk.operation import ObjectOperation, T
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.delete_objects import DeleteObjects
from minio_sdk.operations.get_object import GetObject, GetObjectIfChanged, GetObjectPart
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.wire.quirks import suspicious, tells_checksums


async def get(engine: Engine, bucket: str, key: str) -> bytes:
    """The bytes of an object."""
    checksum = tells_checksums(engine.api.server)
    return await read(engine, GetObject(engine.place(bucket), key, checksum))


async def head(
    engine: Engine, bucket: str, key: str, version_id: str | None = None
) -> ObjectMetadata:
    """What is known of an object, or of one version of it."""
    return await read(engine, HeadObject(engine.place(bucket), key, version_id))


async def read(engine: Engine, operation: ObjectOperation[T]) -> T:
    """Send what is asked of an object that should be there.

    A missing object is told from a missing bucket where the answer can't do it, and the server is never
    asked for a key that it takes for another one.
    """
    if suspicious(operation.key):
        await quirks.expect(engine, operation)
    try:
        return await engine.send(operation)
    except (ObjectNotFoundError, VersionNotFoundError) as error:
        place = operation.place
        # To HEAD nothing says which of the two it is; nor does SeaweedFS where there is a condition.
        silent = isinstance(operation, HeadObject) or (
            (isinstance(operation, GetObjectPart) and bool(operation.headers))
            or (isinstance(operation, GetObjectIfChanged) and operation.etag is not None)
        )
        if place.bucket is None or not (place.prefix or silent):
            raise
        if await _bucket_is_there(engine, place.bucket):
            raise
        hint = "create_bucket() first, and check the tenant and the spelling"
        why = "the bucket does not exist"
        raise as_class(error, BucketNotFoundError, why, hint, code="NoSuchBucket") from None


async def _bucket_is_there(engine: Engine, bucket: str) -> bool:
    try:
        return await buckets.exists(engine, bucket)
    except MinIOError:
        return True  # it can't be told, and what was asked first stands


async def object_exists(engine: Engine, bucket: str, key: str) -> bool:
    """Whether the object is there; false too when its bucket isn't."""
    operation = HeadObject(engine.place(bucket), key)
    try:
        if suspicious(key):
            await quirks.expect(engine, operation)
        await engine.send(operation)
    except NotFoundError:
        return False
    except EncryptionKeyError:
        return True  # it is, with another key
    return True


async def delete(
    engine: Engine, bucket: str, key: str, version_id: str | None = None, bypass: bool = False
) -> None:
    """Remove an object or a version of it.

    Raises:
        ObjectLockedError: the version has a retention or a legal hold.
    """
    check_flag("bypass_governance", bypass)
    operation = DeleteObject(engine.place(bucket), key, version_id, bypass)
    check_key(key)
    if version_id is not None:
        check_version_id(version_id)
    await buckets.check(engine, operation)
    if suspicious(key) and await quirks.why_not_kept(engine, operation.place, key):
        return  # no object has this key, and the server would remove another one
    await versions.expect(engine, operation)
    try:
        await engine.send(operation)
    except MinIOError as error:
        if version_id is None:
            raise
        raise await locked.explained(engine, error, operation) from None


Keys = Iterable[str | tuple[str, str | None]]


def checked_pair(
    pair: tuple[str, str | None], key_name: str = "key", version_name: str = "version_id"
) -> tuple[str, str | None]:
    """A key and the id of a version, or None.

    Raises:
        ValidationError: one of them is none.
    """
    check_key(pair[0], key_name)
    if pair[1] is not None:
        check_version_id(pair[1], version_name)
    return pair


async def delete_objects(
    engine: Engine, bucket: str, keys: Keys, bypass: bool = False
) -> DeleteResult:
    """Remove any number of objects."""
    check_flag("bypass_governance", bypass)
    place = engine.place(bucket)
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise invalid("keys", keys, "must be a list of keys, or of pairs (key, version_id)")
    pairs: list[tuple[str, str | None]] = []
    for item in keys:
        pair = (item, None) if isinstance(item, str) else item
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise invalid("keys", item, "an item must be a key or a pair (key, version_id)")
        pairs.append(checked_pair((pair[0], pair[1]), "keys", "keys"))
    if pairs:
        await buckets.check(engine, DeleteObjects(place, ()))
    kept: list[tuple[str, str | None]] = []
    never: list[DeletedObject] = []
    for key, version in pairs:
        if suspicious(key) and await quirks.why_not_kept(engine, place, key):
            # No object has this key, and the server would remove another one.
            never.append(DeletedObject(key=key, version_id=version))
        else:
            kept.append((key, version))
    result = await delete_many(engine, place, kept, bypass=bypass)
    errors = await locked.explained_all(engine, place, whose(kept, result))
    return DeleteResult(deleted=(*result.deleted, *never), errors=errors)
