"""What an answer that is not a success means: code, message, class of error, hint.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from minio_sdk import errors as e
from minio_sdk.wire.checksums import CRC32, crc32_in
from minio_sdk.wire.message import Reply
from minio_sdk.wire.quirks import is_only_a_folder
from minio_sdk.wire.xml import XmlError, parse

QUOTA_CODES = frozenset({"QuotaExceeded", "TooManyBuckets", "XMinioAdminBucketQuotaExceeded"})
"""What servers call a quota that is used up: Ceph, Ozone, Versity and others; AWS and Ceph; MinIO."""

MAX_PLAIN = 300
"""Bytes that are told of an answer that is no document."""

# Garage says it in words only, with the code AccessDenied.
_QUOTA_WORDS = re.compile(r"\bquota (?:is|has been|was) (?:reached|exceeded)\b", re.IGNORECASE)

_BY_CODE: dict[str, type[e.MinIOError]] = {
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccountProblem",
            "AuthorizationHeaderMalformed",
            "ExpiredToken",
            "InvalidAccessKeyId",
            "InvalidToken",
            "InvalidTokenId",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
        ),
        e.AccessDeniedError,
    ),
    "NoSuchBucket": e.BucketNotFoundError,
    "NoSuchKey": e.ObjectNotFoundError,
    "NoSuchVersion": e.VersionNotFoundError,
    "NoSuchUpload": e.UploadNotFoundError,
    "BucketAlreadyExists": e.BucketAlreadyExistsError,
    "BucketAlreadyOwnedByYou": e.BucketAlreadyExistsError,
    "BucketNotEmpty": e.BucketNotEmptyError,
    **dict.fromkeys(("InvalidBucketState", "InvalidObjectState"), e.ConflictError),
    # The second is AWS's for who loses a race: another request for the key was under way.
    **dict.fromkeys(
        ("PreconditionFailed", "ConditionalRequestConflict"), e.PreconditionFailedError
    ),
    **dict.fromkeys(
        ("SlowDown", "SlowDownRead", "SlowDownWrite", "TooManyRequests"), e.RateLimitError
    ),
    **dict.fromkeys(QUOTA_CODES, e.QuotaExceededError),
    # No tenant's quota, and nothing that a tenant could mend: the disks are full.
    "XMinioStorageFull": e.ServerError,
    **dict.fromkeys(
        ("BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody"),
        e.IntegrityError,
    ),
    **dict.fromkeys(("NotImplemented", "MethodNotAllowed"), e.NotSupportedError),
}

_BY_STATUS: dict[int, type[e.MinIOError]] = {
    304: e.PreconditionFailedError,
    401: e.AccessDeniedError,
    403: e.AccessDeniedError,
    404: e.NotFoundError,
    405: e.NotSupportedError,
    408: e.MinIOTimeoutError,
    409: e.ConflictError,
    412: e.PreconditionFailedError,
    429: e.RateLimitError,
    501: e.NotSupportedError,
    507: e.QuotaExceededError,
}

_HINTS: dict[str, str] = {
    "AccessDenied": "check that these credentials may do this, and that the name is right",
    "AuthorizationHeaderMalformed": "set region to the bucket's region",
    "BucketAlreadyExists": "another name, or bucket_exists() first",
    "BucketAlreadyOwnedByYou": "use it as it is; exist_ok=True makes that no error",
    "BucketNotEmpty": "delete its objects first, or delete_bucket(..., force=True)",
    "ConditionalRequestConflict": "read it anew and decide again",
    "ExpiredToken": "get new temporary credentials",
    "InvalidBucketState": "object lock needs create_bucket(..., object_lock=True), and versions stay on then",
    "InvalidObjectState": "restore_object() brings back what is archived, and nothing else",
    "InvalidStorageClass": "a class that this server has: on MinIO STANDARD or REDUCED_REDUNDANCY",
    "InvalidAccessKeyId": "check access_key: the server doesn't know it",
    **dict.fromkeys(
        ("InvalidPolicyDocument", "MalformedPolicy"),
        "a bucket's policy says who in each statement, such as principals='*', and names no other bucket",
    ),
    "NoSuchBucket": "create_bucket() first, and check the tenant and the spelling",
    "NoSuchKey": "list_objects() shows the keys there are",
    "RequestTimeTooSkewed": "set this computer's clock right",
    "SignatureDoesNotMatch": "check secret_key, and that no proxy changes requests on their way",
    "TooManyBuckets": "delete_bucket() those that aren't needed, or ask for a larger limit",
    "XMinioStorageFull": "the server's operator has to free or add space",
}
_CLASS_HINTS: dict[type[e.MinIOError], str] = {
    e.AccessDeniedError: "check access_key, secret_key and what they may do",
    e.RateLimitError: "fewer calls at a time, or a larger max_retries",
    e.QuotaExceededError: "delete what isn't needed, or ask for a larger quota",
}

# What a 200 with an error document stands for; the codes S3 documents for such answers.
_EMBEDDED_STATUS = {"SlowDown": 503, "ServiceUnavailable": 503, "NoSuchUpload": 404}
_EMBEDDED_STATUS |= {"PreconditionFailed": 412, "AccessDenied": 403, "NoSuchKey": 404}
_EMBEDDED_STATUS |= {"InvalidPart": 400, "InvalidPartOrder": 400, "EntityTooSmall": 400}


@dataclass(frozen=True, slots=True)
class Failure:
    """What the answer says of itself."""

    code: str | None
    message: str
    request_id: str | None
    region: str | None = None
    is_page: bool = False


def is_web_page(reply: Reply) -> bool:
    """Whether HTML came."""
    start = reply.body[:256].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def is_s3(reply: Reply) -> bool:
    """Whether an answer about an object carries any of the marks that S3 servers give."""
    headers = reply.headers
    return "etag" in headers or any(
        # "x-amzn-requestid" is all that some answers of moto have.
        name.startswith(("x-amz-", "x-amzn-", "x-minio-", "x-rgw-"))
        for name in headers
    )


def read_failure(reply: Reply) -> Failure:
    """The code, message and request id of an error answer, whatever its form."""
    headers = reply.headers
    request_id = headers.get("x-amz-request-id") or headers.get("x-minio-request-id")
    # MinIO names the error in headers where a reply has no body.
    code = headers.get("x-minio-error-code")
    message = headers.get("x-minio-error-desc", "").strip('"')
    region = headers.get("x-amz-bucket-region")
    body = reply.body.strip()
    if is_web_page(reply):
        return Failure(code, "a web page came in place of an S3 answer", request_id, None, True)
    if body.startswith(b"<"):
        try:
            node = parse(body)
        except XmlError:
            return Failure(code, message or "the answer's XML can't be read", request_id, region)
        if node.tag == "ErrorResponse":  # the form of IAM and STS
            node = node.find("Error") or node
        if node.tag == "Error":
            return Failure(
                node.get("Code") or code,
                node.get("Message") or message,
                node.get("RequestId") or request_id,
                node.get("Region") or region,
            )
    elif body.startswith(b"{"):
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            text = document.get("error") or document.get("message") or document.get("Message")
            told = document.get("Code")
            code = code or (told if isinstance(told, str) else None)
            return Failure(code, str(text or message), request_id, region)
    elif body:
        message = message or body[:MAX_PLAIN].decode(errors="replace")
    return Failure(code, message, request_id, region)


def unmasked(reply: Reply) -> Reply:
    """A 200 that carries an error document, also behind the white space that keeps a connection
    alive, as the error that it is; any other reply as it came."""
    if reply.status != 200:
        return reply
    body = reply.body.strip()
    if not body.startswith(b"<"):
        return reply
    try:
        root = parse(body)
    except XmlError:
        return reply
    if root.tag != "Error":
        return reply
    return replace(reply, status=_EMBEDDED_STATUS.get(root.get("Code"), 500))


def class_of(code: str, default: type[e.MinIOError]) -> type[e.MinIOError]:
    """The class of error that an S3 code stands for."""
    return _BY_CODE.get(code, default)


def error_of(reply: Reply, not_found: str) -> e.MinIOError:
    """The exception for an answer that is not a success; the caller adds names and place.

    Args:
        reply: the answer.
        not_found: the code of a 404 that names none.
    """
    failure = read_failure(reply)
    code = failure.code
    # An answer to HEAD has no code, and AWS's names the bucket's region whether it matters or not: it does
    # where the request as such is wrong.
    headless = reply.status == 400 and not reply.body
    if reply.status == 404 and not failure.is_page and (code is None or code == "NotFound"):
        code = not_found
    cls = _BY_CODE.get(code or "") or _BY_STATUS.get(reply.status)
    if cls is None:
        cls = e.ServerError if reply.status >= 500 or reply.status < 400 else e.MinIOError
    message = failure.message or _plain(reply.status, code)
    hint = _HINTS.get(code or "")
    if cls is e.AccessDeniedError and _QUOTA_WORDS.search(message):
        cls, hint = e.QuotaExceededError, None
    if reply.status == 405 and reply.headers.get("x-amz-delete-marker") == "true":
        cls = e.ObjectNotFoundError
        message = "this version is a delete marker: here the object was removed"
    hint = hint or _CLASS_HINTS.get(cls)
    if failure.is_page:
        cls, hint = e.ServerError, _PAGE_HINT
    elif 300 <= reply.status < 400 and reply.status != 304:
        message = "the server sends elsewhere, and a signed request is not sent on"
        target = (
            failure.region and f"region={failure.region!r}, and that region's address as base_url"
        )
        hint = target or "check base_url: scheme, host, port, path"
    elif failure.region and (code == "AuthorizationHeaderMalformed" or (headless and code is None)):
        hint = f"region={failure.region!r}"
    return cls(
        message, code=code, status=reply.status, request_id=failure.request_id,
        attempts=reply.attempts, hint=hint,
    )  # fmt: skip


UNSIGNED_HINT = (
    "access_key and secret_key, or MINIO_ACCESS_KEY and MINIO_SECRET_KEY: there were none, so the request "
    "was not signed"
)
_PAGE_HINT = "check base_url: is this the S3 port, and not a console, a website or a proxy?"


def not_s3(reply: Reply, why: str) -> e.ServerError:
    """The error for a success that is not an answer of S3."""
    page = is_web_page(reply)
    message = "a web page came in place of an S3 answer" if page else why
    return e.ServerError(message, status=reply.status, attempts=reply.attempts, hint=_PAGE_HINT)


def check_stream(reply: Reply, what: str, hint: str) -> None:
    """Refuse the head of an answer that doesn't go on telling what happens.

    Args:
        reply: the head.
        what: is to be told.
        hint: what to do where the server has none.

    Raises:
        NotSupportedError: it is another answer, as a listing of a bucket is.
    """
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return
    if kind == "text/html" or is_web_page(reply):
        raise not_s3(reply, f"the answer is no stream of {what.removeprefix('live ')}")
    raise e.NotSupportedError(
        f"the server knows no {what}: it answered with {kind or 'something else'}",
        status=reply.status,
        attempts=reply.attempts,
        hint=hint,
    )


def _plain(status: int, code: str | None) -> str:
    words = {
        304: "it has not changed",
        400: "the server refused the request",
        401: "the server wants credentials",
        403: "access denied",
        404: "it doesn't exist",
        405: "the server doesn't offer this",
        409: "it conflicts with what is there",
        412: "a condition did not hold",
        416: "the range lies outside the object",
        429: "too many requests",
        500: "the server failed",
        501: "the server doesn't offer this",
        502: "a gateway got no answer from the server behind it",
        503: "the server is not available",
        504: "a gateway waited in vain for the server behind it",
        507: "no space left on the server",
    }
    return words.get(status) or code or f"unexpected HTTP status {status}"


def check_s3(reply: Reply) -> None:
    """Refuse a success that has none of the marks of S3: a web server may say 200 to anything.

    Raises:
        ServerError: it has none.
    """
    if "etag" not in reply.headers and not is_s3(reply):  # the first is nearly always there
        raise not_s3(reply, "the answer has none of the headers that S3 servers give")


def check_folder(reply: Reply, key: str) -> None:
    """Refuse an answer that is about a folder, where an object of that key was asked for.

    Raises:
        ObjectNotFoundError: it is.
    """
    if key.endswith("/") and is_only_a_folder(key, reply.headers):
        raise e.ObjectNotFoundError(
            "it doesn't exist: it is a folder that the keys below it have made",
            code="NoSuchKey",
            status=reply.status,
            attempts=reply.attempts,
            hint=_HINTS["NoSuchKey"],
        )


def check_version(reply: Reply, version_id: str | None) -> None:
    """Refuse an answer that is about another version than was asked for.

    MinIO and SeaweedFS give the current object where a bucket has no versions.

    Raises:
        VersionNotFoundError: it is.
    """
    if version_id not in (None, "null", reply.headers.get("x-amz-version-id")):
        raise e.VersionNotFoundError(
            "the server gave what is current in place of the version",
            code="NoSuchVersion",
            status=reply.status,
            attempts=reply.attempts,
            hint="nothing of it was used; check version_id, and that the bucket has versions",
        )


def check_crc32(reply: Reply, sent: int | None) -> None:
    """Make sure that the server has what was sent, as far as its answer tells.

    Raises:
        IntegrityError: it has other bytes.
    """
    if sent is None:
        return
    stored = crc32_in(reply.headers.get(CRC32))
    if stored is not None and stored != sent:
        raise e.IntegrityError(
            f"the server has other bytes than were sent: CRC32 {stored:08x}, and not {sent:08x}",
            status=reply.status,
            attempts=reply.attempts,
            hint="upload it again; what the server has now is damaged",
        )


def missing_bucket(reply: Reply) -> str | None:
    """The bucket that a server says is missing, by its name there."""
    found = re.search(rb"<BucketName>([^<]{1,255})</BucketName>", reply.body)
    return None if found is None else found[1].decode(errors="replace")
