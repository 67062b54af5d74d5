"""Provisioning on servers that fail in the middle, lie, or aren't what they should be."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    ConfigurationError,
    ConflictError,
    MinIOClient,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    Provisioner,
    ServerError,
    Tenant,
    TenantAccess,
    ValidationError,
)
from minio_sdk.flows.provisioning import backend, iam
from minio_sdk.models.names import canonical_tenant
from tests.both import Connect, awaited, blocking, both, provisioner_of
from tests.clock import FakeClock
from tests.flows.accounts import Accounts, Ceph, SeaweedFS
from tests.scripted import ScriptedServer, reply, s3_error

TENANT_IDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=256
).filter(lambda text: text == text.strip())


# At every request there is: one client for each kind of server is enough.
each_kind = pytest.mark.parametrize(
    "connect, kind", [(blocking, SeaweedFS), (awaited, Ceph)], ids=["seaweedfs", "ceph"]
)


@contextmanager
def operating(connect: Connect, accounts: Accounts, **fields: Any) -> Iterator[Provisioner]:
    """A provisioner of a server in memory; nothing is tried twice."""
    with ScriptedServer(handler=accounts, strict=False) as server:
        with connect(server, tenant_id=None, max_retries=0, **fields) as client:
            yield provisioner_of(client)


# -- interrupted anywhere ---------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_adding_goes_on_where_it_stopped(connect: Connect, kind: Any, after: bool) -> None:
    """Whichever request fails: called again, there is one user with its rights, and good keys."""
    whole = kind()
    with operating(connect, whole) as provisioner:
        provisioner.add("acme")
    for number in range(1, whole.asked + 1):
        accounts = kind()
        accounts.fail_at, accounts.after = number, after
        with operating(connect, accounts) as provisioner:
            with pytest.raises(MinIOError):
                provisioner.add("acme")
            access = provisioner.add("acme")
            if access.secret_key is None:  # made, and its secret lost with the answer
                assert (number, after) != (1, False)
                access = provisioner.rotate("acme")
            assert access.secret_key == f"secret-of-{access.access_key}"
            assert accounts.keys == {access.access_key: access.user}
            (tenant,) = provisioner.list()
            assert (tenant.tenant_id, tenant.access_keys) == ("acme", (access.access_key,))
        if isinstance(accounts, SeaweedFS):
            (arn,) = accounts.policies
            assert accounts.users == {access.user: {arn}}


@each_kind
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_removing_goes_on_where_it_stopped(connect: Connect, kind: Any, after: bool) -> None:
    whole = kind()
    with operating(connect, whole) as provisioner:
        provisioner.add("acme")
        begun = whole.asked
        provisioner.remove("acme")
    for number in range(begun + 1, whole.asked + 1):
        accounts = kind()
        accounts.fail_at, accounts.after = number, after
        with operating(connect, accounts) as provisioner:
            provisioner.add("acme")
            with pytest.raises(MinIOError):
                provisioner.remove("acme")
            provisioner.remove("acme")
            assert (accounts.keys, accounts.users) == ({}, {})
            assert not getattr(accounts, "policies", None)
            assert not provisioner.remove("acme")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_other_rights_are_never_none_and_in_the_end_the_last(after: bool) -> None:
    """Whichever request fails while what a tenant may do is changed on SeaweedFS."""
    whole = SeaweedFS()
    with operating(blocking, whole) as provisioner:
        provisioner.add("acme")
        begun = whole.asked
        provisioner.add("acme", read_only=True)
    for number in range(begun + 1, whole.asked + 1):
        accounts = SeaweedFS()
        accounts.fail_at, accounts.after = number, after
        with operating(blocking, accounts) as provisioner:
            access = provisioner.add("acme")
            with pytest.raises(MinIOError):
                provisioner.add("acme", read_only=True)
            assert accounts.users["minio-sdk-acme"]
            assert [tenant.tenant_id for tenant in provisioner.list()] == ["acme"]
            assert provisioner.add("acme", read_only=True).access_key == access.access_key
            assert accounts.users == {"minio-sdk-acme": set(accounts.policies)}
            assert list(accounts.policies) == ["arn:aws:iam:::policy/minio-sdk-acme"]


@each_kind
def test_a_rotation_that_fails_leaves_keys_that_work(connect: Connect, kind: Any) -> None:
    whole = kind()
    with operating(connect, whole) as provisioner:
        provisioner.add("acme")
        begun = whole.asked
        provisioner.rotate("acme")
    for number in range(begun + 1, whole.asked + 1):
        accounts = kind()
        accounts.fail_at = number
        with operating(connect, accounts) as provisioner:
            provisioner.add("acme")
            with pytest.raises(MinIOError):
                provisioner.rotate("acme")
            assert accounts.keys
            access = provisioner.rotate("acme")
            assert list(accounts.keys) == [access.access_key]


# -- keys -------------------------------------------------------------------------------------------


@both
def test_keys_are_waited_for_and_taken_back_when_they_are_never_known(connect: Connect) -> None:
    """The old ones end only once the server has taken the new ones."""
    accounts = SeaweedFS()
    accounts.unknown = 3
    with operating(connect, accounts) as provisioner:
        access = provisioner.add("acme")
        assert accounts.unknown == 0
        accounts.unknown = 100
        with pytest.raises(ServerError, match="doesn't let them in") as caught:
            provisioner.rotate("acme")
        assert list(accounts.keys) == [access.access_key]
        assert "older ones still work" in str(caught.value)
        assert "tenancy and shared_bucket" in str(caught.value.hint)
        accounts.unknown = 0
        assert provisioner.rotate("acme").replaced == (access.access_key,)


@both
def test_another_tenancy_s_client_leaves_a_tenant_s_keys_and_data(connect: Connect) -> None:
    """It would look for the data elsewhere, and say that they are removed."""
    accounts = SeaweedFS()
    with operating(connect, accounts) as provisioner:
        access = provisioner.add("acme")
    with operating(connect, accounts, tenancy="prefix") as provisioner:
        for call in (provisioner.rotate, partial(provisioner.remove, delete_data=True)):
            with pytest.raises(ConflictError, match="it reaches arn:aws:s3:::acme-") as caught:
                call("acme")
            assert "tenancy= and shared_bucket=" in str(caught.value)
        assert list(accounts.keys) == [access.access_key]
        assert provisioner.remove("acme")  # which is the same everywhere without the data
        assert not accounts.users


@both
def test_old_keys_end_when_they_are_told_to(connect: Connect) -> None:
    accounts = SeaweedFS()
    with operating(connect, accounts) as provisioner:
        first = provisioner.add("acme").access_key
        second = provisioner.rotate("acme", keep_old=True)
        assert (second.kept, second.replaced) == ((first,), ())
        assert list(accounts.keys) == [first, second.access_key]
        assert provisioner.add("acme").kept == (first,)
        provisioner.add("globex")
        (others,) = [key for key, user in accounts.keys.items() if user.endswith("globex")]
        assert not provisioner.revoke("acme", others)
        assert others in accounts.keys
        assert provisioner.revoke("acme", first)
        assert not provisioner.revoke("acme", first)
        assert first not in accounts.keys


class Minting(SeaweedFS):
    """Old keys make others while they last, and faster than they are ended."""

    def _DeleteAccessKey(self, form: dict[str, str]) -> Any:
        self.new_key(form["UserName"])
        return super()._DeleteAccessKey(form)


class Racing(SeaweedFS):
    """Somebody else ends our new keys."""

    def _DeleteAccessKey(self, form: dict[str, str]) -> Any:
        self.keys.clear()
        return ""


@both
@pytest.mark.parametrize("kind", [Minting, Racing])
def test_two_rotations_at_once_are_a_conflict(connect: Connect, kind: Any) -> None:
    with operating(connect, kind()) as provisioner:
        provisioner.add("acme")
        with pytest.raises(ConflictError, match="somebody else is changing"):
            provisioner.rotate("acme")


# -- whose is it ------------------------------------------------------------------------------------


@both
def test_what_others_have_made_is_left_alone(connect: Connect) -> None:
    accounts = SeaweedFS()
    policy = '{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Allow"}]}'
    accounts.policies["arn:aws:iam:::policy/minio-sdk-acme"] = policy
    accounts.users["minio-sdk-acme"] = {"arn:aws:iam:::policy/minio-sdk-acme"}
    ceph = Ceph()
    ceph.users["acme$minio-sdk"] = {"display_name": "somebody", "op_mask": "*"}
    for server in (accounts, ceph):
        with operating(connect, server) as provisioner:
            for call in (provisioner.add, provisioner.remove, provisioner.rotate):
                with pytest.raises(ConflictError, match="not this tenant's"):
                    call("acme")
            assert provisioner.list() == []
    assert accounts.policies == {"arn:aws:iam:::policy/minio-sdk-acme": policy}
    # A user of that name without our policy could have any rights.
    accounts.policies = {}
    accounts.users = {"minio-sdk-acme": set()}
    with operating(connect, accounts) as provisioner:
        for call in (provisioner.add, provisioner.remove, provisioner.rotate):
            with pytest.raises(ConflictError, match="not this tenant's"):
                call("acme")
    assert (accounts.users, accounts.policies) == ({"minio-sdk-acme": set()}, {})
    assert "acme$minio-sdk" in ceph.users


@both
def test_which_bucket_belongs_to_whom(connect: Connect) -> None:
    """A tenant whose slug tells nothing is named; what is nobody's is shown as such."""
    odd = "Acme & Sons <Berlin>/€".replace("€", "e")
    accounts = SeaweedFS()
    with operating(connect, accounts) as provisioner:
        slug = provisioner.add(odd).user.removeprefix("minio-sdk-")
        provisioner.add("globex")
        names = [f"{slug}-docs", f"{slug}--snapshots", "globex-a", "globexx-b", "globex", "logs"]
        accounts.buckets = [*names, "xaaaaaaaaaaaaaaaaaaaa-lost"]
        found = {tenant.tenant_id: tenant for tenant in provisioner.list()}
        assert set(found) == {odd, "globex", None}
        assert set(found[odd].buckets) == {f"{slug}-docs", f"{slug}--snapshots"}
        assert found["globex"].buckets == ("globex-a",)
        lost = {"globexx-b", "globex", "logs", "xaaaaaaaaaaaaaaaaaaaa-lost"}
        assert set(found[None].buckets) == lost
        with pytest.raises(NotFoundError, match="has no user"):
            provisioner.rotate("nobody")


