"""Tenants with credentials of their own: the server itself refuses all that isn't theirs."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
import pytest_asyncio

from minio_sdk import AccessDeniedError, Config, Credentials, MinIOClient, MinIOError, NotFoundError
from minio_sdk.provision import AsyncProvisioner, Provisioner, TenantAccess
from minio_sdk.tenancy import slug_of
from tests.conformance.attacks import Asked, Caller, Victim, on_bucket, on_listings, on_objects
from tests.conformance.setting import Blocking, Setting, errors_of

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Tenants with keys of their own"),
]
scoped = pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
one_style = pytest.mark.parametrize("style", ["sync"])


@pytest_asyncio.fixture
async def operator(setting: Setting) -> AsyncIterator[AsyncProvisioner]:
    """The operator's, in the style under test, with a shared bucket of its own; its tenants end."""
    fields = {"shared_bucket": f"{setting.token}-shared", "bucket": "default"}
    client = setting.connect(tenant_id=None, **fields)
    found: Any = AsyncProvisioner(client) if setting.style == "async" else None
    if isinstance(client, Blocking):
        found = Blocking(cast("Any", Provisioner(client._client)))
    yield found
    await errors_of(*(found.remove(tenant_id) for tenant_id in setting.tenant_ids))


def connected(setting: Setting, access: TenantAccess, **fields: Any) -> Any:
    """A client with the keys of a tenant."""
    return setting.adopt(setting.client_class(access.config(**fields)))


@pytest.mark.parametrize("style, tenancy", [("sync", "bucket"), ("async", "prefix")])
@pytest.mark.needs("keys for one tenant")
async def test_the_life_of_a_tenant(setting: Setting, operator: AsyncProvisioner) -> None:
    """Added, at work, given other keys, listed, removed; each of them twice."""
    tenant_id = str(setting.tenant_id)
    access = await operator.add(tenant_id)
    assert access.secret_key
    again = await operator.add(tenant_id)
    assert (again.access_key, again.secret_key) == (access.access_key, None)

    client = connected(setting, access)
    await client.upload("hello", b"1")
    newer = await operator.rotate(tenant_id, keep_old=True)
    assert newer.kept == (access.access_key,)
    assert await client.download("hello") == b"1"
    assert await connected(setting, newer).download("hello") == b"1"

    newest = await operator.rotate(tenant_id)
    assert set(newest.replaced) == {access.access_key, newer.access_key}
    for old in (access, newer):
        with pytest.raises(AccessDeniedError):
            await connected(setting, old).download("hello")
    assert await connected(setting, newest).download("hello") == b"1"

    await _only_reads(operator, newest, connected(setting, newest))
    (mine,) = [tenant for tenant in await operator.list() if tenant.user == newest.user]
    assert mine.tenant_id == newest.tenant_id
    assert mine.read_only
    assert mine.access_keys == (newest.access_key,)
    server_bucket, prefix = setting.place("default")
    if prefix:
        server_bucket = f"{setting.token}-shared/{prefix.rstrip('/')}"
    assert mine.buckets == (server_bucket,)

    assert await operator.remove(tenant_id)
    with pytest.raises(AccessDeniedError):
        await connected(setting, newest).download("hello")
    assert setting.stored(slug_of(tenant_id))  # the data is still there
    assert await operator.remove(tenant_id, delete_data=True)
    assert setting.stored(slug_of(tenant_id)) == {}
    assert not await operator.remove(tenant_id, delete_data=True)
    assert newest.user not in [tenant.user for tenant in await operator.list()]


async def _only_reads(operator: AsyncProvisioner, access: TenantAccess, client: Any) -> None:
    """The same keys, once they may do less."""
    assert (await operator.add(access.tenant_id, read_only=True)).read_only
    assert await client.list() == ["hello"]
    errors = await errors_of(
        client.upload("hello", b"2"), client.delete("hello"), client.create_bucket("more"),
        client.set_bucket_tags("default", {"a": "b"}), client.delete_bucket("default", force=True),
    )  # fmt: skip
    assert all(isinstance(error, MinIOError) for error in errors), errors
    assert await client.download("hello") == b"1"


@pytest.mark.parametrize("style, tenancy", [("async", "bucket"), ("sync", "prefix")])
@pytest.mark.needs("keys for one tenant")
async def test_all_that_is_its_own(setting: Setting, operator: AsyncProvisioner) -> None:
    """Everyday work with the keys of a tenant."""
    access = await operator.add(str(setting.tenant_id))
    client = connected(setting, access, multipart_threshold=1024, part_size=5 * 1024 * 1024)
    await client.create_bucket("docs")
    assert [bucket.name for bucket in await client.list_buckets()] == ["docs"]
    await client.put_object("docs", "large", b"x" * 2000, tags={"a": "b"})
    assert await client.get_object("docs", "large", range=(0, 9)) == b"x" * 10
    assert await client.get_object_tags("docs", "large") == {"a": "b"}
    await client.copy_object("docs", "copy", "docs", "large")
    await client.set_bucket_tags("docs", {"c": "d"})
    assert await client.get_bucket_tags("docs") == {"c": "d"}
    snapshot = await client.create_snapshot("docs")
    result = await client.delete_objects("docs", ["large", "copy"])
    assert result, result.errors
    await client.restore_snapshot("docs", snapshot.name)
    assert [item.key for item in await client.list_objects("docs")] == ["copy", "large"]
    if setting.tenancy == "bucket":
        await client.set_bucket_versioning("docs")
        await client.put_object("docs", "copy", b"2")
        assert len(await client.list_objects("docs", versions=True)) >= 3
    await client.delete_bucket("docs", force=True)
    assert await client.list_buckets() == []


