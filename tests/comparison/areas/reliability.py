"""Time, retries and memory."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import importlib
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from minio_sdk import Config, MinIOClient
from tests.benchmarks.measure import ROOT
from tests.comparison.lab import Lab, MiB, within
from tests.comparison.model import (
    BOTO3,
    MC,
    MINIO,
    MINIOPY,
    OBSTORE,
    S3FS,
    SDK,
    Feature,
    Outcome,
    Probe,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.peers import connected
from tests.comparison.probes import absent, each, our
from tests.scripted import Exchange, Request, Step, reply, s3_error

AREA = "Time, retries, memory"
KEY = "lab/object"
DEADLINE = 1.0
SLACK = 3.0


def _busy(request: Request) -> Step:
    return s3_error(503, "SlowDown")


def _dribbling(exchange: Exchange) -> None:
    """A byte now and then, so that no single read ever takes long."""
    exchange.read_body()
    exchange.send(
        b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: "6b2d8a9c1f3e4d5b6b2d8a9c1f3e4d5b"\r\n'
        b"Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\n"
    )
    while not exchange.stopping.wait(0.2):
        exchange.send(b"x")


def _slow(request: Request) -> Step:
    if "location" in request.query:
        return reply(200, b"<LocationConstraint/>")
    if request.method == "HEAD":
        told = {"ETag": '"6b2d8a9c1f3e4d5b6b2d8a9c1f3e4d5b"',
                "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}  # fmt: skip
        return reply(200, headers=told, content_length=1000)
    return _dribbling


def _bounded() -> dict[str, dict[str, Any]]:
    """What each client has to bound a call with, set to a second."""
    urllib3 = importlib.import_module("urllib3")
    botocore = importlib.import_module("botocore.config")
    second = timedelta(seconds=DEADLINE)
    return {
        SDK: {"deadline": DEADLINE},
        MINIO: {"http_client": urllib3.PoolManager(timeout=urllib3.Timeout(total=DEADLINE))},
        BOTO3: {"config": botocore.Config(connect_timeout=1, read_timeout=1)},
        OBSTORE: {
            "client_options": {"timeout": second},
            "retry_config": {"max_retries": 10, "retry_timeout": second},
        },
        S3FS: {"config_kwargs": {"connect_timeout": 1, "read_timeout": 1}},
        MINIOPY: {},
        MC: {"words": ("--conn-read-deadline", "1s")},
    }


def _deadline(lab: Lab, name: str) -> Outcome:
    """Once against a server that is always busy, once against one whose answer never ends."""
    told, late = [], []
    for what, handler in (("a busy server", _busy), ("an answer that dribbles", _slow)):
        with lab.scripted(handler) as (_, server):
            with connected(name, server, **_bounded()[name]) as peer:
                _, end = within(DEADLINE + SLACK, functools.partial(peer.get, "lab-slow", KEY))
        if end == "still going":
            late.append(what)
        told.append(f"{what}: {end}")
    if len(late) == 2:
        return no(
            f"Still going {SLACK:g} s after its limit of {DEADLINE:g} s, with {' and '.join(late)}."
        )
    if late:
        return partly(f"Still going {SLACK:g} s after its limit of {DEADLINE:g} s with {late[0]}.")
    return yes(f"Ended in time with both. {'; '.join(told)}.")


async def _read_within(client: Any) -> None:
    async def read() -> None:
        response = await client.get_object("lab-slow", KEY)
        await response.read()

    await asyncio.wait_for(read(), DEADLINE)


def _awaited_deadline(lab: Lab) -> Outcome:
    """Nothing of its own, but a task can be given a time."""
    for handler in (_busy, _slow):
        with lab.scripted(handler) as (_, server), connected(MINIOPY, server) as peer:
            _, end = within(DEADLINE + SLACK, functools.partial(peer.run, _read_within))
        if end == "still going":
            return no(f"Not even `asyncio.wait_for` ended it within {DEADLINE + SLACK:g} s.")
    return partly("It has no setting for it; `asyncio.wait_for` around a call ends it in time.")


def _busy_twice(after: str | None = None) -> tuple[Callable[[Request], Step], list[float]]:
    """503 to the first two requests for the object, and when they came."""
    times: list[float] = []

    def answer(request: Request) -> Step:
        if "location" in request.query:
            return reply(200, b"<LocationConstraint/>")
        times.append(time.monotonic())
        if len(times) <= (1 if after else 2):
            return s3_error(503, "SlowDown", headers={"Retry-After": after} if after else {})
        tag = '"9dd4e461268c8034f5c8564e155c67a6"'  # of b"x"
        told = {"ETag": tag, "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
        return reply(200, b"x", headers=told)

    return answer, times


def _retries(lab: Lab, name: str) -> Outcome:
    """Four calls that meet two 503 each; delays are random if those of one step differ by a quarter."""

    def once(_: int) -> list[float]:
        handler, times = _busy_twice()
        with lab.scripted(handler) as (_scripted, server), connected(name, server) as peer:
            peer.get("lab-busy", KEY)
        return [later - sooner for sooner, later in itertools.pairwise(times[:3])]

    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            gaps = list(pool.map(once, range(4)))
    except Exception as problem:
        return no(f"{type(problem).__name__} after a 503.")
    steps = [step for step in zip(*gaps, strict=True) if max(step) > 0.15]
    random = any((max(step) - min(step)) / max(step) > 0.25 for step in steps)
    if not steps:
        return partly("It goes on at once, with no delay worth the name.")
    return (
        yes("Two 503 were waited out; delays differ from call to call.")
        if random
        else partly("Two 503 were waited out; delays are the same for every call.")
    )


def _retry_after(lab: Lab, name: str) -> Outcome:
    handler, times = _busy_twice("2")
    with lab.scripted(handler) as (_, server), connected(name, server) as peer:
        try:
            peer.get("lab-busy", KEY)
        except Exception as problem:
            return no(f"{type(problem).__name__} after one 503.")
    waited = times[1] - times[0]
    if waited >= 1.9:
        return yes("It came again after the 2 s that the server asked for.")
    return no("It came again sooner than the 2 s that the server asked for.")


def _budget(lab: Lab, name: str) -> Outcome:
    """150 calls of one client to a server that fails always: do the last 20 still try again?"""
    counted = threading.Lock()
    seen = 0

    def answer(request: Request) -> Step:
        nonlocal seen
        with counted:
            seen += 1
        return s3_error(503, "SlowDown")

    settings = {
        SDK: {"base_delay": 0.01, "max_delay": 0.02, "pool_size": 50},
        BOTO3: {
            "config": importlib.import_module("botocore.config").Config(
                max_pool_connections=50, retries={"mode": "standard"}
            )
        },
    }[name]
    with lab.scripted(answer) as (_, server), connected(name, server, **settings) as peer:

        def call(_: int) -> None:
            try:
                peer.get("lab-busy", KEY)
            except Exception:
                return
            raise AssertionError("a 503 was taken for an object")

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            list(pool.map(call, range(150)))
            before = seen
            list(pool.map(call, range(20)))
    if seen - before <= 22:
        return yes("After 150 calls that failed, 20 more made one request each.")
    return no(f"After 150 calls that failed, 20 more made {seen - before} requests.")


def _memory(lab: Lab, name: str) -> Outcome:
    """A file of 1 GiB up, and down, each in a process of its own.

    The server stores nothing, but for `mc`, which counts what it is sent and asks for more than that one has.
    """
    server, bucket = (lab.minio, lab.bucket()) if name == MC else (lab.null, "benchmarks")
    keys = (server.base_url, server.access_key, server.secret_key, bucket)
    grown = {}
    path = lab.folder / f"big-{1 << 30}"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    for what in ("upload", "download"):
        words = [name, what, *keys, str(path)]
        command = [sys.executable, "-m", "tests.comparison.memory", *words]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
        if told.returncode:
            raise RuntimeError(told.stderr[-500:])
        grown[what] = int(told.stdout) // MiB
    shown = ", ".join(f"{what} +{_rounded(size)} MiB" for what, size in grown.items())
    return yes(f"{shown}.") if max(grown.values()) <= 256 else no(f"{shown}.")


def _rounded(size: int) -> int:
    """To 10 MiB: it isn't the same twice."""
    return round(size, -1)


