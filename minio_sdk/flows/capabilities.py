"""What a server has, found without harm.

Rules of this file: questions go to what is the tenant's own; what is tried is tried in a bucket that is made
for it and removed; and what no answer proves stays unknown.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketNotEmptyError,
    BucketNotFoundError,
    ConflictError,
    CredentialsError,
    IntegrityError,
    MinIOConnectionError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    PreconditionFailedError,
    invalid,
)
from minio_sdk.flows import bucket_sections, buckets, object_tags, remembered, server
from minio_sdk.flows.admin_calls import has_admin
from minio_sdk.models.capabilities import CHECKSUMS, FEATURES, ServerCapabilities
from minio_sdk.models.cors import CorsRule
from minio_sdk.models.encryption import BucketEncryption
from minio_sdk.models.lifecycle import Expiration, LifecycleFilter, LifecycleRule
from minio_sdk.models.names import check_flag
from minio_sdk.operation import ObjectOperation, Operation, Place
from minio_sdk.operations.acl import GetBucketAcl
from minio_sdk.operations.append_object import OFFSET
from minio_sdk.operations.bucket_cors import GetBucketCors
from minio_sdk.operations.bucket_encryption import GetBucketEncryption
from minio_sdk.operations.bucket_lifecycle import GetBucketLifecycle
from minio_sdk.operations.bucket_notification import GetBucketNotification
from minio_sdk.operations.bucket_object_lock import GetBucketObjectLock
from minio_sdk.operations.bucket_policy import GetBucketPolicy
from minio_sdk.operations.bucket_replication import GetBucketReplication
from minio_sdk.operations.bucket_tagging import GetBucketTagging
from minio_sdk.operations.bucket_versioning import GetBucketVersioning
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.list_objects import ListObjectVersions
from minio_sdk.operations.multipart import ListMultipartUploads
from minio_sdk.operations.put_object import PutObject
from minio_sdk.protocols import AtHand
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.policy import ARN
from minio_sdk.wire.quirks import is_minio, kind_of, lacks_setting, only_asked

PROBES = ("read", "write")
SECONDS = 24 * 3600.0
"""How long what was found is believed."""

_QUESTIONS: dict[str, Callable[[Place], Operation[Any]]] = {
    "versioning": GetBucketVersioning,
    "object_lock": GetBucketObjectLock,
    "encryption": GetBucketEncryption,
    "tags": GetBucketTagging,
    "policy": GetBucketPolicy,
    "cors": GetBucketCors,
    "lifecycle": GetBucketLifecycle,
    "notification": GetBucketNotification,
    "replication": GetBucketReplication,
    "acl": GetBucketAcl,
    "list_versions": lambda place: ListObjectVersions(place, max_keys=1),
    "list_uploads": ListMultipartUploads,
}


async def get(
    engine: Engine, bucket: str | None = None, probe: str = "read", refresh: bool = False
) -> ServerCapabilities:
    """What the server has, from memory where it was asked within a day."""
    if probe not in PROBES:
        raise invalid("probe", probe, "must be 'read' or 'write'")
    check_flag("refresh", refresh)
    if bucket is not None:
        engine.place(bucket)
    # What is tried is about the server, whatever this client's objects are encrypted with.
    engine = engine.begin(encryption=False, source_encryption=False)
    known = None if refresh else await _known(engine)
    if known is not None and _is_enough(engine, known, probe):
        return known
    found = await _ask(engine, bucket)
    if probe == "write" and found.api == "s3":
        found = await _try(engine, found)
    if known is not None:
        found = _with(found, known)
    engine.api.capabilities = found
    if engine.config.state_dir is not None:
        await engine.transport.call(remembered.keep, engine.config, found, engine.api.server)
    return found


async def _known(engine: Engine) -> ServerCapabilities | None:
    found = engine.api.capabilities
    if found is None and engine.config.state_dir is not None:
        found = await engine.transport.call(
            remembered.recall,
            engine.config,
            engine.transport.signing.endpoint.origin,
            engine.api.server,
        )
    if found is None:
        return None
    age = engine.transport.clock.time() - found.found_at.timestamp()
    return found if 0 <= age < SECONDS else None


def _is_enough(engine: Engine, known: ServerCapabilities, probe: str) -> bool:
    if probe == "write":
        return bool(known.tried)
    if known.api != "s3" or engine.scope.registry() is not None:
        return True  # there is no more to be asked
    return any(known[name] is not None for name in _QUESTIONS)


def _with(found: ServerCapabilities, known: ServerCapabilities) -> ServerCapabilities:
    """What was found, and of what is known from before what it doesn't tell; what was tried counts most."""
    changes: dict[str, Any] = {
        name: known[name]
        for name in FEATURES
        if found[name] is None or (name in known.tried and name not in found.tried)
    }
    sums = {
        name: known.checksums[name] if value is None else value
        for name, value in found.checksums.items()
    }
    tried = tuple(dict.fromkeys((*known.tried, *found.tried)))
    return replace(found, **changes, checksums=sums, tried=tried)


