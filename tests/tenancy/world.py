"""A server in memory with two tenants on it, acme and beta, and both clients on the way to it.

What goes out is looked at by the oracle as it goes out; nothing of it leaves the process.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar, cast

import pytest

from minio_sdk import AsyncMinIOClient, Config, MinIOClient, MinIOError
from minio_sdk.blocking import iterate, run
from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.sync.base import Base
from minio_sdk.credentials import find_credentials
from minio_sdk.protocols import Relay
from minio_sdk.signing import Signing, Skew
from minio_sdk.wire.message import Reply, Request, StreamBody
from tests.clock import FakeClock
from tests.flows.memory import AtOnce, Bucket, Memory
from tests.tenancy import oracle
from tests.tenancy.attacks import SECRET
from tests.wire.test_event_stream import frame as event_frame

T = TypeVar("T")
R = TypeVar("R")

HIDDEN = b"the hidden word"
"""What beta's object holds."""
OWN = "of-acme.txt"
"""The key of acme's object."""

ZIP = "of-acme.zip"
"""The key of acme's archive, in its bucket more."""


def _archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a/b.txt", b"inside")
    return made.getvalue()


_DOCUMENTS = (
    "policy",
    "lifecycle",
    "cors",
    "tagging",
    "versioning",
    "object-lock",
    "encryption",
    "replication",
    "notification",
)
_TOLD = {
    "acl": ("AccessControlPolicy", "<Owner><ID>o</ID></Owner>"),
    "attributes": ("GetObjectAttributesResponse", "<ObjectSize>1</ObjectSize>"),
}
_OF_OBJECTS = ("retention", "legal-hold")


_KIND = b"\r:message-type\x07\x00\x05event\x0b:event-type\x07"
_SELECTED = b"".join(
    event_frame(_KIND + bytes([0, len(name)]) + name, payload)
    for name, payload in ((b"Records", b"a\n"), (b"End", b""))
)


