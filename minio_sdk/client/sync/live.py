# Made by scripts/make_sync.py from client/aio/live.py: change that one.
"""Answers that are read while they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minio_sdk.client.sync.base import Base
from minio_sdk.client.sync.streams import BucketEvents, SelectedRows
from minio_sdk.flows.events import Events
from minio_sdk.flows.select import selection
from minio_sdk.models.events import EVENTS, EventGap
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.select import SelectInput, SelectOutput


class Live(Base):
    """Events of buckets as they happen, and questions to the rows of an object."""

    def listen_bucket(
        self,
        bucket: str | None,
        prefix: str = "",
        suffix: str = "",
        events: Iterable[str] = EVENTS,
        *,
        ping: int = 2,
        reconnect_for: float | None = 300.0,
        on_reconnect: Callable[[EventGap], object] | None = None,
    ) -> BucketEvents:
        """What happens in a bucket, told while it happens. MinIO has it, and no other server.

        The connection is made by the first event that is asked for, or by entering or ``connect()``, which
        wait until the server listens. When it is lost, or no sign of life comes for three pings and five
        seconds, it is made again, with the pauses of the retry policy between tries. What happens
        meanwhile is told by nobody: `on_reconnect` gets the time, for which a listing may be compared. It
        has a connection beside those of `Config.pool_size`, and no `Config.deadline`.

        Args:
            bucket: its name; None for all of the tenant's, or of the server without tenancy.
            prefix, suffix: only keys that begin and end with it.
            events: which, such as ``"s3:ObjectCreated:*"``.
            ping: seconds between two signs of life that the server is asked for.
            reconnect_for: seconds for which a lost connection is tried to be had again; None for ever.
            on_reconnect: a plain function that gets an `EventGap` each time.

        Returns:
            An iterator of `BucketEvent`, without end; close it, or use it as a context manager.

        Raises:
            BucketNotFoundError: the bucket doesn't exist.
            NotSupportedError: the server has no live events; or for all buckets with ``tenancy="bucket"``.
            ServerError: the server tells of what isn't the tenant's, or what is no event.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> with client.listen_bucket("docs", suffix=".jpg") as events:
            ...     for event in events:
            ...         print(event.name, event.key, event.size)

        https://docs.min.io/community/minio-object-store/developers/python/API.html
        """
        engine = self._engine.begin()
        flow = Events(engine, bucket, prefix, suffix, events, ping, reconnect_for, on_reconnect)
        return BucketEvents(flow)

    def select_object_content(
        self,
        bucket: str,
        key: str,
        sql: str,
        input: SelectInput | Mapping[str, Any],
        output: SelectOutput | Mapping[str, Any] | None = None,
        *,
        scan_range: tuple[int | None, int | None] | None = None,
        progress: bool = False,
        encryption: GivenEncryption = None,
    ) -> SelectedRows:
        """The rows of an object that a question in SQL is about, found by the server (S3 Select).

        It is asked when the first rows are asked for, or by entering. Until then it is tried again like any
        call; what breaks off later is an error, since rows have been given already.

        Args:
            bucket: its name.
            key: its key.
            sql: the question, such as ``"SELECT s.name FROM S3Object s WHERE s.age > '40'"``.
            input: how the object is read: `CsvInput`, `JsonInput` or `ParquetInput`, or a dict as boto3
                has it.
            output: how rows are written: `JsonOutput` or `CsvOutput`, or such a dict; JSON by default.
            scan_range: the first and the last byte of the object that are looked at; None leaves one
                open, and ``(None, n)`` is the last n bytes.
            progress: ask the server to tell how far it is.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Returns:
            An iterator of blocks of bytes with ``read()``, ``rows()``, ``stats`` and ``progress``.

        Raises:
            ObjectNotFoundError, BucketNotFoundError: it isn't there.
            EncryptionKeyError: it is encrypted with a key that wasn't given, or with another one.
            NotSupportedError: the server has no S3 Select.
            IntegrityError: what came is damaged.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed, also in the middle.

        Example:
            >>> found = client.select_object_content(
            ...     "docs", "people.csv", "SELECT * FROM S3Object", CsvInput(file_header_info="USE")
            ... )
            >>> for row in found.rows():
            ...     print(row["name"])

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html
        """
        engine = self._engine.begin(encryption)
        flow = selection(engine, bucket, key, sql, input, output, scan_range, progress)
        return SelectedRows(flow)
