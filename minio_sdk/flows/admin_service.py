"""What stops, restarts, updates and looks into MinIO's servers; exports; the KMS; who may do what."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotFoundError, ServerError, ValidationError, invalid
from minio_sdk.flows.admin import associate
from minio_sdk.flows.admin_calls import send, told
from minio_sdk.flows.settings import own_place
from minio_sdk.models.admin_access import (
    AccountInfo,
    KMSKeyStatus,
    KMSStatus,
    PolicyEntities,
    UserAccessKeys,
    UserProvider,
)
from minio_sdk.models.admin_config import ServiceResult
from minio_sdk.models.names import check_flag
from minio_sdk.models.showing import RecordList
from minio_sdk.operation import WHOLE_SERVER, Place
from minio_sdk.operations import admin_access as access
from minio_sdk.operations import admin_policies as policies
from minio_sdk.operations import admin_service as ops
from minio_sdk.operations.admin_users import names_of
from minio_sdk.wire.sealing import unseal_inspected

_SYSTEM = ".minio.sys"
"""Where MinIO keeps what is its own, beside the buckets."""
_ALWAYS = {"cluster.info", "inspect-input.txt"}
"""What MinIO tells also when it finds nothing."""


async def restart(engine: Engine, dry_run: bool) -> RecordList[ServiceResult]:
    """Restart all servers."""
    found = await send(engine, ops.AdminRestart(dry_run))
    return RecordList(found)


async def stop(engine: Engine, dry_run: bool) -> RecordList[ServiceResult]:
    """Stop all servers."""
    found = await send(engine, ops.AdminStop(dry_run))
    return RecordList(found)


async def freeze(engine: Engine) -> None:
    """Hold all calls of S3."""
    await send(engine, ops.AdminFreeze())


async def unfreeze(engine: Engine) -> None:
    """Let calls of S3 go on."""
    await send(engine, ops.AdminUnfreeze())


async def update(engine: Engine, url: str, dry_run: bool) -> RecordList[ServiceResult]:
    """Another release on all servers."""
    found = await send(engine, ops.AdminUpdate(url, dry_run))
    return RecordList(found)


async def profile(engine: Engine, kinds: str | Sequence[str], seconds: float) -> bytes:
    """What the servers are busy with, as a zip file."""
    seconds = ops.check_seconds(seconds)
    timeout = engine.config.timeout
    if seconds >= timeout:
        rule = f"must be less than the client's timeout of {timeout} s, in which no byte comes"
        raise invalid("seconds", seconds, rule)
    return await send(engine, ops.AdminProfile(WHOLE_SERVER, names_of("kinds", kinds), seconds))


async def inspect(engine: Engine, bucket: str, path: str) -> bytes:
    """What is of a bucket on the drives, as a zip file."""
    if bucket == _SYSTEM and engine.config.tenant_id is None:
        place = Place(_SYSTEM, _SYSTEM, "", f"/{_SYSTEM}")
    else:
        place = own_place(engine, bucket, ops.AdminInspect.name)
    operation = ops.AdminInspect(place, path)
    sealed = await send(engine, operation)
    try:
        archive = await engine.transport.call(unseal_inspected, sealed)
        names = await engine.transport.call(_names, archive)
    except ValidationError:
        raise engine.named(ServerError("what came is no zip file"), operation) from None
    except MinIOError as error:
        engine.named(error, operation)
        raise
    if set(names) <= _ALWAYS:
        raise engine.named(NotFoundError("the drives have nothing of this path"), operation)
    return archive


# -- exports ---------------------------------------------------------------------------------------


async def export_buckets(engine: Engine, bucket: str | None) -> bytes:
    """The settings of a bucket, or of all, as a zip file."""
    if bucket is not None:
        place = own_place(engine, bucket, ops.AdminExportBuckets.name)
    elif engine.config.tenant_id is not None:
        raise ValidationError(
            "bucket: is needed with a tenant, since all are those of every tenant"
        )
    else:
        place = WHOLE_SERVER
    return await send(engine, ops.AdminExportBuckets(place))


async def import_buckets(engine: Engine, archive: bytes) -> Mapping[str, Mapping[str, str]]:
    """Settings that a zip file has for the tenant's buckets; what went wrong."""
    draft = ops.AdminImportBuckets(WHOLE_SERVER, b"")
    data = _zip(archive)
    if engine.config.tenant_id is not None:
        if engine.scope.registry() is not None:
            own_place(engine, engine.config.bucket, draft.name)  # says no, and why
        # MinIO takes the buckets' names from the file, whatever it is asked about.
        names = await engine.transport.call(_names, data)
        if any(engine.scope.own(name.partition("/")[0]) is None for name in names):
            error = ValidationError("archive: has settings of what is no bucket of this tenant")
            raise engine.named(error, draft)
    found = await send(engine, replace(draft, archive=data))
    return {engine.scope.own(name) or "***": wrong for name, wrong in found.items()}


