"""S3 in memory, below the engine: for flows of many thousand requests, and for ends at any one of them.

It speaks requests and replies as values, without a socket. What it doesn't know it refuses loudly.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

from minio_sdk import Config
from minio_sdk.api import Api
from minio_sdk.blocking import iterate
from minio_sdk.clock import Clock
from minio_sdk.credentials import find_credentials
from minio_sdk.engine import Engine
from minio_sdk.protocols import Feed, Relay
from minio_sdk.signing import Signing, Skew
from minio_sdk.transport.budgets import ByteBudget
from minio_sdk.transport.tasks import TaskRelay
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import parse
from tests.clock import FakeClock

T = TypeVar("T")
R = TypeVar("R")

_DESCRIBING = ("content-", "cache-control", "expires", "x-amz-meta-", "x-amz-storage-class")


@dataclass
class Version:
    """One version of an object; no data is a delete marker."""

    id: str
    data: bytes | None
    headers: dict[str, str]
    tags: dict[str, str]
    when: int

    @property
    def etag(self) -> str:
        return hashlib.md5(self.data or b"").hexdigest()

    @property
    def date(self) -> datetime:
        return datetime.fromtimestamp(1_800_000_000 + self.when, timezone.utc)


@dataclass
class Bucket:
    """Keys and their versions, the newest first."""

    versioned: bool = False
    keys: dict[str, list[Version]] = field(default_factory=dict)


class AtOnce:
    """A crew that has done its work before `begin` returns."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self.failure: BaseException | None = None

    @property
    def failed(self) -> bool:
        return self.failure is not None

    async def begin(self, work: Callable[[], Awaitable[Any]]) -> None:
        await self.end()
        try:
            self.results.append(await work())
        except Exception as error:
            self.failure = error

    async def rest(self) -> bool:
        return False

    async def end(self) -> list[Any]:
        if self.failure is not None:
            raise self.failure
        return self.results

    async def stop(self) -> None:
        return None


class Killed(BaseException):
    """The process ends here."""