# -- asking ----------------------------------------------------------------------------------------


async def _ask(engine: Engine, bucket: str | None) -> ServerCapabilities:
    told = await server.info(engine)
    api = await engine.speaks()
    moment = datetime.fromtimestamp(engine.transport.clock.time(), timezone.utc)
    found = ServerCapabilities(
        endpoint=engine.transport.signing.endpoint.origin,
        server=kind_of(engine.api.server),
        version=told.version or None,
        api=api,
        found_at=moment,
    )
    if api != "s3":
        return found
    admin = await has_admin(engine)
    minio = is_minio(engine.api.server) or admin
    if minio or is_minio(engine.api.server) is False:
        found = replace(found, quota=minio, admin=minio, listen=minio, extract=minio)
    if minio:
        found = replace(found, server="minio")
    asked = await _bucket_to_ask(engine, bucket)
    if asked is None:
        return found
    answers: dict[str, Any] = {name: await _answer(engine, name, asked) for name in _QUESTIONS}
    return replace(found, **answers)


async def _bucket_to_ask(engine: Engine, bucket: str | None) -> Place | None:
    """The place of a bucket that is there and the tenant's alone."""
    if bucket is not None:
        if not await buckets.exists(engine, bucket):
            error = BucketNotFoundError("the bucket does not exist")
            raise engine.named(error, GetBucketVersioning(engine.place(bucket)))
    elif await _exists(engine, engine.config.bucket):
        bucket = engine.config.bucket
    else:
        try:
            bucket = next((info.name for info in await buckets.list_all(engine)), None)
        except (AccessDeniedError, NotSupportedError):
            return None
    if bucket is None:
        return None
    place = engine.place(bucket)
    return None if place.prefix else place


async def _exists(engine: Engine, bucket: str) -> bool:
    try:
        return await buckets.exists(engine, bucket)
    except AccessDeniedError:
        return False


async def _answer(engine: Engine, name: str, place: Place) -> bool | None:
    if lacks_setting(engine.api.server, name):
        return False
    question = _QUESTIONS[name](place)
    try:
        await engine.send(question)
    except (MinIOConnectionError, CredentialsError, BucketNotFoundError):
        raise
    except NotSupportedError:
        return False
    except NotFoundError as error:
        if error.code != question.not_found:
            return None
    except MinIOError:
        return None
    return None if only_asked(engine.api.server, name) else True


# -- trying ----------------------------------------------------------------------------------------


_GRACE = 5.0
"""Seconds that an attempt has to end by itself after an interrupt: nothing may be made behind the removal."""
_LATE = (0.1, 0.5, 2.0)
"""Seconds between tries to remove a bucket that something came into all the same."""
_Step = tuple[str, Callable[[], Awaitable[Any]]]


async def _try(engine: Engine, found: ServerCapabilities) -> ServerCapabilities:
    """What comes of doing it, in a bucket that is made for it."""
    bucket = f"probe-{uuid.uuid4().hex[:12]}"
    locked = f"{bucket}-locked"
    place = engine.place(bucket)
    made: list[str] = []

    async def make(name: str, object_lock: bool = False) -> bool:
        made.append(name)
        try:
            await buckets.create(engine, name, object_lock=object_lock)
        except AccessDeniedError:
            made.remove(name)
            raise
        return True

    async def begin() -> None:
        await make(bucket)
        await buckets.when_known(engine, lambda: engine.send(PutObject(place, _KEY, _DATA)))

    steps: list[_Step] = [("", begin)]
    steps += [(n, partial(attempt, engine, place)) for n, attempt in _ATTEMPTS.items()]
    steps += [(f"checksums.{n}", partial(_checksum, engine, place, n)) for n in CHECKSUMS]
    if not place.prefix:
        steps.append(("object_lock", partial(make, locked, True)))
        steps += [(n, partial(_set, engine, place, n, v)) for n, v in _settings(place).items()]
    try:
        outcomes = await engine.transport.map(_outcome, AtHand(steps), 1, grace=_GRACE)
    except BaseException as error:
        try:
            await _remove(engine, made)
        except MinIOError as left:
            if isinstance(error, MinIOError):
                raise left from error
        raise
    await _remove(engine, made)
    known = {
        step[0]: value for step, value in zip(steps, outcomes, strict=True) if value is not None
    }
    sums = {name: known.get(f"checksums.{name}") for name in CHECKSUMS}
    values: dict[str, Any] = {name: known[name] for name in FEATURES if name in known}
    return replace(found, **values, checksums=sums, tried=tuple(known))


async def _outcome(step: _Step) -> bool | None:
    """What comes of one attempt; what isn't one has to succeed."""
    name, attempt = step
    try:
        found: bool | None = await attempt()
    except (MinIOConnectionError, CredentialsError):
        raise
    except MinIOError as error:
        if not name:
            raise
        return False if isinstance(error, NotSupportedError) else None
    return found


