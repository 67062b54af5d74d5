"""What went over the wire: a folder for each case, named after the S3 operation.

    tests/samples/ListObjectsV2-folders/request.http    what the operation must ask, without signature
    tests/samples/ListObjectsV2-folders/minio.http      what that server answered, and so for others

`record.py` writes them, from real servers; only ids are replaced. Those of the Enterprise gateway are
written by hand. Bodies are exact: no line end is added behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from minio_sdk.operation import Operation, Place
from minio_sdk.wire.message import Reply, Request

T = TypeVar("T")

FOLDER = Path(__file__).parent
SERVERS = ("minio", "moto", "seaweedfs")

SAMPLES = Place("samples", "acme-samples", "", "/acme-samples")
"""Bucket `samples` of tenant `acme`, where all samples were taken unless they say otherwise."""
BELOW = Place("samples", "tenants", "acme/samples/", "/tenants")
"""The same with ``tenancy="prefix"``."""
KEY = "a b+c/ü&<1>.txt"
OTHER = "b.txt"


@dataclass(frozen=True)
class Asked:
    """A request as an operation makes it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, request: Request) -> Asked:
        """What is sent of a request but host, tenant, date and signature."""
        body: Any = request.body
        return cls(request.method, request.target, dict(request.headers), bytes(body))


def _split(path: Path) -> tuple[str, dict[str, str], bytes]:
    head, _, body = path.read_bytes().partition(b"\n\n")
    first, *lines = head.decode().split("\n")
    return first, dict(line.split(": ", 1) for line in lines), body


def asked(case: str) -> Asked:
    """The request of a case."""
    first, headers, body = _split(FOLDER / case / "request.http")
    method, target = first.split(" ")
    return Asked(method, target, headers, body)


def answered(case: str, origin: str) -> Reply:
    """What a server answered."""
    first, headers, body = _split(FOLDER / case / f"{origin}.http")
    return Reply(int(first.split(" ")[1]), headers, body)


def origins(case: str) -> list[str]:
    """Whose answers are there."""
    return sorted(path.stem for path in (FOLDER / case).glob("*.http") if path.stem != "request")


def replayed(case: str, origin: str, operation: Operation[T]) -> T:
    """What an operation reads from an answer of success; its request must be that of the case."""
    assert Asked.of(operation.request()) == asked(case)
    reply = answered(case, origin)
    assert reply.status in operation.ok
    return operation.parse(reply)


def refused(case: str, origin: str, operation: Operation[Any]) -> Any:
    """The error that an answer of failure is; the request must be that of the case."""
    assert Asked.of(operation.request()) == asked(case)
    reply = answered(case, origin)
    assert reply.status not in operation.ok
    return operation.failure(reply)
