"""Which kind of server it is, and so which way of provisioning."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from minio_sdk.errors import NotSupportedError, ValidationError, invalid
from minio_sdk.flows.provisioning.backend import Backend, Operator
from minio_sdk.flows.provisioning.ceph import Ceph
from minio_sdk.flows.provisioning.iam import Aws, SeaweedFS
from minio_sdk.flows.provisioning.minio import MinIO
from minio_sdk.operation import WHOLE_SERVER, Operation
from minio_sdk.wire.message import Reply, Request

BACKENDS: dict[str, Callable[[Operator], Backend]] = {
    "minio": MinIO,
    "seaweedfs": SeaweedFS,
    "aws": Aws,
    "ceph": Ceph,
}
# How the Server header of each begins.
_HEADERS = {"minio": "minio", "seaweedfs": "seaweedfs", "amazons3": "aws", "ceph": "ceph"}


class _WhoIsIt(Operation[str]):
    """A question that an operator may ask of every server, for what its headers say."""

    name = "ListBuckets"

    def request(self) -> Request:
        return Request("GET", "/")

    def parse(self, reply: Reply) -> str:
        return reply.headers.get("server", "")


def check_backend(backend: object) -> str | None:
    """The name of a kind of server, or None to find out.

    Raises:
        ValidationError: neither.
    """
    if backend is not None and backend not in BACKENDS:
        names = ", ".join(repr(name) for name in BACKENDS)
        raise invalid("backend", backend, f"must be one of {names}, or None to find out")
    return backend if isinstance(backend, str) else None


def check_operator(tenant_id: str | None) -> None:
    """Refuse a client that acts for a tenant.

    Raises:
        ValidationError: it does.
    """
    if tenant_id is not None:
        raise ValidationError(
            f"client: acts for tenant {tenant_id!r}, and tenants are provisioned by their operator",
            hint="a client with tenant_id=None and the keys of an administrator",
        )


async def backend_of(operator: Operator, name: str | None) -> Backend:
    """How this server is provisioned.

    Raises:
        NotSupportedError: it doesn't say what it is.
    """
    engine = operator.engine
    check_operator(engine.config.tenant_id)
    if name is None and _is_aws(engine.config.endpoints[0]):
        name = "aws"
    if name is None:
        # Asked, since the first answer that ever came may have been a proxy's.
        told = await engine.send(_WhoIsIt(WHOLE_SERVER))
        name = _named(told)
        if name is None:
            raise NotSupportedError(
                f"the server doesn't say what it is (Server: {told or 'nothing'!r})",
                operation="provision",
                hint=f"backend= one of {', '.join(BACKENDS)}",
            )
    return BACKENDS[name](operator)


def _is_aws(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _named(server: str) -> str | None:
    header = server.lower()
    return next((kind for start, kind in _HEADERS.items() if header.startswith(start)), None)
