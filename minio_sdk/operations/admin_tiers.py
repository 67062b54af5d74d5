"""Remote tiers of MinIO."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.admin_tiers import (
    AzureTier,
    GCSTier,
    MinIOTier,
    S3Tier,
    Tier,
    TierUsage,
    check_tier,
)
from minio_sdk.models.names import check_flag
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operations.admin import AdminOperation, Change
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

_COMMON = {"bucket": "Bucket", "prefix": "Prefix", "region": "Region"}
_KEYS = {"endpoint": "Endpoint", "access_key": "AccessKey", "secret_key": "SecretKey"}
_CLASS = {"storage_class": "StorageClass"}
_KINDS: dict[str, tuple[type[Any], str, dict[str, str]]] = {
    "minio": (MinIOTier, "MinIO", {**_COMMON, **_KEYS}),
    "s3": (S3Tier, "S3", {**_COMMON, **_KEYS, **_CLASS, "aws_role": "AWSRole"}),
    "azure": (
        AzureTier,
        "Azure",
        {
            **_COMMON,
            **_CLASS,
            "endpoint": "Endpoint",
            "account_name": "AccountName",
            "account_key": "AccountKey",
        },
    ),
    "gcs": (GCSTier, "GCS", {**_COMMON, **_CLASS, "credentials_json": "Creds"}),
}
"""For each kind its record, MinIO's word for it, and what MinIO calls the fields."""
_PRINCIPAL = {"directory_id": "TenantID", "client_id": "ClientID", "client_secret": "ClientSecret"}


def tier_request(tier: Any) -> SecretBytes:
    """What `AdminAddTier` says, before it is sealed.

    Raises:
        ValidationError: no tier.
    """
    for kind, (cls, word, names) in _KINDS.items():
        if isinstance(tier, cls):
            said: dict[str, Any] = {
                theirs: getattr(tier, ours) for ours, theirs in names.items() if getattr(tier, ours)
            }
            if isinstance(tier, GCSTier):
                said["Creds"] = base64.b64encode(tier.credentials_json.encode()).decode()
            if isinstance(tier, AzureTier):
                said["SPAuth"] = {
                    theirs: getattr(tier, ours)
                    for ours, theirs in _PRINCIPAL.items()
                    if getattr(tier, ours)
                }
            document = {"Version": "v1", "Type": kind, "Name": tier.name, word: said}
            return SecretBytes(json.dumps(document).encode())
    rule = "must be a MinIOTier, S3Tier, AzureTier or GCSTier"
    raise invalid("tier", type(tier).__name__, rule)


def tier_keys(
    *,
    access_key: str | None,
    secret_key: str | None,
    account_key: str | None,
    credentials_json: str | None,
    aws_role: bool,
) -> SecretBytes:
    """What `AdminEditTier` says, before it is sealed.

    Raises:
        ValidationError: none of them, or more than one kind.
    """
    check_flag("aws_role", aws_role)
    pair = access_key is not None or secret_key is not None
    given = [pair, account_key is not None, credentials_json is not None, aws_role]
    if sum(given) != 1:
        raise ValidationError(
            "access_key and secret_key, account_key, credentials_json, aws_role: give one of them"
        )
    document: dict[str, Any] = {"awsrole": aws_role}
    if pair:
        document |= {"access": _text("access_key", access_key)}
        document |= {"secret": _text("secret_key", secret_key)}
    if account_key is not None:
        document["secret"] = _text("account_key", account_key)
    if credentials_json is not None:
        text = _text("credentials_json", credentials_json)
        document["creds"] = base64.b64encode(text.encode()).decode()
    return SecretBytes(json.dumps(document).encode())


def _text(argument: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise invalid(argument, "***", "must be text, not empty")
    return value


@dataclass(frozen=True, slots=True)
class AdminAddTier(Change):
    """PUT tier.

    Attributes:
        sealed: the `tier_request`.
        tier: its name, for an audit.
    """

    name: ClassVar[str] = "AdminAddTier"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    sealed: bytes
    tier: str = ""

    def request(self) -> Request:
        """PUT the sealed `tier_request`; MinIO writes to it and deletes there before it answers."""
        return self._ask("PUT", "tier", self.sealed, force="false")


@dataclass(frozen=True, slots=True)
class AdminListTiers(AdminOperation[list[Tier]]):
    """GET tier: all of them."""

    name: ClassVar[str] = "AdminListTiers"

    def request(self) -> Request:
        """GET them."""
        return self._ask("GET", "tier")

    def parse(self, reply: Reply) -> list[Tier]:
        """The tiers by name; their secrets say REDACTED."""
        tiers = [_tier(told) for told in Told.all(reply.body)]
        return sorted(tiers, key=lambda tier: tier.name)


def _tier(told: Told) -> Tier:
    kind = told.text("Type")
    if kind not in _KINDS:
        raise XmlError(f"{kind!r} is no kind of tier")
    cls, word, names = _KINDS[kind]
    said = told.told(word)
    values: dict[str, Any] = {
        ours: said.flag(theirs) if ours == "aws_role" else said.text(theirs)
        for ours, theirs in names.items()
    }
    if cls is AzureTier:
        principal = said.told("SPAuth")
        values |= {ours: principal.text(theirs) for ours, theirs in _PRINCIPAL.items()}
    try:
        found: Tier = cls(name=told.text("Name"), **values)
    except ValidationError as error:
        raise XmlError(f"it has a tier that can't be: {error.message}") from None
    return found


@dataclass(frozen=True, slots=True)
class AdminEditTier(Change):
    """POST tier/{name}: other keys for it.

    Attributes:
        tier: its name.
        sealed: the `tier_keys`.
    """

    name: ClassVar[str] = "AdminEditTier"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    tier: str
    sealed: bytes

    def request(self) -> Request:
        """POST the sealed `tier_keys`."""
        return self._ask("POST", f"tier/{check_tier(self.tier)}", self.sealed)


@dataclass(frozen=True, slots=True)
class AdminRemoveTier(Change):
    """DELETE tier/{name}; MinIO answers 204 also where there is none."""

    name: ClassVar[str] = "AdminRemoveTier"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    tier: str
    force: bool = False

    def request(self) -> Request:
        """DELETE it; by force, once."""
        path = f"tier/{check_tier(self.tier)}"
        if self.force:
            return self._once("DELETE", path, force="true")
        return self._ask("DELETE", path, force="false")


@dataclass(frozen=True, slots=True)
class AdminVerifyTier(Change):
    """GET tier/{name}: MinIO writes, reads and deletes an object there."""

    name: ClassVar[str] = "AdminVerifyTier"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    tier: str

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", f"tier/{check_tier(self.tier)}")


@dataclass(frozen=True, slots=True)
class AdminTierStats(AdminOperation[Mapping[str, TierUsage]]):
    """GET tier-stats: what lies in each."""

    name: ClassVar[str] = "AdminTierStats"

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "tier-stats")

    def parse(self, reply: Reply) -> dict[str, TierUsage]:
        """The figures."""
        found = {}
        for told in Told.all(reply.body):
            stats = told.told("Stats")
            found[told.text("Name")] = TierUsage(
                name=told.text("Name"),
                kind=told.text("Type"),
                size=stats.count("totalSize"),
                objects=stats.count("numObjects"),
                versions=stats.count("numVersions"),
            )
        return found
