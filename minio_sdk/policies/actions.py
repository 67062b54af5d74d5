"""The actions that S3's policies speak of, and what each is done to.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

import difflib

from minio_sdk.errors import invalid
from minio_sdk.wire.policy import ARN

_SERVICE = ("ListAllMyBuckets",)
_BUCKET = (
    "CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "DeleteBucketWebsite",
    "GetAccelerateConfiguration", "GetAnalyticsConfiguration", "GetBucketAcl", "GetBucketCORS",
    "GetBucketLocation", "GetBucketLogging", "GetBucketNotification",
    "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy",
    "GetBucketPolicyStatus", "GetBucketPublicAccessBlock", "GetBucketRequestPayment",
    "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite", "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration", "GetInventoryConfiguration", "GetLifecycleConfiguration",
    "GetMetricsConfiguration", "GetReplicationConfiguration", "ListBucket",
    "ListBucketMultipartUploads", "ListBucketVersions", "PutAccelerateConfiguration",
    "PutAnalyticsConfiguration", "PutBucketAcl", "PutBucketCORS", "PutBucketLogging",
    "PutBucketNotification", "PutBucketObjectLockConfiguration", "PutBucketOwnershipControls",
    "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketRequestPayment",
    "PutBucketTagging", "PutBucketVersioning", "PutBucketWebsite", "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration", "PutInventoryConfiguration",
    "PutLifecycleConfiguration", "PutMetricsConfiguration", "PutReplicationConfiguration",
    # MinIO's own
    "DeleteBucketCors", "ForceDeleteBucket", "GetBucketCors", "HeadBucket",
    "ListenBucketNotification", "ListenNotification", "PutBucketCors",
    "ResetBucketReplicationState",
)  # fmt: skip
_OBJECT = (
    "AbortMultipartUpload", "BypassGovernanceRetention", "DeleteObject", "DeleteObjectTagging",
    "DeleteObjectVersion", "DeleteObjectVersionTagging", "GetObject", "GetObjectAcl",
    "GetObjectAttributes", "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging",
    "GetObjectTorrent", "GetObjectVersion", "GetObjectVersionAcl", "GetObjectVersionAttributes",
    "GetObjectVersionForReplication", "GetObjectVersionTagging", "GetObjectVersionTorrent",
    "InitiateReplication", "ListMultipartUploadParts", "ObjectOwnerOverrideToBucketOwner",
    "PutObject", "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging",
    "PutObjectVersionAcl", "PutObjectVersionTagging", "ReplicateDelete", "ReplicateObject",
    "ReplicateTags", "RestoreObject",
    # MinIO's own
    "PutObjectFanOut",
)  # fmt: skip

_OBJECTS = {f"s3:{name}".lower() for name in _OBJECT}
_OTHERS = {f"s3:{name}".lower() for name in (*_SERVICE, *_BUCKET)}
_SPELLED = [f"s3:{name}" for name in (*_SERVICE, *_BUCKET, *_OBJECT)]


def arn_of(resource: str) -> str:
    """A bucket or object as an ARN."""
    known = resource == "*" or resource.startswith("arn:")
    return resource if known else f"{ARN}{resource}"


def level(action: str) -> str | None:
    """``"object"`` or ``"bucket"``; None for a pattern, and for actions of another service."""
    name = action.lower()
    if name in _OBJECTS:
        return "object"
    return "bucket" if name in _OTHERS else None


def spelled(action: object, where: str) -> str:
    """An action as policies write it; ``GetObject`` is ``s3:GetObject``.

    Raises:
        ValidationError: nothing that S3 has, as far as it is known here.
    """
    if (
        not isinstance(action, str)
        or not action
        or not action.isascii()
        or action != action.strip()
    ):
        raise invalid(where, action, "must be an action, such as 's3:GetObject' or 's3:Get*'")
    full = action if ":" in action or action == "*" else f"s3:{action}"
    if not full.lower().startswith("s3:") or "*" in full or "?" in full or level(full) is not None:
        return full
    near = difflib.get_close_matches(full, _SPELLED, 1)
    meant = f"; perhaps {near[0]!r}" if near else ""
    raise invalid(where, action, f"is no action of S3 known here{meant}; Policy.parse() takes any")
