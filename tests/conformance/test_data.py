"""What can be uploaded, how it travels, and that nothing is left of an upload that failed."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, IntegrityError, MinIOTimeoutError, ValidationError
from minio_sdk.config import MiB
from tests.clock import FakeClock
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Uploads of every kind of data"),
]
# What data is, and how much of it, has nothing to do with how names are scoped.
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])

SOME = bytes(range(256)) * 300


def _blocks(data: bytes) -> Iterator[bytes]:
    """Blocks of odd sizes, an empty one among them."""
    yield data[:1]
    yield b""
    yield data[1:10_000]
    yield data[10_000:]


async def _async_blocks(data: bytes) -> AsyncIterator[bytes]:
    for block in _blocks(data):
        await asyncio.sleep(0)
        yield block


class OnlyRead:
    """The least that a file can be: not seekable, of unknown length, and it reads a bit at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(min(size, 7_000))


class Lying(io.BytesIO):
    """A file that changes its size while it is read."""

    def __init__(self, data: bytes, said: int) -> None:
        super().__init__(data)
        self._said = said

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._said if whence == io.SEEK_END else super().seek(offset, whence)


def _opened(folder: Path, data: bytes, **how: Any) -> Any:
    path = folder / "data"
    path.write_bytes(b"skipped" + data)
    file = path.open("rb", **how)
    file.seek(7)
    return file


def _in_memory(data: bytes) -> io.BytesIO:
    file = io.BytesIO(b"skipped" + data)
    file.seek(7)
    return file


KINDS: dict[str, Callable[[Path, bytes], Any]] = {
    "bytes": lambda _, data: data,
    "bytearray": lambda _, data: bytearray(data),
    "memoryview": lambda _, data: memoryview(bytearray(data)),
    "read-only memoryview": lambda _, data: memoryview(data),
    "sliced memoryview": lambda _, data: memoryview(b"<" + data + b">")[1:-1],
    "strided memoryview": lambda _, data: memoryview(bytes(x for b in data for x in (b, 0)))[::2],
    "memoryview of numbers": lambda _, data: memoryview(data).cast("H"),
    "file from its position": _opened,
    "raw unbuffered file": lambda folder, data: _opened(folder, data, buffering=0),
    "BytesIO from its position": lambda _, data: _in_memory(data),
    "file with nothing but read": lambda _, data: OnlyRead(data),
    "generator": lambda _, data: _blocks(data),
    "list of bytes": lambda _, data: list(_blocks(data)),
    "async generator": lambda _, data: _async_blocks(data),
}


@one_tenancy
@pytest.mark.parametrize("threshold", [len(SOME), len(SOME) - 1], ids=["whole", "in parts"])
async def test_every_kind_of_data(setting: Setting, tmp_path: Path, threshold: int) -> None:
    """Each kind that holds bytes is stored with exactly those bytes, many or none."""
    client = setting.connect(multipart_threshold=threshold)
    for kind, make in KINDS.items():
        if kind == "async generator" and setting.style == "sync":
            continue
        for data in (SOME, b""):
            source = make(tmp_path, data)
            response = await client.upload(kind, source)
            if isinstance(source, io.IOBase):
                source.close()
            assert (kind, response.size) == (kind, len(data))
            assert (kind, await client.download(kind) == data) == (kind, True)


@one_tenancy
@pytest.mark.parametrize("style", ["sync"])
async def test_the_blocking_client_awaits_nothing(setting: Setting) -> None:
    """An async generator that has to wait is refused, and nothing of it is stored."""
    client = setting.connect(multipart_threshold=0)
    with pytest.raises(RuntimeError, match="AsyncMinIOClient"):
        await client.upload("a", _async_blocks(SOME))
    assert await client.list() == []


@pytest.mark.parametrize(
    "data", ["text", Path("path"), io.StringIO("text file"), {"a": b"1"}, None, 5, [b"a", "text"]],
    ids=lambda data: type(data).__name__,
)  # fmt: skip
async def test_what_is_no_data(unplugged: AsyncMinIOClient, data: Any) -> None:
    """Text, paths, text files and the like are refused before anything is sent."""
    with pytest.raises(ValidationError, match=r"data(\[1\])?="):
        await unplugged.upload("a", data)
    with pytest.raises(ValidationError, match=r"data(\[1\])?="):
        await unplugged.put_object("docs", "a", data)


@pytest.mark.parametrize("known", [True, False], ids=["known length", "unknown length"])
async def test_the_threshold_is_exact(setting: Setting, known: bool) -> None:
    """What has more bytes than `multipart_threshold` goes in parts, what has fewer or as many whole."""
    client = setting.connect(multipart_threshold=1000)
    for size in (0, 999, 1000, 1001):
        data = SOME[:size]
        response = await client.upload("a", data if known else iter([data]))
        assert response.size == size
        assert (size, str(response.etag).endswith("-1")) == (size, size > 1000)
        assert await client.download("a") == data
    assert setting.unfinished_uploads(setting.bucket("default")) == []


