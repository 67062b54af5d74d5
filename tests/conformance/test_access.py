"""Who may, and how the server is."""

from __future__ import annotations

import pytest

from minio_sdk import AccessDeniedError, AsyncMinIOClient, MinIOError
from tests.conformance.setting import Setting, errors_of
from tests.conformance.tap import tap

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Credentials, health and server info"),
]
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])

SECRET = "not-the-secret-key-of-anybody"
NAMES = {"seaweedfs": "SeaweedFS", "moto": "amazon.com", "minio": "MinIO"}


async def _check_refused(client: AsyncMinIOClient, bucket: str, code: str, hint: str) -> None:
    """Every call is AccessDeniedError; those whose answer has a body name the code and what to check."""
    told = await errors_of(
        client.upload("a", b"1"),
        client.download("a"),
        client.list(),
        client.delete("a"),
        client.put_object(bucket, "a", b"1"),
        client.get_object(bucket, "a"),
        client.list_objects(bucket),
        client.list_buckets(),
    )
    untold = await errors_of(
        client.bucket_exists(bucket),
        client.object_exists(bucket, "a"),
        client.get_object_metadata(bucket, "a"),
    )
    for error in (*told, *untold):
        assert isinstance(error, AccessDeniedError)
        assert error.hint
        assert SECRET not in str(error)
    for error in told:
        if error is not None and client.config.tenancy == "bucket":  # else a HEAD may come first
            assert (error.operation, error.code) == (error.operation, code)
            assert hint in str(error)
    await _check_deletes_refused(client, bucket)


async def _check_deletes_refused(client: AsyncMinIOClient, bucket: str) -> None:
    """The request as a whole is refused, or each key in it."""
    try:
        result = await client.delete_objects(bucket, ["a"])
    except AccessDeniedError:
        return
    assert [(error.key, error.code) for error in result.errors] == [("a", "AccessDenied")]
    assert not result


@pytest.mark.needs("signatures")
async def test_a_wrong_secret_key(client: AsyncMinIOClient, bucket: str) -> None:
    """It is called by its name, and is never shown."""
    wrong = client.with_(secret_key=SECRET)
    await _check_refused(wrong, bucket, "SignatureDoesNotMatch", "check secret_key")
    assert await client.list_objects(bucket) == []


@pytest.mark.needs("signatures")
async def test_a_wrong_access_key(client: AsyncMinIOClient, bucket: str) -> None:
    """The server doesn't know it."""
    wrong = client.with_(access_key="NOBODYSKEY", secret_key=SECRET)
    await _check_refused(wrong, bucket, "InvalidAccessKeyId", "check access_key")
    assert await client.list_objects(bucket) == []


@pytest.mark.needs("signatures")
async def test_nobody(client: AsyncMinIOClient, bucket: str) -> None:
    """Without keys nothing is signed, and nothing is allowed."""
    nobody = client.with_(access_key=None, secret_key=None, credentials=lambda: None, api="s3")
    await _check_refused(nobody, bucket, "AccessDenied", "not signed")
    assert await client.list_objects(bucket) == []


async def test_the_tenant_is_in_every_signature(setting: Setting) -> None:
    """Each request names the tenant in a signed header; without tenancy none names any."""
    with tap(setting.server.base_url) as wire:
        async with setting.connect(base_url=wire.url) as client:
            bucket = setting.bucket()
            await client.create_bucket(bucket)
            await client.put_object(bucket, "a b+c", b"1", metadata={"owner": "ü"})
            await client.with_(multipart_threshold=0).put_object(bucket, "b", b"2")
            await client.get_object(bucket, "a b+c")
            await client.object_exists(bucket, "a b+c")
            await client.list_objects(bucket)
            await client.list_buckets()
            await client.get_server_info()
            await client.health_check()
            await client.delete_objects(bucket, ["a b+c"])
            await client.delete_bucket(bucket, force=True)
        assert {"GET", "HEAD", "PUT", "POST", "DELETE"} == {r.method for r in wire.requests}
        for request in wire.requests:
            signed = str(request.header("Authorization")).partition("SignedHeaders=")[2]
            names = signed.partition(",")[0].split(";")
            told = request.header("X-Tenant-ID")
            if setting.tenant_id is None:
                assert (told, "x-tenant-id" in names) == (None, False)
            else:
                # A UUID in upper case is the tenant that it is in lower case.
                assert told in (setting.tenant_id, setting.tenant_id.lower())
                assert "x-tenant-id" in names


async def test_healthy(setting: Setting, client: AsyncMinIOClient) -> None:
    """A server that serves is healthy, before the tenant's first upload and after."""
    for _ in range(2):
        health = await client.health_check()
        assert health
        assert (health.healthy, health.status, health["status"]) == (True, "healthy", "healthy")
        assert health.latency > 0
        assert health.details["endpoint"] == setting.server.base_url
        await client.upload("a", b"1")


async def test_unreachable(unplugged: AsyncMinIOClient) -> None:
    """A server that isn't there is a result, not an error."""
    health = await unplugged.health_check()
    assert not health
    assert health.status == "unreachable"
    assert health.details["error"]


@one_tenancy
@pytest.mark.needs("signatures")
async def test_healthy_but_not_for_us(client: AsyncMinIOClient) -> None:
    """Wrong keys are told from a server that is down."""
    health = await client.with_(secret_key=SECRET).health_check()
    assert (bool(health), health.status) == (False, "credentials_refused")
    assert SECRET not in str(health)


@one_tenancy
async def test_server_info(setting: Setting, client: AsyncMinIOClient) -> None:
    """Which server it is, its version, and how long it took to say so."""
    info = await client.get_server_info()
    assert (info.status, info["status"]) == ("online", "online")
    assert info.performance["latency"] > 0
    kind = setting.server.kind
    assert info.server == NAMES.get(kind, info.server)  # any name from a server of the user's own
    assert info.version or kind in ("moto", "external")


async def test_server_info_of_nothing(unplugged: AsyncMinIOClient) -> None:
    """Here a server that isn't there is an error."""
    with pytest.raises(MinIOError):
        await unplugged.get_server_info()