async def export_iam(engine: Engine) -> bytes:
    """Users, groups and policies, as a zip file."""
    return await send(engine, ops.AdminExportIAM())


async def import_iam(engine: Engine, archive: bytes) -> dict[str, Any]:
    """Users, groups and policies from a zip file."""
    data = _zip(archive)
    await engine.transport.call(_names, data)
    return await send(engine, ops.AdminImportIAM(data))


def _zip(archive: object) -> bytes:
    if not isinstance(archive, (bytes, bytearray, memoryview)) or bytes(archive[:2]) != b"PK":
        raise invalid("archive", type(archive).__name__, "must be the bytes of a zip file")
    return bytes(archive)


def _names(archive: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return opened.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise ValidationError("archive: is no zip file that can be read") from None


# -- the KMS ---------------------------------------------------------------------------------------


async def kms_status(engine: Engine) -> KMSStatus:
    """What encrypts."""
    return await send(engine, ops.AdminKMSStatus())


async def create_kms_key(engine: Engine, key: str) -> None:
    """Make a key."""
    await send(engine, ops.AdminCreateKMSKey(key))


async def kms_key_status(engine: Engine, key: str | None) -> KMSKeyStatus:
    """Whether a key works."""
    return await send(engine, ops.AdminKMSKeyStatus(key))


async def list_kms_keys(engine: Engine, prefix: str) -> list[str]:
    """The names of its keys."""
    return await send(engine, ops.AdminListKMSKeys(prefix))


# -- who may do what -------------------------------------------------------------------------------


async def account_info(engine: Engine, prefixes: bool) -> AccountInfo:
    """Who asks, and what they may do; of buckets the tenant's."""
    check_flag("prefixes", prefixes)
    info = await send(engine, access.AdminAccountInfo(prefixes))
    names = {name: engine.scope.own(name) for name in info.buckets}
    own = {mine: info.buckets[name] for name, mine in names.items() if mine is not None}
    return replace(info, buckets=own)


async def policy_entities(
    engine: Engine,
    users: Sequence[str],
    groups: Sequence[str],
    names: Sequence[str],
    ldap: bool = False,
) -> PolicyEntities:
    """Which policies are attached to whom."""
    operation = access.AdminPolicyEntities(users, groups, names, ldap)
    return await told(engine, operation, access.entities_in)


async def list_access_keys(
    engine: Engine, users: Iterable[str] | None, ldap: bool
) -> Mapping[str, UserAccessKeys]:
    """The keys of users."""
    found = None if users is None else names_of("users", users)
    return await told(engine, access.AdminListAccessKeys(found, ldap), access.access_keys_in)


async def revoke_tokens(
    engine: Engine,
    user: str | None,
    token_revoke_type: str | None,
    everything: bool,
    provider: UserProvider,
) -> None:
    """End sessions of a user."""
    await send(engine, access.AdminRevokeTokens(user, token_revoke_type, everything, provider))


async def attach_ldap_policy(
    engine: Engine, name: str | Sequence[str], user: str | None, group: str | None
) -> None:
    """Policies for a user or a group of LDAP."""
    await associate(engine, policies.AdminAttachLDAPPolicy, name, user, group)


async def detach_ldap_policy(
    engine: Engine, name: str | Sequence[str], user: str | None, group: str | None
) -> None:
    """Policies that a user or a group of LDAP no longer has."""
    await associate(engine, policies.AdminDetachLDAPPolicy, name, user, group)