@one_tenancy
@pytest.mark.parametrize("known", [True, False], ids=["known length", "unknown length"])
async def test_parts(setting: Setting, known: bool) -> None:
    """Parts have `part_size` bytes, the last one what is left."""
    client = setting.connect(multipart_threshold=5 * MiB, part_size=5 * MiB)
    whole = (SOME * 140)[: 10 * MiB + 1]
    assert len(whole) == 10 * MiB + 1
    for size, parts in ((5 * MiB, 0), (5 * MiB + 1, 2), (10 * MiB, 2), (10 * MiB + 1, 3)):
        data = memoryview(whole)[:size]
        response = await client.upload("a", data if known else iter([data]))
        assert response.size == size
        assert (size, str(response.etag).partition("-")[2]) == (size, str(parts) if parts else "")
        assert await client.download("a") == data


class Interrupted(BaseException):
    """Like KeyboardInterrupt, which pytest keeps for itself."""


@pytest.mark.parametrize("error", [OSError("disk"), Interrupted()], ids=["error", "interrupt"])
@pytest.mark.parametrize("sent", [10, 2000], ids=["before the first request", "between parts"])
async def test_a_source_that_fails(
    setting: Setting, client: AsyncMinIOClient, error: BaseException, sent: int
) -> None:
    """Its own error comes out; the old object stays, and no unfinished upload does."""

    def source() -> Iterator[bytes]:
        yield SOME[:sent]
        raise error

    await client.upload("a", b"old")
    with pytest.raises(type(error)) as caught:
        await client.with_(multipart_threshold=1000).upload("a", source())

    assert caught.value is error
    assert await client.download("a") == b"old"
    assert await client.list() == ["a"]
    assert setting.unfinished_uploads(setting.bucket("default")) == []


@one_tenancy
async def test_a_source_that_fails_behind_the_first_part(setting: Setting) -> None:
    """Parts that have arrived are dropped as well."""

    def source() -> Iterator[bytes]:
        yield bytes(6 * MiB)
        raise OSError("disk")

    client = setting.connect(multipart_threshold=0, part_size=5 * MiB)
    with pytest.raises(OSError, match="disk"):
        await client.upload("a", source())
    assert await client.list() == []
    assert setting.unfinished_uploads(setting.bucket("default")) == []


@pytest.mark.parametrize("style", ["async"])
async def test_a_cancelled_upload(setting: Setting) -> None:
    """Cancelling the task ends the upload on the server, too."""
    client = setting.connect(multipart_threshold=1000)
    asked = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield SOME
        asked.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(client.upload("a", source()))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await client.list() == []
    assert setting.unfinished_uploads(setting.bucket("default")) == []


async def test_a_deadline_in_the_middle_of_an_upload(setting: Setting) -> None:
    """The upload ends with MinIOTimeoutError, and on the server it ends as well."""
    clock = FakeClock(time.time())

    def source() -> Iterator[bytes]:
        yield SOME
        clock.advance(61)
        yield SOME

    config = setting.config(multipart_threshold=1000, deadline=60)
    client = setting.adopt(setting.client_class(config, clock=clock))
    with pytest.raises(MinIOTimeoutError, match="60"):
        await client.upload("a", source())
    assert await client.list() == []
    assert setting.unfinished_uploads(setting.bucket("default")) == []


async def test_a_file_that_changes_while_it_is_uploaded(setting: Setting) -> None:
    """What is stored is what the file was said to hold, or nothing."""
    for threshold in (100, 10):
        client = setting.connect(multipart_threshold=threshold)
        with pytest.raises(IntegrityError, match="fewer bytes than the 50"):
            await client.upload("a", Lying(SOME[:49], 50))
        with pytest.raises(IntegrityError, match="more bytes than the 50"):
            await client.upload("a", Lying(SOME[:51], 50))
        assert await client.list() == []


async def test_length(client: AsyncMinIOClient, bucket: str) -> None:
    """`length` takes exactly so many bytes of the data, and leaves the rest of a file alone."""
    file = io.BytesIO(SOME)
    for threshold in (100, 10):
        put = client.with_(multipart_threshold=threshold).put_object
        assert (await put(bucket, "bytes", SOME, 50)).size == 50
        assert (await put(bucket, "file", file, 50)).size == 50
        assert (await put(bucket, "generator", _blocks(SOME), 50)).size == 50
        assert (await put(bucket, "exact", SOME[:50], length=50)).size == 50
        assert (await put(bucket, "none", file, length=0)).size == 0
        for key in ("bytes", "generator", "exact"):
            assert await client.get_object(bucket, key) == SOME[:50]
    assert file.tell() == 100
    assert await client.get_object(bucket, "file") == SOME[50:100]
    assert await client.get_object(bucket, "none") == b""


async def test_a_length_beyond_the_data(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Data that ends too early is not stored."""
    for threshold in (100, 10):
        put = client.with_(multipart_threshold=threshold).put_object
        with pytest.raises(ValidationError, match="length=51: the data has only 50 bytes"):
            await put(bucket, "a", SOME[:50], 51)
        for data in (io.BytesIO(SOME[:50]), iter([SOME[:50]])):
            with pytest.raises(IntegrityError, match="fewer bytes than the 51"):
                await put(bucket, "a", data, 51)
    with pytest.raises(ValidationError, match="length="):
        await client.put_object(bucket, "a", b"", -1)
    assert await client.list_objects(bucket) == []
    assert setting.unfinished_uploads(bucket) == []
