"""MinIO's admin API; and that other servers get nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import pytest_asyncio

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    ConflictError,
    NotFoundError,
    NotSupportedError,
    QuotaExceededError,
)
from tests.conformance.setting import Setting, errors_of

pytestmark = [pytest.mark.conformance, pytest.mark.asyncio]
about_admin = pytest.mark.feature("Users, policies, service accounts and quotas")
about_servers = pytest.mark.feature("Credentials, health and server info")
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])
needs_admin = pytest.mark.needs("MinIO's admin API")

SECRET = "a-secret-of-some-length"


def allowing(setting: Setting, bucket: str, *actions: str) -> dict[str, Any]:
    """A policy for what is in a bucket of the tenant."""
    resource = f"arn:aws:s3:::{setting.place(bucket)[0]}/*"
    statement = {"Effect": "Allow", "Action": [*actions], "Resource": [resource]}
    return {"Version": "2012-10-17", "Statement": [statement]}


class Names:
    """Names of this test's own, which are the server's."""

    def __init__(self, token: str) -> None:
        self.user, self.group, self.policy = f"{token}-ada", f"{token}-editors", f"{token}-read"


@pytest_asyncio.fixture
async def names(setting: Setting, client: AsyncMinIOClient) -> AsyncIterator[Names]:
    """The names; what has them is removed after the test."""
    found = Names(setting.token)
    yield found
    if setting.server.kind != "minio":
        return
    admin = client.admin
    await errors_of(
        admin.remove_user(found.user),
        admin.remove_group(found.group),
        admin.remove_policy(found.policy),
    )
    assert found.user not in [user.access_key for user in await admin.list_users()]
    assert found.policy not in await admin.list_policies()
    assert found.group not in await admin.list_groups()


@about_servers
@one_tenancy
async def test_servers_that_are_not_minio_get_nothing_of_it(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    admin = client.admin
    bucket = setting.bucket()
    told = await errors_of(
        admin.server_info(),
        admin.data_usage(),
        admin.list_users(),
        admin.set_user_status(f"{setting.token}-nobody", False),
        admin.add_policy(f"{setting.token}-read", allowing(setting, bucket, "s3:GetObject")),
        admin.set_bucket_quota(bucket, 1000),
    )
    if setting.server.kind == "minio":
        await admin.remove_policy(f"{setting.token}-read")
        assert [type(error) for error in told[:3]] == [type(None)] * 3
        assert isinstance(told[3], NotFoundError)
        return
    for error in told:
        assert isinstance(error, NotSupportedError)
    assert "minio" not in [found["Name"] for found in setting.s3.list_buckets()["Buckets"]]


@about_admin
@needs_admin
@one_tenancy
async def test_a_user_may_do_what_its_policies_say(
    setting: Setting, client: AsyncMinIOClient, bucket: str, names: Names
) -> None:
    admin = client.admin
    await client.put_object(bucket, "a", b"1")
    await admin.add_user(names.user, SECRET)
    theirs = setting.connect(access_key=names.user, secret_key=SECRET)
    with pytest.raises(AccessDeniedError):
        await theirs.get_object(bucket, "a")
    document = allowing(setting, bucket, "s3:GetObject")
    await admin.add_policy(names.policy, document)
    for _ in range(2):
        await admin.attach_policy(names.policy, user=names.user)
    assert await theirs.get_object(bucket, "a") == b"1"
    with pytest.raises(AccessDeniedError):
        await theirs.put_object(bucket, "a", b"2")
    assert await admin.get_policy(names.policy) == document
    with pytest.raises(ConflictError):
        await admin.remove_policy(names.policy)
    assert (await admin.get_user(names.user)).policies == (names.policy,)
    await admin.set_user_status(names.user, False)
    with pytest.raises(AccessDeniedError):
        await theirs.get_object(bucket, "a")
    await admin.set_user_status(names.user, True)
    for _ in range(2):
        await admin.detach_policy(names.policy, user=names.user)
    assert (await admin.get_user(names.user)).policies == ()
    await admin.remove_user(names.user)
    with pytest.raises(NotFoundError):
        await admin.get_user(names.user)


@about_admin
@needs_admin
@one_tenancy
async def test_a_group_gives_its_policies_to_its_members(
    setting: Setting, client: AsyncMinIOClient, bucket: str, names: Names
) -> None:
    admin = client.admin
    await client.put_object(bucket, "a", b"1")
    await admin.add_user(names.user, SECRET)
    await admin.add_policy(names.policy, allowing(setting, bucket, "s3:GetObject"))
    await admin.add_to_group(names.group, names.user)
    await admin.attach_policy(names.policy, group=names.group)
    theirs = setting.connect(access_key=names.user, secret_key=SECRET)
    assert await theirs.get_object(bucket, "a") == b"1"
    group = await admin.get_group(names.group)
    assert (group.enabled, group.members, group.policies) == (True, (names.user,), (names.policy,))
    await admin.set_group_status(names.group, False)
    with pytest.raises(AccessDeniedError):
        await theirs.get_object(bucket, "a")
    assert not (await admin.get_group(names.group)).enabled
    with pytest.raises(ConflictError):
        await admin.remove_group(names.group)
    await admin.remove_from_group(names.group, [names.user])
    await admin.remove_group(names.group)
    with pytest.raises(NotFoundError):
        await admin.get_group(names.group)


@about_admin
@needs_admin
@one_tenancy
async def test_a_service_account_keeps_its_policy_whatever_changes(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """MinIO drops it in any change that doesn't name it: then these keys could do everything."""
    admin = client.admin
    await client.put_object(bucket, "a", b"1")
    document = allowing(setting, bucket, "s3:GetObject")
    ends = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)
    keys = await admin.add_service_account(policy=document, name="laptop", expires_at=ends)
    try:
        assert keys.expires_at == ends
        theirs = client.with_(access_key=None, secret_key=None, credentials=keys)
        await admin.update_service_account(keys.access_key, description="grün")
        assert await theirs.get_object(bucket, "a") == b"1"
        with pytest.raises(AccessDeniedError):
            await theirs.put_object(bucket, "a", b"2")
        found = await admin.get_service_account(keys.access_key)
        assert (found.name, found.description, found.expires_at) == ("laptop", "grün", ends)
        assert (found.policy, found.parent) == (document, setting.server.access_key)
        assert keys.access_key in [one.access_key for one in await admin.list_service_accounts()]
        with pytest.raises(ConflictError):
            await admin.add_service_account(access_key=keys.access_key)
        await admin.update_service_account(keys.access_key, policy={})
        await theirs.put_object(bucket, "a", b"2")
    finally:
        await admin.remove_service_account(keys.access_key)
    with pytest.raises(AccessDeniedError):
        await theirs.get_object(bucket, "a")


