"""Named policies of MinIO, and whom they are attached to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.secret import SecretBytes
from minio_sdk.operations.admin import AdminOperation, Change, SealedReply
from minio_sdk.operations.admin_users import check_name, check_new_name
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.policy import statements, write_policy
from minio_sdk.wire.told import Told


@dataclass(frozen=True, slots=True)
class AdminAddPolicy(Change):
    """PUT add-canned-policy: a policy under a name, in place of what had it."""

    name: ClassVar[str] = "AdminAddPolicy"

    policy: str
    document: Mapping[str, Any]

    def request(self) -> Request:
        """PUT the document."""
        name = check_new_name(self.policy, "name")
        # MinIO takes no statement without a list around it.
        whole = {**self.document, "Statement": statements(self.document)}
        return self._ask("PUT", "add-canned-policy", write_policy(whole), name=name)


@dataclass(frozen=True, slots=True)
class AdminPolicyInfo(AdminOperation[dict[str, Any]]):
    """GET info-canned-policy: the document under a name."""

    name: ClassVar[str] = "AdminPolicyInfo"

    policy: str

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "info-canned-policy", name=check_name(self.policy, "name"))

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The document."""
        return Told.read(reply.body).plain


@dataclass(frozen=True, slots=True)
class AdminListPolicies(AdminOperation[dict[str, dict[str, Any]]]):
    """GET list-canned-policies: all documents by name."""

    name: ClassVar[str] = "AdminListPolicies"

    def request(self) -> Request:
        """GET them."""
        return self._ask("GET", "list-canned-policies")

    def parse(self, reply: Reply) -> dict[str, dict[str, Any]]:
        """The documents."""
        told = Told.read(reply.body)
        return {name: told.told(name).plain for name in sorted(told)}


@dataclass(frozen=True, slots=True)
class AdminRemovePolicy(Change):
    """DELETE remove-canned-policy; MinIO answers 200 also where there is none."""

    name: ClassVar[str] = "AdminRemovePolicy"

    policy: str

    def request(self) -> Request:
        """DELETE it."""
        return self._ask("DELETE", "remove-canned-policy", name=check_name(self.policy, "name"))


def association_request(
    policies: Sequence[str], user: str | None, group: str | None
) -> SecretBytes:
    """What `AdminAttachPolicy` and `AdminDetachPolicy` say, before it is sealed.

    Raises:
        ValidationError: neither user nor group, or both, or a bad name.
    """
    if (user is None) == (group is None):
        raise ValidationError("user, group: give one of them")
    names = [check_name(name, "name") for name in policies]
    if not names or any("," in name for name in names):
        raise invalid("name", policies, "must be one name or several, without commas")
    document: dict[str, Any] = {"policies": names}
    if user is not None:
        document["user"] = check_name(user, "user")
    else:
        document["group"] = check_name(group, "group")
    return SecretBytes(json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class Association(SealedReply):
    """Base of what attaches and detaches policies."""

    whose: ClassVar[str] = "builtin"
    call: ClassVar[str]
    # MinIO before April 2023 answers without words.
    ok: ClassVar[frozenset[int]] = frozenset({200, 201, 204})

    sealed: bytes
    policy: str | None = None  # these for an audit: what is sealed it can't tell
    user: str | None = None
    group: str | None = None

    def request(self) -> Request:
        """POST the sealed `association_request`."""
        request = self._ask("POST", f"idp/{self.whose}/policy/{self.call}", self.sealed)
        request.headers["content-type"] = "application/octet-stream"
        return request


@dataclass(frozen=True, slots=True)
class AdminAttachPolicy(Association):
    """POST idp/builtin/policy/attach: policies for a user or a group, beside those it has."""

    name: ClassVar[str] = "AdminAttachPolicy"
    call: ClassVar[str] = "attach"


@dataclass(frozen=True, slots=True)
class AdminDetachPolicy(Association):
    """POST idp/builtin/policy/detach: policies that a user or a group no longer has."""

    name: ClassVar[str] = "AdminDetachPolicy"
    call: ClassVar[str] = "detach"


@dataclass(frozen=True, slots=True)
class AdminAttachLDAPPolicy(AdminAttachPolicy):
    """POST idp/ldap/policy/attach: policies for a user or a group of LDAP."""

    name: ClassVar[str] = "AdminAttachLDAPPolicy"
    whose: ClassVar[str] = "ldap"


@dataclass(frozen=True, slots=True)
class AdminDetachLDAPPolicy(AdminDetachPolicy):
    """POST idp/ldap/policy/detach: policies that a user or a group of LDAP no longer has."""

    name: ClassVar[str] = "AdminDetachLDAPPolicy"
    whose: ClassVar[str] = "ldap"
