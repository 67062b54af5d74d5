"""What MinIO's servers measure of themselves, once or again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from minio_sdk.engine import Engine
from minio_sdk.errors import NotFoundError, ServerError, invalid
from minio_sdk.flows.admin_calls import send
from minio_sdk.flows.admin_live import OfServer, OnReconnect, check_looks_on, kinds_of
from minio_sdk.models.admin_realtime import METRIC_KINDS, RealtimeMetrics, ScannerMetrics
from minio_sdk.operations.admin_realtime import AdminRealtimeMetrics, AdminWatchMetrics, Measured
from minio_sdk.operations.admin_users import names_of
from minio_sdk.wire.admin_entries import entries, entry
from minio_sdk.wire.admin_figures import realtime_metrics

Names = str | Sequence[str]


def measured(
    kinds: Names, nodes: Names | None, drives: Names | None, job: str | None,
    by_node: bool, by_drive: bool,
) -> Measured:  # fmt: skip
    """What is to be measured.

    Raises:
        ValidationError: names that are none.
    """
    return Measured(
        kinds=kinds_of(kinds, METRIC_KINDS),
        nodes=_only("nodes", nodes),
        drives=_only("drives", drives),
        job="" if job is None else job,
        by_node=by_node,
        by_drive=by_drive,
    )


def _only(argument: str, names: Names | None) -> tuple[str, ...]:
    if names is None:
        return ()
    found = names_of(argument, names)
    if not found:  # which MinIO takes for all
        raise invalid(argument, names, "must be one name or several, or None for all")
    return found


async def once(engine: Engine, asked: Measured) -> RealtimeMetrics:
    """What they measure now."""
    operation = AdminRealtimeMetrics(asked)
    check_looks_on(engine, operation)
    found = await send(engine, operation)
    if asked.nodes and not found.nodes:
        raise engine.named(NotFoundError("none of these servers has answered"), operation)
    return found


async def scanner(engine: Engine, nodes: Names | None) -> ScannerMetrics:
    """What the scanner does now."""
    asked = measured("scanner", nodes, None, None, False, False)
    found = (await once(engine, asked)).total.scanner
    if found is None:
        odd = ServerError("the server tells nothing of its scanner")
        raise engine.named(odd, AdminRealtimeMetrics(asked))
    return found


class MetricsFeed(OfServer[RealtimeMetrics]):
    """What they measure, again and again.

    Raises:
        ValidationError, NotSupportedError: before anything is sent.
    """

    what = "measurements"

    def __init__(
        self,
        engine: Engine,
        asked: Measured,
        interval: float,
        reconnect_for: float | None,
        on_reconnect: OnReconnect | None,
    ) -> None:
        operation = AdminWatchMetrics(asked, interval)
        super().__init__(engine, operation, reconnect_for, on_reconnect, interval)

    def _read(self, line: bytes) -> Iterator[RealtimeMetrics]:
        return (entry(told, realtime_metrics) for told in entries(line))
