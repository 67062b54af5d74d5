"""Requests are called by S3's own names, which are those that the operations of the SDK have."""

from __future__ import annotations

import pytest

from minio_sdk.faults.naming import Asked, asked
from minio_sdk.faults.seen import without_secrets
from tests.samples import FOLDER
from tests.samples import asked as recorded

NOT_S3 = ("Admin", "Rgw", "Upload", "Download", "List", "Delete", "Health", "ServerInfo")
CASES = sorted(path.name for path in FOLDER.iterdir() if (path / "request.http").exists())
OF_S3 = [
    case
    for case in CASES
    if not case.startswith(("Admin", "Rgw"))
    and case.partition("-")[0] not in NOT_S3
    and recorded(case).target != "/"  # STS and IAM say what they want in the body
]


@pytest.mark.parametrize("case", OF_S3)
def test_each_operation_is_called_by_its_name(case: str) -> None:
    request = recorded(case)
    found = asked(request.method, request.target, request.headers)
    assert found.operation == case.partition("-")[0]


def test_there_are_samples_enough_for_this_to_mean_something() -> None:
    assert len(OF_S3) > 80


@pytest.mark.parametrize(
    "method, target, operation",
    [
        ("GET", "/", "ListBuckets"),
        ("GET", "/docs", "ListObjects"),
        ("GET", "/docs/", "ListObjects"),
        ("GET", "/docs?location", "GetBucketLocation"),
        ("GET", "/docs?events=s3:*", "ListenBucketNotification"),
        ("POST", "/docs", "PostObject"),
        ("POST", "/docs/k?select&select-type=2", "SelectObjectContent"),
        ("GET", "/minio/health/live", "GET /minio/health/live"),
        ("POST", "/", "POST /"),
        ("PATCH", "/docs/k", "PATCH /docs/k"),
        ("OPTIONS", "/docs", "OPTIONS /docs"),
    ],
)
def test_what_other_clients_ask_has_its_name_too(method: str, target: str, operation: str) -> None:
    assert asked(method, target, {}).operation == operation


@pytest.mark.parametrize(
    "target, tenant, names",
    [
        ("/acme-docs/a%2Fb", "acme", ("docs", "a/b")),
        ("/tenants/acme/docs/a/b", "acme", ("docs", "a/b")),
        ("/tenants/acme/docs/", "acme", ("docs", None)),
        ("/acme-docs/a", None, ("acme-docs", "a")),
        ("/docs/a", "acme", ("docs", "a")),
        ("/docs/a", "bad\ttenant", ("docs", "a")),
    ],
)
def test_names_are_those_of_the_tenant(
    target: str, tenant: str | None, names: tuple[str | None, str | None]
) -> None:
    headers = {} if tenant is None else {"x-tenant-id": tenant}
    found: Asked = asked("GET", target, headers)
    assert (found.bucket, found.key) == names


def test_a_record_has_nothing_that_opens_doors() -> None:
    target = "/docs/a?X-Amz-Credential=AK&X-Amz-Signature=abc&X-Amz-Security-Token=tok&x=1"
    told = without_secrets(target)
    assert told == "/docs/a?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Security-Token=***&x=1"
    assert len(without_secrets("/docs/" + "a" * 5000)) == 500