@about_admin
@needs_admin
@pytest.mark.parametrize("tenancy", ["plain", "bucket"])
async def test_a_quota_is_kept(client: AsyncMinIOClient, bucket: str) -> None:
    assert await client.admin.get_bucket_quota(bucket) is None
    await client.admin.set_bucket_quota(bucket, 1000)
    assert await client.admin.get_bucket_quota(bucket) == 1000
    with pytest.raises(QuotaExceededError):
        await client.put_object(bucket, "a", b"x" * 2000)
    await client.admin.set_bucket_quota(bucket, None)
    assert await client.admin.get_bucket_quota(bucket) is None
    await client.put_object(bucket, "a", b"x" * 2000)


@about_admin
@needs_admin
@one_tenancy
async def test_the_server_tells_those_who_may_know(
    setting: Setting, client: AsyncMinIOClient, bucket: str, names: Names
) -> None:
    assert bucket  # which a server that is still starting doesn't make
    info = await client.admin.server_info()
    assert (info.mode, info.drives_online, info.drives_offline) == ("online", 1, 0)
    assert info.free < info.total == info.nodes[0].drives[0].total
    told = await client.get_server_info()
    assert (told.status, told.version) == ("online", info.version)
    assert told.details["deployment_id"] == info.deployment_id
    assert told.details["uptime"] >= info.uptime
    assert [disk["state"] for disk in told.details["disks"]] == ["ok"]
    await client.admin.add_user(names.user, SECRET)
    theirs = setting.connect(access_key=names.user, secret_key=SECRET)
    with pytest.raises(AccessDeniedError):
        await theirs.admin.server_info()
    less = await theirs.get_server_info()
    assert (less.status, less.server) == ("online", "MinIO")
    assert less.details["admin"] == "not for these credentials (AccessDenied)"
