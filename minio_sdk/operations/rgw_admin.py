"""Ceph RGW's admin ops: users, keys, quotas. Signed like S3, answered in JSON.

https://docs.ceph.com/en/latest/radosgw/adminops/
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from minio_sdk.operation import WHOLE_SERVER, Operation, Place, T
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import XmlError


@dataclass(frozen=True, slots=True)
class RgwOperation(Operation[T]):
    """Base of the admin ops."""

    not_found: ClassVar[str] = "NoSuchUser"
    path: ClassVar[str] = "/admin/user"

    place: Place = field(default=WHOLE_SERVER, kw_only=True)

    def _ask(self, method: str, body: bytes = b"", **query: str | None) -> Request:
        pairs = [("format", "json")]
        pairs += [
            (name.replace("_", "-"), value) for name, value in query.items() if value is not None
        ]
        return Request(method, self.path, query_string(pairs), body=body)


@dataclass(frozen=True, slots=True)
class _OfUser(RgwOperation[T]):
    """About one user.

    Attributes:
        uid: ``tenant$user``.
    """

    uid: str


@dataclass(frozen=True, slots=True)
class RgwGetUser(_OfUser[dict[str, Any]]):
    """One user, with the secrets of its keys."""

    name: ClassVar[str] = "RgwGetUser"

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", uid=self.uid)

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The user."""
        return _object(reply)


@dataclass(frozen=True, slots=True)
class RgwCreateUser(_OfUser[dict[str, Any]]):
    """Make a user without keys.

    Attributes:
        display_name: any text.
        op_mask: the kinds of operations that it may do.
    """

    name: ClassVar[str] = "RgwCreateUser"

    display_name: str
    op_mask: str

    def request(self) -> Request:
        """PUT it."""
        return self._ask(
            "PUT", uid=self.uid, display_name=self.display_name, op_mask=self.op_mask,
            generate_key="false",
        )  # fmt: skip

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The user."""
        return _object(reply)


@dataclass(frozen=True, slots=True)
class RgwModifyUser(_OfUser[dict[str, Any]]):
    """Change what a user may do.

    Attributes:
        op_mask: the kinds of operations; None leaves them.
        suspended: whether it may do nothing at all.
    """

    name: ClassVar[str] = "RgwModifyUser"

    op_mask: str | None
    suspended: bool = False

    def request(self) -> Request:
        """POST the change."""
        suspended = "true" if self.suspended else "false"
        return self._ask("POST", uid=self.uid, suspended=suspended, op_mask=self.op_mask)

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The user."""
        return _object(reply)


@dataclass(frozen=True, slots=True)
class RgwRemoveUser(_OfUser[None]):
    """Remove a user; one that owns buckets only with them."""

    name: ClassVar[str] = "RgwRemoveUser"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    purge_data: bool = False

    def request(self) -> Request:
        """DELETE it."""
        purge = "true" if self.purge_data else None
        return self._ask("DELETE", uid=self.uid, purge_data=purge)

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class RgwCreateKey(_OfUser[list[Any]]):
    """Another pair of keys, which the server makes: in a query, a secret would be in every log.

    Asked once: a second try could make another pair.
    """

    name: ClassVar[str] = "RgwCreateKey"

    def request(self) -> Request:
        """PUT it."""
        request = self._ask("PUT", uid=self.uid, key="", key_type="s3", generate_key="true")
        request.retry = False
        return request

    def parse(self, reply: Reply) -> list[Any]:
        """All keys of the user, with their secrets."""
        return _list(reply)


@dataclass(frozen=True, slots=True)
class RgwRemoveKey(_OfUser[None]):
    """End a pair of keys."""

    name: ClassVar[str] = "RgwRemoveKey"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    access_key: str

    def request(self) -> Request:
        """DELETE it."""
        return self._ask("DELETE", uid=self.uid, key="", key_type="s3", access_key=self.access_key)

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class RgwGetQuota(_OfUser[dict[str, Any]]):
    """The quota of all that a user owns."""

    name: ClassVar[str] = "RgwGetQuota"

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", uid=self.uid, quota="", quota_type="user")

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The quota."""
        return _object(reply)


@dataclass(frozen=True, slots=True)
class RgwSetQuota(_OfUser[None]):
    """The quota of all that a user owns: bytes, None for no limit."""

    name: ClassVar[str] = "RgwSetQuota"

    size: int | None

    def request(self) -> Request:
        """PUT it."""
        size = self.size
        document = {
            "enabled": size is not None,
            "max_size": -1 if size is None else size,
            # Releases before Jewel know this one only.
            "max_size_kb": -1 if size is None else size // 1024,
            "max_objects": -1,
        }
        body = json.dumps(document).encode()
        return self._ask("PUT", body, uid=self.uid, quota="", quota_type="user")

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class RgwListUsers(RgwOperation[tuple[list[str], str]]):
    """A page of the names of all users.

    Attributes:
        marker: where the page before ended.
    """

    name: ClassVar[str] = "RgwListUsers"
    path: ClassVar[str] = "/admin/metadata/user"

    marker: str = ""

    def request(self) -> Request:
        """GET the page."""
        return self._ask("GET", max_entries="1000", marker=self.marker or None)

    def parse(self, reply: Reply) -> tuple[list[str], str]:
        """The names, and where the next page begins; empty for the last one."""
        document = _json(reply)
        if isinstance(document, list):  # older releases know no pages
            return [str(name) for name in document], ""
        if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
            raise XmlError("not a list of users")
        following = str(document.get("marker") or "") if document.get("truncated") else ""
        return [str(name) for name in document["keys"]], following


@dataclass(frozen=True, slots=True)
class RgwListBuckets(_OfUser[list[str]]):
    """The buckets that a user owns."""

    name: ClassVar[str] = "RgwListBuckets"
    path: ClassVar[str] = "/admin/bucket"

    def request(self) -> Request:
        """GET their names."""
        return self._ask("GET", uid=self.uid)

    def parse(self, reply: Reply) -> list[str]:
        """The names."""
        return sorted(str(name) for name in _list(reply))


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        raise XmlError("not JSON") from None


def _object(reply: Reply) -> dict[str, Any]:
    document = _json(reply)
    if not isinstance(document, dict):
        raise XmlError("not a JSON object")
    return document


def _list(reply: Reply) -> list[Any]:
    document = _json(reply)
    if not isinstance(document, list):
        raise XmlError("not a JSON list")
    return document
