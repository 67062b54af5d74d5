"""What an answer that is no success means, in whatever form it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import errors
from minio_sdk.errors import MinIOError
from minio_sdk.wire import failure
from minio_sdk.wire.failure import check_s3, error_of, not_s3, read_failure, unmasked
from minio_sdk.wire.message import Reply
from tests.strategies import MANY


def answer(code: str, message: str = "", status: int = 400, **headers: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, headers, body.encode())


# -- the class of error ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, status, cls",
    [
        ("AccessDenied", 403, errors.AccessDeniedError),
        ("InvalidAccessKeyId", 403, errors.AccessDeniedError),
        ("SignatureDoesNotMatch", 403, errors.AccessDeniedError),
        ("ExpiredToken", 400, errors.AccessDeniedError),
        ("AuthorizationHeaderMalformed", 400, errors.AccessDeniedError),
        ("NoSuchBucket", 404, errors.BucketNotFoundError),
        ("NoSuchKey", 404, errors.ObjectNotFoundError),
        ("NoSuchVersion", 404, errors.VersionNotFoundError),
        ("NoSuchUpload", 404, errors.UploadNotFoundError),
        ("NoSuchTagSet", 404, errors.NotFoundError),
        ("BucketAlreadyExists", 409, errors.BucketAlreadyExistsError),
        ("BucketAlreadyOwnedByYou", 409, errors.BucketAlreadyExistsError),
        ("BucketNotEmpty", 409, errors.BucketNotEmptyError),
        ("OperationAborted", 409, errors.ConflictError),
        ("PreconditionFailed", 412, errors.PreconditionFailedError),
        ("SlowDown", 503, errors.RateLimitError),
        ("TooManyRequests", 429, errors.RateLimitError),
        ("QuotaExceeded", 403, errors.QuotaExceededError),
        ("QuotaExceeded", 429, errors.QuotaExceededError),
        ("XMinioAdminBucketQuotaExceeded", 400, errors.QuotaExceededError),
        ("TooManyBuckets", 400, errors.QuotaExceededError),
        ("XMinioStorageFull", 507, errors.ServerError),
        ("BadDigest", 400, errors.IntegrityError),
        ("XAmzContentSHA256Mismatch", 400, errors.IntegrityError),
        ("NotImplemented", 501, errors.NotSupportedError),
        ("MethodNotAllowed", 405, errors.NotSupportedError),
        ("InternalError", 500, errors.ServerError),
        ("ServiceUnavailable", 503, errors.ServerError),
        ("RequestTimeout", 408, errors.MinIOTimeoutError),
        ("InvalidArgument", 400, errors.MinIOError),
        ("SomethingNew", 418, errors.MinIOError),
    ],
)
def test_a_code_makes_the_class(code: str, status: int, cls: type[MinIOError]) -> None:
    error = error_of(answer(code, "so it is", status), "NoSuchKey")
    assert type(error) is cls
    assert (error.code, error.status, error.message) == (code, status, "so it is")


@pytest.mark.parametrize(
    "message, cls",
    [
        (
            "Forbidden: Bucket size quota is reached, maximum total size: 9",
            errors.QuotaExceededError,
        ),
        ("Object quota is reached, maximum objects for this bucket: 9", errors.QuotaExceededError),
        ("Access denied to /quota/is/reached", errors.AccessDeniedError),
        ("You may not see what your quota is", errors.AccessDeniedError),
    ],
)
def test_garage_says_that_a_quota_is_reached_in_words(message: str, cls: type[MinIOError]) -> None:
    error = error_of(answer("AccessDenied", message, 403), "NoSuchKey")
    assert type(error) is cls
    assert ("larger quota" in (error.hint or "")) is (cls is errors.QuotaExceededError)


@pytest.mark.parametrize("code", ["InvalidPolicyDocument", "MalformedPolicy"])
def test_a_policy_that_a_server_refuses_is_told_what_a_bucket_s_needs(code: str) -> None:
    assert "principals" in (error_of(answer(code, "no", 400), "NoSuchBucket").hint or "")


@pytest.mark.parametrize(
    "status, cls",
    [
        (301, errors.ServerError),
        (307, errors.ServerError),
        (304, errors.PreconditionFailedError),
        (400, errors.MinIOError),
        (401, errors.AccessDeniedError),
        (403, errors.AccessDeniedError),
        (404, errors.ObjectNotFoundError),
        (405, errors.NotSupportedError),
        (408, errors.MinIOTimeoutError),
        (409, errors.ConflictError),
        (411, errors.MinIOError),
        (412, errors.PreconditionFailedError),
        (416, errors.MinIOError),
        (429, errors.RateLimitError),
        (500, errors.ServerError),
        (501, errors.NotSupportedError),
        (503, errors.ServerError),
        (507, errors.QuotaExceededError),
        (599, errors.ServerError),
    ],
)
def test_without_a_body_the_status_makes_the_class_and_the_words(
    status: int, cls: type[MinIOError]
) -> None:
    error = error_of(Reply(status, {}), "NoSuchKey")
    assert type(error) is cls
    assert error.message


@pytest.mark.parametrize(
    "not_found, cls",
    [
        ("NoSuchBucket", errors.BucketNotFoundError),
        ("NoSuchKey", errors.ObjectNotFoundError),
        ("NoSuchVersion", errors.VersionNotFoundError),
        ("NoSuchUpload", errors.UploadNotFoundError),
    ],
)
@pytest.mark.parametrize("reply", [Reply(404, {}), answer("NotFound", status=404)])
def test_a_404_that_names_nothing_is_told_apart_by_what_was_asked_for(
    reply: Reply, not_found: str, cls: type[MinIOError]
) -> None:
    error = error_of(reply, not_found)
    assert (type(error), error.code) == (cls, not_found)


def test_a_405_for_a_delete_marker_is_an_object_that_is_gone() -> None:
    marker = Reply(405, {"x-amz-delete-marker": "true"})
    assert type(error_of(marker, "NoSuchVersion")) is errors.ObjectNotFoundError
    assert "delete marker" in str(error_of(marker, "NoSuchVersion"))
    assert type(error_of(Reply(405, {}), "NoSuchVersion")) is errors.NotSupportedError


def test_every_class_of_error_can_come_from_some_answer_or_has_a_reason_not_to() -> None:
    elsewhere = {
        errors.MinIOConnectionError,  # there is no answer
        errors.EncryptionError,  # found in successes, and by the words of refusals: test_encrypting.py
        errors.EncryptionKeyError,
        errors.NotEncryptedError,
        errors.ObjectChangedError,  # two answers that don't go together
        errors.ObjectLockedError,  # the answers are the same as to those who may not; the lock is asked for
        errors.PartlyAppliedError,  # one of several changes has failed, for any reason
        errors.PlanOutdatedError,  # what is there isn't what was there
        errors.ValidationError,  # before anything is sent
        errors.ConfigurationError,
        errors.CredentialsError,  # before anything is sent to the server
    }
    classes = {getattr(errors, name) for name in errors.__all__}
    made = {*failure._BY_CODE.values(), *failure._BY_STATUS.values()}
    made |= {errors.ServerError, errors.MinIOError}
    assert made == classes - elsewhere


# -- what the answer says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"<Error><Code>NoSuchKey</Code><Message>gone</Message><RequestId>R1</RequestId></Error>",
        b'<?xml version="1.0"?>\n\n<Error xmlns="urn:x"><RequestId>R1</RequestId><Other/>'
        b"<Message>gone</Message><Code>NoSuchKey</Code></Error>\n",
        b"  \r\n<Error><Code>NoSuchKey</Code><Message>gone</Message><RequestId>R1</RequestId></Error>",
        b"<ErrorResponse><Error><Code>NoSuchKey</Code><Message>gone</Message>"
        b"<RequestId>R1</RequestId></Error></ErrorResponse>",
        b"<s3:Error xmlns:s3='x'><s3:Code>NoSuchKey</s3:Code><s3:Message>gone</s3:Message>"
        b"<s3:RequestId>R1</s3:RequestId></s3:Error>",
    ],
    ids=["plain", "namespace", "blanks", "iam", "prefix"],
)
def test_an_error_document_is_read_in_every_form(body: bytes) -> None:
    found = read_failure(Reply(404, {}, body))
    assert (found.code, found.message, found.request_id) == ("NoSuchKey", "gone", "R1")


def test_a_reply_without_a_body_is_explained_by_minio_s_headers() -> None:
    headers = {
        "x-minio-error-code": "NoSuchBucket",
        "x-minio-error-desc": '"The specified bucket does not exist"',
        "x-amz-request-id": "R2",
        "x-amz-bucket-region": "eu-west-1",
    }
    found = read_failure(Reply(404, headers))
    assert found.code == "NoSuchBucket"
    assert found.message == "The specified bucket does not exist"
    assert (found.request_id, found.region) == ("R2", "eu-west-1")


@pytest.mark.parametrize(
    "body, code, message",
    [
        (b'{"error": "quota"}', None, "quota"),
        (b'{"message": "no"}', None, "no"),
        (b'{"Code": "AccessDenied", "Message": "no"}', "AccessDenied", "no"),
        (b'{"error": {"why": "x"}}', None, "{'why': 'x'}"),
        (b'{"error": null}', None, ""),
        (b'{"Code": 5}', None, ""),
        (b'{"Code": ["a"]}', None, ""),
        (b"{not json", None, ""),
        (b'{"a":' * 100_000, None, ""),
        (b"plain text", None, "plain text"),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
        (b"x" * 5000, None, "x" * 300),
        (b"<Error><Code>", None, "the answer's XML can't be read"),
        (b"<Other/>", None, ""),
        (b"<ErrorResponse/>", None, ""),
        (b"[]", None, "[]"),
    ],
    ids=range(16),
)
def test_every_other_body_gives_what_it_has(body: bytes, code: str | None, message: str) -> None:
    found = read_failure(Reply(500, {}, body))
    assert (found.code, found.message) == (code, message)


@MANY
@given(
    status=st.sampled_from([200, 301, 400, 403, 404, 409, 500, 503]),
    body=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["error", "Code", "message", "Message"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
    | st.text("<>/ErorCodeMsag&;! ", max_size=60).map(str.encode),
    headers=st.dictionaries(
        st.sampled_from(["x-minio-error-code", "x-minio-error-desc", "x-amz-request-id"]),
        st.text(max_size=20),
    ),
)
def test_no_answer_is_too_strange_for_an_error_on_one_line(
    status: int, body: bytes, headers: dict[str, str]
) -> None:
    reply = unmasked(Reply(status, headers, body))
    error: Any = error_of(reply, "NoSuchKey")
    error.operation = "GetObject"
    assert isinstance(error, MinIOError)
    assert isinstance(error.message, str)
    assert error.code is None or isinstance(error.code, str)
    assert str(error).isprintable()


def test_a_message_of_a_server_can_t_make_a_second_line() -> None:
    error = error_of(answer("Bad&#10;Code", "one\r\ntwo\x85three&#9;\u2028four"), "NoSuchKey")
    error.operation = "GetObject"
    assert str(error) == ("GetObject failed: one two three four [Bad Code, HTTP 400]")


# -- what to try -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE HTML><html>", b"  \n<HTML lang='en'>", b"<!doctype html>"]
)
def test_a_web_page_is_called_one_whatever_its_status(body: bytes) -> None:
    for status in (200, 404, 502):
        reply = Reply(status, {}, body)
        found = not_s3(reply, "?") if status == 200 else error_of(reply, "NoSuchKey")
        assert type(found) is errors.ServerError
        assert found.message == "a web page came in place of an S3 answer"
        assert "S3 port" in (found.hint or "")


def test_what_is_not_s3_says_why() -> None:
    error = not_s3(Reply(200, {}, b"ok", attempts=3), "it has no <Key>")
    assert (error.message, error.status, error.attempts) == ("it has no <Key>", 200, 3)


@pytest.mark.parametrize(
    "headers",
    [
        {"etag": '"e"'},
        {"x-amz-request-id": "1"},
        {"x-amzn-requestid": "1"},
        {"x-minio-time": "0"},
        {"x-rgw-a": "b"},
    ],
)
def test_a_success_with_a_mark_of_s3_is_one(headers: dict[str, str]) -> None:
    check_s3(Reply(200, headers))


@pytest.mark.parametrize("headers", [{}, {"server": "nginx"}, {"date": "now", "x-cache": "hit"}])
def test_a_success_without_a_mark_of_s3_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(errors.ServerError, match="none of the headers that S3 servers give"):
        check_s3(Reply(200, headers))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_says_where_the_bucket_is(status: int) -> None:
    plain = error_of(Reply(status, {"location": "http://evil/"}), "NoSuchKey")
    assert "not sent on" in plain.message
    assert "evil" not in str(plain)
    assert plain.hint == "check base_url: scheme, host, port, path"
    region = error_of(Reply(status, {"x-amz-bucket-region": "eu-west-1"}), "NoSuchKey")
    assert region.hint == "region='eu-west-1', and that region's address as base_url"


@pytest.mark.parametrize("code", ["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"])
def test_a_region_that_is_named_by_the_way_is_no_hint(code: str) -> None:
    """MinIO names its own in every error, and AWS in every answer to HeadBucket."""
    body = f"<Error><Code>{code}</Code><Region>us-east-1</Region></Error>".encode()
    assert "region" not in str(error_of(Reply(403, {}, body), "NoSuchKey").hint)
    headers = {"x-amz-bucket-region": "us-east-1"}
    assert "region" not in str(error_of(Reply(403, headers), "NoSuchKey").hint)
    assert error_of(Reply(400, headers), "NoSuchKey").hint == "region='us-east-1'"


def test_a_wrong_region_hints_at_the_right_one() -> None:
    body = (
        b"<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message>"
        b"<Region>eu-west-1</Region></Error>"
    )
    assert error_of(Reply(400, {}, body), "NoSuchBucket").hint == "region='eu-west-1'"


@pytest.mark.parametrize("code", sorted(failure._HINTS))
def test_each_code_with_a_hint_gives_it(code: str) -> None:
    assert error_of(answer(code), "NoSuchKey").hint == failure._HINTS[code]


def test_a_code_without_a_hint_of_its_own_gets_its_class_s() -> None:
    assert "access_key" in (error_of(answer("InvalidToken", status=400), "x").hint or "")
    assert error_of(answer("InvalidArgument"), "x").hint is None


# -- an error behind a 200 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, status",
    [
        ("InternalError", 500),
        ("SlowDown", 503),
        ("ServiceUnavailable", 503),
        ("NoSuchUpload", 404),
        ("PreconditionFailed", 412),
        ("InvalidPart", 400),
        ("AccessDenied", 403),
    ],
)
def test_an_error_behind_a_200_counts_as_the_status_it_stands_for(code: str, status: int) -> None:
    hidden = Reply(200, {}, b" \r\n  " * 50 + answer(code).body)
    assert unmasked(hidden).status == status
    assert unmasked(hidden).body == hidden.body


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {}, b"<CompleteMultipartUploadResult/>"),
        Reply(200, {}, b""),
        Reply(200, {}, b"<Error>"),
        Reply(200, {}, b"Error"),
        Reply(404, {}, b"<Error><Code>NoSuchKey</Code></Error>"),
        Reply(204, {}),
    ],
)
def test_any_other_answer_stays_as_it_is(reply: Reply) -> None:
    assert unmasked(reply) is reply
