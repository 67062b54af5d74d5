"""What was asked of a `FaultProxy`, and what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SECRET = re.compile(
    r"(?i)\b(x-amz-(?:signature|credential|security-token)|signature|awsaccesskeyid)=[^&\s]*"
)


@dataclass
class Seen:
    """One request and what was done to it.

    Attributes:
        number: 1 for the first one.
        connection: the client's connection, 1 for the first one.
        operation: S3's name of what was asked, such as ``"PutObject"``; method and path of what isn't S3.
        method: the HTTP method.
        target: path and query as they were sent, without signatures and tokens.
        bucket, key: the tenant's names; the server's where the request names no tenant.
        tenant: what ``X-Tenant-ID`` said.
        range: what ``Range`` said, such as ``"bytes=0-99"``.
        received: bytes of the body that came from the client.
        server_status: what the server answered; None where it wasn't asked, or didn't answer.
        status: what the client was answered; None where it got nothing.
        sent: bytes of the body that went to the client.
        faults: what was done, such as ``("drop_reply",)``.
        note: what went otherwise than any fault has wanted.
    """

    number: int
    connection: int
    operation: str
    method: str
    target: str
    bucket: str | None = None
    key: str | None = None
    tenant: str | None = None
    range: str | None = None
    received: int = 0
    server_status: int | None = None
    status: int | None = None
    sent: int = 0
    faults: tuple[str, ...] = field(default=())
    note: str = ""

    def __str__(self) -> str:
        what = "/".join(name for name in (self.bucket, self.key) if name)
        text = f"{self.number:>4}  {self.operation}" + (f" {what}" if what else "")
        text += f" ({self.range})" if self.range else ""
        text += f", {self.received} bytes" if self.received else ""
        text += f" -> server {self.server_status or 'not asked'}"
        text += f", client {self.status or 'nothing'}"
        text += f", {self.sent} bytes" if self.sent else ""
        text += f"  [{', '.join(self.faults)}]" if self.faults else ""
        return text + (f"  ({self.note})" if self.note else "")


def without_secrets(target: str) -> str:
    """A target without what opens doors, and not longer than a line."""
    text = _SECRET.sub(r"\1=***", target)
    return text if len(text) <= 500 else text[:499] + "…"
