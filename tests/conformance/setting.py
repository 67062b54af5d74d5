"""What a conformance test is given: a client of one style and one tenancy, and the server's own view.

A test is written once, as a coroutine against `AsyncMinIOClient`. For the blocking client it gets
`Blocking`, which has the same methods and runs the blocking ones: nothing else of a test knows which
of the two it talks to.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from types import TracebackType
from typing import Any, Literal, cast

from minio_sdk import Admin, AsyncMinIOClient, Config, MinIOClient, MinIOError
from minio_sdk.tenancy import slug_of
from tests.servers import Server

Style = Literal["sync", "async"]
Tenancy = Literal["plain", "bucket", "prefix"]


ITERATORS = (
    "iter_objects",
    "download_stream",
    "list_multipart_uploads",
    "list_parts",
    "replication_backlog",
    "listen_bucket",
    "select_object_content",
    "trace",
    "console_log",
    "watch_metrics",
)


class Blocking:
    """A blocking client as tests see it: each call is awaited, and has run when it is."""

    def __init__(self, client: MinIOClient | Admin) -> None:
        self._client: Any = client

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if name == "admin":
            return Blocking(attribute)
        if name in ("with_", "with_extras"):
            return lambda *arguments, **changes: Blocking(attribute(*arguments, **changes))
        if name == "open":
            return lambda *arguments, **named: BlockingFile(lambda: attribute(*arguments, **named))
        if name in ITERATORS:
            return lambda *arguments, **named: _each(attribute(*arguments, **named))
        return _awaited(attribute) if callable(attribute) else attribute

    async def __aenter__(self) -> Blocking:
        self._client.__enter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.__exit__(kind, error, trace)


class BlockingFile:
    """A blocking file as tests see it: awaited or entered, and its methods awaited."""

    def __init__(self, opens: Callable[[], Any]) -> None:
        self._opens = opens
        self._file: Any = None

    async def _opened(self) -> BlockingFile:
        self._file = self._file or self._opens()
        return self

    def __await__(self) -> Generator[Any, Any, BlockingFile]:
        return self._opened().__await__()

    async def __aenter__(self) -> BlockingFile:
        await self._opened()
        self._file.__enter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._file, name)
        return _awaited(attribute) if callable(attribute) else attribute

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _each(self._file)


def _awaited(method: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*arguments: Any, **named: Any) -> Any:
        return method(*arguments, **named)

    return call


async def _each(items: Iterator[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


class Setting:
    """One test's corner of a server, and how to get at it.

    Attributes:
        server: the server.
        s3: boto3's client of it: what is really there, in the server's own names.
        style: which of our two clients is tested.
        tenancy: how its names are scoped; "plain" is not at all.
        token: in every name of this test that others could meet.
        tenant_id: the tenant, None when plain.
        shared_bucket: the bucket that prefix tenancy shares; this test's tenants are new in it.
        tenant_ids: every tenant of this test.
    """

    def __init__(
        self,
        server: Server,
        s3: Any,
        style: Style,
        tenancy: Tenancy,
        shared_bucket: str,
        kind_of_id: int,
    ) -> None:
        self.server = server
        self.s3 = s3
        self.style: Style = style
        self.tenancy: Tenancy = tenancy
        self.shared_bucket = shared_bucket
        self.token = "t" + uuid.uuid4().hex[:10]
        self._clients: list[AsyncMinIOClient] = []
        self._slugs: set[str] = set()
        self.tenant_ids: list[str] = []
        self.tenant_id = None if tenancy == "plain" else self.new_tenant(kind_of_id)

    # --- the tested side -------------------------------------------------------------------------

    def new_tenant(self, kind: int = 0) -> str:
        """A tenant id that nobody has: short, a UUID in either case, or free text."""
        number = uuid.uuid4()
        ids = (
            f"t{number.hex[:9]}",
            str(number),
            str(number).upper(),
            f"Acme & Sons (Berlin)/{number.hex[:8]}-EU_1",
        )
        return self.known_tenant(ids[kind % len(ids)])

    def known_tenant(self, tenant_id: str) -> str:
        """The id; what this tenant leaves on the server is removed after the test."""
        self._slugs.add(slug_of(tenant_id))
        self.tenant_ids.append(tenant_id)
        return tenant_id

    @property
    def client_class(self) -> Any:
        """The class under test."""
        return MinIOClient if self.style == "sync" else AsyncMinIOClient

    def config(self, **changes: Any) -> Config:
        """The configuration of this setting, with changes."""
        fields: dict[str, Any] = {
            "access_key": self.server.access_key,
            "secret_key": self.server.secret_key,
            "tenancy": "prefix" if self.tenancy == "prefix" else "bucket",
            "shared_bucket": self.shared_bucket,
            "bucket": self.bucket("default"),
            "base_delay": 0.05,  # a server that hiccups under load is not what is tested
        }
        if self.server.ca_file is not None:
            fields["verify"] = self.server.ca_file
        return Config(self.server.base_url, self.tenant_id, **fields).with_(**changes)

    def connect(self, **changes: Any) -> AsyncMinIOClient:
        """A client of this setting, with changes of its configuration."""
        return self.adopt(self.client_class(self.config(**changes)))

    def adopt(self, client: Any) -> AsyncMinIOClient:
        """A client as tests see it; closed after the test."""
        seen = Blocking(client) if isinstance(client, MinIOClient) else client
        self._clients.append(cast("AsyncMinIOClient", seen))
        return self._clients[-1]

    def bucket(self, name: str = "docs") -> str:
        """A bucket name for this test. Tenants may all call theirs the same; without, none may."""
        return f"{self.token}-{name}" if self.tenancy == "plain" else name

    async def close(self) -> None:
        """Close all clients."""
        for client in self._clients:
            await client.close()

    # --- the server's side -----------------------------------------------------------------------

    def place(self, bucket: str, tenant_id: str | None = None) -> tuple[str, str]:
        """Where a bucket must lie: the server's bucket, and what stands before keys in it."""
        tenant_id = tenant_id or self.tenant_id
        if tenant_id is None:
            return bucket, ""
        if self.tenancy == "prefix":
            return self.shared_bucket, f"{slug_of(tenant_id)}/{bucket}/"
        return f"{slug_of(tenant_id)}-{bucket}", ""

    def snapshots(self, bucket: str) -> tuple[str, str]:
        """Where the snapshots of a bucket must lie."""
        if self.tenant_id is None:
            return f"{bucket}--snapshots", f"{bucket}/"
        slug = slug_of(self.tenant_id)
        if self.tenancy == "prefix":
            return self.shared_bucket, f"{slug}/.snapshots/{bucket}/"
        return f"{slug}--snapshots", f"{bucket}/"

    def unfinished_uploads(self, bucket: str) -> list[str]:
        """Keys of multipart uploads that were begun and not ended, as the server tells."""
        server_bucket, prefix = self.place(bucket)
        found = self.s3.list_multipart_uploads(Bucket=server_bucket).get("Uploads", [])
        return [upload["Key"] for upload in found if upload["Key"].startswith(prefix)]

    def stored(self, mark: str) -> dict[str, str]:
        """Every object of the whole server with `mark` in its bucket's name or its key: its ETag."""
        found: dict[str, str] = {}
        for bucket in self._server_buckets():
            try:
                for item in self._objects(bucket):
                    name = f"{bucket}/{item['Key']}"
                    if mark in name:
                        found[name] = item["ETag"]
            except self.s3.exceptions.NoSuchBucket:
                continue  # another test's, and over by now
        return found

    def clean(self) -> None:
        """Remove what this test left on the server."""
        starts = tuple(f"{slug}-" for slug in self._slugs)
        for bucket in self._server_buckets():
            if self.token in bucket or bucket.startswith(starts):
                wipe(self.s3, bucket)
            elif bucket == self.shared_bucket:
                for slug in self._slugs:
                    wipe(self.s3, bucket, f"{slug}/")

    def _server_buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]

    def _objects(self, bucket: str) -> Iterator[dict[str, str]]:
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            yield from page.get("Contents", [])


