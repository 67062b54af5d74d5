"""GetObject: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk import (
    AccessDeniedError,
    BucketNotFoundError,
    IntegrityError,
    ObjectNotFoundError,
    PreconditionFailedError,
    ServerError,
    ValidationError,
    VersionNotFoundError,
)
from minio_sdk.operation import Place
from minio_sdk.operations.get_object import (
    MOST_UNASKED,
    GetObject,
    GetObjectIfChanged,
    GetObjectPart,
)
from minio_sdk.wire.conditions import Fresh
from minio_sdk.wire.message import Reply
from tests.samples import KEY, OTHER, SAMPLES, SERVERS, Asked, answered, asked, refused, replayed

VERSIONED = Place("versioned", "acme-versioned", "", "/acme-versioned")
ETAG = '"952d2c56d0485958336747bcdd98590d"'
MISSING = Place("missing", "acme-missing", "", "/acme-missing")
every_origin = pytest.mark.parametrize("origin", SERVERS)


@every_origin
def test_the_bytes_of_an_object(origin: str) -> None:
    assert replayed("GetObject", origin, GetObject(SAMPLES, KEY)) == b"Hello!"


def test_an_object_may_be_of_any_size() -> None:
    assert GetObject(SAMPLES, KEY).request().max_body is None


@every_origin
def test_a_missing_object_and_a_missing_bucket_are_told_apart(origin: str) -> None:
    error = refused("GetObject-missing", origin, GetObject(SAMPLES, "nothing"))
    assert (type(error), error.code) == (ObjectNotFoundError, "NoSuchKey")
    error = refused("GetObject-missing-bucket", origin, GetObject(MISSING, KEY))
    assert (type(error), error.code) == (BucketNotFoundError, "NoSuchBucket")


@pytest.mark.parametrize("origin", ["minio", "seaweedfs"])
def test_a_wrong_secret_is_named_as_such(origin: str) -> None:
    error = refused("GetObject-denied", origin, GetObject(SAMPLES, KEY))
    assert (type(error), error.code) == (AccessDeniedError, "SignatureDoesNotMatch")
    assert "check secret_key" in (error.hint or "")


@pytest.mark.parametrize("headers", [{}, {"server": "nginx", "content-type": "text/plain"}])
def test_a_200_without_a_mark_of_s3_is_an_error_not_an_object(headers: dict[str, str]) -> None:
    with pytest.raises(ServerError):
        GetObject(SAMPLES, KEY).parse(Reply(200, headers, b"welcome"))


def test_an_object_that_is_a_web_page_is_an_object() -> None:
    reply = Reply(200, {"etag": '"e"'}, b"<!doctype html>")
    assert GetObject(SAMPLES, KEY).parse(reply) == b"<!doctype html>"


@every_origin
def test_a_range(origin: str) -> None:
    piece = replayed("GetObject-range", origin, GetObjectPart(SAMPLES, KEY, 2, 3))
    assert (piece.data, piece.first, piece.total, piece.etag) == (b"ll", 2, 6, ETAG.strip('"'))
    piece = replayed("GetObject-range-to-the-end", origin, GetObjectPart(SAMPLES, KEY, 4, None))
    assert (piece.data, piece.first, piece.total) == (b"o!", 4, 6)


@every_origin
def test_a_range_behind_the_end_says_where_the_end_is(origin: str) -> None:
    for case, operation, size in (
        ("GetObject-range-behind-the-end", GetObjectPart(SAMPLES, KEY, 6, 9), 6),
        ("GetObject-range-of-nothing", GetObjectPart(SAMPLES, OTHER, 0, 9), 0),
    ):
        error = refused(case, origin, operation)
        assert (type(error), error.code, error.status) == (ValidationError, "InvalidRange", 416)
        assert f"has {size} bytes" in error.message


@every_origin
def test_conditions(origin: str) -> None:
    operation = GetObjectPart(SAMPLES, KEY, headers={"if-none-match": ETAG})
    error = refused("GetObject-not-modified", origin, operation)
    assert (type(error), error.status) == (PreconditionFailedError, 304)
    assert "up to date" in (error.hint or "")
    operation = GetObjectPart(SAMPLES, KEY, 0, 1, headers={"if-match": '"e"'})
    error = refused("GetObject-other-etag", origin, operation)
    assert (type(error), error.status) == (PreconditionFailedError, 412)
    assert "get_object_metadata" in (error.hint or "")


@every_origin
@pytest.mark.parametrize("first, case", [(None, "version"), (1, "version-range")])
def test_a_version(origin: str, first: int | None, case: str) -> None:
    last = None if first is None else 2
    operation = GetObjectPart(VERSIONED, OTHER, first, last, "VERSION-4")
    request = operation.request()
    assert (request.target, request.headers) == (
        asked(f"GetObject-{case}").target,
        asked(f"GetObject-{case}").headers,
    )
    piece = operation.parse(answered(f"GetObject-{case}", origin))
    assert (piece.data, piece.total) == (b"Hello!" if first is None else b"el", 6)
    assert piece.version_id == "VERSION-4"


def test_a_404_for_a_version_is_a_missing_version() -> None:
    operation = GetObjectPart(SAMPLES, KEY, 0, 9, "v")
    error = operation.failure(Reply(404, {"x-amz-request-id": "1"}))
    assert type(error) is VersionNotFoundError
    with pytest.raises(ValidationError, match="version_id="):
        GetObjectPart(SAMPLES, KEY, 0, 9, "").request()


@pytest.mark.parametrize("version", [{}, {"x-amz-version-id": "w"}])
def test_another_version_than_was_asked_for_is_not_taken_for_it(version: dict[str, str]) -> None:
    reply = Reply(200, {"etag": '"e"', **version}, b"x")
    with pytest.raises(VersionNotFoundError, match="in place of the version"):
        GetObjectPart(SAMPLES, KEY, version_id="v").parse(reply)
    assert GetObjectPart(SAMPLES, KEY, version_id="null").parse(reply).data == b"x"


def test_how_much_is_taken_of_a_server_that_sends_more_than_was_asked_for() -> None:
    assert GetObjectPart(SAMPLES, KEY, 0, 9).request().max_body == MOST_UNASKED
    assert GetObjectPart(SAMPLES, KEY, 1, 10**9).request().max_body == 10**9
    assert GetObjectPart(SAMPLES, KEY, 5, None).request().max_body is None
    assert GetObjectPart(SAMPLES, KEY).request().max_body is None


@pytest.mark.parametrize("status", [200, 206])
def test_a_part_without_a_mark_of_s3_is_an_error(status: int) -> None:
    headers = {"content-range": "bytes 0-1/2", "server": "nginx"}
    with pytest.raises(ServerError):
        GetObjectPart(SAMPLES, KEY, 0, 1).parse(Reply(status, headers, b"ab"))


# -- unless it is the same ----------------------------------------------------------------------------


def test_a_question_for_changes_is_the_golden_one() -> None:
    plain = GetObjectIfChanged(SAMPLES, KEY).request()
    assert Asked.of(plain) == asked("GetObject")
    assert plain.max_body is None
    unless = GetObjectIfChanged(SAMPLES, KEY, etag=ETAG)
    assert Asked.of(unless.request()) == asked("GetObject-not-modified")


@every_origin
def test_what_servers_say_of_changes(origin: str) -> None:
    unless = GetObjectIfChanged(SAMPLES, KEY, etag=ETAG)
    assert replayed("GetObject-not-modified", origin, unless) == Fresh(None, ETAG)
    assert replayed("GetObject", origin, GetObjectIfChanged(SAMPLES, KEY)) == Fresh(b"Hello!", ETAG)


@pytest.mark.parametrize(
    "headers, etag",
    [
        ({"etag": '"e"'}, '"e"'),
        ({"etag": "e"}, '"e"'),
        ({"etag": 'W/"e"'}, None),
        ({"etag": '"'}, None),
        ({"etag": "*"}, None),
        ({"etag": '"a b"'}, '"a b"'),
        ({"etag": '"\x80"'}, None),
        ({"x-amz-request-id": "1"}, None),
        ({"etag": '"e"', "cache-control": "private, No-Store"}, None),
        ({"etag": '"e"', "cache-control": "no-cache"}, '"e"'),
        ({"etag": '"e"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}, None),
    ],
)
def test_what_may_be_kept(headers: dict[str, str], etag: str | None) -> None:
    found = GetObjectIfChanged(SAMPLES, KEY).parse(Reply(200, headers, b"1"))
    assert found == Fresh(b"1", etag)


@pytest.mark.parametrize(
    "headers, etag",
    [({"etag": '"e"'}, '"e"'), ({"etag": '"f"'}, '"f"'), ({"etag": 'W/"e"'}, None), ({}, '"e"')],
)
def test_an_answer_without_a_body_names_what_it_is_about(
    headers: dict[str, str], etag: str | None
) -> None:
    operation = GetObjectIfChanged(SAMPLES, KEY, etag='"e"')
    assert operation.parse(Reply(304, headers)) == Fresh(None, etag)


def test_nothing_has_changed_is_no_answer_to_who_has_nothing() -> None:
    with pytest.raises(ServerError, match="to no such question"):
        GetObjectIfChanged(SAMPLES, KEY).parse(Reply(304, {"etag": '"e"'}))


def test_bytes_of_another_checksum_are_an_error_here_too() -> None:
    headers = {
        "etag": '"e"',
        "x-amz-checksum-crc32": "AAAAAA==",
        "x-amz-checksum-type": "FULL_OBJECT",
    }
    with pytest.raises(IntegrityError):
        GetObjectIfChanged(SAMPLES, KEY, True).parse(Reply(200, headers, b"1"))
