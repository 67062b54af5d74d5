"""Replication of whole sites."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.admin_sites import (
    Site,
    SitePeer,
    SiteReplication,
    SiteReplicationResult,
    SiteReplicationStatus,
    SiteResync,
    SiteSummary,
)
from minio_sdk.models.admin_tiers import check_http
from minio_sdk.models.names import check_flag
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operations.admin import AdminOperation
from minio_sdk.operations.admin_targets import check_bandwidth
from minio_sdk.operations.admin_users import check_name
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

SITE_API = "1"
"""The version of MinIO's words about sites that this reads and writes."""


def sites_request(sites: object) -> SecretBytes:
    """What `AdminAddSites` says, before it is sealed.

    Raises:
        ValidationError: fewer than two, or what is no site, or one twice.
    """
    if isinstance(sites, (str, bytes, Mapping, Site)) or not isinstance(sites, Sequence):
        raise invalid("sites", "***", "must be a list of Site")
    if not all(isinstance(site, Site) for site in sites):
        raise invalid("sites", "***", "must be a list of Site")
    if len(sites) < 2:
        raise ValidationError("sites: must be at least two, this one among them")
    for name in ("name", "endpoint"):
        if len({getattr(site, name) for site in sites}) < len(sites):
            raise ValidationError(f"sites: two of them have the same {name}")
    said = [
        {
            "name": site.name,
            "endpoints": site.endpoint,
            "accessKey": site.access_key,
            "secretKey": site.secret_key,
        }
        for site in sites
    ]
    return SecretBytes(json.dumps(said).encode())


def peer_request(
    peer: SitePeer,
    *,
    endpoint: str | None,
    synchronous: bool | None,
    bandwidth_limit: int | None,
) -> SecretBytes:
    """What `AdminEditSite` says, before it is sealed.

    Raises:
        ValidationError: a bad argument, or none.
    """
    # MinIO takes an endpoint that isn't new for a mistake, and rules of expiry are of no one site.
    changes = (endpoint, synchronous, bandwidth_limit) != (None, None, None)
    document: dict[str, Any] = {
        "endpoint": "",
        "name": peer.name,
        "deploymentID": peer.deployment_id if changes else "",
        "sync": "",
        "defaultbandwidth": {"bandwidthLimitPerBucket": 0, "set": False},
        "replicate-ilm-expiry": peer.replicates_expiry,
    }
    if endpoint is not None:
        document["endpoint"] = check_http("endpoint", endpoint)
    if synchronous is not None:
        document["sync"] = "enable" if check_flag("synchronous", synchronous) else "disable"
    if bandwidth_limit is not None:
        limit = {"bandwidthLimitPerBucket": check_bandwidth(bandwidth_limit), "set": True}
        document["defaultbandwidth"] = limit
    return SecretBytes(json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class _SitesChange(AdminOperation[SiteReplicationResult]):
    def parse(self, reply: Reply) -> SiteReplicationResult:
        """What became of it."""
        told = Told.read(reply.body)
        status = told.text("status")
        # A removal tells no flag, only these words.
        fine = told.flag("success") or status.startswith("Requested site(s) were removed")
        return SiteReplicationResult(
            status=status,
            success=fine and not told.text("errorDetail"),
            error=told.text("errorDetail"),
            sync_error=told.text("initialSyncErrorMessage"),
        )


@dataclass(frozen=True, slots=True)
class AdminAddSites(_SitesChange):
    """PUT site-replication/add."""

    name: ClassVar[str] = "AdminAddSites"

    sealed: bytes
    replicate_expiry: bool = False

    def request(self) -> Request:
        """PUT the sealed `sites_request`, once."""
        expiry = "true" if self.replicate_expiry else "false"
        query = {"api-version": SITE_API, "force": "false", "replicateILMExpiry": expiry}
        return self._once("PUT", "site-replication/add", self.sealed, **query)


@dataclass(frozen=True, slots=True)
class AdminEditSite(_SitesChange):
    """PUT site-replication/edit."""

    name: ClassVar[str] = "AdminEditSite"

    sealed: bytes
    expiry: bool | None = None

    def request(self) -> Request:
        """PUT the sealed `peer_request`, once."""
        query = {
            "api-version": SITE_API,
            "disableILMExpiryReplication": "true" if self.expiry is False else "false",
            "enableILMExpiryReplication": "true" if self.expiry is True else "false",
        }
        return self._once("PUT", "site-replication/edit", self.sealed, **query)


@dataclass(frozen=True, slots=True)
class AdminRemoveSites(_SitesChange):
    """PUT site-replication/remove: sites by name, None for all of them."""

    name: ClassVar[str] = "AdminRemoveSites"

    sites: tuple[str, ...] | None

    def request(self) -> Request:
        """PUT it, once."""
        names = [check_name(name, "sites") for name in self.sites or ()]
        if self.sites is not None and not names:
            raise invalid("sites", [], "must be one name or several")
        body = json.dumps({"sites": names, "all": self.sites is None}).encode()
        query = {"api-version": SITE_API}
        return self._once("PUT", "site-replication/remove", body, **query)


@dataclass(frozen=True, slots=True)
class AdminSiteResync(AdminOperation[SiteResync]):
    """PUT site-replication/resync/op: send a site everything once more, or end that."""

    name: ClassVar[str] = "AdminSiteResync"

    peer: SitePeer
    cancel: bool = False

    def request(self) -> Request:
        """PUT it, once."""
        peer = self.peer
        document = {
            "name": peer.name,
            "endpoint": peer.endpoint,
            "deploymentID": peer.deployment_id,
        }
        query = {"api-version": SITE_API, "operation": "cancel" if self.cancel else "start"}
        body = json.dumps(document).encode()
        return self._once("PUT", "site-replication/resync/op", body, **query)

    def parse(self, reply: Reply) -> SiteResync:
        """What has begun or ended."""
        told = Told.read(reply.body)
        if told.text("op") != ("cancel" if self.cancel else "start") or not told.text("id"):
            raise XmlError("it is no answer to this")
        errors = {each.text("bucket"): each.text("errorDetail") for each in told.each("buckets")}
        if told.text("errorDetail") and not errors:
            errors = {"": told.text("errorDetail")}
        return SiteResync(id=told.text("id"), status=told.text("status"), errors=errors)


@dataclass(frozen=True, slots=True)
class AdminSiteReplication(AdminOperation[SiteReplication]):
    """GET site-replication/info."""

    name: ClassVar[str] = "AdminSiteReplication"

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "site-replication/info", **{"api-version": SITE_API})

    def parse(self, reply: Reply) -> SiteReplication:
        """The sites."""
        told = Told.read(reply.body)
        return SiteReplication(
            enabled=told.flag("enabled"),
            name=told.text("name"),
            sites=tuple(
                SitePeer(
                    name=each.text("name"),
                    endpoint=each.text("endpoint"),
                    deployment_id=each.text("deploymentID"),
                    synchronous=each.text("sync") == "enable",
                    bandwidth_limit=each.told("defaultbandwidth").count("bandwidthLimitPerBucket"),
                    replicates_expiry=each.flag("replicate-ilm-expiry"),
                )
                for each in told.each("sites")
            ),
            access_key=told.text("serviceAccountAccessKey"),
        )


