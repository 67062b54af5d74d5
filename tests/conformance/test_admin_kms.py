"""What MinIO's admin API says of its keys: on a MinIO with one, and on the one without that others are on."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, ConflictError, NotFoundError, NotSupportedError, SseKms
from tests.conformance.admin_servers import client_of, outcome_of
from tests.conformance.setting import Setting
from tests.servers import Server

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.parametrize("tenancy", ["bucket"]),
]


@pytest.fixture
def tested_server(minio_tls: Server) -> Server:
    return minio_tls


async def test_a_server_without_a_kms_says_so(setting: Setting, minio: Server) -> None:
    admin = client_of(setting, minio).admin
    for asked in (
        admin.kms_status(),
        admin.kms_key_status(),
        admin.create_kms_key("acme"),
        admin.list_kms_keys(),
    ):
        with pytest.raises(NotSupportedError, match="KMS is not configured"):
            await asked


async def test_a_kms_with_a_key_of_its_own(client: AsyncMinIOClient) -> None:
    admin = client.admin
    status = await admin.kms_status()
    assert (status.default_key, dict(status.endpoints)) == ("test-key", {"127.0.0.1": "online"})
    assert status.name
    assert await admin.list_kms_keys() == await admin.list_kms_keys("test-") == ["test-key"]
    assert await admin.list_kms_keys("other") == []
    for key in (None, "test-key"):
        told = await admin.kms_key_status(key)
        assert (told.key, told.ok) == ("test-key", True)
    told = await admin.kms_key_status("another-key")
    assert (told.key, told.ok) == ("another-key", False)
    assert "does not exist" in told.encryption_error
    with pytest.raises(NotSupportedError):
        await admin.create_kms_key("another-key")
    with pytest.raises(ConflictError):
        await admin.create_kms_key("test-key")


async def test_a_job_encrypts_anew(
    setting: Setting, client: AsyncMinIOClient, bucket: str, minio: Server, cold: str
) -> None:
    """And one can't copy what the other server can't encrypt."""
    place = setting.place(bucket)[0]
    for key in ("a", "b"):
        await client.put_object(bucket, key, b"x", encryption=SseKms("test-key"))
    encryption = {"type": "sse-kms", "key": "test-key"}
    rotation: dict[str, Any] = {"apiVersion": "v1", "bucket": place, "encryption": encryption}
    begun = await client.admin.start_batch_job({"keyrotate": rotation})
    done = await outcome_of(client, begun)
    assert (done.kind, done.complete, done.failed) == ("keyrotate", True, False)
    assert (done.objects, done.objects_failed, done.last_bucket) == (2, 0, place)
    assert await client.get_object(bucket, "a") == b"x"
    rotation["encryption"] = {**encryption, "key": "another-key"}
    with pytest.raises(NotFoundError, match="does not exist"):
        await client.admin.start_batch_job({"keyrotate": rotation})

    target = {
        "type": "minio",
        "bucket": cold,
        "endpoint": minio.base_url,
        "credentials": {"accessKey": minio.access_key, "secretKey": minio.secret_key},
    }
    copying = {
        "apiVersion": "v1",
        "source": {"type": "minio", "bucket": place},
        "target": target,
        "flags": {"retry": {"attempts": 1, "delay": "1ms"}},
    }
    failed = await outcome_of(client, await client.admin.start_batch_job({"replicate": copying}))
    assert (failed.kind, failed.complete, failed.failed) == ("replicate", False, True)
    assert (failed.objects, failed.objects_failed, failed.size) == (0, 2, 0)
    assert failed.size_failed > 0
