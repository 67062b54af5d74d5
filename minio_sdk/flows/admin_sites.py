"""Remote targets of buckets, how their replication is doing, and replication of whole sites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import NotFoundError, ServerError, ValidationError, invalid
from minio_sdk.flows.admin_calls import gone, sealed, send
from minio_sdk.flows.bucket_services import destination_back, destination_out
from minio_sdk.flows.settings import own_place
from minio_sdk.models.admin_sites import (
    RemoteTarget,
    ReplicationResync,
    ReplicationStatus,
    Site,
    SitePeer,
    SiteReplication,
    SiteReplicationResult,
    SiteReplicationStatus,
    SiteResync,
    SiteResyncStatus,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import check_flag
from minio_sdk.models.showing import RecordList
from minio_sdk.operation import Operation
from minio_sdk.operations import admin_sites as ops
from minio_sdk.operations import admin_targets as targets
from minio_sdk.operations.admin_realtime import AdminSiteResyncStatus
from minio_sdk.operations.admin_users import check_name, names_of


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
    there = own_place(
        engine, target_bucket, targets.AdminSetRemoteTarget.name, "target_bucket"
    ).server_bucket
    plain = targets.target_request(
        endpoint=endpoint, target_bucket=there, access_key=access_key,
        secret_key=secret_key, region=region, synchronous=synchronous,
        bandwidth_limit=bandwidth_limit, proxy=proxy, storage_class=storage_class,
        health_check=health_check,
    )  # fmt: skip
    arn, _ = await sealed(engine, partial(targets.AdminSetRemoteTarget, place), plain)
    return destination_back(engine, arn)


async def list_remote_targets(engine: Engine, bucket: str) -> RecordList[RemoteTarget]:
    """Where a bucket may be replicated to."""
    found: RecordList[RemoteTarget] = RecordList()
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


async def start_resync(engine: Engine, bucket: str, arn: str) -> ReplicationResync:
    """Replicate what is in a bucket to a target once more."""
    place = own_place(engine, bucket, targets.AdminStartResync.name)
    operation = targets.AdminStartResync(place, _arn_out(engine, arn))
    begun = _own_resyncs(engine, await send(engine, operation))
    if [each.arn for each in begun] != [arn]:
        odd = ServerError("the answer is not about the target that was asked for")
        raise engine.named(odd, operation)
    return begun[0]


async def resync_status(
    engine: Engine, bucket: str, arn: str | None
) -> RecordList[ReplicationResync]:
    """How far that is, by target."""
    place = own_place(engine, bucket, targets.AdminResyncStatus.name)
    theirs = None if arn is None else _arn_out(engine, arn)
    found = await send(engine, targets.AdminResyncStatus(place, theirs))
    return RecordList(_own_resyncs(engine, found))


def _own_resyncs(engine: Engine, found: list[ReplicationResync]) -> list[ReplicationResync]:
    pairs = [(each, _arn_back(engine, each.arn)) for each in found]
    return [replace(each, arn=mine) for each, mine in pairs if mine is not None]


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
    result, _ = await sealed(engine, make, change(await _peer(engine, site, make(b""))))
    return result


async def _peer(engine: Engine, site: str, operation: Operation[Any]) -> SitePeer:
    found = [each for each in (await site_replication(engine)).sites if each.name == site]
    if not found:
        raise engine.named(NotFoundError(f"there is no site {site!r}"), operation)
    return found[0]


async def site_resync(engine: Engine, site: str, cancel: bool) -> SiteResync:
    """Send a site everything once more, found by its name, or end that."""
    check_name(site, "site")
    draft = ops.AdminSiteResync(SitePeer(name=site, endpoint="", deployment_id=""), cancel)
    peer = await _peer(engine, site, draft)
    return await send(engine, replace(draft, peer=peer))


async def site_resync_status(engine: Engine, site: str) -> SiteResyncStatus | None:
    """How far that is."""
    check_name(site, "site")
    peer = await _peer(engine, site, AdminSiteResyncStatus(""))
    return await send(engine, AdminSiteResyncStatus(peer.deployment_id))


async def remove_site_replication(
    engine: Engine, sites: str | Iterable[str] | None
) -> SiteReplicationResult:
    """Let sites hold the same no longer; None for all of them."""
    if sites is None:
        return await send(engine, ops.AdminRemoveSites(None))
    return await send(engine, ops.AdminRemoveSites(names_of("sites", sites)))