@given(TENANT_IDS)
def test_a_tenant_can_be_read_back_from_where_it_is_written(tenant_id: str) -> None:
    """From a user's path and from a policy, whatever the id; and each id gives another path."""
    path = iam._path_of(tenant_id)
    assert len(path) <= 512
    assert all("!" <= character <= "~" for character in path)
    assert iam._tenant_at(path) == canonical_tenant(tenant_id)
    policy = backend.marked({"Statement": [{"Effect": "Allow"}]}, tenant_id)
    assert backend.mark_of(json.loads(json.dumps(policy))) == tenant_id


def test_a_statement_that_stands_alone_is_read_as_one_of_a_list() -> None:
    """As an administrator may write it, where provisioning writes lists."""
    alone: dict[str, Any] = {
        "Statement": {
            "Sid": "tenant acme", "Effect": "Allow", "Action": "s3:*",
            "Resource": "arn:aws:s3:::acme-*",
        }
    }  # fmt: skip
    for policy in (alone, {"Statement": [alone["Statement"]]}):
        assert backend.mark_of(policy) == "acme"
        assert not backend.is_read_only(policy)
        assert backend.reach_of(policy) == {"arn:aws:s3:::acme-*"}
    assert backend.mark_of({"Statement": None}) is None
    assert backend.reach_of({"Statement": None}) == frozenset()


