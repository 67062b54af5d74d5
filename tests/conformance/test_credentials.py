"""Credentials that last an hour and reach one tenant: the server holds to it, whoever uses them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from minio_sdk import AccessDeniedError, AssumeRoleProvider, Credentials
from minio_sdk.local_server.seaweedfs import ROLE_ARN
from minio_sdk.tenancy import slug_of
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Short-lived credentials of a tenant"),
]
scoped = pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
one_style = pytest.mark.parametrize("style", ["sync"])


def session_of(setting: Setting, tenant_id: str | None, **fields: Any) -> AssumeRoleProvider:
    """A session for one tenant, by the server's own STS."""
    assert tenant_id is not None
    return AssumeRoleProvider(
        setting.server.base_url,
        setting.server.access_key,
        setting.server.secret_key,
        role_arn=ROLE_ARN,
        tenant_id=tenant_id,
        tenancy="prefix" if setting.tenancy == "prefix" else "bucket",
        shared_bucket=setting.shared_bucket,
        **fields,
    )


def plain_http(
    setting: Setting,
    keys: Credentials,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
) -> requests.Response:
    """A request of somebody's own, signed by botocore, path and query as they are."""
    url = setting.server.base_url + path
    headers = {**headers, "x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
    asked = AWSRequest(method, url, headers, data=body)
    secret = str.__str__(keys.secret_key)
    token = str.__str__(keys.session_token or "")
    signer = S3SigV4Auth(BotoCredentials(keys.access_key, secret, token), "s3", "us-east-1")
    signer.add_auth(asked)
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, headers=dict(asked.headers), data=body, timeout=30)


async def _another_tenant(setting: Setting) -> tuple[str, str]:
    """The place of a bucket of somebody else's, with an object `k` in it."""
    other = setting.new_tenant()
    client = setting.connect(tenant_id=other)
    await client.create_bucket("docs")
    await client.put_object("docs", "k", b"theirs")
    return setting.place("docs", other)


@scoped
async def test_a_session_does_all_its_tenant_s_work(setting: Setting) -> None:
    await _another_tenant(setting)  # with prefixes, somebody has made the shared bucket
    keys = session_of(setting, setting.tenant_id)
    client = setting.connect(access_key=None, secret_key=None, credentials=keys)
    await client.create_bucket("docs")
    await client.put_object("docs", "a/b", b"1", tags={"x": "y"})
    await client.copy_object("docs", "c", "docs", "a/b")
    assert await client.get_object("docs", "c") == b"1"
    assert await client.get_object_tags("docs", "a/b") == {"x": "y"}
    assert [o.key for o in await client.list_objects("docs")] == ["a/b", "c"]
    assert [b.name for b in await client.list_buckets()] == ["docs"]
    assert await client.bucket_exists("docs")
    assert not await client.object_exists("docs", "missing")
    large = await client.with_(multipart_threshold=0).put_object("docs", "large", b"2" * 100)
    assert large.size == 100
    snapshot = await client.create_snapshot("docs", "s")
    assert snapshot.objects == 3
    assert await client.delete_objects("docs", ["a/b", "missing"])
    await client.restore_snapshot("docs", "s")
    assert await client.get_object("docs", "a/b") == b"1"
    await client.delete_snapshot("docs", "s")
    await client.delete_bucket("docs", force=True)
    assert not await client.bucket_exists("docs")


@scoped
@one_style
@pytest.mark.needs("session policies")
async def test_a_session_that_reads_only(setting: Setting) -> None:
    writer = setting.connect()
    await writer.create_bucket("docs")
    await writer.put_object("docs", "a", b"1")
    keys = session_of(setting, setting.tenant_id, read_only=True)
    reader = setting.connect(access_key=None, secret_key=None, credentials=keys)
    assert await reader.get_object("docs", "a") == b"1"
    assert [o.key for o in await reader.list_objects("docs")] == ["a"]
    with pytest.raises(AccessDeniedError):
        await reader.put_object("docs", "b", b"2")
    with pytest.raises(AccessDeniedError):
        await reader.delete_object("docs", "a")
    assert await writer.get_object("docs", "a") == b"1"