class World(Memory):
    """The server.

    Attributes:
        tenancy: how acme's names lie on it.
        sent: the requests that came.
        answer: may put another answer in place of the one that there is.
        first: what beta has, and is to keep.
        watched: whether the oracle looks at what comes; it knows acme alone.
    """

    def __init__(self, tenancy: str) -> None:
        super().__init__(FakeClock())
        self.name = "AmazonS3"
        self.tenancy = tenancy
        self.watched = True
        self.sent: list[tuple[Request, dict[str, str]]] = []
        self.answer: Callable[[Request, Reply], Reply] = lambda _, reply: reply
        self.documents: dict[tuple[str, str], bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {"begun": {1: b"1"}}
        self.restored: set[str] = set()
        for slug in ("acme", "beta"):
            self._furnish(slug)
        self.first = self.of("beta")

    def _furnish(self, slug: str) -> None:
        key, data = (OWN, b"a") if slug == "acme" else (SECRET, HIDDEN)
        if self.tenancy == "bucket":
            for bucket in ("default", "docs", "more"):
                self.buckets[f"{slug}-{bucket}"] = Bucket()
                self.store(f"{slug}-{bucket}", key, data)
            self.store(f"{slug}-more", ZIP, _archive())
            return
        shared = self.buckets.setdefault(oracle.SHARED, Bucket())
        assert not shared.versioned
        for bucket in ("default", "docs", "more"):
            self.store(oracle.SHARED, f"{slug}/.buckets/{bucket}", b"")
            self.store(oracle.SHARED, f"{slug}/{bucket}/{key}", data)
        self.store(oracle.SHARED, f"{slug}/more/{ZIP}", _archive())

    def keep_versions(self) -> None:
        """From now on, in every bucket."""
        status = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        for name, bucket in self.buckets.items():
            bucket.versioned = True
            self.documents[name, "versioning"] = status

    def of(self, slug: str) -> dict[str, bytes | None]:
        """What a tenant has: names on the server, and bytes."""
        return {
            f"{bucket}/{key}": versions[0].data
            for bucket, content in self.buckets.items()
            for key, versions in content.keys.items()
            if f"{bucket}/{key}".startswith((f"{slug}-", f"{oracle.SHARED}/{slug}/"))
        }

    def taken(self, request: Request, headers: dict[str, str]) -> Reply:
        """The answer to a request that acme has sent."""
        self.sent.append((request, headers))
        body = (
            b"".join(request.body.blocks())
            if isinstance(request.body, StreamBody)
            else request.body
        )
        if self.watched:
            oracle.check_request(
                self.tenancy, request.method, request.path, request.query, headers, bytes(body)
            )
        return self.answer(request, run(self.send(request, None)))

    # --- what `Memory` doesn't know ------------------------------------------------------------------

    def _answer(self, request: Request, name: str, key: str, query: dict[str, str]) -> Reply:
        if not name:
            names = "".join(f"<Bucket><Name>{bucket}</Name></Bucket>" for bucket in self.buckets)
            return _document("ListAllMyBucketsResult", f"<Buckets>{names}</Buckets>")
        if name == "minio":
            return _error(404, "NoSuchKey")
        if name in self.buckets:
            if "uploads" in query or "uploadId" in query:
                return self._in_parts(request, name, key, query)
            if not key and (kind := next((k for k in _DOCUMENTS if k in query), None)):
                return self._document_of(request, name, kind)
            if told := next((_TOLD[k] for k in _TOLD if k in query), None):
                return _document(*told)
            if "events" in query:
                return self._events(name, query)
            if "select" in query and request.method == "POST":
                return Reply(200, {"content-type": "application/octet-stream"}, _SELECTED)
            if "restore" in query:
                self.restored.add(f"{name}/{key}")
                return Reply(202, {})
            if key and (kind := next((k for k in _OF_OBJECTS if k in query), None)):
                return self._document_of(request, f"{name}/{key}", kind)
            if not key and request.method == "DELETE":
                del self.buckets[name]
                return Reply(204, {})
        reply = super()._answer(request, name, key, query)
        named = f"<Name>{name}</Name><EncodingType>".encode()
        reply.body = reply.body.replace(b"<EncodingType>", named)
        if f"{name}/{key}" in self.restored:
            reply.headers = {**reply.headers, "x-amz-restore": 'ongoing-request="true"'}
        if "versionId" in query and reply.status == 200:
            reply.headers = {**reply.headers, "x-amz-version-id": query["versionId"]}
        return reply

    def _events(self, name: str, query: dict[str, str]) -> Reply:
        events = [
            {
                "eventName": "s3:ObjectCreated:Put",
                "s3": {"bucket": {"name": name}, "object": {"key": k}},
            }
            for k in self.buckets[name].keys
            if k.startswith(query["prefix"]) and k.endswith(query["suffix"])
        ]
        lines = "".join(json.dumps({"Records": [event]}) + "\n" for event in events)
        return Reply(200, {"content-type": "text/event-stream"}, lines.encode())

    def _document_of(self, request: Request, name: str, kind: str) -> Reply:
        if request.method == "PUT":
            self.documents[name, kind] = bytes(cast("bytes", request.body))
        if request.method == "DELETE":
            self.documents.pop((name, kind), None)
        if request.method != "GET":
            return Reply(204, {})
        found = self.documents.get((name, kind))
        if found is None and kind == "versioning":
            return _document("VersioningConfiguration", "")
        if found is None and kind in _OF_OBJECTS:
            return _error(404, "NoSuchObjectLockConfiguration")
        return _error(404, "NoSuchConfiguration") if found is None else Reply(200, {}, found)

    def _in_parts(self, request: Request, name: str, key: str, query: dict[str, str]) -> Reply:
        if "uploads" in query and request.method == "GET":
            return _document("ListMultipartUploadsResult", f"<Bucket>{name}</Bucket>")
        if "uploads" in query:
            begun = f"u{len(self.parts) + 1}"
            self.parts[begun] = {}
            return _document("InitiateMultipartUploadResult", f"<UploadId>{begun}</UploadId>")
        parts = self.parts.get(query["uploadId"])
        if parts is None:
            return _error(404, "NoSuchUpload")
        if request.method == "PUT":
            data = bytes(cast("bytes", request.body))
            parts[int(query["partNumber"])] = data
            return Reply(200, {"etag": f'"{hashlib.md5(data).hexdigest()}"'})
        if request.method == "GET":
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><Size>{len(data)}</Size>"
                f"<ETag>{hashlib.md5(data).hexdigest()}</ETag></Part>"
                for number, data in sorted(parts.items())
            )
            return _document("ListPartsResult", listed)
        del self.parts[query["uploadId"]]
        if request.method == "DELETE":
            return Reply(204, {})
        stored = self.store(name, key, b"".join(parts[number] for number in sorted(parts)))
        answer = f"<Bucket>{name}</Bucket><ETag>{stored.etag}</ETag>"
        return _document("CompleteMultipartUploadResult", answer)


def _document(root: str, text: str) -> Reply:
    return Reply(200, {}, f"<{root}>{text}</{root}>".encode())


def _error(status: int, code: str) -> Reply:
    return Reply(status, {}, f"<Error><Code>{code}</Code></Error>".encode())


