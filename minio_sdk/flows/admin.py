"""MinIO's admin API: users, groups, policies, service accounts, quotas, and what the server is.

Rule of this file: what our own first try has done, whose answer was lost, is no error of the second.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    ConflictError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ServerError,
    ValidationError,
    invalid,
)
from minio_sdk.flows.admin_calls import gone, known, opened, sealed, send, told
from minio_sdk.flows.settings import own_place
from minio_sdk.models.admin import AdminServerInfo, DataUsage, Group, ServiceAccount, User
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import check_flag
from minio_sdk.models.secret import SecretBytes
from minio_sdk.models.showing import RecordList
from minio_sdk.operations import admin as ops
from minio_sdk.operations import admin_accounts as accounts
from minio_sdk.operations import admin_policies as policies
from minio_sdk.operations import admin_quota as quotas
from minio_sdk.operations import admin_users as users
from minio_sdk.wire.policy import read_policy, write_policy

Policy = str | bytes | Mapping[str, Any]
"""A policy document: JSON text, or what it says."""

_APPLIED = "XMinioAdminPolicyChangeAlreadyApplied"
_TAKEN = "XMinioIAMServiceAccountNotAllowed"
_KEY_LETTERS = string.ascii_uppercase + string.digits
_SECRET_LETTERS = string.ascii_letters + string.digits


def _document(policy: object) -> dict[str, Any]:
    document = read_policy(policy)
    if not document:
        raise invalid("policy", policy, "must have a Statement")
    write_policy(document)
    return document


# -- the server ------------------------------------------------------------------------------------


async def server_info(engine: Engine) -> AdminServerInfo:
    """The servers, their drives, what they hold."""
    return await send(engine, ops.AdminInfo())


async def data_usage(engine: Engine) -> DataUsage:
    """What the last scan found, of the tenant's buckets."""
    operation = ops.AdminDataUsage()
    if engine.scope.registry() is not None:
        error = NotSupportedError(
            "MinIO counts whole buckets, and with tenancy='prefix' all tenants share one",
            hint="tenancy='bucket'",
        )
        raise engine.named(error, operation)
    usage = await send(engine, operation)
    if engine.config.tenant_id is None:
        return usage
    names = {name: engine.scope.own(name) for name in usage.buckets}
    own = {mine: usage.buckets[name] for name, mine in names.items() if mine is not None}
    return replace(
        usage,
        buckets=own,
        size=sum(bucket.size for bucket in own.values()),
        objects=sum(bucket.objects for bucket in own.values()),
    )


async def set_bucket_quota(engine: Engine, bucket: str, size: int | None) -> None:
    """The most bytes that a bucket may hold."""
    place = own_place(engine, bucket, quotas.AdminSetBucketQuota.name)
    await send(engine, quotas.AdminSetBucketQuota(place, size))


async def get_bucket_quota(engine: Engine, bucket: str) -> int | None:
    """The most bytes that a bucket may hold, None for no limit."""
    place = own_place(engine, bucket, quotas.AdminGetBucketQuota.name)
    return await send(engine, quotas.AdminGetBucketQuota(place))


# -- users and groups ------------------------------------------------------------------------------


async def add_user(
    engine: Engine, access_key: str, secret_key: str, *, enabled: bool = True
) -> None:
    """A user, or another secret and state for the one there is."""
    check_flag("enabled", enabled)
    plain = users.user_request(secret_key, enabled)
    await sealed(engine, lambda body: users.AdminAddUser(access_key, body), plain)


async def remove_user(engine: Engine, access_key: str) -> None:
    """Remove a user with its service accounts."""
    await gone(engine, users.AdminRemoveUser(access_key))


async def set_user_status(engine: Engine, access_key: str, enabled: bool) -> None:
    """Let a user sign requests, or not."""
    check_flag("enabled", enabled)
    await send(engine, users.AdminSetUserStatus(access_key, enabled))


async def get_user(engine: Engine, access_key: str) -> User:
    """One user."""
    return await send(engine, users.AdminUserInfo(access_key))


async def list_users(engine: Engine) -> RecordList[User]:
    """All users, by name."""
    return RecordList(await told(engine, users.AdminListUsers(), users.users_in))


