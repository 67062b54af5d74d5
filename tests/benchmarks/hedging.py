"""What hedging does for the slowest reads: `python -m tests.benchmarks.hedging`.

A server in a process of its own answers 2 of 100 requests a second late, at random, whichever request it is.
Each client reads 3,000 small objects, 16 at a time, without and with ``hedge=Hedge()``.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from minio_sdk import AsyncMinIOClient, Config, Hedge, MinIOClient

_ANSWER = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 1024\r\n\r\n' + b"x" * 1024


def serve(share: float, delay: float, port: Any, count: Any) -> None:
    """Answer for ever."""
    chance = random.Random(7)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                count.value += 1
                if chance.random() < share:
                    await asyncio.sleep(delay)
                writer.write(_ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(one, "127.0.0.1", 0)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()

    asyncio.run(main())


def blocking(config: Config, reads: int, at_once: int) -> list[float]:
    """Seconds of each read by `MinIOClient`."""
    with MinIOClient(config) as client, ThreadPoolExecutor(at_once) as pool:

        def one(number: int) -> float:
            began = time.perf_counter()
            client.get_object("docs", f"k{number}")
            return time.perf_counter() - began

        return list(pool.map(one, range(reads)))


def awaited(config: Config, reads: int, at_once: int) -> list[float]:
    """The same by `AsyncMinIOClient`."""

    async def main() -> list[float]:
        times: list[float] = []
        numbers = iter(range(reads))
        async with AsyncMinIOClient(config) as client:

            async def work() -> None:
                for number in numbers:
                    began = time.perf_counter()
                    await client.get_object("docs", f"k{number}")
                    times.append(time.perf_counter() - began)

            await asyncio.gather(*(work() for _ in range(at_once)))
        return times

    return asyncio.run(main())


def measure(
    run: Callable[[Config, int, int], list[float]],
    hedge: Hedge | None,
    options: argparse.Namespace,
) -> list[float]:
    """p50, p99 and p99.9 in milliseconds, and the requests for each read."""
    context = multiprocessing.get_context("spawn")
    port, count = context.Value("i", 0), context.Value("i", 0)
    server = context.Process(
        target=serve, args=(options.share, options.delay, port, count), daemon=True
    )
    server.start()
    try:
        while not port.value:
            time.sleep(0.05)
        url = f"http://127.0.0.1:{port.value}"
        config = Config(url, "acme", access_key="a", secret_key="b", hedge=hedge)
        times = sorted(run(config, options.reads, options.at_once))
    finally:
        server.terminate()
        server.join()
    share = count.value / len(times)
    return [*(1000 * times[int(len(times) * at)] for at in (0.5, 0.99, 0.999)), share]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.hedging")
    parser.add_argument("--reads", type=int, default=3000)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--delay", type=float, default=1.0)
    options = parser.parse_args()
    print("| client | hedge | p50 ms | p99 ms | p99.9 ms | requests a read |")
    print("|---|---|---|---|---|---|")
    for name, run in (("sync", blocking), ("async", awaited)):
        for hedge in (None, Hedge()):
            p50, p99, p999, share = measure(run, hedge, options)
            told = "off" if hedge is None else "on"
            print(
                f"| {name} | {told} | {p50:.1f} | {p99:.1f} | {p999:.1f} | {share:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
