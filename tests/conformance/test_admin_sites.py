"""Sites that hold the same, and what servers measure, on MinIOs that are of these tests alone."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    Site,
)
from tests.conformance.admin_servers import client_of, eventually
from tests.conformance.setting import Setting
from tests.servers import Server, start_minio

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Users, policies, service accounts and quotas"),
    pytest.mark.needs("MinIO's admin API"),
    pytest.mark.parametrize("tenancy", ["plain"]),
]
KMS = "sites-key:" + base64.b64encode(bytes(32)).decode()
"""Sites must have the same."""
READS = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::docs/*"]}


@contextlib.contextmanager
def two_servers() -> Iterator[tuple[Server, Server]]:
    """Started at once."""
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as threads:
        here, there = threads.map(lambda _: start_minio(stack, MINIO_KMS_SECRET_KEY=KMS), range(2))
        yield here, there


def site(name: str, server: Server, secret_key: str | None = None) -> Site:
    return Site(
        name=name,
        endpoint=server.base_url,
        access_key=server.access_key,
        secret_key=secret_key or server.secret_key,
    )


async def check_speeds(several: AsyncMinIOClient, here: AsyncMinIOClient, *sites: Server) -> None:
    """How fast the way between servers is, and that between sites: at once, as each takes ten seconds."""
    of_nodes, of_sites = await asyncio.gather(
        several.admin.network_speedtest(), here.admin.site_speedtest()
    )
    assert {each.site for each in of_sites} == {each.base_url for each in sites}
    measured = [(each.error, each.sent > 0, each.received > 0) for each in of_nodes]
    measured += [(each.error, each.sent > 0, each.received > 0) for each in of_sites]
    assert measured == [("", True, True)] * 4
    nodes = {each.endpoint for each in (await several.admin.server_info()).nodes}
    servers = {each.server for each in of_nodes}
    assert {urlsplit(each).netloc for each in servers} == nodes
    metrics = await several.admin.realtime_metrics("rpc")
    assert set(metrics.nodes) == nodes
    assert metrics.total.rpc is not None
    assert set(metrics.total.rpc.by_destination) == servers


@pytest.mark.parametrize("style", ["async"])
async def test_sites_hold_the_same(
    request: pytest.FixtureRequest, setting: Setting, client: AsyncMinIOClient
) -> None:
    assert not (await client.admin.site_replication()).enabled
    with two_servers() as (one, other):
        here, there = client_of(setting, one), client_of(setting, other)
        assert (
            await here.admin.add_site_replication([site("here", one), site("there", other)])
        ).success
        found = await there.admin.site_replication()
        assert (found.enabled, found.name) == (True, "there")
        assert [each.name for each in found.sites] == ["here", "there"]

        # A run of a site without buckets has no end but this one.
        assert await there.admin.site_resync_status("here") is None
        run = await there.admin.start_site_resync("here")
        assert (run.status, run.errors) == ("Ongoing", {})
        status = await there.admin.site_resync_status("here")
        assert status is not None
        assert (status.id, status.status, status.buckets) == (run.id, "Ongoing", 0)
        with pytest.raises(MinIOError, match="already in progress"):
            await there.admin.start_site_resync("here")
        assert (await there.admin.cancel_site_resync("here")).status == "Canceled"
        with pytest.raises(MinIOError, match="to self"):
            await here.admin.start_site_resync("here")
        with pytest.raises(NotFoundError, match="elsewhere"):
            await here.admin.site_resync_status("elsewhere")

        await here.create_bucket("docs")
        await here.put_object("docs", "a b/ü", b"x")
        await here.admin.add_policy("reads", {"Version": "2012-10-17", "Statement": [READS]})
        await there.admin.add_user("ada", "a-secret-of-ada")
        await there.admin.attach_policy("reads", user="ada")

        all_of = await eventually(
            here.admin.site_replication_status,
            lambda told: (told.buckets, told.users, told.out_of_step) == (1, 1, {}),
        )
        assert (all_of.buckets, all_of.users, all_of.out_of_step) == (1, 1, {})

        async def unsent() -> list[str]:
            return [each.key async for each in here.admin.replication_backlog("docs")]

        assert await eventually(unsent, lambda left: left == []) == []
        for server in (one, other):
            ada = client_of(setting, server, "ada", "a-secret-of-ada")
            assert await ada.get_object("docs", "a b/ü") == b"x"

        run = await here.admin.start_site_resync("there")
        resync = await eventually(
            lambda: here.admin.site_resync_status("there"),
            lambda told: told is not None and told.status == "Completed",
        )
        assert resync is not None
        assert (resync.id, resync.status, resync.count) == (run.id, "Completed", 1)
        assert (resync.failed_count, resync.failed_buckets) == (0, ())
        await check_speeds(
            client_of(setting, request.getfixturevalue("minio_two")), here, one, other
        )

        changed = await here.admin.edit_site_replication(
            "there", synchronous=True, bandwidth_limit=100_000_000
        )
        assert changed.success
        peer = (await here.admin.site_replication()).sites[1]
        assert (peer.name, peer.synchronous, peer.bandwidth_limit) == ("there", True, 100_000_000)

        assert (await here.admin.remove_site_replication("there")).success
        assert not (await there.admin.site_replication()).enabled
        assert await there.get_object("docs", "a b/ü") == b"x"
        await here.create_bucket("later")
        with pytest.raises(BucketNotFoundError):
            await there.get_object("later", "a")


@pytest.mark.parametrize("style", ["sync"])
async def test_sites_that_cannot_hold_the_same(setting: Setting, client: AsyncMinIOClient) -> None:
    """Nothing has changed after each of it."""
    admin = client.admin
    with pytest.raises(MinIOError, match="not enabled"):
        await admin.remove_site_replication(None)
    with pytest.raises(NotSupportedError, match="between servers"):
        await admin.network_speedtest()
    with pytest.raises(NotSupportedError, match="no site replication"):
        await admin.site_speedtest()
    with two_servers() as (one, other):
        here, there = client_of(setting, one), client_of(setting, other)
        first, second = site("here", one), site("there", other)
        await here.create_bucket("docs")
        await there.create_bucket("docs")
        with pytest.raises(MinIOError, match="only one cluster may have data"):
            await here.admin.add_site_replication([first, second])
        await there.delete_bucket("docs")
        with pytest.raises(MinIOError, match="signature") as caught:
            await here.admin.add_site_replication([first, site("there", other, "wrong-secret")])
        assert "wrong-secret" not in f"{caught.value} {caught.value!r}"
        dead = Site(
            name="dead", endpoint="http://127.0.0.1:1", access_key="key", secret_key="secret-key"
        )
        with pytest.raises(MinIOError, match="connection refused"):
            await here.admin.add_site_replication([first, dead])
        for each in (here, there):
            assert not (await each.admin.site_replication()).enabled
            assert not (await each.admin.site_replication_status()).enabled
        await here.admin.add_site_replication([first, second])
        with pytest.raises(MinIOError, match="already configured"):
            await here.admin.add_site_replication([first, second])
        with pytest.raises(MinIOError, match=r"127\.0\.0\.1:1\b"):
            await here.admin.edit_site_replication("there", endpoint="http://127.0.0.1:1")
        with pytest.raises(NotFoundError, match="elsewhere"):
            await here.admin.edit_site_replication("elsewhere", synchronous=True)


async def test_what_a_server_measures(setting: Setting, client: AsyncMinIOClient) -> None:
    found = await client.admin.realtime_metrics(by_drive=True)
    (node,) = found.nodes
    own = found.by_node[node]
    assert own.memory is not None
    assert own.memory.total >= own.memory.available > 0
    assert own.cpu is not None
    assert own.cpu.count > 0
    assert found.total.disk is not None
    assert (found.total.disk.drives, len(found.by_drive)) == (1, 1)
    assert found.total.os is not None
    assert found.total.os.counts["Mkdir"] > 0
    assert found.errors == ()
    scanner = await client.admin.scanner_status(node)
    assert scanner.collected is not None
    with pytest.raises(NotFoundError):
        await client.admin.realtime_metrics("memory", nodes="nowhere:1")
    samples = client.admin.watch_metrics(["os", "net"])
    first, second = await samples.__anext__(), await samples.__anext__()
    assert first.total.os is not None
    assert second.total.os is not None
    assert first.total.os.collected < second.total.os.collected  # type: ignore[operator]
    assert first.total.scanner is None
