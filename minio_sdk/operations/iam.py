"""Users, their policies and keys, in the language of AWS IAM: forms that are posted, answers in XML.

AWS has it at a host of its own; SeaweedFS takes it on its S3 port.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import unquote

from minio_sdk.models.credentials import Credentials
from minio_sdk.operation import WHOLE_SERVER, Operation, Place, T
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string
from minio_sdk.wire.xml import XmlError, parse, read, xml

VERSION = "2010-05-08"


@dataclass(frozen=True, slots=True)
class IamUser:
    """A user, as answers tell of it."""

    user_name: str
    path: str = "/"
    create_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class IamKey:
    """An access key without its secret."""

    access_key_id: str
    status: str = "Active"
    create_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class GetUserAnswer:
    """The answer to GetUser."""

    user: IamUser = field(metadata=xml("GetUserResult/User"))


@dataclass(frozen=True, slots=True)
class ListUsersAnswer:
    """A page of users."""

    users: tuple[IamUser, ...] = field(default=(), metadata=xml("ListUsersResult/Users/member"))
    is_truncated: bool = field(default=False, metadata=xml("ListUsersResult/IsTruncated"))
    marker: str | None = field(default=None, metadata=xml("ListUsersResult/Marker"))


@dataclass(frozen=True, slots=True)
class ListAccessKeysAnswer:
    """The keys of a user; a user has few."""

    keys: tuple[IamKey, ...] = field(
        default=(), metadata=xml("ListAccessKeysResult/AccessKeyMetadata/member")
    )


@dataclass(frozen=True, slots=True)
class CreateAccessKeyAnswer:
    """A new pair of keys."""

    access_key: str = field(metadata=xml("CreateAccessKeyResult/AccessKey/AccessKeyId"))
    secret_key: str = field(
        repr=False, metadata=xml("CreateAccessKeyResult/AccessKey/SecretAccessKey")
    )


@dataclass(frozen=True, slots=True)
class CreatePolicyAnswer:
    """The answer to CreatePolicy."""

    arn: str = field(metadata=xml("CreatePolicyResult/Policy/Arn"))


@dataclass(frozen=True, slots=True)
class UserPolicyAnswer:
    """The document of a policy that belongs to a user."""

    document: str = field(metadata=xml("GetUserPolicyResult/PolicyDocument"))


@dataclass(frozen=True, slots=True)
class PolicyVersionAnswer:
    """The document of a policy with a name."""

    document: str = field(metadata=xml("GetPolicyVersionResult/PolicyVersion/Document"))


@dataclass(frozen=True, slots=True)
class IamOperation(Operation[T]):
    """Base: what the actions of IAM have in common."""

    not_found: ClassVar[str] = "NoSuchEntity"

    place: Place = field(default=WHOLE_SERVER, kw_only=True)

    def form(self) -> dict[str, str]:
        """The fields that are the action's own."""
        raise NotImplementedError

    def request(self) -> Request:
        """POST the form."""
        fields = {"Action": self.name, "Version": VERSION, **self.form()}
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = query_string(fields.items()).encode()
        return Request("POST", "/", headers=headers, body=body, service="iam")

    def parse(self, reply: Reply) -> T:
        """Nothing, of an answer that is IAM's."""
        self._check(reply)
        return None  # type: ignore[return-value]

    def _check(self, reply: Reply) -> None:
        if parse(reply.body).tag != f"{self.name}Response":
            raise XmlError(f"not an answer to {self.name}")

    def _answer(self, cls: type[Any], reply: Reply) -> Any:
        self._check(reply)
        return read(cls, reply.body)


@dataclass(frozen=True, slots=True)
class _OfUser(IamOperation[T]):
    """An action on one user."""

    user: str

    def form(self) -> dict[str, str]:
        """The user."""
        return {"UserName": self.user}


@dataclass(frozen=True, slots=True)
class CreateUser(_OfUser[None]):
    """Make a user, without any rights."""

    name: ClassVar[str] = "CreateUser"

    path: str = "/"

    def form(self) -> dict[str, str]:
        """The user and its path."""
        return {"UserName": self.user, "Path": self.path}


@dataclass(frozen=True, slots=True)
class GetUser(_OfUser[IamUser]):
    """One user."""

    name: ClassVar[str] = "GetUser"

    def parse(self, reply: Reply) -> IamUser:
        """The user."""
        user: IamUser = self._answer(GetUserAnswer, reply).user
        return user


@dataclass(frozen=True, slots=True)
class DeleteUser(_OfUser[None]):
    """Remove a user; AWS wants its keys and policies to be gone."""

    name: ClassVar[str] = "DeleteUser"


@dataclass(frozen=True, slots=True)
class ListUsers(IamOperation[ListUsersAnswer]):
    """A page of users below a path."""

    name: ClassVar[str] = "ListUsers"

    path_prefix: str = "/"
    marker: str = ""

    def form(self) -> dict[str, str]:
        """The path, and where the page before ended."""
        return {"PathPrefix": self.path_prefix, **({"Marker": self.marker} if self.marker else {})}

    def parse(self, reply: Reply) -> ListUsersAnswer:
        """The page."""
        page: ListUsersAnswer = self._answer(ListUsersAnswer, reply)
        return page


