"""MinIO's figures, and what Prometheus must know to fetch them."""

from __future__ import annotations

import json
from datetime import timedelta

from minio_sdk.engine import Engine
from minio_sdk.errors import AccessDeniedError, MinIOError, NotSupportedError, invalid
from minio_sdk.flows.admin_calls import send
from minio_sdk.models.names import check_flag
from minio_sdk.models.secret import Secret
from minio_sdk.operations.admin_metrics import AdminMetrics, metrics_path
from minio_sdk.wire.bearer import metrics_token

_LIFE = 900.0
"""Seconds that a token for one question holds; clocks may differ by as much where requests are signed."""


async def _token(engine: Engine, life: float) -> Secret:
    keys = await engine.keys()
    if keys is None:
        raise AccessDeniedError(
            "metrics are not for anonymous clients", hint="give access_key and secret_key"
        )
    if keys.session_token:
        raise NotSupportedError(
            "MinIO's metrics take no keys with a session token",
            hint="the keys of a user, or of admin.add_service_account()",
        )
    return metrics_token(keys, engine.transport.clock.time() + life)


async def metrics(engine: Engine, kind: str) -> str:
    """The figures, as text."""
    operation = AdminMetrics(kind)
    try:
        operation.request()
        if engine.config.tenant_id is not None:
            raise NotSupportedError(
                "it tells of all tenants' buckets", hint="client.with_(tenant_id=None).admin"
            )
        token = await _token(engine, _LIFE)
    except MinIOError as error:
        engine.named(error, operation)
        raise
    return await send(engine, AdminMetrics(kind, token))


async def prometheus_config(
    engine: Engine, kind: str, expires_in: timedelta, public: bool
) -> Secret:
    """A scrape configuration."""
    operation = AdminMetrics(kind)
    try:
        path = metrics_path(kind)
        if not isinstance(expires_in, timedelta) or expires_in <= timedelta(0):
            raise invalid("expires_in", expires_in, "must be a timedelta of more than 0")
        endpoint = engine.transport.signing.endpoint
        job: dict[str, object] = {
            "job_name": "minio-job" if kind == "cluster" else f"minio-job-{kind}"
        }
        if not check_flag("public", public):
            job["bearer_token"] = await _token(engine, expires_in.total_seconds())
        job["metrics_path"] = endpoint.path + path
        job["scheme"] = endpoint.scheme
        job["static_configs"] = [{"targets": [endpoint.host_header]}]
    except MinIOError as error:
        engine.named(error, operation)
        raise
    # What is JSON is YAML as well.
    members = [f"{name}: {json.dumps(value)}" for name, value in job.items()]
    return Secret("scrape_configs:\n- " + "\n  ".join(members) + "\n")
