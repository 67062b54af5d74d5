"""A bucket as one document: what was applied is what is there, and then there is nothing to do."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketDocument,
    BucketNotFoundError,
    NotSupportedError,
    ObjectLock,
    PlanOutdatedError,
)
from tests.conformance.gaps import FEATURES
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Buckets as documents"),
]
unscoped = pytest.mark.parametrize(
    ("style", "tenancy"),
    [("sync", "plain"), ("async", "bucket")],
    ids=["sync-plain", "async-bucket"],
)
by_bucket = pytest.mark.parametrize("tenancy", ["bucket"])
by_async = pytest.mark.parametrize("style", ["async"])

GAPS = {"cors": "CORS of a bucket", "encryption": "encryption of a bucket"}


def document(setting: Setting, bucket: str) -> dict[str, Any]:
    """Sections that this server has, written as servers don't write them."""
    arn = f"arn:aws:s3:::{bucket}"
    statement = {"Effect": "Allow", "Principal": "*", "Resource": f"{arn}/*"}
    conditions = {
        "IpAddress": {"aws:SourceIp": ["10.1.2.3", "10.0.0.0/8"]},
        "Bool": {"aws:SecureTransport": "true"},
        "StringLike": {"aws:Referer": ["https://b/*", "https://a/*"]},
    }
    found: dict[str, Any] = {
        "versioning": True,
        "object_lock": {"mode": "GOVERNANCE", "days": 1},
        "tags": {"b": "2", "a": "1"},
        "policy": {
            "Version": "2012-10-17",
            "Statement": [
                {**statement, "Action": "s3:GetObject", "Condition": conditions},
                {
                    **statement,
                    "Principal": {"AWS": "*"},
                    "Action": ["s3:PutObject", "s3:DeleteObject"],
                    "Effect": "Deny",
                    "Resource": [f"{arn}/b/*", f"{arn}/a/*"],
                },
            ],
        },
        "lifecycle": [
            {"status": "Enabled", "expiration": {"days": 7}, "filter": {"prefix": "z/"}},
            {
                "id": "by date",
                "expiration": {"date": "2035-01-31"},
                "filter": {"tags": {"x": "y", "w": "v"}, "prefix": "a/"},
            },
            {"id": "off", "status": "Disabled", "noncurrent_version_expiration": {"NoncurrentDays": 3}},
        ],
        "cors": [
            {
                "AllowedOrigins": ["https://b", "https://a"],
                "AllowedMethods": ["PUT", "GET"],
                "AllowedHeaders": ["X-A"],
            },
            {"allowed_origins": ["*"], "allowed_methods": ["GET"]},
        ],
        "encryption": {"algorithm": "AES256"},
    }  # fmt: skip
    for section, gap in GAPS.items():
        if setting.server.kind in FEATURES[gap]:
            del found[section]
    return found


