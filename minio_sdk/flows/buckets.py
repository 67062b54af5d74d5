"""Buckets: those of the server, and with prefix tenancy those that are markers in a shared one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketAlreadyExistsError,
    BucketNotEmptyError,
    BucketNotFoundError,
    ConfigurationError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ServerError,
    as_class,
    invalid,
)
from minio_sdk.flows import encrypted, first_writes, listing, locked
from minio_sdk.flows.deletes import delete_many
from minio_sdk.models.names import check_flag, check_region
from minio_sdk.models.results import BucketInfo, ObjectInfo
from minio_sdk.models.showing import RecordList
from minio_sdk.operation import ObjectOperation, Operation, Place, T
from minio_sdk.operations.bucket_versioning import GetBucketVersioning
from minio_sdk.operations.buckets import CreateBucket, DeleteBucket, HeadBucket, ListBuckets
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.multipart import AbortMultipartUpload
from minio_sdk.operations.put_object import PutObject

_CHECK_NAME = "check the tenant and the spelling; list_buckets() shows those there are"

FAILED = frozenset({408, 429, 500, 502, 503, 504})

# Seconds; SeaweedFS may miss a bucket for a moment after another call has made it.
_UNTIL_KNOWN = (0.05, 0.2, 0.5)

KNOWN_FOR = 60.0
"""Seconds that a bucket seen to exist is taken to exist still."""


async def create(
    engine: Engine,
    bucket: str,
    region: str | None = None,
    object_lock: bool = False,
    exist_ok: bool = False,
) -> None:
    """Make a bucket; with `exist_ok` it is no error that there is one."""
    check_flag("exist_ok", exist_ok)
    try:
        await _create(engine, bucket, region, object_lock)
    except BucketAlreadyExistsError as error:
        if not exist_ok:
            raise
        await prove_own(engine, error, engine.place(bucket))
        if not object_lock:
            return
        try:
            await locked.expect_lock(engine, CreateBucket(engine.place(bucket), ""))
        except NotSupportedError:
            why, hint = "it exists, without object lock", "another name"
            raise as_class(error, BucketAlreadyExistsError, why, hint) from None


async def _create(engine: Engine, bucket: str, region: str | None, object_lock: bool) -> None:
    engine.scope.check_new(bucket)
    check_flag("object_lock", object_lock)
    if region is not None:
        check_region(region)
    registry = engine.scope.registry(bucket)
    if registry is None:
        operation = CreateBucket(engine.place(bucket), region or engine.config.region, object_lock)
        await create_on_server(engine, operation)
        if object_lock:
            await when_known(engine, lambda: locked.expect_lock(engine, operation))
        return
    if object_lock:
        raise NotSupportedError(
            "object_lock belongs to a whole bucket of the server, and with tenancy='prefix' all "
            "tenants share one",
            operation="CreateBucket",
            bucket=bucket,
            hint="tenancy='bucket'",
        )
    if await _marked(engine, bucket):
        raise BucketAlreadyExistsError(
            "the bucket exists", code="BucketAlreadyOwnedByYou", operation="CreateBucket",
            bucket=bucket, tenant_id=engine.config.tenant_id,
        )  # fmt: skip
    marker = PutObject(registry, bucket, b"", {"content-type": "application/x-directory"})
    try:
        await engine.send(marker)
    except BucketNotFoundError:
        shared = replace(registry, prefix="")
        try:
            await create_on_server(engine, CreateBucket(shared, engine.config.region))
        except BucketAlreadyExistsError as error:
            await prove_own(engine, error, shared)  # another client was quicker
        await when_known(engine, lambda: engine.send(marker))
    _remember(engine, bucket)


async def create_on_server(engine: Engine, operation: CreateBucket) -> None:
    """Make a bucket of the server's.

    Raises:
        BucketAlreadyExistsError: there is one; `prove_own` finds out whose.
        ConfigurationError: the server has made an object of it.
    """
    try:
        # SeaweedFS says NoSuchBucket where another call is making the same one at that moment.
        stored = await when_known(engine, lambda: engine.send(operation))
    except BucketAlreadyExistsError as error:
        # Our first try may have made it and only its answer been lost.
        if error.attempts > 1 and error.code == "BucketAlreadyOwnedByYou":
            return
        raise
    path = engine.transport.signing.endpoint.path
    if stored and path:
        misplaced = ConfigurationError(
            f"base_url has the path {path!r}, which the server takes for a bucket: in it is now an "
            f"object {operation.place.server_bucket!r}",
            hint="base_url without a bucket in it",
        )
        raise engine.named(misplaced, operation)


async def create_missing(engine: Engine, bucket: str) -> None:
    """Make a bucket; it is no error when another client was quicker."""
    await create(engine, bucket, exist_ok=True)


async def prove_own(engine: Engine, error: BucketAlreadyExistsError, place: Place) -> None:
    """Make sure that a bucket which couldn't be made, since there is one, is one's own.

    On AWS all accounts share the names, and a stranger may wait for data behind a tenant's.

    Args:
        engine: sends.
        error: the server's refusal. SeaweedFS and moto say BucketAlreadyExists of one's own, too.
        place: the bucket.

    Raises:
        BucketAlreadyExistsError: it isn't, or that can't be told.
    """
    if error.code == "BucketAlreadyOwnedByYou":
        return
    why = "the name is taken, and list_buckets() has no such bucket: it belongs to another account"
    hint = "take another name, or another tenant id: whoever has the bucket would get the data"
    try:
        if await _is_listed(engine, place.server_bucket):
            return
        for pause in _UNTIL_KNOWN:
            await engine.transport.sleep(pause)
            if await _is_listed(engine, place.server_bucket):
                return
    except (AccessDeniedError, NotSupportedError) as refusal:
        why = f"the name is taken, and it can't be told by whom: {refusal.message}"
        hint = "allow s3:ListAllMyBuckets, or make the bucket beforehand; a stranger's would get the data"
    raise as_class(error, BucketAlreadyExistsError, why, hint) from None


async def _is_listed(engine: Engine, name: str) -> bool:
    """Whether the account has a bucket of this name of the server's."""
    async with aclosing(_listed(engine, name)) as listed:
        async for info in listed:
            if info.name == name:
                return True
    return False


