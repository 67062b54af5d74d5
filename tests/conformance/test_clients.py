"""Clients: how they are made, shared, viewed, closed and sent elsewhere."""

from __future__ import annotations

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from minio_sdk import (
    AsyncMinIOClient,
    Config,
    MinIOClient,
    MinIOTimeoutError,
    ObjectNotFoundError,
    create_client,
)
from tests.conformance.setting import Setting, errors_of
from tests.conformance.tap import tap

pytestmark = [pytest.mark.conformance, pytest.mark.asyncio]
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])


@one_tenancy
async def test_a_closed_client_works_again(client: AsyncMinIOClient) -> None:
    """Closing gives connections back, no more; a client can be a context manager many times."""
    await client.upload("a", b"1")
    await client.close()
    await client.close()
    assert await client.download("a") == b"1"
    for _ in range(2):
        async with client as same:
            assert same is client
            assert await same.download("a") == b"1"
    assert await client.download("a") == b"1"


async def test_pickles(setting: Setting) -> None:
    """A client works where it is unpickled; results and errors travel as well."""
    client = setting.client_class(setting.config())
    twin = setting.adopt(pickle.loads(pickle.dumps(client)))
    response = await twin.upload("a", b"1")
    assert await twin.download("a") == b"1"
    assert await setting.adopt(client).list() == ["a"]
    assert pickle.loads(pickle.dumps(response)) == response
    with pytest.raises(ObjectNotFoundError) as caught:
        await twin.download("b")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.__dict__) == (str(caught.value), caught.value.__dict__)


@pytest.mark.parametrize("style", ["sync"])
async def test_threads_share_a_client(setting: Setting) -> None:
    """16 threads, one client, from the very first request on; no byte goes astray."""
    keys = [f"k{number}" for number in range(64)]
    with MinIOClient(setting.config()) as client:

        def work(key: str) -> bytes:
            client.upload(key, key.encode() * 1000)
            return client.download(key)

        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(work, keys))
        assert found == [key.encode() * 1000 for key in keys]
        assert client.list() == sorted(keys)


@pytest.mark.parametrize("style", ["async"])
async def test_tasks_share_a_client(client: AsyncMinIOClient) -> None:
    """64 tasks, one client, from the very first request on; no byte goes astray."""
    keys = [f"k{number}" for number in range(64)]

    async def work(key: str) -> bytes:
        await client.upload(key, key.encode() * 1000)
        return await client.download(key)

    found = await asyncio.gather(*(work(key) for key in keys))
    assert found == [key.encode() * 1000 for key in keys]
    assert await client.list() == sorted(keys)


@one_tenancy
@pytest.mark.parametrize("style", ["async"])
async def test_loops_share_a_client(client: AsyncMinIOClient) -> None:
    """Another event loop, in another thread, has connections of its own."""
    await client.upload("a", b"1")

    async def elsewhere() -> bytes:
        async with client:
            return await client.download("a")

    assert await asyncio.to_thread(lambda: asyncio.run(elsewhere())) == b"1"
    assert await client.download("a") == b"1"


async def test_views(setting: Setting, client: AsyncMinIOClient) -> None:
    """A view has other settings; what it does is seen by the client, and closing it closes nothing."""
    await client.upload("a", b"1")
    other = setting.bucket("other")
    view = client.with_(bucket=other, timeout=5)
    assert await view.list() == []
    await view.upload("b", b"2")
    await view.close()
    assert await client.list() == ["a"]
    assert await view.list() == ["b"]
    assert await client.get_object(other, "b") == b"2"
    assert (view.config.timeout, client.config.timeout) == (5, 30)
    if setting.tenant_id is not None:
        stranger = client.with_(tenant_id=setting.new_tenant())
        assert await stranger.list() == []


@one_tenancy
async def test_a_view_uses_the_same_connections(setting: Setting) -> None:
    """One connection serves both, one call after the other."""
    with tap(setting.server.base_url) as wire:
        async with setting.connect(base_url=wire.url) as client:
            for _ in range(3):
                assert await client.list() == []
                assert await client.with_(timeout=5).list() == []
            assert wire.connections == 1