_KINDS = {
    "buckets": ("BucketStats", "HasBucket"),
    "users": ("UserStats", "HasUser"),
    "groups": ("GroupStats", "HasGroup"),
    "policies": ("PolicyStats", "HasPolicy"),
}
_SUMMARY = {
    "buckets": ("ReplicatedBuckets", "TotalBucketsCount"),
    "users": ("ReplicatedUsers", "TotalUsersCount"),
    "groups": ("ReplicatedGroups", "TotalGroupsCount"),
    "policies": ("ReplicatedIAMPolicies", "TotalIAMPoliciesCount"),
}


@dataclass(frozen=True, slots=True)
class AdminSiteStatus(AdminOperation[SiteReplicationStatus]):
    """GET site-replication/status."""

    name: ClassVar[str] = "AdminSiteStatus"

    def request(self) -> Request:
        """GET it."""
        query = {"api-version": SITE_API, **dict.fromkeys(_KINDS, "true")}
        return self._ask("GET", "site-replication/status", **query)

    def parse(self, reply: Reply) -> SiteReplicationStatus:
        """Whether all sites hold the same."""
        told = Told.read(reply.body)
        names = {each: peer.text("name") for each, peer in told.by_name("Sites").items()}
        found: dict[str, SiteSummary] = {}
        for each, summary in told.by_name("StatsSummary").items():
            counts = {}
            for kind, (done, there) in _SUMMARY.items():
                counts[kind] = summary.count(done)
                counts[f"{kind}_total"] = summary.count(there)
            found[each] = SiteSummary(name=names.get(each, ""), **counts)
        apart = {kind: _apart(told, *words) for kind, words in _KINDS.items()}
        return SiteReplicationStatus(
            enabled=told.flag("Enabled"),
            buckets=told.count("MaxBuckets"),
            users=told.count("MaxUsers"),
            groups=told.count("MaxGroups"),
            policies=told.count("MaxPolicies"),
            sites=found,
            out_of_step={kind: names for kind, names in apart.items() if names},
        )


def _apart(told: Told, table: str, has: str) -> tuple[str, ...]:
    """What differs between sites, or isn't on all of them."""
    found = []
    for name, sites in told.by_name(table).items():
        stats = [sites.told(each) for each in sites]
        differs = any(
            each.flag(word) for each in stats for word in each if word.endswith("Mismatch")
        )
        if differs or len({each.flag(has) for each in stats}) > 1:
            found.append(name)
    return tuple(sorted(found))
