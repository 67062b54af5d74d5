"""Service accounts of MinIO: further keys of a user. All that is said of them is sealed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, ClassVar

from minio_sdk.errors import MinIOError, NotFoundError, as_class, invalid
from minio_sdk.models.admin import ServiceAccount
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operations.admin import Change, SealedReply
from minio_sdk.operations.admin_users import check_name
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.policy import statements
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

SOONEST, LATEST = 15 * 60, 365 * 24 * 3600
"""Seconds from now in which MinIO lets a service account end."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}", re.ASCII)


def check_words(name: object, description: object) -> None:
    """The name and the description of a service account; None is neither.

    Raises:
        ValidationError: not as MinIO wants them.
    """
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        rule = "must be 1 to 32 of letters, digits, '_' and '-', beginning with a letter"
        raise invalid("name", name, rule)
    if description is None:
        return
    if (
        not isinstance(description, str)
        or not 1 <= len(description.encode(errors="replace")) <= 256
    ):
        raise invalid("description", description, "must be text of 1 to 256 bytes of UTF-8")


def check_expiry(value: object, now: float) -> None:
    """The end of a service account, against the server's time; None is never.

    Raises:
        ValidationError: no aware datetime, or one that MinIO refuses (with a 500).
    """
    if value is None:
        return
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise invalid("expires_at", value, "must be a datetime with a time zone")
    if not SOONEST < value.timestamp() - now <= LATEST:
        raise invalid("expires_at", value, "must be 15 minutes to 365 days from now")


def account_request(
    *,
    keys: Credentials,
    user: str | None = None,
    policy: Mapping[str, Any] | None = None,
    name: str | None = None,
    description: str | None = None,
    expires_at: datetime | None = None,
) -> SecretBytes:
    """What `AdminAddServiceAccount` says, before it is sealed."""
    document: dict[str, Any] = {
        "accessKey": keys.access_key,
        "secretKey": keys.secret_key,
        "targetUser": user,
        "policy": _listed(policy) if policy else None,
        "name": name,
        "description": description,
        "expiration": _written(expires_at),
    }
    return _body(document)


def change_request(
    *,
    secret_key: str | None = None,
    policy: Mapping[str, Any] | None = None,
    name: str | None = None,
    description: str | None = None,
    expires_at: datetime | None = None,
    enabled: bool | None = None,
) -> SecretBytes:
    """What `AdminUpdateServiceAccount` says, before it is sealed.

    Without `policy`, or with an empty one, the account loses its own, and may do all that its user may.
    """
    document: dict[str, Any] = {
        "newSecretKey": secret_key,
        "newPolicy": _listed(policy) if policy else None,
        "newName": name,
        "newDescription": description,
        "newExpiration": _written(expires_at),
        "newStatus": None if enabled is None else "on" if enabled else "off",
    }
    return _body(document)


def _listed(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {**policy, "Statement": statements(policy)}


def _written(when: datetime | None) -> str | None:
    if when is None:
        return None
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _body(document: dict[str, Any]) -> SecretBytes:
    said = {name: value for name, value in document.items() if value is not None}
    return SecretBytes(json.dumps(said).encode())


@dataclass(frozen=True, slots=True)
class AdminAddServiceAccount(SealedReply):
    """PUT add-service-account; `keys_in` reads what is opened.

    Attributes:
        sealed: the `account_request`.
        access_key: of the new account, for an audit: what is sealed it can't tell.
    """

    name: ClassVar[str] = "AdminAddServiceAccount"

    sealed: bytes
    access_key: str | None = None

    def request(self) -> Request:
        """PUT the sealed `account_request`."""
        return self._ask("PUT", "add-service-account", self.sealed)


@dataclass(frozen=True, slots=True)
class AdminListServiceAccounts(SealedReply):
    """GET list-service-accounts of a user, None for the caller's; `accounts_in` reads what is opened."""

    name: ClassVar[str] = "AdminListServiceAccounts"

    user: str | None = None

    def request(self) -> Request:
        """GET them."""
        if self.user is None:
            return self._ask("GET", "list-service-accounts")
        return self._ask("GET", "list-service-accounts", user=check_name(self.user, "user"))


@dataclass(frozen=True, slots=True)
class AdminServiceAccountInfo(SealedReply):
    """GET info-service-account; `account_in` reads what is opened."""

    name: ClassVar[str] = "AdminServiceAccountInfo"

    access_key: str

    def request(self) -> Request:
        """GET it."""
        key = check_name(self.access_key)
        return self._ask("GET", "info-service-account", accessKey=key)


@dataclass(frozen=True, slots=True)
class AdminTemporaryAccountInfo(SealedReply):
    """GET temporary-account-info; `account_in` reads what is opened."""

    name: ClassVar[str] = "AdminTemporaryAccountInfo"

    access_key: str

    def request(self) -> Request:
        """GET it, once: MinIO says with a 500 that there is none."""
        key = check_name(self.access_key)
        return self._once("GET", "temporary-account-info", accessKey=key)

    def failure(self, reply: Reply) -> Exception:
        """The exception, of which MinIO's code tells nothing."""
        error = SealedReply.failure(self, reply)
        if isinstance(error, MinIOError) and "account does not exist" in error.message:
            return as_class(error, NotFoundError, "there is no such session, or it has ended", None)
        return error


@dataclass(frozen=True, slots=True)
class AdminUpdateServiceAccount(Change):
    """POST update-service-account."""

    name: ClassVar[str] = "AdminUpdateServiceAccount"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    access_key: str
    sealed: bytes

    def request(self) -> Request:
        """POST the sealed `change_request`."""
        key = check_name(self.access_key)
        return self._ask("POST", "update-service-account", self.sealed, accessKey=key)


@dataclass(frozen=True, slots=True)
class AdminRemoveServiceAccount(Change):
    """DELETE delete-service-account."""

    name: ClassVar[str] = "AdminRemoveServiceAccount"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    access_key: str

    def request(self) -> Request:
        """DELETE it."""
        key = check_name(self.access_key)
        return self._ask("DELETE", "delete-service-account", accessKey=key)


def keys_in(plain: bytes) -> Credentials:
    """The keys of a new service account.

    Raises:
        XmlError: it can't be read.
    """
    told = Told.read(plain).told("credentials")
    access_key, secret_key = told.text("accessKey"), told.text("secretKey")
    if not access_key or not secret_key:
        raise XmlError("there are no keys in it")
    return Credentials(access_key, secret_key, expires_at=told.moment("expiration"))


def accounts_in(plain: bytes) -> list[ServiceAccount]:
    """The service accounts of a user, by access key.

    Raises:
        XmlError: it can't be read.
    """
    told = Told.read(plain).each("accounts")
    return sorted(
        (_account(each.text("accessKey"), each) for each in told), key=lambda one: one.access_key
    )


def account_in(plain: bytes, access_key: str) -> ServiceAccount:
    """One service account.

    Raises:
        XmlError: it can't be read.
    """
    account = _account(access_key, Told.read(plain))
    if account.policy is None and not account.implied_policy:
        raise XmlError("it has a policy of its own, which isn't told")
    return account


def _account(access_key: str, told: Told) -> ServiceAccount:
    implied = told.flag("impliedPolicy")
    text = told.text("policy")
    # Where it has none of its own, MinIO tells those of its user.
    policy = Told.read(text.encode()).plain if text and not implied else None
    return ServiceAccount(
        access_key=access_key,
        parent=told.text("parentUser"),
        enabled=told.text("accountStatus") == "on",
        name=told.text("name"),
        description=told.text("description"),
        expires_at=told.moment("expiration"),
        policy=policy,
        implied_policy=implied,
    )
