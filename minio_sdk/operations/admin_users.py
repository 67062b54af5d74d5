"""Users and groups of MinIO."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import invalid
from minio_sdk.models.admin import Group, User
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operations.admin import AdminOperation, Change, SealedReply
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told

_ON = "enabled"


def check_new_key(value: object, argument: str = "access_key") -> str:
    """The name of a new user or service account.

    Raises:
        ValidationError: MinIO wouldn't take it, or it couldn't be signed with.
    """
    if not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    if not 3 <= len(value) <= 128 or not value.isascii():
        raise invalid(argument, value, "must have 3 to 128 ASCII characters")
    if not value.isprintable() or value != value.strip() or {"=", ",", "/"} & set(value):
        rule = "must be printable, without '=', ',' and '/', and without a blank at either end"
        raise invalid(argument, value, rule)
    return value


def check_name(value: object, argument: str = "access_key") -> str:
    """The name of what may be there: a user, a group, a service account.

    Raises:
        ValidationError: nothing can have it.
    """
    if not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    if not 1 <= len(value) <= 1024 or not value.isprintable():
        raise invalid(argument, value, "must have 1 to 1,024 printable characters")
    return value


def names_of(argument: str, value: object) -> tuple[str, ...]:
    """One name or some, of which each is checked where it is sent.

    Raises:
        ValidationError: it is neither.
    """
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (bytes, bytearray, Mapping)) or not isinstance(value, Iterable):
        raise invalid(argument, value, "must be a name or a list of names")
    return tuple(value)


def utf_8(argument: str, text: str) -> bytes:
    """What is sent of a text that may hold secrets.

    Raises:
        ValidationError: it has a lone surrogate.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise invalid(argument, "***", "has a character that UTF-8 can't write") from None


def check_new_name(value: object, argument: str) -> str:
    """The name of a new group or policy.

    Raises:
        ValidationError: it isn't one.
    """
    text = check_name(value, argument)
    if len(text.encode()) > 128 or text != text.strip() or set("=,/\\") & set(text):
        rule = "must be at most 128 bytes, without '=', ',', '/' and '\\', and without a blank at an end"
        raise invalid(argument, value, rule)
    if text in (".", ".."):
        raise invalid(argument, value, "is not a name")
    return text


def check_secret_key(value: object) -> str:
    """The secret of a new pair of keys. It is part of no message.

    Raises:
        ValidationError: it isn't one.
    """
    good = isinstance(value, str) and value.isprintable() and value == value.strip()
    if not isinstance(value, str) or not good or not 8 <= len(value.encode()) <= 128:
        rule = "must be printable text of 8 to 128 bytes, without a blank at either end"
        raise invalid("secret_key", "***", rule)
    return value


def user_request(secret_key: str, enabled: bool) -> SecretBytes:
    """What `AdminAddUser` says, before it is sealed."""
    status = _ON if enabled else "disabled"
    document = {"secretKey": check_secret_key(secret_key), "status": status}
    return SecretBytes(json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class AdminAddUser(Change):
    """PUT add-user: a user, or another secret for the one there is."""

    name: ClassVar[str] = "AdminAddUser"

    access_key: str
    sealed: bytes

    def request(self) -> Request:
        """PUT the sealed `user_request`."""
        key = check_new_key(self.access_key)
        return self._ask("PUT", "add-user", self.sealed, accessKey=key)


@dataclass(frozen=True, slots=True)
class AdminRemoveUser(Change):
    """DELETE remove-user: a user, with all its service accounts."""

    name: ClassVar[str] = "AdminRemoveUser"

    access_key: str

    def request(self) -> Request:
        """DELETE it."""
        return self._ask("DELETE", "remove-user", accessKey=check_name(self.access_key))


@dataclass(frozen=True, slots=True)
class AdminSetUserStatus(Change):
    """PUT set-user-status: whether a user may sign requests."""

    name: ClassVar[str] = "AdminSetUserStatus"

    access_key: str
    enabled: bool

    def request(self) -> Request:
        """PUT the word for it."""
        key = check_name(self.access_key)
        status = _ON if self.enabled else "disabled"
        return self._ask("PUT", "set-user-status", accessKey=key, status=status)


@dataclass(frozen=True, slots=True)
class AdminUserInfo(AdminOperation[User]):
    """GET user-info: one user."""

    name: ClassVar[str] = "AdminUserInfo"

    access_key: str

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "user-info", accessKey=check_name(self.access_key))

    def parse(self, reply: Reply) -> User:
        """The user."""
        return _user(self.access_key, Told.read(reply.body))


@dataclass(frozen=True, slots=True)
class AdminListUsers(SealedReply):
    """GET list-users: all users, sealed; `users_in` reads what is opened."""

    name: ClassVar[str] = "AdminListUsers"

    def request(self) -> Request:
        """GET them."""
        return self._ask("GET", "list-users")


def users_in(plain: bytes) -> list[User]:
    """The users of an opened answer, by name.

    Raises:
        XmlError: it can't be read.
    """
    told = Told.read(plain)
    return [_user(name, told.told(name)) for name in sorted(told)]


def _user(access_key: str, told: Told) -> User:
    return User(
        access_key=access_key,
        enabled=told.text("status") == _ON,
        policies=_names(told.text("policyName")),
        groups=told.texts("memberOf"),
        updated_at=told.moment("updatedAt"),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


@dataclass(frozen=True, slots=True)
class AdminUpdateGroup(Change):
    """PUT update-group-members: more members, or fewer; of nobody, the group is removed.

    Attributes:
        group: its name; the first member makes it.
        members: access keys.
        remove: whether they leave. An empty group that nobody leaves is removed.
    """

    name: ClassVar[str] = "AdminUpdateGroup"

    group: str
    members: Sequence[str]
    remove: bool = False

    def request(self) -> Request:
        """PUT the change."""
        document: dict[str, Any] = {
            "group": check_new_name(self.group, "group"),
            "members": [check_name(member, "members") for member in self.members],
            "isRemove": self.remove,
        }
        return self._ask("PUT", "update-group-members", json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class AdminSetGroupStatus(Change):
    """PUT set-group-status: whether a group's policies are in force."""

    name: ClassVar[str] = "AdminSetGroupStatus"

    group: str
    enabled: bool

    def request(self) -> Request:
        """PUT the word for it."""
        status = _ON if self.enabled else "disabled"
        group = check_name(self.group, "group")
        return self._ask("PUT", "set-group-status", group=group, status=status)


@dataclass(frozen=True, slots=True)
class AdminGroupInfo(AdminOperation[Group]):
    """GET group: one group."""

    name: ClassVar[str] = "AdminGroupInfo"

    group: str

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "group", group=check_name(self.group, "group"))

    def parse(self, reply: Reply) -> Group:
        """The group."""
        told = Told.read(reply.body)
        return Group(
            name=told.text("name"),
            enabled=told.text("status") == _ON,
            members=told.texts("members"),
            policies=_names(told.text("policy")),
            updated_at=told.moment("updatedAt"),
        )


@dataclass(frozen=True, slots=True)
class AdminListGroups(AdminOperation[list[str]]):
    """GET groups: the names of all groups."""

    name: ClassVar[str] = "AdminListGroups"

    def request(self) -> Request:
        """GET them."""
        return self._ask("GET", "groups")

    def parse(self, reply: Reply) -> list[str]:
        """The names, in order."""
        return sorted(Told.read(b'{"groups":' + reply.body + b"}").texts("groups"))
