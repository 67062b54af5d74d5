"""Tiers, configuration, users and keys, and the server itself, on MinIOs that no other test is on."""

from __future__ import annotations

import contextlib
import io
import re
import threading
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import pytest_asyncio

from minio_sdk import (
    AccessDeniedError,
    AdminConfig,
    AssumeRoleProvider,
    AsyncMinIOClient,
    ConflictError,
    Credentials,
    MinIOError,
    MinIOTier,
    MinIOTimeoutError,
    NotFoundError,
    NotSupportedError,
    PolicyUsers,
    S3Tier,
    UserAccessKey,
    UserAccessKeys,
    ValidationError,
)
from tests.conformance.admin_servers import client_of, eventually
from tests.conformance.setting import Setting
from tests.servers import Server, start_minio

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.parametrize("tenancy", ["bucket"]),
]

# What takes MinIO seconds is asked by one of the two clients: they differ in nothing that it could see.
sync_only = pytest.mark.parametrize("style", ["sync"])
async_only = pytest.mark.parametrize("style", ["async"])

SECRET = "a-secret-of-some-length"


@pytest.fixture(scope="module")
def alone(minio: Server) -> Iterator[Server]:
    """A MinIO of this file, which scans its data all the time. Where there is none, tests are skipped."""
    assert minio.kind == "minio"
    with contextlib.ExitStack() as stack:
        yield start_minio(stack, MINIO_SCANNER_SPEED="fastest")


@pytest.fixture
def tested_server(alone: Server) -> Server:
    return alone


# -- tiers -----------------------------------------------------------------------------------------


@sync_only
async def test_a_tier_holds_what_a_rule_moves_there(
    setting: Setting,
    client: AsyncMinIOClient,
    bucket: str,
    minio: Server,
    cold: str,
    other_view: Any,
) -> None:
    admin, name = client.admin, setting.token.upper()
    place = {"endpoint": minio.base_url, "bucket": cold, "prefix": "moved"}
    keys = {"access_key": minio.access_key, "secret_key": minio.secret_key}
    for wrong, why in (
        ({"secret_key": "another-secret"}, "signature"),
        ({"access_key": "nobody"}, "does not exist"),
        ({"bucket": f"{cold}-not"}, "Bucket not found"),
    ):
        with pytest.raises(MinIOError, match=why):
            await admin.add_tier(MinIOTier(**{"name": name, **place, **keys, **wrong}))
    await admin.add_tier(MinIOTier(name=name, **place, **keys))
    (found,) = [tier for tier in await admin.list_tiers() if tier.name == name]
    assert isinstance(found, MinIOTier)
    told = (found.endpoint, found.bucket, found.prefix, found.access_key)
    assert told == (minio.base_url, cold, "moved", minio.access_key)
    assert found.secret_key == "REDACTED"
    await admin.verify_tier(name)
    with pytest.raises(ConflictError, match="already exists"):
        await admin.add_tier(MinIOTier(name=name, **place, **keys))

    await client.set_bucket_lifecycle(bucket, [{"transition": {"days": 0, "storage_class": name}}])
    await client.put_object(bucket, "a b/ü", b"x" * 5000)
    moved = await eventually(
        lambda: client.get_object_metadata(bucket, "a b/ü"), lambda info: info.storage_class == name
    )
    assert moved.storage_class == name
    (there,) = other_view.list_objects_v2(Bucket=cold)["Contents"]
    assert (there["Key"].startswith("moved/"), there["Size"]) == (True, 5000)
    assert await client.get_object(bucket, "a b/ü") == b"x" * 5000
    with pytest.raises(ConflictError, match="in use"):
        await admin.add_tier(MinIOTier(name=f"{name}-2", **place, **keys))
    with pytest.raises(ConflictError, match="not empty"):
        await admin.remove_tier(name)
    usage = await eventually(
        admin.tier_usage, lambda usage: name in usage and usage[name].objects > 0
    )
    assert dict(usage[name]) == {
        "name": name, "kind": "minio", "size": 5000, "objects": 1, "versions": 1
    }  # fmt: skip

    with pytest.raises(MinIOError, match="signature"):
        await admin.edit_tier(name, access_key=minio.access_key, secret_key="another-secret")
    with pytest.raises(ValidationError, match="S3Tier"):
        await admin.edit_tier(name, aws_role=True)
    await admin.edit_tier(
        name, access_key=minio.access_key, secret_key=minio.secret_key
    )  # since MinIO uses those that it has refused
    await admin.verify_tier(name)
    other = client_of(setting, minio)
    await other.admin.add_user(setting.token, "a-secret-of-theirs")
    await other.admin.attach_policy("readwrite", user=setting.token)
    await admin.edit_tier(name, access_key=setting.token, secret_key="a-secret-of-theirs")
    (found,) = [tier for tier in await admin.list_tiers() if tier.name == name]
    assert dict(found) == {**dict(found), "access_key": setting.token}
    assert await client.get_object(bucket, "a b/ü") == b"x" * 5000
    await other.admin.remove_user(setting.token)
    with pytest.raises(MinIOError, match="does not exist"):
        await admin.verify_tier(name)
    await admin.remove_tier(name, force=True)
    assert name not in [tier.name for tier in await admin.list_tiers()]
    with pytest.raises(MinIOError):
        await client.get_object(bucket, "a b/ü")
    await admin.remove_tier(name)
    for missing in (
        admin.verify_tier(name),
        admin.edit_tier(name, access_key="nobody", secret_key="a-secret-of-theirs"),
    ):
        with pytest.raises(NotFoundError):
            await missing


