"""The identity providers of MinIO."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from minio_sdk.engine import Engine
from minio_sdk.errors import ServerError
from minio_sdk.flows.admin_calls import send, told
from minio_sdk.flows.admin_config import Settings, change_settings
from minio_sdk.models.admin_access import OpenIDUserAccessKeys
from minio_sdk.models.admin_config import (
    IdentityProvider,
    IdentityProviderConfig,
    ProviderKind,
)
from minio_sdk.models.showing import RecordList
from minio_sdk.operations import admin_identity as ops
from minio_sdk.operations.admin_config import config_pairs, written
from minio_sdk.operations.admin_users import names_of

Change = type[ops.AdminAddIdentityProvider] | type[ops.AdminUpdateIdentityProvider]


async def list_providers(engine: Engine, kind: ProviderKind | None) -> RecordList[IdentityProvider]:
    """The providers of a kind, or all."""
    found: list[IdentityProvider] = []
    for each in (kind,) if kind is not None else ops.SUBSYSTEMS:
        operation = ops.AdminListIdentityProviders(each)
        found += await told(engine, operation, ops.providers_in)
    return RecordList(found)


async def get_provider(engine: Engine, kind: ProviderKind, name: str) -> IdentityProviderConfig:
    """What one is set to."""
    operation = ops.AdminGetIdentityProvider(kind, name)
    found = await told(engine, operation, ops.provider_in)
    if (found.kind, found.name) != (kind, name):
        raise engine.named(ServerError("the answer is about another provider"), operation)
    return found


async def add_provider(engine: Engine, kind: ProviderKind, settings: Settings, name: str) -> bool:
    """Add one; whether the servers have to be restarted for it."""
    return await _change(engine, ops.AdminAddIdentityProvider, kind, settings, name)


async def update_provider(
    engine: Engine, kind: ProviderKind, settings: Settings, name: str
) -> bool:
    """Change settings of one; whether the servers have to be restarted for it."""
    return await _change(engine, ops.AdminUpdateIdentityProvider, kind, settings, name)


async def _change(
    engine: Engine, operation: Change, kind: ProviderKind, settings: Settings, name: str
) -> bool:
    make = partial(operation, kind=kind, provider=name)
    ops.check_provider(kind, name)
    values = written(settings)
    subsystem = ops.SUBSYSTEMS[kind]
    return await change_settings(engine, make, subsystem, partial(config_pairs, subsystem, values))


async def list_access_keys(
    engine: Engine, users: Iterable[str] | None, provider: str | None
) -> RecordList[OpenIDUserAccessKeys]:
    """The keys of users of OpenID Connect."""
    found = None if users is None else names_of("users", users)
    operation = ops.AdminListOpenIDAccessKeys(found, provider)
    return RecordList(await told(engine, operation, ops.openid_keys_in))


async def remove_provider(engine: Engine, kind: ProviderKind, name: str) -> bool:
    """Remove one; whether the servers have to be restarted for it."""
    return await send(engine, ops.AdminRemoveIdentityProvider(kind=kind, provider=name))
