"""What is measured. An area gives one `Turn` for each contender there is."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks import caching, programs
from tests.benchmarks.async_clients import ASYNC_CONTENDERS, Connected
from tests.benchmarks.clients import (
    BUCKET,
    CONTENDERS,
    KEY,
    PROJECT,
    Client,
    connect_minio,
    connect_sdk,
    installed,
)
from tests.benchmarks.endpoint import NULL
from tests.benchmarks.measure import Turn, in_new_processes, in_this_process, one_by_one
from tests.servers import Server

SMALL = b"x" * 1024
PAGE = 1000
PREFIX = "some/folder/"
AT_ONCE = 8
"""Threads for peers that have no call for many objects."""


@dataclass(frozen=True)
class Area:
    """Something to measure, by as many rounds as it is worth."""

    about: str
    prepare: Callable[[Server, contextlib.ExitStack], dict[str, Turn]]
    rounds: int = 15
    only_on: str | None = None
    """The server that it needs."""


def all_areas(large: int, objects: Sequence[int] = (64, 1000)) -> dict[str, Area]:
    """By name, in the order of the page; what is large has so many bytes."""
    areas = {
        "import": Area(
            "Importing the package in a new interpreter; the SDK loads its HTTP library when asked to.",
            importing,
            only_on=NULL,
        ),
        "get": Area("GET of 1 KiB, one after the other in one thread.", getting),
        "put": Area("PUT of 1 KiB, one after the other in one thread.", putting),
        "list": Area(
            "Listing 1,000 keys, a page of them, each as an object with size, date and ETag. Per key.",
            listing,
        ),
    }
    for method, call, prepare in (
        ("get", "download_many", getting_many),
        ("put", "upload_many", putting_many),
    ):
        for count in objects:
            areas[f"{method}-many-{count}"] = Area(
                f"{method.upper()} of {count:,} objects of 1 KiB: one `{call}`, and {AT_ONCE} threads for "
                "peers without such a call. Per object.",
                partial(prepare, count=count),
                rounds=7,
            )
    for tasks in (16, 64):
        areas[f"get-async-{tasks}"] = Area(
            f"GET of 1 KiB by {tasks} tasks on one event loop.", partial(getting_async, tasks=tasks)
        )
    areas["pack"] = Area(
        "PUT of 1,000 objects of 1 KiB with `pack=True` and without; minio-py doesn't look what came of "
        "them. Per object.",
        packing,
        rounds=5,
        only_on="minio",
    )
    areas["cache"] = Area(
        "`download` of 1 KiB that the read cache has and trusts, in one thread.",
        caching.in_one_thread,
        only_on=NULL,
    )
    areas["cache-4"] = Area(
        "`download` of 1 KiB that the read cache has and trusts, in four threads; the time of all, for each "
        "of all reads.",
        caching.in_four_threads,
        only_on=NULL,
    )
    size = f"{large >> 20:,} MiB"
    areas["upload"] = Area(
        f"A file of {size} to an object, its SHA-256 signed. obstore with its own settings, and with larger "
        "parts. curl sends it in one piece, after Python's hashlib has read it.",
        partial(uploading, size=large),
        rounds=5,
    )
    areas["download"] = Area(
        f"An object of {size} to a file. obstore has no call for that: four threads fetch ranges of "
        "8 MiB, or one its stream.",
        partial(downloading, size=large),
        rounds=5,
    )
    return areas


def importing(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """Each package that is installed, and what the SDK loads when it is first used."""
    imports = {
        contender.package: f"import {contender.module}"
        for contender in CONTENDERS
        if contender.version()
    }
    imports["(the SDK's client)"] = "from minio_sdk import MinIOClient"
    return {name: in_new_processes(code) for name, code in imports.items()}


def getting(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """One object, again and again."""
    clients = _connect(server, stack)
    _store(server, [KEY])
    for name, client in clients.items():
        _check(name, client.get(KEY), SMALL)
    return {name: in_this_process(partial(client.get, KEY)) for name, client in clients.items()}


def putting(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """One object, again and again."""
    clients = _connect(server, stack)
    return {name: in_this_process(partial(each.put, KEY, SMALL)) for name, each in clients.items()}


def listing(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """What all begins with one prefix, on servers that store anything."""
    clients = _connect(server, stack)
    if server.kind != NULL:
        _store(server, [f"{PREFIX}object-{number:06}.txt" for number in range(PAGE)])
    for name, client in clients.items():
        _check(name, client.list(PREFIX), PAGE)
    return {
        name: in_this_process(partial(client.list, PREFIX), each_of=PAGE)
        for name, client in clients.items()
    }


def getting_many(server: Server, stack: contextlib.ExitStack, *, count: int) -> dict[str, Turn]:
    """Different objects, as bytes."""
    pool, clients = stack.enter_context(ThreadPoolExecutor(AT_ONCE)), _connect(server, stack)
    keys = [f"many/{number:06}" for number in range(count)]
    _store(server, keys)

    def getter(client: Client) -> Callable[[], Iterable[object]]:
        if client.get_many is not None:
            return partial(client.get_many, keys)
        return lambda: list(pool.map(client.get, keys))

    turns = {}
    for name, client in clients.items():
        get = getter(client)
        _check(name, list(get()), [SMALL] * count)
        turns[name] = in_this_process(get, each_of=count)
    return turns


def putting_many(server: Server, stack: contextlib.ExitStack, *, count: int) -> dict[str, Turn]:
    """Different objects, from memory; by programs from files."""
    pool, clients = stack.enter_context(ThreadPoolExecutor(AT_ONCE)), _connect(server, stack)
    keys = [f"many/{number:06}" for number in range(count)]

    def putter(client: Client) -> Callable[[], object]:
        if client.put_many is not None:
            return partial(client.put_many, keys, SMALL)
        return lambda: list(pool.map(lambda key: client.put(key, SMALL), keys))

    turns = {
        name: in_this_process(putter(client), each_of=count) for name, client in clients.items()
    }
    if programs.version(programs.S5CMD):
        folder = Path(stack.enter_context(_in_memory()))
        for key in keys:
            (folder / Path(key).name).write_bytes(SMALL)
        put = programs.s5cmd_put(server, folder, "many/")
        turns[programs.S5CMD] = in_this_process(put, each_of=count)
    return turns


def getting_async(server: Server, stack: contextlib.ExitStack, *, tasks: int) -> dict[str, Turn]:
    """One object, again and again, by so many tasks at once."""
    _store(server, [KEY])
    turns = {}
    for contender in ASYNC_CONTENDERS:
        if contender.there():
            client = Connected(contender, server)
            stack.callback(client.close)
            _check(contender.name, client.get(), SMALL)
            turns[contender.name] = client.turn(tasks)
    return turns


def packing(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """In one archive, which MinIO unpacks."""
    _make_bucket(server)
    sdk = stack.enter_context(connect_sdk(server))
    names = [f"packed/{number:04}" for number in range(PAGE)]
    items = [(BUCKET, name, SMALL) for name in names]
    turns = {
        PROJECT: in_this_process(lambda: sdk.upload_many(items, pack=True), each_of=PAGE),
        "(without pack)": in_this_process(lambda: sdk.upload_many(items), each_of=PAGE),
    }
    if installed("minio"):
        objects = importlib.import_module("minio.commonconfig").SnowballObject
        client = connect_minio(server)

        def pack() -> None:
            client.upload_snowball_objects(
                BUCKET, [objects(name, data=io.BytesIO(SMALL), length=len(SMALL)) for name in names]
            )

        turns["minio"] = in_this_process(pack, each_of=PAGE)
    return turns


def uploading(server: Server, stack: contextlib.ExitStack, *, size: int) -> dict[str, Turn]:
    """A file that is in memory."""
    path = stack.enter_context(large_file(size))
    turns = {}
    for name, client in _connect(server, stack).items():
        turns[name] = in_this_process(partial(client.upload, str(path)))
        if client.upload_tuned is not None:
            turns[f"{name} (8 MiB, 4 at once)"] = in_this_process(
                partial(client.upload_tuned, str(path))
            )
    if programs.version(programs.CURL):
        turns[programs.CURL] = in_this_process(programs.curl_upload(server, path))
    return turns


def downloading(server: Server, stack: contextlib.ExitStack, *, size: int) -> dict[str, Turn]:
    """A file that is in memory, and that isn't there yet."""
    path, clients = stack.enter_context(large_file(size)), _connect(server, stack)
    if server.kind != NULL:
        with connect_sdk(server) as sdk:
            sdk.upload_file(BUCKET, path.name, path)
    brought = str(path.with_name("brought"))
    downloads: dict[str, Callable[[], object]] = {}
    for name, client in clients.items():
        downloads[name] = partial(client.download, path.name, brought, size)
        if client.download_plainly is not None:
            downloads[f"{name} (one stream)"] = partial(client.download_plainly, path.name, brought)

    def remove() -> None:
        _check("a client", Path(brought).stat().st_size, size)
        Path(brought).unlink()

    return {name: one_by_one(download, after=remove) for name, download in downloads.items()}


