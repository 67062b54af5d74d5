"""Reading: ranges, conditions, versions, pieces, downloads; the same from every server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    MinIOConnectionError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionFailedError,
    TransferProgress,
    ValidationError,
    VersionNotFoundError,
)
from minio_sdk.config import MiB
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Ranges, versions and conditions of reading"),
]
# How many bytes there are has nothing to do with how names are scoped.
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])

SOME = bytes(range(256)) * 4
LARGE = bytes(range(251)) * 100_000  # 25 MB, four pieces, none of which is like another


async def streamed(client: AsyncMinIOClient, bucket: str, key: str, **named: Any) -> list[bytes]:
    """All pieces."""
    return [piece async for piece in client.download_stream(bucket, key, **named)]


async def test_ranges(client: AsyncMinIOClient, bucket: str) -> None:
    """Both ends are included; what lies behind the end is left out."""
    await client.put_object(bucket, "a", SOME)
    for first, last in ((0, 0), (0, 9), (5, 5), (1000, 1023), (1000, 9999), (0, 1023), (7, None)):
        found = await client.get_object(bucket, "a", range=(first, last))
        assert found == SOME[first : None if last is None else last + 1]
        assert b"".join(await streamed(client, bucket, "a", range=(first, last))) == found


async def test_a_range_behind_the_end(client: AsyncMinIOClient, bucket: str) -> None:
    """Says how long the object is."""
    await client.put_object(bucket, "a", SOME)
    await client.put_object(bucket, "empty", b"")
    for key, first, size in (("a", 1024, 1024), ("a", 10**9, 1024), ("empty", 0, 0)):
        for last in (None, first + 5):
            with pytest.raises(ValidationError, match=f"has {size} bytes") as caught:
                await client.get_object(bucket, key, range=(first, last))
            assert (caught.value.code, caught.value.key) == ("InvalidRange", key)
            with pytest.raises(ValidationError, match=f"has {size} bytes"):
                await streamed(client, bucket, key, range=(first, last))


async def test_conditions(client: AsyncMinIOClient, bucket: str) -> None:
    """Those that hold give the object, the others PreconditionFailedError."""
    await client.put_object(bucket, "a", SOME)
    about = await client.get_object_metadata(bucket, "a")
    date = about.last_modified
    assert about.etag is not None
    assert date is not None
    hour = timedelta(hours=1)
    holds: list[dict[str, Any]] = [
        {"if_match": about.etag},
        {"if_match": f'"{about.etag}"'},
        {"if_none_match": "other"},
        {"if_modified_since": date - hour},
        {"if_unmodified_since": date},
    ]
    for condition in holds:
        assert await client.get_object(bucket, "a", **condition) == SOME
        assert await client.get_object(bucket, "a", range=(1, 2), **condition) == SOME[1:3]
        assert b"".join(await streamed(client, bucket, "a", piece_size=500, **condition)) == SOME
    fails: list[dict[str, Any]] = [
        {"if_match": "other"},
        {"if_none_match": about.etag},
        {"if_modified_since": date},
        {"if_unmodified_since": date - hour},
    ]
    for condition in fails:
        with pytest.raises(PreconditionFailedError, match="Try: "):
            await client.get_object(bucket, "a", **condition)
        with pytest.raises(PreconditionFailedError):
            await client.get_object(bucket, "a", range=(0, 5), **condition)
        with pytest.raises(PreconditionFailedError):
            await streamed(client, bucket, "a", **condition)


@pytest.mark.needs("if_match of anything")
async def test_any_object(client: AsyncMinIOClient, bucket: str) -> None:
    """``if_match="*"`` holds for whatever is there."""
    await client.put_object(bucket, "a", SOME)
    assert await client.get_object(bucket, "a", if_match="*") == SOME


async def test_what_is_not_there(client: AsyncMinIOClient, bucket: str, tmp_path: Path) -> None:
    """A missing object and a missing bucket are told apart by each way of reading."""

    async def opened(bucket: str, key: str) -> None:
        async with client.open(bucket, key):
            pass

    ways: list[Callable[[str, str], Awaitable[object]]] = [
        lambda b, k: client.get_object(b, k, range=(0, 5)),
        lambda b, k: client.get_object(b, k, if_match="e"),
        lambda b, k: client.get_object(b, k, range=(0, 5), if_match="e"),
        lambda b, k: streamed(client, b, k),
        lambda b, k: client.download_file(b, k, tmp_path / "a"),
        lambda b, k: client.download_into(b, k, bytearray(5)),
        opened,
    ]
    for way in ways:
        with pytest.raises(ObjectNotFoundError):
            await way(bucket, "a")
        with pytest.raises(BucketNotFoundError):
            await way(f"{bucket}-missing", "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tenancy", ["plain", "bucket"])
async def test_versions(
    setting: Setting, client: AsyncMinIOClient, bucket: str, tmp_path: Path
) -> None:
    """Each is read by its id; and a stream goes on with the version that it began with."""
    server_bucket, _ = setting.place(bucket)
    setting.s3.put_bucket_versioning(
        Bucket=server_bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    old = (await client.put_object(bucket, "a", SOME)).version_id
    stream = client.download_stream(bucket, "a", piece_size=600)
    first = await stream.__anext__()
    await client.put_object(bucket, "a", SOME[::-1])
    assert first + b"".join([piece async for piece in stream]) == SOME
    assert await client.get_object(bucket, "a") == SOME[::-1]
    assert await client.get_object(bucket, "a", version_id=old) == SOME
    assert await client.get_object(bucket, "a", version_id=old, range=(1, 2)) == SOME[1:3]
    assert b"".join(await streamed(client, bucket, "a", version_id=old)) == SOME
    async with client.open(bucket, "a", version_id=old) as file:
        assert await file.read() == SOME
    about = await client.download_file(bucket, "a", tmp_path / "a", version_id=old)
    assert ((tmp_path / "a").read_bytes(), about.version_id) == (SOME, old)
    buffer = bytearray(1024)
    assert await client.download_into(bucket, "a", buffer, version_id=old) == 1024
    assert buffer == SOME


@pytest.mark.parametrize("tenancy", ["plain", "bucket"])
async def test_a_version_that_never_was(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Is no other version."""
    await client.put_object(bucket, "a", SOME)
    never = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(VersionNotFoundError):
        await client.get_object(bucket, "a", version_id=never)
    with pytest.raises(VersionNotFoundError):
        await client.open(bucket, "a", version_id=never)


