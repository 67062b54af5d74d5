"""How much memory a transfer takes at most: each in a process of its own, measured by the system.

    python -m tests.benchmarks.peaks CLIENT SCENARIO URL PATH

does one scenario with the file at PATH, whose name is the object's key, and prints by how many bytes the
resident memory grew beyond what it was when the client had been connected and used once.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from minio_sdk import AsyncMinIOClient
from tests.benchmarks.clients import BUCKET, CONTENDERS, KEY, PROJECT, connect_sdk, settings
from tests.benchmarks.measure import ROOT
from tests.servers import Server

ASYNC = f"{PROJECT} (async)"
AT_ONCE = 64
BLOCK = 256 * 1024

SCENARIOS = {
    "upload": "upload_file",
    "download": "download_file",
    "write": 'open("wb")',
    "stream": "download_stream",
    "read": 'open("rb")',
    "uploads": "64 uploads at once",
    "downloads": "64 downloads at once",
    "writes": '64 times open("wb") at once',
    "streams": "64 times download_stream at once",
}


def cases() -> Iterator[tuple[str, str]]:
    """Who does what: all by the SDK, and by peers what they have."""
    for contender in CONTENDERS:
        if not contender.version():
            continue
        for what in SCENARIOS:
            if contender.package == PROJECT:
                yield from ((PROJECT, what), (ASYNC, what))
            elif what in ("upload", "download"):
                yield contender.package, what


def measured(client: str, what: str, server: Server, path: Path) -> int:
    """Bytes of growth."""
    if what in ("uploads", "downloads", "writes", "streams"):
        size = path.stat().st_size // 16
        path = path.with_name(f"big-{size}")
        if not path.exists():
            with path.open("wb") as file:
                file.truncate(size)
    told = subprocess.run(
        [sys.executable, "-m", __name__, client, what, server.base_url, str(path)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ).stdout
    return int(told)


def resident() -> int:
    """Bytes that are in memory now."""
    return _status("VmRSS")


def highest() -> int:
    """The most bytes that ever were; `getrusage` would count what was before `exec`."""
    return _status("VmHWM")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"this system doesn't tell {name}")


def main() -> None:
    name, what, url, path = sys.argv[1:]
    server = Server("null", url, "a" * 8, "b" * 8, "")
    if name == ASYNC:
        print(asyncio.run(_awaited(what, server, path)))
        return
    if name == PROJECT:
        print(_blocking(what, server, path))
        return
    (contender,) = (each for each in CONTENDERS if each.package == name)
    client = contender.connect(server)
    client.put(KEY, b"x")
    client.get(KEY)
    before = resident()
    if what == "upload":
        client.upload(path)
    else:
        key = Path(path).name
        client.download(key, path + ".down", int(key.removeprefix("big-")))
        Path(path + ".down").unlink()
    print(highest() - before)


def _blocks(path: str) -> Iterator[bytes]:
    block = os.urandom(BLOCK)
    for _ in range(Path(path).stat().st_size // BLOCK):
        yield block


def _blocking(what: str, server: Server, path: str) -> int:
    key = Path(path).name

    def upload(number: int) -> None:
        client.upload_file(BUCKET, f"{key}-{number}", path)

    def download(number: int) -> None:
        client.download_file(BUCKET, key, f"{path}.{number}")
        Path(f"{path}.{number}").unlink()

    def write(number: int) -> None:
        with client.open(BUCKET, f"{key}-{number}", "wb") as file:
            for block in _blocks(path):
                file.write(block)

    def stream(number: int) -> None:
        for piece in client.download_stream(BUCKET, key):
            del piece

    def read(number: int) -> None:
        with client.open(BUCKET, key) as file:
            while file.read(BLOCK):
                pass

    calls: dict[str, Callable[[int], None]] = {
        "upload": upload, "download": download, "write": write, "stream": stream, "read": read,
    }  # fmt: skip
    with connect_sdk(server) as client:
        client.put_object(BUCKET, "first", b"x")
        before = resident()
        if what in calls:
            calls[what](0)
        else:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(calls[what.removesuffix("s")], range(AT_ONCE)))
        return highest() - before


@asynccontextmanager
async def _connected(server: Server) -> AsyncIterator[AsyncMinIOClient]:
    async with AsyncMinIOClient(settings(server)) as client:
        await client.put_object(BUCKET, "first", b"x")
        yield client


async def _awaited(what: str, server: Server, path: str) -> int:
    key = Path(path).name

    async def upload(number: int) -> None:
        await client.upload_file(BUCKET, f"{key}-{number}", path)

    async def download(number: int) -> None:
        await client.download_file(BUCKET, key, f"{path}.{number}")
        await asyncio.to_thread(Path(f"{path}.{number}").unlink)

    async def write(number: int) -> None:
        async with client.open(BUCKET, f"{key}-{number}", "wb") as file:
            for block in _blocks(path):
                await file.write(block)

    async def stream(number: int) -> None:
        async for piece in client.download_stream(BUCKET, key):
            del piece

    async def read(number: int) -> None:
        async with client.open(BUCKET, key) as file:
            while await file.read(BLOCK):
                pass

    calls = {"upload": upload, "download": download, "write": write, "stream": stream, "read": read}
    async with _connected(server) as client:
        before = resident()
        if what in calls:
            await calls[what](0)
        else:
            one = calls[what.removesuffix("s")]
            await asyncio.gather(*(one(number) for number in range(AT_ONCE)))
        return highest() - before


if __name__ == "__main__":
    main()