@scoped
@one_style
@pytest.mark.needs("session policies")
async def test_a_session_is_refused_all_that_is_another_tenant_s(
    setting: Setting, boto: Callable[[Credentials], Any]
) -> None:
    bucket, prefix = await _another_tenant(setting)
    client = setting.connect()
    await client.create_bucket("docs")
    await client.put_object("docs", "k", b"mine")
    mine, own = setting.place("docs")
    keys = session_of(setting, setting.tenant_id).credentials()
    assert keys is not None
    s3 = boto(keys)
    assert s3.get_object(Bucket=mine, Key=f"{own}k")["Body"].read() == b"mine"
    theirs = {"Bucket": bucket, "Key": f"{prefix}k"}
    listed = {"Bucket": bucket, "Prefix": prefix}
    calls: list[Callable[[], object]] = [
        lambda: s3.get_object(**theirs),
        lambda: s3.head_object(**theirs),
        lambda: s3.put_object(**theirs, Body=b"x"),
        lambda: s3.delete_object(**theirs),
        lambda: s3.get_object_tagging(**theirs),
        lambda: s3.put_object_tagging(**theirs, Tagging={"TagSet": []}),
        lambda: s3.create_multipart_upload(**theirs),
        lambda: s3.copy_object(Bucket=mine, Key=f"{own}stolen", CopySource=theirs),
        lambda: s3.copy_object(**theirs, CopySource={"Bucket": mine, "Key": f"{own}k"}),
        lambda: s3.list_objects(**listed),
        lambda: s3.list_objects_v2(**listed),
        lambda: s3.list_objects_v2(Bucket=bucket),
        lambda: s3.list_object_versions(**listed),
        lambda: s3.list_multipart_uploads(**listed),
        lambda: s3.head_bucket(Bucket=bucket),
        lambda: s3.get_bucket_policy(Bucket=bucket),
        lambda: s3.put_bucket_policy(Bucket=bucket, Policy="{}"),
        lambda: s3.delete_bucket(Bucket=bucket),
        lambda: s3.create_bucket(Bucket=f"{slug_of(setting.new_tenant())}-x"),
    ]
    for call in calls:
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            call()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    for method, path in (
        ("GET", f"/{bucket}/{prefix}k"),
        ("PUT", f"/{bucket}/{prefix}k"),
        ("DELETE", f"/{bucket}/{prefix}k"),
        ("GET", f"/{bucket}?list-type=2&prefix={prefix.replace('/', '%2F')}"),
        ("GET", f"/{bucket}?versions="),
        ("GET", f"/{bucket}?uploads="),
    ):
        assert plain_http(setting, keys, method, path, {}, b"").status_code == 403
    # Where a server resolves dots in keys (MinIO in this document), they must lead nowhere.
    up = "../" * (own.count("/") or 1)
    dotted = f"{own}{up}{prefix}k" if own else f"../{bucket}/k"
    for key in (theirs["Key"], dotted):
        s3.delete_objects(
            Bucket=bucket if key != dotted else mine, Delete={"Objects": [{"Key": key}]}
        )
    assert setting.s3.get_object(**theirs)["Body"].read() == b"theirs"
    assert not any(name["Name"] == bucket for name in s3.list_buckets()["Buckets"] if own == "")


@one_style
@pytest.mark.parametrize("tenancy", ["prefix"])
@pytest.mark.needs("listings held to a prefix")
async def test_no_listing_is_talked_round(setting: Setting) -> None:
    """Two parameters, or a header, of nearly the same name: one is checked and the other one listed."""
    bucket, prefix = await _another_tenant(setting)
    keys = session_of(setting, setting.tenant_id).credentials()
    assert keys is not None
    own, theirs = (p.replace("/", "%2F") for p in (setting.place("docs")[1], prefix))
    for query, headers in (
        (f"Prefix={own}&prefix={theirs}", {}),
        (f"prefix={theirs}", {"Prefix": setting.place("docs")[1]}),
    ):
        answer = plain_http(setting, keys, "GET", f"/{bucket}?{query}", headers, b"")
        assert f"{prefix}k" not in answer.text
