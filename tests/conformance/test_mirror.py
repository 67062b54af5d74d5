"""A folder and a prefix that are the same in the end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from minio_sdk import AsyncMinIOClient, BucketNotFoundError
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Mirrors"),
]

FILES = {"a.txt": b"1", "d/e/b c.bin": b"22", "d/ü": b"", "x.tmp": b"no"}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def in_folder(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


async def test_up_and_down(
    setting: Setting, client: AsyncMinIOClient, bucket: str, tmp_path: Path
) -> None:
    """Nothing goes twice, changes do, and what is too much goes away where that is wanted."""
    source, target = tmp_path / "source", tmp_path / "target"
    write(source, FILES)
    await client.upload_object(bucket, "p2/other", b"stays")
    await client.upload_object(bucket, "p/old", b"goes")
    remote = f"minio://{bucket}/p"

    plan = await client.mirror(source, remote, delete=True, dry_run=True, exclude="*.tmp")
    assert len(await client.list_objects(bucket)) == 2
    up = await client.mirror(source, remote, delete=True, exclude="*.tmp")
    assert up.copied == plan.copied == ("a.txt", "d/e/b c.bin", "d/ü")
    assert up.deleted == plan.deleted == ("old",)
    server_bucket, prefix = setting.place(bucket)
    stored = setting.s3.get_object(Bucket=server_bucket, Key=f"{prefix}p/d/e/b c.bin")
    assert stored["Body"].read() == b"22"
    again = await client.mirror(source, remote, exclude="*.tmp")
    assert (again.copied, len(again.skipped)) == ((), 3)

    down = await client.mirror((bucket, "p"), target)
    assert down.copied == up.copied
    assert in_folder(target) == {name: data for name, data in FILES.items() if name != "x.tmp"}
    assert (await client.mirror((bucket, "p"), target, delete=True)).copied == ()

    (source / "a.txt").write_bytes(b"changed")
    assert (await client.mirror(source, remote, include="a*")).copied == ("a.txt",)
    assert (await client.mirror((bucket, "p"), target)).copied == ("a.txt",)
    assert (target / "a.txt").read_bytes() == b"changed"
    assert await client.get_object(bucket, "p2/other") == b"stays"


async def test_by_checksum_and_in_parts(
    client: AsyncMinIOClient, bucket: str, tmp_path: Path
) -> None:
    """Bytes that differ under an old date are seen; the same in parts are known again."""
    client = client.with_(multipart_threshold=1000, part_size=5 << 20)
    write(tmp_path, {"large": bytes(5_300_000), "small": b"1"})
    assert len((await client.mirror(tmp_path, (bucket, ""))).copied) == 2
    assert (await client.mirror(tmp_path, (bucket, ""), checksum=True)).copied == ()
    (tmp_path / "small").write_bytes(b"2")
    os.utime(tmp_path / "small", (1_000_000_000, 1_000_000_000))
    assert (await client.mirror(tmp_path, (bucket, ""))).copied == ()
    assert (await client.mirror(tmp_path, (bucket, ""), checksum=True)).copied == ("small",)


async def test_from_bucket_to_bucket(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Copied by the server, into a bucket that is made."""
    for key in ("p/a", "p/d/b", "q"):
        await client.upload_object(bucket, key, key.encode(), metadata={"key": "yes"})
    other = setting.bucket("other")
    with pytest.raises(BucketNotFoundError):
        await client.mirror((other, ""), (bucket, "p"), delete=True)
    assert (await client.mirror((bucket, "p"), (other, "x"))).copied == ("a", "d/b")
    assert (await client.get_object_metadata(other, "x/a")).metadata == {"key": "yes"}
    assert await client.get_object(other, "x/d/b") == b"p/d/b"
    again = await client.mirror((bucket, "p"), (other, "x"), delete=True)
    assert (again.copied, again.deleted, len(again.skipped)) == ((), (), 2)
