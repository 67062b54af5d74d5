"""IAM: the forms that are posted, and what real servers answered."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from minio_sdk import ConflictError, NotFoundError
from minio_sdk.operations import iam
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError
from tests.samples import origins, refused, replayed
from tests.samples.settings import USER_POLICY

USER = "minio-sdk-acme"
ARN = "arn:aws:iam:::policy/minio-sdk-acme"
NOTHING: list[Any] = [
    iam.PutUserPolicy(USER, "minio-sdk", USER_POLICY),
    iam.DeleteUserPolicy(USER, "minio-sdk"),
    iam.AttachUserPolicy(USER, ARN),
    iam.DetachUserPolicy(USER, ARN),
    iam.DeletePolicy(ARN),
    iam.DeleteAccessKey(USER, "ACCESS-KEY"),
    iam.DeleteUser(USER),
    iam.CreateUser(USER, "/minio-sdk/acme/"),
]


@pytest.mark.parametrize("operation", NOTHING, ids=lambda operation: operation.name)
def test_what_tells_nothing(operation: Any) -> None:
    for origin in origins(operation.name):
        assert replayed(operation.name, origin, operation) is None


def _plain(policy: dict[str, Any]) -> Any:
    (statement,) = policy["Statement"]
    return [statement["Effect"], *statement["Resource"]]


def test_what_tells_something() -> None:
    for origin in origins("GetUser"):
        assert replayed("GetUser", origin, iam.GetUser(USER)).user_name == USER
        page = replayed("ListUsers", origin, iam.ListUsers("/"))
        assert USER in [user.user_name for user in page.users]
        assert not page.is_truncated
        (key,) = replayed("ListAccessKeys", origin, iam.ListAccessKeys(USER))
        assert (key.access_key_id, key.status) == ("ACCESS-KEY", "Active")
        policy = replayed("GetUserPolicy", origin, iam.GetUserPolicy(USER, "minio-sdk"))
        assert _plain(policy) == ["Allow", "arn:aws:s3:::acme-*", "arn:aws:s3:::acme-*/*"]
    assert replayed("CreatePolicy", "seaweedfs", iam.CreatePolicy(USER, USER_POLICY)) == ARN
    policy = replayed("GetPolicyVersion", "seaweedfs", iam.GetPolicyVersion(ARN))
    assert _plain(policy) == ["Allow", "arn:aws:s3:::acme-*", "arn:aws:s3:::acme-*/*"]


def test_the_secret_is_told_and_not_shown() -> None:
    for origin in origins("CreateAccessKey"):
        operation = iam.CreateAccessKey(USER)
        keys = replayed("CreateAccessKey", origin, operation)
        assert (keys.access_key, keys.secret_key) == ("ACCESS-KEY", "SECRET-KEY")
        assert "SECRET-KEY" not in repr(keys)
        assert not operation.request().retry


def test_what_is_refused() -> None:
    for origin in origins("GetUser-missing"):
        error = refused("GetUser-missing", origin, iam.GetUser(USER))
        assert isinstance(error, NotFoundError)
        assert error.code == "NoSuchEntity"
        again = refused("CreateUser-again", origin, iam.CreateUser(USER, "/minio-sdk/acme/"))
        assert isinstance(again, ConflictError)
        assert again.code == "EntityAlreadyExists"


def test_the_form_has_all_of_it_and_is_signed_for_iam() -> None:
    request = iam.PutUserPolicy("a b&c", "p/ü", {"Statement": ["=&+%"]}).request()
    assert (request.method, request.path, request.query) == ("POST", "/", "")
    assert request.service == "iam"
    body: Any = request.body
    assert dict(parse_qsl(bytes(body).decode())) == {
        "Action": "PutUserPolicy",
        "Version": "2010-05-08",
        "UserName": "a b&c",
        "PolicyName": "p/ü",
        "PolicyDocument": '{"Statement":["=&+%"]}',
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html/>",
        b"<ListBucketResult/>",
        b"<GetPolicyVersionResponse/>",
        b"<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>[]</Document>"
        b"</PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>",
        b"<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>{</Document>"
        b"</PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>",
    ],
)
def test_another_answer_is_none(body: bytes) -> None:
    with pytest.raises(XmlError):
        iam.GetPolicyVersion(ARN).parse(Reply(200, {}, body))
    with pytest.raises(XmlError):
        iam.DeleteUser(USER).parse(Reply(200, {}, body))
