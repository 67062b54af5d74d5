"""What a call says when the network or the server goes wrong in its middle."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import ROOT
from tests.comparison.lab import Answer, Lab, MiB, content
from tests.comparison.model import (
    BOTO3,
    MC,
    MINIO,
    MINIOPY,
    OBSTORE,
    S3FS,
    Feature,
    Outcome,
    Unexpected,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.peers import Missing, connected
from tests.comparison.probes import absent, each, error, our
from tests.scripted import Exchange, Request, Step, drop_after

AREA = "Correctness under faults"
KEY = "lab/object"


def _is_read(request: Request) -> bool:
    return request.method == "GET" and KEY in request.path


def _silent(exchange: Exchange) -> None:
    """The work is done, and the answer never comes."""
    exchange.close()


def _cut(request: Request, answer: Answer) -> Step | None:
    if _is_read(request) and answer.status in (200, 206):
        return drop_after(answer.step(), bytes=1000)  # type: ignore[arg-type]
    return None


def _truncated(lab: Lab, name: str) -> Outcome:
    bucket, data = lab.bucket(), content(MiB)
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=data)
    with lab.proxy(_cut) as (proxy, server), connected(name, server) as peer:
        try:
            got = peer.get(bucket, KEY)
        except Missing:
            raise
        except Exception as problem:
            return yes(f"{error(problem)} ({proxy.count('GET', path=KEY)} tries).")
    return (
        yes("It put the pieces together.")
        if got == data
        else no(f"It gave {len(got)} of {len(data)} bytes as the object.")
    )


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _read_flipped(lab: Lab, name: str) -> Outcome:
    return _flip_down(lab, name, lambda peer, bucket: peer.get(bucket, KEY))


def _file_flipped(lab: Lab, name: str) -> Outcome:
    target = lab.path()
    return _flip_down(lab, name, lambda peer, bucket: peer.download(bucket, KEY, target))


def _flip_down(lab: Lab, name: str, read: Callable[[Any, str], object]) -> Outcome:
    """The object was stored with a CRC32, as boto3 does; its ETag is its MD5."""
    bucket, data = lab.bucket(), content(100_000)
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=data)

    def flip(request: Request, answer: Answer) -> Answer | None:
        if _is_read(request) and answer.status in (200, 206):
            return Answer(answer.status, answer.headers, _flipped(answer.body))
        return None

    with lab.proxy(flip) as (_, server), connected(name, server) as peer:
        try:
            read(peer, bucket)
        except Exception as problem:
            return yes(f"{error(problem)}.")
    return no("It gave the changed bytes, though the answer's ETag was the MD5 of others.")


def _write_flipped(lab: Lab, name: str) -> Outcome:
    bucket, data = lab.bucket(), content(100_000)

    def flip(request: Request, answer: Answer) -> None:
        if request.method == "PUT" and KEY in request.path:
            request.body = _flipped(request.body)

    with lab.proxy(before=flip) as (_, server), connected(name, server) as peer:
        try:
            peer.put(bucket, KEY, data)
        except Missing:
            raise
        except Exception as problem:
            return yes(f"MinIO refused them: {error(problem)}.")
    got = lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read()
    return yes("Tried until they were right.") if got == data else no("They were stored.")


def _sent_over_tls(lab: Lab, name: str) -> Outcome:
    """Over TLS clients leave the signed hash of the body out; what they send instead."""
    bucket = lab.bucket()
    with lab.tls_proxy() as (proxy, server, ca), connected(name, server, ca) as peer:
        peer.put(bucket, KEY, b"x" * 1000)
        if name == MC:  # what it sends in parts is another matter
            peer.run("pipe", f"lab/{bucket}/parts", data=b"x" * 1000)
    parts = {n for e in proxy.seen if "partNumber" in e.query for n, _ in e.headers}
    if crc := sorted(n for n in parts if n.lower().startswith("x-amz-checksum-")):
        return partly(f"What goes in one request has none; parts have {crc[0]}.")
    writes = [each for each in proxy.seen if each.method == "PUT" and KEY in each.path]
    if not writes:
        raise Unexpected(f"{name} sent no PUT over TLS")
    carried = []
    for title, value in writes[-1].headers:
        lowered = title.lower()
        if lowered.startswith("x-amz-checksum-") or lowered == "content-md5":
            carried.append(title)
        elif lowered == "x-amz-trailer":
            carried.append(f"{value} behind the body")
        elif lowered == "x-amz-content-sha256" and not value.startswith(
            ("UNSIGNED", "STREAMING-UN")
        ):
            carried.append("the SHA-256, signed")
    told = ", ".join(carried)
    return (
        yes(f"Sends {told}.") if carried else no("Sends none: UNSIGNED-PAYLOAD, and nothing else.")
    )


def _reply_lost(lab: Lab, name: str) -> Outcome:
    return _lost(lab, name, "put")


def _create_reply_lost(lab: Lab, name: str) -> Outcome:
    return _lost(lab, name, "create")


def _lost(lab: Lab, name: str, verb: str) -> Outcome:
    bucket, dropped = lab.bucket(), threading.Event()

    def lose(request: Request, answer: Answer) -> Step | None:
        first = request.method == "PUT" and KEY in request.path and not dropped.is_set()
        if first and answer.status == 200:
            dropped.set()
            return _silent
        return None

    with lab.proxy(lose) as (proxy, server), connected(name, server) as peer:
        try:
            getattr(peer, verb)(bucket, KEY, b"mine")
        except Missing:
            raise
        except Exception as problem:
            return no(f"{error(problem)} - but the object is stored, by this very call.")
        sent = proxy.count("PUT", path=KEY)
    assert dropped.is_set()
    return yes(f"Returned after {sent} requests; the object is there.")


def _complete_lost(lab: Lab, name: str) -> Outcome:
    """Completing is the one request of an upload in parts that can't simply be sent again."""
    bucket, path, dropped = lab.bucket(), lab.file(20 * MiB), threading.Event()

    def lose(request: Request, answer: Answer) -> Step | None:
        if request.method == "POST" and "uploadId" in request.query and not dropped.is_set():
            dropped.set()
            return _silent
        return None

    with lab.proxy(lose) as (_, server), connected(name, server) as peer:
        try:
            peer.upload(bucket, KEY, path)
        except Exception as problem:
            there = lab.oracle.list_objects_v2(Bucket=bucket).get("KeyCount")
            return no(
                f"{error(problem)} - {'but the object is stored' if there else 'not stored'}."
            )
    if not dropped.is_set():
        raise Unexpected("it was no upload in parts")
    return yes("Returned; the object is there.")


