"""What is done with tenants: added, listed, given other keys, removed. The same for every server.

Each step looks at what is there first, so that a run that ended in the middle is ended by the next one.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketNotFoundError,
    ConflictError,
    MinIOError,
    NotFoundError,
    ServerError,
    invalid,
)
from minio_sdk.flows import buckets, listing
from minio_sdk.flows.provisioning.backend import Account, Backend, Operator, Wanted, check_tenancy
from minio_sdk.flows.provisioning.records import Tenant, TenantAccess
from minio_sdk.flows.provisioning.servers import backend_of
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import canonical_tenant, check_flag, check_tenant_id
from minio_sdk.operation import Place
from minio_sdk.operations.admin_quota import check_quota
from minio_sdk.operations.list_objects import ListObjectsV2
from minio_sdk.tenancy import REGISTRY, slug_of

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
"""Seconds between questions with new keys, until the server knows them: 25 in all."""

ROUNDS = 5
"""How often the keys are listed until there are none but the new ones."""


@asynccontextmanager
async def _server(operator: Operator, name: str | None) -> AsyncIterator[Backend]:
    backend = await backend_of(operator, name)
    try:
        yield backend
    finally:
        await backend.close()


async def add(
    operator: Operator, name: str | None, tenant_id: str, quota: int | None, read_only: bool
) -> TenantAccess:
    """A user for the tenant, and its first keys."""
    check_tenant_id(tenant_id)
    wanted = Wanted(
        canonical_tenant(tenant_id),
        check_quota("quota", quota),
        check_flag("read_only", read_only),
    )
    async with _server(operator, name) as backend:
        backend.check(wanted)
        if operator.engine.config.tenancy == "prefix":
            await _shared_bucket(operator.engine)
        account = await backend.make(wanted)
        if account.keys:  # the last thing that is made, so that all is there
            *kept, newest = account.keys
            return _access(operator, backend, account, newest, kept=tuple(kept))
        keys = await _new_keys(operator, backend, account)
        return _access(operator, backend, account, keys.access_key, keys.secret_key)


async def rotate(
    operator: Operator, name: str | None, tenant_id: str, keep_old: bool
) -> TenantAccess:
    """Other keys for the tenant."""
    tenant_id = canonical_tenant(check_tenant_id(tenant_id))
    check_flag("keep_old", keep_old)
    async with _server(operator, name) as backend:
        account = await _found(backend, tenant_id)
        check_tenancy(operator.engine, account)
        keys = await _new_keys(operator, backend, account)
        kept, replaced = await _others(backend, account, keys.access_key, keep_old)
        return _access(
            operator, backend, account, keys.access_key, keys.secret_key,
            replaced=replaced, kept=kept,
        )  # fmt: skip


async def revoke(operator: Operator, name: str | None, tenant_id: str, access_key: str) -> bool:
    """End one pair of keys."""
    tenant_id = canonical_tenant(check_tenant_id(tenant_id))
    if not isinstance(access_key, str) or not access_key:
        raise invalid("access_key", access_key, "must be an access key of the tenant")
    async with _server(operator, name) as backend:
        account = await _found(backend, tenant_id)
        if access_key not in account.keys:
            return False  # also another tenant's: it isn't looked at
        await backend.end_key(account, access_key)
        return True


async def remove(operator: Operator, name: str | None, tenant_id: str, delete_data: bool) -> bool:
    """End the tenant's keys, rights and user, and with `delete_data` all that it has stored."""
    tenant_id = canonical_tenant(check_tenant_id(tenant_id))
    check_flag("delete_data", delete_data)
    async with _server(operator, name) as backend:
        if delete_data and (account := await backend.find(tenant_id)) is not None:
            check_tenancy(operator.engine, account)  # its data would not be found, and stay
        # Before the data, so that nothing is written while it goes.
        there = await backend.end(tenant_id, delete_data=delete_data)
        if delete_data:
            there |= await _delete_data(operator.engine, slug_of(tenant_id))
        return there


async def tenants(operator: Operator, name: str | None) -> list[Tenant]:
    """All tenants that have a user, and the buckets that belong to none of them."""
    async with _server(operator, name) as backend:
        accounts = await backend.accounts()
        slugs = {slug_of(account.tenant_id): account for account in accounts}
        owned: dict[str, list[str]] = {slug: [] for slug in slugs}
        nobodys: list[str] = []
        for slug, bucket in await _buckets(operator.engine):
            owned.get(slug, nobodys).append(bucket)
        found = [
            Tenant(
                tenant_id=account.tenant_id, slug=slug, server=backend.server, user=account.user,
                access_keys=account.keys, quota=account.quota, read_only=account.read_only,
                created=account.created,
                buckets=tuple(owned[slug]) if account.buckets is None else account.buckets,
            )
            for slug, account in slugs.items()
        ]  # fmt: skip
        found.sort(key=lambda tenant: tenant.tenant_id or "")
        if nobodys:
            found.append(Tenant(tenant_id=None, server=backend.server, buckets=tuple(nobodys)))
        return found


async def _found(backend: Backend, tenant_id: str) -> Account:
    account = await backend.find(tenant_id)
    if account is None:
        raise NotFoundError(
            f"tenant {tenant_id!r} has no user on this server",
            code="NoSuchTenant", operation="provision", hint="add() it first",
        )  # fmt: skip
    return account


