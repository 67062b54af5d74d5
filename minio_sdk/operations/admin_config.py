"""MinIO's configuration: sub-systems of settings, and the history of their changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.admin_config import AdminConfig, AdminConfigChange, AdminConfigKey
from minio_sdk.models.secret import Secret, SecretBytes, SecretDict
from minio_sdk.operations.admin import AdminOperation, Change, SealedReply
from minio_sdk.operations.admin_users import check_name, utf_8
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

MAX_HISTORY = 10_000
MAX_CONFIG = 256 * 1024
"""Bytes that MinIO takes of a configuration, sealed."""

_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_TARGET = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ENVIRONMENT = re.compile(r"# (MINIO_[A-Za-z0-9_-]+)=(.*)", re.DOTALL)
_HEAD = re.compile(r"(?:# )?([a-z][a-z0-9_]*)(?::(\S+))?(?: |\Z)")
_SETTING = re.compile(r"([a-z][a-z0-9_]*)=(?:\"(.*?)\"(?= +[a-z][a-z0-9_]*=|\s*\Z)|(\S*))")


def check_subsystem(subsystem: object, target: object = None) -> str:
    """How MinIO names a sub-system, or one target of it.

    Raises:
        ValidationError: neither.
    """
    if not isinstance(subsystem, str) or not _WORD.fullmatch(subsystem):
        raise invalid("subsystem", subsystem, "must be a name such as 'site' or 'notify_webhook'")
    if target is None:
        return subsystem
    if not isinstance(target, str) or not _TARGET.fullmatch(target):
        raise invalid("target", target, "must be letters, digits, '_' and '-'")
    return f"{subsystem}:{target}"


def written(settings: object) -> dict[str, str]:
    """Settings as MinIO reads them.

    Raises:
        ValidationError: a name or a value that it would read as something else.
    """
    if not isinstance(settings, Mapping) or not settings:
        raise invalid("settings", "***", "must be a dict with at least one setting")
    found: dict[str, str] = SecretDict()
    for name, value in settings.items():
        if not isinstance(name, str) or not _WORD.fullmatch(name):
            raise invalid("settings", name, "is no name of a setting")
        found[name] = _value(name, value)
    return found


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return str(value)
    where = f"settings[{name!r}]"  # and never the value, which may be a secret
    if not isinstance(value, str):
        raise invalid(where, "***", "must be text, a whole number, True or False")
    if not value.isprintable():
        raise invalid(where, "***", "must be printable text of one line")
    if value and (value != value.strip() or value[0] in "\"'" or value[-1] in "\"'"):
        raise invalid(where, "***", "must not begin or end with a blank or a quotation mark")
    return value


def config_line(
    subsystem: str, target: str | None, settings: Mapping[str, str], known: Iterable[str]
) -> SecretBytes:
    """What `AdminSetConfig` says, before it is sealed.

    Args:
        subsystem: which.
        target: of several.
        settings, known: as in `config_pairs`.

    Raises:
        ValidationError: see `config_pairs`.
    """
    pairs = config_pairs(subsystem, settings, known)
    return SecretBytes(check_subsystem(subsystem, target).encode() + b" " + pairs)


def config_pairs(subsystem: str, settings: Mapping[str, str], known: Iterable[str]) -> SecretBytes:
    """Settings of a sub-system as one line.

    MinIO looks for ``name=`` of each setting that it knows anywhere in the line, inside values too.

    Args:
        subsystem: which.
        settings: as `written` gives them.
        known: the names that this sub-system has.

    Raises:
        ValidationError: a setting that there isn't, or a value that would be read as another setting.
    """
    names = {*known, "enable", "comment"}
    for name, value in settings.items():
        if name not in names:
            raise ValidationError(
                f"settings: {subsystem} has no {name!r}, but {', '.join(sorted(names))}"
            )
        for other in names:
            if f"{other}=" in value:
                rule = f"must not hold '{other}=', which MinIO would take for that setting"
                raise invalid(f"settings[{name!r}]", "***", rule)
    return SecretBytes(" ".join(f'{name}="{value}"' for name, value in settings.items()).encode())


def reset_line(subsystem: str, target: str | None, names: object) -> SecretBytes:
    """What `AdminResetConfig` says, before it is sealed.

    Raises:
        ValidationError: no such names can be.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise invalid("names", names, "must be a list of names of settings")
    found = list(names)
    for name in found:
        if not isinstance(name, str) or not _WORD.fullmatch(name):
            raise invalid("names", name, "is no name of a setting")
    return SecretBytes(" ".join([check_subsystem(subsystem, target), *found]).encode())


def check_whole(text: object) -> SecretBytes:
    """A whole configuration, as `AdminExportConfig` gives it.

    Raises:
        ValidationError: it can't be one.
    """
    data = utf_8("text", text) if isinstance(text, str) else text
    if not isinstance(data, bytes) or not data.strip() or len(data) > MAX_CONFIG - 1024:
        raise invalid(
            "text", "***", f"must be a configuration of at most {MAX_CONFIG - 1024} bytes"
        )
    return SecretBytes(data)


@dataclass(frozen=True, slots=True)
class ConfigChange(AdminOperation[bool]):
    """Base of changes of the configuration."""

    sealed: bytes

    def parse(self, reply: Reply) -> bool:
        """Whether the servers have to be restarted for it."""
        return reply.headers.get("x-minio-config-applied") != "true"


