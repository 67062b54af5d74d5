"""Several endpoints of which one is dead, and a clock that is wrong: real servers, as boto3 sees them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from minio_sdk import AsyncMinIOClient, Hedge
from minio_sdk.clock import SystemClock
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Dead endpoints, late answers, wrong clocks"),
]
modes = pytest.mark.parametrize(("style", "tenancy"), [("sync", "bucket"), ("async", "prefix")])


class Ahead(SystemClock):
    """The clock of a computer that is an hour ahead."""

    __slots__ = ()

    @staticmethod
    def time() -> float:
        return time.time() + 3600


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nothing listens, and nothing else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


async def kept(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Store, list and read, in one request and in parts."""
    place, prefix = setting.place(bucket)
    for key, data in (("small", b"1"), ("parts", bytes(range(256)) * 4096 * 6)):
        await client.with_(multipart_threshold=5 << 20).put_object(bucket, key, data)
        assert setting.s3.get_object(Bucket=place, Key=prefix + key)["Body"].read() == data
        assert await client.get_object(bucket, key) == data
    assert [item.key for item in await client.list_objects(bucket)] == ["parts", "small"]


@modes
async def test_one_of_two_endpoints_is_dead(setting: Setting, bucket: str, nobody: str) -> None:
    """With nothing to wait for and no try to spare, and with all that looks after slow answers."""
    real = setting.server.base_url
    dead = f"{urlsplit(real).scheme}://{nobody}"
    for urls in ((dead, real), (real, dead)):
        client = setting.connect(
            base_url=urls, max_retries=0, hedge=Hedge(), low_speed_limit=1, low_speed_time=60
        )
        await kept(setting, client, bucket)


@modes
async def test_a_clock_that_is_an_hour_ahead(setting: Setting, bucket: str) -> None:
    """The server's time is learnt from its refusal, for URLs that are signed ahead, too."""
    client = setting.adopt(setting.client_class(setting.config(), clock=Ahead()))
    await kept(setting, client, bucket)
    url = await client.get_presigned_url(bucket, "small", 60)
    found = requests.get(url, timeout=30, verify=setting.server.ca_file or True)
    assert (found.status_code, found.content) == (200, b"1")
