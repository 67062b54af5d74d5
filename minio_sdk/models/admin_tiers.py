"""Remote tiers: where MinIO's lifecycle rules move objects to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from minio_sdk.errors import invalid
from minio_sdk.models.names import check_flag
from minio_sdk.models.record import Record
from minio_sdk.models.secret import hidden

_NAME = re.compile(r"[A-Z0-9_-]{1,255}", re.ASCII)
_RESERVED = ("STANDARD", "REDUCED_REDUNDANCY")


def check_tier(name: object, argument: str = "name") -> str:
    """The name of a tier.

    Raises:
        ValidationError: MinIO wouldn't take it.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(argument, name, "must be capitals, digits, '_' and '-'")
    if name in _RESERVED:
        raise invalid(argument, name, "is a storage class of S3's own")
    return name


def _text(where: str, value: object, *, least: int = 0) -> None:
    if not isinstance(value, str) or len(value) < least or not value.isprintable():
        raise invalid(where, value, "must be printable text" + (", not empty" if least else ""))


def _secret(where: str, value: object) -> None:
    if not isinstance(value, str) or "\0" in value:
        raise invalid(where, "***", "must be text")


def check_http(where: str, url: object) -> str:
    """The address of another server.

    Raises:
        ValidationError: it isn't one, or has a path, user or query.
    """
    rule = "must be http:// or https://, a host, maybe a port, and nothing more"
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        raise invalid(where, "***", rule)
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine, parts = False, urlsplit("")
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if not fine or parts.scheme not in ("http", "https") or more:
        # It may hold a password.
        raise invalid(where, url if "@" not in url else "***", rule)
    return url.rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tier(Record):
    """What all tiers have.

    Attributes:
        name: in capitals; a lifecycle rule names it as its storage class.
        bucket: where objects go, as the other server calls it.
        prefix: what stands before their names there.
        region: of that bucket; empty for the server's own choice.
    """

    name: str
    bucket: str
    prefix: str = ""
    region: str = ""

    def __post_init__(self) -> None:
        check_tier(self.name)
        _text("bucket", self.bucket, least=1)
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if name in _SECRETS:
                _secret(name, value)
                object.__setattr__(self, name, hidden(value))
            elif isinstance(value, bool) or name in ("name", "bucket", "endpoint"):
                continue
            else:
                _text(name, value)


_SECRETS = ("secret_key", "account_key", "client_secret", "credentials_json")


@dataclass(frozen=True, slots=True, kw_only=True)
class MinIOTier(_Tier):
    """A bucket of another MinIO server.

    Attributes:
        endpoint: its URL.
        access_key, secret_key: keys for it; lists tell no secret.
    """

    endpoint: str
    access_key: str
    secret_key: str

    def __post_init__(self) -> None:
        _Tier.__post_init__(self)
        object.__setattr__(self, "endpoint", check_http("endpoint", self.endpoint))


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Tier(_Tier):
    """A bucket of AWS S3, or of a server that speaks it.

    Attributes:
        endpoint: its URL.
        access_key, secret_key: keys for it; empty with a role.
        storage_class: of the objects there; empty for the bucket's own.
        aws_role: take the role of the machine that MinIO is on, instead of keys.
    """

    endpoint: str = "https://s3.amazonaws.com"
    access_key: str = ""
    secret_key: str = ""
    storage_class: str = ""
    aws_role: bool = False

    def __post_init__(self) -> None:
        _Tier.__post_init__(self)
        object.__setattr__(self, "endpoint", check_http("endpoint", self.endpoint))
        check_flag("aws_role", self.aws_role)
        if self.aws_role == bool(self.access_key):
            raise invalid("access_key", self.access_key, "goes without aws_role, which needs none")


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureTier(_Tier):
    """A container of Azure Blob Storage, as `bucket`.

    Attributes:
        endpoint: its URL; empty for the account's own.
        account_name, account_key: the storage account; the key is empty with a service principal.
        storage_class: such as ``"Cool"``.
        directory_id, client_id, client_secret: a service principal, instead of the key.
    """

    account_name: str
    account_key: str = ""
    endpoint: str = ""
    storage_class: str = ""
    directory_id: str = ""
    client_id: str = ""
    client_secret: str = ""

    def __post_init__(self) -> None:
        _Tier.__post_init__(self)
        if self.endpoint:
            object.__setattr__(self, "endpoint", check_http("endpoint", self.endpoint))


@dataclass(frozen=True, slots=True, kw_only=True)
class GCSTier(_Tier):
    """A bucket of Google Cloud Storage.

    Attributes:
        credentials_json: what the key file of a service account says; lists don't tell it.
        storage_class: such as ``"NEARLINE"``.
    """

    credentials_json: str
    storage_class: str = ""


Tier = MinIOTier | S3Tier | AzureTier | GCSTier
"""A remote tier of any kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierUsage(Record):
    """What lies in one tier, as of the server's last scan.

    Attributes:
        name: the tier's.
        kind: ``"minio"``, ``"s3"``, ``"azure"``, ``"gcs"``, or ``"internal"`` for the server itself.
        size: bytes.
        objects, versions: how many.
    """

    name: str
    kind: str
    size: int = 0
    objects: int = 0
    versions: int = 0