class Wire:
    """The transport of a client; it signs, as the real ones do, and asks the world of the moment."""

    def __init__(self, config: Config, connections: Any, worlds: Worlds) -> None:
        self._worlds = worlds
        self.clock = worlds.now.clock
        self.connections = connections or object()
        self.signing = Signing(config, find_credentials(config, {}), self.clock, Skew())
        self.memory = worlds.now.memory
        self.ways: tuple[Any, ...] = ()

    async def send(self, request: Request, deadline: float | None) -> Reply:
        return self._worlds.now.taken(request, self.signing.headers(request))

    def lane(self) -> Wire:
        return self

    async def map(self, *arguments: Any, **named: Any) -> Any:
        return await self._worlds.now.map(*arguments, **named)

    async def spread(
        self,
        submit: Callable[[T], Future[R]],
        items: Any,
        limit: int,
        done: Callable[[R], object] | None = None,
    ) -> list[R]:
        async def one(item: T) -> R:
            return submit(item).result()

        results: list[R] = await self.map(one, items, limit, done)
        return results

    def relay(self, told: Callable[[Any], object]) -> Relay:
        return self._worlds.now.relay(told)

    def feed(self) -> Fed:
        return Fed(self)

    def crew(self, limit: int, *, grace: float = 0.0) -> AtOnce:
        return self._worlds.now.crew(limit, grace=grace)

    async def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    async def call(self, function: Callable[..., R], *arguments: Any) -> R:
        return function(*arguments)

    async def finish(self, function: Callable[..., R], *arguments: Any) -> R:
        return function(*arguments)

    async def close(self) -> None:
        return None


class Fed:
    """An answer of the world as if it came piece by piece."""

    closed = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._body = b""

    async def open(self, request: Request, deadline: float | None, patience: float) -> Reply:
        reply = await self._wire.send(request, deadline)
        self._body = reply.body
        return reply

    async def read(self) -> bytes:
        body, self._body = self._body, b""
        self.closed = not body  # nothing more happens in this world
        return body

    async def pause(self, failures: int, least: float) -> None:
        self._wire.clock.sleep(1.0)

    def drop(self) -> None:
        self._body = b""

    def close(self) -> None:
        self.closed = True


class Worlds:
    """Clients for a world that can be made anew under them."""

    def __init__(self, tenancy: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tenancy = tenancy
        self.now = World(tenancy)

        def made(_: Any, config: Config, connections: Any) -> Wire:
            return Wire(config, connections, self)

        # All clients, those of workers and views too.
        monkeypatch.setattr(Base, "_new_transport", made)
        monkeypatch.setattr(AsyncBase, "_new_transport", made)

    def anew(self) -> World:
        """Another world with the same in it."""
        self.now = World(self.tenancy)
        return self.now

    def config(self, **fields: Any) -> Config:
        """Acme's settings; what is longer than four bytes goes up in parts."""
        made: dict[str, Any] = {"tenant_id": oracle.SLUG, "tenancy": self.tenancy}
        made |= {"access_key": "AK", "secret_key": "SK", "multipart_threshold": 4}
        return Config(f"http://{oracle.HOST}", **{**made, **fields})

    def client(self, kind: str, **fields: Any) -> MinIOClient:
        """A client; the async one is called without `await`, as nothing here ever waits."""
        config = self.config(**fields)
        if kind == "sync":
            return MinIOClient(config)
        return cast("MinIOClient", Unwaiting(AsyncMinIOClient(config)))


class Unwaiting:
    """What is awaited, run to its end; for the async client and for its files."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._called(found) if callable(found) else found

    def _called(self, function: Any) -> Any:
        return lambda *arguments, **named: unwaited(function(*arguments, **named))


def unwaited(result: Any) -> Any:
    """The result of a call of the async client."""
    if inspect.iscoroutine(result):
        return unwaited(run(result))
    if isinstance(result, AsyncIterator) and not hasattr(result, "read"):
        return iterate(result)
    if isinstance(result, AsyncMinIOClient) or hasattr(result, "__aenter__"):
        return Unwaiting(result)
    return result


class Inline(Executor):
    """An executor of another process, as far as anybody can tell: it gets what can be pickled."""

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Any:
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **named))
        return future


def consumed(result: Any) -> Any:
    """All that a result has to give."""
    if hasattr(result, "read") and hasattr(result, "mode"):
        if result.mode == "wb":
            result.write(b"12345")
            result.close()
            return result.response
        data = result.read()
        result.close()
        return data
    if hasattr(result, "rows"):
        return result.read()
    return list(result) if isinstance(result, Iterator) else result


def texts_of(outcome: Any) -> str:
    """All that a user might see of a result or of an error: shown, and looked into."""
    seen = [repr(outcome), str(outcome)]
    if isinstance(outcome, BaseException):
        seen += [repr(outcome.args), repr(vars(outcome))]
        hidden = outcome.__suppress_context__
        causes = (outcome.__cause__, None if hidden else outcome.__context__)
        seen += [texts_of(cause) for cause in causes if cause is not None]
    elif isinstance(outcome, Iterable) and not isinstance(outcome, (str, bytes)):
        seen += [texts_of(item) for item in outcome if isinstance(item, MinIOError)]
    return "\n".join(seen)
