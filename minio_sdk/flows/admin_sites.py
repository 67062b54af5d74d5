"""Remote targets of buckets, how their replication is doing, and replication of whole sites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from minio_sdk.engine import Engine
from minio_sdk.errors import NotFoundError, ServerError, ValidationError, invalid
from minio_sdk.flows.admin_calls import gone, sealed, send
from minio_sdk.flows.bucket_services import destination_back, destination_out
from minio_sdk.flows.settings import own_place
from minio_sdk.models.admin_sites import (
    RemoteTarget,
    ReplicationStatus,
    Site,
    SitePeer,
    SiteReplication,
    SiteReplicationResult,
    SiteReplicationStatus,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import check_flag
from minio_sdk.operations import admin_sites as ops
from minio_sdk.operations import admin_targets as targets
from minio_sdk.operations.admin_users import names_of


async def add_remote_target(
    engine: Engine,
    bucket: str,
    *,
    endpoint: str,
    target_bucket: str,
    access_key: str,
    secret_key: str,
    region: str,
    synchronous: bool,
    bandwidth_limit: int,
    proxy: bool,
    storage_class: str,
    health_check: float,
) -> str:
    """Let a bucket be replicated to another; the ARN for its rules."""
    place = own_place(engine, bucket, targets.AdminSetRemoteTarget.name)
    # As the rules do that name it: with a tenant, a bucket of the same tenant's there.
    there = own_place(engine, target_bucket, targets.AdminSetRemoteTarget.name).server_bucket
    plain = targets.target_request(
        endpoint=endpoint, target_bucket=there, access_key=access_key,
        secret_key=secret_key, region=region, synchronous=synchronous,
        bandwidth_limit=bandwidth_limit, proxy=proxy, storage_class=storage_class,
        health_check=health_check,
    )  # fmt: skip
    arn, _ = await sealed(engine, partial(targets.AdminSetRemoteTarget, place), plain)
    return destination_back(engine, arn)


async def list_remote_targets(engine: Engine, bucket: str) -> list[RemoteTarget]:
    """Where a bucket may be replicated to."""
    found = []
    for target in await _targets(engine, bucket):
        arn, there = _arn_back(engine, target.arn), engine.scope.own(target.target_bucket)
        if arn is not None and there is not None:
            found.append(replace(target, arn=arn, target_bucket=there))
    return found


def _arn_back(engine: Engine, arn: str) -> str | None:
    try:
        return destination_back(engine, arn)
    except ServerError:
        return None


async def _targets(engine: Engine, bucket: str) -> list[RemoteTarget]:
    place = own_place(engine, bucket, targets.AdminListRemoteTargets.name)
    return await send(engine, targets.AdminListRemoteTargets(place))


def _arn_out(engine: Engine, arn: str) -> str:
    return destination_out(engine, targets.check_arn(arn), "arn")


async def edit_remote_target(
    engine: Engine,
    bucket: str,
    arn: str,
    *,
    access_key: str | None,
    secret_key: str | None,
    synchronous: bool | None,
    bandwidth_limit: int | None,
    proxy: bool | None,
    health_check: float | None,
) -> None:
    """Change a remote target, found by its ARN."""
    place = own_place(engine, bucket, targets.AdminSetRemoteTarget.name)
    arn = _arn_out(engine, arn)
    if (access_key is None) != (secret_key is None):
        raise ValidationError("access_key, secret_key: give both or neither")
    keys = Credentials(access_key, secret_key) if access_key and secret_key else None
    change = partial(
        targets.target_change, keys=keys, synchronous=synchronous, bandwidth_limit=bandwidth_limit,
        proxy=proxy, health_check=health_check,
    )  # fmt: skip
    change(
        RemoteTarget(arn=arn, bucket=bucket, endpoint="", target_bucket="")
    )  # bad arguments first
    found = [each for each in await _targets(engine, bucket) if each.arn == arn]
    if not found:
        error = NotFoundError("the bucket has no remote target of this ARN", bucket=bucket)
        raise engine.named(error, targets.AdminSetRemoteTarget(place, b""))
    plain, changes = change(found[0])
    make = partial(targets.AdminSetRemoteTarget, place, changes_of=changes)
    await sealed(engine, make, plain)


async def remove_remote_target(engine: Engine, bucket: str, arn: str) -> None:
    """Let a bucket be replicated there no longer."""
    place = own_place(engine, bucket, targets.AdminRemoveRemoteTarget.name)
    await gone(engine, targets.AdminRemoveRemoteTarget(place, _arn_out(engine, arn)))


async def replication_status(engine: Engine, bucket: str) -> ReplicationStatus:
    """How a bucket's replication is doing."""
    place = own_place(engine, bucket, targets.AdminReplicationStatus.name)
    status = await send(engine, targets.AdminReplicationStatus(place))
    names = {arn: _arn_back(engine, arn) for arn in status.targets}
    own = {mine: status.targets[arn] for arn, mine in names.items() if mine is not None}
    return replace(status, targets=own)


# -- sites -----------------------------------------------------------------------------------------


async def site_replication(engine: Engine) -> SiteReplication:
    """Which sites hold the same."""
    return await send(engine, ops.AdminSiteReplication())


async def site_replication_status(engine: Engine) -> SiteReplicationStatus:
    """Whether they do."""
    return await send(engine, ops.AdminSiteStatus())


async def add_site_replication(
    engine: Engine, sites: Sequence[Site], replicate_expiry: bool
) -> SiteReplicationResult:
    """Let sites hold the same."""
    check_flag("replicate_expiry", replicate_expiry)
    make = partial(ops.AdminAddSites, replicate_expiry=replicate_expiry)
    result, _ = await sealed(engine, make, ops.sites_request(sites))
    return result


async def edit_site_replication(
    engine: Engine,
    site: str,
    *,
    endpoint: str | None,
    synchronous: bool | None,
    bandwidth_limit: int | None,
    replicate_expiry: bool | None,
) -> SiteReplicationResult:
    """Change how a site takes part, found by its name."""
    change = partial(
        ops.peer_request, endpoint=endpoint, synchronous=synchronous,
        bandwidth_limit=bandwidth_limit,
    )  # fmt: skip
    change(SitePeer(name="", endpoint="", deployment_id=""))  # bad arguments first
    if replicate_expiry is not None and not isinstance(replicate_expiry, bool):
        raise invalid("replicate_expiry", replicate_expiry, "must be True, False or None")
    if all(each is None for each in (endpoint, synchronous, bandwidth_limit, replicate_expiry)):
        raise ValidationError("a change of a site: give at least one thing to change")
    make = partial(ops.AdminEditSite, expiry=replicate_expiry)
    found = [each for each in (await site_replication(engine)).sites if each.name == site]
    if not found:
        raise engine.named(NotFoundError(f"there is no site {site!r}"), make(b""))
    result, _ = await sealed(engine, make, change(found[0]))
    return result


async def remove_site_replication(
    engine: Engine, sites: str | Iterable[str] | None
) -> SiteReplicationResult:
    """Let sites hold the same no longer; None for all of them."""
    if sites is None:
        return await send(engine, ops.AdminRemoveSites(None))
    return await send(engine, ops.AdminRemoveSites(names_of("sites", sites)))