async def test_a_deadline_that_is_over(client: AsyncMinIOClient, bucket: str) -> None:
    """Each call ends with MinIOTimeoutError, and does nothing."""
    await client.put_object(bucket, "a", b"1")
    hurried = client.with_(deadline=1e-9)
    errors = await errors_of(
        hurried.get_object(bucket, "a"),
        hurried.put_object(bucket, "b", b"1"),
        hurried.delete_object(bucket, "a"),
        hurried.list_objects(bucket),
        hurried.list(),
    )
    for error in errors:
        assert isinstance(error, MinIOTimeoutError)
        assert "deadline" in str(error)
    patient = client.with_(deadline=60)
    assert [item.key for item in await patient.list_objects(bucket)] == ["a"]
    assert await patient.get_object(bucket, "a") == b"1"


@one_tenancy
async def test_host_port_and_user_id(setting: Setting) -> None:
    """The other way to say where and who."""
    url = urlsplit(setting.server.base_url)
    client = setting.adopt(
        setting.client_class(
            host=url.hostname,
            port=url.port,
            user_id=setting.tenant_id,
            access_key=setting.server.access_key,
            secret_key=setting.server.secret_key,
        )
    )
    await client.upload("a", b"1")
    assert await setting.connect().list() == ["a"]


async def test_the_environment(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments, a client takes everything from it."""
    config = setting.config()
    for name, value in {
        "MINIO_ENDPOINT": config.endpoints[0],
        "MINIO_TENANT_ID": config.tenant_id,
        "MINIO_ACCESS_KEY": config.access_key,
        "MINIO_SECRET_KEY": config.secret_key,
        "MINIO_TENANCY": config.tenancy,
        "MINIO_SHARED_BUCKET": config.shared_bucket,
        "MINIO_BUCKET": config.bucket,
    }.items():
        if value is not None:
            monkeypatch.setenv(name, value)

    client = setting.adopt(setting.client_class())
    await client.upload("a", b"1")
    assert await setting.connect().list() == ["a"]
    assert await setting.adopt(setting.client_class(Config.from_env())).download("a") == b"1"


@pytest.mark.parametrize("style", ["sync"])
async def test_create_client(setting: Setting) -> None:
    """A blocking client in one line."""
    config = setting.config()
    client = create_client(
        config.endpoints[0],
        config.tenant_id,
        access_key=config.access_key,
        secret_key=config.secret_key,
        tenancy=config.tenancy,
        shared_bucket=config.shared_bucket,
        bucket=config.bucket,
    )
    with client:
        client.upload("a", b"1")
        assert client.download("a") == b"1"
    assert await setting.connect().list() == ["a"]


async def test_headers_and_parameters_of_a_view(client: AsyncMinIOClient, bucket: str) -> None:
    """A server takes signatures with them, whatever is done, and of URLs that have the parameters."""
    view = client.with_extras(
        {"X-Request-ID": "4711", "x-trace": "a  b", "traceparent": "00-1"},
        {"trace": "ü &=+", "Zone": "1", "a-b": ""},
    )
    large = bytes(9 << 20)
    await view.put_object(bucket, "a b", b"1", metadata={"c": "d"})
    await view.with_(multipart_threshold=0).put_object(bucket, "large", large)
    await view.copy_object(bucket, "copy", bucket, "a b")
    assert await view.upload_many([("x", b"1"), ("y", b"2")], bucket=bucket)
    assert await view.get_object(bucket, "large") == large
    found = [item.key for item in await view.list_objects(bucket)]
    assert found == ["a b", "copy", "large", "x", "y"]
    url = await view.get_presigned_url(bucket, "a b")
    assert "trace=%C3%BC%20%26%3D%2B" in url
    assert requests.get(url, timeout=30).content == b"1"
    assert (await view.delete_objects(bucket, found)).deleted
    assert await client.list_objects(bucket) == []


async def test_the_expected_owner_of_buckets(client: AsyncMinIOClient, bucket: str) -> None:
    """None of these servers has accounts like AWS: they pass it over, in headers and in URLs."""
    view = client.with_(expected_bucket_owner="123456789012")
    await view.create_bucket(bucket, exist_ok=True)
    await view.put_object(bucket, "a", b"1")
    await view.copy_object(bucket, "b", bucket, "a")
    assert [item.key for item in await view.list_objects(bucket)] == ["a", "b"]
    url = await view.get_presigned_url(bucket, "b")
    assert "&x-amz-expected-bucket-owner=123456789012&" in url
    assert requests.get(url, timeout=30).content == b"1"