async def test_a_stream_of_an_object_that_is_replaced(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """Never ends with bytes of another."""
    await client.put_object(bucket, "a", SOME)
    for change in ("replaced", "removed"):
        stream = client.download_stream(bucket, "a", piece_size=600)
        assert await stream.__anext__() in (SOME[:600], SOME[::-1][:600])
        if change == "replaced":
            await client.put_object(bucket, "a", SOME[::-1])
        else:
            await client.delete_object(bucket, "a")
        with pytest.raises(ObjectChangedError):
            await stream.__anext__()


@one_tenancy
async def test_large_objects(client: AsyncMinIOClient, bucket: str, tmp_path: Path) -> None:
    """Of several pieces, in every way; one uploaded whole, and one in parts."""
    for threshold in (1 << 30, 5 * MiB):
        await client.with_(multipart_threshold=threshold).put_object(bucket, "a", LARGE)
        pieces = await streamed(client, bucket, "a")
        assert [len(piece) for piece in pieces] == [8 * MiB] * 2 + [len(LARGE) - 16 * MiB]
        assert b"".join(pieces) == LARGE
        seen: list[TransferProgress] = []
        about = await client.download_file(bucket, "a", tmp_path / "a", progress=seen.append)
        assert (tmp_path / "a").read_bytes() == LARGE
        assert about == await client.get_object_metadata(bucket, "a")
        assert (seen[-1].bytes_done, seen[-1].objects_done) == (len(LARGE), 1)
        buffer = bytearray(len(LARGE) + 3)
        assert await client.download_into(bucket, "a", buffer) == len(LARGE)
        assert buffer == LARGE + bytes(3)


async def test_small_and_empty_objects(
    client: AsyncMinIOClient, bucket: str, tmp_path: Path
) -> None:
    """In every way."""
    for data in (b"", b"x", SOME):
        await client.put_object(bucket, "a", data, content_type="text/x", metadata={"b": "c"})
        assert await streamed(client, bucket, "a") == ([data] if data else [])
        about = await client.download_file(bucket, "a", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == data
        assert about == await client.get_object_metadata(bucket, "a")
        buffer = bytearray(len(data))
        assert await client.download_into(bucket, "a", buffer) == len(data)
        assert buffer == data
        if data:
            with pytest.raises(ValidationError, match=f"and the object {len(data)}"):
                await client.download_into(bucket, "a", bytearray(len(data) - 1))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@one_tenancy
@pytest.mark.parametrize("style", ["async"])
async def test_reads_at_once(client: AsyncMinIOClient, bucket: str, tmp_path: Path) -> None:
    """Many, of one object, to one file."""
    await client.put_object(bucket, "a", SOME)
    downloads = [client.download_file(bucket, "a", tmp_path / "a") for _ in range(20)]
    await asyncio.gather(*downloads)
    assert (tmp_path / "a").read_bytes() == SOME
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


async def test_without_a_server(unplugged: AsyncMinIOClient, tmp_path: Path) -> None:
    """What is wrong with the arguments is told first."""
    with pytest.raises(ValidationError, match="range="):
        await unplugged.get_object("docs", "a", range=(5, 4))
    with pytest.raises(ValidationError, match="folder"):
        await unplugged.download_file("docs", "a", tmp_path)
    with pytest.raises(ValidationError, match="buffer="):
        await unplugged.download_into("docs", "a", b"read-only")
    with pytest.raises(ValidationError, match="key="):
        unplugged.download_stream("docs", "")
    with pytest.raises(MinIOConnectionError):
        await unplugged.get_object("docs", "a", range=(0, 4))
    with pytest.raises(MinIOConnectionError):
        await unplugged.download_file("docs", "a", tmp_path / "a")
    with pytest.raises(MinIOConnectionError):
        await unplugged.open("docs", "a")
    assert list(tmp_path.iterdir()) == []