def _failure_in_200(lab: Lab, name: str) -> Outcome:
    bucket, path, sent = lab.bucket(), lab.file(20 * MiB), threading.Event()
    body = b"<Error><Code>InternalError</Code><Message>We failed.</Message></Error>"

    def fail(request: Request, answer: Answer) -> Answer | None:
        if request.method == "POST" and "uploadId" in request.query:
            sent.set()
            return Answer(200, [("Content-Type", "application/xml")], body)
        return None

    with lab.proxy(before=fail) as (_, server), connected(name, server) as peer:
        try:
            peer.upload(bucket, KEY, path)
        except Exception as problem:
            return yes(f"{error(problem)}.")
    if not sent.is_set():
        raise Unexpected("it was no upload in parts")
    return no("Said to be uploaded, and nothing is there.")


def _create_only(lab: Lab, name: str) -> Outcome:
    bucket = lab.bucket()
    with connected(name, lab.minio) as peer:
        peer.create(bucket, KEY, b"first")
        try:
            peer.create(bucket, KEY, b"second")
        except Exception as problem:
            kept = lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read()
            assert kept == b"first"
            return yes(f"The second write: {error(problem)}.")
    kept = lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read()
    return no(f"The second write was reported as done; stored is the {kept.decode()}.")


def _replaced_meanwhile(lab: Lab, name: str) -> Outcome:
    """24 MiB are read in ranges where the client can; after the first answer they are others."""
    bucket, size, target = lab.bucket(), 24 * MiB, lab.path()
    before, after = b"a" * size, b"b" * size
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=before)
    replaced, first = threading.Event(), threading.Lock()

    def wait(request: Request, answer: Answer) -> None:
        if _is_read(request) and not first.acquire(blocking=False):
            replaced.wait(10)

    def replace(request: Request, answer: Answer) -> None:
        if _is_read(request) and not replaced.is_set():
            lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=after)
            replaced.set()

    with lab.proxy(replace, before=wait) as (proxy, server), connected(name, server) as peer:
        try:
            got = _RANGED.get(name, _whole)(peer, bucket, target)
        except Exception as problem:
            return yes(f"{error(problem)}.")
        requests = proxy.count("GET", path=KEY)
    kinds = {got[:1], got[-1:], got[size // 2 : size // 2 + 1]}
    if len(kinds) > 1:
        return no("It gave a mixture of the old and the new object.")
    which = "old" if got[:1] == b"a" else "new"
    return yes(f"{requests} request{'s' if requests > 1 else ''}: all of the {which} object.")


def _whole(peer: Any, bucket: str, target: Path) -> bytes:
    peer.download(bucket, KEY, target)
    return target.read_bytes()


def _ranges(peer: Any, bucket: str, target: Path) -> bytes:
    size, store = 24 * MiB, peer.store(bucket)
    starts = range(0, size, 8 * MiB)
    return b"".join(
        bytes(peer.raw.get_range(store, KEY, start=start, length=8 * MiB)) for start in starts
    )


def _blocks(peer: Any, bucket: str, target: Path) -> bytes:
    with peer.raw.open(f"{bucket}/{KEY}", "rb", block_size=8 * MiB) as file:
        return b"".join(iter(lambda: file.read(8 * MiB), b""))


_RANGED = {OBSTORE: _ranges, S3FS: _blocks}


def _atomic(lab: Lab, name: str) -> Outcome:
    bucket, target = lab.bucket(), lab.path()
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=content(MiB))
    target.write_bytes(b"what was there")
    with lab.proxy(_cut) as (_, server), connected(name, server) as peer:
        try:
            peer.download(bucket, KEY, target)
        except Exception as problem:
            told = error(problem)
        else:
            return no(f"It said that all is well; the file has {target.stat().st_size} bytes.")
    left = sorted(each.name for each in target.parent.iterdir() if each != target)
    if not target.exists() or target.read_bytes() != b"what was there":
        size = target.stat().st_size if target.exists() else 0
        return no(
            f"{told.partition(':')[0]}; the old file is gone, {size} bytes of the new one are there."
        )
    if left:
        return partly(
            "The old file is untouched; a file with the piece that came is left beside it."
        )
    return yes("The old file is untouched, and nothing is left beside it.")


def _resumed(lab: Lab) -> Outcome:
    """A process that uploads 64 MiB is killed after some parts; another one goes on."""
    bucket, path, state = lab.bucket(), lab.file(64 * MiB), lab.path()
    running: list[subprocess.Popen[bytes]] = []  # the first one, until it is dead

    def kill(request: Request, answer: Answer) -> None:
        if proxy.count("PUT", query="partNumber") > 5 and running:
            running[0].send_signal(signal.SIGKILL)
            running[0].wait()

    def start(url: str) -> subprocess.Popen[bytes]:
        real = lab.minio
        words = [url, real.access_key, real.secret_key, bucket, KEY, str(path), str(state)]
        command = [sys.executable, "-m", "tests.comparison.resuming", *words]
        return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)

    with lab.proxy(before=kill) as (proxy, server):
        running.append(start(server.base_url))
        code = running[0].wait(60)
        running.clear()
        if code != -signal.SIGKILL:
            raise Unexpected(f"the process ended with {code} before it was killed")
        before = proxy.count("PUT", query="partNumber")
        if again := start(server.base_url).wait(60):
            raise Unexpected(f"the second process ended with {again}")
        parts = proxy.count("PUT", query="partNumber") - before
    got = lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read()
    assert got == path.read_bytes()
    if parts >= 8:
        return no(f"The second process sent {parts} parts, so all of them.")
    return yes("A second process sent only what was missing of the 8 parts.")


