"""MinIO's admin API: users, groups, policies, service accounts, quotas, and what the server is.

Rules of this file. Nothing but a harmless question goes to a server that isn't known to be MinIO: to others
``PUT /minio/admin/v3/add-user`` is an upload to bucket ``minio``. And what our own first try has done, whose
answer was lost, is no error of the second.
"""

from __future__ import annotations

import json
import os
import secrets
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

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
from minio_sdk.flows.settings import own_place
from minio_sdk.models.admin import AdminServerInfo, DataUsage, Group, ServiceAccount, User
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import check_flag
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operation import Operation
from minio_sdk.operations import admin as ops
from minio_sdk.operations import admin_accounts as accounts
from minio_sdk.operations import admin_policies as policies
from minio_sdk.operations import admin_quota as quotas
from minio_sdk.operations import admin_users as users
from minio_sdk.retry import RETRIED_STATUSES
from minio_sdk.wire.failure import error_of
from minio_sdk.wire.message import Reply
from minio_sdk.wire.policy import read_policy, write_policy
from minio_sdk.wire.quirks import is_minio
from minio_sdk.wire.sealing import RANDOM, seal, unseal
from minio_sdk.wire.xml import XmlError

T = TypeVar("T")
R = TypeVar("R")

Policy = str | bytes | Mapping[str, Any]
"""A policy document: JSON text, or what it says."""

_APPLIED = "XMinioAdminPolicyChangeAlreadyApplied"
_TAKEN = "XMinioIAMServiceAccountNotAllowed"
_KEY_LETTERS = string.ascii_uppercase + string.digits


# -- who is asked, and how -------------------------------------------------------------------------


async def has_admin(engine: Engine) -> bool:
    """Whether the server is MinIO; asked with a question that no server takes for a change.

    What is known for sure is remembered. A proxy may say no in its own words, and yes a moment later.

    Raises:
        ServerError: the server is not up yet; the next call asks again.
    """
    api = engine.api
    if api.admin is None:
        admin = is_minio(api.server) if await engine.speaks() == "s3" else False
        if admin is None:
            reply = await engine.exchange(ops.AdminInfo().request())
            if reply.status in RETRIED_STATUSES:
                raise error_of(reply, "")
            known = is_minio(reply.headers.get("server"))
            if known is None and not _speaks_admin(reply):
                return False
            admin = known is not False
        api.admin = admin
    return api.admin


def _speaks_admin(reply: Reply) -> bool:
    """Whether an answer to `AdminInfo` is what no S3 server says."""
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    # S3 says no in XML; only the admin API does it in JSON, and names its own path.
    asked = ops.AdminInfo().request().path
    told = {"mode", "servers"} if reply.status == 200 else {"Code", "HostId"}
    return told <= set(document) and (reply.status == 200 or document.get("Resource") == asked)


async def _known(engine: Engine, operation: Operation[Any]) -> None:
    """Make sure that an operation of the admin API may be sent; its arguments come first."""
    try:
        operation.request()
        if not await has_admin(engine):
            server = engine.api.server
            raise NotSupportedError(
                "it belongs to MinIO's admin API, and this server is not MinIO"
                + (f" (it says that it is {server!r})" if server else "")
            )
    except MinIOError as error:
        engine.named(error, operation)
        raise


async def _send(engine: Engine, operation: Operation[T]) -> T:
    await _known(engine, operation)
    return await engine.send(operation)


async def _secret(engine: Engine, operation: Operation[Any]) -> str:
    """The secret key in force, for which a provider may have to wait."""
    try:
        keys = await engine.transport.call(engine.transport.signing.provider.credentials)
        if keys is None:
            raise AccessDeniedError(
                "the admin API is not for anonymous clients", hint="give access_key and secret_key"
            )
    except MinIOError as error:
        engine.named(error, operation)
        raise
    return keys.secret_key


async def _sealed(
    engine: Engine, make: Callable[[bytes], Operation[T]], plain: SecretBytes
) -> tuple[T, str]:
    """The answer to an operation whose body is sealed, and the secret key that it is sealed with."""
    draft = make(b"")
    await _secret(engine, draft)
    await _known(engine, draft)
    for last in (False, True):
        secret = await _secret(engine, draft)
        random = os.urandom(RANDOM)
        try:
            sealed = await engine.transport.call(seal, secret, plain, random)
        except MinIOError as error:
            engine.named(error, draft)
            raise
        try:
            return await engine.send(make(sealed)), secret
        except MinIOError:
            # Short-lived keys may have been replaced between sealing and signing.
            if last or await _secret(engine, draft) == secret:
                raise
    raise AssertionError("the second try returns or raises")