async def _listed(engine: Engine, prefix: str) -> AsyncGenerator[BucketInfo, None]:
    """The account's buckets by the server's names; maybe also such as begin in another way."""
    token = ""
    while True:
        page = await engine.send(ListBuckets(engine.scope.server, prefix, token))
        for info in page.buckets:
            yield info
        if not page.token or page.token == token:
            return
        token = page.token


async def send(engine: Engine, operation: Operation[T], *, create: bool = False) -> T:
    """Send something that a missing bucket refuses; with `create` the bucket is made then."""
    try:
        if operation.place.prefix:
            await check(engine, operation)
        if isinstance(operation, ObjectOperation) and operation.encrypts == "stores":
            await encrypted.prove(engine, operation)
        if create:
            return await first_writes.write(engine, operation.place, lambda: engine.send(operation))
        return await engine.send(operation)
    except BucketNotFoundError:
        if not create or operation.place.bucket is None:
            raise
        return await send_to_new(engine, operation, operation.place.bucket)


async def send_to_new(engine: Engine, operation: Operation[T], bucket: str) -> T:
    """Send something to a bucket that is made first."""
    await first_writes.make(engine, operation.place, lambda: create_missing(engine, bucket))
    if isinstance(operation, ObjectOperation) and operation.encrypts == "stores":
        asking = operation
        await when_known(engine, lambda: encrypted.prove(engine, asking))
    return await when_known(engine, lambda: engine.send(operation))


async def when_known(engine: Engine, work: Callable[[], Awaitable[T]]) -> T:
    """Do something in a bucket that was just made, once the server knows of it."""
    for pause in _UNTIL_KNOWN:
        try:
            return await work()
        except BucketNotFoundError:
            await engine.transport.sleep(pause)
    return await work()


async def exists(engine: Engine, bucket: str) -> bool:
    """Whether the bucket is there."""
    place = engine.place(bucket)
    if engine.scope.registry() is not None:
        return await _marked(engine, bucket)
    try:
        await engine.send(HeadBucket(place))
    except NotFoundError:
        return False
    return True