FEATURES: tuple[Feature, ...] = (
    feature("fault-truncated", AREA, "A body that is cut off is no result", each(_truncated)),
    feature(
        "fault-read-flip", AREA, "A bit that flips on the way into memory is found",
        each(_read_flipped),
    ),
    feature(
        "fault-file-flip", AREA, "A bit that flips on the way into a file is found",
        each(_file_flipped),
    ),
    feature("fault-write-flip", AREA, "A bit that flips on the way up is found", each(_write_flipped)),
    feature(
        "fault-tls-checksum", AREA, "Over TLS, uploads carry a checksum", each(_sent_over_tls)
    ),
    feature("fault-put-lost", AREA, "The answer to a finished PUT is lost", each(_reply_lost)),
    feature("write-create-only", AREA, "Write only if nothing is there", each(_create_only)),
    feature(
        "fault-create-lost", AREA, "... and its answer is lost: no false “exists already”",
        each(_create_reply_lost),
    ),
    feature(
        "fault-complete-lost", AREA, "The answer to a finished upload in parts is lost",
        each(_complete_lost),
    ),
    feature("fault-200-error", AREA, "An error inside a 200 is an error", each(_failure_in_200)),
    feature(
        "fault-replaced", AREA, "An object replaced while it is read in ranges isn't mixed",
        each(_replaced_meanwhile),
    ),
    feature("file-atomic", AREA, "A failed download leaves the old file alone", each(_atomic)),
    feature(
        "resume-kill", AREA, "An upload goes on after `kill -9`",
        {
            **absent("resum", MINIO, BOTO3, OBSTORE, S3FS, MINIOPY, MC),
            **our(_resumed, "MinIOClient.upload_file(resume)"),
        },
    ),
)  # fmt: skip
