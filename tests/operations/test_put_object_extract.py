"""PutObjectExtract: a golden request, real answers."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from minio_sdk import BucketNotFoundError, ServerError
from minio_sdk.operation import Place
from minio_sdk.operations.put_object_extract import PutObjectExtract
from minio_sdk.wire.message import Reply
from minio_sdk.wire.tar import END, entry_head, padded
from tests.samples import OTHER, refused, replayed

TAR = entry_head(OTHER, 6, {"minio.metadata.content-type": "text/plain"}) + padded(b"Hello!") + END
COPIES = Place("copies", "acme-copies", "", "/acme-copies")
MISSING = Place("missing", "acme-missing", "", "/acme-missing")


def test_minio_says_when_it_took_a_tar() -> None:
    date = replayed("PutObjectExtract", "minio", PutObjectExtract(COPIES, "pack.tar", TAR))
    assert date is not None
    assert (date.year, date.tzinfo) == (2026, timezone.utc)


def test_a_missing_bucket() -> None:
    operation = PutObjectExtract(MISSING, "pack.tar", TAR)
    error = refused("PutObjectExtract-missing-bucket", "minio", operation)
    assert type(error) is BucketNotFoundError


def test_answers() -> None:
    operation = PutObjectExtract(COPIES, "pack.tar", TAR)
    assert operation.parse(Reply(200, {"etag": "e"})) is None
    found = operation.parse(Reply(200, {"etag": "e", "date": "Sun, 22 Nov 2026 02:00:00 GMT"}))
    assert found == datetime(2026, 11, 22, 2, tzinfo=timezone.utc)
    with pytest.raises(ServerError):
        operation.parse(Reply(200, {"server": "nginx"}, b"OK"))
