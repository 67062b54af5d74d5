"""What is asked in the samples of several servers, and of several sites."""

from __future__ import annotations

from typing import Any

from minio_sdk.models.admin_realtime import METRIC_KINDS
from minio_sdk.operation import Operation, Place
from minio_sdk.operations import admin_realtime as realtime
from minio_sdk.operations import admin_service as service
from minio_sdk.operations import admin_speed as speed

HERE = Place("docs", "acme-docs", "", "/acme-docs")
ALL = realtime.AdminRealtimeMetrics(realtime.Measured(kinds=METRIC_KINDS, by_drive=True))
NOWHERE = realtime.AdminRealtimeMetrics(realtime.Measured(kinds=("memory",), nodes=("nowhere:1",)))
WATCHED = realtime.AdminWatchMetrics(realtime.Measured(kinds=("memory", "cpu")), 2.5)
NETWORK = speed.AdminNetworkSpeedTest(10)
SITES = speed.AdminSiteSpeedTest(10)
RESYNC = realtime.AdminSiteResyncStatus("DEPLOYMENT-2")

INSPECTED = service.AdminInspect(HERE, "a b/xl.meta")
UNTRACED = service.AdminInspect(HERE, "nothing")

OF_NODES: dict[str, Operation[Any]] = {
    "AdminRealtimeMetrics": ALL,
    "AdminRealtimeMetrics-nowhere": NOWHERE,
    "AdminNetworkSpeedTest": NETWORK,
}
OF_ONE: dict[str, Operation[Any]] = {
    "AdminNetworkSpeedTest-one": NETWORK,
    "AdminSiteSpeedTest-none": SITES,
    "AdminInspect": INSPECTED,
    "AdminInspect-none": UNTRACED,
}
