# Made by scripts/make_sync.py from client/aio/admin_live.py: change that one.
"""MinIO's admin API: what its servers tell of themselves while it happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minio_sdk.client.sync.base import Base
from minio_sdk.client.sync.streams import AdminStream
from minio_sdk.flows.admin_live import ConsoleLog, Trace
from minio_sdk.models.admin_live import LogEntry, TraceEntry
from minio_sdk.models.events import EventGap


class LiveAdmin(Base):
    """What an operator looks on at."""

    def trace(
        self,
        kinds: str | Sequence[str] = "s3",
        *,
        errors_only: bool = False,
        slower_than: float = 0.0,
        reconnect_for: float | None = 300.0,
        on_reconnect: Callable[[EventGap], object] | None = None,
    ) -> AdminStream[TraceEntry]:
        """What MinIO's servers do, told while they do it: the requests that they get, by default.

        The connection is made by the first entry that is asked for, or by entering or ``connect()``, which
        wait until the server listens. When it is lost, or silent for ten seconds, it is made again, with the
        pauses of the retry policy between tries. What happens meanwhile is told by nobody: `on_reconnect`
        gets the time. A server that can't send as fast as things happen leaves some out. It has a connection
        beside those of `Config.pool_size`, and no `Config.deadline`.

        It tells of everybody's requests, with headers and documents. What an entry prints has no
        secrets; its fields have them.

        Args:
            kinds: of what: one or several of ``"s3"``, ``"internal"`` (the admin API and between servers),
                ``"storage"``, ``"os"``, ``"scanner"``, ``"healing"``, ``"decommission"``, ``"rebalance"``,
                ``"batch-replication"``, ``"batch-keyrotation"``, ``"batch-expire"``,
                ``"replication-resync"``, ``"bootstrap"``, ``"formatting"``, ``"ftp"``, ``"ilm"`` and
                ``"kms"``, or ``"all"``.
            errors_only: of requests only those that failed.
            slower_than: only what takes at least so many seconds.
            reconnect_for: seconds for which a lost connection is tried to be had again; None for ever.
            on_reconnect: a plain function that gets an `EventGap` each time.

        Returns:
            An iterator of `TraceEntry`, without end; close it, or use it as a context manager.

        Raises:
            AccessDeniedError: these credentials may not look on (``admin:ServerTrace``).
            NotSupportedError: the server is not MinIO; or the client has a tenant, as it tells of all.
            ServerError: what comes is no entry.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> with client.admin.trace(errors_only=True) as entries:
            ...     for entry in entries:
            ...         print(entry)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-trace.html
        """
        engine = self._engine.begin()
        flow = Trace(engine, kinds, errors_only, slower_than, reconnect_for, on_reconnect)
        return AdminStream(flow)

    def console_log(
        self,
        *,
        node: str | None = None,
        level: str | None = None,
        last: int = 10,
        reconnect_for: float | None = 300.0,
        on_reconnect: Callable[[EventGap], object] | None = None,
    ) -> AdminStream[LogEntry]:
        """The log of MinIO's servers: the last entries, and then each as it is written.

        It is had again like `trace`. Servers keep 10,000 entries, so that those of a gap are told behind
        it, and none twice; only a server that has been started anew has lost its own.

        Args:
            node: of which server, by its name; None for all.
            level: ``"fatal"``, ``"warning"``, ``"error"``, ``"event"`` or ``"info"``; None for all.
            last: so many of the entries before, from 1 to 10,000; of several servers the others
                send all that they have.
            reconnect_for: seconds for which a lost connection is tried to be had again; None for ever.
            on_reconnect: a plain function that gets an `EventGap` each time.

        Returns:
            An iterator of `LogEntry`, without end; close it, or use it as a context manager.

        Raises:
            AccessDeniedError: these credentials may not read it (``admin:ConsoleLog``).
            NotSupportedError: the server is not MinIO; or the client has a tenant, as it tells of all.
            ServerError: what comes is no entry.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> with client.admin.console_log(last=100) as entries:
            ...     for entry in entries:
            ...         print(entry)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-logs.html
        """
        engine = self._engine.begin()
        flow = ConsoleLog(engine, node, level, last, reconnect_for, on_reconnect)
        return AdminStream(flow)