@pytest.mark.parametrize(
    "path", ["/", "/other/acme/", "/minio-sdk/", "/minio-sdk/a/b/", "/minio-sdk/=%/"]
)
def test_other_paths_are_nobody_s(path: str) -> None:
    assert iam._tenant_at(path) is None


@pytest.mark.parametrize(
    "url, found",
    [
        ("https://s3.eu-west-1.amazonaws.com", "https://iam.amazonaws.com"),
        ("https://s3.us-gov-west-1.amazonaws.com", "https://iam.us-gov.amazonaws.com"),
        ("https://s3.cn-north-1.amazonaws.com.cn", "https://iam.cn-north-1.amazonaws.com.cn"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("https://amazonaws.com.example.org", "https://amazonaws.com.example.org"),
    ],
)
def test_where_iam_is(url: str, found: str) -> None:
    assert iam._iam_url(url) == found


# -- what a server can't ----------------------------------------------------------------------------


@both
def test_a_quota_is_refused_before_anything_is_made(connect: Connect) -> None:
    accounts = SeaweedFS()
    with operating(connect, accounts) as provisioner:
        with pytest.raises(NotSupportedError, match="nothing was made"):
            provisioner.add("acme", quota=10)
    assert (accounts.users, accounts.policies) == ({}, {})


@both
def test_ceph(connect: Connect) -> None:
    """Quotas, rights, and buckets that stay when their owner goes."""
    accounts = Ceph()
    with operating(connect, accounts) as provisioner:
        access = provisioner.add("acme", quota=10**6, read_only=True)
        assert (access.user, access.read_only) == ("acme$minio-sdk", True)
        accounts.owned[access.user] = ["acme-docs"]
        (tenant,) = provisioner.list()
        assert (tenant.quota, tenant.read_only) == (10**6, True)
        assert tenant.buckets == ("acme-docs",)
        assert not provisioner.add("acme").read_only
        assert provisioner.list()[0].quota is None
        assert provisioner.remove("acme")
        assert accounts.users[access.user]["suspended"]
        assert (accounts.keys, accounts.owned) == ({}, {access.user: ["acme-docs"]})
        provisioner.add("acme")
        assert not accounts.users[access.user]["suspended"]
        assert provisioner.remove("acme", delete_data=True)
        assert (accounts.users, accounts.owned) == ({}, {})


@both
def test_ceph_that_knows_no_masks_or_shares_a_bucket(connect: Connect) -> None:
    accounts = Ceph()
    accounts.masks = False
    with operating(connect, accounts) as provisioner:
        with pytest.raises(NotSupportedError, match="no keys were made"):
            provisioner.add("acme", read_only=True)
        assert accounts.keys == {}
    with operating(connect, Ceph(), tenancy="prefix") as provisioner:
        with pytest.raises(NotSupportedError, match="nothing was made"):
            provisioner.add("acme")


@both
def test_a_server_that_says_not_what_it_is(connect: Connect) -> None:
    """It is asked one harmless question."""
    buckets = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
    with ScriptedServer([reply(200, buckets)]) as server, connect(server, tenant_id=None) as client:
        with pytest.raises(NotSupportedError, match="backend="):
            provisioner_of(client).add("acme")
    assert [(request.method, request.target) for request in server.requests] == [("GET", "/")]


@both
def test_a_server_without_iam(connect: Connect) -> None:
    """Its own answer is what is told."""
    with ScriptedServer(handler=lambda _: s3_error(501, "NotImplemented"), strict=False) as server:
        with connect(server, tenant_id=None) as client:
            with pytest.raises(NotSupportedError, match="CreateUser|GetPolicyVersion"):
                provisioner_of(client, backend="seaweedfs").add("acme")


# -- arguments --------------------------------------------------------------------------------------


@both
def test_bad_arguments_are_refused_before_anything_is_sent(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, tenant_id=None) as client:
        provisioner: Any = provisioner_of(client, backend="seaweedfs")
        calls: list[tuple[Callable[[], Any], str]] = [
            (lambda: provisioner.add(""), "tenant_id"),
            (lambda: provisioner.add(None), "tenant_id"),
            (lambda: provisioner.add("a", quota=0), "quota"),
            (lambda: provisioner.add("a", quota=True), "quota"),
            (lambda: provisioner.add("a", quota=1.5), "quota"),
            (lambda: provisioner.add("a", read_only="no"), "read_only"),
            (lambda: provisioner.rotate("a", keep_old=1), "keep_old"),
            (lambda: provisioner.remove("a", delete_data="yes"), "delete_data"),
            (lambda: provisioner.remove(" a"), "tenant_id"),
            (lambda: provisioner.revoke("a", ""), "access_key"),
        ]
        for call, name in calls:
            with pytest.raises(ValidationError, match=f"{name}="):
                call()
        for backend_name in ("azure", 1):
            with pytest.raises(ValidationError, match="backend="):
                provisioner_of(client, backend=backend_name)
        with pytest.raises(ConfigurationError, match="base_url"):
            provisioner_of(client, iam_url="iam")
        with pytest.raises(ValidationError, match="acts for tenant 'acme'"):
            provisioner_of(client.with_(tenant_id="acme"))
    with pytest.raises(ValidationError, match="client="):
        Provisioner("http://localhost:9000")  # type: ignore[arg-type]


# -- records ----------------------------------------------------------------------------------------


def test_access_hides_its_secret_and_makes_a_client() -> None:
    access = TenantAccess(
        tenant_id="acme", access_key="AK", secret_key="do-not-print", server="seaweedfs",
        user="minio-sdk-acme", base_url="http://localhost:9000", tenancy="prefix",
        shared_bucket="all", region="eu-west-1",
    )  # fmt: skip
    assert "do-not-print" not in repr(access)
    assert access["secret_key"] == "do-not-print"
    assert pickle.loads(pickle.dumps(access)) == access
    config = access.config(timeout=5, base_url="https://s3.example.org")
    assert (config.tenant_id, config.access_key, config.secret_key) == (
        "acme",
        "AK",
        "do-not-print",
    )
    assert (config.base_url, config.timeout) == ("https://s3.example.org", 5)
    assert (config.tenancy, config.shared_bucket, config.region) == ("prefix", "all", "eu-west-1")
    with pytest.raises(ConfigurationError, match="rotate"):
        dataclasses.replace(access, secret_key=None).config()
    assert Tenant(tenant_id=None, server="aws").buckets == ()


def test_nothing_secret_is_in_an_error_or_its_traceback() -> None:
    """Whatever fails after the keys were made."""
    accounts = SeaweedFS()
    accounts.unknown = 100
    with ScriptedServer(handler=accounts, strict=False) as server:
        keys = {"access_key": "AKACME", "secret_key": "root-secret"}
        config: Any = {"base_url": server.url, "tenant_id": None, "max_retries": 0, **keys}
        with MinIOClient(clock=FakeClock(), **config) as client:
            with pytest.raises(ServerError) as caught:
                Provisioner(client).add("acme")
    trace = caught.tb.tb_next  # behind this test's own frame
    texts = [str(caught.value)]
    while trace is not None:
        texts += [repr(value) for value in trace.tb_frame.f_locals.values()]
        trace = trace.tb_next
    assert not [text for text in texts if "secret-of-" in text or "root-secret" in text]
