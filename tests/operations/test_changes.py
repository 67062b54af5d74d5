"""Which operations change objects, so that no cache has them afterwards: each is looked at once."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import minio_sdk.operations
from minio_sdk.operation import ObjectOperation, Operation, Place
from minio_sdk.operations.bucket_policy import DeleteBucketPolicy, PutBucketPolicy
from minio_sdk.operations.buckets import DeleteBucket
from minio_sdk.operations.delete_objects import DeleteObjects
from minio_sdk.operations.put_object_extract import PutObjectExtract

PLACE = Place("docs", "acme-docs", "", "/acme-docs")

READING = {
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "HeadObject",
    "ListParts",
    "PromptObject",
    "SelectObjectContent",
}
WRITING = {
    "AppendObject",
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "PutObject",
    "PutObjectExtract",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "RestoreObject",
    "UploadPart",
    "UploadPartCopy",
}


def test_what_is_about_an_object_reads_it_or_changes_it() -> None:
    """A new operation goes into one of the two."""
    found: dict[str, type[Operation[object]]] = {}
    for info in pkgutil.iter_modules(minio_sdk.operations.__path__, "minio_sdk.operations."):
        for value in vars(importlib.import_module(info.name)).values():
            if inspect.isclass(value) and issubclass(value, Operation) and hasattr(value, "name"):
                found[value.name] = value
    about_objects = {name for name, cls in found.items() if issubclass(cls, ObjectOperation)}
    assert about_objects == READING | WRITING
    for name in about_objects - {"PutObjectExtract"}:
        operation = object.__new__(found[name])
        object.__setattr__(operation, "key", "k")
        assert operation.changes == (() if name in READING else ("k",)), name


def test_what_is_about_more_than_one() -> None:
    assert DeleteObjects(PLACE, [("a", None), ("b", "v")]).changes == ("a", "b")
    assert PutObjectExtract(PLACE, "a.tar", b"").changes is None
    assert DeleteBucket(PLACE).changes is None
    assert DeleteBucketPolicy(PLACE).changes is None
    assert PutBucketPolicy(PLACE, {}).changes is None
