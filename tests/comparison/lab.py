"""Where probes work: real servers, a proxy that does what a bad network does, files and buckets."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import http.client
import importlib
import random
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from minio_sdk import Config, MinIOClient
from tests.benchmarks.endpoint import null_server
from tests.comparison.names import public
from tests.scripted import Request, ScriptedServer, Step, reply
from tests.servers import Server, start_minio

MiB = 1 << 20
KEYS = ("scripted-access", "scripted-secret")
KMS_KEY = "lab:q0ObGZd+0tuMIBRfyqdb9VeJjF9MUrPFDAZDsa0VhbA="

Change = Callable[[Request, "Answer"], "Step | Answer | None"]
"""What a proxy does with an answer: nothing (None), another answer, or any step of the scripted server."""


class Answer:
    """A real server's answer on its way through the proxy."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def step(self) -> Step:
        """Hand it on."""
        kept = [(n, v) for n, v in self.headers if n.lower() not in _OF_THE_HOP]
        length: Any = "auto"
        if told := [v for n, v in self.headers if n.lower() == "content-length"]:
            length = int(told[0])
        return reply(self.status, self.body, headers=kept, content_length=length)


_OF_THE_HOP = {"content-length", "transfer-encoding", "connection"}


class Proxy:
    """A recording proxy in front of a server; see `Lab.proxy`."""

    def __init__(self, server: Server, change: Change | None, before: Change | None) -> None:
        self.server, self._change, self._before = server, change, before
        self._lock, self._busy = threading.Lock(), 0
        self.peak = 0
        self.seen: list[Request] = []

    def handle(self, request: Request) -> Step:
        with self._lock:
            self._busy += 1
            self.peak = max(self.peak, self._busy)
            self.seen.append(request)
        try:
            return self._handle(request)
        finally:
            with self._lock:
                self._busy -= 1

    def _handle(self, request: Request) -> Step:
        if self._before and (early := self._before(request, Answer(0, [], b""))):
            return early.step() if isinstance(early, Answer) else early
        answer = self.forwarded(request)
        changed = self._change(request, answer) if self._change else None
        if changed is None:
            changed = answer
        return changed.step() if isinstance(changed, Answer) else changed

    def forwarded(self, request: Request) -> Answer:
        """The real server's answer; the Host header stays, since it is signed."""
        host, _, port = self.server.base_url.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        try:
            connection.putrequest(
                request.method, request.target, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers:
                if name.lower() not in ("connection", "expect", "transfer-encoding"):
                    connection.putheader(name, value)
            if request.body and not request.header_all("Content-Length"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            told = connection.getresponse()
            return Answer(told.status, told.getheaders(), told.read())
        finally:
            connection.close()

    def count(self, method: str, *, query: str = "", path: str = "") -> int:
        """How many requests came with this method, and these words in query and path."""
        return sum(
            each.method == method and query in each.query and path in each.path
            for each in self.seen
        )


class Lab:
    """All that a probe may ask for."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comparison-")))
        self._lock = threading.RLock()

    @functools.cached_property
    def minio(self) -> Server:
        """MinIO over plain HTTP, with a key for SSE-KMS."""
        return start_minio(self._stack, MINIO_KMS_SECRET_KEY=KMS_KEY)

    @functools.cached_property
    def minio_tls(self) -> Server:
        """MinIO over TLS: it takes keys of customers over nothing else."""
        return start_minio(self._stack, tls=True, MINIO_KMS_SECRET_KEY=KMS_KEY)

    @functools.cached_property
    def identity(self) -> Server:
        """MinIO over TLS whose users a directory vouches for; `ada-sync` may read ``lab-login/key``."""
        from tests.identity import person, start_minio_identity

        server = start_minio_identity(self._stack)
        admin = MinIOClient(
            Config(
                server.base_url,
                None,
                access_key=server.access_key,
                secret_key=server.secret_key,
                verify=str(server.ca_file),
            )
        )
        with admin:
            admin.create_bucket("lab-login")
            admin.put_object("lab-login", "key", b"x")
            admin.admin.attach_ldap_policy("readonly", user=person("ada-sync"))
        return server

    @functools.cached_property
    def null(self) -> Server:
        """The server in C that stores nothing, for what is large."""
        return self._stack.enter_context(null_server())

    @property
    def ca_file(self) -> str:
        """What a client must trust to accept `minio_tls`."""
        return str(self.minio_tls.ca_file)

    def prepare(self, clients: Iterable[str]) -> None:
        """Start what several probes share, before they run side by side."""
        for each in ("minio", "minio_tls", "null"):
            getattr(self, each)
        for name in clients:
            public(name)  # `ast` can't be used by several threads at a time

    @functools.cached_property
    def oracle(self) -> Any:
        """boto3 on MinIO itself, past any proxy: what is really there."""
        return self.boto3(self.minio)

    def boto3(self, server: Server, **more: Any) -> Any:
        """boto3 as anyone sets it up."""
        with self._lock:
            return (
                importlib.import_module("boto3")
                .Session()
                .client(
                    "s3",
                    endpoint_url=server.base_url,
                    aws_access_key_id=server.access_key,
                    aws_secret_access_key=server.secret_key,
                    region_name="us-east-1",
                    verify=server.ca_file,
                    **more,
                )
            )

    def bucket(self, **more: Any) -> str:
        """A new one on MinIO."""
        name = f"lab-{secrets.token_hex(6)}"
        self.oracle.create_bucket(Bucket=name, **more)
        return name

    def file(self, size: int) -> Path:
        """A new one."""
        path = self.folder / f"file-{secrets.token_hex(6)}"
        path.write_bytes(content(size))
        return path

    def path(self) -> Path:
        """A name in a new folder, where nothing is yet."""
        folder = self.folder / secrets.token_hex(6)
        folder.mkdir()
        return folder / "target"

    @contextlib.contextmanager
    def proxy(
        self, change: Change | None = None, *, before: Change | None = None
    ) -> Iterator[tuple[Proxy, Server]]:
        """MinIO behind a proxy; `before` may answer in MinIO's place, `change` after MinIO has answered."""
        proxy = Proxy(self.minio, change, before)
        with ScriptedServer(handler=proxy.handle, strict=False) as scripted:
            real = self.minio
            yield proxy, Server("proxy", scripted.url, real.access_key, real.secret_key, "")

    @contextlib.contextmanager
    def tls_proxy(self) -> Iterator[tuple[Proxy, Server, str]]:
        """The same over TLS, and what a client must trust; it changes nothing."""
        proxy = Proxy(self.minio, None, None)
        with ScriptedServer(handler=proxy.handle, strict=False, tls=True) as scripted:
            real = self.minio
            server = Server("proxy", scripted.url, real.access_key, real.secret_key, "")
            yield proxy, server, scripted.ca_file

    @contextlib.contextmanager
    def scripted(
        self, handler: Callable[[Request], Step]
    ) -> Iterator[tuple[ScriptedServer, Server]]:
        """A server that does what the function says."""
        with ScriptedServer(handler=handler, strict=False) as scripted:
            yield scripted, Server("scripted", scripted.url, *KEYS, "")


def content(size: int) -> bytes:
    """The same bytes in each run, so that what clients say of their checksums is the same, too."""
    return random.Random(size).randbytes(size)


def within(seconds: float, call: Callable[[], object]) -> tuple[float, str]:
    """How long a call took, at most so many seconds, and how it ended."""
    started = time.monotonic()
    pool = concurrent.futures.ThreadPoolExecutor(1)
    future = pool.submit(call)
    pool.shutdown(wait=False)
    if not concurrent.futures.wait([future], seconds).done:
        return time.monotonic() - started, "still going"
    problem = future.exception()
    return time.monotonic() - started, type(problem).__name__ if problem else "returned"
