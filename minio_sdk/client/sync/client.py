# Made by scripts/make_sync.py from client/aio/client.py: change that one.
"""`MinIOClient`: signatures, docstrings and one `return` each; the work is in `minio_sdk.flows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import buckets, objects, server, tenant_keys, uploads
from minio_sdk.flows.objects import Keys
from minio_sdk.flows.sources import Data, Source
from minio_sdk.models.results import (
    BucketInfo,
    DeleteResult,
    HealthStatus,
    ObjectInfo,
    ObjectMetadata,
    ServerInfo,
    UploadResponse,
)

# The method `list` shadows the built-in in annotations that come after it.
KeyList = list[str]
BucketList = list[BucketInfo]
ObjectList = list[ObjectInfo]


class MinIOClient(Base):
    """S3-compatible object storage for one tenant.

    Safe to share between threads; it makes connections when they are needed and keeps them. Use it as a
    context manager, or call `close()`; both may be done again and again on one client.

    Args:
        config: the settings. Without it they come from the other arguments and the environment.
        host, port: the server, in place of ``base_url``; port 9000 by default.
        secure: https rather than http for `host` and `port`.
        clock: the source of time; tests give their own.
        **fields: any field of `Config`, and ``user_id`` as another name for ``tenant_id``.

    Without ``base_url`` or `host`: the environment, then Consul when ``CONSUL_HTTP_ADDR`` is set (one
    question of at most 3 seconds, asked here), then ``http://localhost:9000``.

    Raises:
        ConfigurationError: a setting is not right.

    Example:
        >>> with MinIOClient(Config("http://localhost:9000", "acme")) as client:
        ...     client.upload("hello.txt", b"Hello!")
    """

    def with_(self, **changes: Any) -> MinIOClient:
        """A client with other settings on the same connections; closing it leaves them open.

        Args:
            **changes: any fields of `Config`.

        Raises:
            ConfigurationError: a setting is not right.

        Example:
            >>> other = client.with_(tenant_id="other", timeout=5)
        """
        view: MinIOClient = self._view(changes)
        return view

    def __enter__(self) -> MinIOClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back. A later call opens new ones; closing twice is fine."""
        self._run(self._engine.transport.close())

    # --- the tenant's own keys -------------------------------------------------------------------

    def upload(self, key: str, data: Data) -> UploadResponse:
        """Store `data` under `key`, in `Config.bucket`, which is made when it is missing.

        Args:
            key: 1 to 1,024 bytes of UTF-8.
            data: bytes-like, a binary file (from its current position), or an iterator of bytes.

        Returns:
            `UploadResponse`: ``status`` is ``"uploaded"``; ``size`` is in bytes.

        Raises:
            ValidationError: a bad key, or data that isn't bytes; nothing was sent.
            QuotaExceededError: no space is left for this tenant.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> response = client.upload("hello.txt", b"Hello!")
        """
        return self._run(tenant_keys.upload(self._engine.begin(), key, data))

    def download(self, key: str) -> bytes:
        """The bytes under `key`, exactly as they were stored.

        Raises:
            ObjectNotFoundError: there is no such key.
            MinIOError: it failed after all retries.

        Example:
            >>> data = client.download("hello.txt")
        """
        return self._run(tenant_keys.download(self._engine.begin(), key))

    def list(self, prefix: str = "") -> KeyList:
        """The keys that begin with `prefix`, in the byte order of their UTF-8.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> keys = client.list("reports/")
        """
        return self._run(tenant_keys.list_keys(self._engine.begin(), prefix))

    def delete(self, key: str) -> None:
        """Remove `key`; a missing one is no error.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> client.delete("hello.txt")
        """
        return self._run(tenant_keys.delete(self._engine.begin(), key))

    def health_check(self) -> HealthStatus:
        """How the server is for this client: asked once, without retries.

        Returns:
            `HealthStatus`, true when healthy. A server that is down is a result, not an error.

        Example:
            >>> if client.health_check():
            ...     print("healthy")
        """
        return self._run(server.health(self._engine.begin()))

    def get_server_info(self) -> ServerInfo:
        """What the server tells of itself: ``status``, ``version``, ``performance`` and more.

        Raises:
            MinIOError: it failed after all retries.

        Example:
            >>> info = client.get_server_info()
        """
        return self._run(server.info(self._engine.begin()))

    # --- buckets ---------------------------------------------------------------------------------

    def create_bucket(
        self, bucket: str, *, region: str | None = None, object_lock: bool = False
    ) -> None:
        """Make a bucket.

        Args:
            bucket: 1 to 63 of ``a-z 0-9 . -``, beginning and ending with a letter or digit.
            region: where it is to be; None takes `Config.region`.
            object_lock: whether its objects can be locked; this can't be changed later.

        Raises:
            BucketAlreadyExistsError: it exists.
            ValidationError: S3 allows no such name.
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        """
        return self._run(buckets.create(self._engine.begin(), bucket, region, object_lock))

    def delete_bucket(self, bucket: str, *, force: bool = False) -> None:
        """Remove a bucket.

        Args:
            bucket: its name.
            force: remove all its objects, versions and unfinished uploads first.

        Raises:
            BucketNotFoundError: it doesn't exist.
            BucketNotEmptyError: it has objects, and `force` is False.
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
        """
        return self._run(buckets.delete(self._engine.begin(), bucket, force))

    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket exists.

        Raises:
            AccessDeniedError: these credentials may not know.
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
        """
        return self._run(buckets.exists(self._engine.begin(), bucket))

    def get_bucket_info(self, bucket: str) -> BucketInfo:
        """Name, creation date, region and owner of a bucket, as far as the server tells.

        Raises:
            BucketNotFoundError: it doesn't exist.
            MinIOError: it failed after all retries.
        """
        return self._run(buckets.info(self._engine.begin(), bucket))

    def list_buckets(self) -> BucketList:
        """The tenant's buckets, by name.

        Raises:
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
        """
        return self._run(buckets.list_all(self._engine.begin()))

    # --- objects ---------------------------------------------------------------------------------

    def put_object(
        self,
        bucket: str,
        key: str,
        data: Data,
        length: int | None = None,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> UploadResponse:
        """Store an object in a bucket that exists.

        Args:
            bucket: its name.
            key: 1 to 1,024 bytes of UTF-8.
            data: bytes-like, a binary file (from its current position), or an iterator of bytes.
            length: take exactly this many bytes; None takes all.
            content_type: such as ``"text/plain"``; None guesses it from the key.
            metadata: names, with ``x-amz-meta-`` in front or not, and values.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries; then no object has appeared.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        """
        engine = self._engine.begin()
        headers = uploads.object_headers(key, content_type, metadata)
        place = engine.place(bucket)
        return self._run(uploads.put(engine, place, key, Source(data, length), headers))

    def get_object(self, bucket: str, key: str) -> bytes:
        """The bytes of an object, exactly as they were stored.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        return self._run(objects.get(self._engine.begin(), bucket, key))

    def get_object_metadata(self, bucket: str, key: str) -> ObjectMetadata:
        """Size, type, ETag, dates and the user's metadata of an object.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        return self._run(objects.head(self._engine.begin(), bucket, key))

    def object_exists(self, bucket: str, key: str) -> bool:
        """Whether the object exists; False too when its bucket doesn't.

        Raises:
            MinIOError: it failed after all retries.
        """
        return self._run(objects.object_exists(self._engine.begin(), bucket, key))

    def delete_object(self, bucket: str, key: str, *, version_id: str | None = None) -> None:
        """Remove an object, or one version of it; a missing object is no error.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
        """
        return self._run(objects.delete(self._engine.begin(), bucket, key, version_id))

    def delete_objects(self, bucket: str, keys: Keys) -> DeleteResult:
        """Remove any number of objects, 1,000 a request.

        Args:
            bucket: its name.
            keys: keys, or pairs (key, version_id).

        Returns:
            `DeleteResult`: ``deleted`` and ``errors``; true when there are no errors.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            MinIOError: a whole request failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        """
        return self._run(objects.delete_objects(self._engine.begin(), bucket, keys))

    def list_objects(
        self,
        bucket: str,
        prefix: str = "",
        suffix: str = "",
        *,
        recursive: bool = True,
        limit: int | None = None,
    ) -> ObjectList:
        """The objects of a bucket as a list in byte order; `iter_objects` takes no memory for it.

        Args:
            bucket: its name.
            prefix: only keys that begin with it.
            suffix: only keys that end with it; sorted out here, not on the server.
            recursive: False folds what lies below the next ``/`` into one entry with ``is_prefix``.
            limit: at most this many.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            MinIOError: it failed after all retries.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        """
        engine = self._engine.begin()
        return self._run(objects.listed(engine, bucket, prefix, suffix, recursive, limit))

    def iter_objects(
        self,
        bucket: str,
        prefix: str = "",
        suffix: str = "",
        *,
        recursive: bool = True,
        limit: int | None = None,
    ) -> Iterator[ObjectInfo]:
        """The objects of a bucket one by one in the server's order, asked for page by page.

        The arguments are those of `list_objects`.

        Example:
            >>> for item in client.iter_objects("docs", "2026/"):
            ...     print(item.key, item.size)
        """
        engine = self._engine.begin()
        return self._iterate(objects.found(engine, bucket, prefix, suffix, recursive, limit))

    # --- addresses signed ahead ------------------------------------------------------------------

    def get_presigned_url(
        self, bucket: str, key: str, expiry_seconds: int = 3600, *, method: str = "GET"
    ) -> str:
        """A URL that anyone can use for one method on one object, for some time.

        Args:
            bucket: its name.
            key: the key.
            expiry_seconds: 1 to 604,800 (7 days).
            method: ``"GET"``, ``"PUT"``, ``"HEAD"``, ``"DELETE"`` or ``"POST"``.

        Raises:
            ValidationError: a bad argument.
            ConfigurationError: there are no credentials to sign with.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        """
        engine = self._engine.begin()
        return self._run(objects.presign(engine, bucket, key, expiry_seconds, method))

    def get_presigned_put_url(self, bucket: str, key: str, expiry_seconds: int = 3600) -> str:
        """A URL that anyone can upload one object to, for some time; else as `get_presigned_url`."""
        engine = self._engine.begin()
        return self._run(objects.presign(engine, bucket, key, expiry_seconds, "PUT"))
