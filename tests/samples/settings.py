"""What is set on a bucket in the samples."""

from __future__ import annotations

from datetime import datetime, timezone

from minio_sdk import (
    BucketEncryption,
    CorsRule,
    Expiration,
    LifecycleFilter,
    LifecycleRule,
    NoncurrentVersionExpiration,
    NotificationRule,
    Replication,
    ReplicationRule,
)
from minio_sdk.operation import Place

SETTINGS = Place("settings", "acme-settings", "", "/acme-settings")
SERVICES = Place("services", "acme-services", "", "/acme-services")
DETAILS = Place("details", "acme-details", "", "/acme-details")
TAGS = {"environment": "production", "a b": "1 + 2 = x:/@-._"}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "public",
            "Effect": "Allow",
            "Principal": {"AWS": ["*"]},
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::acme-settings/public/*"],
        }
    ],
}
LIFECYCLE = (
    LifecycleRule(
        id="tmp", expiration=Expiration(days=7), filter=LifecycleFilter(prefix="temp/ü & <1>/")
    ),
    LifecycleRule(
        id="both",
        status="Disabled",
        expiration=Expiration(date=datetime(2031, 1, 31, tzinfo=timezone.utc)),
        filter=LifecycleFilter(prefix="a/", tags={"kind": "old", "of": "x y"}),
    ),
    LifecycleRule(
        id="versions",
        noncurrent_version_expiration=NoncurrentVersionExpiration(noncurrent_days=30),
        filter=LifecycleFilter(tags={"kind": "new"}),
    ),
)
CORS = (
    CorsRule(
        id="pages",
        allowed_origins=("https://example.com", "https://*.example.org"),
        allowed_methods=("GET", "PUT"),
        allowed_headers=("*",),
        expose_headers=("ETag",),
        max_age_seconds=600,
    ),
    CorsRule(allowed_origins=("*",), allowed_methods=("GET",), max_age_seconds=1),
)
ENCRYPTION = BucketEncryption(algorithm="aws:kms", kms_key_id="my-key", bucket_key_enabled=True)
REPLICATION = Replication(
    role="arn:aws:iam::123456789012:role/copies",
    rules=(
        ReplicationRule(
            id="all", destination="arn:aws:s3:::acme-copies", priority=1, delete_markers=True
        ),
    ),
)
NOTIFICATION = (
    NotificationRule(
        id="made",
        arn="arn:aws:sqs:us-east-1:123456789012:queue",
        events=("s3:ObjectCreated:*", "s3:ObjectRemoved:*"),
        prefix="in/",
        suffix=".csv",
    ),
)

USER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:*"],
            "Resource": ["arn:aws:s3:::acme-*", "arn:aws:s3:::acme-*/*"],
        }
    ],
}
