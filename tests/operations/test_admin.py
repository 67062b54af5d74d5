"""MinIO's admin API: golden requests, real answers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AdminNode,
    BucketDataUsage,
    BucketNotFoundError,
    ConflictError,
    Credentials,
    Group,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ServiceAccount,
    User,
    ValidationError,
)
from minio_sdk.operation import Operation, Place
from minio_sdk.operations import admin as operator
from minio_sdk.operations import admin_accounts as accounts
from minio_sdk.operations import admin_policies as policies
from minio_sdk.operations import admin_quota as quotas
from minio_sdk.operations import admin_users as users
from minio_sdk.wire.message import Reply
from minio_sdk.wire.sealing import unseal
from minio_sdk.wire.xml import XmlError
from tests.samples import admin, refused, replayed

MISSING = Place("missing", "acme-missing", "", "/acme-missing")
ACCOUNT = admin.ACCOUNT.access_key


def opened(case: str, operation: Operation[bytes]) -> bytes:
    """What MinIO has sealed for the operator."""
    return unseal(admin.OPERATOR_SECRET, replayed(case, "minio", operation))


def said(case: str, operation: Operation[bytes]) -> Any:
    return json.loads(opened(case, operation))


# -- the server ------------------------------------------------------------------------------------


def test_the_server_tells_of_its_nodes_and_drives() -> None:
    info = replayed("AdminInfo", "minio", operator.AdminInfo())
    assert (info.mode, info.version) == ("online", "DEVELOPMENT.GOGET")
    assert info.deployment_id
    assert (info.drives_online, info.drives_offline) == (1, 0)
    (node,) = info.nodes
    (drive,) = node.drives
    assert (node.state, node.uptime) == ("online", info.uptime)
    assert (drive.state, drive.healing) == ("ok", False)
    assert drive.total == info.total == drive.used + drive.free
    assert drive.free == info.free > 0


def test_a_cluster_is_added_up() -> None:
    drive = {"state": "ok", "totalspace": 10, "usedspace": 4, "availspace": 6}
    told = {
        "servers": [
            {"endpoint": "a:9000", "version": "v1", "uptime": 9, "drives": [drive, drive]},
            {"endpoint": "b:9000", "state": "offline"},
        ],
        "backend": {"onlineDisks": 2, "offlineDisks": 1},
        "versions": {"count": 7},
        "deletemarkers": {"count": 1},
    }
    info = operator.AdminInfo().parse(Reply(200, {}, json.dumps(told).encode()))
    assert (info.total, info.free, info.version, info.uptime) == (20, 12, "v1", 9)
    assert (info.drives_online, info.drives_offline) == (2, 1)
    assert (info.versions, info.delete_markers) == (7, 1)
    assert info.nodes[1] == AdminNode(endpoint="b:9000", state="offline")


def test_a_server_that_tells_nothing_is_read_as_such() -> None:
    info = operator.AdminInfo().parse(Reply(200, {}, b"{}"))
    assert (info.mode, info.version, info.total, info.nodes) == ("", "", 0, ())


def test_wrong_keys_are_refused_by_name() -> None:
    error = refused("AdminInfo-denied", "minio", operator.AdminInfo())
    assert isinstance(error, AccessDeniedError)
    assert error.code == "SignatureDoesNotMatch"


def test_usage_before_the_first_scan_is_none() -> None:
    usage = replayed("AdminDataUsage", "minio", operator.AdminDataUsage())
    assert (usage.last_update, usage.size, usage.objects, usage.buckets) == (None, 0, 0, {})


def test_usage_is_told_by_bucket() -> None:
    body = b"""{"lastUpdate": "2026-11-22T05:42:57.490640491Z", "objectsCount": 3, "objectsTotalSize": 12,
        "bucketsUsageInfo": {"a": {"size": 12, "objectsCount": 3, "versionsCount": 4,
        "deleteMarkersCount": 1}, "b": {}}}"""
    usage = operator.AdminDataUsage().parse(Reply(200, {}, body))
    assert usage.last_update == datetime(2026, 11, 22, 5, 42, 57, 490640, timezone.utc)
    assert (usage.size, usage.objects) == (12, 3)
    assert usage.buckets == {
        "a": BucketDataUsage(size=12, objects=3, versions=4, delete_markers=1),
        "b": BucketDataUsage(),
    }


def test_a_call_that_the_server_doesn_t_know_is_not_supported() -> None:
    body = b'{"Code":"XMinioAdminVersionMismatch","Message":"This \'admin\' API is not supported"}'
    error = operator.AdminInfo().failure(Reply(426, {}, body))
    assert isinstance(error, NotSupportedError)


# -- users and groups ------------------------------------------------------------------------------


def test_a_user_is_added_sealed_and_told_without_a_secret() -> None:
    operation = users.AdminAddUser(admin.USER, admin.sealed(admin.ADD_USER))
    replayed("AdminAddUser", "minio", operation)
    assert json.loads(unseal(admin.OPERATOR_SECRET, operation.sealed)) == {
        "secretKey": admin.USER_SECRET,
        "status": "enabled",
    }
    assert json.loads(users.user_request(admin.USER_SECRET, False))["status"] == "disabled"
    user = replayed("AdminUserInfo", "minio", users.AdminUserInfo(admin.USER))
    assert user.updated_at is not None
    assert user == User(
        access_key=admin.USER,
        enabled=True,
        policies=(admin.POLICY,),
        groups=(admin.GROUP,),
        updated_at=user.updated_at,
    )


def test_users_are_listed_by_name() -> None:
    listed = users.users_in(opened("AdminListUsers", users.AdminListUsers()))
    assert [(user.access_key, user.enabled) for user in listed] == [
        (admin.USER, False),
        (admin.OPERATOR, True),
    ]
    assert listed[1].policies == ("consoleAdmin",)
    assert users.users_in(b"{}") == []


def test_a_user_is_disabled_and_removed() -> None:
    replayed("AdminSetUserStatus", "minio", users.AdminSetUserStatus(admin.USER, False))
    assert users.AdminSetUserStatus(admin.USER, True).request().query.endswith("status=enabled")
    replayed("AdminRemoveUser", "minio", users.AdminRemoveUser(admin.USER))


def test_a_user_who_isn_t_there_is_not_found() -> None:
    for case, operation in (
        ("AdminUserInfo-missing", users.AdminUserInfo(admin.USER)),
        ("AdminRemoveUser-missing", users.AdminRemoveUser(admin.USER)),
    ):
        error = refused(case, "minio", operation)
        assert isinstance(error, NotFoundError)
        assert error.code == "XMinioAdminNoSuchUser"


def test_what_the_server_can_t_open_says_what_to_check() -> None:
    operation = users.AdminAddUser(admin.USER, bytes(99))
    error = refused("AdminAddUser-not-sealed", "minio", operation)
    assert type(error) is MinIOError
    assert "secret_key" in (error.hint or "")


def test_groups_have_members_and_a_state() -> None:
    group = admin.GROUP
    replayed("AdminUpdateGroup", "minio", users.AdminUpdateGroup(group, [admin.USER]))
    replayed("AdminSetGroupStatus", "minio", users.AdminSetGroupStatus(group, False))
    found = replayed("AdminGroupInfo", "minio", users.AdminGroupInfo(group))
    assert found.updated_at is not None
    assert found == Group(
        name=group, enabled=False, members=(admin.USER,), updated_at=found.updated_at
    )
    assert replayed("AdminListGroups", "minio", users.AdminListGroups()) == [group]
    assert users.AdminListGroups().parse(Reply(200, {}, b"null")) == []
    with pytest.raises(XmlError):
        users.AdminListGroups().parse(Reply(200, {}, b"[5]"))


# -- policies --------------------------------------------------------------------------------------


def test_a_policy_is_kept_under_its_name() -> None:
    replayed("AdminAddPolicy", "minio", policies.AdminAddPolicy(admin.POLICY, admin.DOCUMENT))
    found = replayed("AdminPolicyInfo", "minio", policies.AdminPolicyInfo(admin.POLICY))
    assert found == admin.DOCUMENT
    listed = replayed("AdminListPolicies", "minio", policies.AdminListPolicies())
    assert listed[admin.POLICY] == admin.DOCUMENT
    assert {"readonly", "readwrite", "consoleAdmin"} < set(listed)
    replayed("AdminRemovePolicy", "minio", policies.AdminRemovePolicy(admin.POLICY))


def test_a_statement_without_a_list_gets_one() -> None:
    (statement,) = admin.DOCUMENT["Statement"]
    bare = {"Version": "2012-10-17", "Statement": statement}
    operation = policies.AdminAddPolicy(admin.POLICY, bare)
    assert json.loads(bytes(operation.request().body)) == admin.DOCUMENT  # type: ignore[arg-type]
    account = json.loads(accounts.account_request(keys=admin.ACCOUNT, policy=bare))
    assert account["policy"] == admin.DOCUMENT
    assert json.loads(accounts.change_request(policy=bare)) == {"newPolicy": admin.DOCUMENT}


def test_policies_are_attached_and_detached_sealed() -> None:
    body = admin.sealed(admin.ATTACH)
    attached = said("AdminAttachPolicy", policies.AdminAttachPolicy(body))
    assert attached["policiesAttached"] == [admin.POLICY]
    detached = said("AdminDetachPolicy", policies.AdminDetachPolicy(body))
    assert detached["policiesDetached"] == [admin.POLICY]
    again = refused("AdminAttachPolicy-again", "minio", policies.AdminAttachPolicy(body))
    assert again.code == "XMinioAdminPolicyChangeAlreadyApplied"
    assert json.loads(policies.association_request(["a", "b"], None, "g")) == {
        "policies": ["a", "b"],
        "group": "g",
    }


def test_policies_that_are_missing_or_in_use_have_errors_of_their_own() -> None:
    missing = refused("AdminPolicyInfo-missing", "minio", policies.AdminPolicyInfo(admin.POLICY))
    assert isinstance(missing, NotFoundError)
    used = refused("AdminRemovePolicy-in-use", "minio", policies.AdminRemovePolicy(admin.POLICY))
    assert isinstance(used, ConflictError)
    assert "detach" in (used.hint or "")


# -- service accounts ------------------------------------------------------------------------------


def test_a_service_account_is_made_told_changed_and_removed() -> None:
    add = accounts.AdminAddServiceAccount(admin.sealed(admin.ADD_ACCOUNT))
    assert accounts.keys_in(opened("AdminAddServiceAccount", add)) == admin.ACCOUNT
    expected = ServiceAccount(
        access_key=ACCOUNT,
        parent=admin.USER,
        enabled=True,
        name="laptop",
        description="Adas Gerät, grün",
        policy=admin.DOCUMENT,
        implied_policy=False,
    )
    info = opened("AdminServiceAccountInfo", accounts.AdminServiceAccountInfo(ACCOUNT))
    assert accounts.account_in(info, ACCOUNT) == expected
    listing = opened("AdminListServiceAccounts", accounts.AdminListServiceAccounts(admin.USER))
    (listed,) = accounts.accounts_in(listing)
    assert (listed.access_key, listed.parent, listed.policy) == (ACCOUNT, admin.USER, None)
    assert not listed.implied_policy
    change = accounts.AdminUpdateServiceAccount(ACCOUNT, admin.sealed(admin.CHANGE_ACCOUNT))
    replayed("AdminUpdateServiceAccount", "minio", change)
    replayed("AdminRemoveServiceAccount", "minio", accounts.AdminRemoveServiceAccount(ACCOUNT))


def test_service_accounts_that_are_taken_or_missing_have_errors_of_their_own() -> None:
    add = accounts.AdminAddServiceAccount(admin.sealed(admin.ADD_ACCOUNT))
    taken = refused("AdminAddServiceAccount-taken", "minio", add)
    assert isinstance(taken, ConflictError)
    remove = accounts.AdminRemoveServiceAccount(ACCOUNT)
    missing = refused("AdminRemoveServiceAccount-missing", "minio", remove)
    assert isinstance(missing, NotFoundError)


def test_accounts_of_the_caller_are_asked_for_without_a_name() -> None:
    request = accounts.AdminListServiceAccounts().request()
    assert request.target == "/minio/admin/v3/list-service-accounts"
    assert accounts.accounts_in(b'{"accounts":null}') == []


def test_an_account_without_a_policy_of_its_own_shows_none() -> None:
    # MinIO tells those of its user in that place.
    body = json.dumps({"impliedPolicy": True, "policy": json.dumps(admin.DOCUMENT)}).encode()
    assert accounts.account_in(body, "KEY").policy is None


def test_the_end_of_an_account_is_written_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    when = datetime(2027, 1, 2, 0, 30, 15, 999, berlin)
    body = json.loads(accounts.account_request(keys=admin.ACCOUNT, expires_at=when))
    assert body == {
        "accessKey": ACCOUNT,
        "secretKey": "secret-of-the-account",
        "expiration": "2027-01-01T23:30:15Z",
    }
    change = json.loads(accounts.change_request(secret_key="12345678", enabled=True, name="n"))
    assert change == {"newSecretKey": "12345678", "newStatus": "on", "newName": "n"}
    answer = (
        b'{"credentials":{"accessKey":"A","secretKey":"B","expiration":"2027-01-01T23:30:15Z"}}'
    )
    made = accounts.keys_in(answer)
    assert made == Credentials("A", "B", None, when.replace(microsecond=0))
    with pytest.raises(XmlError):
        accounts.keys_in(b'{"credentials":{"accessKey":"A"}}')


# -- quotas ----------------------------------------------------------------------------------------


def test_a_quota_is_set_and_told() -> None:
    place = admin.QUOTED
    assert replayed("AdminGetBucketQuota-none", "minio", quotas.AdminGetBucketQuota(place)) is None
    replayed("AdminSetBucketQuota", "minio", quotas.AdminSetBucketQuota(place, admin.QUOTA))
    found = replayed("AdminGetBucketQuota", "minio", quotas.AdminGetBucketQuota(place))
    assert found == admin.QUOTA
    none = quotas.AdminSetBucketQuota(place, None).request()
    assert json.loads(bytes(none.body)) == {"quota": 0, "size": 0}  # type: ignore[arg-type]
    old = Reply(200, {}, b'{"quota": 77}')
    assert quotas.AdminGetBucketQuota(place).parse(old) == 77
    missing = quotas.AdminSetBucketQuota(MISSING, admin.QUOTA)
    error = refused("AdminSetBucketQuota-missing-bucket", "minio", missing)
    assert isinstance(error, BucketNotFoundError)


# -- bad arguments ---------------------------------------------------------------------------------

BAD_KEYS: tuple[Any, ...] = (
    "",
    "ab",
    "a=b",
    "a,b",
    "a/b",
    " abc",
    "abc ",
    "ab\n",
    "x" * 129,
    5,
    "äöü",
    None,
)
BAD_NAMES: tuple[Any, ...] = ("", "a,b", "a/b", "..", ".", " a", "a\0", "é" * 65, 5, None)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_bad_access_key_is_refused(key: Any) -> None:
    with pytest.raises(ValidationError, match="access_key="):
        users.AdminAddUser(key, b"").request()


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_is_refused(name: Any) -> None:
    with pytest.raises(ValidationError, match="name="):
        policies.AdminAddPolicy(name, admin.DOCUMENT).request()
    with pytest.raises(ValidationError, match="group="):
        users.AdminUpdateGroup(name, ["ada"]).request()


@pytest.mark.parametrize(
    "secret", ["1234567", "x" * 129, " 12345678", "1234567\n8", 12345678, None]
)
def test_a_bad_secret_is_refused_and_not_shown(secret: Any) -> None:
    with pytest.raises(ValidationError, match="secret_key=") as caught:
        users.user_request(secret, True)
    assert str(secret) not in str(caught.value)


@pytest.mark.parametrize("size", [0, -1, True, 1.5, "1", 2**63])
def test_a_bad_quota_is_refused(size: Any) -> None:
    with pytest.raises(ValidationError, match="size="):
        quotas.AdminSetBucketQuota(admin.QUOTED, size).request()


@pytest.mark.parametrize("name", ["", "1a", "a b", "a" * 33, "ä", 5])
def test_a_bad_name_of_an_account_is_refused(name: Any) -> None:
    with pytest.raises(ValidationError, match="name="):
        accounts.check_words(name, None)


@pytest.mark.parametrize("text", ["", "x" * 257, 5])
def test_a_bad_description_is_refused(text: Any) -> None:
    with pytest.raises(ValidationError, match="description="):
        accounts.check_words(None, text)


NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "when",
    [
        NOW + timedelta(minutes=15), NOW - timedelta(days=1), NOW + timedelta(days=365, seconds=1),
        datetime(2026, 12, 1), "2026-12-01", 5,
    ],
)  # fmt: skip
def test_an_end_that_minio_would_answer_with_500_is_refused(when: Any) -> None:
    with pytest.raises(ValidationError, match="expires_at="):
        accounts.check_expiry(when, NOW.timestamp())


@pytest.mark.parametrize("when", [None, NOW + timedelta(minutes=16), NOW + timedelta(days=365)])
def test_an_end_that_minio_takes_is_taken(when: Any) -> None:
    accounts.check_expiry(when, NOW.timestamp())


@pytest.mark.parametrize(
    "names, user, group",
    [
        (["p"], None, None), (["p"], "u", "g"), ([], "u", None), (["a,b"], "u", None),
        ([5], "u", None), (["p"], 5, None), (["p"], None, ""),
    ],
)  # fmt: skip
def test_a_bad_association_is_refused(names: Any, user: Any, group: Any) -> None:
    with pytest.raises(ValidationError):
        policies.association_request(names, user, group)


def test_no_request_shows_what_it_seals() -> None:
    shown = repr([admin.ADD_USER, admin.ADD_ACCOUNT, admin.CHANGE_ACCOUNT, admin.ACCOUNT])
    assert admin.USER_SECRET not in shown
    assert admin.ACCOUNT.secret_key not in shown.replace("***", "")
