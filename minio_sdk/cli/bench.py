"""`bench`: how fast a server is, as this SDK sees it."""

from __future__ import annotations

import os
import secrets
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from minio_sdk.cli.session import Session, command
from minio_sdk.cli.values import SIZE, human
from minio_sdk.errors import MinIOError

if TYPE_CHECKING:
    from minio_sdk.client import MinIOClient


@click.command()
@click.option("--size", type=SIZE, default="1MiB", show_default=True, help="Bytes of each object.")
@click.option("--count", type=click.IntRange(1), default=64, show_default=True, help="Objects.")
@click.option(
    "--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="At once."
)
@command
def bench(session: Session, size: int, count: int, threads: int) -> None:
    """Measure how fast a server is, through this SDK.

    Objects of random bytes are put, read, listed and deleted in a new bucket, which is removed at the end,
    also after Ctrl-C. The figures are those of this computer, this network and this SDK together: rates over
    the whole time of a step, and times of single calls.
    """
    client = session.client()
    bucket = f"bench-{secrets.token_hex(5)}"
    data = os.urandom(size)
    keys = [f"{number % 16:x}/{number:08}" for number in range(count)]
    client.create_bucket(bucket)
    rows: list[tuple[dict[str, Any], tuple[object, ...]]] = []
    try:
        with session.work("Measuring", count=4 * count) as work:
            steps: dict[str, Callable[[str], object]] = {
                "put": lambda key: client.put_object(bucket, key, data),
                "get": lambda key: _read(client, bucket, key, size),
                "stat": lambda key: client.get_object_metadata(bucket, key),
            }
            for name, step in steps.items():
                moved = size if name in ("put", "get") else 0
                rows.append(_measured(name, step, keys, threads, moved, work.add))
            rows.append(_listed(client, bucket, count))
            delete = lambda key: client.delete_object(bucket, key)  # noqa: E731
            rows.append(_measured("delete", delete, keys, threads, 0, work.add))
    finally:
        with suppress(MinIOError):  # what went wrong before says more
            client.delete_bucket(bucket, force=True)
    columns = ("STEP", "OBJECTS", "OBJECTS/S", "BYTES/S", "MEDIAN MS", "99 % MS")
    session.screen.table(columns, rows, right=columns[1:])
    each = f"{count} objects of {human(size)}, {threads} at once"
    session.screen.remark(f"{each}, at {', '.join(session.config.endpoints)}")


def _read(client: MinIOClient, bucket: str, key: str, size: int) -> None:
    found = len(client.get_object(bucket, key))
    if found != size:
        raise MinIOError(f"{key} came back with {found} bytes of {size}")


def _measured(
    name: str,
    step: Callable[[str], object],
    keys: list[str],
    threads: int,
    size: int,
    done: Callable[[], None],
) -> tuple[dict[str, Any], tuple[object, ...]]:
    """Do a step for every key, and take the times."""
    times: list[float] = []
    ended = threading.Event()

    def timed(key: str) -> None:
        if ended.is_set():
            return
        begun = time.perf_counter()
        step(key)
        times.append(time.perf_counter() - begun)
        done()

    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in pool.map(timed, keys):
                pass
        except BaseException:
            ended.set()
            raise
    return _row(name, len(keys), time.perf_counter() - begun, size * len(keys), times)


def _listed(
    client: MinIOClient, bucket: str, count: int
) -> tuple[dict[str, Any], tuple[object, ...]]:
    begun = time.perf_counter()
    found = len(client.list_objects(bucket))
    seconds = time.perf_counter() - begun
    if found != count:
        raise MinIOError(f"the listing has {found} objects, and {count} were put")
    return _row("list", count, seconds, 0, [])


def _row(
    name: str, count: int, seconds: float, size: int, times: list[float]
) -> tuple[dict[str, Any], tuple[object, ...]]:
    rate = count / seconds
    median = statistics.median(times) * 1000 if times else None
    slow = sorted(times)[min(len(times) - 1, int(len(times) * 0.99))] * 1000 if times else None
    record = {
        "step": name, "objects": count, "seconds": seconds, "objects_per_second": rate,
        "bytes_per_second": size / seconds if size else None,
        "median_milliseconds": median, "p99_milliseconds": slow,
    }  # fmt: skip
    cells = (
        name,
        count,
        f"{rate:.1f}",
        f"{human(size / seconds)}/s" if size else "",
        f"{median:.2f}" if median is not None else "",
        f"{slow:.2f}" if slow is not None else "",
    )
    return record, cells
