"""Hits of the read cache, beside what one would put round a client oneself."""

from __future__ import annotations

import contextlib
import importlib
import threading
import time
from collections.abc import Callable
from typing import Any

from minio_sdk import Cache
from tests.benchmarks.clients import BUCKET, PROJECT, connect_sdk, installed
from tests.benchmarks.measure import Cost, Turn, cpu_used
from tests.servers import Server

CACHETOOLS = "cachetools.LRUCache, a lock"
OBJECTS = 256
SIZE = 1024
KEYS = [f"cached/object-{number:04}" for number in range(OBJECTS)]
Read = Callable[[str], bytes]


def in_one_thread(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """`download` of 1 KiB that the cache has and trusts, in one thread."""
    return {name: _turn(read, 1) for name, read in _contenders(server, stack).items()}


def in_four_threads(server: Server, stack: contextlib.ExitStack) -> dict[str, Turn]:
    """`download` of 1 KiB that the cache has and trusts, in four threads; the time for each of all reads."""
    return {name: _turn(read, 4) for name, read in _contenders(server, stack).items()}


def _contenders(server: Server, stack: contextlib.ExitStack) -> dict[str, Read]:
    client = stack.enter_context(connect_sdk(server))
    cached = client.with_(cache=Cache(trust=3600), bucket=BUCKET)
    stack.callback(cached.close)
    for key in KEYS:
        client.put_object(BUCKET, key, bytes(SIZE))
        cached.download(key)
    found: dict[str, Read] = {PROJECT: cached.download}
    if installed("cachetools"):
        found[CACHETOOLS] = _locked(cached.download)
        found["cachetools.cached, a lock"] = _decorated(cached.download)
    for read in found.values():
        for key in KEYS:
            read(key)
    return found


def _locked(download: Read) -> Read:
    lru: Any = importlib.import_module("cachetools").LRUCache(64 << 20, len)
    lock = threading.Lock()

    def read(key: str) -> bytes:
        with lock:
            found: bytes | None = lru.get(key)
        if found is None:
            found = download(key)
            with lock:
                lru[key] = found
        return found

    return read


def _decorated(download: Read) -> Read:
    cachetools: Any = importlib.import_module("cachetools")
    lru = cachetools.LRUCache(64 << 20, len)
    read: Read = cachetools.cached(lru, lock=threading.Lock())(download)
    return read


def _turn(read: Read, threads: int) -> Turn:
    def some(times: int) -> None:
        for _ in range(times):
            for key in KEYS:
                read(key)

    def turn(times: int) -> Cost:
        """`times` reads, or a few more."""
        rounds = -(-times // (threads * OBJECTS))
        workers = [threading.Thread(target=some, args=(rounds,)) for _ in range(threads)]
        cpu, started = cpu_used(), time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        wall, count = time.perf_counter() - started, rounds * threads * OBJECTS
        return Cost(wall / count, (cpu_used() - cpu) / count)

    return turn
