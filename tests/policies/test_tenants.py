"""The policy that reaches one tenant: what it says. That servers hold to it, the conformance suite shows."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given

from minio_sdk import (
    AccessDeniedError,
    AssumeRoleProvider,
    AsyncMinIOClient,
    Config,
    Policy,
    ValidationError,
    tenant_policy,
)
from minio_sdk.tenancy import slug_of
from tests.servers import Server
from tests.strategies import FEW, tenants

MAX_SESSION_POLICY = 2048
UUID = "0B1C7C3E-5A0F-4A0C-9D0B-6D2E2A6A7F10"


def allowed(policy: dict[str, Any], action: str, resource: str, prefix: str | None = None) -> bool:
    context = {} if prefix is None else {"s3:prefix": prefix}
    return Policy.parse(policy).check(action, resource, context=context).allowed


def arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


@FEW
@given(tenants, tenants)
def test_no_tenant_s_policy_reaches_another_one_s_buckets(one: str, other: str) -> None:
    policy, mine, theirs = tenant_policy(one), slug_of(one), slug_of(other)
    assert allowed(policy, "s3:PutObject", arn(f"{mine}-docs/a"))
    assert allowed(policy, "s3:CreateBucket", arn(f"{mine}-docs"))
    assert allowed(policy, "s3:CreateBucket", arn(f"{mine}--snapshots"))
    if mine != theirs:
        for name in (f"{theirs}-docs", f"{theirs}-{mine}-", f"{theirs}-docs/{mine}-docs/a"):
            assert not allowed(policy, "s3:GetObject", arn(name))


@FEW
@given(tenants, tenants)
def test_no_tenant_s_policy_reaches_another_one_s_prefix(one: str, other: str) -> None:
    policy, mine, theirs = tenant_policy(one, tenancy="prefix"), slug_of(one), slug_of(other)
    shared = arn("tenants")
    for folder in ("docs", ".buckets", ".bucket-tags", ".snapshots"):
        assert allowed(policy, "s3:PutObject", f"{shared}/{mine}/{folder}/a")
        assert allowed(policy, "s3:ListBucket", shared, f"{mine}/{folder}/")
    if mine != theirs:
        assert not allowed(policy, "s3:GetObject", f"{shared}/{theirs}/docs/a")
        assert not allowed(policy, "s3:ListBucket", shared, f"{theirs}/")
        assert not allowed(policy, "s3:ListBucketVersions", shared, f"{theirs}/{mine}/")


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
@pytest.mark.parametrize("read_only", [False, True])
def test_dots_lead_nowhere(tenancy: Any, read_only: bool) -> None:
    policy = tenant_policy("acme", tenancy=tenancy, read_only=read_only)
    for key in ("acme-docs/../other-docs/a", "tenants/acme/../other/docs/a", "tenants/acme/.."):
        for action in ("s3:GetObject", "s3:DeleteObject"):
            assert not allowed(policy, action, arn(key))


def test_the_shared_bucket_itself_is_nobody_s() -> None:
    policy = tenant_policy("acme", tenancy="prefix")
    shared = arn("tenants")
    for action in (
        "s3:ListBucket",  # without a prefix
        "s3:ListBucketMultipartUploads",
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:PutBucketPolicy",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
    ):
        assert not allowed(policy, action, shared), action
    assert not allowed(policy, "s3:ListBucket", shared, "acme")  # "acmeb" begins like this
    assert not allowed(policy, "s3:PutObjectFanOut", f"{shared}/acme/docs/a")
    assert not allowed(policy, "s3:ListAllMyBuckets", "*")


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_read_only_reads_only(tenancy: Any) -> None:
    policy = tenant_policy("acme", tenancy=tenancy, read_only=True)
    name = arn("acme-docs/a" if tenancy == "bucket" else "tenants/acme/docs/a")
    assert allowed(policy, "s3:GetObject", name)
    assert allowed(policy, "s3:GetObjectTagging", name)
    for action in ("PutObject", "DeleteObject", "DeleteObjectVersion", "AbortMultipartUpload"):
        assert not allowed(policy, f"s3:{action}", name)
        assert allowed(tenant_policy("acme", tenancy=tenancy), f"s3:{action}", name)


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_who_may_see_grants_and_pass_governance_by(tenancy: Any) -> None:
    """Below a prefix, the shared bucket's lock is there against tenants too."""
    name = arn("acme-docs/a" if tenancy == "bucket" else "tenants/acme/docs/a")
    for read_only in (False, True):
        policy = tenant_policy("acme", tenancy=tenancy, read_only=read_only)
        for action in ("GetObjectAcl", "GetObjectVersionAcl", "GetObjectVersionAttributes"):
            assert allowed(policy, f"s3:{action}", name)
        passes = tenancy == "bucket" and not read_only
        assert allowed(policy, "s3:BypassGovernanceRetention", name) is passes
        assert allowed(policy, "s3:PutObjectAcl", name) is passes


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_the_longest_fits_into_a_session_policy(tenancy: Any) -> None:
    policy = tenant_policy(UUID, tenancy=tenancy, shared_bucket="s" * 63)
    assert len(json.dumps(policy, separators=(",", ":"))) <= MAX_SESSION_POLICY


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"tenant_id": " "}, "tenant_id"),
        ({"tenant_id": None}, "tenant_id"),
        ({"tenant_id": "acme", "tenancy": "none"}, "tenancy"),
        ({"tenant_id": "acme", "tenancy": "prefix", "shared_bucket": "*"}, "shared_bucket"),
        ({"tenant_id": "acme", "tenancy": "prefix", "shared_bucket": "ab"}, "shared_bucket"),
        ({"tenant_id": "acme", "read_only": "no"}, "read_only"),
    ],
)
def test_a_bad_argument_is_named(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=f"^{named}="):
        tenant_policy(**arguments)