async def _open(
    engine: Engine, operation: Operation[Any], body: bytes, read: Callable[[bytes], R], secret: str
) -> R:
    """What `read` makes of a sealed answer."""
    try:
        try:
            plain = SecretBytes(await engine.transport.call(unseal, secret, body))
        except MinIOError:
            now = await _secret(engine, operation)
            if now == secret:
                raise
            plain = SecretBytes(await engine.transport.call(unseal, now, body))
        return read(plain)
    except XmlError as reason:
        error = ServerError(f"the answer can't be read: {reason}")
        engine.named(error, operation)
        raise error from None
    except MinIOError as error:
        engine.named(error, operation)
        raise


async def _told(engine: Engine, operation: Operation[bytes], read: Callable[[bytes], R]) -> R:
    """What `read` makes of the sealed answer to a plain question."""
    secret = await _secret(engine, operation)
    await _known(engine, operation)
    return await _open(engine, operation, await engine.send(operation), read, secret)


async def _gone(engine: Engine, operation: Operation[None]) -> None:
    """Remove something. That it isn't there is an error, unless our own first try has removed it."""
    try:
        await _send(engine, operation)
    except NotFoundError as error:
        if error.attempts == 1:
            raise


def _document(policy: object) -> dict[str, Any]:
    document = read_policy(policy)
    if not document:
        raise invalid("policy", policy, "must have a Statement")
    write_policy(document)
    return document


# -- the server ------------------------------------------------------------------------------------


async def server_info(engine: Engine) -> AdminServerInfo:
    """The servers, their drives, what they hold."""
    return await _send(engine, ops.AdminInfo())


async def data_usage(engine: Engine) -> DataUsage:
    """What the last scan found, of the tenant's buckets."""
    operation = ops.AdminDataUsage()
    if engine.scope.registry() is not None:
        error = NotSupportedError(
            "MinIO counts whole buckets, and with tenancy='prefix' all tenants share one",
            hint="tenancy='bucket'",
        )
        engine.named(error, operation)
        raise error
    usage = await _send(engine, operation)
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
    await _send(engine, quotas.AdminSetBucketQuota(place, size))


async def get_bucket_quota(engine: Engine, bucket: str) -> int | None:
    """The most bytes that a bucket may hold, None for no limit."""
    place = own_place(engine, bucket, quotas.AdminGetBucketQuota.name)
    return await _send(engine, quotas.AdminGetBucketQuota(place))


# -- users and groups ------------------------------------------------------------------------------


async def add_user(
    engine: Engine, access_key: str, secret_key: str, *, enabled: bool = True
) -> None:
    """A user, or another secret and state for the one there is."""
    check_flag("enabled", enabled)
    plain = users.user_request(secret_key, enabled)
    await _sealed(engine, lambda sealed: users.AdminAddUser(access_key, sealed), plain)


async def remove_user(engine: Engine, access_key: str) -> None:
    """Remove a user with its service accounts."""
    await _gone(engine, users.AdminRemoveUser(access_key))


async def set_user_status(engine: Engine, access_key: str, enabled: bool) -> None:
    """Let a user sign requests, or not."""
    check_flag("enabled", enabled)
    await _send(engine, users.AdminSetUserStatus(access_key, enabled))


async def get_user(engine: Engine, access_key: str) -> User:
    """One user."""
    return await _send(engine, users.AdminUserInfo(access_key))


async def list_users(engine: Engine) -> list[User]:
    """All users, by name."""
    return await _told(engine, users.AdminListUsers(), users.users_in)


def _members(members: str | Iterable[str]) -> tuple[str, ...]:
    found = (members,) if isinstance(members, str) else tuple(members)
    if not found:
        # MinIO would make an empty group, or remove the one there is.
        raise ValidationError("members: there are none")
    return found


async def add_to_group(engine: Engine, group: str, members: str | Iterable[str]) -> None:
    """Put users into a group, which is made when it isn't there."""
    await _send(engine, users.AdminUpdateGroup(group, _members(members)))


async def remove_from_group(engine: Engine, group: str, members: str | Iterable[str]) -> None:
    """Take users out of a group."""
    await _send(engine, users.AdminUpdateGroup(group, _members(members), remove=True))