@dataclass(frozen=True, slots=True)
class AdminSetConfig(ConfigChange):
    """PUT set-config-kv.

    Attributes:
        sealed: the `config_line`.
        subsystem: what it is about, for an audit.
    """

    name: ClassVar[str] = "AdminSetConfig"

    subsystem: str = ""

    def request(self) -> Request:
        """PUT the sealed `config_line`."""
        return self._ask("PUT", "set-config-kv", self.sealed)


@dataclass(frozen=True, slots=True)
class AdminResetConfig(ConfigChange):
    """DELETE del-config-kv: back to what MinIO begins with.

    Attributes:
        sealed: the `reset_line`.
        subsystem: what it is about, for an audit.
    """

    name: ClassVar[str] = "AdminResetConfig"

    subsystem: str = ""

    def request(self) -> Request:
        """DELETE, once: the sealed `reset_line`."""
        return self._once("DELETE", "del-config-kv", self.sealed)


@dataclass(frozen=True, slots=True)
class AdminGetConfig(SealedReply):
    """GET get-config-kv; `configs_in` reads what is opened."""

    name: ClassVar[str] = "AdminGetConfig"

    subsystem: str
    target: str | None = None

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "get-config-kv", key=check_subsystem(self.subsystem, self.target))


@dataclass(frozen=True, slots=True)
class AdminExportConfig(SealedReply):
    """GET config: all of it, secrets included; `text_in` reads what is opened."""

    name: ClassVar[str] = "AdminExportConfig"

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "config")


@dataclass(frozen=True, slots=True)
class AdminImportConfig(Change):
    """PUT config: all of it."""

    name: ClassVar[str] = "AdminImportConfig"

    sealed: bytes

    def request(self) -> Request:
        """PUT it, once."""
        return self._once("PUT", "config", self.sealed)


@dataclass(frozen=True, slots=True)
class AdminConfigHelp(AdminOperation[tuple[AdminConfigKey, ...]]):
    """GET help-config-kv: the settings of a sub-system; without one, the sub-systems."""

    name: ClassVar[str] = "AdminConfigHelp"

    subsystem: str | None = None

    def request(self) -> Request:
        """GET it."""
        subsystem = "" if self.subsystem is None else check_subsystem(self.subsystem)
        return self._ask("GET", "help-config-kv", key="", subSys=subsystem)

    def parse(self, reply: Reply) -> tuple[AdminConfigKey, ...]:
        """The settings."""
        return tuple(
            AdminConfigKey(
                name=each.text("key"),
                kind=each.text("type"),
                description=each.text("description"),
                optional=each.flag("optional"),
                multiple=each.flag("multipleTargets"),
            )
            for each in Told.read(reply.body).each("keysHelp")
        )


@dataclass(frozen=True, slots=True)
class AdminConfigHistory(SealedReply):
    """GET list-config-history-kv; `changes_in` reads what is opened.

    Attributes:
        limit: the most that are told. Which those are is chance, where there are more.
    """

    name: ClassVar[str] = "AdminConfigHistory"

    limit: int = MAX_HISTORY

    def request(self) -> Request:
        """GET it."""
        limit = self.limit
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_HISTORY:
            raise invalid("limit", limit, f"must be a whole number from 1 to {MAX_HISTORY}")
        return self._ask("GET", "list-config-history-kv", count=str(limit))


@dataclass(frozen=True, slots=True)
class AdminRestoreConfig(Change):
    """PUT restore-config-history-kv: one change once more."""

    name: ClassVar[str] = "AdminRestoreConfig"

    id: str

    def request(self) -> Request:
        """PUT it, once: MinIO forgets the change then."""
        return self._once("PUT", "restore-config-history-kv", restoreId=check_name(self.id, "id"))


@dataclass(frozen=True, slots=True)
class AdminClearConfigHistory(Change):
    """DELETE clear-config-history-kv: one change, or with ``"all"`` every one."""

    name: ClassVar[str] = "AdminClearConfigHistory"

    id: str

    def request(self) -> Request:
        """DELETE it."""
        return self._ask("DELETE", "clear-config-history-kv", restoreId=check_name(self.id, "id"))


def text_in(plain: bytes) -> str:
    """A whole configuration.

    Raises:
        XmlError: it can't be read.
    """
    try:
        return Secret(plain.decode())
    except UnicodeDecodeError:
        raise XmlError("it is not text") from None


def configs_in(plain: bytes) -> list[AdminConfig]:
    """The sub-systems that a configuration's text has.

    Raises:
        XmlError: it can't be read.
    """
    found: list[AdminConfig] = []
    environment: dict[str, str] = {}
    for line in text_in(plain).split("\n"):
        if not line.strip():
            continue
        if overriding := _ENVIRONMENT.fullmatch(line):
            environment[overriding[1]] = overriding[2]
            continue
        head = _HEAD.match(line)
        if head is None:
            raise XmlError("a line of it names no sub-system")
        settings = {
            each[1]: cast("str", each[3] if each[2] is None else each[2])
            for each in _SETTING.finditer(line, head.end())
        }
        found.append(
            AdminConfig(
                subsystem=head[1], target=head[2] or "", settings=settings, environment=environment
            )
        )
        environment = {}
    return found


def changes_in(plain: bytes) -> list[AdminConfigChange]:
    """The history of the configuration, oldest first.

    Raises:
        XmlError: it can't be read.
    """
    return [
        AdminConfigChange(
            id=each.text("restoreId"), created_at=each.moment("createTime"), text=each.text("data")
        )
        for each in Told.all(plain)
    ]