def _members(members: str | Iterable[str]) -> tuple[str, ...]:
    found = users.names_of("members", members)
    if not found:
        # MinIO would make an empty group, or remove the one there is.
        raise ValidationError("members: there are none")
    return found


async def add_to_group(engine: Engine, group: str, members: str | Iterable[str]) -> None:
    """Put users into a group, which is made when it isn't there."""
    await send(engine, users.AdminUpdateGroup(group, _members(members)))


async def remove_from_group(engine: Engine, group: str, members: str | Iterable[str]) -> None:
    """Take users out of a group."""
    await send(engine, users.AdminUpdateGroup(group, _members(members), remove=True))


async def remove_group(engine: Engine, group: str) -> None:
    """Remove a group that has no members."""
    await gone(engine, users.AdminUpdateGroup(group, (), remove=True))


async def set_group_status(engine: Engine, group: str, enabled: bool) -> None:
    """Put a group's policies in force, or not."""
    check_flag("enabled", enabled)
    await send(engine, users.AdminSetGroupStatus(group, enabled))


async def get_group(engine: Engine, group: str) -> Group:
    """One group."""
    return await send(engine, users.AdminGroupInfo(group))


async def list_groups(engine: Engine) -> list[str]:
    """The names of all groups."""
    return await send(engine, users.AdminListGroups())


# -- policies --------------------------------------------------------------------------------------


async def add_policy(engine: Engine, name: str, policy: Policy) -> None:
    """A policy under a name, in place of what had it."""
    await send(engine, policies.AdminAddPolicy(name, _document(policy)))


async def get_policy(engine: Engine, name: str) -> dict[str, Any]:
    """The document under a name."""
    return await send(engine, policies.AdminPolicyInfo(name))


async def list_policies(engine: Engine) -> dict[str, dict[str, Any]]:
    """All documents by name."""
    return await send(engine, policies.AdminListPolicies())


async def remove_policy(engine: Engine, name: str) -> None:
    """Remove a policy; MinIO doesn't tell whether there was one."""
    await send(engine, policies.AdminRemovePolicy(name))


async def attach_policy(
    engine: Engine, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
) -> None:
    """Policies for a user or a group, beside those it has."""
    await associate(engine, policies.AdminAttachPolicy, name, user, group)


async def detach_policy(
    engine: Engine, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
) -> None:
    """Policies that a user or a group no longer has."""
    await associate(engine, policies.AdminDetachPolicy, name, user, group)


async def associate(
    engine: Engine,
    operation: type[policies.Association],
    name: str | Sequence[str],
    user: str | None,
    group: str | None,
) -> None:
    """Attach policies, or detach them; what is so already is no error."""
    names = [name] if isinstance(name, str) else name
    plain = policies.association_request(names, user, group)
    try:
        told = partial(operation, policy=",".join(names), user=user, group=group)
        await sealed(engine, told, plain)
    except MinIOError as error:
        if error.code != _APPLIED:  # it is as it should be, by us or by others
            raise


# -- service accounts ------------------------------------------------------------------------------


async def add_service_account(
    engine: Engine,
    *,
    user: str | None = None,
    policy: Policy | None = None,
    name: str | None = None,
    description: str | None = None,
    expires_at: datetime | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
) -> Credentials:
    """New keys of a user. They are made here, so that a second try can't make a second pair."""
    accounts.check_words(name, description)
    accounts.check_expiry(expires_at, engine.transport.signing.now())
    document = None if policy is None else _document(policy)
    if user is not None:
        users.check_name(user, "user")
    keys = _new_keys(access_key, secret_key, expires_at)
    if access_key is not None:
        await _check_free(engine, access_key)
    plain = accounts.account_request(
        keys=keys, user=user, policy=document, name=name, description=description,
        expires_at=expires_at,
    )  # fmt: skip
    return await _add(engine, keys, plain)