async def errors_of(*calls: Awaitable[object]) -> list[MinIOError | None]:
    """What each call raised; all of them are made, whatever becomes of the first."""
    found: list[MinIOError | None] = []
    for call in calls:
        try:
            await call
        except MinIOError as error:
            found.append(error)
        else:
            found.append(None)
    return found


def wipe(s3: Any, bucket: str, prefix: str = "") -> None:
    """Remove the objects below a prefix; without one everything, and the bucket itself."""
    while True:
        some = _delete_listed(s3, bucket, "list_objects_v2", prefix)
        if not prefix and _deleted(s3, bucket):
            return
        if not some:  # MinIO lists what lies below an object only when that is gone
            break
    if not prefix:
        _delete_listed(s3, bucket, "list_object_versions", prefix)
        for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        s3.delete_bucket(Bucket=bucket)


def _delete_listed(s3: Any, bucket: str, operation: str, prefix: str) -> bool:
    """Whether there was anything."""
    items: list[dict[str, str]] = []
    for page in s3.get_paginator(operation).paginate(Bucket=bucket, Prefix=prefix):
        for kind in ("Contents", "Versions", "DeleteMarkers"):
            items += [
                {name: item[name] for name in ("Key", "VersionId") if name in item}
                for item in page.get(kind, [])
            ]
    # boto3 writes what XML can't carry, and servers refuse that.
    for item in items:
        if not item["Key"].isprintable():
            s3.delete_object(Bucket=bucket, **item)
    plain = [item for item in items if item["Key"].isprintable()]
    for start in range(0, len(plain), 1000):
        batch = {"Objects": plain[start : start + 1000], "Quiet": True}
        s3.delete_objects(Bucket=bucket, Delete=batch)
    return bool(items)


def _deleted(s3: Any, bucket: str) -> bool:
    try:
        s3.delete_bucket(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "BucketNotEmpty":
            raise
        return False
    return True
