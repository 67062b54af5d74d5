"""AWS's way of provisioning, on a moto of its own that checks keys and permissions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from minio_sdk import (
    AccessDeniedError,
    ConflictError,
    MinIOClient,
    NotSupportedError,
    Provisioner,
    TenantAccess,
)
from minio_sdk.operations import iam
from minio_sdk.tenancy import slug_of
from tests.conformance.attacks import Caller, Victim, on_bucket, on_listings, on_objects
from tests.servers import Farm

pytestmark = pytest.mark.conformance

ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
ODD = "Acme & Sons (Berlin)/EU_1"


@pytest.fixture(scope="module")
def root() -> Iterator[MinIOClient]:
    """An administrator of a moto that refuses everybody else."""
    farm = Farm()
    try:
        url = farm.get("moto").base_url
        fields: Any = {"base_url": url, "tenant_id": None, "max_retries": 0}
        with MinIOClient(**fields, access_key="any", secret_key="any") as anybody:
            run, send = anybody._run, anybody._engine.send
            run(send(iam.CreateUser("root")))
            run(send(iam.PutUserPolicy("root", "all", ALL)))
            keys = run(send(iam.CreateAccessKey("root")))
        # From now on it asks whether the one who asks may.
        requests.post(f"{url}/moto-api/reset-auth", data="0", timeout=10).raise_for_status()
        with MinIOClient(**fields, credentials=keys) as client:
            yield client
    finally:
        farm.stop()


def test_the_life_of_a_tenant(root: MinIOClient) -> None:
    with pytest.raises(NotSupportedError, match="backend="):
        Provisioner(root).list()
    operator = Provisioner(root, backend="aws")
    access = operator.add(ODD)
    assert operator.add(ODD).access_key == access.access_key
    with MinIOClient(access.config()) as client:
        client.upload("k", b"1")
        second = operator.rotate(ODD, keep_old=True)
        assert client.download("k") == b"1"
        # There is room for two pairs, and the oldest makes it.
        third = operator.rotate(ODD, keep_old=True)
        assert (third.kept, third.replaced) == ((second.access_key,), (access.access_key,))
        with pytest.raises(AccessDeniedError):
            client.download("k")
    (tenant,) = operator.list()
    assert (tenant.tenant_id, tenant.buckets) == (ODD, (f"{slug_of(ODD)}-default",))
    assert tenant.created is not None
    operator.add(ODD, read_only=True)
    with MinIOClient(third.config()) as client:
        assert client.download("k") == b"1"
        with pytest.raises(AccessDeniedError):
            client.upload("k", b"2")
    with pytest.raises(NotSupportedError, match="nothing was made"):
        operator.add("globex", quota=10)
    assert operator.remove(ODD, delete_data=True)
    assert not operator.remove(ODD, delete_data=True)
    assert (operator.list(), root.list_buckets()) == ([], [])


def test_what_is_another_s(root: MinIOClient) -> None:
    operator = Provisioner(root, backend="aws")
    a, b = operator.add("acme"), operator.add("globex")
    for access in (a, b):
        with MinIOClient(access.config()) as client:
            client.upload("k", access.tenant_id.encode())
    victim = Victim("globex-default", "", "no-upload", "/acme-default/k")
    caller = Caller(root.config.endpoints[0], a.access_key, str(a.secret_key))
    asked = [*on_objects(victim), *on_listings(victim), *on_bucket("globex-default")]
    # moto looks at no signature in a URL, and at no permission for the source of a copy.
    asked = [one for one in asked if not one.presigned and "x-amz-copy-source" not in one.headers]
    assert [(one, status) for one in asked if (status := caller.ask(one)[0]) != 403] == []
    with MinIOClient(b.config()) as client:
        assert client.download("k") == b"globex"
    for tenant_id in ("acme", "globex"):
        operator.remove(tenant_id, delete_data=True)


def test_a_user_that_somebody_else_made(root: MinIOClient) -> None:
    root._run(root._engine.send(iam.CreateUser("minio-sdk-initech", "/people/")))
    operator = Provisioner(root, backend="aws")
    for call in (operator.add, operator.rotate, operator.remove):
        with pytest.raises(ConflictError, match="not this tenant's"):
            call("initech")
    assert isinstance(operator.list(), list)
    root._run(root._engine.send(iam.DeleteUser("minio-sdk-initech")))


def test_iam_may_be_elsewhere(root: MinIOClient) -> None:
    """Said by hand, where the address of S3 doesn't lead to it."""
    elsewhere = root.with_(base_url="http://127.0.0.1:1", max_retries=0)
    operator = Provisioner(elsewhere, backend="aws", iam_url=root.config.endpoints[0])
    with pytest.raises(Exception, match="127.0.0.1:1"):  # the keys are there, S3 isn't
        operator.add("hooli")
    access: TenantAccess = Provisioner(root, backend="aws").add("hooli")
    assert access.secret_key  # those that could not be tried were taken back
    Provisioner(root, backend="aws").remove("hooli")
    assert json.dumps(dict(access))
