"""The samples of several servers, and of several sites."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

from minio_sdk.models.admin_sites import Site, SitePeer
from minio_sdk.operation import WHOLE_SERVER
from minio_sdk.operations import admin_sites as sites
from minio_sdk.operations import buckets
from minio_sdk.operations.admin_realtime import AdminSiteResyncStatus
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.sealing import RANDOM, seal
from tests.samples import sites as several
from tests.servers import Server, start_minio, start_minio_two

if TYPE_CHECKING:
    from tests.samples.record import Recorder


def record_sites(recorder: Recorder) -> None:
    """Asked of MinIOs that are started for it."""
    with contextlib.ExitStack() as stack:
        both = start_minio_two(stack)
        _nodes(_ready(recorder, both[0]), both)
    with contextlib.ExitStack() as stack:
        one, two = start_minio(stack), start_minio(stack)
        away = _ready(recorder, one)
        for case, operation in several.OF_ONE.items():
            away.take(case, operation)
        _sites(away, one, two)


def _ready(recorder: Recorder, server: Server) -> Recorder:
    away = type(recorder)(server)
    while away.ask(buckets.ListBuckets(WHOLE_SERVER).request()).status == 503:
        time.sleep(0.1)
    away.ask(buckets.CreateBucket(several.HERE).request())
    away.ask(PutObject(several.HERE, "a b", b"x", {}).request())
    return away


def _nodes(away: Recorder, servers: list[Server]) -> None:
    folders = {server.base_url.removeprefix("http://"): server.folder for server in servers}
    nodes = json.loads(away.ask(several.ALL.request()).body)["hosts"]
    for number, node in enumerate(nodes, 1):
        away.learn(f"{folders[node]}/drive", f"/FOLDER/node{number}-")
        away.learn(node, f"node{number}:9000")
    while b"MakeVol" not in away.ask(several.ALL.request()).body.partition(b"last_minute")[2]:
        time.sleep(0.1)  # what was done in the last second isn't in the last minute
    for case, operation in several.OF_NODES.items():
        away.take(case, operation)
    away.take("AdminWatchMetrics", several.WATCHED, meanwhile=lambda: None)


def _sites(away: Recorder, one: Server, two: Server) -> None:
    both = [
        Site(
            name=name,
            endpoint=server.base_url,
            access_key=server.access_key,
            secret_key=server.secret_key,
        )
        for name, server in (("one", one), ("two", two))
    ]
    body = seal(one.secret_key, sites.sites_request(both), bytes(RANDOM))
    away.ask(sites.AdminAddSites(body).request())
    asked = sites.AdminSiteReplication()
    peers: dict[str, SitePeer] = {
        each.name: each for each in asked.parse(away.ask(asked.request())).sites
    }
    status = AdminSiteResyncStatus(away.learn(peers["two"].deployment_id, "DEPLOYMENT-2"))
    away.take("AdminSiteResyncStatus-none", status)
    begun = sites.AdminSiteResync(peers["two"])
    away.learn(begun.parse(away.ask(begun.request())).id, "RESYNC-1")
    while b"Completed" not in away.ask(status.request()).body:
        time.sleep(0.1)
    away.take("AdminSiteResyncStatus", status)
    away.take("AdminSiteSpeedTest", several.SITES)
