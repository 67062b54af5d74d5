"""`minio-sdk demo`: the whole tour on an embedded server, nothing to configure.

Every step checks what it shows; the first thing that isn't as it should be ends the tour with exit 1.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from minio_sdk.cli.serve import how_to_connect, wait_for_the_end
from minio_sdk.cli.values import human
from minio_sdk.errors import IntegrityError, MinIOError, ObjectNotFoundError
from minio_sdk.local_server import LocalServer
from minio_sdk.local_server.seaweedfs import find_program

if TYPE_CHECKING:
    from minio_sdk.client import MinIOClient

BUCKET = "documents"
SMALL = 200
THREADS = 8


@dataclass
class Tour:
    """What the steps share, and what they counted.

    Attributes:
        console: where it is shown.
        acme: the client of the first tenant.
        globex: the client of the second tenant.
        digests: SHA-256 of everything that was uploaded to `BUCKET`, by key.
        rows: the summary: what, how many, bytes, seconds.
    """

    console: Console
    acme: MinIOClient
    globex: MinIOClient
    digests: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, int, int, float]] = field(default_factory=list)

    def step(self, text: str) -> None:
        """Say what is being done."""
        self.console.print(f"[bold cyan]•[/] {text}", highlight=False)

    def done(self, text: str) -> None:
        """Say what came of it."""
        self.console.print(f"  [green]ok[/] {text}", highlight=False)

    def check(self, holds: bool, what: str) -> None:
        """End the tour when something isn't as it should be.

        Raises:
            IntegrityError: `holds` is False.
        """
        if not holds:
            raise IntegrityError(f"the demo found that {what}")

    def timed(self, what: str, count: int, size: int, job: Callable[[], object]) -> float:
        """Run a job for the summary; the seconds it took."""
        begun = time.perf_counter()
        job()
        seconds = time.perf_counter() - begun
        self.rows.append((what, count, size, seconds))
        return seconds


def small_object(number: int) -> tuple[str, bytes]:
    """Key and content of one of the small objects."""
    return f"notes/{number:03}.txt", f"note {number} of acme\n".encode() * 40


def buckets(tour: Tour) -> None:
    """A bucket of the same name for each tenant."""
    tour.step(f"create bucket {BUCKET!r} for two tenants, 'acme' and 'globex'")
    for client in (tour.acme, tour.globex):
        client.create_bucket(BUCKET)
        tour.check(client.bucket_exists(BUCKET), f"{BUCKET!r} isn't there after it was made")
    tour.done("on the server they are 'acme-documents' and 'globex-documents'")


def text(tour: Tour) -> None:
    """One line of text among the tenant's own keys."""
    tour.step("upload a text and read it back")
    data = "Hello, MinIO! Grüße, 世界.".encode()
    tour.acme.upload("hello.txt", data)
    tour.check(tour.acme.download("hello.txt") == data, "the text came back changed")
    tour.done(f"hello.txt, {len(data)} bytes, the same")


def real_file(tour: Tour, path: Path) -> None:
    """A file from this computer."""
    size = path.stat().st_size
    tour.step(f"upload a real file: {path.name}, {human(size)}")
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1024 * 1024):
            digest.update(block)
        tour.digests[path.name] = digest.hexdigest()
        file.seek(0)
        seconds = tour.timed(
            "file up", 1, size, lambda: tour.acme.put_object(BUCKET, path.name, file)
        )
    tour.done(f"{human(size / seconds)}/s")


def small_objects(tour: Tour) -> None:
    """Many small objects from a thread pool that shares one client."""
    tour.step(f"upload {SMALL} small objects on {THREADS} threads")
    items = [small_object(number) for number in range(SMALL)]
    tour.digests.update({key: hashlib.sha256(data).hexdigest() for key, data in items})

    def upload_all() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda item: tour.acme.put_object(BUCKET, *item), items))

    size = sum(len(data) for _, data in items)
    seconds = tour.timed("small objects up", SMALL, size, upload_all)
    tour.done(f"{SMALL / seconds:,.0f} objects/s")


def listing(tour: Tour) -> None:
    """All of them, in byte order."""
    tour.step("list the bucket")
    found: list[str] = []
    count = len(tour.digests)
    seconds = tour.timed(
        "listed", count, 0, lambda: found.extend(o.key for o in tour.acme.iter_objects(BUCKET))
    )
    tour.check(found == sorted(tour.digests), "the listing differs from what was uploaded")
    tour.done(f"{len(found)} keys in {seconds * 1000:.0f} ms, in order")


