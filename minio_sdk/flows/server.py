"""The server itself: what it speaks, how it is, what it tells."""

from __future__ import annotations

from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketNotFoundError,
    MinIOConnectionError,
    MinIOError,
    NotFoundError,
)
from minio_sdk.models.results import HealthStatus, ServerInfo
from minio_sdk.operation import Operation
from minio_sdk.operations.gateway import GatewayHealth, GatewayInfo, server_info
from minio_sdk.operations.list_objects import ListObjectsV2
from minio_sdk.protocols import Transport
from minio_sdk.retry import RETRIED_STATUSES
from minio_sdk.wire.failure import error_of, is_web_page, not_s3
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.quirks import is_minio


async def find_api(engine: Engine, retry: bool = True) -> str:
    """``"s3"`` where somebody gave credentials; else what the server's greeting says.

    Raises:
        ServerError: the server is not up yet; the next call asks again.
    """
    if engine.transport.signing.provider.found:
        return "s3"
    reply = await engine.exchange(Request("GET", "/", signed=False, retry=retry), "ServerInfo")
    if reply.status in RETRIED_STATUSES:
        raise error_of(reply, "")
    return "enterprise" if reply.status == 200 and server_info(reply) else "s3"


class _Greeting(Operation[Reply]):
    """GET the root, whatever the answer: its headers tell who answers."""

    name = "ServerInfo"
    ok = frozenset(range(200, 500))

    def request(self) -> Request:
        return Request("GET", "/")

    def parse(self, reply: Reply) -> Reply:
        if is_web_page(reply):
            raise not_s3(reply, "a web page")
        return reply


class _Health(ListObjectsV2):
    """The cheapest signed question that every S3 server answers; asked once, without retries."""

    def request(self) -> Request:
        request = ListObjectsV2.request(self)
        request.retry = False
        return request


async def health(engine: Engine) -> HealthStatus:
    """How the server is for this client; never raises for a server that is down."""
    ways = engine.transport.ways
    if len(ways) < 2:
        return await _health(engine)

    async def one(way: Transport) -> HealthStatus:
        return await _health(engine.by(way))

    found = await engine.transport.map(one, ways, len(ways))
    well = [each for each in found if each.healthy]
    best = min(well, key=lambda each: each.latency) if well else found[0]
    details = {
        **best.details,
        "endpoints": {
            each.details["endpoint"]: {
                "status": each.status,
                "latency": each.latency,
                **{
                    name: each.details[name] for name in ("answer", "error") if name in each.details
                },
            }
            for each in found
        },
    }
    status = "degraded" if well and len(well) < len(found) else best.status
    return HealthStatus(healthy=bool(well), status=status, latency=best.latency, details=details)


async def _health(engine: Engine) -> HealthStatus:
    clock = engine.transport.clock
    details: dict[str, Any] = {"endpoint": engine.transport.signing.endpoint.origin}
    begun = clock.monotonic()
    status = "healthy"
    try:
        details.update(await _ask(engine))
    except MinIOConnectionError as error:
        status, details["error"] = "unreachable", str(error)
    except AccessDeniedError as error:
        status, details["error"] = "credentials_refused", str(error)
    except MinIOError as error:
        status, details["error"] = "unhealthy", str(error)
    return HealthStatus(
        healthy=status == "healthy",
        status=status,
        latency=clock.monotonic() - begun,
        details=details,
    )


async def _ask(engine: Engine) -> dict[str, Any]:
    if engine.api.name is None:
        engine.api.name = await find_api(engine, retry=False)
    if engine.api.name == "enterprise":
        words = await engine.send(GatewayHealth(signed=engine.transport.signing.provider.found))
        return {"api": "enterprise", "answer": words}
    details: dict[str, Any] = {"api": "s3", "bucket": engine.config.bucket}
    try:
        await engine.send(_Health(engine.place(engine.config.bucket), max_keys=1))
        details["answer"] = "ok"
    except BucketNotFoundError:
        details["answer"] = "ok; the bucket will be made by the first upload"
    except AccessDeniedError as error:
        if error.code != "AccessDenied":  # the keys themselves are wrong
            raise
        found = await engine.keys()
        whose = "without keys it doesn't list the bucket"
        if found is not None:
            whose = "these credentials may not list the bucket"
        details["answer"] = f"the server answers; {whose}"
    return details


async def info(engine: Engine) -> ServerInfo:
    """What the server tells of itself."""
    if await engine.speaks() == "enterprise":
        return await engine.send(GatewayInfo(signed=engine.transport.signing.provider.found))
    clock = engine.transport.clock
    begun = clock.monotonic()
    reply = await engine.send(_Greeting(engine.scope.server))
    latency = clock.monotonic() - begun
    header = reply.headers.get("server", "")
    name, _, version = header.partition(" ")
    if "/" in name and not version:
        name, _, version = name.partition("/")
    elif version:
        version = version.split()[-1]
    details: dict[str, Any] = {"server_header": header}
    if reply.status == 403:
        details["access"] = str(error_of(reply, "").code or "denied")
    if is_minio(header):
        details.update(await _minio(engine))
        version = str(details.pop("version", version))
    return ServerInfo(
        status="online", version=version, performance={"latency": latency}, server=name,
        details=details,
    )  # fmt: skip


async def _minio(engine: Engine) -> dict[str, Any]:
    """What MinIO's admin API tells, as far as the credentials go."""
    from minio_sdk.operations.admin import AdminInfo  # with much that few programs need

    try:
        told = await engine.send(AdminInfo(place=engine.scope.server))
    except (AccessDeniedError, NotFoundError) as error:
        return {"admin": f"not for these credentials ({error.code or error.status})"}
    except MinIOError:
        return {"admin": "the answer of the admin API can't be read"}
    drives = [drive for node in told.nodes for drive in node.drives]
    details: dict[str, Any] = {
        "version": told.version,
        "uptime": told.uptime,
        "mode": told.mode,
        "region": told.region,
        "deployment_id": told.deployment_id,
        "buckets": told.buckets,
        "objects": told.objects,
        "usage": told.usage,
        "drives": len(drives),
        "drives_online": told.drives_online,
        "drives_offline": told.drives_offline,
        "total": told.total,
        "free": told.free,
        "disks": [dict(drive) for drive in drives],
    }
    return {name: value for name, value in details.items() if value != ""}
