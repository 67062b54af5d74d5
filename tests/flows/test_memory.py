"""Memory stays bounded, measured from outside the process that transfers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from minio_sdk.blocking import run
from minio_sdk.config import GiB, MiB
from minio_sdk.flows import uploads
from minio_sdk.flows.sources import Source
from minio_sdk.wire.message import Reply, Request
from tests.flows.memory import Bucket, Memory
from tests.processes import ROOT, linux_only
from tests.scripted import Request as Came
from tests.scripted import ScriptedServer, Step, reply

MOST = 100 * MiB  # of growth: the budget, and what sockets, threads and HTTP take

CHILD = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from minio_sdk import AsyncMinIOClient, Config, MinIOClient
kind, url, path = sys.argv[1:]
config = Config(url, "acme", access_key="key", secret_key="secret")

def memory(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024

async def main():
    async with AsyncMinIOClient(config) as client:
        await client.put_object("docs", "a", b"1")
        before = memory("VmRSS")
        await asyncio.gather(*(client.upload_file("docs", f"{n}", path) for n in range(12)))
    print(memory("VmHWM") - before)

if kind == "async":
    asyncio.run(main())
else:
    with MinIOClient(config) as client, ThreadPoolExecutor(12) as pool:
        client.put_object("docs", "a", b"1")
        before = memory("VmRSS")
        list(pool.map(lambda n: client.upload_file("docs", f"{n}", path), range(12)))
    print(memory("VmHWM") - before)
"""


def forgetting(request: Came) -> Step:
    """A server that acknowledges everything and keeps nothing."""
    size = len(request.body)
    request.body = b""
    if request.query.startswith("uploads"):
        body = b"<I><UploadId>u</UploadId></I>"
    elif request.method == "POST":
        body = b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"
    else:
        body = b""
    return reply(200, body, headers={"ETag": f'"{size}"'})


@linux_only
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_many_large_uploads_at_once(kind: str, tmp_path: Path) -> None:
    """Twelve files of 32 MiB at once, 384 MiB in all."""
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(32 * MiB)
    with ScriptedServer(handler=forgetting) as server:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, kind, server.url, str(path)],
            capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MOST


class Sparse(Memory):
    """Takes uploads, and counts their bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}

    def _answer(self, request: Request, name: str, key: str, query: dict[str, str]) -> Reply:
        if "partNumber" in query:
            self.sizes[int(query["partNumber"])] = request.length or 0
            return Reply(200, {"etag": '"e"'})
        if "uploads" in query:
            return Reply(200, {}, b"<I><UploadId>u</UploadId></I>")
        if request.method == "POST":
            tag = b"CompleteMultipartUploadResult"
            return Reply(200, {}, b"<" + tag + b"></" + tag + b">")
        return super()._answer(request, name, key, query)


class Zeros:
    """A file of zeros, of which there is one block in memory."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.block = bytes(8 * MiB)

    def read(self, size: int = -1, /) -> bytes:
        size = min(size, self.left, len(self.block))
        self.left -= size
        return self.block if size == len(self.block) else self.block[:size]


def test_five_gibibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of unknown length, through the whole flow, with no more than a few parts in memory."""
    monkeypatch.setattr("minio_sdk.flows.parts.crc32", lambda *_: 0)
    server = Sparse()
    server.buckets["acme-docs"] = Bucket()
    engine = server.engine(part_size=64 * MiB)
    size = 5 * GiB + 1
    data = Zeros(size)
    stored = run(uploads.put(engine, engine.place("docs"), "a", Source(data), {}))
    assert stored.size == sum(server.sizes.values()) == size
    assert sorted(server.sizes) == list(range(1, 82))


@pytest.mark.parametrize("length", [1, 5 << 20, 80 * GiB, 5 << 40, 10_000 * 5 * GiB])
def test_no_length_needs_more_than_ten_thousand_parts(length: int) -> None:
    from minio_sdk.flows.parts import part_size

    size = part_size(Memory().engine(), length)
    assert -(-length // size) <= 10_000
    assert 8 * MiB <= size <= 5 * GiB


def test_parts_of_an_unknown_length_reach_the_largest_object() -> None:
    from minio_sdk.flows.parts import grown, part_size

    size, whole = part_size(Memory().engine(), None), 0
    for number in range(1, 10_001):
        whole += size
        size = grown(size, number)
    assert whole >= 5 << 40