class Memory:
    """A server, and the transport to it.

    Attributes:
        buckets: by the server's names.
        asked: how many requests came.
        before: called with each request before it is answered; it may raise, or change the store.
        name: its ``Server`` header; MinIO is known to copy, and keeps all keys of these tests.
        unlisted: keys that its listings of versions leave out.
        lists_other_etags: whether those have ETags of their own, as SeaweedFS's of encrypted objects.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        config = Config("http://127.0.0.1:9", None, access_key="a", secret_key="b")
        self.clock: Clock = clock or FakeClock()
        self.signing = Signing(config, find_credentials(config), self.clock, Skew())
        self.memory = ByteBudget(config.memory_budget)
        self.buckets: dict[str, Bucket] = {}
        self.asked = 0
        self.before: Callable[[Request], None] = lambda _: None
        self.name = "MinIO"
        self.unlisted: set[str] = set()
        self.lists_other_etags = False
        self._moment = 0
        self.ways: tuple[Any, ...] = ()

    # --- a transport ---------------------------------------------------------------------------------

    def engine(self, tenant_id: str | None = "acme", **fields: Any) -> Engine:
        """An engine of a tenant."""

        async def never(_: Engine) -> str:
            raise AssertionError("the API is known")

        fields = {"access_key": "a", "secret_key": "b", **fields}
        return Engine(Config("http://127.0.0.1:9", tenant_id, **fields), self, Api("s3"), never)

    async def send(self, request: Request, deadline: float | None) -> Reply:
        self.asked += 1
        self.before(request)
        path, _, key = unquote(request.path).removeprefix("/").partition("/")
        query = parse_qs(request.query, keep_blank_values=True)
        reply = self._answer(request, path, key, {name: v[0] for name, v in query.items()})
        reply.headers = {"server": self.name, "x-amz-request-id": "r", **reply.headers}
        return reply

    def lane(self) -> Memory:
        return self

    async def map(
        self,
        function: Callable[[T], Awaitable[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
        *,
        grace: float = 0.0,
        relay: Relay | None = None,
    ) -> list[R]:
        results = []
        source = iterate(items.__aiter__()) if isinstance(items, AsyncIterable) else items
        for item in source:
            results.append(await function(item))
            if done is not None:
                done(results[-1])
        return results

    def relay(self, told: Callable[[Any], object]) -> Relay:
        return TaskRelay(told)

    async def spread(
        self,
        submit: Callable[[T], Future[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
    ) -> list[R]:
        raise AssertionError("the tests of executors have a server")

    def feed(self) -> Feed:
        raise AssertionError("the tests of feeds have a server")

    def crew(self, limit: int, *, grace: float = 0.0) -> AtOnce:
        return AtOnce()

    async def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    async def call(self, function: Callable[..., R], *arguments: Any) -> R:
        return function(*arguments)

    async def finish(self, function: Callable[..., R], *arguments: Any) -> R:
        return function(*arguments)

    async def close(self) -> None:
        return None

    # --- a server ------------------------------------------------------------------------------------

    def store(
        self,
        bucket: str,
        key: str,
        data: bytes | None,
        headers: dict[str, str] | None = None,
        tags: dict[str, str] | None = None,
    ) -> Version:
        """Write a version (or, without data, remove the key) as a request would."""
        self._moment += 1
        where = self.buckets[bucket]
        versions = where.keys.setdefault(key, [])
        id = f"v{self._moment}" if where.versioned else "null"
        version = Version(id, data, headers or {}, tags or {}, self._moment)
        if not where.versioned:
            versions.clear()
        if data is not None or where.versioned:
            versions.insert(0, version)
        if not versions:
            del where.keys[key]
        return version

    def _answer(self, request: Request, name: str, key: str, query: dict[str, str]) -> Reply:
        method = request.method
        if method == "PUT" and not key and not query:
            self.buckets.setdefault(name, Bucket())
            return Reply(200, {"location": f"/{name}"})
        bucket = self.buckets.get(name)
        if bucket is None:
            return _error(404, "NoSuchBucket")
        if not key:
            return self._of_bucket(request, name, bucket, query)
        if method == "PUT" and "tagging" not in query:
            return self._put(request, name, bucket, key)
        if method == "DELETE" and "tagging" not in query:
            return self._delete(name, bucket, key, query.get("versionId"))
        found = _version(bucket, key, query.get("versionId"))
        if found is None:
            return _error(404, "NoSuchVersion" if "versionId" in query else "NoSuchKey")
        if "tagging" in query:
            return self._tagging(request, found)
        headers = {"etag": f'"{found.etag}"', "last-modified": format_datetime(found.date, True)}
        headers.update(found.headers)
        if bucket.versioned:
            headers["x-amz-version-id"] = found.id
        data = found.data or b""
        headers["content-length"] = str(len(data))
        return Reply(200, headers, b"" if method == "HEAD" else data)

    def _of_bucket(
        self, request: Request, name: str, bucket: Bucket, query: dict[str, str]
    ) -> Reply:
        if request.method == "HEAD":
            return Reply(200, {})
        if request.method == "POST" and "delete" in query:
            lines = []
            for node in parse(bytes(request.body)).children:  # type: ignore[arg-type]
                if node.tag == "Object":
                    self._delete(name, bucket, node.get("Key"), node.get("VersionId") or None)
                    lines.append(f"<Deleted><Key>{escape(node.get('Key'))}</Key></Deleted>")
            return _document("DeleteResult", "".join(lines))
        if "versioning" in query:
            status = "<Status>Enabled</Status>" if bucket.versioned else ""
            return _document("VersioningConfiguration", status)
        if "versions" in query:
            return self._versions(bucket, query)
        if query.get("list-type") == "2":
            return self._list(bucket, query)
        raise AssertionError(f"this server knows no {request!r}")

    def _put(self, request: Request, name: str, bucket: Bucket, key: str) -> Reply:
        given = request.headers
        current = _version(bucket, key, None)
        if given.get("if-none-match") == "*" and current is not None:
            return _error(412, "PreconditionFailed")
        headers = {n: v for n, v in given.items() if n.startswith(_DESCRIBING)}
        headers.pop("content-length", None)
        tags = {n: v[0] for n, v in parse_qs(given.get("x-amz-tagging", "")).items()}
        source = given.get("x-amz-copy-source")
        if source is None:
            stored = self.store(name, key, bytes(request.body), headers, tags)  # type: ignore[arg-type]
            return Reply(200, {"etag": f'"{stored.etag}"', **self._id(bucket, stored)})
        path, _, version = source.partition("?versionId=")
        from_bucket, _, from_key = unquote(path).removeprefix("/").partition("/")
        found = _version(self.buckets[from_bucket], from_key, unquote(version) or None)
        if found is None or found.data is None:
            return _error(404, "NoSuchVersion" if version else "NoSuchKey")
        if given.get("x-amz-copy-source-if-match", f'"{found.etag}"') != f'"{found.etag}"':
            return _error(412, "PreconditionFailed")
        if given.get("x-amz-metadata-directive") != "REPLACE":
            headers = found.headers
        if given.get("x-amz-tagging-directive") != "REPLACE":
            tags = found.tags
        stored = self.store(name, key, found.data, dict(headers), dict(tags))
        answer = _document("CopyObjectResult", f"<ETag>&quot;{stored.etag}&quot;</ETag>")
        return Reply(200, self._id(bucket, stored), answer.body)

    def _id(self, bucket: Bucket, stored: Version) -> dict[str, str]:
        return {"x-amz-version-id": stored.id} if bucket.versioned else {}

    def _delete(self, name: str, bucket: Bucket, key: str, version_id: str | None) -> Reply:
        if version_id is None:
            if key in bucket.keys:
                self.store(name, key, None)
        else:
            left = [v for v in bucket.keys.get(key, []) if v.id != version_id]
            bucket.keys[key] = left
            if not left:
                del bucket.keys[key]
        return Reply(204, {})

    def _tagging(self, request: Request, found: Version) -> Reply:
        if request.method == "DELETE":
            found.tags = {}
            return Reply(204, {})
        if request.method == "PUT":
            (tag_set,) = parse(bytes(request.body)).children  # type: ignore[arg-type]
            found.tags = {node.get("Key"): node.get("Value") for node in tag_set.children}
            return Reply(200, {})
        tags = "".join(
            f"<Tag><Key>{escape(k)}</Key><Value>{escape(v)}</Value></Tag>"
            for k, v in found.tags.items()
        )
        return _document("Tagging", f"<TagSet>{tags}</TagSet>")

    def _list(self, bucket: Bucket, query: dict[str, str]) -> Reply:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = unquote(query.get("continuation-token", "")) or query.get("start-after", "")
        entries: dict[str, str] = {}
        for key in sorted(bucket.keys):
            found = _version(bucket, key, None)
            if found is None or not key.startswith(prefix):
                continue
            head, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if cut:
                folder = prefix + head + cut
                entries[folder] = (
                    f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>"
                )
            else:
                entries[key] = f"<Contents>{_listed(key, found)}</Contents>"
        names = [name for name in entries if name > after]
        most = int(query["max-keys"])
        more = len(names) > most
        end = f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
        if more:
            token = quote(names[most - 1])
            end += f"<NextContinuationToken>{token}</NextContinuationToken>"
        body = "".join(entries[name] for name in names[:most])
        return _document("ListBucketResult", f"<EncodingType>url</EncodingType>{body}{end}")

    def _versions(self, bucket: Bucket, query: dict[str, str]) -> Reply:
        prefix = query.get("prefix", "")
        lines = []
        for key in sorted(bucket.keys):
            if key in self.unlisted or not key.startswith(prefix):
                continue
            if key <= query.get("key-marker", ""):
                continue
            for number, version in enumerate(bucket.keys[key]):
                tag = "DeleteMarker" if version.data is None else "Version"
                latest = "true" if number == 0 else "false"
                entry = _listed(key, version, self.lists_other_etags)
                lines.append(
                    f"<{tag}>{entry}<VersionId>{version.id}</VersionId>"
                    f"<IsLatest>{latest}</IsLatest></{tag}>"
                )
        body = "".join(lines)
        return _document(
            "ListVersionsResult",
            f"<EncodingType>url</EncodingType>{body}<IsTruncated>false</IsTruncated>",
        )


def _version(bucket: Bucket, key: str, version_id: str | None) -> Version | None:
    versions = bucket.keys.get(key, [])
    if version_id is not None:
        return next((v for v in versions if v.id == version_id), None)
    return versions[0] if versions and versions[0].data is not None else None


def _listed(key: str, version: Version, other: bool = False) -> str:
    etag = f"0{version.etag}" if other else version.etag
    return (
        f"<Key>{quote(key)}</Key><ETag>&quot;{etag}&quot;</ETag>"
        f"<Size>{len(version.data or b'')}</Size>"
        f"<LastModified>{version.date:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
    )


def _document(root: str, text: str) -> Reply:
    return Reply(200, {}, f"<{root}>{text}</{root}>".encode())


def _error(status: int, code: str) -> Reply:
    return Reply(status, {}, f"<Error><Code>{code}</Code></Error>".encode())