@unscoped
async def test_after_apply_there_is_nothing_to_do(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    bucket = setting.bucket()
    wanted = document(setting, bucket)
    with pytest.raises(BucketNotFoundError):
        await client.apply_bucket(bucket, wanted)
    plan = await client.plan_bucket(bucket, wanted, create=True)
    assert {change.section for change in plan.changes} == set(wanted)
    assert not await client.bucket_exists(bucket)
    assert await client.apply_bucket(bucket, plan) == plan
    again = await client.plan_bucket(bucket, wanted)
    assert not again, str(again)
    server_bucket, _ = setting.place(bucket)
    rules = setting.s3.get_bucket_lifecycle_configuration(Bucket=server_bucket)["Rules"]
    assert len(rules) == 3
    tags = setting.s3.get_bucket_tagging(Bucket=server_bucket)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == wanted["tags"]
    # What is exported can be given back, as it is and through JSON, and to another bucket.
    found = await client.export_bucket(bucket)
    assert set(wanted) <= set(found.sections)
    for given in (found, BucketDocument.from_json(found.to_json())):
        assert not await client.plan_bucket(bucket, given)
    other = setting.bucket("other")
    rest = found.only(*(set(found.sections) - {"policy"}))  # which names its bucket
    done = await client.apply_buckets({other: rest, bucket: found}, create=True)
    assert (done.ok, [bool(made) for made in done]) == (True, [True, False])
    assert not any((await client.plan_buckets({other: rest, bucket: found})).values())
    # One change changes one section, and none changes none.
    plan = await client.plan_bucket(bucket, {**wanted, "tags": {"a": "1"}})
    assert [change.section for change in plan.changes] == ["tags"]
    nothing = {n: None for n in wanted if n not in ("object_lock", "versioning")}
    await client.apply_bucket(bucket, {**nothing, "object_lock": ObjectLock()})
    assert not await client.plan_bucket(bucket, nothing)
    with pytest.raises(PlanOutdatedError, match="tags has changed"):
        await client.apply_bucket(bucket, plan)
    assert await client.get_bucket_tags(bucket) == {}


@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_by_prefix_a_bucket_has_tags(setting: Setting, client: AsyncMinIOClient) -> None:
    bucket = setting.bucket()
    await client.apply_bucket(bucket, {"tags": {"a": "1"}}, create=True)
    assert await client.export_bucket(bucket) == BucketDocument(tags={"a": "1"})
    assert not await client.plan_bucket(bucket, {"tags": {"a": "1"}})
    with pytest.raises(NotSupportedError, match="versioning: "):
        await client.apply_bucket(bucket, {"versioning": True, "tags": {}})
    assert await client.get_bucket_tags(bucket) == {"a": "1"}


# What is known of the servers is in gaps.py; of these gaps not all are that the server hasn't the feature.
KNOWN = {
    "cors": "CORS of a bucket",
    "encryption": "encryption of a bucket",
    "notification": "notifications of a bucket",
    "replication": "replication of a bucket",
    "quota": "quotas of buckets",
    "admin": "MinIO's admin API",
    "CRC32": "checksums that are compared",
}
HAS = ("tells only whom", "copies to remote targets")


@by_async
@by_bucket
async def test_the_probe_agrees_with_what_is_known(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """And what it hasn't is refused before anything is changed."""
    await client.set_bucket_tags(bucket, {"a": "1"})
    asked = await client.get_capabilities(bucket)
    told = await client.get_capabilities(bucket, probe="write")
    assert [info.name for info in await client.list_buckets()] == [bucket]
    kind = setting.server.kind
    for feature, name in KNOWN.items():
        gap = FEATURES[name].get(kind)
        lacks = gap is not None and not gap.reason.startswith(HAS)
        found = told.checksums[feature] if feature == "CRC32" else told[feature]
        unsure = told.server is None and feature in ("quota", "admin")
        assert found is (None if unsure else not lacks), feature
        before = asked.checksums[feature] if feature == "CRC32" else asked[feature]
        assert before in (None, found), feature
    for feature in ("versioning", "tags", "policy", "lifecycle", "object_lock", "object_tags"):
        assert (asked[feature], told[feature]) == (None if feature == "object_tags" else True, True)
    assert told.conditional_create
    assert told.server == (None if kind == "moto" else kind)
    wanted: dict[str, Any] = {
        "cors": [{"allowed_origins": ["*"], "allowed_methods": ["GET"]}],
        "encryption": {"algorithm": "AES256"},
        "replication": {"rules": [{"destination": bucket}]},
        "notification": [{"arn": "arn:minio:sqs::1:webhook", "events": ["s3:ObjectCreated:*"]}],
        "quota": 2**30,
    }
    for section in [name for name in wanted if told[name] is False]:
        for one in (client, setting.connect()):  # which hasn't asked
            with pytest.raises(NotSupportedError, match=f"{section}: "):
                await one.apply_bucket(bucket, {"tags": {"b": "2"}, section: wanted[section]})
    assert await client.get_bucket_tags(bucket) == {"a": "1"}


@by_async
@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_the_probe_stays_below_the_prefix(setting: Setting, client: AsyncMinIOClient) -> None:
    told = await client.get_capabilities(probe="write")
    assert told.conditional_create
    assert told.versioning is None
    assert await client.list_buckets() == []
    assert setting.tenant_id is not None
    assert not any("probe-" in name for name in setting.stored("probe-"))