@contextlib.contextmanager
def large_file(size: int) -> Iterator[Path]:
    """A file in memory, since disks are noisier; the null server reads an object's size from this name."""
    with _in_memory() as folder:
        path = Path(folder, f"big-{size}")
        with path.open("wb") as file:
            block = os.urandom(1 << 20)
            file.writelines(block[: size - start] for start in range(0, size, len(block)))
        yield path


def _in_memory() -> tempfile.TemporaryDirectory[str]:
    place = "/dev/shm" if sys.platform == "linux" and Path("/dev/shm").is_dir() else None
    return tempfile.TemporaryDirectory(prefix="benchmarks-", dir=place)


def _connect(server: Server, stack: contextlib.ExitStack) -> dict[str, Client]:
    """Every contender that is installed, on a server that has the bucket."""
    _make_bucket(server)
    clients = {}
    for contender in CONTENDERS:
        if contender.version():
            clients[contender.package] = client = contender.connect(server)
            stack.callback(client.close)
    return clients


def _make_bucket(server: Server) -> None:
    if server.kind == NULL:
        return
    with connect_sdk(server) as client:
        if not client.bucket_exists(BUCKET):
            client.create_bucket(BUCKET)


def _store(server: Server, keys: Sequence[str]) -> None:
    """Small objects under these keys."""
    with connect_sdk(server) as client:
        result = client.upload_many([(BUCKET, key, SMALL) for key in keys])
    if result.errors:
        raise SystemExit(f"storing what is to be read: {result.errors[0]}")


def _check(name: str, got: object, expected: object) -> None:
    """A client that does something else isn't measured."""
    if got != expected:
        raise SystemExit(f"{name} got {got!r:.100}, not {expected!r:.100}")
