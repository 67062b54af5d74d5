"""Ceph RGW's admin ops: requests as its documentation has them, and answers in its form.

The samples are written by hand: no Ceph was there to record them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from minio_sdk import ConflictError, NotFoundError
from minio_sdk.operations import rgw_admin as rgw
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError
from tests.samples import refused, replayed

UID = "acme$minio-sdk"
ALL = "read, write, delete"


def test_users() -> None:
    user = replayed("RgwGetUser", "ceph", rgw.RgwGetUser(UID))
    assert user["keys"][0]["access_key"] == "ACCESS-KEY"
    made = rgw.RgwCreateUser(UID, "minio-sdk tenant acme", ALL)
    assert replayed("RgwCreateUser", "ceph", made)["keys"] == []
    changed = replayed("RgwModifyUser", "ceph", rgw.RgwModifyUser(UID, "read"))
    assert changed["op_mask"] == "read"
    assert replayed("RgwListUsers", "ceph", rgw.RgwListUsers()) == (["admin", UID], "")
    page = replayed("RgwListUsers-next", "ceph", rgw.RgwListUsers("default.user:42"))
    assert page == (["globex$minio-sdk"], "default.user:43")
    replayed("RgwRemoveUser", "ceph", rgw.RgwRemoveUser(UID, True))
    assert isinstance(refused("RgwRemoveUser-owner", "ceph", rgw.RgwRemoveUser(UID)), ConflictError)
    assert isinstance(refused("RgwGetUser-missing", "ceph", rgw.RgwGetUser(UID)), NotFoundError)


def test_keys_quota_and_buckets() -> None:
    operation = rgw.RgwCreateKey(UID)
    assert replayed("RgwCreateKey", "ceph", operation)[0]["secret_key"] == "SECRET-KEY"
    assert not operation.request().retry
    replayed("RgwRemoveKey", "ceph", rgw.RgwRemoveKey(UID, "ACCESS-KEY"))
    assert replayed("RgwGetQuota", "ceph", rgw.RgwGetQuota(UID))["max_size"] == 10**6
    replayed("RgwSetQuota", "ceph", rgw.RgwSetQuota(UID, 10**6))
    buckets = replayed("RgwListBuckets", "ceph", rgw.RgwListBuckets(UID))
    assert buckets == ["acme-default", "acme-docs"]


def test_no_quota_is_said_as_such() -> None:
    body: Any = rgw.RgwSetQuota(UID, None).request().body
    assert json.loads(body) == {
        "enabled": False, "max_size": -1, "max_size_kb": -1, "max_objects": -1,
    }  # fmt: skip


def test_no_secret_stands_in_a_query() -> None:
    for operation in (rgw.RgwCreateKey(UID), rgw.RgwCreateUser(UID, "x", ALL)):
        assert "secret" not in operation.request().query


def test_older_releases_list_all_users_at_once() -> None:
    assert rgw.RgwListUsers().parse(Reply(200, {}, b'["a","b"]')) == (["a", "b"], "")


@pytest.mark.parametrize("body", [b"", b"<html>", b"1", b'{"keys":1}'])
def test_another_answer_is_none(body: bytes) -> None:
    for operation in (rgw.RgwListUsers(), rgw.RgwCreateKey(UID)):
        with pytest.raises(XmlError):
            operation.parse(Reply(200, {}, body))
    if body != b'{"keys":1}':
        with pytest.raises(XmlError):
            rgw.RgwGetUser(UID).parse(Reply(200, {}, body))
