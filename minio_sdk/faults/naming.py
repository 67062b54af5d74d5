"""Which S3 operation a request is, told from the request alone, whichever client has sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from minio_sdk.errors import ValidationError
from minio_sdk.tenancy import slug_of

_OF_BUCKETS = {
    "accelerate": "BucketAccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCors",
    "encryption": "BucketEncryption",
    "lifecycle": "BucketLifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotificationConfiguration",
    "object-lock": "ObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "PublicAccessBlock",
    "replication": "BucketReplication",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_OF_OBJECTS = {
    "acl": "ObjectAcl",
    "attributes": "ObjectAttributes",
    "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention",
    "tagging": "ObjectTagging",
    "torrent": "ObjectTorrent",
}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}
_POSTS = {
    "uploads": "CreateMultipartUpload",
    "uploadId": "CompleteMultipartUpload",
    "restore": "RestoreObject",
    "select": "SelectObjectContent",
    "lambdaArn": "PromptObject",
}
_PLAIN = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_PLAIN_BUCKET = {"HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
_NOT_S3 = ("minio", "admin")  # first parts of paths that aren't buckets


@dataclass(frozen=True)
class Asked:
    """What a request asks for, by the tenant's names where it says whose it is.

    Attributes:
        operation: S3's name of it; method and path of what isn't S3.
        bucket, key: the tenant's names; the server's where the request names no tenant.
        server_bucket, server_key: the server's names.
        tenant: what `X-Tenant-ID` says.
    """

    operation: str
    bucket: str | None
    key: str | None
    server_bucket: str | None
    server_key: str | None
    tenant: str | None


def asked(method: str, target: str, headers: Mapping[str, str]) -> Asked:
    """Read a request.

    Args:
        method: the HTTP method.
        target: path and query as they were sent.
        headers: by lower-case names.
    """
    path, _, raw = target.partition("?")
    query = dict(parse_qsl(raw, keep_blank_values=True))
    first, _, rest = path.removeprefix("/").partition("/")
    bucket, key = unquote(first) or None, unquote(rest) or None
    if bucket in _NOT_S3 and key is not None:
        operation, bucket, key = f"{method} {path}", None, None
    elif bucket is None:
        operation = "ListBuckets" if method == "GET" and path == "/" else f"{method} {path}"
    elif key is None:
        operation = _of_bucket(method, query) or f"{method} {path}"
    else:
        operation = _of_object(method, query, headers) or f"{method} {path}"
    tenant = headers.get("x-tenant-id")
    return Asked(operation, *_tenants_names(tenant, bucket, key), bucket, key, tenant)


def _of_bucket(method: str, query: Mapping[str, str]) -> str | None:
    for name, thing in _OF_BUCKETS.items():
        if name in query and method in _VERBS:
            whole = f"{_VERBS[method]}{thing}"
            return "DeleteBucketLifecycle" if whole.startswith("DeleteBucketLife") else whole
    if method == "POST":
        return "DeleteObjects" if "delete" in query else "PostObject"
    if method != "GET":
        return _PLAIN_BUCKET.get(method)
    if "versions" in query:
        return "ListObjectVersions"
    if "uploads" in query:
        return "ListMultipartUploads"
    if "events" in query:
        return "ListenBucketNotification"
    return "ListObjectsV2" if query.get("list-type") == "2" else "ListObjects"


def _of_object(method: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    for name, thing in _OF_OBJECTS.items():
        if name in query and method in _VERBS:
            return f"{_VERBS[method]}{thing}"
    if method == "POST":
        return next((value for name, value in _POSTS.items() if name in query), None)
    if "uploadId" in query and method in ("GET", "DELETE"):
        return "ListParts" if method == "GET" else "AbortMultipartUpload"
    if method == "PUT":
        copied = "x-amz-copy-source" in headers
        if "partNumber" in query:
            return "UploadPartCopy" if copied else "UploadPart"
        if copied:
            return "CopyObject"
        if "x-amz-write-offset-bytes" in headers:
            return "AppendObject"
        if "x-amz-meta-snowball-auto-extract" in headers:
            return "PutObjectExtract"
    return _PLAIN.get(method)


def _tenants_names(
    tenant: str | None, bucket: str | None, key: str | None
) -> tuple[str | None, str | None]:
    """The names that the tenant has for what the server calls `bucket` and `key`."""
    try:
        slug = slug_of(tenant) if tenant else None
    except ValidationError:
        slug = None
    if slug is None or bucket is None:
        return bucket, key
    if bucket.startswith(f"{slug}-"):
        return bucket.removeprefix(f"{slug}-"), key
    if key is not None and key.startswith(f"{slug}/"):
        own, _, rest = key.removeprefix(f"{slug}/").partition("/")
        return own, rest or None
    return bucket, key
