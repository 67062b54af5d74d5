"""What MinIO's servers tell of themselves while it happens: what they do, and their log."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import AccessDeniedError, NotSupportedError, invalid
from minio_sdk.flows.admin_calls import known
from minio_sdk.flows.listening import Listening
from minio_sdk.models.admin_live import TRACE_KINDS, LogEntry, TraceEntry
from minio_sdk.models.events import EventGap
from minio_sdk.operation import WHOLE_SERVER, Operation
from minio_sdk.operations.admin_live import AdminConsoleLog, AdminTrace
from minio_sdk.operations.admin_users import names_of
from minio_sdk.operations.buckets import ListBuckets
from minio_sdk.wire.admin_entries import MAX_ENTRY, entries, identity, log_entry, trace_entry

T = TypeVar("T")
OnReconnect = Callable[[EventGap], object]

PATIENCE = 10.0
"""Seconds of silence; MinIO shows that it lives every second, or twice in it."""
_REMEMBERED = 100_000
"""Entries of the log that are told from new ones when they come again: 10,000 of each server."""


def check_looks_on(engine: Engine, operation: Operation[Any]) -> None:
    """Refuse to look on for a tenant.

    Raises:
        ValidationError: a bad argument, which comes first.
        NotSupportedError: the client has a tenant.
    """
    operation.request()
    if engine.config.tenant_id is not None:
        raise NotSupportedError(
            "it tells of all tenants' requests, with names and contents",
            operation=operation.name,
            tenant_id=engine.config.tenant_id,
            hint="client.with_(tenant_id=None).admin",
        )


def kinds_of(kinds: str | Sequence[str], every: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds that are asked for, each of which is checked where it is sent.

    Raises:
        ValidationError: they are no names.
    """
    asked = names_of("kinds", kinds)
    if asked == ("all",):
        return every
    if not all(isinstance(kind, str) for kind in asked):
        raise invalid("kinds", kinds, "must be names of kinds")
    return asked


class OfServer(Listening[T]):
    """What a server tells of itself, and of everybody.

    Args:
        engine, operation, reconnect_for, on_reconnect: as in `Listening`.
        interval: seconds that pass without a word anyhow, before silence begins.
    """

    longest = MAX_ENTRY

    def __init__(
        self,
        engine: Engine,
        operation: Operation[None],
        reconnect_for: float | None,
        on_reconnect: OnReconnect | None,
        interval: float = 0.0,
    ) -> None:
        check_looks_on(engine, operation)
        super().__init__(engine, operation, PATIENCE + interval, reconnect_for, on_reconnect)

    async def _probe(self) -> None:
        await known(self._engine, self._operation)
        try:
            await self._engine.send(ListBuckets(WHOLE_SERVER))
        except AccessDeniedError:  # some may look on and no more
            pass


class Trace(OfServer[TraceEntry]):
    """What the servers do.

    Raises:
        ValidationError, NotSupportedError: before anything is sent.
    """

    what = "trace"

    def __init__(
        self,
        engine: Engine,
        kinds: str | Sequence[str],
        errors_only: bool,
        slower_than: float,
        reconnect_for: float | None,
        on_reconnect: OnReconnect | None,
    ) -> None:
        operation = AdminTrace(kinds_of(kinds, TRACE_KINDS), errors_only, slower_than)
        super().__init__(engine, operation, reconnect_for, on_reconnect)

    def _read(self, line: bytes) -> Iterator[TraceEntry]:
        return map(trace_entry, entries(line))


class ConsoleLog(OfServer[LogEntry]):
    """What the servers log.

    They keep what they have logged, so that after a gap all of it is asked for, and what hasn't been told is
    told. A server that was started anew has kept nothing.

    Raises:
        ValidationError, NotSupportedError: before anything is sent.
    """

    what = "log"

    def __init__(
        self,
        engine: Engine,
        node: str | None,
        level: str | None,
        last: int,
        reconnect_for: float | None,
        on_reconnect: OnReconnect | None,
    ) -> None:
        operation = AdminConsoleLog(
            node="" if node is None else node, level="" if level is None else level, last=last
        )
        if last == 0 and not isinstance(last, bool):
            raise invalid("last", last, "must be 1 at least: MinIO takes 0 for all")
        super().__init__(engine, operation, reconnect_for, on_reconnect)
        self._all = replace(operation, last=0)
        self._order: deque[int] = deque()
        self._told: set[int] = set()
        self._since: dict[str, datetime] = {}  # the time of the first entry told, by server

    def _again(self) -> Operation[None]:
        return self._all

    def _read(self, line: bytes) -> Iterator[LogEntry]:
        for told in entries(line):
            entry = log_entry(told)
            if self._is_new(entry, identity(told)):
                yield entry

    def _is_new(self, entry: LogEntry, this: int) -> bool:
        time = entry.time
        if time is None:  # such lines can't be told from each other
            return True
        if this in self._told:
            return False
        since = self._since.setdefault(entry.node, time)
        if time < since:
            if self.reconnects:  # it was there before, beyond the last ones that were asked for
                return False
            self._since[entry.node] = time
        if len(self._order) == _REMEMBERED:
            self._told.discard(self._order.popleft())
        self._order.append(this)
        self._told.add(this)
        return True