async def _remove(engine: Engine, made: list[str]) -> None:
    """Remove what was made, within a deadline of its own: it may be the deadline that has ended the rest."""
    for bucket in made:
        call = engine.begin()
        for pause in (*_LATE, None):
            try:
                await buckets.delete(call, bucket, force=True)
            except BucketNotFoundError:
                break
            except MinIOError as error:
                error.hint = f"it was made to try things in: delete_bucket({bucket!r}, force=True)"
                if pause is None or not isinstance(error, BucketNotEmptyError):
                    raise
                await engine.transport.sleep(pause)
            else:
                break


_KEY = "probe"
_DATA = b"12345"
_SUMS = {
    "CRC32": "y/U6HA==",
    "CRC32C": "GNEjNQ==",
    "CRC64NVME": "Fmrit/9iyvg=",
    "SHA1": "jLIjfQZ5yojbZGTqxg2pY0VROWQ=",
    "SHA256": "WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U=",
}
"""Those of `_DATA`."""
_NEVER = "never/"


async def _created(engine: Engine, place: Place) -> bool:
    return await _refused(engine, PutObject(place, _KEY, _DATA, {"if-none-match": "*"}))


async def _replaced(engine: Engine, place: Place) -> bool:
    return await _refused(engine, PutObject(place, _KEY, _DATA, {"if-match": f'"{"0" * 32}"'}))


async def _refused(engine: Engine, put: PutObject) -> bool:
    """Whether a write is refused because of its condition."""
    try:
        await engine.send(put)
    except (PreconditionFailedError, ConflictError):
        return True
    return False


async def _appended(engine: Engine, place: Place) -> bool:
    await engine.send(PutObject(place, _KEY, _DATA))
    put = PutObject(place, _KEY, _DATA, {OFFSET: str(len(_DATA))})
    try:
        await engine.send(put)
    except (MinIOConnectionError, CredentialsError, AccessDeniedError):
        raise
    except MinIOError as error:  # MinIO without it: "An unsupported API call"
        if error.status is not None and error.status < 500:
            return False
        raise
    return (await engine.send(HeadObject(place, _KEY))).size == 2 * len(_DATA)


async def _tagged(engine: Engine, place: Place) -> bool:
    wanted = {"probe": "1"}
    await object_tags.put(engine, place.bucket or "", _KEY, wanted)
    return await object_tags.get(engine, place.bucket or "", _KEY) == wanted


class _Select(ObjectOperation[bool]):
    """SELECT of all there is in a table of one cell."""

    name = "SelectObjectContent"

    def request(self) -> Request:
        body = (
            b"<SelectObjectContentRequest><Expression>SELECT * FROM S3Object</Expression>"
            b"<ExpressionType>SQL</ExpressionType>"
            b"<InputSerialization><CSV><FileHeaderInfo>NONE</FileHeaderInfo></CSV></InputSerialization>"
            b"<OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>"
        )
        path = self.place.object_path(self.key)
        return Request("POST", path, "select=&select-type=2", body=body)

    def parse(self, reply: Reply) -> bool:
        return b"Records" in reply.body and _DATA in reply.body


async def _selected(engine: Engine, place: Place) -> bool:
    await engine.send(PutObject(place, _KEY, _DATA))
    return await engine.send(_Select(place, _KEY))


_ATTEMPTS: dict[str, Callable[[Engine, Place], Awaitable[bool]]] = {
    "conditional_create": _created,
    "conditional_replace": _replaced,
    "object_tags": _tagged,
    "append": _appended,
    "select": _selected,
}


async def _checksum(engine: Engine, place: Place, name: str) -> bool:
    """Whether a sum is taken that is right, and refused when it is wrong."""
    header = f"x-amz-checksum-{name.lower()}"
    try:
        await engine.send(PutObject(place, _KEY, _DATA, {header: _SUMS[name]}))
    except IntegrityError:
        return False
    try:
        await engine.send(PutObject(place, _KEY, _DATA[::-1], {header: _SUMS[name]}))
    except (MinIOConnectionError, CredentialsError):
        raise
    except MinIOError as error:
        return error.status is not None and error.status < 500
    return False


async def _set(engine: Engine, place: Place, name: str, value: Any) -> bool:
    section = bucket_sections.SECTIONS[name]
    await section.write(engine, place.bucket or "", value)
    return bucket_sections.same(engine, name, await section.read(engine, place.bucket or ""), value)


def _settings(place: Place) -> dict[str, Any]:
    """Settings that do nothing to anybody."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{ARN}{place.bucket}/{_NEVER}*",
    }
    return {
        "versioning": True,
        "tags": {"probe": "1"},
        "policy": {"Version": "2012-10-17", "Statement": [statement]},
        "cors": [CorsRule(allowed_origins=("https://example.com",), allowed_methods=("GET",))],
        "lifecycle": [
            LifecycleRule(
                id="probe", filter=LifecycleFilter(prefix=_NEVER), expiration=Expiration(days=3650)
            )
        ],
        "encryption": BucketEncryption(),
    }
