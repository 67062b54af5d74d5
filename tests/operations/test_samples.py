"""What people forget, a test remembers: each operation has samples, and each sample an operation."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

import pytest

import minio_sdk.operations
from minio_sdk.operation import Operation
from minio_sdk.wire.xml import parse
from tests.samples import FOLDER, answered, asked, origins

CASES = sorted(path.parent.name for path in FOLDER.glob("*/request.http"))


def names() -> set[str]:
    """The S3 names of all operations."""
    found = set()
    for info in pkgutil.iter_modules(minio_sdk.operations.__path__, "minio_sdk.operations."):
        for value in vars(importlib.import_module(info.name)).values():
            if inspect.isclass(value) and issubclass(value, Operation) and hasattr(value, "name"):
                found.add(value.name)
    return found


@pytest.mark.parametrize("name", sorted(names()))
def test_each_operation_has_a_sample_of_an_answer(name: str) -> None:
    assert name in CASES, "record it: a case in tests/samples/record.py"


def test_each_sample_is_of_an_operation() -> None:
    assert {case.partition("-")[0] for case in CASES} <= names()


@pytest.mark.parametrize("case", CASES)
def test_a_sample_is_whole_and_has_no_ids(case: str) -> None:
    request = asked(case)
    assert request.target.startswith("/")
    assert not set(request.headers) & {"authorization", "x-amz-date", "x-tenant-id", "host"}
    assert origins(case)
    for origin in origins(case):
        reply = answered(case, origin)
        assert 200 <= reply.status < 600
        if reply.body.startswith(b"<"):
            parse(reply.body)
        known = [reply.headers.get(n) for n in ("x-amz-request-id", "x-amzn-requestid")]
        assert set(known) <= {None, "REQUEST-ID"}
        for kind in ("RequestId", "HostId", "UploadId", "VersionId"):
            for value in re.findall(rf"<{kind}>([^<]*)<".encode(), reply.body):
                assert re.fullmatch(rb"[A-Z]+-(ID|\d)|[0-]*|v1|null", value)