def _one_after_another(tried: Callable[[Lab, str], Outcome]) -> Callable[[Lab, str], Outcome]:
    """Memory and disk of this machine are not to be filled by all clients at a time."""
    lock = threading.Lock()

    def run(lab: Lab, name: str) -> Outcome:
        with lock:
            return tried(lab, name)

    return run


def _hedged(lab: Lab) -> Outcome:
    """The first answer of an object comes never, the second at once."""
    first = threading.Event()

    def answer(request: Request) -> Step:
        if not first.is_set():
            first.set()

            def never(exchange: Exchange) -> None:
                exchange.stopping.wait(20)

            return never
        return reply(200, b"x", headers={"ETag": '"9dd4e461268c8034f5c8564e155c67a6"'})

    hedge = importlib.import_module("minio_sdk").Hedge(after=0.2, budget=1)
    with lab.scripted(answer) as (_, server), connected(SDK, server, hedge=hedge) as peer:
        seconds, end = within(10, lambda: peer.get("lab-slow", KEY))
    if end != "returned":
        return no(f"{end} after {seconds:.0f} s.")
    return yes(
        "A second request was sent when the first was silent for 0.2 s, and its answer taken."
    )


def _failover(lab: Lab) -> Outcome:
    bucket, real = lab.bucket(), lab.minio
    addresses: Any = ["http://127.0.0.1:9", real.base_url]
    config = Config(
        addresses, None, access_key=real.access_key, secret_key=real.secret_key, api="s3",
        base_delay=0.05,
    )  # fmt: skip
    with MinIOClient(config) as client:
        client.put_object(bucket, KEY, b"x")
        assert client.get_object(bucket, KEY) == b"x"
    return yes("With the first of two addresses dead, calls went to the other.")


OTHERS = (MINIO, BOTO3, OBSTORE, S3FS, MINIOPY, MC)

FEATURES: tuple[Feature, ...] = (
    feature(
        "deadline", AREA, "A limit for a whole call, retries and reading included",
        {**each(_deadline), MINIOPY: Probe(_awaited_deadline)},
    ),
    feature("retry", AREA, "A busy server is tried again, with random delays", each(_retries)),
    feature("retry-after", AREA, "`Retry-After` is waited for", each(_retry_after)),
    feature(
        "retry-budget", AREA, "A budget ends retries against a server that is down",
        {
            **each(_budget),
            **absent(
                "retry_quota|retry_budget|token_bucket|retry_tokens",
                MINIO, OBSTORE, S3FS, MINIOPY, MC,
            ),
        },
    ),
    feature("memory", AREA, "1 GiB up and down in less than 256 MiB", each(_one_after_another(_memory))),
    feature(
        "hedging", AREA, "A second request when the first is slow",
        {**our(_hedged, "Config.hedge", "Hedge.after"), **absent("hedg", *OTHERS)},
    ),
    feature(
        "failover", AREA, "Several addresses of one store, and failover",
        {
            **our(_failover, "Config.endpoints"),
            **absent("failover|endpoints\\b|base_urls|circuit", *OTHERS, but="enabled|list_|dualstack"),
        },
    ),
)  # fmt: skip