async def remove_group(engine: Engine, group: str) -> None:
    """Remove a group that has no members."""
    await _gone(engine, users.AdminUpdateGroup(group, (), remove=True))


async def set_group_status(engine: Engine, group: str, enabled: bool) -> None:
    """Put a group's policies in force, or not."""
    check_flag("enabled", enabled)
    await _send(engine, users.AdminSetGroupStatus(group, enabled))


async def get_group(engine: Engine, group: str) -> Group:
    """One group."""
    return await _send(engine, users.AdminGroupInfo(group))


async def list_groups(engine: Engine) -> list[str]:
    """The names of all groups."""
    return await _send(engine, users.AdminListGroups())


# -- policies --------------------------------------------------------------------------------------


async def add_policy(engine: Engine, name: str, policy: Policy) -> None:
    """A policy under a name, in place of what had it."""
    await _send(engine, policies.AdminAddPolicy(name, _document(policy)))


async def get_policy(engine: Engine, name: str) -> dict[str, Any]:
    """The document under a name."""
    return await _send(engine, policies.AdminPolicyInfo(name))


async def list_policies(engine: Engine) -> dict[str, dict[str, Any]]:
    """All documents by name."""
    return await _send(engine, policies.AdminListPolicies())


async def remove_policy(engine: Engine, name: str) -> None:
    """Remove a policy; MinIO doesn't tell whether there was one."""
    await _send(engine, policies.AdminRemovePolicy(name))


async def attach_policy(
    engine: Engine, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
) -> None:
    """Policies for a user or a group, beside those it has."""
    await _associate(engine, policies.AdminAttachPolicy, name, user, group)


async def detach_policy(
    engine: Engine, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
) -> None:
    """Policies that a user or a group no longer has."""
    await _associate(engine, policies.AdminDetachPolicy, name, user, group)


async def _associate(
    engine: Engine,
    operation: Callable[[bytes], Operation[bytes]],
    name: str | Sequence[str],
    user: str | None,
    group: str | None,
) -> None:
    names = [name] if isinstance(name, str) else name
    plain = policies.association_request(names, user, group)
    try:
        await _sealed(engine, operation, plain)
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
    try:
        body, secret = await _sealed(engine, accounts.AdminAddServiceAccount, plain)
    except ConflictError as error:
        if error.code == _TAKEN and error.attempts > 1:
            return keys  # it wasn't there before: our first try has made it
        raise
    operation = accounts.AdminAddServiceAccount(b"")
    made = await _open(engine, operation, body, accounts.keys_in, secret)
    if (made.access_key, made.secret_key) != (keys.access_key, keys.secret_key):
        wrong = ServerError("the server made other keys than it was given")
        engine.named(wrong, operation)
        raise wrong
    return made


def _new_keys(
    access_key: str | None, secret_key: str | None, expires_at: datetime | None
) -> Credentials:
    if access_key is None:
        access_key = "".join(secrets.choice(_KEY_LETTERS) for _ in range(20))
    if secret_key is None:
        secret_key = secrets.token_urlsafe(30)
    users.check_secret_key(secret_key)
    return Credentials(users.check_new_key(access_key), secret_key, expires_at=expires_at)


async def _check_free(engine: Engine, access_key: str) -> None:
    operation = accounts.AdminServiceAccountInfo(access_key)
    await _known(engine, operation)
    try:
        await engine.send(operation)
    except NotFoundError:
        return
    except AccessDeniedError as error:
        if error.code != "AccessDenied":
            raise  # the client's own keys are wrong; else the account is somebody else's
    taken = ConflictError(f"there is a service account {access_key!r}", hint="another access key")
    engine.named(taken, accounts.AdminAddServiceAccount(b""))
    raise taken


async def list_service_accounts(engine: Engine, user: str | None = None) -> list[ServiceAccount]:
    """The service accounts of a user, None for the caller's own."""
    operation = accounts.AdminListServiceAccounts(user)
    return await _told(engine, operation, accounts.accounts_in)


async def get_service_account(engine: Engine, access_key: str) -> ServiceAccount:
    """One service account, with its policy."""
    operation = accounts.AdminServiceAccountInfo(access_key)
    return await _told(engine, operation, lambda plain: accounts.account_in(plain, access_key))


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
    await _sealed(
        engine, lambda sealed: accounts.AdminUpdateServiceAccount(access_key, sealed), plain
    )


async def remove_service_account(engine: Engine, access_key: str) -> None:
    """Remove a service account."""
    await _gone(engine, accounts.AdminRemoveServiceAccount(access_key))
