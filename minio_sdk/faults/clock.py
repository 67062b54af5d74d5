"""A server whose clock is wrong: what it refuses, and signatures that it would have taken."""

from __future__ import annotations

from datetime import datetime
from email.utils import formatdate, parsedate_to_datetime

from minio_sdk.faults.wire import Head
from minio_sdk.models.credentials import Credentials
from minio_sdk.wire.sigv4 import Signer

TOLERANCE = 15 * 60  # seconds that S3 servers let a clock be wrong
NEAR = 60.0  # seconds; nobody's clock is worth a new signature for less


def http_now(now: float, skew: float) -> str:
    """The ``Date`` of a server whose clock is wrong by so many seconds."""
    return formatdate(now + skew, usegmt=True)


def moved(date: str | None, now: float, skew: float) -> str:
    """A server's ``Date`` as it were with another clock."""
    try:
        when = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        when = now
    return formatdate(when + skew, usegmt=True)


def signed_at(head: Head) -> float | None:
    """When a request was signed; None for one without a signature in its headers."""
    if not head.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
        return None
    try:
        stamp = head.headers.get("x-amz-date", "")
        return datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
    except ValueError:
        return None


def signed_again(head: Head, keys: Credentials, now: float) -> bytes | None:
    """The head with a signature of this moment; None where these keys haven't signed it."""
    _, _, scope = head.headers.get("authorization", "").partition("Credential=")
    access_key, _, rest = (
        scope.partition(",")[0].strip().rpartition("/aws4_request")[0].partition("/")
    )
    payload = head.headers.get("x-amz-content-sha256", "")
    if access_key != keys.access_key or payload.startswith("STREAMING-AWS4"):
        return None
    _, region, service = rest.split("/") if rest.count("/") == 2 else ("", "us-east-1", "s3")
    path, _, query = head.part(1).partition("?")
    pieces = sorted(part if "=" in part else f"{part}=" for part in query.split("&") if part)
    headers = {k: v for k, v in head.headers.items() if k not in ("authorization", "x-amz-date")}
    signer = Signer(keys, region, service)
    made = signer.sign(head.part(0), path, "&".join(pieces), headers, payload, now)
    return head.replaced(
        authorization=str(made["authorization"]),
        **{"x-amz-date": made["x-amz-date"]},
    )
