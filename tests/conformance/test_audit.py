"""The audit has everything that went over the wire, in the tenant's words."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minio_sdk import AsyncMinIOClient, AuditRecord, ObjectNotFoundError
from tests.conformance.setting import Setting
from tests.conformance.tap import tap

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Usage, quotas and audit"),
]


async def use_everything(client: AsyncMinIOClient, bucket: str, folder: Path) -> None:
    """Each kind of flow there is."""
    await client.upload("own", b"1")
    await client.download("own")
    await client.create_bucket(bucket)
    await client.set_bucket_tags(bucket, {"a": "b"})
    await client.put_object(bucket, "a", b"secret content", metadata={"m": "secret-meta"})
    await client.with_(multipart_threshold=0).put_object(bucket, "parts", b"2" * 100)
    async with client.open(bucket, "written", "wb") as writer:
        await writer.write(b"3")
    async with client.open(bucket, "parts") as reader:
        await reader.read()
    assert b"".join([piece async for piece in client.download_stream(bucket, "a")])
    await client.download_file(bucket, "parts", folder / "parts")
    await client.copy_object(bucket, "copy", bucket, "a")
    await client.set_object_tags(bucket, "copy", {"t": "secret-tag"})
    with pytest.raises(ObjectNotFoundError):
        await client.get_object(bucket, "missing")
    with ThreadPoolExecutor(2) as pool:
        items = [(bucket, f"many/{n}", b"4") for n in range(3)]
        assert (await client.upload_many(items, executor=pool)).ok
    assert await client.mirror(folder, (bucket, "mirrored/"))
    await client.create_snapshot(bucket, "s1")
    await client.delete_objects(bucket, ["a", "copy"])
    await client.restore_snapshot(bucket, "s1")
    await client.get_tenant_usage(versions=True)
    await client.health_check()
    await client.get_server_info()
    await client.delete_snapshot(bucket, "s1")
    await client.delete_bucket(bucket, force=True)


@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_every_request_is_in_the_audit(setting: Setting, tmp_path: Path) -> None:
    """By every flow; and none of the server's names, nor anything of what is stored."""
    records: list[AuditRecord] = []
    with tap(setting.server.base_url) as wire:
        async with setting.connect(base_url=wire.url, audit=records.append) as client:
            await use_everything(client, setting.bucket(), tmp_path)
        sent = Counter(request.method for request in wire.requests)
    told: Counter[str] = Counter()
    for record in records:
        told[record.method] += record.attempts
    assert told == sent
    assert {record.bucket for record in records} == {"docs", "default", None}
    _, prefix = setting.place("docs")
    text = "".join(record.to_json() for record in records)
    slug = prefix.partition("/")[0]
    for secret in (
        setting.shared_bucket,
        f"{slug}/",
        ".buckets",
        "secret",
        setting.server.secret_key,
    ):
        assert secret not in text
    assert all(record.request_id for record in records if record.bucket) or (
        setting.server.kind == "moto"  # which gives no ids to some
    )
