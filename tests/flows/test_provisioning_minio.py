"""Provisioning on MinIO, interrupted anywhere: its admin API in memory, by the calls that are made of it.

What is on the wire is the matter of tests/flows/test_admin.py, and of the conformance tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from minio_sdk import (
    ConflictError,
    Credentials,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    Provisioner,
    ServiceAccount,
    User,
)
from minio_sdk.flows.provisioning import minio
from tests.both import blocking, provisioner_of
from tests.flows.accounts import Accounts
from tests.scripted import Reply, Request, ScriptedServer, reply


class Server(Accounts):
    """MinIO's S3 side, which knows the keys that the admin side has made."""

    header = "MinIO"

    def answer(self, request: Request) -> Reply:
        """Buckets are made, and asked about."""
        if request.method == "PUT":
            self.buckets.append(request.path.strip("/"))
            return reply(200, headers={"Location": request.path})
        return self.s3(request, lambda user: user.removeprefix("minio-sdk-"))


class Admin:
    """The functions of `minio_sdk.flows.admin` that are called; number `fail_at` fails."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.users: dict[str, set[str]] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        self.quotas: dict[str, int | None] = {}
        self.fail_at = 0
        self.after = False
        self.called = 0

    def __getattr__(self, name: str) -> Any:
        function = object.__getattribute__(self, f"do_{name}")

        async def call(engine: Any, *arguments: Any, **named: Any) -> Any:
            self.called += 1
            fails = self.called == self.fail_at
            if fails and not self.after:
                raise MinIOError("before")
            try:
                return function(*arguments, **named)
            finally:
                if fails:
                    raise MinIOError("after")

        return call

    def do_get_policy(self, name: str) -> Any:
        if name not in self.policies:
            raise NotFoundError("no policy")
        return self.policies[name]

    def do_add_policy(self, name: str, policy: dict[str, Any]) -> None:
        self.policies[name] = json.loads(json.dumps(policy))

    def do_remove_policy(self, name: str) -> None:
        self.policies.pop(name, None)

    def do_list_policies(self) -> Any:
        return self.policies

    def do_get_user(self, name: str) -> User:
        if name not in self.users:
            raise NotFoundError("no user")
        return User(access_key=name, enabled=True, policies=tuple(self.users[name]))

    def do_add_user(self, name: str, secret: str) -> None:
        assert len(secret) >= 32
        self.users.setdefault(name, set())

    def do_remove_user(self, name: str) -> None:
        self.do_get_user(name)
        del self.users[name]
        keys = self.server.keys
        self.server.keys = {key: user for key, user in keys.items() if user != name}

    def do_list_users(self) -> Any:
        return [self.do_get_user(name) for name in self.users]

    def do_attach_policy(self, name: str, *, user: str) -> None:
        self.users[user].add(name)

    def do_add_service_account(self, *, user: str, name: str, description: str) -> Credentials:
        key = self.server.new_key(user)
        return Credentials(key, f"secret-of-{key}")

    def do_list_service_accounts(self, user: str) -> Any:
        keys = [key for key, owner in self.server.keys.items() if owner == user]
        return [ServiceAccount(access_key=key, parent=user, enabled=True) for key in keys]

    def do_remove_service_account(self, key: str) -> None:
        if not self.server.keys.pop(key, None):
            raise NotFoundError("no account")

    def do_set_bucket_quota(self, bucket: str, size: int | None) -> None:
        self.quotas[bucket] = size


@contextmanager
def operating(
    monkeypatch: pytest.MonkeyPatch, fail_at: int = 0, after: bool = False, **fields: Any
) -> Iterator[tuple[Provisioner, Admin]]:
    server = Server()
    admin = Admin(server)
    admin.fail_at, admin.after = fail_at, after
    monkeypatch.setattr(minio, "admin", admin)
    with ScriptedServer(handler=server, strict=False) as http:
        with blocking(http, tenant_id=None, max_retries=0, **fields) as client:
            yield provisioner_of(client, backend="minio"), admin


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_each_step_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    """Adding and removing, whichever call of the admin API fails."""
    with operating(monkeypatch) as (provisioner, admin):
        provisioner.add("acme", quota=100)
        added = admin.called
        provisioner.remove("acme")
        removed = admin.called
    for number in range(1, added + 1):
        with operating(monkeypatch, number, after) as (provisioner, admin):
            with pytest.raises(MinIOError, match="before|after"):
                provisioner.add("acme", quota=100)
            access = provisioner.add("acme", quota=100)
            if access.secret_key is None:
                access = provisioner.rotate("acme")
            assert admin.server.keys == {access.access_key: "minio-sdk-acme"}
            assert admin.users == {"minio-sdk-acme": {"minio-sdk-acme"}}
            assert admin.quotas == {"acme-default": 100, "acme--snapshots": 100}
    for number in range(added + 1, removed + 1):
        with operating(monkeypatch, number, after) as (provisioner, admin):
            provisioner.add("acme", quota=100)
            with pytest.raises(MinIOError, match="before|after"):
                provisioner.remove("acme")
            provisioner.remove("acme")
            assert (admin.users, admin.policies, admin.server.keys) == ({}, {}, {})


def test_a_quota_is_for_all_its_buckets_and_for_no_other_s(monkeypatch: pytest.MonkeyPatch) -> None:
    with operating(monkeypatch) as (provisioner, admin):
        admin.server.buckets = ["acme-docs", "acmex-docs", "globex-docs", "acme"]
        provisioner.add("acme", quota=100)
        assert admin.quotas == {"acme-docs": 100, "acme-default": 100, "acme--snapshots": 100}
        assert provisioner.list()[0].quota == 100
        (policy,) = admin.policies.values()
        denied = [s["Action"] for s in policy["Statement"] if s["Effect"] == "Deny"]
        assert ["s3:CreateBucket"] in denied
        assert ["admin:*"] in denied
        provisioner.add("acme")
        assert set(admin.quotas.values()) == {None}
        assert provisioner.list()[0].quota is None
    with operating(monkeypatch) as (provisioner, admin):
        admin.server.buckets = ["acme-docs"]
        provisioner.add("acme")
        assert admin.quotas == {}  # what the operator has set otherwise stays
    with operating(monkeypatch, tenancy="prefix") as (provisioner, admin):
        with pytest.raises(NotSupportedError, match="nothing was made"):
            provisioner.add("acme", quota=100)
        assert (admin.users, admin.policies) == ({}, {})


def test_what_others_have_made_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with operating(monkeypatch) as (provisioner, admin):
        admin.users["minio-sdk-acme"] = set()
        calls: list[Any] = [provisioner.add, provisioner.rotate, provisioner.remove]
        for call in calls:
            with pytest.raises(ConflictError, match="not this tenant's"):
                call("acme")
        admin.policies["minio-sdk-acme"] = {"Statement": [{"Effect": "Allow"}]}
        others: list[Any] = [provisioner.add, provisioner.remove]
        for call in others:
            with pytest.raises(ConflictError, match="not this tenant's"):
                call("acme")
        assert provisioner.list() == []
        assert admin.users == {"minio-sdk-acme": set()}


def test_a_quota_in_a_policy_is_a_number() -> None:
    assert minio._quota_in({"Statement": [{"Sid": "quota x"}, {"Sid": "quota -1"}, {}]}) is None
    assert minio._quota_in({"Statement": [{"Sid": "quota 7"}]}) == 7
