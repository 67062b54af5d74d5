"""What is measured. An area is a function that gives one `Turn` for each contender there is."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.async_clients import ASYNC_CONTENDERS, Connected
from tests.benchmarks.clients import BUCKET, CONTENDERS, KEY, Client, connect_minio, connect_sdk
from tests.benchmarks.measure import Turn, in_new_processes, in_this_process
from tests.servers import Server

ROOT = Path(__file__).parent.parent.parent
SMALL = b"x" * 1024
PAGE = 1000
MANY = 64
SIZE = 256 << 20
"""Bytes of what is large; ``--size`` says another."""

Area = Callable[[Server, contextlib.ExitStack], dict[str, Turn]]


def importing(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """Importing the package in a new interpreter; the SDK loads its HTTP library when asked to."""
    imports = {
        contender.package: f"import {contender.module}"
        for contender in CONTENDERS
        if contender.version()
    }
    imports["(the SDK's client)"] = "from minio_sdk import MinIOClient"
    return {name: in_new_processes(code, ROOT) for name, code in imports.items()}


def getting(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """GET of 1 KiB, one after the other in one thread."""
    clients = _connect(server, stack)
    next(iter(clients.values())).put(SMALL)
    for name, client in clients.items():
        if (got := client.get()) != SMALL:
            raise SystemExit(f"{name} got {got[:100]!r}")
    return {name: in_this_process(client.get) for name, client in clients.items()}


def putting(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """PUT of 1 KiB, one after the other in one thread."""

    def putter(client: Client) -> Turn:
        return in_this_process(lambda: client.put(SMALL))

    return {name: putter(client) for name, client in _connect(server, stack).items()}


def listing(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """Listing 1,000 keys, a page of them, each as an object with size, date and ETag."""
    clients = _connect(server, stack)
    if server.kind != "null":
        with connect_sdk(server) as sdk:
            for number in range(PAGE):
                sdk.put_object(BUCKET, f"some/folder/object-{number:06}.txt", b"")
    for name, client in clients.items():
        if (found := client.list()) < PAGE:
            raise SystemExit(f"{name} found {found} keys")
    return {name: in_this_process(client.list) for name, client in clients.items()}


def getting_many(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """GET of 64 objects of 1 KiB, 8 at once."""
    pool = stack.enter_context(ThreadPoolExecutor(8))

    def getter(client: Client) -> Turn:
        many = client.get_many
        if many is not None:
            return in_this_process(lambda: many(MANY))
        return in_this_process(lambda: list(pool.map(lambda _: client.get(), range(MANY))))

    clients = _connect(server, stack)
    next(iter(clients.values())).put(SMALL)
    return {name: getter(client) for name, client in clients.items()}


def putting_many(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """PUT of 64 objects of 1 KiB, 8 at once."""
    pool = stack.enter_context(ThreadPoolExecutor(8))

    def putter(client: Client) -> Turn:
        many = client.put_many
        if many is not None:
            return in_this_process(lambda: many(MANY, SMALL))
        return in_this_process(lambda: list(pool.map(lambda _: client.put(SMALL), range(MANY))))

    return {name: putter(client) for name, client in _connect(server, stack).items()}


def packing(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """PUT of 1,000 objects of 1 KiB with `pack=True` and without; minio-py doesn't look what came of them."""
    _make_bucket(server)
    sdk = stack.enter_context(connect_sdk(server))
    names = [f"packed/{number:04}" for number in range(PAGE)]
    items = [(BUCKET, name, SMALL) for name in names]
    turns = {
        "minio-enterprise-sdk": in_this_process(lambda: sdk.upload_many(items, pack=True)),
        "(without pack)": in_this_process(lambda: sdk.upload_many(items)),
    }
    if any(contender.package == "minio" and contender.version() for contender in CONTENDERS):
        objects = importlib.import_module("minio.commonconfig").SnowballObject
        client = connect_minio(server)
        turns["minio"] = in_this_process(
            lambda: client.upload_snowball_objects(
                BUCKET, [objects(name, data=io.BytesIO(SMALL), length=len(SMALL)) for name in names]
            )
        )
    return turns


def getting_async_16(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """GET of 1 KiB by 16 tasks on one event loop."""
    return _getting_async(server, stack, 16)


def getting_async_64(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """GET of 1 KiB by 64 tasks on one event loop."""
    return _getting_async(server, stack, 64)


def _getting_async(server: Server, stack: contextlib.ExitStack, tasks: int) -> dict[str, Turn]:
    if server.kind != "null":
        _make_bucket(server)
    with connect_sdk(server) as sdk:
        sdk.put_object(BUCKET, KEY, SMALL)
    turns = {}
    for contender in ASYNC_CONTENDERS:
        if contender.there():
            client = Connected(contender, server)
            stack.callback(client.close)
            if (got := client.get()) != SMALL:
                raise SystemExit(f"{contender.name} got {got[:100]!r}")
            turns[contender.name] = client.turn(tasks)
    return turns


def uploading(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """A large file to an object."""
    folder = stack.enter_context(large_files())

    def uploader(client: Client) -> Turn:
        assert client.upload is not None
        upload = client.upload
        return in_this_process(lambda: upload(str(folder / big_key())))

    return {name: uploader(client) for name, client in _connect(server, stack).items()}


def downloading(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """A large object to a file."""
    folder = stack.enter_context(large_files())
    clients = _connect(server, stack)
    if server.kind != "null":
        with connect_sdk(server) as sdk:
            sdk.upload_file(BUCKET, big_key(), folder / big_key())

    def downloader(name: str, client: Client) -> Turn:
        assert client.download is not None
        download, path = client.download, folder / name

        def once() -> None:
            download(big_key(), str(path), SIZE)
            if (size := path.stat().st_size) != SIZE:
                raise SystemExit(f"{name} brought {size} bytes")
            path.unlink()

        return in_this_process(once)

    return {name: downloader(name, client) for name, client in clients.items()}


def big_key() -> str:
    """The key, and the file's name, of what is large; the null server reads its size from it."""
    return f"big-{SIZE}"


@contextlib.contextmanager
def large_files() -> Iterator[Path]:
    """A folder with a file of `SIZE` bytes in memory, since disks are noisier than networks."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=place) as folder:
        with Path(folder, big_key()).open("wb") as file:
            block = os.urandom(1 << 20)
            file.writelines(block[: SIZE - start] for start in range(0, SIZE, len(block)))
        yield Path(folder)


AREAS: dict[str, Area] = {
    "import": importing,
    "get": getting,
    "put": putting,
    "list": listing,
    "get-many": getting_many,
    "put-many": putting_many,
    "get-async-16": getting_async_16,
    "get-async-64": getting_async_64,
    "pack": packing,
    "upload": uploading,
    "download": downloading,
}
ONLY_ON = {"pack": "minio"}
"""The server that an area needs."""


def _connect(server: Server, stack: contextlib.ExitStack) -> dict[str, Client]:
    """Every contender that is installed, on a server that has the bucket."""
    if server.kind != "null":
        _make_bucket(server)
    clients = {}
    for contender in CONTENDERS:
        if contender.version():
            clients[contender.package] = client = contender.connect(server)
            stack.callback(client.close)
    return clients


def _make_bucket(server: Server) -> None:
    with connect_sdk(server) as client:
        if not client.bucket_exists(BUCKET):
            client.create_bucket(BUCKET)
