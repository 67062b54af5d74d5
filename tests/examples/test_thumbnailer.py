"""The thumbnailer: nothing is missed, nothing is made twice, and no picture brings it down."""

from __future__ import annotations

import asyncio
import importlib
import io
import json
import os
import signal
import struct
import subprocess
import sys
import uuid
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from minio_sdk import AsyncMinIOClient, BucketEvent, Config, EventGap, MinIOConnectionError
from tests.examples import FOLDER, ROOT, load, run
from tests.servers import Server

Image = importlib.import_module("PIL.Image")
BUCKET = "pictures"

pytestmark = pytest.mark.asyncio


def picture(color: str = "red", size: tuple[int, int] = (600, 300), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    return out.getvalue()


def turned() -> bytes:
    """Lies on its side, says so, and tells where it was taken."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation
    exif[0x010F] = "a camera"
    Image.new("RGB", (600, 300), "blue").save(out, "JPEG", exif=exif, comment=b"at home")
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 900 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    return load("thumbnailer", "thumbnailer", monkeypatch)


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> Any:
    return load("thumbnailer", "pictures", monkeypatch)


@pytest_asyncio.fixture
async def client(url: str) -> AsyncIterator[AsyncMinIOClient]:
    async with AsyncMinIOClient(Config(url, f"t{uuid.uuid4().hex[:12]}")) as client:
        await client.create_bucket(BUCKET)
        yield client


class Here:
    """A studio without processes, which does something else before it draws."""

    def __init__(self, before: Callable[[], Coroutine[Any, Any, Any]] | None = None) -> None:
        self.drawn = 0
        self.before = before
        self._thumbnail = importlib.import_module("pictures").thumbnail

    async def draw(self, data: bytes, side: int) -> bytes:
        self.drawn += 1
        if self.before is not None:
            await self.before()
        return bytes(self._thumbnail(data, side))


async def once(service: Any) -> dict[str, int]:
    """Have it do what there is to do, and say what that was."""
    service.counts.clear()
    await asyncio.wait_for(service.run(asyncio.Event(), once=True), 60)
    return dict(service.counts)


async def keys(client: AsyncMinIOClient, prefix: str) -> list[str]:
    return sorted(item.key for item in await client.list_objects(BUCKET, prefix))


async def test_a_thumbnail_is_small_upright_and_says_nothing(pictures: Any) -> None:
    small = Image.open(io.BytesIO(pictures.thumbnail(turned(), 100)))
    assert (small.format, small.size, small.mode) == ("JPEG", (50, 100), "RGB")
    assert not small.getexif()
    assert "comment" not in small.info

    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    clear = Image.open(io.BytesIO(pictures.thumbnail(out.getvalue(), 100)))
    assert (clear.size, clear.getpixel((5, 5))) == ((10, 10), (255, 255, 255))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is none of JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is none of JPEG"),
        (picture(kind="TIFF"), "is none of JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "is none of JPEG"),
        (picture()[:-200], "OSError"),
        (bomb(), "DecompressionBomb"),
        (picture(size=(8000, 6300), kind="PNG"), "DecompressionBombWarning"),  # a little too many
    ],
    ids=["nothing", "svg", "tiff", "postscript", "cut", "bomb", "large"],
)
async def test_what_is_refused(pictures: Any, data: bytes, why: str) -> None:
    with pytest.raises(pictures.BadPicture, match=why):
        pictures.thumbnail(data, 100)


async def test_everything_from_the_command_line(client: AsyncMinIOClient, url: str) -> None:
    """With processes that draw, as README.md has it."""
    for name, data in {
        "a.jpg": turned(),
        "a.png": picture(kind="PNG"),
        "deep/er/b c+ü.JPG": picture("green"),
        "text.jpg": b"no picture",
        "bomb.png": bomb(),
        "huge.jpg": b"\0" * 20_001,
        "notes.txt": b"not for us",
    }.items():
        await client.put_object(BUCKET, f"in/{name}", data)
    assert client.config.tenant_id
    told = run(
        "thumbnailer/thumbnailer.py", "--once", "--max-bytes", "20000", "--workers", "1",
        MINIO_ENDPOINT=url, MINIO_TENANT_ID=client.config.tenant_id,
    )  # fmt: skip
    assert told.endswith("3 made, 3 refused\n")
    assert await keys(client, "thumbs/") == [
        "thumbs/a.jpg.jpg", "thumbs/a.png.jpg", "thumbs/deep/er/b c+ü.JPG.jpg",
    ]  # fmt: skip
    found = await client.get_object_metadata(BUCKET, "thumbs/a.jpg.jpg")
    source = await client.get_object_metadata(BUCKET, "in/a.jpg")
    assert found.content_type == "image/jpeg"
    assert found.metadata == {"source-etag": source.etag, "side": "256"}
    assert Image.open(io.BytesIO(await client.get_object(BUCKET, found.key))).size == (128, 256)
    assert await keys(client, "failed/") == [
        "failed/bomb.png.json", "failed/huge.jpg.json", "failed/text.jpg.json",
    ]  # fmt: skip
    note = json.loads(await client.get_object(BUCKET, "failed/huge.jpg.json"))
    assert (note["picture"], note["why"]) == ("in/huge.jpg", "has 20,001 bytes, more than 20,000")


async def test_only_what_has_changed_is_done(client: AsyncMinIOClient, program: Any) -> None:
    await client.put_object(BUCKET, "in/a.jpg", picture())
    await client.put_object(BUCKET, "in/b.jpg", picture())
    await client.put_object(BUCKET, "in/c.jpg", b"none")
    studio = Here()
    service = program.Thumbnailer(client, studio, program.Settings())
    assert await once(service) == {"made": 2, "refused": 1}
    assert await once(service) == {}  # not even looked at

    await client.put_object(BUCKET, "in/a.jpg", picture("blue"))  # other bytes
    await client.put_object(BUCKET, "in/c.jpg", picture())  # a picture after all
    await client.delete_object(BUCKET, "in/b.jpg")
    assert await once(service) == {"made": 2, "removed": 1}
    assert await keys(client, "thumbs/") == ["thumbs/a.jpg.jpg", "thumbs/c.jpg.jpg"]
    assert await keys(client, "failed/") == []

    await client.put_object(BUCKET, "in/a.jpg", b"none any more")
    await client.delete_object(BUCKET, "thumbs/c.jpg.jpg")  # by somebody
    assert await once(service) == {"made": 1, "refused": 1}
    assert await keys(client, "thumbs/") == ["thumbs/c.jpg.jpg"]
    assert await keys(client, "failed/") == ["failed/a.jpg.json"]

    drawn = studio.drawn
    another = program.Thumbnailer(client, studio, program.Settings())
    assert await once(another) == {"kept": 2}  # a start later
    assert studio.drawn == drawn
    larger = program.Thumbnailer(client, studio, program.Settings(side=300))
    assert await once(larger) == {"made": 1, "refused": 1}  # for it they are not done


async def test_two_services_at_once(client: AsyncMinIOClient, program: Any) -> None:
    """Who is late keeps what the other has stored."""
    await client.put_object(BUCKET, "in/a.jpg", picture())
    other = program.Thumbnailer(client, Here(), program.Settings())

    async def meanwhile() -> None:
        await once(other)

    service = program.Thumbnailer(client, Here(meanwhile), program.Settings())
    assert await once(service) == {"kept": 1}
    assert other.counts["made"] == 1


async def test_a_picture_that_is_replaced_or_removed_meanwhile(
    client: AsyncMinIOClient, program: Any
) -> None:
    """The one that is drawn from is the one that the thumbnail names; the last one wins."""
    first = await client.put_object(BUCKET, "in/a.jpg", picture())
    studio = Here()
    service = program.Thumbnailer(client, studio, program.Settings())
    changes: list[bytes | None] = [picture("blue"), None]

    async def meanwhile() -> None:
        if changes:
            change = changes.pop(0)
            if change is None:
                await client.delete_object(BUCKET, "in/a.jpg")
            else:
                await client.put_object(BUCKET, "in/a.jpg", change)

    studio.before = meanwhile
    assert await once(service) == {"made": 1}
    found = await client.get_object_metadata(BUCKET, "thumbs/a.jpg.jpg")
    assert found.metadata["source-etag"] == first.etag
    assert await once(service) == {"made": 1}  # of the blue one, which is removed then
    assert await once(service) == {"removed": 1}
    assert await keys(client, "") == []


async def test_an_event_during_the_work_is_not_lost(client: AsyncMinIOClient, program: Any) -> None:
    await client.put_object(BUCKET, "in/a.jpg", picture())
    studio = Here()
    service = program.Thumbnailer(client, studio, program.Settings())

    async def meanwhile() -> None:
        if studio.drawn == 1:
            await client.put_object(BUCKET, "in/a.jpg", picture("blue"))
            service.hear("in/a.jpg")
            service.hear("in/a.jpg")

    studio.before = meanwhile
    assert await once(service) == {"made": 2}


class Events:
    """What a server with live events would tell, and when it was lost and had again."""

    def __init__(self, told: asyncio.Queue[BucketEvent | EventGap], missed: Any) -> None:
        self.told = told
        self.missed = missed

    async def __aenter__(self) -> Events:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> BucketEvent:
        while isinstance(told := await self.told.get(), EventGap):
            self.missed(told)
        return told


async def test_events_gaps_and_an_end(
    client: AsyncMinIOClient, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events are heard, gaps are filled by a listing, and what is under way is ended."""
    told: asyncio.Queue[BucketEvent | EventGap] = asyncio.Queue()

    def listen(bucket: str, prefix: str, **options: Any) -> Events:
        assert (bucket, prefix, options["reconnect_for"]) == (BUCKET, "in/", None)
        return Events(told, options["on_reconnect"])

    monkeypatch.setattr(client, "listen_bucket", listen)
    started: asyncio.Queue[int] = asyncio.Queue()
    go_on = asyncio.Event()

    async def before() -> None:
        started.put_nowait(1)
        await go_on.wait()

    studio = Here(before)
    settings = program.Settings(workers=1, waiting=1)  # no room: what is heard is found again
    service = program.Thumbnailer(client, studio, settings)
    stop = asyncio.Event()
    running = asyncio.ensure_future(service.run(stop))
    go_on.set()
    for number in range(5):
        await client.put_object(BUCKET, f"in/{number}.jpg", picture())
        told.put_nowait(
            BucketEvent(name="s3:ObjectCreated:Put", bucket=BUCKET, key=f"in/{number}.jpg")
        )
    for _ in range(5):
        await asyncio.wait_for(started.get(), 30)

    go_on.clear()
    await client.put_object(BUCKET, "in/missed.jpg", picture())
    await client.put_object(BUCKET, "in/missed too.jpg", picture())
    now = (await client.get_object_metadata(BUCKET, "in/missed.jpg")).last_modified
    assert now
    told.put_nowait(EventGap(since=now, until=now, reason="a test"))
    await asyncio.wait_for(started.get(), 30)

    end = service._end

    async def ending(workers: list[asyncio.Task[None]]) -> None:
        asyncio.get_running_loop().call_soon(go_on.set)
        await end(workers)

    monkeypatch.setattr(service, "_end", ending)
    stop.set()  # one is being drawn, and one is still to be looked at
    await asyncio.wait_for(running, 30)
    assert service.counts["made"] == 6
    assert len(await keys(client, "thumbs/")) == 6
    studio.before = None
    assert (await once(program.Thumbnailer(client, studio, settings)))["made"] == 1


async def test_a_server_without_events_is_listed(
    client: AsyncMinIOClient, program: Any, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """By itself, and again and again."""
    monkeypatch.setattr(program, "POLL", 0.01)
    drawn: asyncio.Queue[int] = asyncio.Queue()

    async def before() -> None:
        drawn.put_nowait(1)

    stop = asyncio.Event()
    service = program.Thumbnailer(client, Here(before), program.Settings())
    running = asyncio.ensure_future(service.run(stop))
    for number in range(3):
        await client.put_object(BUCKET, f"in/{number}.jpg", picture())
        await asyncio.wait_for(drawn.get(), 30)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert "looking every 0 seconds instead" in caplog.text
    assert len(await keys(client, "thumbs/")) == 3


async def test_what_fails_is_done_later(
    client: AsyncMinIOClient, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "RETRY", 0.01)
    await client.put_object(BUCKET, "in/a.jpg", picture())
    studio, stop = Here(), asyncio.Event()

    async def before() -> None:
        if studio.drawn < 3:
            raise MinIOConnectionError("gone for a moment")
        stop.set()

    studio.before = before
    service = program.Thumbnailer(client, studio, program.Settings())
    await asyncio.wait_for(service.run(stop, poll=3600), 30)
    assert dict(service.counts) == {"errors": 2, "made": 1}


async def test_a_missing_bucket_ends_it(client: AsyncMinIOClient, program: Any) -> None:
    service = program.Thumbnailer(client, Here(), program.Settings(bucket="other"))
    for how in ({"once": True}, {"poll": 1}, {}):
        with pytest.raises(program.MinIOError, match="bucket"):
            await asyncio.wait_for(service.run(asyncio.Event(), **how), 30)


async def test_a_picture_that_ends_its_process(
    pictures: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is known by it; the others, some of which were under way, are drawn."""
    (tmp_path / "deadly.py").write_text(
        "import os\n"
        "def draw(data, side):\n"
        "    if data == b'deadly':\n"
        "        os._exit(1)\n"
        "    return data * side\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    studio = pictures.Studio(1, importlib.import_module("deadly").draw)
    try:
        drawn = await asyncio.gather(
            *(studio.draw(data, 2) for data in (b"a", b"deadly", b"b")), return_exceptions=True
        )
        again = await studio.draw(b"c", 2)
    finally:
        studio.close()
    assert (drawn[0], drawn[2], again) == (b"aa", b"bb", b"cc")
    assert isinstance(drawn[1], pictures.BadPicture)


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGTERM")
async def test_sigterm_ends_it_in_order(client: AsyncMinIOClient, url: str) -> None:
    await client.put_object(BUCKET, "in/a.jpg", picture())
    assert client.config.tenant_id
    process = subprocess.Popen(
        [
            *(sys.executable, "-W", "error", FOLDER / "thumbnailer" / "thumbnailer.py"),
            *("--poll", "3600", "--workers", "1"),
        ],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "MINIO_ENDPOINT": url,
            "MINIO_TENANT_ID": client.config.tenant_id,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("made thumbs/a.jpg.jpg")
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, said) == (
        0,
        "ending: a moment for what is under way\n1 made\n",
    )


async def test_prefixes_in_one_another_are_refused(program: Any) -> None:
    with pytest.raises(ValueError, match="must not be in one another"):
        program.Settings(source="")
    with pytest.raises(ValueError, match="must not be in one another"):
        program.Settings(target="in/thumbs/")


async def test_live_on_minio(minio: Server, program: Any) -> None:
    """Told by a real server; some builds hold events back until there are 4 KiB of them."""
    tenant = f"t{uuid.uuid4().hex[:12]}"
    stop, seen = asyncio.Event(), asyncio.Event()

    async def before() -> None:
        if service.counts["heard"] >= 3:
            seen.set()

    config = Config(
        minio.base_url, tenant, access_key=minio.access_key, secret_key=minio.secret_key
    )
    async with AsyncMinIOClient(config) as client:
        await client.create_bucket(BUCKET)
        service = program.Thumbnailer(client, Here(before), program.Settings())
        running = asyncio.ensure_future(service.run(stop))
        number = 0
        while not seen.is_set() and not running.done():
            number += 1
            await client.put_object(
                BUCKET, f"in/{number}.jpg", picture(size=(9, 9)), metadata={"long": "x" * 1500}
            )
        stop.set()
        await asyncio.wait_for(running, 60)
        assert service.counts["heard"] >= 3
        await once(service)
        assert len(await keys(client, "thumbs/")) == number