async def test_an_empty_tier_of_another_kind(
    setting: Setting, client: AsyncMinIOClient, minio: Server, cold: str
) -> None:
    """It can be removed; keys that it has no use for change nothing, and MinIO would not say so."""
    admin, name = client.admin, setting.token.upper()
    tier = S3Tier(
        name=name,
        endpoint=minio.base_url,
        bucket=cold,
        region="us-east-1",
        access_key=minio.access_key,
        secret_key=minio.secret_key,
        storage_class="STANDARD",
    )
    await admin.add_tier(tier)
    (found,) = [each for each in await admin.list_tiers() if each.name == name]
    assert found == replace(tier, secret_key="REDACTED")
    for wrong in (
        admin.edit_tier(name, account_key="of Azure"),
        admin.edit_tier(name, credentials_json="of Google"),
    ):
        with pytest.raises(ValidationError, match=f"{name} is a S3Tier"):
            await wrong
    await admin.verify_tier(name)
    await admin.remove_tier(name)
    assert name not in [each.name for each in await admin.list_tiers()]


# -- the configuration -----------------------------------------------------------------------------


@async_only
async def test_a_configuration_is_exported_changed_and_imported(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    """MinIO keeps what is imported or restored, and uses it when it has been started again."""
    admin, name = client.admin, setting.token
    before = await admin.export_config()
    assert await admin.set_config("identity_tls", {"skip_verify": "on"}) is True
    (change,) = await admin.config_history(1)
    assert change.text == 'identity_tls skip_verify="on"'

    text = re.sub(r"(?m)^site name=\S*", f"site name={name}", before)
    assert text != before
    await admin.import_config(text)
    assert (await admin.config_history(1))[0].text == text
    await admin.restore_config(change.id)
    assert change.id not in [each.id for each in await admin.config_history()]
    with pytest.raises(NotFoundError):
        await admin.restore_config(change.id)

    async def told() -> str:
        with contextlib.suppress(MinIOError):  # it is being started
            (site,) = await admin.get_config("site")
            return str(site.settings["name"])
        return ""

    await admin.restart_server()
    assert await eventually(told, lambda found: found == name) == name
    (tls,) = await admin.get_config("identity_tls")
    assert tls.settings["skip_verify"] == "on"
    assert f"site name={name} " in await admin.export_config()
    await admin.import_config(before)  # for the next start
    await admin.clear_config_history("all")


@async_only
async def test_a_wrong_configuration_is_refused(client: AsyncMinIOClient) -> None:
    """As a whole, and with what is wrong with it."""
    before = await client.admin.export_config()
    for text, why in (
        ("nothing speed=slow", "unknown sub-system"),
        ('scanner speed="slow"\nsite region="a b"', "'a b' is invalid"),
        ("scanner speed=warp", "unknown 'warp' value"),
    ):
        with pytest.raises(MinIOError, match=why) as caught:
            await client.admin.import_config(text)
        assert caught.value.hint is None
    assert await client.admin.export_config() == before
    assert [each for each in await client.admin.config_history() if "warp" in each.text] == []


@sync_only
async def test_the_history_is_that_of_the_last_changes(client: AsyncMinIOClient) -> None:
    admin = client.admin
    begun = datetime.now(timezone.utc) - timedelta(seconds=2)  # it tells whole seconds
    texts = [f'scanner comment="change {number}"' for number in range(6)]
    for number in range(6):
        await admin.set_config("scanner", {"comment": f"change {number}"})
    history = await admin.config_history(4)
    assert [change.text for change in history] == texts[2:]
    for change in history:
        assert change.created_at is not None
        assert begun <= change.created_at <= datetime.now(timezone.utc) + timedelta(seconds=2)
    await admin.clear_config_history(history[0].id)
    await admin.clear_config_history(history[0].id)  # gone already
    left = [change.text for change in await admin.config_history(5)]
    assert left == [texts[0], texts[1], *texts[3:]][-5:]
    await admin.clear_config_history("all")
    assert await admin.config_history() == []
    (scanner,) = await admin.get_config("scanner")
    assert isinstance(scanner, AdminConfig)
    await admin.reset_config("scanner")
    await admin.clear_config_history("all")


# -- users and keys --------------------------------------------------------------------------------


class People:
    """A user with a policy, keys and a group, which have names of this test."""

    def __init__(self, setting: Setting) -> None:
        token = setting.token
        self.user, self.group, self.policy = f"{token}-ada", f"{token}-editors", f"{token}-write"
        self.resource = f"{token}-docs"

    async def add(self, client: AsyncMinIOClient) -> UserAccessKey:
        """Add them; the keys of the user's service account."""
        admin = client.admin
        writes = {
            "Effect": "Allow",
            "Action": ["s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{self.resource}/*"],
        }
        await admin.add_policy(self.policy, {"Version": "2012-10-17", "Statement": [writes]})
        await admin.add_user(self.user, SECRET)
        await admin.attach_policy(self.policy, user=self.user)
        await admin.add_to_group(self.group, self.user)
        await admin.attach_policy("readonly", group=self.group)
        ends = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)
        keys = await admin.add_service_account(
            user=self.user, secret_key=SECRET, name="laptop", expires_at=ends
        )
        return UserAccessKey(access_key=keys.access_key, parent=self.user, expires_at=ends)

    async def remove(self, client: AsyncMinIOClient) -> None:
        """Remove them, and the account with its user."""
        await client.admin.remove_user(self.user)
        with contextlib.suppress(MinIOError):
            await client.admin.remove_group(self.group)
        await client.admin.remove_policy(self.policy)