async def check(engine: Engine, operation: Operation[Any], *, now: bool = False) -> None:
    """With prefix tenancy, make sure that the bucket of an operation exists; no server can say so.

    Args:
        engine: what sends.
        operation: what is about to be asked.
        now: ask also when it existed a moment ago.

    Raises:
        BucketNotFoundError: it doesn't.
    """
    bucket = operation.place.bucket
    if not operation.place.prefix or bucket is None:
        return
    if not now and _known(engine, bucket):
        return
    if not await _marked(engine, bucket):
        raise _no_bucket(engine, operation)


async def check_on_server(engine: Engine, operation: Operation[Any]) -> None:
    """Make sure that the bucket of an operation exists, where the answer to the operation can't tell.

    Raises:
        BucketNotFoundError: it doesn't.
    """
    bucket = operation.place.bucket
    if operation.place.prefix or bucket is None:
        await check(engine, operation)
    elif not _known(engine, bucket):
        try:
            await engine.send(HeadBucket(operation.place))
        except NotFoundError:
            raise _no_bucket(engine, operation) from None
        except AccessDeniedError:
            pass  # the operation itself may be allowed, and will tell
        _remember(engine, bucket)


def _known(engine: Engine, bucket: str) -> bool:
    seen = engine.known_buckets.get(bucket)
    return seen is not None and engine.transport.clock.monotonic() - seen < KNOWN_FOR


def _no_bucket(engine: Engine, operation: Operation[Any]) -> BucketNotFoundError:
    error = BucketNotFoundError(
        "the bucket does not exist",
        code="NoSuchBucket",
        status=404,
        hint="create_bucket() first, and check the tenant and the spelling",
    )
    return engine.named(error, operation)


def _remember(engine: Engine, bucket: str) -> None:
    engine.known_buckets[bucket] = engine.transport.clock.monotonic()


async def _marked(engine: Engine, bucket: str) -> bool:
    """Whether the marker of a bucket is there; asks the server."""
    engine.place(bucket)
    registry = engine.scope.registry(bucket)
    assert registry is not None  # only asked with prefix tenancy
    engine.known_buckets.pop(bucket, None)
    try:
        await engine.send(HeadObject(registry, bucket))
    except NotFoundError:
        return False
    except MinIOError as error:
        error.key = None
        raise
    _remember(engine, bucket)
    return True


async def list_all(engine: Engine) -> RecordList[BucketInfo]:
    """The tenant's buckets by name."""
    registry = engine.scope.registry()
    found: RecordList[BucketInfo] = RecordList()
    if registry is not None:
        try:
            async for item in listing.objects(engine, registry):
                found.append(BucketInfo(name=item.key, creation_date=item.last_modified))
        except BucketNotFoundError:
            return found
        found.sort(key=lambda info: info.name)
        return found
    slug = engine.scope.server.slug
    async for info in _listed(engine, f"{slug}-" if slug else ""):
        name = engine.scope.own(info.name)
        if name is not None:
            found.append(replace(info, name=name))
    found.sort(key=lambda info: info.name)
    return found


async def info(engine: Engine, bucket: str) -> BucketInfo:
    """One bucket.

    Raises:
        BucketNotFoundError: it isn't there.
    """
    place = engine.place(bucket)
    if engine.scope.registry() is not None:
        registry = engine.scope.registry(bucket)
        assert registry is not None
        try:
            marker = await engine.send(HeadObject(registry, bucket))
        except NotFoundError:
            raise _no_bucket(engine, HeadBucket(place)) from None
        return BucketInfo(name=bucket, creation_date=marker.last_modified)
    region = await engine.send(HeadBucket(place))
    try:
        listed = next((b for b in await list_all(engine) if b.name == bucket), None)
    except (AccessDeniedError, NotSupportedError):
        listed = None  # credentials for one bucket often may not list all
    return BucketInfo(
        name=bucket,
        creation_date=listed.creation_date if listed else None,
        region=region or (listed.region if listed else None),
        owner_id=listed.owner_id if listed else None,
        versioning=await _versioning(engine, place),
    )


