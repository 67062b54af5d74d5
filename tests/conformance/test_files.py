"""Objects as files: what the standard library does with files, it does with these."""

from __future__ import annotations

import csv
import gzip
import io
import json
import pickle
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    MinIOClient,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionFailedError,
)
from minio_sdk.config import MiB
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Objects as files"),
]
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])

LINES = b"".join(b"line %d\r\n" % number for number in range(200)) + b"the last one"


async def test_written_and_read(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """What is written appears when the file is closed, in the server's own view as well."""
    server_bucket, prefix = setting.place(bucket)
    async with client.open(
        bucket, "a/b.txt", "wb", content_type="text/x", metadata={"b": "c"}
    ) as file:
        assert await file.write(LINES[:100]) == 100
        await file.flush()
        assert await client.object_exists(bucket, "a/b.txt") is False
        await file.write(memoryview(LINES)[100:])
        assert await file.tell() == len(LINES)
    assert file.response is not None
    assert (file.response.key, file.response.size) == ("a/b.txt", len(LINES))
    found = setting.s3.get_object(Bucket=server_bucket, Key=prefix + "a/b.txt")
    assert (found["Body"].read(), found["ContentType"]) == (LINES, "text/x")
    assert found["Metadata"] == {"b": "c"}
    async with client.open(bucket, "a/b.txt") as reader:
        assert (reader.name, reader.mode, reader.size) == ("a/b.txt", "rb", len(LINES))
        assert reader.metadata == await client.get_object_metadata(bucket, "a/b.txt")
        assert await reader.read() == LINES


async def test_positions(client: AsyncMinIOClient, bucket: str) -> None:
    """The methods of `io.BytesIO` give the same."""
    await client.put_object(bucket, "a", LINES)
    like = io.BytesIO(LINES)
    async with client.open(bucket, "a") as file:
        steps: list[tuple[str, Any]] = [
            ("read", (5,)), ("tell", ()), ("readline", ()), ("seek", (-20, 2)), ("read", (8,)),
            ("read", (100,)), ("read", ()), ("tell", ()), ("seek", (50,)), ("seek", (5, 1)),
            ("readline", (3,)), ("readlines", (30,)), ("read", (0,)), ("seek", (10**6,)),
            ("read", ()), ("readline", ()), ("tell", ()), ("seek", (0,)), ("readlines", ()),
            ("read1", (5,)), ("seek", (1,)), ("read", (None,)), ("readable", ()), ("seekable", ()),
        ]  # fmt: skip
        for name, arguments in steps:
            expected = getattr(like, name)(*arguments)
            assert (name, await getattr(file, name)(*arguments)) == (name, expected)
        await file.seek(10)
        assert (await file.peek(5))[:5] == LINES[10:15]
        assert await file.read1(5) == LINES[10:15]
        buffer = bytearray(20)
        assert await file.readinto(buffer) == 20
        assert buffer == LINES[15:35]
        await file.seek(0)
        assert [line async for line in file] == LINES.splitlines(keepends=True)
    assert file.closed


async def test_an_empty_file(client: AsyncMinIOClient, bucket: str) -> None:
    """Can be written, and read."""
    async with client.open(bucket, "a", "wb"):
        pass
    async with client.open(bucket, "a") as file:
        assert (file.size, await file.read(), await file.readline()) == (0, b"", b"")
        assert [line async for line in file] == []


async def test_a_file_that_replaces_nothing(client: AsyncMinIOClient, bucket: str) -> None:
    """It is stored with its tags, and not where there is an object already."""
    async with client.open(bucket, "new", "xb", tags={"a": "b"}) as file:
        await file.write(b"first")
    with pytest.raises(PreconditionFailedError):
        async with client.open(bucket, "new", "xb") as file:
            await file.write(b"second")
    assert await client.get_object(bucket, "new") == b"first"
    assert await client.get_object_tags(bucket, "new") == {"a": "b"}


async def test_awaited(client: AsyncMinIOClient, bucket: str) -> None:
    """A file may be had without a block."""
    file = await client.open(bucket, "a", "wb")
    await file.writelines([b"a", b"b"])
    await file.close()
    await file.close()
    reader = await client.open(bucket, "a")
    assert await reader.read() == b"ab"
    await reader.close()
    assert (file.closed, reader.closed) == (True, True)


@one_tenancy
async def test_large_files(setting: Setting, bucket: str) -> None:
    """Go up in parts, and come back by pieces."""
    client = setting.connect(multipart_threshold=5 * MiB, part_size=5 * MiB)
    block = bytes(range(250)) * 5_000
    async with client.open(bucket, "a", "wb") as file:
        for _ in range(9):
            await file.write(block)
    assert file.response is not None
    assert str(file.response.etag).endswith("-3")
    async with client.open(bucket, "a") as reader:
        for _ in range(9):
            assert await reader.read(len(block)) == block
        await reader.seek(4_321_000)
        assert await reader.read(6) == bytes(range(6))
        await reader.seek(0)
        assert await reader.read() == block * 9
    assert setting.unfinished_uploads(bucket) == []


@pytest.mark.parametrize("size", [10, 6 * MiB], ids=["small", "in parts"])
async def test_a_block_that_an_error_leaves(setting: Setting, bucket: str, size: int) -> None:
    """Leaves the object as it was, and no unfinished upload."""
    client = setting.connect(multipart_threshold=0, part_size=5 * MiB)
    await client.put_object(bucket, "a", b"old")
    for key in ("a", "b"):
        with pytest.raises(KeyError):
            async with client.open(bucket, key, "wb") as file:
                await file.write(bytes(size))
                raise KeyError
    assert await client.get_object(bucket, "a") == b"old"
    assert [item.key for item in await client.list_objects(bucket)] == ["a"]
    assert setting.unfinished_uploads(bucket) == []


async def test_what_is_not_there(client: AsyncMinIOClient, bucket: str) -> None:
    """Reading says so at once; writing when the object would have to appear."""
    with pytest.raises(ObjectNotFoundError):
        await client.open(bucket, "a")
    with pytest.raises(BucketNotFoundError):
        async with client.open(f"{bucket}-missing", "a", "wb") as file:
            await file.write(b"x")


async def test_an_object_that_is_replaced_while_it_is_open(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """Is not read on."""
    await client.put_object(bucket, "a", b"old" * 200_000)
    async with client.open(bucket, "a") as file:
        assert await file.read(3) == b"old"
        await client.put_object(bucket, "a", b"new" * 200_000)
        with pytest.raises(ObjectChangedError):
            await file.read()


# --- the standard library -----------------------------------------------------------------------------


@contextmanager
def blocking_client(setting: Setting) -> Iterator[MinIOClient]:
    """The client itself: what the standard library is given has to be a real file."""
    with MinIOClient(setting.config()) as client:
        yield client


blocking_only = pytest.mark.parametrize("style", ["sync"])


@one_tenancy
@blocking_only
async def test_archives(setting: Setting, bucket: str) -> None:
    """zipfile and tarfile, written and read."""
    with blocking_client(setting) as client:
        with client.open(bucket, "a.zip", "wb") as file, zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a", LINES)
            archive.writestr("b", b"x")
        with client.open(bucket, "a.zip") as read, zipfile.ZipFile(read) as archive:
            assert archive.testzip() is None
            assert (archive.read("b"), archive.read("a")) == (b"x", LINES)
        opened: Any = tarfile.open
        for mode in ("w", "w|", "w:gz", "w|gz"):
            with client.open(bucket, "a.tar", "wb") as file:
                with opened(fileobj=file, mode=mode) as tar:
                    member = tarfile.TarInfo("a")
                    member.size = len(LINES)
                    tar.addfile(member, io.BytesIO(LINES))
            for how in ("r", "r|*"):
                with client.open(bucket, "a.tar") as read:
                    with opened(fileobj=read, mode=how) as tar:
                        (found,) = [tar.extractfile(item).read() for item in tar]
                        assert found == LINES
        with client.open(bucket, "a.gz", "wb") as file, gzip.open(file, "wb") as packed:
            packed.write(LINES)
        with client.open(bucket, "a.gz") as read, gzip.open(read) as unpacked:
            assert unpacked.read() == LINES


@one_tenancy
@blocking_only
async def test_text_and_records(setting: Setting, bucket: str) -> None:
    """csv, json, pickle, shutil, and text by `io.TextIOWrapper`."""
    with blocking_client(setting) as client:
        with io.TextIOWrapper(client.open(bucket, "a.csv", "wb"), "utf-8", newline="") as text:
            csv.writer(text).writerows([["ä", "b"], ["1", "2"]])
        with io.TextIOWrapper(client.open(bucket, "a.csv"), "utf-8", newline="") as text:
            assert list(csv.reader(text)) == [["ä", "b"], ["1", "2"]]
        client.put_object(bucket, "a.json", json.dumps({"a": [1, 2]}).encode())
        with client.open(bucket, "a.json") as read:
            assert json.load(read) == {"a": [1, 2]}
        with client.open(bucket, "a.pickle", "wb") as file:
            pickle.dump([LINES, {"a": 1}], file)
        with client.open(bucket, "a.pickle") as read:
            assert pickle.load(read) == [LINES, {"a": 1}]
        with client.open(bucket, "a.json") as read, client.open(bucket, "copy", "wb") as file:
            shutil.copyfileobj(read, file)
        assert client.get_object(bucket, "copy") == b'{"a": [1, 2]}'
