"""MinIO's metrics, on servers that fail or lie; both clients."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from minio_sdk import AccessDeniedError, NotSupportedError, ServerError, ValidationError
from tests.both import SECRET_KEY, TOKEN, Connect, both
from tests.flows.test_admin import IS_MINIO, MINIO, OTHERS, told
from tests.scripted import ScriptedServer, reply
from tests.test_secrecy import shown

TEXT = {**MINIO, "Content-Type": "text/plain; version=0.0.4"}
NOBODY: dict[str, Any] = {"tenant_id": None}


@both
def test_metrics_are_asked_for_with_a_token(connect: Connect) -> None:
    script = [IS_MINIO, reply(503, headers=MINIO), reply(200, b"up 1\n", headers=TEXT)]
    with ScriptedServer(script) as server, connect(server, **NOBODY) as client:
        assert client.admin.metrics("node") == "up 1\n"
    last = server.requests[-1]
    assert (last.method, last.target) == ("GET", "/minio/v2/metrics/node")
    assert str(last.header("authorization")).startswith("Bearer ey")
    assert last.header("x-amz-date") is None


@both
@pytest.mark.parametrize("who", OTHERS)
def test_no_other_server_gets_a_token(connect: Connect, who: str) -> None:
    with ScriptedServer(handler=lambda _: OTHERS[who]) as server:
        with connect(server, **NOBODY) as client, pytest.raises(NotSupportedError):
            client.admin.metrics()
    assert not any("metrics" in request.target for request in server.requests)


@both
def test_what_is_refused_before_anything_is_sent(connect: Connect) -> None:
    with ScriptedServer([]) as server:
        with connect(server) as client, pytest.raises(NotSupportedError, match="all tenants"):
            client.admin.metrics()
        with connect(server, session_token=TOKEN, **NOBODY) as client:
            for call in (client.admin.metrics, client.admin.prometheus_config):
                with pytest.raises(NotSupportedError, match="session token"):
                    call()
        with connect(server, **NOBODY) as client:
            for bad in ("", "v3", None, "../x"):
                for call in (client.admin.metrics, client.admin.prometheus_config):
                    with pytest.raises(ValidationError, match=r"^kind="):
                        call(bad)  # type: ignore[arg-type]
            for life in (timedelta(0), 60):
                with pytest.raises(ValidationError, match=r"^expires_in="):
                    client.admin.prometheus_config(expires_in=life)  # type: ignore[arg-type]
            with pytest.raises(ValidationError, match=r"^public="):
                client.admin.prometheus_config(public=1)  # type: ignore[arg-type]
    assert server.requests == []


@both
def test_what_is_no_metrics_is_an_error(connect: Connect) -> None:
    for answer, cls in (
        (told(403, "AccessDenied"), AccessDeniedError),
        (reply(200, b"<html>", headers={**MINIO, "Content-Type": "text/html"}), ServerError),
        (reply(200, b"\xff", headers=TEXT), ServerError),
    ):
        with ScriptedServer([IS_MINIO, answer]) as server, connect(server, **NOBODY) as client:
            with pytest.raises(cls) as caught:
                client.admin.metrics()
            assert caught.value.operation == "AdminMetrics"
            token = str(server.requests[-1].header("authorization")).partition(" ")[2]
            for text in shown(caught.value):
                assert token not in text
                assert SECRET_KEY not in text


@both
def test_its_errors_say_as_much_as_others(connect: Connect) -> None:
    """How often it was asked, who was asked, and for whom."""
    later = reply(403, b"{}", headers={**MINIO, "Retry-After": "7"})
    with ScriptedServer([IS_MINIO, reply(503, headers=MINIO), later]) as server:
        with connect(server, **NOBODY) as client, pytest.raises(AccessDeniedError) as caught:
            client.admin.metrics()
        error = caught.value
        assert (error.operation, error.attempts, error.status) == ("AdminMetrics", 2, 403)
        assert error.retry_after == 7
        assert error.endpoint == server.url
        assert "not signed" not in str(error)  # it brings a token


@both
def test_prometheus_is_told_where_and_how(connect: Connect) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        text = client.admin.prometheus_config("bucket", expires_in=timedelta(days=1))
        public = client.admin.prometheus_config(public=True)
    host = server.url.partition("//")[2]
    lines = text.splitlines()
    assert lines[:2] == ["scrape_configs:", '- job_name: "minio-job-bucket"']
    assert lines[2].startswith('  bearer_token: "ey')
    assert public.splitlines() == [
        "scrape_configs:",
        '- job_name: "minio-job"',
        '  metrics_path: "/minio/v2/metrics/cluster"',
        '  scheme: "http"',
        f'  static_configs: [{{"targets": ["{host}"]}}]',
    ]
    assert repr(text) == "'***'"