@scoped
@one_style
@pytest.mark.needs("keys for one tenant")
async def test_what_is_another_s(setting: Setting, operator: AsyncProvisioner, boto: Any) -> None:
    """A's keys, by plain HTTP and by boto3, on each of B's names: 403, and nothing has changed."""
    a_id, b_id = str(setting.tenant_id), setting.new_tenant(1)
    a, b = await operator.add(a_id), await operator.add(b_id)
    victim = await _victim(setting, a, b)
    before = _state(setting, victim)

    own = Caller(setting.server.base_url, a.access_key, str(a.secret_key))
    root = Caller(setting.server.base_url, setting.server.access_key, setting.server.secret_key)
    asked = [*on_objects(victim), *on_listings(victim), *on_bucket(victim.bucket)]
    asked += [_as_tenant(one, b.tenant_id) for one in asked if one.method == "GET"]
    if setting.tenancy == "bucket":
        asked.append(Asked("PUT", f"/{slug_of(b_id)}-x"))
    answers = [(one, *own.ask(one)) for one in asked]
    assert [(one, status, body) for one, status, body in answers if status != 403] == []
    secret = b"B's secret"
    assert not any(secret in body for _, _, body in answers)
    _by_boto3(setting, boto(Credentials(a.access_key, str(a.secret_key))), victim)
    _no_way_out(setting, own, victim)
    assert _state(setting, victim) == before

    # The same requests, by somebody who may: so that it was the keys that were refused.
    assert [one for one in asked if not one.presigned and root.ask(one)[0] == 403] == []


def _no_way_out(setting: Setting, caller: Caller, victim: Victim) -> None:
    """Dots, slashes and look-alikes that something on the way could take for another tenant."""
    home = victim.own.rpartition("/")[0]
    up = "../" * home.count("/")
    target = f"{victim.bucket}/{victim.prefix}k"
    if setting.tenancy == "prefix":
        up, target = "../../", f"{victim.prefix}k"
    for way in (
        f"{home}/{up}{target}",
        f"{home}/{up}{target}".replace("..", "%2e%2e"),
        f"{home}/{up}{target}".replace("../", "..%2F"),
        f"{home}/{up}{target}".replace("../", "..%5C"),
        f"{home}//{target}",
        f"{home}/{'/' + up}{target}",
    ):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            status, body = caller.ask(Asked(method, way, body=b"x" if method == "PUT" else b""))
            assert b"B's secret" not in body, way
            assert status != 200 or method == "PUT", (method, way)
        source = way.removeprefix("/")
        caller.ask(Asked("PUT", f"{home}/stolen", headers={"x-amz-copy-source": source}))
        status, body = caller.ask(Asked("GET", f"{home}/stolen"))
        assert b"B's secret" not in body, way
    keys = [f"{home.partition('/')[2].partition('/')[2]}/{up}{target}".lstrip("/"), target]
    document = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    caller.ask(
        Asked("POST", "/" + home.split("/")[1], "delete=", f"<Delete>{document}</Delete>".encode())
    )


async def _victim(setting: Setting, a: TenantAccess, b: TenantAccess) -> Victim:
    """An object and an unfinished upload of B's, and an object of A's."""
    shared = f"{setting.token}-shared"
    places = []
    for access in (a, b):
        client = connected(setting, access)
        await client.create_bucket("docs")
        await client.put_object("docs", "k", b"B's secret" if access is b else b"A's")
        bucket, prefix = setting.place("docs", access.tenant_id)
        places.append((shared if prefix else bucket, prefix))
    (a_bucket, a_prefix), (bucket, prefix) = places
    begun = setting.s3.create_multipart_upload(Bucket=bucket, Key=f"{prefix}begun")
    return Victim(bucket, prefix, begun["UploadId"], f"/{a_bucket}/{a_prefix}k")


def _as_tenant(asked: Asked, tenant_id: str) -> Asked:
    """The same, with the header by which gateways know tenants."""
    return replace(asked, headers={**asked.headers, "x-tenant-id": tenant_id})


def _state(setting: Setting, victim: Victim) -> Any:
    """All that B has, as the operator sees it."""
    listed = setting.s3.list_objects_v2(Bucket=victim.bucket, Prefix=victim.prefix)
    uploads = setting.s3.list_multipart_uploads(Bucket=victim.bucket)
    parts = setting.s3.list_parts(
        Bucket=victim.bucket, Key=f"{victim.prefix}begun", UploadId=victim.upload_id
    )
    versioning = setting.s3.get_bucket_versioning(Bucket=victim.bucket).get("Status")
    buckets = [bucket["Name"] for bucket in setting.s3.list_buckets()["Buckets"]]
    return (
        [(item["Key"], item["ETag"]) for item in listed["Contents"]],
        [upload["UploadId"] for upload in uploads.get("Uploads", [])],
        parts.get("Parts", []),
        versioning,
        sorted(name for name in buckets if slug_of_bucket(name) == slug_of_bucket(victim.bucket)),
    )


