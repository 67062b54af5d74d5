"""MinIO's admin API: figures for Prometheus, and what its servers measure as of now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.aio.streams import AsyncAdminStream
from minio_sdk.flows import admin_metrics as flows
from minio_sdk.flows import admin_realtime as realtime
from minio_sdk.models.admin_realtime import RealtimeMetrics, ScannerMetrics
from minio_sdk.models.events import EventGap


class AsyncMetricsAdmin(AsyncBase):
    """What monitoring asks for."""

    async def metrics(self, kind: str = "cluster") -> str:
        """MinIO's figures, as Prometheus reads them.

        They are asked for with a token that holds for 15 minutes, or with none where the servers have
        ``MINIO_PROMETHEUS_AUTH_TYPE=public``, which take it all the same.

        Args:
            kind: ``"cluster"``, ``"node"``, ``"bucket"`` or ``"resource"``.

        Raises:
            AccessDeniedError: these credentials may not (``admin:Prometheus``).
            NotSupportedError: the server is not MinIO; or the client has a tenant, as it tells of all; or
                the credentials have a session token.

        Example:
            >>> for line in (await client.admin.metrics()).splitlines():
            ...     if line.startswith("minio_cluster_health_status"):
            ...         print(line)

        https://docs.min.io/community/minio-object-store/operations/monitoring/collect-minio-metrics-using-prometheus.html
        """
        engine = self._engine.begin()
        return await self._run(flows.metrics(engine, kind))

    async def prometheus_config(
        self,
        kind: str = "cluster",
        *,
        expires_in: timedelta = timedelta(days=365),
        public: bool = False,
    ) -> str:
        """What Prometheus must know to fetch MinIO's figures: a part of its ``prometheus.yml``.

        Its token is as good as the keys for reading metrics until it ends, and can't be revoked but with
        the keys: use a service account that may do nothing else. Its `repr` hides it. Nothing is sent.

        Args:
            kind: as in `metrics`.
            expires_in: how long the token holds.
            public: no token, for servers with ``MINIO_PROMETHEUS_AUTH_TYPE=public``.

        Raises:
            AccessDeniedError: the client is anonymous.
            NotSupportedError: the credentials have a session token.

        Example:
            >>> keys = await client.admin.add_service_account(name="prometheus", policy={
            ...     "Version": "2012-10-17",
            ...     "Statement": [{"Effect": "Allow", "Action": ["admin:Prometheus"]}],
            ... })
            >>> client = client.with_(credentials=keys)
            >>> text = await client.admin.prometheus_config("node")
        """
        engine = self._engine.begin()
        return await self._run(flows.prometheus_config(engine, kind, expires_in, public))

    async def realtime_metrics(
        self,
        kinds: str | Sequence[str] = "all",
        *,
        nodes: str | Sequence[str] | None = None,
        drives: str | Sequence[str] | None = None,
        job: str | None = None,
        by_node: bool = True,
        by_drive: bool = False,
    ) -> RealtimeMetrics:
        """What MinIO's servers measure at this moment: their scanner, drives, memory, processors and more.

        Args:
            kinds: of what: one or several of ``"scanner"``, ``"disk"``, ``"os"`` (calls of the operating
                system), ``"jobs"`` (batch jobs), ``"net"``, ``"memory"``, ``"cpu"`` and ``"rpc"`` (between
                servers), or ``"all"``.
            nodes: only of these servers, by the names that ``nodes`` of the answer has.
            drives: ``"disk"`` only of these, by the names that `server_info` has.
            job: ``"jobs"`` only of this one, by its id.
            by_node: tell each server by itself, too; memory and processors are told in no other way.
            by_drive: tell each drive by itself, too; figures of devices are told in no other way.

        Returns:
            `RealtimeMetrics`. A server that doesn't answer within five seconds isn't in it.

        Raises:
            AccessDeniedError: these credentials may not (``admin:ServerInfo``).
            NotFoundError: none of `nodes` has answered.
            NotSupportedError: the server is not MinIO; or the client has a tenant, as it tells of all.
            ValidationError: a bad argument; nothing was sent.

        Example:
            >>> found = await client.admin.realtime_metrics(["memory", "cpu"])
            >>> for name, node in found.by_node.items():
            ...     print(name, node.memory and node.memory.available, node.cpu and node.cpu.load1)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-top.html
        """
        engine = self._engine.begin()
        asked = realtime.measured(kinds, nodes, drives, job, by_node, by_drive)
        return await self._run(realtime.once(engine, asked))

    def watch_metrics(
        self,
        kinds: str | Sequence[str] = "all",
        *,
        interval: float = 1.0,
        nodes: str | Sequence[str] | None = None,
        drives: str | Sequence[str] | None = None,
        job: str | None = None,
        by_node: bool = True,
        by_drive: bool = False,
        reconnect_for: float | None = 300.0,
        on_reconnect: Callable[[EventGap], object] | None = None,
    ) -> AsyncAdminStream[RealtimeMetrics]:
        """What MinIO's servers measure, told again and again.

        The connection is made by the first that is asked for, or by entering or ``connect()``. When it is
        lost, or silent for ten seconds longer than `interval`, it is made again, as with `trace`. It has a
        connection beside those of `Config.pool_size`, and no `Config.deadline`.

        Args:
            kinds, nodes, drives, job, by_node, by_drive: as in `realtime_metrics`.
            interval: seconds between two, 1 at least; other servers have half of it to answer.
            reconnect_for: seconds for which a lost connection is tried to be had again; None for ever.
            on_reconnect: a plain function that gets an `EventGap` each time.

        Returns:
            An iterator of `RealtimeMetrics`, without end; close it, or use it as a context manager.

        Raises:
            AccessDeniedError: these credentials may not (``admin:ServerInfo``).
            NotSupportedError: the server is not MinIO; or the client has a tenant, as it tells of all.
            ServerError: what comes are no measurements.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> async with client.admin.watch_metrics("disk", interval=5) as samples:
            ...     async for sample in samples:
            ...         print(sample.total.disk and sample.total.disk.last_minute)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-top.html
        """
        engine = self._engine.begin()
        asked = realtime.measured(kinds, nodes, drives, job, by_node, by_drive)
        flow = realtime.MetricsFeed(engine, asked, interval, reconnect_for, on_reconnect)
        return AsyncAdminStream(flow)

    async def scanner_status(self, nodes: str | Sequence[str] | None = None) -> ScannerMetrics:
        """What MinIO's scanner does, which looks through all data for what is damaged or has expired.

        `trace` of ``"scanner"`` tells what it does step by step.

        Args:
            nodes: only of these servers, by the names that `realtime_metrics` has; None for all together.

        Raises:
            AccessDeniedError: these credentials may not (``admin:ServerInfo``).
            NotFoundError: none of `nodes` has answered.
            NotSupportedError: the server is not MinIO; or the client has a tenant, as it tells of all.

        Example:
            >>> scanner = await client.admin.scanner_status()
            >>> print(scanner.cycle, scanner.active)
            >>> for name, action in scanner.last_minute.items():
            ...     print(name, action.count, action.average)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-scanner.html
        """
        engine = self._engine.begin()
        return await self._run(realtime.scanner(engine, nodes))