def _access(
    operator: Operator,
    backend: Backend,
    account: Account,
    access_key: str,
    secret_key: str | None = None,
    *,
    replaced: tuple[str, ...] = (),
    kept: tuple[str, ...] = (),
) -> TenantAccess:
    config = operator.engine.config
    return TenantAccess(
        tenant_id=account.tenant_id,
        access_key=access_key,
        secret_key=secret_key,
        server=backend.server,
        user=account.user,
        read_only=account.read_only,
        base_url=",".join(config.endpoints),
        region=config.region,
        tenancy=config.tenancy,
        shared_bucket=config.shared_bucket,
        replaced=replaced,
        kept=kept,
    )


# -- keys ------------------------------------------------------------------------------------------


async def _new_keys(operator: Operator, backend: Backend, account: Account) -> Credentials:
    """A pair of keys that the server has been seen to take; where it doesn't, nothing is left of it."""
    keys = await backend.new_key(account)
    try:
        await _wait_until_known(operator, account.tenant_id, keys)
    except BaseException:
        try:
            await backend.end_key(account, keys.access_key)
        except MinIOError:
            pass  # what went wrong first says more
        raise
    return keys


async def _wait_until_known(operator: Operator, tenant_id: str, keys: Credentials) -> None:
    """Users and keys reach all parts of a large server in their own time."""
    engine = operator.view(
        tenant_id=tenant_id, credentials=keys, access_key=None, secret_key=None, session_token=None
    )
    question = _question(engine)
    for pause in (*PAUSES, None):
        try:
            await engine.send(question)
            return
        except NotFoundError:
            return  # who may not look isn't told that there is nothing
        except AccessDeniedError as error:
            if pause is None:
                raise ServerError(
                    f"the server has made keys for tenant {tenant_id!r} and doesn't let them in "
                    f"({error.message}); they were taken back, and older ones still work",
                    operation="provision", status=error.status,
                    hint="try again; if it stays so, see that tenancy and shared_bucket are those that the "
                    "tenant was added with, and that no policy denies",
                ) from None  # fmt: skip
            await engine.transport.sleep(pause)


def _question(engine: Engine) -> ListObjectsV2:
    """What every tenant may ask: what is in a bucket that would be its own, and isn't there."""
    return ListObjectsV2(engine.place(f"probe-{secrets.token_hex(6)}"), max_keys=1)


async def _others(
    backend: Backend, account: Account, new: str, keep_old: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which older keys were kept, and which ended.

    Listed again until there are none: on some servers old keys can make others while they last.
    """
    ended: list[str] = []
    for _ in range(ROUNDS):
        now = (await _found(backend, account.tenant_id)).keys
        if new not in now:
            break
        others = [key for key in now if key != new]
        if keep_old or not others:
            gone = [key for key in account.keys if key not in now and key not in ended]
            return tuple(others), tuple(ended + gone)
        for key in others:
            await backend.end_key(account, key)
        ended += others
    raise ConflictError(
        f"somebody else is changing the keys of tenant {account.tenant_id!r} at the same time",
        operation="provision",
        hint="rotate() again when they have ended",
    )


# -- buckets ---------------------------------------------------------------------------------------


async def _shared_bucket(engine: Engine) -> None:
    """The bucket that tenants share, which none of them may make."""
    shared = engine.config.shared_bucket
    if not await buckets.exists(engine, shared):
        try:
            await buckets.create(engine, shared)
        except ConflictError:
            pass  # another client was quicker


async def _buckets(engine: Engine) -> list[tuple[str, str]]:
    """Slug and name of each bucket."""
    if engine.config.tenancy == "bucket":
        names = [info.name for info in await buckets.list_all(engine)]
        return [(name.partition("-")[0] if "-" in name else "", name) for name in names]
    shared = engine.config.shared_bucket
    whole = Place(None, shared, "", f"/{shared}")
    found: list[tuple[str, str]] = []
    try:
        async for page in listing.pages(engine, whole, delimiter="/"):
            for folder in page.objects:
                slug = folder.key.removesuffix("/")
                if folder.is_prefix and slug:
                    registry = Place(None, shared, f"{slug}/{REGISTRY}/", f"/{shared}")
                    markers = [item.key async for item in listing.objects(engine, registry)]
                    found += [(slug, f"{shared}/{slug}/{bucket}") for bucket in markers]
    except BucketNotFoundError:
        return []
    return found


async def _delete_data(engine: Engine, slug: str) -> bool:
    """Everything of a tenant, its snapshots included; whether there was any."""
    if engine.config.tenancy == "prefix":
        shared = engine.config.shared_bucket
        place = Place(None, shared, f"{slug}/", f"/{shared}")
        try:
            page = await engine.send(ListObjectsV2(place, max_keys=1))
            await buckets.clear(engine, place)
        except BucketNotFoundError:
            return False
        return bool(page.objects)
    mine = [name for owner, name in await _buckets(engine) if owner == slug]
    for name in mine:
        try:
            await buckets.delete(engine, name, force=True)
        except BucketNotFoundError:
            continue  # an earlier run was at it, or somebody else is
    return bool(mine)
