"""The read cache: what servers say when nothing has changed, and what they don't have to send."""

from __future__ import annotations

from pathlib import Path

import pytest

from minio_sdk import Cache, ObjectNotFoundError
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Read cache"),
]


async def test_the_server_confirms_what_is_cached(setting: Setting, tmp_path: Path) -> None:
    """From memory, and by another client from the same disk; a change by others is seen at once."""
    cache = Cache(disk=str(tmp_path))
    client, second = setting.connect(cache=cache), setting.connect(cache=cache)
    key, bucket = "a b/ü.txt", setting.config().bucket
    await client.upload(key, b"one")
    assert await client.download(key) == await client.download(key) == b"one"
    assert await second.get_object(bucket, key) == b"one"
    stats, others = await client.cache_stats(), await second.cache_stats()
    assert (stats.misses, stats.revalidated) == (1, 1)
    assert (others.misses, others.revalidated, others.disk_hits) == (0, 1, 1)
    server_bucket, prefix = setting.place(bucket)
    setting.s3.put_object(Bucket=server_bucket, Key=prefix + key, Body=b"other")
    assert await client.download(key) == await second.download(key) == b"other"
    setting.s3.delete_object(Bucket=server_bucket, Key=prefix + key)
    for each in (client, second):
        with pytest.raises(ObjectNotFoundError):
            await each.download(key)


async def test_what_is_trusted_is_not_asked_for(setting: Setting) -> None:
    """Until it is changed by this client, or one that shares its cache, in whatever way."""
    client = setting.connect(cache=Cache(trust=600))
    bucket = setting.config().bucket
    await client.upload("k", b"one")
    assert await client.download("k") == await client.download("k") == b"one"
    server_bucket, prefix = setting.place(bucket)
    setting.s3.put_object(Bucket=server_bucket, Key=f"{prefix}k", Body=b"by another")
    assert await client.download("k") == b"one"
    await client.upload("source", b"two")
    await client.copy_object(bucket, "k", bucket, "source")
    assert await client.download("k") == await client.with_(cache=None).download("k") == b"two"
    async with client.with_(timeout=9).open(bucket, "k", "wb") as file:
        await file.write(b"three")
    assert await client.download("k") == b"three"
    await client.delete_objects(bucket, ["k"])
    with pytest.raises(ObjectNotFoundError):
        await client.download("k")
    assert (await client.cache_stats()).hits == 2
