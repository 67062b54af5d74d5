"""Addresses signed ahead, used as their receivers use them: with plain `requests` and nothing else."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from minio_sdk import AsyncMinIOClient, ConfigurationError, ValidationError
from tests.clock import FakeClock
from tests.conformance.setting import Setting

pytestmark = [pytest.mark.conformance, pytest.mark.asyncio]

KEYS = ("a.txt", "a b+c%2F", "ü/日本", "#?&=", "%2e%2e/x", "'\"<>&\\~!*()")


async def test_get_head_put_and_delete(client: AsyncMinIOClient, bucket: str) -> None:
    """Each address is good for its method and its key, whatever characters that has."""
    for key in KEYS:
        data = f"the bytes of {key}".encode()
        put = requests.put(await client.get_presigned_put_url(bucket, key), data=data, timeout=30)
        assert (key, put.status_code) == (key, 200)
        assert await client.get_object(bucket, key) == data
        got = requests.get(await client.get_presigned_url(bucket, key), timeout=30)
        assert (key, got.status_code, got.content) == (key, 200, data)
        url = await client.get_presigned_url(bucket, key, 60, method="HEAD")
        head = requests.head(url, timeout=30)
        assert (key, head.headers["content-length"]) == (key, str(len(data)))
        url = await client.get_presigned_url(bucket, key, 60, method="DELETE")
        assert (key, requests.delete(url, timeout=30).status_code) == (key, 204)
    assert await client.list_objects(bucket) == []


async def test_what_is_signed(client: AsyncMinIOClient, bucket: str) -> None:
    """Only the host: who gets the address sends no header of ours."""
    url = await client.get_presigned_url(bucket, "a", 7 * 24 * 3600)
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-SignedHeaders"] == ["host"]
    assert query["X-Amz-Expires"] == ["604800"]
    assert "X-Amz-Expires=1&" in await client.get_presigned_url(bucket, "a", 1)


@pytest.mark.needs("signatures")
async def test_what_is_not_signed(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Another method, another key, another expiry, a time that is over: each is refused."""
    await client.put_object(bucket, "a", b"1")
    await client.put_object(bucket, "b", b"2")
    url = await client.get_presigned_url(bucket, "a", 60)
    earlier = setting.adopt(setting.client_class(client.config, clock=FakeClock(time.time() - 120)))
    assert requests.get(url, timeout=30).status_code == 200
    for refused in (
        requests.put(url, data=b"3", timeout=30),
        requests.delete(url, timeout=30),
        requests.get(url.replace("/a?", "/b?"), timeout=30),
        requests.get(url.replace("Expires=60", "Expires=600"), timeout=30),
        requests.get(await earlier.get_presigned_url(bucket, "a", 60), timeout=30),
    ):
        assert refused.status_code == 403, refused.request.method
    assert await client.get_object(bucket, "a") == b"1"


async def test_public_url(client: AsyncMinIOClient, bucket: str) -> None:
    """The address names the server as its receiver sees it."""
    await client.put_object(bucket, "a", b"1")
    public = client.config.base_url.replace("127.0.0.1", "localhost")
    url = await client.with_(public_url=public).get_presigned_url(bucket, "a")
    assert url.startswith(public + "/")
    assert requests.get(url, timeout=30).content == b"1"


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 1.5, "60", None, True])
async def test_expiries_that_s3_does_not_have(unplugged: AsyncMinIOClient, seconds: int) -> None:
    """1 second to 7 days, in whole seconds."""
    with pytest.raises(ValidationError, match="expiry_seconds="):
        await unplugged.get_presigned_url("docs", "a", seconds)
    with pytest.raises(ValidationError, match="expiry_seconds="):
        await unplugged.get_presigned_put_url("docs", "a", seconds)


async def test_other_arguments_that_are_refused(unplugged: AsyncMinIOClient) -> None:
    """Methods that S3 doesn't have for objects, bad names, and signing without a key to sign with."""
    for method in ("PATCH", "get", "GET /", ""):
        with pytest.raises(ValidationError, match="method="):
            await unplugged.get_presigned_url("docs", "a", method=method)
    with pytest.raises(ValidationError, match="key="):
        await unplugged.get_presigned_url("docs", "")
    with pytest.raises(ValidationError, match="bucket="):
        await unplugged.get_presigned_url("../docs", "a")
    anonymous = unplugged.with_(access_key=None, secret_key=None, credentials=lambda: None)
    with pytest.raises(ConfigurationError, match="credentials"):
        await anonymous.get_presigned_url("docs", "a")
