"""The policy that lets credentials reach one tenant, and nothing else.

For a session policy (STS AssumeRole), a policy of a user, or one of a service account. What it allows is
what the client asks for, in the forms it asks in; a test compares the two. It has to fit into the 2,048
characters that AWS and MinIO allow for a session policy.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-iam-awsmanpol.html
"""

from __future__ import annotations

from typing import Any

from minio_sdk.config import Tenancy
from minio_sdk.errors import invalid
from minio_sdk.models.names import check_bucket_part, check_flag, check_whole_bucket
from minio_sdk.tenancy import slug_of
from minio_sdk.wire.policy import ARN

_READ = (
    # What begins with GetObjectA are GetObjectAcl, which MinIO refuses by name, and GetObjectAttributes.
    "GetObject", "GetObjectVersion", "GetObjectA*", "GetObjectVersionA*",
    "GetObjectTagging", "GetObjectVersionTagging", "GetObjectRetention", "GetObjectLegalHold",
    "ListMultipartUploadParts",
)  # fmt: skip
_WRITE = (
    "PutObject", "PutObjectTagging", "PutObjectVersionTagging", "PutObjectRetention",
    "PutObjectLegalHold", "DeleteObject", "DeleteObjectVersion", "DeleteObjectTagging",
    "DeleteObjectVersionTagging", "AbortMultipartUpload",
)  # fmt: skip


def tenant_policy(
    tenant_id: str,
    *,
    tenancy: Tenancy = "bucket",
    shared_bucket: str = "tenants",
    read_only: bool = False,
) -> dict[str, Any]:
    """The policy document that lets its holder reach one tenant's names, and nothing else.

    By bucket, everything S3 has is allowed on buckets called ``{slug}-...``. By prefix, objects below
    ``{slug}/`` of the shared bucket may be read, written and listed; nothing may be asked of that bucket
    itself but its region and versioning, so somebody else has to make it; and retentions in governance mode
    may be set and not passed by. Names of all buckets may not
    be listed: MinIO and SeaweedFS show the tenant its own all the same.

    Args:
        tenant_id: the tenant.
        tenancy: as in `Config`.
        shared_bucket: as in `Config`; used with ``tenancy="prefix"`` only.
        read_only: allow reading and listing only.

    Returns:
        A policy in the language of AWS, 2012-10-17.

    Raises:
        ValidationError: an argument breaks a rule.

    Example:
        >>> from minio_sdk import tenant_policy
        >>> tenant_policy("acme")["Statement"][0]["Resource"]
        ['arn:aws:s3:::acme-*', 'arn:aws:s3:::acme-*/*']
    """
    slug = slug_of(tenant_id)
    check_flag("read_only", read_only)
    if tenancy == "bucket":
        statements = [_own_buckets(slug, read_only)]
    elif tenancy == "prefix":
        check_bucket_part(shared_bucket, "shared_bucket")
        check_whole_bucket(shared_bucket, shared_bucket, "shared_bucket")
        statements = _own_prefix(slug, shared_bucket, read_only)
    else:
        raise invalid("tenancy", tenancy, "must be 'bucket' or 'prefix'")
    return {"Version": "2012-10-17", "Statement": [*statements, _NO_WAY_OUT]}


# MinIO compares a key with the policy as it came, and then deletes where its ".." leads to.
_NO_WAY_OUT = {
    "Effect": "Deny",
    "Action": ["s3:*"],
    "Resource": [f"{ARN}*/../*", f"{ARN}*/.."],
}


def _own_buckets(slug: str, read_only: bool) -> dict[str, Any]:
    # No slug has a dash, so no other tenant's bucket begins like this.
    return {
        "Effect": "Allow",
        "Action": ["s3:Get*", "s3:List*"] if read_only else ["s3:*"],
        "Resource": [f"{ARN}{slug}-*", f"{ARN}{slug}-*/*"],
    }


def _own_prefix(slug: str, shared: str, read_only: bool) -> list[dict[str, Any]]:
    # Named one by one: MinIO has more that begin with PutObject, and they take keys in their bodies.
    objects = [*_READ, *(() if read_only else _WRITE)]
    return [
        {
            "Effect": "Allow",
            "Action": [f"s3:{name}" for name in objects],
            "Resource": [f"{ARN}{shared}/{slug}/*"],
        },
        {
            # Not ListBucketMultipartUploads, which no server can hold to a prefix.
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": [f"{ARN}{shared}"],
            "Condition": {"StringLike": {"s3:prefix": [f"{slug}/*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:GetBucketVersioning"],
            "Resource": [f"{ARN}{shared}"],
        },
    ]
