"""MinIO's trace and log: golden requests, real answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from minio_sdk import AccessDeniedError, NotSupportedError, ServerError, ValidationError
from minio_sdk.models.admin_live import TRACE_KINDS
from minio_sdk.operations.admin_live import AdminTrace
from minio_sdk.wire.admin_entries import entries, log_entry, trace_entry
from minio_sdk.wire.message import Reply
from tests.samples import admin_more as more
from tests.samples import answered, refused, replayed


def test_a_real_trace() -> None:
    replayed("AdminTrace", "minio", more.TRACE)
    (told,) = entries(answered("AdminTrace", "minio").body.strip())
    found = trace_entry(told)
    assert (found.kind, found.name, found.status) == ("s3", "s3.ListBuckets", 200)
    assert "SIGNATURE" in found.request_headers["authorization"]
    assert "SIGNATURE" not in repr(found)
    assert found.response_body.startswith(b"<?xml")


def test_a_real_log() -> None:
    replayed("AdminConsoleLog", "minio", more.LOG)
    (told,) = entries(answered("AdminConsoleLog", "minio").body.strip())
    found = log_entry(told)
    assert (found.level, found.api) == ("error", "StartBatchJob")
    assert found.message.startswith("yaml: line 1")
    assert any("batch-handlers.go" in place for place in found.source)


@pytest.mark.parametrize("case", ["AdminTrace", "AdminConsoleLog"])
def test_who_may_not_look_on(case: str) -> None:
    operation: Any = more.TRACE if case == "AdminTrace" else more.LOG
    assert isinstance(refused(f"{case}-denied", "minio", operation), AccessDeniedError)


@pytest.mark.parametrize("operation", [more.TRACE, more.LOG], ids=["trace", "log"])
def test_heads_that_no_entries_follow(operation: Any) -> None:
    with pytest.raises(NotSupportedError, match=r"application/json.*\n?"):
        operation.parse(Reply(200, {"content-type": "application/json"}))
    with pytest.raises(ServerError, match="no stream"):
        operation.parse(Reply(200, {"content-type": "text/html"}))


def test_all_there_is_to_ask_for() -> None:
    query = AdminTrace(TRACE_KINDS, True, 0.0005).request().query
    assert query.count("=true") == len(TRACE_KINDS) + 1
    assert "err=true" in query
    assert "threshold=500us" in query
    asked = replace(more.LOG, node="n 1", level="error").request().query
    assert asked == "limit=1&logType=ERROR&node=n%201"


@pytest.mark.parametrize(
    "changes",
    [
        {"kinds": ()},
        {"kinds": ("s4",)},
        {"errors_only": "yes"},
        {"slower_than": -1},
        {"slower_than": float("nan")},
        {"slower_than": True},
        {"slower_than": "1s"},
        {"slower_than": 1e9},
    ],
)
def test_questions_that_are_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changes))):
        replace(more.TRACE, **changes).request()


@pytest.mark.parametrize(
    "changes",
    [
        {"node": 5},
        {"node": "a\nb"},
        {"level": "minio"},
        {"level": []},
        {"last": -1},
        {"last": 10_001},
        {"last": True},
        {"last": "5"},
    ],
)
def test_logs_that_are_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changes))):
        replace(more.LOG, **changes).request()