@pytest_asyncio.fixture
async def people(setting: Setting, client: AsyncMinIOClient) -> AsyncIterator[People]:
    found = People(setting)
    yield found
    await found.remove(client)


@async_only
async def test_whose_keys_and_policies_are_whose(
    setting: Setting, client: AsyncMinIOClient, people: People
) -> None:
    admin, root = client.admin, setting.server.access_key
    laptop = await people.add(client)
    own = await admin.add_service_account()
    keys = await admin.list_access_keys()
    assert keys[people.user] == UserAccessKeys(service_accounts=(laptop,))
    (mine,) = keys[root].service_accounts
    assert mine == UserAccessKey(access_key=own.access_key, parent=root)
    await admin.update_service_account(laptop.access_key, enabled=False)
    found = await admin.list_access_keys([people.user, "nobody"])
    assert found == {people.user: UserAccessKeys(service_accounts=(laptop,))}
    assert not (await admin.get_service_account(laptop.access_key)).enabled
    assert await admin.list_access_keys("nobody") == {}
    await admin.remove_service_account(own.access_key)

    both = await admin.policy_entities(users=[people.user, "nobody"], groups=[people.group])
    assert (both.users, both.groups) == (
        {people.user: (people.policy,)},
        {people.group: ("readonly",)},
    )
    assert both.policies == {}
    attached = {
        people.policy: PolicyUsers(users=(people.user,)),
        "readonly": PolicyUsers(groups=(people.group,)),
    }
    everything = await admin.policy_entities()
    assert (everything.users, everything.groups, everything.policies) == ({}, {}, attached)
    one = await admin.policy_entities(policies=[people.policy, "not-a-policy"])
    assert one.policies == {people.policy: attached[people.policy]}


async def test_sessions_are_ended_by_type_or_all(
    setting: Setting, client: AsyncMinIOClient, people: People
) -> None:
    """And what isn't a session of that user goes on."""
    await people.add(client)
    await client.admin.attach_policy("readwrite", user=people.user)
    url, revoke = setting.server.base_url, client.admin.revoke_tokens

    def session(token_revoke_type: str | None = None) -> Credentials:
        return AssumeRoleProvider(
            url, people.user, SECRET, token_revoke_type=token_revoke_type
        ).fetch()

    def of(keys: Credentials) -> AsyncMinIOClient:
        return setting.connect(access_key=None, secret_key=None, credentials=keys)

    async def alive(*keys: Credentials) -> list[bool]:
        found = []
        for each in keys:
            try:
                await of(each).list_buckets()
            except AccessDeniedError as error:
                assert error.code == "InvalidAccessKeyId"
                found.append(False)
            else:
                found.append(True)
        return found

    reports, copies, untyped = session("reports, ü & co"), session("copies"), session()
    root = AssumeRoleProvider(url, setting.server.access_key, setting.server.secret_key).fetch()
    await revoke("nobody", everything=True)
    await revoke(people.user, token_revoke_type="report")
    assert await alive(reports, copies, untyped) == [True, True, True]
    await revoke(people.user, token_revoke_type="reports, ü & co")
    assert await alive(reports, copies, untyped) == [False, True, True]
    with pytest.raises(MinIOError, match="No token revoke type") as caught:
        await of(untyped).admin.revoke_tokens()
    assert "everything=True" in (caught.value.hint or "")
    with pytest.raises(AccessDeniedError):
        await of(untyped).admin.revoke_tokens(setting.server.access_key, everything=True)
    await of(copies).admin.revoke_tokens()  # those of its own type
    assert await alive(copies, untyped) == [False, True]
    await of(untyped).admin.revoke_tokens(people.user, token_revoke_type="copies")
    again = session("copies")
    await revoke(people.user, everything=True)
    assert await alive(again, untyped, root) == [False, False, True]
    await revoke(everything=True)  # of root
    assert await alive(root, session()) == [False, True]
    with pytest.raises(NotSupportedError, match="no LDAP directory"):
        await revoke("ada", everything=True, provider="ldap")


