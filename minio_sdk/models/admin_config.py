"""What MinIO's configuration says, and what the server answers to a change of its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from minio_sdk.models.record import Record
from minio_sdk.models.secret import FrozenDict, Secret

ProviderKind = Literal["openid", "ldap"]
"""What identity providers of MinIO are: OpenID Connect's, and an LDAP directory."""

_SECRET = ("secret", "password", "token", "license", "api_key", "auth", "credentials", "dsn")


def is_secret(name: str) -> bool:
    """Whether a setting of this name may be a secret, by its name."""
    return any(word in name for word in _SECRET) or name in ("connection_string", "url", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminConfig(Record):
    """One sub-system of MinIO's configuration, such as ``site`` or one target of ``notify_webhook``.

    Attributes:
        subsystem: its name.
        target: which of several; empty for the one that has no name.
        settings: value by name, as the server keeps it. A value whose name says that it is secret is
            hidden in `repr`.
        environment: what variables of the server's environment say instead, by their names.
    """

    subsystem: str
    target: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("settings", "environment"):
            _hide(self, name)


def _hide(record: Record, name: str) -> None:
    shown: dict[str, str] = {
        key: Secret(value) if is_secret(key.lower()) else value
        for key, value in getattr(record, name).items()
    }
    object.__setattr__(record, name, FrozenDict(shown))


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider(Record):
    """One identity provider that MinIO has settings of.

    Attributes:
        kind: ``"openid"`` or ``"ldap"``.
        name: of several; empty for the one that has no name.
        enabled: whether the running server lets users in by it.
        role_arn: what `WebIdentityProvider` takes; empty for a provider whose tokens name policies.
    """

    kind: ProviderKind
    name: str = ""
    enabled: bool = False
    role_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProviderConfig(Record):
    """What one identity provider of MinIO is set to.

    Attributes:
        kind: ``"openid"`` or ``"ldap"``.
        name: of several; empty for the one that has no name.
        settings: value by name, of those that aren't as MinIO begins with. MinIO leaves secrets out; what
            may be one by its name is hidden in `repr` all the same.
        overridden: the names of those that the server's environment says, and no call can change.
        role_arn: what `WebIdentityProvider` takes; empty for a provider whose tokens name policies.
    """

    kind: ProviderKind
    name: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    overridden: tuple[str, ...] = ()
    role_arn: str = ""

    def __post_init__(self) -> None:
        _hide(self, "settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminConfigKey(Record):
    """One setting of a sub-system, or in the list of all, one sub-system.

    Attributes:
        name: its name.
        kind: what its value is, such as ``"string"`` or ``"duration"``; empty for a sub-system.
        description: in the server's words.
        optional: whether it may be left out.
        multiple: whether there may be several targets of it.
    """

    name: str
    kind: str = ""
    description: str = ""
    optional: bool = False
    multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminConfigChange(Record):
    """One change of the configuration that MinIO remembers.

    Attributes:
        id: for `restore_config`.
        created_at: when it was.
        text: what was set: a line, or the whole text of an `import_config`; may hold secrets, so that
            `repr` hides it.
    """

    id: str
    created_at: datetime | None
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", Secret(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResult(Record):
    """What one server process said to being restarted, stopped or updated.

    Attributes:
        host: which one.
        error: why it won't; empty when it will.
        hanging_drives: drives that don't answer, which keep it from ending.
        current_version, updated_version: of an update, when the server told.
    """

    host: str
    error: str = ""
    hanging_drives: tuple[str, ...] = ()
    current_version: str = ""
    updated_version: str = ""