async def _add(engine: Engine, keys: Credentials, plain: SecretBytes) -> Credentials:
    try:
        told = partial(accounts.AdminAddServiceAccount, access_key=keys.access_key)
        body, secret = await sealed(engine, told, plain)
    except ConflictError as error:
        # It wasn't there before. If it is now, our first try has made it, and its answer was lost.
        again = error.code == _TAKEN and error.attempts > 1
        if again and await _exists(engine, keys.access_key):
            return keys
        raise
    try:
        return await _made(engine, keys, body, secret)
    except MinIOError:
        # Nobody has these keys, and nobody should.
        with suppress(MinIOError):
            await engine.send(accounts.AdminRemoveServiceAccount(keys.access_key))
        raise


async def _made(engine: Engine, keys: Credentials, body: bytes, secret: str) -> Credentials:
    """The keys of a new account as the server tells them, which are those that it was given."""
    operation = accounts.AdminAddServiceAccount(b"")
    made = await opened(engine, operation, body, accounts.keys_in, secret)
    if (made.access_key, made.secret_key) != (keys.access_key, keys.secret_key):
        raise engine.named(ServerError("the server made other keys than it was given"), operation)
    return made


def new_secret() -> str:
    """A secret of 40 characters, as AWS's are; letters and digits, which no command takes for an option."""
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(40))


def _new_keys(
    access_key: str | None, secret_key: str | None, expires_at: datetime | None
) -> Credentials:
    if access_key is None:
        access_key = "".join(secrets.choice(_KEY_LETTERS) for _ in range(20))
    if secret_key is None:
        secret_key = new_secret()
    users.check_secret_key(secret_key)
    return Credentials(users.check_new_key(access_key), secret_key, expires_at=expires_at)


async def _check_free(engine: Engine, access_key: str) -> None:
    if await _exists(engine, access_key):
        taken = ConflictError(f"there is a service account {access_key!r}")
        taken.hint = "another access key"
        raise engine.named(taken, accounts.AdminAddServiceAccount(b""))


async def _exists(engine: Engine, access_key: str) -> bool:
    operation = accounts.AdminServiceAccountInfo(access_key)
    await known(engine, operation)
    try:
        await engine.send(operation)
    except NotFoundError:
        return False
    except AccessDeniedError as error:
        if error.code != "AccessDenied":
            raise  # the client's own keys are wrong; else it is there, and somebody else's
    return True


async def list_service_accounts(
    engine: Engine, user: str | None = None
) -> RecordList[ServiceAccount]:
    """The service accounts of a user, None for the caller's own."""
    operation = accounts.AdminListServiceAccounts(user)
    return RecordList(await told(engine, operation, accounts.accounts_in))


async def get_service_account(engine: Engine, access_key: str) -> ServiceAccount:
    """One service account, with its policy."""
    operation = accounts.AdminServiceAccountInfo(access_key)
    return await told(engine, operation, lambda plain: accounts.account_in(plain, access_key))


async def get_temporary_account(engine: Engine, access_key: str) -> ServiceAccount:
    """The keys of a session."""
    operation = accounts.AdminTemporaryAccountInfo(access_key)
    return await told(engine, operation, lambda plain: accounts.account_in(plain, access_key))


async def update_service_account(
    engine: Engine,
    access_key: str,
    *,
    policy: Policy | None = None,
    name: str | None = None,
    description: str | None = None,
    expires_at: datetime | None = None,
    secret_key: str | None = None,
    enabled: bool | None = None,
) -> None:
    """Change what is given.

    MinIO takes an account's own policy away, and so gives it all that its user may, where a change names
    none: so the policy that it has is read and sent again.
    """
    users.check_name(access_key)
    accounts.check_words(name, description)
    accounts.check_expiry(expires_at, engine.transport.signing.now())
    if secret_key is not None:
        users.check_secret_key(secret_key)
    if enabled is not None:
        check_flag("enabled", enabled)
    document: Mapping[str, Any] | None = None if policy is None else read_policy(policy)
    if document:
        write_policy(document)
    if document is None:
        document = (await get_service_account(engine, access_key)).policy
    plain = accounts.change_request(
        policy=document, name=name, description=description, expires_at=expires_at,
        secret_key=secret_key, enabled=enabled,
    )  # fmt: skip
    await sealed(engine, lambda body: accounts.AdminUpdateServiceAccount(access_key, body), plain)


async def remove_service_account(engine: Engine, access_key: str) -> None:
    """Remove a service account."""
    await gone(engine, accounts.AdminRemoveServiceAccount(access_key))