@sync_only
async def test_users_and_their_keys_go_to_another_server(
    setting: Setting, client: AsyncMinIOClient, people: People, minio_tls: Server
) -> None:
    laptop = await people.add(client)
    own = await client.admin.add_service_account(secret_key=SECRET)
    await client.admin.set_group_status(people.group, True)
    archive = await client.admin.export_iam()
    await client.admin.remove_service_account(own.access_key)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert people.user.encode() in opened.read("iam-assets/users.json")

    there = client_of(setting, minio_tls)
    try:
        report = await there.admin.import_iam(archive)
        assert set(report) == {"added", "removed", "skipped", "failed"}
        added = report["added"]
        assert added["users"] == [people.user]
        assert added["groups"] == [people.group]
        assert people.policy in added["policies"]
        assert sorted(added["serviceAccounts"]) == sorted([laptop.access_key, own.access_key])
        assert added["userPolicies"] == [{people.user: [people.policy]}]
        assert added["groupPolicies"] == [{people.group: ["readonly"]}]
        assert (report["removed"], report["skipped"], report["failed"]) == ({}, {}, {})
        await there.create_bucket(people.resource)
        for access_key in (people.user, laptop.access_key):
            theirs = client_of(setting, minio_tls, access_key, SECRET)
            await theirs.put_object(people.resource, "a", access_key.encode())
            assert await theirs.get_object(people.resource, "a") == access_key.encode()
            with pytest.raises(AccessDeniedError):
                await theirs.delete_object(people.resource, "a")
        account = await there.admin.get_service_account(laptop.access_key)
        assert (account.parent, account.name, account.expires_at) == (
            people.user,
            "laptop",
            laptop.expires_at,
        )
        # The root user's keys are of a user who isn't there.
        with pytest.raises(AccessDeniedError):
            await client_of(setting, minio_tls, own.access_key, SECRET).list_buckets()
        await there.admin.import_iam(archive)  # once more is no error
        bad = io.BytesIO()
        with zipfile.ZipFile(bad, "w") as opened:
            opened.writestr("iam-assets/users.json", "{no")
        with pytest.raises(MinIOError, match=r"users\.json") as caught:
            await there.admin.import_iam(bad.getvalue())
        assert caught.value.hint is None
    finally:
        await there.delete_bucket(people.resource, force=True)
        await there.admin.remove_service_account(own.access_key)
        await people.remove(there)


# -- the server ------------------------------------------------------------------------------------


async def test_a_frozen_server_keeps_calls_waiting(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Until it has been told to go on as often as to stop."""
    await client.put_object(bucket, "a", b"x")
    hasty = setting.connect(timeout=0.5, max_retries=0)
    found: list[bytes] = []

    def read() -> None:
        place = setting.place(bucket)[0]
        found.append(setting.s3.get_object(Bucket=place, Key="a")["Body"].read())

    waiting = threading.Thread(target=read)
    frozen = 0
    try:
        for _ in range(2):
            await client.admin.freeze_server()
            frozen += 1
        waiting.start()
        for _ in range(2):
            with pytest.raises(MinIOTimeoutError):
                await hasty.get_object(bucket, "a")
            assert (await client.admin.server_info()).mode == "online"
            assert found == []
            await client.admin.unfreeze_server()
            frozen -= 1
    finally:
        for _ in range(frozen):
            await client.admin.unfreeze_server()
    waiting.join()
    assert found == [b"x"]
    assert await client.get_object(bucket, "a") == b"x"
    await client.admin.unfreeze_server()  # it isn't frozen


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1/minio.sha256sum"])
async def test_a_server_that_can_not_be_updated_says_so(client: AsyncMinIOClient, url: str) -> None:
    """The servers of the tests have updates off."""
    for dry_run in (True, False):
        with pytest.raises(NotSupportedError, match="MINIO_UPDATE=off"):
            await client.admin.update_server(url, dry_run=dry_run)