def downloads(tour: Tour) -> None:
    """Everything back, compared by SHA-256."""
    tour.step("download everything and compare digests")
    size = sum(item.size for item in tour.acme.iter_objects(BUCKET))

    def compare(key: str) -> None:
        digest = hashlib.sha256(tour.acme.get_object(BUCKET, key)).hexdigest()
        tour.check(digest == tour.digests[key], f"{key!r} came back changed")

    def download_all() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(compare, tour.digests))

    seconds = tour.timed("objects down", len(tour.digests), size, download_all)
    tour.done(f"{len(tour.digests)} of {len(tour.digests)} the same, {human(size / seconds)}/s")


def presigned(tour: Tour) -> None:
    """A link that works without this SDK."""
    import requests

    tour.step("presign a link and fetch it with plain requests, without credentials")
    key, data = small_object(7)
    url = tour.acme.get_presigned_url(BUCKET, key, expiry_seconds=60)
    answer = requests.get(url, timeout=30)
    tour.check(answer.status_code == 200 and answer.content == data, "the link didn't work")
    bare = requests.get(url.partition("?")[0], timeout=30)
    tour.check(bare.status_code in (401, 403), "the object can be read without a signature")
    tour.done("200 with the signature, " + f"{bare.status_code} without it")


def other_tenant(tour: Tour) -> None:
    """What the second tenant sees of the first one: nothing."""
    tour.step("look at all this as tenant 'globex'")
    tour.check(tour.globex.list() == [], "globex sees keys of acme")
    tour.check(tour.globex.list_objects(BUCKET) == [], "globex sees objects of acme")
    names = [info.name for info in tour.globex.list_buckets()]
    tour.check(names == [BUCKET], "globex sees buckets of acme")
    for key in (small_object(0)[0], f"../acme-{BUCKET}/notes/000.txt"):
        try:
            tour.globex.get_object(BUCKET, key)
        except MinIOError as error:
            missing = isinstance(error, ObjectNotFoundError) or ".." in key
            tour.check(missing, f"globex was answered with {error}")
        else:
            tour.check(False, f"globex could read {key!r} of acme")
    tour.done("its own empty bucket, and nothing of acme's by any name")


def clean_up(tour: Tour) -> None:
    """Take everything away again."""
    tour.step("clean up")
    begun = time.perf_counter()
    for client in (tour.acme, tour.globex):
        for info in client.list_buckets():
            client.delete_bucket(info.name, force=True)
        tour.check(client.list_buckets() == [], "a bucket was left behind")
    tour.done(f"no bucket is left, {time.perf_counter() - begun:.1f} s")


def summary(tour: Tour, seconds: float) -> None:
    """The counts and rates."""
    table = Table(title=f"Done in {seconds:.1f} s, every byte compared", title_justify="left")
    for name in ("what", "objects", "bytes", "seconds", "objects/s", "bytes/s"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for what, count, size, took in tour.rows:
        rate = f"{human(size / took)}/s" if size else ""
        cells = (f"{count:,}", human(size) if size else "", f"{took:.2f}", f"{count / took:,.0f}")
        table.add_row(what, *cells, rate)
    tour.console.print(table)


@click.command()
@click.option("--keep", is_flag=True, help="Leave the server and the objects until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="0, the default: a free one."
)
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="The real file to upload; the server's own program by default.",
)
def demo(keep: bool, port: int, path: Path | None) -> None:
    """Take the whole tour on an embedded S3 server; nothing to configure."""
    console = Console(soft_wrap=True)
    begun = time.perf_counter()
    console.print("[bold cyan]•[/] start an S3 server on this computer", highlight=False)
    with LocalServer(port=port) as server:
        started = time.perf_counter() - begun
        console.print(
            f"  [green]ok[/] SeaweedFS {server.version} on {server.base_url}, {started:.1f} s",
            highlight=False,
        )
        with server.client("acme") as acme, server.client("globex") as globex:
            tour = Tour(console, acme, globex)
            buckets(tour)
            text(tour)
            real_file(tour, path or find_program())
            small_objects(tour)
            listing(tour)
            downloads(tour)
            presigned(tour)
            other_tenant(tour)
            if not keep:
                clean_up(tour)
        summary(tour, time.perf_counter() - begun)
        if keep:
            console.print(how_to_connect(server, "acme"), highlight=False, markup=False)
            wait_for_the_end(server)