def slug_of_bucket(name: str) -> str:
    """What stands before the first dash."""
    return name.partition("-")[0]


def _by_boto3(setting: Setting, s3: Any, victim: Victim) -> None:
    """What boto3 is used for most."""
    bucket, key, prefix = victim.bucket, f"{victim.prefix}k", victim.prefix
    names = {"Bucket": bucket, "Key": key}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("get_object", names),
        ("head_object", names),
        ("put_object", {**names, "Body": b"x"}),
        ("delete_object", names),
        ("list_objects_v2", {"Bucket": bucket, "Prefix": prefix}),
        ("list_object_versions", {"Bucket": bucket, "Prefix": prefix}),
        ("list_multipart_uploads", {"Bucket": bucket, "Prefix": prefix}),
        ("create_multipart_upload", names),
        ("get_object_tagging", names),
        ("put_object_tagging", {**names, "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
        ("get_bucket_policy", {"Bucket": bucket}),
        ("delete_bucket_policy", {"Bucket": bucket}),
        ("delete_bucket", {"Bucket": bucket}),
        ("head_bucket", {"Bucket": bucket}),
    ]
    for name, arguments in calls:
        with pytest.raises(s3.exceptions.ClientError) as caught:
            getattr(s3, name)(**arguments)
        assert (name, caught.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (name, 403)
    # DeleteObjects answers for each key.
    result = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert [error["Code"] for error in result.get("Errors", [])] == ["AccessDenied"]
    assert "Deleted" not in result
    shown = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    # A bucket that all share may be shown.
    assert shown == [victim.own.split("/")[1]] or (setting.tenancy == "prefix" and not shown)


@pytest.mark.parametrize("tenancy", ["bucket"])
@one_style
@pytest.mark.needs("keys for one tenant")
async def test_nobody_makes_rights_of_their_own(
    setting: Setting, operator: AsyncProvisioner
) -> None:
    """A tenant's keys provision nothing, and what they may do about themselves ends with a rotation."""
    tenant_id = str(setting.tenant_id)
    access = await operator.add(tenant_id)
    config = access.config().with_(tenant_id=None)
    with MinIOClient(config) as client:
        for attempt in (
            lambda: Provisioner(client).add("evil"),
            lambda: Provisioner(client).add(tenant_id),
            lambda: Provisioner(client).rotate(tenant_id),
            lambda: Provisioner(client).remove(tenant_id),
            lambda: Provisioner(client).list(),
        ):
            with pytest.raises(AccessDeniedError):
                attempt()
    with pytest.raises(NotFoundError):
        await operator.rotate("evil")
    own = _keys_made_by_itself(setting, access)
    newest = await operator.rotate(tenant_id)
    for keys in (own, access.config()):
        if keys is not None:
            with MinIOClient(keys) as client, pytest.raises(AccessDeniedError):
                client.list()
    assert await connected(setting, newest).list() == []


def _keys_made_by_itself(setting: Setting, access: TenantAccess) -> Config | None:
    """SeaweedFS lets every user make keys for itself; None where that is refused.

    Short-lived keys, which would outlast a rotation, are refused on both.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from boto3.session import Session

        session = Session(access.access_key, str(access.secret_key), region_name="us-east-1")
        iam = session.client("iam", endpoint_url=setting.server.base_url)
        sts = session.client("sts", endpoint_url=setting.server.base_url)
    try:
        with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
            sts.assume_role(
                RoleArn="arn:aws:iam::000000000000:role/minio-sdk", RoleSessionName="outlast"
            )
        if setting.server.kind == "minio":  # which allows it where nothing denies it
            with MinIOClient(access.config(tenant_id=None)) as client:
                with pytest.raises(AccessDeniedError):
                    client.admin.add_service_account()
            return None
        made = iam.create_access_key(UserName=access.user)["AccessKey"]
    finally:
        iam.close()
        sts.close()
    return access.config(access_key=made["AccessKeyId"], secret_key=made["SecretAccessKey"])


@pytest.mark.parametrize("tenancy", ["bucket"])
@one_style
@pytest.mark.needs("quotas of tenants")
async def test_a_quota(setting: Setting, operator: AsyncProvisioner) -> None:
    """The tenant's buckets have it, and it makes no others around it."""
    tenant_id = str(setting.tenant_id)
    access = await operator.add(tenant_id, quota=10**6)
    client = connected(setting, access)
    await client.upload("k", b"1")
    with pytest.raises(AccessDeniedError):
        await client.create_bucket("more")
    snapshot = await client.create_snapshot("default")
    assert snapshot.objects == 1
    assert [one.quota for one in await operator.list() if one.user == access.user] == [10**6]
    await operator.add(tenant_id)
    await client.create_bucket("more")