async def _versioning(engine: Engine, place: Place) -> str | None:
    try:
        return await engine.send(GetBucketVersioning(place))
    except BucketNotFoundError:
        raise
    except MinIOError as error:
        # A server that doesn't know the question may say so in any way; one that failed has said nothing.
        if error.status is None or error.status in FAILED:
            raise
        return None


async def delete(engine: Engine, bucket: str, force: bool = False, bypass: bool = False) -> None:
    """Remove a bucket; with `force` also all that is in it."""
    check_flag("force", force)
    if check_flag("bypass_governance", bypass) and not force:
        raise invalid("bypass_governance", bypass, "goes with force=True")
    place = engine.place(bucket)
    engine.known_buckets.pop(bucket, None)
    registry = engine.scope.registry(bucket)
    if registry is not None and not await _marked(engine, bucket):
        raise _no_bucket(engine, DeleteBucket(place))
    if force:
        try:
            await clear(engine, place, bypass)
        except BucketNotFoundError as error:
            error.operation, error.hint = "DeleteBucket", _CHECK_NAME
            raise
    if registry is None:
        try:
            await engine.send(DeleteBucket(place))
        except BucketNotFoundError as error:
            if error.attempts == 1:  # else our first try has removed it and its answer was lost
                error.hint = _CHECK_NAME
                raise
        return
    async for page in listing.pages(engine, place, most=lambda: 1):
        if not page.objects:
            continue
        raise BucketNotEmptyError(
            "the bucket is not empty", code="BucketNotEmpty", status=409, operation="DeleteBucket",
            bucket=bucket, tenant_id=engine.config.tenant_id,
            hint="delete its objects first, or delete_bucket(..., force=True)",
        )  # fmt: skip
    engine.known_buckets.pop(bucket, None)
    tags = engine.scope.tags(bucket)
    assert tags is not None  # as there are markers
    for shelf in (tags, registry):
        await engine.send(DeleteObject(shelf, bucket))


async def clear(engine: Engine, place: Place, bypass: bool = False) -> None:
    """Remove every version, marker, object and unfinished upload of a bucket."""
    try:
        emptied = await _delete_all(engine, place, listing.versions, bypass)
    except (NotSupportedError, ServerError):
        emptied = False
    if not emptied:
        # The server lists no versions, or (SeaweedFS) that listing misspells control characters.
        await _delete_all(engine, place, listing.objects, bypass)
    await _abort_uploads(engine, place)


async def _delete_all(
    engine: Engine,
    place: Place,
    listed: Callable[[Engine, Place], AsyncIterator[ObjectInfo]],
    bypass: bool,
) -> bool:
    """Delete what is listed until nothing is; False when the same is listed once more."""
    before: list[tuple[str, str | None]] = []
    while True:
        found: list[tuple[str, str | None]] = []
        async for item in listed(engine, place):
            found.append((item.key, item.version_id))
            if len(found) == 1000:
                break
        if not found or found == before:
            return not found
        before = found
        result = await delete_many(engine, place, found, bypass=bypass)
        if result.errors and not result.deleted:
            first = result.errors[0]
            lock = await locked.lock_of(engine, DeleteObject(place, first.key, first.version_id))
            raise BucketNotEmptyError(
                f"{len(result.errors)} objects could not be deleted, {first.key!r} for one: "
                f"{lock.why if lock else first.message or first.code}",
                code=first.code, operation="DeleteBucket", bucket=place.bucket,
                tenant_id=engine.config.tenant_id, hint=lock.hint if lock else None,
            )  # fmt: skip


async def _abort_uploads(engine: Engine, place: Place) -> None:
    try:
        async for upload in listing.uploads(engine, place):
            try:
                await engine.send(AbortMultipartUpload(place, upload.key, upload.upload_id))
            except NotFoundError:
                continue  # it ended by itself meanwhile
    except NotSupportedError:
        return
    except AccessDeniedError:
        # No policy can allow one tenant only its own uploads in a shared bucket.
        if not place.prefix:
            raise
    except ServerError as error:
        # Without a status, the listing has no end; the bucket's own removal will tell.
        if error.status is not None:
            raise