@dataclass(frozen=True, slots=True)
class CreateAccessKey(_OfUser[Credentials]):
    """A new pair of keys for a user. Asked once: a second try could make another pair."""

    name: ClassVar[str] = "CreateAccessKey"

    def request(self) -> Request:
        """POST the form."""
        request = _OfUser.request(self)
        request.retry = False
        return request

    def parse(self, reply: Reply) -> Credentials:
        """The keys; their secret is told this one time."""
        answer: CreateAccessKeyAnswer = self._answer(CreateAccessKeyAnswer, reply)
        return Credentials(answer.access_key, answer.secret_key)


@dataclass(frozen=True, slots=True)
class ListAccessKeys(_OfUser[tuple[IamKey, ...]]):
    """The keys of a user, without their secrets."""

    name: ClassVar[str] = "ListAccessKeys"

    def parse(self, reply: Reply) -> tuple[IamKey, ...]:
        """The keys."""
        keys: tuple[IamKey, ...] = self._answer(ListAccessKeysAnswer, reply).keys
        return keys


@dataclass(frozen=True, slots=True)
class DeleteAccessKey(_OfUser[None]):
    """End a pair of keys."""

    name: ClassVar[str] = "DeleteAccessKey"

    access_key: str

    def form(self) -> dict[str, str]:
        """The user and the key."""
        return {"UserName": self.user, "AccessKeyId": self.access_key}


@dataclass(frozen=True, slots=True)
class PutUserPolicy(_OfUser[None]):
    """A policy that belongs to a user, in place of the one of that name."""

    name: ClassVar[str] = "PutUserPolicy"

    policy: str
    document: Mapping[str, Any]

    def form(self) -> dict[str, str]:
        """The user, the policy's name and the policy."""
        text = _written(self.document)
        return {"UserName": self.user, "PolicyName": self.policy, "PolicyDocument": text}


@dataclass(frozen=True, slots=True)
class GetUserPolicy(_OfUser[dict[str, Any]]):
    """A policy that belongs to a user."""

    name: ClassVar[str] = "GetUserPolicy"

    policy: str

    def form(self) -> dict[str, str]:
        """The user and the policy's name."""
        return {"UserName": self.user, "PolicyName": self.policy}

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The document."""
        return _document(self._answer(UserPolicyAnswer, reply).document)


@dataclass(frozen=True, slots=True)
class DeleteUserPolicy(_OfUser[None]):
    """Remove a policy that belongs to a user."""

    name: ClassVar[str] = "DeleteUserPolicy"

    policy: str

    def form(self) -> dict[str, str]:
        """The user and the policy's name."""
        return {"UserName": self.user, "PolicyName": self.policy}


@dataclass(frozen=True, slots=True)
class CreatePolicy(IamOperation[str]):
    """A policy with a name of its own; the result is its ARN."""

    name: ClassVar[str] = "CreatePolicy"

    policy: str
    document: Mapping[str, Any]

    def form(self) -> dict[str, str]:
        """The name and the policy."""
        return {"PolicyName": self.policy, "PolicyDocument": _written(self.document)}

    def parse(self, reply: Reply) -> str:
        """The ARN."""
        arn: str = self._answer(CreatePolicyAnswer, reply).arn
        return arn


@dataclass(frozen=True, slots=True)
class GetPolicyVersion(IamOperation[dict[str, Any]]):
    """The document of a policy with a name."""

    name: ClassVar[str] = "GetPolicyVersion"

    arn: str
    version: str = "v1"

    def form(self) -> dict[str, str]:
        """The policy and which of its versions."""
        return {"PolicyArn": self.arn, "VersionId": self.version}

    def parse(self, reply: Reply) -> dict[str, Any]:
        """The document."""
        return _document(self._answer(PolicyVersionAnswer, reply).document)


@dataclass(frozen=True, slots=True)
class DeletePolicy(IamOperation[None]):
    """Remove a policy with a name; it must be attached to nobody."""

    name: ClassVar[str] = "DeletePolicy"

    arn: str

    def form(self) -> dict[str, str]:
        """The policy."""
        return {"PolicyArn": self.arn}


@dataclass(frozen=True, slots=True)
class AttachUserPolicy(_OfUser[None]):
    """Let a policy with a name hold for a user."""

    name: ClassVar[str] = "AttachUserPolicy"

    arn: str

    def form(self) -> dict[str, str]:
        """The user and the policy."""
        return {"UserName": self.user, "PolicyArn": self.arn}


@dataclass(frozen=True, slots=True)
class DetachUserPolicy(_OfUser[None]):
    """Let a policy with a name no longer hold for a user."""

    name: ClassVar[str] = "DetachUserPolicy"

    arn: str

    def form(self) -> dict[str, str]:
        """The user and the policy."""
        return {"UserName": self.user, "PolicyArn": self.arn}


def _written(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def _document(text: str) -> dict[str, Any]:
    """A policy in an answer: JSON, percent-encoded as AWS has it, or plain."""
    try:
        document = json.loads(text if text.lstrip().startswith("{") else unquote(text))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise XmlError("the policy is not a JSON object")
    return document
