"""MinIO's remote tiers, batch jobs and healing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import ConflictError, ValidationError
from minio_sdk.flows.admin_calls import sealed, send
from minio_sdk.flows.settings import own_place
from minio_sdk.models.admin_jobs import (
    AdminLock,
    BackgroundHealing,
    BatchJob,
    BatchJobStatus,
    HealStatus,
)
from minio_sdk.models.admin_tiers import (
    AzureTier,
    GCSTier,
    S3Tier,
    Tier,
    TierUsage,
    check_tier,
)
from minio_sdk.models.names import check_flag
from minio_sdk.models.showing import RecordList
from minio_sdk.operation import WHOLE_SERVER, Place
from minio_sdk.operations import admin_jobs as jobs
from minio_sdk.operations import admin_tiers as tiers

Job = str | bytes | Mapping[str, Any]
"""A batch job: YAML, or what it says."""


async def add_tier(engine: Engine, tier: Tier) -> None:
    """Add a remote tier."""
    plain = tiers.tier_request(tier)
    try:
        await sealed(engine, partial(tiers.AdminAddTier, tier=tier.name), plain)
    except ConflictError as error:
        # It is there after a try whose answer was lost: was it ours that made it?
        again = error.code == "XMinioAdminTierAlreadyExists" and error.attempts > 1
        if not again or _told(tier) not in [_told(each) for each in await list_tiers(engine)]:
            raise


def _told(tier: Tier) -> dict[str, Any]:
    """What a list tells of a tier."""
    secrets = ("secret_key", "account_key", "client_secret", "credentials_json")
    return {
        "kind": type(tier), **{name: tier[name] for name in tier if name not in secrets}
    }  # fmt: skip


async def list_tiers(engine: Engine) -> RecordList[Tier]:
    """All remote tiers."""
    found = await send(engine, tiers.AdminListTiers())
    return RecordList(found)


async def edit_tier(
    engine: Engine,
    name: str,
    *,
    access_key: str | None,
    secret_key: str | None,
    account_key: str | None,
    credentials_json: str | None,
    aws_role: bool,
) -> None:
    """Other keys for a tier."""
    check_tier(name)
    plain = tiers.tier_keys(
        access_key=access_key, secret_key=secret_key, account_key=account_key,
        credentials_json=credentials_json, aws_role=aws_role,
    )  # fmt: skip
    if account_key is not None:
        await _check_kind(engine, name, AzureTier, "account_key")
    elif credentials_json is not None:
        await _check_kind(engine, name, GCSTier, "credentials_json")
    elif aws_role:
        await _check_kind(engine, name, S3Tier, "aws_role")
    await sealed(engine, partial(tiers.AdminEditTier, name), plain)


async def _check_kind(engine: Engine, name: str, kind: type[Tier], argument: str) -> None:
    """MinIO passes over keys for another kind of tier, and says that all went well."""
    for tier in await list_tiers(engine):
        if tier.name == name and not isinstance(tier, kind):
            found = type(tier).__name__
            error = ValidationError(f"{argument}: is for {kind.__name__}, and {name} is a {found}")
            raise engine.named(error, tiers.AdminEditTier(name, b""))


async def remove_tier(engine: Engine, name: str, force: bool) -> None:
    """Remove a tier."""
    check_flag("force", force)
    await send(engine, tiers.AdminRemoveTier(name, force))


async def verify_tier(engine: Engine, name: str) -> None:
    """Have the server try a tier."""
    await send(engine, tiers.AdminVerifyTier(name))


async def tier_usage(engine: Engine) -> Mapping[str, TierUsage]:
    """What lies in each tier."""
    return await send(engine, tiers.AdminTierStats())


# -- batch jobs ------------------------------------------------------------------------------------


async def start_batch_job(engine: Engine, document: Job) -> BatchJob:
    """Start a job."""
    return await send(engine, jobs.AdminStartBatchJob(jobs.job_document(document)))


async def list_batch_jobs(engine: Engine, kind: str | None) -> RecordList[BatchJob]:
    """The jobs that are under way."""
    found = await send(engine, jobs.AdminListBatchJobs(kind))
    return RecordList(found)


async def batch_job_status(engine: Engine, id: str) -> BatchJobStatus:
    """How far a job is."""
    return await send(engine, jobs.AdminBatchJobStatus(id))


async def describe_batch_job(engine: Engine, id: str) -> str:
    """A job's document."""
    return await send(engine, jobs.AdminDescribeBatchJob(id))


async def cancel_batch_job(engine: Engine, id: str) -> None:
    """End a job."""
    await send(engine, jobs.AdminCancelBatchJob(id))


# -- healing and locks -----------------------------------------------------------------------------


def _where(engine: Engine, bucket: str | None, operation: str) -> Place:
    return WHOLE_SERVER if bucket is None else own_place(engine, bucket, operation)


async def start_heal(
    engine: Engine,
    bucket: str | None,
    prefix: str,
    *,
    recursive: bool,
    dry_run: bool,
    remove_dangling: bool,
    deep: bool,
    update_parity: bool,
    force: bool,
) -> str:
    """Begin a healing run; its token."""
    document = jobs.heal_request(
        recursive=recursive, dry_run=dry_run, remove_dangling=remove_dangling, deep=deep,
        update_parity=update_parity,
    )  # fmt: skip
    check_flag("force", force)
    place = _where(engine, bucket, jobs.AdminStartHeal.name)
    return await send(engine, jobs.AdminStartHeal(place, prefix, document, force))


async def heal_status(engine: Engine, token: str, bucket: str | None, prefix: str) -> HealStatus:
    """What a healing run has done since the last question."""
    place = _where(engine, bucket, jobs.AdminHealStatus.name)
    status = await send(engine, jobs.AdminHealStatus(place, prefix, token))
    if place.bucket is None or place.bucket == place.server_bucket:
        return status
    found = [
        replace(item, bucket=place.bucket) if item.bucket == place.server_bucket else item
        for item in status.found
    ]
    return replace(status, found=tuple(found))


async def stop_heal(engine: Engine, bucket: str | None, prefix: str) -> None:
    """Stop a healing run."""
    await send(engine, jobs.AdminStopHeal(_where(engine, bucket, jobs.AdminStopHeal.name), prefix))


async def background_healing(engine: Engine) -> BackgroundHealing:
    """What MinIO heals by itself."""
    return await send(engine, jobs.AdminBackgroundHealing())


async def top_locks(engine: Engine, limit: int, stale: bool) -> RecordList[AdminLock]:
    """The oldest locks."""
    check_flag("stale", stale)
    found = await send(engine, jobs.AdminTopLocks(limit, stale))
    return RecordList(found)


async def force_unlock(engine: Engine, resources: tuple[str, ...]) -> None:
    """Take locks away."""
    await send(engine, jobs.AdminForceUnlock(resources))
