"""Tags of a bucket with prefix tenancy, where the server knows no such bucket.

They lie in the object ``{slug}/.bucket-tags/{bucket}`` as JSON: where no key of a tenant can lie, as its
markers. `flows.buckets.delete` removes them with the bucket.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotFoundError, ServerError
from minio_sdk.flows import buckets
from minio_sdk.operation import Place
from minio_sdk.operations.bucket_tagging import (
    DeleteBucketTagging,
    GetBucketTagging,
    PutBucketTagging,
)
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.get_object import GetObject
from minio_sdk.operations.put_object import PutObject


async def read(engine: Engine, place: Place) -> dict[str, str]:
    """The tags of a bucket, an empty dict for none.

    Raises:
        BucketNotFoundError: there is no such bucket.
        ServerError: the object holds something else.
    """
    bucket, shelf = _shelf(engine, place)
    asked = GetBucketTagging(place)
    await buckets.check(engine, asked, now=True)
    try:
        body = await engine.send(GetObject(shelf, bucket))
    except NotFoundError:
        return {}
    except MinIOError as error:
        error.operation, error.key = asked.name, None
        raise
    try:
        tags = json.loads(body)
    except (ValueError, RecursionError):
        tags = None
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        wrong = ServerError(
            "the object with this bucket's tags holds something else",
            hint="set_bucket_tags() writes it anew",
        )
        raise engine.named(wrong, asked)
    return tags


async def write(engine: Engine, place: Place, tags: Mapping[str, str]) -> None:
    """Replace the tags of a bucket; none removes them.

    Raises:
        BucketNotFoundError: there is no such bucket.
    """
    bucket, shelf = _shelf(engine, place)
    asked = PutBucketTagging(place, dict(tags)) if tags else DeleteBucketTagging(place)
    asked.request()
    await buckets.check(engine, asked, now=True)
    body = json.dumps(dict(tags), sort_keys=True).encode()
    headers = {"content-type": "application/json"}
    try:
        if tags:
            await engine.send(PutObject(shelf, bucket, body, headers))
        else:
            await engine.send(DeleteObject(shelf, bucket))
    except MinIOError as error:
        error.operation, error.key = asked.name, None
        raise


def _shelf(engine: Engine, place: Place) -> tuple[str, Place]:
    shelf = engine.scope.tags(place.bucket or "")
    assert place.bucket is not None  # the place of a bucket
    assert shelf is not None  # and with prefix tenancy
    return place.bucket, shelf
