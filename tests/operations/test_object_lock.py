"""Locks of buckets and objects: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk import (
    AccessDeniedError,
    ConflictError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ObjectLock,
)
from minio_sdk.operation import Place
from minio_sdk.operations.bucket_object_lock import GetBucketObjectLock, PutBucketObjectLock
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.delete_objects import DeleteObjects
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.object_lock import (
    GetObjectLegalHold,
    GetObjectRetention,
    PutObjectLegalHold,
    PutObjectRetention,
    says_nothing_is_set,
)
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.message import Reply
from tests.samples import KEY, OTHER, SERVERS, answered, asked, refused, replayed
from tests.samples.locks import HEADERS, LOCK, LOCKED, RETENTION, SHORTER

COPIES = Place("copies", "acme-copies", "", "/acme-copies")
VERSION = "VERSION-1"
every_origin = pytest.mark.parametrize("origin", SERVERS)
real = pytest.mark.parametrize("origin", ["minio", "seaweedfs"])


@every_origin
def test_the_lock_of_a_bucket(origin: str) -> None:
    get = GetBucketObjectLock(LOCKED)
    assert replayed("GetObjectLockConfiguration-empty", origin, get) == ObjectLock()
    replayed("PutObjectLockConfiguration", origin, PutBucketObjectLock(LOCKED, LOCK))
    assert replayed("GetObjectLockConfiguration", origin, get) == LOCK
    none = PutBucketObjectLock(LOCKED, ObjectLock())
    replayed("PutObjectLockConfiguration-none", origin, none)
    missing = refused("GetObjectLockConfiguration-missing", origin, GetBucketObjectLock(COPIES))
    assert type(missing) is NotFoundError


@every_origin
def test_a_bucket_that_was_made_without(origin: str) -> None:
    put = PutBucketObjectLock(COPIES, LOCK)
    error = refused("PutObjectLockConfiguration-no-lock", origin, put)
    assert type(error) is ConflictError
    assert "create_bucket(..., object_lock=True)" in str(error)


def test_a_lock_that_is_not_enabled_is_none() -> None:
    for inside in (b"", b"<ObjectLockEnabled/>"):
        body = b"<ObjectLockConfiguration>" + inside + b"</ObjectLockConfiguration>"
        assert GetBucketObjectLock(LOCKED).parse(Reply(200, {}, body)) is None


@real
def test_retention(origin: str) -> None:
    get = GetObjectRetention(LOCKED, KEY)
    assert says_nothing_is_set(refused("GetObjectRetention-none", origin, get))
    put = PutObjectRetention(LOCKED, KEY, RETENTION, VERSION)
    replayed("PutObjectRetention", origin, put)
    assert replayed("GetObjectRetention", origin, get) == RETENTION


def test_a_server_that_sends_the_object_itself_knows_no_retention() -> None:
    with pytest.raises(NotSupportedError, match="doesn't know locks of objects"):
        replayed("GetObjectRetention", "moto", GetObjectRetention(LOCKED, KEY))


@pytest.mark.parametrize("inside", ["", "<Mode>GOVERNANCE</Mode>", "<Mode/><RetainUntilDate/>"])
def test_a_retention_without_an_end_is_none(inside: str) -> None:
    body = f"<Retention>{inside}</Retention>".encode()
    assert GetObjectRetention(LOCKED, KEY).parse(Reply(200, {}, body)) is None


@every_origin
def test_legal_hold(origin: str) -> None:
    get = GetObjectLegalHold(LOCKED, KEY)
    if origin == "moto":
        assert replayed("GetObjectLegalHold-none", origin, get) is False
    else:
        assert says_nothing_is_set(refused("GetObjectLegalHold-none", origin, get))
    replayed("PutObjectLegalHold", origin, PutObjectLegalHold(LOCKED, KEY, True))
    assert replayed("GetObjectLegalHold", origin, get) is True
    found = replayed("HeadObject-locked", origin, HeadObject(LOCKED, KEY))
    assert (found.retention, found.legal_hold) == (RETENTION, True)


@every_origin
def test_what_is_locked_is_not_removed(origin: str) -> None:
    for case, bypass in (("locked", False), ("bypass", True)):
        delete = DeleteObject(LOCKED, KEY, VERSION, bypass)
        error = refused(f"DeleteObject-{case}", origin, delete)
        expected = MinIOError if origin == "minio" else AccessDeniedError
        assert type(error) is expected


@real
def test_a_retention_is_made_shorter_and_removed_by_those_only_who_may(origin: str) -> None:
    shorter = PutObjectRetention(LOCKED, KEY, SHORTER, VERSION)
    error = refused("PutObjectRetention-shorter", origin, shorter)
    assert error.code == {"minio": "InvalidRequest", "seaweedfs": "AccessDenied"}[origin]
    removed = PutObjectRetention(LOCKED, KEY, None, VERSION, bypass=True)
    if origin == "minio":
        replayed("PutObjectRetention-removed", origin, removed)
    else:
        assert refused("PutObjectRetention-removed", origin, removed).code == "InvalidRequest"
    # The digest in the sample is that of the real id.
    assert asked("DeleteObjects-bypass").headers["x-amz-bypass-governance-retention"] == "true"
    delete = DeleteObjects(LOCKED, [(KEY, VERSION)], bypass=True)
    assert asked("DeleteObjects-bypass").body == delete.request().body
    result = delete.parse(answered("DeleteObjects-bypass", origin))
    assert result
    assert [(d.key, d.version_id) for d in result.deleted] == [(KEY, VERSION)]


@every_origin
def test_an_upload_that_is_locked_from_its_beginning(origin: str) -> None:
    replayed("PutObject-locked", origin, PutObject(LOCKED, OTHER, b"Hello!", HEADERS))
    error = refused("PutObject-no-lock", origin, PutObject(COPIES, OTHER, b"Hello!", HEADERS))
    assert error.code == "InvalidRequest"
