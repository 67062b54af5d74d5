"""Sales as a parquet data set: appended atomically, read by columns and partitions, as of any moment.

    python examples/parquet_sales/sales.py   (on the server of MINIO_ENDPOINT; `minio-sdk serve` starts one)

S3 can replace one object atomically, and never several. So the files of the data set, once written, never
change, and one small object beside them, the manifest, lists those that count. An append writes its files
first, and then puts a new manifest in the place of the one that it read: `if_match` lets it through only
when nobody else was faster. Readers see all of an append or nothing of it, and each version of the manifest
is the table as it was.
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow.dataset as ds

from minio_sdk import (
    Config,
    ConflictError,
    MinIOClient,
    MinIOError,
    ObjectNotFoundError,
    PreconditionFailedError,
    ReceivedReply,
    SentRequest,
)
from minio_sdk.fs import MinIOFileSystem

ATTEMPTS = 20


class Traffic:
    """Counts the bytes that are read; a hook, so that it sees what really came, whoever asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.bytes = 0

    def __call__(self, event: SentRequest | ReceivedReply) -> None:
        if isinstance(event, ReceivedReply) and event.request.operation == "GetObject":
            with self._lock:
                self.bytes += event.size or 0


@dataclass(frozen=True)
class Version:
    """The table as it was at one moment.

    Attributes:
        id: of the manifest; None before the first append.
        etag: the same, for conditions.
        files: the data set's.
    """

    id: str | None
    etag: str | None
    files: tuple[str, ...]


class Table:
    """A data set partitioned by some of its columns, in a bucket that keeps versions."""

    def __init__(self, config: Config, bucket: str, name: str, partitions: Sequence[str]) -> None:
        self.client = MinIOClient(config)
        self._bucket = bucket
        self._manifest = f"{name}/manifest.json"
        self._data = f"{name}/data"
        self._partitions = list(partitions)
        # pyarrow knows which bytes it wants; a cache that reads ahead would fetch the columns in between too.
        self._options: dict[str, Any] = {"config": config, "default_cache_type": "none"}
        self._fs = MinIOFileSystem(**self._options)
        if not self.client.bucket_exists(bucket):
            self.client.create_bucket(bucket)
            self.client.set_bucket_versioning(bucket)

    # --- versions ------------------------------------------------------------------------------------

    def version(self, id: str | None = None, at: datetime | None = None) -> Version:
        """The current version, that of an id, or what was current at a moment."""
        key = self._manifest
        try:
            found = self.client.get_object_metadata(self._bucket, key, version_id=id, at=at)
            # The one that was found, also when there is a newer one by now.
            body = self.client.get_object(self._bucket, key, version_id=found.version_id)
        except ObjectNotFoundError:
            if id is not None:
                raise
            return Version(None, None, ())
        return Version(found.version_id, found.etag, tuple(json.loads(body)["files"]))

    def history(self) -> list[tuple[str, datetime]]:
        """Ids of versions and when they were made, the oldest first."""
        found = self.client.list_objects(self._bucket, self._manifest, versions=True)
        found.reverse()  # servers tell the newest first
        return [
            (item.version_id, item.last_modified)
            for item in found
            if item.version_id and item.last_modified and item.key == self._manifest
        ]

    # --- writing -------------------------------------------------------------------------------------

    def append(self, frame: pd.DataFrame) -> None:
        """Add rows: all of them, or none after a failure or a kill."""
        self.commit(self.write(frame))

    def write(self, frame: pd.DataFrame) -> list[str]:
        """Write new files, which nobody reads yet."""
        written: list[str] = []
        frame.to_parquet(
            f"minio://{self._bucket}/{self._data}",
            storage_options=self._options,
            index=False,
            partition_cols=self._partitions,
            # No two writers have the same names, so nobody's files are ever replaced.
            basename_template=f"{uuid.uuid4().hex}-{{i}}.parquet",
            existing_data_behavior="overwrite_or_ignore",
            file_visitor=lambda file: written.append(file.path),
        )
        return written

    def commit(self, files: Sequence[str]) -> None:
        """Make files part of the table."""
        for _ in range(ATTEMPTS):
            before = self.version()
            document = json.dumps({"files": [*before.files, *files]}).encode()
            try:
                self.client.put_object(
                    self._bucket,
                    self._manifest,
                    document,
                    # It has to be the one that was read; or, where there was none, none still.
                    if_match=before.etag,
                    if_none_match=None if before.etag else "*",
                )
                return
            except (PreconditionFailedError, ConflictError):
                continue  # somebody else's append was first: add to theirs
        raise ConflictError(f"{self._manifest}: others were first {ATTEMPTS} times")

    def sweep(self, older_than: timedelta, now: datetime) -> int:
        """Remove files that no version lists: those of writers that died before they could commit.

        Args:
            older_than: what is younger may be about to be committed.
            now: the time.
        """
        listed = {file for id, _ in self.history() for file in self.version(id).files}
        strays = [
            item
            for item in self.client.iter_objects(self._bucket, f"{self._data}/")
            if f"{self._bucket}/{item.key}" not in listed
            and item.last_modified
            and item.last_modified < now - older_than
        ]
        return self.client.delete_many(strays, bucket=self._bucket).succeeded

    # --- reading -------------------------------------------------------------------------------------

    def read(
        self,
        columns: list[str] | None = None,
        where: ds.Expression | None = None,
        version: Version | None = None,
    ) -> pd.DataFrame:
        """Rows of the table.

        Args:
            columns: those that are wanted; of others no byte is fetched.
            where: a condition; of partitions where it can't hold no byte is fetched.
            version: what to read; None for what there is now.
        """
        files = (version or self.version()).files
        if not files:
            return pd.DataFrame(columns=columns)
        found = ds.dataset(list(files), format="parquet", partitioning="hive", filesystem=self._fs)
        return found.to_table(columns=columns, filter=where).to_pandas()

    def close(self) -> None:
        self.client.close()


def sales(month: str, rows: int) -> pd.DataFrame:
    """Made-up sales of a month in three countries; the notes are most of their bytes, as in real life."""
    return pd.DataFrame(
        {
            "month": month,
            "country": [("CH", "NO", "JP")[number % 3] for number in range(rows)],
            "amount": [number % 100 + 1 for number in range(rows)],
            "note": [secrets.token_hex(16) for _ in range(rows)],
        }
    )


def main() -> None:
    """Append two months, then ask in three ways."""
    traffic = Traffic()
    config = Config.from_env(tenant_id="acme-sales", hooks=traffic)
    table = Table(config, "lake", "sales", ["month", "country"])

    def told(what: str, **wanted: Any) -> None:
        before = traffic.bytes
        frame = table.read(**wanted)
        print(f"{what}: {len(frame):,} rows, {traffic.bytes - before:,} bytes read")

    table.append(sales("2026-01", 90_000))
    january = table.version()
    table.append(sales("2026-02", 90_000))

    told("all of it")
    told("one column", columns=["amount"])
    swiss = (ds.field("country") == "CH") & (ds.field("month") == "2026-02")
    told("one column of one partition", columns=["amount"], where=swiss)
    told("as of January", columns=["amount"], version=january)
    print(f"{len(table.history())} versions")
    table.close()


if __name__ == "__main__":
    try:
        main()
    except MinIOError as error:
        sys.exit(f"sales: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