@pytest.mark.parametrize("read_only", [False, True])
def test_who_has_buckets_may_listen_to_them(read_only: bool) -> None:
    """And nobody to the bucket that all share, where no condition holds events to a prefix."""
    own = tenant_policy("acme", read_only=read_only)
    for action in ("s3:ListenBucketNotification", "s3:ListenNotification"):
        shared = tenant_policy("acme", tenancy="prefix", read_only=read_only)
        assert not allowed(shared, action, arn("tenants"), "acme/docs/")
        assert allowed(own, action, arn("acme-docs"))
        for name in ("", "*", "other-docs", "acme", "acmex-docs"):
            assert not allowed(own, action, arn(name))


@pytest.mark.asyncio
async def test_minio_lets_a_tenant_listen_to_its_own(minio: Server) -> None:
    """With keys of its own; other buckets, and all of them, are refused."""
    root: dict[str, Any] = {"access_key": minio.access_key, "secret_key": minio.secret_key}
    for tenant in ("listener", "neighbour"):
        async with AsyncMinIOClient(Config(minio.base_url, tenant, **root)) as operator:
            await operator.create_bucket("docs")
    keys = AssumeRoleProvider(minio.base_url, **root, policy=tenant_policy("listener"))
    async with AsyncMinIOClient(Config(minio.base_url, None, credentials=keys)) as client:
        for bucket in ("neighbour-docs", None):
            with pytest.raises(AccessDeniedError):
                await client.listen_bucket(bucket).connect()
    async with AsyncMinIOClient(Config(minio.base_url, "listener", credentials=keys)) as client:
        events = client.listen_bucket("docs", ping=1)

        async def upload() -> None:  # some builds of MinIO hold back what is less than 4 KiB
            for number in range(1000):
                await client.put_object("docs", f"k{number}", b"", metadata={"long": "x" * 1500})

        uploading = asyncio.ensure_future(upload())
        try:
            assert (await events.__anext__()).bucket == "docs"
        finally:
            uploading.cancel()
            await asyncio.gather(uploading, return_exceptions=True)
            await events.close()
