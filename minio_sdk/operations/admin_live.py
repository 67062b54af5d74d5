"""What MinIO's servers tell of themselves, in answers without end: what they do, and their log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.errors import invalid
from minio_sdk.models.admin_live import LOG_LEVELS, TRACE_KINDS
from minio_sdk.models.names import check_flag
from minio_sdk.operations.admin import AdminOperation
from minio_sdk.wire.failure import check_stream
from minio_sdk.wire.message import Reply, Request

MOST_LAST = 10_000
"""Entries that a server keeps of its log."""
_LONGEST = 86_400.0


@dataclass(frozen=True, slots=True)
class _Stream(AdminOperation[None]):
    what: ClassVar[str]

    def parse(self, reply: Reply) -> None:
        """Nothing: what the head has to say is that entries follow.

        Raises:
            NotSupportedError: it is another answer.
        """
        check_stream(reply, self.what, "MinIO has it; is there a proxy on the way?")


@dataclass(frozen=True, slots=True)
class AdminTrace(_Stream):
    """GET trace: what the servers do.

    Attributes:
        kinds: of what.
        errors_only: of requests only those that failed.
        slower_than: only what takes so many seconds.
    """

    name: ClassVar[str] = "AdminTrace"
    what: ClassVar[str] = "trace"

    kinds: tuple[str, ...]
    errors_only: bool = False
    slower_than: float = 0.0

    def request(self) -> Request:
        """GET it."""
        if not self.kinds or not set(self.kinds) <= set(TRACE_KINDS):
            raise invalid(
                "kinds", self.kinds, f"must be 'all', or some of {', '.join(TRACE_KINDS)}"
            )
        least = self.slower_than
        if not isinstance(least, (int, float)) or isinstance(least, bool):
            raise invalid("slower_than", least, "must be a number of seconds")
        if not 0 <= least <= _LONGEST:
            raise invalid("slower_than", least, f"must be from 0 to {_LONGEST:.0f} seconds")
        asked = {"err": "true" if check_flag("errors_only", self.errors_only) else "false"}
        asked |= {kind: "true" for kind in TRACE_KINDS if kind in self.kinds}
        # Who listens asks again by rules of its own, since this is lost only after it has gone well.
        return self._once("GET", "trace", **asked, threshold=f"{round(least * 1e6)}us")


@dataclass(frozen=True, slots=True)
class AdminConsoleLog(_Stream):
    """GET log: what the servers log, and the last of what they have logged.

    Attributes:
        node: of which server; empty for all.
        level: of which kind; empty for all.
        last: so many of the entries before; 0 for all that the server has.
    """

    name: ClassVar[str] = "AdminConsoleLog"
    what: ClassVar[str] = "log"

    node: str = ""
    level: str = ""
    last: int = 10

    def request(self) -> Request:
        """GET it."""
        node, last = self.node, self.last
        if not isinstance(node, str) or not node.isprintable():
            raise invalid("node", node, "must be a server's name")
        if not isinstance(self.level, str) or self.level not in ("", *LOG_LEVELS):
            raise invalid("level", self.level, f"must be one of {', '.join(LOG_LEVELS)}")
        if not isinstance(last, int) or isinstance(last, bool) or not 0 <= last <= MOST_LAST:
            raise invalid("last", last, f"must be a whole number from 1 to {MOST_LAST}")
        kind = self.level.upper() or "ALL"
        return self._once("GET", "log", node=node, limit=str(last), logType=kind)
